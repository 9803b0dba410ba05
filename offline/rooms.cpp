#include "offline/rooms.h"

#include "offline/roomcolumns.h"
#include "offline/sqlite.h"

namespace skein::offline
{

RoomRecord recordOf(const Query& q)
{
    RoomRecord record;
    RoomRow& row = record.row;
    record.key = q.integer(0);
    row.room = RoomId(q.view(1));
    record.member = q.integer(2) != 0;
    row.epoch = Epoch(q.integer(3));
    row.kind = static_cast<protocol::RoomKind>(q.integer(4));
    row.name = q.text(5);
    row.topic = q.text(6);
    row.role = static_cast<protocol::Role>(q.integer(7));
    row.archived = q.integer(8) != 0;
    row.muted = q.integer(9) != 0;
    row.members = q.integer(10);
    row.head = Seq(q.integer(11));
    row.headOrd = Ord(q.integer(12));
    record.synced = Seq(q.integer(13));
    row.read = Seq(q.integer(14));
    record.readOrd = Ord(q.integer(15));
    record.readTold = Seq(q.integer(16));
    record.deliveredTold = Seq(q.integer(17));
    row.othersRead = Seq(q.integer(18));
    row.othersDelivered = Seq(q.integer(19));
    row.mentions = q.integer(20);
    if (q.integer(21) != 0) {
        protocol::Preview last;
        last.seq = Seq(q.integer(21));
        last.sender = UserId(q.view(22));
        last.senderName = q.text(23);
        last.kind = static_cast<protocol::Kind>(q.integer(24));
        last.text = q.text(25);
        last.ts = q.integer(26);
        row.last = std::move(last);
    }
    row.activeTs = q.integer(27);
    row.draft = q.text(28);
    record.countUnread();
    return record;
}

std::unordered_map<RoomKey, UnsentCounts> unsentCounts(Db& db)
{
    std::unordered_map<RoomKey, UnsentCounts> counts;
    Query q =
        db.query("SELECT room, count(*), count(failed) FROM outbox WHERE op = 0 GROUP BY room");
    while (q.step())
        counts[q.integer(0)] = {q.integer(1) - q.integer(2), q.integer(2)};
    return counts;
}

std::vector<RoomRecord> Rooms::load()
{
    std::vector<RoomRecord> records;
    const auto counts = unsentCounts(m_db);
    Query q =
        m_db.query("SELECT " SKEIN_ROOM_COLUMNS " FROM rooms r ORDER BY r.active_ts DESC, r.id");
    while (q.step()) {
        records.push_back(recordOf(q));
        if (const auto found = counts.find(records.back().key); found != counts.end()) {
            records.back().row.queued = found->second.queued;
            records.back().row.failed = found->second.failed;
        }
    }
    return records;
}

void Rooms::insert(RoomRecord& record)
{
    {
        Query q = m_db.query("SELECT id FROM rooms WHERE server_id = ?");
        if (q.bind(record.row.room).step())
            record.key = q.integer(0);
    }
    if (record.key == 0) {
        if (!m_db.query("INSERT INTO rooms(server_id) VALUES(?)").bind(record.row.room).run())
            return;
        record.key = m_db.lastInsertId();
    }
    save(record);
}

void Rooms::save(const RoomRecord& record)
{
    const RoomRow& row = record.row;
    static const protocol::Preview kNone;
    const protocol::Preview& last = row.last ? *row.last : kNone;
    m_db.query("UPDATE rooms SET member = ?, epoch = ?, kind = ?, name = ?, topic = ?, role = ?, "
               "archived = ?,"
               " muted = ?, members = ?, head = ?, head_ord = ?, synced = ?, read = ?, read_ord = "
               "?, read_told = ?,"
               " delivered_told = ?, others_read = ?, others_delivered = ?, mentions = ?, last_seq "
               "= ?,"
               " last_sender = ?, last_name = ?, last_kind = ?, last_text = ?, last_ts = ?, "
               "active_ts = ?"
               " WHERE id = ?")
        .bind(record.member, row.epoch, row.kind, row.name, row.topic, row.role, row.archived,
              row.muted, row.members, row.head, row.headOrd, record.synced, row.read,
              record.readOrd, record.readTold, record.deliveredTold, row.othersRead,
              row.othersDelivered, row.mentions, last.seq, last.sender, last.senderName, last.kind,
              last.text, last.ts, row.activeTs, record.key)
        .run();
}

void Rooms::erase(RoomKey key)
{
    m_db.query("DELETE FROM rooms WHERE id = ?").bind(key).run();
}

} // namespace skein::offline
