#include "sdk/engine/suspendwatch.h"

#include <gtest/gtest.h>

using namespace skein;
using engine::SuspendWatch;

TEST(SuspendWatch, seesThatTheClockWhichCountsSleepGotAhead)
{
    SuspendWatch watch;
    EXPECT_FALSE(watch.slept(MonoTime{1'000}, 50'000)) << "nothing to compare with yet";
    EXPECT_FALSE(watch.slept(MonoTime{61'000}, 110'000)) << "both went on";
    EXPECT_TRUE(watch.slept(MonoTime{62'000}, 3'711'000)) << "an hour of sleep";
    EXPECT_FALSE(watch.slept(MonoTime{63'000}, 3'712'000)) << "told once";
}

TEST(SuspendWatch, smallStepsAndStepsBackAreNoSleep)
{
    SuspendWatch watch;
    EXPECT_FALSE(watch.slept(MonoTime{0}, 0));
    EXPECT_FALSE(watch.slept(MonoTime{1'000}, 1'000 + SuspendWatch::kSleepMs - 1));
    EXPECT_FALSE(watch.slept(MonoTime{2'000}, -3'600'000)) << "somebody set the clock";
    EXPECT_FALSE(watch.slept(MonoTime{3'000}, -3'599'000));
}

TEST(SuspendWatch, aTimerThatIsVeryLateMeansSleep)
{
    EXPECT_FALSE(SuspendWatch::late(MonoTime{1'000}, MonoTime{1'000 + SuspendWatch::kLateMs - 1}));
    EXPECT_TRUE(SuspendWatch::late(MonoTime{1'000}, MonoTime{1'000 + SuspendWatch::kLateMs}));
    EXPECT_FALSE(SuspendWatch::late(MonoTime{INT64_MAX / 2}, MonoTime{1'000})) << "early";
}
