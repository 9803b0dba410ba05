#include "server/net/engine.h"

#include "server/net/httpconn.h"
#include "server/net/wssession.h"
#include "server/service/service.h"

#include <algorithm>
#include <unordered_map>

#include <boost/asio/post.hpp>
#include <sys/resource.h>
#include <sys/socket.h>

namespace skein::server
{
namespace
{

// ConnId = serial of the slot << kSlotBits | slot: found by one index, never reused.
constexpr unsigned kSlotBits = 20;
constexpr std::size_t kSlotsMax = std::size_t{1} << kSlotBits;
constexpr std::int64_t kAcceptRetryMs = 100;

} // namespace

std::size_t raiseDescriptorLimit()
{
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 1024;
    if (limit.rlim_cur < limit.rlim_max) {
        rlimit raised = limit;
        raised.rlim_cur = limit.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &raised) == 0)
            limit = raised;
    }
    return static_cast<std::size_t>(std::min<rlim_t>(limit.rlim_cur, kSlotsMax));
}

Engine::Counters::Counters(Metrics& metrics)
    : connections(metrics.gauge("net_connections"))
    , httpRequests(metrics.counter("net_http_requests_total"))
    , sessions(metrics.gauge("net_websocket_sessions"))
    , framesIn(metrics.counter("net_frames_in_total"))
    , framesOut(metrics.counter("net_frames_out_total"))
    , bytesIn(metrics.counter("net_bytes_in_total"))
    , bytesOut(metrics.counter("net_bytes_out_total"))
    , writes(metrics.counter("net_writes_total"))
    , compressed(metrics.counter("net_frames_compressed_total"))
    , compressedSaved(metrics.counter("net_compression_saved_bytes_total"))
    , shed(metrics.counter("net_ephemeral_shed_total"))
    , collapsed(metrics.counter("net_durable_collapsed_total"))
    , slowConsumers(metrics.counter("net_slow_consumers_total"))
    , refused(metrics.counter("net_connections_refused_total"))
    , protocolErrors(metrics.counter("net_websocket_errors_total"))
{
}

Engine::Engine(asio::io_context& io, NetConfig config, Clock& clock, Metrics& metrics,
               Logger logger)
    : m_io(io)
    , m_config(std::move(config))
    , m_clock(clock)
    , m_metrics(metrics)
    , m_log(std::move(logger))
    , m_counters(metrics)
    , m_acceptor(io)
    , m_acceptRetry(io)
    , m_tickTimer(io)
    , m_housekeepingTimer(io)
    , m_noRoom(nullptr)
    , m_scratch(std::make_unique<std::array<char, kReadScratchBytes>>())
{
}

Engine::~Engine()
{
    *m_alive = false;
    m_closingAll = true;
    m_httpSessions.reset();
    m_slots.clear();
}

void Engine::attach(Service& service, HttpHandler api, Random& random, UserOf userOf)
{
    m_service = &service;
    m_api = std::move(api);
    m_userOf = std::move(userOf);
    HttpSessionHost& host = *this;
    m_httpSessions = std::make_unique<HttpSessions>(host, m_clock, random, m_metrics);
}

Result<std::uint16_t> Engine::listen()
{
    if (m_config.connectionsMax == 0) {
        const std::size_t limit = raiseDescriptorLimit();
        m_config.connectionsMax =
            limit > 2 * kDescriptorsReserved ? limit - kDescriptorsReserved : limit / 2;
    }
    boost::system::error_code error;
    const auto address = asio::ip::make_address(m_config.host, error);
    if (error)
        return fail(ErrorCode::InvalidArgument, "not an IP address: " + m_config.host);
    const Tcp::endpoint endpoint(address, m_config.port);
    m_acceptor.open(endpoint.protocol(), error);
    if (!error)
        m_acceptor.set_option(asio::socket_base::reuse_address(true), error);
    if (!error)
        m_acceptor.bind(endpoint, error);
    if (!error)
        m_acceptor.listen(kListenBacklog, error);
    if (error) {
        boost::system::error_code ignored;
        m_acceptor.close(ignored);
        const std::string where = m_config.host + ':' + std::to_string(m_config.port);
        if (error == asio::error::address_in_use)
            return fail(ErrorCode::PortInUse, where);
        if (error == boost::system::errc::address_not_available ||
            error == asio::error::access_denied)
            return fail(ErrorCode::InvalidArgument, where + ": " + error.message());
        return fail(ErrorCode::Transport, where + ": " + error.message());
    }
    // Accepted sockets inherit it, so a stalled reader pins kilobytes instead of megabytes of
    // kernel memory.
    m_acceptor.set_option(asio::socket_base::send_buffer_size(kSendBufferBytes), error);
    accept();
    housekeeping();
    touch();
    return m_acceptor.local_endpoint().port();
}

void Engine::accept()
{
    if (!m_acceptor.is_open())
        return;
    m_acceptor.async_accept(m_io, [this](const boost::system::error_code& error, Socket socket) {
        if (error == asio::error::operation_aborted || !m_acceptor.is_open())
            return;
        if (error) {
            // Out of descriptors, most likely: give others time to close instead of spinning.
            m_log.warning("accept failed reason=\"" + error.message() + '"');
            m_acceptRetry.expires_after(std::chrono::milliseconds(kAcceptRetryMs));
            m_acceptRetry.async_wait([this](const boost::system::error_code& e) {
                if (!e)
                    accept();
            });
            return;
        }
        accepted(std::move(socket));
        accept();
    });
}

void Engine::accepted(Socket socket)
{
    boost::system::error_code error;
    const auto endpoint = socket.remote_endpoint(error);
    if (error)
        return;
    auto ip = endpoint.address();
    if (ip.is_v6() && ip.to_v6().is_v4_mapped())
        ip = asio::ip::make_address_v4(asio::ip::v4_mapped, ip.to_v6());
    const std::string address = ip.to_string();
    if (!admit(address, ip.is_loopback())) {
        HttpConn::refuse(
            socket, errorReply(503, makeError(ErrorCode::TooManyConnections, "from this address")));
        return;
    }
    socket.set_option(Tcp::no_delay(true), error);
    auto connection =
        std::make_shared<HttpConn>(*this, std::move(socket), address, ip.is_loopback());
    m_http.emplace(connection.get(), connection);
    connection->start();
}

bool Engine::admit(const std::string& address, bool loopback)
{
    std::size_t& ofAddress = m_perAddress[address];
    const bool limited = m_config.limitLoopback || !loopback;
    if (m_connectionCount >= m_config.connectionsMax ||
        (limited && ofAddress >= m_config.connectionsPerAddressMax)) {
        if (ofAddress == 0)
            m_perAddress.erase(address);
        m_counters.refused.add();
        return false;
    }
    ++ofAddress;
    ++m_connectionCount;
    m_counters.connections.set(static_cast<std::int64_t>(m_connectionCount));
    return true;
}

void Engine::releaseAddress(const std::string& address)
{
    const auto found = m_perAddress.find(address);
    if (found != m_perAddress.end() && --found->second == 0)
        m_perAddress.erase(found);
    --m_connectionCount;
    m_counters.connections.set(static_cast<std::int64_t>(m_connectionCount));
}

void Engine::forget(HttpConn& connection)
{
    m_http.erase(&connection);
}

void Engine::handleHttp(HttpRequest request, HttpDone done)
{
    m_counters.httpRequests.add();
    m_api(std::move(request), std::move(done));
}

void Engine::handleFrames(HttpRequest request, HttpDone done)
{
    m_counters.httpRequests.add();
    m_httpSessions->handle(std::move(request), std::move(done));
}

void Engine::sessionOpened(ConnId id, std::string address, std::string bearer)
{
    m_service->connected(id, Peer{std::move(address), std::move(bearer)});
}

void Engine::sessionReceived(ConnId id, std::string_view frame)
{
    m_service->received(id, frame);
}

void Engine::sessionEnded(ConnId id)
{
    m_service->disconnected(id);
}

void Engine::sessionCollapsed(ConnId id, const std::vector<RoomId>& rooms)
{
    m_service->collapsed(id, rooms);
}

Result<UserId> Engine::userOf(std::string_view token) const
{
    return m_userOf(token);
}

bool Engine::originAllowed(std::string_view origin) const
{
    return std::find(m_config.allowedOrigins.begin(), m_config.allowedOrigins.end(), origin) !=
           m_config.allowedOrigins.end();
}

void Engine::adopt(Socket socket, std::string address, std::string bearer, std::string early)
{
    if (m_freeSlots.empty()) {
        if (m_slots.size() >= kSlotsMax) {
            releaseAddress(address);
            return;
        }
        m_freeSlots.push_back(static_cast<std::uint32_t>(m_slots.size()));
        m_slots.emplace_back();
    }
    const std::uint32_t index = m_freeSlots.back();
    m_freeSlots.pop_back();
    const ConnId id = (++m_slots[index].serial << kSlotBits) | index;
    auto session = std::make_unique<WsSession>(*this, id, std::move(socket), address);
    WsSession* const raw = session.get();
    m_slots[index].session = std::move(session);
    ++m_sessionCount;
    m_counters.sessions.set(static_cast<std::int64_t>(m_sessionCount));
    m_service->connected(id, Peer{std::move(address), std::move(bearer)});
    touch();
    raw->start(std::move(early));
}

WsSession* Engine::find(ConnId connection) const noexcept
{
    const std::size_t index = connection & (kSlotsMax - 1);
    if (index >= m_slots.size() || m_slots[index].serial != connection >> kSlotBits)
        return nullptr;
    return m_slots[index].session.get();
}

const RoomRef& Engine::roomRef(const RoomId& room)
{
    if (room.empty())
        return m_noRoom;
    if (!m_lastRoom || *m_lastRoom != room)
        m_lastRoom = std::make_shared<const RoomId>(room);
    return m_lastRoom;
}

void Engine::send(ConnId connection, FramePtr frame, Lane lane, const RoomId& room)
{
    const RoomRef& ref = lane == Lane::Durable ? roomRef(room) : m_noRoom;
    if (connection & HttpSessions::kIdBit)
        return m_httpSessions->send(connection, std::move(frame), lane, ref);
    WsSession* const session = find(connection);
    if (session && !session->reported)
        session->push(std::move(frame), lane, ref);
}

void Engine::acceptsCompressed(ConnId connection)
{
    if (WsSession* const session = find(connection))
        session->acceptCompressed();
}

FramePtr Engine::compressed(FramePtr frame)
{
    // A fan-out asks for the same frame again and again.
    if (frame == m_lastPlain)
        return m_lastCompressed;
    const std::string bytes = m_deflater.deflated(frame->text());
    m_lastPlain = frame;
    if (bytes.empty()) {
        m_lastCompressed = std::move(frame);
        return m_lastCompressed;
    }
    std::string wire;
    wire.reserve(bytes.size() + (bytes.size() / kWsFragmentBytes + 1) * kWsHeaderBytesMax);
    appendWsBinaryMessage(wire, bytes);
    m_counters.compressed.add();
    m_counters.compressedSaved.add(static_cast<std::int64_t>(frame->wire().size() - wire.size()));
    m_lastCompressed = std::make_shared<const OutFrame>(OutFrame::Prepared{std::move(wire)});
    return m_lastCompressed;
}

void Engine::close(ConnId connection, protocol::CloseCode code, std::string_view reason)
{
    if (connection & HttpSessions::kIdBit)
        return m_httpSessions->close(connection, code, reason);
    if (WsSession* const session = find(connection)) {
        session->beginClose(static_cast<std::uint16_t>(code), reason);
        retire(*session);
    }
}

void Engine::markDirty(WsSession& session)
{
    if (!session.inDirty) {
        session.inDirty = true;
        m_dirty.push_back(session.id());
    }
    touch();
}

void Engine::watch(WsSession& session)
{
    if (!session.inWatched) {
        session.inWatched = true;
        m_watched.push_back(session.id());
    }
}

void Engine::retire(WsSession& session)
{
    if (!session.inRetired) {
        session.inRetired = true;
        m_retired.push_back(session.id());
    }
    touch();
}

// Everything that this turn queued is written here, behind the handlers that were ready together
// with the one that queued it: that is what joins the frames of a batch.
void Engine::touch()
{
    if (m_turnScheduled || m_closingAll)
        return;
    m_turnScheduled = true;
    asio::post(m_io, [this] { endOfTurn(); });
}

void Engine::endOfTurn()
{
    m_turnScheduled = false;
    std::vector<ConnId> batch;
    batch.swap(m_dirty);
    for (const ConnId id : batch) {
        if (WsSession* const session = find(id)) {
            session->inDirty = false;
            session->flush();
        }
    }
    // The capacity is kept: this runs for every message.
    batch.clear();
    if (m_dirty.empty())
        m_dirty.swap(batch);
    if (m_httpSessions)
        m_httpSessions->flush();
    freeRetired();
    scheduleTick();
}

void Engine::freeRetired()
{
    std::vector<ConnId> batch;
    batch.swap(m_retired);
    for (const ConnId id : batch) {
        WsSession* const session = find(id);
        if (!session)
            continue;
        session->inRetired = false;
        if (!session->reported) {
            session->reported = true;
            m_service->disconnected(id);
        }
        if (!session->dead())
            continue; // its close frame is still on the way; retired again when that is settled
        releaseAddress(session->address());
        const auto index = static_cast<std::uint32_t>(id & (kSlotsMax - 1));
        m_slots[index].session.reset();
        m_freeSlots.push_back(index);
        --m_sessionCount;
        m_counters.sessions.set(static_cast<std::int64_t>(m_sessionCount));
    }
}

void Engine::scheduleTick()
{
    if (!m_service)
        return;
    const MonoTime at = m_service->nextTickAt();
    if (m_tickArmed && m_tickArmedFor <= at)
        return; // it will fire early enough and look again
    m_tickArmed = true;
    m_tickArmedFor = at;
    const std::int64_t inMs = std::clamp<std::int64_t>((at - m_clock.now()).count(), 0, 60'000);
    m_tickTimer.expires_after(std::chrono::milliseconds(inMs));
    m_tickTimer.async_wait([this](const boost::system::error_code& error) {
        if (error)
            return;
        m_tickArmed = false;
        if (m_service->nextTickAt() <= m_clock.now())
            m_service->tick();
        touch();
    });
}

void Engine::housekeeping()
{
    m_housekeepingTimer.expires_after(std::chrono::milliseconds(kHousekeepingMs));
    m_housekeepingTimer.async_wait([this](const boost::system::error_code& error) {
        if (error)
            return;
        const MonoTime now = m_clock.now();
        std::vector<ConnId> batch;
        batch.swap(m_watched);
        for (const ConnId id : batch) {
            WsSession* const session = find(id);
            if (!session)
                continue;
            session->inWatched = false;
            if (session->watched(now))
                watch(*session);
        }
        if (m_httpSessions)
            m_httpSessions->tick();
        housekeeping();
    });
}

void Engine::stopAccepting()
{
    boost::system::error_code ignored;
    m_acceptor.close(ignored);
    m_acceptRetry.cancel();
    std::vector<std::shared_ptr<HttpConn>> open;
    for (const auto& [raw, weak] : m_http) {
        if (auto connection = weak.lock())
            open.push_back(std::move(connection));
    }
    for (const auto& connection : open)
        connection->drain();
}

void Engine::closeAll()
{
    for (const Slot& slot : m_slots) {
        if (slot.session)
            slot.session->abort(true);
    }
    std::vector<std::shared_ptr<HttpConn>> open;
    for (const auto& [raw, weak] : m_http) {
        if (auto connection = weak.lock())
            open.push_back(std::move(connection));
    }
    for (const auto& connection : open)
        connection->abort();
    m_tickTimer.cancel();
    m_housekeepingTimer.cancel();
}

} // namespace skein::server
