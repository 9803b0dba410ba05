// A server of HTTP for tests: each request goes to a function, which gives the bytes of the answer.
#pragma once

#include <QByteArray>
#include <QHash>
#include <QObject>
#include <QTcpServer>
#include <QTcpSocket>
#include <QUrl>

#include <functional>

namespace test
{

class HttpServer
{
public:
    /// Head and body of a request; an empty answer = none, ever.
    using Handler = std::function<QByteArray(const QByteArray& head, const QByteArray& body)>;

    explicit HttpServer(Handler handler)
        : m_handler(std::move(handler))
    {
        m_server.listen(QHostAddress::LocalHost);
        QObject::connect(&m_server, &QTcpServer::newConnection, &m_server, [this] {
            while (QTcpSocket* socket = m_server.nextPendingConnection()) {
                ++connections;
                QObject::connect(socket, &QTcpSocket::readyRead, socket,
                                 [this, socket] { read(socket); });
            }
        });
    }
    [[nodiscard]] QUrl url(const QString& path = {}) const
    {
        return QUrl(QStringLiteral("http://127.0.0.1:%1%2").arg(m_server.serverPort()).arg(path));
    }

    /// With Connection: close, so that each request is a connection.
    [[nodiscard]] static QByteArray answer(const QByteArray& status, const QByteArray& body = {},
                                           const QByteArray& headers = {})
    {
        return "HTTP/1.1 " + status + "\r\nConnection: close\r\n" + headers +
               "Content-Length: " + QByteArray::number(body.size()) + "\r\n\r\n" + body;
    }

    int connections = 0, requests = 0;

private:
    void read(QTcpSocket* socket)
    {
        QByteArray& got = m_got[socket];
        got += socket->readAll();
        const auto end = got.indexOf("\r\n\r\n");
        if (end < 0)
            return;
        const QByteArray head = got.left(end + 2);
        qsizetype length = 0;
        for (const QByteArray& line : head.split('\n'))
            if (line.toLower().startsWith("content-length:"))
                length = line.mid(15).trimmed().toLongLong();
        if (got.size() < end + 4 + length)
            return;
        const QByteArray body = got.mid(end + 4, length);
        got.clear();
        ++requests;
        const QByteArray reply = m_handler(head, body);
        if (reply.isEmpty())
            return;
        socket->write(reply);
        socket->disconnectFromHost();
    }

    Handler m_handler;
    QTcpServer m_server;
    QHash<QTcpSocket*, QByteArray> m_got;
};

} // namespace test
