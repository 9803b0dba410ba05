// Inside of Service: its state, and the handlers that the .cpp files of this folder share by
// purpose: service.cpp (sockets in, frames apart, time), session.cpp (hello, tokens, drain),
// messages.cpp (the send path), rooms.cpp (rooms and members), fanout.cpp (what others get),
// sync.cpp (reads), positions.cpp (receipts), drafts.cpp, ephemeral.cpp (typing and presence),
// push.cpp (the push hook). Not for anybody else.
#pragma once

#include "protocol/codec.h"
#include "server/service/directory.h"
#include "server/service/pushqueue.h"
#include "server/service/service.h"
#include "server/service/tokens.h"

#include <deque>
#include <map>
#include <queue>

namespace skein::server
{

inline constexpr int kBadFramesMax = 16; ///< then the connection is closed
inline constexpr int kRefusedInRowMax =
    1'000; ///< frames over the rate, then the connection is closed
inline constexpr std::int64_t kCoalesceMs = 50; ///< room_dirty of a room, at most this often
inline constexpr std::int64_t kCoalesceUsPerRecipient = 200; ///< … and longer for a large audience
inline constexpr std::int64_t kPositionsEveryMs = 20;
/// Receipts of a room that somebody has in summary, at most this often.
inline constexpr std::int64_t kOthersEveryMs = 500;
inline constexpr std::int64_t kPositionsRetryMs = 1'000;
inline constexpr std::size_t kPositionsPerOp = 4'096;
inline constexpr std::size_t kReceiptsPerFrame =
    1'000; ///< members of a larger room are not told on subscribe
inline constexpr std::size_t kBacklogPerTick = 200; ///< room_dirty frames of a large account
inline constexpr std::int64_t kBacklogEveryMs = 20;
/// Pings of one connection that are answered: one a second and a few more.
inline constexpr protocol::Bucket kPings{10, 120};
/// A pong names the heads of the open rooms so often at most; a heartbeat's always does.
inline constexpr std::int64_t kHeadsEveryMs = 10'000;
/// And those of rooms that have become summaries since: what their subscription lost at its end
/// would else be found by their next entry only. Several heartbeats, since a pong may be lost too.
inline constexpr std::int64_t kHeadsOfClosedMs = 120'000;
inline constexpr std::size_t kHeadsOfClosedMax = 128; ///< the oldest are forgotten first
inline constexpr std::size_t kPageBytesMax = 200 * 1024;
inline constexpr std::int64_t kPresenceGraceMs = 8'000; ///< a short reconnect is not an absence
inline constexpr std::size_t kPresencePerFrame = 200;
inline constexpr std::size_t kPresenceBudget =
    2'000; ///< frames at once in kPresenceWindowMs, then coalesced
inline constexpr std::int64_t kPresenceWindowMs = 100;
inline constexpr std::size_t kTypistsMax = 20; ///< a room
inline constexpr std::size_t kRevokedMax = 10'000;
inline constexpr std::int64_t kStorageRetryMs = 5'000;
inline constexpr std::int64_t kWindowRetryMs = 200;
inline constexpr Touch kTouchOverlap = 16; ///< a token is read a little back: it may over-report

struct Connection {
    ConnId id = 0;
    Peer peer;
    User* user = nullptr; ///< not owned; null until hello
    SessionId session;
    DeviceId device;
    std::int64_t tokenExpiresTs = 0; ///< wall clock
    MonoTime since, heard, pinged;
    MonoTime timer; ///< of its one timer that counts
    std::vector<RoomKey> full;
    std::deque<std::pair<RoomKey, MonoTime>> closed; ///< were in `full` until then; oldest first
    std::map<RoomKey, int> window; ///< unconfirmed sends; entries with 0 are removed
    int inFlight = 0;              ///< durable operations on their way to the disk
    int badFrames = 0;
    int refusedInRow = 0;        ///< over the rate, since the last that was not
    std::deque<RoomKey> backlog; ///< rooms that still get a room_dirty; at most the user's rooms
    bool backlogQueued = false;
    bool closing = false;
    std::optional<protocol::TokenBucket> pings;
    std::optional<MonoTime> headsTold; ///< in a pong
    std::size_t headsFrom = 0; ///< where the next pong goes on, where one cannot name them all
    std::uint64_t mark = 0; ///< of the last fan-out that reached it, so that none reaches it twice
};

/// The push hook, when there is one.
struct Push {
    /// The newest message of a room that counts as unread, of those committed since the start.
    struct Newest {
        EventId id;
        Seq seq;
        Ord ord;
        UserKey sender = 0;
        protocol::Kind kind = protocol::Kind::Text;
        std::int64_t ts = 0;
        MonoTime at;
        // Since the members were last looked at:
        bool fresh = false;
        PushQueue::News behind; ///< begins the news
        UserKey only = 0;       ///< who wrote all of it; 0 = several
    };
    Push(const PushConfig& config, Metrics& metrics, MonoTime now)
        : queue(config, metrics)
        , earliest(now + Milliseconds(config.startGraceMs))
    {
    }
    PushQueue queue;
    MonoTime earliest; ///< for users who have not been here since the start
    std::unordered_map<RoomKey, Newest> newest; ///< at most one a room
    bool paused = false;                        ///< as the log was told last
    std::optional<MonoTime> refusalLogged;
};

class Service::Impl
{
public:
    Impl(Storage& storage, const Tokens& tokens, Outbound& outbound, Clock& clock, Random& random,
         Metrics& metrics, Logger logger, ServiceConfig config);
    ~Impl();

    // service.cpp
    void connected(ConnId id, Peer peer);
    void received(ConnId id, std::string_view text);
    void disconnected(ConnId id);
    void collapsed(ConnId id, const std::vector<RoomId>& rooms);
    void tick();
    [[nodiscard]] MonoTime nextTickAt() const;
    [[nodiscard]] std::size_t connectionCount() const noexcept { return m_connections.size(); }
    [[nodiscard]] const Push* push() const noexcept { return m_push.get(); }

    // session.cpp
    void sessionEnded(const SessionId& session, SessionEnd how);
    void drain(std::int64_t windowMs);

private:
    struct InFlight {
        ConnId connection = 0;
        RoomKey room = 0; ///< 0 = not in a window
        TempId tempId;
    };
    enum class What {
        Connection,
        Offline,
        Typing,
        Dirty,
        Receipts,
        Others,
        Positions,
        Backlog,
        Presence,
        Silence
    };
    struct Timer {
        MonoTime due;
        What what;
        std::uint64_t key;
        friend bool operator>(const Timer& a, const Timer& b) { return a.due > b.due; }
    };
    enum class Bucket { Messages, Requests, Ephemeral };

    // service.cpp
    [[nodiscard]] Connection* connection(ConnId id);
    void dispatch(Connection& conn, protocol::ClientFrame& frame);
    void badFrame(Connection& conn, std::string_view text, const Error& error);
    void send(const Connection& conn, const protocol::ServerFrame& frame, Lane lane = Lane::Control,
              const RoomId& room = {});
    void sendToUser(const User& user, const protocol::ServerFrame& frame, Lane lane = Lane::Control,
                    const RoomId& room = {}, const Connection* except = nullptr);
    void sendError(const Connection& conn, const RequestId& req, const Error& error);
    void at(MonoTime due, What what, std::uint64_t key) { m_timers.push({due, what, key}); }
    void fire(const Timer& timer);
    /// Takes a token of the user's bucket; otherwise the time until there is one.
    [[nodiscard]] std::optional<Error> limited(Connection& conn, Bucket bucket);
    /// A callback that does nothing once the service is gone.
    template <class F>
    auto guarded(F f)
    {
        return [life = std::weak_ptr<int>(m_life), f = std::move(f)](auto&&... args) mutable {
            if (life.lock())
                f(std::forward<decltype(args)>(args)...);
        };
    }

    // session.cpp
    void on(Connection& conn, protocol::Hello& frame);
    void on(Connection& conn, protocol::TokenRefresh& frame);
    void on(Connection& conn, protocol::Ping& frame);
    void on(Connection& conn, protocol::Pong& frame);
    void on(Connection& conn, protocol::UnknownFrame& frame);
    void welcome(Connection& conn, const protocol::Hello& hello);
    void checkConnection(Connection& conn);
    void detach(Connection& conn);
    void close(Connection& conn, protocol::CloseCode code, const Error& why);
    void goodbye(Connection& conn);
    [[nodiscard]] std::optional<SessionEnd> ended(const SessionId& session) const;

    // messages.cpp
    void on(Connection& conn, protocol::MessageSend& frame);
    void on(Connection& conn, protocol::MessageEdit& frame);
    void on(Connection& conn, protocol::MessageDelete& frame);
    void on(Connection& conn, protocol::ReactionSet& frame);
    void on(Connection& conn, protocol::PinSet& frame);
    void refuse(const Connection& conn, const TempId& tempId, const Error& error);
    /// Room and membership of a durable operation, its rate and its window; refuses and gives null
    /// when not allowed.
    [[nodiscard]] Room* admit(Connection& conn, const RoomId& room, const TempId& tempId);
    /// Refuses what is new; a repeat of what was stored before gets its first answer, whatever has
    /// changed since: the sender left the room, or it was archived.
    void refuseNew(Connection& conn, const TempId& tempId, Error error);
    [[nodiscard]] std::uint64_t begin(Connection& conn, RoomKey room, const TempId& tempId);
    /// Ends an operation; the connection when it still lives.
    Connection* end(std::uint64_t op);
    void append(Connection& conn, Room& room, LogOp op);
    void appended(std::uint64_t op, UserKey sender, Result<Logged> result);
    [[nodiscard]] LogOp logOp(const Connection& conn, const Room& room, const TempId& tempId,
                              protocol::Kind kind) const;
    void finishDrain(Connection& conn);

    // rooms.cpp
    void on(Connection& conn, protocol::MemberSet& frame);
    void on(Connection& conn, protocol::RoomUpdate& frame);
    void on(Connection& conn, protocol::RoomCreate& frame);
    void on(Connection& conn, protocol::RoomsRequest& frame);
    void on(Connection& conn, protocol::MembersRequest& frame);
    void on(Connection& conn, protocol::SubscribeRoom& frame);
    void on(Connection& conn, protocol::UnsubscribeRoom& frame);
    void roomMade(std::uint64_t op, UserKey creator, Result<RoomMade> result);
    void subscribe(Connection& conn, Room& room, Epoch epoch, Seq hi, bool tellDirty);
    void toSummary(Connection& conn, Room& room);
    void unsubscribe(Connection& conn, Room& room);
    [[nodiscard]] std::vector<protocol::RoomHi> headsOf(Connection& conn);
    void memberChanged(Room& room, const protocol::Event& event, Touch touch);
    [[nodiscard]] Room* memberRoom(const Connection& conn, const RoomId& id,
                                   Member** member = nullptr);

    // fanout.cpp
    void committed(Room& room, protocol::Event event, UserKey sender, Touch touch);
    void fanOut(Room& room, protocol::Event& event, const User* sender);
    void queueDirty(Room& room);
    void flushDirty(Room& room);
    /// Gives all full subscriptions of the room a mark of their own.
    std::uint64_t markFull(Room& room);
    void sendDirty(const Connection& conn, Room& room);
    void flushBacklog(Connection& conn);

    // sync.cpp
    void on(Connection& conn, protocol::SyncRequest& frame);
    void on(Connection& conn, protocol::HistoryRequest& frame);
    void on(Connection& conn, protocol::Revalidate& frame);
    static void hideTempIds(std::vector<protocol::Event>& events, const UserId& reader);

    // positions.cpp
    void on(Connection& conn, protocol::MarkRead& frame);
    void on(Connection& conn, protocol::MarkDelivered& frame);
    void mark(RoomKey room, UserKey user, Seq read, Seq delivered);
    void flushPositions();
    void positionsSet(Result<std::vector<PositionSet>> result, PositionsOp sent);
    void sendReadState(Room& room, Member& member);
    void queueReceipts(Room& room, UserKey user);
    void flushReceipts(Room& room);
    void queueOthers(Room& room);
    void flushOthers(Room& room);
    void sendPositions(const Connection& conn, Room& room);

    // drafts.cpp
    void on(Connection& conn, protocol::DraftSet& frame);
    void on(Connection& conn, protocol::DraftsRequest& frame);
    void draftStored(std::uint64_t op, UserKey owner, RoomKey roomKey, const TempId& tempId,
                     Result<DraftStored> result);

    // ephemeral.cpp
    void on(Connection& conn, protocol::TypingSet& frame);
    void on(Connection& conn, protocol::PresenceSet& frame);
    void stopTyping(Room& room, UserKey user);
    void expireTyping(Room& room);
    void sendTyping(Room& room, const User* except);
    void setPresence(User& user, protocol::PresenceStatus status);
    void sendPresence(User& user);
    void sendPresenceOf(const Connection& conn, Room& room);
    [[nodiscard]] protocol::PresenceInfo presenceOf(const User& user) const;
    void maybeOffline(User& user);
    [[nodiscard]] static MonoTime heardOf(const User& user);
    void watchSilence(User& user, MonoTime since);
    void checkSilence(User& user);
    /// A sign of life of somebody who was silent for kPresenceTtlMs.
    void heardAgain(User& user);

    // push.cpp
    [[nodiscard]] static bool away(const User& user)
    {
        return user.silent || (user.connections.empty() && !user.leaving);
    }
    void notePushNews(const Room& room, const protocol::Event& event, UserKey sender);
    /// The news of a room since this was asked last; null when there are none.
    [[nodiscard]] const Push::Newest* takePushNews(const Room& room);
    void notePush(const Room& room, const Member& member, PushQueue::News news);
    void wentAway(User& user);
    void sendPushes();
    [[nodiscard]] MonoTime missedAt(const PushQueue::Taken& taken);
    [[nodiscard]] bool backButMayNotHaveIt(const PushQueue::Taken& taken);
    [[nodiscard]] std::optional<PushPost> pushPost(const PushQueue::Taken& taken);
    void pushed(PushKey key, const PushReply& reply);

    Storage& m_storage;
    const Tokens& m_tokens;
    Outbound& m_outbound;
    Clock& m_clock;
    Random& m_random;
    Logger m_logger;
    ServiceConfig m_config;
    const BootId m_boot;
    Directory m_directory;
    std::unordered_map<ConnId, std::unique_ptr<Connection>> m_connections;
    std::unordered_map<std::uint64_t, InFlight> m_inFlight;
    std::deque<std::pair<MonoTime, std::uint64_t>>
        m_notices; ///< when message_pending is due, by operation
    std::uint64_t m_nextOp = 1;
    std::priority_queue<Timer, std::vector<Timer>, std::greater<>> m_timers;
    std::map<std::pair<RoomKey, UserKey>, PositionMark> m_marks; ///< at most one a membership
    bool m_positionsInFlight = false, m_positionsQueued = false;
    MonoTime m_positionsAt;
    MonoTime m_presenceWindow;
    std::size_t m_presenceSent = 0;
    std::map<std::string, SessionEnd> m_revoked; ///< the oldest go over kRevokedMax
    std::deque<std::string> m_revokedOrder;
    std::uint64_t m_mark = 0;
    std::unique_ptr<Push> m_push; ///< null without a push hook
    bool m_draining = false;
    std::int64_t m_drainWindowMs = 0;
    std::shared_ptr<int> m_life =
        std::make_shared<int>(0); ///< held weakly by callbacks on their way

    Counter& m_framesIn;
    Counter& m_framesOut;
    Counter& m_confirmed;
    Counter& m_refused;
    Counter& m_open;
};

} // namespace skein::server
