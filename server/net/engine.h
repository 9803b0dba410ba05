// The sockets: accepts, upgrades, reads frames into the Service and writes what it sends. One
// io_context, one thread; a frame of a fan-out is queued as a pointer on each session and every
// session is flushed once per loop turn with one gathered write. Connections without a socket live
// in HttpSessions; the engine counts them and hands through.
//
// An idle session owns no buffers: reads go into one scratch shared by all, and only the rest of an
// incomplete frame is kept. Thread: everything runs on the thread that runs the io_context.
#pragma once

#include "core/clock.h"
#include "core/log.h"
#include "core/metrics.h"
#include "core/random.h"
#include "core/result.h"
#include "protocol/compression.h"
#include "server/net/asio.h"
#include "server/net/http.h"
#include "server/net/httpsessions.h"
#include "server/net/outqueue.h"
#include "server/service/outbound.h"

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace skein::server
{

class Service;
class HttpConn;
class WsSession;

struct NetConfig {
    std::string host = "127.0.0.1";
    std::uint16_t port = 7878; ///< 0 = one that is free
    std::size_t connectionsPerAddressMax = 50;
    bool limitLoopback =
        false; ///< whether 127.0.0.0/8 and ::1 count against connectionsPerAddressMax
    std::size_t connectionsMax = 0; ///< 0 = what the descriptor limit allows
    /// Values of Origin that a browser may come from, as `https://chat.example`. A request without
    /// Origin is not from a browser and is let through; one with an Origin that is not listed gets
    /// 403.
    std::vector<std::string> allowedOrigins;
    std::int64_t requestTimeoutMs = 10'000; ///< from the first byte expected to the whole request
    std::int64_t keepAliveMs = 30'000;      ///< between requests of one connection
};

/// Descriptors that are not connections: database, logs, listener, spare ones to refuse with.
inline constexpr std::size_t kDescriptorsReserved = 64;
inline constexpr int kListenBacklog = 4096;
inline constexpr int kSendBufferBytes = 32 * 1024;
inline constexpr std::size_t kReadScratchBytes = 64 * 1024;
/// A peer that was sent a close frame has this long to answer it.
inline constexpr std::int64_t kCloseLingerMs = 2'000;
inline constexpr std::int64_t kHousekeepingMs = 1'000;

class Engine final : public Outbound, private HttpSessionHost
{
public:
    using HttpHandler = std::function<void(HttpRequest, HttpDone)>;
    /// Whose token it is. Errors: those of Tokens::verify().
    using UserOf = std::function<Result<UserId>(std::string_view token)>;

    Engine(asio::io_context& io, NetConfig config, Clock& clock, Metrics& metrics, Logger logger);
    ~Engine() override;
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    /// Service and random (fit for secrets) must outlive the engine; call before listen().
    void attach(Service& service, HttpHandler api, Random& random, UserOf userOf);
    /// Binds and starts to accept. Returns the port. PortInUse; InvalidArgument for an address that
    /// is not one of this machine; Transport for the rest.
    [[nodiscard]] Result<std::uint16_t> listen();
    /// No new connections; idle HTTP connections are closed, upgrades refused.
    void stopAccepting();
    /// Drops every connection at once.
    void closeAll();
    [[nodiscard]] bool accepting() const noexcept { return m_acceptor.is_open(); }
    /// Open sessions over WebSocket and HTTP, closing ones included.
    [[nodiscard]] std::size_t sessionCount() const noexcept
    {
        return m_sessionCount + (m_httpSessions ? m_httpSessions->count() : 0);
    }
    /// Asks for Service::tick() to be scheduled anew and for a flush at the end of this turn. Call
    /// after anything that reached the service from outside the engine (storage answers).
    void touch();

    // Outbound
    void send(ConnId connection, FramePtr frame, Lane lane, const RoomId& room) override;
    void acceptsCompressed(ConnId connection) override;
    void close(ConnId connection, protocol::CloseCode code, std::string_view reason) override;

    // For HttpConn and WsSession
    // ------------------------------------------------------------------------------------
    [[nodiscard]] asio::io_context& io() noexcept { return m_io; }
    [[nodiscard]] const NetConfig& config() const noexcept { return m_config; }
    [[nodiscard]] Clock& clock() const noexcept { return m_clock; }
    [[nodiscard]] const Logger& logger() const noexcept { return m_log; }
    [[nodiscard]] Service& service() const noexcept { return *m_service; }
    [[nodiscard]] std::array<char, kReadScratchBytes>& scratch() noexcept { return *m_scratch; }
    void handleHttp(HttpRequest request, HttpDone done);
    /// Frames over HTTP; a waiting poll is answered later.
    void handleFrames(HttpRequest request, HttpDone done);
    [[nodiscard]] bool originAllowed(std::string_view origin) const;
    /// Takes an upgraded socket. `early` are bytes that came behind the request.
    void adopt(Socket socket, std::string address, std::string bearer, std::string early);
    /// Null when the connection is gone.
    [[nodiscard]] WsSession* find(ConnId connection) const noexcept;
    /// The frame as compressed WebSocket bytes; the frame itself when that is not worth it.
    [[nodiscard]] FramePtr compressed(FramePtr frame);
    /// To be flushed at the end of the turn.
    void markDirty(WsSession& session);
    /// To be looked at once a second: it waits for its peer.
    void watch(WsSession& session);
    /// The session is closing or dead: at the end of the turn the service hears of it, and a dead
    /// one is freed.
    void retire(WsSession& session);
    void forget(HttpConn& connection);
    void releaseAddress(const std::string& address);
    /// False once the engine is gone: handlers that the io_context drops later must not touch it.
    [[nodiscard]] std::shared_ptr<const bool> alive() const noexcept { return m_alive; }

    struct Counters {
        Counter& connections;
        Counter& httpRequests;
        Counter& sessions;
        Counter& framesIn;
        Counter& framesOut;
        Counter& bytesIn;
        Counter& bytesOut;
        Counter& writes;
        Counter& compressed;
        Counter& compressedSaved; ///< bytes; a fan-out counts once
        Counter& shed;
        Counter& collapsed;
        Counter& slowConsumers;
        Counter& refused;
        Counter& protocolErrors;
        explicit Counters(Metrics& metrics);
    };
    [[nodiscard]] Counters& counters() noexcept { return m_counters; }

private:
    struct Slot {
        std::unique_ptr<WsSession> session;
        std::uint64_t serial = 0; // distinguishes the users of one slot: a ConnId is never reused
    };
    // HttpSessionHost
    void sessionOpened(ConnId id, std::string address, std::string bearer) override;
    void sessionReceived(ConnId id, std::string_view frame) override;
    void sessionEnded(ConnId id) override;
    void sessionCollapsed(ConnId id, const std::vector<RoomId>& rooms) override;
    [[nodiscard]] Result<UserId> userOf(std::string_view token) const override;
    [[nodiscard]] bool admit(const std::string& address, bool loopback) override;
    void release(const std::string& address) override { releaseAddress(address); }
    [[nodiscard]] bool admitting() const override { return accepting(); }
    void flushWanted() override { touch(); }

    void accept();
    void accepted(Socket socket);
    void endOfTurn();
    void scheduleTick();
    void housekeeping();
    void freeRetired();
    [[nodiscard]] const RoomRef& roomRef(const RoomId& room);

    asio::io_context& m_io;
    NetConfig m_config;
    Clock& m_clock;
    Metrics& m_metrics;
    Logger m_log;
    Counters m_counters;
    Service* m_service = nullptr;
    HttpHandler m_api;
    UserOf m_userOf;
    std::unique_ptr<HttpSessions> m_httpSessions;
    Acceptor m_acceptor;
    Timer m_acceptRetry;
    Timer m_tickTimer;
    Timer m_housekeepingTimer;
    MonoTime m_tickArmedFor;
    bool m_tickArmed = false;
    bool m_turnScheduled = false;
    bool m_closingAll = false;
    std::shared_ptr<bool> m_alive =
        std::make_shared<bool>(true); // shared with the HTTP connections
    std::vector<Slot> m_slots;
    std::vector<std::uint32_t> m_freeSlots;
    std::size_t m_sessionCount = 0;
    std::size_t m_connectionCount = 0; // HTTP and WebSocket
    std::map<std::string, std::size_t, std::less<>> m_perAddress;
    std::map<HttpConn*, std::weak_ptr<HttpConn>> m_http;
    std::vector<ConnId> m_dirty;
    std::vector<ConnId> m_watched; // waiting for their peers; checked for progress
    std::vector<ConnId> m_retired;
    protocol::Deflater m_deflater;
    FramePtr m_lastPlain, m_lastCompressed; // shared with the queues that they wait in
    RoomRef m_lastRoom;
    RoomRef m_noRoom;
    std::unique_ptr<std::array<char, kReadScratchBytes>> m_scratch;
};

/// Raises the soft descriptor limit to the hard one. Returns the limit that holds now.
std::size_t raiseDescriptorLimit();

} // namespace skein::server
