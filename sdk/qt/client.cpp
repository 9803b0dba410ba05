// The surface of Client: properties, and commands on their way to the worker. Sessions are in
// clientsession.cpp, what comes back in clientevents.cpp.
#include "sdk/qt/client.h"

#include "sdk/qt/client_p.h"
#include "sdk/qt/displaytext.h"

#include <QCoreApplication>
#include <QGuiApplication>
#include <QQmlEngine>
#include <QSysInfo>

#include <algorithm>
#include <utility>

namespace Skein
{

using skein::RoomId;
using skein::Seq;
using skein::TempId;
using skein::engine::Engine;
using skein::engine::Link;
using skein::offline::RowId;

namespace
{

QString translated(const char* source)
{
    return QCoreApplication::translate("Skein", source);
}

} // namespace

// ---- Private: the port of the timelines
// --------------------------------------------------------------------------

Client::Private::Private(Client& owner)
    : q(owner)
{
    dataDir = Accounts::defaultDataDir();
    deviceName = QSysInfo::machineHostName();
    QTimer::singleShot(0, this, &Private::tidyUp); // once the settings are made
    rooms = new RoomListModel(&owner);
    today = QDate::currentDate();
    QObject::connect(&countTimer, &QTimer::timeout, this, [this] { countDown(); });
    tokenTimer.setSingleShot(true);
    QObject::connect(&tokenTimer, &QTimer::timeout, this, [this] {
        if (signedIn && tokenLoaded && !refreshing && !refreshToken.isEmpty())
            refreshNow();
    });
    if (auto* app = qobject_cast<QGuiApplication*>(QCoreApplication::instance()))
        QObject::connect(app, &QGuiApplication::applicationStateChanged, this,
                         [this](Qt::ApplicationState state) {
                             applicationActive(state == Qt::ApplicationActive);
                         });
    workerThread.setObjectName(QStringLiteral("skein-worker"));
    readerThread.setObjectName(QStringLiteral("skein-reader"));
}

Client::Private::~Private() = default;

RoomId Client::Private::roomIdOf(const QString& text)
{
    return RoomId(display::utf8(text));
}

void Client::Private::post(EngineWorker::Command command)
{
    if (worker)
        worker->post(std::move(command));
}

void Client::Private::requestPage(const PageRequest& request)
{
    if (!reader)
        return;
    TimelineModel* asking = nullptr;
    for (TimelineModel* timeline : timelines)
        if (timeline->roomId() == display::text(request.room.str()))
            asking = timeline;
    PageRequest numbered = request;
    numbered.ticket = nextPage++;
    pages.emplace(numbered.ticket, Asked{asking, request.ticket, {}});
    reader->request(numbered);
}

TempId Client::Private::newTempId()
{
    return skein::makeTempId(clock.wallNow(), random);
}
std::int64_t Client::Private::wallNowMs()
{
    // By the server's clock, as every time that is shown.
    return clock.wallNow().ms + link.clockOffsetMs;
}

void Client::Private::send(const RoomId& room, const TempId& tempId, std::string text,
                           std::optional<Seq> replyTo)
{
    if (!worker)
        return;
    skein::engine::Draft draft;
    draft.body = std::move(text);
    draft.replyTo = replyTo;
    draft.tempId = tempId;
    draft.endsDraft = true; // a timeline is what a composer writes to
    worker->sendMessage(room, std::move(draft));
}

void Client::Private::edit(const RoomId& room, RowId row, std::string text)
{
    command([room, row, text = std::move(text)](Engine& engine) {
        return engine.edit(room, row, text);
    });
}

void Client::Private::remove(const RoomId& room, RowId row)
{
    command([room, row](Engine& engine) { return engine.remove(room, row); });
}

void Client::Private::react(const RoomId& room, RowId row, std::string key, bool on)
{
    command([room, row, key = std::move(key), on](Engine& engine) {
        return engine.react(room, row, key, on);
    });
}

void Client::Private::pin(const RoomId& room, RowId row, bool on)
{
    command([room, row, on](Engine& engine) { return engine.pin(room, row, on); });
}

void Client::Private::retry(const TempId& tempId)
{
    command([tempId](Engine& engine) { return engine.retry(tempId); });
}

void Client::Private::discard(const TempId& tempId)
{
    command([tempId](Engine& engine) { return engine.discard(tempId); });
}

void Client::Private::setRoomOpen(const RoomId& room, bool open)
{
    post([room, open](Engine& engine) { open ? engine.openRoom(room) : engine.closeRoom(room); });
}

void Client::Private::markRead(const RoomId& room, Seq seq)
{
    post([room, seq](Engine& engine) { engine.markRead(room, seq); });
}

void Client::Private::wantHistory(const RoomId& room, Seq before)
{
    post([room, before](Engine& engine) { engine.wantHistory(room, before); });
}

void Client::Private::wantAround(const RoomId& room, Seq seq)
{
    post([room, seq](Engine& engine) { engine.wantAround(room, seq); });
}

TimelineModel* Client::Private::findTimeline(const QString& roomId) const
{
    for (TimelineModel* timeline : timelines)
        if (timeline->roomId() == roomId)
            return timeline;
    return nullptr;
}

void Client::Private::dropTimelines()
{
    for (TimelineModel* timeline : std::exchange(timelines, {}))
        timeline->deleteLater();
}

void Client::Private::history(const RoomId& room, qint64 beforeSeq, int limit, int triesLeft,
                              std::function<void(const skein::Result<skein::offline::Page>&)> done)
{
    if (!reader) {
        done(skein::fail(skein::ErrorCode::Unauthenticated, "not signed in"));
        return;
    }
    static constexpr int kAgainMs = 250;
    PageRequest request;
    request.ticket = nextPage++;
    request.room = room;
    request.kind = beforeSeq > 0 ? PageRequest::Kind::Before : PageRequest::Kind::Newest;
    request.position = beforeSeq;
    request.limit = static_cast<std::size_t>(std::max(limit, 1));
    const int mine = entry;
    const auto answer = [this, room, beforeSeq, limit, triesLeft, done = std::move(done),
                         mine](const skein::Result<skein::offline::Page>& page) {
        const bool hole = page && std::any_of(page->rows.begin(), page->rows.end(),
                                              [](const auto& row) { return row.isHole(); });
        const bool whole =
            !page ||
            (!hole && (page->atOldest || page->rows.size() >= static_cast<std::size_t>(limit)));
        if (whole || triesLeft <= 0 || mine != entry) {
            done(page);
            return;
        }
        Seq before(beforeSeq);
        for (const auto& row : page->rows) {
            if (row.isHole()) {
                before = row.holeHi.next();
                break;
            }
            if (row.seq)
                before = row.seq;
        }
        wantHistory(room, before);
        QTimer::singleShot(kAgainMs, this, [this, room, beforeSeq, limit, triesLeft, done] {
            history(room, beforeSeq, limit, triesLeft - 1, done);
        });
    };
    pages.emplace(request.ticket, Asked{nullptr, 0, answer});
    reader->request(request);
}

// ---- life and settings
// -------------------------------------------------------------------------------------------

Client::Client(QObject* parent)
    : QObject(parent)
    , d(new Private(*this))
{
}

Client::~Client()
{
    // Quietly: who listens to a client that is being deleted would find it half gone.
    blockSignals(true);
    d->end();
}

QUrl Client::serverUrl() const
{
    return d->serverUrl;
}
QString Client::dataDir() const
{
    return d->dataDir;
}
QString Client::deviceName() const
{
    return d->deviceName;
}
bool Client::allowInsecureServer() const
{
    return d->allowInsecure;
}
bool Client::allowPlainTokenFile() const
{
    return d->allowPlainFile;
}
bool Client::tokenKeptNowhere() const
{
    return d->keptNowhere;
}
bool Client::useKeychain() const
{
    return d->useKeychain;
}

void Client::setServerUrl(const QUrl& url)
{
    if (d->serverUrl == url)
        return;
    d->serverUrl = url;
    Q_EMIT serverUrlChanged();
}

void Client::setDataDir(const QString& dir)
{
    if (d->dataDir == dir || d->signedIn)
        return;
    d->dataDir = dir;
    Q_EMIT dataDirChanged();
}

void Client::setDeviceName(const QString& name)
{
    if (d->deviceName == name)
        return;
    d->deviceName = name;
    Q_EMIT deviceNameChanged();
}

void Client::setAllowInsecureServer(bool allow)
{
    if (std::exchange(d->allowInsecure, allow) != allow)
        Q_EMIT allowInsecureServerChanged();
}

void Client::setAllowPlainTokenFile(bool allow)
{
    if (std::exchange(d->allowPlainFile, allow) == allow)
        return;
    d->vault.setAllowPlainFile(allow);
    if (allow && d->signedIn)
        d->saveToken();
    Q_EMIT allowPlainTokenFileChanged();
}

void Client::setUseKeychain(bool use)
{
    if (std::exchange(d->useKeychain, use) == use)
        return;
    d->vault.setUseKeychain(use);
    Q_EMIT useKeychainChanged();
}

void Client::setLogSink(skein::LogSink sink)
{
    d->logSink = std::move(sink);
}
skein::Metrics& Client::metrics()
{
    return d->metrics;
}

// ---- properties
// --------------------------------------------------------------------------------------------------

bool Client::signedIn() const
{
    return d->signedIn;
}
bool Client::busy() const
{
    return d->busy;
}
QString Client::userId() const
{
    return d->account.userId;
}
QString Client::userName() const
{
    return d->account.userName;
}
QString Client::displayName() const
{
    return d->account.displayName;
}
Client::State Client::state() const
{
    return static_cast<State>(d->link.link);
}
bool Client::online() const
{
    return d->link.link == Link::Live || d->link.link == Link::CatchingUp;
}

static_assert(static_cast<int>(Link::SignedOut) == Client::SignedOut &&
              static_cast<int>(Link::Live) == Client::Live &&
              static_cast<int>(Link::Stopped) == Client::Stopped);

QString Client::stateText() const
{
    if (d->storeClosed)
        return display::errorSentence(d->storeClosed->code);
    switch (d->link.link) {
    case Link::SignedOut:
        return translated("Signed out");
    case Link::Offline:
        return translated("No network");
    case Link::Waiting:
        return translated("Waiting to reconnect");
    case Link::Connecting:
        return translated("Connecting…");
    case Link::SigningIn:
        return translated("Signing in…");
    case Link::CatchingUp:
        return translated("Catching up…");
    case Link::Live:
        return viaHttp() ? translated("Connected over HTTP") : translated("Connected");
    case Link::Stopped:
        return translated("Disconnected");
    }
    return {};
}

bool Client::viaHttp() const
{
    return online() && d->link.via == skein::engine::Via::Http;
}

Client::TransportMode Client::transportMode() const
{
    return static_cast<TransportMode>(d->transports);
}

void Client::setTransportMode(TransportMode mode)
{
    const auto value = static_cast<skein::engine::TransportMode>(mode);
    if (std::exchange(d->transports, value) != value)
        Q_EMIT transportModeChanged();
}

QString Client::errorText() const
{
    return d->error ? display::errorSentence(d->error->code) : QString();
}
QString Client::errorCode() const
{
    return d->error ? display::text(skein::wireName(d->error->code)) : QString();
}
int Client::retryInSeconds() const
{
    return d->retryInSeconds;
}
RoomListModel* Client::rooms() const
{
    return d->rooms;
}
int Client::unreadTotal() const
{
    return d->unreadTotal;
}
int Client::queuedCount() const
{
    return static_cast<int>(d->outbox.queued + d->outbox.inFlight);
}
int Client::failedCount() const
{
    return static_cast<int>(d->outbox.failed);
}
int Client::untoldDrafts() const
{
    return static_cast<int>(d->outbox.drafts);
}
int Client::slowedSeconds() const
{
    return d->slowedSeconds;
}

// ---- commands
// ----------------------------------------------------------------------------------------------------

void Client::retryNow()
{
    d->post([](Engine& engine) { engine.retryNow(); });
}

void Client::retryAllFailed()
{
    d->command([](Engine& engine) { return engine.retryAll(); });
}

QString Client::createRoom(RoomKind kind, const QString& name, const QStringList& members)
{
    if (!d->worker)
        return {};
    std::vector<std::string> names;
    for (const QString& member : members)
        names.push_back(display::utf8(member));
    const QString key = display::text(d->newTempId().str());
    d->worker->createRoom(key, static_cast<skein::protocol::RoomKind>(kind), display::utf8(name),
                          std::move(names));
    return key;
}

static_assert(static_cast<int>(skein::protocol::RoomKind::Direct) == Client::Direct);

QString Client::openDirect(const QString& userName)
{
    return createRoom(Direct, {}, {userName});
}

TimelineModel* Client::timeline(const QString& roomId)
{
    if (roomId.isEmpty() || !d->signedIn)
        return nullptr;
    auto& timelines = d->timelines;
    const auto found =
        std::find_if(timelines.begin(), timelines.end(),
                     [&roomId](const TimelineModel* model) { return model->roomId() == roomId; });
    if (found != timelines.end()) {
        timelines.splice(timelines.begin(), timelines, found);
        return timelines.front();
    }
    auto* model = new TimelineModel(roomId, *d, this);
    QQmlEngine::setObjectOwnership(model, QQmlEngine::CppOwnership);
    model->setOwnUser(skein::UserId(display::utf8(d->account.userId)), d->account.displayName);
    model->setTypingText(typingText(roomId));
    if (const auto* row = d->rooms->find(roomId))
        model->applyRoom(*row);
    timelines.push_front(model);
    for (auto it = std::prev(timelines.end());
         static_cast<int>(timelines.size()) > kTimelinesMax && it != timelines.begin();) {
        TimelineModel* oldest = *it;
        const auto previous = std::prev(it);
        // What is on screen, and what exists nowhere else, stays.
        if (!oldest->active() && !oldest->hasUnstoredRows()) {
            timelines.erase(it);
            oldest->deleteLater();
        }
        it = previous;
    }
    model->start();
    return model;
}

void Client::setTyping(const QString& roomId, bool on)
{
    d->post([room = d->roomIdOf(roomId), on](Engine& engine) { engine.typing(room, on); });
}

QString Client::typingText(const QString& roomId) const
{
    return display::typingSentence(d->typing.value(roomId));
}

void Client::markAllRead(const QString& roomId)
{
    if (const auto* row = d->rooms->find(roomId); row && row->head > row->read)
        d->markRead(row->room, row->head);
}

void Client::setAway(bool away)
{
    d->post([away](Engine& engine) {
        engine.setPresence(away ? skein::protocol::PresenceStatus::Away
                                : skein::protocol::PresenceStatus::Online);
    });
}

QVariantList Client::members(const QString& roomId) const
{
    QVariantList list = d->members.value(roomId);
    for (QVariant& entry : list) {
        QVariantMap map = entry.toMap();
        const QString word = d->presence.value(map.value(QStringLiteral("userId")).toString());
        if (!word.isEmpty())
            map.insert(QStringLiteral("presence"), word);
        entry = map;
    }
    return list;
}

QVariantList Client::metricsSnapshot() const
{
    QVariantList list;
    for (const skein::Metrics::Sample& sample : d->metrics.snapshot()) {
        const bool histogram = sample.kind == skein::Metrics::Sample::Kind::Histogram;
        const QString kind = histogram ? QStringLiteral("histogram")
                             : sample.kind == skein::Metrics::Sample::Kind::Gauge
                                 ? QStringLiteral("gauge")
                                 : QStringLiteral("counter");
        QVariantMap map{{QStringLiteral("name"), display::text(sample.name)},
                        {QStringLiteral("kind"), kind},
                        {QStringLiteral("value"), static_cast<qint64>(sample.value)}};
        if (histogram) {
            map.insert(QStringLiteral("p50Ms"), static_cast<double>(sample.p50Us) / 1000.0);
            map.insert(QStringLiteral("p95Ms"), static_cast<double>(sample.p95Us) / 1000.0);
            map.insert(QStringLiteral("p99Ms"), static_cast<double>(sample.p99Us) / 1000.0);
        }
        list << map;
    }
    return list;
}

QString Client::sendMessage(const QString& roomId, const QString& text, qint64 replySeq)
{
    if (!d->worker || roomId.isEmpty())
        return {};
    skein::engine::Draft draft;
    draft.body = display::utf8(text);
    draft.tempId = d->newTempId();
    if (replySeq > 0)
        draft.replyTo = Seq(replySeq);
    const QString key = display::text(draft.tempId.str());
    d->worker->sendMessage(d->roomIdOf(roomId), std::move(draft));
    return key;
}

void Client::setWatched(const QString& roomId, bool watched)
{
    d->setRoomOpen(d->roomIdOf(roomId), watched);
}

void Client::markReadTo(const QString& roomId, qint64 seq)
{
    d->markRead(d->roomIdOf(roomId), Seq(seq));
}

void Client::readHistory(const QString& roomId, qint64 beforeSeq, int limit,
                         std::function<void(const skein::Result<skein::offline::Page>&)> done)
{
    static constexpr int kTries = 12; // three seconds in all
    d->history(d->roomIdOf(roomId), beforeSeq, limit, kTries, std::move(done));
}

} // namespace Skein
