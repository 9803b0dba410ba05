// When to connect again: exponential back-off with full jitter, as a pure value with no timer of
// its own (T2).
//
// Waits are uniform in [0, cap] with the caps 1, 2, 4, 8, 16, 30 s (full jitter: M. Brooker,
// "Exponential Backoff and Jitter", AWS Architecture Blog, 2015). The ladder starts over only after
// a connection stayed live for kStableMs, so a server that accepts and drops at once is not
// hammered. A server that names a time
// (`retry_after`, `goodbye.after_ms` + jitter) is obeyed.
#pragma once

#include "core/clock.h"
#include "core/random.h"

#include <array>
#include <cstdint>
#include <optional>

namespace skein::engine
{

class Reconnect
{
public:
    static constexpr std::array<std::int64_t, 6> kCapsMs{1'000, 2'000,  4'000,
                                                         8'000, 16'000, 30'000};
    static constexpr std::int64_t kStableMs = 10'000;
    /// A server cannot send a client away for longer than this.
    static constexpr std::int64_t kServerWindowMaxMs = 10 * 60 * 1000;

    /// The session became live.
    void connected(MonoTime now)
    {
        m_liveSince = now;
        m_proved = false;
    }

    /// The connection ended or could not be made. Returns when to try again.
    [[nodiscard]] MonoTime failed(MonoTime now, Random& random);

    /// So many silences in a row are the network's, on connections that carried answers and did not
    /// last.
    static constexpr int kSilencesMax = 3;
    /// A live connection went silent. That is the network's doing: everybody notices it at another
    /// moment and there is nothing to spread, so the first try is at once, for it may have come
    /// back meanwhile. After a connection that neither answered anything nor stayed as failed():
    /// then it may be the server after all.
    [[nodiscard]] MonoTime silent(MonoTime now, Random& random);

    /// Something that was sent over the connection was answered.
    void proved() { m_proved = true; }

    /// The server chose the window: try again at a random moment in [after, after + jitter].
    [[nodiscard]] MonoTime sentAway(MonoTime now, std::int64_t afterMs, std::int64_t jitterMs,
                                    Random& random);

    /// "Come back after that" without a window (Retry-After): not sooner, and up to a quarter
    /// later, so that all who were told the same do not come at once.
    [[nodiscard]] static MonoTime toldToWait(MonoTime now, Milliseconds after, Random& random);

    /// The network came back or the person said "now": the ladder starts over.
    void reset() { m_attempt = m_silences = 0; }

    /// Failed attempts since the last stable connection.
    [[nodiscard]] int attempt() const noexcept { return m_attempt; }

private:
    void settle(MonoTime now);

    int m_attempt = 0;
    std::optional<MonoTime> m_liveSince;
    bool m_proved = false; ///< this connection, or the last
    int m_silences = 0;    ///< in a row, without a stable connection
};

} // namespace skein::engine
