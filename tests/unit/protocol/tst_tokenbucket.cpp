#include "protocol/tokenbucket.h"

#include <gtest/gtest.h>

using namespace skein;
using namespace skein::protocol;

namespace
{

TEST(TokenBucket, givesTheBurstThenNothing)
{
    TokenBucket bucket({3, 60}, MonoTime{1000});
    EXPECT_TRUE(bucket.take({1000}));
    EXPECT_TRUE(bucket.take({1000}));
    EXPECT_TRUE(bucket.take({1000}));
    EXPECT_FALSE(bucket.take({1000}));
}

TEST(TokenBucket, waitIsExactlyTheTimeUntilTheNextToken)
{
    TokenBucket bucket({1, 120}, MonoTime{0});
    ASSERT_TRUE(bucket.take({0}));
    EXPECT_EQ(bucket.wait({0}), Milliseconds(500));
    EXPECT_FALSE(bucket.take({499}));
    EXPECT_EQ(bucket.wait({499}), Milliseconds(1));
    EXPECT_TRUE(bucket.take({500}));
}

TEST(TokenBucket, aLongPauseFillsItToTheBurstAndNoFurther)
{
    TokenBucket bucket({2, 600}, MonoTime{0});
    ASSERT_TRUE(bucket.take({0}));
    ASSERT_TRUE(bucket.take({0}));
    const MonoTime later{INT64_MAX / 4};
    EXPECT_TRUE(bucket.take(later));
    EXPECT_TRUE(bucket.take(later));
    EXPECT_FALSE(bucket.take(later));
}

TEST(TokenBucket, theOtherSidesRetryAfterHoldsEvenWhenTokensAreLeft)
{
    TokenBucket bucket({100, 60}, MonoTime{0});
    bucket.drain({0}, Milliseconds(2500));
    EXPECT_EQ(bucket.wait({0}), Milliseconds(2500));
    EXPECT_FALSE(bucket.take({2499}));
    EXPECT_TRUE(bucket.take({2500}));
}

TEST(TokenBucket, aClockThatStandsStillOrGoesBackGivesNothing)
{
    TokenBucket bucket({1, 60'000}, MonoTime{5000});
    ASSERT_TRUE(bucket.take({5000}));
    EXPECT_FALSE(bucket.take({5000}));
    EXPECT_FALSE(bucket.take({10}));
}

TEST(TokenBucket, aRuleOfZeroIsTakenAsOne)
{
    TokenBucket bucket({0, 0}, MonoTime{0});
    EXPECT_TRUE(bucket.take({0}));
    EXPECT_EQ(bucket.wait({0}), Milliseconds(60'000));
}

} // namespace
