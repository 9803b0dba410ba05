// Notices that the process slept: the machine was suspended, or nothing ran for long. Two signs,
// for no one clock shows it everywhere: a clock that goes on during sleep got ahead of one that
// does not, or a timer fired much later than it was set to. Pure. Thread: one.
#pragma once

#include "core/clock.h"

#include <cstdint>
#include <optional>

namespace skein::engine
{

class SuspendWatch
{
public:
    /// The clock that counts sleep got ahead by this much between two looks.
    static constexpr std::int64_t kSleepMs = 2'000;
    /// A timer was this late. A busy machine is late too; a needless probe costs one frame.
    static constexpr std::int64_t kLateMs = 5'000;

    /// Call now and then, at least at every timer. `withSleepMs`: any clock that goes on while the
    /// machine sleeps, in ms; one that jumps back is taken anew. True: it slept since the last
    /// call.
    [[nodiscard]] bool slept(MonoTime now, std::int64_t withSleepMs)
    {
        const std::int64_t ahead = withSleepMs - now.ms;
        const bool jumped = m_ahead && ahead - *m_ahead >= kSleepMs;
        m_ahead = ahead;
        return jumped;
    }
    /// True: the timer that was set for `planned` fires so late that the process cannot have run.
    [[nodiscard]] static bool late(MonoTime planned, MonoTime now)
    {
        return (now - planned).count() >= kLateMs;
    }

private:
    std::optional<std::int64_t> m_ahead;
};

} // namespace skein::engine
