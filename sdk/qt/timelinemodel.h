// One room's messages as a sliding window over the store: row 0 is the newest loaded row, the last
// row the oldest. At most kWindowRowsMax rows are loaded however long the room is. Made for
// ListView.BottomToTop.
//
// The view does three things: it calls visibleRange() when what is on screen changes, sets `shown`
// while the room is on screen and `active` while its window is in use, and keeps its anchor over
// aboutToChange()/changed(). The model loads, trims, asks the server for what is missing and moves
// the read position. Thread: GUI; it never waits.
#pragma once

#include "core/result.h"
#include "offline/reader.h"
#include "sdk/engine/engine.h"

#include <QAbstractListModel>
#include <QDateTime>
#include <QHash>
#include <QString>
#include <QVariantList>
#include <QtQml/qqmlregistration.h>

#include <memory>

namespace Skein
{

class TimelinePort;

class TimelineModel : public QAbstractListModel
{
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("Client.timeline()")

    Q_PROPERTY(QString roomId READ roomId CONSTANT)
    // ---- the room, for the header ----
    Q_PROPERTY(QString roomName READ roomName NOTIFY roomChanged)
    Q_PROPERTY(QString topic READ topic NOTIFY roomChanged)
    Q_PROPERTY(int kind READ kind NOTIFY roomChanged) ///< Client.RoomKind
    Q_PROPERTY(QString initials READ initials NOTIFY roomChanged)
    Q_PROPERTY(int colorIndex READ colorIndex NOTIFY roomChanged)
    Q_PROPERTY(int memberCount READ memberCount NOTIFY roomChanged)
    Q_PROPERTY(bool archived READ archived NOTIFY roomChanged)
    Q_PROPERTY(QString typingText READ typingText NOTIFY typingTextChanged)

    // ---- the window ----
    Q_PROPERTY(int count READ count NOTIFY countChanged)
    /// The first page is there (maybe empty): show rows or the empty state. Until then a loading
    /// state.
    Q_PROPERTY(bool ready READ ready NOTIFY readyChanged)
    Q_PROPERTY(bool atNewest READ atNewest NOTIFY
                   edgesChanged) ///< row 0 is the newest there is: follow the end
    Q_PROPERTY(
        bool atOldest READ atOldest NOTIFY edgesChanged) ///< the last row is the start of the room
    Q_PROPERTY(bool loading READ loading NOTIFY
                   loadingChanged) ///< a page is on its way, from disk or the server
    /// For the scroll bar (never from contentHeight): rows of the room in all, and those older than
    /// the last loaded row. Position of row i from the top: (rowsBefore + count - 1 - i) /
    /// totalRows. Estimates where seqs are not dense, but monotone while scrolling.
    Q_PROPERTY(qint64 totalRows READ totalRows NOTIFY extentChanged)
    Q_PROPERTY(qint64 rowsBefore READ rowsBefore NOTIFY extentChanged)

    // ---- unread ----
    /// Unread messages newer than the newest visible row: the number on the jump-to-latest button.
    Q_PROPERTY(int unreadBelow READ unreadBelow NOTIFY unreadChanged)
    /// Row with the unread divider; -1 = none loaded. On opening a room go there (see opened()).
    Q_PROPERTY(int firstUnreadRow READ firstUnreadRow NOTIFY unreadChanged)

    // ---- set by the view ----
    /// The room is on screen, whether or not its window is in use: subscribes it, and asks who its
    /// members are.
    Q_PROPERTY(bool shown READ shown WRITE setShown NOTIFY shownChanged)
    /// It is on screen and its window is in use: what is visible is marked as read, and the room is
    /// subscribed as if `shown`. Setting it puts the unread divider at the first message that is
    /// unread now.
    Q_PROPERTY(bool active READ active WRITE setActive NOTIFY activeChanged)
    /// True while the list is being flicked away from the end: rows that would appear at row 0 wait
    /// (at most kHeldRowsMax, then they count as not loaded and atNewest becomes false). Own sends
    /// never wait.
    Q_PROPERTY(bool holdNewest READ holdNewest WRITE setHoldNewest NOTIFY holdNewestChanged)
    /// A failure to read the local database, one translated sentence; empty = none.
    Q_PROPERTY(QString errorText READ errorText NOTIFY errorTextChanged)

public:
    /// As skein::offline::Status, same order. Rows of others are Sent.
    enum Status { Queued, Sending, Pending, Unknown, Sent, Delivered, Read, Failed };
    Q_ENUM(Status)
    /// As skein::protocol::Kind, the first five.
    enum Kind { Text, Image, File, System, JobUpdate };
    Q_ENUM(Kind)

    enum Role {
        RowIdRole =
            Qt::UserRole +
            1,   ///< rowId: string; never changes while the row is loaded, through confirmation too
        SeqRole, ///< seq: number; 0 = not confirmed yet
        TempIdRole,     ///< tempId: string; own unconfirmed rows: the key for retry() and discard()
        SenderIdRole,   ///< senderId: string
        SenderNameRole, ///< senderName: string
        SenderInitialsRole, ///< senderInitials: string
        SenderColorRole,    ///< senderColor: int, 0…RoomListModel::kColorCount-1, stable for the
                            ///< sender
        OwnRole,            ///< own: bool
        KindRole,           ///< kind: int, TimelineModel.Kind
        BodyRole,           ///< body: string, as written; plain text, never markup
        TimeTextRole,       ///< timeText: string, "14:05"
        TimestampRole,      ///< timestamp: date
        DayTextRole, ///< dayText: string; not empty on the first row of a day: a separator above it
        UnreadDividerRole, ///< unreadDivider: bool; a divider above this row (below the day
                           ///< separator)
        GroupStartRole,    ///< groupStart: bool; the first of a run (same sender, gaps under 5
                           ///< minutes)
        GroupEndRole,      ///< groupEnd: bool; the last of a run
        StatusRole,        ///< status: int, TimelineModel.Status
        StatusTextRole, ///< statusText: string, "Sent", "Read", "Waiting to be sent" …; translated
        ErrorTextRole,  ///< errorText: string; why a Failed row failed; translated
        CanRetryRole,   ///< canRetry: bool; retry() and discard() make sense
        EditedRole,     ///< edited: bool
        DeletedRole,    ///< deleted: bool; body is empty
        PinnedRole,     ///< pinned: bool
        ReplySenderRole, ///< replySender: string; empty with replySeq 0
        ReplyTextRole,   ///< replyText: string; one line; empty = not loaded or deleted
        ReplySeqRole,    ///< replySeq: number; 0 = not a reply. For jumpToSeq()
        ReactionsRole,   ///< reactions: list of {key: string, count: int, own: bool}
        AttachmentsRole, ///< attachments: list of {id, name, mime, size, width, height}
        HoleRole, ///< hole: bool; messages that are not on this device yet; being fetched when seen
        HoleCountRole, ///< holeCount: number; how many, at most
        HeldBackRole,  ///< heldBack: bool; unsent, and waits behind a message that failed
        JournalIdRole, ///< journalId: string; own rows written on this device, confirmed ones too:
                       ///< what Client::readStory() takes. Else empty
        HoleStuckRole, ///< holeStuck: bool; asked for and not come: offer retryHole()
    };
    Q_ENUM(Role)

    static constexpr int kPageRows = 50;
    static constexpr int kLoadAheadRows =
        80; ///< a page is loaded when fewer remain beyond the visible ones
    static constexpr int kWindowRowsMin = 400; ///< trimmed down to this or more
    static constexpr int kWindowRowsMax = 600; ///< never more rows than this
    static constexpr int kHeldRowsMax = 200;
    static constexpr int kGroupGapMs = 5 * 60 * 1000;
    static constexpr int kFlushIntervalMs =
        16; ///< changes are applied once per event-loop turn, this far apart

    /// `port` outlives the model.
    TimelineModel(const QString& roomId, TimelinePort& port, QObject* parent = nullptr);
    ~TimelineModel() override;

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] QHash<int, QByteArray> roleNames() const override;

    [[nodiscard]] QString roomId() const;
    [[nodiscard]] QString roomName() const;
    [[nodiscard]] QString topic() const;
    [[nodiscard]] int kind() const;
    [[nodiscard]] QString initials() const;
    [[nodiscard]] int colorIndex() const;
    [[nodiscard]] int memberCount() const;
    [[nodiscard]] bool archived() const;
    [[nodiscard]] QString typingText() const;
    [[nodiscard]] int count() const;
    [[nodiscard]] bool ready() const;
    [[nodiscard]] bool atNewest() const;
    [[nodiscard]] bool atOldest() const;
    [[nodiscard]] bool loading() const;
    [[nodiscard]] qint64 totalRows() const;
    [[nodiscard]] qint64 rowsBefore() const;
    [[nodiscard]] int unreadBelow() const;
    [[nodiscard]] int firstUnreadRow() const;
    [[nodiscard]] bool shown() const;
    void setShown(bool shown);
    [[nodiscard]] bool active() const;
    void setActive(bool active);
    [[nodiscard]] bool holdNewest() const;
    void setHoldNewest(bool hold);
    [[nodiscard]] QString errorText() const;

    // ---- from the view ----
    /// Rows on screen, newest (smallest) first; both -1 = none. Cheap; call on every change.
    Q_INVOKABLE void visibleRange(int firstRow, int lastRow);
    /// Each jump ends in jumpReady(row), at once when the row is loaded, else when it is.
    Q_INVOKABLE void jumpToNewest();
    Q_INVOKABLE void jumpToSeq(qint64 seq);
    Q_INVOKABLE void jumpToFirstUnread();
    /// Row of a rowId; -1 = not loaded.
    Q_INVOKABLE int rowOf(const QString& rowId) const;
    Q_INVOKABLE int rowOfSeq(qint64 seq) const;
    /// Newest own message that can be edited (Up in an empty composer): its rowId; empty = none
    /// loaded.
    Q_INVOKABLE QString lastOwnRowId() const;
    /// All roles of a row by role name.
    Q_INVOKABLE QVariantMap get(int row) const;

    // ---- commands; rows are named by their rowId ----
    /// The row is in the model when this returns; it is stored durably right after. When it cannot
    /// be stored (disk full) the row turns Failed and keeps its text until retry() or discard().
    /// Returns the tempId; empty = refused (empty text, or over the limit of the body).
    Q_INVOKABLE QString send(const QString& text, qint64 replySeq = 0);
    Q_INVOKABLE void edit(const QString& rowId, const QString& text);
    Q_INVOKABLE void remove(const QString& rowId);
    Q_INVOKABLE void react(const QString& rowId, const QString& key, bool on = true);
    /// For everybody in the room; shown at once.
    Q_INVOKABLE void pin(const QString& rowId, bool on = true);
    Q_INVOKABLE void retry(const QString& rowId);
    Q_INVOKABLE void discard(const QString& rowId);
    /// Asks again for the messages of a hole.
    Q_INVOKABLE void retryHole(const QString& rowId);

    // ---- for Client and tests ----
    void start();
    void applyChange(const skein::engine::TimelineChange& change);
    void applyRoom(const skein::offline::RoomRow& room);
    void setTypingText(const QString& text);
    void setOwnUser(const skein::UserId& user, const QString& displayName);
    void pageLoaded(quint64 ticket, const skein::Result<skein::offline::Page>& page,
                    const skein::offline::RoomCounts& counts);
    /// The optimistic row of `tempId` could not be stored.
    void enqueueFailed(const QString& tempId, const skein::Error& error);
    /// The connection is live again: asks again for what is missing.
    void linkLive();
    /// Applies what waits for the next turn now.
    void flush();
    /// Rows that exist only here because they could not be stored: do not drop this model.
    [[nodiscard]] bool hasUnstoredRows() const;

Q_SIGNALS:
    void roomChanged();
    void typingTextChanged();
    void countChanged();
    void readyChanged();
    void edgesChanged();
    void loadingChanged();
    void extentChanged();
    void unreadChanged();
    void shownChanged();
    void activeChanged();
    void holdNewestChanged();
    void errorTextChanged();
    /// Around every batch of inserts, removes, moves and height-changing dataChanged, also around
    /// window trims: save and restore the anchor here. Not around a re-window (modelReset), which
    /// ends in jumpReady() or opened().
    void aboutToChange();
    void changed();
    /// Around inserts whose first row is 0; inside aboutToChange()/changed().
    void aboutToInsertNewest(int n);
    void newestInserted(int n);
    /// The first page is loaded. Position the view: at firstUnreadRow when it is not -1, else at
    /// the newest row.
    void opened();
    /// Position the view at this row (Center; jumpToNewest: Beginning). A hole may come first and
    /// the message later.
    void jumpReady(int row);
    /// The message jumped to does not exist or could not be had.
    void jumpFailed();
    /// An edit, removal or reaction was refused at once.
    void commandRefused(const QString& code, const QString& text);

private:
    class Private;
    std::unique_ptr<Private> d;
};

} // namespace Skein
