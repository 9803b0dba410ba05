#include "core/clock.h"

#include <gtest/gtest.h>

namespace skein
{
namespace
{

using namespace std::chrono_literals;

TEST(ManualClock, standsStillUntilToldOtherwise)
{
    ManualClock clock;
    const MonoTime start = clock.now();
    const WallTime wall = clock.wallNow();
    EXPECT_EQ(clock.now(), start);
    clock.advance(250ms);
    EXPECT_EQ(clock.now() - start, 250ms);
    EXPECT_EQ(clock.wallNow() - wall, 250ms);
}

TEST(ManualClock, aJumpOfTheWallClockLeavesTheMonotonicOne)
{
    ManualClock clock({5'000'000});
    const MonoTime start = clock.now();
    clock.jumpWall(-1h);
    EXPECT_EQ(clock.now(), start);
    EXPECT_EQ(clock.wallNow(), WallTime{5'000'000 - 3'600'000});
}

TEST(ManualClock, itsMonotonicTimeIsNeverZero)
{
    // Zero is free to mean "never" in timers.
    EXPECT_GT(ManualClock().now(), MonoTime{});
}

TEST(SystemClock, neverGoesBackAndKnowsTheYear)
{
    const SystemClock clock;
    MonoTime last = clock.now();
    for (int i = 0; i < 1'000; ++i) {
        const MonoTime now = clock.now();
        EXPECT_GE(now, last);
        last = now;
    }
    EXPECT_GT(clock.wallNow(), WallTime{1'700'000'000'000}); // November 2023, in milliseconds
    EXPECT_LT(clock.wallNow(), WallTime{10'000'000'000'000});
}

TEST(Times, addSubtractAndCompare)
{
    EXPECT_EQ(MonoTime{5} + 7ms, MonoTime{12});
    EXPECT_EQ(MonoTime{5} - MonoTime{7}, -2ms);
    EXPECT_LT(WallTime{1}, WallTime{2});
    EXPECT_EQ(WallTime{1} + 1s, WallTime{1'001});
}

} // namespace
} // namespace skein
