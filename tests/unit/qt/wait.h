// Waits for what the event loop brings about, with a deadline and no sleep.
#pragma once

#include <QCoreApplication>
#include <QDeadlineTimer>

#include <functional>

namespace test
{

inline constexpr int kWaitMs = 15'000;

/// False when it did not come true in time.
inline bool until(const std::function<bool()>& done)
{
    const QDeadlineTimer deadline(kWaitMs);
    while (!done()) {
        if (deadline.hasExpired())
            return false;
        QCoreApplication::processEvents(QEventLoop::AllEvents, 20);
    }
    return true;
}

} // namespace test
