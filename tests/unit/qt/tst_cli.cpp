// skein-cli as a program, beside a server that the test plays: which address gets the password, and
// whose account is asked.
#include "sdk/qt/client.h"
#include "tests/unit/qt/fakeserver.h"
#include "tests/unit/qt/wait.h"

#include <QDirIterator>
#include <QProcess>
#include <QTemporaryDir>

#include <gtest/gtest.h>

using Skein::Client;
using test::HttpServer;
using test::until;

namespace
{

const QByteArray kSession =
    R"({"user":{"id":"u1","name":"ann","display_name":"Ann"},"session":"s1","device_id":"d1",
    "access_token":"access","access_expires_at":99999999999999,"refresh_token":"refresh"})";

/// Exit codes that --help lists.
constexpr int kNotFound = 5, kLocalData = 7;

struct CliTest : testing::Test {
    QTemporaryDir dir;
    QByteArray signedIn; ///< body of the last sign-in
    HttpServer server{[this](const QByteArray& head, const QByteArray& body) {
        if (head.startsWith("POST /v1/signin")) {
            signedIn = body;
            return HttpServer::answer("200 OK", kSession);
        }
        return HttpServer::answer("401 Unauthorized",
                                  R"({"error":{"code":"token_invalid","detail":"no"}})");
    }};

    /// ann's account with a token that the server refuses.
    void SetUp() override
    {
        Client before;
        before.setDataDir(dir.path());
        before.setUseKeychain(false);
        before.setAllowPlainTokenFile(true);
        before.setServerUrl(server.url());
        before.signIn(QStringLiteral("ann"), QStringLiteral("a password"));
        ASSERT_TRUE(until([&] { return before.signedIn() && hasTokenFile(); }));
        signedIn.clear();
    }
    [[nodiscard]] bool hasTokenFile() const
    {
        return QDirIterator(dir.path(), {QStringLiteral("token")}, QDir::Files,
                            QDirIterator::Subdirectories)
            .hasNext();
    }
    [[nodiscard]] std::unique_ptr<QProcess> start(const QStringList& words) const
    {
        auto cli = std::make_unique<QProcess>();
        auto environment = QProcessEnvironment::systemEnvironment();
        environment.insert(QStringLiteral("SKEIN_PASSWORD"), QStringLiteral("a password"));
        cli->setProcessEnvironment(environment);
        cli->start(QStringLiteral(SKEIN_CLI_BINARY),
                   QStringList{QStringLiteral("--data"), dir.path()} + words);
        return cli;
    }
    [[nodiscard]] int exitCodeOf(const QStringList& words) const
    {
        const auto cli = start(words);
        if (!until([&] { return cli->state() == QProcess::NotRunning; })) {
            cli->kill();
            cli->waitForFinished();
            return -1;
        }
        return cli->exitStatus() == QProcess::NormalExit ? cli->exitCode() : -1;
    }
};

} // namespace

TEST_F(CliTest, aRefusedSessionGetsThePasswordAtItsOwnServerAndUnderItsOwnName)
{
    const auto cli = start({QStringLiteral("rooms")});
    EXPECT_TRUE(until([&] { return !signedIn.isEmpty() || cli->state() == QProcess::NotRunning; }));
    EXPECT_TRUE(signedIn.contains(R"("name":"ann")")) << signedIn.constData();
    cli->kill();
    cli->waitForFinished();
}

TEST_F(CliTest, whyAsksTheAccountOfTheNamedServerAndNoOther)
{
    const QString message = QStringLiteral("0190f7a2-0000-7000-8000-000000000001");
    const QString option = QStringLiteral("--server");
    const QString command = QStringLiteral("why");
    EXPECT_EQ(exitCodeOf({command, message}), kNotFound);
    EXPECT_EQ(exitCodeOf({option, server.url().toString(), command, message}), kNotFound);
    EXPECT_EQ(exitCodeOf({option, QStringLiteral("http://127.0.0.1:1"), command, message}),
              kLocalData);
}
