// Whether there is a display to open a window on. Qt aborts the process where there is none, or
// where the one that is named does not answer.
#pragma once

#include <QString>

namespace Skein
{

/// Empty: a window can be opened, or only Qt can tell (another system, QT_QPA_PLATFORM). Else a
/// sentence for the user. Connects to the display and hangs up again. Thread: any.
[[nodiscard]] QString whyNoDisplay();

} // namespace Skein
