// A client that is signed in, at a server that knows its devices and nothing else: what the dialogs
// of an account need.
#pragma once

#include "sdk/qt/client.h"
#include "tests/unit/qt/fakeserver.h"

#include <QTemporaryDir>
#include <QVariantList>

namespace Skein
{

class FakeAccount : public QObject
{
    Q_OBJECT
    Q_PROPERTY(Skein::Client* client READ client CONSTANT)
    /// As `GET /v1/sessions` gives them.
    Q_PROPERTY(QVariantList devices MEMBER m_devices)
    /// The next list is refused.
    Q_PROPERTY(bool failing MEMBER m_failing)
    /// Ids of the sessions that were asked to be ended.
    Q_PROPERTY(QStringList revoked MEMBER m_revoked)

public:
    FakeAccount();

    [[nodiscard]] Client* client() { return &m_client; }
    /// Client.signedIn becomes true.
    Q_INVOKABLE void signIn();

private:
    QByteArray answer(const QByteArray& head);

    QVariantList m_devices;
    QStringList m_revoked;
    bool m_failing = false;
    QTemporaryDir m_folder;
    test::HttpServer m_server;
    Client m_client; ///< ends before its server
};

} // namespace Skein
