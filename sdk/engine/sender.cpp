// The outbox on the wire. The store is changed first, the queue in memory after the commit.
#include "sdk/engine/engineimpl.h"

#include <algorithm>

namespace skein::engine
{
namespace
{

constexpr std::int64_t kRetryBaseMs = 500;
constexpr std::int64_t kRetryMaxMs = 30'000;
constexpr std::int64_t kRetryBehindMaxMs = 2'000;

} // namespace

void Engine::Impl::loadOutbox()
{
    for (const offline::OutboxEntry& stored : m_store.outbox().list()) {
        SendEntry entry;
        entry.id = stored.id;
        entry.tempId = stored.tempId;
        entry.op = stored.op;
        entry.tid = stored.tid;
        // An earlier process may have sent it; only the server knows.
        entry.everSent = true;
        entry.acked = stored.acked;
        if (stored.failed)
            entry.state = SendState::Failed;
        else if (stored.acked)
            entry.state = SendState::Acked;
        Room* room = roomByKey(stored.room);
        if (stored.room != 0 && !room)
            continue;
        queueOf(room).push(std::move(entry));
        m_sendRooms.emplace(stored.tempId, stored.room);
        m_sendable.insert(stored.room);
    }
    for (const offline::RoomKey key : m_sendable) {
        if (Room* room = roomByKey(key))
            countRoom(*room);
    }
}

Engine::Impl::Room* Engine::Impl::roomByKey(offline::RoomKey key)
{
    const auto room = m_byKey.find(key);
    return room == m_byKey.end() ? nullptr : room->second;
}

SendQueue* Engine::Impl::queueOf(const TempId& tempId)
{
    const auto found = m_sendRooms.find(tempId);
    if (found == m_sendRooms.end())
        return nullptr;
    if (found->second == 0)
        return &m_roomless;
    Room* room = roomByKey(found->second);
    return room ? &room->queue : nullptr;
}

void Engine::Impl::pump()
{
    if (!live() || m_sendable.empty())
        return;
    bool blocked = false;
    std::optional<offline::Store::Reading> reading(std::in_place, m_store);
    // Starts behind the room that it ended with, so that a brake does not always stop the same
    // ones.
    auto it = m_sendable.upper_bound(m_pumpedLast);
    for (std::size_t i = 0; i < m_sendable.size() && !blocked; ++i) {
        if (it == m_sendable.end())
            it = m_sendable.begin();
        const offline::RoomKey key = *it++;
        Room* room = roomByKey(key);
        if (key != 0 && !room)
            continue;
        while (sendOne(room, queueOf(room), blocked)) {
        }
        m_pumpedLast = key;
    }
    reading.reset();
    if (!m_hold)
        emitChanges();
}

// Sends the next entry of a room. False: nothing more there now; `blocked`: nothing more anywhere
// now.
bool Engine::Impl::sendOne(Room* room, SendQueue& queue, bool& blocked)
{
    const MonoTime at = now();
    const auto window = std::min<std::size_t>(
        protocol::kSendWindowPerRoom,
        static_cast<std::size_t>(std::max<std::int64_t>(m_limits.sendWindow, 1)));
    SendEntry* entry = queue.next(window, at);
    if (!entry)
        return false;
    if (!canWrite()) {
        blocked = true;
        return false;
    }
    (void)m_store.takeError();
    const std::string payload = m_store.outbox().payload(entry->id);
    // A message names no other row.
    const auto place =
        entry->op == offline::Op::Send ? std::nullopt : m_store.timeline().place(entry->tid);
    if (m_store.takeError()) {
        // A disk that cannot be read just now is no reason to give up what the user wrote.
        queue.requeue(entry->tempId, at + Milliseconds(kStoreRetryMs));
        blocked = true;
        return false;
    }
    auto frame = protocol::decodeClientFrame(payload);
    if (!frame) {
        failForGood(room, queue, *entry, ErrorCode::StorageFailed);
        return true;
    }
    bool ready = true, lost = false;
    std::visit(
        [&](auto& it) {
            if constexpr (requires { it.prev; })
                it.prev = queue.prevOf(*entry);
            if constexpr (requires { it.target; }) {
                // The seq of the row that it changes, once that has one.
                if (place)
                    it.target = place->unsent() ? offline::kTargetUnknown : place->seq();
                ready = it.target != offline::kTargetUnknown;
                lost = !ready && !place;
            }
        },
        *frame);
    if (lost) {
        // What it changes is gone from this device and has no number: nothing to wait for.
        failForGood(room, queue, *entry, ErrorCode::NotFound);
        return true;
    }
    if (!ready)
        return false;
    if (!m_limiter.take(FrameClass::Messages, at)) {
        m_slowedUntil = m_limiter.readyAt(FrameClass::Messages, at);
        blocked = true;
        return false;
    }
    queue.sent(*entry, at, writeFrame(*frame));
    note(offline::Happening::Sent, entry->tempId);
    if (room && entry->op == offline::Op::Send)
        rowChanged(*room, {entry->tid, 0});
    return true;
}

void Engine::Impl::onPending(const protocol::MessagePending& frame)
{
    if (SendQueue* queue = queueOf(frame.tempId)) {
        queue->pending(frame.tempId);
        note(offline::Happening::Pending, frame.tempId);
        if (Room* room = roomByKey(m_sendRooms[frame.tempId]))
            showStates(*room, {frame.tempId});
    }
}

// Inside a transaction: the log has told what became of one of ours.
void Engine::Impl::ownEchoed(Room& room, const TempId& tempId)
{
    const SendEntry* entry = room.queue.find(tempId);
    if (!entry)
        return;
    m_store.outbox().erase(entry->id);
    if (entry->op != offline::Op::Send)
        takeBack(&room, *entry);
    m_forgetOnCommit.push_back(tempId);
    touch(room);
}

// The same, as an entry of the log that came by itself.
void Engine::Impl::ownEchoed(Room& room, const protocol::Event& event)
{
    if (event.tempId.empty())
        return;
    if (const SendEntry* entry = room.queue.find(event.tempId);
        entry && entry->state != SendState::Acked)
        note(offline::Happening::Echoed, event.tempId, event.seq.value());
    ownEchoed(room, event.tempId);
}

void Engine::Impl::forgetEntry(const TempId& tempId)
{
    SendQueue* queue = queueOf(tempId);
    const auto key = m_sendRooms.find(tempId);
    if (!queue || key == m_sendRooms.end())
        return;
    if (const auto entry = queue->remove(tempId); entry && entry->awaiting())
        m_sendConfirmed.record((now() - entry->firstSentAt).count() * 1000);
    if (queue->empty())
        m_sendable.erase(key->second);
    m_sendRooms.erase(key);
}

// Inside a transaction: changes that were acknowledged before their event came.
void Engine::Impl::finishAcked(Room& room)
{
    if (room.queue.empty())
        return;
    for (const SendEntry& entry : room.queue.entries()) {
        if (entry.state == SendState::Acked &&
            (entry.acked <= room.rec.synced || room.log.contains(entry.acked)))
            ownEchoed(room, entry.tempId);
        else if (entry.state == SendState::Queued && !entry.everSent)
            break;
    }
}

void Engine::Impl::settleConfirms(bool andSend)
{
    if (m_confirms.empty())
        return;
    struct Settled {
        Room* room;
        const SendEntry* entry;
        const protocol::MessageConfirmed* frame;
    };
    const auto frames = std::exchange(m_confirms, {});
    std::vector<Settled> settled;
    for (const protocol::MessageConfirmed& frame : frames) {
        SendQueue* queue = queueOf(frame.tempId);
        const SendEntry* entry = queue ? queue->find(frame.tempId) : nullptr;
        Room* room = entry ? roomByKey(m_sendRooms[frame.tempId]) : nullptr;
        const bool twice = std::any_of(settled.begin(), settled.end(),
                                       [entry](const Settled& one) { return one.entry == entry; });
        if (room && !twice && frame.seq.value() <= offline::kSeqMax)
            settled.push_back({room, entry, &frame});
    }
    if (settled.empty())
        return;
    // The queues change after the commit, so the entries stay where they are.
    (void)transact(offline::Durability::Cache, [&] {
        for (const Settled& one : settled)
            confirmed(*one.room, *one.entry, *one.frame);
    });
    if (andSend)
        pump();
    tellOutbox();
}

// Inside a transaction.
void Engine::Impl::confirmed(Room& room, const SendEntry& entry,
                             const protocol::MessageConfirmed& frame)
{
    const bool applied = frame.seq <= room.rec.synced || room.log.contains(frame.seq);
    touch(room);
    note(frame.dup ? offline::Happening::ConfirmedAgain : offline::Happening::Confirmed,
         frame.tempId, frame.seq.value());
    if (entry.op == offline::Op::Send) {
        holesMayChange(room);
        offline::Timeline::Confirmed row;
        rowChanged(room, m_store.timeline().confirm(entry.tid, room.rec.key, frame, &row));
        m_store.outbox().erase(entry.id);
        m_forgetOnCommit.push_back(frame.tempId);
        protocol::Event own;
        own.room = room.rec.row.room;
        own.seq = frame.seq;
        own.ord = frame.ord;
        own.id = frame.id;
        own.sender = m_config.user;
        own.ts = frame.ts;
        own.kind = row.kind;
        own.body = std::move(row.body);
        own.deleted = row.deleted;
        // A repeat tells that it is there, not what it says by now: another server's past, or an
        // edit since. It is looked at again.
        if (frame.seq == room.rec.synced.next() && !frame.dup) {
            noteOwnOrForeign(room, own);
            applyLog(room, frame.seq, frame.seq, nullptr, nullptr);
        } else if (!applied || !m_store.timeline().spans(room.rec.key).contains(frame.seq)) {
            // Ahead of the log, or inside a hole: covered by itself, and to be looked at again.
            offline::SpanSet spans = m_store.timeline().spans(room.rec.key);
            if (!spans.contains(frame.seq)) {
                const Seq known = frame.dup ? frame.seq.previous() : frame.seq;
                const Seq asOf = std::max(Seq(), std::min(known, room.rec.synced.previous()));
                spans.add({frame.seq, frame.seq, asOf});
                m_store.timeline().setSpans(room.rec.key, spans);
            }
            headHeard(room, frame.seq);
        }
    } else if (applied || !room.rec.member ||
               (entry.tid == 0 && entry.op != offline::Op::RoomUpdate)) {
        ownEchoed(room, frame.tempId);
        headHeard(room, frame.seq);
    } else {
        // The event with the resulting state is on its way; until then the change stays shown over
        // the row.
        m_store.outbox().setAcked(entry.id, frame.seq);
        m_ackOnCommit.emplace_back(frame.tempId, frame.seq);
        headHeard(room, frame.seq);
    }
}

void Engine::Impl::onFailed(const protocol::MessageFailed& frame)
{
    SendQueue* queue = queueOf(frame.tempId);
    SendEntry* entry = queue ? queue->find(frame.tempId) : nullptr;
    if (!entry && draftFailed(frame))
        return;
    if (!entry || entry->state == SendState::Failed || entry->state == SendState::Acked)
        return;
    Room* room = roomByKey(m_sendRooms[frame.tempId]);
    const MonoTime at = now();
    if (frame.permanent && frame.code != ErrorCode::DependencyFailed &&
        frame.code != ErrorCode::RateLimited) {
        failForGood(room, *queue, *entry, frame.code);
    } else {
        MonoTime again = at;
        if (frame.code == ErrorCode::RateLimited) {
            again =
                at + Milliseconds(std::max<std::int64_t>(frame.retryAfterMs.value_or(1'000), 1));
            m_limiter.refused(FrameClass::Messages, at, again - at);
            m_slowedUntil = again;
        } else if (frame.code != ErrorCode::DependencyFailed || entry->attempts > 2) {
            // The parent is ahead in the queue and goes first; only a refusal that repeats itself
            // waits.
            // Behind a parent that is still to go, soon: the parent's own answer sets the pace.
            const bool behind =
                frame.code == ErrorCode::DependencyFailed && !queue->prevOf(*entry).empty();
            const int doublings = std::min(entry->attempts, 6);
            const std::int64_t cap =
                std::min(behind ? kRetryBehindMaxMs : kRetryMaxMs, kRetryBaseMs << doublings);
            const auto jitter = static_cast<std::int64_t>(
                m_host.random.below(static_cast<std::uint64_t>(cap / 2) + 1));
            again = at + Milliseconds(std::max(frame.retryAfterMs.value_or(0), cap / 2 + jitter));
        }
        if (frame.code == ErrorCode::DependencyFailed)
            queue->parentMissing(frame.tempId);
        queue->requeue(frame.tempId, again);
        note(offline::Happening::Refused, frame.tempId, 0, frame.code);
        if (room)
            showStates(*room, {frame.tempId});
    }
    pump();
    tellOutbox();
}

// What was to be changed about a message that the server refused: edits are folded into the message
// itself; reactions and pins stay queued behind it and follow when it is sent after all. True: the
// user had deleted it, so there is nothing left to ask about.
bool Engine::Impl::foldChildren(Room& room, const SendEntry& failed, std::vector<TempId>& folded)
{
    auto& outbox = m_store.outbox();
    const auto changes = outbox.changesOf(failed.tid);
    const bool deleted = std::any_of(changes.begin(), changes.end(), [](const auto& change) {
        return change.op == offline::Op::Delete;
    });
    for (const offline::OutboxEntry& change : changes) {
        if (!deleted && change.op != offline::Op::Edit)
            continue;
        const auto frame = protocol::decodeClientFrame(change.payload);
        auto own = protocol::decodeClientFrame(outbox.payload(failed.id));
        const auto* edit = frame ? std::get_if<protocol::MessageEdit>(&*frame) : nullptr;
        auto* send = own ? std::get_if<protocol::MessageSend>(&*own) : nullptr;
        if (edit && send) {
            send->body = edit->body;
            outbox.setPayload(failed.id, protocol::encode(*own));
            m_store.timeline().rewriteUnsent(failed.tid, *send);
        }
        outbox.erase(change.id);
        note(offline::Happening::Folded, change.tempId);
        folded.push_back(change.tempId);
    }
    if (deleted) {
        outbox.erase(failed.id);
        m_store.timeline().erase(failed.tid);
        rowChanged(room, {0, failed.tid});
        return true;
    }
    m_store.timeline().refresh(failed.tid);
    rowChanged(room, {failed.tid, 0});
    return false;
}

// Inside a transaction: a change is out of the outbox, so what it changed is shown without it.
void Engine::Impl::takeBack(Room* room, const SendEntry& entry)
{
    if (!room)
        return;
    if (entry.op == offline::Op::RoomUpdate)
        showInfo(*room, room->rec.serverInfo());
    if (entry.tid != 0) {
        m_store.timeline().refresh(entry.tid);
        rowChanged(*room, {entry.tid, 0});
    }
}

void Engine::Impl::failForGood(Room* room, SendQueue& queue, SendEntry entry, ErrorCode code)
{
    const bool message = entry.op == offline::Op::Send && room;
    std::vector<TempId> gone;
    bool deleted = false;
    const auto done = transact(offline::Durability::User, [&] {
        note(offline::Happening::Failed, entry.tempId, 0, code);
        if (message) {
            touch(*room);
            m_store.outbox().setFailed(entry.id, code);
            m_store.timeline().setFailed(entry.tid, code);
            deleted = foldChildren(*room, entry, gone);
        } else {
            m_store.outbox().erase(entry.id);
            takeBack(room, entry);
        }
    });
    if (!done) {
        queue.requeue(entry.tempId, now() + Milliseconds(kStoreRetryMs));
        return;
    }
    for (const TempId& tempId : gone)
        forgetEntry(tempId);
    if (message) {
        if (deleted)
            forgetEntry(entry.tempId);
        else
            queue.failed(entry.tempId);
        countRoom(*room);
        roomChanged(*room);
        if (!m_hold)
            emitChanges();
    } else {
        forgetEntry(entry.tempId);
        m_host.listener.commandFailed(entry.tempId, makeError(code));
    }
}

void Engine::Impl::onRoomCreated(const protocol::RoomCreated& frame)
{
    const SendEntry* entry = m_roomless.find(frame.tempId);
    if (!entry)
        return;
    const auto done = transact(offline::Durability::Cache, [&] {
        note(offline::Happening::Confirmed, frame.tempId);
        m_store.outbox().erase(entry->id);
        applyInfo(frame.room);
        m_forgetOnCommit.push_back(frame.tempId);
    });
    if (!done)
        return;
    if (Room* room = findRoom(frame.room.head.room))
        subscribe(*room);
    m_host.listener.roomCreated(frame.tempId, frame.room.head.room);
    pumpSync();
    pumpRequests();
    pump();
    tellOutbox();
}

void Engine::Impl::showStates(Room& room, const std::vector<TempId>& tempIds)
{
    for (const TempId& tempId : tempIds) {
        if (const SendEntry* entry = room.queue.find(tempId);
            entry && entry->op == offline::Op::Send)
            rowChanged(room, {entry->tid, 0});
    }
    if (!m_hold)
        emitChanges();
}

void Engine::Impl::countRoom(Room& room)
{
    room.rec.row.queued = static_cast<std::int64_t>(room.queue.unsentMessages());
    room.rec.row.failed = static_cast<std::int64_t>(room.queue.failedMessages());
}

OutboxState Engine::Impl::outbox()
{
    OutboxState state;
    const auto add = [&state](const SendQueue& queue) {
        state.queued += static_cast<std::int64_t>(queue.queued());
        state.inFlight += static_cast<std::int64_t>(queue.inFlight());
        state.failed += static_cast<std::int64_t>(queue.failedCount());
    };
    add(m_roomless);
    for (const offline::RoomKey key : m_sendable) {
        if (const Room* room = roomByKey(key))
            add(room->queue);
    }
    state.drafts =
        std::count_if(m_draftRooms.begin(), m_draftRooms.end(), [this](const RoomId& id) {
            const Room* room = findRoom(id);
            return room && !room->draft.text.empty();
        });
    if (m_slowedUntil && *m_slowedUntil > now() && state.queued > 0)
        state.slowedUntil = m_slowedUntil;
    return state;
}

void Engine::Impl::tellOutbox()
{
    const OutboxState state = outbox();
    m_queuedGauge.set(state.queued);
    m_inFlightGauge.set(state.inFlight);
    m_failedGauge.set(state.failed);
    if (state == m_outboxTold)
        return;
    m_outboxTold = state;
    m_host.listener.outboxChanged(state);
}

} // namespace skein::engine
