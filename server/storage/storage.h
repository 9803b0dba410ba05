// What the server keeps, and the promise it keeps it with: an answer of a write means committed and
// synced to disk.
//
// Asynchronous. Each call hands over work and a callback; callbacks arrive on the service's thread
// through the `Executor`, all operations of one commit in ONE post and in the order in which they
// were handed over. Sequence numbers, idempotency and every check that needs a row are settled
// inside the transaction; who may do what is the business of the service.
//
// Errors of every write: StorageFull, StorageFailed (nothing of the batch was stored), ServerBusy
// (the queue is full). Rooms and users are named by small integer keys of this store, which the
// service learns from load() and results.
#pragma once

#include "core/ids.h"
#include "core/result.h"
#include "protocol/frames.h"
#include "protocol/limits.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace skein::server
{

/// Runs the given function on the service's thread, later, in order. Thread: must be callable from
/// any.
using Executor = std::function<void(std::function<void()>)>;

using RoomKey = std::int64_t;
using UserKey = std::int64_t;
/// Global serial of changes: what a sync token holds. Grows with every commit, never goes back over
/// restarts.
using Touch = std::int64_t;

inline constexpr std::size_t kWriteQueueMax = 16'384; ///< operations
inline constexpr std::size_t kWriteQueueBytesMax = 64 * 1024 * 1024;
inline constexpr std::size_t kReadQueueMax = 4'096;
inline constexpr std::size_t kWriteBatchMax = 256;      ///< operations in one transaction
inline constexpr std::size_t kReactionUsersMax = 1'000; ///< all keys of one message together
inline constexpr std::size_t kSessionsPerUserMax = 50;  ///< the oldest goes when one more comes
inline constexpr std::size_t kMembersPerRoomMax = 20'000;
inline constexpr std::size_t kRoomsPerUserMax = 10'000;
inline constexpr std::size_t kMentionsCountedMax =
    1'000;                                       ///< a room and user; the count stops there
inline constexpr std::size_t kDraftKeysKept = 8; ///< keys by which a repeat of draft_set is known
inline constexpr std::int64_t kRevalidateSpanMax = 10'000; ///< log entries looked at in one request

// ---- rows
// --------------------------------------------------------------------------------------------------------

struct UserRow {
    UserKey key = 0;
    UserId id;
    std::string name; ///< sign-in name
    std::string displayName;
    Touch drafts = 0; ///< newest revision of the user's drafts; 0 = none yet
};

struct MemberRow {
    UserKey user = 0;
    protocol::Role role = protocol::Role::Member;
    Seq read;
    Ord readOrd; ///< ord of the entry `read`
    Seq delivered;
    Touch touch = 0;           ///< of the last move of `read` or `delivered`
    std::vector<Seq> mentions; ///< of this user, behind `read`, ascending
};

/// The newest message of a room, as the room list shows it.
struct LastMessage {
    Seq seq; ///< 0 = none yet
    UserKey sender = 0;
    protocol::Kind kind = protocol::Kind::Text;
    std::string text; ///< protocol::Preview::text
    std::int64_t ts = 0;
};

struct RoomRow {
    RoomKey key = 0;
    RoomId id;
    protocol::RoomKind kind = protocol::RoomKind::General;
    std::string name, topic;
    bool archived = false;
    Epoch epoch;
    Seq base; ///< up to here all generations of the log are the same; meaningful from epoch 2 on
    Seq head;
    Ord ord;
    Touch touch = 0;
    std::int64_t createdTs = 0;
    LastMessage last;
    std::vector<MemberRow> members;
};

/// A user is no longer a member of a room; told to its devices that were away.
struct Departure {
    UserKey user = 0;
    RoomKey room = 0;
    RoomId roomId;
    Touch touch = 0;
};

/// Everything that the service holds in memory.
struct Snapshot {
    std::vector<UserRow> users;
    std::vector<RoomRow> rooms;
    std::vector<Departure> departures;
    struct Revoked {
        SessionId session;
        std::int64_t ts = 0;
        bool asDevice = false; ///< from another device: it is to wipe itself
    };
    std::vector<Revoked> revoked; ///< newest 10,000
    /// When each user last signed in or renewed a session, ms since 1970 UTC; who never did is
    /// left out. No more is kept of presence.
    std::vector<std::pair<UserKey, std::int64_t>> lastSeen;
    Touch touch = 0;
};

// ---- writes
// ------------------------------------------------------------------------------------------------------

/// An entry for a room's log: a message, or a mutation by `event.kind`.
///
/// In `event` the caller sets room, sender, tempId, ts, kind and the fields of the kind; the store
/// sets seq, ord, id, rev and the resulting state. Errors: DependencyFailed (`prev` is not stored),
/// NotFound (target), Forbidden (somebody else's message), Conflict (`ifRev`, or a limit of
/// reactions or members), BadField (reply to what does not exist).
struct LogOp {
    RoomKey room = 0;
    UserKey sender = 0;
    DeviceId device; ///< with event.tempId the idempotency key, in the scope of the sender
    TempId prev;
    protocol::Event event;
    std::optional<Rev> ifRev;
    bool repeatOnly = false; ///< give what was stored under this key, or NotFound; store nothing
    bool moderator = false;  ///< may delete what others wrote
    std::string reactionKey; ///< Kind::Reaction
    bool on = true;          ///< Kind::Reaction, Kind::Pin
    UserKey member = 0;      ///< Kind::Member: whose membership; event.role absent = remove
    std::vector<UserKey> mentioned; ///< whose count of mentions rises, of them who are members
};
struct Logged {
    bool dup =
        false; ///< stored earlier under this key: only room, seq, ord, id and ts of `event` are set
    RoomKey room = 0;
    protocol::Event event;
    Touch touch = 0;
};

struct CreateRoomOp {
    RoomId id;
    UserKey creator = 0;
    UserId creatorId;
    DeviceId device;
    TempId tempId;
    protocol::RoomKind kind = protocol::RoomKind::General;
    std::string name, topic;
    std::vector<UserKey> members; ///< without the creator; exactly one for a direct room
    std::int64_t ts = 0;
};
struct RoomMade {
    bool dup = false;      ///< this key, or this pair of users, has made it before
    RoomRow room;          ///< of a dup only `key` is set
    protocol::Event event; ///< seq 1, Kind::Room
};

struct PositionMark {
    RoomKey room = 0;
    UserKey user = 0;
    Seq read, delivered; ///< 0 = unchanged; merged by max, cut to the head
};
struct PositionsOp {
    std::vector<PositionMark> marks;
};
/// A mark whose user is not a member is left out.
struct PositionSet {
    RoomKey room = 0;
    UserKey user = 0;
    Seq read;
    Ord readOrd;
    Seq delivered;
    Touch touch = 0;
};

/// A user's draft in a room. The rule by which two devices' drafts become one is the store's, since
/// it needs the stored row: docs/adr/0012-drafts.md.
struct DraftOp {
    RoomKey room = 0;
    UserKey user = 0;
    DeviceId device;
    TempId tempId;
    Rev base;
    std::string text;
    std::optional<Seq> replyTo;
    bool dropOther = false;
    std::int64_t ts = 0;
};
struct DraftRow {
    RoomKey room = 0;
    Touch rev = 0;
    std::string text;
    std::optional<Seq> replyTo;
    std::string other;
    std::int64_t ts = 0;
};
struct DraftStored {
    bool changed = false; ///< false: a repeat, or an empty text that gave way; the row as it was
    DraftRow draft;
};

struct CreateUserOp {
    UserId id;
    std::string name; ///< unique; Conflict when taken
    std::string displayName;
    std::string passwordHash;
    std::int64_t ts = 0;
};

struct CreateSessionOp {
    SessionId session;
    UserKey user = 0;
    DeviceId device;
    std::string deviceName;
    std::string refreshHash;
    std::int64_t ts = 0, expiresTs = 0;
};
struct SessionMade {
    std::vector<SessionId> revoked; ///< older sessions over kSessionsPerUserMax
};

/// Takes the refresh token with `oldHash` out of use and puts `newHash` in its place. A token whose
/// successor is the newest one is taken again for `overlapMs` after it was first used, and that
/// successor is out of use then. Errors: TokenInvalid (unknown, expired or revoked; or used before
/// in any other way, then the whole session is revoked and `reused` names it).
struct RotateSessionOp {
    std::string oldHash, newHash;
    std::int64_t ts = 0, expiresTs = 0;
    std::int64_t overlapMs = 0;
};
struct Rotated {
    bool valid = false;
    bool reused = false;
    bool asDevice = false; ///< not valid: another device revoked the session
    SessionId session;
    DeviceId device;
    UserRow user;
};

/// One session revokes another of the same user, as a device that is lost. Errors: TokenInvalid
/// (`by` is not alive), NotFound (no such session, somebody else's, or not alive: not told apart).
struct RevokeDeviceOp {
    SessionId by, target;
    std::int64_t ts = 0;
};

// ---- reads
// -------------------------------------------------------------------------------------------------------

struct LogRange {
    RoomKey room = 0;
    Seq since;
    std::int64_t limit = 200;
    std::int64_t gapMax = 1'000; ///< a longer gap gives the newest page and `limited`
};
struct LogPage {
    RoomKey room = 0;
    bool reached = false; ///< false: the byte budget was used up before this room
    bool limited = false;
    Seq lo, hi, head;
    Ord ord; ///< of the head
    std::vector<protocol::Event> events;
};

struct HistoryQuery {
    RoomKey room = 0;
    protocol::HistoryRequest::Anchor anchor = protocol::HistoryRequest::Anchor::Before;
    Seq seq;
    std::int64_t limit = 50;
    /// Before and After only. A page has at most `limit` that pass; each reads an index of its own.
    enum class Filter { None, Pinned, Media } filter = Filter::None;
};
struct HistoryPage {
    Seq lo, hi, asOf;
    std::vector<protocol::Event> messages;
    bool hasMore = false;
};

struct RevalidateQuery {
    RoomKey room = 0;
    Seq lo, hi, since;
    std::int64_t limit = 100;
};

struct DraftsQuery {
    UserKey user = 0;
    Touch after = 0;
    std::int64_t limit = 100;
};
struct DraftsPage {
    std::vector<DraftRow> drafts; ///< ascending by rev; emptied ones too
    bool more = false;
};

struct SessionRow {
    SessionId id;
    DeviceId device;
    std::string deviceName;
    std::int64_t created = 0, lastSeen = 0; ///< signed in, and last renewed its tokens
};

/// A user with what signs it in.
struct Credentials {
    UserRow user;
    std::string passwordHash;
};

template <class T>
using Done = std::function<void(Result<T>)>;

class Storage
{
public:
    virtual ~Storage() = default;

    /// Everything for the service's memory. Blocks; called once, before anything else, on the
    /// service's thread.
    [[nodiscard]] virtual Result<Snapshot> load() = 0;
    /// Told of every new or changed user, before the answer of the operation that made it. Thread:
    /// the service's.
    virtual void setUserObserver(std::function<void(const UserRow&)> observer) = 0;

    virtual void append(LogOp op, Done<Logged> done) = 0;
    virtual void createRoom(CreateRoomOp op, Done<RoomMade> done) = 0;
    virtual void setPositions(PositionsOp op, Done<std::vector<PositionSet>> done) = 0;
    virtual void setDraft(DraftOp op, Done<DraftStored> done) = 0;
    virtual void createUser(CreateUserOp op, Done<UserRow> done) = 0;
    virtual void createSession(CreateSessionOp op, Done<SessionMade> done) = 0;
    virtual void rotateSession(RotateSessionOp op, Done<Rotated> done) = 0;
    /// Revokes one session; an unknown one is no error.
    virtual void revokeSession(SessionId session, std::int64_t ts, Done<bool> done) = 0;
    virtual void revokeDevice(RevokeDeviceOp op, Done<bool> done) = 0;

    /// Log entries after a cursor, for several rooms in the order asked, together at most
    /// `bytesMax` of JSON.
    virtual void readLog(std::vector<LogRange> ranges, std::size_t bytesMax,
                         Done<std::vector<LogPage>> done) = 0;
    virtual void readHistory(HistoryQuery query, std::size_t bytesMax, Done<HistoryPage> done) = 0;
    /// The messages of [lo, hi] with rev > since. `hasMore`: cut at the page's `hi`.
    virtual void revalidate(RevalidateQuery query, std::size_t bytesMax,
                            Done<HistoryPage> done) = 0;
    virtual void readDrafts(DraftsQuery query, std::size_t bytesMax, Done<DraftsPage> done) = 0;
    /// The living sessions of the user of a living session, at most kSessionsPerUserMax, last seen
    /// first; empty when `of` is not alive at `now`.
    virtual void listSessions(SessionId of, std::int64_t now,
                              Done<std::vector<SessionRow>> done) = 0;
    /// By sign-in name; nullopt when there is none.
    virtual void findCredentials(std::string name, Done<std::optional<Credentials>> done) = 0;
};

/// What `last` of a room becomes by a committed entry: a newer message replaces it, an edit or
/// deletion of it changes its text. True when something changed. Shared by the store's writer and
/// the service's memory.
bool applyToLast(LastMessage& last, const protocol::Event& event, UserKey sender);

/// What becomes of a draft: `stored` (rev 0 = none), changed by `op`. Nullopt: it stays as it is,
/// because an empty text never replaces one that its writer has not seen. Pure.
[[nodiscard]] std::optional<DraftRow> mergedDraft(const DraftRow& stored, bool sameDevice,
                                                  const DraftOp& op);

/// First 140 characters of a text as one line: control characters and line breaks become single
/// spaces.
[[nodiscard]] std::string previewText(std::string_view body);

/// Bytes of `text` as a JSON string, without the quotes.
[[nodiscard]] std::size_t jsonBytes(std::string_view text) noexcept;
/// Upper estimate of the bytes of an event on the wire.
[[nodiscard]] std::size_t wireBytes(const protocol::Event& event) noexcept;

} // namespace skein::server
