#include "sdk/qt/httprequests.h"

#include <QDateTime>

namespace Skein::http
{

QUrl urlOf(const QUrl& base, const QString& path)
{
    QUrl url = base;
    QString start = url.path();
    while (start.endsWith(u'/'))
        start.chop(1);
    url.setPath(start + path);
    return url;
}

QNetworkRequest request(const QUrl& url, int timeoutMs)
{
    QNetworkRequest made(url);
    made.setAttribute(QNetworkRequest::RedirectPolicyAttribute,
                      QNetworkRequest::ManualRedirectPolicy);
    made.setAttribute(QNetworkRequest::CookieLoadControlAttribute, QNetworkRequest::Manual);
    made.setAttribute(QNetworkRequest::CookieSaveControlAttribute, QNetworkRequest::Manual);
    made.setAttribute(QNetworkRequest::CacheLoadControlAttribute, QNetworkRequest::AlwaysNetwork);
    made.setAttribute(QNetworkRequest::CacheSaveControlAttribute, false);
    // Without this Qt asks for gzip and inflates it before anybody can count.
    made.setRawHeader("Accept-Encoding", "identity");
    made.setTransferTimeout(timeoutMs);
    return made;
}

std::shared_ptr<bool> boundReply(QNetworkReply* reply, qint64 bytesMax)
{
    auto tooLarge = std::make_shared<bool>(false);
    QObject::connect(reply, &QNetworkReply::readyRead, reply, [reply, tooLarge, bytesMax] {
        if (reply->bytesAvailable() > bytesMax) {
            *tooLarge = true;
            reply->abort();
        }
    });
    return tooLarge;
}

std::optional<std::chrono::milliseconds> retryAfter(const QByteArray& value, const QByteArray& date)
{
    bool isNumber = false;
    const qlonglong seconds = value.trimmed().toLongLong(&isNumber);
    if (isNumber) {
        constexpr qlonglong kSecondsMax = 24 * 3600; // who obeys it has a bound of its own
        if (seconds < 0)
            return std::nullopt;
        return std::chrono::milliseconds(std::min(seconds, kSecondsMax) * 1000);
    }
    const auto parsed = [](const QByteArray& text) {
        return QDateTime::fromString(QString::fromLatin1(text.trimmed())
                                         .replace(QLatin1String("GMT"), QLatin1String("+0000")),
                                     Qt::RFC2822Date);
    };
    const QDateTime until = parsed(value);
    if (!until.isValid())
        return std::nullopt;
    // Against the clock of whoever wrote it, as ours may be hours off.
    const QDateTime theirs = parsed(date);
    const qint64 ms = (theirs.isValid() ? theirs : QDateTime::currentDateTimeUtc()).msecsTo(until);
    return std::chrono::milliseconds(std::max<qint64>(ms, 0));
}

std::optional<std::chrono::milliseconds> retryAfter(const QNetworkReply& reply)
{
    if (!reply.hasRawHeader("Retry-After"))
        return std::nullopt;
    return retryAfter(reply.rawHeader("Retry-After"), reply.rawHeader("Date"));
}

} // namespace Skein::http
