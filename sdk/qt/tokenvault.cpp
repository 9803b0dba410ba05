#include "sdk/qt/tokenvault.h"

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

/// Starts a job and calls `done` once: when it finishes or when it takes too long.
void runJob(QKeychain::Job* job, QObject* context, std::function<void(QKeychain::Job*)> done)
{
    const auto once = std::make_shared<std::function<void(QKeychain::Job*)>>(std::move(done));
    const auto call = [once](QKeychain::Job* finished) {
        if (const auto callback = std::exchange(*once, nullptr))
            callback(finished);
    };
    QObject::connect(job, &QKeychain::Job::finished, context, call);
    QTimer::singleShot(TokenVault::kTimeoutMs, context, [call] { call(nullptr); });
    job->start();
}

QString problemOf(const QKeychain::Job* job)
{
    return job ? job->errorString() : QStringLiteral("the keychain did not answer");
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
        if (m_allowFile && writePrivateFile(file, token.toUtf8()))
            done(Kept::InFile, detail);
        else
            done(Kept::Nowhere, detail);
    };
    if (!m_useKeychain) {
        QTimer::singleShot(0, this,
                           [fallBack] { fallBack(QStringLiteral("no keychain is used")); });
        return;
    }
    auto* job = new QKeychain::WritePasswordJob(QString::fromLatin1(kService), this);
    job->setInsecureFallback(false);
    job->setKey(account);
    job->setTextData(token);
    runJob(job, this, [fallBack, done = kept, file](const QKeychain::Job* finished) {
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
    auto* job = new QKeychain::ReadPasswordJob(QString::fromLatin1(kService), this);
    job->setInsecureFallback(false);
    job->setKey(account);
    runJob(job, this, [done = std::move(done)](QKeychain::Job* finished) {
        if (finished && finished->error() == QKeychain::NoError)
            done(static_cast<QKeychain::ReadPasswordJob*>(finished)->textData(), {});
        else if (finished && finished->error() == QKeychain::EntryNotFound)
            done({}, {});
        else
            done({}, problemOf(finished));
    });
}

void TokenVault::erase(const QString& account, const QString& file)
{
    QFile::remove(file);
    if (!m_useKeychain)
        return;
    auto* job = new QKeychain::DeletePasswordJob(QString::fromLatin1(kService));
    job->setInsecureFallback(false);
    job->setKey(account);
    job->start();
}

} // namespace Skein
