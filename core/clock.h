// Time, handed in. No code of Skein reads the system's clocks except SystemClock, so the simulation
// can run a day in a second and jump an hour.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>

namespace skein
{

using Milliseconds = std::chrono::milliseconds;

/// A point on the monotonic clock, milliseconds since an arbitrary start. Never goes back, does not
/// follow the wall clock. For timeouts, back-off and latency.
struct MonoTime {
    std::int64_t ms = 0;
    friend auto operator<=>(const MonoTime&, const MonoTime&) = default;
    friend MonoTime operator+(MonoTime t, Milliseconds d) { return {t.ms + d.count()}; }
    friend Milliseconds operator-(MonoTime a, MonoTime b) { return Milliseconds(a.ms - b.ms); }
};

/// A point on the wall clock, milliseconds since 1970-01-01 UTC. May jump either way. For what
/// people read.
struct WallTime {
    std::int64_t ms = 0;
    friend auto operator<=>(const WallTime&, const WallTime&) = default;
    friend WallTime operator+(WallTime t, Milliseconds d) { return {t.ms + d.count()}; }
    friend Milliseconds operator-(WallTime a, WallTime b) { return Milliseconds(a.ms - b.ms); }
};

/// Thread: SystemClock may be used from any thread; a simulated clock belongs to its simulation.
class Clock
{
public:
    virtual ~Clock() = default;
    [[nodiscard]] virtual MonoTime now() const = 0;
    [[nodiscard]] virtual WallTime wallNow() const = 0;
};

class SystemClock final : public Clock
{
public:
    [[nodiscard]] MonoTime now() const override;
    [[nodiscard]] WallTime wallNow() const override;
};

/// A clock that stands still until told otherwise: unit tests and the simulation.
class ManualClock final : public Clock
{
public:
    explicit ManualClock(WallTime start = {1'700'000'000'000})
        : m_wall(start)
    {
    }
    [[nodiscard]] MonoTime now() const override { return m_mono; }
    [[nodiscard]] WallTime wallNow() const override { return m_wall; }
    void advance(Milliseconds by)
    {
        m_mono = m_mono + by;
        m_wall = m_wall + by;
    }
    /// Moves the wall clock only, as a user or NTP does.
    void jumpWall(Milliseconds by) { m_wall = m_wall + by; }

private:
    MonoTime m_mono{1};
    WallTime m_wall;
};

} // namespace skein
