// The client's own brake (T5): token buckets for each class of frame, by the limits that the server
// advertised at sign-in. Nothing is dropped here; who is refused waits. Pure; thread: the engine's.
#pragma once

#include "core/clock.h"
#include "protocol/frames.h"
#include "protocol/tokenbucket.h"

#include <array>

namespace skein::engine
{

enum class FrameClass { Messages, Requests, Ephemeral };

class RateLimiter
{
public:
    static constexpr std::size_t kClasses = 3;

    /// Full buckets by these limits: a new connection.
    void reset(const protocol::Limits& limits, MonoTime now);
    /// Takes a token when there is one and the class is not paused.
    [[nodiscard]] bool take(FrameClass frames, MonoTime now);
    /// Earliest time at which take() can succeed; `now` when it can at once.
    [[nodiscard]] MonoTime readyAt(FrameClass frames, MonoTime now);
    /// The server refused one: nothing of this class for `retryAfter`.
    void refused(FrameClass frames, MonoTime now, Milliseconds retryAfter);

private:
    struct Lane {
        protocol::TokenBucket bucket;
        MonoTime pausedUntil{INT64_MIN};
    };
    [[nodiscard]] Lane& lane(FrameClass frames)
    {
        return m_lanes[static_cast<std::size_t>(frames)];
    }
    std::array<Lane, kClasses> m_lanes;
};

} // namespace skein::engine
