// Clients that have to wait: for a rate that is used up, and for a process that stood still for
// longer than any heartbeat.
#include "tests/integration/qt/chatfixture.h"

#include <QCoreApplication>

using namespace chat;

namespace
{

struct LimitedTest : ChatTest {
    void SetUp() override
    {
        server.options = {};
        ASSERT_TRUE(server.start());
    }
};

struct HeartbeatTest : ChatTest {
    void SetUp() override
    {
        server.options << QStringLiteral("--heartbeat-ms") << QStringLiteral("1000");
        ASSERT_TRUE(server.start());
    }
};

} // namespace

TEST_F(LimitedTest, moreThanTheRateAllowsArrivesOnceInOrderAndTheWriterIsToldHowLong)
{
    const auto ann = signUp(QStringLiteral("ann"));
    const auto ben = signUp(QStringLiteral("ben"));
    const QString id = room(*ann, *ben);
    TimelineModel* ofAnn = ann->timeline(id);
    TimelineModel* ofBen = ben->timeline(id);
    ofAnn->setActive(true);
    ofBen->setActive(true);
    ASSERT_TRUE(until([&] { return ofAnn->ready() && ofBen->ready(); }));
    QList<int> told;
    QObject::connect(ann.get(), &Client::slowedSecondsChanged, ann.get(),
                     [&] { told << ann->slowedSeconds(); });
    // The server lets 120 pass at once and two a second from then on: a machine that needs long for
    // these sends some more, until it is stopped.
    QStringList texts;
    for (int n = 126; ann->slowedSeconds() == 0 && n < 400; n += 6) {
        while (texts.size() < n) {
            texts << QStringLiteral("m %1").arg(texts.size() + 1);
            ofAnn->send(texts.last());
        }
        ASSERT_TRUE(until([&] { return ann->slowedSeconds() > 0 || allConfirmed(ofAnn); }));
    }
    ASSERT_GT(ann->slowedSeconds(), 0) << "the countdown";
    EXPECT_GT(ann->queuedCount(), 0) << "it says so while something waits";
    ASSERT_TRUE(until([&] { return ann->queuedCount() == 0 && allConfirmed(ofAnn); }));
    ASSERT_TRUE(until([&] { return ann->slowedSeconds() == 0; })) << "and stops saying so";
    EXPECT_EQ(told.last(), 0);
    EXPECT_EQ(ann->failedCount(), 0);
    EXPECT_TRUE(ann->online());
    EXPECT_TRUE(until([&] { return bodies(ofBen, false) == texts; }))
        << qPrintable(bodies(ofBen, false).join(u'|'));
    EXPECT_EQ(bodies(ofAnn, true), texts);
}

TEST_F(HeartbeatTest, aProcessThatStoodStillForLongerThanAHeartbeatCatchesUpAndSends)
{
    const auto ann = signUp(QStringLiteral("ann"));
    QProcess bot;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert(QStringLiteral("SKEIN_PASSWORD"), QStringLiteral("a long password"));
    bot.setProcessEnvironment(environment);
    const QStringList common{QStringLiteral("--server"), server.url().toString(),
                             QStringLiteral("--data"),   dir.filePath(QStringLiteral("bot")),
                             QStringLiteral("--user"),   QStringLiteral("bot")};
    bot.start(QStringLiteral(SKEIN_CLI_BINARY), QStringList{QStringLiteral("signup")} + common);
    ASSERT_TRUE(until([&] { return bot.state() == QProcess::NotRunning; }));
    ASSERT_EQ(bot.exitCode(), 0) << bot.readAllStandardError().constData();
    QString id;
    QObject::connect(ann.get(), &Client::roomCreated, ann.get(),
                     [&id](const QString&, const QString& made) { id = made; });
    ann->createRoom(Client::General, QStringLiteral("Tea"), {QStringLiteral("bot")});
    ASSERT_TRUE(until([&] { return !id.isEmpty() && ann->rooms()->find(id); }));
    TimelineModel* ofAnn = ann->timeline(id);
    ofAnn->setActive(true);
    ASSERT_TRUE(until([&] { return ofAnn->ready(); }));

    bot.start(QStringLiteral(SKEIN_CLI_BINARY), QStringList{QStringLiteral("script")} + common);
    QByteArray output;
    const auto saw = [&](const QByteArray& what) {
        return until([&] {
            output += bot.readAllStandardOutput();
            return output.contains(what);
        });
    };
    ASSERT_TRUE(saw("\"ready\""));
    ASSERT_TRUE(saw("Tea")) << output.constData();
    bot.write("{\"cmd\":\"send\",\"room\":\"Tea\",\"text\":\"before\",\"id\":1}\n");
    ASSERT_TRUE(until([&] { return bodies(ofAnn, false) == QStringList{"before"}; }));

    // The server gives it up and tells the others that it has gone: so it stood for long enough.
    QString presence;
    QObject::connect(ann.get(), &Client::presenceChanged, ann.get(),
                     [&](const QString&, const QString& now) { presence = now; });
    ::kill(static_cast<pid_t>(bot.processId()), SIGSTOP);
    bot.write("{\"cmd\":\"send\",\"room\":\"Tea\",\"text\":\"while it stood\",\"id\":2}\n");
    for (const QString& text : numbered("m", 20))
        ofAnn->send(text);
    ASSERT_TRUE(until([&] { return presence == QStringLiteral("offline"); }, 2 * kWaitMs));
    EXPECT_EQ(bodies(ofAnn, false), QStringList{"before"});
    output += bot.readAllStandardOutput();
    EXPECT_FALSE(output.contains("m 1\""));
    ::kill(static_cast<pid_t>(bot.processId()), SIGCONT);

    bot.write("{\"cmd\":\"send\",\"room\":\"Tea\",\"text\":\"afterwards\",\"id\":3}\n"
              "{\"cmd\":\"wait-drained\",\"id\":99}\n");
    EXPECT_TRUE(saw("\"drained\"")) << output.constData();
    EXPECT_TRUE(saw("m 20")) << output.constData();
    for (const QString& text : numbered("m", 20))
        EXPECT_EQ(output.count('"' + text.toUtf8() + '"'), 1) << qPrintable(text);
    const QStringList all{"before", "while it stood", "afterwards"};
    EXPECT_TRUE(until([&] { return bodies(ofAnn, false) == all; }))
        << qPrintable(bodies(ofAnn, false).join(u'|'));
    EXPECT_TRUE(until([&] { return presence == QStringLiteral("online"); }));
    bot.write("{\"cmd\":\"quit\"}\n");
    ASSERT_TRUE(until([&] { return bot.state() == QProcess::NotRunning; }));
    EXPECT_EQ(bot.exitCode(), 0);
}

int main(int argc, char** argv)
{
    QCoreApplication app(argc, argv);
    testing::InitGoogleTest(&argc, argv);
    return RUN_ALL_TESTS();
}
