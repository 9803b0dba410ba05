#include "world.h"

namespace skein::engine::test
{

class RoomList : public World
{
};

TEST_F(RoomList, firstSignInWalksTheWholeList)
{
    engine->start();
    hello();
    say(welcomeFrame());
    auto asked = transport.take<protocol::RoomsRequest>();
    ASSERT_EQ(asked.size(), 1U);
    EXPECT_TRUE(asked[0].rooms.empty());
    say(protocol::RoomsResponse{asked[0].req, {info(0)}, true, "next"});
    asked = transport.take<protocol::RoomsRequest>();
    ASSERT_EQ(asked.size(), 1U);
    EXPECT_EQ(asked[0].after, "next");
    auto second = info(0);
    second.head.room = RoomId("room2");
    say(protocol::RoomsResponse{asked[0].req, {second}, false, ""});
    EXPECT_EQ(screen.rooms.size(), 2U);
    EXPECT_EQ(screen.rooms[kRoom].name, "Room");
    EXPECT_EQ(engine->link().link, Link::Live);
}

TEST_F(RoomList, roomLeftElsewhereIsRemovedAndItsUnsentKept)
{
    fillLog(2);
    goLive(2);
    drop();
    const TempId tempId = sendText("unsent");
    restartProcess();
    engine->start();
    hello();
    say(welcomeFrame());
    answerRooms({});
    EXPECT_EQ(store->outbox().list().at(0).tempId, tempId);
    auto reader = offline::Reader::open(path);
    EXPECT_TRUE((*reader)->rooms(0, 10)->empty());
}

TEST_F(RoomList, removedRoomLeavesNothingBehind)
{
    fillLog(2);
    goLive(2);
    say(protocol::RoomRemoved{kRoom});
    EXPECT_TRUE(screen.rooms.empty());
    EXPECT_TRUE(screen.timeline().empty());
    EXPECT_TRUE(store->rooms().load().empty());
    Draft draft;
    draft.body = "x";
    EXPECT_EQ(engine->send(kRoom, draft).error().code, ErrorCode::NotFound);
}

TEST_F(RoomList, addedRoomIsSubscribedAndFetched)
{
    goLive();
    auto added = info(5);
    added.head.room = RoomId("room2");
    say(protocol::RoomAdded{added});
    EXPECT_TRUE(screen.rooms.contains(RoomId("room2")));
    const auto subscribed = transport.take<protocol::SubscribeRoom>();
    ASSERT_EQ(subscribed.size(), 1U);
    EXPECT_EQ(subscribed[0].room, RoomId("room2"));
    EXPECT_EQ(transport.take<protocol::SyncRequest>().size(), 1U);
}

TEST_F(RoomList, renameComesThroughTheLog)
{
    goLive();
    protocol::Event event = message(1, "");
    event.kind = protocol::Kind::Room;
    event.ord = Ord(0);
    event.name = "New name";
    say(protocol::LogEntry{event});
    EXPECT_EQ(screen.rooms[kRoom].name, "New name");
    EXPECT_TRUE(screen.timeline().empty());
}

TEST_F(RoomList, membersGiveNamesToTheRows)
{
    goLive();
    say(protocol::LogEntry{message(1, "a")});
    engine->openRoom(kRoom);
    const auto asked = transport.take<protocol::MembersRequest>();
    ASSERT_EQ(asked.size(), 1U);
    protocol::MemberInfo her;
    her.user = kHer;
    her.name = "Her";
    her.status = protocol::PresenceStatus::Online;
    say(protocol::MembersResponse{asked[0].req, kRoom, {her}, false, ""});
    ASSERT_EQ(screen.members.size(), 1U);
    EXPECT_EQ(screen.resets, 1);
    auto reader = offline::Reader::open(path);
    EXPECT_EQ((*reader)->newest(kRoom, 1)->rows.at(0).senderName, "Her");
    EXPECT_EQ(screen.presence.at(0).id, kHer);
}

TEST_F(RoomList, theNumberOfMembersIsTheServersAndTheLogSaysWhenItIsOld)
{
    const auto member = [](std::int64_t seq, bool isOne) {
        protocol::Event event = message(seq, "");
        event.kind = protocol::Kind::Member;
        event.member = kHer;
        if (isOne)
            event.role = protocol::Role::Member;
        return event;
    };
    fillLog(3);
    log[2] = member(2, false);
    goLive(3); // two, as of 3
    EXPECT_EQ(screen.rooms[kRoom].members, 2) << "who left before that is not counted";
    engine->openRoom(kRoom);
    EXPECT_TRUE(transport.take<protocol::RoomsRequest>().empty());

    say(protocol::LogEntry{member(4, true)}); // came, or got another role
    auto asked = transport.take<protocol::RoomsRequest>();
    ASSERT_EQ(asked.size(), 1U);
    EXPECT_EQ(asked[0].rooms, std::vector<RoomId>{kRoom});
    say(protocol::LogEntry{member(5, false)});
    EXPECT_EQ(screen.rooms[kRoom].members, 1) << "at once, if not for sure";
    EXPECT_TRUE(transport.take<protocol::RoomsRequest>().empty()) << "one is on its way";
    auto now = info(4); // of before the second one
    now.members = 3;
    say(protocol::RoomsResponse{asked[0].req, {now}, false, ""});
    EXPECT_EQ(screen.rooms[kRoom].members, 1) << "an older count is none";
    EXPECT_TRUE(transport.take<protocol::RoomsRequest>().empty()) << "not at once";
    advance(1'000);
    asked = transport.take<protocol::RoomsRequest>();
    ASSERT_EQ(asked.size(), 1U) << "so it is asked for again";
    now = info(5);
    now.members = 2;
    say(protocol::RoomsResponse{asked[0].req, {now}, false, ""});
    EXPECT_EQ(screen.rooms[kRoom].members, 2);
    EXPECT_TRUE(transport.take<protocol::RoomsRequest>().empty());

    // What the disk refuses is not known.
    breakDisk({"rooms"});
    say(protocol::LogEntry{member(6, false)});
    mendDisk();
    EXPECT_EQ(screen.rooms[kRoom].members, 2);
    log[4] = member(4, true);
    log[5] = member(5, false);
    log[6] = member(6, false);
    advance(5'000); // hangs up, and comes back when the disk has had its time
    engine->retryNow();
    reconnect();
    advance(100);
    answerSync();
    EXPECT_EQ(screen.rooms[kRoom].members, 1) << "so it counts when it comes again";
    now = info(6);
    now.members = 1;
    answerRooms({now});

    // Of a closed room when it is opened next.
    engine->closeRoom(kRoom);
    say(protocol::LogEntry{member(7, true)});
    EXPECT_TRUE(transport.take<protocol::RoomsRequest>().empty());
    engine->openRoom(kRoom);
    EXPECT_EQ(transport.take<protocol::RoomsRequest>().size(), 1U);
}

TEST_F(RoomList, aSubscriptionThatIsRefusedForNowIsAskedForAgain)
{
    goLive();
    auto second = info(0);
    second.head.room = RoomId("room2");
    say(protocol::RoomAdded{second});
    auto asked = transport.take<protocol::SubscribeRoom>();
    ASSERT_EQ(asked.size(), 1U);
    ASSERT_FALSE(asked[0].req.empty());
    say(protocol::ErrorFrame{asked[0].req, ErrorCode::RateLimited, true, 2'000, ""});
    EXPECT_TRUE(transport.take<protocol::SubscribeRoom>().empty()) << "not before its time";
    advance(2'000);
    asked = transport.take<protocol::SubscribeRoom>();
    ASSERT_EQ(asked.size(), 1U);
    EXPECT_EQ(asked[0].room, second.head.room);
    // For good: it is not there, and nothing asks for it again.
    say(protocol::ErrorFrame{asked[0].req, ErrorCode::NotFound, false, {}, ""});
    advance(60'000);
    EXPECT_TRUE(transport.take<protocol::SubscribeRoom>().empty());
}

TEST_F(RoomList, aRoomThatWasOpenBeforeItWasKnownHasItsMembersAskedFor)
{
    engine->start();
    engine->openRoom(kRoom);
    engine->openRoom(RoomId("room2"));
    hello();
    say(welcomeFrame());
    EXPECT_TRUE(transport.take<protocol::MembersRequest>().empty());
    answerRooms({info(0)});
    auto asked = transport.take<protocol::MembersRequest>();
    ASSERT_EQ(asked.size(), 1U);
    EXPECT_EQ(asked[0].room, kRoom);
    auto second = info(0);
    second.head.room = RoomId("room2");
    say(protocol::RoomAdded{second});
    asked = transport.take<protocol::MembersRequest>();
    ASSERT_EQ(asked.size(), 1U);
    EXPECT_EQ(asked[0].room, second.head.room);
}

TEST_F(RoomList, draftIsKeptAndShownInTheList)
{
    goLive();
    ASSERT_TRUE(engine->setDraft(kRoom, "half"));
    EXPECT_EQ(screen.rooms[kRoom].draft, "half");
    restartProcess();
    auto reader = offline::Reader::open(path);
    EXPECT_EQ(*(*reader)->draft(kRoom), "half");
    EXPECT_EQ((*reader)->rooms(0, 10)->at(0).draft, "half");
    EXPECT_EQ(engine->setDraft(RoomId("nowhere"), "x").error().code, ErrorCode::NotFound);
}

TEST_F(RoomList, tokenIsKeptOnlyWhenEverythingBeforeItIsKnown)
{
    engine->start();
    hello();
    auto frame = welcomeFrame();
    frame.dirty = {head(0)};
    say(frame);
    EXPECT_EQ(store->fact(offline::Store::kSyncToken), "");
    answerRooms({info(0)});
    EXPECT_EQ(store->fact(offline::Store::kSyncToken), "t1");
}

} // namespace skein::engine::test
