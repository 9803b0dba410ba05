// What a frame means: sign-in, membership, rooms, messages, receipts, typing, presence. Sans-I/O:
// no sockets, no SQL, no threads, no clock of its own. Connections and text frames go in, frames
// for connections come out of `Outbound`; durable operations go to `Storage`, whose answers arrive
// as callbacks on the service's thread.
//
// Thread: all calls on one thread (the I/O thread, or the simulation). Membership, heads and
// positions are cached in memory and changed only by committed events, so a send needs no read.
#pragma once

#include "core/clock.h"
#include "core/log.h"
#include "core/metrics.h"
#include "core/random.h"
#include "core/result.h"
#include "protocol/frames.h"
#include "server/service/outbound.h"
#include "server/service/push.h"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace skein::server
{

class Storage; // server/storage/storage.h
class Tokens;  // server/service/tokens.h

struct ServiceConfig {
    protocol::Limits limits;
    std::int64_t heartbeatMs = protocol::kHeartbeatMs;
    std::int64_t connectionsPerUserMax = 10;
    bool enforceRateLimits = true;
    /// Is given the hints for users who are away, and must outlive the service; null = no push
    /// hook, and no cost of one. Not owned.
    PushOutlet* pushOutlet = nullptr;
    PushConfig push;
};

/// Who is on the other end, as far as the network layer knows.
struct Peer {
    std::string address;     ///< textual IP
    std::string bearerToken; ///< of the Authorization header; empty = expected in hello
};

/// How a session ended, as far as its own device is concerned.
enum class SessionEnd {
    Over,    ///< signed out, expired, or its tokens were used twice: sign in again, the data stay
    Revoked, ///< revoked from another device: the device wipes itself (DeviceRevoked)
};

class Service
{
public:
    /// All referenced objects must outlive the service.
    Service(Storage& storage, const Tokens& tokens, Outbound& outbound, Clock& clock,
            Random& random, Metrics& metrics, Logger logger, ServiceConfig config);
    ~Service();
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;

    /// A socket was accepted and upgraded. It has kHelloTimeoutMs to say hello.
    void connected(ConnId connection, Peer peer);
    /// One text frame. Never throws, never blocks; a bad frame is answered or closes the
    /// connection.
    void received(ConnId connection, std::string_view text);
    void disconnected(ConnId connection);
    /// The network layer dropped queued durable frames of these rooms for this connection: it gets
    /// one room_dirty each.
    void collapsed(ConnId connection, const std::vector<RoomId>& rooms);

    /// Timeouts, heartbeats, typing and presence expiry, pending notices. Call at nextTickAt() or
    /// later.
    void tick();
    [[nodiscard]] MonoTime nextTickAt() const;

    /// A session's refresh family is dead: closes its sockets at once, with DeviceRevoked or
    /// InvalidToken.
    void sessionEnded(const SessionId& session, SessionEnd how);

    /// Says goodbye to everybody, with reconnects spread over `windowMs`, and closes with
    /// ShuttingDown. New connections are refused from now on. What was handed to storage is still
    /// confirmed first.
    void drain(std::int64_t windowMs);

    [[nodiscard]] std::size_t connectionCount() const noexcept;
    /// Hints of the push hook that wait or are on their way; 0 while the receiver is down, for then
    /// waiting for them has no end.
    [[nodiscard]] std::size_t pushesOpen() const noexcept;
    /// The same, counted also while the receiver is down.
    [[nodiscard]] std::size_t pushesLeft() const noexcept;

private:
    class Impl;
    std::unique_ptr<Impl> m_impl;
};

} // namespace skein::server
