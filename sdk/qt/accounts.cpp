#include "sdk/qt/accounts.h"

#include "sdk/qt/tokenvault.h"

#include <QCryptographicHash>
#include <QDir>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QUuid>

#include <utility>

namespace Skein
{
namespace
{

constexpr char kWipedSuffix[] = ".wiped";
constexpr char kLingersSuffix[] = ".lingers";
constexpr qsizetype kLingeringMax = 64; ///< looked at in one start; the rest in the next
constexpr qint64 kSettingsBytesMax = 64 * 1024;

QJsonObject readObject(const QString& path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return {};
    return QJsonDocument::fromJson(file.read(kSettingsBytesMax)).object();
}

} // namespace

Accounts::Accounts(QString dataDir)
    : m_dataDir(std::move(dataDir))
{
}

QString Accounts::keyOf(const QUrl& server, const QString& userName)
{
    const QString origin =
        server.adjusted(QUrl::RemoveUserInfo | QUrl::StripTrailingSlash).toString();
    const QByteArray hash =
        QCryptographicHash::hash((origin + u'\n' + userName).toUtf8(), QCryptographicHash::Sha256);
    return QString::fromLatin1(hash.toHex().left(24));
}

QString Accounts::folder(const QString& key) const
{
    return m_dataDir + QStringLiteral("/accounts/") + key;
}
QString Accounts::storePath(const QString& key) const
{
    return folder(key) + QStringLiteral("/store.db");
}
QString Accounts::tokenFile(const QString& key) const
{
    return folder(key) + QStringLiteral("/token");
}

std::optional<Account> Accounts::read(const QString& key) const
{
    if (key.isEmpty())
        return std::nullopt;
    const QJsonObject object = readObject(folder(key) + QStringLiteral("/account.json"));
    Account account;
    account.server = QUrl(object.value(QLatin1String("server")).toString());
    account.userName = object.value(QLatin1String("user_name")).toString();
    account.userId = object.value(QLatin1String("user_id")).toString();
    account.displayName = object.value(QLatin1String("display_name")).toString();
    account.deviceId = object.value(QLatin1String("device_id")).toString();
    if (account.userId.isEmpty() || account.deviceId.isEmpty() || !account.server.isValid())
        return std::nullopt;
    return account;
}

bool Accounts::write(const QString& key, const Account& account) const
{
    if (!QDir().mkpath(folder(key)))
        return false;
    QFile::setPermissions(folder(key),
                          QFileDevice::ReadOwner | QFileDevice::WriteOwner | QFileDevice::ExeOwner);
    const QJsonObject object{{QStringLiteral("server"), account.server.toString()},
                             {QStringLiteral("user_name"), account.userName},
                             {QStringLiteral("user_id"), account.userId},
                             {QStringLiteral("display_name"), account.displayName},
                             {QStringLiteral("device_id"), account.deviceId}};
    return writePrivateFile(folder(key) + QStringLiteral("/account.json"),
                            QJsonDocument(object).toJson());
}

QString Accounts::deviceId(const QString& key) const
{
    if (const auto known = read(key))
        return known->deviceId;
    return QUuid::createUuid().toString(QUuid::WithoutBraces);
}

QString Accounts::lastKey() const
{
    return readObject(m_dataDir + QStringLiteral("/last.json"))
        .value(QLatin1String("account"))
        .toString();
}

void Accounts::setLastKey(const QString& key) const
{
    QDir().mkpath(m_dataDir);
    const QJsonObject object{{QStringLiteral("account"), key}};
    (void)writePrivateFile(m_dataDir + QStringLiteral("/last.json"),
                           QJsonDocument(object).toJson());
}

void Accounts::wipe(const QString& key) const
{
    if (key.isEmpty())
        return;
    if (lastKey() == key)
        QFile::remove(m_dataDir + QStringLiteral("/last.json"));
    // Out of the way in one step: a process that dies in the middle leaves nothing that opens as
    // an account, and sweep() finishes.
    const QString gone = folder(key) + QLatin1String(kWipedSuffix);
    QDir(gone).removeRecursively();
    if (QDir().rename(folder(key), gone))
        QDir(gone).removeRecursively();
    else
        QDir(folder(key)).removeRecursively();
}

void Accounts::sweep() const
{
    const QDir all(m_dataDir + QStringLiteral("/accounts"));
    const QStringList left = all.entryList({u'*' + QLatin1String(kWipedSuffix)}, QDir::Dirs);
    for (const QString& name : left)
        QDir(all.filePath(name)).removeRecursively();
}

void Accounts::setLingering(const QString& key, bool lingering) const
{
    const QString note = folder(key) + QLatin1String(kLingersSuffix);
    if (!lingering)
        QFile::remove(note);
    else if (QDir().mkpath(m_dataDir + QStringLiteral("/accounts")))
        (void)writePrivateFile(note, {});
}

QStringList Accounts::lingering() const
{
    const QDir all(m_dataDir + QStringLiteral("/accounts"));
    QStringList keys =
        all.entryList({u'*' + QLatin1String(kLingersSuffix)}, QDir::Files).mid(0, kLingeringMax);
    for (QString& key : keys)
        key.chop(static_cast<qsizetype>(sizeof kLingersSuffix) - 1);
    return keys;
}

} // namespace Skein
