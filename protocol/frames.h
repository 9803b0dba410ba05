// Every frame of the wire, version 1, as a plain value. The text form is the business of codec.h; the meaning of each
// field, and why it is there, of docs/protocol.md. An example of each frame lies in protocol/schema/.
//
// Field names here are camelCase; on the wire snake_case. `std::optional` = may be absent. Absent lists are empty.
#pragma once

#include "core/error.h"
#include "core/ids.h"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace skein::protocol {

// ---- parts -------------------------------------------------------------------------------------------------------

/// What an entry of a room's log is. The first five are messages (they have a body and count as unread where
/// `countsAsUnread` says so); the rest are mutations that carry a resulting state.
enum class Kind {
    Text,
    Image,
    File,
    System,
    JobUpdate,
    Edit,
    Delete,
    Reaction,
    Pin,
    Member,
    Room,
    /// A kind of a newer version, met in a server frame. It keeps its place in the log, so that `seq` stays without
    /// gaps, and has no meaning here: neither a message nor unread. Never sent by a client.
    Unknown,
};
[[nodiscard]] constexpr bool isMessage(Kind kind) noexcept { return kind <= Kind::JobUpdate; }
/// Text, image, file and job_update raise `ord`; system messages and mutations do not.
[[nodiscard]] constexpr bool countsAsUnread(Kind kind) noexcept { return isMessage(kind) && kind != Kind::System; }

enum class RoomKind { Job, Support, General, Direct };
enum class Role { Owner, Admin, Member };
enum class SubscribeMode { Full, Summary };
enum class PresenceStatus { Online, Away, Offline };

struct Attachment {
    std::string id; ///< of a finished upload
    std::string name;
    std::string mime;
    std::int64_t size = 0; ///< bytes
    std::optional<std::int64_t> width, height; ///< pixels, so that a row never changes its height
    friend bool operator==(const Attachment&, const Attachment&) = default;
};

struct Reaction {
    std::string key; ///< an emoji, at most kReactionKeyBytesMax bytes
    std::vector<UserId> users;
    friend bool operator==(const Reaction&, const Reaction&) = default;
};

/// One entry of a room's log as the server tells it: in `message_new`, `event`, `sync_response.events` and
/// `history_response.messages`.
///
/// For a message (isMessage(kind)) the body is the *current* one: edits up to `rev` are applied, a deleted message has
/// an empty body and `deleted`. For a mutation `target` names the message and the fields of its kind hold the
/// *resulting* state; it applies only if `seq > message.rev`.
struct Event {
    RoomId room;
    Seq seq;
    Ord ord;
    EventId id;
    UserId sender;
    TempId tempId; ///< only to the sender's own devices
    std::int64_t ts = 0; ///< server, ms since 1970 UTC
    Kind kind = Kind::Text;
    Rev rev;
    std::optional<Seq> target; ///< mutations of a message
    std::string body;          ///< messages; Edit: the new text
    std::optional<Seq> replyTo;
    std::optional<Seq> thread; ///< root of the thread
    std::vector<UserId> mentions;
    std::vector<Attachment> attachments;
    // Current state of a message, resulting state of a mutation:
    bool edited = false;
    bool deleted = false;
    bool pinned = false;              ///< message; Pin
    std::vector<Reaction> reactions;  ///< message; Reaction: all reactions of the target after it
    // Member: who, and what they are now (absent role = left). Room: what changed.
    std::optional<UserId> member;
    std::optional<Role> role;
    std::optional<std::string> name; ///< Member: display name; Room: name
    std::optional<std::string> topic;
    std::optional<bool> archived;
    friend bool operator==(const Event&, const Event&) = default;
};

struct RoomCursor {
    RoomId room;
    Epoch epoch;
    Seq hi; ///< highest seq up to which the client holds everything; 0 = nothing
    friend bool operator==(const RoomCursor&, const RoomCursor&) = default;
};

/// Where a room stands for this user.
struct RoomHead {
    RoomId room;
    Epoch epoch;
    Seq head;
    Ord ord;
    Seq read; ///< this user's read position
    std::int64_t unread = 0;
    std::int64_t mentions = 0;
    /// Restored from a backup at least once: up to here every generation of the log is the same. Absent = never.
    std::optional<Seq> base = std::nullopt;
    /// Highest position of any other member: the ticks of a room whose members nobody has asked for.
    std::optional<Seq> othersRead = std::nullopt, othersDelivered = std::nullopt;
    friend bool operator==(const RoomHead&, const RoomHead&) = default;
};

struct Preview {
    Seq seq;
    UserId sender;
    std::string senderName;
    Kind kind = Kind::Text;
    std::string text; ///< first 140 characters, one line
    std::int64_t ts = 0;
    friend bool operator==(const Preview&, const Preview&) = default;
};

struct RoomInfo {
    RoomHead head;
    RoomKind kind = RoomKind::General;
    std::string name; ///< for a direct room the other member's display name
    std::string topic;
    Role role = Role::Member; ///< this user's
    bool archived = false;
    bool muted = false;
    std::int64_t members = 0;
    Seq delivered; ///< this user's
    std::optional<Preview> last;
    std::int64_t activeTs = 0; ///< time of the last message, or of creation
    friend bool operator==(const RoomInfo&, const RoomInfo&) = default;
};

struct MemberInfo {
    UserId user;
    std::string name;
    Role role = Role::Member;
    Seq read, delivered;
    PresenceStatus status = PresenceStatus::Offline;
    std::int64_t lastSeen = 0; ///< ms since 1970 UTC; 0 = never
    friend bool operator==(const MemberInfo&, const MemberInfo&) = default;
};

struct Position {
    UserId user;
    Seq read, delivered;
    friend bool operator==(const Position&, const Position&) = default;
};

/// What a user has written in a room and not sent, the same on all devices of the user.
struct DraftInfo {
    RoomId room;
    Rev rev; ///< grows with every change of any draft of the user
    std::string text; ///< empty = none
    std::optional<Seq> replyTo;
    std::string other; ///< what other devices wrote meanwhile and `text` replaced without having seen it
    std::int64_t ts = 0;
    friend bool operator==(const DraftInfo&, const DraftInfo&) = default;
};

/// A token bucket: `burst` at once, then `perMinute`.
struct Bucket {
    std::int64_t burst = 0;
    std::int64_t perMinute = 0;
    friend bool operator==(const Bucket&, const Bucket&) = default;
};

/// What the server advertises at sign-in; the client keeps to it (T5).
struct Limits {
    std::int64_t frameBytes = 64 * 1024;
    std::int64_t bodyCharacters = 20'000;
    std::int64_t fullSubscriptions = 128;
    std::int64_t sendWindow = 8;
    Bucket messages{120, 120};    ///< message_send and every durable mutation
    Bucket requests{200, 600};    ///< sync, history, rooms, members, revalidate, subscribe
    Bucket ephemeral{60, 240};    ///< typing, presence, mark_read, mark_delivered
    friend bool operator==(const Limits&, const Limits&) = default;
};

// ---- client → server ---------------------------------------------------------------------------------------------

struct Hello {
    std::int64_t vMin = 1, vMax = 1; ///< wire: `v: [min, max]`
    std::vector<std::string> caps;
    DeviceId deviceId;
    std::string client; ///< "skein-app/0.1 (linux)"
    std::string token;
    std::optional<SyncToken> syncToken;
    std::vector<RoomCursor> open; ///< subscribed in full at once
    friend bool operator==(const Hello&, const Hello&) = default;
};
struct SubscribeRoom {
    RoomId room;
    Epoch epoch;
    Seq hi;
    SubscribeMode mode = SubscribeMode::Full;
    RequestId req; ///< carried by an error that refuses it; there is no other answer
    friend bool operator==(const SubscribeRoom&, const SubscribeRoom&) = default;
};
struct UnsubscribeRoom {
    RoomId room;
    friend bool operator==(const UnsubscribeRoom&, const UnsubscribeRoom&) = default;
};
struct MessageSend {
    RoomId room;
    TempId tempId;
    TempId prev; ///< the send before this one in this room, from this client, not yet confirmed; empty = none
    Kind kind = Kind::Text;
    std::string body;
    std::optional<Seq> replyTo;
    std::optional<Seq> thread;
    std::vector<UserId> mentions;
    std::vector<Attachment> attachments;
    std::int64_t clientTs = 0;
    friend bool operator==(const MessageSend&, const MessageSend&) = default;
};
struct MessageEdit {
    RoomId room;
    TempId tempId;
    Seq target;
    std::string body;
    std::optional<Rev> ifRev;
    friend bool operator==(const MessageEdit&, const MessageEdit&) = default;
};
struct MessageDelete {
    RoomId room;
    TempId tempId;
    Seq target;
    std::optional<Rev> ifRev;
    friend bool operator==(const MessageDelete&, const MessageDelete&) = default;
};
struct ReactionSet {
    RoomId room;
    TempId tempId;
    Seq target;
    std::string key;
    bool on = true;
    friend bool operator==(const ReactionSet&, const ReactionSet&) = default;
};
struct PinSet {
    RoomId room;
    TempId tempId;
    Seq target;
    bool on = true;
    friend bool operator==(const PinSet&, const PinSet&) = default;
};
/// Invite, change a role, remove (absent role); a member may remove itself (leave).
struct MemberSet {
    RoomId room;
    TempId tempId;
    UserId user;
    std::optional<Role> role;
    friend bool operator==(const MemberSet&, const MemberSet&) = default;
};
struct RoomUpdate {
    RoomId room;
    TempId tempId;
    std::optional<std::string> name;
    std::optional<std::string> topic;
    std::optional<bool> archived;
    friend bool operator==(const RoomUpdate&, const RoomUpdate&) = default;
};
struct RoomCreate {
    TempId tempId;
    RoomKind kind = RoomKind::General;
    std::string name;
    std::string topic;
    std::vector<std::string> members; ///< user ids or sign-in names
    friend bool operator==(const RoomCreate&, const RoomCreate&) = default;
};
/// What stands in the composer now. `base` is the revision that the text was written on top of.
struct DraftSet {
    RoomId room;
    TempId tempId;
    Rev base; ///< 0 = none was known
    std::string text;
    std::optional<Seq> replyTo;
    bool dropOther = false; ///< the user has seen `other` of revision `base` and does not need it any more
    friend bool operator==(const DraftSet&, const DraftSet&) = default;
};
struct DraftsRequest {
    RequestId req;
    Rev after; ///< those with a higher revision, ascending
    std::int64_t limit = 100;
    friend bool operator==(const DraftsRequest&, const DraftsRequest&) = default;
};
struct SyncCursor {
    RoomId room;
    Epoch epoch;
    Seq since;
    friend bool operator==(const SyncCursor&, const SyncCursor&) = default;
};
struct SyncRequest {
    RequestId req;
    std::vector<SyncCursor> rooms;
    std::int64_t limit = 200; ///< events a room
    friend bool operator==(const SyncRequest&, const SyncRequest&) = default;
};
inline constexpr char kFilterPinned[] = "pinned"; ///< messages that are pinned now
inline constexpr char kFilterMedia[] = "media";   ///< image and file messages that are not deleted
struct HistoryRequest {
    RequestId req;
    RoomId room;
    enum class Anchor { Before, After, Around } anchor = Anchor::Before;
    Seq seq; ///< Before: messages with seq < this (0 = from the newest); After: > this
    std::int64_t limit = 50;
    std::optional<std::string> filter; ///< kFilterPinned or kFilterMedia; such a page never extends coverage
    friend bool operator==(const HistoryRequest&, const HistoryRequest&) = default;
};
struct Revalidate {
    RequestId req;
    RoomId room;
    Seq lo, hi, since;
    friend bool operator==(const Revalidate&, const Revalidate&) = default;
};
struct RoomsRequest {
    RequestId req;
    std::vector<RoomId> rooms; ///< empty = all of this user's, by activity, newest first
    std::string after;         ///< cursor of the previous page
    std::int64_t limit = 100;
    friend bool operator==(const RoomsRequest&, const RoomsRequest&) = default;
};
struct MembersRequest {
    RequestId req;
    RoomId room;
    std::string after;
    std::int64_t limit = 100;
    friend bool operator==(const MembersRequest&, const MembersRequest&) = default;
};
struct MarkRead {
    RoomId room;
    Seq seq;
    friend bool operator==(const MarkRead&, const MarkRead&) = default;
};
struct RoomSeq {
    RoomId room;
    Seq seq;
    friend bool operator==(const RoomSeq&, const RoomSeq&) = default;
};
struct MarkDelivered {
    std::vector<RoomSeq> rooms;
    friend bool operator==(const MarkDelivered&, const MarkDelivered&) = default;
};
struct TypingSet {
    RoomId room;
    bool on = true;
    friend bool operator==(const TypingSet&, const TypingSet&) = default;
};
struct PresenceSet {
    PresenceStatus status = PresenceStatus::Online;
    friend bool operator==(const PresenceSet&, const PresenceSet&) = default;
};
struct TokenRefresh {
    std::string token;
    friend bool operator==(const TokenRefresh&, const TokenRefresh&) = default;
};

// ---- server → client ---------------------------------------------------------------------------------------------

struct Welcome {
    std::int64_t v = 1;
    SessionId session;
    UserId user;
    std::string name; ///< display name of the user
    std::int64_t heartbeatMs = 25'000;
    std::int64_t now = 0; ///< server wall clock, ms
    Limits limits;
    SyncToken syncToken;
    std::vector<RoomHead> dirty; ///< by recency, newest first
    bool more = false;           ///< the rest comes as room_dirty
    /// Newest revision of this user's drafts; 0 = none yet. Absent: this server keeps no drafts.
    std::optional<Rev> drafts;
    /// Positions that were told to another run may not have been stored. Empty: an older server.
    BootId boot;
    friend bool operator==(const Welcome&, const Welcome&) = default;
};
struct MessagePending {
    TempId tempId;
    friend bool operator==(const MessagePending&, const MessagePending&) = default;
};
/// Committed and synced to disk. Answers message_send and every other durable operation.
struct MessageConfirmed {
    TempId tempId;
    RoomId room;
    Seq seq;
    Ord ord;
    EventId id;
    std::int64_t ts = 0;
    bool dup = false;
    friend bool operator==(const MessageConfirmed&, const MessageConfirmed&) = default;
};
struct MessageFailed {
    TempId tempId;
    ErrorCode code = ErrorCode::Internal;
    bool permanent = false;
    std::optional<std::int64_t> retryAfterMs;
    std::string field;
    friend bool operator==(const MessageFailed&, const MessageFailed&) = default;
};
/// Wire type `message_new` when isMessage(event.kind), else `event`. Same fields.
struct LogEntry {
    Event event;
    friend bool operator==(const LogEntry&, const LogEntry&) = default;
};
struct RoomDirty {
    RoomHead head;
    std::optional<Preview> preview;
    friend bool operator==(const RoomDirty&, const RoomDirty&) = default;
};
/// This user has become a member (or a room was created by another of its devices).
struct RoomAdded {
    RoomInfo room;
    friend bool operator==(const RoomAdded&, const RoomAdded&) = default;
};
/// This user is no longer a member. Nothing more comes from the room.
struct RoomRemoved {
    RoomId room;
    friend bool operator==(const RoomRemoved&, const RoomRemoved&) = default;
};
struct RoomCreated {
    TempId tempId;
    RoomInfo room;
    bool dup = false;
    friend bool operator==(const RoomCreated&, const RoomCreated&) = default;
};
/// Coverage is stated: `events` is the whole log of the room in [lo, hi]. With `limited` it is the newest page and
/// (since, lo) is a hole. An unknown room or an epoch of another generation: `error` set, no events.
struct SyncRoom {
    RoomId room;
    Epoch epoch;
    Seq lo, hi, head;
    Ord ord; ///< of the head
    bool limited = false;
    std::vector<Event> events;
    std::optional<ErrorCode> error;
    std::optional<Seq> base = std::nullopt; ///< as RoomHead::base
    friend bool operator==(const SyncRoom&, const SyncRoom&) = default;
};
struct SyncResponse {
    RequestId req;
    std::vector<SyncRoom> rooms; ///< in the order asked; rooms that did not fit are absent
    bool more = false;           ///< something was left out: ask again with the new cursors
    friend bool operator==(const SyncResponse&, const SyncResponse&) = default;
};
/// `messages` are all messages (not mutations) with seq in [lo, hi], ascending, as of `asOf`. An empty room: lo = 1,
/// hi = 0. Asked with a filter: all that pass it.
struct HistoryResponse {
    RequestId req;
    RoomId room;
    Epoch epoch;
    Seq lo, hi, asOf;
    std::vector<Event> messages;
    bool hasMore = false; ///< in the direction asked (Around: older)
    std::string cursor;   ///< for the next page in that direction
    friend bool operator==(const HistoryResponse&, const HistoryResponse&) = default;
};
struct RevalidateResponse {
    RequestId req;
    RoomId room;
    Seq lo, hi, asOf;
    std::vector<Event> messages; ///< those of [lo, hi] with rev > since
    bool hasMore = false;        ///< cut at `hi`: ask on from there
    friend bool operator==(const RevalidateResponse&, const RevalidateResponse&) = default;
};
struct RoomsResponse {
    RequestId req;
    std::vector<RoomInfo> rooms;
    bool more = false;
    std::string cursor;
    friend bool operator==(const RoomsResponse&, const RoomsResponse&) = default;
};
struct MembersResponse {
    RequestId req;
    RoomId room;
    std::vector<MemberInfo> members;
    bool more = false;
    std::string cursor;
    friend bool operator==(const MembersResponse&, const MembersResponse&) = default;
};
/// To the user's own devices, after any of them read, and after new unread.
struct ReadState {
    RoomId room;
    Seq read, delivered;
    std::int64_t unread = 0;
    std::int64_t mentions = 0;
    std::optional<Ord> ord = std::nullopt; ///< of the head at which `unread` was counted
    friend bool operator==(const ReadState&, const ReadState&) = default;
};
/// To all of the user's devices after a change of a draft; to the one that asked, `tempId` says that it is stored.
struct DraftChanged {
    DraftInfo draft;
    TempId tempId;
    friend bool operator==(const DraftChanged&, const DraftChanged&) = default;
};
struct DraftsResponse {
    RequestId req;
    std::vector<DraftInfo> drafts;
    Rev rev; ///< everything up to here was told: `after` of the next request
    bool more = false;
    friend bool operator==(const DraftsResponse&, const DraftsResponse&) = default;
};
/// Positions of other members; on subscribe those of all, later of who moved.
struct Receipts {
    RoomId room;
    std::vector<Position> positions;
    friend bool operator==(const Receipts&, const Receipts&) = default;
};
/// Who types now, all of them; an empty list ends it. Each entry dies after ttlMs unless repeated.
struct TypingUsers {
    RoomId room;
    std::vector<UserId> users;
    std::int64_t ttlMs = 3'000;
    friend bool operator==(const TypingUsers&, const TypingUsers&) = default;
};
struct PresenceInfo {
    UserId id;
    PresenceStatus status = PresenceStatus::Offline;
    std::int64_t lastSeen = 0;
    friend bool operator==(const PresenceInfo&, const PresenceInfo&) = default;
};
struct PresenceUsers {
    std::vector<PresenceInfo> users;
    friend bool operator==(const PresenceUsers&, const PresenceUsers&) = default;
};
struct TokenOk {
    std::int64_t exp = 0; ///< ms since 1970 UTC
    friend bool operator==(const TokenOk&, const TokenOk&) = default;
};
struct ErrorFrame {
    RequestId req;
    ErrorCode code = ErrorCode::Internal;
    bool temporary = false;
    std::optional<std::int64_t> retryAfterMs;
    std::string detail;
    friend bool operator==(const ErrorFrame&, const ErrorFrame&) = default;
};
struct Goodbye {
    ErrorCode code = ErrorCode::ShuttingDown;
    std::string reason;
    bool reconnect = true;
    std::int64_t afterMs = 0;
    std::int64_t jitterMs = 0;
    friend bool operator==(const Goodbye&, const Goodbye&) = default;
};

// ---- both --------------------------------------------------------------------------------------------------------

struct Ping {
    std::int64_t t = 0; ///< sender's own clock, echoed
    friend bool operator==(const Ping&, const Ping&) = default;
};
struct RoomHi {
    RoomId room;
    Seq head;
    friend bool operator==(const RoomHi&, const RoomHi&) = default;
};
struct Pong {
    std::int64_t t = 0;
    std::int64_t now = 0;
    std::vector<RoomHi> heads; ///< server only: of rooms subscribed in full now or lately (wire: object room → head)
    friend bool operator==(const Pong&, const Pong&) = default;
};
/// A frame with a type that this side does not know. Servers answer error{unknown_type}; clients ignore it.
struct UnknownFrame {
    std::string type;
    RequestId req;
    friend bool operator==(const UnknownFrame&, const UnknownFrame&) = default;
};

using ClientFrame =
    std::variant<Hello, SubscribeRoom, UnsubscribeRoom, MessageSend, MessageEdit, MessageDelete, ReactionSet, PinSet,
                 MemberSet, RoomUpdate, RoomCreate, SyncRequest, HistoryRequest, Revalidate, RoomsRequest,
                 MembersRequest, DraftSet, DraftsRequest, MarkRead, MarkDelivered, TypingSet, PresenceSet, TokenRefresh, Ping, Pong, UnknownFrame>;

using ServerFrame =
    std::variant<Welcome, MessagePending, MessageConfirmed, MessageFailed, LogEntry, RoomDirty, RoomAdded, RoomRemoved,
                 RoomCreated, SyncResponse, HistoryResponse, RevalidateResponse, RoomsResponse, MembersResponse,
                 ReadState, DraftChanged, DraftsResponse, Receipts, TypingUsers, PresenceUsers, TokenOk, ErrorFrame, Goodbye, Ping, Pong, UnknownFrame>;

} // namespace skein::protocol
