// What feeds a TimelineModel: pages from the reader, changes from the engine, and what follows from
// where the view is.
#include "sdk/qt/displaytext.h"
#include "sdk/qt/timelinemodel_p.h"

#include <algorithm>
#include <utility>

namespace Skein
{

using skein::Seq;
using skein::offline::MessageRow;
using skein::offline::Page;
using skein::offline::Position;
using skein::offline::RowId;

namespace
{

bool isHole(const MessageRow& row)
{
    return row.type == MessageRow::Type::Hole;
}

bool isUnreadKind(const MessageRow& row)
{
    return !isHole(row) && !row.own && row.seq && skein::protocol::countsAsUnread(row.kind);
}

struct RoleOfField {
    std::uint32_t field;
    int role;
};
constexpr RoleOfField kRoles[] = {
    {kFieldSeq, TimelineModel::SeqRole},
    {kFieldSeq | kFieldTempId, TimelineModel::TempIdRole},
    {kFieldSender, TimelineModel::SenderIdRole},
    {kFieldSender, TimelineModel::SenderNameRole},
    {kFieldSender, TimelineModel::SenderInitialsRole},
    {kFieldSender, TimelineModel::SenderColorRole},
    {kFieldSender, TimelineModel::OwnRole},
    {kFieldKind, TimelineModel::KindRole},
    {kFieldBody, TimelineModel::BodyRole},
    {kFieldTime, TimelineModel::TimeTextRole},
    {kFieldTime, TimelineModel::TimestampRole},
    {kFieldDay, TimelineModel::DayTextRole},
    {kFieldDivider, TimelineModel::UnreadDividerRole},
    {kFieldGroupStart, TimelineModel::GroupStartRole},
    {kFieldGroupEnd, TimelineModel::GroupEndRole},
    {kFieldStatus, TimelineModel::StatusRole},
    {kFieldStatus, TimelineModel::StatusTextRole},
    {kFieldStatus, TimelineModel::ErrorTextRole},
    {kFieldStatus, TimelineModel::CanRetryRole},
    {kFieldEdited | kFieldDeleted, TimelineModel::EditedRole},
    {kFieldDeleted, TimelineModel::DeletedRole},
    {kFieldPinned, TimelineModel::PinnedRole},
    {kFieldReply, TimelineModel::ReplySenderRole},
    {kFieldReply, TimelineModel::ReplyTextRole},
    {kFieldReply, TimelineModel::ReplySeqRole},
    {kFieldReactions, TimelineModel::ReactionsRole},
    {kFieldAttachments, TimelineModel::AttachmentsRole},
    {kFieldHole, TimelineModel::HoleRole},
    {kFieldHole, TimelineModel::HoleCountRole},
};

} // namespace

// ---- ChangeBuffer
// ------------------------------------------------------------------------------------------------

void ChangeBuffer::put(MessageRow row)
{
    m_removed.erase(row.rowId);
    if (const auto [found, isNew] = m_index.emplace(row.rowId, m_upserts.size()); isNew)
        m_upserts.push_back(std::move(row));
    else
        m_upserts[found->second] = std::move(row);
}

void ChangeBuffer::add(const skein::engine::TimelineChange& change)
{
    m_reset = m_reset || change.reset;
    for (const RowId id : change.removed) {
        m_removed.insert(id);
        if (const auto found = m_index.find(id); found != m_index.end()) {
            const std::size_t index = found->second;
            m_index.erase(found);
            if (index + 1 != m_upserts.size()) {
                m_upserts[index] = std::move(m_upserts.back());
                m_index[m_upserts[index].rowId] = index;
            }
            m_upserts.pop_back();
        }
    }
    for (const MessageRow& row : change.upserted)
        put(row);
    // Bounded: more than this at once is a reload of the window, which costs less.
    if (m_upserts.size() > 2 * skein::engine::kTimelineChangeMax) {
        clear();
        m_reset = true;
    }
}

void ChangeBuffer::add(const ChangeBuffer& later)
{
    skein::engine::TimelineChange change;
    change.removed.assign(later.m_removed.begin(), later.m_removed.end());
    change.upserted = later.m_upserts;
    change.reset = later.m_reset;
    add(change);
}

void ChangeBuffer::clear()
{
    m_removed.clear();
    m_upserts.clear();
    m_index.clear();
    m_reset = false;
}

void ChangeBuffer::take(std::vector<RowId>& removed, TimelineWindow::Rows& upserts, bool& reset)
{
    removed.assign(m_removed.begin(), m_removed.end());
    upserts = std::move(m_upserts);
    reset = m_reset;
    clear();
    std::sort(upserts.begin(), upserts.end(),
              [](const MessageRow& a, const MessageRow& b) { return a.position < b.position; });
}

// ---- batches and the observer
// ------------------------------------------------------------------------------------

TimelineModel::Private::Private(TimelineModel& owner, const QString& roomId, TimelinePort& p)
    : q(owner)
    , port(p)
    , room(display::utf8(roomId))
    , window(
          *this, [](std::int64_t ms) { return display::localDay(ms); }, kGroupGapMs)
{
    info.room = room;
    clock.start();
    flushTimer.setSingleShot(true);
    flushTimer.setTimerType(Qt::PreciseTimer);
    QObject::connect(&flushTimer, &QTimer::timeout, &q, [this] { applyPending(); });
    pollTimer.setInterval(kPollMs);
    QObject::connect(&pollTimer, &QTimer::timeout, &q, [this] { poll(); });
}

TimelineModel::Private::Batch::Batch(Private& owner)
    : m_d(owner)
{
    ++m_d.batchDepth;
}

TimelineModel::Private::Batch::~Batch()
{
    if (--m_d.batchDepth > 0)
        return;
    if (std::exchange(m_d.batchAnnounced, false))
        Q_EMIT m_d.q.changed();
    m_d.updateDerived();
}

void TimelineModel::Private::aboutToInsert(int first, int last)
{
    if (!std::exchange(batchAnnounced, true))
        Q_EMIT q.aboutToChange();
    insertingNewest = first == 0 ? last + 1 : 0;
    if (insertingNewest > 0)
        Q_EMIT q.aboutToInsertNewest(insertingNewest);
    q.beginInsertRows({}, first, last);
}

void TimelineModel::Private::inserted(int first, int last)
{
    const int n = last - first + 1;
    if (firstVisible >= 0 && first <= firstVisible) {
        firstVisible += n;
        lastVisible += n;
    }
    q.endInsertRows();
    if (const int newest = std::exchange(insertingNewest, 0); newest > 0)
        Q_EMIT q.newestInserted(newest);
}

void TimelineModel::Private::aboutToRemove(int first, int last)
{
    if (!std::exchange(batchAnnounced, true))
        Q_EMIT q.aboutToChange();
    if (firstVisible >= 0) {
        const int above = std::clamp(firstVisible - first, 0, last - first + 1);
        const int upTo = std::clamp(lastVisible - first + 1, 0, last - first + 1);
        firstVisible -= above;
        lastVisible = std::max(lastVisible - upTo, firstVisible);
    }
    q.beginRemoveRows({}, first, last);
}

void TimelineModel::Private::removed()
{
    q.endRemoveRows();
}

void TimelineModel::Private::aboutToMove(int from, int to)
{
    if (!std::exchange(batchAnnounced, true))
        Q_EMIT q.aboutToChange();
    q.beginMoveRows({}, from, from, {}, to > from ? to + 1 : to);
}

void TimelineModel::Private::moved()
{
    q.endMoveRows();
}

void TimelineModel::Private::rowsChanged(int first, int last, std::uint32_t fields)
{
    QList<int> roles;
    for (const auto& [field, role] : kRoles)
        if ((fields & field) != 0)
            roles << role;
    if (roles.isEmpty())
        return;
    // A tick or an id never changes a height.
    constexpr std::uint32_t flat = kFieldSeq | kFieldTempId | kFieldTime;
    if ((fields & ~flat) != 0 && !std::exchange(batchAnnounced, true))
        Q_EMIT q.aboutToChange();
    Q_EMIT q.dataChanged(q.index(first), q.index(last), roles);
}

void TimelineModel::Private::aboutToReset()
{
    q.beginResetModel();
}

void TimelineModel::Private::wasReset()
{
    firstVisible = lastVisible = -1;
    q.endResetModel();
}

// ---- requests
// ----------------------------------------------------------------------------------------------------

void TimelineModel::Private::request(Purpose purpose, PageRequest::Kind kind, Position position,
                                     Seq seq, std::size_t limit)
{
    PageRequest page;
    page.ticket = nextTicket++;
    page.room = room;
    page.kind = kind;
    page.position = position;
    page.seq = seq;
    page.limit = limit;
    tickets.emplace(page.ticket, Ticket{purpose, limit, seq});
    port.requestPage(page);
    updateDerived();
}

bool TimelineModel::Private::pending(Purpose purpose) const
{
    return std::any_of(tickets.begin(), tickets.end(),
                       [purpose](const auto& ticket) { return ticket.second.purpose == purpose; });
}

void TimelineModel::Private::loadOlder()
{
    if (!ready || window.atOldest() || pending(Purpose::Older))
        return;
    if (window.size() == 0)
        request(Purpose::Older, PageRequest::Kind::Newest, 0, Seq(), kPageRows);
    else
        request(Purpose::Older, PageRequest::Kind::Before,
                window.at(window.size() - 1).row.position, Seq(), kPageRows);
}

void TimelineModel::Private::loadNewer()
{
    if (ready && !window.atNewest() && window.size() > 0 && !pending(Purpose::Newer))
        request(Purpose::Newer, PageRequest::Kind::After, window.at(0).row.position, Seq(),
                kPageRows);
}

void TimelineModel::Private::askServerForOlder()
{
    Seq oldest;
    for (int i = window.size() - 1; i >= 0 && !oldest; --i)
        oldest = window.at(i).row.seq;
    if (!std::exchange(serverOlder, true))
        olderPolls = 0;
    pollTimer.start();
    port.wantHistory(room, oldest);
}

/// The whole window again from the disk, as the smallest change: after too much at once, or a hole
/// that was filled.
void TimelineModel::Private::reload()
{
    if (!ready || pending(Purpose::Reload))
        return;
    const auto limit =
        static_cast<std::size_t>(std::clamp(window.size(), kOpeningRows, kWindowRowsMin));
    int middle = firstVisible < 0 ? 0 : (firstVisible + lastVisible) / 2;
    Seq seq;
    if (!window.atNewest() || middle > kLoadAheadRows)
        for (; middle < window.size() && !seq; ++middle)
            seq = window.at(middle).row.seq;
    if (seq)
        request(Purpose::Reload, PageRequest::Kind::Around, 0, seq, limit);
    else
        request(Purpose::Reload, PageRequest::Kind::Newest, 0, Seq(), limit);
}

void TimelineModel::Private::checkEdges()
{
    if (!ready || lastVisible < 0)
        return;
    if (window.size() - 1 - lastVisible < kLoadAheadRows && !serverOlder)
        loadOlder();
    if (firstVisible < kLoadAheadRows)
        loadNewer();
}

void TimelineModel::Private::checkHoles()
{
    if (!ready || lastVisible < 0)
        return;
    const int from = std::max(firstVisible - kHoleAheadRows, 0);
    const int to = std::min(lastVisible + kHoleAheadRows, window.size() - 1);
    const qint64 now = clock.elapsed();
    for (int i = from; i <= to; ++i) {
        const MessageRow& row = window.at(i).row;
        if (!isHole(row))
            continue;
        const auto [asked, isNew] = holesAsked.emplace(row.rowId, now);
        if (!isNew && now - asked->second < kHoleAgainMs)
            continue;
        asked->second = now;
        port.wantHistory(room, row.holeHi.next());
        if (!pollTimer.isActive())
            pollTimer.start();
    }
    if (holesAsked.size() > kWindowRowsMax)
        holesAsked.clear();
}

/// While the server was asked: what came may have changed nothing but how far the room is known, so
/// look again.
void TimelineModel::Private::poll()
{
    if (++olderPolls > kPollsMax) {
        pollTimer.stop();
        return;
    }
    bool holeInView = false;
    for (int i = std::max(firstVisible, 0); i <= lastVisible && i < window.size(); ++i)
        holeInView = holeInView || isHole(window.at(i).row);
    if (serverOlder)
        loadOlder();
    if (holeInView) {
        reload();
        checkHoles();
    }
    if (!serverOlder && !holeInView)
        pollTimer.stop();
}

void TimelineModel::Private::takeCounts(const skein::offline::RoomCounts& counts)
{
    totalRows = counts.total;
}

/// Drops rows from a page that a later change has removed.
void TimelineModel::Private::withoutRemoved(TimelineWindow::Rows& rows) const
{
    rows.erase(std::remove_if(rows.begin(), rows.end(),
                              [this](const MessageRow& row) {
                                  return since.removes(row.rowId) || waiting.removes(row.rowId);
                              }),
               rows.end());
    // Rows that wait under holdNewest are as new as they come.
}

/// Own rows that the store has not told of stand at the end of every window that reaches it.
void TimelineModel::Private::addLocalRows()
{
    if (!window.atNewest())
        return;
    for (const LocalRow& row : local)
        if (window.rowOfTemp(row.row.tempId) < 0)
            window.addOptimistic(row.row);
}

void TimelineModel::Private::openedWith(Page page, const skein::offline::RoomCounts& counts)
{
    const bool knowsAll = page.atOldest;
    const bool empty = page.rows.empty();
    window.setDivider(counts.firstUnread);
    window.replace(std::move(page.rows), page.atNewest, page.atOldest);
    addLocalRows();
    ready = true;
    if (infoKnown)
        window.applyReceipts(info.othersDelivered, info.othersRead);
    updateDerived();
    Q_EMIT q.readyChanged();
    Q_EMIT q.opened();
    if (empty && !knowsAll)
        askServerForOlder();
}

void TimelineModel::Private::jumpLoaded(Purpose purpose, Page page)
{
    if (purpose == Purpose::JumpNewest) {
        window.replace(std::move(page.rows), true, page.atOldest);
        addLocalRows();
        updateDerived();
        Q_EMIT q.jumpReady(0);
        return;
    }
    if (!jumpSeq)
        return; // another jump has taken its place
    const bool inRange = !page.rows.empty() && page.rows.back().position <= jumpSeq.value() &&
                         page.rows.front().position >= jumpSeq.value();
    if (!inRange) {
        if (++jumpTries > kJumpTriesMax) {
            jumpSeq = Seq();
            Q_EMIT q.jumpFailed();
            return;
        }
        port.wantAround(room, jumpSeq);
        return;
    }
    window.replace(std::move(page.rows), page.atNewest, page.atOldest);
    addLocalRows();
    updateDerived();
    int row = window.rowOfSeq(jumpSeq);
    if (row >= 0 && isHole(window.at(row).row)) {
        port.wantAround(room, jumpSeq);
        Q_EMIT q.jumpReady(row);
        return;
    }
    if (row < 0) // the seq of a change: the message before it
        for (row = 0; row < window.size() - 1 && window.at(row).row.position > jumpSeq.value();)
            ++row;
    jumpSeq = Seq();
    Q_EMIT q.jumpReady(row);
}

void TimelineModel::start()
{
    if (std::exchange(d->started, true))
        return;
    d->request(Private::Purpose::Opening, PageRequest::Kind::Opening, 0, Seq(),
               Private::kOpeningRows);
}

void TimelineModel::pageLoaded(quint64 ticket, const skein::Result<Page>& result,
                               const skein::offline::RoomCounts& counts)
{
    const auto found = d->tickets.find(ticket);
    if (found == d->tickets.end())
        return; // of a window that was replaced
    const Private::Ticket asked = found->second;
    d->tickets.erase(found);
    const QString problem = result ? QString() : display::errorSentence(result.error().code);
    if (d->errorText != problem) {
        d->errorText = problem;
        Q_EMIT errorTextChanged();
    }
    if (!result) {
        if (asked.purpose == Private::Purpose::Opening)
            d->started = false; // start() tries again
        d->updateDerived();
        return;
    }
    Page page = *result;
    d->withoutRemoved(page.rows);
    d->takeCounts(counts);
    using Purpose = Private::Purpose;
    if (asked.purpose == Purpose::Opening || asked.purpose == Purpose::JumpNewest ||
        (asked.purpose == Purpose::JumpSeq && asked.seq == d->jumpSeq))
        d->tickets.clear(); // pages next to a window that is gone
    {
        const Private::Batch batch(*d);
        const std::size_t got = result->rows.size();
        switch (asked.purpose) {
        case Purpose::Opening:
            d->openedWith(std::move(page), counts);
            break;
        case Purpose::JumpNewest:
        case Purpose::JumpSeq:
            if (asked.purpose == Purpose::JumpNewest || asked.seq == d->jumpSeq)
                d->jumpLoaded(asked.purpose, std::move(page));
            break;
        case Purpose::Older: {
            const bool atOldest = page.atOldest;
            d->window.addOlder(std::move(page.rows), atOldest);
            if (got > 0 || atOldest) {
                d->serverOlder = false;
                d->olderPolls = 0;
            }
            if (got < asked.limit && !atOldest)
                d->askServerForOlder();
            break;
        }
        case Purpose::Newer:
            d->window.addNewer(std::move(page.rows), page.atNewest);
            d->addLocalRows();
            break;
        case Purpose::Reload:
            d->window.become(std::move(page.rows), page.atNewest, page.atOldest);
            d->addLocalRows();
            break;
        }
        d->trim();
    }
    // What changed since the request was made, over what may be older than it.
    if (!d->since.empty())
        d->waiting.add(d->since);
    if (d->tickets.empty())
        d->since.clear();
    d->applyPending();
    d->checkEdges();
    d->checkHoles();
}

// ---- changes
// -----------------------------------------------------------------------------------------------------

void TimelineModel::applyChange(const skein::engine::TimelineChange& change)
{
    if (!d->started)
        return;
    if (!d->tickets.empty())
        d->since.add(change);
    d->waiting.add(change);
    d->scheduleFlush();
}

/// At the end of this turn, but not more often than once in kFlushIntervalMs.
void TimelineModel::Private::scheduleFlush()
{
    if (flushTimer.isActive())
        return;
    const qint64 elapsed = sinceFlush.isValid() ? sinceFlush.elapsed() : kFlushIntervalMs;
    flushTimer.start(
        static_cast<int>(std::clamp<qint64>(kFlushIntervalMs - elapsed, 0, kFlushIntervalMs)));
}

void TimelineModel::flush()
{
    d->applyPending();
}

void TimelineModel::Private::applyPending()
{
    flushTimer.stop();
    sinceFlush.restart();
    if (!ready || waiting.empty())
        return;
    std::vector<RowId> gone;
    TimelineWindow::Rows upserts;
    bool reset = false;
    waiting.take(gone, upserts, reset);

    const Position oldest = window.size() > 0 ? window.at(window.size() - 1).row.position : 0;
    bool olderArrived = false;
    bool holeTouched = false;
    for (const MessageRow& row : upserts) {
        olderArrived = olderArrived || window.size() == 0 || row.position < oldest;
        if (!isHole(row) && row.seq) {
            const int at = window.rowOfSeq(row.seq);
            holeTouched = holeTouched || (at >= 0 && isHole(window.at(at).row) &&
                                          std::find(gone.begin(), gone.end(),
                                                    window.at(at).row.rowId) == gone.end());
            if (row.seq > newestSeen) {
                if (newestSeen && ready)
                    ++totalRows;
                newestSeen = row.seq;
            }
        }
        std::erase_if(local,
                      [&row](const LocalRow& mine) { return mine.row.tempId == row.tempId; });
    }
    if (holdNewest && window.size() > 0) {
        // Rows that would appear below wait until the flick is over.
        const Position newest = window.at(0).row.position;
        TimelineWindow::Rows now;
        TimelineWindow::Rows later;
        for (MessageRow& row : upserts) {
            const bool isNew = row.position > newest && !window.holds(row.rowId) &&
                               (row.tempId.empty() || window.rowOfTemp(row.tempId) < 0);
            (isNew && window.atNewest() ? later : now).push_back(std::move(row));
        }
        upserts = std::move(now);
        if (later.size() > kHeldRowsMax) {
            window.setAtNewest(false);
        } else {
            for (MessageRow& row : later)
                waiting.put(std::move(row));
        }
    }
    {
        const Batch batch(*this);
        window.apply(gone, std::move(upserts));
        if (infoKnown)
            window.applyReceipts(info.othersDelivered, info.othersRead);
        if (!active)
            placeDivider();
        trim();
    }
    if (reset || holeTouched)
        reload();
    if (serverOlder && (olderArrived || reset))
        loadOlder();
    if (jumpSeq)
        settleJump();
    if (firstVisible == 0)
        markVisibleRead();
}

void TimelineModel::Private::settleJump()
{
    const int row = window.rowOfSeq(jumpSeq);
    if (row >= 0 && !isHole(window.at(row).row)) {
        jumpSeq = Seq();
        Q_EMIT q.jumpReady(row);
    } else if (!pending(Purpose::JumpSeq)) {
        if (++jumpTries > kJumpTriesMax) {
            jumpSeq = Seq();
            Q_EMIT q.jumpFailed();
        } else {
            request(Purpose::JumpSeq, PageRequest::Kind::Around, 0, jumpSeq, kJumpRows);
        }
    }
}

void TimelineModel::Private::trim()
{
    const int over = window.size() - kWindowRowsMax;
    if (over <= 0)
        return;
    const int below = firstVisible < 0 ? 0 : firstVisible;
    const int above = lastVisible < 0 ? window.size() : window.size() - 1 - lastVisible;
    if (below > above)
        window.trimNewest(over);
    else
        window.trimOldest(over);
}

void TimelineModel::applyRoom(const skein::offline::RoomRow& room)
{
    const bool receipts = !d->infoKnown || room.othersRead != d->info.othersRead ||
                          room.othersDelivered != d->info.othersDelivered;
    const bool readElsewhere = room.read > d->readPosition();
    d->info = room;
    d->infoKnown = true;
    d->newestSeen = std::max(d->newestSeen, room.head);
    {
        const Private::Batch batch(*d);
        if (receipts && d->ready)
            d->window.applyReceipts(room.othersDelivered, room.othersRead);
        if (readElsewhere && !d->active)
            d->placeDivider();
    }
    Q_EMIT roomChanged();
}

void TimelineModel::linkLive()
{
    if (!d->started)
        start();
    d->holesAsked.clear();
    d->olderPolls = 0;
    if (d->serverOlder)
        d->askServerForOlder();
    if (d->jumpSeq)
        d->port.wantAround(d->room, d->jumpSeq);
    d->checkHoles();
}

// ---- where the view is
// -------------------------------------------------------------------------------------------

void TimelineModel::visibleRange(int firstRow, int lastRow)
{
    if (firstRow < 0 || lastRow < firstRow || firstRow >= d->window.size()) {
        d->firstVisible = d->lastVisible = -1;
        d->updateDerived();
        return;
    }
    d->firstVisible = firstRow;
    d->lastVisible = std::min(lastRow, d->window.size() - 1);
    d->checkEdges();
    d->checkHoles();
    d->markVisibleRead();
    d->updateDerived();
}

Seq TimelineModel::Private::readPosition() const
{
    return std::max(info.read, marked);
}

void TimelineModel::Private::markVisibleRead()
{
    if (!active || !ready || firstVisible < 0)
        return;
    for (int i = firstVisible; i <= lastVisible && i < window.size(); ++i) {
        const MessageRow& row = window.at(i).row;
        if (isHole(row) || !row.seq)
            continue;
        if (row.seq > readPosition()) {
            marked = row.seq;
            port.markRead(room, row.seq);
        }
        return;
    }
}

Seq TimelineModel::Private::firstUnreadLoaded() const
{
    const Seq read = readPosition();
    Seq first;
    for (int i = 0; i < window.size(); ++i) {
        const MessageRow& row = window.at(i).row;
        if (!isHole(row) && row.seq && row.seq <= read)
            break;
        if (isUnreadKind(row))
            first = row.seq;
    }
    return first;
}

void TimelineModel::Private::placeDivider()
{
    if (!ready)
        return;
    // One that stands above messages which are still unread stays: the reader knows where it is.
    const Seq divider = window.divider();
    const Seq first = firstUnreadLoaded();
    if (!first)
        window.setDivider(Seq());
    else if (!divider || divider <= readPosition())
        window.setDivider(first);
}

void TimelineModel::Private::updateDerived()
{
    if (batchDepth > 0)
        return;
    const auto tell = [](auto& have, auto want, bool& changed) {
        changed = changed || have != want;
        have = want;
    };
    bool count = false;
    bool edges = false;
    bool loading = false;
    bool extent = false;
    bool unread = false;
    const int size = window.size();
    tell(told.count, size, count);
    tell(told.atNewest, ready && window.atNewest() && waiting.size() == 0, edges);
    tell(told.atOldest, ready && window.atOldest(), edges);
    tell(told.loading, !ready || serverOlder || !tickets.empty(), loading);

    const qint64 total = std::max<qint64>(totalRows, size);
    qint64 before = 0;
    if (!window.atOldest() && size > 0) {
        // Seqs count changes too; messages are spread over them evenly enough for a thumb.
        Seq oldest;
        for (int i = size - 1; i >= 0 && !oldest; --i)
            oldest = window.at(i).row.seq;
        const qint64 head = std::max<qint64>({newestSeen.value(), oldest.value(), 1});
        before = window.atNewest()
                     ? total - size
                     : std::clamp<qint64>(total * (oldest.value() - 1) / head, 0, total - size);
    }
    tell(told.totalRows, window.atOldest() && window.atNewest() ? qint64(size) : total, extent);
    tell(told.rowsBefore, before, extent);

    const Seq read = readPosition();
    int below = 0;
    const int upTo = firstVisible < 0 ? 0 : std::min(firstVisible, size);
    for (int i = 0; i < upTo; ++i) {
        const MessageRow& row = window.at(i).row;
        if (row.seq && row.seq <= read)
            break;
        below += isUnreadKind(row) ? 1 : 0;
    }
    below += static_cast<int>(waiting.size()); // held back by a flick
    if (!window.atNewest() || firstVisible < 0)
        below = std::max(below, static_cast<int>(info.unread));
    tell(told.unreadBelow, below, unread);
    tell(told.firstUnreadRow, window.dividerRow(), unread);

    if (count)
        Q_EMIT q.countChanged();
    if (edges)
        Q_EMIT q.edgesChanged();
    if (loading)
        Q_EMIT q.loadingChanged();
    if (extent)
        Q_EMIT q.extentChanged();
    if (unread)
        Q_EMIT q.unreadChanged();
}

} // namespace Skein
