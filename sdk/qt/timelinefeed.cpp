// How changes reach the rows of a TimelineModel: the engine's are collected and applied once a
// turn, and what happens to the window is told as one batch. Pages come in timelinepages.cpp.
#include "sdk/qt/displaytext.h"
#include "sdk/qt/timelinemodel_p.h"

#include <algorithm>
#include <utility>

namespace Skein
{

using skein::Seq;
using skein::offline::MessageRow;
using skein::offline::Position;
using skein::offline::RowId;

namespace
{

struct RoleOfRowField {
    std::uint32_t field;
    int role;
};
constexpr RoleOfRowField kRowRoles[] = {
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
    {kFieldStatus, TimelineModel::HeldBackRole},
    {kFieldTempId, TimelineModel::JournalIdRole},
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
    {kFieldHole, TimelineModel::HoleStuckRole},
};

} // namespace

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
    for (const auto& [field, role] : kRowRoles)
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
        if (!row.isHole() && row.seq) {
            const int at = window.rowOfSeq(row.seq);
            holeTouched = holeTouched || (at >= 0 && window.at(at).row.isHole() &&
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
    if (row >= 0 && !window.at(row).row.isHole()) {
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
    for (int i = 0; i < d->window.size(); ++i)
        if (const auto asked = d->holesAsked.find(d->window.at(i).row.rowId);
            asked != d->holesAsked.end() && asked->second.stuck)
            d->setStuck(i, false);
    d->holesAsked.clear();
    d->olderPolls = 0;
    if (d->serverOlder)
        d->askServerForOlder();
    if (d->jumpSeq)
        d->port.wantAround(d->room, d->jumpSeq);
    d->checkHoles();
}

} // namespace Skein
