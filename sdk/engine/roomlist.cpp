// The rooms themselves: which there are, what is known of them, who is subscribed to in full.
#include "sdk/engine/engineimpl.h"

#include <algorithm>
#include <iterator>

namespace skein::engine
{

Engine::Impl::Room* Engine::Impl::findRoom(const RoomId& id)
{
    const auto found = m_rooms.find(id);
    return found == m_rooms.end() ? nullptr : &found->second;
}

// Inside a transaction.
Engine::Impl::Room& Engine::Impl::makeRoom(const RoomId& id)
{
    if (Room* known = findRoom(id)) {
        touch(*known);
        known->rec.member = true;
        return *known;
    }
    Room& room = m_rooms[id];
    room.rec.row.room = id;
    m_store.rooms().insert(room.rec);
    m_byKey.insert_or_assign(room.rec.key, &room);
    m_roomsMade.push_back(id);
    return touch(room);
}

// Inside a transaction. The server's count of unread decides, together with the ord that it was
// counted at.
void Engine::Impl::applyHead(Room& room, const protocol::RoomHead& head)
{
    touch(room);
    offline::RoomRow& row = room.rec.row;
    if (row.epoch != Epoch() && head.epoch != row.epoch)
        resetEpoch(room, head.epoch, head.base);
    row.epoch = head.epoch;
    headHeard(room, head.head);
    if (head.ord >= row.headOrd) {
        row.headOrd = head.ord;
        if (head.read >= row.read) {
            row.read = head.read;
            room.rec.readOrd = Ord(std::max<std::int64_t>(head.ord.value() - head.unread, 0));
            row.mentions = head.mentions;
        }
    } else if (head.read > row.read) {
        row.read = head.read;
        room.rec.readOrd = Ord(std::max<std::int64_t>(head.ord.value() - head.unread, 0));
        row.mentions = head.mentions;
    }
    room.rec.readTold = std::max(room.rec.readTold, head.read);
    if (head.othersRead || head.othersDelivered)
        (void)othersMoved(room, head.othersRead.value_or(Seq()),
                          head.othersDelivered.value_or(Seq()));
}

// Inside a transaction.
void Engine::Impl::applyInfo(const protocol::RoomInfo& info)
{
    Room& room = makeRoom(info.head.room);
    offline::RoomRow& row = room.rec.row;
    applyHead(room, info.head);
    row.kind = info.kind;
    // As of `head`; what the log told of later changes is newer.
    const Seq asOf = info.head.head;
    offline::RoomRecord::Info says = room.rec.serverInfo();
    const auto newer = [asOf](Seq& rev) { return asOf >= rev && (rev = asOf, true); };
    if (newer(room.rec.nameRev))
        says.name = info.name;
    if (newer(room.rec.topicRev))
        says.topic = info.topic;
    if (newer(room.rec.archivedRev))
        says.archived = info.archived;
    if (newer(room.rec.roleRev))
        row.role = info.role;
    showInfo(room, std::move(says));
    if (asOf >= room.rec.infoDue)
        room.rec.infoDue = Seq();
    row.muted = info.muted;
    if (asOf >= room.membersAsOf) {
        row.members = info.members;
        room.membersAsOf = asOf;
    }
    room.rec.deliveredTold = std::max(room.rec.deliveredTold, info.delivered);
    row.activeTs = std::max(row.activeTs, info.activeTs);
    if (info.last) {
        if (!row.last || info.last->seq >= row.last->seq)
            row.last = info.last;
        m_store.users().setName(info.last->sender, info.last->senderName);
    }
}

// Inside a transaction: the server's name, topic and archived, with our unconfirmed changes over
// them.
void Engine::Impl::showInfo(Room& room, offline::RoomRecord::Info serverSays)
{
    touch(room);
    std::vector<protocol::RoomUpdate> changes;
    for (const auto& entry : m_store.outbox().ofRoom(room.rec.key, offline::Op::RoomUpdate)) {
        auto frame = protocol::decodeClientFrame(entry.payload);
        if (auto* update = frame ? std::get_if<protocol::RoomUpdate>(&*frame) : nullptr)
            changes.push_back(std::move(*update));
    }
    room.rec.setInfo(std::move(serverSays), changes);
}

void Engine::Impl::onRooms(const protocol::RoomsResponse& frame, const Request& request)
{
    const bool walk = request.ask == Ask::RoomsWalk;
    const auto done = transact(offline::Durability::Cache, [&] {
        for (const protocol::RoomInfo& info : frame.rooms) {
            applyInfo(info);
            m_walkKnown.erase(info.head.room);
        }
    });
    if (!done) {
        if (request.tries < kRequestTriesMax)
            m_waiting.push_back(request);
        return;
    }
    for (const protocol::RoomInfo& info : frame.rooms) {
        Room* room = findRoom(info.head.room);
        if (!room)
            continue;
        subscribe(*room);
        wantInitialSync(*room);
        if (room->open)
            askMembers(*room);                             // it was opened before it was known
        if (room->open && room->rec.infoDue && !m_infosAt) // somebody came or went meanwhile
            m_infosAt = now() + Milliseconds(kInfoPaceMs);
    }
    m_walked += frame.rooms.size();
    if (walk) {
        if (frame.more && m_storeWasEmpty && m_walked < kRoomsWalkMax && !frame.rooms.empty()) {
            ask(Ask::RoomsWalk, protocol::RoomsRequest{{}, {}, frame.cursor, 100}, {});
        } else {
            m_roomsWalked = true;
            if (!frame.more) {
                // The list is whole: what it does not name was left on another device.
                for (const RoomId& id : std::exchange(m_walkKnown, {}))
                    removeRoom(id);
                keepToken(std::exchange(m_walkToken, std::nullopt));
            }
        }
    }
    askDrafts();
    askUnknown();
    pumpSync();
    pumpRequests();
    checkLive();
}

// A never-seen room is fetched unasked only while there are few: the list has what it shows of the
// others, and their log comes when they are opened.
void Engine::Impl::wantInitialSync(Room& room)
{
    if (room.rec.row.head <= room.rec.synced)
        return;
    if (room.rec.synced || room.open) {
        wantSync(room);
    } else if (room.sync == SyncPhase::None && m_initialSyncs < kInitialRoomsMax) {
        ++m_initialSyncs;
        wantSync(room);
    }
}

// One request at a time, with all that came up meanwhile: an account of thousands is told of room
// by room. The walk through the list introduces most of them by itself.
void Engine::Impl::askUnknown()
{
    if (m_unknownRooms.empty() || !m_roomsWalked)
        return;
    const auto isRooms = [](const Request& request) { return request.ask == Ask::Rooms; };
    if (std::any_of(m_waiting.begin(), m_waiting.end(), isRooms) ||
        std::any_of(m_asked.begin(), m_asked.end(),
                    [&](const auto& entry) { return isRooms(entry.second); }))
        return;
    protocol::RoomsRequest frame{{}, {}, {}, 100};
    while (!m_unknownRooms.empty() && frame.rooms.size() < protocol::kRoomsPerFrameMax) {
        const RoomId id = *m_unknownRooms.begin();
        m_unknownRooms.erase(m_unknownRooms.begin());
        if (const Room* known = findRoom(id); !known || !known->rec.member)
            frame.rooms.push_back(id);
    }
    if (!frame.rooms.empty())
        ask(Ask::Rooms, std::move(frame), {});
}

// Inside a transaction.
void Engine::Impl::applyDirty(Room& room, const protocol::RoomDirty& frame)
{
    applyHead(room, frame.head);
    offline::RoomRow& row = room.rec.row;
    if (frame.preview && (!row.last || frame.preview->seq >= row.last->seq)) {
        row.last = frame.preview;
        row.activeTs = std::max(row.activeTs, frame.preview->ts);
        m_store.users().setName(frame.preview->sender, frame.preview->senderName);
    }
}

void Engine::Impl::onRoomAdded(const protocol::RoomInfo& info)
{
    const Room* before = findRoom(info.head.room);
    const bool came = !before || !before->rec.member;
    if (!transact(offline::Durability::Cache, [&] { applyInfo(info); }))
        return;
    if (came && m_draftsSynced)
        draftsMayBeBehind(); // who comes back finds the draft of before
    if (Room* room = findRoom(info.head.room)) {
        subscribe(*room);
        if (room->open)
            askMembers(*room);
        if (room->rec.row.head > room->rec.synced)
            wantSync(*room);
    }
    askDrafts();
    pumpSync();
    pumpRequests();
}

void Engine::Impl::onMembers(const protocol::MembersResponse& frame, const Request& request)
{
    Room* room = findRoom(frame.room);
    if (!room)
        return;
    bool renamed = false;
    std::vector<protocol::PresenceInfo> presence;
    const bool first = std::get<protocol::MembersRequest>(request.frame).after.empty();
    const bool last = !frame.more || frame.cursor.empty();
    if (first)
        room->listed.emplace();
    const auto kept = transact(offline::Durability::Cache, [&] {
        touch(*room);
        for (const protocol::MemberInfo& member : frame.members) {
            renamed = m_store.users().setName(member.user, member.name) || renamed;
            if (member.user == m_config.user)
                continue;
            othersMoved(*room, member.read, std::max(member.delivered, member.read));
            memberMoved(*room, member.user, member.read, member.delivered);
            if (room->listed)
                room->listed->insert(m_store.users().key(member.user));
            presence.push_back({member.user, member.status, member.lastSeen});
        }
        if (last && room->listed && room->tracked &&
            m_store.positions().keepOnly(room->rec.key, *room->listed))
            m_receiptsMoved.insert(room->rec.row.room);
        if (renamed) {
            m_receiptsMoved.insert(room->rec.row.room);
            m_store.timeline().forgetNames();
            if (room->rec.synced)
                m_changes[room->rec.row.room].reset = true;
        }
    });
    if (last || !kept)
        room->listed.reset(); // a list that lacks a page is no list to go by
    if (!kept)
        room->membersAsked = false; // once more when it is opened next
    m_host.listener.membersLoaded(frame.room, frame.members);
    if (!presence.empty())
        m_host.listener.presenceChanged(presence);
    if (!last)
        ask(Ask::Members, protocol::MembersRequest{{}, frame.room, frame.cursor, 100},
            request.room);
    else if (kept && room->open)
        askMembers(*room); // if something was missed meanwhile
    pumpRequests();
}

void Engine::Impl::removeRoom(const RoomId& id)
{
    Room* room = findRoom(id);
    if (!room || !room->rec.member)
        return;
    // Changes that are committed need no event of a log that does not come any more.
    std::vector<TempId> committed;
    for (const SendEntry& entry : room->queue.entries()) {
        if (entry.state == SendState::Acked)
            committed.push_back(entry.tempId);
    }
    if (!committed.empty())
        (void)transact(offline::Durability::Cache, [&] {
            for (const TempId& tempId : committed)
                ownEchoed(*room, tempId);
        });
    // What is unsent stays: the server's word on each entry, or the user, settles it.
    const bool keep = m_store.outbox().usesRoom(room->rec.key) || !room->draft.text.empty() ||
                      !room->draft.other.empty();
    const bool done = transact(offline::Durability::Cache, [&] {
                          m_store.timeline().clearRoom(room->rec.key);
                          m_store.positions().clear(room->rec.key);
                          m_receiptsMoved.insert(id);
                          touch(*room);
                          room->rec.member = false;
                          room->rec.synced = Seq();
                          room->rec.row.head = Seq();
                          room->log.clear();
                          m_roomsRemoved.push_back(id);
                          m_changes[id].reset = true;
                      }).has_value();
    if (!done)
        return;
    m_wantSync.erase(id);
    m_gaps.erase(id);
    m_receiptRooms.erase(id);
    m_readsRefused.erase(id);
    room->draftSent = TempId();
    room->full = false;
    room->sync = SyncPhase::None;
    room->fetched = Seq();
    placeFree();
    if (keep)
        return;
    auto transaction = m_store.begin(offline::Durability::Cache);
    m_store.rooms().erase(room->rec.key);
    if (!transaction.commit())
        return;
    m_byKey.erase(room->rec.key);
    m_openRooms.erase(id);
    m_draftRooms.erase(id);
    m_rooms.erase(id);
}

// Inside a transaction. The server's log is another one: what was fetched is worth nothing, what
// was written stays.
void Engine::Impl::resetEpoch(Room& room, Epoch epoch, std::optional<Seq> base)
{
    touch(room);
    // Rooms that are gone with the old log are told by the list alone.
    m_roomsWalked = false;
    m_storeWasEmpty = true;
    forgottenIn(epoch);
    reviveLost(room, base);
    m_store.timeline().clearRoom(room.rec.key);
    m_store.positions().clear(room.rec.key);
    m_receiptsMoved.insert(room.rec.row.room);
    room.log.clear();
    room.fetched = Seq();
    room.rec.row.epoch = epoch;
    room.rec.synced = room.rec.readTold = room.rec.deliveredTold = Seq();
    room.rec.row.head = room.rec.row.read = room.rec.row.othersRead = room.rec.row.othersDelivered =
        Seq();
    room.rec.row.headOrd = room.rec.readOrd = Ord();
    room.rec.row.mentions = 0;
    room.rec.row.last.reset();
    room.rec.nameRev = room.rec.topicRev = room.rec.archivedRev = room.rec.roleRev = Seq();
    room.rec.infoDue = Seq();
    room.membersAsOf = Seq();
    room.readTo = room.deliverTo = room.deliverSent = Seq();
    m_readsRefused.erase(room.rec.row.room); // a number of the lost log
    RoomChange& change = m_changes[room.rec.row.room];
    change = {};
    change.reset = true;
    showInfo(room, room.rec.serverInfo());
}

namespace
{

/// An operation that goes out again after the server has lost some.
struct Again {
    SendEntry entry;             ///< its id is 0 where it has no place in the outbox
    offline::OutboxEntry stored; ///< … and this is what is put there
    std::int64_t was = 0;        ///< id of the outbox entry that it is, or was
};

// Messages in the order in which they were written; changes keep their places among them, each
// behind its message.
void sortMessages(std::vector<Again>& all)
{
    const auto isMessage = [](const Again& one) { return one.entry.op == offline::Op::Send; };
    std::vector<Again> messages;
    std::copy_if(all.begin(), all.end(), std::back_inserter(messages), isMessage);
    std::stable_sort(messages.begin(), messages.end(),
                     [](const Again& a, const Again& b) { return a.was < b.was; });
    auto next = messages.begin();
    for (Again& one : all) {
        if (isMessage(one))
            one = std::move(*next++);
    }
}

} // namespace

// Inside a transaction. What this device had sent and seen confirmed above `base` the restored
// server lacks: it is sent again, under the same key and where it stood in the queue, so the server
// stores it once whatever the truth is. Without `base` (a server that does not tell) the same is
// done for all. The order counts: what the server has of the queue is its beginning, or a message
// that it has would let those behind it pass one that it has not.
void Engine::Impl::reviveLost(Room& room, std::optional<Seq> base)
{
    auto& outbox = m_store.outbox();
    auto& timeline = m_store.timeline();
    const Seq shared = base.value_or(Seq());
    std::vector<Again> all;
    std::set<offline::RowId> revived;
    for (auto& lost : timeline.sentHere(room.rec.key, shared, kLostResendMax)) {
        lost.frame.room = room.rec.row.room;
        Again& again = all.emplace_back();
        again.was = lost.sentBy;
        again.stored.tempId = again.entry.tempId = lost.frame.tempId;
        again.stored.room = room.rec.key;
        again.stored.op = offline::Op::Send;
        again.stored.tid = again.entry.tid = lost.tid;
        again.stored.payload = protocol::encode(lost.frame);
        again.stored.createdMs = lost.ts;
        again.entry.everSent = true;
        revived.insert(lost.tid);
    }
    for (const SendEntry& waiting : room.queue.entries()) {
        // A change that was acknowledged in the old log has nothing left to be shown over.
        if (waiting.state == SendState::Acked) {
            outbox.erase(waiting.id);
            m_forgetOnCommit.push_back(waiting.tempId);
            continue;
        }
        const bool ofRow = waiting.op != offline::Op::Send && waiting.tid != 0;
        const auto place = ofRow ? timeline.place(waiting.tid) : std::nullopt;
        if (place && !place->unsent() && place->seq() > shared && !revived.contains(waiting.tid)) {
            // The target is lost with the log, and its number another message's by now; where the
            // server does not tell from which number on, any may be.
            outbox.erase(waiting.id);
            m_forgetOnCommit.push_back(waiting.tempId);
            m_failOnCommit.push_back(waiting.tempId);
            continue;
        }
        Again& moved = all.emplace_back();
        moved.entry = waiting;
        moved.was = waiting.id;
        if (moved.entry.state != SendState::Failed)
            moved.entry.state = SendState::Unknown;
    }
    std::vector<SendEntry> queue;
    if (!revived.empty()) {
        sortMessages(all);
        for (Again& again : all) {
            SendEntry& entry = queue.emplace_back(std::move(again.entry));
            if (entry.id != 0) {
                auto stored = outbox.find(entry.tempId);
                if (!stored)
                    continue;
                outbox.erase(entry.id);
                again.stored = std::move(*stored);
            }
            entry.id = outbox.add(again.stored);
            outbox.setFailed(entry.id, again.stored.failed);
            if (entry.op == offline::Op::Send)
                timeline.makeUnsent(entry.tid, room.rec.key, entry.id);
        }
    }
    // What a message that is not there yet answers may be another message by now.
    for (const std::int64_t id : timeline.cutReferences(room.rec.key, shared)) {
        auto frame = protocol::decodeClientFrame(outbox.payload(id));
        auto* send = frame ? std::get_if<protocol::MessageSend>(&*frame) : nullptr;
        if (!send)
            continue;
        if (send->replyTo > shared)
            send->replyTo.reset();
        if (send->thread > shared)
            send->thread.reset();
        outbox.setPayload(id, protocol::encode(*frame));
    }
    if (room.draft.replyTo > shared) {
        auto draft = changedDraft(room, room.draft.text, Seq(), std::nullopt);
        m_store.drafts().save(draft);
        m_draftsOnCommit[room.rec.row.room] = std::move(draft);
    }
    if (!revived.empty())
        m_requeueOnCommit[room.rec.row.room] = std::move(queue);
}

void Engine::Impl::epochLost(Room& room, Epoch epoch, std::optional<Seq> base)
{
    (void)transact(offline::Durability::Cache, [&] { resetEpoch(room, epoch, base); });
    wantSync(room);
}

std::size_t Engine::Impl::fullCount() const
{
    return static_cast<std::size_t>(std::count_if(
        m_rooms.begin(), m_rooms.end(), [](const auto& entry) { return entry.second.full; }));
}

std::vector<protocol::RoomCursor> Engine::Impl::fullRooms()
{
    std::vector<Room*> rooms;
    for (auto& [id, room] : m_rooms) {
        if (room.rec.member)
            rooms.push_back(&room);
    }
    std::stable_sort(rooms.begin(), rooms.end(), [](const Room* a, const Room* b) {
        return std::pair(a->open, a->rec.row.activeTs) > std::pair(b->open, b->rec.row.activeTs);
    });
    const auto wanted =
        std::min(kFullSubscriptionsWanted,
                 static_cast<std::size_t>(std::max<std::int64_t>(m_limits.fullSubscriptions, 1)));
    if (rooms.size() > wanted)
        rooms.resize(wanted);
    std::vector<protocol::RoomCursor> cursors;
    m_askedFull.clear();
    for (Room* room : rooms) {
        m_askedFull.push_back(room->rec.row.room);
        cursors.push_back({room->rec.row.room, room->rec.row.epoch, room->rec.synced});
    }
    return cursors;
}

// The server takes as many as it allows, in the order of the hello; how many that is comes with the
// welcome.
void Engine::Impl::fullGranted()
{
    for (auto& [id, room] : m_rooms)
        room.full = false;
    auto left = std::max<std::int64_t>(m_limits.fullSubscriptions, 0);
    for (const RoomId& id : std::exchange(m_askedFull, {})) {
        Room* room = findRoom(id);
        if (room && room->rec.member && left-- > 0)
            room->full = true;
    }
}

void Engine::Impl::subscribe(Room& room)
{
    if (room.full || !room.rec.member || !live())
        return;
    const auto most =
        std::min(room.open ? protocol::kOpenRoomsMax : kFullSubscriptionsWanted,
                 static_cast<std::size_t>(std::max<std::int64_t>(m_limits.fullSubscriptions, 1)));
    if (fullCount() >= most) {
        if (!room.open)
            return;
        // The room on screen takes the place of the one that was quiet for longest.
        Room* quiet = nullptr;
        for (auto& [id, other] : m_rooms) {
            if (other.full && !other.open &&
                (!quiet || other.rec.row.activeTs < quiet->rec.row.activeTs))
                quiet = &other;
        }
        if (!quiet)
            return;
        quiet->full = quiet->membersAsked = false; // nothing tells of its receipts from now on
        ask(Ask::Unsubscribe, protocol::UnsubscribeRoom{quiet->rec.row.room}, quiet->rec.row.room);
    }
    room.full = true;
    ask(Ask::Subscribe,
        protocol::SubscribeRoom{room.rec.row.room,
                                room.rec.row.epoch,
                                room.rec.synced,
                                protocol::SubscribeMode::Full,
                                {}},
        room.rec.row.room);
}

void Engine::Impl::openRoom(const RoomId& id)
{
    m_openRooms.insert(id);
    Room* room = findRoom(id);
    if (!room)
        return;
    room->open = room->tracked = true;
    room->revalidateBudget = kRevalidateSeqsMax;
    if (!live())
        return;
    subscribe(*room);
    askMembers(*room);
    askInfo(*room);
    if (room->rec.row.head > room->rec.synced)
        wantSync(*room);
    revalidate(*room);
    pumpSync();
    pumpRequests();
}

// A room in full is gone or closed: its place is one for a room on screen that found none.
void Engine::Impl::placeFree()
{
    for (const RoomId& id : m_openRooms) {
        if (Room* room = findRoom(id))
            subscribe(*room);
    }
    pumpRequests();
}

void Engine::Impl::askMembers(Room& room)
{
    if (room.membersAsked || asked(Ask::Members, room.rec.row.room))
        return;
    room.membersAsked = true;
    ask(Ask::Members, protocol::MembersRequest{{}, room.rec.row.room, {}, 100}, room.rec.row.room);
}

// Of a room on screen, if the log tells of something that is not known of it.
void Engine::Impl::askInfo(Room& room)
{
    if (!room.open || !room.rec.member || !room.rec.infoDue || !live())
        return;
    const RoomId& id = room.rec.row.room;
    if (!asked(Ask::RoomsAnew, id))
        ask(Ask::RoomsAnew, protocol::RoomsRequest{{}, {id}, {}, 1}, id);
}

void Engine::Impl::askInfos(MonoTime at)
{
    if (!m_infosAt || at < *m_infosAt)
        return;
    m_infosAt.reset();
    for (const RoomId& id : m_openRooms) {
        if (Room* room = findRoom(id))
            askInfo(*room);
    }
}

void Engine::Impl::closeRoom(const RoomId& id)
{
    m_openRooms.erase(id);
    if (Room* room = findRoom(id)) {
        room->open = false;
        typing(id, false);
    }
    placeFree();
}

} // namespace skein::engine
