// What follows from where the view is: the read position, the unread divider, and the figures of
// TimelineModel that are derived from both.
#include "sdk/qt/timelinemodel_p.h"

#include <algorithm>

namespace Skein
{

using skein::Seq;
using skein::offline::MessageRow;

namespace
{

bool isUnreadKind(const MessageRow& row)
{
    return !row.isHole() && !row.own && row.seq && skein::protocol::countsAsUnread(row.kind);
}

} // namespace

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
        if (row.isHole() || !row.seq)
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
        if (!row.isHole() && row.seq && row.seq <= read)
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
