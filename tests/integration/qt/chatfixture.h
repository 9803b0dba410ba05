// The real server and real Qt clients of it, for tests with an event loop.
#pragma once

#include "sdk/qt/client.h"

#include <QDeadlineTimer>
#include <QEventLoop>
#include <QProcess>
#include <QTemporaryDir>
#include <QTimer>

#include <gtest/gtest.h>

#include <csignal>
#include <functional>
#include <memory>

namespace chat
{

using Skein::Client;
using Skein::TimelineModel;

inline constexpr int kWaitMs = 30'000;

/// Turns the event loop until the condition holds.
inline bool until(const std::function<bool()>& condition, int ms = kWaitMs)
{
    const QDeadlineTimer deadline(ms);
    while (!condition()) {
        if (deadline.hasExpired())
            return false;
        QEventLoop loop;
        QTimer::singleShot(5, &loop, &QEventLoop::quit);
        loop.exec();
    }
    return true;
}

/// The real server binary on a port of its own, the same one after a restart.
class Server
{
public:
    explicit Server(QString dataDir)
        : m_dataDir(std::move(dataDir))
    {
    }
    ~Server() { kill(); }

    bool start()
    {
        m_process = std::make_unique<QProcess>();
        m_process->setProcessChannelMode(QProcess::MergedChannels);
        m_process->start(qEnvironmentVariable("SKEIN_SERVER", QStringLiteral(SKEIN_SERVER_BINARY)),
                         QStringList{QStringLiteral("--data"), m_dataDir,
                                     QStringLiteral("--listen"),
                                     QStringLiteral("127.0.0.1:%1").arg(m_port),
                                     QStringLiteral("--password-mib"), QStringLiteral("1"),
                                     QStringLiteral("--drain-ms"), QStringLiteral("50")} +
                             options);
        QByteArray output;
        const bool ready = until([&] {
            output += m_process->readAll();
            return output.contains("listening on http://") && output.contains('\n');
        });
        const auto at = output.indexOf("listening on http://127.0.0.1:");
        if (ready && at >= 0)
            m_port = output.mid(at + 30, 5).split('\n').front().trimmed().toInt();
        return ready && m_port > 0;
    }
    void kill()
    {
        if (m_process && m_process->state() != QProcess::NotRunning) {
            m_process->kill();
            m_process->waitForFinished(kWaitMs);
        }
    }
    /// The process stands still: what is sent to it arrives nowhere, and no connection ends.
    void freeze() const { ::kill(static_cast<pid_t>(m_process->processId()), SIGSTOP); }
    /// Of the next start().
    QStringList options{QStringLiteral("--no-rate-limits")};
    [[nodiscard]] QUrl url() const
    {
        return QUrl(QStringLiteral("http://127.0.0.1:%1").arg(m_port));
    }

private:
    QString m_dataDir;
    int m_port = 0;
    std::unique_ptr<QProcess> m_process;
};

struct ChatTest : testing::Test {
    QTemporaryDir dir;
    Server server{dir.filePath(QStringLiteral("server"))};

    void SetUp() override { ASSERT_TRUE(server.start()); }

    std::unique_ptr<Client> device(const QString& folder)
    {
        auto client = std::make_unique<Client>();
        client->setUseKeychain(false);
        client->setAllowPlainTokenFile(true);
        client->setDataDir(dir.filePath(folder));
        client->setServerUrl(server.url());
        return client;
    }
    std::unique_ptr<Client> signUp(const QString& name)
    {
        auto client = device(name);
        client->signUp(name, QStringLiteral("a long password"), name.toUpper());
        EXPECT_TRUE(until([&] { return client->state() == Client::Live; }))
            << qPrintable(client->errorText());
        return client;
    }
    /// A room of two, known to both.
    QString room(Client& one, Client& other)
    {
        QString id;
        QObject context;
        QObject::connect(&one, &Client::roomCreated, &context,
                         [&id](const QString&, const QString& made) { id = made; });
        one.createRoom(Client::General, QStringLiteral("Tea"), {other.userName()});
        EXPECT_TRUE(until(
            [&] { return !id.isEmpty() && other.rooms()->find(id) && one.rooms()->find(id); }));
        return id;
    }
    static QStringList bodies(TimelineModel* timeline, bool own)
    {
        QStringList list;
        for (int row = timeline->count() - 1; row >= 0; --row) {
            const QModelIndex index = timeline->index(row);
            if (index.data(TimelineModel::OwnRole).toBool() == own &&
                index.data(TimelineModel::KindRole) == TimelineModel::Text)
                list << index.data(TimelineModel::BodyRole).toString();
        }
        return list;
    }
    static bool allConfirmed(TimelineModel* timeline)
    {
        for (int row = 0; row < timeline->count(); ++row)
            if (timeline->index(row).data(TimelineModel::SeqRole).toLongLong() == 0)
                return false;
        return true;
    }
};

inline QStringList numbered(const char* prefix, int n)
{
    QStringList list;
    for (int i = 1; i <= n; ++i)
        list << QStringLiteral("%1 %2").arg(QString::fromLatin1(prefix)).arg(i);
    return list;
}

} // namespace chat
