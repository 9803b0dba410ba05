#include "offline/keys.h"

#include <gtest/gtest.h>

namespace skein::offline
{
namespace
{

TEST(Keys, roomAndPlaceComeBackFromTheKey)
{
    for (const RoomKey room : {RoomKey{1}, RoomKey{77}, kRoomKeyMax}) {
        for (const Position place :
             {Position{0}, Position{1}, kSeqMax, kPendingBit, kPendingBit | 5, kPlaceMask}) {
            const std::int64_t key = packedKey(room, place);
            EXPECT_EQ(roomOf(key), room);
            EXPECT_EQ(placeOf(key), place);
            EXPECT_GT(key, 0) << "SQLite's rowids are signed";
        }
    }
}

TEST(Keys, aRoomIsOneRangeWithItsUnsentRowsBehindAllConfirmedOnes)
{
    EXPECT_LT(packedKey(4, kPlaceMask), packedKey(5, 0));
    EXPECT_LT(packedKey(5, kSeqMax), packedKey(5, kPendingBit));
    EXPECT_FALSE(isPendingPlace(kSeqMax));
    EXPECT_TRUE(isPendingPlace(kPendingBit));
}

TEST(Keys, aHoleNeverHasTheIdentityOfARow)
{
    EXPECT_LT(holeRowId(Seq(1)), 0);
    EXPECT_NE(holeRowId(Seq(1)), holeRowId(Seq(2)));
}

} // namespace
} // namespace skein::offline
