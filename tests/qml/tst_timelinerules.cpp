#include "app/src/timelinerules.h"

#include <gtest/gtest.h>

using namespace Skein;

namespace
{

TimelineSituation reading()
{
    TimelineSituation now;
    now.hasRows = true;
    now.atNewest = true;
    now.gapToEndPx = 900;
    now.anchorAlive = true;
    return now;
}

} // namespace

TEST(TimelineRules, emptyRoomMovesNothing)
{
    TimelineSituation now;
    now.jumpWaiting = true;
    EXPECT_EQ(decide(now), TimelineAction::Nothing);
}

TEST(TimelineRules, aWaitingJumpBeatsEverything)
{
    TimelineSituation now = reading();
    now.jumpWaiting = now.following = now.userMoving = true;
    now.displacementPx = 40;
    EXPECT_EQ(decide(now), TimelineAction::GoToRow);
}

TEST(TimelineRules, nothingIsWrittenUnderAMovingFinger)
{
    TimelineSituation now = reading();
    now.userMoving = true;
    now.displacementPx = 120;
    EXPECT_EQ(decide(now), TimelineAction::Nothing);
    now.following = true;
    EXPECT_EQ(decide(now), TimelineAction::Nothing);
}

TEST(TimelineRules, theEndIsFollowedWhereItIsTheEnd)
{
    TimelineSituation now = reading();
    now.following = true;
    EXPECT_EQ(decide(now), TimelineAction::StickToEnd);
    now.gapToEndPx = 0;
    EXPECT_EQ(decide(now), TimelineAction::Nothing);
}

TEST(TimelineRules, aTrimmedEdgeIsNoEnd)
{
    TimelineSituation now = reading();
    now.following = true;
    now.atNewest = false;
    EXPECT_EQ(decide(now), TimelineAction::Nothing);
    now.displacementPx = 3;
    EXPECT_EQ(decide(now), TimelineAction::KeepAnchor);
    EXPECT_FALSE(followsEnd(false, 0));
}

TEST(TimelineRules, aReaderInHistoryKeepsThePlace)
{
    TimelineSituation now = reading();
    EXPECT_EQ(decide(now), TimelineAction::Nothing);
    for (const double px : {-120.0, 0.5, 120.0}) {
        now.displacementPx = px;
        EXPECT_EQ(decide(now), TimelineAction::KeepAnchor) << px;
    }
    now.displacementPx = 0.001;
    EXPECT_EQ(decide(now), TimelineAction::Nothing);
    now.displacementPx = 50;
    now.anchorAlive = false;
    EXPECT_EQ(decide(now), TimelineAction::Nothing);
}

TEST(TimelineRules, sixtyPixelsStillFollow)
{
    EXPECT_TRUE(followsEnd(true, 0));
    EXPECT_TRUE(followsEnd(true, kFollowDistancePx));
    EXPECT_FALSE(followsEnd(true, kFollowDistancePx + 0.5));
}

TEST(TimelineRules, theThumbStandsForTheWholeRoom)
{
    // 1,000,000 rows, 500 loaded in the middle, rows 100 to 110 of them visible.
    const auto thumb = thumbGeometry(110, 100, 500'000, 500, 1'000'000);
    EXPECT_NEAR(thumb.position, (500'000 + 499 - 110) / 1e6, 1e-9);
    EXPECT_NEAR(thumb.size, 11 / 1e6, 1e-12);
    // Everything visible: no thumb.
    EXPECT_DOUBLE_EQ(thumbGeometry(9, 0, 0, 10, 10).size, 1);
    // At the end the thumb touches the bottom.
    const auto end = thumbGeometry(9, 0, 90, 10, 100);
    EXPECT_NEAR(end.position + end.size, 1, 1e-9);
    // Nothing known yet.
    EXPECT_DOUBLE_EQ(thumbGeometry(-1, 0, 0, 0, 0).size, 1);
}

TEST(TimelineRules, aDraggedThumbNamesARowOfTheRoom)
{
    EXPECT_EQ(rowForThumb(0, 1000), 0);
    EXPECT_EQ(rowForThumb(0.5, 1000), 500);
    EXPECT_EQ(rowForThumb(1, 1000), 999);
    EXPECT_EQ(rowForThumb(-3, 1000), 0);
    EXPECT_EQ(rowForThumb(0.3, 0), 0);
}
