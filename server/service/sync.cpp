// Reads of a room's log. Membership is checked when asked and again when the page comes back.
#include "server/service/impl.h"

#include <algorithm>

namespace skein::server
{

using protocol::Event;

void Service::Impl::hideTempIds(std::vector<Event>& events, const UserId& reader)
{
    for (Event& event : events) {
        if (event.sender != reader)
            event.tempId = TempId();
    }
}

void Service::Impl::on(Connection& conn, protocol::SyncRequest& frame)
{
    if (const auto error = limited(conn, Bucket::Requests))
        return sendError(conn, frame.req, *error);
    std::vector<LogRange> ranges;
    std::vector<protocol::SyncRoom> rooms;
    const std::int64_t limit = std::clamp<std::int64_t>(
        frame.limit, 1, static_cast<std::int64_t>(protocol::kSyncEventsPerRoomMax));
    for (const protocol::SyncCursor& cursor : frame.rooms) {
        protocol::SyncRoom answer;
        answer.room = cursor.room;
        answer.epoch = cursor.epoch;
        if (const Room* room = memberRoom(conn, cursor.room)) {
            // A first look (since 0) has no generation yet; a cursor beyond the head is of a lost
            // one.
            const bool lost =
                (cursor.epoch != room->epoch && cursor.since) || cursor.since > room->head;
            answer.epoch = room->epoch;
            answer.head = room->head;
            answer.ord = room->ord;
            if (room->epoch > Epoch(1))
                answer.base = room->base;
            if (lost) {
                answer.error = ErrorCode::StateLost;
            } else {
                LogRange range;
                range.room = room->key;
                range.since = cursor.since;
                range.limit = limit;
                ranges.push_back(range);
            }
        } else {
            answer.error = ErrorCode::NotFound;
        }
        rooms.push_back(std::move(answer));
    }
    const auto answered = [this, id = conn.id,
                           req = frame.req](std::vector<protocol::SyncRoom> asked,
                                            Result<std::vector<LogPage>> pages) {
        const Connection* still = connection(id);
        if (!still || !still->user)
            return;
        if (!pages)
            return sendError(*still, req, pages.error());
        protocol::SyncResponse response;
        response.req = req;
        auto page = pages->begin();
        for (protocol::SyncRoom& room : asked) {
            if (!room.error) {
                LogPage& found = *page++;
                if (!memberRoom(*still, room.room)) {
                    protocol::SyncRoom gone;
                    gone.room = room.room;
                    gone.error = ErrorCode::NotFound;
                    response.rooms.push_back(std::move(gone));
                    continue;
                }
                if (!found.reached) {
                    response.more = true;
                    continue;
                }
                room.lo = found.lo;
                room.hi = found.hi;
                room.head = std::max(room.head, found.head);
                room.ord = std::max(room.ord, found.ord);
                room.limited = found.limited;
                room.events = std::move(found.events);
                hideTempIds(room.events, still->user->row.id);
                response.more = response.more || room.hi < room.head;
            }
            response.rooms.push_back(std::move(room));
        }
        // Moved: a page is some hundred entries, and is not looked at again.
        send(*still, protocol::ServerFrame(std::move(response)));
    };
    if (ranges.empty())
        return answered(std::move(rooms), std::vector<LogPage>());
    m_storage.readLog(
        std::move(ranges), kPageBytesMax,
        guarded([answered, rooms = std::move(rooms)](Result<std::vector<LogPage>> pages) mutable {
            answered(std::move(rooms), std::move(pages));
        }));
}

void Service::Impl::on(Connection& conn, protocol::HistoryRequest& frame)
{
    if (const auto error = limited(conn, Bucket::Requests))
        return sendError(conn, frame.req, *error);
    const Room* room = memberRoom(conn, frame.room);
    if (!room)
        return sendError(conn, frame.req, makeError(ErrorCode::NotFound));
    HistoryQuery query;
    if (frame.filter) {
        const bool pinned = *frame.filter == protocol::kFilterPinned;
        if ((!pinned && *frame.filter != protocol::kFilterMedia) ||
            frame.anchor == protocol::HistoryRequest::Anchor::Around)
            return sendError(conn, frame.req, makeError(ErrorCode::BadField, "filter"));
        query.filter = pinned ? HistoryQuery::Filter::Pinned : HistoryQuery::Filter::Media;
    }
    query.room = room->key;
    query.anchor = frame.anchor;
    query.seq = frame.seq;
    query.limit = std::clamp<std::int64_t>(frame.limit, 1,
                                           static_cast<std::int64_t>(protocol::kHistoryLimitMax));
    m_storage.readHistory(query, kPageBytesMax,
                          guarded([this, id = conn.id, req = frame.req, roomId = frame.room,
                                   anchor = frame.anchor](Result<HistoryPage> page) {
                              const Connection* still = connection(id);
                              if (!still || !still->user)
                                  return;
                              const Room* known = memberRoom(*still, roomId);
                              if (!known)
                                  return sendError(*still, req, makeError(ErrorCode::NotFound));
                              if (!page)
                                  return sendError(*still, req, page.error());
                              hideTempIds(page->messages, still->user->row.id);
                              protocol::HistoryResponse response;
                              response.req = req;
                              response.room = roomId;
                              response.epoch = known->epoch;
                              response.lo = page->lo;
                              response.hi = page->hi;
                              response.asOf = page->asOf;
                              response.messages = std::move(page->messages);
                              response.hasMore = page->hasMore;
                              const bool newer = anchor == protocol::HistoryRequest::Anchor::After;
                              if (response.hasMore)
                                  response.cursor =
                                      std::to_string((newer ? response.hi : response.lo).value());
                              send(*still, protocol::ServerFrame(std::move(response)));
                          }));
}

void Service::Impl::on(Connection& conn, protocol::Revalidate& frame)
{
    if (const auto error = limited(conn, Bucket::Requests))
        return sendError(conn, frame.req, *error);
    const Room* room = memberRoom(conn, frame.room);
    if (!room)
        return sendError(conn, frame.req, makeError(ErrorCode::NotFound));
    if (frame.hi < frame.lo || !frame.lo)
        return sendError(conn, frame.req, makeError(ErrorCode::BadField, "lo"));
    RevalidateQuery query;
    query.room = room->key;
    query.lo = frame.lo;
    query.hi = frame.hi;
    query.since = frame.since;
    m_storage.revalidate(query, kPageBytesMax,
                         guarded([this, id = conn.id, req = frame.req,
                                  roomId = frame.room](Result<HistoryPage> page) {
                             const Connection* still = connection(id);
                             if (!still || !still->user)
                                 return;
                             if (!memberRoom(*still, roomId))
                                 return sendError(*still, req, makeError(ErrorCode::NotFound));
                             if (!page)
                                 return sendError(*still, req, page.error());
                             hideTempIds(page->messages, still->user->row.id);
                             protocol::RevalidateResponse response;
                             response.req = req;
                             response.room = roomId;
                             response.lo = page->lo;
                             response.hi = page->hi;
                             response.asOf = page->asOf;
                             response.messages = std::move(page->messages);
                             response.hasMore = page->hasMore;
                             send(*still, protocol::ServerFrame(std::move(response)));
                         }));
}

} // namespace skein::server
