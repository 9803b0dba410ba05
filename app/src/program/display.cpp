#include "app/src/program/display.h"

#include <QLibrary>

namespace Skein
{
namespace
{

#ifdef Q_OS_LINUX

// The libraries are those that Qt's own plug-ins load, so they are taken as they are found and not
// linked: without one of them Qt would not get that far either, and says so itself.

bool x11Answers()
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
    void* const connection = connect(nullptr, nullptr); // never null
    const bool answers = hasError(connection) == 0;
    disconnect(connection);
    return answers;
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

#endif

} // namespace

QString whyNoDisplay()
{
#ifdef Q_OS_LINUX
    if (!qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM"))
        return {};
    const QString x11 = qEnvironmentVariable("DISPLAY");
    const QString wayland = qEnvironmentVariable("WAYLAND_DISPLAY");
    if (x11.isEmpty() && wayland.isEmpty())
        return QStringLiteral("there is no display (DISPLAY and WAYLAND_DISPLAY are not set)");
    if ((!x11.isEmpty() && x11Answers()) || (!wayland.isEmpty() && waylandAnswers()))
        return {};
    return QStringLiteral("the display %1 does not answer, or does not let this user in")
        .arg(x11.isEmpty() ? wayland : x11);
#else
    return {};
#endif
}

} // namespace Skein
