#include "offline/spans.h"

#include <algorithm>

namespace skein::offline
{

SpanSet::SpanSet(const std::vector<Span>& spans)
{
    for (const Span& span : spans)
        add(span);
}

void SpanSet::add(Span claim)
{
    claim.lo = std::max(claim.lo, Seq(1));
    if (claim.hi < claim.lo)
        return;
    // The extension of the newest span is the live path: no copy of the list.
    if (!m_spans.empty() && m_spans.back().hi.next() == claim.lo &&
        m_spans.back().asOf == claim.asOf) {
        m_spans.back().hi = claim.hi;
        return;
    }
    std::vector<Span> result;
    result.reserve(m_spans.size() + 2);
    Seq next = claim.lo; // first seq of the claim that is not yet in the result
    const auto put = [&result](Seq lo, Seq hi, Seq asOf) {
        if (lo <= hi)
            result.push_back({lo, hi, asOf});
    };
    for (const Span& span : m_spans) {
        if (span.hi < claim.lo) {
            result.push_back(span);
            continue;
        }
        if (span.lo > claim.hi) {
            put(next, claim.hi, claim.asOf);
            next = claim.hi.next();
            result.push_back(span);
            continue;
        }
        put(span.lo, claim.lo.previous(), span.asOf);
        put(next, span.lo.previous(), claim.asOf);
        const Seq bothLo = std::max(span.lo, claim.lo);
        const Seq bothHi = std::min(span.hi, claim.hi);
        put(bothLo, bothHi, std::max(span.asOf, claim.asOf));
        put(claim.hi.next(), span.hi, span.asOf);
        next = std::max(next, bothHi.next());
    }
    put(next, claim.hi, claim.asOf);
    m_spans = std::move(result);
    coalesce();
}

void SpanSet::advance(Seq from, Seq to)
{
    bool changed = false;
    for (Span& span : m_spans) {
        if (span.asOf >= from && span.asOf < to) {
            span.asOf = to;
            changed = true;
        }
    }
    if (changed)
        coalesce();
}

void SpanSet::coalesce()
{
    std::size_t kept = 0;
    for (std::size_t i = 0; i < m_spans.size(); ++i) {
        if (kept > 0 && m_spans[kept - 1].hi.next() == m_spans[i].lo &&
            m_spans[kept - 1].asOf == m_spans[i].asOf)
            m_spans[kept - 1].hi = m_spans[i].hi;
        else
            m_spans[kept++] = m_spans[i];
    }
    m_spans.resize(kept);
}

bool SpanSet::contains(Seq seq) const noexcept
{
    const auto after =
        std::upper_bound(m_spans.begin(), m_spans.end(), seq,
                         [](Seq value, const Span& span) { return value < span.lo; });
    return after != m_spans.begin() && std::prev(after)->hi >= seq;
}

Gap SpanSet::coveredAround(Seq seq) const noexcept
{
    Gap run;
    for (const Span& span : m_spans) {
        if (run.lo && run.hi.next() == span.lo) {
            run.hi = span.hi;
        } else {
            if (run.lo && run.lo <= seq && seq <= run.hi)
                return run;
            run = {span.lo, span.hi};
        }
    }
    return run.lo && run.lo <= seq && seq <= run.hi ? run : Gap{};
}

Gap SpanSet::gapAround(Seq seq, Seq head) const noexcept
{
    if (seq < Seq(1) || seq > head || contains(seq))
        return {};
    Gap gap{Seq(1), head};
    for (const Span& span : m_spans) {
        if (span.hi < seq)
            gap.lo = span.hi.next();
        else { // behind it, since nothing holds it
            gap.hi = std::min(gap.hi, span.lo.previous());
            break;
        }
    }
    return gap;
}

std::vector<Gap> SpanSet::gaps(Seq head) const
{
    std::vector<Gap> result;
    for (std::size_t i = 1; i < m_spans.size(); ++i) {
        if (m_spans[i - 1].hi.next() < m_spans[i].lo)
            result.push_back({m_spans[i - 1].hi.next(), m_spans[i].lo.previous()});
    }
    if (!m_spans.empty() && m_spans.back().hi < head)
        result.push_back({m_spans.back().hi.next(), head});
    return result;
}

} // namespace skein::offline
