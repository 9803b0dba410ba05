// What --screenshot and --first-paint-report wait for and do. Thread: GUI.
#pragma once

#include <QObject>
#include <QPointer>
#include <QQuickWindow>
#include <QString>
#include <QTimer>

namespace Skein
{

/// Milliseconds since this process was started by the system; negative = unknown.
[[nodiscard]] qint64 processAgeMs();
/// CPU time of this process so far in ms, all threads: what a busy machine does not lengthen.
[[nodiscard]] double processCpuMs();
/// Resident memory of this process in KiB; 0 = unknown.
[[nodiscard]] qint64 residentKiB();

/// Emits settled() once, after a frame was drawn in which the window's property `settled` was true
/// and nothing asked for a redraw any more.
class SettleProbe : public QObject
{
    Q_OBJECT

public:
    explicit SettleProbe(QQuickWindow* window, QObject* parent = nullptr);
    /// Frames that must pass while settled: avatars, icons and delegates of a second pass are
    /// there.
    static constexpr int kFramesMin = 3;

Q_SIGNALS:
    /// The first frame that showed the content. `ageMs` as processAgeMs() then.
    void painted(qint64 ageMs);
    void settled();

private:
    void frameDone();

    QPointer<QQuickWindow> m_window;
    int m_frames = 0;
    bool m_done = false;
};

} // namespace Skein
