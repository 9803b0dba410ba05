#include "sdk/qt/authclient.h"

#include "sdk/qt/displaytext.h"
#include "sdk/qt/httprequests.h"

#include <QHostAddress>
#include <QJsonArray>
#include <QJsonDocument>
#include <QNetworkReply>
#include <QNetworkRequest>
#include <QTimer>

#include <algorithm>
#include <utility>

namespace Skein
{

using skein::ErrorCode;

namespace
{

ErrorCode codeOfStatus(int status)
{
    switch (status) {
    case 400:
        return ErrorCode::BadField;
    case 401:
        return ErrorCode::Unauthenticated;
    case 403:
        return ErrorCode::Forbidden;
    case 404:
        return ErrorCode::NotFound;
    case 409:
        return ErrorCode::Conflict;
    case 413:
        return ErrorCode::FrameTooLarge;
    case 429:
        return ErrorCode::RateLimited;
    case 503:
        return ErrorCode::ServerBusy;
    default:
        return status >= 500 ? ErrorCode::Internal : ErrorCode::Transport;
    }
}

skein::Error errorFrom(int status, const QJsonObject& body)
{
    const QJsonObject described = body.value(QLatin1String("error")).toObject();
    const auto named =
        skein::errorCodeFromWire(display::utf8(described.value(QLatin1String("code")).toString()));
    skein::Error error = skein::makeError(
        named.value_or(codeOfStatus(status)),
        display::utf8(described.value(QLatin1String("detail")).toString().left(500)));
    const qint64 after = described.value(QLatin1String("retry_after_ms")).toInteger();
    if (after > 0)
        error.retryAfter = std::chrono::milliseconds(after);
    if (status >= 500)
        error.retryable = true;
    return error;
}

} // namespace

skein::Result<Tokens> tokensFrom(const QJsonObject& object, qint64 wallNowMs)
{
    const QJsonObject user = object.value(QLatin1String("user")).toObject();
    Tokens tokens;
    tokens.userId = user.value(QLatin1String("id")).toString();
    tokens.userName = user.value(QLatin1String("name")).toString();
    tokens.displayName = user.value(QLatin1String("display_name")).toString(tokens.userName);
    tokens.session = object.value(QLatin1String("session")).toString();
    tokens.deviceId = object.value(QLatin1String("device_id")).toString();
    tokens.accessToken = object.value(QLatin1String("access_token")).toString();
    tokens.refreshToken = object.value(QLatin1String("refresh_token")).toString();
    tokens.accessExpiresAt = object.value(QLatin1String("access_expires_at")).toInteger();
    const qint64 now = object.value(QLatin1String("now")).toInteger(wallNowMs);
    tokens.accessValidMs = std::max<qint64>(tokens.accessExpiresAt - now, 0);
    if (tokens.userId.isEmpty())
        return skein::fail(ErrorCode::BadFrame, "user.id");
    if (tokens.accessToken.isEmpty())
        return skein::fail(ErrorCode::BadFrame, "access_token");
    if (tokens.refreshToken.isEmpty())
        return skein::fail(ErrorCode::BadFrame, "refresh_token");
    if (tokens.displayName.isEmpty())
        tokens.displayName = tokens.userName;
    return tokens;
}

bool isLoopback(const QUrl& url)
{
    const QString host = url.host();
    if (host.compare(QLatin1String("localhost"), Qt::CaseInsensitive) == 0)
        return true;
    QHostAddress address;
    return address.setAddress(host) && address.isLoopback();
}

AuthClient::AuthClient(skein::Clock& clock, skein::Random& random, skein::Metrics& metrics,
                       QObject* parent)
    : QObject(parent)
    , m_clock(clock)
    , m_random(random)
    , m_gauge(metrics.gauge("breaker_auth"))
{
    m_network.setRedirectPolicy(QNetworkRequest::ManualRedirectPolicy);
    m_network.setTransferTimeout(kTimeoutMs);
}

QNetworkRequest AuthClient::request(const QUrl& server, const QString& path, const QString& bearer)
{
    QNetworkRequest made =
        http::request(http::urlOf(server, QStringLiteral("/v1/") + path), kTimeoutMs);
    if (!bearer.isEmpty())
        made.setRawHeader("Authorization", "Bearer " + bearer.toUtf8());
    return made;
}

void AuthClient::post(const QUrl& server, const QString& path, const QJsonObject& body,
                      const QString& bearer, Done done)
{
    QNetworkRequest prepared = request(server, path, bearer);
    prepared.setHeader(QNetworkRequest::ContentTypeHeader, QStringLiteral("application/json"));
    answered(m_network.post(prepared, QJsonDocument(body).toJson(QJsonDocument::Compact)),
             std::move(done));
}

void AuthClient::answered(QNetworkReply* reply, Done done)
{
    const auto tooLarge = http::boundReply(reply, kReplyBytesMax);
    connect(reply, &QNetworkReply::finished, this, [this, reply, tooLarge, done = std::move(done)] {
        reply->deleteLater();
        const int status = reply->attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt();
        const auto after = http::retryAfter(*reply);
        judge(status, after);
        if (*tooLarge) {
            done(skein::fail(ErrorCode::FrameTooLarge, "reply of the server"));
            return;
        }
        if (status == 0) {
            const auto error = reply->error();
            const bool timedOut = error == QNetworkReply::TimeoutError ||
                                  error == QNetworkReply::OperationCanceledError;
            done(skein::fail(timedOut ? ErrorCode::Timeout : ErrorCode::Transport,
                             display::utf8(reply->errorString())));
            return;
        }
        const QByteArray bytes = reply->readAll();
        const QJsonDocument document = QJsonDocument::fromJson(bytes);
        if (status < 200 || status > 299) {
            if (status >= 300 && status < 400)
                done(skein::fail(ErrorCode::Transport, "redirect refused"));
            else {
                skein::Error error = errorFrom(status, document.object());
                if (!error.retryAfter)
                    error.retryAfter = after;
                done(skein::fail(std::move(error)));
            }
            return;
        }
        if (status != 204 && !document.isObject()) {
            done(skein::fail(ErrorCode::BadFrame, "reply is not a JSON object"));
            return;
        }
        done(document.object());
    });
}

/// No answer, or one that says that the backend has trouble, speaks against it; everything else is
/// a sign of health.
void AuthClient::judge(int status, std::optional<skein::Milliseconds> retryAfter)
{
    if (status == 0 || status == 429 || status >= 500)
        m_breaker.failed(m_clock.now(), m_random, retryAfter);
    else
        m_breaker.succeeded();
    m_gauge.set(static_cast<std::int64_t>(m_breaker.state()));
}

void AuthClient::enter(const QUrl& server, const QString& path, const QString& name,
                       const QString& password, const QString& displayName, const QString& deviceId,
                       const QString& deviceName, Answer answer)
{
    QJsonObject body{{QStringLiteral("name"), name},
                     {QStringLiteral("password"), password},
                     {QStringLiteral("device_id"), deviceId},
                     {QStringLiteral("device_name"), deviceName}};
    if (!displayName.isEmpty())
        body.insert(QStringLiteral("display_name"), displayName);
    post(server, path, body, {},
         [this, answer = std::move(answer)](const skein::Result<QJsonObject>& reply) {
             answer(reply ? tokensFrom(*reply, m_clock.wallNow().ms)
                          : skein::Result<Tokens>(skein::fail(reply.error())));
         });
}

void AuthClient::refresh(const QUrl& server, const QString& refreshToken, Answer answer)
{
    const skein::MonoTime now = m_clock.now();
    if (!m_breaker.allow(now)) {
        skein::Error busy = skein::makeError(ErrorCode::ServerBusy, "the breaker is open");
        busy.retryAfter = std::max(m_breaker.retryAt() - now, skein::Milliseconds(1'000));
        QTimer::singleShot(0, this, [answer = std::move(answer), busy] {
            answer(skein::Result<Tokens>(skein::fail(busy)));
        });
        return;
    }
    m_gauge.set(static_cast<std::int64_t>(m_breaker.state()));
    post(server, QStringLiteral("refresh"), {{QStringLiteral("refresh_token"), refreshToken}}, {},
         [this, answer = std::move(answer)](const skein::Result<QJsonObject>& reply) {
             answer(reply ? tokensFrom(*reply, m_clock.wallNow().ms)
                          : skein::Result<Tokens>(skein::fail(reply.error())));
         });
}

void AuthClient::sessions(const QUrl& server, const QString& accessToken,
                          std::function<void(const skein::Result<QList<Session>>&)> answer)
{
    answered(m_network.get(request(server, QStringLiteral("sessions"), accessToken)),
             [answer = std::move(answer)](const skein::Result<QJsonObject>& reply) {
                 if (!reply) {
                     answer(skein::fail(reply.error()));
                     return;
                 }
                 QList<Session> list;
                 for (const QJsonValue& value : reply->value(QLatin1String("sessions")).toArray()) {
                     const QJsonObject row = value.toObject();
                     list.append({row.value(QLatin1String("id")).toString(),
                                  row.value(QLatin1String("device_name")).toString(),
                                  row.value(QLatin1String("created")).toInteger(),
                                  row.value(QLatin1String("last_seen")).toInteger(),
                                  row.value(QLatin1String("current")).toBool()});
                 }
                 answer(list);
             });
}

void AuthClient::revokeSession(const QUrl& server, const QString& accessToken,
                               const QString& session,
                               std::function<void(const skein::Result<bool>&)> answer)
{
    const QString path = QStringLiteral("sessions/") + session;
    answered(m_network.deleteResource(request(server, path, accessToken)),
             [answer = std::move(answer)](const skein::Result<QJsonObject>& reply) {
                 answer(reply ? skein::Result<bool>(true)
                              : skein::Result<bool>(skein::fail(reply.error())));
             });
}

void AuthClient::signOut(const QUrl& server, const QString& accessToken, std::function<void()> done)
{
    post(server, QStringLiteral("signout"), {}, accessToken,
         [done = std::move(done)](const skein::Result<QJsonObject>&) { done(); });
}

} // namespace Skein
