// What every HTTP request of the SDK has in common: no redirects, no cookies, no cache, no
// compression, a bound on the wait for the next byte and on the size of the reply.
#pragma once

#include <QNetworkReply>
#include <QNetworkRequest>
#include <QUrl>

#include <chrono>
#include <memory>
#include <optional>

namespace Skein::http
{

/// `base` without its trailing slashes, then `path`.
[[nodiscard]] QUrl urlOf(const QUrl& base, const QString& path);
/// `timeoutMs`: without a byte.
[[nodiscard]] QNetworkRequest request(const QUrl& url, int timeoutMs);
/// Aborts the reply when more than `bytesMax` of it wait; true in the result once it did.
[[nodiscard]] std::shared_ptr<bool> boundReply(QNetworkReply* reply, qint64 bytesMax);
/// Retry-After, in seconds or as a date; nullopt when there is none or it makes no sense.
[[nodiscard]] std::optional<std::chrono::milliseconds> retryAfter(const QNetworkReply& reply);
/// The same from the text of the header. `date`: that of the reply (its own clock), may be empty.
[[nodiscard]] std::optional<std::chrono::milliseconds> retryAfter(const QByteArray& value,
                                                                  const QByteArray& date);

} // namespace Skein::http
