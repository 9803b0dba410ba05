// The looking half of Timeline, and its coverage.
#include "offline/timeline.h"

namespace skein::offline
{

const SpanSet& Timeline::spans(RoomKey room)
{
    if (const auto found = m_spans.find(room); found != m_spans.end())
        return found->second;
    std::vector<Span> list;
    Query q = m_db.query("SELECT lo, hi, as_of FROM spans WHERE room = ? ORDER BY lo");
    q.bind(room);
    while (q.step())
        list.push_back({Seq(q.integer(0)), Seq(q.integer(1)), Seq(q.integer(2))});
    if (!m_db.ok()) { // a part of them, or none: not to be remembered
        m_unreadable = SpanSet(list);
        return m_unreadable;
    }
    return m_spans.emplace(room, SpanSet(list)).first->second;
}

void Timeline::setSpans(RoomKey room, const SpanSet& wanted)
{
    // Copies: spans() may hand out what is replaced here.
    const std::vector<Span> before = spans(room).spans();
    const std::vector<Span>& after = wanted.spans();
    // Only what differs is written: on the live path that is one row.
    std::size_t i = 0;
    std::size_t j = 0;
    while (i < before.size() || j < after.size()) {
        if (j == after.size() || (i < before.size() && before[i].lo < after[j].lo)) {
            m_db.query("DELETE FROM spans WHERE room = ? AND lo = ?")
                .bind(room, before[i].lo)
                .run();
            ++i;
            continue;
        }
        if (i < before.size() && before[i] == after[j]) {
            ++i;
            ++j;
            continue;
        }
        m_db.query("INSERT INTO spans(room, lo, hi, as_of) VALUES(?1,?2,?3,?4)"
                   " ON CONFLICT(room, lo) DO UPDATE SET hi = ?3, as_of = ?4")
            .bind(room, after[j].lo, after[j].hi, after[j].asOf)
            .run();
        if (i < before.size() && before[i].lo == after[j].lo)
            ++i;
        ++j;
    }
    m_spans.insert_or_assign(room, SpanSet(wanted));
}

void Timeline::clearRoom(RoomKey room)
{
    m_db.query("DELETE FROM messages WHERE id >= ? AND id < ?")
        .bind(packedKey(room, 0), packedKey(room, kPendingBit))
        .run();
    m_db.query("DELETE FROM spans WHERE room = ?").bind(room).run();
    m_spans.erase(room);
}

std::optional<Timeline::Place> Timeline::place(RowId tid)
{
    Query q = m_db.query("SELECT m.id, m.tid, u.server_id, m.kind, m.temp_id FROM messages m"
                         " LEFT JOIN users u ON u.id = m.sender WHERE m.tid = ?");
    if (!q.bind(tid).step())
        return std::nullopt;
    return Place{q.integer(0), q.integer(1), UserId(q.view(2)),
                 static_cast<protocol::Kind>(q.integer(3)), TempId(q.view(4))};
}

std::optional<MessageRow> Timeline::row(RowId tid, const RoomView& view)
{
    Query q = m_db.query("SELECT " SKEIN_MESSAGE_COLUMNS " FROM messages WHERE tid = ?");
    if (!q.bind(tid).step())
        return std::nullopt;
    return m_builder.build(q, view);
}

std::vector<MessageRow> Timeline::ownRows(const RoomView& view, Seq from, Seq to, std::size_t limit)
{
    std::vector<MessageRow> rows;
    Query q = m_db.query("SELECT " SKEIN_MESSAGE_COLUMNS " FROM messages WHERE id > ? AND id <= ?"
                         " AND sender = ? ORDER BY id DESC LIMIT ?");
    q.bind(packedKey(view.key, from.value()), packedKey(view.key, to.value()), m_users.key(m_self),
           static_cast<std::int64_t>(limit));
    while (q.step())
        rows.push_back(m_builder.build(q, view));
    return rows;
}

std::optional<Ord> Timeline::ordAt(RoomKey room, Seq seq)
{
    if (seq == Seq())
        return Ord();
    const Gap covered = spans(room).coveredAround(seq);
    if (!covered.lo)
        return std::nullopt;
    Query q =
        m_db.query("SELECT ord FROM messages WHERE id >= ? AND id <= ? ORDER BY id DESC LIMIT 1");
    if (q.bind(packedKey(room, covered.lo.value()), packedKey(room, seq.value())).step())
        return Ord(q.integer(0));
    return covered.lo == Seq(1) ? std::optional(Ord()) : std::nullopt;
}

bool Timeline::knows(const TempId& tempId)
{
    Query q = m_db.query("SELECT 1 FROM messages WHERE temp_id = ? LIMIT 1");
    return q.bind(tempId).step();
}

void Timeline::forget()
{
    m_spans.clear();
    m_builder.forgetUsers();
    m_denseLo = m_denseHi = 0;
}

} // namespace skein::offline
