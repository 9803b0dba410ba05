// Coverage against the most naive model there is: a map from seq to what it is known as of.
#include "offline/spans.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>

namespace skein::offline
{
namespace
{

using Model = std::map<std::int64_t, std::int64_t>;

constexpr std::int64_t kSeqs = 40;

void expectSame(const SpanSet& set, const Model& model)
{
    Model got;
    Seq last;
    Seq lastAsOf;
    for (const Span& span : set.spans()) {
        RC_ASSERT(span.lo <= span.hi);
        RC_ASSERT(span.lo > last);
        RC_ASSERT(!(last && last.next() == span.lo && lastAsOf == span.asOf)); // maximal
        for (std::int64_t seq = span.lo.value(); seq <= span.hi.value(); ++seq)
            got[seq] = span.asOf.value();
        last = span.hi;
        lastAsOf = span.asOf;
    }
    RC_ASSERT(got == model);
}

RC_GTEST_PROP(Spans, mergeEqualsANaiveModel, ())
{
    SpanSet set;
    Model model;
    const int steps = *rc::gen::inRange(1, 40);
    for (int i = 0; i < steps; ++i) {
        if (*rc::gen::inRange(0, 4) == 0) {
            const std::int64_t from = *rc::gen::inRange<std::int64_t>(0, kSeqs);
            const std::int64_t to = from + *rc::gen::inRange<std::int64_t>(0, 10);
            set.advance(Seq(from), Seq(to));
            for (auto& [seq, asOf] : model) {
                if (asOf >= from && asOf < to)
                    asOf = to;
            }
        } else {
            const std::int64_t lo = *rc::gen::inRange<std::int64_t>(-2, kSeqs);
            const std::int64_t hi = lo + *rc::gen::inRange<std::int64_t>(-2, 12);
            const std::int64_t asOf = *rc::gen::inRange<std::int64_t>(1, kSeqs);
            set.add({Seq(lo), Seq(hi), Seq(asOf)});
            for (std::int64_t seq = std::max<std::int64_t>(lo, 1); seq <= hi; ++seq)
                model[seq] = std::max(model[seq], asOf);
        }
        expectSame(set, model);
    }
    const std::int64_t head = kSeqs + 15;
    std::vector<Gap> gaps;
    if (!model.empty()) {
        for (std::int64_t seq = model.begin()->first; seq <= head; ++seq) {
            RC_ASSERT(set.contains(Seq(seq)) == model.contains(seq));
            if (model.contains(seq))
                continue;
            if (!gaps.empty() && gaps.back().hi.value() == seq - 1)
                gaps.back().hi = Seq(seq);
            else
                gaps.push_back({Seq(seq), Seq(seq)});
        }
    }
    RC_ASSERT(set.gaps(Seq(head)) == gaps);
}

RC_GTEST_PROP(Spans, orderOfClaimsDoesNotMatter, ())
{
    const auto raw = *rc::gen::container<std::vector<std::tuple<int, int, int>>>(
        rc::gen::tuple(rc::gen::inRange(1, 40), rc::gen::inRange(0, 10), rc::gen::inRange(1, 30)));
    std::vector<Span> claims;
    for (const auto& [lo, length, asOf] : raw)
        claims.push_back({Seq(lo), Seq(lo + length), Seq(asOf)});
    const SpanSet forward(claims);
    const SpanSet backward(std::vector<Span>(claims.rbegin(), claims.rend()));
    RC_ASSERT(forward == backward);
}

} // namespace
} // namespace skein::offline
