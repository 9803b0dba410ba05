#include "server/service/service.h"

#include "server/service/impl.h"

#include <boost/json.hpp>

#include <algorithm>

namespace skein::server
{

using protocol::CloseCode;

Service::Service(Storage& storage, const Tokens& tokens, Outbound& outbound, Clock& clock,
                 Random& random, Metrics& metrics, Logger logger, ServiceConfig config)
    : m_impl(std::make_unique<Impl>(storage, tokens, outbound, clock, random, metrics,
                                    std::move(logger), std::move(config)))
{
}
Service::~Service() = default;
void Service::connected(ConnId connection, Peer peer)
{
    m_impl->connected(connection, std::move(peer));
}
void Service::received(ConnId connection, std::string_view text)
{
    m_impl->received(connection, text);
}
void Service::disconnected(ConnId connection)
{
    m_impl->disconnected(connection);
}
void Service::collapsed(ConnId connection, const std::vector<RoomId>& rooms)
{
    m_impl->collapsed(connection, rooms);
}
void Service::tick()
{
    m_impl->tick();
}
MonoTime Service::nextTickAt() const
{
    return m_impl->nextTickAt();
}
void Service::sessionEnded(const SessionId& session, SessionEnd how)
{
    m_impl->sessionEnded(session, how);
}
void Service::drain(std::int64_t windowMs)
{
    m_impl->drain(windowMs);
}
std::size_t Service::connectionCount() const noexcept
{
    return m_impl->connectionCount();
}
std::size_t Service::pushesOpen() const noexcept
{
    const Push* const push = m_impl->push();
    return push && !push->queue.paused() ? push->queue.waiting() : 0;
}
std::size_t Service::pushesLeft() const noexcept
{
    const Push* const push = m_impl->push();
    return push ? push->queue.waiting() : 0;
}

Service::Impl::Impl(Storage& storage, const Tokens& tokens, Outbound& outbound, Clock& clock,
                    Random& random, Metrics& metrics, Logger logger, ServiceConfig config)
    : m_storage(storage)
    , m_tokens(tokens)
    , m_outbound(outbound)
    , m_clock(clock)
    , m_random(random)
    , m_logger(std::move(logger))
    , m_config(std::move(config))
    , m_boot("b_" + makeUuidV7(clock.wallNow(), random))
    , m_framesIn(metrics.counter("frames_in_total"))
    , m_framesOut(metrics.counter("frames_out_total"))
    , m_confirmed(metrics.counter("operations_confirmed_total"))
    , m_refused(metrics.counter("operations_refused_total"))
    , m_open(metrics.gauge("connections"))
{
    if (auto snapshot = m_storage.load()) {
        for (const auto& revoked : snapshot->revoked) {
            m_revoked.emplace(revoked.session.str(),
                              revoked.asDevice ? SessionEnd::Revoked : SessionEnd::Over);
            m_revokedOrder.push_front(revoked.session.str()); // they come newest first
        }
        m_directory.fill(std::move(*snapshot));
    } else {
        m_logger.error("cannot load: " + toString(snapshot.error()));
    }
    if (m_config.pushOutlet)
        m_push = std::make_unique<Push>(m_config.push, metrics, m_clock.now());
    m_storage.setUserObserver(guarded([this](const UserRow& row) { m_directory.putUser(row); }));
}

Service::Impl::~Impl()
{
    m_storage.setUserObserver({});
}

Connection* Service::Impl::connection(ConnId id)
{
    const auto found = m_connections.find(id);
    return found == m_connections.end() || found->second->closing ? nullptr : found->second.get();
}

void Service::Impl::connected(ConnId id, Peer peer)
{
    if (m_draining) {
        m_outbound.close(id, CloseCode::ShuttingDown, "shutting down");
        return;
    }
    auto conn = std::make_unique<Connection>();
    conn->id = id;
    conn->peer = std::move(peer);
    conn->since = conn->heard = conn->pinged = m_clock.now();
    conn->timer = conn->since + Milliseconds(protocol::kHelloTimeoutMs);
    at(conn->timer, What::Connection, id);
    m_connections[id] = std::move(conn);
    m_open.set(static_cast<std::int64_t>(m_connections.size()));
}

void Service::Impl::disconnected(ConnId id)
{
    const auto found = m_connections.find(id);
    if (found == m_connections.end())
        return;
    detach(*found->second);
    m_connections.erase(found);
    m_open.set(static_cast<std::int64_t>(m_connections.size()));
}

void Service::Impl::received(ConnId id, std::string_view text)
{
    Connection* conn = connection(id);
    if (!conn)
        return;
    m_framesIn.add();
    conn->heard = m_clock.now();
    if (conn->user && conn->user->silent)
        heardAgain(*conn->user);
    auto frame = protocol::decodeClientFrame(text);
    if (!frame) {
        badFrame(*conn, text, frame.error());
        return;
    }
    dispatch(*conn, *frame);
    // Who goes on and on although told to wait costs others their share.
    if (Connection* still = connection(id); still && still->refusedInRow > kRefusedInRowMax)
        close(*still, CloseCode::RateLimited, makeError(ErrorCode::RateLimited));
}

void Service::Impl::dispatch(Connection& conn, protocol::ClientFrame& frame)
{
    if (!conn.user && !std::holds_alternative<protocol::Hello>(frame)) {
        const Error why = makeError(ErrorCode::OutOfOrder, "hello comes first");
        sendError(conn, {}, why);
        close(conn, CloseCode::ProtocolError, why);
        return;
    }
    std::visit([&](auto& one) { on(conn, one); }, frame);
}

void Service::Impl::badFrame(Connection& conn, std::string_view text, const Error& error)
{
    // What the sender needs to find its operation again, if the text is JSON at all. Only on this
    // path, so the second parse costs nobody who keeps to the rules.
    TempId tempId;
    RequestId req;
    if (error.code != ErrorCode::BadFrame && error.code != ErrorCode::FrameTooLarge) {
        boost::system::error_code failed;
        boost::json::parse_options options;
        options.max_depth = protocol::kDepthMax;
        const boost::json::value value = boost::json::parse(text, failed, {}, options);
        const auto string = [&](const char* name) -> std::string {
            if (failed || !value.is_object())
                return {};
            const boost::json::value* field = value.get_object().if_contains(name);
            if (!field || !field->is_string() || field->get_string().size() > protocol::kIdBytesMax)
                return {};
            return std::string(field->get_string());
        };
        // Only what a client could have made: message_failed with any other would itself be
        // invalid.
        if (std::string id = string("temp_id"); isUuidV7(id))
            tempId = TempId(std::move(id));
        req = RequestId(string("req"));
    }
    if (conn.user && tempId)
        refuse(conn, tempId, error);
    else
        sendError(conn, req, error);
    if (!conn.user || ++conn.badFrames >= kBadFramesMax)
        close(conn, CloseCode::ProtocolError, error);
}

void Service::Impl::send(const Connection& conn, const protocol::ServerFrame& frame, Lane lane,
                         const RoomId& room)
{
    if (conn.closing)
        return;
    m_framesOut.add();
    m_outbound.send(conn.id, std::make_shared<const OutFrame>(protocol::encode(frame)), lane, room);
}

void Service::Impl::sendToUser(const User& user, const protocol::ServerFrame& frame, Lane lane,
                               const RoomId& room, const Connection* except)
{
    FramePtr shared;
    for (const Connection* conn : user.connections) {
        if (conn == except)
            continue;
        if (!shared)
            shared = std::make_shared<const OutFrame>(protocol::encode(frame));
        m_framesOut.add();
        m_outbound.send(conn->id, shared, lane, room);
    }
}

void Service::Impl::sendError(const Connection& conn, const RequestId& req, const Error& error)
{
    protocol::ErrorFrame frame;
    frame.req = req;
    frame.code = error.code;
    frame.temporary = error.retryable;
    if (error.retryAfter)
        frame.retryAfterMs = error.retryAfter->count();
    frame.detail = error.detail;
    send(conn, frame);
}

std::optional<Error> Service::Impl::limited(Connection& conn, Bucket bucket)
{
    if (!m_config.enforceRateLimits)
        return std::nullopt;
    User& user = *conn.user;
    const MonoTime now = m_clock.now();
    if (!user.bucketsMade) {
        user.messages = protocol::TokenBucket(m_config.limits.messages, now);
        user.requests = protocol::TokenBucket(m_config.limits.requests, now);
        user.ephemeral = protocol::TokenBucket(m_config.limits.ephemeral, now);
        user.bucketsMade = true;
    }
    protocol::TokenBucket& tokens = bucket == Bucket::Messages   ? user.messages
                                    : bucket == Bucket::Requests ? user.requests
                                                                 : user.ephemeral;
    if (tokens.take(now)) {
        conn.refusedInRow = 0;
        return std::nullopt;
    }
    ++conn.refusedInRow;
    Error error = makeError(ErrorCode::RateLimited);
    error.retryAfter = tokens.wait(now);
    return error;
}

void Service::Impl::collapsed(ConnId id, const std::vector<RoomId>& rooms)
{
    Connection* conn = connection(id);
    if (!conn || !conn->user)
        return;
    for (const RoomId& roomId : rooms) {
        Room* room = m_directory.room(roomId);
        if (room &&
            std::find(conn->backlog.begin(), conn->backlog.end(), room->key) == conn->backlog.end())
            conn->backlog.push_back(room->key);
    }
    if (!conn->backlogQueued && !conn->backlog.empty()) {
        conn->backlogQueued = true;
        at(m_clock.now() + Milliseconds(kBacklogEveryMs), What::Backlog, id);
    }
}

void Service::Impl::tick()
{
    const MonoTime now = m_clock.now();
    while (!m_notices.empty() && m_notices.front().first <= now) {
        const std::uint64_t op = m_notices.front().second;
        m_notices.pop_front();
        const auto found = m_inFlight.find(op);
        if (found == m_inFlight.end())
            continue;
        if (const Connection* conn = connection(found->second.connection))
            send(*conn, protocol::MessagePending{found->second.tempId});
    }
    while (!m_timers.empty() && m_timers.top().due <= now) {
        const Timer timer = m_timers.top();
        m_timers.pop();
        fire(timer);
    }
    if (m_push)
        sendPushes();
}

void Service::Impl::fire(const Timer& timer)
{
    const auto room = [&] { return m_directory.room(static_cast<RoomKey>(timer.key)); };
    switch (timer.what) {
    case What::Connection:
        // Another was set since: hello replaces the one of the sign-in.
        if (Connection* conn = connection(timer.key); conn && conn->timer == timer.due)
            checkConnection(*conn);
        break;
    case What::Offline:
        if (User* user = m_directory.user(static_cast<UserKey>(timer.key)))
            maybeOffline(*user);
        break;
    case What::Silence:
        if (User* user = m_directory.user(static_cast<UserKey>(timer.key)))
            checkSilence(*user);
        break;
    case What::Typing:
        if (Room* typed = room())
            expireTyping(*typed);
        break;
    case What::Dirty:
        if (Room* dirty = room(); dirty && dirty->dirtyQueued)
            flushDirty(*dirty);
        break;
    case What::Receipts:
        if (Room* moved = room(); moved && moved->receiptsQueued)
            flushReceipts(*moved);
        break;
    case What::Others:
        if (Room* moved = room(); moved && moved->othersQueued)
            flushOthers(*moved);
        break;
    case What::Positions:
        m_positionsQueued = false;
        flushPositions();
        break;
    case What::Backlog:
        if (Connection* conn = connection(timer.key))
            flushBacklog(*conn);
        break;
    case What::Presence:
        if (User* user = m_directory.user(static_cast<UserKey>(timer.key));
            user && user->presenceQueued)
            sendPresence(*user);
        break;
    }
}

MonoTime Service::Impl::nextTickAt() const
{
    MonoTime next{INT64_MAX};
    if (!m_timers.empty())
        next = m_timers.top().due;
    if (!m_notices.empty())
        next = std::min(next, m_notices.front().first);
    if (m_push)
        next = std::min(next, m_push->queue.nextAt());
    return next;
}

} // namespace skein::server
