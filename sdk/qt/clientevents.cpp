// What the threads tell, turned into models, properties and signals.
#include "sdk/qt/client_p.h"
#include "sdk/qt/displaytext.h"

#include <QDateTime>

#include <algorithm>
#include <utility>

namespace Skein
{

using skein::RoomId;
using skein::Seq;
using skein::engine::Link;
using skein::offline::MessageRow;
using skein::offline::Page;
using skein::offline::RoomCounts;
using skein::offline::RoomRow;

namespace
{

QString presenceWord(skein::protocol::PresenceStatus status)
{
    switch (status) {
    case skein::protocol::PresenceStatus::Online:
        return QStringLiteral("online");
    case skein::protocol::PresenceStatus::Away:
        return QStringLiteral("away");
    case skein::protocol::PresenceStatus::Offline:
        break;
    }
    return QStringLiteral("offline");
}

QString roleWord(skein::protocol::Role role)
{
    switch (role) {
    case skein::protocol::Role::Owner:
        return QStringLiteral("owner");
    case skein::protocol::Role::Admin:
        return QStringLiteral("admin");
    case skein::protocol::Role::Member:
        break;
    }
    return QStringLiteral("member");
}

} // namespace

void Client::Private::connectWorker()
{
    connect(worker, &EngineWorker::opened, this, [this] {
        storeOpen = true;
        if (std::exchange(storeClosed, std::nullopt)) {
            // There is space again: what was said to nobody is said now.
            setError(std::nullopt);
            watchNetwork();
            // The process that had the store may have spent the token and left the next one.
            if (!tokens)
                loadToken();
            for (TimelineModel* timeline : timelines) {
                if (timeline->active())
                    setRoomOpen(RoomId(display::utf8(timeline->roomId())), true);
                timeline->linkLive();
            }
            Q_EMIT q.stateChanged();
        }
        if (!waitingForToken.empty())
            tokenWanted(false);
        if (reader)
            reader->loadRooms();
    });
    connect(worker, &EngineWorker::storeFailed, this, [this](const skein::Error& failure) {
        storeClosed = failure;
        storeTrouble(failure);
        callWaiting(skein::fail(failure));
        Q_EMIT q.stateChanged();
    });
    connect(worker, &EngineWorker::tokenWanted, this, &Private::tokenWanted);
    connect(worker, &EngineWorker::linkTold, this, &Private::linkTold);
    connect(worker, &EngineWorker::roomsTold, this, &Private::roomsTold);
    connect(worker, &EngineWorker::timelineTold, this, &Private::timelineTold);
    connect(worker, &EngineWorker::typingTold, this, &Private::typingTold);
    connect(worker, &EngineWorker::presenceTold, this, &Private::presenceTold);
    connect(worker, &EngineWorker::outboxTold, this, &Private::outboxTold);
    connect(worker, &EngineWorker::membersTold, this, &Private::membersTold);
    connect(worker, &EngineWorker::receiptsTold, this,
            [this](const RoomId& room) { Q_EMIT q.receiptsChanged(display::text(room.str())); });
    connect(worker, &EngineWorker::roomMade, this, [this](const QString& key, const RoomId& room) {
        Q_EMIT q.roomCreated(key, display::text(room.str()));
    });
    connect(worker, &EngineWorker::commandRefused, this,
            [this](const QString& key, const skein::Error& failure) {
                Q_EMIT q.commandFailed(key, display::text(skein::wireName(failure.code)),
                                       display::errorSentence(failure.code));
                report(QStringLiteral("command"), failure, key, true);
            });
    connect(worker, &EngineWorker::draftStored, this, &Private::draftStored);
    connect(worker, &EngineWorker::enqueueFailed, this,
            [this](const RoomId& room, const QString& tempId, const skein::Error& failure) {
                if (TimelineModel* timeline = findTimeline(display::text(room.str())))
                    timeline->enqueueFailed(tempId, failure);
                Q_EMIT q.commandFailed(tempId, display::text(skein::wireName(failure.code)),
                                       display::errorSentence(failure.code));
                if (failure.code == skein::ErrorCode::StorageFull ||
                    failure.code == skein::ErrorCode::StorageFailed)
                    storeTrouble(failure);
            });
    connect(reader, &ReaderWorker::pageReady, this, &Private::pageReady);
    connect(reader, &ReaderWorker::roomsReady, this, &Private::roomsLoaded);
    connect(reader, &ReaderWorker::failed, this, &Private::storeTrouble);
}

void Client::Private::storeTrouble(const skein::Error& failure)
{
    setError(failure);
    Q_EMIT q.storeFailed(q.errorCode(), q.errorText());
    report(QStringLiteral("store"), failure, {}, true);
}

void Client::Private::linkTold(const skein::engine::LinkState& state)
{
    const bool wasOnline = q.online();
    const bool changed =
        link.link != state.link || link.attempt != state.attempt || link.via != state.via;
    link = state;
    if (state.link == Link::Stopped && state.error &&
        state.error->code == skein::ErrorCode::DeviceRevoked) {
        revoked();
        return;
    }
    if (state.error)
        setError(state.error);
    else if (q.online())
        setError(std::nullopt);
    countDown();
    if (changed) {
        Q_EMIT q.stateChanged();
        noteLink(state);
    }
    if (q.online() && !wasOnline)
        for (TimelineModel* timeline : timelines)
            timeline->linkLive();
    if (!q.online() && wasOnline && !typing.isEmpty()) {
        const auto quiet = typing.keys();
        typing.clear();
        for (const QString& room : quiet)
            typingTold(RoomId(display::utf8(room)), {});
    }
}

/// Both countdowns, and what changes with the day. Looks again when one of them may have moved: an
/// account that waits for nothing wakes the process once a minute (clocks are set, machines sleep).
void Client::Private::countDown()
{
    static constexpr qint64 kCountingMs = 250;
    static constexpr qint64 kIdleMs = 60'000;
    const auto seconds = [this](skein::MonoTime until) {
        const qint64 left = until.ms - clock.now().ms;
        return left > 0 ? static_cast<int>((left + 999) / 1000) : 0;
    };
    const bool waits = link.link == Link::Waiting || link.link == Link::Offline;
    const int retry = waits ? seconds(link.retryAt) : 0;
    if (std::exchange(retryInSeconds, retry) != retry)
        Q_EMIT q.retryInSecondsChanged();
    const int slowed = outbox.slowedUntil ? seconds(*outbox.slowedUntil) : 0;
    if (std::exchange(slowedSeconds, slowed) != slowed)
        Q_EMIT q.slowedSecondsChanged();
    const QDateTime now = QDateTime::fromMSecsSinceEpoch(wallNowMs());
    const QDate day = now.date();
    const qint64 nextDay = std::max<qint64>(now.msecsTo(day.addDays(1).startOfDay()), 0) + 1;
    const bool counts = retry > 0 || slowed > 0;
    if (signedIn)
        countTimer.start(static_cast<int>(counts ? kCountingMs : std::min(kIdleMs, nextDay)));
    if (std::exchange(today, day) != day) {
        rooms->refreshTimes(day);
        for (TimelineModel* timeline : timelines)
            if (timeline->count() > 0)
                Q_EMIT timeline->dataChanged(timeline->index(0),
                                             timeline->index(timeline->count() - 1),
                                             {TimelineModel::DayTextRole});
    }
}

void Client::Private::roomsTold(const std::vector<RoomRow>& changed,
                                const std::vector<RoomId>& removed)
{
    for (const RoomRow& row : changed) {
        if (roomsLoading)
            changedWhileLoading.insert(row.room);
        // A room that is met while catching up brings history, not news.
        if (link.link != Link::Live)
            announced.try_emplace(row.room, row.head);
    }
    for (const RoomId& room : removed) {
        if (roomsLoading)
            changedWhileLoading.insert(room);
        announced.erase(room);
    }
    rooms->apply(changed, removed);
    for (const RoomRow& row : changed) {
        const QString roomId = display::text(row.room.str());
        if (TimelineModel* timeline = findTimeline(roomId))
            timeline->applyRoom(row);
        draftMayHaveChanged(roomId);
    }
    unreadMayHaveChanged();
}

void Client::Private::roomsLoaded(const std::vector<RoomRow>& rows, bool last)
{
    // The engine's word is newer than what the reader saw.
    std::vector<RoomRow> fresh;
    fresh.reserve(rows.size());
    for (const RoomRow& row : rows) {
        if (changedWhileLoading.count(row.room) != 0)
            continue;
        announced.try_emplace(row.room, row.head);
        fresh.push_back(row);
    }
    rooms->apply(fresh, {});
    for (const RoomRow& row : fresh)
        if (TimelineModel* timeline = findTimeline(display::text(row.room.str())))
            timeline->applyRoom(row);
    unreadMayHaveChanged();
    if (!last)
        return;
    roomsLoading = false;
    changedWhileLoading.clear();
    rooms->setLoading(false);
    Q_EMIT q.roomsLoaded();
}

void Client::Private::unreadMayHaveChanged()
{
    const int total = rooms->unreadTotal();
    if (std::exchange(unreadTotal, total) != total)
        Q_EMIT q.unreadTotalChanged();
}

void Client::Private::timelineTold(const skein::engine::TimelineChange& change)
{
    if (TimelineModel* timeline = findTimeline(display::text(change.room.str())))
        timeline->applyChange(change);
    announce(change);
    Q_EMIT q.rowsChanged(change);
    reportFailures(change);
}

/// The newest message of the change, when it is news to somebody who does not look at the room.
void Client::Private::announce(const skein::engine::TimelineChange& change)
{
    const MessageRow* newest = nullptr;
    for (const MessageRow& row : change.upserted)
        if (row.type == MessageRow::Type::Message && !row.own && row.seq && !row.deleted &&
            !row.edited && skein::protocol::countsAsUnread(row.kind) &&
            (!newest || row.seq > newest->seq))
            newest = &row;
    if (!newest)
        return;
    const QString roomId = display::text(change.room.str());
    const RoomRow* room = rooms->find(roomId);
    Seq& last = announced[change.room];
    if (newest->seq <= last || (room && newest->seq <= room->read))
        return;
    last = newest->seq;
    const TimelineModel* timeline = findTimeline(roomId);
    if (!room || room->muted || (timeline && timeline->active()))
        return;
    Q_EMIT q.messageArrived(roomId, display::text(room->name), display::text(newest->senderName),
                            display::oneLine(display::text(newest->body), 200),
                            newest->seq.value());
}

void Client::Private::typingTold(const RoomId& room, const EngineWorker::TypingUsers& users)
{
    const QString roomId = display::text(room.str());
    QStringList names;
    for (const auto& [user, name] : users)
        if (display::text(user.str()) != account.userId)
            names << display::text(name);
    if (names.isEmpty())
        typing.remove(roomId);
    else
        typing.insert(roomId, names);
    const QString sentence = display::typingSentence(names);
    rooms->setTypingText(roomId, sentence);
    if (TimelineModel* timeline = findTimeline(roomId))
        timeline->setTypingText(sentence);
    Q_EMIT q.typingChanged(roomId);
}

void Client::Private::presenceTold(const std::vector<skein::protocol::PresenceInfo>& users)
{
    if (presence.size() > kPresenceMax)
        presence.clear();
    for (const skein::protocol::PresenceInfo& user : users) {
        const QString id = display::text(user.id.str());
        const QString word = presenceWord(user.status);
        if (presence.value(id) == word)
            continue;
        presence.insert(id, word);
        Q_EMIT q.presenceChanged(id, word);
    }
}

void Client::Private::membersTold(const RoomId& room,
                                  const std::vector<skein::protocol::MemberInfo>& list)
{
    QVariantList entries;
    for (const skein::protocol::MemberInfo& member : list) {
        const QString name = display::text(member.name);
        const QString id = display::text(member.user.str());
        presence.insert(id, presenceWord(member.status));
        entries << QVariantMap{
            {QStringLiteral("userId"), id},
            {QStringLiteral("name"), name},
            {QStringLiteral("initials"), display::initials(name)},
            {QStringLiteral("colorIndex"), display::colorIndex(member.user.str())},
            {QStringLiteral("role"), roleWord(member.role)},
            {QStringLiteral("presence"), presenceWord(member.status)},
            {QStringLiteral("lastSeen"), static_cast<qint64>(member.lastSeen)},
            {QStringLiteral("own"), id == account.userId}};
    }
    const QString roomId = display::text(room.str());
    if (members.size() >= kMemberListsMax && !members.contains(roomId))
        members.clear();
    members.insert(roomId, entries);
    Q_EMIT q.membersChanged(roomId);
}

void Client::Private::outboxTold(const skein::engine::OutboxState& state)
{
    const bool counts = state.queued != outbox.queued || state.inFlight != outbox.inFlight ||
                        state.failed != outbox.failed || state.drafts != outbox.drafts;
    outbox = state;
    countDown();
    if (counts)
        Q_EMIT q.outboxChanged();
}

void Client::Private::pageReady(const PageReply& reply)
{
    const auto found = pages.find(reply.request.ticket);
    if (found == pages.end())
        return;
    const Asked asked = std::move(found->second);
    pages.erase(found);
    if (asked.done)
        asked.done(reply.page);
    else if (std::find(timelines.begin(), timelines.end(), asked.model) != timelines.end())
        asked.model->pageLoaded(asked.ticket, reply.page, reply.counts);
}

} // namespace Skein
