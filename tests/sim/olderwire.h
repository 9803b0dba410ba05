// The wire as the version before this one spoke it: what a device that was not updated yet says and
// understands. Whoever adds a frame or a field to the protocol adds its name in olderwire.cpp.
#pragma once

#include <optional>
#include <string>

namespace skein::sim
{

/// A frame as the older client would have written it.
[[nodiscard]] std::string olderClientFrame(const std::string& text);
/// What the older client sees of a frame; nullopt: a type that it does not know, and skips.
[[nodiscard]] std::optional<std::string> olderServerFrame(const std::string& text);

} // namespace skein::sim
