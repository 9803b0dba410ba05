// The engine over two transports: down to HTTP, back to the socket, nothing lost or doubled.
#include "sdk/engine/ladder.h"
#include "sdk/engine/reconnect.h"
#include "world.h"

namespace skein::engine::test
{

class Transports : public World
{
protected:
    void SetUp() override
    {
        World::SetUp();
        remake();
    }
    void remake(TransportMode mode = TransportMode::Auto)
    {
        engine.reset();
        Config config{DeviceId("device"), kMe, "Me", "test", mode};
        engine = std::make_unique<Engine>(
            *store, Host{clock, random, transport, tokens, screen, metrics, Logger(), &http},
            config);
    }
    /// The socket fails until the engine turns to HTTP.
    void fallToHttp()
    {
        engine->start();
        for (int i = 0; i < Ladder::kSocketFailures; ++i) {
            ASSERT_EQ(engine->link().via, Via::Socket);
            engine->transportClosed(0, "403");
            advance(Reconnect::kCapsMs[static_cast<std::size_t>(i)]);
        }
        ASSERT_EQ(engine->link().link, Link::Connecting);
        ASSERT_EQ(engine->link().via, Via::Http);
        ASSERT_EQ(http.opens, 1);
    }
    void liveOnHttp(std::int64_t headSeq = 0)
    {
        fallToHttp();
        engine->transportOpened(Via::Http);
        engine->tokenReady(std::string("token"));
        ASSERT_EQ(http.take<protocol::Hello>().size(), 1U);
        sayHttp(welcomeFrame());
        for (const auto& request : http.take<protocol::RoomsRequest>())
            sayHttp(protocol::RoomsResponse{request.req, {info(headSeq)}, false, ""});
        ASSERT_EQ(engine->link().link, headSeq == 0 ? Link::Live : Link::CatchingUp);
        sayHttp(protocol::Pong{0, 0, {}});
        http.sent.clear();
        transport.sent.clear();
    }
    void untilRetry()
    {
        ASSERT_EQ(engine->link().link, Link::Waiting);
        advance((engine->link().retryAt - clock.now()).count());
    }
    void sayHttp(const protocol::ServerFrame& frame)
    {
        engine->frameReceived(protocol::encode(frame), Via::Http);
        while (engine->hasWork())
            engine->work();
    }
    /// Until a try for the socket is under way.
    void untilClimb()
    {
        const int opens = transport.opens;
        for (int i = 0; i < 400 && transport.opens == opens; ++i) {
            advance(1'000);
            sayHttp(protocol::Ping{1});
        }
        ASSERT_EQ(transport.opens, opens + 1);
        http.sent.clear();
    }
    void climbToHello()
    {
        untilClimb();
        tokens.asked.clear();
        engine->transportOpened();
        ASSERT_EQ(tokens.asked, std::vector<bool>{false});
        engine->tokenReady(std::string("token2"));
        const auto hellos = transport.take<protocol::Hello>();
        ASSERT_EQ(hellos.size(), 1U);
        EXPECT_EQ(hellos[0].token, "token2");
        EXPECT_TRUE(http.take<protocol::TokenRefresh>().empty()) << "the old one needs none";
    }

    FakeTransport http;
};

TEST_F(Transports, socketFirstThenHttpAndTheLinkSaysSo)
{
    liveOnHttp();
    EXPECT_EQ(engine->link().via, Via::Http);
    EXPECT_EQ(metrics.gauge("breaker_socket").value(),
              static_cast<std::int64_t>(Breaker::State::Open));
    EXPECT_EQ(metrics.gauge("breaker_frames").value(),
              static_cast<std::int64_t>(Breaker::State::Closed));
    EXPECT_EQ(metrics.counter("transport_http_sessions").value(), 1);
}

TEST_F(Transports, aSocketThatHangsCostsOneTimeout)
{
    engine->start();
    advance(15'000 + 1'000);
    EXPECT_EQ(engine->link().via, Via::Http);
    EXPECT_EQ(transport.opens, 1);
}

TEST_F(Transports, aServerThatIsDownIsNoReasonForHttp)
{
    engine->start();
    for (int i = 0; i < 20; ++i) {
        ASSERT_EQ(engine->link().via, Via::Socket);
        engine->transportClosed(kCloseUnreachable, "refused");
        untilRetry();
    }
    EXPECT_EQ(http.opens, 0);
    engine->transportClosed(kCloseHung, "nothing came");
    untilRetry();
    EXPECT_EQ(http.opens, 1);
}

TEST_F(Transports, whatIsWrittenOnHttpGoesOverHttp)
{
    liveOnHttp();
    const TempId id = sendText("hello");
    ASSERT_EQ(http.take<protocol::MessageSend>().size(), 1U);
    EXPECT_TRUE(transport.sent.empty());
    sayHttp(confirmation(id, 1));
    EXPECT_EQ(screen.outbox.queued + screen.outbox.inFlight, 0);
}

TEST_F(Transports, whileASocketIsLiveHttpIsNotTouched)
{
    goLive();
    for (int i = 0; i < 120; ++i) {
        advance(10'000);
        say(protocol::Ping{i});
    }
    EXPECT_EQ(http.opens, 0);
    EXPECT_TRUE(http.sent.empty());
}

TEST_F(Transports, climbsBackByItselfAndKeepsTheOldConnectionUntilTheWelcome)
{
    liveOnHttp();
    climbToHello();
    EXPECT_EQ(engine->link().link, Link::Live);
    EXPECT_EQ(engine->link().via, Via::Http);
    const TempId early = sendText("between");
    ASSERT_EQ(http.take<protocol::MessageSend>().size(), 1U) << "HTTP still carries everything";
    EXPECT_EQ(http.closes, 0);
    const std::size_t told = screen.links.size();
    auto welcome = welcomeFrame();
    welcome.dirty = {head(0)};
    say(welcome);
    EXPECT_EQ(http.closes, 1);
    EXPECT_EQ(engine->link().via, Via::Socket);
    EXPECT_EQ(engine->link().link, Link::Live);
    for (std::size_t i = told; i < screen.links.size(); ++i)
        EXPECT_TRUE(screen.links[i].link == Link::CatchingUp || screen.links[i].link == Link::Live);
    const auto resent = transport.take<protocol::MessageSend>();
    ASSERT_EQ(resent.size(), 1U) << "its confirmation may have been lost with the old connection";
    EXPECT_EQ(resent[0].tempId, early);
    sayHttp(confirmation(early, 1)); // late, of the old connection: not listened to
    EXPECT_EQ(engine->outbox().inFlight, 1);
    say(confirmation(early, 1));
    EXPECT_EQ(engine->outbox().inFlight, 0);
    EXPECT_EQ(screen.bodies(), std::vector<std::string>{"between"});
    EXPECT_EQ(metrics.counter("transport_climbs").value(), 1);
}

TEST_F(Transports, aClimbThatFailsLeavesHttpAloneAndIsTriedAgain)
{
    liveOnHttp();
    for (int round = 0; round < 4; ++round) {
        untilClimb();
        if (round % 2 == 0)
            engine->transportClosed(0, "still 403");
        else
            advance(15'000); // hangs
        sayHttp(protocol::Pong{0, 0, {}});
        EXPECT_EQ(engine->link().link, Link::Live);
        EXPECT_EQ(engine->link().via, Via::Http);
    }
    EXPECT_EQ(http.closes, 0);
    EXPECT_EQ(metrics.counter("transport_climbs_failed").value(), 4);
}

TEST_F(Transports, aClimbWithoutATokenFails)
{
    liveOnHttp();
    untilClimb();
    engine->transportOpened();
    engine->tokenReady(fail(ErrorCode::Transport, "no way"));
    EXPECT_EQ(engine->link().link, Link::Live);
    EXPECT_EQ(metrics.counter("transport_climbs_failed").value(), 1);
    advance(1'000);
    EXPECT_EQ(transport.closes, 1);
}

TEST_F(Transports, theLossOfHttpDuringAClimbMakesTheSocketTheConnection)
{
    liveOnHttp();
    climbToHello();
    engine->transportClosed(4004, "replaced", Via::Http);
    EXPECT_EQ(engine->link().link, Link::SigningIn);
    EXPECT_EQ(engine->link().via, Via::Socket);
    say(welcomeFrame());
    EXPECT_EQ(engine->link().link, Link::Live);

    engine->stop();
    transport.sent.clear();
    transport.opens = transport.closes = http.opens = http.closes = 0;
    screen.links.clear();
    remake();
    liveOnHttp();
    untilClimb();
    engine->transportClosed(0, "gone", Via::Http);
    EXPECT_EQ(engine->link().link, Link::Connecting);
    EXPECT_EQ(engine->link().via, Via::Socket);
    engine->transportOpened();
    engine->tokenReady(std::string("token3"));
    EXPECT_EQ(transport.take<protocol::Hello>().size(), 1U);
}

TEST_F(Transports, stoppingDuringAClimbClosesBoth)
{
    liveOnHttp();
    untilClimb();
    const int before = transport.closes;
    engine->stop();
    EXPECT_EQ(transport.closes, before + 1);
    EXPECT_EQ(http.closes, 1);
    EXPECT_EQ(engine->link().link, Link::SignedOut);
    engine->transportOpened();
    EXPECT_EQ(engine->link().link, Link::SignedOut);
}

TEST_F(Transports, aFinalEndOnHttpDuringAClimbIsFinal)
{
    liveOnHttp();
    untilClimb();
    engine->transportClosed(4504, "revoked", Via::Http);
    EXPECT_EQ(engine->link().link, Link::Stopped);
    EXPECT_EQ(transport.closes, 1);
    advance(600'000);
    EXPECT_EQ(engine->link().link, Link::Stopped);
}

TEST_F(Transports, aRefreshedTokenGoesToTheLiveConnection)
{
    liveOnHttp();
    engine->tokenReady(std::string("fresh"));
    EXPECT_EQ(http.take<protocol::TokenRefresh>().size(), 1U);
}

TEST_F(Transports, framesOfTheOtherTransportMeanNothing)
{
    goLive();
    engine->frameReceived(protocol::encode(protocol::ServerFrame(protocol::Goodbye{})), Via::Http);
    engine->transportClosed(4504, "old", Via::Http);
    EXPECT_EQ(engine->link().link, Link::Live);
}

TEST_F(Transports, onlyHttpNeverOpensASocketAndOnlySocketNeverHttp)
{
    remake(TransportMode::HttpOnly);
    engine->start();
    EXPECT_EQ(http.opens, 1);
    engine->transportOpened(Via::Http);
    engine->tokenReady(std::string("token"));
    sayHttp(welcomeFrame());
    for (const auto& request : http.take<protocol::RoomsRequest>())
        sayHttp(protocol::RoomsResponse{request.req, {info(0)}, false, ""});
    sayHttp(protocol::Pong{0, 0, {}});
    for (int i = 0; i < 60; ++i) {
        advance(10'000);
        sayHttp(protocol::Ping{i});
    }
    EXPECT_EQ(transport.opens, 0);
    engine->stop();
    remake(TransportMode::SocketOnly);
    engine->start();
    for (int i = 0; i < 10; ++i) {
        engine->transportClosed(0, "refused");
        advance(30'000);
    }
    EXPECT_EQ(http.opens, 1);
}

TEST_F(Transports, retryAfterIsHonouredOnBoth)
{
    engine->start();
    engine->transportClosed(0, "503", Via::Socket, Milliseconds(40'000));
    ASSERT_EQ(engine->link().link, Link::Waiting);
    EXPECT_GE(engine->link().retryAt, clock.now() + Milliseconds(40'000));
    EXPECT_LE(engine->link().retryAt, clock.now() + Milliseconds(50'000));
    engine->resumed();
    EXPECT_EQ(engine->link().link, Link::Waiting) << "the server's word stands";
    engine->retryNow();
    EXPECT_EQ(engine->link().link, Link::Connecting) << "the person's word is above it";
}

TEST_F(Transports, anotherNetworkIsTriedWithTheSocketFirst)
{
    liveOnHttp();
    engine->networkReachable(false);
    advance(protocol::kProbeTimeoutMs);
    EXPECT_EQ(http.closes, 1);
    EXPECT_EQ(engine->link().link, Link::Offline);
    const int opens = transport.opens;
    engine->networkReachable(true);
    EXPECT_EQ(transport.opens, opens + 1);
    EXPECT_EQ(engine->link().via, Via::Socket);
}

TEST_F(Transports, afterASleepALiveConnectionIsProbedAtOnceAndADeadOneReplaced)
{
    goLive();
    engine->resumed();
    EXPECT_EQ(transport.take<protocol::Ping>().size(), 1U);
    engine->resumed();
    EXPECT_TRUE(transport.take<protocol::Ping>().empty()) << "one probe at a time";
    advance(protocol::kProbeTimeoutMs + 1'000);
    EXPECT_EQ(transport.opens, 2);
}

TEST_F(Transports, afterASleepAWaitingEngineConnectsAtOnce)
{
    engine->start();
    drop();
    drop();
    ASSERT_EQ(engine->link().link, Link::Waiting);
    engine->resumed();
    EXPECT_EQ(engine->link().link, Link::Connecting);
    const int opens = transport.opens;
    engine->resumed();
    EXPECT_EQ(transport.opens, opens + 1) << "an attempt from before the sleep is begun anew";
}

TEST_F(Transports, theServersClockIsKnownWithinTwoSeconds)
{
    for (const std::int64_t hours : {-3, 3}) {
        clock.jumpWall(Milliseconds(hours * 3'600'000));
        engine->start();
        engine->transportOpened();
        engine->tokenReady(std::string("token"));
        auto welcome = welcomeFrame();
        welcome.now = clock.wallNow().ms - hours * 3'600'000;
        say(welcome);
        EXPECT_EQ(engine->link().clockOffsetMs, -hours * 3'600'000);
        answerRooms({info(0)});
        const TempId id = sendText("now");
        const auto rows = screen.timeline();
        ASSERT_FALSE(rows.empty());
        EXPECT_EQ(rows.back().ts, welcome.now) << "shown at the server's time from the start";
        const auto sent = transport.take<protocol::MessageSend>();
        ASSERT_EQ(sent.size(), 1U);
        say(confirmation(id, hours < 0 ? 1 : 2));
        clock.jumpWall(Milliseconds(-hours * 3'600'000));
        protocol::Pong pong;
        pong.now = clock.wallNow().ms + 500;
        say(pong);
        EXPECT_EQ(engine->link().clockOffsetMs, 500) << "the user set the clock right";
        engine->stop();
    }
}

} // namespace skein::engine::test
