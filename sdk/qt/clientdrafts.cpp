// What stands in the composers. The composer's text is the user's until the user pauses; only what
// it has taken over (draft()) may be replaced. docs/adr/0012-drafts.md.
#include "sdk/qt/client_p.h"
#include "sdk/qt/displaytext.h"

#include <utility>

namespace Skein
{

using skein::RoomId;
using skein::Seq;
using skein::engine::Engine;

void Client::Private::draftMayHaveChanged(const QString& roomId)
{
    const auto local = drafts.find(roomId);
    const auto* row = rooms->find(roomId);
    if (local == drafts.end() || !row || local->outstanding > 0)
        return;
    const bool same = display::text(row->draft) == local->text &&
                      static_cast<qint64>(row->draftReplyTo.value()) == local->replySeq;
    if (same)
        local->base = row->draftBase;
    const QString other = display::text(row->draftOther);
    const bool otherMoved = std::exchange(local->other, other) != other;
    if (!same || otherMoved)
        Q_EMIT q.draftChanged(roomId);
}

void Client::Private::draftStored(const RoomId& room)
{
    const QString roomId = display::text(room.str());
    const auto local = drafts.find(roomId);
    if (local == drafts.end())
        return;
    if (local->outstanding > 0)
        --local->outstanding;
    draftMayHaveChanged(roomId);
}

void Client::setDraft(const QString& roomId, const QString& text, qint64 replySeq)
{
    if (!d->worker || roomId.isEmpty())
        return;
    if (!d->drafts.contains(roomId))
        (void)draft(roomId);
    Private::LocalDraft& local = d->drafts[roomId];
    if (text.isEmpty())
        replySeq = 0;
    if (local.text == text && local.replySeq == replySeq)
        return;
    local.text = text;
    local.replySeq = replySeq;
    ++local.outstanding;
    d->worker->setDraft(d->roomIdOf(roomId), display::utf8(text), Seq(replySeq), local.base);
}

QString Client::draft(const QString& roomId)
{
    const auto local = d->drafts.constFind(roomId);
    const auto* row = d->rooms->find(roomId);
    const bool storing = local != d->drafts.constEnd() && local->outstanding > 0;
    if (storing || !row)
        return local == d->drafts.constEnd() ? QString() : local->text;
    Private::LocalDraft taken;
    taken.text = display::text(row->draft);
    taken.other = display::text(row->draftOther);
    taken.replySeq = static_cast<qint64>(row->draftReplyTo.value());
    taken.base = row->draftBase;
    d->drafts.insert(roomId, taken);
    return taken.text;
}

qint64 Client::draftReply(const QString& roomId) const
{
    if (const auto local = d->drafts.constFind(roomId); local != d->drafts.constEnd())
        return local->replySeq;
    const auto* row = d->rooms->find(roomId);
    return row ? static_cast<qint64>(row->draftReplyTo.value()) : 0;
}

QString Client::otherDraft(const QString& roomId) const
{
    const auto* row = d->rooms->find(roomId);
    return row ? display::text(row->draftOther) : QString();
}

void Client::settleOtherDraft(const QString& roomId, bool keep)
{
    d->command([room = d->roomIdOf(roomId), keep](Engine& engine) {
        return engine.settleOtherDraft(room, keep);
    });
}

} // namespace Skein
