// Commands that change messages and rooms: asked once, done when the server has confirmed.
#include "cli.h"

#include <QHash>

namespace cli
{

using Skein::Client;

namespace
{

bool isOn(const QString& word)
{
    return word != QLatin1String("off");
}

} // namespace

bool isRoomChange(const QString& command)
{
    static const QStringList known{
        QStringLiteral("edit"),    QStringLiteral("delete"),  QStringLiteral("react"),
        QStringLiteral("pin"),     QStringLiteral("rename"),  QStringLiteral("topic"),
        QStringLiteral("archive"), QStringLiteral("invite"),  QStringLiteral("remove"),
        QStringLiteral("leave"),   QStringLiteral("members"), QStringLiteral("draft")};
    return known.contains(command);
}

bool Cli::change()
{
    const QString& command = m_options.command;
    if (!isRoomChange(command))
        return false;
    if (command == QLatin1String("members")) {
        members();
        return true;
    }
    if (command == QLatin1String("draft") && m_options.arguments.size() == 1) {
        std::printf("%s\n", qUtf8Printable(m_client.draft(m_room)));
        finish(Done);
        return true;
    }
    untilConfirmed();
    const QString first = m_options.arguments.value(1), second = m_options.arguments.value(2);
    const qint64 seq = first.toLongLong();
    if (command == QLatin1String("edit"))
        m_client.editMessage(m_room, seq, second);
    else if (command == QLatin1String("delete"))
        m_client.removeMessage(m_room, seq);
    else if (command == QLatin1String("react"))
        m_client.reactToMessage(m_room, seq, second, isOn(m_options.arguments.value(3)));
    else if (command == QLatin1String("pin"))
        m_client.pinMessage(m_room, seq, isOn(second));
    else if (command == QLatin1String("rename"))
        m_client.renameRoom(m_room, first);
    else if (command == QLatin1String("topic"))
        m_client.setTopic(m_room, first);
    else if (command == QLatin1String("draft"))
        setDraft(first);
    else if (command == QLatin1String("archive"))
        m_client.archiveRoom(m_room, isOn(first));
    else if (command == QLatin1String("invite"))
        m_client.inviteMember(m_room, first);
    else if (command == QLatin1String("remove"))
        m_client.removeMember(m_room, first);
    else
        m_client.leaveRoom(m_room);
    return true;
}

void Cli::setDraft(const QString& text)
{
    (void)m_client.draft(m_room);
    m_client.setDraft(m_room, text);
    if (text.isEmpty()) // nothing counts an emptied one; it travels within the engine's throttle
        QTimer::singleShot(1'500, this, [this] { finish(Done); });
}

/// Ends when what was asked has been queued and has left the queue again, or was refused.
void Cli::untilConfirmed()
{
    connect(&m_client, &Client::outboxChanged, this, [this] {
        if (m_client.queuedCount() + m_client.untoldDrafts() > 0)
            m_asked = true;
        else if (m_asked)
            finish(Done);
    });
    connect(&m_client, &Client::commandFailed, this,
            [this](const QString&, const QString&, const QString& sentence) {
                finish(MessageFailed, sentence);
            });
    m_deadline.start();
}

void Cli::sessions()
{
    connect(&m_client, &Client::sessionsFailed, this,
            [this](const QString&, const QString& sentence) { finish(Other, sentence); });
    connect(&m_client, &Client::sessionsChanged, this, [this] {
        for (const QVariant& entry : m_client.sessions()) {
            const QVariantMap session = entry.toMap();
            if (m_options.json)
                print(QJsonObject::fromVariantMap(session));
            else
                std::printf(
                    "%s\t%s\t%s%s\n",
                    qUtf8Printable(session.value(QStringLiteral("id")).toString()),
                    qUtf8Printable(session.value(QStringLiteral("lastSeenText")).toString()),
                    qUtf8Printable(session.value(QStringLiteral("deviceName")).toString()),
                    session.value(QStringLiteral("current")).toBool() ? "\t(this one)" : "");
        }
        finish(Done);
    });
    m_deadline.start();
    m_client.loadSessions();
}

void Cli::revoke()
{
    connect(&m_client, &Client::sessionsFailed, this,
            [this](const QString& code, const QString& sentence) {
                finish(code == QLatin1String("not_found") ? NotFound : MessageFailed, sentence);
            });
    connect(&m_client, &Client::sessionsChanged, this, [this] { finish(Done); });
    m_deadline.start();
    m_client.revokeSession(m_options.arguments.value(0));
}

void Cli::members()
{
    connect(&m_client, &Client::membersChanged, this, [this](const QString& room) {
        if (room != m_room)
            return;
        for (const QVariant& entry : m_client.members(room)) {
            const QVariantMap member = entry.toMap();
            if (m_options.json)
                print(QJsonObject::fromVariantMap(member));
            else
                std::printf("%s\t%s\t%s\n",
                            qUtf8Printable(member.value(QStringLiteral("userId")).toString()),
                            qUtf8Printable(member.value(QStringLiteral("role")).toString()),
                            qUtf8Printable(member.value(QStringLiteral("name")).toString()));
        }
        finish(Done);
    });
    m_deadline.start();
    m_client.setWatched(m_room, true);
}

bool Script::changeCommand(const QString& name, const QString& room, const QJsonObject& object)
{
    Client& client = m_cli.client();
    const auto word = [&object](const char* key) {
        return object.value(QLatin1String(key)).toString();
    };
    const qint64 seq = object.value(QLatin1String("seq")).toInteger();
    const bool on = object.value(QLatin1String("on")).toBool(true);
    if (name == QLatin1String("edit"))
        client.editMessage(room, seq, word("text"));
    else if (name == QLatin1String("delete"))
        client.removeMessage(room, seq);
    else if (name == QLatin1String("react"))
        client.reactToMessage(room, seq, word("key"), on);
    else if (name == QLatin1String("pin"))
        client.pinMessage(room, seq, on);
    else if (name == QLatin1String("rename"))
        client.renameRoom(room, word("name"));
    else if (name == QLatin1String("topic"))
        client.setTopic(room, word("topic"));
    else if (name == QLatin1String("archive"))
        client.archiveRoom(room, on);
    else if (name == QLatin1String("invite"))
        client.inviteMember(room, word("user"));
    else if (name == QLatin1String("remove"))
        client.removeMember(room, word("user"));
    else if (name == QLatin1String("draft"))
        client.setDraft(room, word("text"));
    else if (name == QLatin1String("leave"))
        client.leaveRoom(room);
    else
        return false;
    return true;
}

} // namespace cli
