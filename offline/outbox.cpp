#include "offline/outbox.h"

#include "offline/sqlite.h"

namespace skein::offline
{
namespace
{

#define OUTBOX_COLUMNS "id, temp_id, room, op, tid, failed, acked, created_ms"

OutboxEntry entryOf(const Query& q)
{
    OutboxEntry entry;
    entry.id = q.integer(0);
    entry.tempId = TempId(q.view(1));
    entry.room = q.integer(2);
    entry.op = static_cast<Op>(q.integer(3));
    entry.tid = q.integer(4);
    if (!q.isNull(5))
        entry.failed = static_cast<ErrorCode>(q.integer(5));
    entry.acked = Seq(q.integer(6));
    entry.createdMs = q.integer(7);
    return entry;
}

} // namespace

std::int64_t Outbox::add(const OutboxEntry& entry)
{
    m_db.query("INSERT INTO outbox(temp_id, room, op, tid, payload, failed, acked, created_ms)"
               " VALUES(?,?,?,?,?,?,?,?)")
        .bind(entry.tempId, entry.room, entry.op, entry.tid, entry.payload, entry.failed,
              entry.acked, entry.createdMs)
        .run();
    return m_db.lastInsertId();
}

std::vector<OutboxEntry> Outbox::list()
{
    std::vector<OutboxEntry> entries;
    Query q = m_db.query("SELECT " OUTBOX_COLUMNS " FROM outbox ORDER BY id");
    while (q.step())
        entries.push_back(entryOf(q));
    return entries;
}

std::optional<OutboxEntry> Outbox::find(const TempId& tempId)
{
    Query q = m_db.query("SELECT " OUTBOX_COLUMNS ", payload FROM outbox WHERE temp_id = ?");
    if (!q.bind(tempId).step())
        return std::nullopt;
    OutboxEntry entry = entryOf(q);
    entry.payload = q.text(8);
    return entry;
}

std::string Outbox::payload(std::int64_t id)
{
    Query q = m_db.query("SELECT payload FROM outbox WHERE id = ?");
    return q.bind(id).step() ? q.text(0) : std::string();
}

std::vector<OutboxEntry> Outbox::changesOf(RowId tid)
{
    std::vector<OutboxEntry> entries;
    Query q = m_db.query(
        "SELECT " OUTBOX_COLUMNS
        ", payload FROM outbox WHERE tid = ? AND op <> 0 AND failed IS NULL ORDER BY id");
    q.bind(tid);
    while (q.step()) {
        entries.push_back(entryOf(q));
        entries.back().payload = q.text(8);
    }
    return entries;
}

std::vector<OutboxEntry> Outbox::ofRoom(RoomKey room, Op op)
{
    std::vector<OutboxEntry> entries;
    Query q = m_db.query("SELECT " OUTBOX_COLUMNS
                         ", payload FROM outbox WHERE room = ? AND op = ? AND failed IS NULL"
                         " ORDER BY id");
    q.bind(room, op);
    while (q.step()) {
        entries.push_back(entryOf(q));
        entries.back().payload = q.text(8);
    }
    return entries;
}

void Outbox::setPayload(std::int64_t id, const std::string& payload)
{
    m_db.query("UPDATE outbox SET payload = ? WHERE id = ?").bind(payload, id).run();
}

void Outbox::setRow(std::int64_t id, RowId tid)
{
    m_db.query("UPDATE outbox SET tid = ? WHERE id = ?").bind(tid, id).run();
}

void Outbox::setFailed(std::int64_t id, std::optional<ErrorCode> code)
{
    m_db.query("UPDATE outbox SET failed = ? WHERE id = ?").bind(code, id).run();
}

void Outbox::setAcked(std::int64_t id, Seq seq)
{
    m_db.query("UPDATE outbox SET acked = ? WHERE id = ?").bind(seq, id).run();
}

void Outbox::erase(std::int64_t id)
{
    m_db.query("DELETE FROM outbox WHERE id = ?").bind(id).run();
}

bool Outbox::usesRoom(RoomKey room)
{
    Query q = m_db.query("SELECT 1 FROM outbox WHERE room = ? LIMIT 1");
    return q.bind(room).step();
}

} // namespace skein::offline
