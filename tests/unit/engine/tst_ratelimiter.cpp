#include "sdk/engine/ratelimiter.h"

#include <gtest/gtest.h>

namespace skein::engine
{
namespace
{

TEST(RateLimiter, classesHaveBucketsOfTheirOwn)
{
    RateLimiter limiter;
    protocol::Limits limits;
    limits.messages = {1, 60};
    limits.requests = {2, 60};
    const MonoTime now{5'000};
    limiter.reset(limits, now);
    EXPECT_TRUE(limiter.take(FrameClass::Messages, now));
    EXPECT_FALSE(limiter.take(FrameClass::Messages, now));
    EXPECT_TRUE(limiter.take(FrameClass::Requests, now));
    EXPECT_EQ(limiter.readyAt(FrameClass::Messages, now), now + Milliseconds(1'000));
    EXPECT_TRUE(limiter.take(FrameClass::Messages, now + Milliseconds(1'000)));
}

TEST(RateLimiter, refusalPausesItsClassForAsLongAsSaid)
{
    RateLimiter limiter;
    const MonoTime now{5'000};
    limiter.reset({}, now);
    limiter.refused(FrameClass::Messages, now, Milliseconds(3'000));
    EXPECT_FALSE(limiter.take(FrameClass::Messages, now + Milliseconds(2'999)));
    EXPECT_TRUE(limiter.take(FrameClass::Ephemeral, now));
    EXPECT_EQ(limiter.readyAt(FrameClass::Messages, now), now + Milliseconds(3'000));
    EXPECT_TRUE(limiter.take(FrameClass::Messages, now + Milliseconds(3'000)));
}

} // namespace
} // namespace skein::engine
