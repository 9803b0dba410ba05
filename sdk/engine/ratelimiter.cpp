#include "sdk/engine/ratelimiter.h"

#include <algorithm>

namespace skein::engine
{

void RateLimiter::reset(const protocol::Limits& limits, MonoTime now)
{
    const std::array rules{limits.messages, limits.requests, limits.ephemeral};
    for (std::size_t i = 0; i < kClasses; ++i)
        m_lanes[i] = {protocol::TokenBucket(rules[i], now), MonoTime{INT64_MIN}};
}

bool RateLimiter::take(FrameClass frames, MonoTime now)
{
    Lane& it = lane(frames);
    return now >= it.pausedUntil && it.bucket.take(now);
}

MonoTime RateLimiter::readyAt(FrameClass frames, MonoTime now)
{
    Lane& it = lane(frames);
    return std::max(now + it.bucket.wait(now), it.pausedUntil);
}

void RateLimiter::refused(FrameClass frames, MonoTime now, Milliseconds retryAfter)
{
    Lane& it = lane(frames);
    it.bucket.drain(now, Milliseconds(1));
    it.pausedUntil = std::max(it.pausedUntil, now + std::max(retryAfter, Milliseconds(1)));
}

} // namespace skein::engine
