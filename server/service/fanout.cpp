// What others get of a committed entry: the entry in full where a room is subscribed in full, else
// one room_dirty for however much happened since the last one.
#include "server/service/impl.h"

#include <algorithm>

namespace skein::server
{

using protocol::Event;
using protocol::Kind;

void Service::Impl::committed(Room& room, Event event, UserKey sender, Touch touch)
{
    std::vector<Member*> unmentioned;
    if (event.kind == Kind::Delete && event.target) {
        for (auto& [key, member] : room.members) {
            const auto& unread = member.mentions;
            if (std::find(unread.begin(), unread.end(), *event.target) != unread.end())
                unmentioned.push_back(&member);
        }
    }
    m_directory.apply(room, event, sender, touch);
    if (m_push && protocol::countsAsUnread(event.kind))
        notePushNews(room, event, sender);
    if (event.kind == Kind::Member && event.role)
        memberChanged(room, event, touch); // who joins gets the room before its entries
    if (protocol::isMessage(event.kind)) {
        for (const UserId& id : event.mentions) {
            const User* user = m_directory.user(id);
            Member* member = user ? room.member(user->row.key) : nullptr;
            if (!member || user->row.key == sender || event.seq <= member->read)
                continue;
            if (member->mentions.size() < kMentionsCountedMax)
                member->mentions.push_back(event.seq);
        }
    }
    const User* user = m_directory.user(sender);
    const std::vector<UserId> mentioned =
        protocol::isMessage(event.kind) ? event.mentions : std::vector<UserId>();
    fanOut(room, event, user);
    if (event.kind == Kind::Member && !event.role)
        memberChanged(room, event, touch); // who leaves gets this last entry, then nothing
    for (const UserId& id : mentioned) {
        const User* other = m_directory.user(id);
        if (Member* member = other && other != user ? room.member(other->row.key) : nullptr)
            sendReadState(room, *member);
    }
    for (Member* member : unmentioned)
        sendReadState(room, *member);
    // Who writes with nothing unread has read what they wrote.
    Member* own = room.member(sender);
    if (own && protocol::countsAsUnread(event.kind) &&
        std::max(own->readOrd, own->aheadOrd) == event.ord.previous()) {
        own->aheadOrd = event.ord;
        mark(room.key, sender, event.seq, event.seq);
    }
    queueDirty(room);
}

void Service::Impl::fanOut(Room& room, Event& event, const User* sender)
{
    if (room.full.empty())
        return;
    // Encoded at most twice, however many get it: once with the sender's temp_id, once without.
    FramePtr own, others;
    const TempId tempId = std::move(event.tempId);
    event.tempId = TempId();
    for (const Connection* conn : room.full) {
        FramePtr& frame = conn->user == sender ? own : others;
        if (!frame) {
            if (conn->user == sender)
                event.tempId = tempId;
            frame = std::make_shared<const OutFrame>(
                protocol::encode(protocol::ServerFrame(protocol::LogEntry{event})));
            event.tempId = TempId();
        }
        m_framesOut.add();
        m_outbound.send(conn->id, frame, Lane::Durable, room.id);
    }
}

void Service::Impl::queueDirty(Room& room)
{
    if (room.dirtyQueued)
        return;
    const std::int64_t audience = static_cast<std::int64_t>(room.members.size());
    const Milliseconds interval(std::max(kCoalesceMs, audience * kCoalesceUsPerRecipient / 1'000));
    const MonoTime now = m_clock.now();
    if (room.dirtyAt.ms == 0 || now - room.dirtyAt >= interval || m_draining) {
        flushDirty(room);
        return;
    }
    room.dirtyQueued = true;
    at(room.dirtyAt + interval, What::Dirty, static_cast<std::uint64_t>(room.key));
}

std::uint64_t Service::Impl::markFull(Room& room)
{
    ++m_mark;
    for (Connection* conn : room.full)
        conn->mark = m_mark;
    return m_mark;
}

void Service::Impl::flushDirty(Room& room)
{
    room.dirtyQueued = false;
    room.dirtyAt = m_clock.now();
    const std::uint64_t mark = markFull(room);
    room.readTold = room.read;
    room.deliveredTold = room.delivered;
    const Push::Newest* const news = m_push ? takePushNews(room) : nullptr;
    for (const auto& [key, member] : room.members) {
        for (const Connection* conn : member.user->connections) {
            if (conn->mark != mark)
                sendDirty(*conn, room);
        }
        if (news && news->only != key && away(*member.user))
            notePush(room, member, news->behind);
    }
}

void Service::Impl::sendDirty(const Connection& conn, Room& room)
{
    const Member* member = conn.user ? room.member(conn.user->row.key) : nullptr;
    if (member)
        send(conn, protocol::RoomDirty{m_directory.head(room, *member), m_directory.preview(room)},
             Lane::Durable, room.id);
}

void Service::Impl::flushBacklog(Connection& conn)
{
    conn.backlogQueued = false;
    for (std::size_t i = 0; i < kBacklogPerTick && !conn.backlog.empty(); ++i) {
        const RoomKey key = conn.backlog.front();
        conn.backlog.pop_front();
        if (Room* room = m_directory.room(key))
            sendDirty(conn, *room);
    }
    if (conn.backlog.empty())
        return;
    conn.backlogQueued = true;
    at(m_clock.now() + Milliseconds(kBacklogEveryMs), What::Backlog, conn.id);
}

} // namespace skein::server
