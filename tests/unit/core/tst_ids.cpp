#include "core/ids.h"

#include <gtest/gtest.h>

#include <set>
#include <sstream>
#include <type_traits>
#include <unordered_set>

namespace skein
{
namespace
{

TEST(Ids, ofDifferentThingsDoNotMix)
{
    static_assert(!std::is_convertible_v<RoomId, UserId>);
    static_assert(!std::is_constructible_v<RoomId, UserId>);
    static_assert(!std::is_convertible_v<std::string, RoomId>);
    static_assert(!std::is_constructible_v<Seq, Ord>);
    static_assert(!std::is_convertible_v<std::int64_t, Seq>);
    EXPECT_EQ(RoomId("a"), RoomId(std::string("a")));
}

TEST(Ids, emptyMeansNone)
{
    EXPECT_TRUE(RoomId().empty());
    EXPECT_FALSE(static_cast<bool>(RoomId()));
    EXPECT_TRUE(static_cast<bool>(RoomId("r")));
    EXPECT_EQ(RoomId(), RoomId(""));
}

TEST(Ids, areOrderedHashedAndPrinted)
{
    const std::set<UserId> sorted{UserId("b"), UserId("a"), UserId("b")};
    EXPECT_EQ(sorted.size(), 2U);
    EXPECT_EQ(sorted.begin()->str(), "a");
    const std::unordered_set<UserId> hashed{UserId("b"), UserId("a"), UserId("b")};
    EXPECT_EQ(hashed.size(), 2U);
    EXPECT_TRUE(hashed.contains(UserId("a")));
    std::ostringstream out;
    out << UserId("ნინო") << ' ' << Seq(7);
    EXPECT_EQ(out.str(), "ნინო 7");
}

TEST(Ids, keepBytesThatAreNotText)
{
    const std::string bytes("a\0\xff", 3);
    EXPECT_EQ(SyncToken(std::string_view(bytes)).str(), bytes);
}

TEST(Counts, stepSubtractAndCompare)
{
    const Seq seq(41);
    EXPECT_EQ(seq.next(), Seq(42));
    EXPECT_EQ(seq.previous(), Seq(40));
    EXPECT_EQ(Seq(50) - seq, 9);
    EXPECT_EQ(seq - Seq(50), -9);
    EXPECT_LT(seq, Seq(42));
    EXPECT_EQ(seq.value(), 41);
}

TEST(Counts, zeroIsBeforeTheFirst)
{
    EXPECT_EQ(Seq(), Seq(0));
    EXPECT_FALSE(static_cast<bool>(Seq()));
    EXPECT_TRUE(static_cast<bool>(Seq(1)));
    EXPECT_EQ(Seq().next(), Seq(1));
}

TEST(Counts, hashByValue)
{
    const std::unordered_set<Rev> revs{Rev(1), Rev(2), Rev(1)};
    EXPECT_EQ(revs.size(), 2U);
}

} // namespace
} // namespace skein
