#include "offline/reader.h"

#include "offline/migrations.h"
#include "offline/roomcolumns.h"
#include "offline/rowbuilder.h"
#include "offline/sqlite.h"

#include <algorithm>
#include <unordered_map>

namespace skein::offline
{
namespace
{

constexpr std::size_t kPageMax = 1000;
// Rooms in a page up to which each looks its draft up.
constexpr std::size_t kDraftLookupsMax = 100;
// Rooms that a list makes room for at once; a longer one grows.
constexpr std::size_t kRoomsReserved = 512;

struct RoomState {
    RoomView view;
    Seq head, read;
    bool known = false;
};

class SqliteReader final : public Reader
{
public:
    explicit SqliteReader(std::unique_ptr<Db> db)
        : m_db(std::move(db))
        , m_builder(*m_db)
    {
        const Snapshot snapshot(*m_db);
        refresh();
    }

    Result<Page> newest(const RoomId& room, std::size_t limit) override
    {
        return page(room, limit, [this](const RoomState& state, std::size_t count) {
            return older(state, kPlaceMask + 1, count);
        });
    }
    Result<Page> before(const RoomId& room, Position position, std::size_t limit) override
    {
        return page(room, limit, [this, position](const RoomState& state, std::size_t count) {
            return older(state, position, count);
        });
    }
    Result<Page> after(const RoomId& room, Position position, std::size_t limit) override
    {
        return page(room, limit, [this, position](const RoomState& state, std::size_t count) {
            return newer(state, position, count);
        });
    }
    Result<Page> around(const RoomId& room, Seq seq, std::size_t limit) override
    {
        return page(room, limit, [this, seq](const RoomState& state, std::size_t count) {
            return around(state, seq, count);
        });
    }
    Result<RoomCounts> counts(const RoomId& room) override;
    Result<std::vector<RoomRow>> rooms(std::size_t offset, std::size_t limit) override;
    Result<std::string> draft(const RoomId& room) override;
    Result<Receipts> receipts(const RoomId& room, Seq seq, std::size_t offset,
                              std::size_t limit) override;
    Result<Story> story(const TempId& tempId) override
    {
        return look([&] { return readStory(*m_db, tempId); });
    }
    Result<std::vector<StoryEvent>> connections(std::size_t limit) override
    {
        return look([&] { return readConnections(*m_db, std::min(limit, kPageMax)); });
    }

private:
    // One snapshot for all statements of a call.
    class Snapshot
    {
    public:
        explicit Snapshot(Db& db)
            : m_db(db)
        {
            (void)db.takeError();
            db.query("BEGIN").run();
        }
        ~Snapshot()
        {
            const auto error = m_db.takeError();
            m_db.query("COMMIT").run();
            (void)m_db.takeError();
        }
        Snapshot(const Snapshot&) = delete;
        Snapshot& operator=(const Snapshot&) = delete;

    private:
        Db& m_db;
    };

    template <class Make>
    Result<Page> page(const RoomId& room, std::size_t limit, Make&& make)
    {
        const Snapshot snapshot(*m_db);
        const RoomState state = look(room);
        Page result;
        if (state.known)
            result = make(state, std::clamp<std::size_t>(limit, 1, kPageMax));
        else
            result.atOldest = result.atNewest = true;
        if (!m_db->ok())
            return fail(*m_db->error());
        return result;
    }

    template <class Make>
    auto look(Make&& make) -> Result<decltype(make())>
    {
        const Snapshot snapshot(*m_db);
        auto made = make();
        if (!m_db->ok())
            return fail(*m_db->error());
        return made;
    }

    void refresh();
    RoomState look(const RoomId& room);
    Page older(const RoomState& state, Position below, std::size_t limit);
    Page newer(const RoomState& state, Position above, std::size_t limit);
    Page around(const RoomState& state, Seq seq, std::size_t limit);
    std::vector<MessageRow> holesBelow(const RoomState& state, Position below, std::size_t limit);
    std::vector<MessageRow> holesAbove(const RoomState& state, Position above, std::size_t limit);
    bool nothingNewer(const RoomState& state, Position than);
    bool reachesStart(const RoomState& state);

    std::unique_ptr<Db> m_db;
    RowBuilder m_builder;
    std::int64_t m_dataVersion = -1;
};

// Another connection has written: names and who is signed in may be different.
void SqliteReader::refresh()
{
    const std::int64_t version = m_db->integer("PRAGMA data_version");
    if (version == m_dataVersion)
        return;
    m_dataVersion = version;
    m_builder.forgetUsers();
    Query q = m_db->query("SELECT value FROM meta WHERE key = 'user'");
    if (q.step())
        m_builder.setSelf(UserId(q.view(0)));
}

RoomState SqliteReader::look(const RoomId& room)
{
    refresh();
    RoomState state;
    Query q = m_db->query(
        "SELECT id, head, read, others_read, others_delivered FROM rooms WHERE server_id = ?");
    if (q.bind(room).step()) {
        state.view = {q.integer(0), room, Seq(q.integer(3)), Seq(q.integer(4))};
        state.head = Seq(q.integer(1));
        state.read = Seq(q.integer(2));
        state.known = true;
    }
    return state;
}

// Holes with a position below `below`, newest first. A hole lies above a span: between it and the
// next, or up to head.
std::vector<MessageRow> SqliteReader::holesBelow(const RoomState& state, Position below,
                                                 std::size_t limit)
{
    std::vector<MessageRow> holes;
    // The span above the range bounds the first hole from above.
    Seq next = state.head.next();
    {
        Query q =
            m_db->query("SELECT lo FROM spans WHERE room = ? AND lo >= ? ORDER BY lo LIMIT 1");
        if (q.bind(state.view.key, below).step())
            next = Seq(q.integer(0));
    }
    Query q =
        m_db->query("SELECT lo, hi FROM spans WHERE room = ? AND lo < ? ORDER BY lo DESC LIMIT ?");
    q.bind(state.view.key, below, static_cast<std::int64_t>(limit) * 2 + 2);
    while (q.step() && holes.size() < limit) {
        const Seq lo(q.integer(0));
        const Seq hi(q.integer(1));
        if (hi.next() < next && hi.next().value() < below)
            holes.push_back(RowBuilder::hole(state.view, hi.next(), next.previous()));
        next = lo;
    }
    return holes;
}

// Holes with a position above `above`, oldest first.
std::vector<MessageRow> SqliteReader::holesAbove(const RoomState& state, Position above,
                                                 std::size_t limit)
{
    std::vector<MessageRow> holes;
    Query q = m_db->query(
        "SELECT lo, hi FROM spans WHERE room = ?1 AND lo >= coalesce("
        "(SELECT max(lo) FROM spans WHERE room = ?1 AND lo <= ?2), 0) ORDER BY lo LIMIT ?3");
    q.bind(state.view.key, above, static_cast<std::int64_t>(limit) * 2 + 2);
    Seq last;
    bool ended = true;
    std::size_t seen = 0;
    while (q.step()) {
        if (++seen == limit * 2 + 2)
            ended = false;
        if (last && last.next() < Seq(q.integer(0)) && last.next().value() > above)
            holes.push_back(RowBuilder::hole(state.view, last.next(), Seq(q.integer(0) - 1)));
        last = Seq(q.integer(1));
    }
    if (ended && last && last < state.head && last.next().value() > above)
        holes.push_back(RowBuilder::hole(state.view, last.next(), state.head));
    if (holes.size() > limit)
        holes.resize(limit);
    return holes;
}

bool SqliteReader::reachesStart(const RoomState& state)
{
    if (state.head == Seq())
        return true;
    Query q = m_db->query("SELECT lo FROM spans WHERE room = ? ORDER BY lo LIMIT 1");
    return q.bind(state.view.key).step() && q.integer(0) <= 1;
}

bool SqliteReader::nothingNewer(const RoomState& state, Position than)
{
    Query q = m_db->query("SELECT 1 FROM messages WHERE id > ? AND id < ? LIMIT 1");
    if (q.bind(packedKey(state.view.key, than), packedKey(state.view.key + 1, 0)).step())
        return false;
    return holesAbove(state, than, 1).empty();
}

Page SqliteReader::older(const RoomState& state, Position below, std::size_t limit)
{
    Page page;
    std::vector<MessageRow> holes = holesBelow(state, below, limit);
    auto hole = holes.begin();
    bool ended = true;
    page.rows.reserve(limit);
    {
        Query q = m_db->query("SELECT " SKEIN_MESSAGE_COLUMNS
                              " FROM messages WHERE id < ? AND id >= ? ORDER BY id DESC LIMIT ?");
        q.bind(packedKey(state.view.key, 0) + below, packedKey(state.view.key, 0),
               static_cast<std::int64_t>(limit) + 1);
        while (q.step()) {
            const Position place = placeOf(q.integer(0));
            while (hole != holes.end() && hole->position > place && page.rows.size() < limit)
                page.rows.push_back(std::move(*hole++));
            if (page.rows.size() == limit) {
                ended = false;
                break;
            }
            m_builder.build(q, state.view, page.rows.emplace_back());
        }
    }
    while (hole != holes.end() && page.rows.size() < limit)
        page.rows.push_back(std::move(*hole++));
    ended = ended && hole == holes.end();
    page.atOldest = ended && reachesStart(state);
    page.atNewest = below > kPlaceMask || nothingNewer(state, below - 1);
    return page;
}

Page SqliteReader::newer(const RoomState& state, Position above, std::size_t limit)
{
    Page page;
    std::vector<MessageRow> holes = holesAbove(state, above, limit);
    auto hole = holes.begin();
    bool ended = true;
    page.rows.reserve(limit);
    {
        Query q = m_db->query("SELECT " SKEIN_MESSAGE_COLUMNS
                              " FROM messages WHERE id > ? AND id < ? ORDER BY id LIMIT ?");
        q.bind(packedKey(state.view.key, above), packedKey(state.view.key + 1, 0),
               static_cast<std::int64_t>(limit) + 1);
        while (q.step()) {
            const Position place = placeOf(q.integer(0));
            while (hole != holes.end() && hole->position < place && page.rows.size() < limit)
                page.rows.push_back(std::move(*hole++));
            if (page.rows.size() == limit) {
                ended = false;
                break;
            }
            m_builder.build(q, state.view, page.rows.emplace_back());
        }
    }
    while (hole != holes.end() && page.rows.size() < limit)
        page.rows.push_back(std::move(*hole++));
    page.atNewest = ended && hole == holes.end();
    std::reverse(page.rows.begin(), page.rows.end());
    if (above <= 0)
        page.atOldest = reachesStart(state);
    return page;
}

Page SqliteReader::around(const RoomState& state, Seq seq, std::size_t limit)
{
    // The hole that covers the seq stands at its first missing entry.
    Position centre = seq.value();
    for (const MessageRow& hole : holesBelow(state, centre + 1, 1)) {
        if (hole.holeHi >= seq)
            centre = hole.position;
    }
    Page low = older(state, centre + 1, limit / 2 + 1);
    Page high = newer(state, centre, limit - std::min(limit, low.rows.size()));
    Page page;
    page.rows = std::move(high.rows);
    page.rows.insert(page.rows.end(), std::make_move_iterator(low.rows.begin()),
                     std::make_move_iterator(low.rows.end()));
    if (page.rows.size() > limit)
        page.rows.resize(limit); // limit 1: the seq itself is the first of `low`
    page.atOldest = low.atOldest;
    page.atNewest = high.atNewest;
    return page;
}

Result<RoomCounts> SqliteReader::counts(const RoomId& room)
{
    const Snapshot snapshot(*m_db);
    const RoomState state = look(room);
    RoomCounts counts;
    if (!m_db->ok())
        return fail(*m_db->error()); // a room that cannot be read is not an unknown one
    if (!state.known)
        return counts;
    {
        Query q = m_db->query("SELECT count(*) FROM outbox WHERE room = ? AND op = 0");
        if (q.bind(state.view.key).step())
            counts.total = state.head.value() + q.integer(0);
    }
    // Others' messages only: what one wrote oneself is not unread.
    Query q = m_db->query(
        "SELECT m.id FROM messages m JOIN users u ON u.id = m.sender WHERE m.id > ? AND m.id < ?"
        " AND m.kind IN (0, 1, 2, 4) AND u.server_id <> coalesce("
        "(SELECT value FROM meta WHERE key = 'user'), '') ORDER BY m.id LIMIT 1");
    if (q.bind(packedKey(state.view.key, state.read.value()),
               packedKey(state.view.key, kPendingBit))
            .step())
        counts.firstUnread = Seq(placeOf(q.integer(0)));
    if (!m_db->ok())
        return fail(*m_db->error());
    return counts;
}

Result<std::vector<RoomRow>> SqliteReader::rooms(std::size_t offset, std::size_t limit)
{
    const Snapshot snapshot(*m_db);
    std::vector<RoomRow> rows;
    const auto counts = unsentCounts(*m_db);
    // A short page looks its own drafts up; for the whole list one walk over all drafts is less.
    const bool isShort = limit <= kDraftLookupsMax;
    std::unordered_map<RoomKey, ShownDraft> drafts;
    if (!isShort)
        drafts = allDrafts(*m_db);
    Query q = isShort
                  ? m_db->query("SELECT " SKEIN_ROOM_ROW_COLUMNS ", " SKEIN_DRAFT_COLUMNS
                                " FROM rooms r LEFT JOIN drafts d ON d.room = r.id"
                                " WHERE r.member = 1"
                                " ORDER BY r.active_ts DESC, r.id LIMIT ? OFFSET ?")
                  : m_db->query("SELECT " SKEIN_ROOM_ROW_COLUMNS " FROM rooms r WHERE r.member = 1"
                                " ORDER BY r.active_ts DESC, r.id LIMIT ? OFFSET ?");
    q.bind(static_cast<std::int64_t>(limit), static_cast<std::int64_t>(offset));
    rows.reserve(std::min(limit, kRoomsReserved));
    while (q.step()) {
        RoomRow& row = rows.emplace_back();
        const RoomKey key = readRoomRow(q, row);
        if (const auto found = counts.find(key); found != counts.end()) {
            row.queued = found->second.queued;
            row.failed = found->second.failed;
        }
        if (isShort)
            readDraft(q, kRoomRowColumns).moveTo(row);
        else if (const auto found = drafts.find(key); found != drafts.end())
            found->second.moveTo(row);
    }
    if (!m_db->ok())
        return fail(*m_db->error());
    return rows;
}

Result<std::string> SqliteReader::draft(const RoomId& room)
{
    const Snapshot snapshot(*m_db);
    Query q = m_db->query(
        "SELECT d.text FROM drafts d JOIN rooms r ON r.id = d.room WHERE r.server_id = ?");
    std::string text;
    if (q.bind(room).step())
        text = q.text(0);
    if (!m_db->ok())
        return fail(*m_db->error());
    return text;
}

Result<Receipts> SqliteReader::receipts(const RoomId& room, Seq seq, std::size_t offset,
                                        std::size_t limit)
{
    const Snapshot snapshot(*m_db);
    const RoomState state = look(room);
    Receipts receipts;
    if (state.known) {
        // The counts stand in each row: they are of the whole list, and an offset past its end asks
        // for none.
        Query q = m_db->query(
            "SELECT u.server_id, u.name, p.read, p.delivered, count(*) OVER (),"
            " sum(p.delivered >= ?2 OR p.read >= ?2) OVER (), sum(p.read >= ?2) OVER ()"
            " FROM positions p JOIN users u ON u.id = p.user WHERE p.room = ?1"
            " AND p.user <> coalesce((SELECT sender FROM messages WHERE id = ?3), 0)"
            " AND u.server_id <> coalesce((SELECT value FROM meta WHERE key = 'user'), '')"
            " ORDER BY p.read >= ?2 DESC, p.delivered >= ?2 DESC, u.name COLLATE NOCASE, u.id"
            " LIMIT ?4 OFFSET ?5");
        q.bind(state.view.key, seq, packedKey(state.view.key, seq.value()),
               static_cast<std::int64_t>(limit), static_cast<std::int64_t>(offset));
        while (q.step()) {
            receipts.rows.push_back(
                {UserId(q.view(0)), q.text(1), Seq(q.integer(2)), Seq(q.integer(3))});
            receipts.others = q.integer(4);
            receipts.delivered = q.integer(5);
            receipts.read = q.integer(6);
        }
    }
    if (!m_db->ok())
        return fail(*m_db->error());
    return receipts;
}

} // namespace

Result<std::unique_ptr<Reader>> Reader::open(const std::string& path)
{
    auto opened = Db::open(path, Db::Mode::ReadOnly, {});
    if (!opened)
        return fail(opened.error());
    Db& db = **opened;
    const std::int64_t version = db.integer("PRAGMA user_version");
    db.exec("PRAGMA cache_size = -16000");
    if (auto error = db.takeError())
        return fail(std::move(*error));
    if (version != static_cast<std::int64_t>(migrations().size()))
        return fail(ErrorCode::StorageVersion, "schema " + std::to_string(version));
    return std::make_unique<SqliteReader>(std::move(*opened));
}

} // namespace skein::offline
