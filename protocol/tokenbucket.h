// The token bucket behind `limits` (T5): the client keeps to it, the server enforces it, and
// because both run this code on the same numbers a client that keeps to it is never refused for its
// own counting.
#pragma once

#include "core/clock.h"
#include "protocol/frames.h"

#include <algorithm>

namespace skein::protocol
{

/// `burst` at once, then `perMinute`. Integers only, so both sides agree to the millisecond. A
/// value; thread: its owner's.
class TokenBucket
{
public:
    TokenBucket() = default;
    TokenBucket(Bucket rule, MonoTime now)
        : m_rule{std::max<std::int64_t>(rule.burst, 1), std::max<std::int64_t>(rule.perMinute, 1)}
        , m_level(m_rule.burst * kUnit)
        , m_at(now)
    {
    }

    /// Takes one token when there is one.
    [[nodiscard]] bool take(MonoTime now)
    {
        refill(now);
        if (m_level < kUnit)
            return false;
        m_level -= kUnit;
        return true;
    }

    /// Time until take() can succeed; 0 when it can now.
    [[nodiscard]] Milliseconds wait(MonoTime now)
    {
        refill(now);
        if (m_level >= kUnit)
            return Milliseconds(0);
        return Milliseconds((kUnit - m_level + m_rule.perMinute - 1) / m_rule.perMinute);
    }

    /// The other side said that it is empty: nothing for `retryAfter`.
    void drain(MonoTime now, Milliseconds retryAfter)
    {
        refill(now);
        m_level = std::min(m_level, kUnit - std::max<std::int64_t>(retryAfter.count(), 1) *
                                                m_rule.perMinute);
    }

private:
    // One token = 60,000 units, so that `perMinute` units come in each millisecond.
    static constexpr std::int64_t kUnit = 60'000;

    void refill(MonoTime now)
    {
        const std::int64_t elapsed = (now - m_at).count();
        if (elapsed <= 0)
            return;
        m_at = now;
        const std::int64_t full = m_rule.burst * kUnit;
        // A long pause would overflow the product; it fills the bucket anyway.
        if (elapsed >= (full - m_level) / m_rule.perMinute + 1)
            m_level = full;
        else
            m_level += elapsed * m_rule.perMinute;
    }

    Bucket m_rule{1, 1};
    std::int64_t m_level = kUnit;
    MonoTime m_at;
};

} // namespace skein::protocol
