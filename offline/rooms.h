// The room list, denormalised, with the cursor of each room. Thread: the store's. Failures stick to
// the transaction.
#pragma once

#include "offline/keys.h"
#include "offline/rows.h"

#include <optional>
#include <vector>

namespace skein::offline
{

class Db;

/// A room as the writer knows it. `row.unread` follows from headOrd and readOrd; `row.draft`,
/// `row.queued` and `row.failed` belong to other tables and are filled by load() only.
struct RoomRecord {
    RoomKey key = 0;
    RoomRow row;
    bool member = true;
    Seq synced; ///< the cursor: every log entry up to here was applied, or is a stated hole
    Ord readOrd;
    Seq readTold;      ///< the server is known to know of this read position
    Seq deliveredTold; ///< as told by mark_delivered

    /// unread = ord(head) − ord(read): exact, no scan.
    void countUnread() { row.unread = row.headOrd > readOrd ? row.headOrd - readOrd : 0; }
};

class Rooms
{
public:
    explicit Rooms(Db& db)
        : m_db(db)
    {
    }
    /// All rooms, by activity, newest first.
    [[nodiscard]] std::vector<RoomRecord> load();
    /// Gives the record its key. A room that was left and is back gets its old one.
    void insert(RoomRecord& record);
    void save(const RoomRecord& record);
    /// Only when nothing unsent and no draft refers to it; else mark it as left by save().
    void erase(RoomKey key);

private:
    Db& m_db;
};

} // namespace skein::offline
