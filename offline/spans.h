// Coverage of a room's log: which seqs are stored here, and as of which seq their state is known.
// Pure values.
//
// A span {lo, hi, asOf} claims: every message with a seq in [lo, hi] is stored, and every change to
// them up to asOf has been applied. Spans never overlap; neighbours with the same asOf are one
// span. Where two claims meet, the later asOf wins: both are true, and the rows merge by rev.
#pragma once

#include "core/ids.h"

#include <vector>

namespace skein::offline
{

struct Span {
    Seq lo, hi, asOf;
    friend bool operator==(const Span&, const Span&) = default;
};

/// First and last missing seq.
struct Gap {
    Seq lo, hi;
    friend bool operator==(const Gap&, const Gap&) = default;
};

class SpanSet
{
public:
    SpanSet() = default;
    /// Takes any spans, in any order, overlapping or not.
    explicit SpanSet(const std::vector<Span>& spans);

    /// Adds a claim. An empty one (hi < lo) and one below 1 change nothing.
    void add(Span claim);
    /// The log was applied without a gap from `from` + 1 to `to`: what was known as of `from` or
    /// later is known as of `to`.
    void advance(Seq from, Seq to);
    void clear() { m_spans.clear(); }

    /// Ascending, disjoint, maximal.
    [[nodiscard]] const std::vector<Span>& spans() const noexcept { return m_spans; }
    [[nodiscard]] bool empty() const noexcept { return m_spans.empty(); }
    [[nodiscard]] bool contains(Seq seq) const noexcept;
    /// The maximal covered range around `seq`, whatever its asOf; {0, 0} when it is not covered.
    [[nodiscard]] Gap coveredAround(Seq seq) const noexcept;
    /// The missing range around `seq`; bounded by 1 and `head`. {0, 0} when it is covered or above
    /// `head`.
    [[nodiscard]] Gap gapAround(Seq seq, Seq head) const noexcept;
    /// What is missing between the oldest covered seq and `head`, ascending. What lies below the
    /// oldest covered seq is not a gap but history that was not loaded. Nothing covered: no gaps.
    [[nodiscard]] std::vector<Gap> gaps(Seq head) const;
    /// Lowest and highest covered seq; 0 when empty.
    [[nodiscard]] Seq oldest() const noexcept
    {
        return m_spans.empty() ? Seq() : m_spans.front().lo;
    }
    [[nodiscard]] Seq newest() const noexcept
    {
        return m_spans.empty() ? Seq() : m_spans.back().hi;
    }

    friend bool operator==(const SpanSet&, const SpanSet&) = default;

private:
    void coalesce();
    std::vector<Span> m_spans;
};

} // namespace skein::offline
