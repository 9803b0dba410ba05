// Positions: two integers for each room, merged by max. What this device stored is told as
// delivered, what was shown as read; what the others told moves the ticks.
#include "sdk/engine/engineimpl.h"

#include <algorithm>
#include <utility>

namespace skein::engine
{
namespace
{

constexpr std::int64_t kDeliveredSettleMs = 1'000;

} // namespace

// Inside a transaction. `unread` as the server counted it at this position; else it is counted
// here, by ord.
void Engine::Impl::readUpTo(Room& room, Seq seq, std::optional<std::int64_t> unread,
                            std::optional<Ord> countedAt)
{
    touch(room);
    offline::RoomRow& row = room.rec.row;
    row.read = seq;
    if (unread && countedAt) {
        // Exact, also when our head is behind or ahead of the one that the server counted at.
        room.rec.readOrd = Ord(std::max<std::int64_t>(countedAt->value() - *unread, 0));
        if (seq >= row.head)
            row.mentions = 0;
    } else if (seq >= row.head) {
        room.rec.readOrd = row.headOrd;
        row.mentions = 0;
    } else if (const auto ord = m_store.timeline().ordAt(room.rec.key, seq)) {
        room.rec.readOrd = std::max(room.rec.readOrd, *ord);
    } else if (unread) {
        // A server that does not say which head it counted at: right where nothing was lost on the
        // way, and asked for where it was.
        room.rec.readOrd = Ord(std::max<std::int64_t>(row.headOrd.value() - *unread, 0));
        m_readsGuessed.insert(row.room);
    }
}

// Inside a transaction. [lo, hi] was stored: a position in it that was unknown can be counted now.
void Engine::Impl::countRead(Room& room, Seq lo, Seq hi)
{
    const Seq read = room.rec.row.read;
    if (read < lo || hi < read)
        return;
    if (const auto ord = m_store.timeline().ordAt(room.rec.key, read))
        room.rec.readOrd = *ord;
}

void Engine::Impl::markRead(const RoomId& id, Seq seq)
{
    Room* room = findRoom(id);
    if (!room || !room->rec.member)
        return;
    seq = std::min(seq, room->rec.row.head);
    if (seq <= room->rec.row.read)
        return;
    // Kept over a restart as the distance between `read` and `read_told`.
    if (!transact(offline::Durability::Cache, [&] { readUpTo(*room, seq, std::nullopt); })) {
        // The view does not say it again.
        Seq& refused = m_readsRefused[id];
        refused = std::max(refused, seq);
        m_readsSyncAt = now() + Milliseconds(kStoreRetryMs);
        return;
    }
    // On the disk for good a moment later: one flush for all that is read while scrolling.
    m_readsUnsynced.insert(id);
    if (!m_readsSyncAt)
        m_readsSyncAt = now() + Milliseconds(kReceiptsFlushMs);
    readIsToBeTold(*room, seq);
}

// After the commit.
void Engine::Impl::readIsToBeTold(Room& room, Seq seq)
{
    room.readTo = std::max(room.readTo, seq);
    m_receiptRooms.insert(room.rec.row.room);
    if (!m_receiptsAt)
        m_receiptsAt = now() + Milliseconds(kReceiptsFlushMs);
}

void Engine::Impl::flushReceipts(MonoTime at)
{
    if (!m_receiptsAt || at < *m_receiptsAt || !live())
        return;
    if (!canWrite()) {
        m_receiptsAt = now() + Milliseconds(kUnsentPollMs);
        return;
    }
    m_receiptsAt.reset();
    const MonoTime moment = now();
    protocol::MarkDelivered delivered;
    std::set<RoomId> left;
    for (const RoomId& id : m_receiptRooms) {
        Room* room = findRoom(id);
        if (!room || !room->rec.member)
            continue;
        if (room->readTo > room->rec.readTold) {
            if (m_limiter.take(FrameClass::Ephemeral, moment)) {
                writeFrame(protocol::MarkRead{id, room->readTo});
                // Reading implies delivery.
                if (room->deliverTo <= room->readTo)
                    room->deliverTo = Seq();
                room->readTo = Seq();
            } else {
                left.insert(id);
            }
        }
        if (room->deliverTo > std::max(room->rec.deliveredTold, room->deliverSent)) {
            if (delivered.rooms.size() < protocol::kRoomsPerFrameMax)
                delivered.rooms.push_back({id, room->deliverTo});
            else
                left.insert(id);
        }
    }
    if (!delivered.rooms.empty()) {
        if (m_limiter.take(FrameClass::Ephemeral, moment)) {
            writeFrame(delivered);
            for (const protocol::RoomSeq& told : delivered.rooms) {
                // Nothing answers it: it counts as told when a later ping was answered.
                Room& room = *findRoom(told.room);
                room.deliverSent = told.seq;
                room.deliverSentAt = moment;
                room.deliverTo = Seq();
                m_deliveriesSent.insert(told.room);
            }
        } else {
            for (const protocol::RoomSeq& told : delivered.rooms)
                left.insert(told.room);
        }
    }
    m_receiptRooms = std::move(left);
    if (!m_receiptRooms.empty())
        m_receiptsAt =
            std::max(m_limiter.readyAt(FrameClass::Ephemeral, moment), moment + Milliseconds(1));
}

void Engine::Impl::syncReads(MonoTime at)
{
    if (!m_readsSyncAt || at < *m_readsSyncAt)
        return;
    m_readsSyncAt.reset();
    const auto done = transact(offline::Durability::User, [&] {
        for (const RoomId& id : m_readsUnsynced) {
            if (Room* room = findRoom(id))
                touch(*room);
        }
        for (const auto& [id, seq] : m_readsRefused) {
            // Another device may have read further meanwhile, and a restored server knows less.
            if (Room* room = findRoom(id); room && seq > room->rec.row.read)
                readUpTo(*room, std::min(seq, room->rec.row.head), std::nullopt);
        }
    });
    if (!done) {
        m_readsSyncAt = now() + Milliseconds(kStoreRetryMs);
        return;
    }
    m_readsUnsynced.clear();
    for (const auto& [id, seq] : std::exchange(m_readsRefused, {})) {
        if (Room* room = findRoom(id); room && room->rec.member)
            readIsToBeTold(*room, std::min(seq, room->rec.row.read));
    }
    emitChanges();
}

// Frames arrive in order, and the server writes positions within kDeliveredSettleMs: what was told
// that long before an answered ping is stored. Written down with the room's next change.
void Engine::Impl::deliveriesProved(MonoTime pingSentAt)
{
    std::erase_if(m_deliveriesSent, [&](const RoomId& id) {
        Room* room = findRoom(id);
        if (room && pingSentAt - room->deliverSentAt < Milliseconds(kDeliveredSettleMs))
            return false;
        if (room) {
            room->rec.deliveredTold =
                std::max(room->rec.deliveredTold, std::exchange(room->deliverSent, Seq()));
        }
        return true;
    });
}

// Inside a transaction. A server that died may have lost what it was told last, also what counted
// as stored: its disk may have refused it, or a slow line have brought the ping right behind. That
// was in rooms that are active; one frame tells them all.
void Engine::Impl::tellAnotherBoot(const BootId& boot)
{
    if (boot.empty() || m_store.fact(offline::Store::kBoot) == boot.str())
        return;
    m_store.setFact(offline::Store::kBoot, boot.str());
    std::vector<Room*> rooms;
    for (auto& [id, room] : m_rooms) {
        if (room.rec.member && room.rec.deliveredTold)
            rooms.push_back(&room);
    }
    const auto most = std::min(rooms.size(), protocol::kRoomsPerFrameMax);
    std::partial_sort(
        rooms.begin(), rooms.begin() + static_cast<std::ptrdiff_t>(most), rooms.end(),
        [](const Room* a, const Room* b) { return a->rec.row.activeTs > b->rec.row.activeTs; });
    rooms.resize(most);
    for (Room* room : rooms) {
        touch(*room).deliverTo =
            std::max(room->deliverTo, std::exchange(room->rec.deliveredTold, Seq()));
    }
}

// The connection is gone: perhaps they never arrived. Told again on the next, and merged by max.
void Engine::Impl::deliveriesUnproved()
{
    for (const RoomId& id : std::exchange(m_deliveriesSent, {})) {
        if (Room* room = findRoom(id))
            room->deliverSent = Seq();
    }
}

// The run of them at the front of the inbox, in one transaction: a busy room tells where it stands
// behind each message, and a transaction for each would cost as much as the messages.
void Engine::Impl::onPositions()
{
    std::vector<RoomId> dirty;
    bool unknown = false;
    // What the disk refuses is told again on the next connection.
    (void)transact(offline::Durability::Cache, [&] {
        for (std::size_t rows = 0;
             rows < kWorkRowsMax && !m_inbox.empty() && tellsPosition(m_inbox.front().frame);
             ++rows) {
            const protocol::ServerFrame frame = std::move(m_inbox.front().frame);
            m_inbox.pop_front();
            if (const auto* read = std::get_if<protocol::ReadState>(&frame)) {
                applyReadState(*read);
            } else if (const auto* receipts = std::get_if<protocol::Receipts>(&frame)) {
                rows += applyReceipts(*receipts);
            } else if (const auto* told = std::get_if<protocol::RoomDirty>(&frame)) {
                Room* room = findRoom(told->head.room);
                if (room && room->rec.member) {
                    applyDirty(*room, *told);
                    dirty.push_back(told->head.room);
                } else {
                    m_unknownRooms.insert(told->head.room);
                    unknown = true;
                }
            }
        }
    });
    for (const RoomId& id : dirty) {
        if (Room* room = findRoom(id)) {
            wantInitialSync(*room);
            membersStale(*room);
        }
    }
    for (const RoomId& id : std::exchange(m_readsGuessed, {})) {
        if (const Room* room = findRoom(id))
            wantAround(id, room->rec.row.read);
    }
    if (unknown)
        askUnknown();
    pumpSync();
    pumpRequests();
}

bool Engine::Impl::tellsPosition(const protocol::ServerFrame& frame)
{
    return std::holds_alternative<protocol::RoomDirty>(frame) ||
           std::holds_alternative<protocol::ReadState>(frame) ||
           std::holds_alternative<protocol::Receipts>(frame);
}

// Inside a transaction.
void Engine::Impl::applyReadState(const protocol::ReadState& frame)
{
    Room* room = findRoom(frame.room);
    if (!room || !room->rec.member)
        return;
    touch(*room);
    offline::RoomRow& row = room->rec.row;
    room->rec.readTold = std::max(room->rec.readTold, frame.read);
    room->rec.deliveredTold = std::max(room->rec.deliveredTold, frame.delivered);
    // Also where the position is known: read inside a hole, only the server can count.
    if (frame.read >= row.read) {
        readUpTo(*room, frame.read, frame.unread, frame.ord);
        row.mentions = frame.mentions;
    }
}

// Inside a transaction. How many rows have another tick.
std::size_t Engine::Impl::applyReceipts(const protocol::Receipts& frame)
{
    Room* room = findRoom(frame.room);
    if (!room || !room->rec.member)
        return 0;
    Seq read, delivered;
    for (const protocol::Position& position : frame.positions) {
        if (position.user == m_config.user)
            continue;
        read = std::max(read, position.read);
        delivered = std::max({delivered, position.delivered, position.read});
        memberMoved(*room, position.user, position.read, position.delivered);
    }
    const std::size_t kept = room->tracked ? frame.positions.size() : 0;
    return kept + othersMoved(*room, read, delivered);
}

// Inside a transaction.
void Engine::Impl::memberMoved(Room& room, const UserId& user, Seq read, Seq delivered)
{
    if (room.tracked && m_store.positions().merge(room.rec.key, m_store.users().key(user), read,
                                                  std::max(read, delivered)))
        m_receiptsMoved.insert(room.rec.row.room);
}

// Something of the room was dropped on its way here, receipts perhaps: who is how far is asked for
// while it is on screen, or when it is there next.
void Engine::Impl::membersStale(Room& room)
{
    if (!room.full || asked(Ask::Members, room.rec.row.room))
        return;
    room.membersAsked = false;
    if (room.open)
        askMembers(room);
}

// Inside a transaction: the ticks of own rows follow, merged by max. How many rows that are.
std::size_t Engine::Impl::othersMoved(Room& room, Seq read, Seq delivered)
{
    const Seq readBefore = room.rec.row.othersRead;
    const Seq deliveredBefore = room.rec.row.othersDelivered;
    read = std::max(read, readBefore);
    delivered = std::max(delivered, deliveredBefore);
    if (read == readBefore && delivered == deliveredBefore)
        return 0;
    touch(room);
    room.rec.row.othersRead = read;
    room.rec.row.othersDelivered = delivered;
    Seq from = delivered;
    if (read > readBefore)
        from = std::min(from, readBefore);
    if (delivered > deliveredBefore)
        from = std::min(from, deliveredBefore);
    const auto rows = m_store.timeline().ownRows(room.view(), from, delivered, kTimelineChangeMax);
    for (const offline::MessageRow& row : rows)
        rowChanged(room, {row.rowId, 0});
    // One line for all of them; where nothing of one's own is concerned, nobody will ask.
    if (rows.empty() && room.queue.empty())
        return 0;
    if (delivered > deliveredBefore)
        noteRoom(offline::Happening::Delivered, room, delivered);
    if (read > readBefore)
        noteRoom(offline::Happening::Read, room, read);
    return rows.size();
}

} // namespace skein::engine
