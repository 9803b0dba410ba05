// The engine's one socket over QtWebSockets. Thread: the worker's.
//
// A first packet that gets lost is sent again by the system after 1, 3 and 7 s (RFC 6298), so a
// network that is back is found out late. Here a second attempt runs beside the first and is begun
// anew every kStaggerMs until one is through to the other side; the first one stays for lines whose
// way there and back takes longer than that. Never more than two, and what lost is closed before it
// has said anything.
#pragma once

#ifndef Q_MOC_RUN // moc 6.4 stumbles over a standard header below it
#include "sdk/engine/engine.h"
#endif
#include "sdk/qt/longframes.h"

#include <QObject>
#include <QTimer>
#include <QUrl>

#include <vector>

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
    static constexpr int kStaggerMs = 700;

    /// For tests: another pace of attempts.
    void setStaggerMs(int ms) { m_stagger.setInterval(ms); }
    /// Attempts that the last open() has begun.
    [[nodiscard]] int attempts() const { return m_attemptsMade; }

Q_SIGNALS:
    /// Never from inside open(), send() or close().
    void opened();
    void closed(int closeCode, const QByteArray& reason);
    void received(const QByteArray& text);
    /// A long frame, which was taken apart beside this thread.
    void decoded(const std::shared_ptr<Skein::DecodedFrame>& frame);
    /// A part of a frame that is not complete.
    void partReceived();

private:
    void attempt();
    void staggered();
    /// This one got through; the others go.
    void adopt(QWebSocket* socket);
    static void discard(QWebSocket* socket);
    void connected();
    void failed(int closeCode, const QByteArray& reason);
    void drop();

    QUrl m_url;
    QWebSocket* m_socket = nullptr;
    std::vector<QWebSocket*> m_attempts; ///< not through yet, and then m_socket is null
    LongFrames m_frames{this};
    QTimer m_handshake, m_stagger;
    int m_attemptsMade = 0;
    bool m_open = false;
    bool m_reached = false; ///< the request went out, so somebody took the connection
};

} // namespace Skein
