#include "app/src/uireport.h"

#include <QJsonDocument>
#include <QQuickItem>
#include <QVariant>

#include <cstdio>

namespace Skein
{

namespace
{

void describe(const QQuickItem& item, QJsonObject& items)
{
    if (!item.isVisible() || item.opacity() <= 0 || items.size() >= UiReport::kItemsMax)
        return;
    if (!item.objectName().isEmpty()) {
        const QRectF box = item.mapRectToScene(QRectF(0, 0, item.width(), item.height()));
        QJsonObject entry{{"x", qRound(box.x())},
                          {"y", qRound(box.y())},
                          {"w", qRound(box.width())},
                          {"h", qRound(box.height())},
                          {"enabled", item.isEnabled()}};
        // Delegates say what they show in `report`, controls in `label` or `text`.
        for (const char* name : {"report", "text", "label"}) {
            const QVariant text = item.property(name);
            if (text.isValid() && !text.toString().isEmpty()) {
                entry.insert("text", text.toString());
                break;
            }
        }
        if (item.hasActiveFocus())
            entry.insert("focus", true);
        items.insert(item.objectName(), entry);
    }
    const auto children = item.childItems();
    for (const QQuickItem* child : children)
        describe(*child, items);
}

} // namespace

QJsonObject describeWindow(const QQuickWindow& window)
{
    QJsonObject items;
    describe(*window.contentItem(), items);
    return {{"title", window.title()},
            {"active", window.isActive()},
            {"width", window.width()},
            {"height", window.height()},
            {"items", items}};
}

UiReport::UiReport(QQuickWindow* window, QObject* parent)
    : QObject(parent)
    , m_window(window)
{
    m_timer.setInterval(kIntervalMs);
    connect(&m_timer, &QTimer::timeout, this, &UiReport::print);
    m_timer.start();
}

void UiReport::print()
{
    if (!m_window || !m_window->isVisible())
        return;
    const QByteArray line = QJsonDocument(describeWindow(*m_window)).toJson(QJsonDocument::Compact);
    if (line == m_last)
        return;
    m_last = line;
    std::fwrite(line.constData(), 1, static_cast<std::size_t>(line.size()), stdout);
    std::fputc('\n', stdout);
    std::fflush(stdout);
}

} // namespace Skein
