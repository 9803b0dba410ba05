// Connections without a socket: the same frames over `POST /v1/frames` and `GET /v1/frames?wait=25`
// (docs/protocol.md, "Frames over HTTP"; ADR 0009). A session is one connection of the Service with
// the same queue and the same rules of backpressure as a socket; what a request lost on the way
// would lose or double is caught by numbers on both ways: the client counts its POSTs, the server
// its answers, and keeps the last one until the next request says that it arrived.
//
// Sans-I/O: requests come in with a callback for the answer, a poll's callback is kept until there
// is something to say. Bounded: a session holds its queue (OutQueue), one unacknowledged answer and
// one poll; sessions are counted by the host like sockets. Thread: one, the service's.
#pragma once

#include "core/clock.h"
#include "core/ids.h"
#include "core/metrics.h"
#include "core/random.h"
#include "core/result.h"
#include "protocol/limits.h"
#include "server/net/http.h"
#include "server/net/outqueue.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace skein::server
{

/// Names of the headers; compared without regard to case, as HTTP has it.
inline constexpr char kSessionHeader[] = "Skein-Session";
inline constexpr char kBatchHeader[] = "Skein-Batch";
inline constexpr char kAckHeader[] = "Skein-Ack";
inline constexpr char kCloseHeader[] = "Skein-Close";
inline constexpr char kFramesType[] = "application/x-ndjson";
/// While the server drains nobody comes back to ask why a session was closed.
inline constexpr std::int64_t kHttpDrainLingerMs = 1'000;
/// Queued bytes at which a waiting poll is answered at once instead of at the end of the turn.
inline constexpr std::size_t kHttpEagerBytes = protocol::kEphemeralQueueBytesMax / 2;

/// What a session needs of the server. All calls come from inside calls into HttpSessions.
class HttpSessionHost
{
public:
    virtual ~HttpSessionHost() = default;
    virtual void sessionOpened(ConnId id, std::string address, std::string bearer) = 0;
    virtual void sessionReceived(ConnId id, std::string_view frame) = 0;
    virtual void sessionEnded(ConnId id) = 0;
    virtual void sessionCollapsed(ConnId id, const std::vector<RoomId>& rooms) = 0;
    /// Whose token this is. Errors: those of Tokens::verify().
    [[nodiscard]] virtual Result<UserId> userOf(std::string_view token) const = 0;
    /// Counts one more connection of an address; false = over a limit, and nothing was counted.
    [[nodiscard]] virtual bool admit(const std::string& address, bool loopback) = 0;
    virtual void release(const std::string& address) = 0;
    /// False while draining: no new sessions.
    [[nodiscard]] virtual bool admitting() const = 0;
    /// flush() is wanted at the end of this turn.
    virtual void flushWanted() = 0;
};

class HttpSessions
{
public:
    /// Set in the ids of these connections, never in those of sockets.
    static constexpr ConnId kIdBit = ConnId{1} << 63;

    /// All referenced objects must outlive this. `random` must be fit for secrets.
    HttpSessions(HttpSessionHost& host, Clock& clock, Random& random, Metrics& metrics);
    ~HttpSessions();
    HttpSessions(const HttpSessions&) = delete;
    HttpSessions& operator=(const HttpSessions&) = delete;

    /// POST, GET or DELETE. Answers exactly once, a waiting poll later; what is still waiting when
    /// this is destroyed is not answered.
    void handle(HttpRequest request, HttpDone done);

    // As Outbound; ids that are gone are ignored.
    void send(ConnId id, FramePtr frame, Lane lane, const RoomRef& room);
    void close(ConnId id, protocol::CloseCode code, std::string_view reason);

    /// End of a turn: answers polls that have something to say now, reports collapses and ends.
    void flush();
    /// Once a second: polls that waited long enough, sessions that nobody asks for any more.
    void tick();
    [[nodiscard]] std::size_t count() const noexcept { return m_sessions.size(); }

private:
    struct Session {
        ConnId id = 0;
        std::string secret, address;
        UserId user; ///< empty: its token was no good, and the service says so
        OutQueue queue;
        std::int64_t received = 0; ///< number of the last POST
        std::int64_t sent = 0;     ///< number of the last answer that carried frames
        std::string unacked;       ///< its body, until the client says that it came
        HttpDone poll;             ///< waiting
        MonoTime pollUntil, seen, goneAt;
        std::uint16_t closeCode = 0;
        std::string closeReason;
        bool closing = false, reported = false, overflowed = false, dirty = false;
    };

    void open(HttpRequest request, HttpDone done);
    void post(Session& session, const HttpRequest& request, const HttpDone& done);
    void poll(Session& session, const HttpRequest& request, HttpDone done);
    [[nodiscard]] Result<Session*> sessionOf(const HttpRequest& request);
    void deliver(Session& session, const std::vector<std::string_view>& frames);
    [[nodiscard]] HttpReply batchReply(Session& session);
    [[nodiscard]] HttpReply repeatReply(const Session& session) const;
    void addClose(HttpReply& reply, const Session& session) const;
    void answerPoll(Session& session);
    void settle(Session& session, OutQueue::Outcome outcome);
    void beginClose(Session& session, std::uint16_t code, std::string_view reason);
    void markDirty(Session& session);
    void erase(ConnId id);

    HttpSessionHost& m_host;
    Clock& m_clock;
    Random& m_random;
    Counter &m_open, &m_opened, &m_framesIn, &m_framesOut, &m_repeats, &m_collapsed, &m_shed,
        &m_slow, &m_expired;
    ConnId m_next = 0;
    std::map<ConnId, Session> m_sessions; ///< references to entries stay valid
    std::unordered_map<std::string, ConnId> m_bySecret;
    std::vector<ConnId> m_dirty;
};

} // namespace skein::server
