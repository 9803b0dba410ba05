#include "sdk/qt/httptransport.h"

#include "sdk/qt/httprequests.h"

#include <QNetworkReply>
#include <QUrlQuery>

#include <algorithm>
#include <utility>

namespace Skein
{

using skein::engine::HttpAnswer;
using skein::engine::HttpCall;

namespace
{

constexpr qint64 kTimerMaxMs = 60'000;

std::string latin1(const QByteArray& bytes)
{
    return std::string(bytes.constData(), static_cast<std::size_t>(bytes.size()));
}

} // namespace

HttpTransport::HttpTransport(QUrl url, skein::Clock& clock, QObject* parent)
    : QObject(parent)
    , m_url(std::move(url))
    , m_clock(clock)
    , m_frames(clock, *this, *this)
{
    m_network.setParent(this); // as children they follow this object to its thread
    m_network.setRedirectPolicy(QNetworkRequest::ManualRedirectPolicy);
    m_timer.setParent(this);
    m_timer.setSingleShot(true);
    m_timer.setTimerType(Qt::PreciseTimer);
    connect(&m_timer, &QTimer::timeout, this, [this] {
        m_frames.tick();
        arm();
    });
}

HttpTransport::~HttpTransport()
{
    m_timer.stop();
    m_frames.close();
}

void HttpTransport::open()
{
    m_frames.open();
    arm();
}

void HttpTransport::send(std::string text)
{
    m_frames.send(std::move(text));
    arm();
}

std::size_t HttpTransport::unsentBytes() const
{
    return m_frames.unsentBytes();
}

void HttpTransport::close()
{
    m_frames.close();
    arm();
}

void HttpTransport::arm()
{
    const auto at = m_frames.nextWakeupAt();
    if (at.ms == INT64_MAX) {
        m_timer.stop();
        return;
    }
    m_timer.start(static_cast<int>(std::clamp<qint64>(at.ms - m_clock.now().ms, 0, kTimerMaxMs)));
}

void HttpTransport::call(HttpCall call)
{
    QUrl url = m_url;
    if (call.kind == HttpCall::Kind::Poll) {
        QUrlQuery query;
        query.addQueryItem(QStringLiteral("wait"), QString::number(call.waitSeconds));
        url.setQuery(query);
    }
    QNetworkRequest request = http::request(url, static_cast<int>(call.timeoutMs));
    if (!call.session.empty())
        request.setRawHeader("Skein-Session", QByteArray::fromStdString(call.session));
    QNetworkReply* reply = nullptr;
    switch (call.kind) {
    case HttpCall::Kind::Open:
    case HttpCall::Kind::Post:
        request.setHeader(QNetworkRequest::ContentTypeHeader,
                          QStringLiteral("application/x-ndjson"));
        request.setRawHeader("Skein-Batch", QByteArray::number(qlonglong(call.batch)));
        reply = m_network.post(request, QByteArray::fromStdString(call.body));
        break;
    case HttpCall::Kind::Poll:
        request.setRawHeader("Skein-Ack", QByteArray::number(qlonglong(call.ack)));
        reply = m_network.get(request);
        break;
    case HttpCall::Kind::End:
        // Nobody waits for it; it dies with the manager at the latest.
        reply = m_network.deleteResource(request);
        connect(reply, &QNetworkReply::finished, reply, &QNetworkReply::deleteLater);
        return;
    }
    m_replies.insert(call.id, reply);
    const auto tooLarge = http::boundReply(reply, kReplyBytesMax);
    connect(reply, &QNetworkReply::readyRead, this, [this, reply] {
        if (!reply->isFinished() &&
            reply->attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt() == 200)
            Q_EMIT partReceived();
    });
    // Queued: a request may fail before post() returns.
    connect(
        reply, &QNetworkReply::finished, this,
        [this, id = call.id, reply, tooLarge] { finished(id, reply, *tooLarge); },
        Qt::QueuedConnection);
}

void HttpTransport::cancel(std::uint64_t id)
{
    if (QNetworkReply* reply = m_replies.take(id)) {
        reply->disconnect(this);
        reply->abort();
        reply->deleteLater();
    }
}

void HttpTransport::finished(std::uint64_t id, QNetworkReply* reply, bool tooLarge)
{
    if (m_replies.value(id) != reply)
        return; // cancelled
    m_replies.remove(id);
    reply->deleteLater();
    HttpAnswer answer;
    const int status = reply->attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt();
    // A reply that broke off has a status too, and only a part of its body.
    const auto error = reply->error();
    const bool whole = error == QNetworkReply::NoError || (status >= 400 && error > 200);
    if (tooLarge) {
        answer.detail = "reply too large";
    } else if (status == 0 || !whole) {
        answer.detail = reply->errorString().toStdString();
        answer.unreachable = error == QNetworkReply::ConnectionRefusedError ||
                             error == QNetworkReply::HostNotFoundError;
    } else {
        answer.status = static_cast<unsigned>(status);
        answer.session = latin1(reply->rawHeader("Skein-Session"));
        if (reply->hasRawHeader("Skein-Batch")) {
            bool ok = false;
            const qlonglong number = reply->rawHeader("Skein-Batch").toLongLong(&ok);
            answer.batch = ok ? number : -1;
        }
        const QByteArray close = reply->rawHeader("Skein-Close");
        const auto space = close.indexOf(' ');
        answer.closeCode = close.left(space < 0 ? close.size() : space).toUShort();
        answer.closeReason = space < 0 ? std::string() : latin1(close.mid(space + 1));
        answer.retryAfter = http::retryAfter(*reply);
        answer.body = latin1(reply->readAll());
    }
    m_frames.answered(id, answer);
    arm();
}

void HttpTransport::framesOpened()
{
    Q_EMIT opened();
}

void HttpTransport::framesReceived(std::string_view text)
{
    Q_EMIT received(QByteArray(text.data(), static_cast<qsizetype>(text.size())));
}

void HttpTransport::framesClosed(std::uint16_t code, const std::string& reason,
                                 std::optional<skein::Milliseconds> retryAfter)
{
    Q_EMIT closed(code, QByteArray::fromStdString(reason), retryAfter ? retryAfter->count() : -1);
}

} // namespace Skein
