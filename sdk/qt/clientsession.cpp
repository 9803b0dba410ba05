// Signing in and out, tokens, and the life of the two threads.
#include "sdk/qt/client_p.h"
#include "sdk/qt/displaytext.h"
#include "sdk/qt/httprequests.h"

#include <QDateTime>
#include <QLocale>
#include <QNetworkInformation>

#include <utility>

namespace Skein
{

using skein::ErrorCode;

namespace
{

/// An access token that is about to expire would be refused under way.
constexpr qint64 kTokenMarginMs = 30'000;
/// So long before its end a new one is fetched, for the connection to stay.
constexpr qint64 kRefreshAheadMs = 60'000;
constexpr qint64 kRefreshAgainMs = 15'000; ///< after one that failed
constexpr qint64 kTokenTimerLeastMs = 1'000;
constexpr qint64 kTokenTimerMaxMs = 24 * 3'600'000;
/// In the background for less than this, nothing can have happened to the connection.
constexpr qint64 kBackgroundMs = 5'000;

} // namespace

bool Client::Private::checkServer()
{
    const QString scheme = serverUrl.scheme();
    if (!serverUrl.isValid() || serverUrl.host().isEmpty() ||
        (scheme != QLatin1String("http") && scheme != QLatin1String("https"))) {
        enterFailed(skein::makeError(ErrorCode::InvalidArgument, "server address"));
        return false;
    }
    if (scheme == QLatin1String("http") && !allowInsecure && !isLoopback(serverUrl)) {
        enterFailed(skein::makeError(ErrorCode::InvalidArgument,
                                     "plain http is for this machine only; use https"));
        return false;
    }
    return true;
}

void Client::Private::enter(const QString& path, const QString& name, const QString& password,
                            const QString& displayName)
{
    if (busy)
        return;
    const QString key = Accounts::keyOf(serverUrl, name);
    const bool creating = path == QLatin1String("signup");
    if (key != accountKey && elsewhere && elsewhere(key, !creating)) {
        if (creating)
            enterFailed(skein::makeError(ErrorCode::Conflict, "the account is on this device"));
        return;
    }
    // The same account again, which only lacks a token: it stays open, and a wrong password changes
    // nothing.
    const bool again = q.signInNeeded() && key == accountKey;
    if (signedIn && !again)
        end();
    if (!again)
        setError(std::nullopt);
    setBusy(true);
    if (!checkServer())
        return;
    const int mine = again ? entry : ++entry;
    auth.enter(serverUrl, path, name, password, displayName, accounts().deviceId(key), deviceName,
               [this, key, mine, server = serverUrl](const skein::Result<Tokens>& result) {
                   if (mine != entry)
                       return;
                   if (result)
                       entered(key, server, *result);
                   else
                       enterFailed(result.error());
               });
}

void Client::Private::enterFailed(const skein::Error& failure)
{
    setBusy(false);
    if (!signedIn)
        setError(failure);
    Q_EMIT q.signInFailed(display::text(skein::wireName(failure.code)),
                          display::errorSentence(failure.code));
    report(QStringLiteral("sign_in"), failure, {}, !failure.retryable);
}

void Client::Private::entered(const QString& key, const QUrl& server, const Tokens& fresh)
{
    Account made;
    made.server = server;
    made.userName = fresh.userName;
    made.userId = fresh.userId;
    made.displayName = fresh.displayName;
    made.deviceId = fresh.deviceId.isEmpty() ? accounts().deviceId(key) : fresh.deviceId;
    const auto known = accounts().read(key);
    made.addedMs = known ? known->addedMs : clock.wallNow().ms;
    if (made != known && !accounts().write(key, made)) {
        enterFailed(skein::makeError(ErrorCode::StorageFailed, "data folder"));
        return;
    }
    accounts().setLastKey(key);
    if (signedIn && account.userId != made.userId)
        end(); // somebody else of the same name: the server was set up anew
    tokenLoaded = true;
    noToken.reset();
    tokensCame(fresh);
    if (signedIn) {
        if (std::exchange(account, made).displayName != made.displayName)
            Q_EMIT q.displayNameChanged();
        post([](skein::engine::Engine& engine) { engine.start(); });
    } else {
        begin(key, made);
    }
    saveToken();
    setBusy(false);
}

void Client::Private::saveToken()
{
    if (refreshToken.isEmpty() || accountKey.isEmpty())
        return;
    if (useKeychain) // else what an earlier process left there is still there
        accounts().setLingering(accountKey, false);
    vault.save(accountKey, accounts().tokenFile(accountKey), refreshToken,
               [this, mine = entry](TokenVault::Kept kept, const QString& detail) {
                   if (mine != entry)
                       return;
                   // Said once, not at each refresh.
                   const bool nowhere = kept == TokenVault::Kept::Nowhere;
                   const bool news = nowhere && !keptNowhere;
                   setKeptNowhere(nowhere);
                   if (news)
                       Q_EMIT q.keychainUnavailable(detail);
               });
}

void Client::Private::setKeptNowhere(bool nowhere)
{
    if (std::exchange(keptNowhere, nowhere) != nowhere)
        Q_EMIT q.tokenKeptNowhereChanged();
}

/// The token that was found in the vault, or why there is none.
void Client::Private::tokenFound(const QString& token, const QString& detail)
{
    const bool late = std::exchange(tokenLoaded, true);
    if (late && (token.isEmpty() || !refreshToken.isEmpty()))
        return; // nothing new, or the user was faster
    refreshToken = token;
    noToken.reset();
    if (token.isEmpty()) {
        noToken = detail.isEmpty()
                      ? skein::makeError(ErrorCode::TokenInvalid, "no stored session")
                      : skein::makeError(ErrorCode::KeychainUnavailable, display::utf8(detail));
        setError(noToken);
        report(QStringLiteral("sign_in"), *noToken, {}, true);
        Q_EMIT q.signInFailed(q.errorCode(), q.errorText());
    }
    if (tokenAsked)
        tokenWanted(tokenRejected);
    if (late)
        post([](skein::engine::Engine& engine) { engine.start(); });
}

/// Takes an account's token out of the keychain and its file: a file does not say that the keychain
/// has none from before. What cannot be reached now is tried again at the next start.
void Client::Private::forgetToken(const QString& key, const QString& file)
{
    if (useKeychain)
        accounts().setLingering(key, true);
    vault.erase(key, file, [this, key](bool gone) {
        if (gone)
            accounts().setLingering(key, false);
    });
}

/// Finishes what signing out could not finish before the last process ended. At every start, also
/// where no account is opened.
void Client::Private::tidyUp()
{
    if (std::exchange(tidied, dataDir) == dataDir)
        return;
    accounts().sweep();
    if (useKeychain)
        for (const QString& left : accounts().lingering())
            // Somebody may have signed in anew without a keychain: then the file is theirs.
            forgetToken(left, accounts().read(left) ? QString() : accounts().tokenFile(left));
}

bool Client::Private::resume(const QString& key)
{
    if (busy || signedIn)
        return signedIn;
    if (elsewhere && elsewhere(key, true))
        return false;
    tidyUp();
    const auto known = accounts().read(key);
    if (!known)
        return false;
    q.setServerUrl(known->server);
    setError(std::nullopt);
    begin(key, *known);
    loadToken();
    return true;
}

void Client::Private::loadToken()
{
    tokenLoaded = false;
    refreshToken.clear();
    noToken.reset();
    const int mine = entry;
    vault.load(accountKey, accounts().tokenFile(accountKey),
               [this, mine](const QString& token, const QString& detail) {
                   if (mine == entry)
                       tokenFound(token, detail);
               });
}

/// Opens the account's store and connects. The rooms on this device are shown before the network
/// is.
void Client::Private::begin(const QString& key, const Account& who)
{
    accountKey = key;
    account = who;
    EngineWorker::Setup setup;
    setup.storePath = accounts().storePath(key);
    setup.framesUrl = http::urlOf(who.server, QStringLiteral("/v1/frames"));
    setup.socketUrl = http::urlOf(who.server, QStringLiteral("/v1/socket"));
    setup.socketUrl.setScheme(who.server.scheme() == QLatin1String("https") ? QStringLiteral("wss")
                                                                            : QStringLiteral("ws"));
    setup.config.transports = transports;
    setup.config.device = skein::DeviceId(display::utf8(who.deviceId));
    setup.config.user = skein::UserId(display::utf8(who.userId));
    setup.config.userName = display::utf8(who.displayName);
    setup.config.client = "skein-qt/0.1";
    setup.logSink = sink();

    worker = new EngineWorker(std::move(setup), metrics);
    reader = new ReaderWorker(accounts().storePath(key));
    connectWorker();
    worker->moveToThread(&workerThread);
    reader->moveToThread(&readerThread);
    workerThread.start();
    readerThread.start();
    rooms->setOwnUser(who.userId);
    rooms->setLoading(true);
    roomsLoading = true;
    signedIn = true;
    countDown();
    QMetaObject::invokeMethod(worker, &EngineWorker::open, Qt::QueuedConnection);
    watchNetwork();
    Q_EMIT q.signedInChanged();
    Q_EMIT q.displayNameChanged();
}

/// Stops both threads; the store is closed when it returns. Nothing on disk changes.
void Client::Private::end()
{
    ++entry;
    countTimer.stop();
    if (worker) {
        EngineWorker* const ending = std::exchange(worker, nullptr);
        disconnect(ending, nullptr, this, nullptr);
        // The store belongs to the worker's thread and is closed there.
        QMetaObject::invokeMethod(
            ending,
            [this, ending] {
                ending->shutDown();
                ending->deleteLater(); // done when the thread ends
                workerThread.quit();
            },
            Qt::QueuedConnection);
        workerThread.wait();
    }
    if (reader) {
        ReaderWorker* const ending = std::exchange(reader, nullptr);
        disconnect(ending, nullptr, this, nullptr);
        ending->deleteLater();
        readerThread.quit();
        readerThread.wait();
    }
    dropTimelines();
    pages.clear();
    rooms->clear();
    rooms->setLoading(false);
    roomsLoading = false;
    changedWhileLoading.clear();
    drafts.clear();
    typing.clear();
    members.clear();
    presence.clear();
    announced.clear();
    tokens.reset();
    tokenTimer.stop();
    refreshToken.clear();
    tokenAsked = refreshing = false;
    setKeptNowhere(false);
    waitingForToken.clear();
    sessions.clear();
    link = {};
    storeClosed.reset();
    storeOpen = false;
    outbox = {};
    retryInSeconds = slowedSeconds = 0;
    accountKey.clear();
    account = {};
    if (std::exchange(signedIn, false)) {
        Q_EMIT q.signedInChanged();
        Q_EMIT q.displayNameChanged();
    }
    setBusy(false); // the answer of a sign-in that was under way is dropped
    unreadMayHaveChanged();
    Q_EMIT q.stateChanged();
    Q_EMIT q.outboxChanged();
    Q_EMIT q.retryInSecondsChanged();
    Q_EMIT q.slowedSecondsChanged();
}

void Client::Private::tokenWanted(bool rejected)
{
    tokenAsked = true;
    tokenRejected = tokenRejected || rejected;
    if (rejected && tokens)
        tokenGoodUntil = clock.now();
    if (tokens && tokenGoodUntil > clock.now()) {
        giveToken(display::utf8(tokens->accessToken));
        return;
    }
    if (!tokenLoaded || refreshing)
        return; // the answer that is under way will do
    if (refreshToken.isEmpty()) {
        giveToken(skein::fail(
            noToken.value_or(skein::makeError(ErrorCode::TokenInvalid, "no refresh token"))));
        return;
    }
    refreshNow();
}

void Client::Private::refreshNow()
{
    refreshing = true;
    const int mine = entry;
    auth.refresh(account.server, refreshToken,
                 [this, mine, spent = refreshToken](const auto& result) {
                     if (mine != entry)
                         return;
                     if (spent == refreshToken) {
                         refreshed(result);
                         return;
                     }
                     // One signed in again meanwhile: that is newer than this answer, whatever it
                     // is.
                     refreshing = false;
                     if (tokenAsked || !waitingForToken.empty())
                         tokenWanted(false);
                 });
}

void Client::Private::refreshed(const skein::Result<Tokens>& result)
{
    refreshing = false;
    if (!result) {
        skein::Error failure = result.error();
        if (failure.code == ErrorCode::DeviceRevoked) {
            revoked();
            return;
        }
        // Refused for good: the user signs in again. The data stay on the device.
        if (failure.code == ErrorCode::Unauthenticated)
            failure.code = ErrorCode::TokenInvalid;
        if (failure.retryable)
            tokenTimer.start(static_cast<int>(kRefreshAgainMs));
        giveToken(skein::fail(failure));
        return;
    }
    tokensCame(*result);
    saveToken(); // at once: the old one is spent
    giveToken(display::utf8(result->accessToken), true);
}

void Client::Private::tokensCame(const Tokens& fresh)
{
    tokens = fresh;
    refreshToken = fresh.refreshToken;
    const qint64 valid = std::min(fresh.accessValidMs, kTokenTimerMaxMs);
    tokenGoodUntil = clock.now() + skein::Milliseconds(valid - std::min(kTokenMarginMs, valid / 2));
    // Before the server has to end the connection for it.
    tokenTimer.start(static_cast<int>(
        std::max<qint64>(valid - std::min(kRefreshAheadMs, valid / 2), kTokenTimerLeastMs)));
}

void Client::Private::applicationActive(bool active)
{
    if (!active) {
        if (!inactiveSince)
            inactiveSince = clock.now();
        return;
    }
    const auto since = std::exchange(inactiveSince, std::nullopt);
    if (since && (clock.now() - *since).count() >= kBackgroundMs)
        post([](skein::engine::Engine& engine) { engine.resumed(); });
}

void Client::Private::giveToken(skein::Result<std::string> token, bool unasked)
{
    callWaiting(token);
    if (!std::exchange(tokenAsked, false) && !unasked)
        return;
    tokenRejected = false;
    // Not from inside the engine's call: this runs on the GUI thread and is posted back.
    post([token = std::move(token)](skein::engine::Engine& engine) { engine.tokenReady(token); });
}

/// Calls with a token that is good for a while, after a refresh when there is none; tells
/// sessionsFailed() when none is to be had. None is fetched before the store is open: another
/// process may have it, and the refresh token with it, which ends both when it is used twice.
void Client::Private::withAccessToken(std::function<void(const QString&)> call)
{
    if (tokens && tokenGoodUntil > clock.now()) {
        call(tokens->accessToken);
        return;
    }
    if (storeClosed) {
        sessionsFailed(*storeClosed);
        return;
    }
    waitingForToken.push_back(std::move(call));
    if (storeOpen)
        tokenWanted(false);
}

void Client::Private::callWaiting(const skein::Result<std::string>& token)
{
    for (const auto& call : std::exchange(waitingForToken, {})) {
        if (token)
            call(display::text(*token));
        else
            sessionsFailed(token.error());
    }
}

void Client::Private::sessionsFailed(const skein::Error& failure)
{
    Q_EMIT q.sessionsFailed(display::text(skein::wireName(failure.code)),
                            display::errorSentence(failure.code));
}

void Client::Private::sessionsAnswered(const skein::Result<QList<AuthClient::Session>>& list)
{
    if (!list) {
        sessionsFailed(list.error());
        return;
    }
    sessions.clear();
    for (const AuthClient::Session& session : *list) {
        const auto when = [](qint64 ms) {
            return QLocale().toString(QDateTime::fromMSecsSinceEpoch(ms), QLocale::ShortFormat);
        };
        sessions << QVariantMap{{QStringLiteral("id"), session.id},
                                {QStringLiteral("deviceName"), session.deviceName},
                                {QStringLiteral("created"), session.created},
                                {QStringLiteral("lastSeen"), session.lastSeen},
                                {QStringLiteral("createdText"), when(session.created)},
                                {QStringLiteral("lastSeenText"), when(session.lastSeen)},
                                {QStringLiteral("current"), session.current}};
    }
    Q_EMIT q.sessionsChanged();
}

/// Another device has revoked this one: nothing of the account stays here.
void Client::Private::revoked()
{
    const QString name = account.displayName.isEmpty() ? account.userName : account.displayName;
    const QString key = accountKey;
    const auto unsent = outbox.queued + outbox.inFlight + outbox.failed;
    const auto untold = outbox.drafts;
    end();
    forgetToken(key, accounts().tokenFile(key));
    accounts().wipe(key);
    setError(skein::makeError(ErrorCode::DeviceRevoked));
    Q_EMIT q.deviceRevoked(name, static_cast<int>(unsent), static_cast<int>(untold));
}

void Client::Private::watchNetwork()
{
    // A server on this machine needs no network.
    if (isLoopback(account.server))
        return;
    if (!QNetworkInformation::instance() &&
        !QNetworkInformation::loadBackendByFeatures(QNetworkInformation::Feature::Reachability))
        return;
    const auto tell = [this] {
        const auto reach = QNetworkInformation::instance()->reachability();
        const bool reachable = reach != QNetworkInformation::Reachability::Disconnected;
        post([reachable](skein::engine::Engine& engine) { engine.networkReachable(reachable); });
    };
    // One at a time, however often one signs in.
    disconnect(QNetworkInformation::instance(), nullptr, this, nullptr);
    connect(QNetworkInformation::instance(), &QNetworkInformation::reachabilityChanged, this, tell);
    // From Wi-Fi to the cable the address changes, and the connection is dead without a word.
    connect(QNetworkInformation::instance(), &QNetworkInformation::transportMediumChanged, this,
            [this] { post([](skein::engine::Engine& engine) { engine.resumed(); }); });
    tell();
}

void Client::Private::setBusy(bool value)
{
    if (std::exchange(busy, value) != value)
        Q_EMIT q.busyChanged();
}

void Client::Private::setError(const std::optional<skein::Error>& failure)
{
    if (error == failure)
        return;
    error = failure;
    Q_EMIT q.errorChanged();
}

// ---- the public half
// ---------------------------------------------------------------------------------------------

void Client::signUp(const QString& name, const QString& password, const QString& displayName)
{
    d->enter(QStringLiteral("signup"), name, password, displayName);
}

void Client::signIn(const QString& name, const QString& password)
{
    d->enter(QStringLiteral("signin"), name, password, {});
}

bool Client::signInNeeded() const
{
    if (!d->signedIn || d->link.link != skein::engine::Link::Stopped || !d->link.error)
        return false;
    const auto code = d->link.error->code;
    return code == ErrorCode::TokenInvalid || code == ErrorCode::Unauthenticated ||
           code == ErrorCode::KeychainUnavailable;
}

bool Client::resume(const QString& userName, const QUrl& server)
{
    const Accounts files = d->accounts();
    const bool any = userName.isEmpty() && server.isEmpty();
    return d->resume(any ? files.lastKey() : files.find(userName, server));
}

void Client::signOut()
{
    if (!d->signedIn)
        return;
    const QString key = d->accountKey;
    const QString access = d->tokens ? d->tokens->accessToken : QString();
    const QString refresh = d->refreshToken;
    const QUrl server = d->account.server; // serverUrl may be another one by the time of an answer
    d->end();
    d->forgetToken(key, d->accounts().tokenFile(key));
    d->accounts().wipe(key);
    d->setError(std::nullopt);
    if (!access.isEmpty())
        d->auth.signOut(server, access, [] {});
    else if (!refresh.isEmpty())
        d->auth.refresh(server, refresh, [this, server](const skein::Result<Tokens>& result) {
            if (result)
                d->auth.signOut(server, result->accessToken, [] {});
        });
}

void Client::loadSessions()
{
    if (!d->signedIn)
        return;
    d->withAccessToken([this, mine = d->entry](const QString& token) {
        d->auth.sessions(d->account.server, token,
                         [this, mine](const skein::Result<QList<AuthClient::Session>>& list) {
                             if (mine == d->entry)
                                 d->sessionsAnswered(list);
                         });
    });
}

QVariantList Client::sessions() const
{
    return d->sessions;
}

void Client::revokeSession(const QString& sessionId)
{
    if (!d->signedIn || sessionId.isEmpty())
        return;
    d->withAccessToken([this, sessionId, mine = d->entry](const QString& token) {
        d->auth.revokeSession(d->account.server, token, sessionId,
                              [this, mine](const skein::Result<bool>& gone) {
                                  if (mine != d->entry)
                                      return;
                                  // Not there any more is what was wanted.
                                  if (!gone && gone.error().code != ErrorCode::NotFound)
                                      d->sessionsFailed(gone.error());
                                  else
                                      loadSessions();
                              });
    });
}

QString Client::lastUserName() const
{
    const auto account = d->accounts().read(d->accounts().lastKey());
    return account ? account->userName : QString();
}

bool Client::remembers(const QString& userName, const QUrl& server) const
{
    const QString key = d->accounts().lastKey();
    const auto account = d->accounts().read(key);
    return account && key == Accounts::keyOf(server.isEmpty() ? account->server : server,
                                             userName.isEmpty() ? account->userName : userName);
}

} // namespace Skein
