// Keeps what the reader looks at where it is, to the pixel, while rows come, go and change height.
// A child of the timeline's ListView (BottomToTop, row 0 newest). Works on
// QQuickWindow::afterAnimating: after all model changes and animations of a frame and before it is
// drawn, so a wrong position is never seen. Thread: GUI.
#pragma once

#include <QAbstractItemModel>
#include <QPointer>
#include <QQuickItem>
#include <QQuickWindow>
#include <QString>

#include <vector>

namespace Skein
{

class TimelineAnchor : public QQuickItem
{
    Q_OBJECT
    QML_ELEMENT

    /// The ListView.
    Q_PROPERTY(QQuickItem* view READ view WRITE setView NOTIFY viewChanged)
    /// A Skein::TimelineModel, or anything with its roles, properties and signals.
    Q_PROPERTY(QAbstractItemModel* timeline READ timeline WRITE setTimeline NOTIFY timelineChanged)
    /// The view follows the end of the room.
    Q_PROPERTY(bool following READ following NOTIFY placeChanged)
    /// Oldest and newest row on screen; -1 = none.
    Q_PROPERTY(int topRow READ topRow NOTIFY placeChanged)
    Q_PROPERTY(int bottomRow READ bottomRow NOTIFY placeChanged)
    /// Own scroll bar, 0…1.
    Q_PROPERTY(qreal thumbPosition READ thumbPosition NOTIFY placeChanged)
    Q_PROPERTY(qreal thumbSize READ thumbSize NOTIFY placeChanged)

public:
    enum Place { Bottom, Center, Top };
    Q_ENUM(Place)

    explicit TimelineAnchor(QQuickItem* parent = nullptr);
    ~TimelineAnchor() override;

    [[nodiscard]] QQuickItem* view() const { return m_view; }
    void setView(QQuickItem* view);
    [[nodiscard]] QAbstractItemModel* timeline() const { return m_timeline; }
    void setTimeline(QAbstractItemModel* timeline);
    [[nodiscard]] bool following() const { return m_following; }
    [[nodiscard]] int topRow() const { return m_topRow; }
    [[nodiscard]] int bottomRow() const { return m_bottomRow; }
    [[nodiscard]] qreal thumbPosition() const { return m_thumbPosition; }
    [[nodiscard]] qreal thumbSize() const { return m_thumbSize; }

    /// Places a loaded row at once, exactly.
    Q_INVOKABLE void goToRow(int row, Skein::TimelineAnchor::Place place);
    /// Scrolls by so many px (positive = towards newer), stopping at the edges.
    Q_INVOKABLE void scrollBy(qreal px);
    /// The thumb was dragged to `position`: goes there, asking the model to jump when the row is
    /// not loaded.
    Q_INVOKABLE void dragThumb(qreal position);
    /// What afterAnimating does, now. For tests and for jumps.
    Q_INVOKABLE void settle();

    /// Rows whose position is remembered; more are never on one screen.
    static constexpr int kMarksMax = 96;

Q_SIGNALS:
    void viewChanged();
    void timelineChanged();
    void placeChanged();
    /// The user reached this row by a jump: the view may mark it for a moment.
    void arrived(int row);

protected:
    void itemChange(ItemChange change, const ItemChangeData& data) override;

private Q_SLOTS:
    void contentMoved();
    void jumpTo(int row);
    void open();

private:
    struct Mark {
        QString rowId;
        qreal offset = 0; ///< top of the row below the top of the view
    };

    void attachWindow(QQuickWindow* window);
    void place(int row, Place place);
    void record();
    void report();
    [[nodiscard]] QQuickItem* itemAt(int row) const;
    [[nodiscard]] int rowAtY(qreal y) const;
    [[nodiscard]] int rowOf(const QString& rowId) const;
    [[nodiscard]] QString rowIdAt(int row) const;
    [[nodiscard]] qreal contentY() const;
    void setContentY(qreal y);
    [[nodiscard]] bool userMoving() const;
    [[nodiscard]] bool flag(const char* name) const;
    [[nodiscard]] int rowCount() const { return m_timeline ? m_timeline->rowCount() : 0; }
    /// Distance from the bottom of the view to the bottom of row 0; infinity when it is not laid
    /// out.
    [[nodiscard]] qreal gapToEnd() const;
    /// Signed shift of the best surviving mark; false = none survived.
    void bringBack();
    [[nodiscard]] bool displacement(qreal& px) const;

    QPointer<QQuickItem> m_view;
    QPointer<QAbstractItemModel> m_timeline;
    QPointer<QQuickWindow> m_window;
    std::vector<Mark> m_marks;
    int m_rowIdRole = -1;
    bool m_settling = false;
    bool m_following = true;
    bool m_positioned = false; ///< this room has been placed once
    int m_waitingRow = -1;     ///< a jump that waits for the view to have a size
    Place m_waitingPlace = Bottom;
    qreal m_lastContentY = 0;
    qreal m_scrolled = 0; ///< contentY moved by the user since record()
    int m_topRow = -1;
    int m_bottomRow = -1;
    int m_reportedTop = -2;
    int m_reportedBottom = -2;
    qreal m_thumbPosition = 0;
    qreal m_thumbSize = 1;
};

} // namespace Skein
