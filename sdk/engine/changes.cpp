// One transaction, then one report to the host: what it tells is in the store.
#include "sdk/engine/engineimpl.h"

#include <algorithm>

namespace skein::engine
{

Engine::Impl::Room& Engine::Impl::touch(Room& room)
{
    // Copied once a transaction.
    const auto at = m_touched.lower_bound(room.rec.row.room);
    if (at == m_touched.end() || at->first != room.rec.row.room)
        m_touched.emplace_hint(
            at, room.rec.row.room,
            Before{room.rec, room.log, room.deliverTo, room.readTo, room.membersAsOf});
    return room;
}

void Engine::Impl::saveTouched()
{
    for (const auto& [id, before] : m_touched) {
        if (Room* room = findRoom(id)) {
            room->rec.countUnread();
            m_store.rooms().save(room->rec);
        }
    }
}

void Engine::Impl::finish(const Result<void>& done)
{
    m_journal.finish(done.has_value(), now());
    if (!done) {
        // The cache is as it was; what was refused is noticed as a gap and asked for again.
        for (auto& [id, before] : m_touched) {
            if (Room* room = findRoom(id)) {
                room->rec = std::move(before.rec);
                room->log = std::move(before.log);
                room->deliverTo = before.deliverTo;
                room->readTo = before.readTo;
                room->membersAsOf = before.membersAsOf;
            }
        }
        m_touched.clear();
        for (const RoomId& id : std::exchange(m_roomsMade, {})) {
            m_byKey.erase(m_rooms.at(id).rec.key);
            m_rooms.erase(id);
        }
        m_changes.clear();
        m_roomsToTell.clear();
        m_roomsRemoved.clear();
        m_receiptsMoved.clear();
        m_forgetOnCommit.clear();
        m_ackOnCommit.clear();
        m_requeueOnCommit.clear();
        m_failOnCommit.clear();
        m_draftsOnCommit.clear();
        m_storeErrors.add();
        m_syncPausedUntil = now() + Milliseconds(kStoreRetryMs);
        m_host.logger.error("store: " + toString(done.error()));
        if (done.error().code == ErrorCode::StorageCorrupt)
            stopFor(done.error());
        return;
    }
    for (const auto& [id, before] : m_touched)
        m_roomsToTell.insert(id);
    m_touched.clear();
    for (const RoomId& id : std::exchange(m_roomsMade, {})) {
        Room& made = m_rooms.at(id);
        made.open = m_openRooms.contains(id);
        made.tracked = made.tracked || made.open;
    }
    for (const auto& [tempId, seq] : std::exchange(m_ackOnCommit, {})) {
        if (SendQueue* queue = queueOf(tempId))
            queue->acked(tempId, seq);
    }
    if (!m_forgetOnCommit.empty()) {
        for (const TempId& tempId : std::exchange(m_forgetOnCommit, {})) {
            const auto key = m_sendRooms.find(tempId);
            Room* room = key == m_sendRooms.end() ? nullptr : roomByKey(key->second);
            forgetEntry(tempId);
            if (room) {
                countRoom(*room);
                roomChanged(*room);
            }
        }
    }
    for (auto& [id, entries] : std::exchange(m_requeueOnCommit, {})) {
        Room& room = m_rooms.at(id);
        room.queue = SendQueue();
        for (SendEntry& entry : entries) {
            m_sendRooms.insert_or_assign(entry.tempId, room.rec.key);
            room.queue.push(std::move(entry));
        }
        m_sendable.insert(room.rec.key);
        room.rec.row.queued = static_cast<std::int64_t>(room.queue.unsentMessages());
        room.rec.row.failed = static_cast<std::int64_t>(room.queue.failedMessages());
    }
    for (auto& [id, draft] : std::exchange(m_draftsOnCommit, {}))
        showDraft(m_rooms.at(id), std::move(draft));
    for (const TempId& tempId : std::exchange(m_failOnCommit, {}))
        m_host.listener.commandFailed(tempId, makeError(ErrorCode::StateLost));
    if (!m_hold)
        emitChanges();
}

void Engine::Impl::rowChanged(Room& room, const offline::RowEffect& effect)
{
    if (effect.changed == 0 && effect.removed == 0)
        return;
    RoomChange& change = m_changes[room.rec.row.room];
    if (effect.removed != 0) {
        change.removed.insert(effect.removed);
        change.changed.erase(effect.removed);
    }
    if (effect.changed != 0) {
        change.changed.insert(effect.changed);
        change.removed.erase(effect.changed);
    }
}

void Engine::Impl::holesMayChange(Room& room)
{
    RoomChange& change = m_changes[room.rec.row.room];
    if (!change.holesBefore)
        change.holesBefore = m_store.timeline().spans(room.rec.key).gaps(room.rec.row.head);
}

void Engine::Impl::decorate(Room& room, offline::MessageRow& row)
{
    if (row.isHole() || row.seq != Seq() || row.status == offline::Status::Failed)
        return;
    if (const SendEntry* entry = room.queue.find(row.tempId)) {
        switch (entry->state) {
        case SendState::InFlight:
            row.status = offline::Status::Sending;
            break;
        case SendState::Pending:
            row.status = offline::Status::Pending;
            break;
        case SendState::Unknown:
            row.status = offline::Status::Unknown;
            break;
        default:
            break;
        }
    }
}

void Engine::Impl::emitChanges()
{
    auto changes = std::exchange(m_changes, {});
    auto roomIds = std::exchange(m_roomsToTell, {});
    auto removed = std::exchange(m_roomsRemoved, {});
    const auto receipts = std::exchange(m_receiptsMoved, {});
    std::optional<offline::Store::Reading> reading;
    if (!changes.empty())
        reading.emplace(m_store);
    for (auto& [id, change] : changes) {
        Room* room = findRoom(id);
        if (!room)
            continue;
        TimelineChange told;
        told.room = id;
        (void)m_store.takeError();
        const offline::RoomView view = room->view();
        told.reset = change.fresh.size() > kUnopenedChangeMax;
        change.changed.insert(told.reset ? change.fresh.end() - kUnopenedToldMax
                                         : change.fresh.begin(),
                              change.fresh.end());
        std::set<offline::RowId> goneHoles;
        if (change.holesBefore) {
            const auto after = m_store.timeline().spans(room->rec.key).gaps(room->rec.row.head);
            for (const offline::Gap& gap : *change.holesBefore)
                goneHoles.insert(offline::holeRowId(gap.lo));
            for (const offline::Gap& gap : after) {
                goneHoles.erase(offline::holeRowId(gap.lo));
                if (std::find(change.holesBefore->begin(), change.holesBefore->end(), gap) ==
                    change.holesBefore->end())
                    told.upserted.push_back(offline::RowBuilder::hole(view, gap.lo, gap.hi));
            }
        }
        if (change.reset || change.changed.size() + change.removed.size() > kTimelineChangeMax) {
            told.upserted.clear();
            told.reset = true;
        } else {
            told.removed.assign(change.removed.begin(), change.removed.end());
            told.removed.insert(told.removed.end(), goneHoles.begin(), goneHoles.end());
            for (const offline::RowId tid : change.changed) {
                if (auto row = m_store.timeline().row(tid, view)) {
                    decorate(*room, *row);
                    told.upserted.push_back(std::move(*row));
                }
            }
            std::sort(told.upserted.begin(), told.upserted.end(),
                      [](const auto& a, const auto& b) { return a.position < b.position; });
        }
        if (m_store.takeError()) {
            // The change is in the store and could not be read back: the screen reads it itself.
            told.removed.clear();
            told.upserted.clear();
            told.reset = true;
        }
        if (told.reset || !told.removed.empty() || !told.upserted.empty())
            m_host.listener.timelineChanged(told);
    }
    reading.reset();
    std::vector<offline::RoomRow> rows;
    for (const RoomId& id : roomIds) {
        if (Room* room = findRoom(id); room && room->rec.member) {
            room->rec.countUnread();
            rows.push_back(room->rec.row);
        }
    }
    if (!rows.empty() || !removed.empty())
        m_host.listener.roomsChanged(rows, removed);
    for (const RoomId& id : receipts)
        m_host.listener.receiptsChanged(id);
}

} // namespace skein::engine
