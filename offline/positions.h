// How far the other members of a room have read and got, member by member, of rooms that were
// opened on this device. Bounded by the members of the room, gone with it. Positions only go
// forward. Thread: the store's. Failures stick to the transaction (store.h).
#pragma once

#include "core/ids.h"
#include "offline/keys.h"

#include <cstdint>
#include <set>
#include <vector>

namespace skein::offline
{

class Db;

class Positions
{
public:
    explicit Positions(Db& db)
        : m_db(db)
    {
    }
    /// Takes over what is further than what is known. `user`: Users::key(). True: something was.
    bool merge(RoomKey room, std::int64_t user, Seq read, Seq delivered);
    /// They left by the entry `left` of the log. Who is back since is further than that, and stays.
    /// True: they were known.
    bool forget(RoomKey room, std::int64_t user, Seq left);
    /// Nobody else is a member. True: somebody was known.
    bool keepOnly(RoomKey room, const std::set<std::int64_t>& users);
    void clear(RoomKey room);
    /// Rooms of which anything is known.
    [[nodiscard]] std::vector<RoomKey> rooms();

private:
    Db& m_db;
};

} // namespace skein::offline
