// A timeline model with the roles, properties and signals of Skein::TimelineModel over rows that a
// test makes up: what the view must cope with, on demand and at once.
#pragma once

#include <QAbstractListModel>
#include <QDateTime>
#include <QVariantMap>
#include <QtQml/qqmlregistration.h>

#include <vector>

namespace Skein
{

class FakeTimeline : public QAbstractListModel
{
    Q_OBJECT
    Q_PROPERTY(QString roomId MEMBER m_roomId CONSTANT)
    Q_PROPERTY(int kind MEMBER m_kind CONSTANT)
    Q_PROPERTY(QString roomName MEMBER m_roomName NOTIFY roomChanged)
    Q_PROPERTY(QString topic MEMBER m_topic NOTIFY roomChanged)
    Q_PROPERTY(QString initials MEMBER m_initials NOTIFY roomChanged)
    Q_PROPERTY(int colorIndex MEMBER m_colorIndex NOTIFY roomChanged)
    Q_PROPERTY(int memberCount MEMBER m_memberCount NOTIFY roomChanged)
    Q_PROPERTY(bool archived MEMBER m_archived NOTIFY roomChanged)
    Q_PROPERTY(QString typingText MEMBER m_typingText NOTIFY roomChanged)
    Q_PROPERTY(bool shown MEMBER m_shown NOTIFY roomChanged)
    Q_PROPERTY(bool active MEMBER m_active NOTIFY roomChanged)
    Q_PROPERTY(int count READ count NOTIFY countChanged)
    Q_PROPERTY(bool ready MEMBER m_ready NOTIFY readyChanged)
    Q_PROPERTY(bool atNewest MEMBER m_atNewest NOTIFY edgesChanged)
    Q_PROPERTY(bool atOldest MEMBER m_atOldest NOTIFY edgesChanged)
    Q_PROPERTY(bool loading MEMBER m_loading NOTIFY loadingChanged)
    Q_PROPERTY(qint64 totalRows READ totalRows NOTIFY extentChanged)
    Q_PROPERTY(qint64 rowsBefore MEMBER m_rowsBefore NOTIFY extentChanged)
    Q_PROPERTY(int unreadBelow MEMBER m_unreadBelow NOTIFY unreadChanged)
    Q_PROPERTY(int firstUnreadRow MEMBER m_firstUnreadRow NOTIFY unreadChanged)
    Q_PROPERTY(bool holdNewest MEMBER m_holdNewest NOTIFY holdNewestChanged)
    Q_PROPERTY(QString lastRetried MEMBER m_lastRetried NOTIFY commanded)
    Q_PROPERTY(QString lastDiscarded MEMBER m_lastDiscarded NOTIFY commanded)
    Q_PROPERTY(QString lastHoleRetried MEMBER m_lastHoleRetried NOTIFY commanded)
    Q_PROPERTY(int visibleFirst MEMBER m_visibleFirst NOTIFY commanded)
    Q_PROPERTY(int visibleLast MEMBER m_visibleLast NOTIFY commanded)
    Q_PROPERTY(qint64 lastJumpSeq MEMBER m_lastJumpSeq NOTIFY commanded)

public:
    explicit FakeTimeline(QObject* parent = nullptr);

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] QHash<int, QByteArray> roleNames() const override;
    [[nodiscard]] int count() const { return static_cast<int>(m_rows.size()); }
    [[nodiscard]] qint64 totalRows() const { return m_rowsBefore + count() + m_rowsAfter; }

    // ---- as Skein::TimelineModel ----
    Q_INVOKABLE void visibleRange(int first, int last);
    Q_INVOKABLE void jumpToNewest();
    Q_INVOKABLE void jumpToSeq(qint64 seq);
    Q_INVOKABLE int rowOf(const QString& rowId) const;
    Q_INVOKABLE QVariantMap get(int row) const;
    Q_INVOKABLE void retry(const QString& rowId);
    Q_INVOKABLE void discard(const QString& rowId);
    Q_INVOKABLE void retryHole(const QString& rowId);

    // ---- what a test does to it ----
    /// `count` rows of mixed lengths, made from `seed`; then ready and opened().
    Q_INVOKABLE void fill(int count, int seed);
    /// Rows were added one by one: now it is ready.
    Q_INVOKABLE void fillReady();
    Q_INVOKABLE void appendOlder(int count);
    Q_INVOKABLE void insertNewest(int count, bool own = false);
    Q_INVOKABLE void trimNewest(int count);
    Q_INVOKABLE void trimOldest(int count);
    /// Changes one role of one row by name.
    Q_INVOKABLE void change(int row, const QString& role, const QVariant& value);
    /// The row becomes taller by so many lines of text.
    Q_INVOKABLE void grow(int row, int lines);
    Q_INVOKABLE void removeRow(int row);
    /// The row is taken out and put in again as a hole.
    Q_INVOKABLE void makeHole(int row);
    /// `rows` messages come on the newer side of the hole at `row`; it stays, or goes when `all`.
    Q_INVOKABLE void fillHole(int row, int rows, bool all);
    /// One row of the given roles at the new end; what is not given is as in makeRow().
    Q_INVOKABLE void add(const QVariantMap& roles);
    /// Model reset with new rows around nothing in particular.
    Q_INVOKABLE void rewindow(int count, int seed);
    /// All rows show these strings as text, name, quote and error.
    Q_INVOKABLE void fillWith(const QStringList& texts);
    Q_INVOKABLE void setRowsBefore(qint64 rows);
    Q_INVOKABLE void setAtNewest(bool atNewest);
    Q_INVOKABLE void setFirstUnreadRow(int row);

Q_SIGNALS:
    void roomChanged();
    void countChanged();
    void readyChanged();
    void edgesChanged();
    void loadingChanged();
    void extentChanged();
    void unreadChanged();
    void holdNewestChanged();
    void commanded();
    void aboutToChange();
    void changed();
    void aboutToInsertNewest(int n);
    void newestInserted(int n);
    void opened();
    void jumpReady(int row);
    void jumpFailed();

private:
    [[nodiscard]] QVariantMap makeRow();
    [[nodiscard]] unsigned next();

    QString m_roomId = QStringLiteral("room");
    QString m_roomName;
    QString m_topic;
    QString m_initials;
    QString m_typingText;
    int m_colorIndex = 0;
    int m_memberCount = 0;
    bool m_archived = false;
    bool m_shown = false, m_active = false;
    int m_kind = 2;
    bool m_ready = false;
    bool m_atNewest = true;
    bool m_atOldest = false;
    bool m_loading = false;
    bool m_holdNewest = false;
    qint64 m_rowsBefore = 0;
    qint64 m_rowsAfter = 0;
    int m_unreadBelow = 0;
    int m_firstUnreadRow = -1;
    int m_visibleFirst = -1;
    int m_visibleLast = -1;
    qint64 m_lastJumpSeq = 0;
    QString m_lastRetried;
    QString m_lastDiscarded;
    QString m_lastHoleRetried;
    std::vector<QVariantMap> m_rows; ///< newest first
    qint64 m_nextId = 1;
    unsigned m_seed = 1;
};

} // namespace Skein
