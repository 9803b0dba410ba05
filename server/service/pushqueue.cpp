#include "server/service/pushqueue.h"

#include <algorithm>

namespace skein::server
{
namespace
{

/// 408, 425 and 429 speak of the moment; every other 4xx, and a redirection, of the request itself.
bool speaksOfTheRequest(int status)
{
    return status >= 300 && status < 500 && status != 408 && status != 425 && status != 429;
}

constexpr int kGone = 410; ///< the receiver wants no more (Standard Webhooks)

} // namespace

std::size_t PushQueue::KeyHash::operator()(const PushKey& key) const noexcept
{
    // Both are small and dense: one odd multiplier keeps them apart (Knuth, multiplicative
    // hashing).
    constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15ULL;
    const std::uint64_t mixed =
        static_cast<std::uint64_t>(key.room) * kOdd + static_cast<std::uint64_t>(key.user);
    return static_cast<std::size_t>(mixed ^ mixed >> 32);
}

PushQueue::PushQueue(PushConfig config, Metrics& metrics)
    : m_config(config)
    , m_told(metrics.counter("push_told_total"))
    , m_refused(metrics.counter("push_refused_total"))
    , m_retried(metrics.counter("push_retried_total"))
    , m_dropped(metrics.counter("push_dropped_total"))
    , m_waitingGauge(metrics.gauge("push_waiting"))
    , m_inFlightGauge(metrics.gauge("push_in_flight"))
    , m_pausedGauge(metrics.gauge("push_paused"))
{
}

void PushQueue::setDue(const PushKey& key, Entry& entry, MonoTime due)
{
    entry.due = due;
    m_due.emplace(due.ms, key);
}

void PushQueue::count()
{
    m_waitingGauge.set(static_cast<std::int64_t>(m_waiting));
    m_inFlightGauge.set(static_cast<std::int64_t>(m_inFlight));
    m_pausedGauge.set(paused() ? 1 : 0);
}

void PushQueue::makeRoom()
{
    // At most kPushInFlightMax are on their way, so there is one; what is due first waits longest.
    const PushKey oldest = m_due.begin()->second;
    const auto found = m_entries.find(oldest);
    if (found->second.state == Entry::State::Waiting) {
        m_dropped.add();
        --m_waiting;
    }
    leaveDue(oldest, found->second);
    m_entries.erase(found);
}

void PushQueue::note(PushKey key, News news, Seq newest, MonoTime now, MonoTime lastHere,
                     MonoTime earliest)
{
    const MonoTime gathered =
        m_draining ? now : std::max(now + Milliseconds(m_config.gatherMs), earliest);
    const auto found = m_entries.find(key);
    if (found == m_entries.end()) {
        if (m_entries.size() >= kPushWaitingMax)
            makeRoom();
        Entry& entry = m_entries[key];
        entry.news = news;
        entry.noted = now;
        setDue(key, entry, gathered);
        ++m_waiting;
        return count();
    }
    Entry& entry = found->second;
    if (entry.state != Entry::State::Waiting) {
        if (newest <= entry.upTo.after)
            return; // committed before that one went, looked at after it
        news.after = std::max(news.after, entry.upTo.after);
        news.ordAfter = std::max(news.ordAfter, entry.upTo.ordAfter);
    }
    switch (entry.state) {
    case Entry::State::Waiting:
        if (lastHere > entry.noted)
            entry.news = news;
        break;
    case Entry::State::InFlight:
        if (!entry.more || lastHere > entry.noted)
            entry.more = news;
        if (lastHere > entry.noted)
            entry.news = news; // should it have to go again
        break;
    case Entry::State::Quiet:
        entry.state = Entry::State::Waiting;
        entry.news = news;
        leaveDue(key, entry);
        setDue(key, entry, m_draining ? now : std::max(entry.due, gathered));
        ++m_waiting;
        break;
    }
    entry.noted = now;
    entry.postponed = false;
    count();
}

std::optional<PushQueue::Taken> PushQueue::take(MonoTime now)
{
    std::optional<Taken> taken;
    while (!m_due.empty() && m_due.begin()->first <= now.ms) {
        const PushKey key = m_due.begin()->second;
        const auto found = m_entries.find(key);
        Entry& entry = found->second;
        const bool old = (now - entry.noted).count() >= kPushKeepMs;
        if (entry.state == Entry::State::Quiet || old) {
            if (entry.state == Entry::State::Waiting) {
                if (!entry.postponed) // else they were here all the time
                    m_dropped.add();
                --m_waiting;
            }
            leaveDue(key, entry);
            m_entries.erase(found);
            continue;
        }
        if (m_inFlight >= kPushInFlightMax || !m_breaker.allow(now))
            break;
        leaveDue(key, entry);
        entry.state = Entry::State::InFlight;
        --m_waiting;
        ++m_inFlight;
        taken = Taken{key, entry.news, entry.postponed};
        break;
    }
    count();
    return taken;
}

void PushQueue::covers(PushKey key, News upTo)
{
    const auto found = m_entries.find(key);
    if (found != m_entries.end())
        found->second.upTo = upTo;
}

void PushQueue::unneeded(PushKey key, MonoTime now)
{
    const auto found = m_entries.find(key);
    if (found == m_entries.end() || found->second.state != Entry::State::InFlight)
        return;
    m_entries.erase(found);
    --m_inFlight;
    m_breaker.abandoned(now);
    count();
}

void PushQueue::postpone(PushKey key, MonoTime until, MonoTime now)
{
    const auto found = m_entries.find(key);
    if (found == m_entries.end() || found->second.state != Entry::State::InFlight)
        return;
    Entry& entry = found->second;
    --m_inFlight;
    m_breaker.abandoned(now);
    entry.postponed = true;
    entry.state = Entry::State::Waiting;
    ++m_waiting;
    setDue(key, entry, m_draining ? now : until);
    count();
}

void PushQueue::finished(PushKey key, const PushReply& reply, MonoTime now, Random& random)
{
    const auto found = m_entries.find(key);
    if (found == m_entries.end() || found->second.state != Entry::State::InFlight)
        return;
    Entry& entry = found->second;
    --m_inFlight;
    const bool told = reply.status >= 200 && reply.status < 300;
    const bool refused = speaksOfTheRequest(reply.status);
    if (reply.status == kGone)
        m_breaker.failed(now, random, Milliseconds(Breaker::kRetryAfterMaxMs));
    else if (told || refused)
        m_breaker.succeeded();
    else
        m_breaker.failed(now, random, reply.retryAfter);
    if (told || refused) {
        (told ? m_told : m_refused).add();
        entry.failures = 0;
        entry.state = entry.more ? Entry::State::Waiting : Entry::State::Quiet;
        if (entry.more) {
            entry.news = *std::exchange(entry.more, std::nullopt);
            ++m_waiting;
        }
        setDue(key, entry, m_draining ? now : now + Milliseconds(m_config.everyMs));
    } else if (m_draining) {
        m_dropped.add();
        m_entries.erase(found);
    } else {
        m_retried.add();
        // What came meanwhile is part of the same hint: it was not told yet.
        entry.more.reset();
        entry.postponed = false;
        std::int64_t wait = kPushRetryMs;
        for (int i = 0; i < entry.failures && wait < kPushRetryMaxMs; ++i)
            wait *= 2;
        wait = std::min(wait, kPushRetryMaxMs);
        ++entry.failures;
        wait = wait / 2 + static_cast<std::int64_t>(
                              random.below(static_cast<std::uint64_t>(wait - wait / 2) + 1));
        entry.state = Entry::State::Waiting;
        ++m_waiting;
        setDue(key, entry, now + Milliseconds(wait));
    }
    count();
}

void PushQueue::drain(MonoTime now)
{
    m_draining = true;
    m_due.clear();
    for (auto& [key, entry] : m_entries) {
        if (entry.state != Entry::State::InFlight)
            setDue(key, entry, now);
    }
}

MonoTime PushQueue::nextAt() const
{
    constexpr MonoTime kNever{INT64_MAX};
    if (m_due.empty())
        return kNever;
    const MonoTime due{m_due.begin()->first};
    if (m_inFlight >= kPushInFlightMax)
        return kNever; // the next one that ends asks again
    switch (m_breaker.state()) {
    case Breaker::State::Closed:
        return due;
    case Breaker::State::Open:
        return std::max(due, m_breaker.retryAt());
    case Breaker::State::HalfOpen:
        break;
    }
    return kNever; // the trial's end
}

} // namespace skein::server
