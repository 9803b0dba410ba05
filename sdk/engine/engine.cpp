// The public face: everything is forwarded to the parts in engineimpl.h.
#include "sdk/engine/engine.h"

#include "sdk/engine/engineimpl.h"

namespace skein::engine
{

Engine::Impl::Impl(offline::Store& store, Host host, Config config)
    : m_store(store)
    , m_host(std::move(host))
    , m_config(std::move(config))
    , m_ladder(m_config.transports, m_host.http != nullptr)
    , m_sendConfirmed(m_host.metrics.histogram("send_confirmed"))
    , m_connectTime(m_host.metrics.histogram("connect"))
    , m_catchUp(m_host.metrics.histogram("catch_up"))
    , m_enqueueTime(m_host.metrics.histogram("store_enqueue"))
    , m_reconnects(m_host.metrics.counter("reconnects"))
    , m_badFrames(m_host.metrics.counter("frames_bad"))
    , m_storeErrors(m_host.metrics.counter("store_errors"))
    , m_queuedGauge(m_host.metrics.gauge("outbox_queued"))
    , m_inFlightGauge(m_host.metrics.gauge("outbox_in_flight"))
    , m_failedGauge(m_host.metrics.gauge("outbox_failed"))
    , m_climbs(m_host.metrics.counter("transport_climbs"))
    , m_climbsFailed(m_host.metrics.counter("transport_climbs_failed"))
    , m_httpSessions(m_host.metrics.counter("transport_http_sessions"))
    , m_socketBreaker(m_host.metrics.gauge("breaker_socket"))
    , m_httpBreaker(m_host.metrics.gauge("breaker_frames"))
{
    for (offline::RoomRecord& record : m_store.rooms().load()) {
        Room room;
        const offline::RoomKey key = record.key;
        const RoomId id = record.row.room;
        room.rec = std::move(record);
        room.membersAsOf = room.rec.synced;
        m_byKey.emplace(key, &m_rooms.emplace(id, std::move(room)).first->second);
    }
    for (const offline::RoomKey key : m_store.positions().rooms()) {
        if (Room* room = roomByKey(key)) // the index of a damaged file may name more
            room->tracked = true;
    }
    m_storeWasEmpty = m_rooms.empty();
    loadOutbox();
    loadDrafts();
    // Who this store belongs to. The journal's entry makes it a write in any case, and synced: what
    // the last process wrote and died before syncing is shown as waiting from now on. A failure
    // shows itself in the first write that matters.
    auto transaction = m_store.begin(offline::Durability::User);
    m_store.setFact(offline::Store::kUser, m_config.user.str());
    m_store.setFact(offline::Store::kUserName, m_config.userName);
    m_store.setFact(offline::Store::kDevice, m_config.device.str());
    m_store.setSelf(m_config.user);
    m_store.users().setName(m_config.user, m_config.userName);
    const std::int64_t wallMs = m_host.clock.wallNow().ms;
    m_store.journal().trim(wallMs);
    m_store.journal().add({wallMs, offline::Happening::Started, 0, {}, 0, {}});
    if (const auto done = transaction.commit(); !done)
        m_host.logger.error("store: " + toString(done.error()));
}

Engine::Engine(offline::Store& store, Host host, Config config)
    : m_impl(std::make_unique<Impl>(store, std::move(host), std::move(config)))
{
}
Engine::~Engine() = default;

void Engine::start()
{
    m_impl->start();
}
void Engine::stop()
{
    m_impl->settleConfirms();
    m_impl->stop();
}
void Engine::networkReachable(bool reachable)
{
    m_impl->settleConfirms();
    m_impl->networkReachable(reachable);
}
void Engine::retryNow()
{
    m_impl->settleConfirms();
    m_impl->retryNow();
}
void Engine::resumed()
{
    m_impl->settleConfirms();
    m_impl->resumed();
}
void Engine::transportOpened(Via via)
{
    m_impl->settleConfirms();
    m_impl->transportOpened(via);
}
void Engine::transportClosed(std::uint16_t closeCode, std::string_view reason, Via via,
                             std::optional<Milliseconds> retryAfter)
{
    m_impl->settleConfirms(false);
    m_impl->transportClosed(closeCode, reason, via, retryAfter);
}
void Engine::frameReceived(std::string_view text, Via via)
{
    m_impl->frameDecoded(protocol::decodeServerFrame(text), via);
}
void Engine::frameDecoded(Result<protocol::ServerFrame> frame, Via via)
{
    m_impl->frameDecoded(std::move(frame), via);
}
void Engine::partReceived(Via via)
{
    m_impl->partReceived(via);
}
void Engine::tokenReady(Result<std::string> token)
{
    m_impl->settleConfirms();
    m_impl->tokenReady(std::move(token));
}
void Engine::tick()
{
    m_impl->settleConfirms();
    m_impl->tick();
}
MonoTime Engine::nextWakeupAt() const
{
    return m_impl->nextWakeupAt();
}
bool Engine::hasWork() const
{
    return m_impl->hasWork();
}
void Engine::work()
{
    m_impl->work();
}
Result<TempId> Engine::send(const RoomId& room, const Draft& draft)
{
    m_impl->settleConfirms();
    return m_impl->send(room, draft);
}
Result<TempId> Engine::edit(const RoomId& room, offline::RowId row, std::string body)
{
    m_impl->settleConfirms();
    return m_impl->edit(room, row, std::move(body));
}
Result<TempId> Engine::remove(const RoomId& room, offline::RowId row)
{
    m_impl->settleConfirms();
    return m_impl->remove(room, row);
}
Result<TempId> Engine::react(const RoomId& room, offline::RowId row, std::string key, bool on)
{
    m_impl->settleConfirms();
    return m_impl->react(room, row, std::move(key), on);
}
Result<TempId> Engine::pin(const RoomId& room, offline::RowId row, bool on)
{
    m_impl->settleConfirms();
    return m_impl->pin(room, row, on);
}
Result<TempId> Engine::updateRoom(const RoomId& room, const RoomEdit& edit)
{
    m_impl->settleConfirms();
    return m_impl->updateRoom(room, edit);
}
Result<void> Engine::retry(const TempId& tempId)
{
    m_impl->settleConfirms();
    return m_impl->retry(tempId);
}
Result<void> Engine::retryAll()
{
    m_impl->settleConfirms();
    return m_impl->retryAll();
}
Result<void> Engine::discard(const TempId& tempId)
{
    m_impl->settleConfirms();
    return m_impl->discard(tempId);
}
Result<void> Engine::setDraft(const RoomId& room, std::string text, Seq replyTo,
                              std::optional<Rev> base)
{
    m_impl->settleConfirms();
    return m_impl->setDraft(room, std::move(text), replyTo, base);
}
Result<void> Engine::settleOtherDraft(const RoomId& room, bool keep)
{
    m_impl->settleConfirms();
    return m_impl->settleOtherDraft(room, keep);
}
Result<TempId> Engine::createRoom(protocol::RoomKind kind, std::string name,
                                  std::vector<std::string> members)
{
    m_impl->settleConfirms();
    return m_impl->createRoom(kind, std::move(name), std::move(members));
}
Result<TempId> Engine::setMember(const RoomId& room, const UserId& user,
                                 std::optional<protocol::Role> role)
{
    m_impl->settleConfirms();
    return m_impl->setMember(room, user, role);
}
void Engine::openRoom(const RoomId& room)
{
    m_impl->settleConfirms();
    m_impl->openRoom(room);
}
void Engine::closeRoom(const RoomId& room)
{
    m_impl->settleConfirms();
    m_impl->closeRoom(room);
}
void Engine::markRead(const RoomId& room, Seq seq)
{
    m_impl->settleConfirms();
    m_impl->markRead(room, seq);
}
void Engine::wantHistory(const RoomId& room, Seq before)
{
    m_impl->settleConfirms();
    m_impl->wantHistory(room, before);
}
void Engine::wantAround(const RoomId& room, Seq seq)
{
    m_impl->settleConfirms();
    m_impl->wantAround(room, seq);
}
void Engine::wantFiltered(const RoomId& room, const std::string& filter, Seq before)
{
    m_impl->wantFiltered(room, filter, before);
}
void Engine::typing(const RoomId& room, bool on)
{
    m_impl->settleConfirms();
    m_impl->typing(room, on);
}
void Engine::setPresence(protocol::PresenceStatus status)
{
    m_impl->settleConfirms();
    m_impl->setPresence(status);
}
const LinkState& Engine::link() const
{
    return m_impl->link();
}
OutboxState Engine::outbox() const
{
    m_impl->settleConfirms();
    return m_impl->outbox();
}

} // namespace skein::engine
