// A room's log: what comes live, what is missing, and how both meet. `synced` is the cursor:
// everything up to it was applied or is a stated hole. A jump opens a range of its own at once; the
// hole before it is asked for.
#include "sdk/engine/engineimpl.h"

#include <algorithm>

namespace skein::engine
{

void Engine::Impl::headHeard(Room& room, Seq head)
{
    if (head > room.rec.row.head) {
        holesMayChange(room);
        touch(room).rec.row.head = head;
    }
    if (room.rec.row.head > room.rec.synced)
        m_gaps.try_emplace(room.rec.row.room, now());
}

// Who wrote it decides what it means for ticks and badges.
void Engine::Impl::noteOwnOrForeign(Room& room, const protocol::Event& event)
{
    offline::RoomRow& row = room.rec.row;
    const bool allRead = row.headOrd <= room.rec.readOrd;
    if (event.ord > row.headOrd)
        row.headOrd = event.ord;
    if (!protocol::isMessage(event.kind))
        return;
    if (event.sender == m_config.user) {
        // Who writes with nothing unread has read what they wrote; the server counts alike.
        if (allRead && event.seq > row.read && protocol::countsAsUnread(event.kind)) {
            row.read = event.seq;
            room.rec.readOrd = std::max(room.rec.readOrd, event.ord);
            // Told all the same: the server may not have had our last mark when it counted.
            room.readTo = std::max(room.readTo, event.seq);
            m_receiptRooms.insert(row.room);
        }
    } else {
        room.deliverTo = std::max(room.deliverTo, event.seq);
        m_receiptRooms.insert(row.room);
        // Whether it counts as a mention the server says, right behind it or with the room's head:
        // counted here too, what a catch-up brings would be counted twice.
    }
    if (!m_receiptsAt && !m_receiptRooms.empty())
        m_receiptsAt = now() + Milliseconds(kReceiptsFlushMs);
    if (!event.deleted && (!row.last || event.seq > row.last->seq)) {
        protocol::Preview last;
        last.seq = event.seq;
        last.sender = event.sender;
        last.senderName = m_store.users().name(event.sender);
        last.kind = event.kind;
        last.text = offline::excerpt(event.body, offline::kQuoteCharactersMax);
        last.ts = event.ts;
        row.last = std::move(last);
        row.activeTs = std::max(row.activeTs, event.ts);
    }
}

void Engine::Impl::applyMetadata(Room& room, const protocol::Event& event)
{
    offline::RoomRow& row = room.rec.row;
    if (event.kind == protocol::Kind::Room) {
        const auto newer = [&event](Seq& rev) {
            return event.seq > rev && (rev = event.seq, true);
        };
        offline::RoomRecord::Info says = room.rec.serverInfo();
        if (event.name && row.kind != protocol::RoomKind::Direct && newer(room.rec.nameRev))
            says.name = *event.name;
        if (event.topic && newer(room.rec.topicRev))
            says.topic = *event.topic;
        if (event.archived && newer(room.rec.archivedRev))
            says.archived = *event.archived;
        showInfo(room, std::move(says));
    } else if (event.kind == protocol::Kind::Member && event.member) {
        if (event.name)
            m_store.users().setName(*event.member, *event.name);
        if (*event.member == m_config.user && event.role && event.seq > room.rec.roleRev) {
            row.role = *event.role;
            room.rec.roleRev = event.seq;
        }
        // Of this and what is older the count tells. Whether somebody came or only got another role
        // an entry does not say, so the server is asked.
        if (event.seq > room.membersAsOf) {
            room.membersAsOf = event.seq;
            row.members = std::max<std::int64_t>(row.members - (event.role ? 0 : 1), 0);
            room.rec.infoDue = std::max(room.rec.infoDue, event.seq);
            askInfo(room);
        }
        if (!event.role) {
            if (m_store.positions().forget(room.rec.key, m_store.users().key(*event.member),
                                           event.seq))
                m_receiptsMoved.insert(row.room);
        } else {
            room.membersAsked = false; // who they are is asked when the room is opened next
            room.listed.reset();
        }
    }
}

void Engine::Impl::applyEvent(Room& room, const protocol::Event& event)
{
    auto& timeline = m_store.timeline();
    if (protocol::isMessage(event.kind)) {
        rowChanged(room, timeline.applyMessage(room.rec.key, event));
        ownEchoed(room, event);
    } else if (event.target) {
        const auto effect = timeline.applyMutation(room.rec.key, event);
        rowChanged(room, effect);
        if (effect.changed == 0)
            room.log.orphan(event);
        ownEchoed(room, event);
    } else {
        applyMetadata(room, event);
        ownEchoed(room, event);
    }
    noteOwnOrForeign(room, event);
}

// [lo, hi] of the log, whole; inside a transaction.
void Engine::Impl::applyLog(Room& room, Seq lo, Seq hi, const protocol::Event* begin,
                            const protocol::Event* end)
{
    touch(room);
    holesMayChange(room);
    const std::vector<offline::RowId> stored =
        m_store.timeline().insertMessages(room.rec.key, begin, end);
    for (const protocol::Event* event = begin; event != end; ++event) {
        const auto row = stored.empty() ? 0 : stored[static_cast<std::size_t>(event - begin)];
        if (row == 0) {
            applyEvent(room, *event);
            continue;
        }
        if (room.open)
            rowChanged(room, {row, 0});
        else
            m_changes[room.rec.row.room].fresh.push_back(row);
        noteOwnOrForeign(room, *event);
    }
    // Mutations that came live while their target was on its way.
    for (const protocol::Event& orphan : room.log.orphans()) {
        if (orphan.target && *orphan.target >= lo && *orphan.target <= hi)
            rowChanged(room, m_store.timeline().applyMutation(room.rec.key, orphan));
    }
    offline::SpanSet spans = m_store.timeline().spans(room.rec.key);
    const Seq before = room.rec.synced;
    if (lo <= before.next()) {
        if (hi > before) {
            room.rec.synced = room.log.chain(hi);
            spans.advance(before, room.rec.synced);
            spans.add({lo, hi, room.rec.synced});
        } else {
            spans.add({lo, hi, hi});
        }
    } else {
        room.log.add(lo, hi);
        spans.add({lo, hi, hi});
    }
    m_store.timeline().setSpans(room.rec.key, spans);
    if (hi > room.rec.row.head)
        room.rec.row.head = hi;
    countRead(room, lo, hi);
    if (room.rec.synced >= room.rec.row.head)
        m_gaps.erase(room.rec.row.room);
    finishAcked(room);
}

// False: applied before, and none of ours that still waits for its echo.
bool Engine::Impl::isNews(Room& room, const protocol::Event& event)
{
    if (event.seq.value() > offline::kSeqMax)
        return false;
    if (event.seq > room.rec.synced && !room.log.contains(event.seq))
        return true;
    return !event.tempId.empty() && room.queue.find(event.tempId) != nullptr;
}

// Inside a transaction.
void Engine::Impl::applyLive(Room& room, const protocol::Event& event)
{
    if (event.seq > room.rec.synced && !room.log.contains(event.seq)) {
        applyLog(room, event.seq, event.seq, &event, &event + 1);
        return;
    }
    touch(room);
    holesMayChange(room);
    applyEvent(room, event);
    // A row that was committed inside a hole is covered by itself, as of then.
    offline::SpanSet spans = m_store.timeline().spans(room.rec.key);
    if (protocol::isMessage(event.kind) && !spans.contains(event.seq)) {
        const Seq asOf = std::max(Seq(), std::min(event.seq, room.rec.synced.previous()));
        spans.add({event.seq, event.seq, asOf});
        m_store.timeline().setSpans(room.rec.key, spans);
    }
}

void Engine::Impl::onLogEntries()
{
    std::vector<protocol::Event> events;
    while (!m_inbox.empty() && events.size() < kWorkRowsMax) {
        auto* entry = std::get_if<protocol::LogEntry>(&m_inbox.front().frame);
        if (!entry)
            break;
        events.push_back(std::move(entry->event));
        m_inbox.pop_front();
    }
    std::erase_if(events, [this](const protocol::Event& event) {
        Room* room = findRoom(event.room);
        if (room && room->rec.member)
            return !isNews(*room, event);
        // A room that nobody introduced: ask what it is; its log comes with the catch-up.
        if (!asked(Ask::Rooms, event.room))
            ask(Ask::Rooms, protocol::RoomsRequest{{}, {event.room}, {}, 1}, event.room);
        return true;
    });
    if (!events.empty()) {
        const auto done = transact(offline::Durability::Cache, [&] {
            for (const protocol::Event& event : events) {
                Room& room = *findRoom(event.room);
                if (isNews(room, event))
                    applyLive(room, event);
            }
        });
        // What the disk refused is told again when there is room.
        for (const protocol::Event& event : events) {
            if (Room* room = findRoom(event.room);
                room && (!done || room->rec.synced < room->rec.row.head))
                wantSync(*room);
        }
        pump();
        pumpSync();
    }
    pumpRequests();
    if (!events.empty())
        tellOutbox();
}

void Engine::Impl::wantSync(Room& room)
{
    if (!room.rec.member || room.sync != SyncPhase::None)
        return;
    room.sync = SyncPhase::Wanted;
    m_wantSync.insert(room.rec.row.room);
}

void Engine::Impl::pumpSync()
{
    if (!live() || m_wantSync.empty() || m_syncPausedUntil || m_syncAhead >= kSyncAheadEventsMax)
        return;
    const auto isSync = [](const Request& request) { return request.ask == Ask::Sync; };
    auto asked = static_cast<std::size_t>(
        std::count_if(m_waiting.begin(), m_waiting.end(), isSync) +
        std::count_if(m_asked.begin(), m_asked.end(),
                      [&](const auto& entry) { return isSync(entry.second); }));
    const std::size_t most = m_syncFast ? kSyncInFlightFastMax : kSyncInFlightMax;
    if (asked >= most)
        return;
    // By recency: what is on top of the list is current first.
    std::vector<Room*> rooms;
    for (auto it = m_wantSync.begin(); it != m_wantSync.end();) {
        Room* room = findRoom(*it);
        // All of it is here and waits to be stored: looked at again then.
        if (!room || (room->syncJobs > 0 && room->fetched >= room->rec.row.head)) {
            if (room)
                room->sync = SyncPhase::None;
            it = m_wantSync.erase(it);
            continue;
        }
        rooms.push_back(room);
        ++it;
    }
    std::stable_sort(rooms.begin(), rooms.end(), [](const Room* a, const Room* b) {
        return std::pair(a->open, a->rec.row.activeTs) > std::pair(b->open, b->rec.row.activeTs);
    });
    for (auto next = rooms.begin(); next != rooms.end() && asked < most; ++asked) {
        protocol::SyncRequest frame;
        frame.limit = static_cast<std::int64_t>(protocol::kSyncEventsPerRoomMax);
        for (std::int64_t events = 0; next != rooms.end() && events < kSyncEventsWanted &&
                                      frame.rooms.size() < protocol::kRoomsPerFrameMax;
             ++next) {
            Room& room = **next;
            const Seq since = std::max(room.rec.synced, room.fetched);
            room.sync = SyncPhase::InFlight;
            m_wantSync.erase(room.rec.row.room);
            frame.rooms.push_back({room.rec.row.room, room.rec.row.epoch, since});
            events += std::clamp<std::int64_t>(room.rec.row.head - since, 1, frame.limit);
        }
        ask(Ask::Sync, std::move(frame), {});
        pumpRequests();
    }
}

// The next page is asked for as soon as one is here, before it is stored: the wire and the server
// work while the disk does.
void Engine::Impl::syncArrived(Job& job)
{
    const auto& frame = std::get<protocol::SyncResponse>(job.frame);
    const auto request = answered(frame.req);
    for (const protocol::SyncRoom& told : frame.rooms) {
        job.ahead += told.events.size();
        if (Room* room = findRoom(told.room))
            ++room->syncJobs;
    }
    m_syncAhead += job.ahead;
    if (!request)
        return;
    if (now() - request->sentAt > Milliseconds(kSyncFastMs))
        m_syncFast = false;
    else if (job.ahead >= kSyncFastEntries)
        m_syncFast = true; // a short answer comes soon on any line
    for (const auto& cursor : std::get<protocol::SyncRequest>(request->frame).rooms) {
        Room* room = findRoom(cursor.room);
        if (!room || room->sync != SyncPhase::InFlight)
            continue;
        room->sync = SyncPhase::None;
        const auto told =
            std::find_if(frame.rooms.begin(), frame.rooms.end(),
                         [&](const protocol::SyncRoom& it) { return it.room == cursor.room; });
        if (told == frame.rooms.end()) {
            wantSync(*room); // did not fit
        } else if (!told->error && told->epoch == room->rec.row.epoch) {
            // What came live beyond the page is here already.
            Seq reach = told->hi;
            while (room->log.contains(reach.next()))
                reach = reach.next();
            room->fetched = std::max(room->fetched, reach);
            if (reach < told->head)
                wantSync(*room);
        }
    }
    pumpSync();
}

bool Engine::Impl::onSyncSlice(Job& job, const protocol::SyncResponse& frame)
{
    const auto finished = [&] {
        m_syncAhead -= std::exchange(job.ahead, 0);
        for (const protocol::SyncRoom& told : frame.rooms) {
            Room* room = findRoom(told.room);
            if (!room)
                continue;
            if (room->syncJobs > 0)
                --room->syncJobs;
            if (room->syncJobs > 0)
                continue;
            // Nothing more of it is on its way to the store: what is still missing is asked for
            // anew.
            room->fetched = Seq();
            if (!told.error && room->rec.synced < room->rec.row.head)
                wantSync(*room);
        }
    };
    std::size_t budget = kWorkRowsMax;
    while (job.room < frame.rooms.size()) {
        const protocol::SyncRoom& told = frame.rooms[job.room];
        Room* room = findRoom(told.room);
        if (!room || !room->rec.member) {
            ++job.room;
            job.row = 0;
            continue;
        }
        if (told.error) {
            room->sync = SyncPhase::None;
            if (*told.error == ErrorCode::StateLost)
                epochLost(*room, told.epoch, told.base);
            else if (*told.error == ErrorCode::NotFound)
                removeRoom(told.room);
            ++job.room;
            job.row = 0;
            continue;
        }
        if (room->rec.row.epoch != told.epoch && room->rec.row.epoch != Epoch() && job.row == 0) {
            room->sync = SyncPhase::None;
            epochLost(*room, told.epoch, told.base);
            ++job.room;
            continue;
        }
        if (budget == 0)
            return false;
        const std::size_t count = std::min(budget, told.events.size() - job.row);
        budget -= count;
        const bool last = job.row + count == told.events.size();
        const auto* begin = told.events.data() + job.row;
        const auto done = transact(offline::Durability::Cache, [&] {
            touch(*room);
            holesMayChange(*room);
            room->rec.row.epoch = told.epoch;
            if (told.head > room->rec.row.head)
                room->rec.row.head = told.head;
            if (told.head >= room->rec.row.head && told.ord > room->rec.row.headOrd)
                room->rec.row.headOrd = told.ord;
            const Seq lo = job.row == 0 ? told.lo : job.done.next();
            const Seq hi = last ? told.hi : begin[count - 1].seq;
            // The newest page: the cursor jumps over the hole that it leaves, which stays stated by
            // the spans.
            if (told.limited && lo > room->rec.synced.next()) {
                room->rec.synced = lo.previous();
                // What a process before this one stored ahead of its cursor and did not tell.
                for (const offline::Span& span : m_store.timeline().spans(room->rec.key).spans()) {
                    if (span.hi >= lo ||
                        span.hi <= std::max(room->rec.deliveredTold, room->deliverTo))
                        continue;
                    room->deliverTo = span.hi;
                    m_receiptRooms.insert(told.room);
                    m_receiptsAt = m_receiptsAt.value_or(now() + Milliseconds(kReceiptsFlushMs));
                }
                // Renames and roles that the hole swallows come with the room's present state:
                // asked for now and, if no answer comes, on the next connection.
                room->rec.infoDue = std::max(room->rec.infoDue, room->rec.synced);
                if (!asked(Ask::RoomsAnew, told.room))
                    ask(Ask::RoomsAnew, protocol::RoomsRequest{{}, {told.room}, {}, 1}, told.room);
                // And who left in it is told by the list of members only.
                room->membersAsked = false;
                room->listed.reset();
                if (room->open)
                    askMembers(*room);
            }
            if (hi >= lo && hi.value() <= offline::kSeqMax)
                applyLog(*room, lo, hi, begin, begin + count);
            job.done = hi;
        });
        if (!done) {
            // The disk refused: this room is asked for again later, from where its cursor stands.
            room->sync = SyncPhase::None;
            ++job.room;
            job.row = 0;
            continue;
        }
        job.row += count;
        if (last) {
            ++job.room;
            job.row = 0;
            // Somebody looks at what stands above the hole, and what the hole swallowed may have
            // changed it.
            if (told.limited && room->open) {
                room->revalidateBudget = kRevalidateSeqsMax;
                revalidate(*room);
            }
        }
    }
    finished();
    pump();
    pumpSync();
    pumpRequests();
    tellOutbox();
    checkLive();
    return true;
}

} // namespace skein::engine
