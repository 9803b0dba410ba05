// Real clients behind a proxy that is in the way of sockets: down to HTTP, everything exactly once,
// and back to the socket when it lets one through. // T2, T3
#include "tests/integration/qt/chatfixture.h"
#include "tests/integration/qt/proxy.h"

#include <QCoreApplication>
#include <QSet>

#include <gtest/gtest.h>

using namespace chat;

namespace
{

class TransportsTest : public ChatTest
{
protected:
    void SetUp() override
    {
        ChatTest::SetUp();
        proxy = std::make_unique<Proxy>(static_cast<quint16>(server.url().port()));
    }
    /// Signed up behind the proxy.
    std::unique_ptr<Client> behind(const QString& name)
    {
        auto client = device(name);
        client->setServerUrl(proxy->url());
        client->signUp(name, QStringLiteral("a long password"), name.toUpper());
        EXPECT_TRUE(until([&] { return client->state() == Client::Live; }))
            << qPrintable(client->errorText());
        return client;
    }
    [[nodiscard]] static qint64 metric(const Client& client, const char* name)
    {
        for (const QVariant& entry : client.metricsSnapshot()) {
            const QVariantMap map = entry.toMap();
            if (map.value(QStringLiteral("name")) == QLatin1String(name))
                return map.value(QStringLiteral("value")).toLongLong();
        }
        return -1;
    }
    /// Both ways, `count` messages each, and each of them exactly once and in order.
    void chatBothWays(Client& ann, Client& ben, const QString& id, const char* word, int count)
    {
        TimelineModel* ofAnn = ann.timeline(id);
        TimelineModel* ofBen = ben.timeline(id);
        ofAnn->setActive(true);
        ofBen->setActive(true);
        ASSERT_TRUE(until([&] { return ofAnn->ready() && ofBen->ready(); }));
        const QStringList more = numbered(word, count);
        const QStringList annHad = bodies(ofAnn, true), benHad = bodies(ofBen, true);
        for (const QString& body : more) {
            ofAnn->send(body);
            ofBen->send(body + QStringLiteral(" back"));
        }
        QStringList back;
        for (const QString& body : more)
            back << body + QStringLiteral(" back");
        ASSERT_TRUE(until([&] { return allConfirmed(ofAnn) && allConfirmed(ofBen); }));
        ASSERT_TRUE(until([&] { return bodies(ofBen, false).size() == annHad.size() + count; }))
            << bodies(ofBen, false).size();
        ASSERT_TRUE(until([&] { return bodies(ofAnn, false).size() == benHad.size() + count; }))
            << bodies(ofAnn, false).size();
        EXPECT_EQ(bodies(ofBen, false), annHad + more);
        EXPECT_EQ(bodies(ofAnn, false), benHad + back);
    }

    std::unique_ptr<Proxy> proxy;
};

} // namespace

TEST_F(TransportsTest, aTokenRefreshWhoseAnswerIsLostSignsNobodyOut)
{
    auto ann = behind(QStringLiteral("ann"));
    const QString id = ann->userId();
    ann.reset();
    for (int start = 1; start <= 2; ++start) { // a new process has to refresh first
        proxy->loseAnswersOfRefreshes = start;
        proxy->refreshes = proxy->lost = 0;
        ann = device(QStringLiteral("ann"));
        ASSERT_TRUE(ann->resume());
        ASSERT_TRUE(until([&] { return ann->state() == Client::Live; }))
            << qPrintable(ann->errorText());
        EXPECT_EQ(ann->userId(), id);
        EXPECT_EQ(proxy->lost, start);
        EXPECT_EQ(proxy->refreshes, start + 1);
        ann.reset();
    }
}

TEST_F(TransportsTest, behindAProxyThatRefusesUpgradesEverythingGoesOverHttpAndClimbsBack)
{
    for (const char* refusal :
         {"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n",
          "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"}) {
        proxy->upgrade = Proxy::Upgrade::Refuse;
        proxy->refusal = refusal;
        const QString round = QString::fromLatin1(refusal).mid(9, 3);
        const auto ann = behind(QStringLiteral("ann") + round);
        const auto ben = signUp(QStringLiteral("ben") + round);
        EXPECT_TRUE(ann->viaHttp());
        EXPECT_FALSE(ben->viaHttp());
        EXPECT_EQ(ann->stateText(), QStringLiteral("Connected over HTTP"));
        EXPECT_NE(metric(*ann, "breaker_socket"), 0) << "closed";
        const QString id = room(*ann, *ben);
        chatBothWays(*ann, *ben, id, "http", 20);

        proxy->upgrade = Proxy::Upgrade::Pass;
        for (const QString& body : numbered("while climbing", 30))
            ann->sendMessage(id, body);
        ASSERT_TRUE(until([&] { return ann->online() && !ann->viaHttp(); }, 60'000));
        ASSERT_TRUE(until([&] { return ann->state() == Client::Live && ann->queuedCount() == 0; }));
        EXPECT_EQ(ann->stateText(), QStringLiteral("Connected"));
        EXPECT_EQ(metric(*ann, "transport_climbs"), 1);
        const QStringList expected = numbered("http", 20) + numbered("while climbing", 30);
        EXPECT_TRUE(until([&] { return bodies(ben->timeline(id), false) == expected; }))
            << qPrintable(bodies(ben->timeline(id), false).join(u'|'));
        EXPECT_EQ(bodies(ann->timeline(id), true), expected);
        // While a socket is live nothing polls: the last poll ended with the climb.
        const int polls = proxy->polls;
        chatBothWays(*ann, *ben, id, "socket", 10);
        EXPECT_EQ(proxy->polls, polls);
    }
}

TEST_F(TransportsTest, aSocketThatIsCutAsSoonAsItOpensIsNone)
{
    proxy->upgrade = Proxy::Upgrade::Cut;
    const auto ann = behind(QStringLiteral("ann"));
    const auto ben = signUp(QStringLiteral("ben"));
    EXPECT_TRUE(ann->viaHttp());
    EXPECT_GE(proxy->upgrades, 2);
    const QString id = room(*ann, *ben);
    chatBothWays(*ann, *ben, id, "m", 5);
    // It looks again, is cut again, and nobody notices.
    ASSERT_TRUE(until([&] { return metric(*ann, "transport_climbs_failed") >= 1; }, 60'000));
    EXPECT_TRUE(ann->viaHttp());
    EXPECT_EQ(ann->state(), Client::Live);
    chatBothWays(*ann, *ben, id, "n", 5);
}

TEST_F(TransportsTest, lostAnswersOfPostsAndPollsLoseAndDoubleNothing)
{
    proxy->upgrade = Proxy::Upgrade::Refuse;
    const auto ann = behind(QStringLiteral("ann"));
    const auto ben = signUp(QStringLiteral("ben"));
    const QString id = room(*ann, *ben);
    for (int i = 0; i < 4; ++i) {
        proxy->loseAnswersOfPosts = proxy->loseAnswersOfPolls = 1;
        chatBothWays(*ann, *ben, id, qPrintable(QStringLiteral("round %1:").arg(i)), 8);
    }
    EXPECT_GE(proxy->lost, 4);
    EXPECT_EQ(metric(*ann, "transport_http_sessions"), 1) << "one session outlived them all";
}

TEST_F(TransportsTest, aServerThatRestartsIsFoundAgainOverHttp)
{
    proxy->upgrade = Proxy::Upgrade::Refuse;
    const auto ann = behind(QStringLiteral("ann"));
    const auto ben = signUp(QStringLiteral("ben"));
    const QString id = room(*ann, *ben);
    chatBothWays(*ann, *ben, id, "before", 5);
    server.kill();
    ASSERT_TRUE(until([&] { return !ann->online(); }));
    for (const QString& body : numbered("meanwhile", 5))
        ann->sendMessage(id, body);
    ASSERT_TRUE(server.start());
    ASSERT_TRUE(
        until([&] { return ann->state() == Client::Live && ann->queuedCount() == 0; }, 60'000));
    EXPECT_TRUE(ann->viaHttp());
    ASSERT_TRUE(until([&] { return ben->state() == Client::Live; }, 60'000));
    const QStringList expected = numbered("before", 5) + numbered("meanwhile", 5);
    EXPECT_TRUE(until([&] { return bodies(ben->timeline(id), false) == expected; }))
        << qPrintable(bodies(ben->timeline(id), false).join(u'|'));
}

TEST_F(TransportsTest, httpByOrderNeverAsksForASocket)
{
    auto ann = device(QStringLiteral("ann"));
    ann->setTransportMode(Client::HttpOnly);
    ann->setServerUrl(proxy->url());
    ann->signUp(QStringLiteral("ann"), QStringLiteral("a long password"));
    ASSERT_TRUE(until([&] { return ann->state() == Client::Live; }));
    EXPECT_TRUE(ann->viaHttp());
    const auto ben = signUp(QStringLiteral("ben"));
    const QString id = room(*ann, *ben);
    chatBothWays(*ann, *ben, id, "m", 10);
    EXPECT_EQ(proxy->upgrades, 0);
}

int main(int argc, char** argv)
{
    testing::InitGoogleTest(&argc, argv);
    QCoreApplication app(argc, argv);
    return RUN_ALL_TESTS();
}
