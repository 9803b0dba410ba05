// A proxy between client and server as networks have them: it may refuse, swallow or cut WebSocket
// upgrades, and lose single answers of HTTP after the server did what was asked.
#pragma once

#include <QHash>
#include <QObject>
#include <QPointer>
#include <QTcpServer>
#include <QTcpSocket>
#include <QUrl>

#include <memory>

namespace chat
{

class Proxy : public QObject
{
public:
    enum class Upgrade {
        Pass,
        Refuse, ///< answered with `refusal`
        Cut,    ///< let through, and cut as soon as the 101 has passed
        Hang,   ///< never answered
    };

    explicit Proxy(quint16 serverPort)
        : m_serverPort(serverPort)
    {
        m_listener.listen(QHostAddress::LocalHost);
        connect(&m_listener, &QTcpServer::newConnection, this, [this] {
            while (QTcpSocket* client = m_listener.nextPendingConnection())
                accepted(client);
        });
    }
    [[nodiscard]] QUrl url() const
    {
        return QUrl(QStringLiteral("http://127.0.0.1:%1").arg(m_listener.serverPort()));
    }

    Upgrade upgrade = Upgrade::Pass;
    QByteArray refusal = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";
    /// Of so many of the next POSTs of frames (or polls, or refreshes) the answer is thrown away
    /// and the connection cut.
    int loseAnswersOfPosts = 0, loseAnswersOfPolls = 0, loseAnswersOfRefreshes = 0;

    int upgrades = 0, posts = 0, polls = 0, refreshes = 0, lost = 0, openSockets = 0;

private:
    struct Pair {
        QPointer<QTcpSocket> client, server;
        bool socket = false, loses = false, hangs = false;
    };

    void accepted(QTcpSocket* client)
    {
        auto pair = std::make_shared<Pair>(); // shared by the handlers of both ends
        pair->client = client;
        pair->server = new QTcpSocket(client);
        pair->server->connectToHost(QHostAddress(QHostAddress::LocalHost), m_serverPort);
        connect(client, &QTcpSocket::readyRead, this, [this, pair] { fromClient(*pair); });
        connect(pair->server, &QTcpSocket::readyRead, this, [this, pair] { fromServer(*pair); });
        connect(client, &QTcpSocket::disconnected, this, [this, pair] { end(*pair); });
        connect(pair->server, &QTcpSocket::disconnected, this, [this, pair] { end(*pair); });
        // The server may be down.
        connect(pair->server, &QTcpSocket::errorOccurred, this, [this, pair] { end(*pair); });
    }
    void fromClient(Pair& pair)
    {
        const QByteArray bytes = pair.client->readAll();
        // Clients write a request head in one piece; one request at a time is under way.
        if (bytes.startsWith("GET /v1/socket")) {
            ++upgrades;
            pair.socket = true;
            if (upgrade == Upgrade::Refuse) {
                pair.client->write(refusal);
                pair.client->disconnectFromHost();
                return;
            }
            pair.hangs = upgrade == Upgrade::Hang;
            ++openSockets;
        } else if (bytes.startsWith("POST /v1/frames")) {
            ++posts;
            pair.loses = loseAnswersOfPosts > 0 && loseAnswersOfPosts-- > 0;
        } else if (bytes.startsWith("POST /v1/refresh")) {
            ++refreshes;
            pair.loses = loseAnswersOfRefreshes > 0 && loseAnswersOfRefreshes-- > 0;
        } else if (bytes.startsWith("GET /v1/frames")) {
            ++polls;
            pair.loses = loseAnswersOfPolls > 0 && loseAnswersOfPolls-- > 0;
        }
        if (!pair.hangs && pair.server)
            pair.server->write(bytes);
    }
    void fromServer(Pair& pair)
    {
        const QByteArray bytes = pair.server->readAll();
        if (pair.loses) {
            ++lost;
            pair.client->abort();
            return;
        }
        pair.client->write(bytes);
        if (pair.socket && upgrade == Upgrade::Cut) {
            pair.client->flush();
            pair.client->abort();
        }
    }
    void end(Pair& pair)
    {
        if (pair.socket && std::exchange(pair.socket, false) && openSockets > 0)
            --openSockets;
        if (pair.server)
            pair.server->disconnectFromHost();
        if (pair.client) {
            pair.client->disconnectFromHost();
            pair.client->deleteLater();
        }
        pair.client.clear();
        pair.server.clear();
    }

    quint16 m_serverPort;
    QTcpServer m_listener;
};

} // namespace chat
