#include "cli.h"

#include "sdk/qt/displaytext.h"

#include <QJsonArray>
#include <QJsonDocument>

#include <algorithm>

namespace cli
{

using Skein::Client;
using Skein::RoomListModel;
using Skein::display::text;
using skein::offline::MessageRow;
using skein::offline::Status;

namespace
{

const QHash<QString, Client::RoomKind>& roomKinds()
{
    static const QHash<QString, Client::RoomKind> kinds{
        {QStringLiteral("job"), Client::Job},
        {QStringLiteral("support"), Client::Support},
        {QStringLiteral("general"), Client::General},
        {QStringLiteral("direct"), Client::Direct}};
    return kinds;
}

} // namespace

Script::Script(Cli& cli)
    : m_cli(cli)
{
    Client& client = cli.client();
    for (int row = 0; row < client.rooms()->count(); ++row)
        roomChanged(client.rooms()->roomAt(row));
    connect(&client, &Client::rowsChanged, this, &Script::changed);
    connect(client.rooms(), &RoomListModel::roomChanged, this, &Script::roomChanged);
    connect(&client, &Client::outboxChanged, this, &Script::flow);
    connect(&client, &Client::stateChanged, this, [this] {
        m_cli.print({{QStringLiteral("event"), QStringLiteral("link")},
                     {QStringLiteral("online"), m_cli.client().online()},
                     {QStringLiteral("via"),
                      m_cli.client().viaHttp() ? QStringLiteral("http") : QStringLiteral("socket")},
                     {QStringLiteral("state"), static_cast<int>(m_cli.client().state())}});
    });
    connect(&client, &Client::typingChanged, this, [this](const QString& room) {
        m_cli.print({{QStringLiteral("event"), QStringLiteral("typing")},
                     {QStringLiteral("room"), room},
                     {QStringLiteral("text"), m_cli.client().typingText(room)}});
    });
    connect(&client, &Client::roomCreated, this, [this](const QString& key, const QString& room) {
        m_cli.print({{QStringLiteral("event"), QStringLiteral("created")},
                     {QStringLiteral("id"), m_creating.take(key)},
                     {QStringLiteral("room"), room}});
    });
    connect(&client, &Client::commandFailed, this,
            [this](const QString& key, const QString& code, const QString& detail) {
                if (m_creating.contains(key)) {
                    refuse(m_creating.take(key), code, detail);
                } else if (m_sent.contains(key)) {
                    const Sent sent = m_sent.take(key);
                    m_cli.print({{QStringLiteral("event"), QStringLiteral("failed")},
                                 {QStringLiteral("id"), sent.id},
                                 {QStringLiteral("temp_id"), key},
                                 {QStringLiteral("room"), sent.room},
                                 {QStringLiteral("code"), code}});
                    flow();
                } else {
                    refuse({}, code, detail);
                }
            });
    connect(&m_lines, &Lines::line, this, &Script::command);
    connect(&m_lines, &Lines::ended, this, &Script::ended);
    m_cli.print({{QStringLiteral("event"), QStringLiteral("ready")},
                 {QStringLiteral("user"), client.userId()},
                 {QStringLiteral("name"), client.userName()}});
}

void Script::refuse(const QJsonValue& id, const QString& code, const QString& detail)
{
    m_cli.print({{QStringLiteral("event"), QStringLiteral("error")},
                 {QStringLiteral("id"), id},
                 {QStringLiteral("code"), code},
                 {QStringLiteral("detail"), detail}});
}

void Script::command(const QByteArray& line)
{
    if (line.trimmed().isEmpty())
        return;
    const QJsonObject object = QJsonDocument::fromJson(line).object();
    const QString name = object.value(QLatin1String("cmd")).toString();
    const QJsonValue id = object.value(QLatin1String("id"));
    const QString wanted = object.value(QLatin1String("room")).toString();
    const QString room = m_cli.findRoom(wanted);
    Client& client = m_cli.client();
    const bool needsRoom = name == QLatin1String("send") || name == QLatin1String("read") ||
                           name == QLatin1String("typing") || name == QLatin1String("history") ||
                           (isRoomChange(name) && name != QLatin1String("members"));
    if (needsRoom && room.isEmpty()) {
        refuse(id, QStringLiteral("not_found"), wanted);
        return;
    }
    if (name == QLatin1String("send")) {
        const QString key = client.sendMessage(room, object.value(QLatin1String("text")).toString(),
                                               object.value(QLatin1String("reply")).toInteger());
        m_sent.insert(key, {id, room});
        m_cli.print({{QStringLiteral("event"), QStringLiteral("queued")},
                     {QStringLiteral("id"), id},
                     {QStringLiteral("temp_id"), key},
                     {QStringLiteral("room"), room}});
        flow();
    } else if (name == QLatin1String("create")) {
        const QString kind =
            object.value(QLatin1String("kind")).toString(QStringLiteral("general"));
        if (!roomKinds().contains(kind)) {
            refuse(id, QStringLiteral("invalid_argument"), kind);
            return;
        }
        QStringList members;
        for (const QJsonValue& member : object.value(QLatin1String("members")).toArray())
            members << member.toString();
        m_creating.insert(client.createRoom(roomKinds().value(kind),
                                            object.value(QLatin1String("name")).toString(),
                                            members),
                          id);
    } else if (name == QLatin1String("read")) {
        const qint64 seq = object.value(QLatin1String("seq")).toInteger();
        if (seq > 0)
            client.markReadTo(room, seq);
        else
            client.markAllRead(room);
    } else if (name == QLatin1String("typing")) {
        client.setTyping(room, object.value(QLatin1String("on")).toBool(true));
    } else if (name == QLatin1String("watch")) {
        if (!room.isEmpty())
            client.setWatched(room, object.value(QLatin1String("on")).toBool(true));
        else
            for (int row = 0; row < client.rooms()->count(); ++row)
                client.setWatched(client.rooms()->roomAt(row), true);
    } else if (name == QLatin1String("rooms")) {
        QJsonArray list;
        for (int row = 0; row < client.rooms()->count(); ++row)
            list << m_cli.roomObject(*client.rooms()->find(client.rooms()->roomAt(row)));
        m_cli.print({{QStringLiteral("event"), QStringLiteral("rooms")},
                     {QStringLiteral("id"), id},
                     {QStringLiteral("rooms"), list}});
    } else if (name == QLatin1String("history")) {
        client.readHistory(room, object.value(QLatin1String("before")).toInteger(),
                           static_cast<int>(object.value(QLatin1String("limit")).toInteger(50)),
                           [this, id, room](const skein::Result<skein::offline::Page>& page) {
                               QJsonArray list;
                               if (page)
                                   for (const MessageRow& row : page->rows)
                                       list << Cli::messageObject(row);
                               m_cli.print({{QStringLiteral("event"), QStringLiteral("history")},
                                            {QStringLiteral("id"), id},
                                            {QStringLiteral("room"), room},
                                            {QStringLiteral("messages"), list}});
                           });
    } else if (changeCommand(name, room, object)) {
        return;
    } else if (name == QLatin1String("retry-all")) {
        client.retryAllFailed();
    } else if (name == QLatin1String("wait-drained")) {
        m_waitingDrained << id;
        flow();
    } else if (name == QLatin1String("draft") && !room.isEmpty()) {
        client.setDraft(room, object.value(QLatin1String("text")).toString());
    } else if (name == QLatin1String("quit")) {
        m_cli.finish(Done);
    } else {
        refuse(id, QStringLiteral("unknown_type"), name);
    }
}

void Script::changed(const skein::engine::TimelineChange& change)
{
    const QString room = text(change.room.str());
    for (const MessageRow& row : change.upserted) {
        if (row.type != MessageRow::Type::Message)
            continue;
        const QString key = text(row.tempId.str());
        if (row.own && m_sent.contains(key) && (row.seq || row.status == Status::Failed)) {
            const Sent sent = m_sent.take(key);
            QJsonObject event{{QStringLiteral("event"),
                               row.seq ? QStringLiteral("confirmed") : QStringLiteral("failed")},
                              {QStringLiteral("id"), sent.id},
                              {QStringLiteral("temp_id"), key},
                              {QStringLiteral("room"), room}};
            if (row.seq) {
                event.insert(QStringLiteral("seq"), static_cast<qint64>(row.seq.value()));
                event.insert(QStringLiteral("ts"), static_cast<qint64>(row.ts));
            } else if (row.error) {
                event.insert(QStringLiteral("code"), text(skein::wireName(*row.error)));
            }
            m_cli.print(event);
        }
        Seen& seen = m_seen[room];
        if (row.seq && row.seq.value() > seen.head) {
            seen.head = row.seq.value();
            if (!row.own) {
                QJsonObject event = Cli::messageObject(row);
                event.insert(QStringLiteral("event"), QStringLiteral("message"));
                m_cli.print(event);
            }
        }
    }
    flow();
}

void Script::roomChanged(const QString& roomId)
{
    const auto* room = m_cli.client().rooms()->find(roomId);
    if (!room) {
        m_seen.remove(roomId);
        return;
    }
    const bool isNew = !m_seen.contains(roomId);
    Seen& seen = m_seen[roomId];
    if (isNew) {
        // What was there before this client looked is history, not news.
        seen.head = m_cli.client().state() == Client::Live ? 0 : room->head.value();
        m_cli.print({{QStringLiteral("event"), QStringLiteral("room")},
                     {QStringLiteral("room"), roomId},
                     {QStringLiteral("name"), text(room->name)}});
    }
    if (room->othersRead.value() != seen.read || room->othersDelivered.value() != seen.delivered) {
        seen.read = room->othersRead.value();
        seen.delivered = room->othersDelivered.value();
        m_cli.print({{QStringLiteral("event"), QStringLiteral("receipt")},
                     {QStringLiteral("room"), roomId},
                     {QStringLiteral("read"), seen.read},
                     {QStringLiteral("delivered"), seen.delivered}});
    }
    if (room->unread != seen.unread || room->read.value() != seen.ownRead) {
        seen.unread = room->unread;
        seen.ownRead = room->read.value();
        m_cli.print({{QStringLiteral("event"), QStringLiteral("unread")},
                     {QStringLiteral("room"), roomId},
                     {QStringLiteral("unread"), seen.unread},
                     {QStringLiteral("read"), seen.ownRead}});
    }
}

void Script::flow()
{
    m_lines.setPaused(m_sent.size() > kUnconfirmedMax);
    if (!m_sent.isEmpty() || m_cli.client().queuedCount() > 0)
        return;
    for (const QJsonValue& id : std::exchange(m_waitingDrained, {}))
        m_cli.print(
            {{QStringLiteral("event"), QStringLiteral("drained")}, {QStringLiteral("id"), id}});
    if (m_quitWhenDrained)
        m_cli.finish(Done);
}

void Script::ended()
{
    m_quitWhenDrained = true;
    flow();
}

} // namespace cli
