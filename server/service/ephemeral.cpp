// Typing and presence: in memory only, first to be shed, dead by themselves.
#include "server/service/impl.h"

#include <algorithm>

namespace skein::server
{

using protocol::PresenceStatus;

void Service::Impl::on(Connection& conn, protocol::TypingSet& frame)
{
    if (limited(conn, Bucket::Ephemeral))
        return; // shed: the next repeat comes in two seconds
    Room* room = memberRoom(conn, frame.room);
    if (!room)
        return sendError(conn, {}, makeError(ErrorCode::NotFound, frame.room.str()));
    const UserKey self = conn.user->row.key;
    if (!frame.on)
        return stopTyping(*room, self);
    const MonoTime until = m_clock.now() + Milliseconds(protocol::kTypingTtlMs);
    const auto found = std::find_if(room->typing.begin(), room->typing.end(),
                                    [&](const Typist& t) { return t.user == self; });
    if (found != room->typing.end())
        found->until = until;
    else if (room->typing.size() < kTypistsMax)
        room->typing.push_back({self, until});
    else
        return;
    // Repeats are passed on: each entry dies at the reader, too, unless it is repeated.
    sendTyping(*room, conn.user);
    if (!room->typingQueued) {
        room->typingQueued = true;
        at(until, What::Typing, static_cast<std::uint64_t>(room->key));
    }
}

void Service::Impl::stopTyping(Room& room, UserKey user)
{
    if (std::erase_if(room.typing, [&](const Typist& t) { return t.user == user; }) > 0)
        sendTyping(room, m_directory.user(user));
}

void Service::Impl::expireTyping(Room& room)
{
    room.typingQueued = false;
    const MonoTime now = m_clock.now();
    if (std::erase_if(room.typing, [&](const Typist& t) { return t.until <= now; }) > 0)
        sendTyping(room, nullptr);
    if (room.typing.empty())
        return;
    MonoTime next = room.typing.front().until;
    for (const Typist& typist : room.typing)
        next = std::min(next, typist.until);
    room.typingQueued = true;
    at(next, What::Typing, static_cast<std::uint64_t>(room.key));
}

void Service::Impl::sendTyping(Room& room, const User* except)
{
    protocol::TypingUsers typing;
    typing.room = room.id;
    typing.ttlMs = protocol::kTypingTtlMs;
    for (const Typist& typist : room.typing) {
        if (const User* user = m_directory.user(typist.user))
            typing.users.push_back(user->row.id);
    }
    FramePtr frame;
    for (const Connection* conn : room.full) {
        if (conn->user == except)
            continue;
        if (!frame)
            frame =
                std::make_shared<const OutFrame>(protocol::encode(protocol::ServerFrame(typing)));
        m_framesOut.add();
        m_outbound.send(conn->id, frame, Lane::Ephemeral, room.id);
    }
}

void Service::Impl::on(Connection& conn, protocol::PresenceSet& frame)
{
    if (limited(conn, Bucket::Ephemeral))
        return;
    setPresence(*conn.user, frame.status);
}

protocol::PresenceInfo Service::Impl::presenceOf(const User& user) const
{
    const bool here = user.status != PresenceStatus::Offline;
    return {user.row.id, user.status, here ? m_clock.wallNow().ms : user.lastSeen};
}

void Service::Impl::setPresence(User& user, PresenceStatus status)
{
    if (user.status == status)
        return;
    user.status = status;
    // Kept in memory only: a restart takes it from the sessions (docs/protocol.md, "Presence").
    if (status == PresenceStatus::Offline)
        user.lastSeen = m_clock.wallNow().ms - (m_clock.now() - heardOf(user)).count();
    if (user.presenceQueued)
        return;
    // At once, as long as few come and go; in a storm each is told once a window, of where they are
    // then.
    const MonoTime now = m_clock.now();
    if (now - m_presenceWindow >= Milliseconds(kPresenceWindowMs)) {
        m_presenceWindow = now;
        m_presenceSent = 0;
    }
    if (m_presenceSent < kPresenceBudget)
        return sendPresence(user);
    user.presenceQueued = true;
    at(m_presenceWindow + Milliseconds(kPresenceWindowMs), What::Presence,
       static_cast<std::uint64_t>(user.row.key));
}

void Service::Impl::sendPresence(User& user)
{
    user.presenceQueued = false;
    const std::uint64_t mark = ++m_mark;
    FramePtr frame;
    for (const RoomKey key : user.rooms) {
        const Room* room = m_directory.room(key);
        if (!room)
            continue;
        for (Connection* conn : room->full) {
            if (conn->mark == mark || conn->user == &user)
                continue;
            conn->mark = mark;
            if (!frame)
                frame = std::make_shared<const OutFrame>(protocol::encode(
                    protocol::ServerFrame(protocol::PresenceUsers{{presenceOf(user)}})));
            ++m_presenceSent;
            m_framesOut.add();
            m_outbound.send(conn->id, frame, Lane::Ephemeral, {});
        }
    }
}

void Service::Impl::sendPresenceOf(const Connection& conn, Room& room)
{
    protocol::PresenceUsers users;
    for (const auto& [key, member] : room.members) {
        if (users.users.size() >= kPresencePerFrame)
            break;
        if (member.user != conn.user && member.user->status != PresenceStatus::Offline)
            users.users.push_back(presenceOf(*member.user));
    }
    if (!users.users.empty())
        send(conn, users, Lane::Ephemeral, {});
}

void Service::Impl::maybeOffline(User& user)
{
    const bool over = m_clock.now() - user.left >= Milliseconds(kPresenceGraceMs);
    if (user.leaving && over && user.connections.empty()) {
        user.leaving = false;
        setPresence(user, PresenceStatus::Offline);
        wentAway(user);
    }
}

MonoTime Service::Impl::heardOf(const User& user)
{
    MonoTime heard = user.heard;
    for (const Connection* conn : user.connections)
        heard = std::max(heard, conn->heard);
    return heard;
}

void Service::Impl::watchSilence(User& user, MonoTime since)
{
    if (user.silenceWatched)
        return;
    user.silenceWatched = true;
    at(since + Milliseconds(protocol::kPresenceTtlMs), What::Silence,
       static_cast<std::uint64_t>(user.row.key));
}

void Service::Impl::checkSilence(User& user)
{
    user.silenceWatched = false;
    if (user.connections.empty())
        return; // maybeOffline() sees to it, or has
    const MonoTime heard = heardOf(user);
    if (m_clock.now() - heard < Milliseconds(protocol::kPresenceTtlMs))
        return watchSilence(user, heard);
    if (user.status == PresenceStatus::Offline)
        return watchSilence(user, m_clock.now()); // by choice
    user.silent = true;
    user.before = user.status;
    setPresence(user, PresenceStatus::Offline);
    wentAway(user);
}

void Service::Impl::heardAgain(User& user)
{
    user.silent = false;
    watchSilence(user, m_clock.now());
    setPresence(user, user.before);
}

} // namespace skein::server
