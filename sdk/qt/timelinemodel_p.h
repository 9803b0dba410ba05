// Inside of TimelineModel: the window, what is being loaded, what waits to be applied. Not for
// users of the SDK.
#pragma once

#include "sdk/qt/changebuffer.h"
#include "sdk/qt/timelinemodel.h"
#include "sdk/qt/timelineport.h"
#include "sdk/qt/timelinewindow.h"

#include <QElapsedTimer>
#include <QTimer>

#include <unordered_map>

namespace Skein
{

class TimelineModel::Private final : public WindowObserver
{
public:
    Private(TimelineModel& owner, const QString& roomId, TimelinePort& port);

    // WindowObserver
    void aboutToInsert(int first, int last) override;
    void inserted(int first, int last) override;
    void aboutToRemove(int first, int last) override;
    void removed() override;
    void aboutToMove(int from, int to) override;
    void moved() override;
    void rowsChanged(int first, int last, std::uint32_t fields) override;
    void aboutToReset() override;
    void wasReset() override;

    /// Brackets a batch with aboutToChange()/changed() and tells what followed from it.
    class Batch
    {
    public:
        explicit Batch(Private& owner);
        ~Batch();
        Batch(const Batch&) = delete;
        Batch& operator=(const Batch&) = delete;

    private:
        Private& m_d;
    };

    // Loading.
    enum class Purpose { Opening, Older, Newer, Reload, JumpNewest, JumpSeq };
    void request(Purpose purpose, PageRequest::Kind kind, skein::offline::Position position,
                 skein::Seq seq, std::size_t limit);
    [[nodiscard]] bool pending(Purpose purpose) const;
    void loadOlder();
    void loadNewer();
    void askServerForOlder();
    void reload();
    void checkEdges();
    void checkHoles();
    void askForHole(const skein::offline::MessageRow& row);
    void setStuck(int row, bool stuck);
    void takeCounts(const skein::offline::RoomCounts& counts);
    void openedWith(skein::offline::Page page, const skein::offline::RoomCounts& counts);
    void jumpLoaded(Purpose purpose, skein::offline::Page page);
    void withoutRemoved(TimelineWindow::Rows& rows) const;
    void addLocalRows();
    void poll();

    // Changes.
    void scheduleFlush();
    void applyPending();
    void trim();
    void settleJump();

    // Reading.
    void markVisibleRead();
    void placeDivider();
    void tellOpen();
    void updateDerived();
    [[nodiscard]] skein::Seq readPosition() const;
    [[nodiscard]] skein::Seq firstUnreadLoaded() const;

    [[nodiscard]] QVariant value(const WindowRow& entry, int role) const;
    [[nodiscard]] QVariantList reactions(const skein::offline::MessageRow& row) const;
    [[nodiscard]] static QVariantList attachments(const skein::offline::MessageRow& row);
    [[nodiscard]] int rowOf(const QString& rowId) const;

    TimelineModel& q;
    TimelinePort& port;
    skein::RoomId room;
    TimelineWindow window;
    skein::offline::RoomRow info;
    bool infoKnown = false;
    skein::UserId ownUser;
    QString ownName;
    QString typingText;
    QString errorText;

    bool shown = false, open = false; ///< open: told to the engine
    bool ready = false, active = false, holdNewest = false, started = false;
    int firstVisible = -1, lastVisible = -1;

    struct Ticket {
        Purpose purpose;
        std::size_t limit;
        skein::Seq seq;
    };
    std::unordered_map<quint64, Ticket> tickets;
    quint64 nextTicket = 1;
    /// Changes that came since the oldest request that is under way was made: its page may be older
    /// than they are.
    ChangeBuffer since;
    ChangeBuffer waiting;
    bool serverOlder = false; ///< the server was asked for older messages
    int olderPolls = 0;
    QTimer pollTimer;
    QTimer flushTimer;
    QElapsedTimer sinceFlush;
    int batchDepth = 0;
    bool batchAnnounced = false;
    int insertingNewest = 0;

    /// Own rows that the store has not told of yet, by tempId. Kept over every reload of the
    /// window.
    struct LocalRow {
        skein::offline::MessageRow row;
        bool unstored = false; ///< could not be stored
        std::optional<skein::Seq> replyTo;
    };
    std::vector<LocalRow> local;
    std::int64_t nextLocal = 0;

    skein::Seq jumpSeq; ///< a jump that waits for its message
    int jumpTries = 0;
    struct HoleAsked {
        skein::Seq hi;      ///< as it stood then
        qint64 at = 0;      ///< wall clock, ms
        bool stuck = false; ///< not come within kHoleStuckMs: shown so, asked again by the user
    };
    std::unordered_map<skein::offline::RowId, HoleAsked> holesAsked;

    skein::Seq marked;     ///< read position that was told to the engine
    skein::Seq newestSeen; ///< highest seq that is known to exist
    std::int64_t totalRows = 0;

    // What was told last, so that signals are changes.
    struct Told {
        int count = 0, unreadBelow = 0, firstUnreadRow = -1;
        bool atNewest = false, atOldest = false, loading = false;
        qint64 totalRows = 0, rowsBefore = 0;
    } told;

    static constexpr int kOpeningRows = 150;
    static constexpr int kJumpRows = 300;
    static constexpr int kHoleAheadRows = 20;
    static constexpr int kJumpTriesMax = 8;
    static constexpr int kPollMs = 1500; ///< while the server was asked: look at the disk again
    static constexpr int kPollsMax = 20; ///< then wait for the connection
    /// The engine asks a server three times within this; then the person may.
    static constexpr qint64 kHoleStuckMs = 20'000;
};

} // namespace Skein
