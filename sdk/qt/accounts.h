// The accounts that this device knows: a folder for each with its settings and database, and which
// was used last. Small files, written whole. Thread: GUI.
#pragma once

#include <QString>
#include <QStringList>
#include <QUrl>

#include <optional>

namespace Skein
{

struct Account {
    QUrl server;
    QString userName, userId, displayName;
    QString deviceId;
    qint64 addedMs = 0; ///< when it came to this device, ms since 1970 UTC; 0 = not known
    friend bool operator==(const Account&, const Account&) = default;
};

class Accounts
{
public:
    explicit Accounts(QString dataDir);
    /// The platform's folder for local application data.
    [[nodiscard]] static QString defaultDataDir();

    /// Name of an account's folder and of its entry in the keychain: from server and user name, the
    /// same however the two are written (capitals, a slash at the end, a port that goes without
    /// saying).
    [[nodiscard]] static QString keyOf(const QUrl& server, const QString& userName);
    /// Keys of the accounts whose data are here, those that came first in front, at most `max`.
    [[nodiscard]] QStringList known(int max) const;
    /// Key of the account of this name at this server (empty = any): that which was used last, if
    /// it is one, else the one that came first. Empty: there is none.
    [[nodiscard]] QString find(const QString& userName, const QUrl& server) const;
    [[nodiscard]] std::optional<Account> read(const QString& key) const;
    /// False: the folder cannot be written.
    [[nodiscard]] bool write(const QString& key, const Account& account) const;
    /// The device id of the account, known or new: with a temporary id it is the key of every
    /// message, so an account keeps it as long as its data.
    [[nodiscard]] QString deviceId(const QString& key) const;

    [[nodiscard]] QString lastKey() const;
    void setLastKey(const QString& key) const;
    /// Deletes everything of an account.
    void wipe(const QString& key) const;
    /// Finishes what a wipe() that was cut off has left.
    void sweep() const;

    /// That the keychain may still hold a token of an account that is to be forgotten: until
    /// setLingering(key, false), also after a restart. Nothing of the account is in the note.
    void setLingering(const QString& key, bool lingering) const;
    [[nodiscard]] QStringList lingering() const;

    [[nodiscard]] QString folder(const QString& key) const;
    [[nodiscard]] QString storePath(const QString& key) const;
    [[nodiscard]] QString tokenFile(const QString& key) const;

private:
    QString m_dataDir;
};

} // namespace Skein
