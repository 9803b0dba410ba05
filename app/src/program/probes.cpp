#include "app/src/program/probes.h"

#include <QFile>

#include <ctime>
#include <unistd.h>

namespace Skein
{

qint64 processAgeMs()
{
    QFile stat(QStringLiteral("/proc/self/stat"));
    if (!stat.open(QIODevice::ReadOnly))
        return -1;
    // Field 22, counted after the name in brackets, which may hold anything.
    const QByteArray text = stat.readAll();
    const auto fields = text.mid(text.lastIndexOf(')') + 2).split(' ');
    if (fields.size() < 20)
        return -1;
    const double startedS = fields[19].toDouble() / static_cast<double>(sysconf(_SC_CLK_TCK));
    timespec now{};
    if (clock_gettime(CLOCK_BOOTTIME, &now) != 0)
        return -1;
    const double nowS = static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
    return qRound64((nowS - startedS) * 1000.0);
}

double processCpuMs()
{
    timespec used{};
    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) != 0)
        return 0;
    return static_cast<double>(used.tv_sec) * 1e3 + static_cast<double>(used.tv_nsec) / 1e6;
}

qint64 residentKiB()
{
    QFile statm(QStringLiteral("/proc/self/statm"));
    if (!statm.open(QIODevice::ReadOnly))
        return 0;
    const auto fields = statm.readAll().split(' ');
    return fields.size() > 1 ? fields[1].toLongLong() * (sysconf(_SC_PAGESIZE) / 1024) : 0;
}

SettleProbe::SettleProbe(QQuickWindow* window, QObject* parent)
    : QObject(parent)
    , m_window(window)
{
    connect(window, &QQuickWindow::frameSwapped, this, &SettleProbe::frameDone,
            Qt::QueuedConnection);
}

void SettleProbe::frameDone()
{
    if (m_done || !m_window)
        return;
    if (!m_window->property("settled").toBool()) {
        m_frames = 0;
        return;
    }
    if (++m_frames == 1)
        Q_EMIT painted(processAgeMs());
    if (m_frames >= kFramesMin) {
        m_done = true;
        Q_EMIT settled();
        return;
    }
    m_window->update();
}

} // namespace Skein
