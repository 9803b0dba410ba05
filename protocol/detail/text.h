// Work on UTF-8 that decoding and encoding share.
#pragma once

#include "protocol/detail/buffer.h"

#include <cstddef>
#include <string_view>

namespace skein::protocol::detail
{

/// Appends `text` as a JSON string with its quotes. Only what must be escaped is; an invalid
/// sequence becomes U+FFFD, one for each maximal part (Unicode 15, 3.9, "substitution of maximal
/// subparts").
void appendJsonString(Buffer& out, std::string_view text);

/// The longest prefix of at most `characters` code points.
[[nodiscard]] std::string_view clipped(std::string_view text, std::size_t characters) noexcept;

/// True when no byte is below 0x20 or 0x7f.
[[nodiscard]] bool hasNoControls(std::string_view text) noexcept;

} // namespace skein::protocol::detail
