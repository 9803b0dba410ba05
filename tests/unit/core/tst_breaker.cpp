// The circuit breaker: closed, open, half-open, in a time that stands still between steps.
#include "core/breaker.h"

#include <gtest/gtest.h>

using namespace skein;

namespace
{

constexpr Breaker::Rule kRule{3, 1'000, 8'000};
using State = Breaker::State;

struct BreakerTest : testing::Test {
    Breaker breaker{kRule};
    SeededRandom random{5};
    MonoTime now{1'000'000};

    void fail(int times = 1, std::optional<Milliseconds> retryAfter = {})
    {
        for (int i = 0; i < times; ++i)
            breaker.failed(now, random, retryAfter);
    }
    void pass(std::int64_t ms) { now = now + Milliseconds(ms); }
    /// Opens it, and lets the time until the trial pass.
    void waitForTrial()
    {
        ASSERT_EQ(breaker.state(), State::Open);
        now = std::max(now, breaker.retryAt());
        ASSERT_TRUE(breaker.allow(now));
        ASSERT_EQ(breaker.state(), State::HalfOpen);
    }
};

} // namespace

TEST_F(BreakerTest, opensAfterSoManyFailuresInARow)
{
    fail(2);
    EXPECT_EQ(breaker.state(), State::Closed);
    EXPECT_TRUE(breaker.allow(now));
    breaker.succeeded();
    fail(2);
    EXPECT_EQ(breaker.state(), State::Closed) << "the success between them counts";
    fail();
    EXPECT_EQ(breaker.state(), State::Open);
    EXPECT_FALSE(breaker.allow(now));
    EXPECT_EQ(breaker.opened(), 1);
}

TEST_F(BreakerTest, waitsBetweenHalfAndAllOfItsTimeThenLetsOneThrough)
{
    fail(3);
    const auto wait = (breaker.retryAt() - now).count();
    EXPECT_GE(wait, kRule.openMs / 2);
    EXPECT_LE(wait, kRule.openMs);
    pass(wait - 1);
    EXPECT_FALSE(breaker.allow(now));
    pass(1);
    EXPECT_TRUE(breaker.allow(now));
    EXPECT_FALSE(breaker.allow(now)) << "one trial at a time";
    breaker.succeeded();
    EXPECT_EQ(breaker.state(), State::Closed);
    EXPECT_TRUE(breaker.allow(now));
}

TEST_F(BreakerTest, aFailedTrialDoublesTheTimeUpToABound)
{
    fail(3);
    for (const std::int64_t most : {2'000, 4'000, 8'000, 8'000, 8'000}) {
        waitForTrial();
        fail();
        EXPECT_EQ(breaker.state(), State::Open);
        EXPECT_GE((breaker.retryAt() - now).count(), most / 2);
        EXPECT_LE((breaker.retryAt() - now).count(), most);
    }
    EXPECT_EQ(breaker.opened(), 1) << "it never closed in between";
    waitForTrial();
    breaker.succeeded();
    fail(3);
    EXPECT_LE((breaker.retryAt() - now).count(), kRule.openMs) << "a success forgets the trials";
}

TEST_F(BreakerTest, aServerThatNamesATimeIsObeyedAtOnceWithinABound)
{
    fail(1, Milliseconds(20'000));
    EXPECT_EQ(breaker.state(), State::Open);
    EXPECT_EQ((breaker.retryAt() - now).count(), 20'000);
    breaker.reset();
    fail(1, Milliseconds(24 * 3600 * 1000));
    EXPECT_EQ((breaker.retryAt() - now).count(), Breaker::kRetryAfterMaxMs);
    breaker.reset();
    fail(1, Milliseconds(-5));
    EXPECT_GE((breaker.retryAt() - now).count(), kRule.openMs / 2);
}

TEST_F(BreakerTest, aLateFailureOfAnEarlierCallChangesNothingWhileOpen)
{
    fail(3);
    const MonoTime before = breaker.retryAt();
    pass(10);
    fail(5);
    EXPECT_EQ(breaker.retryAt(), before);
}

TEST_F(BreakerTest, anAbandonedTrialMayBeMadeAgainAtOnce)
{
    fail(3);
    waitForTrial();
    breaker.abandoned(now);
    EXPECT_EQ(breaker.state(), State::Open);
    EXPECT_TRUE(breaker.allow(now));
    EXPECT_EQ(breaker.state(), State::HalfOpen);
}

TEST_F(BreakerTest, aTrialThatNobodyEndsDoesNotBlockForEver)
{
    fail(3);
    waitForTrial();
    pass(Breaker::kTrialMaxMs - 1);
    EXPECT_FALSE(breaker.allow(now));
    pass(1);
    EXPECT_TRUE(breaker.allow(now));
}

TEST_F(BreakerTest, tripOpensForAFreshTimeHoweverLongTheLastOneWas)
{
    fail(3);
    for (int i = 0; i < 4; ++i) {
        waitForTrial();
        fail();
    }
    breaker.trip(now, random);
    EXPECT_EQ(breaker.state(), State::Open);
    EXPECT_LE((breaker.retryAt() - now).count(), kRule.openMs);
}
