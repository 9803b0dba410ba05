#include "rows.h"
#include "sdk/qt/timelinemodel.h"
#include "sdk/qt/timelineport.h"

#include <QAbstractItemModelTester>
#include <QCoreApplication>
#include <QSignalSpy>

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>

using namespace Skein;
using namespace testrows;
using skein::TempId;
using skein::offline::Page;
using skein::offline::RoomCounts;
using skein::offline::Status;

namespace
{

/// A room in memory behind the port: pages are answered when the test says so.
class FakeRoom final : public TimelinePort
{
public:
    explicit FakeRoom(std::int64_t count)
    {
        for (std::int64_t seq = 1; seq <= count; ++seq)
            rows[seq] = message(seq);
    }

    void requestPage(const PageRequest& request) override { asked.push_back(request); }
    TempId newTempId() override { return TempId("t" + std::to_string(++nextTemp)); }
    std::int64_t wallNowMs() override { return now; }
    void send(const skein::RoomId&, const TempId& tempId, std::string text,
              std::optional<Seq>) override
    {
        sent.emplace_back(tempId, std::move(text));
    }
    void edit(const skein::RoomId&, skein::offline::RowId, std::string) override { ++edits; }
    void remove(const skein::RoomId&, skein::offline::RowId) override {}
    void react(const skein::RoomId&, skein::offline::RowId, std::string, bool) override {}
    void pin(const skein::RoomId&, skein::offline::RowId row, bool on) override
    {
        pins.emplace_back(row, on);
    }
    void retry(const TempId& tempId) override { retried.push_back(tempId); }
    void discard(const TempId& tempId) override { discarded.push_back(tempId); }
    void setRoomOpen(const skein::RoomId&, bool isOpen) override { open = isOpen; }
    void markRead(const skein::RoomId&, Seq seq) override { read.push_back(seq.value()); }
    void wantHistory(const skein::RoomId&, Seq before) override
    {
        history.push_back(before.value());
    }
    void wantAround(const skein::RoomId&, Seq seq) override { around.push_back(seq.value()); }

    Page page(const PageRequest& request) const
    {
        Page result;
        std::vector<MessageRow> all;
        for (auto it = rows.rbegin(); it != rows.rend(); ++it)
            all.push_back(it->second);
        const auto limit = static_cast<std::ptrdiff_t>(request.limit);
        auto from = all.begin();
        auto to = all.end();
        using Kind = PageRequest::Kind;
        const auto below = [&](std::int64_t position) {
            return std::find_if(all.begin(), all.end(), [position](const MessageRow& row) {
                return row.position < position;
            });
        };
        if (request.kind == Kind::Before)
            from = below(request.position);
        if (request.kind == Kind::Around || (request.kind == Kind::Opening && firstUnread > 0)) {
            const std::int64_t seq =
                request.kind == Kind::Around ? request.seq.value() : firstUnread;
            const auto middle = below(seq + 1);
            from = middle - std::min<std::ptrdiff_t>(limit / 2, middle - all.begin());
        }
        if (request.kind == Kind::After) {
            to = std::find_if(all.begin(), all.end(), [&](const MessageRow& row) {
                return row.position <= request.position;
            });
            from = to - std::min<std::ptrdiff_t>(limit, to - all.begin());
        }
        if (to - from > limit)
            to = from + limit;
        result.rows.assign(from, to);
        result.atNewest = from == all.begin();
        result.atOldest = to == all.end() && startIsStored;
        return result;
    }

    /// Answers what is asked, in order, also what the answers ask for.
    void answerAll(TimelineModel& model)
    {
        for (int i = 0; !asked.empty() && i < 100; ++i) {
            const PageRequest request = asked.front();
            asked.pop_front();
            model.pageLoaded(request.ticket, page(request), counts());
        }
    }
    RoomCounts counts() const { return {static_cast<std::int64_t>(rows.size()), Seq(firstUnread)}; }

    std::map<std::int64_t, MessageRow> rows;
    std::int64_t firstUnread = 0;
    bool startIsStored = true, open = false;
    std::vector<std::pair<skein::offline::RowId, bool>> pins;
    std::int64_t now = kNoon + 20'000'000;
    int nextTemp = 0, edits = 0;
    std::deque<PageRequest> asked;
    std::vector<std::pair<TempId, std::string>> sent;
    std::vector<TempId> retried, discarded;
    std::vector<std::int64_t> read, history, around;
};

struct ModelTest : testing::Test {
    void open(std::int64_t count)
    {
        room = std::make_unique<FakeRoom>(count);
        model = std::make_unique<TimelineModel>(QStringLiteral("room"), *room);
        tester = std::make_unique<QAbstractItemModelTester>(
            model.get(), QAbstractItemModelTester::FailureReportingMode::Fatal);
        model->setOwnUser(skein::UserId("me"), QStringLiteral("Me"));
        model->start();
        room->answerAll(*model);
    }
    void change(std::vector<MessageRow> upserts, std::vector<skein::offline::RowId> removed = {})
    {
        skein::engine::TimelineChange change;
        change.room = skein::RoomId("room");
        change.upserted = std::move(upserts);
        change.removed = std::move(removed);
        model->applyChange(change);
    }
    [[nodiscard]] qint64 seqAt(int row) const
    {
        return value(row, TimelineModel::SeqRole).toLongLong();
    }
    [[nodiscard]] QVariant value(int row, int role) const
    {
        return model->data(model->index(row), role);
    }

    std::unique_ptr<FakeRoom> room;
    std::unique_ptr<TimelineModel> model;
    std::unique_ptr<QAbstractItemModelTester> tester;
};

} // namespace

TEST_F(ModelTest, scrollingThroughALongRoomNeverHoldsMoreThanTheWindow)
{
    open(5000);
    int largest = 0;
    for (int step = 0; step < 400 && !model->atOldest(); ++step) {
        const int last = model->count() - 10;
        model->visibleRange(last - 15, last);
        room->answerAll(*model);
        largest = std::max(largest, model->count());
    }
    EXPECT_TRUE(model->atOldest());
    EXPECT_FALSE(model->atNewest());
    EXPECT_EQ(seqAt(model->count() - 1), 1);
    EXPECT_LE(largest, TimelineModel::kWindowRowsMax);
    EXPECT_GE(model->count(), TimelineModel::kWindowRowsMin);
    EXPECT_EQ(model->rowsBefore(), 0);
    for (int step = 0; step < 400 && !model->atNewest(); ++step) {
        model->visibleRange(5, 20);
        room->answerAll(*model);
        largest = std::max(largest, model->count());
    }
    EXPECT_EQ(seqAt(0), 5000);
    EXPECT_LE(largest, TimelineModel::kWindowRowsMax);
    EXPECT_EQ(model->rowsBefore() + model->count(), model->totalRows());
}

TEST_F(ModelTest, sentRowIsThereAtOnceAndIsConfirmedInPlace)
{
    open(10);
    const QString key = model->send(QStringLiteral("hello"));
    ASSERT_EQ(model->count(), 11);
    EXPECT_EQ(value(0, TimelineModel::BodyRole).toString(), QStringLiteral("hello"));
    EXPECT_EQ(value(0, TimelineModel::StatusRole).toInt(), TimelineModel::Queued);
    const QString rowId = value(0, TimelineModel::RowIdRole).toString();
    ASSERT_EQ(room->sent.size(), 1U);
    EXPECT_EQ(QString::fromStdString(room->sent[0].first.str()), key);

    QSignalSpy inserts(model.get(), &QAbstractItemModel::rowsInserted);
    QSignalSpy removes(model.get(), &QAbstractItemModel::rowsRemoved);
    MessageRow stored = unsent(1, "t1");
    stored.body = "hello";
    change({stored});
    model->flush();
    MessageRow confirmed = message(11, "me");
    confirmed.rowId = stored.rowId;
    confirmed.tempId = stored.tempId;
    confirmed.body = "hello";
    change({confirmed});
    model->flush();
    EXPECT_EQ(model->count(), 11);
    EXPECT_EQ(inserts.count() + removes.count(), 0);
    EXPECT_EQ(value(0, TimelineModel::RowIdRole).toString(), rowId);
    EXPECT_EQ(value(0, TimelineModel::StatusRole).toInt(), TimelineModel::Sent);
}

TEST_F(ModelTest, messageThatCannotBeStoredFailsKeepsItsTextAndCanBeRetriedOrDiscarded)
{
    open(3);
    const QString key = model->send(QStringLiteral("precious"));
    model->enqueueFailed(key, skein::makeError(skein::ErrorCode::StorageFull));
    EXPECT_EQ(value(0, TimelineModel::StatusRole).toInt(), TimelineModel::Failed);
    EXPECT_TRUE(value(0, TimelineModel::CanRetryRole).toBool());
    EXPECT_FALSE(value(0, TimelineModel::ErrorTextRole).toString().isEmpty());
    EXPECT_TRUE(model->hasUnstoredRows());
    const QString rowId = value(0, TimelineModel::RowIdRole).toString();

    model->jumpToSeq(1); // the window may go anywhere meanwhile
    room->answerAll(*model);
    model->retry(rowId);
    ASSERT_EQ(room->sent.size(), 2U);
    EXPECT_EQ(room->sent[1].second, "precious");
    EXPECT_EQ(room->sent[0].first, room->sent[1].first)
        << "the same key, so it cannot arrive twice";

    model->enqueueFailed(key, skein::makeError(skein::ErrorCode::StorageFull));
    model->discard(rowId);
    EXPECT_EQ(model->count(), 3);
    EXPECT_FALSE(model->hasUnstoredRows());
}

TEST_F(ModelTest, emptyAndOversizedTextsAreRefused)
{
    open(1);
    QSignalSpy refused(model.get(), &TimelineModel::commandRefused);
    EXPECT_TRUE(model->send(QStringLiteral(" \n ")).isEmpty());
    EXPECT_TRUE(model->send(QString(20'001, QChar(0x10E7))).isEmpty());
    EXPECT_EQ(refused.count(), 1);
    EXPECT_EQ(model->count(), 1);
    EXPECT_FALSE(model->send(QString(20'000, QChar(0x10E7))).isEmpty());
}

TEST_F(ModelTest, changesOfATurnAreOneInsert)
{
    open(10);
    QSignalSpy inserts(model.get(), &QAbstractItemModel::rowsInserted);
    QSignalSpy aboutTo(model.get(), &TimelineModel::aboutToInsertNewest);
    for (int seq = 11; seq <= 40; ++seq)
        change({message(seq)});
    EXPECT_EQ(inserts.count(), 0) << "at the end of the turn";
    model->flush();
    EXPECT_EQ(inserts.count(), 1);
    ASSERT_EQ(aboutTo.count(), 1);
    EXPECT_EQ(aboutTo[0][0].toInt(), 30);
    EXPECT_EQ(seqAt(0), 40);
}

TEST_F(ModelTest, changeThatComesWhileAPageIsReadIsNotLostToTheOlderPage)
{
    open(300);
    model->visibleRange(100, 140);
    ASSERT_FALSE(room->asked.empty());
    const PageRequest request = room->asked.front();
    room->asked.pop_front();
    const Page stale = room->page(request);
    const std::int64_t target = stale.rows.front().seq.value();
    MessageRow edited = message(target);
    edited.body = "edited";
    edited.rev = skein::Rev(900);
    change({edited});
    model->flush(); // not loaded yet
    model->pageLoaded(request.ticket, stale, room->counts());
    const int row = model->rowOfSeq(target);
    ASSERT_GE(row, 0);
    EXPECT_EQ(value(row, TimelineModel::BodyRole).toString(), QStringLiteral("edited"));
}

TEST_F(ModelTest, rowRemovedWhileAPageIsReadStaysRemoved)
{
    open(300);
    model->visibleRange(100, 140);
    const PageRequest request = room->asked.front();
    room->asked.pop_front();
    const Page stale = room->page(request);
    change({}, {stale.rows[3].rowId});
    model->flush();
    model->pageLoaded(request.ticket, stale, room->counts());
    EXPECT_EQ(model->rowOfSeq(stale.rows[3].seq.value()), -1);
}

TEST_F(ModelTest, historyThatIsNotStoredIsAskedFromTheServerAndShownWhenItComes)
{
    room = std::make_unique<FakeRoom>(0);
    for (std::int64_t seq = 100; seq <= 120; ++seq)
        room->rows[seq] = message(seq);
    room->startIsStored = false;
    model = std::make_unique<TimelineModel>(QStringLiteral("room"), *room);
    model->start();
    room->answerAll(*model);
    model->visibleRange(0, 10);
    room->answerAll(*model);
    ASSERT_FALSE(room->history.empty());
    EXPECT_EQ(room->history.back(), 100);
    EXPECT_TRUE(model->loading());

    std::vector<MessageRow> came;
    for (std::int64_t seq = 1; seq < 100; ++seq) {
        room->rows[seq] = message(seq);
        came.push_back(message(seq));
    }
    room->startIsStored = true;
    change(came);
    model->flush();
    room->answerAll(*model);
    EXPECT_GE(model->count(), 71);
    EXPECT_EQ(model->rowOfSeq(99), 21);
}

TEST_F(ModelTest, holeInViewIsFetchedOnceAndReplacedWhenItsMessagesCome)
{
    open(0);
    for (std::int64_t seq = 1; seq <= 10; ++seq)
        room->rows[seq] = message(seq);
    room->rows[11] = hole(11, 19);
    for (std::int64_t seq = 20; seq <= 30; ++seq)
        room->rows[seq] = message(seq);
    model = nullptr;
    tester = nullptr;
    model = std::make_unique<TimelineModel>(QStringLiteral("room"), *room);
    model->start();
    room->answerAll(*model);
    ASSERT_EQ(model->count(), 22);
    const int row = model->rowOfSeq(15);
    EXPECT_TRUE(value(row, TimelineModel::HoleRole).toBool());
    EXPECT_EQ(value(row, TimelineModel::HoleCountRole).toInt(), 9);
    model->visibleRange(0, 15);
    model->visibleRange(1, 16);
    EXPECT_EQ(room->history, std::vector<std::int64_t>{20});

    std::vector<MessageRow> came;
    for (std::int64_t seq = 11; seq <= 19; ++seq) {
        room->rows[seq] = message(seq);
        came.push_back(message(seq));
    }
    QSignalSpy resets(model.get(), &QAbstractItemModel::modelReset);
    change(came); // even if nobody says that the hole is gone
    model->flush();
    room->answerAll(*model);
    EXPECT_EQ(model->count(), 30);
    EXPECT_FALSE(value(model->rowOfSeq(15), TimelineModel::HoleRole).toBool());
    EXPECT_EQ(resets.count(), 0);
}

TEST_F(ModelTest, holeThatDoesNotComeIsToldAndAskedForAgainWhenThePersonSaysSo)
{
    open(0);
    for (std::int64_t seq = 1; seq <= 10; ++seq)
        room->rows[seq] = message(seq);
    room->rows[11] = hole(11, 500);
    for (std::int64_t seq = 501; seq <= 520; ++seq)
        room->rows[seq] = message(seq);
    tester = nullptr;
    model = std::make_unique<TimelineModel>(QStringLiteral("room"), *room);
    model->start();
    room->answerAll(*model);
    const int row = model->rowOfSeq(15);
    const QString rowId = value(row, TimelineModel::RowIdRole).toString();
    model->visibleRange(10, 25);
    room->now += 19'000;
    model->visibleRange(11, 25);
    EXPECT_FALSE(value(row, TimelineModel::HoleStuckRole).toBool());
    room->now += 1'000;
    QSignalSpy told(model.get(), &QAbstractItemModel::dataChanged);
    model->visibleRange(12, 25);
    model->visibleRange(11, 25);
    EXPECT_TRUE(value(row, TimelineModel::HoleStuckRole).toBool());
    EXPECT_EQ(told.count(), 1);
    EXPECT_EQ(room->history, std::vector<std::int64_t>{501}) << "nobody nags the server";

    model->retryHole(rowId);
    EXPECT_FALSE(value(row, TimelineModel::HoleStuckRole).toBool());
    EXPECT_EQ(room->history, (std::vector<std::int64_t>{501, 501}));

    // A page of it came: the rest is in view still and asked for at once, and once.
    std::vector<MessageRow> came;
    for (std::int64_t seq = 451; seq <= 500; ++seq) {
        room->rows[seq] = message(seq);
        came.push_back(message(seq));
    }
    room->rows[11] = hole(11, 450);
    came.push_back(hole(11, 450));
    change(came);
    model->flush();
    room->answerAll(*model);
    const int smaller = model->rowOfSeq(15);
    model->visibleRange(smaller - 5, smaller + 5);
    model->visibleRange(smaller - 6, smaller + 4);
    EXPECT_EQ(room->history, (std::vector<std::int64_t>{501, 501, 451}));

    room->now += 60'000;
    model->visibleRange(smaller - 5, smaller + 5);
    EXPECT_TRUE(value(model->rowOfSeq(15), TimelineModel::HoleStuckRole).toBool());
    model->linkLive();
    EXPECT_FALSE(value(model->rowOfSeq(15), TimelineModel::HoleStuckRole).toBool());
    EXPECT_EQ(room->history.size(), 4U) << "a new connection asks again";
}

TEST_F(ModelTest, messagesBehindAFailedOneAreHeldBackUntilItIsOutOfTheWay)
{
    open(5);
    MessageRow failed = unsent(2, "t2");
    failed.status = Status::Failed;
    failed.error = skein::ErrorCode::BodyTooLarge;
    change({unsent(1, "t1"), unsent(2, "t2"), unsent(3, "t3")});
    model->flush();
    EXPECT_FALSE(value(0, TimelineModel::HeldBackRole).toBool());
    const QString waiting = value(0, TimelineModel::StatusTextRole).toString();
    QSignalSpy told(model.get(), &QAbstractItemModel::dataChanged);
    change({failed});
    model->flush();
    EXPECT_TRUE(value(0, TimelineModel::HeldBackRole).toBool());
    EXPECT_FALSE(value(1, TimelineModel::HeldBackRole).toBool()) << "it holds, it is not held";
    EXPECT_FALSE(value(2, TimelineModel::HeldBackRole).toBool()) << "written before it";
    EXPECT_NE(value(0, TimelineModel::StatusTextRole).toString(), waiting);
    bool toldOfTheFirst = false;
    for (const auto& arguments : told)
        toldOfTheFirst = toldOfTheFirst ||
                         (arguments[0].toModelIndex().row() == 0 &&
                          arguments[2].value<QList<int>>().contains(TimelineModel::HeldBackRole));
    EXPECT_TRUE(toldOfTheFirst);
    change({}, {failed.rowId}); // discarded
    model->flush();
    EXPECT_FALSE(value(0, TimelineModel::HeldBackRole).toBool());
    EXPECT_EQ(value(0, TimelineModel::StatusTextRole).toString(), waiting);
}

TEST_F(ModelTest, ownRowNamesItsHistoryAlsoWhenItIsConfirmed)
{
    open(2);
    MessageRow mine = message(3, "me");
    mine.tempId = TempId("t9");
    change({mine});
    model->flush();
    EXPECT_EQ(value(0, TimelineModel::JournalIdRole).toString(), QStringLiteral("t9"));
    EXPECT_EQ(value(0, TimelineModel::TempIdRole).toString(), QString());
    EXPECT_EQ(value(1, TimelineModel::JournalIdRole).toString(), QString());
}

TEST_F(ModelTest, aRoomOnScreenIsOpenAlsoWhileItsWindowIsNotInUse)
{
    open(10);
    EXPECT_FALSE(room->open);
    model->setShown(true);
    EXPECT_TRUE(room->open);
    EXPECT_FALSE(model->active()) << "nothing is read";
    model->setActive(true);
    model->setActive(false);
    EXPECT_TRUE(room->open);
    model->setShown(false);
    EXPECT_FALSE(room->open);
}

TEST_F(ModelTest, readPositionFollowsTheNewestVisibleRowOnlyWhileActive)
{
    open(100);
    model->visibleRange(20, 30);
    EXPECT_TRUE(room->read.empty());
    model->setActive(true);
    EXPECT_TRUE(room->open);
    model->visibleRange(10, 20);
    model->visibleRange(15, 25);
    EXPECT_EQ(room->read, (std::vector<std::int64_t>{80, 90})) << "never backwards";
}

TEST_F(ModelTest, roomOpensAtTheFirstUnreadMessage)
{
    room = std::make_unique<FakeRoom>(1000);
    room->firstUnread = 500;
    model = std::make_unique<TimelineModel>(QStringLiteral("room"), *room);
    QSignalSpy opened(model.get(), &TimelineModel::opened);
    skein::offline::RoomRow info;
    info.room = skein::RoomId("room");
    info.read = Seq(499);
    info.unread = 501;
    info.head = Seq(1000);
    model->applyRoom(info);
    model->start();
    room->answerAll(*model);
    EXPECT_EQ(opened.count(), 1);
    ASSERT_GE(model->firstUnreadRow(), 0);
    EXPECT_EQ(seqAt(model->firstUnreadRow()), 500);
    EXPECT_FALSE(model->atNewest());
    EXPECT_EQ(model->unreadBelow(), 501);
}

TEST_F(ModelTest, flickHoldsNewRowsAndReleasesThemAfterwards)
{
    open(50);
    model->visibleRange(10, 30);
    model->setHoldNewest(true);
    change({message(51)});
    model->flush();
    EXPECT_EQ(seqAt(0), 50);
    EXPECT_EQ(model->unreadBelow(), 11) << "counted though not shown";
    model->setHoldNewest(false);
    model->flush();
    EXPECT_EQ(seqAt(0), 51);
}

TEST_F(ModelTest, jumpToAFarMessageReloadsAroundIt)
{
    open(5000);
    QSignalSpy ready(model.get(), &TimelineModel::jumpReady);
    model->jumpToSeq(42);
    room->answerAll(*model);
    ASSERT_EQ(ready.count(), 1);
    EXPECT_EQ(seqAt(ready[0][0].toInt()), 42);
    model->jumpToNewest();
    room->answerAll(*model);
    ASSERT_EQ(ready.count(), 2);
    EXPECT_EQ(seqAt(0), 5000);
    EXPECT_TRUE(model->atNewest());
}

TEST_F(ModelTest, tooMuchAtOnceReloadsWithoutAReset)
{
    open(200);
    model->visibleRange(0, 15);
    room->answerAll(*model);
    for (std::int64_t seq = 201; seq <= 230; ++seq)
        room->rows[seq] = message(seq);
    QSignalSpy resets(model.get(), &QAbstractItemModel::modelReset);
    skein::engine::TimelineChange change;
    change.room = skein::RoomId("room");
    change.reset = true;
    model->applyChange(change);
    model->flush();
    room->answerAll(*model);
    EXPECT_EQ(seqAt(0), 230);
    EXPECT_EQ(resets.count(), 0);
}

TEST_F(ModelTest, everyRoleHasANameAndTheFlushComesByItself)
{
    open(2);
    EXPECT_EQ(model->roleNames().size(),
              TimelineModel::HoleStuckRole - TimelineModel::RowIdRole + 1);
    change({message(3)});
    QSignalSpy inserts(model.get(), &QAbstractItemModel::rowsInserted);
    EXPECT_TRUE(inserts.wait(2000));
    EXPECT_EQ(seqAt(0), 3);
}
