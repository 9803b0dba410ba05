#include "offline/spans.h"

#include <gtest/gtest.h>

namespace skein::offline
{
namespace
{

Span span(std::int64_t lo, std::int64_t hi, std::int64_t asOf)
{
    return {Seq(lo), Seq(hi), Seq(asOf)};
}
Gap gap(std::int64_t lo, std::int64_t hi)
{
    return {Seq(lo), Seq(hi)};
}
using Spans = std::vector<Span>;
using Gaps = std::vector<Gap>;

TEST(SpanSet, neighboursOfOneAgeAreOneSpan)
{
    SpanSet set;
    set.add(span(1, 5, 9));
    set.add(span(6, 8, 9));
    EXPECT_EQ(set.spans(), Spans{span(1, 8, 9)});
}

TEST(SpanSet, neighboursOfDifferentAgeStayApartButLeaveNoGap)
{
    const SpanSet set({span(1, 5, 5), span(6, 8, 9)});
    EXPECT_EQ(set.spans(), (Spans{span(1, 5, 5), span(6, 8, 9)}));
    EXPECT_TRUE(set.gaps(Seq(8)).empty());
}

TEST(SpanSet, laterAgeWinsWhereTwoClaimsMeet)
{
    EXPECT_EQ(SpanSet({span(1, 10, 10), span(4, 6, 20)}).spans(),
              (Spans{span(1, 3, 10), span(4, 6, 20), span(7, 10, 10)}));
    EXPECT_EQ(SpanSet({span(1, 10, 20), span(4, 12, 10)}).spans(),
              (Spans{span(1, 10, 20), span(11, 12, 10)}));
}

TEST(SpanSet, emptyAndImpossibleClaimsChangeNothing)
{
    SpanSet set;
    set.add(span(5, 4, 9));
    EXPECT_TRUE(set.empty());
    set.add(span(-3, 2, 2));
    EXPECT_EQ(set.spans(), Spans{span(1, 2, 2)});
}

TEST(SpanSet, onlyWhatWasCurrentAdvancesWithTheCursor)
{
    SpanSet set({span(1, 3, 3), span(5, 8, 10)});
    set.advance(Seq(10), Seq(12));
    EXPECT_EQ(set.spans(), (Spans{span(1, 3, 3), span(5, 8, 12)}));
}

TEST(SpanSet, whatIsNewerThanTheCursorStaysAsItIs)
{
    SpanSet set({span(1, 3, 10), span(5, 8, 15), span(10, 12, 12)});
    set.advance(Seq(10), Seq(12));
    EXPECT_EQ(set.spans(), (Spans{span(1, 3, 12), span(5, 8, 15), span(10, 12, 12)}));
    set.advance(Seq(20), Seq(30));
    EXPECT_EQ(set.spans().front().asOf, Seq(12));
}

TEST(SpanSet, advancingMakesNeighboursOne)
{
    SpanSet set({span(1, 3, 10), span(4, 8, 12)});
    set.advance(Seq(10), Seq(12));
    EXPECT_EQ(set.spans(), Spans{span(1, 8, 12)});
}

TEST(SpanSet, gapsLieBetweenSpansAndBelowTheHead)
{
    const SpanSet set({span(3, 5, 9), span(8, 9, 9)});
    EXPECT_EQ(set.gaps(Seq(12)), (Gaps{gap(6, 7), gap(10, 12)}));
    EXPECT_EQ(set.gaps(Seq(9)), Gaps{gap(6, 7)});
    EXPECT_TRUE(SpanSet().gaps(Seq(100)).empty());
}

TEST(SpanSet, whatSurroundsASeq)
{
    const SpanSet set({span(3, 5, 9), span(6, 9, 4), span(20, 30, 9)});
    EXPECT_EQ(set.coveredAround(Seq(4)), gap(3, 9));
    EXPECT_EQ(set.coveredAround(Seq(10)), Gap{});
    EXPECT_EQ(set.gapAround(Seq(10), Seq(40)), gap(10, 19));
    EXPECT_EQ(set.gapAround(Seq(1), Seq(40)), gap(1, 2));
    EXPECT_EQ(set.gapAround(Seq(35), Seq(40)), gap(31, 40));
    EXPECT_EQ(set.gapAround(Seq(25), Seq(40)), Gap{});
    EXPECT_EQ(set.gapAround(Seq(0), Seq(40)), Gap{});
    EXPECT_EQ(set.gapAround(Seq(41), Seq(40)), Gap{});
    EXPECT_EQ(set.gapAround(Seq(15), Seq(17)), gap(10, 17)) << "no further than the head";
    EXPECT_EQ(set.coveredAround(Seq(1)), Gap{});
    EXPECT_EQ(set.coveredAround(Seq(25)), gap(20, 30));
    EXPECT_EQ(set.coveredAround(Seq(31)), Gap{});
    EXPECT_EQ(SpanSet().coveredAround(Seq(1)), Gap{});
    EXPECT_FALSE(set.contains(Seq(2)));
    EXPECT_FALSE(set.contains(Seq(31)));
    EXPECT_TRUE(set.contains(Seq(20)));
    EXPECT_FALSE(set.contains(Seq(19)));
}

} // namespace
} // namespace skein::offline
