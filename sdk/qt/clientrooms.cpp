// Rooms and who is in them: what the user asks, handed to the engine.
#include "sdk/qt/client_p.h"
#include "sdk/qt/displaytext.h"

#include <utility>

namespace Skein
{

using skein::RoomId;
using skein::engine::Engine;

void Client::Private::updateRoom(const QString& roomId, skein::engine::RoomEdit edit)
{
    command([room = roomIdOf(roomId), edit = std::move(edit)](Engine& engine) {
        return engine.updateRoom(room, edit);
    });
}

void Client::Private::setMember(const QString& roomId, const QString& user,
                                std::optional<skein::protocol::Role> role)
{
    command([room = roomIdOf(roomId), who = skein::UserId(display::utf8(user)),
             role](Engine& engine) { return engine.setMember(room, who, role); });
}

void Client::Private::withRow(const QString& roomId, qint64 seq,
                              std::function<void(const RoomId&, skein::offline::RowId)> call)
{
    static constexpr int kTries = 12; // three seconds in all
    const RoomId room = roomIdOf(roomId);
    history(
        room, seq + 1, 1, kTries,
        [this, room, seq, call = std::move(call)](const skein::Result<skein::offline::Page>& page) {
            if (page && !page->rows.empty() && page->rows.front().seq.value() == seq &&
                page->rows.front().type == skein::offline::MessageRow::Type::Message) {
                call(room, page->rows.front().rowId);
                return;
            }
            const auto code = page ? skein::ErrorCode::NotFound : page.error().code;
            Q_EMIT q.commandFailed({}, display::text(skein::wireName(code)),
                                   display::errorSentence(code));
        });
}

void Client::editMessage(const QString& roomId, qint64 seq, const QString& text)
{
    d->withRow(roomId, seq, [this, text](const RoomId& room, skein::offline::RowId row) {
        d->edit(room, row, display::utf8(text));
    });
}

void Client::removeMessage(const QString& roomId, qint64 seq)
{
    d->withRow(roomId, seq,
               [this](const RoomId& room, skein::offline::RowId row) { d->remove(room, row); });
}

void Client::reactToMessage(const QString& roomId, qint64 seq, const QString& key, bool on)
{
    d->withRow(roomId, seq, [this, key, on](const RoomId& room, skein::offline::RowId row) {
        d->react(room, row, display::utf8(key), on);
    });
}

void Client::pinMessage(const QString& roomId, qint64 seq, bool on)
{
    d->withRow(roomId, seq, [this, on](const RoomId& room, skein::offline::RowId row) {
        d->pin(room, row, on);
    });
}

void Client::renameRoom(const QString& roomId, const QString& name)
{
    d->updateRoom(roomId, {display::utf8(name), {}, {}});
}

void Client::setTopic(const QString& roomId, const QString& topic)
{
    d->updateRoom(roomId, {{}, display::utf8(topic), {}});
}

void Client::archiveRoom(const QString& roomId, bool archived)
{
    d->updateRoom(roomId, {{}, {}, archived});
}

void Client::inviteMember(const QString& roomId, const QString& user)
{
    d->setMember(roomId, user, skein::protocol::Role::Member);
}

void Client::removeMember(const QString& roomId, const QString& user)
{
    d->setMember(roomId, user, std::nullopt);
}

bool Client::setMemberRole(const QString& roomId, const QString& user, const QString& role)
{
    using skein::protocol::Role;
    static const QHash<QString, Role> roles{{QStringLiteral("owner"), Role::Owner},
                                            {QStringLiteral("admin"), Role::Admin},
                                            {QStringLiteral("member"), Role::Member}};
    if (!roles.contains(role))
        return false;
    d->setMember(roomId, user, roles.value(role));
    return true;
}

void Client::leaveRoom(const QString& roomId)
{
    d->setMember(roomId, userId(), std::nullopt);
}

} // namespace Skein
