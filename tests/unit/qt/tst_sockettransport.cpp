// The one socket where the network drops first packets.
#include "sdk/qt/sockettransport.h"

#include "protocol/limits.h"
#include "tests/unit/qt/wait.h"

#include <QCoreApplication>
#include <QPointer>
#include <QSignalSpy>
#include <QSocketNotifier>
#include <QTcpSocket>
#include <QTimer>
#include <QWebSocket>
#include <QWebSocketServer>

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <vector>

using namespace Skein;
using test::until;

namespace
{

/// A port on loopback whose queue is full, so that the kernel drops the first packet of everybody
/// else, until accept() lets them in: from then on a WebSocket server is behind it.
class FullPort
{
public:
    FullPort()
        : m_fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0))
    {
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof at;
        EXPECT_EQ(::bind(m_fd, reinterpret_cast<sockaddr*>(&at), sizeof at), 0);
        EXPECT_EQ(::getsockname(m_fd, reinterpret_cast<sockaddr*>(&at), &size), 0);
        EXPECT_EQ(::listen(m_fd, 0), 0);
        port = ntohs(at.sin_port);
        for (int i = 0; i < 4; ++i) {
            m_fillers.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
            (void)::connect(m_fillers.back(), reinterpret_cast<sockaddr*>(&at), sizeof at);
        }
        server.setSupportedSubprotocols({QString::fromLatin1(skein::protocol::kSubprotocol)});
    }
    ~FullPort()
    {
        m_notifier.reset();
        for (const int fd : m_fillers)
            ::close(fd);
        ::close(m_fd);
    }
    FullPort(const FullPort&) = delete;
    FullPort& operator=(const FullPort&) = delete;

    void accept()
    {
        EXPECT_EQ(::listen(m_fd, 64), 0);
        m_notifier = std::make_unique<QSocketNotifier>(m_fd, QSocketNotifier::Read);
        QObject::connect(m_notifier.get(), &QSocketNotifier::activated, &server, [this] {
            for (int fd = 0; (fd = ::accept4(m_fd, nullptr, nullptr, SOCK_CLOEXEC)) >= 0;) {
                auto* socket = new QTcpSocket(&server);
                socket->setSocketDescriptor(fd);
                server.handleConnection(socket);
            }
        });
    }

    quint16 port = 0;
    QWebSocketServer server{QStringLiteral("test"), QWebSocketServer::NonSecureMode};

private:
    int m_fd;
    std::vector<int> m_fillers;
    std::unique_ptr<QSocketNotifier> m_notifier;
};

} // namespace

// T2
TEST(SocketTransport, aLostFirstPacketIsFollowedByAnotherAttemptAndOneConnectionComesOfIt)
{
    FullPort full;
    SocketTransport transport(QUrl(QStringLiteral("ws://127.0.0.1:%1/").arg(full.port)));
    transport.setStaggerMs(10);
    QSignalSpy opened(&transport, &SocketTransport::opened);
    QSignalSpy closed(&transport, &SocketTransport::closed);
    QSignalSpy received(&transport, &SocketTransport::received);
    transport.open();
    ASSERT_TRUE(until([&] { return transport.attempts() >= 5; }));
    EXPECT_EQ(opened.count(), 0);
    EXPECT_EQ(transport.findChildren<QWebSocket*>(Qt::FindDirectChildrenOnly).size(), 2)
        << "the first and the newest";
    full.accept();
    ASSERT_TRUE(until([&] { return opened.count() == 1; }));
    const int attempts = transport.attempts();
    transport.send("hello");
    QPointer<QWebSocket> peer;
    ASSERT_TRUE(until([&] { return (peer = full.server.nextPendingConnection()) != nullptr; }));
    QSignalSpy heard(peer, &QWebSocket::textMessageReceived);
    ASSERT_TRUE(until([&] { return heard.count() == 1; }));
    peer->sendTextMessage(QStringLiteral("and back"));
    ASSERT_TRUE(until([&] { return received.count() == 1; }));
    EXPECT_EQ(received[0][0].toByteArray(), "and back");
    EXPECT_EQ(transport.attempts(), attempts) << "it goes on trying although it is connected";
    EXPECT_FALSE(full.server.hasPendingConnections()) << "a second connection";
    EXPECT_EQ(closed.count(), 0);
    transport.close();
    ASSERT_TRUE(until([&] { return !peer || peer->state() != QAbstractSocket::ConnectedState; }));
}

TEST(SocketTransport, closeEndsAllAttempts)
{
    FullPort full;
    SocketTransport transport(QUrl(QStringLiteral("ws://127.0.0.1:%1/").arg(full.port)));
    transport.setStaggerMs(10);
    QSignalSpy opened(&transport, &SocketTransport::opened);
    QSignalSpy closed(&transport, &SocketTransport::closed);
    transport.open();
    ASSERT_TRUE(until([&] { return transport.attempts() >= 3; }));
    transport.close();
    const int attempts = transport.attempts();
    QTimer beats; // as often as an attempt would be begun
    int beaten = 0;
    QObject::connect(&beats, &QTimer::timeout, [&] { ++beaten; });
    beats.start(10);
    ASSERT_TRUE(until([&] { return beaten >= 5; }));
    EXPECT_EQ(transport.attempts(), attempts) << "it goes on after close()";
    QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
    EXPECT_TRUE(transport.findChildren<QWebSocket*>(Qt::FindDirectChildrenOnly).isEmpty());
    full.accept();
    transport.open(); // the next one is not disturbed by those
    ASSERT_TRUE(until([&] { return opened.count() == 1; }));
    EXPECT_EQ(closed.count(), 0);
}

TEST(SocketTransport, aRefusedAttemptEndsItAtOnce)
{
    quint16 port = 0;
    {
        const FullPort gone;
        port = gone.port;
    }
    SocketTransport transport(QUrl(QStringLiteral("ws://127.0.0.1:%1/").arg(port)));
    QSignalSpy closed(&transport, &SocketTransport::closed);
    transport.open();
    ASSERT_TRUE(until([&] { return closed.count() == 1; }));
    EXPECT_EQ(closed[0][0].toInt(), skein::engine::kCloseUnreachable);
}

// A long frame over a narrow line is no silence.
TEST(SocketTransport, partsOfALongFrameAreToldAsTheyCome)
{
    QWebSocketServer server(QStringLiteral("test"), QWebSocketServer::NonSecureMode);
    server.setSupportedSubprotocols({QString::fromLatin1(skein::protocol::kSubprotocol)});
    ASSERT_TRUE(server.listen(QHostAddress::LocalHost));
    SocketTransport transport(server.serverUrl());
    QSignalSpy opened(&transport, &SocketTransport::opened);
    QSignalSpy parts(&transport, &SocketTransport::partReceived);
    QSignalSpy closed(&transport, &SocketTransport::closed);
    transport.open();
    ASSERT_TRUE(until([&] { return opened.count() == 1 && server.hasPendingConnections(); }));
    const std::unique_ptr<QWebSocket> peer(server.nextPendingConnection());
    peer->setOutgoingFrameSize(1'000);
    peer->sendBinaryMessage(QByteArray(4'500, 'x')); // not deflated: refused when it is whole
    ASSERT_TRUE(until([&] { return closed.count() == 1; }));
    EXPECT_EQ(parts.count(), 4);
    EXPECT_EQ(closed[0][0].toInt(), 1007);
}

// The last words of a server come before its goodbye, however long they are.
TEST(SocketTransport, theCloseComesAfterALongFrameThatIsStillTakenApart)
{
    QWebSocketServer server(QStringLiteral("test"), QWebSocketServer::NonSecureMode);
    server.setSupportedSubprotocols({QString::fromLatin1(skein::protocol::kSubprotocol)});
    ASSERT_TRUE(server.listen(QHostAddress::LocalHost));
    SocketTransport transport(server.serverUrl());
    QSignalSpy opened(&transport, &SocketTransport::opened);
    QStringList told;
    QObject::connect(&transport, &SocketTransport::decoded, [&](const auto& decoded) {
        told.append(decoded->frame ? QStringLiteral("frame") : QStringLiteral("no frame"));
    });
    QObject::connect(&transport, &SocketTransport::received,
                     [&](const QByteArray& text) { told.append(QString::fromUtf8(text)); });
    QObject::connect(&transport, &SocketTransport::closed,
                     [&](int code) { told.append(QString::number(code)); });
    const auto connectAndHear = [&]() -> std::unique_ptr<QWebSocket> {
        transport.open();
        if (!until([&] { return opened.count() == 1 && server.hasPendingConnections(); }))
            return nullptr;
        opened.clear();
        std::unique_ptr<QWebSocket> peer(server.nextPendingConnection());
        peer->sendTextMessage(QStringLiteral("[") + QString(200'000, QLatin1Char(' ')));
        peer->sendTextMessage(QStringLiteral("short"));
        peer->close(static_cast<QWebSocketProtocol::CloseCode>(4'001));
        return peer;
    };
    {
        const auto peer = connectAndHear();
        ASSERT_TRUE(peer);
        ASSERT_TRUE(until([&] { return told.size() == 3; })) << told.join(u'|').toStdString();
        EXPECT_EQ(told, (QStringList{QStringLiteral("no frame"), QStringLiteral("short"),
                                     QStringLiteral("4001")}));
    }
    // As the engine does for a bad frame: the rest is of a connection that is gone.
    told.clear();
    QObject::connect(&transport, &SocketTransport::decoded, [&] { transport.close(); });
    const auto peer = connectAndHear();
    ASSERT_TRUE(peer);
    ASSERT_TRUE(until([&] { return peer->state() == QAbstractSocket::UnconnectedState; }));
    ASSERT_TRUE(until([&] { return !told.isEmpty(); }));
    QCoreApplication::processEvents();
    EXPECT_EQ(told, QStringList{QStringLiteral("no frame")});
}
