// The packed key of a timeline row: room << 40 | place, where place is a seq or, for an unsent row,
// kPendingBit | n. One clustered B-tree: a page of a room is one range read, and unsent rows stand
// after all confirmed ones.
#pragma once

#include "offline/rows.h"

namespace skein::offline
{

/// Number of a room in this store, from 1, below 2^23. Not the server's id.
using RoomKey = std::int64_t;

inline constexpr int kRoomShift = 40;
inline constexpr std::int64_t kRoomKeyMax = (std::int64_t{1} << 23) - 1;
inline constexpr Position kPlaceMask = (Position{1} << kRoomShift) - 1;
inline constexpr Position kSeqMax = kPendingBit - 1;

[[nodiscard]] constexpr std::int64_t packedKey(RoomKey room, Position place) noexcept
{
    return (room << kRoomShift) | place;
}
[[nodiscard]] constexpr Position placeOf(std::int64_t key) noexcept
{
    return key & kPlaceMask;
}
[[nodiscard]] constexpr RoomKey roomOf(std::int64_t key) noexcept
{
    return key >> kRoomShift;
}
[[nodiscard]] constexpr bool isPendingPlace(Position place) noexcept
{
    return (place & kPendingBit) != 0;
}

/// Identity of the hole that begins at `lo`: negative, so that it never meets a stored row's.
[[nodiscard]] constexpr RowId holeRowId(Seq lo) noexcept
{
    return -lo.value();
}

} // namespace skein::offline
