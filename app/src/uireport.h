// What the window shows, as JSON lines on stdout, for tests that drive the app from outside with a
// real keyboard and mouse: name, place and text of every visible item that has an objectName.
// Only with --report. Thread: GUI.
#pragma once

#include <QByteArray>
#include <QJsonObject>
#include <QObject>
#include <QPointer>
#include <QQuickWindow>
#include <QTimer>

namespace Skein
{

class UiReport : public QObject
{
    Q_OBJECT

public:
    /// Prints a line whenever something changed, at most every kIntervalMs.
    UiReport(QQuickWindow* window, QObject* parent);

    static constexpr int kIntervalMs = 50;
    static constexpr int kItemsMax = 400;

private:
    void print();

    QPointer<QQuickWindow> m_window;
    QTimer m_timer;
    QByteArray m_last;
};

/// {"title", "active", "items": {objectName: {x, y, w, h, text?, focus?, enabled}}}. For an item
/// that is there several times the last one counts.
[[nodiscard]] QJsonObject describeWindow(const QQuickWindow& window);

} // namespace Skein
