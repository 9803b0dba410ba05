#include "rows.h"
#include "sdk/qt/timelinewindow.h"

#include <gtest/gtest.h>

using namespace Skein;
using namespace testrows;
using skein::TempId;

namespace
{

/// Keeps a shadow list by the told steps alone and remembers them; the window must agree with it.
class Recorder final : public WindowObserver
{
public:
    void aboutToInsert(int first, int last) override { log("insert", first, last); }
    void inserted(int, int) override {}
    void aboutToRemove(int first, int last) override { log("remove", first, last); }
    void removed() override {}
    void aboutToMove(int from, int to) override { log("move", from, to); }
    void moved() override {}
    void rowsChanged(int first, int last, std::uint32_t fields) override
    {
        log("change", first, last);
        changed |= fields;
    }
    void aboutToReset() override { steps += "reset "; }
    void wasReset() override {}

    std::string steps;
    std::uint32_t changed = 0;

private:
    void log(const char* what, int a, int b)
    {
        steps += std::string(what) + " " + std::to_string(a) + "-" + std::to_string(b) + " ";
    }
};

int dayOf(std::int64_t ms)
{
    return static_cast<int>(ms / 86'400'000);
}

struct WindowTest : testing::Test {
    Recorder seen;
    TimelineWindow window{seen, dayOf, 5 * 60 * 1000};

    void load(std::int64_t from, std::int64_t to, bool atNewest = true, bool atOldest = false)
    {
        window.replace(messages(from, to), atNewest, atOldest);
        seen.steps.clear();
        seen.changed = 0;
    }
    [[nodiscard]] std::string seqs() const
    {
        std::string out;
        for (int i = 0; i < window.size(); ++i)
            out += std::to_string(window.at(i).row.seq.value()) + " ";
        return out;
    }
};

} // namespace

TEST_F(WindowTest, olderPageIsOneInsertAtTheEnd)
{
    load(10, 8);
    window.addOlder(messages(7, 5), false);
    EXPECT_EQ(seen.steps.substr(0, 10), "insert 3-5");
    EXPECT_EQ(seqs(), "10 9 8 7 6 5 ");
}

TEST_F(WindowTest, burstOfNewMessagesIsOneInsertAtRowZero)
{
    load(10, 8);
    window.apply({}, {message(11), message(12), message(13)});
    EXPECT_EQ(seen.steps.substr(0, 10), "insert 0-2");
    EXPECT_EQ(seqs(), "13 12 11 10 9 8 ");
}

TEST_F(WindowTest, newMessagesAreLeftOutWhenTheNewestEndIsTrimmed)
{
    load(10, 8);
    window.trimNewest(1);
    window.apply({}, {message(11)});
    EXPECT_EQ(seqs(), "9 8 ");
    EXPECT_FALSE(window.atNewest());
}

TEST_F(WindowTest, rowsOlderThanTheWindowAreLeftOut)
{
    load(10, 8);
    window.apply({}, {message(3)});
    EXPECT_EQ(seqs(), "10 9 8 ");
}

TEST_F(WindowTest, optimisticRowBecomesTheConfirmedOneInPlace)
{
    load(10, 9);
    MessageRow local = unsent(1, "t1");
    local.rowId = -5'000'000'000;
    local.position = skein::offline::kPendingBit + 1000;
    window.addOptimistic(local);
    const auto shown = window.at(0).shownId;
    seen.steps.clear();

    window.apply({}, {unsent(1, "t1")}); // stored
    MessageRow confirmed = message(11, "me");
    confirmed.rowId = unsent(1, "t1").rowId;
    confirmed.tempId = TempId("t1");
    window.apply({}, {confirmed});

    EXPECT_EQ(window.size(), 3);
    EXPECT_EQ(seqs(), "11 10 9 ");
    EXPECT_EQ(window.at(0).shownId, shown);
    EXPECT_EQ(window.rowOfShown(shown), 0);
    EXPECT_EQ(seen.steps.find("insert"), std::string::npos);
    EXPECT_EQ(seen.steps.find("remove"), std::string::npos);
}

TEST_F(WindowTest, confirmedRowMovesBelowOneThatIsStillUnsent)
{
    load(10, 9);
    window.apply({}, {unsent(1, "t1"), unsent(2, "t2")});
    seen.steps.clear();
    MessageRow confirmed = message(11, "me");
    confirmed.rowId = unsent(2, "t2").rowId;
    confirmed.tempId = TempId("t2");
    window.apply({}, {confirmed}); // the second one first
    EXPECT_EQ(seen.steps.substr(0, 8), "move 0-1");
    EXPECT_EQ(window.at(0).row.tempId, TempId("t1"));
}

TEST_F(WindowTest, rowThatWasHeldBackIsFreeWhenItIsConfirmedTogetherWithWhatHeldIt)
{
    load(10, 9);
    MessageRow failed = unsent(1, "t1");
    failed.status = skein::offline::Status::Failed;
    window.apply({}, {failed, unsent(2, "t2")});
    ASSERT_TRUE(window.at(0).heldBack);
    MessageRow first = message(11, "me");
    first.rowId = failed.rowId;
    first.tempId = TempId("t1");
    MessageRow second = message(12, "me");
    second.rowId = unsent(2, "t2").rowId;
    second.tempId = TempId("t2");
    seen.changed = 0;
    window.apply({}, {first, second}); // retried and confirmed between two looks
    EXPECT_EQ(window.at(0).row.seq, Seq(12));
    EXPECT_FALSE(window.at(0).heldBack);
    EXPECT_NE(seen.changed & kFieldStatus, 0U);
}

TEST_F(WindowTest, staleStatesChangeNothing)
{
    load(10, 8);
    MessageRow edited = message(9);
    edited.body = "edited";
    edited.rev = skein::Rev(12);
    window.apply({}, {edited});
    window.apply({}, {message(9)});
    EXPECT_EQ(window.at(1).row.body, "edited");
}

TEST_F(WindowTest, onlyTheFieldsThatDifferAreTold)
{
    load(10, 8);
    MessageRow pinned = message(9);
    pinned.pinned = true;
    window.apply({}, {pinned});
    EXPECT_EQ(seen.steps, "change 1-1 ");
    EXPECT_EQ(seen.changed, std::uint32_t(kFieldPinned));
}

TEST_F(WindowTest, neighboursOfOneKindOfChangeAreToldAtOnce)
{
    load(10, 7);
    std::vector<MessageRow> rows = {message(8), message(9)};
    for (MessageRow& row : rows)
        row.pinned = true;
    window.apply({}, rows);
    EXPECT_EQ(seen.steps, "change 1-2 ");
}

TEST_F(WindowTest, holeIsFoundByEverySeqThatItCovers)
{
    window.replace({message(30), hole(11, 29), message(10)}, true, false);
    EXPECT_EQ(window.rowOfSeq(Seq(20)), 1);
    EXPECT_EQ(window.rowOfSeq(Seq(30)), 0);
    EXPECT_EQ(window.rowOfSeq(Seq(9)), -1);
}

TEST_F(WindowTest, becomingAnotherPageKeepsTheRowsOfBoth)
{
    window.replace({message(30), hole(11, 29), message(10), message(9)}, true, false);
    seen.steps.clear();
    std::vector<MessageRow> filled = messages(30, 9);
    window.become(filled, true, false);
    EXPECT_EQ(window.size(), 22);
    EXPECT_EQ(seen.steps.find("reset"), std::string::npos);
    EXPECT_EQ(seen.steps.substr(0, 23), "remove 1-1 insert 1-19 ");
}

TEST_F(WindowTest, groupsEndAfterFiveMinutesAnotherSenderOrADay)
{
    const std::int64_t day = 86'400'000;
    const std::int64_t t = day * 20'000 + 43'200'000;
    window.replace({message(5, "ben", t + day), message(4, "ann", t + 700'000),
                    message(3, "ann", t + 1000), message(2, "ann", t)},
                   true, true);
    EXPECT_TRUE(window.at(3).groupStart);
    EXPECT_FALSE(window.at(2).groupStart);
    EXPECT_TRUE(window.at(2).groupEnd);
    EXPECT_TRUE(window.at(1).groupStart);
    EXPECT_TRUE(window.at(0).dayStart);
    EXPECT_TRUE(window.at(3).dayStart);
    EXPECT_FALSE(window.at(1).dayStart);
}

TEST_F(WindowTest, dividerStandsAboveTheFirstUnreadRowOnly)
{
    load(10, 5);
    window.setDivider(Seq(8));
    EXPECT_EQ(window.dividerRow(), 2);
    int dividers = 0;
    for (int i = 0; i < window.size(); ++i)
        dividers += window.at(i).divider ? 1 : 0;
    EXPECT_EQ(dividers, 1);
    EXPECT_TRUE(window.at(2).groupStart);
    EXPECT_TRUE(window.at(3).groupEnd);
}

TEST_F(WindowTest, ticksGoForwardOnly)
{
    std::vector<MessageRow> rows = {message(3, "me"), message(2, "me"), message(1, "ann")};
    window.replace(rows, true, true);
    window.applyReceipts(Seq(3), Seq(2));
    EXPECT_EQ(window.at(0).row.status, skein::offline::Status::Delivered);
    EXPECT_EQ(window.at(1).row.status, skein::offline::Status::Read);
    EXPECT_EQ(window.at(2).row.status, skein::offline::Status::Sent);
    window.applyReceipts(Seq(1), Seq(1));
    EXPECT_EQ(window.at(1).row.status, skein::offline::Status::Read);
}
