// Which pages a TimelineModel asks for, from the disk and from the server, and what it does with
// them when they come.
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

// A hole in or near the view is asked for once as it stands: the engine sees to it that an answer
// comes. Again when the connection is new, or when the person says so.
void TimelineModel::Private::checkHoles()
{
    if (!ready || lastVisible < 0)
        return;
    const int from = std::max(firstVisible - kHoleAheadRows, 0);
    const int to = std::min(lastVisible + kHoleAheadRows, window.size() - 1);
    const qint64 now = port.wallNowMs();
    for (int i = from; i <= to; ++i) {
        const MessageRow& row = window.at(i).row;
        if (!row.isHole())
            continue;
        const auto asked = holesAsked.find(row.rowId);
        // A page of a larger hole leaves a smaller one of the same identity.
        if (asked == holesAsked.end() || asked->second.hi != row.holeHi)
            askForHole(row);
        else if (!asked->second.stuck && now - asked->second.at >= kHoleStuckMs)
            setStuck(i, true);
    }
    if (holesAsked.size() > kWindowRowsMax)
        holesAsked.clear();
}

void TimelineModel::Private::askForHole(const MessageRow& row)
{
    holesAsked.insert_or_assign(row.rowId, HoleAsked{row.holeHi, port.wallNowMs(), false});
    port.wantHistory(room, row.holeHi.next());
    olderPolls = 0;
    pollTimer.start();
}

void TimelineModel::Private::setStuck(int row, bool stuck)
{
    const Batch batch(*this);
    holesAsked[window.at(row).row.rowId].stuck = stuck;
    rowsChanged(row, row, kFieldHole);
}

void TimelineModel::retryHole(const QString& rowId)
{
    const int row = d->rowOf(rowId);
    if (row < 0 || !d->window.at(row).row.isHole())
        return;
    d->setStuck(row, false);
    d->askForHole(d->window.at(row).row);
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
        holeInView = holeInView || window.at(i).row.isHole();
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
    if (row >= 0 && window.at(row).row.isHole()) {
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

} // namespace Skein
