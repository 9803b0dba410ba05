#include "offline/rooms.h"

#include "offline/roomcolumns.h"
#include "offline/sqlite.h"

namespace skein::offline
{

RoomKey readRoomRow(const Query& q, RoomRow& row)
{
    row.room = RoomId(q.view(1));
    row.epoch = Epoch(q.integer(2));
    row.kind = static_cast<protocol::RoomKind>(q.integer(3));
    row.name = q.view(4);
    row.topic = q.view(5);
    row.role = static_cast<protocol::Role>(q.integer(6));
    row.archived = q.integer(7) != 0;
    row.muted = q.integer(8) != 0;
    row.members = q.integer(9);
    row.head = Seq(q.integer(10));
    row.headOrd = Ord(q.integer(11));
    row.read = Seq(q.integer(12));
    const Ord readOrd(q.integer(13));
    row.unread = row.headOrd > readOrd ? row.headOrd - readOrd : 0;
    row.othersRead = Seq(q.integer(14));
    row.othersDelivered = Seq(q.integer(15));
    row.mentions = q.integer(16);
    if (const Seq seq(q.integer(17)); seq) {
        protocol::Preview& last = row.last.emplace();
        last.seq = seq;
        last.sender = UserId(q.view(18));
        last.senderName = q.view(19);
        last.kind = static_cast<protocol::Kind>(q.integer(20));
        last.text = q.view(21);
        last.ts = q.integer(22);
    }
    row.activeTs = q.integer(23);
    return q.integer(0);
}

ShownDraft readDraft(const Query& q, int column)
{
    return {q.text(column), q.text(column + 2), Seq(q.integer(column + 1)),
            Rev(q.integer(column + 3))};
}

std::unordered_map<RoomKey, ShownDraft> allDrafts(Db& db)
{
    std::unordered_map<RoomKey, ShownDraft> drafts;
    Query q = db.query("SELECT d.room, " SKEIN_DRAFT_COLUMNS " FROM drafts d");
    while (q.step())
        drafts.emplace(q.integer(0), readDraft(q, 1));
    return drafts;
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
    auto drafts = allDrafts(m_db);
    Query q =
        m_db.query("SELECT " SKEIN_ROOM_COLUMNS " FROM rooms r ORDER BY r.active_ts DESC, r.id");
    while (q.step()) {
        RoomRecord& record = records.emplace_back();
        record.key = readRoomRow(q, record.row);
        record.readOrd = Ord(q.integer(13));
        record.member = q.integer(kRoomRowColumns) != 0;
        record.synced = Seq(q.integer(kRoomRowColumns + 1));
        record.readTold = Seq(q.integer(kRoomRowColumns + 2));
        record.deliveredTold = Seq(q.integer(kRoomRowColumns + 3));
        if (!q.isNull(kRoomRowColumns + 4))
            record.server =
                RoomRecord::Info{q.text(kRoomRowColumns + 4), q.text(kRoomRowColumns + 5),
                                 q.integer(kRoomRowColumns + 6) != 0};
        record.nameRev = Seq(q.integer(kRoomRowColumns + 7));
        record.topicRev = Seq(q.integer(kRoomRowColumns + 8));
        record.archivedRev = Seq(q.integer(kRoomRowColumns + 9));
        record.roleRev = Seq(q.integer(kRoomRowColumns + 10));
        record.infoDue = Seq(q.integer(kRoomRowColumns + 11));
        if (const auto found = counts.find(record.key); found != counts.end()) {
            record.row.queued = found->second.queued;
            record.row.failed = found->second.failed;
        }
        if (const auto found = drafts.find(record.key); found != drafts.end())
            found->second.moveTo(record.row);
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
    std::optional<std::string> serverName, serverTopic;
    std::optional<bool> serverArchived;
    if (record.server) {
        serverName = record.server->name;
        serverTopic = record.server->topic;
        serverArchived = record.server->archived;
    }
    m_db.query("UPDATE rooms SET member = ?, epoch = ?, kind = ?, name = ?, topic = ?, role = ?, "
               "archived = ?,"
               " muted = ?, members = ?, head = ?, head_ord = ?, synced = ?, read = ?, read_ord = "
               "?, read_told = ?,"
               " delivered_told = ?, others_read = ?, others_delivered = ?, mentions = ?, last_seq "
               "= ?,"
               " last_sender = ?, last_name = ?, last_kind = ?, last_text = ?, last_ts = ?, "
               "active_ts = ?, server_name = ?, server_topic = ?, server_archived = ?, name_rev = "
               "?, topic_rev = ?, archived_rev = ?, role_rev = ?, info_due = ?"
               " WHERE id = ?")
        .bind(record.member, row.epoch, row.kind, row.name, row.topic, row.role, row.archived,
              row.muted, row.members, row.head, row.headOrd, record.synced, row.read,
              record.readOrd, record.readTold, record.deliveredTold, row.othersRead,
              row.othersDelivered, row.mentions, last.seq, last.sender, last.senderName, last.kind,
              last.text, last.ts, row.activeTs, serverName, serverTopic, serverArchived,
              record.nameRev, record.topicRev, record.archivedRev, record.roleRev, record.infoDue,
              record.key)
        .run();
}

void Rooms::erase(RoomKey key)
{
    // The key may be given to another room later: nothing may refer to it.
    m_db.query("DELETE FROM drafts WHERE room = ?").bind(key).run();
    m_db.query("DELETE FROM positions WHERE room = ?").bind(key).run();
    m_db.query("DELETE FROM rooms WHERE id = ?").bind(key).run();
}

} // namespace skein::offline
