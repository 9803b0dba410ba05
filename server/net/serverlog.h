// Where the server's lines go: one line each on standard error, UTC time, level, area, `key=value`
// text.
#pragma once

#include "core/log.h"

namespace skein::server
{

/// A logger whose sink may be used from any thread. Control characters in a line are replaced, so
/// that no input can forge another line.
[[nodiscard]] Logger makeServerLogger(LogLevel threshold);

} // namespace skein::server
