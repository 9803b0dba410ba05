// The surface of TimelineModel: roles, properties, commands. Loading and applying is in
// timelinefeed.cpp, timelinepages.cpp and timelinereading.cpp.
#include "sdk/qt/timelinemodel.h"

#include "protocol/codec.h"
#include "protocol/limits.h"
#include "sdk/qt/displaytext.h"
#include "sdk/qt/roomlistmodel.h"
#include "sdk/qt/timelinemodel_p.h"

#include <QVariantMap>

#include <algorithm>
#include <limits>
#include <utility>

namespace Skein
{

using skein::Seq;
using skein::TempId;
using skein::offline::MessageRow;
using skein::offline::RowId;

TimelineModel::TimelineModel(const QString& roomId, TimelinePort& port, QObject* parent)
    : QAbstractListModel(parent)
    , d(new Private(*this, roomId, port))
{
}

TimelineModel::~TimelineModel() = default;

// ---- rows
// --------------------------------------------------------------------------------------------------------

int TimelineModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : d->window.size();
}

QVariant TimelineModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid() || index.row() >= d->window.size())
        return {};
    return d->value(d->window.at(index.row()), role);
}

QHash<int, QByteArray> TimelineModel::roleNames() const
{
    return {{RowIdRole, "rowId"},
            {SeqRole, "seq"},
            {TempIdRole, "tempId"},
            {SenderIdRole, "senderId"},
            {SenderNameRole, "senderName"},
            {SenderInitialsRole, "senderInitials"},
            {SenderColorRole, "senderColor"},
            {OwnRole, "own"},
            {KindRole, "kind"},
            {BodyRole, "body"},
            {TimeTextRole, "timeText"},
            {TimestampRole, "timestamp"},
            {DayTextRole, "dayText"},
            {UnreadDividerRole, "unreadDivider"},
            {GroupStartRole, "groupStart"},
            {GroupEndRole, "groupEnd"},
            {StatusRole, "status"},
            {StatusTextRole, "statusText"},
            {ErrorTextRole, "errorText"},
            {CanRetryRole, "canRetry"},
            {EditedRole, "edited"},
            {DeletedRole, "deleted"},
            {PinnedRole, "pinned"},
            {ReplySenderRole, "replySender"},
            {ReplyTextRole, "replyText"},
            {ReplySeqRole, "replySeq"},
            {ReactionsRole, "reactions"},
            {AttachmentsRole, "attachments"},
            {HoleRole, "hole"},
            {HoleCountRole, "holeCount"},
            {HeldBackRole, "heldBack"},
            {JournalIdRole, "journalId"},
            {HoleStuckRole, "holeStuck"}};
}

QVariantList TimelineModel::Private::reactions(const MessageRow& row) const
{
    QVariantList list;
    for (const skein::protocol::Reaction& reaction : row.reactions) {
        const bool own = std::find(reaction.users.begin(), reaction.users.end(), ownUser) !=
                         reaction.users.end();
        list << QVariantMap{{QStringLiteral("key"), display::text(reaction.key)},
                            {QStringLiteral("count"), static_cast<int>(reaction.users.size())},
                            {QStringLiteral("own"), own}};
    }
    return list;
}

QVariantList TimelineModel::Private::attachments(const MessageRow& row)
{
    QVariantList list;
    for (const skein::protocol::Attachment& a : row.attachments)
        list << QVariantMap{{QStringLiteral("id"), display::text(a.id)},
                            {QStringLiteral("name"), display::text(a.name)},
                            {QStringLiteral("mime"), display::text(a.mime)},
                            {QStringLiteral("size"), static_cast<qint64>(a.size)},
                            {QStringLiteral("width"), static_cast<int>(a.width.value_or(0))},
                            {QStringLiteral("height"), static_cast<int>(a.height.value_or(0))}};
    return list;
}

QVariant TimelineModel::Private::value(const WindowRow& entry, int role) const
{
    const MessageRow& row = entry.row;
    switch (role) {
    case RowIdRole:
        return QString::number(entry.shownId);
    case SeqRole:
        return static_cast<qint64>(row.isHole() ? 0 : row.seq.value());
    case TempIdRole:
        return row.own && !row.seq ? display::text(row.tempId.str()) : QString();
    case SenderIdRole:
        return display::text(row.sender.str());
    case SenderNameRole:
        return display::text(row.senderName);
    case SenderInitialsRole:
        return display::initials(display::text(row.senderName));
    case SenderColorRole:
        return display::colorIndex(row.sender.str());
    case OwnRole:
        return row.own;
    case KindRole:
        return static_cast<int>(row.kind);
    case Qt::DisplayRole:
    case BodyRole:
        return display::text(row.body);
    case TimeTextRole:
        return row.isHole() ? QString() : display::clockTime(row.ts);
    case TimestampRole:
        return QDateTime::fromMSecsSinceEpoch(row.ts);
    case DayTextRole:
        return entry.dayStart ? display::dayTitle(
                                    row.ts, QDateTime::fromMSecsSinceEpoch(port.wallNowMs()).date())
                              : QString();
    case UnreadDividerRole:
        return entry.divider;
    case GroupStartRole:
        return entry.groupStart;
    case GroupEndRole:
        return entry.groupEnd;
    case StatusRole:
        return static_cast<int>(row.status);
    case StatusTextRole:
        return !row.own         ? QString()
               : entry.heldBack ? display::heldBackText()
                                : display::statusText(row.status);
    case ErrorTextRole:
        return row.status == skein::offline::Status::Failed
                   ? display::errorSentence(row.error.value_or(skein::ErrorCode::Internal))
                   : QString();
    case CanRetryRole:
        return row.own && row.status == skein::offline::Status::Failed;
    case EditedRole:
        return row.edited && !row.deleted;
    case DeletedRole:
        return row.deleted;
    case PinnedRole:
        return row.pinned;
    case ReplySenderRole:
        return row.replyTo ? display::text(row.replyTo->senderName) : QString();
    case ReplyTextRole:
        return row.replyTo ? display::text(row.replyTo->text) : QString();
    case ReplySeqRole:
        return row.replyTo ? static_cast<qint64>(row.replyTo->seq.value()) : qint64(0);
    case ReactionsRole:
        return reactions(row);
    case AttachmentsRole:
        return attachments(row);
    case HoleRole:
        return row.isHole();
    case HoleCountRole:
        return row.isHole() ? static_cast<qint64>(row.holeHi - row.seq + 1) : qint64(0);
    case HeldBackRole:
        return entry.heldBack;
    case JournalIdRole:
        return row.own ? display::text(row.tempId.str()) : QString();
    case HoleStuckRole: {
        const auto asked = holesAsked.find(row.rowId);
        return row.isHole() && asked != holesAsked.end() && asked->second.stuck;
    }
    default:
        return {};
    }
}

// ---- properties
// --------------------------------------------------------------------------------------------------

QString TimelineModel::roomId() const
{
    return display::text(d->room.str());
}
QString TimelineModel::roomName() const
{
    return display::text(d->info.name);
}
QString TimelineModel::topic() const
{
    return display::text(d->info.topic);
}
int TimelineModel::kind() const
{
    return static_cast<int>(d->info.kind);
}
QString TimelineModel::initials() const
{
    return display::initials(roomName());
}
int TimelineModel::colorIndex() const
{
    return display::colorIndex(d->room.str());
}
int TimelineModel::memberCount() const
{
    return static_cast<int>(d->info.members);
}
bool TimelineModel::archived() const
{
    return d->info.archived;
}
QString TimelineModel::typingText() const
{
    return d->typingText;
}
int TimelineModel::count() const
{
    return d->window.size();
}
bool TimelineModel::ready() const
{
    return d->ready;
}
bool TimelineModel::atNewest() const
{
    return d->told.atNewest;
}
bool TimelineModel::atOldest() const
{
    return d->told.atOldest;
}
bool TimelineModel::loading() const
{
    return d->told.loading;
}
qint64 TimelineModel::totalRows() const
{
    return d->told.totalRows;
}
qint64 TimelineModel::rowsBefore() const
{
    return d->told.rowsBefore;
}
int TimelineModel::unreadBelow() const
{
    return d->told.unreadBelow;
}
int TimelineModel::firstUnreadRow() const
{
    return d->told.firstUnreadRow;
}
bool TimelineModel::shown() const
{
    return d->shown;
}
bool TimelineModel::active() const
{
    return d->active;
}
bool TimelineModel::holdNewest() const
{
    return d->holdNewest;
}
QString TimelineModel::errorText() const
{
    return d->errorText;
}
bool TimelineModel::hasUnstoredRows() const
{
    return std::any_of(d->local.begin(), d->local.end(),
                       [](const auto& row) { return row.unstored; });
}

void TimelineModel::setShown(bool shown)
{
    if (d->shown == shown)
        return;
    d->shown = shown;
    d->tellOpen();
    Q_EMIT shownChanged();
}

void TimelineModel::Private::tellOpen()
{
    if (const bool now = shown || active; std::exchange(open, now) != now)
        port.setRoomOpen(room, now);
}

void TimelineModel::setActive(bool active)
{
    if (d->active == active)
        return;
    d->active = active;
    d->tellOpen();
    if (active) {
        const Private::Batch batch(*d);
        d->placeDivider();
    }
    Q_EMIT activeChanged();
    if (active) {
        d->markVisibleRead();
        d->checkEdges();
    }
}

void TimelineModel::setHoldNewest(bool hold)
{
    if (d->holdNewest == hold)
        return;
    d->holdNewest = hold;
    if (!hold && !d->waiting.empty())
        d->scheduleFlush();
    Q_EMIT holdNewestChanged();
}

void TimelineModel::setTypingText(const QString& text)
{
    if (d->typingText == text)
        return;
    d->typingText = text;
    Q_EMIT typingTextChanged();
}

void TimelineModel::setOwnUser(const skein::UserId& user, const QString& displayName)
{
    d->ownUser = user;
    d->ownName = displayName;
}

// ---- looking up
// --------------------------------------------------------------------------------------------------

int TimelineModel::Private::rowOf(const QString& rowId) const
{
    bool ok = false;
    const qint64 id = rowId.toLongLong(&ok);
    return ok ? window.rowOfShown(id) : -1;
}

int TimelineModel::rowOf(const QString& rowId) const
{
    return d->rowOf(rowId);
}
int TimelineModel::rowOfSeq(qint64 seq) const
{
    return d->window.rowOfSeq(Seq(seq));
}

QString TimelineModel::lastOwnRowId() const
{
    for (int i = 0; i < d->window.size(); ++i) {
        const WindowRow& entry = d->window.at(i);
        if (entry.row.own && !entry.row.deleted && entry.row.kind == skein::protocol::Kind::Text &&
            !entry.row.isHole())
            return QString::number(entry.shownId);
    }
    return {};
}

QVariantMap TimelineModel::get(int row) const
{
    QVariantMap map;
    if (row < 0 || row >= d->window.size())
        return map;
    const auto names = roleNames();
    for (auto it = names.begin(); it != names.end(); ++it)
        map.insert(QString::fromLatin1(it.value()), d->value(d->window.at(row), it.key()));
    return map;
}

// ---- commands
// ----------------------------------------------------------------------------------------------------

QString TimelineModel::send(const QString& text, qint64 replySeq)
{
    std::string body = display::utf8(text);
    if (text.trimmed().isEmpty())
        return {};
    if (skein::protocol::characterCount(body) > skein::protocol::kBodyCharactersMax) {
        Q_EMIT commandRefused(QStringLiteral("body_too_large"),
                              display::errorSentence(skein::ErrorCode::BodyTooLarge));
        return {};
    }
    MessageRow row;
    row.tempId = d->port.newTempId();
    row.room = d->room;
    row.sender = d->ownUser;
    row.senderName = display::utf8(d->ownName);
    row.own = true;
    row.body = body;
    row.ts = d->port.wallNowMs();
    row.status = skein::offline::Status::Queued;
    // Above every place that the store gives out, in the order of writing; an id that no stored row
    // or hole has.
    const std::int64_t n = d->nextLocal++;
    row.position = skein::offline::kPendingBit + skein::offline::kPendingBit / 2 + n;
    row.rowId = std::numeric_limits<RowId>::min() + 1 + n;
    std::optional<Seq> replyTo;
    if (replySeq > 0) {
        replyTo = Seq(replySeq);
        row.replyTo = skein::offline::Quote{Seq(replySeq), {}, {}, {}};
        if (const int source = d->window.rowOfSeq(Seq(replySeq)); source >= 0) {
            const MessageRow& quoted = d->window.at(source).row;
            row.replyTo->sender = quoted.sender;
            row.replyTo->senderName = quoted.senderName;
            if (!quoted.isHole() && !quoted.deleted)
                row.replyTo->text =
                    display::utf8(display::oneLine(display::text(quoted.body), 140));
        }
    }
    const QString key = display::text(row.tempId.str());
    const TempId tempId = row.tempId;
    d->local.push_back({row, false, replyTo});
    {
        const Private::Batch batch(*d);
        if (d->ready && d->window.atNewest())
            d->window.addOptimistic(std::move(row));
        d->window.setDivider(Seq());
        d->trim();
    }
    d->port.send(d->room, tempId, std::move(body), replyTo);
    if (d->ready && !d->window.atNewest())
        jumpToNewest(); // one writes at the end: go there
    return key;
}

void TimelineModel::enqueueFailed(const QString& tempId, const skein::Error& error)
{
    const TempId key(display::utf8(tempId));
    for (Private::LocalRow& local : d->local) {
        if (local.row.tempId != key)
            continue;
        local.unstored = true;
        local.row.status = skein::offline::Status::Failed;
        local.row.error = error.code;
        if (const int row = d->window.rowOfTemp(key); row >= 0) {
            const Private::Batch batch(*d);
            d->window.update(row, local.row);
        }
        return;
    }
}

void TimelineModel::edit(const QString& rowId, const QString& text)
{
    const int row = d->rowOf(rowId);
    if (row < 0)
        return;
    const MessageRow& message = d->window.at(row).row;
    std::string body = display::utf8(text);
    if (text.trimmed().isEmpty() ||
        skein::protocol::characterCount(body) > skein::protocol::kBodyCharactersMax) {
        const bool empty = text.trimmed().isEmpty();
        const auto code =
            empty ? skein::ErrorCode::InvalidArgument : skein::ErrorCode::BodyTooLarge;
        Q_EMIT commandRefused(display::text(skein::wireName(code)), display::errorSentence(code));
        return;
    }
    for (Private::LocalRow& local : d->local) {
        if (local.row.tempId != message.tempId)
            continue;
        if (!local.unstored)
            break;
        local.row.body = std::move(body);
        const Private::Batch batch(*d);
        d->window.update(row, local.row);
        return;
    }
    if (message.rowId > 0)
        d->port.edit(d->room, message.rowId, std::move(body));
}

void TimelineModel::remove(const QString& rowId)
{
    const int row = d->rowOf(rowId);
    if (row < 0)
        return;
    const MessageRow& message = d->window.at(row).row;
    // Not stored yet: only this model has it. Else the engine knows whether it can still be taken
    // out of the queue or must be deleted at the server.
    if (message.rowId > 0)
        d->port.remove(d->room, message.rowId);
    else
        discard(rowId);
}

void TimelineModel::react(const QString& rowId, const QString& key, bool on)
{
    if (const int row = d->rowOf(rowId);
        row >= 0 && d->window.at(row).row.rowId > 0 && !key.isEmpty())
        d->port.react(d->room, d->window.at(row).row.rowId, display::utf8(key), on);
}

void TimelineModel::pin(const QString& rowId, bool on)
{
    if (const int row = d->rowOf(rowId); row >= 0 && d->window.at(row).row.rowId > 0)
        d->port.pin(d->room, d->window.at(row).row.rowId, on);
}

void TimelineModel::retry(const QString& rowId)
{
    const int row = d->rowOf(rowId);
    if (row < 0)
        return;
    const TempId key = d->window.at(row).row.tempId;
    for (Private::LocalRow& local : d->local) {
        if (local.row.tempId != key || !local.unstored)
            continue;
        local.unstored = false;
        local.row.status = skein::offline::Status::Queued;
        local.row.error.reset();
        {
            const Private::Batch batch(*d);
            d->window.update(row, local.row);
        }
        d->port.send(d->room, key, local.row.body, local.replyTo);
        return;
    }
    if (!key.empty())
        d->port.retry(key);
}

void TimelineModel::discard(const QString& rowId)
{
    const int row = d->rowOf(rowId);
    if (row < 0)
        return;
    const TempId key = d->window.at(row).row.tempId;
    const auto found = std::find_if(d->local.begin(), d->local.end(), [&key](const auto& local) {
        return local.unstored && local.row.tempId == key;
    });
    if (found != d->local.end()) {
        d->local.erase(found);
        const Private::Batch batch(*d);
        d->window.remove(row);
        return;
    }
    if (!key.empty())
        d->port.discard(key);
}

// ---- jumps
// -------------------------------------------------------------------------------------------------------

void TimelineModel::jumpToNewest()
{
    d->jumpSeq = Seq();
    if (!d->ready)
        return;
    if (!d->waiting.empty()) {
        d->holdNewest = false;
        flush();
    }
    if (d->window.atNewest()) {
        Q_EMIT jumpReady(0);
        return;
    }
    if (!d->pending(Private::Purpose::JumpNewest))
        d->request(Private::Purpose::JumpNewest, PageRequest::Kind::Newest, 0, Seq(),
                   Private::kOpeningRows);
}

void TimelineModel::jumpToSeq(qint64 seq)
{
    if (seq <= 0 || !d->ready) {
        Q_EMIT jumpFailed();
        return;
    }
    d->jumpSeq = Seq(seq);
    d->jumpTries = 0;
    const int row = d->window.rowOfSeq(Seq(seq));
    if (row >= 0 && !d->window.at(row).row.isHole()) {
        d->jumpSeq = Seq();
        Q_EMIT jumpReady(row);
        return;
    }
    d->request(Private::Purpose::JumpSeq, PageRequest::Kind::Around, 0, Seq(seq),
               Private::kJumpRows);
}

void TimelineModel::jumpToFirstUnread()
{
    if (const int row = d->window.dividerRow(); row >= 0)
        Q_EMIT jumpReady(row);
    else if (d->window.divider())
        jumpToSeq(d->window.divider().value());
    else
        jumpToNewest();
}

} // namespace Skein
