// The client engine: a plain state machine that decides what is queued, sent, confirmed, missing
// and read. It has no thread, no socket, no clock and no randomness of its own; they are handed to
// it, and the same code runs under a real WebSocket, and a thousand times faster than real time in
// the simulation.
//
// Thread: one, the worker that also owns the store's writer. No call blocks on the network; calls
// that write wait for the local disk. Big inputs are worked off in slices: while hasWork() is true
// the host calls work() again and may put user commands in between, so that a send overtakes a bulk
// sync.
#pragma once

#include "core/clock.h"
#include "core/log.h"
#include "core/metrics.h"
#include "core/random.h"
#include "core/result.h"
#include "offline/rows.h"
#include "protocol/frames.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace skein::offline
{
class Store;
}

namespace skein::engine
{

enum class Link {
    SignedOut,  ///< no session
    Offline,    ///< as Waiting: nobody answered, and the system says that there is no network
    Waiting,    ///< backing off; `retryAt`
    Connecting, ///< transport is being opened
    SigningIn,  ///< hello sent
    CatchingUp, ///< live, and fetching what was missed
    Live,
    Stopped, ///< a final error: `error` says which; needs the user (sign in again, update)
};

/// What a connection runs over.
enum class Via { Socket, Http };
/// Auto: the socket first, HTTP when no socket can be had, and back by itself.
enum class TransportMode { Auto, SocketOnly, HttpOnly };

struct LinkState {
    Link link = Link::SignedOut;
    std::optional<Error> error;
    MonoTime retryAt;
    int attempt = 0;
    Via via = Via::Socket; ///< from Connecting to Live; else Socket
    /// The server's wall clock minus this device's, as last heard; 0 before the first welcome.
    std::int64_t clockOffsetMs = 0;
    friend bool operator==(const LinkState&, const LinkState&) = default;
};

/// Changes of one room's timeline, in one batch. Apply removals first, then upserts by rowId.
struct TimelineChange {
    RoomId room;
    std::vector<offline::RowId> removed;
    std::vector<offline::MessageRow>
        upserted;       ///< ascending by position; a known rowId with another position moved
    bool reset = false; ///< too much at once: reload the window; `upserted` is not all of it
};
/// More rows than this at once are told as a reset.
inline constexpr std::size_t kTimelineChangeMax = 1000;
/// Of a room that is not open: more messages of others than this, as a catch-up brings them. Nobody
/// looks at them, so only the newest kUnopenedToldMax are told, beside all else that changed.
inline constexpr std::size_t kUnopenedChangeMax = 20;
inline constexpr std::size_t kUnopenedToldMax = 3;

/// A page of the messages that pass a filter (protocol::kFilterPinned, kFilterMedia), as the server
/// holds them, ascending. Not stored: it says nothing about what lies between.
struct FilteredPage {
    std::string filter;
    std::vector<protocol::Event> messages;
    bool hasMore = false;
    Seq before; ///< for wantFiltered(): the next, older page
};

struct OutboxState {
    std::int64_t queued = 0, inFlight = 0, failed = 0;
    std::int64_t drafts = 0;             ///< not empty, and not known to the server
    std::optional<MonoTime> slowedUntil; ///< rate limited; the queue goes on then
    friend bool operator==(const OutboxState&, const OutboxState&) = default;
};

/// What the engine tells its host. All calls come on the engine's thread, after the change is in
/// the store.
class Listener
{
public:
    virtual ~Listener() = default;
    virtual void linkChanged(const LinkState& state) = 0;
    virtual void roomsChanged(const std::vector<offline::RoomRow>& changed,
                              const std::vector<RoomId>& removed) = 0;
    virtual void timelineChanged(const TimelineChange& change) = 0;
    virtual void typingChanged(const RoomId& room,
                               const std::vector<std::pair<UserId, std::string>>& users) = 0;
    virtual void presenceChanged(const std::vector<protocol::PresenceInfo>& users) = 0;
    virtual void outboxChanged(const OutboxState& state) = 0;
    /// A room that this client asked for exists now (createRoom).
    virtual void roomCreated(const TempId& tempId, const RoomId& room) = 0;
    /// A command failed for good and was reverted (edits, reactions, pins, rooms); messages stay as
    /// Failed rows instead.
    virtual void commandFailed(const TempId& tempId, const Error& error) = 0;
    virtual void membersLoaded(const RoomId& room,
                               const std::vector<protocol::MemberInfo>& members) = 0;
    /// Somebody's position in a room that was opened before is another one, or somebody joined or
    /// left: offline::Reader::receipts() says something else now.
    virtual void receiptsChanged(const RoomId& /*room*/) {}
    /// Answers wantFiltered().
    virtual void filteredLoaded(const RoomId& /*room*/, const FilteredPage& /*page*/) {}
};

// What a transport says when there was no close frame, in place of a WebSocket's code. All may say
// 0.
inline constexpr std::uint16_t kCloseNone = 0;
/// Nothing was there to talk to (no address, refused, no answer to the first packet): the other
/// transport would not get through either.
inline constexpr std::uint16_t kCloseUnreachable = 1;
/// Something took the connection and then said nothing until the transport's timeout.
inline constexpr std::uint16_t kCloseHung = 2;

/// The one socket, or what stands in for it (HttpFrames). Implemented over QtWebSockets, in the
/// simulation, and by embedders. Thread: the engine's.
class Transport
{
public:
    virtual ~Transport() = default;
    /// Starts to connect. Answered by Engine::transportOpened() or transportClosed(), never from
    /// inside this call.
    virtual void open() = 0;
    /// Queues one text frame. Only between transportOpened() and close()/transportClosed().
    virtual void send(std::string text) = 0;
    /// Bytes handed to send() and not yet taken by the network.
    [[nodiscard]] virtual std::size_t unsentBytes() const = 0;
    /// Drops the connection at once; no transportClosed() follows.
    virtual void close() = 0;
    /// What this transport adds to `hello.caps`: "deflate" when it takes compressed frames
    /// (protocol/compression.h) and hands on what they hold.
    [[nodiscard]] virtual std::vector<std::string> caps() const { return {}; }
};

/// Gives the access token. Answered by Engine::tokenReady(), never from inside the call. A source
/// that knows when its token ends calls Engine::tokenReady() unasked with the next one in time: the
/// connection then stays.
class TokenSource
{
public:
    virtual ~TokenSource() = default;
    /// `rejected`: the token given last was refused or has expired, so refresh it.
    virtual void requestToken(bool rejected) = 0;
};

struct Host {
    Clock& clock;
    Random& random;
    Transport& transport;
    TokenSource& tokens;
    Listener& listener;
    Metrics& metrics;
    Logger logger;
    /// The fallback (HttpFrames); null = there is none. Not owned.
    Transport* http = nullptr;
};

struct Config {
    DeviceId device;
    UserId user;          ///< who is signed in
    std::string userName; ///< display name, for own rows
    std::string client = "skein";
    TransportMode transports = TransportMode::Auto;
};

struct Draft {
    protocol::Kind kind = protocol::Kind::Text;
    std::string body;
    std::optional<Seq> replyTo;
    std::optional<Seq> thread;
    std::vector<UserId> mentions;
    std::vector<protocol::Attachment> attachments;
    /// It is what stood in the room's composer: the room's draft ends with it, in the same
    /// transaction, on all devices.
    bool endsDraft = false;
    /// Made by the caller, who shows the message before it is stored (a UUID version 7,
    /// makeTempId()); empty = the engine makes one. send() gives back this one; an id that was used
    /// before is InvalidArgument.
    TempId tempId;
};

/// What is to change about a room; what is absent stays.
struct RoomEdit {
    std::optional<std::string> name, topic;
    std::optional<bool> archived;
};

class Engine
{
public:
    /// `store` and everything in `host` must outlive the engine. Reads its state from the store;
    /// sends nothing yet.
    Engine(offline::Store& store, Host host, Config config);
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    // ---- life ----
    /// Begins to connect and keeps connected until stop().
    void start();
    void stop();
    /// The operating system's word on the way to the internet: a hint. True makes a waiting engine
    /// connect at once; false stops nothing, since a server in the local network or on this machine
    /// needs no such way: a live connection is probed, and tries go on at the pace of the back-off.
    void networkReachable(bool reachable);
    /// "Retry now" on the banner.
    void retryNow();
    /// The process slept, or came back to the foreground: whatever it thinks of its connection may
    /// be long untrue. A live one is probed at once, a waiting one connects at once.
    void resumed();

    // ---- from the transports and the token source ----
    // `via` says which of the two transports tells.
    void transportOpened(Via via = Via::Socket);
    /// `closeCode` is the WebSocket's, or one of kCloseNone …. `retryAfter`: the
    /// server's (or a proxy's) word on when to come back.
    void transportClosed(std::uint16_t closeCode, std::string_view reason, Via via = Via::Socket,
                         std::optional<Milliseconds> retryAfter = {});
    void frameReceived(std::string_view text, Via via = Via::Socket);
    /// For a host that decodes elsewhere (protocol::decodeServerFrame(), on any thread).
    void frameDecoded(Result<protocol::ServerFrame> frame, Via via = Via::Socket);
    /// A part of a frame that is not complete: a sign of life. A transport that can tell does, or a
    /// long frame over a narrow line is taken for silence.
    void partReceived(Via via = Via::Socket);
    void tokenReady(Result<std::string> token);

    // ---- time and work ----
    /// Call at nextWakeupAt() or later.
    void tick();
    [[nodiscard]] MonoTime nextWakeupAt() const;
    [[nodiscard]] bool hasWork() const;
    /// One slice of at most kWorkRowsMax rows; where there is none, what may wait for such a moment
    /// (Store::checkpoint(), which waits for the disk).
    void work();

    // ---- the user's commands ----
    /// Stores the message durably, shows it (timelineChanged) and queues it. Errors: BodyTooLarge,
    /// InvalidArgument, NotFound (unknown room), StorageFull, StorageFailed: then nothing was
    /// queued and nothing shown.
    [[nodiscard]] Result<TempId> send(const RoomId& room, const Draft& draft);
    /// Edits a confirmed or an unsent message (the queued row is rewritten).
    [[nodiscard]] Result<TempId> edit(const RoomId& room, offline::RowId row, std::string body);
    [[nodiscard]] Result<TempId> remove(const RoomId& room, offline::RowId row);
    [[nodiscard]] Result<TempId> react(const RoomId& room, offline::RowId row, std::string key,
                                       bool on);
    /// Pins a message for everybody in the room, or takes the pin off.
    [[nodiscard]] Result<TempId> pin(const RoomId& room, offline::RowId row, bool on);
    /// Renames, describes or archives a room; shown at once, taken back and told by commandFailed()
    /// when the server refuses. Errors: NotFound, Forbidden (a direct room, or the own role is
    /// Member), InvalidArgument (nothing to change, an empty name, too long), Storage….
    [[nodiscard]] Result<TempId> updateRoom(const RoomId& room, const RoomEdit& edit);
    /// A Failed message again, under the same key; whatever waited behind it follows.
    [[nodiscard]] Result<void> retry(const TempId& tempId);
    [[nodiscard]] Result<void> retryAll();
    /// Deletes a Failed or never sent message from this device, with what was to be changed about
    /// it. Errors: NotFound, Conflict (it may have reached the server, in this process or an
    /// earlier one: remove() it instead), Storage….
    [[nodiscard]] Result<void> discard(const TempId& tempId);
    /// What stands in the composer now; durable when this returns, told to the user's other devices
    /// soon after. `base`: RoomRow::draftBase of the draft that the composer showed when the user
    /// began to change it; nullopt = the newest. Nothing is lost when another device wrote in
    /// between (docs/adr/0012-drafts.md). Errors: NotFound, InvalidArgument (not UTF-8), Storage….
    [[nodiscard]] Result<void> setDraft(const RoomId& room, std::string text, Seq replyTo = {},
                                        std::optional<Rev> base = {});
    /// Done with RoomRow::draftOther: takes it over below the draft (`keep`), or drops it. Errors:
    /// NotFound (there is none), BodyTooLarge (both together; nothing changes), Storage….
    [[nodiscard]] Result<void> settleOtherDraft(const RoomId& room, bool keep);
    [[nodiscard]] Result<TempId> createRoom(protocol::RoomKind kind, std::string name,
                                            std::vector<std::string> members);
    /// Invites, changes a role, removes (no role), leaves (oneself). Shown when the server's word
    /// comes: who is in a room decides who reads it, so nothing is shown that is not so yet.
    [[nodiscard]] Result<TempId> setMember(const RoomId& room, const UserId& user,
                                           std::optional<protocol::Role> role);

    /// The room is on screen: full subscription, members, revalidation. Close it when it leaves the
    /// screen.
    void openRoom(const RoomId& room);
    void closeRoom(const RoomId& room);
    /// The view shows up to this message: moves the read position (monotone, throttled).
    void markRead(const RoomId& room, Seq seq);
    /// Rows older than `before` (0 = newest) are wanted and not stored, or a hole came into view:
    /// fetch from the server.
    void wantHistory(const RoomId& room, Seq before);
    /// A jump to a seq that is not stored: fetch around it.
    void wantAround(const RoomId& room, Seq seq);
    /// Pinned or image and file messages older than `before` (0 = the newest), from the server:
    /// filteredLoaded(). Offline it waits for the connection.
    void wantFiltered(const RoomId& room, const std::string& filter, Seq before);
    /// The composer changed; sends typing, throttled to kTypingRepeatMs.
    void typing(const RoomId& room, bool on);
    void setPresence(protocol::PresenceStatus status);

    [[nodiscard]] const LinkState& link() const;
    [[nodiscard]] OutboxState outbox() const;

    static constexpr std::size_t kWorkRowsMax = 100;

private:
    class Impl;
    std::unique_ptr<Impl> m_impl;
};

} // namespace skein::engine
