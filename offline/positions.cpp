#include "offline/positions.h"

#include "offline/sqlite.h"

namespace skein::offline
{

bool Positions::merge(RoomKey room, std::int64_t user, Seq read, Seq delivered)
{
    // Where nothing is further, nothing is written.
    const bool done =
        m_db.query("INSERT INTO positions(room, user, read, delivered) VALUES(?1, ?2, ?3, ?4)"
                   " ON CONFLICT(room, user) DO UPDATE SET read = max(read, ?3),"
                   " delivered = max(delivered, ?4) WHERE read < ?3 OR delivered < ?4")
            .bind(room, user, read, delivered)
            .run();
    return done && m_db.changes() > 0;
}

bool Positions::forget(RoomKey room, std::int64_t user, Seq left)
{
    const bool done =
        m_db.query("DELETE FROM positions WHERE room = ? AND user = ? AND delivered < ?")
            .bind(room, user, left)
            .run();
    return done && m_db.changes() > 0;
}

bool Positions::keepOnly(RoomKey room, const std::set<std::int64_t>& users)
{
    std::vector<std::int64_t> gone;
    {
        Query q = m_db.query("SELECT user FROM positions WHERE room = ?");
        q.bind(room);
        while (q.step()) {
            if (!users.contains(q.integer(0)))
                gone.push_back(q.integer(0));
        }
    }
    for (const std::int64_t user : gone)
        m_db.query("DELETE FROM positions WHERE room = ? AND user = ?").bind(room, user).run();
    return !gone.empty();
}

void Positions::clear(RoomKey room)
{
    m_db.query("DELETE FROM positions WHERE room = ?").bind(room).run();
}

std::vector<RoomKey> Positions::rooms()
{
    std::vector<RoomKey> rooms;
    // One look for each room, not a walk over all members of all of them.
    Query q = m_db.query("SELECT id FROM rooms r WHERE EXISTS(SELECT 1 FROM positions p WHERE "
                         "p.room = r.id)");
    while (q.step())
        rooms.push_back(q.integer(0));
    return rooms;
}

} // namespace skein::offline
