// Frames to UTF-8 JSON text and back, strictly.
//
// Decoding refuses: anything but one JSON object, invalid UTF-8, lone surrogates, duplicate keys, depth over
// kDepthMax, more bytes than the direction's limit (BadFrame, FrameTooLarge); a missing, mistyped, out-of-range or
// too long field (BadField, `detail` = path of the field). Unknown fields are ignored; an unknown `type` gives
// UnknownFrame. Encoding never escapes non-ASCII and never fails. Thread: any; no state.
#pragma once

#include "core/result.h"
#include "protocol/frames.h"

#include <string>
#include <string_view>

namespace skein::protocol {

[[nodiscard]] Result<ClientFrame> decodeClientFrame(std::string_view text);
[[nodiscard]] Result<ServerFrame> decodeServerFrame(std::string_view text);

[[nodiscard]] std::string encode(const ClientFrame& frame);
[[nodiscard]] std::string encode(const ServerFrame& frame);

/// One log entry alone, as it stands in an `events` list; used by stores that keep events as text.
[[nodiscard]] std::string encodeEvent(const Event& event);
[[nodiscard]] Result<Event> decodeEvent(std::string_view text);

/// Wire name of the frame's type ("message_send"); of an UnknownFrame the name that came.
[[nodiscard]] std::string_view frameType(const ClientFrame& frame);
[[nodiscard]] std::string_view frameType(const ServerFrame& frame);

[[nodiscard]] std::string_view wireName(Kind kind) noexcept;
[[nodiscard]] std::string_view wireName(RoomKind kind) noexcept;
[[nodiscard]] std::string_view wireName(Role role) noexcept;
[[nodiscard]] std::string_view wireName(PresenceStatus status) noexcept;
[[nodiscard]] std::optional<Kind> kindFromWire(std::string_view name) noexcept;
[[nodiscard]] std::optional<RoomKind> roomKindFromWire(std::string_view name) noexcept;
[[nodiscard]] std::optional<Role> roleFromWire(std::string_view name) noexcept;

/// Number of Unicode code points in valid UTF-8.
[[nodiscard]] std::size_t characterCount(std::string_view utf8) noexcept;
[[nodiscard]] bool isValidUtf8(std::string_view text) noexcept;

} // namespace skein::protocol
