#include "offline/store.h"
#include "sdk/qt/accountlist.h"
#include "sdk/qt/client.h"
#include "sdk/qt/tokenvault.h"
#include "tests/unit/qt/fakeserver.h"
#include "tests/unit/qt/wait.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QSignalSpy>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTemporaryDir>

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

using Skein::Client;
using test::until;

namespace
{

constexpr int kWaitMs = 15'000;

/// Answers each HTTP request with the same bytes.
class FakeServer
{
public:
    explicit FakeServer(QByteArray always)
        : reply(std::move(always))
    {
        m_server.listen(QHostAddress::LocalHost);
        QObject::connect(&m_server, &QTcpServer::newConnection, &m_server, [this] {
            QTcpSocket* socket = m_server.nextPendingConnection();
            QObject::connect(socket, &QTcpSocket::readyRead, socket, [this, socket] {
                request += socket->readAll();
                if (request.contains("\r\n\r\n") && request.endsWith('}')) {
                    socket->write(reply);
                    socket->disconnectFromHost();
                }
            });
        });
    }
    [[nodiscard]] QUrl url() const
    {
        return QUrl(QStringLiteral("http://127.0.0.1:%1").arg(m_server.serverPort()));
    }
    QByteArray request, reply;

private:
    QTcpServer m_server;
};

QByteArray http(const QByteArray& status, const QByteArray& body, const QByteArray& more = {})
{
    return "HTTP/1.1 " + status + "\r\nContent-Type: application/json\r\n" + more +
           "Content-Length: " + QByteArray::number(body.size()) + "\r\nConnection: close\r\n\r\n" +
           body;
}

const QByteArray kTokens =
    R"({"user":{"id":"u1","name":"ann","display_name":"Ann"},"session":"s1","device_id":"d1",
    "access_token":"access","access_expires_at":99999999999999,"refresh_token":"refresh-secret"})";

struct ClientTest : testing::Test {
    QTemporaryDir dir;
    Client client;
    QSignalSpy refused{&client, &Client::signInFailed};

    void SetUp() override
    {
        client.setDataDir(dir.path());
        client.setUseKeychain(false);
    }
    QString signInAt(const QUrl& url)
    {
        client.setServerUrl(url);
        client.signIn(QStringLiteral("ann"), QStringLiteral("a password"));
        if (refused.isEmpty() && !client.signedIn())
            refused.wait(kWaitMs);
        return refused.isEmpty() ? QString() : refused.takeFirst().at(0).toString();
    }
    /// An earlier process that was signed in, with its token in a file when `keepsToken`.
    void hasBeenSignedIn(const QUrl& url, bool keepsToken = false)
    {
        Client before;
        before.setDataDir(dir.path());
        before.setUseKeychain(false);
        before.setAllowPlainTokenFile(keepsToken);
        before.setServerUrl(url);
        before.signIn(QStringLiteral("ann"), QStringLiteral("a password"));
        ASSERT_TRUE(until(
            [&] { return before.signedIn() && tokenFiles().size() == (keepsToken ? 1 : 0); }));
        EXPECT_FALSE(before.signInNeeded());
    }
    /// With a keychain that there is not.
    void signInToAFileAndOut(const QUrl& url)
    {
        client.setUseKeychain(true);
        client.setAllowPlainTokenFile(true);
        client.setServerUrl(url);
        client.signIn(QStringLiteral("ann"), QStringLiteral("a password"));
        ASSERT_TRUE(until([&] { return tokenFiles().size() == 1; }));
        client.signOut();
    }
    [[nodiscard]] QStringList tokenFiles() const
    {
        QStringList found;
        const QDir accounts(dir.path() + QStringLiteral("/accounts"));
        for (const QString& account : accounts.entryList(QDir::Dirs | QDir::NoDotAndDotDot))
            if (QFile::exists(accounts.filePath(account + QStringLiteral("/token"))))
                found << accounts.filePath(account + QStringLiteral("/token"));
        return found;
    }
};

} // namespace

TEST_F(ClientTest, unreachableServerIsSaidSo)
{
    quint16 port = 0;
    {
        QTcpServer closed;
        closed.listen(QHostAddress::LocalHost);
        port = closed.serverPort();
    }
    EXPECT_EQ(signInAt(QUrl(QStringLiteral("http://127.0.0.1:%1").arg(port))),
              QStringLiteral("transport"));
    EXPECT_FALSE(client.errorText().isEmpty());
    EXPECT_FALSE(client.busy());
}

TEST_F(ClientTest, wrongPasswordIsTheServersWord)
{
    FakeServer server(
        http("401 Unauthorized", R"({"error":{"code":"unauthenticated","detail":"no"}})"));
    EXPECT_EQ(signInAt(server.url()), QStringLiteral("unauthenticated"));
    EXPECT_FALSE(client.signedIn());
}

TEST_F(ClientTest, malformedReplyIsABadFrame)
{
    for (const QByteArray& body :
         {QByteArray("<html>"), QByteArray("[]"), QByteArray("{}"),
          QByteArray(R"({"user":{"id":7},"access_token":[],"refresh_token":null})")}) {
        FakeServer server(http("200 OK", body));
        EXPECT_EQ(signInAt(server.url()), QStringLiteral("bad_frame")) << body.constData();
    }
}

TEST_F(ClientTest, replyBeyondTheLimitIsCutOff)
{
    FakeServer server(http("200 OK", QByteArray(1024 * 1024, 'x')));
    EXPECT_EQ(signInAt(server.url()), QStringLiteral("frame_too_large"));
}

TEST_F(ClientTest, redirectIsNotFollowedWithThePassword)
{
    FakeServer other(http("200 OK", kTokens));
    FakeServer server(http("307 Temporary Redirect", "",
                           "Location: " + other.url().toEncoded() + "/v1/signin\r\n"));
    EXPECT_EQ(signInAt(server.url()), QStringLiteral("transport"));
    EXPECT_TRUE(other.request.isEmpty());
}

TEST_F(ClientTest, plainHttpBeyondThisMachineIsRefused)
{
    EXPECT_EQ(signInAt(QUrl(QStringLiteral("http://192.0.2.1:8420"))),
              QStringLiteral("invalid_argument"));
    EXPECT_EQ(signInAt(QUrl(QStringLiteral("ftp://127.0.0.1"))),
              QStringLiteral("invalid_argument"));
    EXPECT_EQ(signInAt(QUrl()), QStringLiteral("invalid_argument"));
}

TEST_F(ClientTest, withoutAKeychainTheTokenIsNotWrittenUnlessAllowed)
{
    client.setUseKeychain(true); // and there is none: see main.cpp
    FakeServer server(http("200 OK", kTokens));
    QSignalSpy unavailable(&client, &Client::keychainUnavailable);
    QSignalSpy in(&client, &Client::signedInChanged);
    client.setServerUrl(server.url());
    client.signIn(QStringLiteral("ann"), QStringLiteral("a password"));
    ASSERT_TRUE(in.wait(kWaitMs));
    EXPECT_TRUE(client.signedIn());
    if (unavailable.isEmpty()) {
        ASSERT_TRUE(unavailable.wait(kWaitMs));
    }
    EXPECT_TRUE(tokenFiles().isEmpty());

    client.setUseKeychain(false);
    client.setAllowPlainTokenFile(true); // the user has agreed
    for (int i = 0; i < 50 && tokenFiles().isEmpty(); ++i)
        QSignalSpy(&client, &Client::stateChanged).wait(20);
    ASSERT_EQ(tokenFiles().size(), 1);
    const auto others = QFileDevice::ReadGroup | QFileDevice::WriteGroup | QFileDevice::ReadOther |
                        QFileDevice::WriteOther;
    EXPECT_FALSE(QFileInfo(tokenFiles().front()).permissions() & others);
}

TEST_F(ClientTest, thatNoKeychainTakesTheTokenIsSaidOnceAndNotAtEachRefresh)
{
    const QByteArray shortLived =
        QByteArray(kTokens).replace("99999999999999", R"(2000,"now":1000)");
    FakeServer server(http("200 OK", shortLived));
    client.setUseKeychain(true); // and there is none
    QSignalSpy unavailable(&client, &Client::keychainUnavailable);
    client.setServerUrl(server.url());
    client.signIn(QStringLiteral("ann"), QStringLiteral("a password"));
    ASSERT_TRUE(until([&] { return server.request.count("/v1/refresh") >= 3; }));
    EXPECT_EQ(unavailable.size(), 1);
    EXPECT_TRUE(client.tokenKeptNowhere()); // for who listens from now on
    QSignalSpy changed(&client, &Client::tokenKeptNowhereChanged);
    client.signOut();
    EXPECT_FALSE(client.tokenKeptNowhere());
    EXPECT_EQ(changed.size(), 1);
}

TEST_F(ClientTest, aFileThatWasAllowedOnceIsKeptUpToDateWithoutAskingAgain)
{
    FakeServer server(http("200 OK", kTokens));
    ASSERT_NO_FATAL_FAILURE(hasBeenSignedIn(server.url(), true));
    server.reply = http("200 OK", QByteArray(kTokens).replace("refresh-secret", "refresh-next"));
    client.setUseKeychain(true); // and there is none
    QSignalSpy unavailable(&client, &Client::keychainUnavailable);
    ASSERT_TRUE(client.resume());
    EXPECT_TRUE(until([&] {
        QFile file(tokenFiles().value(0));
        return file.open(QIODevice::ReadOnly) && file.readAll() == "refresh-next";
    }));
    EXPECT_TRUE(unavailable.isEmpty());
    EXPECT_FALSE(client.signInNeeded());
}

TEST_F(ClientTest, whatAnotherProcessLeftAsTheTokenIsUsedAndNotWhatItSpent)
{
    FakeServer server(http("200 OK", kTokens));
    ASSERT_NO_FATAL_FAILURE(hasBeenSignedIn(server.url(), true));
    const QString token = tokenFiles().value(0);
    skein::offline::StoreOptions options;
    options.path = (QFileInfo(token).path() + QStringLiteral("/store.db")).toStdString();
    auto other = skein::offline::Store::open(options);
    ASSERT_TRUE(other);
    server.request.clear();
    QSignalSpy noDevices(&client, &Client::sessionsFailed);
    ASSERT_TRUE(client.resume());
    client.loadSessions(); // nobody knows yet that the store is not to be had
    ASSERT_TRUE(until([&] { return client.errorCode() == QLatin1String("storage_locked"); }));
    client.loadSessions();
    client.revokeSession(QStringLiteral("phone"));
    ASSERT_EQ(noDevices.size(), 3);
    for (const auto& failure : noDevices)
        EXPECT_EQ(failure.front(), QStringLiteral("storage_locked"));
    EXPECT_FALSE(server.request.contains("/v1/refresh"));
    ASSERT_TRUE(Skein::writePrivateFile(token, "refresh-of-the-other"));
    other->reset();
    ASSERT_TRUE(until([&] { return server.request.contains("/v1/refresh"); }));
    ASSERT_TRUE(until([&] { return server.request.contains("refresh-of-the-other"); }));
    EXPECT_FALSE(server.request.contains("refresh-secret"));
}

TEST_F(ClientTest, aTokenThatNoKeychainGivesNeedsASignInThatKeepsTheAccountOpen)
{
    FakeServer server(http("200 OK", kTokens));
    ASSERT_NO_FATAL_FAILURE(hasBeenSignedIn(server.url()));
    client.setUseKeychain(true); // and there is none
    QSignalSpy unavailable(&client, &Client::keychainUnavailable);
    ASSERT_TRUE(client.resume());
    ASSERT_TRUE(until([&] { return client.signInNeeded(); }));
    ASSERT_EQ(refused.size(), 1);
    EXPECT_EQ(refused.takeFirst().at(0).toString(), QStringLiteral("keychain_unavailable"));
    EXPECT_EQ(client.errorCode(), QStringLiteral("keychain_unavailable"));
    EXPECT_TRUE(unavailable.isEmpty()); // there is nothing to keep yet

    QSignalSpy in(&client, &Client::signedInChanged);
    server.reply =
        http("401 Unauthorized", R"({"error":{"code":"unauthenticated","detail":"no"}})");
    client.signIn(QStringLiteral("ann"), QStringLiteral("wrong"));
    ASSERT_TRUE(until([&] { return refused.size() == 1; }));
    EXPECT_EQ(refused.takeFirst().at(0).toString(), QStringLiteral("unauthenticated"));
    EXPECT_TRUE(client.signInNeeded());
    EXPECT_EQ(client.errorCode(), QStringLiteral("keychain_unavailable"));

    server.reply = http("200 OK", kTokens);
    client.signIn(QStringLiteral("ann"), QStringLiteral("a password"));
    EXPECT_TRUE(until([&] { return !client.signInNeeded(); }));
    EXPECT_TRUE(until([&] { return !unavailable.isEmpty(); })); // now there is
    EXPECT_TRUE(in.isEmpty());
}

TEST_F(ClientTest, aNewDisplayNameIsShownWhenOneSignsInAgain)
{
    FakeServer server(http("200 OK", kTokens));
    ASSERT_NO_FATAL_FAILURE(hasBeenSignedIn(server.url()));
    Skein::AccountList list;
    list.setUseKeychain(false);
    list.setDataDir(dir.path());
    ASSERT_TRUE(list.resume());
    ASSERT_TRUE(until([&] { return list.current()->signInNeeded(); }));
    const auto shown = [&] {
        return list.index(0).data(Skein::AccountList::DisplayNameRole).toString();
    };
    ASSERT_EQ(shown(), QStringLiteral("Ann"));
    QSignalSpy told(&list, &Skein::AccountList::dataChanged);
    server.reply = http("200 OK", QByteArray(kTokens).replace("\"Ann\"", "\"Zoe\""));
    list.current()->signIn(QStringLiteral("ann"), QStringLiteral("a password"));
    ASSERT_TRUE(until([&] { return !list.current()->signInNeeded(); }));
    EXPECT_EQ(list.current()->displayName(), QStringLiteral("Zoe"));
    EXPECT_EQ(list.current()->initials(), QStringLiteral("Z"));
    EXPECT_EQ(shown(), QStringLiteral("Zoe"));
    EXPECT_EQ(list.count(), 1);
    EXPECT_TRUE(std::any_of(told.begin(), told.end(), [](const auto& change) {
        return change.at(2).template value<QList<int>>().contains(
            Skein::AccountList::DisplayNameRole);
    }));
}

TEST_F(ClientTest, signingOutWhileSigningInAgainIsUnderWayLetsOneSignInAnew)
{
    bool answers = true;
    test::HttpServer server([&](const QByteArray&, const QByteArray&) {
        return answers ? test::HttpServer::answer("200 OK", kTokens) : QByteArray();
    });
    ASSERT_NO_FATAL_FAILURE(hasBeenSignedIn(server.url()));
    ASSERT_TRUE(client.resume());
    ASSERT_TRUE(until([&] { return client.signInNeeded(); }));
    answers = false;
    client.signIn(QStringLiteral("ann"), QStringLiteral("a password"));
    EXPECT_TRUE(client.busy());
    EXPECT_TRUE(client.signedIn()); // the account stays open
    client.signOut();
    EXPECT_FALSE(client.busy());

    answers = true;
    client.signIn(QStringLiteral("ann"), QStringLiteral("a password"));
    EXPECT_TRUE(until([&] { return client.signedIn() && !client.busy(); }));
}

TEST_F(ClientTest, signingOutEndsTheSessionAtItsServerAndTellsTheNextServerNothing)
{
    bool answers = true;
    QByteArray here, there;
    test::HttpServer first([&](const QByteArray& head, const QByteArray&) {
        here += head;
        return answers ? test::HttpServer::answer("200 OK", kTokens) : QByteArray();
    });
    test::HttpServer second([&](const QByteArray& head, const QByteArray&) {
        there += head;
        return test::HttpServer::answer("200 OK", kTokens);
    });
    ASSERT_NO_FATAL_FAILURE(hasBeenSignedIn(first.url(), true));
    answers = false;
    here.clear();
    ASSERT_TRUE(client.resume());
    // There is no access token: one is fetched to end the session with.
    ASSERT_TRUE(until([&] { return here.contains("/v1/refresh"); }));
    answers = true;
    client.signOut();
    client.setServerUrl(second.url());
    client.signIn(QStringLiteral("ben"), QStringLiteral("a password"));
    ASSERT_TRUE(until([&] { return (here + there).contains("/v1/signout"); }));
    EXPECT_TRUE(here.contains("/v1/signout"));
    EXPECT_FALSE(there.contains("/v1/signout"));
}

TEST_F(ClientTest, theTokenIsOfTheServerThatWasAskedAndNotOfTheOneThatIsTypedMeanwhile)
{
    QByteArray here, there;
    test::HttpServer first([&](const QByteArray& head, const QByteArray&) {
        here += head;
        return test::HttpServer::answer("200 OK", kTokens);
    });
    test::HttpServer second([&](const QByteArray& head, const QByteArray&) {
        there += head;
        return test::HttpServer::answer("200 OK", kTokens);
    });
    client.setServerUrl(first.url());
    client.signIn(QStringLiteral("ann"), QStringLiteral("a password"));
    client.setServerUrl(second.url());
    client.signIn(QStringLiteral("ann"), QStringLiteral("a password")); // busy
    ASSERT_TRUE(until([&] { return (here + there).contains("/v1/socket"); }));
    EXPECT_TRUE(there.isEmpty()) << there.constData();
    EXPECT_TRUE(client.remembers(QStringLiteral("ann"), first.url()));
}

TEST_F(ClientTest, theDevicesOfAnAccountThatLeftAreNotThoseOfTheNextOne)
{
    int asked = 0;
    test::HttpServer server([&](const QByteArray& head, const QByteArray& body) {
        if (head.startsWith("DELETE"))
            return test::HttpServer::answer("403 Forbidden");
        if (head.startsWith("GET /v1/sessions")) {
            ++asked;
            const QByteArray who = head.contains("access-of-ann") ? "ann" : "ben";
            return test::HttpServer::answer("200 OK",
                                            R"({"sessions":[{"id":"desk-of-)" + who + R"("}]})");
        }
        const QByteArray who = body.contains("\"ben\"") ? "ben" : "ann";
        return test::HttpServer::answer("200 OK",
                                        QByteArray(kTokens)
                                            .replace("\"u1\"", "\"id-" + who + '"')
                                            .replace("\"ann\"", '"' + who + '"')
                                            .replace("\"access\"", "\"access-of-" + who + '"'));
    });
    client.setServerUrl(server.url());
    client.signIn(QStringLiteral("ann"), QStringLiteral("a password"));
    ASSERT_TRUE(until([&] { return client.signedIn(); }));
    QSignalSpy told(&client, &Client::sessionsChanged), failed(&client, &Client::sessionsFailed);
    client.loadSessions();
    client.revokeSession(QStringLiteral("phone"));
    client.signOut();
    client.signIn(QStringLiteral("ben"), QStringLiteral("a password"));
    ASSERT_TRUE(until([&] { return client.signedIn() && asked == 1; }));
    client.loadSessions();
    ASSERT_TRUE(until([&] {
        return client.sessions().value(0).toMap().value(QStringLiteral("id")) ==
               QLatin1String("desk-of-ben");
    }));
    EXPECT_EQ(told.size(), 1);
    EXPECT_TRUE(failed.isEmpty());
}

TEST_F(ClientTest, anAccountWithoutATokenSaysSoAndNotThatAPasswordIsWrong)
{
    FakeServer server(http("200 OK", kTokens));
    ASSERT_NO_FATAL_FAILURE(hasBeenSignedIn(server.url()));
    ASSERT_TRUE(client.resume());
    ASSERT_TRUE(until([&] { return client.signInNeeded(); }));
    ASSERT_EQ(refused.size(), 1);
    EXPECT_EQ(refused.takeFirst().at(0).toString(), QStringLiteral("token_invalid"));
}

TEST_F(ClientTest, signingOutWithoutAKeychainLeavesANoteToForgetTheTokenLater)
{
    FakeServer server(http("200 OK", kTokens));
    client.setUseKeychain(true); // and there is none
    QSignalSpy unavailable(&client, &Client::keychainUnavailable);
    client.setServerUrl(server.url());
    client.signIn(QStringLiteral("ann"), QStringLiteral("a password"));
    ASSERT_TRUE(until([&] { return !unavailable.isEmpty(); }));
    client.signOut();
    const QDir accounts(dir.path() + QStringLiteral("/accounts"));
    const auto left = accounts.entryList(QDir::AllEntries | QDir::NoDotAndDotDot);
    ASSERT_EQ(left.size(), 1);
    EXPECT_TRUE(left.front().endsWith(QStringLiteral(".lingers")));
    EXPECT_EQ(QFileInfo(accounts.filePath(left.front())).size(), 0);

    Client later; // that never asks a keychain, and cannot know that it has nothing
    later.setDataDir(dir.path());
    later.setUseKeychain(false);
    EXPECT_FALSE(later.resume());
    QCoreApplication::processEvents();
    EXPECT_EQ(accounts.entryList(QDir::Files), left);
}

TEST_F(ClientTest, signingOutWithATokenFileLeavesTheNoteTooForWhatTheKeychainHasFromBefore)
{
    FakeServer server(http("200 OK", kTokens));
    ASSERT_NO_FATAL_FAILURE(signInToAFileAndOut(server.url()));
    const auto left = QDir(dir.path() + QStringLiteral("/accounts"))
                          .entryList(QDir::AllEntries | QDir::NoDotAndDotDot);
    ASSERT_EQ(left.size(), 1);
    EXPECT_TRUE(left.front().endsWith(QStringLiteral(".lingers")));
}

TEST_F(ClientTest, signingInAnewWithoutAKeychainKeepsTheNoteAndTheFile)
{
    FakeServer server(http("200 OK", kTokens));
    ASSERT_NO_FATAL_FAILURE(signInToAFileAndOut(server.url()));
    const auto notes = [&] {
        return QDir(dir.path() + QStringLiteral("/accounts"))
            .entryList({QStringLiteral("*.lingers")}, QDir::Files);
    };
    ASSERT_EQ(notes().size(), 1);
    ASSERT_NO_FATAL_FAILURE(hasBeenSignedIn(server.url(), true));
    EXPECT_EQ(notes().size(), 1) << "what the keychain has is still there";
    Client later; // asks the keychain to forget, and there is none
    later.setDataDir(dir.path());
    later.setUseKeychain(true);
    EXPECT_TRUE(later.resume());
    QCoreApplication::processEvents();
    EXPECT_EQ(tokenFiles().size(), 1);
}

TEST_F(ClientTest, whatSigningOutLeftIsFinishedAtAStartThatOpensNoAccount)
{
    const QDir accounts(dir.path() + QStringLiteral("/accounts"));
    ASSERT_TRUE(accounts.mkpath(QStringLiteral("gone.wiped/media")));
    EXPECT_TRUE(until([&] { return accounts.isEmpty(); }));
}

TEST_F(ClientTest, whatIsRememberedIsAnAccountOfOneServer)
{
    client.setAllowPlainTokenFile(true);
    FakeServer server(http("200 OK", kTokens));
    EXPECT_FALSE(client.remembers({}, {}));
    QSignalSpy in(&client, &Client::signedInChanged);
    client.setServerUrl(server.url());
    client.signIn(QStringLiteral("ann"), QStringLiteral("a password"));
    ASSERT_TRUE(in.wait(kWaitMs));
    const QUrl another(QStringLiteral("http://127.0.0.1:1"));
    EXPECT_TRUE(client.remembers({}, {}));
    EXPECT_TRUE(client.remembers(QStringLiteral("ann"), server.url()));
    EXPECT_FALSE(client.remembers(QStringLiteral("ann"), another));
    EXPECT_FALSE(client.remembers({}, another));
    EXPECT_FALSE(client.remembers(QStringLiteral("bob"), {}));
}

TEST_F(ClientTest, signingOutLeavesNothingOfTheAccount)
{
    client.setAllowPlainTokenFile(true);
    FakeServer server(http("200 OK", kTokens));
    QSignalSpy in(&client, &Client::signedInChanged);
    client.setServerUrl(server.url());
    client.signIn(QStringLiteral("ann"), QStringLiteral("a password"));
    ASSERT_TRUE(in.wait(kWaitMs));
    EXPECT_EQ(client.displayName(), QStringLiteral("Ann"));
    EXPECT_FALSE(QDir(dir.path() + QStringLiteral("/accounts")).isEmpty());
    client.signOut();
    EXPECT_FALSE(client.signedIn());
    EXPECT_TRUE(QDir(dir.path() + QStringLiteral("/accounts")).isEmpty());
    EXPECT_FALSE(client.resume());
}

TEST_F(ClientTest, commandsWithoutASessionDoNothing)
{
    EXPECT_EQ(client.timeline(QStringLiteral("r")), nullptr);
    EXPECT_TRUE(client.createRoom(Client::General, QStringLiteral("x"), {}).isEmpty());
    EXPECT_TRUE(client.sendMessage(QStringLiteral("r"), QStringLiteral("x")).isEmpty());
    client.signOut();
    client.retryNow();
    client.setDraft(QStringLiteral("r"), QStringLiteral("x"));
    EXPECT_FALSE(client.resume());
    EXPECT_EQ(client.state(), Client::SignedOut);
}
