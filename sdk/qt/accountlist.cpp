#include "sdk/qt/accountlist.h"

#include "sdk/qt/client_p.h"
#include "sdk/qt/displaytext.h"

#include <QQmlEngine>

#include <algorithm>
#include <numeric>
#include <utility>

namespace Skein
{

AccountList::AccountList(QObject* parent)
    : QAbstractListModel(parent)
{
    m_settings.dataDir = Accounts::defaultDataDir();
    m_stagger.setSingleShot(true);
    connect(&m_stagger, &QTimer::timeout, this, &AccountList::openNext);
}

// ---- clients
// -----------------------------------------------------------------------------------------------------

Client* AccountList::make()
{
    auto* client = new Client(this);
    QQmlEngine::setObjectOwnership(client, QQmlEngine::CppOwnership);
    client->setDataDir(m_settings.dataDir);
    client->setUseKeychain(m_settings.useKeychain);
    client->setAllowPlainTokenFile(m_settings.allowPlainTokenFile);
    client->setAllowInsecureServer(m_settings.allowInsecureServer);
    client->setServerUrl(m_settings.serverUrl);
    // What an earlier process left to be finished is for one of them, not for each.
    if (std::exchange(m_tidied, true))
        client->d->tidied = m_settings.dataDir;
    client->d->elsewhere = [this, client](const QString& key, bool shown) {
        return elsewhere(client, key, shown);
    };
    connect(client, &Client::signedInChanged, this,
            [this, client] { client->signedIn() ? arrived(client) : left(client); });
    connect(client, &Client::displayNameChanged, this, [this, client] {
        if (const int row = rowOf(client); row >= 0) {
            m_rows[static_cast<std::size_t>(row)].displayName = client->displayName();
            told(client, {Qt::DisplayRole, DisplayNameRole, InitialsRole});
        }
    });
    connect(client, &Client::stateChanged, this, [this, client] {
        told(client, {StateTextRole, OnlineRole, SignInNeededRole});
    });
    connect(client, &Client::unreadTotalChanged, this, [this, client] {
        told(client, {UnreadRole, UnreadTextRole});
        Q_EMIT unreadChanged();
    });
    connect(client, &Client::deviceRevoked, this, &AccountList::deviceRevoked);
    Q_EMIT clientMade(client);
    return client;
}

void AccountList::setDataDir(const QString& dir)
{
    if (std::exchange(m_settings.dataDir, dir) == dir)
        return;
    if (m_current)
        m_current->setDataDir(dir);
    Q_EMIT settingsChanged();
}

void AccountList::setServerUrl(const QUrl& url)
{
    if (std::exchange(m_settings.serverUrl, url) == url)
        return;
    if (m_current && !m_current->signedIn())
        m_current->setServerUrl(url);
    Q_EMIT settingsChanged();
}

template <class Value>
void AccountList::set(Value Settings::*field, const Value& value, void (Client::*apply)(Value))
{
    if (std::exchange(m_settings.*field, value) == value)
        return;
    for (Client* client : findChildren<Client*>(Qt::FindDirectChildrenOnly))
        (client->*apply)(value);
    Q_EMIT settingsChanged();
}

void AccountList::setUseKeychain(bool use)
{
    set(&Settings::useKeychain, use, &Client::setUseKeychain);
}
void AccountList::setAllowPlainTokenFile(bool allow)
{
    set(&Settings::allowPlainTokenFile, allow, &Client::setAllowPlainTokenFile);
}
void AccountList::setAllowInsecureServer(bool allow)
{
    set(&Settings::allowInsecureServer, allow, &Client::setAllowInsecureServer);
}

int AccountList::rowOf(const Client* client) const
{
    const auto found = std::find_if(m_rows.begin(), m_rows.end(),
                                    [client](const Row& row) { return row.client == client; });
    return found != m_rows.end() ? static_cast<int>(found - m_rows.begin()) : -1;
}

int AccountList::rowOf(const QString& key) const
{
    const auto found = std::find_if(m_rows.begin(), m_rows.end(),
                                    [&key](const Row& row) { return row.key == key; });
    return found != m_rows.end() ? static_cast<int>(found - m_rows.begin()) : -1;
}

/// Two clients of one account would take the store and the token from each other.
bool AccountList::elsewhere(const Client* asking, const QString& key, bool shown)
{
    const int row = rowOf(key);
    if (row < 0 || row == rowOf(asking))
        return false;
    if (shown)
        show(row);
    return true;
}

// ---- coming and going
// --------------------------------------------------------------------------------------------

void AccountList::arrived(Client* client)
{
    const Account& account = client->d->account;
    const Row came{client->d->accountKey, account.userId, account.userName,
                   account.displayName,   account.server, client};
    const int known = rowOf(client);
    if (known >= 0 && m_rows[static_cast<std::size_t>(known)].key != came.key) {
        // Somebody signed in with it as another one: the account of this row waits for its turn.
        m_rows[static_cast<std::size_t>(known)].client = make();
        Q_EMIT dataChanged(index(known), index(known));
        m_stagger.start(kResumeGapMs);
    } else if (known >= 0) {
        // It was resumed, or somebody signed in with it before its turn to resume had come.
        m_rows[static_cast<std::size_t>(known)] = came;
        Q_EMIT dataChanged(index(known), index(known));
        client->setAway(m_away || client != m_current);
        if (m_current && currentRow() < 0)
            show(known);
        return;
    }
    const int row = count();
    beginInsertRows({}, row, row);
    m_rows.push_back(came);
    endInsertRows();
    Q_EMIT countChanged();
    const bool wasNewcomer = m_newcomer == client;
    if (wasNewcomer)
        m_newcomer = nullptr;
    show(row);
    if (wasNewcomer)
        Q_EMIT newcomerChanged();
}

void AccountList::left(Client* client)
{
    const int row = rowOf(client);
    if (row < 0)
        return;
    beginRemoveRows({}, row, row);
    m_rows.erase(m_rows.begin() + row);
    endRemoveRows();
    Q_EMIT countChanged();
    if (client != m_current) {
        retire(client);
        Q_EMIT currentChanged(); // its row may be another one
    } else if (m_rows.empty()) {
        setCurrent(client); // of no account
    } else {
        show(std::min(row, count() - 1));
    }
    Q_EMIT unreadChanged();
}

/// Not at once: it may have something to say to the server and to the keychain.
void AccountList::retire(Client* client)
{
    QTimer::singleShot(kFarewellMs, client, [this, client] {
        if (rowOf(client) < 0 && client != m_current && client != m_newcomer)
            client->deleteLater();
    });
}

Client* AccountList::add()
{
    if (full())
        return nullptr;
    if (m_rows.empty())
        return current();
    if (!m_newcomer) {
        m_newcomer = make();
        m_newcomer->setServerUrl(current()->serverUrl());
        Q_EMIT newcomerChanged();
    }
    return m_newcomer;
}

void AccountList::cancelAdding()
{
    Client* const gone = std::exchange(m_newcomer, nullptr);
    if (!gone)
        return;
    gone->d->end(); // the answer that is under way is dropped
    retire(gone);
    Q_EMIT newcomerChanged();
}

// ---- opening and showing
// -----------------------------------------------------------------------------------------

/// Rows for what is on the disk; none is opened yet.
void AccountList::load()
{
    if (std::exchange(m_loaded, true))
        return;
    const Accounts files(m_settings.dataDir);
    QStringList keys = files.known(kAccountsMax);
    const QString last = files.lastKey();
    if (keys.size() == kAccountsMax && !keys.contains(last) && files.read(last))
        keys.back() = last;
    for (const QString& key : keys) {
        const auto account = files.read(key);
        if (!account || rowOf(key) >= 0)
            continue;
        beginInsertRows({}, count(), count());
        m_rows.push_back({key, account->userId, account->userName, account->displayName,
                          account->server, make()});
        endInsertRows();
    }
    Q_EMIT countChanged();
}

bool AccountList::resume(const QString& userName, const QUrl& server)
{
    load();
    if (m_rows.empty()) {
        (void)current();
        return false;
    }
    const Accounts files(m_settings.dataDir);
    const int wanted = rowOf(files.find(userName, server));
    const int row = wanted >= 0 ? wanted : std::max(0, rowOf(files.lastKey()));
    // What it was shown for may be gone by the time that it is opened: then its neighbour is.
    show(row);
    m_stagger.start(kResumePatienceMs);
    connect(
        current(), &Client::roomsLoaded, &m_stagger, [this] { m_stagger.start(kResumeGapMs); },
        Qt::SingleShotConnection);
    return wanted >= 0;
}

/// False: its data are not there any more, and its row is gone; or somebody signs in with it.
bool AccountList::open(int row)
{
    Client* const client = m_rows[static_cast<std::size_t>(row)].client;
    const bool opened = client->d->resume(m_rows[static_cast<std::size_t>(row)].key);
    if (!opened && !client->busy())
        left(client);
    return opened;
}

void AccountList::openNext()
{
    // One that somebody signs in with comes by itself, or is tried when that is over.
    const auto waits = [](const Row& row) { return !row.client->signedIn(); };
    const auto next = std::find_if(m_rows.begin(), m_rows.end(), [&](const Row& row) {
        return waits(row) && !row.client->busy();
    });
    if (next != m_rows.end())
        (void)open(static_cast<int>(next - m_rows.begin()));
    if (std::any_of(m_rows.begin(), m_rows.end(), waits))
        m_stagger.start(kResumeGapMs);
}

void AccountList::show(int row)
{
    if (row < 0 || row >= count())
        return;
    cancelAdding();
    Client* const client = m_rows[static_cast<std::size_t>(row)].client;
    if (!client->signedIn() && !open(row)) {
        // What is shown stays, unless that has just left: then it is one of those that are here.
        if (m_rows.empty())
            setCurrent(current());
        else if (currentRow() < 0 && rowOf(client) < 0) // else it is busy, and comes by itself
            show(std::min(row, count() - 1));
        return;
    }
    Accounts(m_settings.dataDir).setLastKey(m_rows[static_cast<std::size_t>(row)].key);
    setCurrent(client);
}

void AccountList::setCurrent(Client* client)
{
    const QString key = rowOf(client) < 0 ? QString() : client->d->accountKey;
    Client* const before = std::exchange(m_current, client);
    if (std::exchange(m_currentKey, key) == key && before == client)
        return;
    if (before && before != client) {
        before->setAway(true);
        told(before, {ShownRole});
        if (rowOf(before) < 0)
            retire(before);
    }
    client->setAway(m_away);
    told(client, {ShownRole});
    Q_EMIT currentChanged();
    Q_EMIT unreadChanged();
}

Client* AccountList::current()
{
    if (!m_current)
        m_current = make();
    return m_current;
}

Client* AccountList::client(int row)
{
    if (row < 0 || row >= count())
        return nullptr;
    Client* const client = m_rows[static_cast<std::size_t>(row)].client;
    return client->signedIn() || open(row) ? client : nullptr;
}

QString AccountList::currentId() const
{
    const int row = currentRow();
    return row < 0 ? QString() : m_rows[static_cast<std::size_t>(row)].key;
}

int AccountList::unreadTotal() const
{
    return std::accumulate(m_rows.begin(), m_rows.end(), 0,
                           [](int sum, const Row& row) { return sum + row.client->unreadTotal(); });
}

int AccountList::unreadElsewhere() const
{
    return unreadTotal() - (currentRow() < 0 ? 0 : m_current->unreadTotal());
}

void AccountList::setAway(bool away)
{
    if (std::exchange(m_away, away) == away)
        return;
    if (m_current)
        m_current->setAway(away);
    Q_EMIT awayChanged();
}

// ---- the model
// ---------------------------------------------------------------------------------------------------

void AccountList::told(const Client* client, const QList<int>& roles)
{
    if (const int row = rowOf(client); row >= 0)
        Q_EMIT dataChanged(index(row), index(row), roles);
}

int AccountList::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : count();
}

QVariant AccountList::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const Row& row = m_rows[static_cast<std::size_t>(index.row())];
    const QString name = row.displayName.isEmpty() ? row.userName : row.displayName;
    switch (role) {
    case AccountIdRole:
        return row.key;
    case ClientRole:
        return QVariant::fromValue(row.client);
    case UserNameRole:
        return row.userName;
    case Qt::DisplayRole:
    case DisplayNameRole:
        return name;
    case ServerTextRole:
        return row.server.authority();
    case InitialsRole:
        return display::initials(name);
    case ColorIndexRole:
        return display::colorIndex(display::utf8(row.userId));
    case StateTextRole:
        return row.client->signedIn() ? row.client->stateText() : QString();
    case OnlineRole:
        return row.client->online();
    case SignInNeededRole:
        return row.client->signInNeeded();
    case UnreadRole:
        return row.client->unreadTotal();
    case UnreadTextRole:
        return display::badge(row.client->unreadTotal());
    case ShownRole:
        return row.client == m_current;
    default:
        return {};
    }
}

QHash<int, QByteArray> AccountList::roleNames() const
{
    return {{AccountIdRole, "accountId"},
            {ClientRole, "client"},
            {UserNameRole, "userName"},
            {DisplayNameRole, "displayName"},
            {ServerTextRole, "serverText"},
            {InitialsRole, "initials"},
            {ColorIndexRole, "colorIndex"},
            {StateTextRole, "stateText"},
            {OnlineRole, "online"},
            {SignInNeededRole, "signInNeeded"},
            {UnreadRole, "unread"},
            {UnreadTextRole, "unreadText"},
            {ShownRole, "shown"}};
}

} // namespace Skein
