#include "sdk/engine/reconnect.h"

#include <algorithm>
#include <utility>

namespace skein::engine
{

void Reconnect::settle(MonoTime now)
{
    if (m_liveSince && (now - *m_liveSince).count() >= kStableMs)
        m_attempt = m_silences = 0;
    m_liveSince.reset();
}

MonoTime Reconnect::failed(MonoTime now, Random& random)
{
    settle(now);
    const auto step =
        std::min<std::size_t>(static_cast<std::size_t>(m_attempt), kCapsMs.size() - 1);
    ++m_attempt;
    return now + Milliseconds(static_cast<std::int64_t>(
                     random.below(static_cast<std::uint64_t>(kCapsMs[step]) + 1)));
}

MonoTime Reconnect::silent(MonoTime now, Random& random)
{
    const bool good = std::exchange(m_proved, false);
    settle(now);
    if (m_attempt > 0 && (!good || m_silences >= kSilencesMax))
        return failed(now, random);
    ++m_silences;
    m_attempt = 1;
    return now;
}

MonoTime Reconnect::sentAway(MonoTime now, std::int64_t afterMs, std::int64_t jitterMs,
                             Random& random)
{
    settle(now);
    const std::int64_t after = std::clamp<std::int64_t>(afterMs, 0, kServerWindowMaxMs);
    const std::int64_t jitter = std::clamp<std::int64_t>(jitterMs, 0, kServerWindowMaxMs);
    return now + Milliseconds(after + static_cast<std::int64_t>(
                                          random.below(static_cast<std::uint64_t>(jitter) + 1)));
}

MonoTime Reconnect::toldToWait(MonoTime now, Milliseconds after, Random& random)
{
    const std::int64_t wait = std::clamp<std::int64_t>(after.count(), 0, kServerWindowMaxMs);
    return now + Milliseconds(wait + static_cast<std::int64_t>(
                                         random.below(static_cast<std::uint64_t>(wait / 4) + 1)));
}

} // namespace skein::engine
