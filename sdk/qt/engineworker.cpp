#include "sdk/qt/engineworker.h"

#include "offline/store.h"
#include "sdk/qt/displaytext.h"

#include <QMetaObject>

#include <algorithm>
#include <ctime>
#include <utility>

namespace Skein
{

using skein::Error;
using skein::RoomId;
using skein::TempId;

namespace
{

constexpr qint64 kSleepMaxMs = 60'000;
constexpr qsizetype kKeysMax = 1'000;

/// A clock that goes on while the machine sleeps; where the system has none, the wall clock, whose
/// jumps cost one needless probe.
std::int64_t clockWithSleepMs()
{
#if defined(Q_OS_LINUX)
    timespec time{};
    if (clock_gettime(CLOCK_BOOTTIME, &time) == 0)
        return std::int64_t{time.tv_sec} * 1000 + time.tv_nsec / 1'000'000;
#endif
    return skein::SystemClock().wallNow().ms;
}

} // namespace

EngineWorker::EngineWorker(Setup setup, skein::Metrics& metrics)
    : m_setup(std::move(setup))
    , m_metrics(metrics)
{
    // As children they follow this object to its thread.
    m_wakeup.setParent(this);
    m_work.setParent(this);
    m_wakeup.setSingleShot(true);
    m_wakeup.setTimerType(Qt::PreciseTimer);
    m_work.setSingleShot(true);
    m_work.setInterval(0);
    m_openAgain.setParent(this);
    m_openAgain.setSingleShot(true);
    connect(&m_openAgain, &QTimer::timeout, this, &EngineWorker::open);
    connect(&m_wakeup, &QTimer::timeout, this, &EngineWorker::wakeUp);
    connect(&m_work, &QTimer::timeout, this, &EngineWorker::workSlice);
}

EngineWorker::~EngineWorker()
{
    shutDown();
}

void EngineWorker::open()
{
    skein::offline::StoreOptions options;
    options.path = display::utf8(m_setup.storePath);
    auto store = skein::offline::Store::open(options);
    if (!store && store.error().code == skein::ErrorCode::StorageCorrupt) {
        // Nothing is deleted: the damaged file is put aside, and what the user wrote is brought
        // over.
        auto recovered = skein::offline::Store::recover(options, m_clock.wallNow());
        if (recovered)
            store = std::move(recovered->store);
        else
            store = skein::fail(recovered.error());
    }
    if (!store) {
        storeNotOpened(store.error());
        return;
    }
    m_notOpen.reset();
    m_store = std::move(*store);
    m_transport = std::make_unique<SocketTransport>(m_setup.socketUrl);
    m_http = std::make_unique<HttpTransport>(m_setup.framesUrl, m_clock);
    skein::engine::Host host{m_clock,
                             m_random,
                             *m_transport,
                             *this,
                             *this,
                             m_metrics,
                             skein::Logger(m_setup.logSink, "engine", skein::LogLevel::Debug),
                             m_http.get()};
    m_engine = std::make_unique<skein::engine::Engine>(*m_store, std::move(host), m_setup.config);
    connectTransports();
    Q_EMIT opened();
    run([this](auto& engine) {
        for (const auto& [room, draft] : std::exchange(m_earlyDrafts, {})) {
            // A room that is not known any more has no composer either.
            (void)engine.setDraft(room, draft.text, draft.replyTo, draft.base);
        }
        engine.start();
        Q_EMIT outboxTold(engine.outbox());
    });
}

void EngineWorker::storeNotOpened(const Error& error)
{
    const bool news = !m_notOpen || m_notOpen->code != error.code;
    m_notOpen = error;
    if (error.code != skein::ErrorCode::StorageVersion) {
        const std::size_t step = std::min(m_openTries++, kOpenAgainMs.size() - 1);
        m_openAgain.start(kOpenAgainMs[step]);
    }
    if (news)
        Q_EMIT storeFailed(error);
}

void EngineWorker::connectTransports()
{
    using skein::engine::Via;
    const auto view = [](const QByteArray& bytes) {
        return std::string_view(bytes.constData(), static_cast<std::size_t>(bytes.size()));
    };
    connect(m_transport.get(), &SocketTransport::opened, this,
            [this] { run([](auto& engine) { engine.transportOpened(Via::Socket); }); });
    connect(m_transport.get(), &SocketTransport::closed, this,
            [this, view](int code, const QByteArray& reason) {
                run([&](auto& engine) {
                    engine.transportClosed(static_cast<std::uint16_t>(code), view(reason),
                                           Via::Socket);
                });
            });
    connect(m_transport.get(), &SocketTransport::received, this,
            [this, view](const QByteArray& text) {
                run([&](auto& engine) { engine.frameReceived(view(text), Via::Socket); });
            });
    connect(
        m_transport.get(), &SocketTransport::decoded, this,
        [this](const std::shared_ptr<DecodedFrame>& decoded) {
            run([&](auto& engine) { engine.frameDecoded(std::move(decoded->frame), Via::Socket); });
        });
    connect(m_transport.get(), &SocketTransport::partReceived, this,
            [this] { run([](auto& engine) { engine.partReceived(Via::Socket); }); });
    connect(m_http.get(), &HttpTransport::partReceived, this,
            [this] { run([](auto& engine) { engine.partReceived(Via::Http); }); });
    connect(m_http.get(), &HttpTransport::opened, this,
            [this] { run([](auto& engine) { engine.transportOpened(Via::Http); }); });
    connect(m_http.get(), &HttpTransport::closed, this,
            [this, view](int code, const QByteArray& reason, qint64 retryAfterMs) {
                run([&](auto& engine) {
                    std::optional<skein::Milliseconds> wait;
                    if (retryAfterMs >= 0)
                        wait = skein::Milliseconds(retryAfterMs);
                    engine.transportClosed(static_cast<std::uint16_t>(code), view(reason),
                                           Via::Http, wait);
                });
            });
    connect(m_http.get(), &HttpTransport::received, this, [this, view](const QByteArray& text) {
        run([&](auto& engine) { engine.frameReceived(view(text), Via::Http); });
    });
}

void EngineWorker::wakeUp()
{
    const skein::MonoTime now = m_clock.now();
    const bool slept = m_sleep.slept(now, clockWithSleepMs()) ||
                       skein::engine::SuspendWatch::late(m_wakeupPlanned, now);
    run([slept](auto& engine) {
        if (slept)
            engine.resumed();
        engine.tick();
    });
}

void EngineWorker::shutDown()
{
    m_wakeup.stop();
    m_work.stop();
    m_openAgain.stop();
    if (m_engine)
        m_engine->stop();
    m_engine.reset();
    m_transport.reset();
    m_http.reset();
    m_store.reset();
}

void EngineWorker::post(Command command)
{
    QMetaObject::invokeMethod(
        this, [this, command = std::move(command)] { run(command); }, Qt::QueuedConnection);
}

void EngineWorker::run(const Command& command)
{
    if (!m_engine)
        return;
    command(*m_engine);
    schedule();
}

void EngineWorker::schedule()
{
    if (!m_engine)
        return;
    // A timer of 0 ms comes after everything that was posted: a command of the user overtakes
    // background work.
    if (m_engine->hasWork()) {
        if (!m_work.isActive())
            m_work.start();
        // Many frames may come before that turn; what is next is asked once behind them. The moment
        // that was planned before holds until then.
        if (m_wakeup.isActive())
            return;
    }
    const skein::MonoTime at = m_engine->nextWakeupAt();
    const qint64 now = m_clock.now().ms;
    const qint64 wait = std::clamp<qint64>(at.ms > now ? at.ms - now : 0, 0, kSleepMaxMs);
    m_wakeupPlanned = {now + wait};
    m_wakeup.start(static_cast<int>(wait));
}

void EngineWorker::workSlice()
{
    run([](auto& engine) { engine.work(); });
}

void EngineWorker::createRoom(const QString& key, skein::protocol::RoomKind kind, std::string name,
                              std::vector<std::string> members)
{
    const auto create = [this, key, kind, name = std::move(name),
                         members = std::move(members)](auto& engine) {
        const auto made = engine.createRoom(kind, name, members);
        if (!made) {
            Q_EMIT commandRefused(key, made.error());
            return;
        }
        if (m_keys.size() >= kKeysMax)
            m_keys.clear();
        m_keys.insert(display::text(made->str()), key);
    };
    runOr(create, [this, key](const Error& error) { Q_EMIT commandRefused(key, error); });
}

void EngineWorker::sendMessage(const RoomId& room, skein::engine::Draft draft)
{
    const QString tempId = display::text(draft.tempId.str());
    const auto refused = [this, room, tempId](const Error& error) {
        Q_EMIT enqueueFailed(room, tempId, error);
    };
    runOr(
        [room, refused, draft = std::move(draft)](auto& engine) {
            if (const auto sent = engine.send(room, draft); !sent)
                refused(sent.error());
        },
        refused);
}

void EngineWorker::setDraft(const RoomId& room, std::string text, skein::Seq replyTo,
                            std::optional<skein::Rev> base)
{
    runOr(
        [this, room, text, replyTo, base](auto& engine) {
            if (const auto done = engine.setDraft(room, text, replyTo, base); !done)
                Q_EMIT commandRefused({}, done.error());
            Q_EMIT draftStored(room);
        },
        [this, room, text, replyTo, base](const Error&) {
            m_earlyDrafts.insert_or_assign(room, EarlyDraft{text, replyTo, base});
            Q_EMIT draftStored(room);
        });
}

// Of what must not just be dropped while there is no engine.
void EngineWorker::runOr(Command command, std::function<void(const Error&)> refused)
{
    QMetaObject::invokeMethod(
        this,
        [this, command = std::move(command), refused = std::move(refused)] {
            if (m_engine)
                run(command);
            else if (m_notOpen)
                refused(*m_notOpen);
        },
        Qt::QueuedConnection);
}

QString EngineWorker::keyOf(const TempId& tempId)
{
    const QString id = display::text(tempId.str());
    return m_keys.contains(id) ? m_keys.take(id) : id;
}

void EngineWorker::linkChanged(const skein::engine::LinkState& state)
{
    Q_EMIT linkTold(state);
}
void EngineWorker::roomsChanged(const std::vector<skein::offline::RoomRow>& changed,
                                const std::vector<RoomId>& removed)
{
    Q_EMIT roomsTold(changed, removed);
}
void EngineWorker::timelineChanged(const skein::engine::TimelineChange& change)
{
    Q_EMIT timelineTold(change);
}
void EngineWorker::typingChanged(const RoomId& room, const TypingUsers& users)
{
    Q_EMIT typingTold(room, users);
}
void EngineWorker::presenceChanged(const std::vector<skein::protocol::PresenceInfo>& users)
{
    Q_EMIT presenceTold(users);
}
void EngineWorker::outboxChanged(const skein::engine::OutboxState& state)
{
    Q_EMIT outboxTold(state);
}
void EngineWorker::roomCreated(const TempId& tempId, const RoomId& room)
{
    Q_EMIT roomMade(keyOf(tempId), room);
}
void EngineWorker::commandFailed(const TempId& tempId, const Error& error)
{
    Q_EMIT commandRefused(keyOf(tempId), error);
}
void EngineWorker::receiptsChanged(const RoomId& room)
{
    Q_EMIT receiptsTold(room);
}

void EngineWorker::membersLoaded(const RoomId& room,
                                 const std::vector<skein::protocol::MemberInfo>& members)
{
    Q_EMIT membersTold(room, members);
}
void EngineWorker::requestToken(bool rejected)
{
    Q_EMIT tokenWanted(rejected);
}

} // namespace Skein
