// Signing up, in and out, and refreshing tokens over HTTP. Each call names its server: a token goes
// to the one that it is of, whatever was asked since. Redirects are refused, replies are bounded in
// time and size. A circuit breaker stands before what happens by itself (refresh); what
// a person asks for is tried in any case, and its outcome counts. Thread: GUI; answers come through
// the callback, never from inside the call, and not at all once this is deleted.
#pragma once

#ifndef Q_MOC_RUN // moc 6.4 stumbles over a standard header below these
#include "core/breaker.h"
#include "core/clock.h"
#include "core/metrics.h"
#include "core/random.h"
#include "core/result.h"
#endif

#include <QJsonObject>
#include <QNetworkAccessManager>
#include <QNetworkRequest>
#include <QObject>
#include <QString>
#include <QUrl>

#include <functional>

namespace Skein
{

/// What a session is made of. The tokens are secrets: never logged.
struct Tokens {
    QString userId, userName, displayName;
    QString session, deviceId;
    QString accessToken, refreshToken;
    qint64 accessExpiresAt = 0; ///< ms since 1970 UTC, by the server's clock
    /// How long the access token holds from when the reply came; by the server's clock alone when
    /// it says what time it is, so that a local clock that is hours off does not matter.
    qint64 accessValidMs = 0;
};

class AuthClient : public QObject
{
    Q_OBJECT

public:
    using Answer = std::function<void(const skein::Result<Tokens>&)>;

    /// All three must outlive this.
    AuthClient(skein::Clock& clock, skein::Random& random, skein::Metrics& metrics,
               QObject* parent = nullptr);

    /// `path`: "signup", "signin". Errors: Unauthenticated, Conflict, BadField, RateLimited (with
    /// retryAfter), Transport, Timeout, BadFrame (a reply that is not what the contract says) and
    /// whatever the server names.
    void enter(const QUrl& server, const QString& path, const QString& name,
               const QString& password, const QString& displayName, const QString& deviceId,
               const QString& deviceName, Answer answer);
    /// Errors: TokenInvalid is final. ServerBusy with retryAfter, without a request, while the
    /// breaker is open.
    void refresh(const QUrl& server, const QString& refreshToken, Answer answer);
    /// A device of the user, as the server lists it.
    struct Session {
        QString id, deviceName;
        qint64 created = 0, lastSeen = 0; ///< ms since 1970 UTC
        bool current = false;
    };
    /// Last seen first. Errors: as enter(), TokenInvalid.
    void sessions(const QUrl& server, const QString& accessToken,
                  std::function<void(const skein::Result<QList<Session>>&)> answer);
    /// Errors: as sessions(), NotFound.
    void revokeSession(const QUrl& server, const QString& accessToken, const QString& session,
                       std::function<void(const skein::Result<bool>&)> answer);
    /// Best effort; nobody waits for it.
    void signOut(const QUrl& server, const QString& accessToken, std::function<void()> done);

    static constexpr int kTimeoutMs = 15'000;
    static constexpr qint64 kReplyBytesMax = 64 * 1024;
    static constexpr skein::Breaker::Rule kBreakerRule{3, 2'000, 30'000};

private:
    using Done = std::function<void(skein::Result<QJsonObject>)>;
    void post(const QUrl& server, const QString& path, const QJsonObject& body,
              const QString& bearer, Done done);
    [[nodiscard]] static QNetworkRequest request(const QUrl& server, const QString& path,
                                                 const QString& bearer);
    void answered(QNetworkReply* reply, Done done);
    void judge(int status, std::optional<skein::Milliseconds> retryAfter);

    skein::Clock& m_clock;
    skein::Random& m_random;
    skein::Counter& m_gauge;
    skein::Breaker m_breaker{kBreakerRule};
    QNetworkAccessManager m_network;
};

/// Tokens from the server's reply; BadFrame names the field that is missing. `wallNowMs`: for
/// servers that do not say what time it is.
[[nodiscard]] skein::Result<Tokens> tokensFrom(const QJsonObject& object, qint64 wallNowMs);
/// True for a server whose traffic does not leave this machine.
[[nodiscard]] bool isLoopback(const QUrl& url);

} // namespace Skein
