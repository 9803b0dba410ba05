// The one description of the wire. `describe(visitor, frame)` names each field of a frame once,
// with what it may hold; a visitor decodes (reader.h), encodes (writer.h) or writes the schema
// (schema.h), so the three cannot disagree.
//
// A visitor has:
//   required(name, member, rule)   always on the wire
//   optional(name, member, rule)   absent on the wire = absent, empty or false in the struct
//   defaulted(name, member, rule)  may be absent, then the struct's own default holds; always
//   written versions, anchor, heads        the three fields whose wire form is not that of one
//   member
// `fault(frame)`, where it exists, names the field that breaks a rule between fields.
#pragma once

#include "protocol/detail/clientframes.h"
#include "protocol/detail/parts.h"
#include "protocol/detail/serverframes.h"

namespace skein::protocol::detail
{

template <class F>
inline constexpr std::string_view kTypeName{};

template <>
inline constexpr std::string_view kTypeName<Hello> = "hello";
template <>
inline constexpr std::string_view kTypeName<SubscribeRoom> = "subscribe_room";
template <>
inline constexpr std::string_view kTypeName<UnsubscribeRoom> = "unsubscribe_room";
template <>
inline constexpr std::string_view kTypeName<MessageSend> = "message_send";
template <>
inline constexpr std::string_view kTypeName<MessageEdit> = "message_edit";
template <>
inline constexpr std::string_view kTypeName<MessageDelete> = "message_delete";
template <>
inline constexpr std::string_view kTypeName<ReactionSet> = "reaction_set";
template <>
inline constexpr std::string_view kTypeName<PinSet> = "pin_set";
template <>
inline constexpr std::string_view kTypeName<MemberSet> = "member_set";
template <>
inline constexpr std::string_view kTypeName<RoomUpdate> = "room_update";
template <>
inline constexpr std::string_view kTypeName<RoomCreate> = "room_create";
template <>
inline constexpr std::string_view kTypeName<SyncRequest> = "sync_request";
template <>
inline constexpr std::string_view kTypeName<HistoryRequest> = "history_request";
template <>
inline constexpr std::string_view kTypeName<Revalidate> = "revalidate";
template <>
inline constexpr std::string_view kTypeName<RoomsRequest> = "rooms_request";
template <>
inline constexpr std::string_view kTypeName<MembersRequest> = "members_request";
template <>
inline constexpr std::string_view kTypeName<DraftSet> = "draft_set";
template <>
inline constexpr std::string_view kTypeName<DraftsRequest> = "drafts_request";
template <>
inline constexpr std::string_view kTypeName<MarkRead> = "mark_read";
template <>
inline constexpr std::string_view kTypeName<MarkDelivered> = "mark_delivered";
template <>
inline constexpr std::string_view kTypeName<TypingSet> = "typing";
template <>
inline constexpr std::string_view kTypeName<PresenceSet> = "presence";
template <>
inline constexpr std::string_view kTypeName<TokenRefresh> = "token_refresh";
template <>
inline constexpr std::string_view kTypeName<Ping> = "ping";
template <>
inline constexpr std::string_view kTypeName<Pong> = "pong";

template <>
inline constexpr std::string_view kTypeName<Welcome> = "welcome";
template <>
inline constexpr std::string_view kTypeName<MessagePending> = "message_pending";
template <>
inline constexpr std::string_view kTypeName<MessageConfirmed> = "message_confirmed";
template <>
inline constexpr std::string_view kTypeName<MessageFailed> = "message_failed";
template <>
inline constexpr std::string_view kTypeName<RoomDirty> = "room_dirty";
template <>
inline constexpr std::string_view kTypeName<RoomAdded> = "room_added";
template <>
inline constexpr std::string_view kTypeName<RoomRemoved> = "room_removed";
template <>
inline constexpr std::string_view kTypeName<RoomCreated> = "room_created";
template <>
inline constexpr std::string_view kTypeName<SyncResponse> = "sync_response";
template <>
inline constexpr std::string_view kTypeName<HistoryResponse> = "history_response";
template <>
inline constexpr std::string_view kTypeName<RevalidateResponse> = "revalidate_response";
template <>
inline constexpr std::string_view kTypeName<RoomsResponse> = "rooms_response";
template <>
inline constexpr std::string_view kTypeName<MembersResponse> = "members_response";
template <>
inline constexpr std::string_view kTypeName<ReadState> = "read_state";
template <>
inline constexpr std::string_view kTypeName<DraftChanged> = "draft";
template <>
inline constexpr std::string_view kTypeName<DraftsResponse> = "drafts_response";
template <>
inline constexpr std::string_view kTypeName<Receipts> = "receipts";
template <>
inline constexpr std::string_view kTypeName<TypingUsers> = "typing";
template <>
inline constexpr std::string_view kTypeName<PresenceUsers> = "presence";
template <>
inline constexpr std::string_view kTypeName<TokenOk> = "token_ok";
template <>
inline constexpr std::string_view kTypeName<ErrorFrame> = "error";
template <>
inline constexpr std::string_view kTypeName<Goodbye> = "goodbye";

/// A log entry goes under one of two names, by its kind.
inline constexpr std::string_view kMessageNew = "message_new";
inline constexpr std::string_view kEvent = "event";

template <class F>
[[nodiscard]] std::string_view typeOf(const F& frame)
{
    if constexpr (std::same_as<F, LogEntry>)
        return isMessage(frame.event.kind) ? kMessageNew : kEvent;
    else if constexpr (std::same_as<F, UnknownFrame>)
        return frame.type;
    else
        return kTypeName<F>;
}

} // namespace skein::protocol::detail
