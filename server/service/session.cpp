// Hello and welcome, tokens, heartbeats, and how a connection ends.
#include "protocol/compression.h"
#include "server/service/impl.h"

#include <algorithm>
#include <charconv>
#include <tuple>

namespace skein::server
{

using protocol::CloseCode;

namespace
{

constexpr char kTokenPrefix = 't';

SyncToken makeSyncToken(Touch touch, Epoch generation)
{
    std::string token = kTokenPrefix + std::to_string(touch);
    if (generation > Epoch(1))
        token += '.' + std::to_string(generation.value());
    return SyncToken(std::move(token));
}

/// Nullopt for none, for text that is not ours, or for another generation of the data: then
/// everything counts as changed.
std::optional<Touch> parseSyncToken(const std::optional<SyncToken>& token, Epoch generation)
{
    if (!token || token->str().size() < 2 || token->str().front() != kTokenPrefix)
        return std::nullopt;
    const char* begin = token->str().data() + 1;
    const char* end = token->str().data() + token->str().size();
    Touch touch = 0;
    std::int64_t of = 1;
    auto [stop, error] = std::from_chars(begin, end, touch);
    if (error == std::errc() && stop != end && *stop == '.')
        std::tie(stop, error) = [&] {
            const auto more = std::from_chars(stop + 1, end, of);
            return std::pair(more.ptr, more.ec);
        }();
    if (error != std::errc() || stop != end || touch < 0 || of != generation.value())
        return std::nullopt;
    return touch;
}

CloseCode closeCodeFor(ErrorCode code)
{
    switch (code) {
    case ErrorCode::TokenExpired:
        return CloseCode::TokenExpired;
    case ErrorCode::UnsupportedVersion:
        return CloseCode::UnsupportedVersion;
    case ErrorCode::DeviceRevoked:
        return CloseCode::DeviceRevoked;
    case ErrorCode::TooManyConnections:
        return CloseCode::TooManyConnections;
    case ErrorCode::TokenInvalid:
    case ErrorCode::Unauthenticated:
        return CloseCode::InvalidToken;
    default:
        return CloseCode::ProtocolError;
    }
}

ErrorCode codeFor(SessionEnd end)
{
    return end == SessionEnd::Revoked ? ErrorCode::DeviceRevoked : ErrorCode::TokenInvalid;
}

} // namespace

std::optional<SessionEnd> Service::Impl::ended(const SessionId& session) const
{
    const auto found = m_revoked.find(session.str());
    return found == m_revoked.end() ? std::nullopt : std::optional(found->second);
}

void Service::Impl::on(Connection& conn, protocol::Hello& frame)
{
    if (conn.user)
        return sendError(conn, {}, makeError(ErrorCode::OutOfOrder, "second hello"));
    const auto refused = [&](ErrorCode code, const char* detail) {
        const Error why = makeError(code, detail);
        sendError(conn, {}, why);
        close(conn, closeCodeFor(code), why);
    };
    if (frame.vMax < protocol::kVersionMin || frame.vMin > protocol::kVersionMax)
        return refused(ErrorCode::UnsupportedVersion, "v");
    const std::string& token = frame.token.empty() ? conn.peer.bearerToken : frame.token;
    if (token.empty())
        return refused(ErrorCode::Unauthenticated, "token");
    const auto claims = m_tokens.verify(token, m_clock.wallNow());
    if (!claims)
        return refused(claims.error().code, "token");
    if (claims->device != frame.deviceId)
        return refused(ErrorCode::TokenInvalid, "device_id");
    if (const auto end = ended(claims->session))
        return refused(codeFor(*end), "session");
    User* user = m_directory.user(claims->user);
    if (!user)
        return refused(ErrorCode::TokenInvalid, "user");
    if (static_cast<std::int64_t>(user->connections.size()) >= m_config.connectionsPerUserMax) {
        // A phone that changed networks leaves half-open sockets behind: its own oldest one makes
        // way for it.
        const auto stale =
            std::find_if(user->connections.begin(), user->connections.end(),
                         [&](const Connection* c) { return c->device == claims->device; });
        if (stale == user->connections.end())
            return refused(ErrorCode::TooManyConnections, "connections of this user");
        close(**stale, CloseCode::NoPong, makeError(ErrorCode::Timeout, "replaced"));
    }
    conn.user = user;
    conn.session = claims->session;
    conn.device = claims->device;
    conn.tokenExpiresTs = claims->expiresAt;
    conn.peer.bearerToken.clear();
    conn.pinged = m_clock.now();
    user->connections.push_back(&conn);
    user->leaving = false;
    user->silent = false;
    watchSilence(*user, m_clock.now());
    if (std::find(frame.caps.begin(), frame.caps.end(), protocol::kDeflateCap) != frame.caps.end())
        m_outbound.acceptsCompressed(conn.id);
    welcome(conn, frame);
    checkConnection(conn);
    if (user->status == protocol::PresenceStatus::Offline)
        setPresence(*user, protocol::PresenceStatus::Online);
}

void Service::Impl::welcome(Connection& conn, const protocol::Hello& hello)
{
    User& user = *conn.user;
    std::optional<Touch> since = parseSyncToken(hello.syncToken, m_directory.generation());
    if (since && *since > m_directory.touch())
        since.reset(); // of a database that was restored from a backup since
    const Touch after = since ? std::max<Touch>(0, *since - kTouchOverlap) : -1;

    std::unordered_map<std::string, const protocol::RoomCursor*> open;
    for (const protocol::RoomCursor& cursor : hello.open)
        open.emplace(cursor.room.str(), &cursor);
    std::vector<std::pair<std::int64_t, Room*>> changed;
    for (const RoomKey key : user.rooms) {
        Room* room = m_directory.room(key);
        const Member* member = room ? room->member(user.row.key) : nullptr;
        if (!member)
            continue;
        bool dirty =
            !since || room->touch > after || member->touch > after || room->othersTouch > after;
        if (const auto cursor = open.find(room->id.str()); cursor != open.end())
            dirty =
                dirty || cursor->second->epoch != room->epoch || cursor->second->hi != room->head;
        if (dirty)
            changed.emplace_back(room->activeTs(), room);
    }
    std::sort(changed.begin(), changed.end(), [](const auto& a, const auto& b) {
        return a.first != b.first ? a.first > b.first : a.second->key > b.second->key;
    });

    protocol::Welcome welcome;
    welcome.v = std::min(hello.vMax, protocol::kVersionMax);
    welcome.session = conn.session;
    welcome.user = user.row.id;
    welcome.name = user.row.displayName;
    welcome.heartbeatMs = m_config.heartbeatMs;
    welcome.now = m_clock.wallNow().ms;
    welcome.limits = m_config.limits;
    welcome.syncToken = makeSyncToken(m_directory.touch(), m_directory.generation());
    welcome.drafts = Rev(user.drafts);
    welcome.boot = m_boot;
    welcome.more = changed.size() > protocol::kDirtyPerFrameMax;
    for (std::size_t i = 0; i < changed.size(); ++i) {
        Room& room = *changed[i].second;
        if (i < protocol::kDirtyPerFrameMax)
            welcome.dirty.push_back(m_directory.head(room, *room.member(user.row.key)));
        else
            conn.backlog.push_back(room.key);
    }
    send(conn, welcome);
    if (since) {
        for (const Departure& departure : user.departures) {
            if (departure.touch > after)
                send(conn, protocol::RoomRemoved{departure.roomId});
        }
    }
    // The first ones are those that the client wants most; the rest stay in summary.
    for (const protocol::RoomCursor& cursor : hello.open) {
        Room* room = memberRoom(conn, cursor.room);
        if (!room)
            send(conn, protocol::RoomRemoved{cursor.room});
        else if (static_cast<std::int64_t>(conn.full.size()) < m_config.limits.fullSubscriptions)
            subscribe(conn, *room, cursor.epoch, cursor.hi, false);
    }
    if (!conn.backlog.empty()) {
        conn.backlogQueued = true;
        at(m_clock.now() + Milliseconds(kBacklogEveryMs), What::Backlog, conn.id);
    }
}

void Service::Impl::checkConnection(Connection& conn)
{
    const MonoTime now = m_clock.now();
    if (!conn.user) {
        const MonoTime deadline = conn.since + Milliseconds(protocol::kHelloTimeoutMs);
        if (now >= deadline)
            return close(conn, CloseCode::HelloTimeout, makeError(ErrorCode::Timeout, "hello"));
        conn.timer = deadline;
        return at(deadline, What::Connection, conn.id);
    }
    const Milliseconds beat(m_config.heartbeatMs);
    if (now - conn.heard >= beat + Milliseconds(protocol::kHeartbeatGraceMs))
        return close(conn, CloseCode::NoPong, makeError(ErrorCode::Timeout, "no pong"));
    // Tokens are taken up to kTokenSkewMs late, so a connection made with one lives as long.
    const std::int64_t expiresIn = conn.tokenExpiresTs + kTokenSkewMs - m_clock.wallNow().ms;
    if (expiresIn <= 0) {
        const Error why = makeError(ErrorCode::TokenExpired);
        sendError(conn, {}, why);
        return close(conn, CloseCode::TokenExpired, why);
    }
    const MonoTime last = std::max(conn.heard, conn.pinged);
    if (now - last >= beat) {
        conn.pinged = now;
        send(conn, protocol::Ping{now.ms});
    }
    MonoTime next = std::max(conn.heard, conn.pinged) + beat;
    if (conn.pinged > conn.heard)
        next = std::min(next, conn.heard + beat + Milliseconds(protocol::kHeartbeatGraceMs));
    next = std::min(next, now + Milliseconds(expiresIn));
    conn.timer = std::max(next, now + Milliseconds(1));
    at(conn.timer, What::Connection, conn.id);
}

void Service::Impl::on(Connection& conn, protocol::TokenRefresh& frame)
{
    if (const auto error = limited(conn, Bucket::Requests))
        return sendError(conn, {}, *error);
    const auto claims = m_tokens.verify(frame.token, m_clock.wallNow());
    if (!claims)
        return sendError(conn, {}, makeError(claims.error().code, "token"));
    if (claims->user != conn.user->row.id || claims->device != conn.device ||
        ended(claims->session))
        return sendError(conn, {}, makeError(ErrorCode::TokenInvalid, "token"));
    conn.session = claims->session;
    conn.tokenExpiresTs = claims->expiresAt;
    send(conn, protocol::TokenOk{claims->expiresAt});
}

void Service::Impl::on(Connection& conn, protocol::Ping& frame)
{
    const MonoTime now = m_clock.now();
    // Of the connection alone: a probe that goes unanswered because other devices of the user ask
    // much would end a connection that is well.
    if (!conn.pings)
        conn.pings.emplace(kPings, now);
    if (!conn.pings->take(now))
        return; // a flood; whoever keeps to the rules sends one a second
    protocol::Pong pong;
    pong.t = frame.t;
    pong.now = m_clock.wallNow().ms;
    if (!conn.headsTold || (now - *conn.headsTold).count() >= kHeadsEveryMs) {
        conn.headsTold = now;
        pong.heads = headsOf(conn);
    }
    send(conn, pong);
}

// Of the rooms in full and of those that were until a while ago. More than a frame may name come
// in turns, pong after pong.
std::vector<protocol::RoomHi> Service::Impl::headsOf(Connection& conn)
{
    const MonoTime now = m_clock.now();
    while (!conn.closed.empty() && (now - conn.closed.front().second).count() >= kHeadsOfClosedMs)
        conn.closed.pop_front();
    std::vector<RoomKey> keys = conn.full;
    for (const auto& [key, since] : conn.closed)
        keys.push_back(key);
    const std::size_t count = std::min(keys.size(), protocol::kOpenRoomsMax);
    if (count == keys.size())
        conn.headsFrom = 0;
    std::vector<protocol::RoomHi> heads;
    for (std::size_t i = 0; i < count; ++i) {
        Room* room = m_directory.room(keys[(conn.headsFrom + i) % keys.size()]);
        if (room && room->member(conn.user->row.key))
            heads.push_back({room->id, room->head});
    }
    if (count < keys.size())
        conn.headsFrom = (conn.headsFrom + count) % keys.size();
    return heads;
}

void Service::Impl::on(Connection&, protocol::Pong&)
{
    // That it was heard is all that matters, and received() has noted it.
}

void Service::Impl::on(Connection& conn, protocol::UnknownFrame& frame)
{
    sendError(conn, frame.req,
              makeError(ErrorCode::UnknownType, frame.type.substr(0, protocol::kIdBytesMax)));
}

void Service::Impl::detach(Connection& conn)
{
    User* user = conn.user;
    if (!user)
        return;
    const std::vector<RoomKey> full = std::move(conn.full);
    conn.full.clear();
    std::erase(user->connections, &conn);
    user->heard = std::max(user->heard, conn.heard);
    conn.user = nullptr;
    for (const RoomKey key : full) {
        if (Room* room = m_directory.room(key)) {
            std::erase(room->full, &conn);
            if (user->connections.empty())
                stopTyping(*room, user->row.key);
        }
    }
    if (user->connections.empty()) {
        user->leaving = true;
        user->left = m_clock.now();
        at(user->left + Milliseconds(kPresenceGraceMs), What::Offline,
           static_cast<std::uint64_t>(user->row.key));
    }
}

void Service::Impl::close(Connection& conn, CloseCode code, const Error& why)
{
    if (conn.closing)
        return;
    detach(conn);
    conn.closing = true;
    const ConnId id = conn.id; // the connection may be gone when close() returns
    m_outbound.close(id, code,
                     why.detail.empty() ? wireName(why.code) : std::string_view(why.detail));
}

void Service::Impl::sessionEnded(const SessionId& session, SessionEnd how)
{
    if (m_revoked.emplace(session.str(), how).second)
        m_revokedOrder.push_back(session.str());
    // An access token dies by itself after minutes; only that long must a session be remembered.
    while (m_revokedOrder.size() > kRevokedMax) {
        m_revoked.erase(m_revokedOrder.front());
        m_revokedOrder.pop_front();
    }
    std::vector<ConnId> doomed;
    for (const auto& [id, conn] : m_connections) {
        if (conn->user && conn->session == session)
            doomed.push_back(id);
    }
    std::sort(doomed.begin(), doomed.end());
    for (const ConnId id : doomed) {
        if (Connection* conn = connection(id)) {
            const Error why = makeError(codeFor(how));
            sendError(*conn, {}, why);
            close(*conn, closeCodeFor(why.code), why);
        }
    }
}

void Service::Impl::drain(std::int64_t windowMs)
{
    m_draining = true;
    if (m_push) {
        // What was to be told together is noted now, or nobody would.
        for (const auto& [room, newest] : m_push->newest) {
            Room* queued = newest.fresh ? m_directory.room(room) : nullptr;
            if (queued && queued->dirtyQueued)
                flushDirty(*queued);
        }
        m_push->queue.drain(m_clock.now());
    }
    m_drainWindowMs = std::max<std::int64_t>(windowMs, 0);
    std::vector<ConnId> all;
    for (const auto& [id, conn] : m_connections)
        all.push_back(id);
    std::sort(all.begin(), all.end()); // the same order in every run with the same seed
    for (const ConnId id : all) {
        if (Connection* conn = connection(id))
            finishDrain(*conn);
    }
    flushPositions();
}

void Service::Impl::finishDrain(Connection& conn)
{
    if (m_draining && conn.inFlight == 0)
        goodbye(conn);
}

void Service::Impl::goodbye(Connection& conn)
{
    protocol::Goodbye frame;
    frame.code = ErrorCode::ShuttingDown;
    frame.reason = "shutting down";
    frame.reconnect = true;
    // The server chooses when each comes back, so that they do not all come at once; the latest
    // moment lies within the window.
    frame.jitterMs = m_drainWindowMs / 4;
    frame.afterMs = static_cast<std::int64_t>(
        m_random.below(static_cast<std::uint64_t>(m_drainWindowMs - frame.jitterMs) + 1));
    send(conn, frame);
    close(conn, CloseCode::ShuttingDown, makeError(ErrorCode::ShuttingDown));
}

} // namespace skein::server
