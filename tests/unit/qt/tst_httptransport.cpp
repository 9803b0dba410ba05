// Frames over QNetworkAccessManager: headers, bounds, what ends a session.
#include "sdk/qt/httptransport.h"
#include "tests/unit/qt/fakeserver.h"
#include "tests/unit/qt/wait.h"

#include <QSignalSpy>

#include <gtest/gtest.h>

using namespace Skein;
using test::HttpServer;
using test::kWaitMs;
using test::until;

namespace
{

struct HttpTransportTest : testing::Test {
    QByteArrayList heads, bodies;
    QByteArray opening = HttpServer::answer(
        "201 Created", {},
        "Skein-Session: secret\r\nSkein-Batch: 1\r\nSet-Cookie: a=b; Path=/\r\n");
    QByteArray poll; ///< empty: it hangs
    QByteArray post = HttpServer::answer("204 No Content", {}, "Skein-Batch: 2\r\n");
    HttpServer server{[this](const QByteArray& head, const QByteArray& body) {
        heads << head;
        bodies << body;
        if (head.startsWith("GET"))
            return std::exchange(poll, QByteArray());
        return head.toLower().contains("skein-session") ? post : opening;
    }};
    skein::SystemClock clock;
    HttpTransport transport{server.url(QStringLiteral("/v1/frames")), clock};
    QSignalSpy opened{&transport, &HttpTransport::opened};
    QSignalSpy closed{&transport, &HttpTransport::closed};
    QSignalSpy received{&transport, &HttpTransport::received};

    void open()
    {
        transport.open();
        EXPECT_EQ(opened.count(), 0);
        ASSERT_TRUE(opened.wait(kWaitMs));
        transport.send("hello");
    }
    [[nodiscard]] int count(const QByteArray& start) const
    {
        int n = 0;
        for (const QByteArray& head : heads)
            n += head.startsWith(start) ? 1 : 0;
        return n;
    }
};

} // namespace

TEST_F(HttpTransportTest, saysHelloPollsAndGivesFramesOn)
{
    poll = HttpServer::answer("200 OK", "{\"a\":1}\n{\"b\":2}\n", "Skein-Batch: 1\r\n");
    open();
    ASSERT_TRUE(until([&] { return received.count() == 2 && count("GET") == 2; }));
    EXPECT_EQ(received.at(1).at(0).toByteArray(), "{\"b\":2}");
    EXPECT_EQ(bodies.front(), "hello");
    EXPECT_TRUE(heads.front().startsWith("POST /v1/frames HTTP/1.1"));
    const QByteArray second = heads.last().toLower();
    EXPECT_TRUE(second.startsWith("get /v1/frames?wait=25 ")) << second.constData();
    EXPECT_TRUE(second.contains("skein-session: secret"));
    EXPECT_TRUE(second.contains("skein-ack: 1"));
    EXPECT_FALSE(second.contains("cookie"));
    EXPECT_TRUE(second.contains("accept-encoding: identity"));
    EXPECT_FALSE(second.contains("secret ")) << "not in the URL";
}

TEST_F(HttpTransportTest, aCloseOfTheServerComesWithItsCodeAndTime)
{
    poll = HttpServer::answer("200 OK", "{}\n",
                              "Skein-Batch: 1\r\nSkein-Close: 4000 shutting down\r\n"
                              "Retry-After: 3\r\n");
    open();
    ASSERT_TRUE(closed.wait(kWaitMs));
    EXPECT_EQ(received.count(), 1);
    EXPECT_EQ(closed.front().at(0).toInt(), 4000);
    EXPECT_EQ(closed.front().at(1).toByteArray(), "shutting down");
    EXPECT_EQ(closed.front().at(2).toLongLong(), 3'000);
}

TEST_F(HttpTransportTest, anOpeningThatFailsIsReportedOnce)
{
    opening = HttpServer::answer("503 Service Unavailable", {}, "Retry-After: 9\r\n");
    open();
    ASSERT_TRUE(closed.wait(kWaitMs));
    EXPECT_EQ(closed.front().at(0).toInt(), 0);
    EXPECT_EQ(closed.front().at(2).toLongLong(), 9'000);
    EXPECT_EQ(count("GET"), 0);
}

TEST_F(HttpTransportTest, redirectsAreNotFollowed)
{
    HttpServer elsewhere([](const QByteArray&, const QByteArray&) { return QByteArray("x"); });
    opening = HttpServer::answer("307 Temporary Redirect", {},
                                 "Location: " + elsewhere.url().toEncoded() + "\r\n");
    open();
    ASSERT_TRUE(closed.wait(kWaitMs));
    EXPECT_EQ(elsewhere.connections, 0);
}

TEST_F(HttpTransportTest, anAnswerOverTheBoundIsNotTaken)
{
    poll = HttpServer::answer("200 OK", QByteArray(HttpTransport::kReplyBytesMax + 2, 'x'),
                              "Skein-Batch: 1\r\n");
    open();
    ASSERT_TRUE(until([&] { return count("GET") >= 2; }));
    EXPECT_EQ(received.count(), 0);
    EXPECT_TRUE(heads.last().toLower().contains("skein-ack: 0")) << "asked for again";
}

TEST_F(HttpTransportTest, closingEndsThePollAndTellsTheServer)
{
    open();
    ASSERT_TRUE(until([&] { return count("GET") == 1; }));
    transport.close();
    EXPECT_TRUE(until([&] { return count("DELETE") == 1; }));
    EXPECT_EQ(closed.count(), 0);
    EXPECT_EQ(transport.unsentBytes(), 0u);
}
