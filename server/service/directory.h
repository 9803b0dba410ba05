// Rooms, members, heads and positions in memory, as committed. Filled once from Storage::load() and
// changed only by the results of committed operations, so that a send, a fan-out and a sign-in read
// nothing from the disk.
//
// Bounded by what is stored: accounts, memberships (kMembersPerRoomMax, kRoomsPerUserMax), mentions
// (kMentionsCountedMax a member). Thread: the service's.
#pragma once

#include "core/clock.h"
#include "protocol/tokenbucket.h"
#include "server/service/outbound.h"
#include "server/storage/storage.h"

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace skein::server
{

struct Connection;

struct User {
    UserRow row;
    std::vector<RoomKey> rooms;
    std::vector<Departure> departures;
    std::vector<Connection*> connections; ///< signed in; not owned
    protocol::PresenceStatus status = protocol::PresenceStatus::Offline;
    bool leaving = false; ///< the last connection went at `left`, the grace is running
    MonoTime left;
    std::int64_t lastSeen = 0; ///< last sign of life while not here, ms since 1970 UTC; 0 = never
    MonoTime heard;            ///< last sign of life of the connections that are gone
    bool silenceWatched = false;
    /// Offline only because of silence; a sign of life brings back `before`.
    bool silent = false;
    protocol::PresenceStatus before = protocol::PresenceStatus::Online;
    bool presenceQueued = false;
    protocol::TokenBucket messages, requests, ephemeral;
    bool bucketsMade = false;
    Touch drafts = 0; ///< newest revision of the user's drafts
};

struct Member {
    User* user = nullptr; ///< not owned
    protocol::Role role = protocol::Role::Member;
    Seq read;
    Ord readOrd;
    Ord aheadOrd; ///< ord up to which a read position on its way to the disk will lead
    Seq delivered;
    Touch touch = 0;
    std::vector<Seq> mentions; ///< behind `read`, ascending
    /// Above what this user may have written no tick of theirs can change: the last own message, or
    /// the head when they joined or this process began.
    Seq wrote;
};

/// The two that are furthest in a room: gives anybody the furthest of the others, without a walk
/// over the members.
struct Leaders {
    UserKey first = 0;
    Seq firstAt, secondAt;

    [[nodiscard]] Seq others(UserKey user) const { return user == first ? secondAt : firstAt; }
    /// Positions never go back. True: somebody's others() is another one now.
    bool moved(UserKey user, Seq to)
    {
        if (user == first || to > firstAt) {
            if (to <= firstAt)
                return false;
            if (user != first)
                secondAt = firstAt;
            first = user;
            firstAt = to;
            return true;
        }
        if (to <= secondAt)
            return false;
        secondAt = to;
        return true;
    }
};

struct Typist {
    UserKey user = 0;
    MonoTime until;
};

struct Room {
    RoomKey key = 0;
    RoomId id;
    protocol::RoomKind kind = protocol::RoomKind::General;
    std::string name, topic;
    bool archived = false;
    Epoch epoch;
    Seq base;
    Seq head;
    Ord ord;
    Touch touch = 0;
    std::int64_t createdTs = 0;
    LastMessage last;
    std::unordered_map<UserKey, Member> members;
    std::vector<Connection*> full; ///< full subscriptions; not owned
    std::vector<Typist> typing;
    std::vector<UserKey> moved;      ///< whose positions moved since the last receipts
    Leaders read, delivered;         ///< of the members, now …
    Leaders readTold, deliveredTold; ///< … and as rooms in summary heard last
    Touch othersTouch = 0;           ///< of the last move that changed anybody's others()
    bool dirtyQueued = false, receiptsQueued = false, typingQueued = false, othersQueued = false;
    MonoTime dirtyAt, receiptsAt; ///< last sent

    [[nodiscard]] std::int64_t activeTs() const noexcept { return last.seq ? last.ts : createdTs; }
    [[nodiscard]] Member* member(UserKey user)
    {
        const auto found = members.find(user);
        return found == members.end() ? nullptr : &found->second;
    }
};

class Directory
{
public:
    void fill(Snapshot snapshot);

    [[nodiscard]] User* user(UserKey key);
    [[nodiscard]] User* user(const UserId& id);
    [[nodiscard]] User* userByName(const std::string& name);
    [[nodiscard]] Room* room(RoomKey key);
    [[nodiscard]] Room* room(const RoomId& id);

    void putUser(const UserRow& row);
    Room& putRoom(RoomRow row);
    void addMember(Room& room, MemberRow row);
    void removeMember(Room& room, UserKey user, Touch touch);
    /// A member's positions, as committed, moved; also of who joined. True: the highest of the
    /// others is another one for somebody.
    bool moved(Room& room, UserKey user, const Member& member, Touch touch);
    /// Takes over head, ord, touch, last message and the change of a committed entry; not its
    /// membership.
    void apply(Room& room, const protocol::Event& event, UserKey sender, Touch touch);

    [[nodiscard]] Touch touch() const noexcept { return m_touch; }
    void touched(Touch touch) noexcept { m_touch = std::max(m_touch, touch); }
    /// Of the data: the time of the last restoration from a backup, or 1.
    [[nodiscard]] Epoch generation() const noexcept { return m_generation; }
    [[nodiscard]] std::size_t roomCount() const noexcept { return m_rooms.size(); }

    [[nodiscard]] protocol::RoomHead head(const Room& room, const Member& member) const;
    [[nodiscard]] protocol::RoomInfo info(const Room& room, const Member& member);
    [[nodiscard]] std::optional<protocol::Preview> preview(const Room& room);

private:
    std::unordered_map<UserKey, std::unique_ptr<User>> m_users;
    std::unordered_map<std::string, User*> m_usersById, m_usersByName; // not owned
    std::unordered_map<RoomKey, std::unique_ptr<Room>> m_rooms;
    std::unordered_map<std::string, Room*> m_roomsById; // not owned
    Touch m_touch = 0;
    Epoch m_generation{1};
};

} // namespace skein::server
