// A circuit breaker (T6) around one class of endpoints, as a pure value with no timer of its own:
// closed (calls go through), open (nothing goes through for a while), half-open (one call is let
// through to see). So a backend that fails is not hammered, and one that recovers is noticed.
//
// It opens after `failuresToOpen` failures in a row, for `openMs`; each trial that fails doubles
// the time up to `openMaxMs`; half of it is chance, so that many clients do not come back at once.
// A server that names a time is obeyed, up to kRetryAfterMax. Thread: one.
#pragma once

#include "core/clock.h"
#include "core/random.h"

#include <cstdint>
#include <optional>

namespace skein
{

class Breaker
{
public:
    enum class State { Closed, HalfOpen, Open };
    struct Rule {
        int failuresToOpen = 3;
        std::int64_t openMs = 1'000;
        std::int64_t openMaxMs = 30'000;
    };
    /// A server cannot send a client away for longer than this.
    static constexpr std::int64_t kRetryAfterMaxMs = 10 * 60 * 1000;
    /// A trial whose end nobody reported no longer blocks the next one.
    static constexpr std::int64_t kTrialMaxMs = 60'000;

    explicit Breaker(Rule rule)
        : m_rule(rule)
    {
    }

    /// Whether a call may be made now. In the state Open past its time: true once, and the state is
    /// HalfOpen until the call ends in succeeded(), failed() or abandoned().
    [[nodiscard]] bool allow(MonoTime now);
    void succeeded();
    /// The call failed in a way that speaks against the backend (no answer, 5xx, 429).
    /// `retryAfter`: the server's own word; it opens the breaker at once.
    void failed(MonoTime now, Random& random, std::optional<Milliseconds> retryAfter = {});
    /// The call ended without a verdict (cancelled). A trial may be made again at once.
    void abandoned(MonoTime now);
    /// Open from now on for a fresh `openMs`, whatever was before: a first trial soon.
    void trip(MonoTime now, Random& random);
    /// As new: another network, or the person said "now".
    void reset();

    [[nodiscard]] State state() const noexcept { return m_state; }
    /// When the next trial is allowed; `now` or earlier when a call is. Meaningless while HalfOpen.
    [[nodiscard]] MonoTime retryAt() const noexcept { return m_retryAt; }
    [[nodiscard]] int failures() const noexcept { return m_failures; }
    /// How often it opened since it was made.
    [[nodiscard]] std::int64_t opened() const noexcept { return m_opened; }

private:
    void open(MonoTime now, Random& random);

    Rule m_rule;
    State m_state = State::Closed;
    int m_failures = 0; ///< in a row
    int m_trials = 0;   ///< failed, since it was closed last
    MonoTime m_retryAt{INT64_MIN}, m_trialSince;
    std::int64_t m_opened = 0;
};

} // namespace skein
