#include "world.h"

namespace skein::engine::test
{

using offline::Status;
using protocol::MessageSend;

class Sender : public World
{
};

TEST_F(Sender, sentMessageIsShownAtOnceAndGoesOverTheWire)
{
    goLive();
    const TempId tempId = sendText("გამარჯობა");
    ASSERT_EQ(screen.timeline().size(), 1U);
    EXPECT_EQ(screen.timeline()[0].body, "გამარჯობა");
    EXPECT_EQ(screen.timeline()[0].status, Status::Sending);
    EXPECT_TRUE(screen.timeline()[0].own);
    const auto sent = transport.take<MessageSend>();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].tempId, tempId);
    EXPECT_TRUE(sent[0].prev.empty());
}

TEST_F(Sender, confirmedMessageStaysTheSameRowInItsFinalPlace)
{
    goLive();
    const TempId tempId = sendText("a");
    const auto before = screen.timeline()[0];
    say(confirmation(tempId, 1));
    ASSERT_EQ(screen.timeline().size(), 1U);
    const auto after = screen.timeline()[0];
    EXPECT_EQ(after.rowId, before.rowId);
    EXPECT_EQ(after.seq, Seq(1));
    EXPECT_EQ(after.status, Status::Sent);
    EXPECT_EQ(engine->outbox(), OutboxState{});
    EXPECT_EQ(metrics.histogram("send_confirmed").count(), 1);
}

TEST_F(Sender, ownEchoAndConfirmationInEitherOrderGiveOneRow)
{
    goLive();
    for (const bool echoFirst : {true, false}) {
        const TempId tempId = sendText("x");
        const std::int64_t seq = echoFirst ? 1 : 2;
        protocol::Event echo = message(seq, "x", kMe);
        echo.tempId = tempId;
        if (echoFirst)
            say(protocol::LogEntry{echo});
        say(confirmation(tempId, seq));
        if (!echoFirst)
            say(protocol::LogEntry{echo});
        EXPECT_EQ(screen.timeline().size(), static_cast<std::size_t>(seq));
        EXPECT_EQ(engine->outbox(), OutboxState{});
    }
    auto reader = offline::Reader::open(path);
    ASSERT_TRUE(reader);
    EXPECT_EQ((*reader)->newest(kRoom, 50)->rows.size(), 2U);
}

TEST_F(Sender, confirmationsThatComeTogetherAreSettledInOneTransaction)
{
    goLive();
    std::vector<TempId> ids;
    for (int i = 0; i < 8; ++i)
        ids.push_back(sendText("m" + std::to_string(i)));
    const int before = screen.changes;
    for (std::size_t i = 0; i < ids.size(); ++i)
        engine->frameReceived(protocol::encode(
            protocol::ServerFrame(confirmation(ids[i], static_cast<std::int64_t>(i) + 1))));
    EXPECT_EQ(screen.changes, before);
    ASSERT_TRUE(engine->hasWork());
    engine->work();
    EXPECT_EQ(screen.changes, before + 1);
    for (const auto& row : screen.timeline())
        EXPECT_EQ(row.status, Status::Sent);
    EXPECT_EQ(screen.timeline().size(), 8U);
    EXPECT_EQ(screen.outbox, OutboxState{});
    EXPECT_FALSE(engine->hasWork());
}

TEST_F(Sender, positionsBetweenConfirmationsDoNotSplitTheirTransaction)
{
    goLive();
    std::vector<TempId> ids;
    for (int i = 0; i < 8; ++i)
        ids.push_back(sendText("m" + std::to_string(i)));
    const int before = screen.changes;
    for (std::int64_t i = 0; i < 8; ++i) {
        engine->frameReceived(protocol::encode(
            protocol::ServerFrame(confirmation(ids[static_cast<std::size_t>(i)], i + 1))));
        engine->frameReceived(
            protocol::encode(protocol::ServerFrame(protocol::RoomDirty{head(i + 1), {}})));
        engine->frameReceived(protocol::encode(protocol::ServerFrame(
            protocol::ReadState{kRoom, Seq(i + 1), Seq(i + 1), 0, 0, Ord(i + 1)})));
    }
    EXPECT_EQ(screen.changes, before);
    engine->work();
    EXPECT_EQ(screen.changes, before + 1);
    EXPECT_FALSE(engine->hasWork());
    EXPECT_EQ(screen.outbox, OutboxState{});
    EXPECT_EQ(screen.rooms[kRoom].read, Seq(8));
    // A head that the confirmation has told already is nothing to ask for.
    EXPECT_TRUE(transport.take<protocol::SyncRequest>().empty());
}

TEST_F(Sender, confirmationThatCameBeforeTheEndOfTheConnectionCounts)
{
    goLive();
    const TempId tempId = sendText("a");
    transport.sent.clear();
    engine->frameReceived(protocol::encode(protocol::ServerFrame(confirmation(tempId, 1))));
    drop();
    EXPECT_EQ(screen.timeline().at(0).status, Status::Sent);
    EXPECT_EQ(screen.outbox, OutboxState{});
    EXPECT_TRUE(transport.sent.empty());
}

TEST_F(Sender, liveEntriesThatComeTogetherAreToldTogether)
{
    goLive();
    const int before = screen.changes;
    for (std::int64_t seq = 1; seq <= 20; ++seq)
        engine->frameReceived(protocol::encode(
            protocol::ServerFrame(protocol::LogEntry{message(seq, "m" + std::to_string(seq))})));
    while (engine->hasWork())
        engine->work();
    EXPECT_EQ(screen.changes, before + 1);
    EXPECT_EQ(screen.bodies().size(), 20U);
}

TEST_F(Sender, windowOfEightEachNamingTheOneBefore)
{
    goLive();
    std::vector<TempId> ids;
    for (int i = 0; i < 12; ++i)
        ids.push_back(sendText("m" + std::to_string(i)));
    auto sent = transport.take<MessageSend>();
    ASSERT_EQ(sent.size(), protocol::kSendWindowPerRoom);
    for (std::size_t i = 0; i < sent.size(); ++i) {
        EXPECT_EQ(sent[i].tempId, ids[i]);
        EXPECT_EQ(sent[i].prev, i == 0 ? TempId() : ids[i - 1]);
    }
    say(confirmation(ids[0], 1));
    sent = transport.take<MessageSend>();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].tempId, ids[8]);
    EXPECT_EQ(sent[0].prev, ids[7]);
}

TEST_F(Sender, reconnectResendsUnconfirmedInOrderUnderTheSameKeys)
{
    goLive();
    const std::vector<TempId> ids{sendText("a"), sendText("b"), sendText("c")};
    transport.take<MessageSend>();
    drop();
    EXPECT_EQ(screen.timeline()[0].status, Status::Unknown);
    engine->retryNow();
    reconnect();
    const auto sent = transport.take<MessageSend>();
    ASSERT_EQ(sent.size(), 3U);
    for (std::size_t i = 0; i < 3; ++i)
        EXPECT_EQ(sent[i].tempId, ids[i]);
    EXPECT_TRUE(sent[0].prev.empty());
    EXPECT_EQ(sent[2].prev, ids[1]);
}

TEST_F(Sender, queueSurvivesTheProcessInOrder)
{
    goLive();
    drop();
    std::vector<TempId> ids;
    for (int i = 0; i < 5; ++i)
        ids.push_back(sendText("offline " + std::to_string(i)));
    restartProcess();
    EXPECT_EQ(engine->outbox().queued, 5);
    goLive();
    // goLive() empties what was sent; they are all in flight now and confirmed one after the other.
    for (std::size_t i = 0; i < ids.size(); ++i)
        say(confirmation(ids[i], static_cast<std::int64_t>(i) + 1));
    EXPECT_EQ(engine->outbox(), OutboxState{});
    auto reader = offline::Reader::open(path);
    const auto page = (*reader)->newest(kRoom, 50);
    ASSERT_EQ(page->rows.size(), 5U);
    for (std::size_t i = 0; i < 5; ++i) {
        EXPECT_EQ(page->rows[i].seq, Seq(5 - static_cast<std::int64_t>(i)));
        EXPECT_EQ(page->rows[i].tempId, ids[4 - i]);
    }
}

TEST_F(Sender, sendingDoesNotWaitForCatchUp)
{
    goLive();
    drop();
    const TempId tempId = sendText("now");
    engine->retryNow();
    hello();
    auto frame = welcomeFrame();
    frame.dirty = {head(5'000)};
    say(frame);
    const auto sent = transport.take<MessageSend>();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].tempId, tempId);
    EXPECT_EQ(engine->link().link, Link::CatchingUp);
}

TEST_F(Sender, pendingIsShownAndNotYetConfirmed)
{
    goLive();
    const TempId tempId = sendText("slow disk");
    say(protocol::MessagePending{tempId});
    EXPECT_EQ(screen.timeline()[0].status, Status::Pending);
    EXPECT_EQ(engine->outbox().inFlight, 1);
}

TEST_F(Sender, noAnswerMeansUnknownAndIsSentAgainNeverFailed)
{
    goLive();
    const TempId tempId = sendText("?");
    transport.take<MessageSend>();
    const auto row = screen.timeline()[0].rowId;
    // The server lives, but this answer does not come.
    for (int i = 0; i < 12; ++i) {
        advance(1'000);
        say(protocol::Pong{0, 0, {}});
    }
    const auto again = transport.take<MessageSend>();
    ASSERT_GE(again.size(), 1U);
    EXPECT_EQ(again[0].tempId, tempId);
    const auto& seen = screen.statuses[row];
    EXPECT_EQ(std::count(seen.begin(), seen.end(), Status::Failed), 0);
    EXPECT_EQ(engine->outbox().inFlight, 1);
}

TEST_F(Sender, permanentFailureHoldsBackWhatWasQueuedBehindIt)
{
    goLive();
    const TempId a = sendText("a");
    const TempId b = sendText("b");
    transport.take<MessageSend>();
    say(protocol::MessageFailed{a, ErrorCode::Forbidden, true, {}, ""});
    say(protocol::MessageFailed{b, ErrorCode::DependencyFailed, false, {}, ""});
    const TempId c = sendText("c");
    advance(5'000);
    EXPECT_TRUE(transport.take<MessageSend>().empty());
    EXPECT_EQ(screen.timeline()[0].status, Status::Failed);
    EXPECT_EQ(screen.timeline()[0].error, ErrorCode::Forbidden);
    EXPECT_EQ(screen.timeline()[1].status, Status::Queued);
    EXPECT_EQ(engine->outbox().failed, 1);
    EXPECT_EQ(screen.rooms[kRoom].failed, 1);

    ASSERT_TRUE(engine->retry(a));
    const auto sent = transport.take<MessageSend>();
    ASSERT_EQ(sent.size(), 3U);
    EXPECT_EQ(sent[0].tempId, a);
    EXPECT_EQ(sent[1].tempId, b);
    EXPECT_EQ(sent[2].tempId, c);
}

TEST_F(Sender, discardOfTheFailedOneLetsTheRestGo)
{
    goLive();
    const TempId a = sendText("a");
    const TempId b = sendText("b");
    transport.take<MessageSend>();
    say(protocol::MessageFailed{a, ErrorCode::Forbidden, true, {}, ""});
    say(protocol::MessageFailed{b, ErrorCode::DependencyFailed, false, {}, ""});
    ASSERT_TRUE(engine->discard(a));
    const auto sent = transport.take<MessageSend>();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].tempId, b);
    EXPECT_TRUE(sent[0].prev.empty());
    EXPECT_EQ(screen.bodies(), std::vector<std::string>{"b"});
}

TEST_F(Sender, failedStateSurvivesTheProcess)
{
    goLive();
    const TempId a = sendText("a");
    say(protocol::MessageFailed{a, ErrorCode::Forbidden, true, {}, ""});
    restartProcess();
    EXPECT_EQ(engine->outbox().failed, 1);
    auto reader = offline::Reader::open(path);
    const auto page = (*reader)->newest(kRoom, 10);
    ASSERT_EQ(page->rows.size(), 1U);
    EXPECT_EQ(page->rows[0].status, Status::Failed);
    EXPECT_EQ(page->rows[0].error, ErrorCode::Forbidden);
}

TEST_F(Sender, temporaryFailureIsSentAgainAfterABackoff)
{
    goLive();
    const TempId a = sendText("a");
    transport.take<MessageSend>();
    say(protocol::MessageFailed{a, ErrorCode::ServerBusy, false, 700, ""});
    EXPECT_TRUE(transport.take<MessageSend>().empty());
    advance(600);
    EXPECT_TRUE(transport.take<MessageSend>().empty());
    advance(2'000);
    EXPECT_EQ(transport.take<MessageSend>().size(), 1U);
}

TEST_F(Sender, missingParentIsSentFirst)
{
    goLive();
    const TempId a = sendText("a");
    const TempId b = sendText("b");
    transport.take<MessageSend>();
    say(protocol::MessageFailed{a, ErrorCode::ServerBusy, false, 500, ""});
    say(protocol::MessageFailed{b, ErrorCode::DependencyFailed, false, {}, ""});
    EXPECT_TRUE(transport.take<MessageSend>().empty());
    advance(2'000);
    const auto sent = transport.take<MessageSend>();
    ASSERT_EQ(sent.size(), 2U);
    EXPECT_EQ(sent[0].tempId, a);
    EXPECT_EQ(sent[1].tempId, b);
    EXPECT_EQ(sent[1].prev, a);
}

TEST_F(Sender, rateLimitLosesNothingAndSaysUntilWhen)
{
    goLive();
    const TempId a = sendText("a");
    transport.take<MessageSend>();
    say(protocol::MessageFailed{a, ErrorCode::RateLimited, false, 3'000, ""});
    ASSERT_TRUE(screen.outbox.slowedUntil);
    EXPECT_EQ(*screen.outbox.slowedUntil, clock.now() + Milliseconds(3'000));
    sendText("b");
    EXPECT_TRUE(transport.take<MessageSend>().empty());
    advance(3'001);
    EXPECT_EQ(transport.take<MessageSend>().size(), 2U);
    EXPECT_FALSE(screen.outbox.slowedUntil);
}

TEST_F(Sender, ownBrakeKeepsToTheAdvertisedLimit)
{
    engine->start();
    hello();
    auto frame = welcomeFrame();
    frame.limits.messages = {3, 60};
    say(frame);
    answerRooms({info(0)});
    for (int i = 0; i < 5; ++i)
        sendText("m");
    EXPECT_EQ(transport.take<MessageSend>().size(), 3U);
    EXPECT_TRUE(screen.outbox.slowedUntil);
    advance(1'000);
    EXPECT_EQ(transport.take<MessageSend>().size(), 1U);
    advance(1'000);
    EXPECT_EQ(transport.take<MessageSend>().size(), 1U);
}

TEST_F(Sender, fullSocketStopsWritingUntilItDrains)
{
    goLive();
    transport.unsent = protocol::kClientUnsentBytesMax;
    sendText("a");
    EXPECT_TRUE(transport.take<MessageSend>().empty());
    transport.unsent = 0;
    advance(100);
    EXPECT_EQ(transport.take<MessageSend>().size(), 1U);
}

TEST_F(Sender, refusedInputQueuesAndShowsNothing)
{
    goLive();
    Draft draft;
    EXPECT_EQ(engine->send(kRoom, draft).error().code, ErrorCode::InvalidArgument);
    draft.body = std::string(20'001, 'x');
    EXPECT_EQ(engine->send(kRoom, draft).error().code, ErrorCode::BodyTooLarge);
    draft.body.clear();
    for (int i = 0; i < 17'000; ++i)
        draft.body += "😀"; // within the characters, beyond the frame
    EXPECT_EQ(engine->send(kRoom, draft).error().code, ErrorCode::BodyTooLarge);
    draft.body = "\xff";
    EXPECT_EQ(engine->send(kRoom, draft).error().code, ErrorCode::InvalidArgument);
    draft.body = "x";
    EXPECT_EQ(engine->send(RoomId("nowhere"), draft).error().code, ErrorCode::NotFound);
    draft.tempId = TempId("not-a-uuid");
    EXPECT_EQ(engine->send(kRoom, draft).error().code, ErrorCode::InvalidArgument);
    EXPECT_TRUE(screen.timeline().empty());
    EXPECT_EQ(engine->outbox(), OutboxState{});
}

TEST_F(Sender, aKeyIsUsedOnce)
{
    goLive();
    Draft draft;
    draft.body = "x";
    draft.tempId = makeTempId(clock.wallNow(), random);
    ASSERT_TRUE(engine->send(kRoom, draft));
    EXPECT_EQ(engine->send(kRoom, draft).error().code, ErrorCode::InvalidArgument);
    say(confirmation(draft.tempId, 1));
    EXPECT_EQ(engine->send(kRoom, draft).error().code, ErrorCode::InvalidArgument);
}

TEST_F(Sender, createdRoomIsToldAndKnown)
{
    goLive();
    const auto tempId = engine->createRoom(protocol::RoomKind::General, "New", {"her"});
    ASSERT_TRUE(tempId);
    ASSERT_EQ(transport.take<protocol::RoomCreate>().size(), 1U);
    protocol::RoomInfo made = info(1);
    made.head.room = RoomId("room2");
    say(protocol::RoomCreated{*tempId, made, false});
    ASSERT_EQ(screen.created.size(), 1U);
    EXPECT_EQ(screen.created[0], std::pair(*tempId, RoomId("room2")));
    EXPECT_TRUE(screen.rooms.contains(RoomId("room2")));
    EXPECT_EQ(engine->outbox(), OutboxState{});
}

} // namespace skein::engine::test
