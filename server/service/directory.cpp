#include "server/service/directory.h"

#include <algorithm>

namespace skein::server
{
namespace
{

template <class Map, class Key>
auto* valueOf(Map& map, const Key& key)
{
    const auto found = map.find(key);
    return found == map.end() ? nullptr : &*found->second;
}

} // namespace

void Directory::fill(Snapshot snapshot)
{
    for (const UserRow& row : snapshot.users)
        putUser(row);
    for (RoomRow& row : snapshot.rooms)
        putRoom(std::move(row));
    for (Departure& departure : snapshot.departures) {
        if (User* gone = user(departure.user))
            gone->departures.push_back(std::move(departure));
    }
    for (const auto& [key, ts] : snapshot.lastSeen) {
        if (User* seen = user(key))
            seen->lastSeen = ts;
    }
    touched(snapshot.touch);
}

User* Directory::user(UserKey key)
{
    return valueOf(m_users, key);
}
User* Directory::user(const UserId& id)
{
    return valueOf(m_usersById, id.str());
}
User* Directory::userByName(const std::string& name)
{
    return valueOf(m_usersByName, name);
}
Room* Directory::room(RoomKey key)
{
    return valueOf(m_rooms, key);
}
Room* Directory::room(const RoomId& id)
{
    return valueOf(m_roomsById, id.str());
}

void Directory::putUser(const UserRow& row)
{
    auto& slot = m_users[row.key];
    if (!slot)
        slot = std::make_unique<User>();
    slot->row = row;
    slot->drafts = std::max(slot->drafts, row.drafts);
    m_usersById[row.id.str()] = slot.get();
    m_usersByName[row.name] = slot.get();
}

Room& Directory::putRoom(RoomRow row)
{
    auto& slot = m_rooms[row.key];
    slot = std::make_unique<Room>();
    slot->key = row.key;
    slot->id = std::move(row.id);
    slot->kind = row.kind;
    slot->name = std::move(row.name);
    slot->topic = std::move(row.topic);
    slot->archived = row.archived;
    slot->epoch = row.epoch;
    slot->base = row.base;
    m_generation = std::max(m_generation, row.epoch);
    slot->head = row.head;
    slot->ord = row.ord;
    slot->touch = row.touch;
    slot->createdTs = row.createdTs;
    slot->last = std::move(row.last);
    touched(row.touch);
    m_roomsById[slot->id.str()] = slot.get();
    for (MemberRow& member : row.members)
        addMember(*slot, std::move(member));
    // Who comes hears it with the head: only what moves from now on is told.
    slot->readTold = slot->read;
    slot->deliveredTold = slot->delivered;
    return *slot;
}

void Directory::addMember(Room& room, MemberRow row)
{
    User* joined = user(row.user);
    if (!joined)
        return;
    Member& member = room.members[row.user];
    if (!member.user) {
        joined->rooms.push_back(room.key);
        std::erase_if(joined->departures, [&](const Departure& d) { return d.room == room.key; });
        member.read = row.read;
        member.readOrd = row.readOrd;
        member.delivered = row.delivered;
        member.touch = row.touch;
        member.mentions = std::move(row.mentions);
        member.wrote = room.head;
        (void)moved(room, row.user, member, row.touch);
    }
    member.user = joined;
    member.role = row.role;
}

void Directory::removeMember(Room& room, UserKey key, Touch touch)
{
    room.members.erase(key);
    // What they had read stays read for who heard so; who asks now hears of who is there.
    room.read = room.delivered = Leaders();
    for (const auto& [user, member] : room.members)
        (void)moved(room, user, member, 0);
    room.readTold = room.read;
    room.deliveredTold = room.delivered;
    if (User* gone = user(key)) {
        std::erase(gone->rooms, room.key);
        gone->departures.push_back({key, room.key, room.id, touch});
    }
}

bool Directory::moved(Room& room, UserKey user, const Member& member, Touch touch)
{
    const bool read = room.read.moved(user, member.read);
    const bool delivered = room.delivered.moved(user, std::max(member.delivered, member.read));
    if (!read && !delivered)
        return false;
    room.othersTouch = std::max(room.othersTouch, touch);
    return true;
}

void Directory::apply(Room& room, const protocol::Event& event, UserKey sender, Touch touch)
{
    room.head = std::max(room.head, event.seq);
    room.ord = std::max(room.ord, event.ord);
    room.touch = std::max(room.touch, touch);
    touched(touch);
    if (Member* writer = protocol::isMessage(event.kind) ? room.member(sender) : nullptr)
        writer->wrote = event.seq;
    applyToLast(room.last, event, sender);
    if (event.kind == protocol::Kind::Room) {
        if (event.name)
            room.name = *event.name;
        if (event.topic)
            room.topic = *event.topic;
        if (event.archived)
            room.archived = *event.archived;
    }
    if (event.kind == protocol::Kind::Delete && event.target) {
        for (auto& [key, member] : room.members)
            std::erase(member.mentions, *event.target);
    }
}

protocol::RoomHead Directory::head(const Room& room, const Member& member) const
{
    const UserKey self = member.user->row.key;
    return {room.id,
            room.epoch,
            room.head,
            room.ord,
            member.read,
            room.ord - member.readOrd,
            static_cast<std::int64_t>(member.mentions.size()),
            room.epoch > Epoch(1) ? std::optional(room.base) : std::nullopt,
            room.read.others(self),
            room.delivered.others(self)};
}

std::optional<protocol::Preview> Directory::preview(const Room& room)
{
    const User* sender = room.last.seq ? user(room.last.sender) : nullptr;
    // A preview without its sender is no valid frame; better none.
    if (!sender)
        return std::nullopt;
    protocol::Preview preview;
    preview.seq = room.last.seq;
    preview.kind = room.last.kind;
    preview.text = room.last.text;
    preview.ts = room.last.ts;
    preview.sender = sender->row.id;
    preview.senderName = sender->row.displayName;
    return preview;
}

protocol::RoomInfo Directory::info(const Room& room, const Member& member)
{
    protocol::RoomInfo info;
    info.head = head(room, member);
    info.kind = room.kind;
    info.name = room.name;
    if (room.kind == protocol::RoomKind::Direct) {
        for (const auto& [key, other] : room.members) {
            if (other.user != member.user)
                info.name = other.user->row.displayName;
        }
    }
    info.topic = room.topic;
    info.role = member.role;
    info.archived = room.archived;
    info.members = static_cast<std::int64_t>(room.members.size());
    info.delivered = member.delivered;
    info.last = preview(room);
    info.activeTs = room.activeTs();
    return info;
}

} // namespace skein::server
