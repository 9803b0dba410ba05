// Each way in which a connection begins, does not come about, and ends.
#include "sdk/engine/tuning.h"
#include "world.h"

#include <set>

namespace skein::engine::test
{

class Connecting : public World
{
protected:
    ErrorCode errorNow() const
    {
        return engine->link().error ? engine->link().error->code : ErrorCode::Cancelled;
    }
};

TEST_F(Connecting, eachCloseCodeHasItsReason)
{
    using protocol::CloseCode;
    const std::pair<CloseCode, ErrorCode> codes[] = {
        {CloseCode::ShuttingDown, ErrorCode::ShuttingDown},
        {CloseCode::SlowConsumer, ErrorCode::SlowConsumer},
        {CloseCode::StateLost, ErrorCode::StateLost},
        {CloseCode::RateLimited, ErrorCode::RateLimited},
        {CloseCode::NoPong, ErrorCode::Transport},
        {CloseCode::Normal, ErrorCode::Transport},
        {CloseCode::InvalidToken, ErrorCode::TokenInvalid},
        {CloseCode::ProtocolError, ErrorCode::BadFrame},
        {CloseCode::UnsupportedVersion, ErrorCode::UnsupportedVersion},
        {CloseCode::Banned, ErrorCode::Banned},
        {CloseCode::DeviceRevoked, ErrorCode::DeviceRevoked},
        {CloseCode::TooManyConnections, ErrorCode::TooManyConnections},
    };
    for (const auto& [close, reason] : codes) {
        restartProcess();
        goLive();
        drop(static_cast<std::uint16_t>(close));
        EXPECT_EQ(errorNow(), reason) << static_cast<int>(close);
        const bool isFinal = static_cast<int>(close) >= 4500;
        EXPECT_EQ(engine->link().link, isFinal ? Link::Stopped : Link::Waiting)
            << static_cast<int>(close);
    }
    // Beyond those that mean something to us.
    restartProcess();
    goLive();
    drop(5'000);
    EXPECT_EQ(engine->link().link, Link::Waiting);
}

TEST_F(Connecting, whatIsCalledTwiceOrAtTheWrongTimeDoesNothing)
{
    engine->stop(); // was not started
    engine->retryNow();
    engine->resumed();
    engine->tokenReady(std::string("early"));
    engine->transportOpened();
    drop();
    engine->networkReachable(true);
    EXPECT_EQ(engine->link().link, Link::SignedOut);
    EXPECT_EQ(transport.opens, 0);
    engine->start();
    engine->start();
    EXPECT_EQ(transport.opens, 1);
    engine->transportOpened();
    engine->transportOpened();
    engine->tokenReady(std::string("token"));
    EXPECT_EQ(transport.take<protocol::Hello>().size(), 1U);
    say(welcomeFrame());
    answerRooms({info(0)});
    say(welcomeFrame()); // a second one means nothing
    EXPECT_EQ(engine->link().link, Link::Live);
    engine->retryNow(); // not waiting
    EXPECT_EQ(transport.opens, 1);
    engine->stop();
    EXPECT_EQ(engine->link().link, Link::SignedOut);
    engine->stop();
    drop();
    EXPECT_EQ(engine->link().link, Link::SignedOut);
}

TEST_F(Connecting, aTokenThatCannotBeHadNowIsAskedForLaterAndOneForGoodStops)
{
    engine->start();
    engine->transportOpened();
    Error later = makeError(ErrorCode::Transport, "no way to the sign-in");
    later.retryable = true;
    engine->tokenReady(tl::make_unexpected(later));
    EXPECT_EQ(engine->link().link, Link::Waiting);
    EXPECT_EQ(errorNow(), ErrorCode::Transport);
    engine->tokenReady(tl::make_unexpected(later)); // nobody waits for it
    EXPECT_EQ(engine->link().link, Link::Waiting);
    advance(60'000);
    EXPECT_EQ(tokens.asked.size(), 2U);
    Error never = makeError(ErrorCode::Unauthenticated, "wrong password");
    never.retryable = false;
    engine->tokenReady(tl::make_unexpected(never));
    EXPECT_EQ(engine->link().link, Link::Stopped);
    EXPECT_EQ(errorNow(), ErrorCode::Unauthenticated);
}

TEST_F(Connecting, aRefreshThatFailsLeavesALivingConnectionAlone)
{
    goLive();
    engine->tokenReady(tl::make_unexpected(makeError(ErrorCode::Transport)));
    EXPECT_EQ(engine->link().link, Link::Live);
    EXPECT_TRUE(transport.sent.empty());
}

TEST_F(Connecting, freshTokensThatExpireAtOnceAreNotTriedInARush)
{
    engine->start();
    for (int i = 0; i < 2; ++i) {
        hello();
        drop(static_cast<std::uint16_t>(protocol::CloseCode::TokenExpired));
    }
    EXPECT_EQ(engine->link().link, Link::Waiting) << "once at once, then with the back-off";
    EXPECT_EQ(transport.opens, 2);
    EXPECT_EQ(tokens.asked, (std::vector<bool>{false, true}));
    advance(60'000);
    EXPECT_GE(transport.opens, 3);
    EXPECT_TRUE(tokens.asked.back()) << "and never with the one that was refused";
}

TEST_F(Connecting, badFramesBeforeTheWelcomeEndTheTry)
{
    engine->start();
    hello();
    engine->frameReceived("{");
    EXPECT_EQ(engine->link().link, Link::Waiting);
    EXPECT_EQ(errorNow(), ErrorCode::BadFrame);
    engine->frameReceived("{"); // of a connection that is gone
    EXPECT_EQ(metrics.counter("frames_bad").value(), 1);
}

TEST_F(Connecting, refusalsBeforeTheWelcomeAreHeard)
{
    engine->start();
    hello();
    say(protocol::Ping{5});
    EXPECT_EQ(transport.take<protocol::Pong>().size(), 1U);
    say(protocol::TypingUsers{kRoom, {kHer}, 3'000});
    EXPECT_TRUE(screen.typing.empty());
    say(protocol::ErrorFrame{{}, ErrorCode::Unauthenticated, false, {}, ""});
    EXPECT_EQ(engine->link().link, Link::SigningIn) << "the close follows";
    say(protocol::Goodbye{ErrorCode::ShuttingDown, "", true, 2'000, 0});
    drop(static_cast<std::uint16_t>(protocol::CloseCode::ShuttingDown));
    EXPECT_EQ(engine->link().link, Link::Waiting);
    EXPECT_GE(engine->link().retryAt, clock.now() + Milliseconds(2'000));
}

TEST_F(Connecting, whoTypesIsForgottenWithTheConnection)
{
    goLive();
    say(protocol::TypingUsers{kRoom, {kHer}, 60'000});
    ASSERT_EQ(screen.typing[kRoom].size(), 1U);
    drop();
    EXPECT_TRUE(screen.typing[kRoom].empty());
}

TEST_F(Connecting, typingIsNotSaidTooOftenAndNotWithoutAToken)
{
    engine->start();
    hello();
    auto frame = welcomeFrame();
    frame.limits.ephemeral = {1, 1};
    say(frame);
    answerRooms({info(0)});
    engine->typing(kRoom, true);
    EXPECT_EQ(transport.take<protocol::TypingSet>().size(), 1U);
    advance(3'000);
    say(protocol::Pong{0, 0, {}});
    engine->typing(kRoom, true);
    EXPECT_TRUE(transport.take<protocol::TypingSet>().empty()) << "stale when there is a token";
    // Presence waits for its token instead.
    engine->setPresence(protocol::PresenceStatus::Away);
    EXPECT_TRUE(transport.take<protocol::PresenceSet>().empty());
    for (int i = 0; i < 60; ++i) {
        advance(1'000);
        say(protocol::Pong{0, 0, {}});
    }
    EXPECT_EQ(transport.take<protocol::PresenceSet>().size(), 1U);
}

TEST_F(Connecting, manyTypistsAreShownUpToABoundAndChangesOnly)
{
    goLive();
    protocol::TypingUsers many;
    many.room = kRoom;
    many.ttlMs = 3'000;
    for (int i = 0; i < 80; ++i)
        many.users.push_back(UserId("u" + std::to_string(i)));
    say(many);
    EXPECT_EQ(screen.typing[kRoom].size(), 50U);
    screen.typing.clear();
    say(many);
    EXPECT_TRUE(screen.typing.empty()) << "the same again is no news";
    many.users.clear();
    say(many);
    EXPECT_TRUE(screen.typing[kRoom].empty());
}

TEST_F(Connecting, aRoomThatIsRequestedIsProbedForLikeAMessage)
{
    goLive();
    ASSERT_TRUE(engine->createRoom(protocol::RoomKind::General, "New", {}));
    advance(kProbeAfterMs);
    EXPECT_EQ(transport.take<protocol::Ping>().size(), 1U);
    advance(protocol::kProbeTimeoutMs);
    EXPECT_EQ(transport.closes, 1);
}

TEST_F(Connecting, pagesThatWaitAreKeptOverTheReconnect)
{
    goLive();
    for (int i = 1; i <= 10; ++i)
        engine->wantAround(kRoom, Seq(i * 100));
    engine->openRoom(kRoom); // its members are derived anew
    EXPECT_EQ(transport.take<protocol::HistoryRequest>().size(), 8U);
    drop();
    engine->retryNow();
    reconnect();
    std::set<Seq> asked;
    for (int i = 0; i < 12; ++i) {
        for (const auto& request : transport.take<protocol::HistoryRequest>()) {
            asked.insert(request.seq);
            say(protocol::ErrorFrame{request.req, ErrorCode::BadField, false, {}, ""});
        }
        advance(1);
    }
    EXPECT_EQ(asked.size(), 10U);
}

TEST_F(Connecting, aBurstOfFramesIsWorkedOffAsItComes)
{
    goLive();
    // Without a turn of the host in between.
    for (std::int64_t seq = 1; seq <= 600; ++seq)
        engine->frameReceived(protocol::encode(protocol::LogEntry{message(seq, "m")}));
    EXPECT_GT(screen.timeline().size(), 200U) << "what is ahead is bounded";
    while (engine->hasWork())
        engine->work();
    EXPECT_EQ(screen.rooms[kRoom].unread, 600);
    std::vector<TempId> sent;
    std::int64_t seq = 600;
    for (int burst = 0; burst < 40; ++burst) {
        for (int i = 0; i < 8; ++i)
            sent.push_back(sendText("x"));
        for (std::size_t i = sent.size() - 8; i < sent.size(); ++i)
            engine->frameReceived(protocol::encode(confirmation(sent[i], ++seq)));
        if (burst % 2 == 0)
            engine->work();
    }
    while (engine->hasWork())
        engine->work();
    EXPECT_EQ(engine->outbox(), OutboxState{});
}

} // namespace skein::engine::test
