#include "core/breaker.h"

#include <algorithm>

namespace skein
{

bool Breaker::allow(MonoTime now)
{
    switch (m_state) {
    case State::Closed:
        return true;
    case State::Open:
        if (now < m_retryAt)
            return false;
        break;
    case State::HalfOpen:
        if ((now - m_trialSince).count() < kTrialMaxMs)
            return false;
        break;
    }
    m_state = State::HalfOpen;
    m_trialSince = now;
    return true;
}

void Breaker::succeeded()
{
    m_state = State::Closed;
    m_failures = m_trials = 0;
    m_retryAt = MonoTime{INT64_MIN};
}

void Breaker::failed(MonoTime now, Random& random, std::optional<Milliseconds> retryAfter)
{
    if (m_failures < m_rule.failuresToOpen)
        ++m_failures;
    const bool trial = m_state == State::HalfOpen;
    if (m_state == State::Closed && m_failures < m_rule.failuresToOpen && !retryAfter)
        return;
    // A call that began before it opened says nothing new about an open breaker.
    if (m_state != State::Open) {
        if (trial)
            ++m_trials;
        open(now, random);
    }
    if (retryAfter) {
        const Milliseconds wait =
            std::clamp(*retryAfter, Milliseconds(0), Milliseconds(kRetryAfterMaxMs));
        m_retryAt = std::max(m_retryAt, now + wait);
    }
}

void Breaker::abandoned(MonoTime now)
{
    if (m_state == State::HalfOpen) {
        m_state = State::Open;
        m_retryAt = now;
    }
}

void Breaker::trip(MonoTime now, Random& random)
{
    m_trials = 0;
    m_failures = m_rule.failuresToOpen;
    open(now, random);
}

void Breaker::reset()
{
    succeeded();
}

void Breaker::open(MonoTime now, Random& random)
{
    if (m_state == State::Closed)
        ++m_opened;
    m_state = State::Open;
    std::int64_t wait = m_rule.openMs;
    for (int i = 0; i < m_trials && wait < m_rule.openMaxMs; ++i)
        wait *= 2;
    wait = std::min(wait, m_rule.openMaxMs);
    m_retryAt =
        now + Milliseconds(wait / 2 + static_cast<std::int64_t>(random.below(
                                          static_cast<std::uint64_t>(wait - wait / 2) + 1)));
}

} // namespace skein
