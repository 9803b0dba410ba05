#include "sdk/qt/tokenvault.h"

#ifdef QT_DBUS_LIB
#include <QDBusConnection>
#include <QDBusError>
#include <QDBusMessage>
#include <QDBusMetaType>
#include <QDBusObjectPath>
#include <QDBusPendingCallWatcher>
#include <QDBusPendingReply>
#endif
#include <QFile>
#include <QSaveFile>
#include <QTimer>

#include <qt6keychain/keychain.h>

#include <memory>
#include <utility>

namespace Skein
{
namespace
{

constexpr qint64 kTokenFileBytesMax = 16 * 1024;

/// Starts a job and calls `done` when it finishes. Where that takes too long it is called before,
/// with null. The job outlives `context`: what answers it holds on to it, however late.
void runJob(QKeychain::Job* job, QObject* context, std::function<void(QKeychain::Job*)> done)
{
    auto* patience = new QTimer(job);
    patience->setSingleShot(true);
    QObject::connect(patience, &QTimer::timeout, context, [done] { done(nullptr); });
    QObject::connect(job, &QKeychain::Job::finished, context,
                     [done, patience](QKeychain::Job* finished) {
                         patience->stop();
                         done(finished);
                     });
    patience->start(TokenVault::kTimeoutMs);
    job->setInsecureFallback(false);
    job->start();
}

QString problemOf(const QKeychain::Job* job)
{
    return job ? job->errorString() : QStringLiteral("the keychain did not answer");
}

/// What a Secret Service says of an item, locked or not. Unknown: it did not say. One that is not
/// running holds none: then another keychain was asked, or the asking has failed already.
enum class Held { No, Yes, Unknown };

/// A Secret Service that stays locked neither gives nor deletes an item, without an error, as if
/// there were none. Asks it for what it holds all the same; `done` is called later, or from inside
/// where there is no bus.
void askWhetherHeld(const QString& account, QObject* context, std::function<void(Held)> done)
{
#ifdef QT_DBUS_LIB
    const QDBusConnection bus = QDBusConnection::sessionBus();
    if (!bus.isConnected()) {
        done(Held::No);
        return;
    }
    auto call = QDBusMessage::createMethodCall(
        QStringLiteral("org.freedesktop.secrets"), QStringLiteral("/org/freedesktop/secrets"),
        QStringLiteral("org.freedesktop.Secret.Service"), QStringLiteral("SearchItems"));
    call.setAutoStartService(false);
    const QMap<QString, QString> item{
        {QStringLiteral("user"), account},
        {QStringLiteral("server"), QString::fromLatin1(TokenVault::kService)}};
    qDBusRegisterMetaType<QMap<QString, QString>>();
    call << QVariant::fromValue(item);
    auto* watcher =
        new QDBusPendingCallWatcher(bus.asyncCall(call, TokenVault::kTimeoutMs), context);
    QObject::connect(
        watcher, &QDBusPendingCallWatcher::finished, context,
        [done = std::move(done)](QDBusPendingCallWatcher* finished) {
            finished->deleteLater();
            const QDBusPendingReply<QList<QDBusObjectPath>, QList<QDBusObjectPath>> reply =
                *finished;
            if (reply.isValid()) {
                const bool none = reply.argumentAt<0>().isEmpty() && // open
                                  reply.argumentAt<1>().isEmpty();   // locked
                done(none ? Held::No : Held::Yes);
                return;
            }
            const QDBusError error = reply.error();
            const bool notRunning =
                error.type() == QDBusError::ServiceUnknown ||
                error.name() == QLatin1String("org.freedesktop.DBus.Error.NameHasNoOwner");
            done(notRunning ? Held::No : Held::Unknown);
        });
#else
    Q_UNUSED(account)
    Q_UNUSED(context)
    done(Held::No);
#endif
}

QString readFile(const QString& path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return {};
    return QString::fromUtf8(file.read(kTokenFileBytesMax)).trimmed();
}

} // namespace

bool writePrivateFile(const QString& path, const QByteArray& bytes)
{
    QSaveFile file(path);
    if (!file.open(QIODevice::WriteOnly))
        return false;
    // Before the first byte is in it.
    file.setPermissions(QFileDevice::ReadOwner | QFileDevice::WriteOwner);
    file.write(bytes);
    return file.commit();
}

TokenVault::TokenVault(QObject* parent)
    : QObject(parent)
{
}

void TokenVault::save(const QString& account, const QString& file, const QString& token,
                      std::function<void(Kept, const QString&)> done)
{
    const auto kept = done;
    const auto fallBack = [this, file, token, done = std::move(done)](const QString& detail) {
        if ((m_allowFile || QFile::exists(file)) && writePrivateFile(file, token.toUtf8()))
            done(Kept::InFile, detail);
        else
            done(Kept::Nowhere, detail);
    };
    if (!m_useKeychain) {
        QTimer::singleShot(0, this,
                           [fallBack] { fallBack(QStringLiteral("no keychain is used")); });
        return;
    }
    auto* job = new QKeychain::WritePasswordJob(QString::fromLatin1(kService));
    job->setKey(account);
    job->setTextData(token);
    runJob(job, this,
           [fallBack, done = kept, file,
            told = std::make_shared<bool>(false)](const QKeychain::Job* finished) {
               // What came of it late is no news: it was kept elsewhere, or the user was asked.
               if (std::exchange(*told, true))
                   return;
               if (finished && finished->error() == QKeychain::NoError) {
                   QFile::remove(file);
                   done(Kept::InKeychain, {});
               } else {
                   fallBack(problemOf(finished));
               }
           });
}

void TokenVault::load(const QString& account, const QString& file,
                      std::function<void(const QString&, const QString&)> done)
{
    const QString plain = readFile(file);
    if (!plain.isEmpty() || !m_useKeychain) {
        QTimer::singleShot(0, this, [plain, done = std::move(done)] { done(plain, {}); });
        return;
    }
    auto* job = new QKeychain::ReadPasswordJob(QString::fromLatin1(kService));
    job->setKey(account);
    runJob(job, this, [this, account, done = std::move(done)](QKeychain::Job* finished) {
        if (finished && finished->error() == QKeychain::NoError)
            done(static_cast<QKeychain::ReadPasswordJob*>(finished)->textData(), {});
        else if (finished && finished->error() == QKeychain::EntryNotFound)
            askWhetherHeld(account, this, [done](Held held) {
                done({}, held == Held::No    ? QString()
                         : held == Held::Yes ? QStringLiteral("the keychain is locked")
                                             : problemOf(nullptr));
            });
        else
            done({}, problemOf(finished));
    });
}

void TokenVault::erase(const QString& account, const QString& file, std::function<void(bool)> done)
{
    if (!file.isEmpty())
        QFile::remove(file);
    if (!m_useKeychain) {
        QTimer::singleShot(0, this, [done = std::move(done)] { done(false); });
        return;
    }
    auto* job = new QKeychain::DeletePasswordJob(QString::fromLatin1(kService));
    job->setInsecureFallback(false);
    job->setKey(account);
    connect(job, &QKeychain::Job::finished, this,
            [this, account, done = std::move(done)](const QKeychain::Job* finished) {
                if (finished->error() != QKeychain::NoError &&
                    finished->error() != QKeychain::EntryNotFound) {
                    done(false);
                    return;
                }
                askWhetherHeld(account, this, [done](Held held) { done(held == Held::No); });
            });
    job->start();
}

} // namespace Skein
