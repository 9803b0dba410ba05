#include "world.h"

namespace skein::engine::test
{

class Signals : public World
{
};

TEST_F(Signals, typingIsRepeatedEveryTwoSecondsAtMost)
{
    goLive();
    for (int i = 0; i < 10; ++i) {
        engine->typing(kRoom, true);
        advance(199);
    }
    EXPECT_EQ(transport.take<protocol::TypingSet>().size(), 1U);
    advance(20);
    engine->typing(kRoom, true);
    EXPECT_EQ(transport.take<protocol::TypingSet>().size(), 1U);
    engine->typing(kRoom, false);
    engine->typing(kRoom, false);
    const auto off = transport.take<protocol::TypingSet>();
    ASSERT_EQ(off.size(), 1U);
    EXPECT_FALSE(off[0].on);
}

TEST_F(Signals, typingOfOthersExpires)
{
    goLive();
    say(protocol::TypingUsers{kRoom, {kHer, kMe}, 3'000});
    ASSERT_EQ(screen.typing[kRoom].size(), 1U);
    EXPECT_EQ(screen.typing[kRoom][0].first, kHer);
    advance(2'999);
    EXPECT_EQ(screen.typing[kRoom].size(), 1U);
    advance(1);
    EXPECT_TRUE(screen.typing[kRoom].empty());
}

TEST_F(Signals, presenceIsToldAndRepeatedAfterAReconnect)
{
    goLive();
    engine->setPresence(protocol::PresenceStatus::Away);
    EXPECT_EQ(transport.take<protocol::PresenceSet>().size(), 1U);
    drop();
    engine->retryNow();
    reconnect();
    const auto again = transport.take<protocol::PresenceSet>();
    ASSERT_EQ(again.size(), 1U);
    EXPECT_EQ(again[0].status, protocol::PresenceStatus::Away);
    say(protocol::PresenceUsers{{{kHer, protocol::PresenceStatus::Online, 5}}});
    ASSERT_EQ(screen.presence.size(), 1U);
    EXPECT_EQ(screen.presence[0].lastSeen, 5);
}

} // namespace skein::engine::test
