// The fields of each client frame, and of the frames of both directions. See describe.h.
#pragma once

#include "protocol/detail/parts.h"

namespace skein::protocol::detail
{

template <class V, Of<Hello> F>
void describe(V& v, F& f)
{
    v.versions("v", f.vMin, f.vMax);
    v.optional("caps", f.caps, ListRule<TextRule>{kCapsMax, {1, kCapBytesMax}});
    v.required("device_id", f.deviceId, kId);
    v.optional("client", f.client, TextRule{1, kClientNameBytesMax});
    v.optional("token", f.token, kToken);
    v.optional("sync_token", f.syncToken, kToken);
    v.optional("open", f.open, ListRule<Plain>{kOpenRoomsMax});
}

template <class V, Of<SubscribeRoom> F>
void describe(V& v, F& f)
{
    v.required("room", f.room, kId);
    v.defaulted("epoch", f.epoch, kCount);
    v.defaulted("hi", f.hi, kCount);
    v.defaulted("mode", f.mode, kPlain);
    v.optional("req", f.req, kId);
}

template <class V, Of<UnsubscribeRoom> F>
void describe(V& v, F& f)
{
    v.required("room", f.room, kId);
}

template <class V, Of<MessageSend> F>
void describe(V& v, F& f)
{
    v.required("room", f.room, kId);
    v.required("temp_id", f.tempId, kTempId);
    v.optional("prev", f.prev, kTempId);
    v.defaulted("kind", f.kind, kPlain);
    v.required("body", f.body, kBody);
    v.optional("reply_to", f.replyTo, kPosition);
    v.optional("thread", f.thread, kPosition);
    v.optional("mentions", f.mentions, ListRule<TextRule>{kMentionsMax, kId});
    v.optional("attachments", f.attachments, ListRule<Plain>{kAttachmentsMax});
    v.defaulted("client_ts", f.clientTs, kCount);
}
[[nodiscard]] inline std::string_view fault(const MessageSend& f)
{
    return isMessage(f.kind) ? std::string_view() : "kind";
}

template <class V, Of<MessageEdit> F>
void describe(V& v, F& f)
{
    v.required("room", f.room, kId);
    v.required("temp_id", f.tempId, kTempId);
    v.required("target", f.target, kPosition);
    v.required("body", f.body, kBody);
    v.optional("if_rev", f.ifRev, kCount);
}

template <class V, Of<MessageDelete> F>
void describe(V& v, F& f)
{
    v.required("room", f.room, kId);
    v.required("temp_id", f.tempId, kTempId);
    v.required("target", f.target, kPosition);
    v.optional("if_rev", f.ifRev, kCount);
}

template <class V, Of<ReactionSet> F>
void describe(V& v, F& f)
{
    v.required("room", f.room, kId);
    v.required("temp_id", f.tempId, kTempId);
    v.required("target", f.target, kPosition);
    v.required("key", f.key, kReactionKey);
    v.required("on", f.on, kPlain);
}

template <class V, Of<PinSet> F>
void describe(V& v, F& f)
{
    v.required("room", f.room, kId);
    v.required("temp_id", f.tempId, kTempId);
    v.required("target", f.target, kPosition);
    v.required("on", f.on, kPlain);
}

template <class V, Of<MemberSet> F>
void describe(V& v, F& f)
{
    v.required("room", f.room, kId);
    v.required("temp_id", f.tempId, kTempId);
    v.required("user", f.user, kId);
    v.optional("role", f.role, kPlain);
}

template <class V, Of<RoomUpdate> F>
void describe(V& v, F& f)
{
    v.required("room", f.room, kId);
    v.required("temp_id", f.tempId, kTempId);
    v.optional("name", f.name, kName);
    v.optional("topic", f.topic, kTopic);
    v.optional("archived", f.archived, kPlain);
}

template <class V, Of<RoomCreate> F>
void describe(V& v, F& f)
{
    v.required("temp_id", f.tempId, kTempId);
    v.required("kind", f.kind, kPlain);
    v.optional("name", f.name, kName);
    v.optional("topic", f.topic, kTopic);
    v.optional("members", f.members, ListRule<TextRule>{kMembersPerCreateMax, kId});
}

template <class V, Of<SyncRequest> F>
void describe(V& v, F& f)
{
    v.optional("req", f.req, kId);
    v.required("rooms", f.rooms, ListRule<Plain>{kRoomsPerFrameMax, {}, 1});
    v.defaulted("limit", f.limit, IntRule{1, kSyncEventsPerRoomMax});
}

template <class V, Of<HistoryRequest> F>
void describe(V& v, F& f)
{
    v.required("req", f.req, kId);
    v.required("room", f.room, kId);
    v.anchor(f.anchor, f.seq);
    v.defaulted("limit", f.limit, IntRule{1, kHistoryLimitMax});
    v.optional("filter", f.filter, TextRule{1, kFilterBytesMax});
}

template <class V, Of<Revalidate> F>
void describe(V& v, F& f)
{
    v.required("req", f.req, kId);
    v.required("room", f.room, kId);
    v.required("lo", f.lo, kCount);
    v.required("hi", f.hi, kCount);
    v.required("since", f.since, kCount);
}
[[nodiscard]] inline std::string_view fault(const Revalidate& f)
{
    return f.lo <= f.hi ? std::string_view() : "hi";
}

template <class V, Of<RoomsRequest> F>
void describe(V& v, F& f)
{
    v.required("req", f.req, kId);
    v.optional("rooms", f.rooms, ListRule<TextRule>{kRoomsPerFrameMax, kId});
    v.optional("after", f.after, kCursor);
    v.defaulted("limit", f.limit, IntRule{1, kListLimitMax});
}

template <class V, Of<MembersRequest> F>
void describe(V& v, F& f)
{
    v.required("req", f.req, kId);
    v.required("room", f.room, kId);
    v.optional("after", f.after, kCursor);
    v.defaulted("limit", f.limit, IntRule{1, kListLimitMax});
}

template <class V, Of<DraftSet> F>
void describe(V& v, F& f)
{
    v.required("room", f.room, kId);
    v.required("temp_id", f.tempId, kTempId);
    v.defaulted("base", f.base, kCount);
    v.required("text", f.text, kBody);
    v.optional("reply_to", f.replyTo, kPosition);
    v.optional("drop_other", f.dropOther, kPlain);
}

template <class V, Of<DraftsRequest> F>
void describe(V& v, F& f)
{
    v.required("req", f.req, kId);
    v.defaulted("after", f.after, kCount);
    v.defaulted("limit", f.limit, IntRule{1, kListLimitMax});
}

template <class V, Of<MarkRead> F>
void describe(V& v, F& f)
{
    v.required("room", f.room, kId);
    v.required("seq", f.seq, kCount);
}

template <class V, Of<MarkDelivered> F>
void describe(V& v, F& f)
{
    v.required("rooms", f.rooms, ListRule<Plain>{kRoomsPerFrameMax, {}, 1});
}

template <class V, Of<TypingSet> F>
void describe(V& v, F& f)
{
    v.required("room", f.room, kId);
    v.required("on", f.on, kPlain);
}

template <class V, Of<PresenceSet> F>
void describe(V& v, F& f)
{
    v.required("status", f.status, kPlain);
}

template <class V, Of<TokenRefresh> F>
void describe(V& v, F& f)
{
    v.required("token", f.token, kToken);
}

// ---- both directions ---------------------------------------------------------------------------

template <class V, Of<Ping> F>
void describe(V& v, F& f)
{
    v.required("t", f.t, kAnyInt);
}

template <class V, Of<Pong> F>
void describe(V& v, F& f)
{
    v.required("t", f.t, kAnyInt);
    v.defaulted("now", f.now, kAnyInt);
    v.heads("heads", f.heads, kOpenRoomsMax);
}

template <class V, Of<UnknownFrame> F>
void describe(V& v, F& f)
{
    v.optional("req", f.req, kId);
}

} // namespace skein::protocol::detail
