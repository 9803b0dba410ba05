#include "tests/qml/fakeaccount.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

namespace Skein
{
namespace
{

const QByteArray kTokens = R"({"user":{"id":"u1","name":"ann","display_name":"Ann"},
    "session":"here","device_id":"d1","access_token":"access","access_expires_at":99999999999999,
    "refresh_token":"refresh"})";

} // namespace

FakeAccount::FakeAccount()
    : m_server([this](const QByteArray& head, const QByteArray&) { return answer(head); })
{
    m_client.setUseKeychain(false);
    m_client.setAllowPlainTokenFile(true);
    m_client.setDataDir(m_folder.path());
    m_client.setServerUrl(m_server.url());
}

void FakeAccount::signIn()
{
    m_client.signIn(QStringLiteral("ann"), QStringLiteral("a password"));
}

QByteArray FakeAccount::answer(const QByteArray& head)
{
    using test::HttpServer;
    if (head.startsWith("POST /v1/signin"))
        return HttpServer::answer("200 OK", kTokens);
    if (head.startsWith("GET /v1/sessions")) {
        if (m_failing)
            return HttpServer::answer("503 Service Unavailable");
        const QJsonObject list{
            {QStringLiteral("sessions"), QJsonArray::fromVariantList(m_devices)}};
        return HttpServer::answer("200 OK", QJsonDocument(list).toJson());
    }
    if (head.startsWith("DELETE /v1/sessions/")) {
        const QString id = QString::fromUtf8(head.split(' ').at(1).mid(13));
        m_revoked << id;
        m_devices.removeIf([&](const QVariant& device) {
            return device.toMap().value(QStringLiteral("id")) == id;
        });
        return HttpServer::answer("204 No Content");
    }
    return HttpServer::answer("404 Not Found");
}

} // namespace Skein
