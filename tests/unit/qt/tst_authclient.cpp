// Tokens over HTTP: the breaker before what happens by itself, and clocks that are hours off.
#include "sdk/qt/authclient.h"
#include "tests/unit/qt/fakeserver.h"

#include <QEventLoop>
#include <QJsonDocument>

#include <gtest/gtest.h>

using namespace Skein;
using skein::ErrorCode;
using test::HttpServer;

namespace
{

struct AuthClientTest : testing::Test {
    skein::ManualClock clock;
    skein::SeededRandom random{4};
    skein::Metrics metrics;
    QByteArray reply = HttpServer::answer("500 Internal Server Error");
    HttpServer server{[this](const QByteArray&, const QByteArray&) { return reply; }};
    AuthClient auth{clock, random, metrics};

    skein::Result<Tokens> refresh()
    {
        QEventLoop loop;
        skein::Result<Tokens> result = skein::fail(ErrorCode::Internal);
        bool inside = true;
        auth.refresh(server.url(), QStringLiteral("r"), [&](const skein::Result<Tokens>& answer) {
            EXPECT_FALSE(inside) << "never from inside the call";
            result = answer;
            loop.quit();
        });
        inside = false;
        loop.exec();
        return result;
    }
    skein::Result<Tokens> signIn()
    {
        QEventLoop loop;
        skein::Result<Tokens> result = skein::fail(ErrorCode::Internal);
        auth.enter(server.url(), QStringLiteral("signin"), QStringLiteral("ann"),
                   QStringLiteral("p"), {}, QStringLiteral("d"), {},
                   [&](const skein::Result<Tokens>& answer) {
                       result = answer;
                       loop.quit();
                   });
        loop.exec();
        return result;
    }
    [[nodiscard]] std::int64_t state() { return metrics.gauge("breaker_auth").value(); }
    static QByteArray tokens(qint64 now, qint64 expires)
    {
        return HttpServer::answer(
            "200 OK",
            R"({"user":{"id":"u1","name":"ann"},"session":"s","device_id":"d","access_token":"a",
            "refresh_token":"r2","access_expires_at":)" +
                QByteArray::number(expires) +
                (now ? ",\"now\":" + QByteArray::number(now) : QByteArray()) + "}");
    }
};

constexpr auto kOpen = static_cast<std::int64_t>(skein::Breaker::State::Open);

} // namespace

TEST_F(AuthClientTest, aFailingBackendIsNotHammeredAndFoundWhenItWorks)
{
    for (int i = 0; i < AuthClient::kBreakerRule.failuresToOpen; ++i)
        EXPECT_EQ(refresh().error().code, ErrorCode::Internal);
    EXPECT_EQ(state(), kOpen);
    const int before = server.requests;
    for (int i = 0; i < 20; ++i) {
        const auto refused = refresh();
        EXPECT_EQ(refused.error().code, ErrorCode::ServerBusy);
        EXPECT_TRUE(refused.error().retryable);
        EXPECT_TRUE(refused.error().retryAfter);
    }
    EXPECT_EQ(server.requests, before) << "not one request";
    clock.advance(skein::Milliseconds(AuthClient::kBreakerRule.openMs));
    reply = tokens(clock.wallNow().ms, clock.wallNow().ms + 900'000);
    EXPECT_TRUE(refresh());
    EXPECT_EQ(state(), 0);
    EXPECT_EQ(server.requests, before + 1);
}

TEST_F(AuthClientTest, whatAPersonAsksForIsTriedAndItsSuccessClosesTheBreaker)
{
    for (int i = 0; i < AuthClient::kBreakerRule.failuresToOpen; ++i)
        (void)refresh();
    reply = tokens(clock.wallNow().ms, clock.wallNow().ms + 900'000);
    EXPECT_TRUE(signIn());
    EXPECT_EQ(state(), 0);
    EXPECT_TRUE(refresh());
}

TEST_F(AuthClientTest, aRefusalIsASignOfHealth)
{
    reply = HttpServer::answer("401 Unauthorized",
                               R"({"error":{"code":"token_invalid","detail":"x"}})");
    for (int i = 0; i < 10; ++i)
        EXPECT_EQ(refresh().error().code, ErrorCode::TokenInvalid);
    EXPECT_EQ(server.requests, 10);
    EXPECT_EQ(state(), 0);
}

TEST_F(AuthClientTest, retryAfterIsObeyedAtOnce)
{
    reply = HttpServer::answer("503 Service Unavailable", {}, "Retry-After: 20\r\n");
    const auto busy = refresh();
    EXPECT_EQ(busy.error().retryAfter, std::chrono::milliseconds(20'000));
    clock.advance(skein::Milliseconds(19'999));
    (void)refresh();
    EXPECT_EQ(server.requests, 1);
    clock.advance(skein::Milliseconds(1));
    (void)refresh();
    EXPECT_EQ(server.requests, 2);
}

TEST_F(AuthClientTest, howLongATokenHoldsIsTheServersClockAlone)
{
    const qint64 truth = clock.wallNow().ms;
    for (const std::int64_t hours : {-3, 0, 3}) {
        clock.jumpWall(skein::Milliseconds(hours * 3'600'000));
        reply = tokens(truth, truth + 900'000);
        const auto got = refresh();
        ASSERT_TRUE(got);
        EXPECT_EQ(got->accessValidMs, 900'000) << hours;
        clock.jumpWall(skein::Milliseconds(-hours * 3'600'000));
    }
    reply = tokens(0, truth + 900'000);
    EXPECT_EQ(refresh()->accessValidMs, 900'000) << "an older server: by the local clock";
    reply = tokens(truth, truth - 5);
    EXPECT_EQ(refresh()->accessValidMs, 0);
}

TEST_F(AuthClientTest, redirectsAreRefusedAndRepliesBounded)
{
    HttpServer elsewhere([](const QByteArray&, const QByteArray&) { return QByteArray("x"); });
    reply = HttpServer::answer("307 Temporary Redirect", {},
                               "Location: " + elsewhere.url().toEncoded() + "\r\n");
    EXPECT_EQ(refresh().error().code, ErrorCode::Transport);
    EXPECT_EQ(elsewhere.connections, 0);
    reply = HttpServer::answer("200 OK", QByteArray(AuthClient::kReplyBytesMax + 1, ' '));
    EXPECT_EQ(refresh().error().code, ErrorCode::FrameTooLarge);
}
