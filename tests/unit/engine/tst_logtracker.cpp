#include "sdk/engine/logtracker.h"

#include <gtest/gtest.h>

namespace skein::engine
{
namespace
{

TEST(LogTracker, rangesMeetAndChain)
{
    LogTracker log;
    log.add(Seq(5), Seq(6));
    log.add(Seq(9), Seq(9));
    log.add(Seq(7), Seq(8));
    EXPECT_TRUE(log.contains(Seq(8)));
    EXPECT_FALSE(log.contains(Seq(10)));
    EXPECT_EQ(log.highest(), Seq(9));
    EXPECT_EQ(log.chain(Seq(3)), Seq(3));
    EXPECT_EQ(log.chain(Seq(4)), Seq(9));
    EXPECT_TRUE(log.empty());
}

TEST(LogTracker, cursorBeyondARangeForgetsIt)
{
    LogTracker log;
    log.add(Seq(5), Seq(6));
    EXPECT_EQ(log.chain(Seq(20)), Seq(20));
    EXPECT_TRUE(log.empty());
}

TEST(LogTracker, rangesThatDoNotMeetStayApart)
{
    LogTracker log;
    EXPECT_EQ(log.highest(), Seq());
    EXPECT_FALSE(log.contains(Seq(1)));
    log.add(Seq(10), Seq(12));
    log.add(Seq(5), Seq(6));   // before all others
    log.add(Seq(20), Seq(21)); // behind, not adjacent
    log.add(Seq(30), Seq(29)); // nothing
    EXPECT_FALSE(log.contains(Seq(4)));
    EXPECT_FALSE(log.contains(Seq(7)));
    EXPECT_TRUE(log.contains(Seq(12)));
    EXPECT_FALSE(log.contains(Seq(13)));
    EXPECT_EQ(log.highest(), Seq(21));
    EXPECT_EQ(log.chain(Seq(4)), Seq(6)) << "7 is missing";
    log.add(Seq(6), Seq(25)); // over both that remain
    EXPECT_EQ(log.chain(Seq(6)), Seq(25));
    EXPECT_TRUE(log.empty());
}

TEST(LogTracker, clearedItKnowsNothing)
{
    LogTracker log;
    log.add(Seq(5), Seq(6));
    log.orphan({});
    log.clear();
    EXPECT_TRUE(log.empty());
    EXPECT_TRUE(log.orphans().empty());
}

TEST(LogTracker, tooManyRangesAreForgottenRatherThanGuessed)
{
    LogTracker log;
    for (std::size_t i = 0; i <= LogTracker::kRangesMax; ++i)
        log.add(Seq(static_cast<std::int64_t>(i) * 2 + 2),
                Seq(static_cast<std::int64_t>(i) * 2 + 2));
    EXPECT_TRUE(log.empty());
}

TEST(LogTracker, orphansAreBoundedAndTheirLossIsNotHidden)
{
    LogTracker log;
    log.add(Seq(900), Seq(950));
    protocol::Event event;
    for (std::size_t i = 0; i <= LogTracker::kOrphansMax; ++i)
        log.orphan(event);
    EXPECT_EQ(log.orphans().size(), LogTracker::kOrphansMax);
    EXPECT_TRUE(log.empty());
}

} // namespace
} // namespace skein::engine
