// The fields of each server frame. See describe.h.
#pragma once

#include "protocol/detail/parts.h"

namespace skein::protocol::detail
{

template <class V, Of<Welcome> F>
void describe(V& v, F& f)
{
    v.required("v", f.v, kPosition);
    v.required("session", f.session, kId);
    v.required("user", f.user, kId);
    v.optional("name", f.name, kName);
    v.required("heartbeat_ms", f.heartbeatMs, kPosition);
    v.required("now", f.now, kCount);
    v.defaulted("limits", f.limits, kPlain);
    v.optional("sync_token", f.syncToken, kToken);
    v.optional("dirty", f.dirty, ListRule<Plain>{kDirtyPerFrameMax});
    v.optional("more", f.more, kPlain);
    v.optional("drafts", f.drafts, kCount);
    v.optional("boot", f.boot, kId);
}

template <class V, Of<MessagePending> F>
void describe(V& v, F& f)
{
    v.required("temp_id", f.tempId, kTempId);
}

template <class V, Of<MessageConfirmed> F>
void describe(V& v, F& f)
{
    v.required("temp_id", f.tempId, kTempId);
    v.required("room", f.room, kId);
    v.required("seq", f.seq, kCount);
    v.required("ord", f.ord, kCount);
    v.required("id", f.id, kId);
    v.required("ts", f.ts, kCount);
    v.optional("dup", f.dup, kPlain);
}

template <class V, Of<MessageFailed> F>
void describe(V& v, F& f)
{
    v.required("temp_id", f.tempId, kTempId);
    v.required("code", f.code, kPlain);
    v.required("permanent", f.permanent, kPlain);
    v.optional("retry_after_ms", f.retryAfterMs, kCount);
    v.optional("field", f.field, TextRule{1, kFieldPathBytesMax});
}

template <class V, Of<LogEntry> F>
void describe(V& v, F& f)
{
    describe(v, f.event);
}
[[nodiscard]] inline std::string_view fault(const LogEntry& f)
{
    return fault(f.event);
}

template <class V, Of<RoomDirty> F>
void describe(V& v, F& f)
{
    describe(v, f.head);
    v.optional("preview", f.preview, kPlain);
}

template <class V, Of<RoomAdded> F>
void describe(V& v, F& f)
{
    v.required("room", f.room, kPlain);
}

template <class V, Of<RoomRemoved> F>
void describe(V& v, F& f)
{
    v.required("room", f.room, kId);
}

template <class V, Of<RoomCreated> F>
void describe(V& v, F& f)
{
    v.required("temp_id", f.tempId, kTempId);
    v.required("room", f.room, kPlain);
    v.optional("dup", f.dup, kPlain);
}

template <class V, Of<SyncResponse> F>
void describe(V& v, F& f)
{
    v.optional("req", f.req, kId);
    v.required("rooms", f.rooms, ListRule<Plain>{kRoomsPerFrameMax});
    v.optional("more", f.more, kPlain);
}

template <class V, Of<HistoryResponse> F>
void describe(V& v, F& f)
{
    v.required("req", f.req, kId);
    v.required("room", f.room, kId);
    v.required("epoch", f.epoch, kCount);
    v.required("lo", f.lo, kCount);
    v.required("hi", f.hi, kCount);
    v.required("as_of", f.asOf, kCount);
    v.required("messages", f.messages, ListRule<Plain>{kListLimitMax});
    v.optional("has_more", f.hasMore, kPlain);
    v.optional("cursor", f.cursor, kCursor);
}

template <class V, Of<RevalidateResponse> F>
void describe(V& v, F& f)
{
    v.required("req", f.req, kId);
    v.required("room", f.room, kId);
    v.required("lo", f.lo, kCount);
    v.required("hi", f.hi, kCount);
    v.required("as_of", f.asOf, kCount);
    v.required("messages", f.messages, ListRule<Plain>{kListLimitMax});
    v.optional("has_more", f.hasMore, kPlain);
}

template <class V, Of<RoomsResponse> F>
void describe(V& v, F& f)
{
    v.required("req", f.req, kId);
    v.required("rooms", f.rooms, ListRule<Plain>{kListLimitMax});
    v.optional("more", f.more, kPlain);
    v.optional("cursor", f.cursor, kCursor);
}

template <class V, Of<MembersResponse> F>
void describe(V& v, F& f)
{
    v.required("req", f.req, kId);
    v.required("room", f.room, kId);
    v.required("members", f.members, ListRule<Plain>{kListLimitMax});
    v.optional("more", f.more, kPlain);
    v.optional("cursor", f.cursor, kCursor);
}

template <class V, Of<ReadState> F>
void describe(V& v, F& f)
{
    v.required("room", f.room, kId);
    v.required("read", f.read, kCount);
    v.required("delivered", f.delivered, kCount);
    v.required("unread", f.unread, kCount);
    v.required("mentions", f.mentions, kCount);
    v.optional("ord", f.ord, kCount);
}

template <class V, Of<DraftChanged> F>
void describe(V& v, F& f)
{
    describe(v, f.draft);
    v.optional("temp_id", f.tempId, kTempId);
}

template <class V, Of<DraftsResponse> F>
void describe(V& v, F& f)
{
    v.required("req", f.req, kId);
    v.required("drafts", f.drafts, ListRule<Plain>{kListLimitMax});
    v.required("rev", f.rev, kCount);
    v.optional("more", f.more, kPlain);
}

template <class V, Of<Receipts> F>
void describe(V& v, F& f)
{
    v.required("room", f.room, kId);
    v.required("positions", f.positions, ListRule<Plain>{kUsersPerListMax});
}

template <class V, Of<TypingUsers> F>
void describe(V& v, F& f)
{
    v.required("room", f.room, kId);
    v.required("users", f.users, ListRule<TextRule>{kUsersPerListMax, kId});
    v.defaulted("ttl_ms", f.ttlMs, kCount);
}

template <class V, Of<PresenceUsers> F>
void describe(V& v, F& f)
{
    v.required("users", f.users, ListRule<Plain>{kUsersPerListMax});
}

template <class V, Of<TokenOk> F>
void describe(V& v, F& f)
{
    v.required("exp", f.exp, kCount);
}

template <class V, Of<ErrorFrame> F>
void describe(V& v, F& f)
{
    v.optional("req", f.req, kId);
    v.required("code", f.code, kPlain);
    v.required("temporary", f.temporary, kPlain);
    v.optional("retry_after_ms", f.retryAfterMs, kCount);
    v.optional("detail", f.detail, kDetail);
}

template <class V, Of<Goodbye> F>
void describe(V& v, F& f)
{
    v.required("code", f.code, kPlain);
    v.optional("reason", f.reason, kDetail);
    v.required("reconnect", f.reconnect, kPlain);
    v.defaulted("after_ms", f.afterMs, kCount);
    v.defaulted("jitter_ms", f.jitterMs, kCount);
}

} // namespace skein::protocol::detail
