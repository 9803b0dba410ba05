// The display that the window opens on. Qt aborts the process where there is none, or where the one
// that it picks does not answer; of two that are named it picks one without asking.
#pragma once

#include <QString>

namespace Skein
{

/// Empty: a window can be opened, or only Qt can tell (another system, QT_QPA_PLATFORM). Else a
/// sentence for the user. Connects to the display and hangs up again. Where one of X11 and Wayland
/// answers, QT_QPA_PLATFORM names it from then on, also for programs that are started. Before
/// QGuiApplication is made; thread: main.
[[nodiscard]] QString prepareDisplay();

} // namespace Skein
