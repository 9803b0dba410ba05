// The display that the window opens on. Qt aborts the process where there is none, or where the one
// that it picks does not answer; of two that are named it picks one without asking.
#pragma once

#include <QString>

#include <memory>

namespace Skein
{

struct PreparedDisplay {
    /// Empty: a window can be opened, or only Qt can tell (another system, QT_QPA_PLATFORM). Else a
    /// sentence for the user.
    QString problem;
    /// The connection that X11 answered, to be kept until QGuiApplication has its own: a server
    /// resets itself when its only client leaves, and turns away who comes in that moment.
    std::unique_ptr<void, void (*)(void*)> x11{nullptr, [](void*) {}};
};

/// Connects to the display. Where one of X11 and Wayland answers, QT_QPA_PLATFORM names it from
/// then on, also for programs that are started. Before QGuiApplication is made; thread: main.
[[nodiscard]] PreparedDisplay prepareDisplay();

} // namespace Skein
