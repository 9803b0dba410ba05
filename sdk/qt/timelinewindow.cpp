#include "sdk/qt/timelinewindow.h"

#include <algorithm>
#include <cassert>
#include <limits>
#include <unordered_set>
#include <utility>

namespace Skein
{

using skein::Seq;
using skein::offline::MessageRow;
using skein::offline::Position;
using skein::offline::RowId;

namespace
{

bool isConfirmed(const MessageRow& row)
{
    return (row.position & skein::offline::kPendingBit) == 0;
}

/// What is here is newer than what comes: two threads read the store at different moments.
bool isStale(const MessageRow& have, const MessageRow& come)
{
    if (have.isHole() || come.isHole())
        return false;
    if (isConfirmed(have) != isConfirmed(come))
        return isConfirmed(have);
    return come.rev < have.rev;
}

} // namespace

std::uint32_t differingFields(const MessageRow& a, const MessageRow& b)
{
    std::uint32_t fields = 0;
    const auto mark = [&fields](bool differs, std::uint32_t field) {
        if (differs)
            fields |= field;
    };
    mark(a.seq != b.seq, kFieldSeq);
    mark(a.tempId != b.tempId, kFieldTempId);
    mark(a.sender != b.sender || a.senderName != b.senderName || a.own != b.own, kFieldSender);
    mark(a.kind != b.kind, kFieldKind);
    mark(a.body != b.body, kFieldBody);
    mark(a.ts != b.ts, kFieldTime);
    mark(a.status != b.status || a.error != b.error, kFieldStatus);
    mark(a.edited != b.edited, kFieldEdited);
    mark(a.deleted != b.deleted, kFieldDeleted);
    mark(a.pinned != b.pinned, kFieldPinned);
    mark(a.replyTo != b.replyTo, kFieldReply);
    mark(a.reactions != b.reactions, kFieldReactions);
    mark(a.attachments != b.attachments, kFieldAttachments);
    mark(a.type != b.type || a.holeHi != b.holeHi, kFieldHole);
    return fields;
}

TimelineWindow::TimelineWindow(WindowObserver& observer, DayOf dayOf, std::int64_t groupGapMs)
    : m_observer(observer)
    , m_dayOf(dayOf)
    , m_groupGapMs(groupGapMs)
{
}

// ---- looking
// -----------------------------------------------------------------------------------------------------

/// Index of the first row with a position at or below `position`.
std::size_t TimelineWindow::lowerBound(Position position) const
{
    const auto it =
        std::partition_point(m_rows.begin(), m_rows.end(), [position](const Entry& entry) {
            return entry->row.position > position;
        });
    return static_cast<std::size_t>(it - m_rows.begin());
}

int TimelineWindow::indexOf(const WindowRow& entry) const
{
    const std::size_t index = lowerBound(entry.row.position);
    assert(index < m_rows.size() && m_rows[index].get() == &entry);
    return static_cast<int>(index);
}

int TimelineWindow::rowOfShown(RowId shownId) const
{
    const auto found = m_byShown.find(shownId);
    return found == m_byShown.end() ? -1 : indexOf(*found->second);
}

int TimelineWindow::rowOfId(RowId rowId) const
{
    const auto found = m_byId.find(rowId);
    return found == m_byId.end() ? -1 : indexOf(*found->second);
}

int TimelineWindow::rowOfTemp(const skein::TempId& tempId) const
{
    const auto found = m_byTemp.find(tempId);
    return found == m_byTemp.end() ? -1 : indexOf(*found->second);
}

int TimelineWindow::rowOfSeq(Seq seq) const
{
    const std::size_t index = lowerBound(seq.value());
    if (index >= m_rows.size())
        return -1;
    const MessageRow& row = m_rows[index]->row;
    if (row.isHole())
        return row.seq <= seq && seq <= row.holeHi ? static_cast<int>(index) : -1;
    return row.seq == seq ? static_cast<int>(index) : -1;
}

int TimelineWindow::dividerRow() const
{
    if (!m_divider)
        return -1;
    for (int row = 0; row < size(); ++row)
        if (at(row).divider)
            return row;
    return -1;
}

WindowRow* TimelineWindow::known(const MessageRow& row) const
{
    if (const auto found = m_byId.find(row.rowId); found != m_byId.end())
        return found->second;
    if (!row.tempId.empty())
        if (const auto found = m_byTemp.find(row.tempId); found != m_byTemp.end())
            return found->second;
    return nullptr;
}

bool TimelineWindow::inside(Position position) const
{
    if (m_rows.empty())
        return m_atNewest;
    if (position > m_rows.front()->row.position)
        return m_atNewest;
    if (position < m_rows.back()->row.position)
        return m_atOldest;
    return true;
}

// ---- identity
// ----------------------------------------------------------------------------------------------------

TimelineWindow::Entry TimelineWindow::make(MessageRow row) const
{
    auto entry = std::make_unique<WindowRow>();
    entry->shownId = row.rowId;
    entry->day = m_dayOf(row.ts);
    entry->row = std::move(row);
    return entry;
}

void TimelineWindow::learn(WindowRow& entry)
{
    m_byId[entry.row.rowId] = &entry;
    m_byShown[entry.shownId] = &entry;
    if (!entry.row.tempId.empty())
        m_byTemp[entry.row.tempId] = &entry;
}

void TimelineWindow::forget(const WindowRow& entry)
{
    const auto drop = [&entry](auto& map, const auto& key) {
        if (const auto found = map.find(key); found != map.end() && found->second == &entry)
            map.erase(found);
    };
    drop(m_byId, entry.row.rowId);
    drop(m_byShown, entry.shownId);
    drop(m_byTemp, entry.row.tempId);
    m_notes.erase(&entry);
}

void TimelineWindow::note(const WindowRow& entry, std::uint32_t fields)
{
    if (fields != 0 && !entry.fresh)
        m_notes[&entry] |= fields;
}

// ---- what follows from the neighbours
// ----------------------------------------------------------------------------

/// Recomputes day, divider and grouping of rows [first, last], both clipped.
void TimelineWindow::derive(int first, int last)
{
    first = std::max(first, 0);
    last = std::min(last, size() - 1);
    for (int i = first; i <= last; ++i) {
        WindowRow& entry = *m_rows[static_cast<std::size_t>(i)];
        bool dayStart = false;
        bool divider = false;
        bool groupStart = true;
        bool groupEnd = true;
        if (!entry.row.isHole()) {
            const WindowRow* next = i + 1 < size() ? &at(i + 1) : nullptr;
            const WindowRow* older = next;
            for (int k = i + 1; older && older->row.isHole();)
                older = ++k < size() ? &at(k) : nullptr;
            dayStart = older ? older->day != entry.day : m_atOldest;
            const bool atDivider = m_divider && entry.row.seq >= m_divider;
            divider = atDivider && (next ? next->row.seq < m_divider && isConfirmed(next->row)
                                         : m_atOldest || entry.row.seq == m_divider);
            const auto joins = [this](const WindowRow& a, const WindowRow& b) {
                return !a.row.isHole() && !b.row.isHole() && a.row.sender == b.row.sender &&
                       a.row.kind != skein::protocol::Kind::System &&
                       b.row.kind != skein::protocol::Kind::System && a.day == b.day &&
                       std::abs(a.row.ts - b.row.ts) < m_groupGapMs;
            };
            groupStart = !next || divider || !joins(*next, entry);
            if (const WindowRow* newer = i > 0 ? &at(i - 1) : nullptr) {
                const bool newerDivider = m_divider && newer->row.seq >= m_divider &&
                                          entry.row.seq < m_divider && isConfirmed(entry.row);
                groupEnd = newerDivider || !joins(entry, *newer);
            }
        }
        std::uint32_t fields = 0;
        const auto put = [&fields](bool& have, bool want, std::uint32_t field) {
            if (have != want)
                fields |= field;
            have = want;
        };
        put(entry.dayStart, dayStart, kFieldDay);
        put(entry.divider, divider, kFieldDivider);
        put(entry.groupStart, groupStart, kFieldGroupStart);
        put(entry.groupEnd, groupEnd, kFieldGroupEnd);
        note(entry, fields);
    }
    deriveHeldBack();
}

/// Unsent rows stand in front; one that failed holds back all that were written after it.
void TimelineWindow::deriveHeldBack()
{
    int unsent = 0;
    while (unsent < size() && !isConfirmed(at(unsent).row))
        ++unsent;
    bool failed = false;
    for (int i = unsent - 1; i >= 0; --i) {
        WindowRow& entry = *m_rows[static_cast<std::size_t>(i)];
        const bool itself = entry.row.status == skein::offline::Status::Failed;
        if (entry.heldBack != (failed && !itself)) {
            entry.heldBack = failed && !itself;
            note(entry, kFieldStatus);
        }
        failed = failed || itself;
    }
}

/// Ends a batch: what the neighbours imply, then one rowsChanged() for each run of rows with the
/// same fields.
void TimelineWindow::finish()
{
    derive(0, size() - 1);
    std::vector<std::pair<int, std::uint32_t>> changed;
    changed.reserve(m_notes.size());
    for (const auto& [entry, fields] : m_notes)
        if (!entry->fresh)
            changed.emplace_back(indexOf(*entry), fields);
    m_notes.clear();
    for (const Entry& entry : m_rows)
        entry->fresh = false;
    std::sort(changed.begin(), changed.end());
    for (std::size_t i = 0; i < changed.size();) {
        std::size_t end = i + 1;
        while (end < changed.size() && changed[end].second == changed[i].second &&
               changed[end].first == changed[end - 1].first + 1)
            ++end;
        m_observer.rowsChanged(changed[i].first, changed[end - 1].first, changed[i].second);
        i = end;
    }
}

// ---- changing
// ----------------------------------------------------------------------------------------------------

void TimelineWindow::removeRange(int first, int last)
{
    if (first > last)
        return;
    m_observer.aboutToRemove(first, last);
    for (int row = first; row <= last; ++row)
        forget(at(row));
    m_rows.erase(m_rows.begin() + first, m_rows.begin() + last + 1);
    m_observer.removed();
}

void TimelineWindow::removeIds(const std::vector<RowId>& ids)
{
    std::vector<int> rows;
    for (const RowId id : ids)
        if (const int row = rowOfId(id); row >= 0)
            rows.push_back(row);
    std::sort(rows.begin(), rows.end());
    rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
    // From the old end, so that the indices that are left stay right; neighbours in one step.
    for (std::size_t end = rows.size(); end > 0;) {
        std::size_t begin = end - 1;
        while (begin > 0 && rows[begin - 1] == rows[begin] - 1)
            --begin;
        removeRange(rows[begin], rows[end - 1]);
        end = begin;
    }
}

/// Two rows never stand at one place: what stood there (a hole whose first message has come)
/// leaves.
void TimelineWindow::vacate(Position place, const WindowRow* except)
{
    const std::size_t index = lowerBound(place);
    if (index < m_rows.size() && m_rows[index]->row.position == place &&
        m_rows[index].get() != except)
        removeRange(static_cast<int>(index), static_cast<int>(index));
}

/// Takes the new state of a row that is here, and moves it when its place changed.
void TimelineWindow::assign(WindowRow& entry, MessageRow row)
{
    vacate(row.position, &entry);
    std::uint32_t fields = differingFields(entry.row, row);
    const int from = indexOf(entry);
    const Position place = row.position;
    int to = from;
    if (place != entry.row.position) {
        to = static_cast<int>(lowerBound(place));
        if (to > from)
            --to; // the row itself leaves a gap above
    }
    const RowId oldId = entry.row.rowId;
    if (oldId != row.rowId)
        m_byId.erase(oldId);
    if (entry.row.tempId != row.tempId && !entry.row.tempId.empty()) {
        m_byTemp.erase(entry.row.tempId);
    }
    // It leaves the unsent rows, which are all that deriveHeldBack() looks at.
    if (entry.heldBack && isConfirmed(row)) {
        entry.heldBack = false;
        fields |= kFieldStatus;
    }
    const auto store = [&] {
        entry.row = std::move(row);
        entry.day = m_dayOf(entry.row.ts);
        learn(entry);
    };
    if (to != from) {
        m_observer.aboutToMove(from, to);
        const auto begin = m_rows.begin();
        if (from < to)
            std::rotate(begin + from, begin + from + 1, begin + to + 1);
        else
            std::rotate(begin + to, begin + from, begin + from + 1);
        store();
        m_observer.moved();
    } else {
        store();
    }
    note(entry, fields);
}

/// `run`: newest first, all for one place between two rows.
void TimelineWindow::insertRun(std::vector<Entry> run)
{
    const int first = static_cast<int>(lowerBound(run.front()->row.position));
    const int last = first + static_cast<int>(run.size()) - 1;
    m_observer.aboutToInsert(first, last);
    for (const Entry& entry : run)
        learn(*entry);
    m_rows.insert(m_rows.begin() + first, std::make_move_iterator(run.begin()),
                  std::make_move_iterator(run.end()));
    // A view may make its delegates right after: what decides their height is final.
    derive(first - 1, last + 1);
    m_observer.inserted(first, last);
}

void TimelineWindow::upsert(Rows rows)
{
    std::vector<Entry> fresh;
    for (MessageRow& row : rows) {
        if (WindowRow* entry = known(row)) {
            if (!isStale(entry->row, row))
                assign(*entry, std::move(row));
        } else {
            vacate(row.position, nullptr);
            fresh.push_back(make(std::move(row)));
        }
    }
    std::stable_sort(fresh.begin(), fresh.end(), [](const Entry& a, const Entry& b) {
        return a->row.position > b->row.position;
    });
    for (std::size_t i = 0; i < fresh.size();) {
        const std::size_t place = lowerBound(fresh[i]->row.position);
        std::size_t end = i + 1;
        while (end < fresh.size() && lowerBound(fresh[end]->row.position) == place)
            ++end;
        std::vector<Entry> run(
            std::make_move_iterator(fresh.begin() + static_cast<std::ptrdiff_t>(i)),
            std::make_move_iterator(fresh.begin() + static_cast<std::ptrdiff_t>(end)));
        insertRun(std::move(run));
        i = end;
    }
}

void TimelineWindow::replace(Rows rows, bool atNewest, bool atOldest)
{
    m_observer.aboutToReset();
    m_rows.clear();
    m_byId.clear();
    m_byShown.clear();
    m_byTemp.clear();
    m_notes.clear();
    m_atNewest = atNewest;
    m_atOldest = atOldest;
    std::stable_sort(rows.begin(), rows.end(), [](const MessageRow& a, const MessageRow& b) {
        return a.position > b.position;
    });
    for (MessageRow& row : rows) {
        if (m_byId.count(row.rowId) != 0)
            continue;
        m_rows.push_back(make(std::move(row)));
        learn(*m_rows.back());
    }
    derive(0, size() - 1);
    m_notes.clear();
    for (const Entry& entry : m_rows)
        entry->fresh = false;
    m_observer.wasReset();
}

void TimelineWindow::become(Rows rows, bool atNewest, bool atOldest)
{
    std::unordered_set<const WindowRow*> kept;
    for (const MessageRow& row : rows)
        if (const WindowRow* entry = known(row))
            kept.insert(entry);
    std::vector<RowId> gone;
    for (const Entry& entry : m_rows)
        if (kept.count(entry.get()) == 0)
            gone.push_back(entry->row.rowId);
    m_atNewest = atNewest;
    m_atOldest = atOldest;
    removeIds(gone);
    upsert(std::move(rows));
    finish();
}

void TimelineWindow::addOlder(Rows rows, bool atOldest)
{
    m_atOldest = atOldest;
    upsert(std::move(rows));
    finish();
}

void TimelineWindow::addNewer(Rows rows, bool atNewest)
{
    m_atNewest = atNewest;
    upsert(std::move(rows));
    finish();
}

void TimelineWindow::apply(const std::vector<RowId>& removed, Rows upserts)
{
    std::vector<RowId> leaving = removed;
    Rows staying;
    staying.reserve(upserts.size());
    // A batch may continue an edge step by step, so the ends are those after the rows before it.
    const bool wasEmpty = m_rows.empty();
    for (MessageRow& row : upserts) {
        const WindowRow* entry = known(row);
        if (inside(row.position) || (wasEmpty && m_atNewest))
            staying.push_back(std::move(row));
        else if (entry && !isStale(entry->row, row))
            leaving.push_back(entry->row.rowId); // moved out of the window
    }
    removeIds(leaving);
    upsert(std::move(staying));
    finish();
}

void TimelineWindow::addOptimistic(MessageRow row)
{
    Rows rows;
    rows.push_back(std::move(row));
    upsert(std::move(rows));
    finish();
}

void TimelineWindow::update(int row, MessageRow value)
{
    assign(*m_rows[static_cast<std::size_t>(row)], std::move(value));
    finish();
}

void TimelineWindow::remove(int row)
{
    removeRange(row, row);
    finish();
}

void TimelineWindow::trimNewest(int n)
{
    n = std::min(n, size());
    if (n <= 0)
        return;
    m_atNewest = false;
    removeRange(0, n - 1);
    finish();
}

void TimelineWindow::trimOldest(int n)
{
    n = std::min(n, size());
    if (n <= 0)
        return;
    m_atOldest = false;
    removeRange(size() - n, size() - 1);
    finish();
}

void TimelineWindow::setAtOldest(bool atOldest)
{
    m_atOldest = atOldest;
    finish();
}

void TimelineWindow::setDivider(Seq seq)
{
    if (m_divider == seq)
        return;
    m_divider = seq;
    finish();
}

void TimelineWindow::applyReceipts(Seq othersDelivered, Seq othersRead)
{
    using skein::offline::Status;
    for (const Entry& entry : m_rows) {
        MessageRow& row = entry->row;
        if (row.isHole() || !row.own || !isConfirmed(row) || row.status == Status::Failed)
            continue;
        Status status = row.status;
        if (row.seq <= othersRead)
            status = Status::Read;
        else if (row.seq <= othersDelivered && status != Status::Read)
            status = Status::Delivered;
        if (status != row.status) {
            row.status = status;
            note(*entry, kFieldStatus);
        }
    }
    finish();
}

} // namespace Skein
