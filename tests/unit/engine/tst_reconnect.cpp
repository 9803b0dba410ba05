#include "sdk/engine/reconnect.h"

#include <gtest/gtest.h>

namespace skein::engine
{
namespace
{

TEST(Reconnect, waitsAreJitteredUnderTheLadder)
{
    SeededRandom random(1);
    Reconnect reconnect;
    const MonoTime now{1'000};
    for (const std::int64_t cap : {1'000, 2'000, 4'000, 8'000, 16'000, 30'000, 30'000}) {
        const MonoTime at = reconnect.failed(now, random);
        EXPECT_GE(at, now);
        EXPECT_LE(at, now + Milliseconds(cap));
    }
    EXPECT_EQ(reconnect.attempt(), 7);
}

TEST(Reconnect, onlyAStableConnectionStartsTheLadderOver)
{
    SeededRandom random(1);
    Reconnect reconnect;
    MonoTime now{1'000};
    (void)reconnect.failed(now, random);
    reconnect.connected(now);
    now = now + Milliseconds(Reconnect::kStableMs - 1);
    (void)reconnect.failed(now, random);
    EXPECT_EQ(reconnect.attempt(), 2);
    reconnect.connected(now);
    now = now + Milliseconds(Reconnect::kStableMs);
    (void)reconnect.failed(now, random);
    EXPECT_EQ(reconnect.attempt(), 1);
}

TEST(Reconnect, afterASilenceTheFirstTryIsAtOnceUnlessTheLastOneProvedNothing)
{
    SeededRandom random(1);
    Reconnect reconnect;
    MonoTime now{1'000};
    reconnect.connected(now);
    EXPECT_EQ(reconnect.silent(now, random), now);
    reconnect.connected(now);
    (void)reconnect.silent(now, random);
    EXPECT_EQ(reconnect.attempt(), 2) << "silent again, and nothing came of it";
    reconnect.connected(now);
    reconnect.proved();
    EXPECT_EQ(reconnect.silent(now, random), now);
    EXPECT_EQ(reconnect.attempt(), 1);
    (void)reconnect.failed(now, random);
    EXPECT_EQ(reconnect.attempt(), 2) << "what follows is spread as ever";
    reconnect.connected(now);
    now = now + Milliseconds(Reconnect::kStableMs);
    EXPECT_EQ(reconnect.silent(now, random), now);
}

TEST(Reconnect, silencesWithoutEndAreSpreadAsEverythingElse)
{
    SeededRandom random(1);
    Reconnect reconnect;
    MonoTime now{1'000};
    for (int i = 0; i < Reconnect::kSilencesMax; ++i) {
        reconnect.connected(now);
        reconnect.proved();
        EXPECT_EQ(reconnect.silent(now, random), now);
    }
    for (int i = 2; i < 6; ++i) {
        reconnect.connected(now);
        reconnect.proved();
        (void)reconnect.silent(now, random);
        EXPECT_EQ(reconnect.attempt(), i);
    }
    reconnect.connected(now);
    now = now + Milliseconds(Reconnect::kStableMs);
    EXPECT_EQ(reconnect.silent(now, random), now) << "one that lasted";
}

TEST(Reconnect, serverChoosesTheWindow)
{
    SeededRandom random(1);
    Reconnect reconnect;
    const MonoTime now{1'000};
    for (int i = 0; i < 50; ++i) {
        const MonoTime at = reconnect.sentAway(now, 5'000, 2'000, random);
        EXPECT_GE(at, now + Milliseconds(5'000));
        EXPECT_LE(at, now + Milliseconds(7'000));
    }
}

TEST(Reconnect, theJitterIsFullAndTheLastStepIsThirtySeconds)
{
    SeededRandom random(2);
    Reconnect reconnect;
    const MonoTime now{1'000};
    for (int i = 0; i < 10; ++i)
        (void)reconnect.failed(now, random);
    std::int64_t least = INT64_MAX, most = 0;
    for (int i = 0; i < 1'000; ++i) {
        const std::int64_t wait = (reconnect.failed(now, random) - now).count();
        least = std::min(least, wait);
        most = std::max(most, wait);
    }
    EXPECT_LT(least, 1'000);
    EXPECT_GT(most, 29'000);
    EXPECT_LE(most, 30'000);
}

TEST(Reconnect, retryAfterIsKeptSpreadAndBounded)
{
    SeededRandom random(1);
    const MonoTime now{1'000};
    for (int i = 0; i < 50; ++i) {
        const MonoTime at = Reconnect::toldToWait(now, Milliseconds(4'000), random);
        EXPECT_GE(at, now + Milliseconds(4'000));
        EXPECT_LE(at, now + Milliseconds(5'000));
    }
    EXPECT_LE(Reconnect::toldToWait(now, Milliseconds(24 * 3'600'000), random),
              now + Milliseconds(Reconnect::kServerWindowMaxMs * 5 / 4));
}

} // namespace
} // namespace skein::engine
