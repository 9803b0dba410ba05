// Frames over HTTP with QNetworkAccessManager: HttpFrames decides what is asked and repeated, this
// asks it. Thread: the worker's.
#pragma once

#ifndef Q_MOC_RUN // moc 6.4 stumbles over a standard header below it
#include "core/clock.h"
#include "sdk/engine/httpframes.h"
#endif

#include <QHash>
#include <QNetworkAccessManager>
#include <QObject>
#include <QTimer>
#include <QUrl>

class QNetworkReply;

namespace Skein
{

class HttpTransport : public QObject,
                      public skein::engine::Transport,
                      private skein::engine::HttpCaller,
                      private skein::engine::HttpFrames::Events
{
    Q_OBJECT

public:
    /// `url`: of `/v1/frames`. `clock` must outlive this.
    HttpTransport(QUrl url, skein::Clock& clock, QObject* parent = nullptr);
    ~HttpTransport() override;

    void open() override;
    void send(std::string text) override;
    [[nodiscard]] std::size_t unsentBytes() const override;
    void close() override;

    /// One answer: a batch, or one larger frame.
    static constexpr qint64 kReplyBytesMax =
        skein::protocol::kServerFrameBytesMax + skein::protocol::kHttpBatchBytesMax;

Q_SIGNALS:
    /// Never from inside open(), send() or close().
    void opened();
    /// `retryAfterMs`: -1 = nobody said.
    void closed(int closeCode, const QByteArray& reason, qint64 retryAfterMs);
    void received(const QByteArray& text);
    /// Bytes of an answer that is not complete.
    void partReceived();

private:
    void call(skein::engine::HttpCall call) override;
    void cancel(std::uint64_t id) override;
    void framesOpened() override;
    void framesReceived(std::string_view text) override;
    void framesClosed(std::uint16_t code, const std::string& reason,
                      std::optional<skein::Milliseconds> retryAfter) override;
    void finished(std::uint64_t id, QNetworkReply* reply, bool tooLarge);
    void arm();

    QUrl m_url;
    skein::Clock& m_clock;
    QNetworkAccessManager m_network;
    QTimer m_timer;
    QHash<quint64, QNetworkReply*> m_replies;
    skein::engine::HttpFrames m_frames;
};

} // namespace Skein
