#include "app/src/timelineanchor.h"

#include "app/src/timelinerules.h"

#include <QScopedValueRollback>

#include <algorithm>
#include <cmath>
#include <limits>

namespace Skein
{

namespace
{

/// ListView.Beginning is the bottom of a BottomToTop list.
int listViewMode(TimelineAnchor::Place place)
{
    switch (place) {
    case TimelineAnchor::Bottom:
        return 0; // ListView.Beginning
    case TimelineAnchor::Center:
        return 1; // ListView.Center
    case TimelineAnchor::Top:
        return 2; // ListView.End
    }
    return 1;
}

} // namespace

TimelineAnchor::TimelineAnchor(QQuickItem* parent)
    : QQuickItem(parent)
{
}

TimelineAnchor::~TimelineAnchor() = default;

void TimelineAnchor::setView(QQuickItem* view)
{
    if (view == m_view)
        return;
    if (m_view)
        disconnect(m_view, nullptr, this, nullptr);
    m_view = view;
    if (m_view) {
        m_lastContentY = contentY();
        // By name: QQuickListView's header is private to Qt.
        connect(m_view, SIGNAL(contentYChanged()), this, SLOT(contentMoved()));
    }
    Q_EMIT viewChanged();
}

void TimelineAnchor::setTimeline(QAbstractItemModel* timeline)
{
    if (timeline == m_timeline)
        return;
    if (m_timeline)
        disconnect(m_timeline, nullptr, this, nullptr);
    m_timeline = timeline;
    m_rowIdRole = -1;
    m_marks.clear();
    m_following = true;
    m_positioned = false;
    m_waitingRow = -1;
    m_topRow = m_bottomRow = -1;
    if (m_timeline) {
        const auto names = m_timeline->roleNames();
        m_rowIdRole = names.key("rowId", -1);
        connect(m_timeline, SIGNAL(opened()), this, SLOT(open()));
        connect(m_timeline, SIGNAL(jumpReady(int)), this, SLOT(jumpTo(int)));
        connect(m_timeline, &QAbstractItemModel::modelReset, this, [this] { m_marks.clear(); });
        if (flag("ready"))
            open();
    }
    Q_EMIT timelineChanged();
}

void TimelineAnchor::itemChange(ItemChange change, const ItemChangeData& data)
{
    if (change == ItemSceneChange)
        attachWindow(data.window);
    QQuickItem::itemChange(change, data);
}

void TimelineAnchor::attachWindow(QQuickWindow* window)
{
    if (m_window)
        disconnect(m_window, nullptr, this, nullptr);
    m_window = window;
    if (m_window)
        connect(m_window, &QQuickWindow::afterAnimating, this, &TimelineAnchor::settle);
}

void TimelineAnchor::open()
{
    const int unread = m_timeline ? m_timeline->property("firstUnreadRow").toInt() : -1;
    m_waitingRow = std::max(unread, 0);
    m_waitingPlace = unread > 0 ? Top : Bottom;
    if (m_window)
        m_window->update();
}

void TimelineAnchor::jumpTo(int row)
{
    m_waitingRow = row;
    m_waitingPlace = row == 0 && flag("atNewest") ? Bottom : Center;
    if (m_window)
        m_window->update();
}

void TimelineAnchor::goToRow(int row, Place place)
{
    m_waitingRow = row;
    m_waitingPlace = place;
    settle();
}

void TimelineAnchor::place(int row, Place place)
{
    row = std::clamp(row, 0, rowCount() - 1);
    QMetaObject::invokeMethod(m_view, "positionViewAtIndex", Q_ARG(int, row),
                              Q_ARG(int, listViewMode(place)));
    m_following = place == Bottom && row == 0;
    m_positioned = true;
}

void TimelineAnchor::scrollBy(qreal px)
{
    if (!m_view || rowCount() == 0)
        return;
    // The edges as ListView knows them now; they are exact as soon as the last row is laid out.
    const qreal origin = m_view->property("originY").toReal();
    const qreal last = origin + m_view->property("contentHeight").toReal() - m_view->height();
    setContentY(std::clamp(contentY() + px, std::min(origin, last), std::max(origin, last)));
    contentMoved();
}

void TimelineAnchor::dragThumb(qreal position)
{
    if (!m_timeline)
        return;
    const auto before = m_timeline->property("rowsBefore").toLongLong();
    const auto total = std::max<qint64>(m_timeline->property("totalRows").toLongLong(), rowCount());
    const qint64 fromOldest = rowForThumb(position, total);
    const qint64 row = before + rowCount() - 1 - fromOldest;
    if (row >= 0 && row < rowCount())
        goToRow(static_cast<int>(row), Top);
    else
        QMetaObject::invokeMethod(m_timeline, "jumpToSeq", Q_ARG(qint64, fromOldest + 1));
}

void TimelineAnchor::contentMoved()
{
    const qreal now = contentY();
    if (!m_settling)
        m_scrolled += now - m_lastContentY;
    m_lastContentY = now;
}

void TimelineAnchor::settle()
{
    if (m_settling || !m_view || !m_timeline || m_view->height() <= 0)
        return;
    QScopedValueRollback<bool> guard(m_settling, true);
    QMetaObject::invokeMethod(m_view, "forceLayout");

    TimelineSituation now;
    now.hasRows = rowCount() > 0;
    now.jumpWaiting = m_waitingRow >= 0;
    now.userMoving = userMoving();
    now.following = m_following;
    now.atNewest = flag("atNewest");
    if (m_scrolled != 0 || now.userMoving)
        now.following = m_following = followsEnd(now.atNewest, gapToEnd());
    now.gapToEndPx = gapToEnd();
    if (!now.jumpWaiting && !now.userMoving && !(now.following && now.atNewest))
        bringBack();
    now.anchorAlive = displacement(now.displacementPx);

    switch (decide(now)) {
    case TimelineAction::Nothing:
        break;
    case TimelineAction::GoToRow: {
        const int row = m_waitingRow;
        m_waitingRow = -1;
        place(row, m_waitingPlace);
        // Placing may clamp at an edge: whether that is the end shows only now.
        m_following = followsEnd(now.atNewest, gapToEnd());
        Q_EMIT arrived(row);
        break;
    }
    case TimelineAction::StickToEnd:
        place(0, Bottom);
        break;
    case TimelineAction::KeepAnchor:
        setContentY(contentY() + now.displacementPx);
        break;
    }
    record();
    report();
}

void TimelineAnchor::record()
{
    m_marks.clear();
    m_scrolled = 0;
    m_lastContentY = contentY();
    m_topRow = m_bottomRow = -1;
    const int count = rowCount();
    if (count == 0)
        return;
    const qreal top = contentY();
    const qreal bottom = top + m_view->height();
    m_topRow = rowAtY(top);
    if (m_topRow < 0)
        m_topRow = itemAt(count - 1) ? count - 1 : -1; // the room is shorter than the view
    m_bottomRow = rowAtY(bottom - 1);
    if (m_bottomRow < 0)
        m_bottomRow = itemAt(0) ? 0 : -1;
    if (m_topRow < 0 || m_bottomRow < 0)
        return;
    std::vector<Mark>
        cut; // rows cut by the top edge grow upwards: they serve only as a last resort
    for (int row = m_topRow; row >= m_bottomRow && m_marks.size() < kMarksMax; --row) {
        const QQuickItem* item = itemAt(row);
        if (!item)
            continue;
        (item->y() < top ? cut : m_marks).push_back({rowIdAt(row), item->y() - top});
    }
    m_marks.insert(m_marks.end(), cut.begin(), cut.end());
}

void TimelineAnchor::report()
{
    if (m_topRow >= 0 && m_bottomRow >= 0) {
        const auto fraction = [this](int row, qreal y) {
            const QQuickItem* item = itemAt(row);
            return item && item->height() > 0
                       ? std::clamp((y - item->y()) / item->height(), 0.0, 1.0)
                       : 0.0;
        };
        const qreal top = contentY();
        const auto thumb =
            thumbGeometry(m_topRow - fraction(m_topRow, top),
                          m_bottomRow + 1 - fraction(m_bottomRow, top + m_view->height()),
                          m_timeline->property("rowsBefore").toLongLong(), rowCount(),
                          m_timeline->property("totalRows").toLongLong());
        m_thumbPosition = thumb.position;
        m_thumbSize = thumb.size;
    } else {
        m_thumbPosition = 0;
        m_thumbSize = 1;
    }
    if (m_topRow != m_reportedTop || m_bottomRow != m_reportedBottom) {
        m_reportedTop = m_topRow;
        m_reportedBottom = m_bottomRow;
        QMetaObject::invokeMethod(m_timeline, "visibleRange", Q_ARG(int, m_bottomRow),
                                  Q_ARG(int, m_topRow));
    }
    Q_EMIT placeChanged();
}

/// Many rows that come in the middle of the view (a hole that fills) push what is being read out of
/// what the list keeps laid out: it is laid out again, wherever; displacement() then knows how far.
void TimelineAnchor::bringBack()
{
    for (const Mark& mark : m_marks) {
        const int row = rowOf(mark.rowId);
        if (row < 0)
            continue;
        if (!itemAt(row))
            QMetaObject::invokeMethod(m_view, "positionViewAtIndex", Q_ARG(int, row),
                                      Q_ARG(int, listViewMode(Top)));
        return;
    }
}

bool TimelineAnchor::displacement(qreal& px) const
{
    for (const Mark& mark : m_marks) {
        const int row = rowOf(mark.rowId);
        const QQuickItem* item = row >= 0 ? itemAt(row) : nullptr;
        if (!item)
            continue;
        px = item->y() - contentY() - (mark.offset - m_scrolled);
        return true;
    }
    return false;
}

qreal TimelineAnchor::gapToEnd() const
{
    const QQuickItem* item = rowCount() > 0 ? itemAt(0) : nullptr;
    if (!item)
        return std::numeric_limits<qreal>::infinity();
    return item->y() + item->height() - (contentY() + m_view->height());
}

QQuickItem* TimelineAnchor::itemAt(int row) const
{
    QQuickItem* item = nullptr;
    QMetaObject::invokeMethod(m_view, "itemAtIndex", Q_RETURN_ARG(QQuickItem*, item),
                              Q_ARG(int, row));
    return item;
}

int TimelineAnchor::rowAtY(qreal y) const
{
    int row = -1;
    QMetaObject::invokeMethod(m_view, "indexAt", Q_RETURN_ARG(int, row),
                              Q_ARG(qreal, m_view->width() / 2), Q_ARG(qreal, y));
    return row;
}

int TimelineAnchor::rowOf(const QString& rowId) const
{
    int row = -1;
    QMetaObject::invokeMethod(m_timeline, "rowOf", Q_RETURN_ARG(int, row), Q_ARG(QString, rowId));
    return row;
}

QString TimelineAnchor::rowIdAt(int row) const
{
    return m_timeline->data(m_timeline->index(row, 0), m_rowIdRole).toString();
}

qreal TimelineAnchor::contentY() const
{
    return m_view->property("contentY").toReal();
}

void TimelineAnchor::setContentY(qreal y)
{
    m_view->setProperty("contentY", y);
}

bool TimelineAnchor::userMoving() const
{
    return m_view->property("moving").toBool();
}

bool TimelineAnchor::flag(const char* name) const
{
    return m_timeline->property(name).toBool();
}

} // namespace Skein
