// The faulty network between the engines and the service. A connection is a stream: frames arrive
// in order, late, or not at all because it broke or went silent. The proxy mode is harsher: it
// drops and doubles single frames between live ends, which no TCP does and the protocol heals all
// the same. A slow reader gets its frames through the server's own bounded queue (OutQueue), and a
// slow sender's pile up where Transport::unsentBytes() counts them. Thread: one.
#pragma once

#include "core/random.h"
#include "server/net/outqueue.h"
#include "server/service/service.h"
#include "tests/sim/loop.h"
#include "tests/sim/trace.h"

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace skein::sim
{

struct Weather {
    std::int64_t delayMin = 5, delayMax = 60; ///< ms, one way
    double breaks = 0;                        ///< a frame is the last one of its connection
    double silences = 0;  ///< from this frame on nothing passes, and nobody is told
    double drops = 0;     ///< proxy: this frame is lost, the connection lives
    double dropsDown = 0; ///< more of the frames of the server
    double doubles = 0;   ///< proxy: this frame comes twice
    double refusals = 0;  ///< a connect fails
};

/// The client's end of a connection.
class Peer
{
public:
    virtual ~Peer() = default;
    virtual void opened(server::ConnId connection) = 0;
    virtual void closed(server::ConnId connection, std::uint16_t code) = 0;
    virtual void arrived(server::ConnId connection, const std::string& text) = 0;
};

/// The server's end, and whoever looks at what leaves it.
class Uplink
{
public:
    virtual ~Uplink() = default;
    [[nodiscard]] virtual server::Service* service() = 0; ///< null while it is down
    /// The server's process writes to the network; false: it dies there.
    virtual bool serverWrites() = 0;
    virtual void touched() = 0; ///< after each call
    virtual void leaving(int client, const server::FramePtr& frame) = 0;
    [[nodiscard]] virtual bool isMember(int client, const RoomId& room) = 0;
};

/// `message_send` of `{"type":"message_send",…`; empty when it is not there.
[[nodiscard]] std::string_view typeOf(std::string_view text);

class Network final : public server::Outbound
{
public:
    Network(Loop& loop, Trace& trace, Random& random, Uplink& uplink);

    Weather weather;

    // ---- the clients' side ----
    /// `socket`: false for a session over HTTP, which blockSockets() lets through. (That one loses
    /// and doubles nothing more is proved by tests/property/tst_httpproperties.cpp, and not
    /// modelled.)
    server::ConnId open(int client, Peer& peer, bool socket = true);
    void send(server::ConnId connection, std::string text);
    /// The client drops it; what is on its way may or may not arrive.
    void close(server::ConnId connection);
    /// What was sent and has not left the client.
    [[nodiscard]] std::size_t unsentBytes(server::ConnId connection) const;

    // ---- the server's side ----
    void send(server::ConnId connection, server::FramePtr frame, server::Lane lane,
              const RoomId& room) override;
    void close(server::ConnId connection, protocol::CloseCode code,
               std::string_view reason) override;
    /// The server's process is gone: streams are reset, or, for some, nobody says so.
    void serverDied();

    // ---- faults ----
    void breakAll(int client);
    /// A proxy comes between: open sockets break, new ones are refused or hang. False: it goes.
    void blockSockets(int client, bool blocked);
    void silence(int client);
    /// Nothing passes until then; what waits arrives afterwards, as TCP would have it.
    void partition(int client, MonoTime until);
    /// This client takes, and sends, that many bytes a second from now on; 0: none; negative: as
    /// fast as ever.
    void slow(int client, std::int64_t bytesPerS);
    [[nodiscard]] std::size_t connections() const { return m_connections.size(); }

private:
    struct Connection {
        int client = 0;
        bool socket = true;
        Peer* peer = nullptr; ///< not owned; null when the client has let go
        bool accepted = false, serverEnd = false, closing = false;
        bool deadUp = false, deadDown = false;     ///< what is on its way is lost
        bool silentUp = false, silentDown = false; ///< what is sent from now on is lost
        MonoTime lastUp, lastDown;
        std::unique_ptr<server::OutQueue> queue; ///< of the server, while the reader is slow
        std::string taken;                       ///< bytes of a frame that is not whole yet
        bool draining = false;
        std::map<RoomId, MonoTime>
            owed; ///< collapsed in the queue when; until a room_dirty follows
        std::deque<std::pair<MonoTime, std::size_t>> leaving; ///< up: when, how much
        MonoTime upFree;
    };
    Connection* find(server::ConnId connection);
    MonoTime arrival(Connection& connection, MonoTime& last);
    bool fault(server::ConnId id, Connection& connection);
    void down(server::ConnId id, std::string text);
    void up(server::ConnId id, std::string text);
    void queueDown(server::ConnId id, server::FramePtr frame, server::Lane lane,
                   const RoomId& room);
    void drain(server::ConnId id);
    void owe(server::ConnId id, const std::vector<RoomId>& rooms);
    void settle(server::ConnId id, server::OutQueue::Outcome outcome);
    void cut(server::ConnId id);
    void tellClient(server::ConnId id, std::uint16_t code, MonoTime when);
    void tellServer(server::ConnId id, MonoTime when);
    void forget(server::ConnId id);

    Loop& m_loop;
    Trace& m_trace;
    Random& m_random;
    Uplink& m_uplink;
    server::ConnId m_next = 1;
    std::map<server::ConnId, Connection> m_connections;
    std::map<int, MonoTime> m_partitions;
    std::set<int> m_blocked;
    std::map<int, std::int64_t> m_rates; ///< of slow clients, bytes a second
};

} // namespace skein::sim
