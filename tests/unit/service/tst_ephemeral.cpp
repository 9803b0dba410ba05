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

/// What `who` was told of the presence of `whom`, oldest first.
std::vector<PresenceInfo> toldOf(const Client& who, const UserId& whom)
{
    std::vector<PresenceInfo> told;
    for (const PresenceUsers& frame : who.all<PresenceUsers>()) {
        for (const PresenceInfo& one : frame.users) {
            if (one.id == whom)
                told.push_back(one);
        }
    }
    return told;
}

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

TEST(Presence, neitherTypingNorPresenceEverTouchesTheDatabase)
{
    EphemeralStage stage;
    const std::int64_t before = stage.world.storage->statementsExecuted();
    stage.type(stage.owner);
    stage.type(stage.owner, false);
    stage.type(stage.admin);
    stage.world.advance(kTypingTtlMs);
    stage.owner.send(PresenceSet{PresenceStatus::Away});
    stage.owner.drop();
    stage.world.advance(60'000);
    ASSERT_TRUE(stage.member.closed()); // of silence: so they all went offline in between
    stage.member.hello({{stage.room, Epoch(1), Seq(2)}});
    EXPECT_TRUE(stage.member.all<PresenceUsers>().empty());
    stage.owner.hello();
    ASSERT_EQ(stage.member.all<PresenceUsers>().size(), 1u);
    EXPECT_EQ(stage.member.last<PresenceUsers>()->users.at(0).status, PresenceStatus::Online);
    EXPECT_EQ(stage.world.storage->statementsExecuted(), before);
}

TEST(Presence, lastSeenIsTheLastSignOfLifeNotTheMomentOfTheEnd)
{
    EphemeralStage stage;
    stage.world.advance(5'000);
    stage.owner.send(Ping{1});
    const std::int64_t alive = stage.world.clock.wallNow().ms;
    stage.world.advance(2'000);
    stage.owner.drop();
    stage.world.advance(8'000);
    ASSERT_TRUE(stage.member.last<PresenceUsers>());
    EXPECT_EQ(stage.member.last<PresenceUsers>()->users.at(0).status, PresenceStatus::Offline);
    EXPECT_EQ(stage.member.last<PresenceUsers>()->users.at(0).lastSeen, alive);
}

TEST(Presence, whoGivesNoSignOfLifeForItsTimeIsOfflineAlthoughTheConnectionIsOpen)
{
    // A heartbeat so slow that it does not close the connection before.
    ServiceConfig config;
    config.heartbeatMs = 3'600'000;
    Cast cast(config);
    const UserId owner = cast.owner.user;
    cast.member.open(cast.room);
    cast.owner.send(PresenceSet{PresenceStatus::Away});
    Client laptop(cast.world, owner, "laptop");
    cast.world.advance(60'000);
    laptop.hello(); // a second connection, silent from here on, too
    const std::int64_t alive = cast.world.clock.wallNow().ms;
    cast.member.clear();
    cast.world.advance(kPresenceTtlMs - 1);
    EXPECT_TRUE(toldOf(cast.member, owner).empty());
    cast.world.advance(1);
    ASSERT_EQ(toldOf(cast.member, owner).size(), 1u);
    EXPECT_EQ(toldOf(cast.member, owner)[0].status, PresenceStatus::Offline);
    EXPECT_EQ(toldOf(cast.member, owner)[0].lastSeen, alive);
    EXPECT_FALSE(cast.owner.closed());

    // One pong on any of them, and the user is what it said to be.
    cast.owner.send(Pong{1, 0, {}});
    ASSERT_EQ(toldOf(cast.member, owner).size(), 2u);
    EXPECT_EQ(toldOf(cast.member, owner)[1].status, PresenceStatus::Away);
    cast.world.advance(kPresenceTtlMs - 1);
    EXPECT_EQ(toldOf(cast.member, owner).size(), 2u);
    cast.world.advance(1);
    ASSERT_EQ(toldOf(cast.member, owner).size(), 3u);
    EXPECT_EQ(toldOf(cast.member, owner)[2].status, PresenceStatus::Offline);
}

TEST(Presence, whoChoseToBeOfflineStaysSoUntilSaidOtherwise)
{
    ServiceConfig config;
    config.heartbeatMs = 3'600'000;
    Cast cast(config);
    const UserId owner = cast.owner.user;
    cast.member.open(cast.room);
    cast.member.clear();
    cast.owner.send(PresenceSet{PresenceStatus::Offline});
    ASSERT_EQ(toldOf(cast.member, owner).size(), 1u);
    cast.world.advance(kPresenceTtlMs);
    cast.owner.send(Pong{1, 0, {}});
    EXPECT_EQ(toldOf(cast.member, owner).size(), 1u);
    cast.owner.send(PresenceSet{PresenceStatus::Online});
    EXPECT_EQ(toldOf(cast.member, owner).size(), 2u);
    cast.world.advance(2 * kPresenceTtlMs); // it is watched all the while
    ASSERT_EQ(toldOf(cast.member, owner).size(), 3u);
    EXPECT_EQ(toldOf(cast.member, owner)[2].status, PresenceStatus::Offline);
}

TEST(Presence, afterARestartLastSeenIsTheNewestSignInOrRenewal)
{
    EphemeralStage stage;
    const auto sign = [&](const char* session, std::int64_t ts) {
        CreateSessionOp op;
        op.session = SessionId(session);
        op.user = 1;
        op.device = DeviceId(session);
        op.refreshHash = session;
        op.ts = ts;
        op.expiresTs = ts + 1'000'000;
        stage.world.storage->createSession(op, [](Result<SessionMade> made) { EXPECT_TRUE(made); });
    };
    sign("one", 1'000);
    sign("two", 3'000);
    RotateSessionOp renew;
    renew.oldHash = "one";
    renew.newHash = "one again";
    renew.ts = 5'000;
    renew.expiresTs = 1'000'000;
    stage.world.storage->rotateSession(
        renew, [](Result<Rotated> rotated) { EXPECT_TRUE(rotated && rotated->valid); });
    stage.world.settle();
    stage.world.restart();
    stage.member.hello();
    MembersRequest who;
    who.req = RequestId("m");
    who.room = stage.room;
    stage.member.send(who);
    const auto response = stage.member.last<MembersResponse>();
    ASSERT_TRUE(response);
    ASSERT_EQ(response->members.size(), 3u);
    EXPECT_EQ(response->members[0].user, stage.owner.user);
    EXPECT_EQ(response->members[0].status, PresenceStatus::Offline);
    EXPECT_EQ(response->members[0].lastSeen, 5'000);
    EXPECT_EQ(response->members[1].lastSeen, 0); // never signed in over HTTP
}
