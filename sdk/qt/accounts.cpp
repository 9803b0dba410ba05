#include "sdk/qt/accounts.h"

#include "sdk/qt/tokenvault.h"

#include <QCryptographicHash>
#include <QDir>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QStandardPaths>
#include <QUuid>

#include <algorithm>
#include <utility>
#include <vector>

namespace Skein
{
namespace
{

constexpr char kWipedSuffix[] = ".wiped";
constexpr char kLingersSuffix[] = ".lingers";
constexpr qsizetype kLingeringMax = 64; ///< looked at in one start; the rest in the next
constexpr qint64 kSettingsBytesMax = 64 * 1024;
constexpr int kFoldersMax = 256; ///< looked at in known()
constexpr int kHttpPort = 80, kHttpsPort = 443;

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

QString Accounts::defaultDataDir()
{
    return QStandardPaths::writableLocation(QStandardPaths::AppLocalDataLocation);
}

QString Accounts::keyOf(const QUrl& server, const QString& userName)
{
    QUrl plain = server.adjusted(QUrl::RemoveUserInfo | QUrl::StripTrailingSlash);
    if (plain.path() == QLatin1String("/"))
        plain.setPath({}); // the one slash that Qt leaves
    const bool tls = plain.scheme() == QLatin1String("https");
    if (plain.port() == (tls ? kHttpsPort : kHttpPort))
        plain.setPort(-1);
    // As the server does with names.
    const QByteArray hash = QCryptographicHash::hash(
        (plain.toString() + u'\n' + userName.toLower()).toUtf8(), QCryptographicHash::Sha256);
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
    account.addedMs = object.value(QLatin1String("added_ms")).toInteger();
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
                             {QStringLiteral("device_id"), account.deviceId},
                             {QStringLiteral("added_ms"), account.addedMs}};
    return writePrivateFile(folder(key) + QStringLiteral("/account.json"),
                            QJsonDocument(object).toJson());
}

QStringList Accounts::known(int max) const
{
    const QDir all(m_dataDir + QStringLiteral("/accounts"));
    const QStringList names = all.entryList(QDir::Dirs | QDir::NoDotAndDotDot);
    std::vector<std::pair<qint64, QString>> found;
    for (const QString& name : names.mid(0, kFoldersMax))
        if (const auto account =
                name.endsWith(QLatin1String(kWipedSuffix)) ? std::nullopt : read(name))
            found.emplace_back(account->addedMs, name);
    std::sort(found.begin(), found.end());
    QStringList keys;
    for (const auto& [added, name] : found)
        if (keys.size() < max)
            keys << name;
    return keys;
}

QString Accounts::find(const QString& userName, const QUrl& server) const
{
    const QStringList candidates = QStringList{lastKey()} + known(kFoldersMax);
    for (const QString& key : candidates)
        if (const auto account = read(key);
            account && key == keyOf(server.isEmpty() ? account->server : server,
                                    userName.isEmpty() ? account->userName : userName))
            return key;
    return {};
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
