#include "protocol/frames.h"

#include <gtest/gtest.h>

#include <set>

namespace skein::protocol
{
namespace
{

constexpr Kind kAllKinds[] = {Kind::Text,      Kind::Image,  Kind::File,   Kind::System,
                              Kind::JobUpdate, Kind::Edit,   Kind::Delete, Kind::Reaction,
                              Kind::Pin,       Kind::Member, Kind::Room,   Kind::Unknown};

TEST(Frames, fiveKindsAreMessagesAndFourOfThemCountAsUnread)
{
    std::set<Kind> messages;
    std::set<Kind> unread;
    for (const Kind kind : kAllKinds) {
        if (isMessage(kind))
            messages.insert(kind);
        if (countsAsUnread(kind))
            unread.insert(kind);
    }
    EXPECT_EQ(messages,
              (std::set{Kind::Text, Kind::Image, Kind::File, Kind::System, Kind::JobUpdate}));
    EXPECT_EQ(unread, (std::set{Kind::Text, Kind::Image, Kind::File, Kind::JobUpdate}));
}

TEST(Frames, aKindOfANewerVersionIsNeitherAMessageNorUnread)
{
    EXPECT_FALSE(isMessage(Kind::Unknown));
    EXPECT_FALSE(countsAsUnread(Kind::Unknown));
}

TEST(Frames, compareByValue)
{
    Event a;
    a.seq = Seq(3);
    a.reactions = {{"👍", {UserId("u")}}};
    Event b = a;
    EXPECT_EQ(a, b);
    b.reactions[0].users.clear();
    EXPECT_NE(a, b);
}

TEST(Frames, defaultsAreThoseOfTheLimits)
{
    const Limits limits;
    EXPECT_EQ(limits.frameBytes, 65'536);
    EXPECT_EQ(limits.bodyCharacters, 20'000);
    EXPECT_EQ(limits.fullSubscriptions, 128);
    EXPECT_EQ(limits.sendWindow, 8);
}

} // namespace
} // namespace skein::protocol
