#include "sdk/qt/sockettransport.h"

#include "protocol/compression.h"
#include "protocol/limits.h"

#include <QNetworkRequest>
#include <QSslSocket>
#include <QThreadPool>
#include <QWebSocket>
#include <QWebSocketHandshakeOptions>

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
}

SocketTransport::~SocketTransport()
{
    drop();
}

void SocketTransport::open()
{
    drop();
    // A new socket each time: nothing of the last connection can leak into this one.
    // No Origin: that is for browsers, and servers refuse those that they do not know.
    m_socket = new QWebSocket(QString(), QWebSocketProtocol::VersionLatest, this);
    // Qt's own limits are 2 GiB.
    m_socket->setMaxAllowedIncomingFrameSize(skein::protocol::kServerFrameBytesMax);
    m_socket->setMaxAllowedIncomingMessageSize(skein::protocol::kServerFrameBytesMax);
    connect(m_socket, &QWebSocket::connected, this, &SocketTransport::connected);
    m_reached = false;
    connect(m_socket, &QWebSocket::bytesWritten, this, [this] { m_reached = true; });
    connect(m_socket, &QWebSocket::textMessageReceived, this,
            [this](const QString& text) { Q_EMIT received(text.toUtf8()); });
    connect(m_socket, &QWebSocket::binaryMessageReceived, this,
            &SocketTransport::compressedReceived);
    // Queued: both may be emitted from inside QWebSocket::open().
    QWebSocket* const socket = m_socket;
    connect(
        m_socket, &QWebSocket::disconnected, this,
        [this, socket] {
            if (socket == m_socket)
                failed(m_open      ? static_cast<int>(socket->closeCode())
                       : m_reached ? skein::engine::kCloseNone
                                   : skein::engine::kCloseUnreachable,
                       socket->closeReason().toUtf8());
        },
        Qt::QueuedConnection);
    const auto onError = [this, socket] {
        if (socket == m_socket && !m_open)
            failed(m_reached ? skein::engine::kCloseNone : skein::engine::kCloseUnreachable,
                   socket->errorString().toUtf8());
    };
#if QT_VERSION >= QT_VERSION_CHECK(6, 5, 0)
    connect(m_socket, &QWebSocket::errorOccurred, this, onError, Qt::QueuedConnection);
#else
    connect(m_socket, QOverload<QAbstractSocket::SocketError>::of(&QWebSocket::error), this,
            onError, Qt::QueuedConnection);
#endif
    QWebSocketHandshakeOptions options;
    options.setSubprotocols({QString::fromLatin1(skein::protocol::kSubprotocol)});
    m_handshake.start();
    m_socket->open(QNetworkRequest(m_url), options);
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

void SocketTransport::compressedReceived(const QByteArray& bytes)
{
    const auto text = skein::protocol::inflated(
        std::string_view(bytes.constData(), static_cast<std::size_t>(bytes.size())),
        skein::protocol::kServerFrameBytesMax);
    if (!text) {
        failed(1007, QByteArray::fromStdString(text.error().detail));
        return;
    }
    Q_EMIT received(QByteArray(text->data(), static_cast<qsizetype>(text->size())));
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
}

void SocketTransport::drop()
{
    m_handshake.stop();
    m_open = false;
    if (QWebSocket* socket = std::exchange(m_socket, nullptr)) {
        socket->disconnect(this);
        // A close frame for a peer that listens; the object is gone when control returns to the
        // loop.
        if (socket->state() == QAbstractSocket::ConnectedState)
            socket->close();
        else
            socket->abort();
        socket->deleteLater();
    }
}

void SocketTransport::failed(int closeCode, const QByteArray& reason)
{
    if (!m_socket)
        return;
    drop();
    Q_EMIT closed(closeCode, reason);
}

} // namespace Skein
