// Read and delivered positions: merged by max in memory, written in batches, told after the commit;
// one receipts frame a room for however many moved.
#include "server/service/impl.h"

#include <algorithm>

namespace skein::server
{

void Service::Impl::on(Connection& conn, protocol::MarkRead& frame)
{
    if (auto error = limited(conn, Bucket::Ephemeral)) {
        error->detail = "mark_read";
        return sendError(conn, {}, *error);
    }
    const Room* room = memberRoom(conn, frame.room);
    if (!room)
        return sendError(conn, {}, makeError(ErrorCode::NotFound, frame.room.str()));
    mark(room->key, conn.user->row.key, frame.seq, frame.seq);
}

void Service::Impl::on(Connection& conn, protocol::MarkDelivered& frame)
{
    if (auto error = limited(conn, Bucket::Ephemeral)) {
        error->detail = "mark_delivered";
        return sendError(conn, {}, *error);
    }
    for (const protocol::RoomSeq& one : frame.rooms) {
        if (const Room* room = memberRoom(conn, one.room))
            mark(room->key, conn.user->row.key, Seq(), one.seq);
        else
            sendError(conn, {}, makeError(ErrorCode::NotFound, one.room.str()));
    }
}

void Service::Impl::mark(RoomKey roomKey, UserKey user, Seq read, Seq delivered)
{
    Room* room = m_directory.room(roomKey);
    const Member* member = room ? room->member(user) : nullptr;
    if (!member)
        return;
    read = std::min(read, room->head);
    delivered = std::min(delivered, room->head);
    if (read <= member->read && delivered <= member->delivered)
        return;
    PositionMark& mark = m_marks[{roomKey, user}];
    mark.room = roomKey;
    mark.user = user;
    mark.read = std::max(mark.read, read);
    mark.delivered = std::max(mark.delivered, delivered);
    if (m_positionsInFlight || m_positionsQueued)
        return;
    // Never within this turn: what is confirmed is told first, and waking the store's thread would
    // take a core from that.
    const MonoTime now = m_clock.now();
    const MonoTime next = m_positionsAt + Milliseconds(kPositionsEveryMs);
    m_positionsQueued = true;
    at(m_positionsAt.ms == 0 ? now : std::max(now, next), What::Positions, 0);
}

void Service::Impl::flushPositions()
{
    if (m_positionsInFlight || m_marks.empty())
        return;
    m_positionsInFlight = true;
    m_positionsAt = m_clock.now();
    PositionsOp op;
    while (!m_marks.empty() && op.marks.size() < kPositionsPerOp) {
        op.marks.push_back(m_marks.begin()->second);
        m_marks.erase(m_marks.begin());
    }
    m_storage.setPositions(op, guarded([this, op](Result<std::vector<PositionSet>> result) {
                               positionsSet(std::move(result), op);
                           }));
}

void Service::Impl::positionsSet(Result<std::vector<PositionSet>> result, PositionsOp sent)
{
    m_positionsInFlight = false;
    MonoTime next = m_clock.now() + Milliseconds(kPositionsEveryMs);
    if (!result) {
        // Nothing is lost by a full disk: they go back to those that wait, merged with what came
        // since.
        for (const PositionMark& old : sent.marks) {
            PositionMark& mark = m_marks[{old.room, old.user}];
            mark.room = old.room;
            mark.user = old.user;
            mark.read = std::max(mark.read, old.read);
            mark.delivered = std::max(mark.delivered, old.delivered);
        }
        next = m_clock.now() + Milliseconds(kPositionsRetryMs);
    } else {
        for (const PositionSet& set : *result) {
            Room* room = m_directory.room(set.room);
            Member* member = room ? room->member(set.user) : nullptr;
            if (!member)
                continue;
            m_directory.touched(set.touch);
            const bool moved = set.read > member->read;
            if (!moved && set.delivered <= member->delivered)
                continue;
            member->read = std::max(member->read, set.read);
            member->readOrd = std::max(member->readOrd, set.readOrd);
            member->delivered = std::max(member->delivered, set.delivered);
            member->touch = std::max(member->touch, set.touch);
            if (moved) {
                std::erase_if(member->mentions, [&](Seq seq) { return seq <= member->read; });
                sendReadState(*room, *member);
            }
            queueReceipts(*room, set.user);
            if (m_directory.moved(*room, set.user, *member, set.touch))
                queueOthers(*room);
        }
    }
    if (!m_positionsQueued && !m_marks.empty()) {
        m_positionsQueued = true;
        at(next, What::Positions, 0);
    }
}

void Service::Impl::sendReadState(Room& room, Member& member)
{
    if (member.user->connections.empty())
        return;
    sendToUser(*member.user,
               protocol::ReadState{room.id, member.read, member.delivered,
                                   room.ord - member.readOrd,
                                   static_cast<std::int64_t>(member.mentions.size()), room.ord},
               Lane::Durable, room.id);
}

void Service::Impl::queueReceipts(Room& room, UserKey user)
{
    if (room.full.empty()) {
        room.moved.clear();
        return;
    }
    if (std::find(room.moved.begin(), room.moved.end(), user) == room.moved.end())
        room.moved.push_back(user);
    if (room.receiptsQueued)
        return;
    const auto audience = static_cast<std::int64_t>(room.full.size());
    const Milliseconds interval(
        std::max(kPositionsEveryMs, audience * kCoalesceUsPerRecipient / 1'000));
    const MonoTime due = room.receiptsAt.ms == 0 ? m_clock.now() : room.receiptsAt + interval;
    if (due <= m_clock.now())
        return flushReceipts(room);
    room.receiptsQueued = true;
    at(due, What::Receipts, static_cast<std::uint64_t>(room.key));
}

void Service::Impl::flushReceipts(Room& room)
{
    room.receiptsQueued = false;
    room.receiptsAt = m_clock.now();
    protocol::Receipts receipts;
    receipts.room = room.id;
    const User* only = nullptr;
    for (const UserKey key : room.moved) {
        if (const Member* member = room.member(key)) {
            receipts.positions.push_back({member->user->row.id, member->read, member->delivered});
            only = member->user;
        }
    }
    room.moved.clear();
    if (receipts.positions.empty())
        return;
    if (receipts.positions.size() > 1)
        only = nullptr;
    FramePtr frame;
    for (const Connection* conn : room.full) {
        if (conn->user == only)
            continue; // has read_state
        if (!frame)
            frame =
                std::make_shared<const OutFrame>(protocol::encode(protocol::ServerFrame(receipts)));
        m_framesOut.add();
        m_outbound.send(conn->id, frame, Lane::Durable, room.id);
    }
}

// Who has a room in summary hears of receipts only where a tick of theirs may change by them, and
// of all that moved in kOthersEveryMs at once.
void Service::Impl::queueOthers(Room& room)
{
    if (room.othersQueued)
        return;
    room.othersQueued = true;
    at(m_clock.now() + Milliseconds(kOthersEveryMs), What::Others,
       static_cast<std::uint64_t>(room.key));
}

void Service::Impl::flushOthers(Room& room)
{
    room.othersQueued = false;
    const std::uint64_t mark = markFull(room);
    for (const auto& [key, member] : room.members) {
        const auto changes = [&, user = key, wrote = member.wrote](const Leaders& told,
                                                                   const Leaders& now) {
            return now.others(user) > told.others(user) && told.others(user) < wrote;
        };
        if (!changes(room.readTold, room.read) && !changes(room.deliveredTold, room.delivered))
            continue;
        for (const Connection* conn : member.user->connections) {
            if (conn->mark != mark)
                sendDirty(*conn, room);
        }
    }
    room.readTold = room.read;
    room.deliveredTold = room.delivered;
}

void Service::Impl::sendPositions(const Connection& conn, Room& room)
{
    protocol::Receipts receipts;
    receipts.room = room.id;
    if (room.members.size() <= kReceiptsPerFrame) {
        for (const auto& [key, member] : room.members) {
            if (member.user != conn.user)
                receipts.positions.push_back({member.user->row.id, member.read, member.delivered});
        }
        std::sort(receipts.positions.begin(), receipts.positions.end(),
                  [](const auto& a, const auto& b) { return a.user < b.user; });
    }
    if (!receipts.positions.empty())
        send(conn, receipts, Lane::Durable, room.id);
}

} // namespace skein::server
