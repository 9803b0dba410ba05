#include "sdk/qt/sockettransport.h"

#include "protocol/compression.h"
#include "protocol/limits.h"

#include <QNetworkRequest>
#include <QSslSocket>
#include <QThreadPool>
#include <QWebSocket>
#include <QWebSocketHandshakeOptions>

#include <algorithm>
#include <mutex>
#include <utility>

namespace Skein
{

SocketTransport::SocketTransport(QUrl url, QObject* parent)
    : QObject(parent)
    , m_url(std::move(url))
{
    // Qt loads the TLS library when the first socket is made, encrypted or not; that takes longer
    // than a handshake. Meanwhile the store is opened.
    static std::once_flag loaded;
    std::call_once(loaded, [] {
        QThreadPool::globalInstance()->start([] { (void)QSslSocket::supportsSsl(); });
    });
    m_handshake.setParent(this); // travels along when the object changes its thread
    m_handshake.setSingleShot(true);
    m_handshake.setInterval(kHandshakeTimeoutMs);
    connect(&m_handshake, &QTimer::timeout, this, [this] {
        failed(m_reached ? skein::engine::kCloseHung : skein::engine::kCloseUnreachable,
               "handshake timed out");
    });
    m_stagger.setParent(this);
    m_stagger.setInterval(kStaggerMs);
    connect(&m_stagger, &QTimer::timeout, this, &SocketTransport::staggered);
    connect(&m_frames, &LongFrames::received, this, &SocketTransport::received);
    connect(&m_frames, &LongFrames::decoded, this, &SocketTransport::decoded);
    connect(&m_frames, &LongFrames::closed, this, &SocketTransport::closed);
    connect(&m_frames, &LongFrames::spoilt, this, [this](const QByteArray& detail) {
        close();
        Q_EMIT closed(1007, detail);
    });
}

SocketTransport::~SocketTransport()
{
    drop();
}

void SocketTransport::open()
{
    close();
    m_reached = false;
    m_attemptsMade = 0;
    m_handshake.start();
    m_stagger.start();
    attempt();
}

void SocketTransport::attempt()
{
    // A new socket each time: nothing of the last connection can leak into this one.
    // No Origin: that is for browsers, and servers refuse those that they do not know.
    auto* const socket = new QWebSocket(QString(), QWebSocketProtocol::VersionLatest, this);
    // Qt's own limits are 2 GiB.
    socket->setMaxAllowedIncomingFrameSize(skein::protocol::kServerFrameBytesMax);
    socket->setMaxAllowedIncomingMessageSize(skein::protocol::kServerFrameBytesMax);
    connect(socket, &QWebSocket::connected, this, [this, socket] {
        adopt(socket);
        connected();
    });
    connect(socket, &QWebSocket::bytesWritten, this, [this, socket] {
        adopt(socket);
        m_reached = true;
    });
    connect(socket, &QWebSocket::textMessageReceived, this,
            [this](const QString& text) { m_frames.text(text.toUtf8()); });
    connect(socket, &QWebSocket::binaryMessageReceived, this,
            [this](const QByteArray& bytes) { m_frames.compressed(bytes); });
    connect(socket, &QWebSocket::binaryFrameReceived, this, [this](const QByteArray&, bool last) {
        if (!last)
            Q_EMIT partReceived();
    });
    const auto ours = [this, socket] {
        return socket == m_socket ||
               std::find(m_attempts.begin(), m_attempts.end(), socket) != m_attempts.end();
    };
    // Queued: both may be emitted from inside QWebSocket::open().
    connect(
        socket, &QWebSocket::disconnected, this,
        [this, socket, ours] {
            if (ours())
                failed(m_open      ? static_cast<int>(socket->closeCode())
                       : m_reached ? skein::engine::kCloseNone
                                   : skein::engine::kCloseUnreachable,
                       socket->closeReason().toUtf8());
        },
        Qt::QueuedConnection);
    const auto onError = [this, socket, ours] {
        if (ours() && !m_open)
            failed(m_reached ? skein::engine::kCloseNone : skein::engine::kCloseUnreachable,
                   socket->errorString().toUtf8());
    };
#if QT_VERSION >= QT_VERSION_CHECK(6, 5, 0)
    connect(socket, &QWebSocket::errorOccurred, this, onError, Qt::QueuedConnection);
#else
    connect(socket, QOverload<QAbstractSocket::SocketError>::of(&QWebSocket::error), this, onError,
            Qt::QueuedConnection);
#endif
    m_attempts.push_back(socket);
    ++m_attemptsMade;
    QWebSocketHandshakeOptions options;
    options.setSubprotocols({QString::fromLatin1(skein::protocol::kSubprotocol)});
    socket->open(QNetworkRequest(m_url), options);
}

void SocketTransport::staggered()
{
    // A connection has a port of its own, an attempt has none. It may still be busy with TLS, and
    // another would only be in its way.
    const bool through = std::any_of(m_attempts.begin(), m_attempts.end(),
                                     [](const QWebSocket* one) { return one->localPort() != 0; });
    if (m_attempts.empty() || through) {
        m_stagger.stop();
        return;
    }
    if (m_attempts.size() > 1) {
        discard(m_attempts.back());
        m_attempts.pop_back();
    }
    attempt();
}

void SocketTransport::adopt(QWebSocket* socket)
{
    if (socket == m_socket)
        return;
    m_stagger.stop();
    m_socket = socket;
    for (QWebSocket* const other : std::exchange(m_attempts, {})) {
        if (other != socket)
            discard(other);
    }
}

void SocketTransport::connected()
{
    if (!m_socket)
        return;
    m_handshake.stop();
    if (m_socket->subprotocol() != QLatin1String(skein::protocol::kSubprotocol)) {
        failed(0, "the server does not speak skein.v1");
        return;
    }
    m_open = true;
    Q_EMIT opened();
}

std::vector<std::string> SocketTransport::caps() const
{
    return {skein::protocol::kDeflateCap};
}

void SocketTransport::send(std::string text)
{
    if (m_socket && m_open)
        m_socket->sendTextMessage(
            QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size())));
}

std::size_t SocketTransport::unsentBytes() const
{
    return m_socket ? static_cast<std::size_t>(m_socket->bytesToWrite()) : 0;
}

void SocketTransport::close()
{
    drop();
    m_frames.forget();
}

void SocketTransport::drop()
{
    m_handshake.stop();
    m_stagger.stop();
    m_open = false;
    for (QWebSocket* const socket : std::exchange(m_attempts, {}))
        discard(socket);
    if (QWebSocket* const socket = std::exchange(m_socket, nullptr))
        discard(socket);
}

void SocketTransport::discard(QWebSocket* socket)
{
    socket->disconnect(socket->parent());
    // A close frame for a peer that listens; the object is gone when control returns to the loop.
    if (socket->state() == QAbstractSocket::ConnectedState)
        socket->close();
    else
        socket->abort();
    socket->deleteLater();
}

void SocketTransport::failed(int closeCode, const QByteArray& reason)
{
    if (!m_socket && m_attempts.empty())
        return;
    drop();
    m_frames.close(closeCode, reason);
}

} // namespace Skein
