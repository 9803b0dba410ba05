// Accounts that are signed in, at a server that takes everybody and has no conversations: what the
// switcher needs.
#pragma once

#include "sdk/qt/accountlist.h"
#include "tests/unit/qt/fakeserver.h"

#include <QTemporaryDir>

namespace Skein
{

class FakeAccounts : public QObject
{
    Q_OBJECT
    Q_PROPERTY(Skein::AccountList* list READ list CONSTANT)
    /// "host:port" of the server, as the rows show it.
    Q_PROPERTY(QString host READ host CONSTANT)

public:
    FakeAccounts();

    [[nodiscard]] AccountList* list() { return &m_list; }
    [[nodiscard]] QString host() const { return m_server.url().authority(); }
    /// One more: AccountList.count grows. Its display name is "Name of NAME" unless given.
    Q_INVOKABLE void signIn(const QString& name, const QString& displayName = {});

private:
    QString m_displayName;
    QTemporaryDir m_folder;
    test::HttpServer m_server;
    AccountList m_list; ///< ends before its server
};

} // namespace Skein
