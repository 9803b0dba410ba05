#include "sdk/qt/roomlistmodel.h"

#include "sdk/qt/displaytext.h"
#include "sdk/qt/roomorder.h"
#include "sdk/qt/timelinemodel.h"

#include <QDate>
#include <QStringList>

#include <utility>

namespace Skein
{

using skein::RoomId;
using skein::offline::RoomRow;

namespace
{

constexpr int kListTextMax = 140; ///< characters of a preview or draft in the list

RoomId roomIdOf(const QString& text)
{
    return RoomId(display::utf8(text));
}

struct RoleOfField {
    std::uint32_t field;
    int role;
};
constexpr RoleOfField kRoles[] = {
    {kRoomName, RoomListModel::NameRole},
    {kRoomName, RoomListModel::InitialsRole},
    {kRoomTopic, RoomListModel::TopicRole},
    {kRoomKind, RoomListModel::KindRole},
    {kRoomLast, RoomListModel::LastTextRole},
    {kRoomLast, RoomListModel::LastSenderRole},
    {kRoomLast, RoomListModel::LastOwnRole},
    {kRoomLast | kRoomTicks, RoomListModel::LastStatusRole},
    {kRoomActive, RoomListModel::TimeTextRole},
    {kRoomActive, RoomListModel::ActiveTsRole},
    {kRoomUnread, RoomListModel::UnreadRole},
    {kRoomUnread, RoomListModel::UnreadTextRole},
    {kRoomMentions, RoomListModel::MentionsRole},
    {kRoomDraft, RoomListModel::DraftRole},
    {kRoomTyping, RoomListModel::TypingTextRole},
    {kRoomMuted, RoomListModel::MutedRole},
    {kRoomArchived, RoomListModel::ArchivedRole},
    {kRoomMembers, RoomListModel::MembersRole},
    {kRoomQueued, RoomListModel::QueuedRole},
    {kRoomFailed, RoomListModel::FailedRole},
};

} // namespace

class RoomListModel::Private final : public RoomObserver
{
public:
    QDate today; ///< by the server's clock; invalid = not told yet
    explicit Private(RoomListModel& owner)
        : q(owner)
        , order(*this)
    {
    }

    void aboutToInsert(int first, int last) override { q.beginInsertRows({}, first, last); }
    void inserted() override { q.endInsertRows(); }
    void aboutToRemove(int first, int last) override { q.beginRemoveRows({}, first, last); }
    void removed() override { q.endRemoveRows(); }
    void aboutToMove(int from, int to) override
    {
        q.beginMoveRows({}, from, from, {}, to > from ? to + 1 : to);
    }
    void moved() override { q.endMoveRows(); }
    void rowChanged(int row, std::uint32_t fields) override
    {
        QList<int> roles;
        for (const auto& [field, role] : kRoles)
            if ((fields & field) != 0)
                roles << role;
        if (!roles.isEmpty())
            Q_EMIT q.dataChanged(q.index(row), q.index(row), roles);
    }
    void aboutToReset() override { q.beginResetModel(); }
    void wasReset() override { q.endResetModel(); }

    [[nodiscard]] QVariant value(const RoomRow& row, int role) const;
    [[nodiscard]] bool isOwn(const RoomRow& row) const
    {
        return row.last && !ownUser.empty() && row.last->sender == ownUser;
    }
    void updateFilter();
    void counted(int countBefore, int totalBefore);

    RoomListModel& q;
    RoomOrder order;
    QString filter;
    bool showArchived = false;
    bool loading = false;
    skein::UserId ownUser;
    QHash<QString, QString> typing;
};

QVariant RoomListModel::Private::value(const RoomRow& row, int role) const
{
    switch (role) {
    case RoomIdRole:
        return display::text(row.room.str());
    case Qt::DisplayRole:
    case NameRole:
        return display::text(row.name);
    case TopicRole:
        return display::text(row.topic);
    case KindRole:
        return static_cast<int>(row.kind);
    case InitialsRole:
        return display::initials(display::text(row.name));
    case ColorIndexRole:
        return display::colorIndex(row.room.str());
    case LastTextRole:
        return row.last ? display::oneLine(display::text(row.last->text), kListTextMax) : QString();
    case LastSenderRole:
        return row.last ? display::text(row.last->senderName) : QString();
    case LastOwnRole:
        return isOwn(row);
    case LastStatusRole:
        if (!row.last || !isOwn(row))
            return static_cast<int>(TimelineModel::Sent);
        if (!row.last->seq)
            return static_cast<int>(TimelineModel::Queued);
        if (row.last->seq <= row.othersRead)
            return static_cast<int>(TimelineModel::Read);
        if (row.last->seq <= row.othersDelivered)
            return static_cast<int>(TimelineModel::Delivered);
        return static_cast<int>(TimelineModel::Sent);
    case TimeTextRole:
        return display::listTime(row.activeTs, today.isValid() ? today : QDate::currentDate());
    case ActiveTsRole:
        return static_cast<qint64>(row.activeTs);
    case UnreadRole:
        return static_cast<int>(row.unread);
    case UnreadTextRole:
        return display::badge(row.unread);
    case MentionsRole:
        return static_cast<int>(row.mentions);
    case DraftRole:
        return display::oneLine(display::text(row.draft), kListTextMax);
    case TypingTextRole:
        return typing.value(display::text(row.room.str()));
    case MutedRole:
        return row.muted;
    case ArchivedRole:
        return row.archived;
    case MembersRole:
        return static_cast<int>(row.members);
    case QueuedRole:
        return static_cast<int>(row.queued);
    case FailedRole:
        return static_cast<int>(row.failed);
    default:
        return {};
    }
}

void RoomListModel::Private::updateFilter()
{
    const QStringList words = filter.simplified().split(u' ', Qt::SkipEmptyParts);
    const int countBefore = order.size();
    order.setFilter([words, archived = showArchived](const RoomRow& row) {
        if (row.archived && !archived)
            return false;
        if (words.isEmpty())
            return true;
        const QString text = display::text(row.name) + u' ' + display::text(row.topic);
        return std::all_of(words.begin(), words.end(), [&text](const QString& word) {
            return text.contains(word, Qt::CaseInsensitive);
        });
    });
    counted(countBefore, order.total());
}

void RoomListModel::Private::counted(int countBefore, int totalBefore)
{
    if (order.size() != countBefore)
        Q_EMIT q.countChanged();
    if (order.total() != totalBefore)
        Q_EMIT q.totalChanged();
}

RoomListModel::RoomListModel(QObject* parent)
    : QAbstractListModel(parent)
    , d(new Private(*this))
{
    d->updateFilter();
}

RoomListModel::~RoomListModel() = default;

int RoomListModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : d->order.size();
}

QVariant RoomListModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid() || index.row() >= d->order.size())
        return {};
    return d->value(d->order.at(index.row()), role);
}

QHash<int, QByteArray> RoomListModel::roleNames() const
{
    return {{RoomIdRole, "roomId"},         {NameRole, "name"},
            {TopicRole, "topic"},           {KindRole, "kind"},
            {InitialsRole, "initials"},     {ColorIndexRole, "colorIndex"},
            {LastTextRole, "lastText"},     {LastSenderRole, "lastSender"},
            {LastOwnRole, "lastOwn"},       {LastStatusRole, "lastStatus"},
            {TimeTextRole, "timeText"},     {ActiveTsRole, "activeTs"},
            {UnreadRole, "unread"},         {UnreadTextRole, "unreadText"},
            {MentionsRole, "mentions"},     {DraftRole, "draft"},
            {TypingTextRole, "typingText"}, {MutedRole, "muted"},
            {ArchivedRole, "archived"},     {MembersRole, "members"},
            {QueuedRole, "queued"},         {FailedRole, "failed"}};
}

int RoomListModel::count() const
{
    return d->order.size();
}
int RoomListModel::total() const
{
    return d->order.total();
}
bool RoomListModel::loading() const
{
    return d->loading;
}
QString RoomListModel::filter() const
{
    return d->filter;
}
bool RoomListModel::showArchived() const
{
    return d->showArchived;
}

void RoomListModel::setFilter(const QString& text)
{
    if (d->filter == text)
        return;
    d->filter = text;
    d->updateFilter();
    Q_EMIT filterChanged();
}

void RoomListModel::setShowArchived(bool show)
{
    if (d->showArchived == show)
        return;
    d->showArchived = show;
    d->updateFilter();
    Q_EMIT showArchivedChanged();
}

int RoomListModel::rowOf(const QString& roomId) const
{
    return d->order.rowOf(roomIdOf(roomId));
}

QString RoomListModel::roomAt(int row) const
{
    return row >= 0 && row < d->order.size() ? display::text(d->order.at(row).room.str())
                                             : QString();
}

int RoomListModel::nextRow(int row, int step, bool unreadOnly) const
{
    if (step == 0)
        return -1;
    const int by = step > 0 ? 1 : -1;
    for (int i = row + by; i >= 0 && i < d->order.size(); i += by)
        if (!unreadOnly || d->order.at(i).unread > 0)
            return i;
    return -1;
}

QVariantMap RoomListModel::room(const QString& roomId) const
{
    QVariantMap map;
    if (const RoomRow* row = d->order.find(roomIdOf(roomId))) {
        const auto names = roleNames();
        for (auto it = names.begin(); it != names.end(); ++it)
            map.insert(QString::fromLatin1(it.value()), d->value(*row, it.key()));
    }
    return map;
}

void RoomListModel::setOwnUser(const QString& userId)
{
    d->ownUser = skein::UserId(display::utf8(userId));
}

void RoomListModel::setLoading(bool loading)
{
    if (d->loading == loading)
        return;
    d->loading = loading;
    Q_EMIT loadingChanged();
}

void RoomListModel::apply(const std::vector<RoomRow>& changed, const std::vector<RoomId>& removed)
{
    const int countBefore = d->order.size();
    const int totalBefore = d->order.total();
    d->order.apply(changed, removed);
    d->counted(countBefore, totalBefore);
    for (const RoomRow& row : changed)
        Q_EMIT roomChanged(display::text(row.room.str()));
    for (const RoomId& room : removed) {
        d->typing.remove(display::text(room.str()));
        Q_EMIT roomChanged(display::text(room.str()));
    }
}

void RoomListModel::setTypingText(const QString& roomId, const QString& text)
{
    if (d->typing.value(roomId) == text)
        return;
    if (text.isEmpty())
        d->typing.remove(roomId);
    else
        d->typing.insert(roomId, text);
    d->order.touch(roomIdOf(roomId), kRoomTyping);
}

void RoomListModel::clear()
{
    const int countBefore = d->order.size();
    const int totalBefore = d->order.total();
    d->typing.clear();
    d->order.clear();
    d->counted(countBefore, totalBefore);
}

const RoomRow* RoomListModel::find(const QString& roomId) const
{
    return d->order.find(roomIdOf(roomId));
}

int RoomListModel::unreadTotal() const
{
    std::int64_t sum = 0;
    d->order.forEach([&sum](const RoomRow& row) {
        if (!row.muted)
            sum += row.unread;
    });
    return static_cast<int>(sum);
}

void RoomListModel::refreshTimes(const QDate& today)
{
    d->today = today;
    if (d->order.size() > 0)
        Q_EMIT dataChanged(index(0), index(d->order.size() - 1), {TimeTextRole});
}

} // namespace Skein
