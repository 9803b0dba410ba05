// The send path: who may, then to the disk; what was committed is confirmed and told to others, in
// that order.
#include "server/service/impl.h"

#include <algorithm>

namespace skein::server
{

using protocol::Kind;
using protocol::Role;

void Service::Impl::refuse(const Connection& conn, const TempId& tempId, const Error& error)
{
    m_refused.add();
    protocol::MessageFailed failed;
    failed.tempId = tempId;
    failed.code = error.code;
    failed.permanent = !error.retryable;
    if (error.retryAfter)
        failed.retryAfterMs = error.retryAfter->count();
    if (error.code == ErrorCode::BadField)
        failed.field = error.detail;
    send(conn, failed);
}

Room* Service::Impl::admit(Connection& conn, const RoomId& roomId, const TempId& tempId)
{
    if (m_draining) {
        refuse(conn, tempId, makeError(ErrorCode::ShuttingDown));
        return nullptr;
    }
    // The rate comes first: guessing rooms is limited like anything else.
    if (const auto error = limited(conn, Bucket::Messages)) {
        refuse(conn, tempId, *error);
        return nullptr;
    }
    Room* room = memberRoom(conn, roomId);
    if (!room) {
        refuseNew(conn, tempId, makeError(ErrorCode::NotFound));
        return nullptr;
    }
    const auto waiting = conn.window.find(room->key);
    if (waiting != conn.window.end() && waiting->second >= m_config.limits.sendWindow) {
        Error error = makeError(ErrorCode::RateLimited, "window");
        error.retryAfter = Milliseconds(kWindowRetryMs);
        refuse(conn, tempId, error);
        return nullptr;
    }
    return room;
}

std::uint64_t Service::Impl::begin(Connection& conn, RoomKey room, const TempId& tempId)
{
    const std::uint64_t op = m_nextOp++;
    ++conn.inFlight;
    if (room)
        ++conn.window[room];
    m_inFlight.emplace(op, InFlight{conn.id, room, tempId});
    m_notices.emplace_back(m_clock.now() + Milliseconds(protocol::kPendingAfterMs), op);
    return op;
}

Connection* Service::Impl::end(std::uint64_t op)
{
    const auto found = m_inFlight.find(op);
    if (found == m_inFlight.end())
        return nullptr;
    const InFlight done = std::move(found->second);
    m_inFlight.erase(found);
    while (!m_notices.empty() && !m_inFlight.contains(m_notices.front().second))
        m_notices.pop_front();
    Connection* conn = connection(done.connection);
    if (!conn)
        return nullptr;
    --conn->inFlight;
    if (const auto window = conn->window.find(done.room);
        window != conn->window.end() && --window->second == 0)
        conn->window.erase(window);
    return conn;
}

LogOp Service::Impl::logOp(const Connection& conn, const Room& room, const TempId& tempId,
                           Kind kind) const
{
    LogOp op;
    op.room = room.key;
    op.sender = conn.user->row.key;
    op.device = conn.device;
    op.event.room = room.id;
    op.event.sender = conn.user->row.id;
    op.event.tempId = tempId;
    op.event.ts = m_clock.wallNow().ms;
    op.event.kind = kind;
    return op;
}

void Service::Impl::refuseNew(Connection& conn, const TempId& tempId, Error error)
{
    LogOp op;
    op.sender = conn.user->row.key;
    op.device = conn.device;
    op.event.tempId = tempId;
    op.repeatOnly = true;
    const std::uint64_t id = begin(conn, 0, tempId);
    const UserKey sender = op.sender;
    m_storage.append(std::move(op), guarded([this, id, sender, error](Result<Logged> result) {
                         if (!result && !result.error().retryable)
                             result = fail(error);
                         appended(id, sender, std::move(result));
                     }));
}

void Service::Impl::append(Connection& conn, Room& room, LogOp op)
{
    const TempId& tempId = op.event.tempId;
    const std::uint64_t id = begin(conn, room.key, tempId);
    const UserKey sender = op.sender;
    m_storage.append(std::move(op), guarded([this, id, sender](Result<Logged> result) {
                         appended(id, sender, std::move(result));
                     }));
}

void Service::Impl::appended(std::uint64_t op, UserKey sender, Result<Logged> result)
{
    const auto found = m_inFlight.find(op);
    const TempId tempId = found == m_inFlight.end() ? TempId() : found->second.tempId;
    Connection* conn = end(op);
    if (!result) {
        Error error = result.error();
        if (error.retryable && error.code != ErrorCode::DependencyFailed)
            error.retryAfter = Milliseconds(kStorageRetryMs);
        if (conn) {
            refuse(*conn, tempId, error);
            finishDrain(*conn);
        }
        return;
    }
    Logged& logged = *result;
    Room* room = m_directory.room(logged.room);
    if (conn) {
        m_confirmed.add();
        const protocol::Event& event = logged.event;
        send(*conn, protocol::MessageConfirmed{tempId, event.room, event.seq, event.ord, event.id,
                                               event.ts, logged.dup});
    }
    const ConnId id = conn ? conn->id : 0;
    if (!logged.dup && room)
        committed(*room, std::move(logged.event), sender, logged.touch);
    if (Connection* still = connection(id))
        finishDrain(*still);
}

void Service::Impl::on(Connection& conn, protocol::MessageSend& frame)
{
    Room* room = admit(conn, frame.room, frame.tempId);
    if (!room)
        return;
    if (frame.kind == Kind::System) // that it is a message, the codec has seen to
        return refuse(conn, frame.tempId, makeError(ErrorCode::BadField, "kind"));
    if (frame.body.empty() && frame.attachments.empty())
        return refuse(conn, frame.tempId, makeError(ErrorCode::BadField, "body"));
    if (room->archived)
        return refuseNew(conn, frame.tempId, makeError(ErrorCode::Forbidden, "archived"));
    LogOp op = logOp(conn, *room, frame.tempId, frame.kind);
    op.prev = std::move(frame.prev);
    // Named twice is mentioned once.
    std::vector<UserId>& named = frame.mentions;
    auto unique = named.begin();
    for (auto it = named.begin(); it != named.end(); ++it) {
        if (std::find(named.begin(), unique, *it) != unique)
            continue;
        if (unique != it)
            *unique = std::move(*it);
        ++unique;
    }
    named.erase(unique, named.end());
    for (const UserId& id : frame.mentions) {
        const User* user = m_directory.user(id);
        // Who is a member is decided by the commit: an invitation may be on its way to it.
        if (user && user != conn.user)
            op.mentioned.push_back(user->row.key);
    }
    op.event.body = std::move(frame.body);
    op.event.replyTo = frame.replyTo;
    op.event.thread = frame.thread;
    op.event.mentions = std::move(frame.mentions);
    op.event.attachments = std::move(frame.attachments);
    stopTyping(*room, conn.user->row.key);
    append(conn, *room, std::move(op));
}

void Service::Impl::on(Connection& conn, protocol::MessageEdit& frame)
{
    Room* room = admit(conn, frame.room, frame.tempId);
    if (!room)
        return;
    if (frame.body.empty())
        return refuse(conn, frame.tempId, makeError(ErrorCode::BadField, "body"));
    if (room->archived)
        return refuseNew(conn, frame.tempId, makeError(ErrorCode::Forbidden, "archived"));
    LogOp op = logOp(conn, *room, frame.tempId, Kind::Edit);
    op.event.target = frame.target;
    op.event.body = std::move(frame.body);
    op.ifRev = frame.ifRev;
    append(conn, *room, std::move(op));
}

void Service::Impl::on(Connection& conn, protocol::MessageDelete& frame)
{
    Room* room = admit(conn, frame.room, frame.tempId);
    if (!room)
        return;
    LogOp op = logOp(conn, *room, frame.tempId, Kind::Delete);
    op.event.target = frame.target;
    op.ifRev = frame.ifRev;
    op.moderator =
        room->kind != protocol::RoomKind::Direct && room->member(op.sender)->role != Role::Member;
    append(conn, *room, std::move(op));
}

void Service::Impl::on(Connection& conn, protocol::ReactionSet& frame)
{
    Room* room = admit(conn, frame.room, frame.tempId);
    if (!room)
        return;
    if (room->archived)
        return refuseNew(conn, frame.tempId, makeError(ErrorCode::Forbidden, "archived"));
    LogOp op = logOp(conn, *room, frame.tempId, Kind::Reaction);
    op.event.target = frame.target;
    op.reactionKey = std::move(frame.key);
    op.on = frame.on;
    append(conn, *room, std::move(op));
}

void Service::Impl::on(Connection& conn, protocol::PinSet& frame)
{
    Room* room = admit(conn, frame.room, frame.tempId);
    if (!room)
        return;
    if (room->archived)
        return refuseNew(conn, frame.tempId, makeError(ErrorCode::Forbidden, "archived"));
    LogOp op = logOp(conn, *room, frame.tempId, Kind::Pin);
    op.event.target = frame.target;
    op.on = frame.on;
    append(conn, *room, std::move(op));
}

} // namespace skein::server
