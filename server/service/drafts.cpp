// Drafts: private to their user, the same on all of the user's devices. What becomes of two that
// were written apart is settled by the store (storage.h, mergedDraft()).
#include "server/service/impl.h"

namespace skein::server
{
namespace
{

protocol::DraftInfo wireDraft(DraftRow row, const Room& room)
{
    return {room.id, Rev(row.rev), std::move(row.text), row.replyTo, std::move(row.other), row.ts};
}

} // namespace

void Service::Impl::on(Connection& conn, protocol::DraftSet& frame)
{
    if (m_draining)
        return refuse(conn, frame.tempId, makeError(ErrorCode::ShuttingDown));
    if (const auto error = limited(conn, Bucket::Ephemeral))
        return refuse(conn, frame.tempId, *error);
    const Room* room = memberRoom(conn, frame.room);
    if (!room)
        return refuse(conn, frame.tempId, makeError(ErrorCode::NotFound));
    DraftOp op;
    op.room = room->key;
    op.user = conn.user->row.key;
    op.device = conn.device;
    op.tempId = frame.tempId;
    op.base = frame.base;
    op.text = std::move(frame.text);
    op.replyTo = frame.replyTo;
    op.dropOther = frame.dropOther;
    op.ts = m_clock.wallNow().ms;
    const std::uint64_t id = begin(conn, 0, frame.tempId);
    const UserKey owner = op.user;
    const RoomKey roomKey = op.room;
    m_storage.setDraft(std::move(op), guarded([this, id, owner, roomKey,
                                               tempId = frame.tempId](Result<DraftStored> result) {
                           draftStored(id, owner, roomKey, tempId, std::move(result));
                       }));
}

void Service::Impl::draftStored(std::uint64_t op, UserKey owner, RoomKey roomKey,
                                const TempId& tempId, Result<DraftStored> result)
{
    Connection* conn = end(op);
    const ConnId id = conn ? conn->id : 0;
    User* user = m_directory.user(owner);
    Room* room = m_directory.room(roomKey);
    if (!result) {
        Error error = result.error();
        if (error.retryable)
            error.retryAfter = Milliseconds(kStorageRetryMs);
        if (conn)
            refuse(*conn, tempId, error);
    } else if (!user || !room || !room->member(owner)) {
        // Left while it was on its way to the disk.
        if (conn)
            refuse(*conn, tempId, makeError(ErrorCode::NotFound));
    } else {
        const bool changed = result->changed;
        if (changed) {
            user->drafts = std::max(user->drafts, result->draft.rev);
            m_directory.touched(result->draft.rev);
        }
        const protocol::DraftChanged told{wireDraft(std::move(result->draft), *room), tempId};
        if (changed)
            sendToUser(*user, told);
        else if (conn)
            send(*conn, told);
    }
    if (Connection* still = connection(id))
        finishDrain(*still);
}

void Service::Impl::on(Connection& conn, protocol::DraftsRequest& frame)
{
    if (const auto error = limited(conn, Bucket::Requests))
        return sendError(conn, frame.req, *error);
    if (frame.after >= Rev(conn.user->drafts)) {
        protocol::DraftsResponse nothing;
        nothing.req = frame.req;
        nothing.rev = Rev(conn.user->drafts);
        return send(conn, nothing);
    }
    const DraftsQuery query{conn.user->row.key, frame.after.value(), frame.limit};
    m_storage.readDrafts(query, kPageBytesMax,
                         guarded([this, id = conn.id, query, newest = conn.user->drafts,
                                  req = frame.req](Result<DraftsPage> page) {
                             Connection* asker = connection(id);
                             if (!asker || !asker->user)
                                 return;
                             if (!page)
                                 return sendError(*asker, req, page.error());
                             protocol::DraftsResponse response;
                             response.req = req;
                             response.rev = Rev(query.after);
                             response.more = page->more;
                             for (DraftRow& row : page->drafts) {
                                 // Committed, and not known of here yet: whose room it is might not
                                 // be known either. Its own news follows and is asked for from
                                 // here.
                                 if (row.rev > asker->user->drafts) {
                                     response.more = false;
                                     break;
                                 }
                                 response.rev = Rev(row.rev);
                                 Room* room = m_directory.room(row.room);
                                 if (room && room->member(query.user))
                                     response.drafts.push_back(wireDraft(std::move(row), *room));
                             }
                             // The newest revision may have no row (it is that of joining a room
                             // without a draft); whoever has read to the end is not to ask for it
                             // again.
                             if (!response.more)
                                 response.rev = std::max(response.rev, Rev(newest));
                             send(*asker, response);
                         }));
}

} // namespace skein::server
