#include "sdk/engine/reconnect.h"
#include "sdk/engine/tuning.h"
#include "world.h"

namespace skein::engine::test
{

/// That a slow line takes for a frame with a short body, or for what stands around a long one.
constexpr std::int64_t kFrameMs = slowLineMs(400);

class Session : public World
{
protected:
    [[nodiscard]] std::vector<Link> linksSeen() const
    {
        std::vector<Link> list;
        for (const auto& state : screen.links)
            list.push_back(state.link);
        return list;
    }
};

TEST_F(Session, everyStateIsTold)
{
    EXPECT_EQ(engine->link().link, Link::SignedOut);
    goLive();
    EXPECT_EQ(linksSeen(),
              (std::vector<Link>{Link::Connecting, Link::SigningIn, Link::CatchingUp, Link::Live}));
    drop();
    EXPECT_EQ(engine->link().link, Link::Waiting);
    engine->stop();
    EXPECT_EQ(engine->link().link, Link::SignedOut);
}

TEST_F(Session, helloCarriesTokenDeviceAndCursors)
{
    fillLog(3);
    goLive(3);
    drop();
    engine->retryNow();
    hello();
    const auto sent = transport.take<protocol::Hello>();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].token, "token");
    EXPECT_EQ(sent[0].deviceId, DeviceId("device"));
    EXPECT_EQ(sent[0].syncToken, SyncToken("t1"));
    ASSERT_EQ(sent[0].open.size(), 1U);
    EXPECT_EQ(sent[0].open[0], (protocol::RoomCursor{kRoom, Epoch(1), Seq(3)}));
}

TEST_F(Session, tokenAndTransportInEitherOrder)
{
    engine->start();
    engine->tokenReady(std::string("early"));
    EXPECT_TRUE(transport.take<protocol::Hello>().empty());
    engine->transportOpened();
    EXPECT_EQ(transport.take<protocol::Hello>().size(), 1U);
}

TEST_F(Session, backoffWaitsThenConnects)
{
    engine->start();
    drop();
    ASSERT_EQ(engine->link().link, Link::Waiting);
    EXPECT_LE(engine->link().retryAt, clock.now() + Milliseconds(1'000));
    const int opens = transport.opens;
    advance(1'000);
    EXPECT_EQ(transport.opens, opens + 1);
    EXPECT_EQ(engine->link().link, Link::Connecting);
}

TEST_F(Session, withoutANetworkTriesGoOnAtThePaceOfTheBackoff)
{
    engine->networkReachable(false);
    engine->start();
    EXPECT_EQ(engine->link().link, Link::Connecting) << "the server may be in the local network";
    ASSERT_EQ(transport.opens, 1);
    for (int i = 0; i < 10; ++i) {
        engine->transportClosed(kCloseUnreachable, "no route");
        ASSERT_EQ(engine->link().link, Link::Offline);
        EXPECT_EQ(engine->link().error->code, ErrorCode::Offline);
        EXPECT_LE(engine->link().retryAt, clock.now() + Milliseconds(Reconnect::kCapsMs.back()));
        advance((engine->link().retryAt - clock.now()).count());
        EXPECT_EQ(transport.opens, i + 2);
    }
    engine->transportClosed(kCloseUnreachable, "no route");
    engine->retryNow();
    EXPECT_EQ(engine->link().link, Link::Connecting) << "the person's word";
    hello();
    say(welcomeFrame());
    answerRooms({});
    EXPECT_EQ(engine->link().link, Link::Live) << "the local server was there after all";
}

TEST_F(Session, theNetworkIsBackStartsAtOnce)
{
    engine->start();
    drop();
    drop();
    engine->networkReachable(false);
    EXPECT_EQ(engine->link().link, Link::Offline) << "the reason for the wait is known now";
    engine->networkReachable(true);
    EXPECT_EQ(transport.opens, 2);
    EXPECT_EQ(engine->link().link, Link::Connecting);
    engine->networkReachable(false);
    EXPECT_EQ(engine->link().link, Link::Connecting) << "it may be about to get through";
    engine->networkReachable(true);
    EXPECT_EQ(transport.opens, 3) << "a try begun without a network is begun anew";
    engine->networkReachable(true);
    EXPECT_EQ(transport.opens, 3);
}

TEST_F(Session, aLiveConnectionIsNotGivenUpForTheWordOfTheSystem)
{
    goLive();
    engine->networkReachable(false);
    EXPECT_EQ(engine->link().link, Link::Live);
    auto pings = transport.take<protocol::Ping>();
    ASSERT_EQ(pings.size(), 1U);
    protocol::Pong pong;
    pong.t = pings[0].t;
    say(pong);
    engine->networkReachable(true);
    EXPECT_EQ(engine->link().link, Link::Live);
    EXPECT_EQ(transport.opens, 1) << "it has answered";
    engine->networkReachable(false);
    engine->networkReachable(true);
    EXPECT_EQ(transport.opens, 2) << "it has not, and another network came";
    reconnect();
    engine->networkReachable(false);
    advance(protocol::kProbeTimeoutMs);
    EXPECT_EQ(engine->link().link, Link::Offline);
}

TEST_F(Session, whatTheServerSaysIsShownAlsoWhereTheSystemKnowsNoNetwork)
{
    goLive();
    engine->networkReachable(false);
    drop(static_cast<std::uint16_t>(protocol::CloseCode::ShuttingDown));
    EXPECT_EQ(engine->link().link, Link::Waiting);
    EXPECT_EQ(engine->link().error->code, ErrorCode::ShuttingDown);
}

TEST_F(Session, expiredTokenIsReplacedAndTheConnectionMadeAnew)
{
    goLive();
    ASSERT_EQ(tokens.asked, std::vector<bool>{false});
    drop(static_cast<std::uint16_t>(protocol::CloseCode::TokenExpired));
    EXPECT_EQ(engine->link().link, Link::Connecting);
    EXPECT_EQ(tokens.asked, (std::vector<bool>{false, true}));
}

TEST_F(Session, tokenRefreshKeepsTheSocket)
{
    goLive();
    say(protocol::ErrorFrame{{}, ErrorCode::TokenExpired, true, {}, ""});
    EXPECT_EQ(tokens.asked, (std::vector<bool>{false, true}));
    engine->tokenReady(std::string("fresh"));
    const auto sent = transport.take<protocol::TokenRefresh>();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].token, "fresh");
    EXPECT_EQ(engine->link().link, Link::Live);
}

TEST_F(Session, finalCloseCodesStopWithTheirReason)
{
    const std::vector<std::pair<protocol::CloseCode, ErrorCode>> rows{
        {protocol::CloseCode::InvalidToken, ErrorCode::TokenInvalid},
        {protocol::CloseCode::UnsupportedVersion, ErrorCode::UnsupportedVersion},
        {protocol::CloseCode::Banned, ErrorCode::Banned},
        {protocol::CloseCode::DeviceRevoked, ErrorCode::DeviceRevoked},
        {protocol::CloseCode::TooManyConnections, ErrorCode::TooManyConnections},
    };
    for (const auto& [code, expected] : rows) {
        engine->start();
        drop(static_cast<std::uint16_t>(code));
        EXPECT_EQ(engine->link().link, Link::Stopped);
        EXPECT_EQ(engine->link().error->code, expected);
        const int opens = transport.opens;
        advance(600'000);
        EXPECT_EQ(transport.opens, opens);
        engine->tokenReady(std::string("for the attempt that ended"));
    }
}

TEST_F(Session, refusedSignInStops)
{
    engine->start();
    engine->tokenReady(tl::unexpected(makeError(ErrorCode::TokenInvalid)));
    EXPECT_EQ(engine->link().link, Link::Stopped);
    EXPECT_EQ(engine->link().error->code, ErrorCode::TokenInvalid);
}

TEST_F(Session, goodbyeWindowIsKept)
{
    goLive();
    say(protocol::Goodbye{ErrorCode::ShuttingDown, "restart", true, 5'000, 2'000});
    drop(static_cast<std::uint16_t>(protocol::CloseCode::ShuttingDown));
    EXPECT_GE(engine->link().retryAt, clock.now() + Milliseconds(5'000));
    EXPECT_LE(engine->link().retryAt, clock.now() + Milliseconds(7'000));
}

TEST_F(Session, goodbyeForGoodStops)
{
    goLive();
    say(protocol::Goodbye{ErrorCode::Banned, "no", false, 0, 0});
    EXPECT_EQ(engine->link().link, Link::Stopped);
    EXPECT_EQ(engine->link().error->code, ErrorCode::Banned);
}

TEST_F(Session, silentServerIsNoticedWithinTwoHeartbeats)
{
    goLive();
    advance(protocol::kHeartbeatMs + protocol::kHeartbeatGraceMs - 1);
    EXPECT_EQ(engine->link().link, Link::Live);
    advance(1);
    EXPECT_EQ(transport.closes, 1);
    EXPECT_EQ(engine->link().link, Link::Connecting) << "at once";
}

TEST_F(Session, silenceWithSomethingUnconfirmedIsProbedAndGivenUpAfterFourSeconds)
{
    goLive();
    sendText("?");
    advance(kProbeAfterMs - 1);
    EXPECT_TRUE(transport.take<protocol::Ping>().empty());
    advance(1);
    EXPECT_EQ(transport.take<protocol::Ping>().size(), 1U);
    advance(protocol::kProbeTimeoutMs - kProbeAfterMs - 1);
    EXPECT_EQ(engine->link().link, Link::Live);
    advance(1 + kFrameMs);
    EXPECT_EQ(transport.closes, 1);
}

TEST_F(Session, patienceCountsFromWhatWasSentAndNotFromTheQuietBefore)
{
    goLive();
    advance(20'000);
    (void)transport.take<protocol::Ping>();
    sendText("after a long quiet");
    advance(kProbeAfterMs - 1);
    EXPECT_TRUE(transport.take<protocol::Ping>().empty()) << "its confirmation is the answer";
    advance(1);
    EXPECT_EQ(transport.take<protocol::Ping>().size(), 1U);
    advance(protocol::kProbeTimeoutMs - kProbeAfterMs - 1);
    EXPECT_EQ(transport.closes, 0);
    advance(1 + kFrameMs);
    EXPECT_EQ(transport.closes, 1);
}

TEST_F(Session, aFrameWithoutAnAnswerIsProbedForToo)
{
    goLive();
    advance(10'000);
    (void)transport.take<protocol::Ping>();
    engine->typing(kRoom, true);
    ASSERT_EQ(transport.take<protocol::TypingSet>().size(), 1U);
    advance(kProbeAfterMs);
    const auto pings = transport.take<protocol::Ping>();
    ASSERT_EQ(pings.size(), 1U);
    protocol::Pong pong;
    pong.t = pings[0].t;
    say(pong);
    advance(protocol::kProbeTimeoutMs);
    EXPECT_TRUE(transport.take<protocol::Ping>().empty()) << "one for all that was written";
    EXPECT_EQ(transport.closes, 0);
    engine->typing(kRoom, false);
    advance(protocol::kProbeTimeoutMs + kFrameMs);
    EXPECT_EQ(transport.closes, 1);
}

TEST_F(Session, aLateTickDoesNotGiveUpBeforeTheProbeCouldBeAnswered)
{
    goLive();
    sendText("?");
    clock.advance(Milliseconds(3 * protocol::kProbeTimeoutMs)); // the process stood still
    engine->tick();
    EXPECT_EQ(transport.take<protocol::Ping>().size(), 1U);
    advance(protocol::kProbeTimeoutMs - kProbeAfterMs - 1);
    EXPECT_EQ(transport.closes, 0);
    advance(1 + kFrameMs);
    EXPECT_EQ(transport.closes, 1);
}

TEST_F(Session, aLongMessageHasTheTimeThatASlowLineTakesForIt)
{
    goLive();
    sendText(std::string(20'000, 'x')); // 2.5 s of 64 kbit/s
    advance(protocol::kProbeTimeoutMs + slowLineMs(20'000) - 1);
    EXPECT_EQ(transport.closes, 0);
    advance(1 + kFrameMs);
    EXPECT_EQ(transport.closes, 1);
}

TEST_F(Session, aPartOfAFrameIsASignOfLife)
{
    goLive();
    sendText("?");
    advance(kProbeAfterMs);
    for (int i = 0; i < 10; ++i) {
        advance(kProbeBehindMs - 1);
        engine->partReceived();
    }
    EXPECT_EQ(transport.closes, 0) << "the answer is behind it";
    engine->partReceived(Via::Http);
    advance(protocol::kProbeTimeoutMs);
    EXPECT_EQ(transport.closes, 1) << "a part on the other way says nothing of this one";
}

TEST_F(Session, whatComesDownIsNoProofThatAnythingGoesUp)
{
    goLive();
    sendText("?");
    for (int i = 0; i < 4; ++i) { // the others go on
        advance(1'000);
        say(protocol::TypingUsers{kRoom, {}});
    }
    EXPECT_EQ(transport.take<protocol::Ping>().size(), 1U);
    EXPECT_EQ(transport.closes, 0);
    advance(kProbeBehindMs);
    EXPECT_EQ(transport.closes, 1);
}

TEST_F(Session, aWelcomeThatComesInPartsIsWaitedFor)
{
    engine->start();
    hello();
    for (int i = 0; i < 13; ++i) {
        engine->partReceived();
        advance(protocol::kProbeTimeoutMs - 1);
    }
    EXPECT_EQ(transport.closes, 0);
    say(welcomeFrame());
    answerRooms({});
    EXPECT_EQ(engine->link().link, Link::Live);
}

TEST_F(Session, partsWithoutEndAreNotWaitedForForEver)
{
    engine->start();
    hello();
    for (int i = 0; i < 20; ++i) {
        engine->partReceived();
        advance(protocol::kProbeTimeoutMs - 1);
    }
    EXPECT_GT(transport.closes, 0) << "before the welcome";
    transport.closes = 0;
    engine->stop();
    goLive();
    transport.closes = 0;
    sendText("?");
    for (int i = 0; i < 20; ++i) {
        engine->partReceived();
        advance(protocol::kProbeTimeoutMs - 1);
    }
    EXPECT_GT(transport.closes, 0) << "an answer";
}

TEST_F(Session, aBusyRoomDoesNotHideThatNothingGoesUp)
{
    goLive();
    sendText("?");
    for (int i = 0; i < 20; ++i) {
        advance(1'000);
        say(protocol::TypingUsers{kRoom, {}});
    }
    EXPECT_EQ(transport.closes, 1);
}

TEST_F(Session, aLongDraftHasItsTimeToo)
{
    goLive();
    ASSERT_TRUE(engine->setDraft(kRoom, std::string(20'000, 'x')));
    EXPECT_EQ(transport.closes, 0);
    advance(protocol::kProbeTimeoutMs + slowLineMs(20'000) - 1);
    EXPECT_EQ(transport.closes, 0);
}

TEST_F(Session, afterASilenceTheFirstTryIsAtOnceUnlessTheOneBeforeProvedNothing)
{
    goLive();
    advance(protocol::kHeartbeatMs + protocol::kHeartbeatGraceMs);
    EXPECT_EQ(transport.opens, 2) << "it was live for long";
    reconnect();
    say(confirmation(sendText("first"), 1));
    engine->tick();
    sendText("?");
    advance(protocol::kProbeTimeoutMs + kFrameMs);
    EXPECT_EQ(transport.opens, 3) << "it worked before, whatever its age";
    reconnect();
    advance(protocol::kProbeTimeoutMs + kFrameMs);
    EXPECT_EQ(transport.closes, 3);
    EXPECT_EQ(transport.opens, 3) << "one that answers nothing is not hammered";
    EXPECT_EQ(engine->link().link, Link::Waiting);
}

TEST_F(Session, theTokenOfAWelcomeIsKeptWhenWhatFollowsItHasCome)
{
    goLive();
    const std::string before = store->fact(offline::Store::kSyncToken);
    drop();
    engine->retryNow();
    hello();
    auto frame = welcomeFrame();
    frame.syncToken = SyncToken("later");
    say(frame);
    EXPECT_EQ(store->fact(offline::Store::kSyncToken), before)
        << "rooms that were left are told behind it, and the connection may end before that";
    say(protocol::RoomRemoved{kRoom});
    EXPECT_EQ(store->fact(offline::Store::kSyncToken), before);
    say(protocol::Pong{0, 0, {}});
    EXPECT_EQ(store->fact(offline::Store::kSyncToken), "later");
}

TEST_F(Session, serverPingIsAnswered)
{
    goLive();
    say(protocol::Ping{42});
    const auto sent = transport.take<protocol::Pong>();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].t, 42);
}

TEST_F(Session, unreadableFrameIsCountedAndTheConnectionMadeAnew)
{
    goLive();
    for (const char* bad : {"", "{", "[]", "{\"type\":\"message_new\"}", "{\"type\":1}", "\xff"}) {
        engine->frameReceived(bad);
        EXPECT_EQ(engine->link().link, Link::Waiting) << bad;
        engine->retryNow();
        reconnect();
    }
    EXPECT_EQ(metrics.counter("frames_bad").value(), 6);
    EXPECT_EQ(metrics.counter("reconnects").value(), 6);
}

TEST_F(Session, unknownFrameTypesAreTolerated)
{
    goLive();
    engine->frameReceived(R"({"type":"from_the_future","x":1})");
    EXPECT_EQ(engine->link().link, Link::Live);
}

TEST_F(Session, framesBeforeTheWelcomeMeanNothing)
{
    engine->start();
    hello();
    say(protocol::LogEntry{message(1, "early")});
    EXPECT_EQ(engine->link().link, Link::SigningIn);
    EXPECT_TRUE(screen.rows.empty());
}

TEST_F(Session, someoneElsesWelcomeIsNotMixedIn)
{
    engine->start();
    hello();
    auto frame = welcomeFrame();
    frame.user = kHer;
    say(frame);
    EXPECT_EQ(engine->link().link, Link::Stopped);
    EXPECT_EQ(engine->link().error->code, ErrorCode::TokenInvalid);
}

TEST_F(Session, connectingHasAnEnd)
{
    engine->start();
    advance(15'000);
    EXPECT_EQ(engine->link().link, Link::Waiting);
    EXPECT_EQ(engine->link().error->code, ErrorCode::Timeout);
}

TEST_F(Session, wallClockJumpsChangeNothing)
{
    goLive();
    clock.jumpWall(std::chrono::hours(5));
    engine->tick();
    clock.jumpWall(-std::chrono::hours(50));
    engine->tick();
    EXPECT_EQ(engine->link().link, Link::Live);
}

TEST_F(Session, latenciesAreRecorded)
{
    engine->start();
    clock.advance(Milliseconds(40));
    hello();
    say(welcomeFrame());
    answerRooms({});
    EXPECT_EQ(metrics.histogram("connect").count(), 1);
    EXPECT_GE(metrics.histogram("connect").sumUs(), 40'000);
    EXPECT_EQ(metrics.histogram("catch_up").count(), 1);
}

} // namespace skein::engine::test
