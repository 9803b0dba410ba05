// Typing and presence: who sees them, and that they die by themselves.
#include "tests/unit/service/world.h"

using namespace skein;
using namespace skein::server;
using namespace skein::server::testing;

namespace
{

struct EphemeralStage : Cast {
    EphemeralStage()
    {
        for (Client* who : {&owner, &admin, &member})
            who->open(room);
        world.advance(1'000);
        for (Client* who : {&owner, &admin, &member, &stranger})
            who->clear();
    }
    void type(Client& who, bool on = true)
    {
        TypingSet frame;
        frame.room = room;
        frame.on = on;
        who.send(frame);
    }
};

} // namespace

TEST(Typing, isSeenByTheOthersWhoHaveTheRoomOpen)
{
    EphemeralStage stage;
    stage.type(stage.owner);
    ASSERT_TRUE(stage.member.last<TypingUsers>());
    EXPECT_EQ(stage.member.last<TypingUsers>()->users, std::vector<UserId>{stage.owner.user});
    EXPECT_TRUE(stage.owner.all<TypingUsers>().empty());
    EXPECT_TRUE(stage.stranger.all<TypingUsers>().empty());
    stage.type(stage.admin);
    EXPECT_EQ(stage.member.last<TypingUsers>()->users.size(), 2u);
    stage.type(stage.owner, false);
    EXPECT_EQ(stage.member.last<TypingUsers>()->users, std::vector<UserId>{stage.admin.user});
    for (const Got& got : stage.world.wire.got[stage.member.conn])
        EXPECT_EQ(got.lane, Lane::Ephemeral);
}

TEST(Typing, endsByItselfUnlessItIsRepeated)
{
    EphemeralStage stage;
    stage.type(stage.owner);
    stage.world.advance(kTypingRepeatMs);
    stage.type(stage.owner);
    stage.world.advance(kTypingTtlMs - 1);
    EXPECT_EQ(stage.member.last<TypingUsers>()->users.size(), 1u);
    stage.world.advance(1);
    EXPECT_TRUE(stage.member.last<TypingUsers>()->users.empty());
}

TEST(Typing, endsWithTheMessageAndWithTheConnection)
{
    EphemeralStage stage;
    stage.type(stage.owner);
    stage.owner.say(stage.room, "there");
    EXPECT_TRUE(stage.member.last<TypingUsers>()->users.empty());
    stage.type(stage.admin);
    EXPECT_EQ(stage.member.last<TypingUsers>()->users.size(), 1u);
    stage.admin.drop();
    EXPECT_TRUE(stage.member.last<TypingUsers>()->users.empty());
}

TEST(Typing, whoOpensTheRoomLearnsWhoIsTyping)
{
    EphemeralStage stage;
    stage.type(stage.owner);
    Client laptop(stage.world, stage.member.user, "laptop");
    laptop.hello({{stage.room, Epoch(1), Seq(2)}});
    ASSERT_TRUE(laptop.last<TypingUsers>());
    EXPECT_EQ(laptop.last<TypingUsers>()->users, std::vector<UserId>{stage.owner.user});
}

TEST(Presence, isToldToThoseWhoShareAnOpenRoom)
{
    EphemeralStage stage;
    stage.owner.send(PresenceSet{PresenceStatus::Away});
    ASSERT_EQ(stage.member.all<PresenceUsers>().size(), 1u);
    EXPECT_EQ(stage.member.last<PresenceUsers>()->users.at(0).id, stage.owner.user);
    EXPECT_EQ(stage.member.last<PresenceUsers>()->users.at(0).status, PresenceStatus::Away);
    EXPECT_TRUE(stage.stranger.all<PresenceUsers>().empty());
    stage.owner.send(PresenceSet{PresenceStatus::Away}); // no news
    EXPECT_EQ(stage.member.all<PresenceUsers>().size(), 1u);
}

TEST(Presence, aShortReconnectIsNoAbsenceAndALongOneIs)
{
    EphemeralStage stage;
    stage.owner.drop();
    stage.world.advance(3'000);
    stage.owner.hello();
    stage.world.advance(20'000);
    EXPECT_TRUE(stage.member.all<PresenceUsers>().empty());
    stage.owner.drop();
    stage.world.advance(8'000);
    ASSERT_EQ(stage.member.all<PresenceUsers>().size(), 1u);
    EXPECT_EQ(stage.member.last<PresenceUsers>()->users.at(0).status, PresenceStatus::Offline);
    EXPECT_GT(stage.member.last<PresenceUsers>()->users.at(0).lastSeen, 0);
    stage.owner.hello();
    EXPECT_EQ(stage.member.last<PresenceUsers>()->users.at(0).status, PresenceStatus::Online);
}

TEST(Presence, aStormIsToldOnceAWindow)
{
    ServiceConfig config;
    config.enforceRateLimits = false;
    config.connectionsPerUserMax = 100;
    Cast cast(config);
    std::vector<std::unique_ptr<Client>> audience;
    for (int i = 0; i < 40; ++i) {
        audience.push_back(
            std::make_unique<Client>(cast.world, cast.member.user, "d" + std::to_string(i)));
        audience.back()->hello({{cast.room, Epoch(1), Seq(2)}});
        audience.back()->clear();
    }
    for (int i = 0; i < 100; ++i) {
        cast.owner.queue(PresenceSet{PresenceStatus::Away});
        cast.owner.queue(PresenceSet{PresenceStatus::Online});
    }
    EXPECT_LE(audience[0]->all<PresenceUsers>().size(), 51u); // 2,000 frames over 40 connections
    cast.owner.queue(PresenceSet{PresenceStatus::Away});
    cast.world.advance(200);
    EXPECT_EQ(audience[0]->last<PresenceUsers>()->users.at(0).status, PresenceStatus::Away);
}
