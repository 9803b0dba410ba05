// The engine's one socket over QtWebSockets. Thread: the worker's.
#pragma once

#ifndef Q_MOC_RUN // moc 6.4 stumbles over a standard header below it
#include "sdk/engine/engine.h"
#endif

#include <QObject>
#include <QTimer>
#include <QUrl>

class QWebSocket;

namespace Skein
{

class SocketTransport : public QObject, public skein::engine::Transport
{
    Q_OBJECT

public:
    explicit SocketTransport(QUrl url, QObject* parent = nullptr);
    ~SocketTransport() override;

    void open() override;
    void send(std::string text) override;
    [[nodiscard]] std::size_t unsentBytes() const override;
    void close() override;
    [[nodiscard]] std::vector<std::string> caps() const override;

    /// Less than the engine's own patience, for this one knows what it waited for.
    static constexpr int kHandshakeTimeoutMs = 14'000;

Q_SIGNALS:
    /// Never from inside open(), send() or close().
    void opened();
    void closed(int closeCode, const QByteArray& reason);
    void received(const QByteArray& text);

private:
    void connected();
    void compressedReceived(const QByteArray& bytes);
    void failed(int closeCode, const QByteArray& reason);
    void drop();

    QUrl m_url;
    QWebSocket* m_socket = nullptr;
    QTimer m_handshake;
    bool m_open = false;
    bool m_reached = false; ///< the request went out, so somebody took the connection
};

} // namespace Skein
