// What of a room's log was applied beyond its cursor: the ranges that came live after a jump, until
// the hole before them is filled. Kept in memory only: after a restart the log is asked for from
// the cursor, which costs a little and can lose nothing.
//
// Values; thread: the engine's.
#pragma once

#include "core/ids.h"
#include "protocol/frames.h"

#include <cstddef>
#include <map>
#include <vector>

namespace skein::engine
{

class LogTracker
{
public:
    static constexpr std::size_t kRangesMax = 64;
    static constexpr std::size_t kOrphansMax = 64;

    /// [lo, hi] was applied. Over kRangesMax ranges all are forgotten: they will be told again.
    void add(Seq lo, Seq hi);
    /// The cursor reached `synced`: how far it goes on from there through what was applied already.
    [[nodiscard]] Seq chain(Seq synced);
    [[nodiscard]] bool contains(Seq seq) const;
    /// Highest seq applied beyond the cursor; 0 = none.
    [[nodiscard]] Seq highest() const;
    [[nodiscard]] bool empty() const noexcept { return m_ranges.empty(); }
    void clear();

    /// A mutation whose target was not stored when it came. A copy of the target that was read
    /// before it, and arrives after it, needs it again. The oldest is dropped over kOrphansMax.
    void orphan(const protocol::Event& mutation);
    [[nodiscard]] const std::vector<protocol::Event>& orphans() const noexcept { return m_orphans; }

private:
    std::map<Seq, Seq> m_ranges; ///< lo → hi, disjoint, not adjacent
    /// Not a deque: an empty one takes 0.6 KB, and there is one for each of thousands of rooms.
    std::vector<protocol::Event> m_orphans;
};

} // namespace skein::engine
