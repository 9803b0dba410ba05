// Skein::AccountList: the accounts on this device, side by side. Each has a Client of its own with
// its store, its token, its device id and its socket, and all of them stay connected; one is shown.
// A list model for switchers, and the owner of the clients. docs/adr/0017-accounts-side-by-side.md.
// Thread: GUI; nothing here waits for the disk, the network or another thread, but for the small
// files of settings.
//
//     Skein::AccountList accounts;
//     accounts.setServerUrl(QUrl("http://127.0.0.1:7878"));
//     if (!accounts.resume())
//         accounts.current()->signIn("ann", "a long password");
//     accounts.add()->signIn("ben", "another password"); // ann stays connected
//     accounts.show(0);                                  // ann again, at once
#pragma once

#include "sdk/qt/client.h"

#include <QAbstractListModel>
#include <QString>
#include <QTimer>
#include <QUrl>
#include <QtQml/qqmlregistration.h>

#include <vector>

namespace Skein
{

class AccountList : public QAbstractListModel
{
    Q_OBJECT
    QML_ELEMENT

    // ---- settings: before resume() and before current() is used; each Client gets them ----
    /// As Client::dataDir; one for all accounts.
    Q_PROPERTY(QString dataDir READ dataDir WRITE setDataDir NOTIFY settingsChanged)
    /// Where a new account signs in unless it says otherwise.
    Q_PROPERTY(QUrl serverUrl READ serverUrl WRITE setServerUrl NOTIFY settingsChanged)
    Q_PROPERTY(bool useKeychain READ useKeychain WRITE setUseKeychain NOTIFY settingsChanged)
    Q_PROPERTY(bool allowPlainTokenFile READ allowPlainTokenFile WRITE setAllowPlainTokenFile NOTIFY
                   settingsChanged)
    Q_PROPERTY(bool allowInsecureServer READ allowInsecureServer WRITE setAllowInsecureServer NOTIFY
                   settingsChanged)

    // ---- accounts ----
    Q_PROPERTY(int count READ count NOTIFY countChanged)
    /// The account that is shown; never null. Where there is no account, a client that is not
    /// signed in: what signs in with it becomes the first one. It may be signed out (`signedIn`
    /// false) and stays until another takes its place.
    Q_PROPERTY(Skein::Client* current READ current NOTIFY currentChanged)
    /// -1 = none. QML hears of Client::signedIn before this list does: what depends on whether an
    /// account is shown should ask this.
    Q_PROPERTY(int currentRow READ currentRow NOTIFY currentChanged)
    /// A stable name of the account that is shown, for what an app remembers of each; empty = none.
    Q_PROPERTY(QString currentId READ currentId NOTIFY currentChanged)
    /// Made by add(), until it is signed in (then it is `current`) or cancelAdding(); else null.
    Q_PROPERTY(Skein::Client* newcomer READ newcomer NOTIFY newcomerChanged)
    /// kAccountsMax are here: add() gives nothing.
    Q_PROPERTY(bool full READ full NOTIFY countChanged)
    /// Of all accounts, as Client::unreadTotal.
    Q_PROPERTY(int unreadTotal READ unreadTotal NOTIFY unreadChanged)
    /// Of the accounts that are not shown.
    Q_PROPERTY(int unreadElsewhere READ unreadElsewhere NOTIFY unreadChanged)
    /// The app is in the background. Others see the user of the account that is shown as "online"
    /// while it is not, and the users of the other accounts as "away".
    Q_PROPERTY(bool away READ away WRITE setAway NOTIFY awayChanged)

public:
    enum Role {
        AccountIdRole = Qt::UserRole + 1, ///< accountId: string, as currentId
        ClientRole,       ///< client: Client; not signed in until its turn to resume has come
        UserNameRole,     ///< userName: string, the name to sign in with
        DisplayNameRole,  ///< displayName: string, the user name where there is none
        ServerTextRole,   ///< serverText: string, "chat.example.org", "127.0.0.1:7878"
        InitialsRole,     ///< initials: string, one or two characters, for the avatar
        ColorIndexRole,   ///< colorIndex: int, 0…RoomListModel::kColorCount-1, stable
        StateTextRole,    ///< stateText: string, as Client::stateText; empty before its turn
        OnlineRole,       ///< online: bool
        SignInNeededRole, ///< signInNeeded: bool, as Client::signInNeeded
        UnreadRole,       ///< unread: int, as Client::unreadTotal
        UnreadTextRole,   ///< unreadText: string, "", "1" … "99", "99+"
        ShownRole,        ///< shown: bool
    };
    Q_ENUM(Role)

    /// Accounts that are open at once, each with two threads, a database and a socket. What lies in
    /// the data folder beyond these is left alone.
    static constexpr int kAccountsMax = 8;
    /// Between one account and the next when they resume: the disk and the network are shared.
    static constexpr int kResumeGapMs = 250;
    /// The one that is shown goes first, and the others wait so long for its rooms at most.
    static constexpr int kResumePatienceMs = 3'000;
    /// What a client that has left may go on for, to say so to the server and to the keychain.
    static constexpr int kFarewellMs = 30'000;

    explicit AccountList(QObject* parent = nullptr);
    /// Closes all accounts. What was written stays queued on disk.
    ~AccountList() override = default;

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] QHash<int, QByteArray> roleNames() const override;

    [[nodiscard]] QString dataDir() const { return m_settings.dataDir; }
    void setDataDir(const QString& dir);
    [[nodiscard]] QUrl serverUrl() const { return m_settings.serverUrl; }
    void setServerUrl(const QUrl& url);
    [[nodiscard]] bool useKeychain() const { return m_settings.useKeychain; }
    void setUseKeychain(bool use);
    [[nodiscard]] bool allowPlainTokenFile() const { return m_settings.allowPlainTokenFile; }
    void setAllowPlainTokenFile(bool allow);
    [[nodiscard]] bool allowInsecureServer() const { return m_settings.allowInsecureServer; }
    void setAllowInsecureServer(bool allow);

    [[nodiscard]] int count() const { return static_cast<int>(m_rows.size()); }
    [[nodiscard]] Client* current();
    [[nodiscard]] int currentRow() const { return rowOf(m_current); }
    [[nodiscard]] QString currentId() const;
    [[nodiscard]] Client* newcomer() const { return m_newcomer; }
    [[nodiscard]] bool full() const { return count() >= kAccountsMax; }
    [[nodiscard]] int unreadTotal() const;
    [[nodiscard]] int unreadElsewhere() const;
    [[nodiscard]] bool away() const { return m_away; }
    void setAway(bool away);

    /// Opens the accounts of this device: the one that is shown at once, the others after it, one
    /// by one. Shown is the one of this name at this server (empty = any), the one that was shown
    /// last first. False: there is none such; then the one that was shown last is, if there is one.
    /// Once; later calls only show().
    Q_INVOKABLE bool resume(const QString& userName = {}, const QUrl& server = {});
    /// Shows an account; no connection changes. It is the one that is shown after a restart.
    /// Nothing happens for a row that there is not. Ends adding another one.
    Q_INVOKABLE void show(int row);
    /// A client for another account, beside those that are here, which stay as they are; `newcomer`
    /// until it is signed in. Where no account is here, `current`. Null: full.
    ///
    /// signIn() with an account that is in this list shows that one instead, without asking the
    /// server: it is open here already. signUp() with one is refused (`conflict`).
    Q_INVOKABLE Skein::Client* add();
    /// Drops the newcomer, and a sign-in of it that is under way.
    Q_INVOKABLE void cancelAdding();
    /// The client of a row; resumes it when it has not been yet. Owned by this list: it ends
    /// kFarewellMs after it was signed out, unless it is `current`. Null: no such row.
    Q_INVOKABLE Skein::Client* client(int row);

Q_SIGNALS:
    void settingsChanged();
    void countChanged();
    void currentChanged();
    void newcomerChanged();
    void unreadChanged();
    void awayChanged();
    /// A client was made and has its settings: for hooks (log, errors, transports), before it opens
    /// or connects anything.
    void clientMade(Skein::Client* client);
    /// As Client::deviceRevoked, of any account. It has left the list; another one may be shown.
    void deviceRevoked(const QString& userName, int unsent, int drafts);

private:
    struct Settings {
        QString dataDir;
        QUrl serverUrl;
        bool useKeychain = true, allowPlainTokenFile = false, allowInsecureServer = false;
    };
    struct Row {
        QString key, userId, userName, displayName;
        QUrl server;
        Client* client = nullptr;
    };

    [[nodiscard]] Client* make();
    template <class Value>
    void set(Value Settings::*field, const Value& value, void (Client::*apply)(Value));
    [[nodiscard]] int rowOf(const Client* client) const;
    [[nodiscard]] int rowOf(const QString& key) const;
    [[nodiscard]] bool elsewhere(const Client* asking, const QString& key, bool shown);
    void arrived(Client* client);
    void left(Client* client);
    void retire(Client* client);
    void load();
    [[nodiscard]] bool open(int row);
    void openNext();
    void setCurrent(Client* client);
    void told(const Client* client, const QList<int>& roles);

    Settings m_settings;
    std::vector<Row> m_rows;
    Client* m_current = nullptr;
    QString m_currentKey; ///< empty: it is no account
    Client* m_newcomer = nullptr;
    bool m_loaded = false, m_tidied = false, m_away = false;
    QTimer m_stagger;
};

} // namespace Skein
