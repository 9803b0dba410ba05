#include "app/src/program/display.h"

#include <QCoreApplication>
#include <QDir>
#include <QLibrary>

#include <algorithm>

namespace Skein
{
namespace
{

#ifdef Q_OS_LINUX

// The libraries are those that Qt's own plug-ins load, so they are taken as they are found and not
// linked: without one of them Qt would not get that far either, and says so itself.

bool x11Answers(PreparedDisplay& prepared)
{
    QLibrary xcb(QStringLiteral("xcb"), 1);
    using Connect = void* (*)(const char*, int*);
    using HasError = int (*)(void*);
    using Disconnect = void (*)(void*);
    const auto connect = reinterpret_cast<Connect>(xcb.resolve("xcb_connect"));
    const auto hasError = reinterpret_cast<HasError>(xcb.resolve("xcb_connection_has_error"));
    const auto disconnect = reinterpret_cast<Disconnect>(xcb.resolve("xcb_disconnect"));
    if (!connect || !hasError || !disconnect)
        return true;
    prepared.x11 = {connect(nullptr, nullptr), disconnect}; // never null
    return hasError(prepared.x11.get()) == 0;
}

bool waylandAnswers()
{
    QLibrary wayland(QStringLiteral("wayland-client"), 0);
    using Connect = void* (*)(const char*);
    using Disconnect = void (*)(void*);
    const auto connect = reinterpret_cast<Connect>(wayland.resolve("wl_display_connect"));
    const auto disconnect = reinterpret_cast<Disconnect>(wayland.resolve("wl_display_disconnect"));
    if (!connect || !disconnect)
        return true;
    void* const display = connect(nullptr);
    if (display)
        disconnect(display);
    return display != nullptr;
}

/// Qt's plug-in for a platform: libqxcb.so, libqwayland-generic.so …
bool hasPlugin(const QString& platform)
{
    const QStringList folders = QCoreApplication::libraryPaths();
    return std::any_of(folders.begin(), folders.end(), [&](const QString& folder) {
        const QDir plugins(folder + QStringLiteral("/platforms"));
        return !plugins.entryList({QStringLiteral("libq%1*.so").arg(platform)}).isEmpty();
    });
}

#endif

} // namespace

PreparedDisplay prepareDisplay()
{
    PreparedDisplay prepared;
#ifdef Q_OS_LINUX
    if (!qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM"))
        return prepared;
    const QString x11 = qEnvironmentVariable("DISPLAY");
    const QString wayland = qEnvironmentVariable("WAYLAND_DISPLAY");
    // A connection that whoever started this process has opened for it: the first who asks has it.
    const bool given = !qEnvironmentVariableIsEmpty("WAYLAND_SOCKET");
    if (x11.isEmpty() && wayland.isEmpty() && !given) {
        prepared.problem =
            QStringLiteral("there is no display (DISPLAY and WAYLAND_DISPLAY are not set)");
        return prepared;
    }
    const bool onX11 = !x11.isEmpty() && x11Answers(prepared);
    const bool onWayland = given || (!wayland.isEmpty() && waylandAnswers());
    if (!onX11 && !onWayland)
        prepared.problem =
            QStringLiteral("the display %1 does not answer, or does not let this user in")
                .arg(x11.isEmpty() ? wayland : x11);
    if (onX11 == onWayland)
        return prepared;
    // Qt may pick the other one. Where the plug-in of neither is found they lie elsewhere, in a
    // bundle, and only Qt can tell.
    const QString platform = onX11 ? QStringLiteral("xcb") : QStringLiteral("wayland");
    const QString other = onX11 ? QStringLiteral("wayland") : QStringLiteral("xcb");
    if (!hasPlugin(platform) && hasPlugin(other))
        prepared.problem =
            QStringLiteral("only %1 answers, and Qt's plug-in for it (%2) is not installed")
                .arg(onX11 ? QStringLiteral("X11") : QStringLiteral("Wayland"),
                     onX11 ? QStringLiteral("xcb") : QStringLiteral("qt6-wayland"));
    else
        qputenv("QT_QPA_PLATFORM", platform.toLatin1());
#endif
    return prepared;
}

} // namespace Skein
