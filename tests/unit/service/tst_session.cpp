// Signing in on a socket, tokens, heartbeats, limits of connections, drain.
#include "tests/unit/service/world.h"

#include <functional>
#include <set>

using namespace skein;
using namespace skein::server;
using namespace skein::server::testing;

TEST(Session, theWelcomeNamesTheRunOfTheServer)
{
    Cast cast;
    const auto boot = [&] {
        cast.member.hello();
        return cast.member.last<Welcome>()->boot;
    };
    const BootId first = boot();
    EXPECT_FALSE(first.empty());
    EXPECT_EQ(boot(), first);
    cast.world.restart();
    EXPECT_NE(boot(), first);
}

TEST(Session, welcomeSaysWhoAndWhatHolds)
{
    Cast cast;
    cast.owner.drop();
    cast.owner.hello();
    const auto welcome = cast.owner.last<Welcome>();
    ASSERT_TRUE(welcome);
    EXPECT_EQ(welcome->user, cast.owner.user);
    EXPECT_EQ(welcome->name, "The owner");
    EXPECT_EQ(welcome->session, cast.owner.session);
    EXPECT_EQ(welcome->v, 1);
    EXPECT_EQ(welcome->now, cast.world.clock.wallNow().ms);
    EXPECT_EQ(welcome->limits, cast.world.config.limits);
}

TEST(Session, aTokenMayStandInTheAuthorizationHeader)
{
    Cast cast;
    Client other(cast.world, cast.owner.user, "tablet");
    other.conn = cast.world.nextConn++;
    cast.world.service->connected(other.conn, {"127.0.0.1", other.token()});
    Hello frame = other.helloFrame();
    frame.token.clear();
    other.send(frame);
    EXPECT_TRUE(other.last<Welcome>());
}

TEST(Session, eachBadTokenIsRefusedWithItsCloseCode)
{
    struct Row {
        const char* name;
        std::function<void(Cast&, Client&, Hello&)> change;
        ErrorCode code;
        CloseCode close;
    };
    const Row rows[] = {
        {"none", [](Cast&, Client&, Hello& h) { h.token.clear(); }, ErrorCode::Unauthenticated,
         CloseCode::InvalidToken},
        {"garbage", [](Cast&, Client&, Hello& h) { h.token = "a.b.c"; }, ErrorCode::TokenInvalid,
         CloseCode::InvalidToken},
        {"another secret",
         [](Cast& c, Client& who, Hello& h) {
             Tokens::Secret secret;
             secret.fill(8);
             h.token =
                 Tokens(secret).issue(who.user, who.session, who.device, c.world.clock.wallNow());
         },
         ErrorCode::TokenInvalid, CloseCode::InvalidToken},
        {"expired",
         [](Cast& c, Client&, Hello&) {
             c.world.clock.jumpWall(Milliseconds(kAccessTokenMs + kTokenSkewMs + 1'000));
         },
         ErrorCode::TokenExpired, CloseCode::TokenExpired},
        {"of another device", [](Cast&, Client&, Hello& h) { h.deviceId = DeviceId("other"); },
         ErrorCode::TokenInvalid, CloseCode::InvalidToken},
        {"of a user that is not there",
         [](Cast& c, Client& who, Hello& h) {
             h.token = c.world.tokens.issue(UserId("nobody"), who.session, who.device,
                                            c.world.clock.wallNow());
         },
         ErrorCode::TokenInvalid, CloseCode::InvalidToken},
        {"of a revoked session",
         [](Cast& c, Client& who, Hello&) {
             c.world.service->sessionEnded(who.session, SessionEnd::Revoked);
         },
         ErrorCode::DeviceRevoked, CloseCode::DeviceRevoked},
        {"of a session that is over",
         [](Cast& c, Client& who, Hello&) {
             c.world.service->sessionEnded(who.session, SessionEnd::Over);
         },
         ErrorCode::TokenInvalid, CloseCode::InvalidToken},
        {"no version in common", [](Cast&, Client&, Hello& h) { h.vMin = 7, h.vMax = 9; },
         ErrorCode::UnsupportedVersion, CloseCode::UnsupportedVersion},
    };
    for (const Row& row : rows) {
        Cast cast;
        Client who(cast.world, cast.owner.user, "tablet");
        who.connect();
        Hello frame = who.helloFrame();
        row.change(cast, who, frame);
        who.send(frame);
        EXPECT_FALSE(who.last<Welcome>()) << row.name;
        ASSERT_TRUE(who.last<ErrorFrame>()) << row.name;
        EXPECT_EQ(who.last<ErrorFrame>()->code, row.code) << row.name;
        EXPECT_EQ(who.closed(), row.close) << row.name;
    }
}

TEST(Session, whoSaysNoHelloInTimeIsClosed)
{
    Cast cast;
    Client silent(cast.world, cast.owner.user, "silent");
    silent.connect();
    cast.world.advance(kHelloTimeoutMs - 1);
    EXPECT_FALSE(silent.closed());
    cast.world.advance(1);
    EXPECT_EQ(silent.closed(), CloseCode::HelloTimeout);
}

TEST(Session, aConnectionIsAskedAfterTheHeartbeatAndClosedWithoutAnAnswer)
{
    Cast cast;
    Client other(cast.world, cast.owner.user, "tablet");
    other.hello();
    other.clear();
    cast.world.advance(kHeartbeatMs - 1);
    EXPECT_TRUE(other.all<Ping>().empty());
    cast.world.advance(1);
    ASSERT_EQ(other.all<Ping>().size(), 1u);
    other.send(Pong{other.last<Ping>()->t, 0, {}});
    cast.world.advance(kHeartbeatMs + kHeartbeatGraceMs - 1);
    EXPECT_FALSE(other.closed());
    cast.world.advance(1);
    EXPECT_EQ(other.closed(), CloseCode::NoPong);
}

TEST(Session, aTokenThatExpiresClosesUnlessItWasRenewed)
{
    Cast cast;
    Client renewing(cast.world, cast.owner.user, "renewing");
    Client idle(cast.world, cast.owner.user, "idle");
    renewing.hello();
    idle.hello();
    const auto live = [&](std::int64_t ms) {
        for (std::int64_t at = 0; at < ms; at += 10'000) {
            cast.world.advance(10'000);
            renewing.queue(Pong{});
            idle.queue(Pong{});
        }
    };
    live(kAccessTokenMs - 60'000);
    renewing.send(TokenRefresh{renewing.token()});
    ASSERT_TRUE(renewing.last<TokenOk>());
    EXPECT_EQ(renewing.last<TokenOk>()->exp / 1'000,
              (cast.world.clock.wallNow().ms + kAccessTokenMs) / 1'000);
    live(120'000 + 10'000);
    EXPECT_EQ(idle.closed(), CloseCode::TokenExpired);
    EXPECT_FALSE(renewing.closed());
    // Somebody else's token does not renew this connection.
    renewing.send(TokenRefresh{cast.admin.token()});
    EXPECT_EQ(renewing.last<ErrorFrame>()->code, ErrorCode::TokenInvalid);
}

TEST(Session, revokingASessionClosesItsSocketsAtOnceAndForAsLongAsItsTokensLive)
{
    Cast cast;
    cast.world.service->sessionEnded(cast.member.session, SessionEnd::Revoked);
    EXPECT_EQ(cast.member.closed(), CloseCode::DeviceRevoked);
    EXPECT_FALSE(cast.owner.closed());
    cast.member.drop();
    cast.member.hello();
    EXPECT_EQ(cast.member.closed(), CloseCode::DeviceRevoked);
}

TEST(Session, aRevokedSessionHearsAndSaysNothingFromTheSameTurnOn)
{
    Cast cast;
    cast.owner.queue(cast.owner.message(cast.room, "not committed yet"));
    cast.world.service->sessionEnded(cast.member.session, SessionEnd::Revoked);
    // No tick and no time: what the socket gets is its end.
    ASSERT_EQ(cast.member.closed(), CloseCode::DeviceRevoked);
    const std::size_t frames = cast.member.frames();
    cast.member.queue(cast.member.message(cast.room, "too late"));
    cast.world.settle();
    EXPECT_EQ(cast.member.frames(), frames);
    const auto committed = cast.owner.last<MessageConfirmed>();
    ASSERT_TRUE(committed);
    EXPECT_EQ(cast.owner.say(cast.room, "next").seq, committed->seq.next())
        << "nothing of the revoked session stands between";
}

TEST(Session, connectionsOfAUserAreBounded)
{
    ServiceConfig config;
    config.connectionsPerUserMax = 3;
    Cast cast(config);
    Client b(cast.world, cast.owner.user, "b"), c(cast.world, cast.owner.user, "c"),
        d(cast.world, cast.owner.user, "d");
    b.hello();
    c.hello();
    d.hello();
    EXPECT_EQ(d.closed(), CloseCode::TooManyConnections);
    EXPECT_FALSE(b.closed());
    // The same device again replaces the socket that it left behind.
    const ConnId old = c.conn;
    c.hello();
    EXPECT_TRUE(c.last<Welcome>());
    EXPECT_EQ(cast.world.wire.closed.at(old), CloseCode::NoPong);
}

TEST(Session, badFramesAreAnsweredAndTooManyOfThemCloseTheConnection)
{
    Cast cast;
    for (int i = 0; i < 15; ++i)
        cast.owner.raw("{not json");
    EXPECT_EQ(cast.owner.all<ErrorFrame>().size(), 15u);
    EXPECT_EQ(cast.owner.last<ErrorFrame>()->code, ErrorCode::BadFrame);
    EXPECT_FALSE(cast.owner.closed());
    cast.owner.raw(R"({"type":"history_request","req":"q7","room":5})");
    EXPECT_EQ(cast.owner.last<ErrorFrame>()->req, RequestId("q7"));
    EXPECT_EQ(cast.owner.closed(), CloseCode::ProtocolError);
}

TEST(Session, anUnknownTypeIsAnsweredAndTheConnectionStays)
{
    Cast cast;
    cast.owner.raw(R"({"type":"from_the_future","req":"q"})");
    ASSERT_TRUE(cast.owner.last<ErrorFrame>());
    EXPECT_EQ(cast.owner.last<ErrorFrame>()->code, ErrorCode::UnknownType);
    EXPECT_FALSE(cast.owner.closed());
}

TEST(Session, drainConfirmsWhatWasHandedOverAndSpreadsTheReconnects)
{
    Cast cast;
    const MessageSend frame = cast.owner.message(cast.room, "last words");
    cast.owner.queue(frame);
    cast.world.service->drain(10'000);
    EXPECT_EQ(cast.member.closed(), CloseCode::ShuttingDown); // nothing on its way: at once
    EXPECT_FALSE(cast.owner.closed());
    const MessageSend late = cast.owner.message(cast.room, "too late");
    cast.owner.queue(late);
    ASSERT_TRUE(cast.owner.refusal(late.tempId));
    EXPECT_EQ(cast.owner.refusal(late.tempId)->code, ErrorCode::ShuttingDown);
    EXPECT_FALSE(cast.owner.refusal(late.tempId)->permanent);
    cast.world.settle();
    EXPECT_TRUE(cast.owner.outcome(frame.tempId).seq);
    EXPECT_EQ(cast.owner.closed(), CloseCode::ShuttingDown);
    std::set<std::int64_t> spread;
    for (Client* who : {&cast.owner, &cast.admin, &cast.member, &cast.stranger}) {
        ASSERT_TRUE(who->last<Goodbye>());
        EXPECT_TRUE(who->last<Goodbye>()->reconnect);
        EXPECT_LE(who->last<Goodbye>()->afterMs, 10'000);
        spread.insert(who->last<Goodbye>()->afterMs);
    }
    EXPECT_GT(spread.size(), 1u);
    Client newcomer(cast.world, cast.owner.user, "new");
    newcomer.connect();
    EXPECT_EQ(newcomer.closed(), CloseCode::ShuttingDown);
}

TEST(Session, aRequestOverTheRateSaysWhenToComeBack)
{
    ServiceConfig config;
    config.limits.requests = {3, 60};
    Cast cast(config);
    cast.world.advance(4'000);
    for (int i = 0; i < 4; ++i)
        cast.owner.send(RoomsRequest{RequestId(std::to_string(i)), {}, "", 10});
    EXPECT_EQ(cast.owner.all<RoomsResponse>().size(), 3u);
    const auto error = cast.owner.last<ErrorFrame>();
    ASSERT_TRUE(error);
    EXPECT_EQ(error->req, RequestId("3"));
    EXPECT_EQ(error->code, ErrorCode::RateLimited);
    EXPECT_TRUE(error->temporary);
    ASSERT_TRUE(error->retryAfterMs);
    cast.world.advance(*error->retryAfterMs);
    cast.owner.send(RoomsRequest{RequestId("again"), {}, "", 10});
    EXPECT_EQ(cast.owner.last<RoomsResponse>()->req, RequestId("again"));
}

TEST(Session, aFloodThatDoesNotHeedTheRateIsClosed)
{
    Cast cast;
    for (int i = 0; i < 2'000 && !cast.owner.closed(); ++i)
        cast.owner.queue(RoomsRequest{RequestId("r"), {}, "", 1});
    EXPECT_EQ(cast.owner.closed(), CloseCode::RateLimited);
    EXPECT_FALSE(isFinal(static_cast<std::uint16_t>(*cast.owner.closed())));
    EXPECT_FALSE(cast.member.closed());
}
