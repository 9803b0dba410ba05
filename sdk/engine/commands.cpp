// What the user asks for: checked, written with full durability, shown, and only then sent.
#include "sdk/engine/engineimpl.h"

#include <algorithm>

namespace skein::engine
{
namespace
{

bool validText(const std::string& text, std::size_t charactersMax)
{
    return protocol::isValidUtf8(text) && protocol::characterCount(text) <= charactersMax;
}

} // namespace

Result<void> Engine::Impl::checkBody(const std::string& body) const
{
    if (!protocol::isValidUtf8(body))
        return fail(ErrorCode::InvalidArgument, "body is not UTF-8");
    if (protocol::characterCount(body) >
        static_cast<std::size_t>(std::max<std::int64_t>(m_limits.bodyCharacters, 0)))
        return fail(ErrorCode::BodyTooLarge, "body");
    return {};
}

// Writes an entry and what it does to the screen in one durable transaction; then queues and sends
// it.
template <class F>
Result<TempId> Engine::Impl::enqueue(Room* room, offline::Op op, offline::RowId tid,
                                     const TempId& tempId, const protocol::ClientFrame& frame,
                                     F&& show)
{
    std::string payload = protocol::encode(frame);
    if (payload.size() + kEnvelopeBytes > static_cast<std::size_t>(m_limits.frameBytes))
        return fail(ErrorCode::BodyTooLarge, "frame");
    const MonoTime began = now();
    SendEntry entry;
    entry.tempId = tempId;
    entry.op = op;
    entry.tid = tid;
    m_hold = true; // queued and, where the way is free, sending: told as one
    const auto done = transact(offline::Durability::User, [&] {
        offline::OutboxEntry stored;
        stored.tempId = tempId;
        stored.room = room ? room->rec.key : 0;
        stored.op = op;
        stored.tid = tid;
        stored.payload = std::move(payload);
        stored.createdMs = m_host.clock.wallNow().ms;
        entry.id = m_store.outbox().add(stored);
        // The story of the message that it changes names it: the entry before names the message.
        const auto changed = tid != 0 ? m_store.timeline().place(tid) : std::nullopt;
        if (changed && !changed->tempId.empty())
            m_journal.note({stored.createdMs,
                            offline::Happening::ChangeQueued,
                            stored.room,
                            changed->tempId,
                            static_cast<std::int64_t>(op),
                            {}},
                           began);
        m_journal.note({stored.createdMs,
                        offline::Happening::Queued,
                        stored.room,
                        tempId,
                        static_cast<std::int64_t>(op),
                        {}},
                       began);
        show(entry);
    });
    m_hold = false;
    if (!done)
        return fail(done.error());
    m_enqueueTime.record((now() - began).count() * 1000);
    const offline::RoomKey key = room ? room->rec.key : 0;
    m_sendRooms.emplace(tempId, key);
    m_sendable.insert(key);
    queueOf(room).push(std::move(entry));
    if (room) {
        countRoom(*room);
        roomChanged(*room);
    }
    pump();
    emitChanges();
    tellOutbox();
    return tempId;
}

Result<TempId> Engine::Impl::send(const RoomId& id, const Draft& draft)
{
    Room* room = findRoom(id);
    if (!room || !room->rec.member)
        return fail(ErrorCode::NotFound, "room");
    if (auto ok = checkBody(draft.body); !ok)
        return fail(ok.error());
    const bool sendable =
        draft.kind == protocol::Kind::Text || draft.kind == protocol::Kind::Image ||
        draft.kind == protocol::Kind::File || draft.kind == protocol::Kind::JobUpdate;
    if (!sendable)
        return fail(ErrorCode::InvalidArgument, "kind");
    if (draft.body.empty() && draft.attachments.empty())
        return fail(ErrorCode::InvalidArgument, "empty");
    if (draft.mentions.size() > protocol::kMentionsMax ||
        draft.attachments.size() > protocol::kAttachmentsMax)
        return fail(ErrorCode::InvalidArgument, "too many mentions or attachments");
    (void)m_store.takeError();
    if (!draft.tempId.empty() &&
        (!isUuidV7(draft.tempId.str()) || m_sendRooms.contains(draft.tempId) ||
         m_store.timeline().knows(draft.tempId)))
        return fail(ErrorCode::InvalidArgument, "temporary id");
    const WallTime wall = m_host.clock.wallNow();
    protocol::MessageSend frame;
    frame.room = id;
    frame.tempId = draft.tempId.empty() ? makeTempId(wall, m_host.random) : draft.tempId;
    frame.kind = draft.kind;
    frame.body = draft.body;
    frame.replyTo = draft.replyTo;
    frame.thread = draft.thread;
    frame.mentions = draft.mentions;
    frame.attachments = draft.attachments;
    frame.clientTs = std::max<std::int64_t>(wall.ms, 0);
    const bool endsDraft =
        draft.endsDraft && (!room->draft.text.empty() || room->draft.replyTo != Seq());
    const offline::DraftRecord before = room->draft;
    auto sent = enqueue(room, offline::Op::Send, 0, frame.tempId, frame, [&](SendEntry& entry) {
        entry.tid = m_store.timeline().insertUnsent(room->rec.key, entry.id, frame,
                                                    wall.ms + m_clockOffsetMs);
        m_store.outbox().setRow(entry.id, entry.tid);
        rowChanged(*room, {entry.tid, 0});
        if (endsDraft) {
            showDraft(*room, changedDraft(*room, {}, {}, std::nullopt));
            m_store.drafts().save(room->draft);
        }
    });
    if (endsDraft && !sent)
        showDraft(*room, before);
    pumpDrafts(now());
    return sent;
}

Result<TempId> Engine::Impl::change(Room& room, offline::Op op, offline::RowId tid,
                                    const TempId& tempId, const protocol::ClientFrame& frame)
{
    return enqueue(&room, op, tid, tempId, frame, [&](SendEntry&) {
        m_store.timeline().refresh(tid);
        rowChanged(room, {tid, 0});
    });
}

SendEntry* Engine::Impl::entryOfRow(Room& room, offline::RowId tid)
{
    for (const SendEntry& entry : room.queue.entries()) {
        if (entry.op == offline::Op::Send && entry.tid == tid)
            return room.queue.find(entry.tempId);
    }
    return nullptr;
}

// A disk that cannot be read is not a message that is not there.
Result<offline::Timeline::Place> Engine::Impl::placeIn(Room* room, offline::RowId row)
{
    (void)m_store.takeError();
    const auto place = room ? m_store.timeline().place(row) : std::nullopt;
    if (auto error = m_store.takeError())
        return fail(std::move(*error));
    if (!place || place->room() != room->rec.key)
        return fail(ErrorCode::NotFound, "message");
    return *place;
}

Result<TempId> Engine::Impl::edit(const RoomId& id, offline::RowId row, std::string body)
{
    Room* room = findRoom(id);
    const auto place = placeIn(room, row);
    if (!place)
        return fail(place.error());
    if (place->sender != m_config.user)
        return fail(ErrorCode::Forbidden, "somebody else's message");
    if (auto ok = checkBody(body); !ok)
        return fail(ok.error());
    if (body.empty())
        return fail(ErrorCode::InvalidArgument, "empty");
    SendEntry* entry = place->unsent() ? entryOfRow(*room, row) : nullptr;
    const bool neverStored = entry && (entry->state == SendState::Failed ||
                                       (entry->state == SendState::Queued && !entry->everSent));
    if (!neverStored) {
        protocol::MessageEdit frame;
        frame.room = id;
        frame.tempId = makeTempId(m_host.clock.wallNow(), m_host.random);
        frame.target = place->unsent() ? offline::kTargetUnknown : place->seq();
        frame.body = std::move(body);
        return change(*room, offline::Op::Edit, row, frame.tempId, frame);
    }
    // The server has not got it: the queued row itself is rewritten, under its key and in its
    // place.
    auto frame = protocol::decodeClientFrame(m_store.outbox().payload(entry->id));
    auto* send = frame ? std::get_if<protocol::MessageSend>(&*frame) : nullptr;
    if (auto error = m_store.takeError())
        return fail(std::move(*error));
    if (!send)
        return fail(ErrorCode::StorageFailed, "queued message is not readable");
    send->body = std::move(body);
    std::string payload = protocol::encode(*frame);
    if (payload.size() + kEnvelopeBytes > static_cast<std::size_t>(m_limits.frameBytes))
        return fail(ErrorCode::BodyTooLarge, "frame");
    const auto done = transact(offline::Durability::User, [&] {
        m_store.outbox().setPayload(entry->id, payload);
        m_store.outbox().setFailed(entry->id, std::nullopt);
        note(offline::Happening::Edited, entry->tempId);
        m_store.timeline().rewriteUnsent(row, *send);
        m_store.timeline().setFailed(row, std::nullopt);
        rowChanged(*room, {row, 0});
    });
    if (!done)
        return fail(done.error());
    const TempId tempId = entry->tempId;
    room->queue.retry(tempId);
    countRoom(*room);
    roomChanged(*room);
    pump();
    emitChanges();
    tellOutbox();
    return tempId;
}

Result<TempId> Engine::Impl::remove(const RoomId& id, offline::RowId row)
{
    Room* room = findRoom(id);
    const auto place = placeIn(room, row);
    if (!place)
        return fail(place.error());
    if (place->unsent()) {
        const SendEntry* entry = entryOfRow(*room, row);
        if (entry && (entry->state == SendState::Failed ||
                      (entry->state == SendState::Queued && !entry->everSent))) {
            const TempId tempId = entry->tempId;
            if (auto done = discard(tempId); !done)
                return fail(done.error());
            return tempId;
        }
    }
    protocol::MessageDelete frame;
    frame.room = id;
    frame.tempId = makeTempId(m_host.clock.wallNow(), m_host.random);
    frame.target = place->unsent() ? offline::kTargetUnknown : place->seq();
    return change(*room, offline::Op::Delete, row, frame.tempId, frame);
}

Result<TempId> Engine::Impl::react(const RoomId& id, offline::RowId row, std::string key, bool on)
{
    Room* room = findRoom(id);
    const auto place = placeIn(room, row);
    if (!place)
        return fail(place.error());
    if (key.empty() || key.size() > protocol::kReactionKeyBytesMax || !protocol::isValidUtf8(key))
        return fail(ErrorCode::InvalidArgument, "reaction");
    protocol::ReactionSet frame;
    frame.room = id;
    frame.tempId = makeTempId(m_host.clock.wallNow(), m_host.random);
    frame.target = place->unsent() ? offline::kTargetUnknown : place->seq();
    frame.key = std::move(key);
    frame.on = on;
    return change(*room, offline::Op::Reaction, row, frame.tempId, frame);
}

Result<TempId> Engine::Impl::pin(const RoomId& id, offline::RowId row, bool on)
{
    Room* room = findRoom(id);
    const auto place = placeIn(room, row);
    if (!place)
        return fail(place.error());
    protocol::PinSet frame;
    frame.room = id;
    frame.tempId = makeTempId(m_host.clock.wallNow(), m_host.random);
    frame.target = place->unsent() ? offline::kTargetUnknown : place->seq();
    frame.on = on;
    return change(*room, offline::Op::Pin, row, frame.tempId, frame);
}

Result<TempId> Engine::Impl::updateRoom(const RoomId& id, const RoomEdit& edit)
{
    Room* room = findRoom(id);
    if (!room || !room->rec.member)
        return fail(ErrorCode::NotFound, "room");
    if (room->rec.row.kind == protocol::RoomKind::Direct ||
        room->rec.row.role == protocol::Role::Member)
        return fail(ErrorCode::Forbidden, "role");
    if (!edit.name && !edit.topic && !edit.archived)
        return fail(ErrorCode::InvalidArgument, "nothing to change");
    const bool blank = edit.name && edit.name->find_first_not_of(' ') == std::string::npos;
    if (blank || (edit.name && !validText(*edit.name, protocol::kNameCharactersMax)))
        return fail(ErrorCode::InvalidArgument, "name");
    if (edit.topic && !validText(*edit.topic, protocol::kTopicCharactersMax))
        return fail(ErrorCode::InvalidArgument, "topic");
    protocol::RoomUpdate frame;
    frame.room = id;
    frame.tempId = makeTempId(m_host.clock.wallNow(), m_host.random);
    frame.name = edit.name;
    frame.topic = edit.topic;
    frame.archived = edit.archived;
    return enqueue(room, offline::Op::RoomUpdate, 0, frame.tempId, frame,
                   [&](SendEntry&) { showInfo(*room, room->rec.serverInfo()); });
}

Result<void> Engine::Impl::retryEntries(const std::vector<TempId>& tempIds)
{
    const auto done = transact(offline::Durability::User, [&] {
        for (const TempId& tempId : tempIds) {
            const SendEntry* entry = queueOf(tempId)->find(tempId);
            m_store.outbox().setFailed(entry->id, std::nullopt);
            m_store.timeline().setFailed(entry->tid, std::nullopt);
            note(offline::Happening::Retried, tempId);
            if (Room* room = roomByKey(m_sendRooms[tempId]))
                rowChanged(*room, {entry->tid, 0});
        }
    });
    if (!done)
        return done;
    for (const TempId& tempId : tempIds) {
        queueOf(tempId)->retry(tempId);
        if (Room* room = roomByKey(m_sendRooms[tempId])) {
            countRoom(*room);
            roomChanged(*room);
        }
    }
    pump();
    emitChanges();
    tellOutbox();
    return {};
}

Result<void> Engine::Impl::retry(const TempId& tempId)
{
    SendQueue* queue = queueOf(tempId);
    const SendEntry* entry = queue ? queue->find(tempId) : nullptr;
    if (!entry)
        return fail(ErrorCode::NotFound, "message");
    if (entry->state != SendState::Failed)
        return {}; // on its way already
    return retryEntries({tempId});
}

Result<void> Engine::Impl::retryAll()
{
    std::vector<TempId> failed;
    for (const offline::RoomKey key : m_sendable) {
        Room* room = roomByKey(key);
        for (const SendEntry& entry : queueOf(room).entries()) {
            if (entry.state == SendState::Failed)
                failed.push_back(entry.tempId);
        }
    }
    return failed.empty() ? Result<void>{} : retryEntries(failed);
}

Result<void> Engine::Impl::discard(const TempId& tempId)
{
    SendQueue* queue = queueOf(tempId);
    const SendEntry* found = queue ? queue->find(tempId) : nullptr;
    if (!found)
        return fail(ErrorCode::NotFound, "message");
    const bool maybeSent = found->everSent && found->state != SendState::Failed;
    if (maybeSent || found->state == SendState::Acked)
        return fail(ErrorCode::Conflict, "it may have been sent already: delete it instead");
    const SendEntry entry = *found;
    Room* room = roomByKey(m_sendRooms[tempId]);
    std::vector<TempId> gone{tempId};
    const auto done = transact(offline::Durability::User, [&] {
        m_store.outbox().erase(entry.id);
        note(offline::Happening::Discarded, entry.tempId);
        if (entry.op == offline::Op::Send && room) {
            for (const offline::OutboxEntry& change : m_store.outbox().changesOf(entry.tid)) {
                m_store.outbox().erase(change.id);
                note(offline::Happening::Discarded, change.tempId);
                gone.push_back(change.tempId);
            }
            m_store.timeline().erase(entry.tid);
            rowChanged(*room, {0, entry.tid});
        } else {
            takeBack(room, entry);
        }
    });
    if (!done)
        return done;
    for (const TempId& id : gone)
        forgetEntry(id);
    if (room) {
        countRoom(*room);
        roomChanged(*room);
    }
    pump();
    emitChanges();
    tellOutbox();
    return {};
}

Result<TempId> Engine::Impl::createRoom(protocol::RoomKind kind, std::string name,
                                        std::vector<std::string> members)
{
    const bool named = kind == protocol::RoomKind::Direct || !name.empty();
    if (!named || !validText(name, protocol::kNameCharactersMax) ||
        members.size() > protocol::kMembersPerCreateMax)
        return fail(ErrorCode::InvalidArgument, "name or members");
    if (kind == protocol::RoomKind::Direct && members.size() != 1)
        return fail(ErrorCode::InvalidArgument, "a direct room has one other member");
    protocol::RoomCreate frame;
    frame.tempId = makeTempId(m_host.clock.wallNow(), m_host.random);
    frame.kind = kind;
    frame.name = std::move(name);
    frame.members = std::move(members);
    return enqueue(nullptr, offline::Op::RoomCreate, 0, frame.tempId, frame, [](SendEntry&) {});
}

Result<TempId> Engine::Impl::setMember(const RoomId& id, const UserId& user,
                                       std::optional<protocol::Role> role)
{
    Room* room = findRoom(id);
    if (!room || !room->rec.member)
        return fail(ErrorCode::NotFound, "room");
    if (user.empty())
        return fail(ErrorCode::InvalidArgument, "user");
    protocol::MemberSet frame;
    frame.room = id;
    frame.tempId = makeTempId(m_host.clock.wallNow(), m_host.random);
    frame.user = user;
    frame.role = role;
    return enqueue(room, offline::Op::Member, 0, frame.tempId, frame, [](SendEntry&) {});
}

} // namespace skein::engine
