// Pages of the past: what fills a hole, what lies before the oldest stored message, and the state
// of old pages when somebody looks at them again.
#include "sdk/engine/engineimpl.h"

#include <algorithm>

namespace skein::engine
{
namespace
{

constexpr auto kPage = static_cast<std::int64_t>(protocol::kHistoryLimitDefault);

} // namespace

void Engine::Impl::wantHistory(const RoomId& id, Seq before)
{
    Room* room = findRoom(id);
    if (!room || !room->rec.member || asked(Ask::History, id))
        return;
    const offline::SpanSet& spans = m_store.timeline().spans(room->rec.key);
    if (before != Seq()) {
        if (before <= Seq(1))
            return;
        // What is stored is not asked for: the page begins below the covered range that holds
        // before - 1.
        if (const offline::Gap covered = spans.coveredAround(before.previous()); covered.lo)
            before = covered.lo;
        if (before <= Seq(1))
            return;
    } else if (room->rec.row.head > room->rec.synced) {
        wantSync(*room);
    }
    ask(Ask::History,
        protocol::HistoryRequest{
            {}, id, protocol::HistoryRequest::Anchor::Before, before, kPage, std::nullopt},
        id);
    room->revalidateBudget = kRevalidateSeqsMax;
    revalidate(*room);
    pumpSync();
    pumpRequests();
}

void Engine::Impl::wantAround(const RoomId& id, Seq seq)
{
    Room* room = findRoom(id);
    if (!room || !room->rec.member || seq < Seq(1) ||
        m_store.timeline().spans(room->rec.key).contains(seq))
        return;
    for (const Request& request : m_waiting) {
        const auto* frame = std::get_if<protocol::HistoryRequest>(&request.frame);
        if (frame && frame->room == id &&
            frame->anchor == protocol::HistoryRequest::Anchor::Around && frame->seq == seq)
            return;
    }
    ask(Ask::History,
        protocol::HistoryRequest{
            {}, id, protocol::HistoryRequest::Anchor::Around, seq, kPage, std::nullopt},
        id);
    pumpRequests();
}

void Engine::Impl::wantFiltered(const RoomId& id, const std::string& filter, Seq before)
{
    Room* room = findRoom(id);
    if (!room || !room->rec.member || asked(Ask::Filtered, id))
        return;
    ask(Ask::Filtered,
        protocol::HistoryRequest{
            {}, id, protocol::HistoryRequest::Anchor::Before, before, kPage, filter},
        id);
    pumpRequests();
}

// One slice of a page: messages of [lo, hi], ascending. True when the job is done.
bool Engine::Impl::storePage(Room& room, Job& job, const std::vector<protocol::Event>& messages,
                             Seq lo, Seq hi, Seq asOf)
{
    const std::size_t count = std::min(kWorkRowsMax, messages.size() - job.row);
    const bool last = job.row + count == messages.size();
    const auto done = transact(offline::Durability::Cache, [&] {
        touch(room);
        holesMayChange(room);
        const Seq from = job.row == 0 ? lo : job.done.next();
        const Seq to = last ? hi : messages[job.row + count - 1].seq;
        for (std::size_t i = job.row; i < job.row + count; ++i) {
            const protocol::Event& message = messages[i];
            if (!protocol::isMessage(message.kind) || message.seq < from || message.seq > to)
                continue;
            rowChanged(room, m_store.timeline().applyMessage(room.rec.key, message));
            if (!message.tempId.empty())
                ownEchoed(room, message.tempId);
            // What a hole hid until now has got here, too.
            if (message.sender != m_config.user &&
                message.seq > std::max(room.rec.deliveredTold, room.deliverTo)) {
                room.deliverTo = message.seq;
                m_receiptRooms.insert(room.rec.row.room);
                m_receiptsAt = m_receiptsAt.value_or(now() + Milliseconds(kReceiptsFlushMs));
            }
        }
        for (const protocol::Event& orphan : room.log.orphans()) {
            if (orphan.target && *orphan.target >= from && *orphan.target <= to)
                rowChanged(room, m_store.timeline().applyMutation(room.rec.key, orphan));
        }
        // Read before something that was applied here already: that something may have been for
        // these rows and fallen on nothing. Such a page is never promoted with the cursor, only
        // revalidated.
        const Seq applied = std::max(room.rec.synced, room.log.highest());
        const Seq known = asOf < applied ? std::min(asOf, room.rec.synced.previous()) : asOf;
        offline::SpanSet spans = m_store.timeline().spans(room.rec.key);
        spans.add({from, to, std::max(known, Seq())});
        m_store.timeline().setSpans(room.rec.key, spans);
        countRead(room, from, to);
        if (asOf > room.rec.row.head)
            headHeard(room, asOf);
        job.done = to;
    });
    job.row += count;
    return last || !done;
}

bool Engine::Impl::onHistorySlice(Job& job, const protocol::HistoryResponse& frame)
{
    std::optional<Request> request;
    if (!job.accepted) {
        request = answered(frame.req);
        const auto* asked =
            request ? std::get_if<protocol::HistoryRequest>(&request->frame) : nullptr;
        if (!asked)
            return true; // of another connection, or nothing that was asked for: its coverage is
                         // not known
        job.accepted = true;
        job.filter = asked->filter.value_or(std::string());
    }
    Room* room = findRoom(frame.room);
    if (!room || !room->rec.member || frame.hi.value() > offline::kSeqMax)
        return true;
    if (!job.filter.empty()) {
        // It says nothing about what lies between its messages: told, never stored.
        m_host.listener.filteredLoaded(frame.room,
                                       {job.filter, frame.messages, frame.hasMore, frame.lo});
        pumpRequests();
        return true;
    }
    if (room->rec.row.epoch != Epoch() && frame.epoch != room->rec.row.epoch) {
        // The answer to the old cursor says where the two logs part.
        wantSync(*room);
        pumpSync();
        return true;
    }
    const bool done = storePage(*room, job, frame.messages, frame.lo, frame.hi, frame.asOf);
    if (done) {
        revalidate(*room);
        pump();
        pumpRequests();
        tellOutbox();
    }
    return done;
}

// Old ranges keep their asOf; when somebody looks, what changed since is asked for, newest range
// first.
void Engine::Impl::revalidate(Room& room)
{
    if (!live() || !room.rec.member || room.revalidateBudget <= 0 ||
        asked(Ask::Revalidate, room.rec.row.room))
        return;
    const auto& spans = m_store.timeline().spans(room.rec.key).spans();
    for (auto span = spans.rbegin(); span != spans.rend(); ++span) {
        if (span->asOf >= room.rec.synced)
            continue;
        const Seq lo = std::max(span->lo, Seq(span->hi.value() - kRevalidateSeqs + 1));
        room.revalidateBudget -= span->hi - lo + 1;
        ask(Ask::Revalidate, protocol::Revalidate{{}, room.rec.row.room, lo, span->hi, span->asOf},
            room.rec.row.room);
        return;
    }
}

bool Engine::Impl::onRevalidateSlice(Job& job, const protocol::RevalidateResponse& frame)
{
    if (!job.accepted) {
        if (!answered(frame.req))
            return true;
        job.accepted = true;
    }
    Room* room = findRoom(frame.room);
    if (!room || !room->rec.member)
        return true;
    // Coverage is claimed for what is stored only: rows that did not change were not sent.
    if (!m_store.timeline().spans(room->rec.key).contains(frame.lo))
        return true;
    const bool done = storePage(*room, job, frame.messages, frame.lo, frame.hi, frame.asOf);
    if (done) {
        revalidate(*room);
        pumpRequests();
    }
    return done;
}

} // namespace skein::engine
