#include "world.h"

namespace skein::engine::test
{

using offline::Status;

class Receipts : public World
{
};

TEST_F(Receipts, whatWasStoredIsToldAsDeliveredInOneFrame)
{
    goLive();
    for (std::int64_t seq = 1; seq <= 5; ++seq)
        say(protocol::LogEntry{message(seq, "m")});
    EXPECT_TRUE(transport.take<protocol::MarkDelivered>().empty());
    advance(200);
    const auto told = transport.take<protocol::MarkDelivered>();
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0].rooms, (std::vector<protocol::RoomSeq>{{kRoom, Seq(5)}}));
}

TEST_F(Receipts, readingIsMonotoneThrottledAndClearsTheBadge)
{
    goLive();
    for (std::int64_t seq = 1; seq <= 5; ++seq)
        say(protocol::LogEntry{message(seq, "m")});
    EXPECT_EQ(screen.rooms[kRoom].unread, 5);
    engine->markRead(kRoom, Seq(3));
    engine->markRead(kRoom, Seq(2));
    EXPECT_EQ(screen.rooms[kRoom].unread, 2);
    engine->markRead(kRoom, Seq(99));
    EXPECT_EQ(screen.rooms[kRoom].unread, 0);
    EXPECT_EQ(screen.rooms[kRoom].read, Seq(5));
    advance(200);
    const auto told = transport.take<protocol::MarkRead>();
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0].seq, Seq(5));
}

TEST_F(Receipts, readMarkMadeOfflineIsToldLater)
{
    fillLog(3);
    goLive(3);
    drop();
    engine->markRead(kRoom, Seq(3));
    restartProcess();
    engine->start();
    reconnect();
    advance(0);
    const auto told = transport.take<protocol::MarkRead>();
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0].seq, Seq(3));
}

TEST_F(Receipts, readMarkThatWasSentIntoABreakingConnectionIsToldAgain)
{
    fillLog(3);
    goLive(3);
    engine->markRead(kRoom, Seq(2));
    advance(200);
    ASSERT_EQ(transport.take<protocol::MarkRead>().size(), 1U);
    drop();
    restartProcess(); // and the process with it
    engine->start();
    reconnect();
    advance(0);
    auto told = transport.take<protocol::MarkRead>();
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0].seq, Seq(2));
    say(protocol::ReadState{kRoom, Seq(2), Seq(2), 1, 0});
    drop();
    engine->retryNow();
    reconnect();
    advance(1'000);
    EXPECT_TRUE(transport.take<protocol::MarkRead>().empty());
}

TEST_F(Receipts, deliveryThatWasSentIntoABreakingConnectionIsToldAgain)
{
    fillLog(3);
    goLive(3);
    advance(200);
    ASSERT_EQ(transport.take<protocol::MarkDelivered>().size(), 1U);
    drop();
    engine->retryNow();
    reconnect();
    advance(0);
    const auto told = transport.take<protocol::MarkDelivered>();
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0].rooms, (std::vector<protocol::RoomSeq>{{kRoom, Seq(3)}}));
}

TEST_F(Receipts, deliveryIsKnownToHaveArrivedWhenALaterPingIsAnswered)
{
    fillLog(3);
    goLive(3);
    advance(200);
    ASSERT_EQ(transport.take<protocol::MarkDelivered>().size(), 1U);
    advance(5'000);
    const auto pings = transport.take<protocol::Ping>();
    ASSERT_FALSE(pings.empty());
    say(protocol::Pong{pings.back().t, 0, {}});
    drop();
    engine->retryNow();
    reconnect();
    advance(1'000);
    EXPECT_TRUE(transport.take<protocol::MarkDelivered>().empty());
}

TEST_F(Receipts, whatWasToldToAnotherRunOfTheServerIsToldAgain)
{
    fillLog(3);
    const auto connect = [this](const char* boot) {
        engine->retryNow();
        hello();
        auto frame = welcomeFrame();
        frame.boot = BootId(boot);
        frame.dirty = {head(3)};
        say(frame);
        answerRooms({info(3)});
        answerSync();
        advance(3'000);
        say(protocol::Pong{clock.now().ms, 0, {}}); // proves what was told before
        std::vector<std::int64_t> told;
        for (const auto& mark : transport.take<protocol::MarkDelivered>())
            told.push_back(mark.rooms.at(0).seq.value());
        drop();
        return told;
    };
    using Told = std::vector<std::int64_t>;
    engine->start();
    EXPECT_EQ(connect("one"), Told{3});
    EXPECT_EQ(connect("one"), Told{}) << "it is known there";
    EXPECT_EQ(connect("two"), Told{3}) << "that one may have lost it";
    EXPECT_EQ(connect("two"), Told{});
    restartProcess();
    engine->start();
    EXPECT_EQ(connect("two"), Told{});
    EXPECT_EQ(connect(""), Told{}) << "an older server does not say";
    restartProcess();
    engine->start();
    EXPECT_EQ(connect("three"), Told{3});
}

TEST_F(Receipts, readMarkIsMadeSafeAMomentLaterAlsoOffline)
{
    fillLog(3);
    goLive(3);
    drop();
    engine->stop();
    engine->markRead(kRoom, Seq(3));
    EXPECT_EQ(engine->nextWakeupAt(), clock.now() + Milliseconds(200));
    advance(200);
    EXPECT_GT(engine->nextWakeupAt(), clock.now() + Milliseconds(60'000));
}

TEST_F(Receipts, readOnAnotherDeviceClearsTheBadgeHere)
{
    fillLog(4);
    goLive(4);
    EXPECT_EQ(screen.rooms[kRoom].unread, 4);
    say(protocol::ReadState{kRoom, Seq(3), Seq(3), 1, 0});
    EXPECT_EQ(screen.rooms[kRoom].unread, 1);
    say(protocol::ReadState{kRoom, Seq(2), Seq(2), 2, 0}); // late
    EXPECT_EQ(screen.rooms[kRoom].unread, 1);
}

TEST_F(Receipts, othersPositionsMoveTheTicks)
{
    goLive();
    std::vector<TempId> ids{sendText("a"), sendText("b"), sendText("c")};
    for (std::size_t i = 0; i < ids.size(); ++i)
        say(confirmation(ids[i], static_cast<std::int64_t>(i) + 1));
    say(protocol::Receipts{kRoom, {{kHer, Seq(1), Seq(2)}, {kMe, Seq(3), Seq(3)}}});
    EXPECT_EQ(screen.timeline()[0].status, Status::Read);
    EXPECT_EQ(screen.timeline()[1].status, Status::Delivered);
    EXPECT_EQ(screen.timeline()[2].status, Status::Sent);
    say(protocol::Receipts{kRoom, {{kHer, Seq(0), Seq(1)}}}); // never backwards
    EXPECT_EQ(screen.timeline()[1].status, Status::Delivered);
    say(protocol::Receipts{kRoom, {{kHer, Seq(3), Seq(3)}}});
    EXPECT_EQ(screen.timeline()[2].status, Status::Read);
}

TEST_F(Receipts, positionsThatComeTogetherAreStoredInOneTransaction)
{
    goLive();
    std::vector<TempId> ids{sendText("a"), sendText("b")};
    for (std::size_t i = 0; i < ids.size(); ++i)
        say(confirmation(ids[i], static_cast<std::int64_t>(i) + 1));
    const int before = screen.listChanges;
    for (const protocol::ServerFrame& frame :
         {protocol::ServerFrame(protocol::Receipts{kRoom, {{kHer, Seq(1), Seq(2)}}}),
          protocol::ServerFrame(protocol::ReadState{kRoom, Seq(2), Seq(2), 0, 0, Ord(2)}),
          protocol::ServerFrame(protocol::Receipts{kRoom, {{kHer, Seq(2), Seq(2)}}}),
          protocol::ServerFrame(protocol::RoomDirty{head(2, 2, 0), {}})})
        engine->frameReceived(protocol::encode(frame));
    EXPECT_EQ(screen.listChanges, before);
    ASSERT_TRUE(engine->hasWork());
    engine->work();
    EXPECT_EQ(screen.listChanges, before + 1);
    EXPECT_FALSE(engine->hasWork());
    for (const auto& row : screen.timeline())
        EXPECT_EQ(row.status, Status::Read);
    EXPECT_EQ(screen.rooms[kRoom].read, Seq(2));
    EXPECT_EQ(screen.rooms[kRoom].othersRead, Seq(2));
}

TEST_F(Receipts, aCountIsTakenAtTheHeadThatTheServerCountedAt)
{
    fillLog(5);
    goLive(5);
    // Seq 6 and 7 are on their way; the server has counted them.
    say(protocol::ReadState{kRoom, Seq(2), Seq(2), 5, 0, Ord(7)});
    for (std::int64_t seq = 6; seq <= 7; ++seq)
        say(protocol::LogEntry{message(seq, "m")});
    EXPECT_EQ(screen.rooms[kRoom].unread, 5);
}

TEST_F(Receipts, whoWritesWithNothingUnreadHasReadWhatTheyWrote)
{
    goLive();
    const TempId first = sendText("a");
    say(confirmation(first, 1));
    EXPECT_EQ(screen.rooms[kRoom].unread, 0);
    say(protocol::LogEntry{message(2, "unread")});
    EXPECT_EQ(screen.rooms[kRoom].unread, 1);
}

TEST_F(Receipts, whatTheServerWroteInOnesNameIsNotReadByWritingIt)
{
    goLive();
    auto event = message(1, "Me joined", kMe);
    event.kind = protocol::Kind::System;
    event.ord = Ord(0); // it does not count
    say(protocol::LogEntry{event});
    EXPECT_EQ(screen.rooms[kRoom].read, Seq());
    EXPECT_EQ(screen.rooms[kRoom].unread, 0);
    say(protocol::LogEntry{[&] {
        auto own = message(2, "hello", kMe);
        own.ord = Ord(1);
        return own;
    }()});
    EXPECT_EQ(screen.rooms[kRoom].read, Seq(2));
}

TEST_F(Receipts, theHeadOfARoomMovesTheTicksOfOneThatIsClosed)
{
    fillLog(2);
    log[2].sender = kMe;
    goLive(2);
    auto told = head(2);
    told.othersRead = Seq(1);
    told.othersDelivered = Seq(2);
    say(protocol::RoomDirty{told, {}});
    EXPECT_EQ(screen.timeline()[1].status, Status::Delivered);
    EXPECT_EQ(screen.rooms[kRoom].othersRead, Seq(1));
    told.othersRead = Seq(2);
    drop();
    engine->retryNow();
    hello();
    auto welcome = welcomeFrame();
    welcome.dirty = {told};
    say(welcome);
    EXPECT_EQ(screen.timeline()[1].status, Status::Read);
    told.othersRead = Seq(1); // an older one, or of a server whose readers have left
    say(protocol::RoomDirty{told, {}});
    EXPECT_EQ(screen.timeline()[1].status, Status::Read);
    told.othersRead.reset(); // a server of the version before
    told.othersDelivered.reset();
    say(protocol::RoomDirty{told, {}});
    EXPECT_EQ(screen.rooms[kRoom].othersDelivered, Seq(2));
}

class ReadBy : public World
{
protected:
    /// "user:read/delivered …" of the others, as a screen would read it, also with no connection.
    std::string kept()
    {
        auto reader = offline::Reader::open(path);
        EXPECT_TRUE(reader);
        std::string text;
        const auto receipts = (*reader)->receipts(kRoom, Seq(1), 0, 100);
        EXPECT_TRUE(receipts);
        for (const auto& row : receipts->rows)
            text += row.user.str() + ":" + std::to_string(row.read.value()) + "/" +
                    std::to_string(row.delivered.value()) + " ";
        return text;
    }
    void moved(const char* user, std::int64_t read, std::int64_t delivered)
    {
        say(protocol::Receipts{kRoom, {{UserId(user), Seq(read), Seq(delivered)}}});
    }
    protocol::Event memberEvent(std::int64_t seq, const char* user, bool joins)
    {
        protocol::Event event = message(seq, "");
        event.kind = protocol::Kind::Member;
        event.member = UserId(user);
        if (joins)
            event.role = protocol::Role::Member;
        event.name = user;
        return event;
    }
    static protocol::MemberInfo member(const char* user, std::int64_t at)
    {
        protocol::MemberInfo info;
        info.user = UserId(user);
        info.name = user;
        info.read = info.delivered = Seq(at);
        return info;
    }
};

TEST_F(ReadBy, positionsOfEachMemberAreKeptOfARoomThatWasOpenedAndOfNoOther)
{
    fillLog(3);
    goLive(3);
    moved("u_a", 1, 2);
    EXPECT_EQ(kept(), "");
    engine->openRoom(kRoom);
    moved("u_a", 2, 3);
    moved("u_b", 0, 3);
    moved(kMe.str().c_str(), 3, 3);
    EXPECT_EQ(kept(), "u_a:2/3 u_b:0/3 ");
    EXPECT_EQ(screen.receipts[kRoom], 2);
    moved("u_a", 1, 1);
    EXPECT_EQ(kept(), "u_a:2/3 u_b:0/3 ") << "a position never goes back";
    EXPECT_EQ(screen.receipts[kRoom], 2) << "and nothing is told that did not change";
    engine->closeRoom(kRoom);
    restartProcess();
    EXPECT_EQ(kept(), "u_a:2/3 u_b:0/3 ") << "there without a connection";
    engine->start();
    reconnect();
    moved("u_b", 3, 3);
    EXPECT_EQ(kept(), "u_a:2/3 u_b:3/3 ") << "and goes on though it is closed";
}

TEST_F(ReadBy, theListOfMembersSaysWhoIsThereAtAll)
{
    fillLog(3);
    goLive(3);
    engine->openRoom(kRoom);
    moved("u_gone", 3, 3);
    moved("u_a", 1, 1);
    auto asked = transport.take<protocol::MembersRequest>();
    ASSERT_EQ(asked.size(), 1U);
    say(protocol::MembersResponse{asked[0].req, kRoom, {member("u_a", 2)}, true, "7"});
    EXPECT_EQ(kept(), "u_gone:3/3 u_a:2/2 ") << "one page does not say who is gone";
    asked = transport.take<protocol::MembersRequest>();
    ASSERT_EQ(asked.size(), 1U);
    say(protocol::MembersResponse{asked[0].req, kRoom, {member("u_b", 1)}, false, ""});
    EXPECT_EQ(kept(), "u_a:2/2 u_b:1/1 ");
}

TEST_F(ReadBy, aListThatLacksAPageForgetsNobody)
{
    fillLog(3);
    goLive(3);
    engine->openRoom(kRoom);
    moved("u_a", 1, 1);
    auto asked = transport.take<protocol::MembersRequest>();
    ASSERT_EQ(asked.size(), 1U);
    breakDisk({"users"});
    say(protocol::MembersResponse{asked[0].req, kRoom, {member("u_a", 2)}, true, "7"});
    mendDisk();
    asked = transport.take<protocol::MembersRequest>();
    ASSERT_EQ(asked.size(), 1U);
    say(protocol::MembersResponse{asked[0].req, kRoom, {member("u_b", 1)}, false, ""});
    EXPECT_EQ(kept(), "u_a:1/1 u_b:1/1 ");
    engine->closeRoom(kRoom);
    engine->openRoom(kRoom);
    EXPECT_EQ(transport.take<protocol::MembersRequest>().size(), 1U) << "and it is asked for again";
}

TEST_F(ReadBy, aRoomThatGaveItsPlaceAwayIsAskedForAnewWhenItIsOpenedNext)
{
    engine->start();
    hello();
    auto welcome = welcomeFrame();
    welcome.limits.fullSubscriptions = 1;
    say(welcome);
    auto second = info(0);
    second.head.room = RoomId("room2");
    answerRooms({info(0), second});
    engine->openRoom(kRoom);
    auto asked = transport.take<protocol::MembersRequest>();
    ASSERT_EQ(asked.size(), 1U);
    say(protocol::MembersResponse{asked[0].req, kRoom, {member("u_a", 0)}, false, ""});
    engine->closeRoom(kRoom);
    engine->openRoom(kRoom);
    EXPECT_TRUE(transport.take<protocol::MembersRequest>().empty()) << "it told of everything";
    engine->closeRoom(kRoom);
    engine->openRoom(second.head.room);
    transport.sent.clear();
    engine->closeRoom(second.head.room);
    engine->openRoom(kRoom);
    EXPECT_EQ(transport.take<protocol::MembersRequest>().size(), 1U);
}

TEST_F(ReadBy, whoJoinsWhileTheListComesInIsNotTakenForGone)
{
    fillLog(3);
    goLive(3);
    engine->openRoom(kRoom);
    auto asked = transport.take<protocol::MembersRequest>();
    ASSERT_EQ(asked.size(), 1U);
    say(protocol::MembersResponse{asked[0].req, kRoom, {member("u_b", 2)}, true, "7"});
    say(protocol::LogEntry{memberEvent(4, "u_a", true)});
    moved("u_a", 4, 4);
    asked = transport.take<protocol::MembersRequest>();
    ASSERT_EQ(asked.size(), 1U);
    say(protocol::MembersResponse{asked[0].req, kRoom, {member("u_c", 1)}, false, ""});
    EXPECT_EQ(kept(), "u_a:4/4 u_b:2/2 u_c:1/1 ");
}

TEST_F(ReadBy, whoLeavesIsOffTheListAndTheListGoesWithTheRoom)
{
    fillLog(3);
    goLive(3);
    engine->openRoom(kRoom);
    moved("u_a", 3, 3);
    moved("u_b", 2, 2);
    say(protocol::LogEntry{memberEvent(4, "u_a", false)});
    EXPECT_EQ(kept(), "u_b:2/2 ");
    say(protocol::RoomRemoved{kRoom});
    EXPECT_EQ(kept(), "");
}

TEST_F(ReadBy, whatWasDroppedOnTheWayIsAskedForWhileTheRoomIsOpen)
{
    fillLog(3);
    goLive(3);
    engine->openRoom(kRoom);
    auto asked = transport.take<protocol::MembersRequest>();
    ASSERT_EQ(asked.size(), 1U);
    say(protocol::MembersResponse{asked[0].req, kRoom, {member("u_a", 1)}, false, ""});
    say(protocol::RoomDirty{head(3), {}});
    EXPECT_EQ(transport.take<protocol::MembersRequest>().size(), 1U);
    say(protocol::RoomDirty{head(3), {}});
    EXPECT_TRUE(transport.take<protocol::MembersRequest>().empty()) << "it is on its way";
}

TEST_F(ReadBy, aRoomOnScreenThatFoundNoPlaceGetsTheOneOfARoomThatIsClosed)
{
    engine->start();
    hello();
    auto welcome = welcomeFrame();
    welcome.limits.fullSubscriptions = 1;
    say(welcome);
    auto second = info(0);
    second.head.room = RoomId("room2");
    answerRooms({info(0), second});
    transport.sent.clear();
    engine->openRoom(kRoom);
    engine->openRoom(second.head.room);
    transport.sent.clear();
    engine->closeRoom(kRoom);
    auto asked = transport.take<protocol::SubscribeRoom>();
    ASSERT_EQ(asked.size(), 1U);
    EXPECT_EQ(asked[0].room, second.head.room);
    // And of one that is left.
    engine->openRoom(kRoom);
    EXPECT_TRUE(transport.take<protocol::SubscribeRoom>().empty());
    say(protocol::RoomRemoved{second.head.room});
    asked = transport.take<protocol::SubscribeRoom>();
    ASSERT_EQ(asked.size(), 1U);
    EXPECT_EQ(asked[0].room, kRoom);
}

TEST_F(ReadBy, aRoomBeyondWhatTheServerGrantedIsNotTakenForSubscribed)
{
    engine->start();
    hello();
    auto welcome = welcomeFrame();
    welcome.limits.fullSubscriptions = 1;
    say(welcome);
    auto second = info(0);
    second.head.room = RoomId("room2");
    answerRooms({info(0), second});
    restartProcess(); // which does not know the limit when it says hello
    engine->start();
    hello();
    auto asked = transport.take<protocol::Hello>();
    ASSERT_FALSE(asked.empty());
    ASSERT_EQ(asked.back().open.size(), 2U);
    const RoomId beyond = asked.back().open[1].room;
    say(welcome);
    transport.sent.clear();
    engine->openRoom(beyond);
    const auto subscribed = transport.take<protocol::SubscribeRoom>();
    ASSERT_EQ(subscribed.size(), 1U);
    EXPECT_EQ(subscribed[0].room, beyond);
}

TEST_F(ReadBy, whatTheDiskRefusesIsToldToNobody)
{
    fillLog(3);
    goLive(3);
    engine->openRoom(kRoom);
    moved("u_a", 1, 1);
    breakDisk({"positions"});
    moved("u_a", 2, 2);
    mendDisk();
    EXPECT_EQ(kept(), "u_a:1/1 ");
    EXPECT_EQ(screen.receipts[kRoom], 1);
    EXPECT_EQ(screen.rooms[kRoom].othersRead, Seq(1)) << "all of it or nothing";
}

TEST_F(ReadBy, whatAHoleHidIsToldAsDeliveredWhenItComes)
{
    goLive();
    // A gap too large: the newest page, and all of that is one's own.
    fillLog(10);
    log[10].sender = kMe;
    say(protocol::RoomDirty{head(10), {}});
    const auto asked = transport.take<protocol::SyncRequest>();
    ASSERT_EQ(asked.size(), 1U);
    protocol::SyncRoom room{kRoom,   Epoch(epoch), Seq(10),   Seq(10), Seq(10),
                            Ord(10), true,         {log[10]}, {},      {}};
    say(protocol::SyncResponse{asked[0].req, {room}, false});
    advance(1'000);
    EXPECT_TRUE(transport.take<protocol::MarkDelivered>().empty());
    engine->wantHistory(kRoom, Seq(10));
    const auto page = transport.take<protocol::HistoryRequest>();
    ASSERT_EQ(page.size(), 1U);
    protocol::HistoryResponse answer;
    answer.req = page[0].req;
    answer.room = kRoom;
    answer.epoch = Epoch(epoch);
    answer.lo = Seq(1);
    answer.hi = Seq(9);
    answer.asOf = Seq(10);
    for (std::int64_t seq = 1; seq <= 9; ++seq)
        answer.messages.push_back(log[seq]);
    say(answer);
    advance(1'000);
    const auto told = transport.take<protocol::MarkDelivered>();
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0].rooms, (std::vector<protocol::RoomSeq>{{kRoom, Seq(9)}}));
}

TEST_F(ReadBy, aDeliveryThatTheServerRefusedForNowIsToldAgain)
{
    fillLog(3);
    goLive(3);
    advance(200);
    ASSERT_EQ(transport.take<protocol::MarkDelivered>().size(), 1U);
    say(protocol::ErrorFrame{{}, ErrorCode::RateLimited, true, 2'000, "mark_delivered"});
    EXPECT_TRUE(transport.take<protocol::MarkDelivered>().empty());
    advance(2'500);
    const auto told = transport.take<protocol::MarkDelivered>();
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0].rooms, (std::vector<protocol::RoomSeq>{{kRoom, Seq(3)}}));
}

} // namespace skein::engine::test
