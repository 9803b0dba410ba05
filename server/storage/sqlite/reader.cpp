#include "server/storage/sqlite/reader.h"

#include "server/storage/sqlite/rowcodec.h"

#include <algorithm>

namespace skein::server::sqlite
{

using protocol::Event;
using protocol::HistoryRequest;

Result<void> Reader::open()
{
    const std::string from =
        std::string("SELECT ") + kEventColumns + " FROM message m JOIN user u ON u.key=m.sender ";
    // As the partial indexes have it (schema.cpp), word for word: only then they are used.
    const std::string pinned = "WHERE m.room=? AND m.kind<=4 AND (m.flags & 4)<>0 AND ";
    const std::string media = "WHERE m.room=? AND m.kind IN (1,2) AND (m.flags & 2)=0 AND ";
    struct Row {
        Stmt& stmt;
        std::string sql;
    };
    const Row rows[] = {
        {m_head, "SELECT id,epoch,seq,ord FROM room WHERE key=?"},
        {m_after, from + "WHERE m.room=? AND m.seq>? ORDER BY m.seq LIMIT ?"},
        {m_newest, from + "WHERE m.room=? AND m.seq>? AND m.seq<=? ORDER BY m.seq DESC LIMIT ?"},
        {m_olderMessages,
         from + "WHERE m.room=? AND m.seq<? AND m.kind<=4 ORDER BY m.seq DESC LIMIT ?"},
        {m_newerMessages,
         from + "WHERE m.room=? AND m.seq>? AND m.seq<=? AND m.kind<=4 ORDER BY m.seq LIMIT ?"},
        {m_olderPinned, from + pinned + "m.seq<? ORDER BY m.seq DESC LIMIT ?"},
        {m_newerPinned, from + pinned + "m.seq>? AND m.seq<=? ORDER BY m.seq LIMIT ?"},
        {m_olderMedia, from + media + "m.seq<? ORDER BY m.seq DESC LIMIT ?"},
        {m_newerMedia, from + media + "m.seq>? AND m.seq<=? ORDER BY m.seq LIMIT ?"},
        {m_changed, from + "WHERE m.room=? AND m.seq BETWEEN ? AND ? AND m.rev>? AND m.kind<=4 "
                           "ORDER BY m.seq LIMIT ?"},
        {m_credentials, "SELECT key,id,name,display,password,draft_touch FROM user WHERE name=?"},
        {m_sessions,
         "SELECT id,device,device_name,created,last_seen FROM session WHERE user=(SELECT user FROM "
         "session WHERE id=?1 AND revoked IS NULL AND expires>?2) AND revoked IS NULL AND "
         "expires>?2 ORDER BY max(created,last_seen) DESC,id LIMIT ?3"},
        {m_drafts, "SELECT room,rev,text,reply_to,other,ts FROM draft WHERE user=? AND rev>? "
                   "ORDER BY rev LIMIT ?"},
    };
    for (const Row& row : rows) {
        if (!row.stmt.prepare(m_db, row.sql.c_str()))
            return fail(m_db.error());
    }
    return {};
}

Result<Reader::Head> Reader::head(RoomKey room)
{
    m_head.bind(room);
    if (!m_head.step()) {
        if (!m_db.failed())
            return fail(ErrorCode::NotFound, "room");
        // Cleared here too: kept, it would fail every read until the next start.
        Error why = m_db.error();
        m_db.clearError();
        return fail(std::move(why));
    }
    Head head{RoomId(m_head.view(0)), Epoch(m_head.integer(1)), Seq(m_head.integer(2)),
              Ord(m_head.integer(3))};
    m_head.reset();
    return head;
}

Result<std::vector<LogPage>> Reader::log(const std::vector<LogRange>& ranges, std::size_t bytesMax)
{
    std::vector<LogPage> pages;
    std::size_t bytes = 0;
    bool any = false;
    for (const LogRange& range : ranges) {
        LogPage page;
        page.room = range.room;
        if (any && bytes >= bytesMax) {
            pages.push_back(std::move(page));
            continue;
        }
        auto at = head(range.room);
        if (!at)
            return fail(at.error());
        page.reached = true;
        page.head = at->seq;
        page.ord = at->ord;
        page.limited = at->seq - range.since > range.gapMax;
        Stmt& rows = page.limited ? m_newest : m_after;
        rows.bind(range.room).bind(range.since.value());
        if (page.limited)
            rows.bind(at->seq.value());
        rows.bind(range.limit);
        while (rows.step()) {
            Event event = readEvent(rows, range.room, at->id, at->epoch);
            const std::size_t size = wireBytes(event);
            if (any && bytes + size > bytesMax) {
                bytes =
                    bytesMax; // nothing more fits: a smaller one later must not overtake this one
                rows.reset();
                break;
            }
            bytes += size;
            any = true;
            page.events.push_back(std::move(event));
        }
        if (page.limited)
            std::reverse(page.events.begin(), page.events.end());
        page.lo =
            page.limited && !page.events.empty() ? page.events.front().seq : range.since.next();
        page.hi = page.events.empty() ? range.since : page.events.back().seq;
        // A limited page is worth nothing without its newest entry; it is asked for again.
        if (page.limited && page.events.empty())
            page.reached = false;
        // What was committed between the two statements.
        if (page.hi > page.head) {
            page.head = page.hi;
            page.ord = page.events.back().ord;
        }
        pages.push_back(std::move(page));
    }
    if (m_db.failed()) {
        Error why = m_db.error();
        m_db.clearError();
        return fail(std::move(why));
    }
    return pages;
}

bool Reader::older(const HistoryQuery& query, const Head& head, Seq before, std::int64_t limit,
                   std::size_t& bytes, HistoryPage& page)
{
    std::vector<Event> found;
    bool more = false;
    using Filter = HistoryQuery::Filter;
    Stmt& rows = query.filter == Filter::Pinned  ? m_olderPinned
                 : query.filter == Filter::Media ? m_olderMedia
                                                 : m_olderMessages;
    rows.bind(query.room).bind(before.value()).bind(limit + 1);
    while (rows.step()) {
        Event event = readEvent(rows, query.room, head.id, head.epoch);
        const std::size_t size = wireBytes(event);
        if (static_cast<std::int64_t>(found.size()) == limit || (!found.empty() && size > bytes)) {
            more = true;
            rows.reset();
            break;
        }
        bytes -= std::min(size, bytes);
        found.push_back(std::move(event));
    }
    page.lo = more ? found.back().seq : Seq(1);
    page.messages.insert(page.messages.begin(), std::make_move_iterator(found.rbegin()),
                         std::make_move_iterator(found.rend()));
    return more;
}

bool Reader::newer(const HistoryQuery& query, const Head& head, Seq after, std::int64_t limit,
                   std::size_t& bytes, HistoryPage& page)
{
    std::size_t count = 0;
    bool more = false;
    using Filter = HistoryQuery::Filter;
    Stmt& rows = query.filter == Filter::Pinned  ? m_newerPinned
                 : query.filter == Filter::Media ? m_newerMedia
                                                 : m_newerMessages;
    rows.bind(query.room).bind(after.value()).bind(head.seq.value()).bind(limit + 1);
    while (rows.step()) {
        Event event = readEvent(rows, query.room, head.id, head.epoch);
        const std::size_t size = wireBytes(event);
        if (static_cast<std::int64_t>(count) == limit || (count > 0 && size > bytes)) {
            more = true;
            rows.reset();
            break;
        }
        bytes -= std::min(size, bytes);
        page.messages.push_back(std::move(event));
        ++count;
    }
    page.hi = more ? page.messages.back().seq : head.seq;
    return more;
}

Result<HistoryPage> Reader::history(const HistoryQuery& query, std::size_t bytesMax)
{
    auto at = head(query.room);
    if (!at)
        return fail(at.error());
    HistoryPage page;
    page.asOf = at->seq;
    std::size_t bytes = bytesMax;
    using Anchor = HistoryRequest::Anchor;
    switch (query.anchor) {
    case Anchor::Before: {
        const Seq before = query.seq && query.seq <= at->seq ? query.seq : at->seq.next();
        page.hi = before.previous();
        page.hasMore = older(query, *at, before, query.limit, bytes, page);
        break;
    }
    case Anchor::After:
        page.lo = std::min(query.seq, at->seq).next();
        page.hasMore = newer(query, *at, page.lo.previous(), query.limit, bytes, page);
        break;
    case Anchor::Around: {
        // The anchor and what is older take half, what is newer the rest; each half has its own
        // share of bytes.
        const Seq anchor = std::min(query.seq, at->seq);
        bytes = bytesMax / 2;
        page.hasMore = older(query, *at, anchor.next(), std::max<std::int64_t>(1, query.limit / 2),
                             bytes, page);
        bytes = bytesMax / 2;
        newer(query, *at, anchor, std::max<std::int64_t>(1, query.limit - query.limit / 2), bytes,
              page);
        break;
    }
    }
    if (m_db.failed()) {
        Error why = m_db.error();
        m_db.clearError();
        return fail(std::move(why));
    }
    return page;
}

Result<HistoryPage> Reader::revalidate(const RevalidateQuery& query, std::size_t bytesMax)
{
    auto at = head(query.room);
    if (!at)
        return fail(at.error());
    HistoryPage page;
    page.asOf = at->seq;
    page.lo = query.lo;
    page.hi = std::min(query.hi, at->seq);
    if (page.hi - page.lo >= kRevalidateSpanMax) {
        page.hi = Seq(page.lo.value() + kRevalidateSpanMax - 1);
        page.hasMore = true;
    }
    std::size_t bytes = bytesMax;
    m_changed.bind(query.room)
        .bind(page.lo.value())
        .bind(page.hi.value())
        .bind(query.since.value());
    m_changed.bind(query.limit + 1);
    while (m_changed.step()) {
        Event event = readEvent(m_changed, query.room, at->id, at->epoch);
        const std::size_t size = wireBytes(event);
        if (static_cast<std::int64_t>(page.messages.size()) == query.limit ||
            (!page.messages.empty() && size > bytes)) {
            page.hi = event.seq.previous();
            page.hasMore = true;
            m_changed.reset();
            break;
        }
        bytes -= std::min(size, bytes);
        page.messages.push_back(std::move(event));
    }
    if (m_db.failed()) {
        Error why = m_db.error();
        m_db.clearError();
        return fail(std::move(why));
    }
    return page;
}

Result<DraftsPage> Reader::drafts(const DraftsQuery& query, std::size_t bytesMax)
{
    DraftsPage page;
    std::size_t bytes = 0;
    m_drafts.bind(query.user).bind(query.after).bind(query.limit + 1);
    while (m_drafts.step()) {
        DraftRow row;
        row.room = m_drafts.integer(0);
        row.rev = m_drafts.integer(1);
        row.text = m_drafts.string(2);
        if (const std::int64_t replyTo = m_drafts.integer(3); replyTo > 0)
            row.replyTo = Seq(replyTo);
        row.other = m_drafts.string(4);
        row.ts = m_drafts.integer(5);
        constexpr std::size_t kOverheadBytes = 256;
        bytes += jsonBytes(row.text) + jsonBytes(row.other) + kOverheadBytes;
        const bool full = page.drafts.size() == static_cast<std::size_t>(query.limit) ||
                          (bytes > bytesMax && !page.drafts.empty());
        if (full) {
            page.more = true;
            m_drafts.reset();
            break;
        }
        page.drafts.push_back(std::move(row));
    }
    if (m_db.failed()) {
        Error why = m_db.error();
        m_db.clearError();
        return fail(std::move(why));
    }
    return page;
}

Result<std::vector<SessionRow>> Reader::sessions(const SessionId& of, std::int64_t now)
{
    std::vector<SessionRow> rows;
    m_sessions.bindText(of.str()).bind(now).bind(static_cast<std::int64_t>(kSessionsPerUserMax));
    while (m_sessions.step())
        rows.push_back({SessionId(m_sessions.view(0)), DeviceId(m_sessions.view(1)),
                        m_sessions.string(2), m_sessions.integer(3), m_sessions.integer(4)});
    if (m_db.failed()) {
        Error why = m_db.error();
        m_db.clearError();
        return fail(std::move(why));
    }
    return rows;
}

Result<std::optional<Credentials>> Reader::credentials(const std::string& name)
{
    m_credentials.bindText(name);
    std::optional<Credentials> found;
    if (m_credentials.step()) {
        found.emplace();
        found->user = {m_credentials.integer(0), UserId(m_credentials.view(1)),
                       m_credentials.string(2), m_credentials.string(3), m_credentials.integer(5)};
        found->passwordHash = m_credentials.string(4);
        m_credentials.reset();
    }
    if (m_db.failed()) {
        Error why = m_db.error();
        m_db.clearError();
        return fail(std::move(why));
    }
    return found;
}

} // namespace skein::server::sqlite
