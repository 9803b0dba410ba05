// Waiting for the client's objects, which live in an event loop.
#pragma once

#include <QCoreApplication>
#include <QTimer>

#include <functional>

namespace skein::bench
{

/// Turns the calling thread's event loop until `condition` holds, looked at after each turn; false
/// after `timeoutMs`.
inline bool waitFor(const std::function<bool()>& condition, int timeoutMs)
{
    bool late = false;
    // Not the overload with a time: it polls instead of waiting, as no app does.
    QTimer timeout;
    timeout.setSingleShot(true);
    QObject::connect(&timeout, &QTimer::timeout, [&late] { late = true; });
    timeout.start(timeoutMs);
    while (!condition() && !late)
        QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents | QEventLoop::AllEvents);
    return !late;
}

} // namespace skein::bench
