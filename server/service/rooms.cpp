// Rooms and who is in them.
#include "server/service/accounts.h"
#include "server/service/impl.h"

#include <algorithm>
#include <charconv>

namespace skein::server
{

using protocol::Kind;
using protocol::Role;
using protocol::RoomKind;

namespace
{

/// Upper estimate of a room's bytes in a list.
std::size_t wireBytes(const protocol::RoomInfo& info)
{
    constexpr std::size_t kOverheadBytes = 600;
    std::size_t bytes = kOverheadBytes + jsonBytes(info.name) + jsonBytes(info.topic);
    if (info.last)
        bytes += jsonBytes(info.last->text) + jsonBytes(info.last->senderName);
    return bytes;
}

/// The whole of `text`, and in range: a cursor is one of ours or none.
bool isNumber(std::string_view text, std::int64_t& number)
{
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    return error == std::errc() && stop == end;
}

} // namespace

Room* Service::Impl::memberRoom(const Connection& conn, const RoomId& id, Member** member)
{
    Room* room = m_directory.room(id);
    Member* found = room ? room->member(conn.user->row.key) : nullptr;
    if (member)
        *member = found;
    return found ? room : nullptr; // a stranger learns no more than that there is no such room
}

void Service::Impl::on(Connection& conn, protocol::SubscribeRoom& frame)
{
    if (const auto error = limited(conn, Bucket::Requests))
        return sendError(conn, frame.req, *error);
    Room* room = memberRoom(conn, frame.room);
    if (!room)
        return sendError(conn, frame.req, makeError(ErrorCode::NotFound, frame.room.str()));
    if (frame.mode == protocol::SubscribeMode::Summary)
        return toSummary(conn, *room);
    subscribe(conn, *room, frame.epoch, frame.hi, true);
}

void Service::Impl::on(Connection& conn, protocol::UnsubscribeRoom& frame)
{
    if (Room* room = memberRoom(conn, frame.room))
        return toSummary(conn, *room);
    sendError(conn, {}, makeError(ErrorCode::NotFound, frame.room.str()));
}

void Service::Impl::subscribe(Connection& conn, Room& room, Epoch epoch, Seq hi, bool tellDirty)
{
    if (std::find(conn.full.begin(), conn.full.end(), room.key) == conn.full.end()) {
        if (room.othersQueued)
            flushOthers(room); // what moved while it had the room in summary
        if (static_cast<std::int64_t>(conn.full.size()) >= m_config.limits.fullSubscriptions) {
            // One more in full than allowed: the oldest goes on in summary.
            if (Room* oldest = m_directory.room(conn.full.front()))
                toSummary(conn, *oldest);
        }
        conn.full.push_back(room.key);
        room.full.push_back(&conn);
        std::erase_if(conn.closed, [&room](const auto& one) { return one.first == room.key; });
    }
    if (tellDirty && (epoch != room.epoch || hi != room.head))
        sendDirty(conn, room);
    sendPositions(conn, room);
    sendPresenceOf(conn, room);
    if (!room.typing.empty()) {
        protocol::TypingUsers typing;
        typing.room = room.id;
        for (const Typist& typist : room.typing) {
            if (const User* user = m_directory.user(typist.user))
                typing.users.push_back(user->row.id);
        }
        send(conn, typing, Lane::Ephemeral, room.id);
    }
}

// Of a member: who leaves gets nothing more.
void Service::Impl::toSummary(Connection& conn, Room& room)
{
    if (room.receiptsQueued)
        flushReceipts(room); // what moved while it had the room in full
    unsubscribe(conn, room);
}

void Service::Impl::unsubscribe(Connection& conn, Room& room)
{
    if (std::erase(conn.full, room.key) > 0) {
        if (conn.closed.size() >= kHeadsOfClosedMax)
            conn.closed.pop_front();
        conn.closed.emplace_back(room.key, m_clock.now());
    }
    std::erase(room.full, &conn);
}

void Service::Impl::on(Connection& conn, protocol::MemberSet& frame)
{
    Room* room = admit(conn, frame.room, frame.tempId);
    if (!room)
        return;
    const auto forbidden = [&](const char* why) {
        refuse(conn, frame.tempId, makeError(ErrorCode::Forbidden, why));
    };
    if (room->kind == RoomKind::Direct)
        return forbidden("direct room");
    User* target = m_directory.user(frame.user);
    if (!target)
        target = m_directory.userByName(frame.user.str());
    const Member& actor = *room->member(conn.user->row.key);
    const bool self = target == conn.user;
    if (actor.role == Role::Member && !(self && !frame.role))
        return forbidden("role");
    if (!target)
        return refuse(conn, frame.tempId, makeError(ErrorCode::NotFound, "user"));
    const Member* current = room->member(target->row.key);
    if (actor.role == Role::Admin && !(self && !frame.role)) {
        const bool ranked = current && current->role != Role::Member;
        if (ranked || (frame.role && *frame.role != Role::Member))
            return forbidden("role");
    }
    if (!current && !frame.role)
        return refuse(conn, frame.tempId, makeError(ErrorCode::NotFound, "user"));
    if (!current && target->rooms.size() >= kRoomsPerUserMax)
        return refuse(conn, frame.tempId, makeError(ErrorCode::Conflict, "rooms of this user"));
    LogOp op = logOp(conn, *room, frame.tempId, Kind::Member);
    op.member = target->row.key;
    op.event.member = target->row.id;
    op.event.role = frame.role;
    op.event.name = target->row.displayName;
    append(conn, *room, std::move(op));
}

void Service::Impl::memberChanged(Room& room, const protocol::Event& event, Touch touch)
{
    User* user = event.member ? m_directory.user(*event.member) : nullptr;
    if (!user)
        return;
    if (event.role) {
        const bool joined = !room.member(user->row.key);
        MemberRow row;
        row.user = user->row.key;
        row.role = *event.role;
        row.read = row.delivered = event.seq;
        row.readOrd = event.ord;
        row.touch = touch;
        m_directory.addMember(room, std::move(row));
        const Member& member = *room.member(user->row.key);
        if (joined) {
            queueReceipts(room, user->row.key); // one more who may read
            queueOthers(room);
            // The store gave the draft of an earlier membership a new revision.
            user->drafts = std::max(user->drafts, touch);
            sendToUser(*user, protocol::RoomAdded{m_directory.info(room, member)});
        }
        return;
    }
    stopTyping(room, user->row.key);
    m_directory.removeMember(room, user->row.key, touch);
    m_marks.erase({room.key, user->row.key});
    for (Connection* conn : user->connections)
        unsubscribe(*conn, room);
    sendToUser(*user, protocol::RoomRemoved{room.id});
}

void Service::Impl::on(Connection& conn, protocol::RoomUpdate& frame)
{
    Room* room = admit(conn, frame.room, frame.tempId);
    if (!room)
        return;
    if (room->kind == RoomKind::Direct || room->member(conn.user->row.key)->role == Role::Member)
        return refuse(conn, frame.tempId, makeError(ErrorCode::Forbidden, "role"));
    LogOp op = logOp(conn, *room, frame.tempId, Kind::Room);
    if (frame.name) {
        op.event.name = cleanDisplayName(*frame.name);
        if (op.event.name->empty())
            return refuse(conn, frame.tempId, makeError(ErrorCode::BadField, "name"));
    }
    if (frame.topic)
        op.event.topic = cleanDisplayName(*frame.topic);
    op.event.archived = frame.archived;
    if (!frame.name && !frame.topic && !frame.archived)
        return refuse(conn, frame.tempId, makeError(ErrorCode::BadField, "name"));
    append(conn, *room, std::move(op));
}

void Service::Impl::on(Connection& conn, protocol::RoomCreate& frame)
{
    const auto refused = [&](ErrorCode code, const char* detail) {
        refuse(conn, frame.tempId, makeError(code, detail));
    };
    if (m_draining)
        return refused(ErrorCode::ShuttingDown, "");
    if (const auto error = limited(conn, Bucket::Messages))
        return refuse(conn, frame.tempId, *error);
    CreateRoomOp op;
    for (const std::string& name : frame.members) {
        User* user = m_directory.user(UserId(name));
        if (!user)
            user = m_directory.userByName(name);
        if (!user)
            return refused(ErrorCode::NotFound, "members");
        if (user->rooms.size() >= kRoomsPerUserMax)
            return refused(ErrorCode::Conflict, "rooms of this user");
        if (user != conn.user &&
            std::find(op.members.begin(), op.members.end(), user->row.key) == op.members.end())
            op.members.push_back(user->row.key);
    }
    if (conn.user->rooms.size() >= kRoomsPerUserMax)
        return refused(ErrorCode::Conflict, "rooms of this user");
    const bool direct = frame.kind == RoomKind::Direct;
    if (direct && op.members.size() != 1)
        return refused(ErrorCode::BadField, "members");
    op.name = direct ? std::string() : cleanDisplayName(frame.name);
    if (!direct && op.name.empty())
        return refused(ErrorCode::BadField, "name");
    op.topic = direct ? std::string() : cleanDisplayName(frame.topic);
    op.ts = m_clock.wallNow().ms;
    op.id = RoomId(makeUuidV7({op.ts}, m_random));
    op.creator = conn.user->row.key;
    op.creatorId = conn.user->row.id;
    op.device = conn.device;
    op.tempId = frame.tempId;
    op.kind = frame.kind;
    const std::uint64_t id = begin(conn, 0, frame.tempId);
    const UserKey creator = op.creator;
    m_storage.createRoom(std::move(op), guarded([this, id, creator](Result<RoomMade> result) {
                             roomMade(id, creator, std::move(result));
                         }));
}

void Service::Impl::roomMade(std::uint64_t op, UserKey creator, Result<RoomMade> result)
{
    const auto found = m_inFlight.find(op);
    const TempId tempId = found == m_inFlight.end() ? TempId() : found->second.tempId;
    Connection* conn = end(op);
    if (!result) {
        Error error = result.error();
        if (error.retryable)
            error.retryAfter = Milliseconds(kStorageRetryMs);
        if (conn)
            refuse(*conn, tempId, error);
    } else {
        const bool dup = result->dup;
        const RoomKey key = result->room.key;
        if (!dup)
            m_directory.putRoom(std::move(result->room));
        Room* room = m_directory.room(key);
        const Member* own = room ? room->member(creator) : nullptr;
        if (conn && own)
            send(*conn, protocol::RoomCreated{tempId, m_directory.info(*room, *own), dup});
        else if (conn)
            refuse(*conn, tempId, makeError(ErrorCode::NotFound));
        if (!dup && room) {
            for (const auto& [user, member] : room->members)
                sendToUser(*member.user, protocol::RoomAdded{m_directory.info(*room, member)},
                           Lane::Control, {}, conn);
        }
    }
    if (conn)
        finishDrain(*conn);
}

void Service::Impl::on(Connection& conn, protocol::RoomsRequest& frame)
{
    if (const auto error = limited(conn, Bucket::Requests))
        return sendError(conn, frame.req, *error);
    protocol::RoomsResponse response;
    response.req = frame.req;
    const UserKey self = conn.user->row.key;
    if (!frame.rooms.empty()) {
        std::size_t bytes = 0;
        for (const RoomId& id : frame.rooms) {
            Member* member = nullptr;
            Room* room = memberRoom(conn, id, &member);
            if (!room)
                continue;
            protocol::RoomInfo info = m_directory.info(*room, *member);
            bytes += wireBytes(info);
            response.more = bytes > kPageBytesMax;
            if (response.more)
                break;
            response.rooms.push_back(std::move(info));
        }
        return send(conn, response);
    }
    // The cursor is the place of the last room sent: "activity.key".
    std::pair<std::int64_t, RoomKey> after{INT64_MAX, INT64_MAX};
    if (!frame.after.empty()) {
        const std::string_view text = frame.after;
        const std::size_t dot = text.find('.');
        if (dot == std::string_view::npos || !isNumber(text.substr(0, dot), after.first) ||
            !isNumber(text.substr(dot + 1), after.second))
            return sendError(conn, frame.req, makeError(ErrorCode::BadField, "after"));
    }
    std::vector<std::pair<std::int64_t, RoomKey>> order;
    for (const RoomKey key : conn.user->rooms) {
        if (const Room* room = m_directory.room(key)) {
            if (const std::pair place{room->activeTs(), key}; place < after)
                order.push_back(place);
        }
    }
    const auto limit = static_cast<std::size_t>(std::clamp<std::int64_t>(
        frame.limit, 1, static_cast<std::int64_t>(protocol::kListLimitMax)));
    const std::size_t count = std::min(limit, order.size());
    std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count),
                      order.end(), std::greater<>());
    std::size_t bytes = 0, sent = 0;
    for (; sent < count; ++sent) {
        Room* room = m_directory.room(order[sent].second);
        protocol::RoomInfo info = m_directory.info(*room, *room->member(self));
        bytes += wireBytes(info);
        if (sent > 0 && bytes > kPageBytesMax)
            break;
        response.rooms.push_back(std::move(info));
    }
    response.more = order.size() > sent;
    if (sent > 0)
        response.cursor =
            std::to_string(order[sent - 1].first) + '.' + std::to_string(order[sent - 1].second);
    send(conn, response);
}

void Service::Impl::on(Connection& conn, protocol::MembersRequest& frame)
{
    if (const auto error = limited(conn, Bucket::Requests))
        return sendError(conn, frame.req, *error);
    Room* room = memberRoom(conn, frame.room);
    if (!room)
        return sendError(conn, frame.req, makeError(ErrorCode::NotFound));
    UserKey after = 0;
    if (!frame.after.empty() && !isNumber(frame.after, after))
        return sendError(conn, frame.req, makeError(ErrorCode::BadField, "after"));
    std::vector<UserKey> keys;
    for (const auto& [key, member] : room->members) {
        if (key > after)
            keys.push_back(key);
    }
    const auto limit = static_cast<std::size_t>(std::clamp<std::int64_t>(
        frame.limit, 1, static_cast<std::int64_t>(protocol::kListLimitMax)));
    const std::size_t count = std::min(limit, keys.size());
    std::partial_sort(keys.begin(), keys.begin() + static_cast<std::ptrdiff_t>(count), keys.end());
    protocol::MembersResponse response;
    response.req = frame.req;
    response.room = room->id;
    for (std::size_t i = 0; i < count; ++i) {
        const Member& member = *room->member(keys[i]);
        const protocol::PresenceInfo presence = presenceOf(*member.user);
        response.members.push_back({member.user->row.id, member.user->row.displayName, member.role,
                                    member.read, member.delivered, presence.status,
                                    presence.lastSeen});
    }
    response.more = keys.size() > count;
    if (count > 0)
        response.cursor = std::to_string(keys[count - 1]);
    send(conn, response);
}

} // namespace skein::server
