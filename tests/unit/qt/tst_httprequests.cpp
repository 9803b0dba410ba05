#include "sdk/qt/httprequests.h"

#include <gtest/gtest.h>

using namespace Skein;
using std::chrono::milliseconds;

TEST(HttpRequests, nothingThatCouldLeakOrWanderIsAllowed)
{
    const QNetworkRequest made =
        http::request(QUrl(QStringLiteral("https://chat.example/x")), 5'000);
    EXPECT_EQ(made.attribute(QNetworkRequest::RedirectPolicyAttribute).toInt(),
              QNetworkRequest::ManualRedirectPolicy);
    EXPECT_EQ(made.attribute(QNetworkRequest::CookieLoadControlAttribute).toInt(),
              QNetworkRequest::Manual);
    EXPECT_EQ(made.attribute(QNetworkRequest::CookieSaveControlAttribute).toInt(),
              QNetworkRequest::Manual);
    EXPECT_EQ(made.attribute(QNetworkRequest::CacheLoadControlAttribute).toInt(),
              QNetworkRequest::AlwaysNetwork);
    EXPECT_FALSE(made.attribute(QNetworkRequest::CacheSaveControlAttribute).toBool());
    EXPECT_EQ(made.rawHeader("Accept-Encoding"), "identity");
    EXPECT_EQ(made.transferTimeout(), 5'000);
}

TEST(HttpRequests, aPathIsPutBehindTheServersOwn)
{
    const QString path = QStringLiteral("/v1/frames");
    EXPECT_EQ(http::urlOf(QUrl(QStringLiteral("https://a.example")), path).toString(),
              QStringLiteral("https://a.example/v1/frames"));
    EXPECT_EQ(http::urlOf(QUrl(QStringLiteral("https://a.example:8/chat//")), path).toString(),
              QStringLiteral("https://a.example:8/chat/v1/frames"));
}

TEST(HttpRequests, retryAfterInSecondsOrAsADateOfTheServersOwnClock)
{
    EXPECT_EQ(http::retryAfter(QByteArray("7"), {}), milliseconds(7'000));
    EXPECT_EQ(http::retryAfter(QByteArray(" 0 "), {}), milliseconds(0));
    EXPECT_EQ(http::retryAfter(QByteArray("-1"), {}), std::nullopt);
    EXPECT_EQ(http::retryAfter(QByteArray("99999999999"), {}), milliseconds(24 * 3600 * 1000));
    EXPECT_EQ(http::retryAfter(QByteArray("soon"), {}), std::nullopt);
    EXPECT_EQ(http::retryAfter(QByteArray(), {}), std::nullopt);
    // Both by a clock that is years off: the difference is what counts.
    EXPECT_EQ(http::retryAfter(QByteArray("Sun, 06 Nov 1994 08:49:37 GMT"),
                               QByteArray("Sun, 06 Nov 1994 08:49:07 GMT")),
              milliseconds(30'000));
    EXPECT_EQ(http::retryAfter(QByteArray("Sun, 06 Nov 1994 08:49:07 GMT"),
                               QByteArray("Sun, 06 Nov 1994 08:49:37 GMT")),
              milliseconds(0));
}
