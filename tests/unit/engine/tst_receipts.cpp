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

} // namespace skein::engine::test
