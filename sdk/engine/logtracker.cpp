#include "sdk/engine/logtracker.h"

#include <algorithm>

namespace skein::engine
{

void LogTracker::add(Seq lo, Seq hi)
{
    if (hi < lo)
        return;
    auto it = m_ranges.upper_bound(lo);
    if (it != m_ranges.begin() && std::prev(it)->second.next() >= lo)
        --it;
    while (it != m_ranges.end() && it->first <= hi.next()) {
        lo = std::min(lo, it->first);
        hi = std::max(hi, it->second);
        it = m_ranges.erase(it);
    }
    m_ranges.emplace(lo, hi);
    if (m_ranges.size() > kRangesMax)
        m_ranges.clear();
}

Seq LogTracker::chain(Seq synced)
{
    while (!m_ranges.empty() && m_ranges.begin()->first <= synced.next()) {
        synced = std::max(synced, m_ranges.begin()->second);
        m_ranges.erase(m_ranges.begin());
    }
    return synced;
}

bool LogTracker::contains(Seq seq) const
{
    const auto after = m_ranges.upper_bound(seq);
    return after != m_ranges.begin() && std::prev(after)->second >= seq;
}

Seq LogTracker::highest() const
{
    return m_ranges.empty() ? Seq() : m_ranges.rbegin()->second;
}

void LogTracker::clear()
{
    m_ranges.clear();
    m_orphans.clear();
}

void LogTracker::orphan(const protocol::Event& mutation)
{
    m_orphans.push_back(mutation);
    if (m_orphans.size() > kOrphansMax) {
        // Beyond what is remembered nothing is claimed: the ranges it came in are told again.
        m_orphans.erase(m_orphans.begin());
        m_ranges.clear();
    }
}

} // namespace skein::engine
