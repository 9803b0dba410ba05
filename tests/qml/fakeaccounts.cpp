#include "tests/qml/fakeaccounts.h"

#include <QJsonDocument>
#include <QJsonObject>

namespace Skein
{

FakeAccounts::FakeAccounts()
    : m_server([this](const QByteArray& head, const QByteArray& body) {
        if (!head.startsWith("POST /v1/signin"))
            return test::HttpServer::answer("404 Not Found");
        const QString name =
            QJsonDocument::fromJson(body).object().value(QLatin1String("name")).toString();
        const QJsonObject user{{QStringLiteral("id"), QStringLiteral("id-") + name},
                               {QStringLiteral("name"), name},
                               {QStringLiteral("display_name"), m_displayName}};
        const QJsonObject tokens{{QStringLiteral("user"), user},
                                 {QStringLiteral("session"), QStringLiteral("here")},
                                 {QStringLiteral("device_id"), QStringLiteral("d-") + name},
                                 {QStringLiteral("access_token"), QStringLiteral("access")},
                                 {QStringLiteral("access_expires_at"), 99999999999999LL},
                                 {QStringLiteral("refresh_token"), QStringLiteral("refresh")}};
        return test::HttpServer::answer("200 OK", QJsonDocument(tokens).toJson());
    })
{
    m_list.setUseKeychain(false);
    m_list.setAllowPlainTokenFile(true);
    m_list.setDataDir(m_folder.path());
    m_list.setServerUrl(m_server.url());
}

void FakeAccounts::signIn(const QString& name, const QString& displayName)
{
    m_displayName = displayName.isEmpty() ? QStringLiteral("Name of ") + name : displayName;
    if (Client* client = m_list.add())
        client->signIn(name, QStringLiteral("a password"));
}

} // namespace Skein
