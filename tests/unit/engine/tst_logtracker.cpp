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
