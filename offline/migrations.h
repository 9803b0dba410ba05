// The schema's history, embedded at build time: migration i brings a database from user_version i
// to i + 1.
#pragma once

#include <span>
#include <string_view>

namespace skein::offline
{

/// SQL scripts in order, as they stand in offline/sql/. The schema version that this build writes
/// is their number.
[[nodiscard]] std::span<const std::string_view> migrations() noexcept;

} // namespace skein::offline
