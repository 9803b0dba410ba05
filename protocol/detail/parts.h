// The fields of the parts that frames are made of. See describe.h.
#pragma once

#include "protocol/detail/rules.h"
#include "protocol/frames.h"

namespace skein::protocol::detail
{

template <class V, Of<Attachment> F>
void describe(V& v, F& f)
{
    v.required("id", f.id, kId);
    v.required("name", f.name, TextRule{0, kFileNameCharactersMax, Unit::Characters});
    v.required("mime", f.mime, TextRule{1, kMimeBytesMax});
    v.required("size", f.size, kCount);
    v.optional("width", f.width, kCount);
    v.optional("height", f.height, kCount);
}

template <class V, Of<Reaction> F>
void describe(V& v, F& f)
{
    v.required("key", f.key, kReactionKey);
    v.required("users", f.users, ListRule<TextRule>{kUsersPerListMax, kId});
}

template <class V, Of<Event> F>
void describe(V& v, F& f)
{
    v.required("room", f.room, kId);
    v.required("seq", f.seq, kPosition);
    v.required("ord", f.ord, kCount);
    v.required("id", f.id, kId);
    v.required("sender", f.sender, kId);
    v.optional("temp_id", f.tempId, kTempId);
    v.required("ts", f.ts, kCount);
    v.required("kind", f.kind, kPlain);
    v.required("rev", f.rev, kCount);
    v.optional("target", f.target, kPosition);
    v.optional("body", f.body, kBody);
    v.optional("reply_to", f.replyTo, kPosition);
    v.optional("thread", f.thread, kPosition);
    v.optional("mentions", f.mentions, ListRule<TextRule>{kMentionsMax, kId});
    v.optional("attachments", f.attachments, ListRule<Plain>{kAttachmentsMax});
    v.optional("edited", f.edited, kPlain);
    v.optional("deleted", f.deleted, kPlain);
    v.optional("pinned", f.pinned, kPlain);
    v.optional("reactions", f.reactions, ListRule<Plain>{kReactionKeysMax});
    v.optional("member", f.member, kId);
    v.optional("role", f.role, kPlain);
    v.optional("name", f.name, kName);
    v.optional("topic", f.topic, kTopic);
    v.optional("archived", f.archived, kPlain);
}
/// What rules of single fields cannot say. Name of the field at fault, empty = none.
[[nodiscard]] inline std::string_view fault(const Event& f)
{
    const bool changesMessage = f.kind == Kind::Edit || f.kind == Kind::Delete ||
                                f.kind == Kind::Reaction || f.kind == Kind::Pin;
    if (changesMessage && !f.target)
        return "target";
    if (f.kind == Kind::Member && !f.member)
        return "member";
    return {};
}

template <class V, Of<RoomCursor> F>
void describe(V& v, F& f)
{
    v.required("room", f.room, kId);
    v.defaulted("epoch", f.epoch, kCount);
    v.defaulted("hi", f.hi, kCount);
}

template <class V, Of<RoomHead> F>
void describe(V& v, F& f)
{
    v.required("room", f.room, kId);
    v.required("epoch", f.epoch, kCount);
    v.required("head", f.head, kCount);
    v.required("ord", f.ord, kCount);
    v.required("read", f.read, kCount);
    v.required("unread", f.unread, kCount);
    v.required("mentions", f.mentions, kCount);
    v.optional("base", f.base, kCount);
    v.optional("others_read", f.othersRead, kCount);
    v.optional("others_delivered", f.othersDelivered, kCount);
}

template <class V, Of<Preview> F>
void describe(V& v, F& f)
{
    v.required("seq", f.seq, kPosition);
    v.required("sender", f.sender, kId);
    v.required("sender_name", f.senderName, kName);
    v.required("kind", f.kind, kPlain);
    v.required("text", f.text, kPreviewText);
    v.required("ts", f.ts, kCount);
}

template <class V, Of<RoomInfo> F>
void describe(V& v, F& f)
{
    describe(v, f.head);
    v.required("kind", f.kind, kPlain);
    v.required("name", f.name, kName);
    v.optional("topic", f.topic, kTopic);
    v.required("role", f.role, kPlain);
    v.optional("archived", f.archived, kPlain);
    v.optional("muted", f.muted, kPlain);
    v.required("members", f.members, kCount);
    v.required("delivered", f.delivered, kCount);
    v.optional("last", f.last, kPlain);
    v.required("active_ts", f.activeTs, kCount);
}

template <class V, Of<MemberInfo> F>
void describe(V& v, F& f)
{
    v.required("user", f.user, kId);
    v.required("name", f.name, kName);
    v.required("role", f.role, kPlain);
    v.required("read", f.read, kCount);
    v.required("delivered", f.delivered, kCount);
    v.required("status", f.status, kPlain);
    v.required("last_seen", f.lastSeen, kCount);
}

template <class V, Of<DraftInfo> F>
void describe(V& v, F& f)
{
    v.required("room", f.room, kId);
    v.required("rev", f.rev, kCount);
    v.required("text", f.text, kBody);
    v.optional("reply_to", f.replyTo, kPosition);
    v.optional("other", f.other, kBody);
    v.required("ts", f.ts, kCount);
}

template <class V, Of<Position> F>
void describe(V& v, F& f)
{
    v.required("user", f.user, kId);
    v.required("read", f.read, kCount);
    v.required("delivered", f.delivered, kCount);
}

template <class V, Of<Bucket> F>
void describe(V& v, F& f)
{
    v.required("burst", f.burst, kCount);
    v.required("per_minute", f.perMinute, kCount);
}

template <class V, Of<Limits> F>
void describe(V& v, F& f)
{
    v.defaulted("frame_bytes", f.frameBytes, kCount);
    v.defaulted("body_characters", f.bodyCharacters, kCount);
    v.defaulted("full_subscriptions", f.fullSubscriptions, kCount);
    v.defaulted("send_window", f.sendWindow, kCount);
    v.defaulted("messages", f.messages, kPlain);
    v.defaulted("requests", f.requests, kPlain);
    v.defaulted("ephemeral", f.ephemeral, kPlain);
}

template <class V, Of<SyncCursor> F>
void describe(V& v, F& f)
{
    v.required("room", f.room, kId);
    v.defaulted("epoch", f.epoch, kCount);
    v.required("since", f.since, kCount);
}

template <class V, Of<RoomSeq> F>
void describe(V& v, F& f)
{
    v.required("room", f.room, kId);
    v.required("seq", f.seq, kCount);
}

template <class V, Of<SyncRoom> F>
void describe(V& v, F& f)
{
    v.required("room", f.room, kId);
    v.required("epoch", f.epoch, kCount);
    v.required("lo", f.lo, kCount);
    v.required("hi", f.hi, kCount);
    v.required("head", f.head, kCount);
    v.required("ord", f.ord, kCount);
    v.optional("limited", f.limited, kPlain);
    v.optional("events", f.events, ListRule<Plain>{kSyncEventsPerRoomMax});
    v.optional("error", f.error, kPlain);
    v.optional("base", f.base, kCount);
}

template <class V, Of<PresenceInfo> F>
void describe(V& v, F& f)
{
    v.required("id", f.id, kId);
    v.required("status", f.status, kPlain);
    v.required("last_seen", f.lastSeen, kCount);
}

} // namespace skein::protocol::detail
