// The rooms of the account, newest activity first, filtered by a text. Changes are exact: a row
// that moves is a move, a changed field is dataChanged with just its roles; there is no reset after
// the first load. Thread: GUI.
#pragma once

#include "offline/rows.h"

#include <QAbstractListModel>
#include <QHash>
#include <QString>
#include <QtQml/qqmlregistration.h>

#include <memory>

namespace Skein
{

class Client;
class RoomOrder;

class RoomListModel : public QAbstractListModel
{
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("Client.rooms")

    Q_PROPERTY(int count READ count NOTIFY countChanged) ///< rows that pass the filter
    Q_PROPERTY(int total READ total NOTIFY totalChanged) ///< rooms in all
    Q_PROPERTY(bool loading READ loading NOTIFY loadingChanged)
    /// Rooms whose name or topic contains all words of this text, without regard to case; empty =
    /// all.
    Q_PROPERTY(QString filter READ filter WRITE setFilter NOTIFY filterChanged)
    Q_PROPERTY(bool showArchived READ showArchived WRITE setShowArchived NOTIFY showArchivedChanged)

public:
    enum Role {
        RoomIdRole = Qt::UserRole + 1, ///< roomId: string
        NameRole,                      ///< name: string (a direct room: the other's display name)
        TopicRole,                     ///< topic: string
        KindRole,                      ///< kind: int, Client.RoomKind
        InitialsRole,                  ///< initials: string, one or two characters, for the avatar
        ColorIndexRole,                ///< colorIndex: int, 0…kColorCount-1, stable for this room
        LastTextRole,                  ///< lastText: string, one line; empty = no message yet
        LastSenderRole,                ///< lastSender: string, display name
        LastOwnRole,                   ///< lastOwn: bool
        LastStatusRole, ///< lastStatus: int, TimelineModel.Status; of use when lastOwn
        TimeTextRole,   ///< timeText: string, "14:05", "Mon", "3 Nov" … in the user's locale
        ActiveTsRole,   ///< activeTs: number, ms since 1970 UTC
        UnreadRole,     ///< unread: int, exact
        UnreadTextRole, ///< unreadText: string, "", "1" … "99", "99+"
        MentionsRole,   ///< mentions: int
        DraftRole,      ///< draft: string, first line of it; empty = none
        TypingTextRole, ///< typingText: string, empty = nobody
        MutedRole,      ///< muted: bool
        ArchivedRole,   ///< archived: bool
        MembersRole,    ///< members: int
        QueuedRole,     ///< queued: int, own messages that wait
        FailedRole,     ///< failed: int, own messages that failed
    };
    Q_ENUM(Role)
    static constexpr int kColorCount = 8;

    explicit RoomListModel(QObject* parent = nullptr);
    ~RoomListModel() override;

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] QHash<int, QByteArray> roleNames() const override;

    [[nodiscard]] int count() const;
    [[nodiscard]] int total() const;
    [[nodiscard]] bool loading() const;
    [[nodiscard]] QString filter() const;
    void setFilter(const QString& text);
    [[nodiscard]] bool showArchived() const;
    void setShowArchived(bool show);

    /// Row of a room; -1 = not there or filtered out.
    Q_INVOKABLE int rowOf(const QString& roomId) const;
    /// Room at a row; empty = no such row.
    Q_INVOKABLE QString roomAt(int row) const;
    /// Next room below (`step` > 0) or above (`step` < 0) `row`, with unread messages only if
    /// asked; -1 = none.
    Q_INVOKABLE int nextRow(int row, int step, bool unreadOnly = false) const;
    /// All roles of one room by role name, filtered out or not; empty = unknown room.
    Q_INVOKABLE QVariantMap room(const QString& roomId) const;

    // ---- for Client and tests ----
    void setOwnUser(const QString& userId);
    void setLoading(bool loading);
    /// New and changed rooms, whole rows; rooms that are gone.
    void apply(const std::vector<skein::offline::RoomRow>& changed,
               const std::vector<skein::RoomId>& removed);
    void setTypingText(const QString& roomId, const QString& text);
    void clear();
    [[nodiscard]] const skein::offline::RoomRow* find(const QString& roomId) const;
    [[nodiscard]] int unreadTotal() const;
    /// The day changed: "14:05" becomes "Mon".
    void refreshTimes(const QDate& today);

Q_SIGNALS:
    void countChanged();
    void totalChanged();
    void loadingChanged();
    void filterChanged();
    void showArchivedChanged();
    /// Something about this room changed, shown or not.
    void roomChanged(const QString& roomId);

private:
    class Private;
    std::unique_ptr<Private> d;
};

} // namespace Skein
