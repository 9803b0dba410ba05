// What time brings about: heartbeats, probes, time-outs, and when the engine wants to be called
// again. Whatever tick() looks at has its moment in nextWakeupAt(), and the other way round.
#include "sdk/engine/engineimpl.h"

#include <algorithm>

namespace skein::engine
{

bool Engine::Impl::anythingAwaited() const
{
    return m_wroteAt || !m_asked.empty() || m_roomless.inFlight() > 0 ||
           std::any_of(m_sendable.begin(), m_sendable.end(), [this](offline::RoomKey key) {
               const auto room = m_byKey.find(key);
               return room != m_byKey.end() && room->second->queue.inFlight() > 0;
           });
}

// Looks at each room that sends, so not while answers keep coming.
std::optional<Engine::Impl::Awaited> Engine::Impl::awaited() const
{
    std::optional<Awaited> all;
    const auto add = [&all](MonoTime since, std::size_t bytes) {
        if (!all)
            all.emplace();
        all->since = std::min(all->since, since);
        all->bytes += bytes;
    };
    const auto addQueue = [&add](const SendQueue& queue) {
        if (const auto since = queue.awaitedSince())
            add(*since, queue.bytesInFlight());
    };
    addQueue(m_roomless);
    for (const offline::RoomKey key : m_sendable) {
        if (const auto room = m_byKey.find(key); room != m_byKey.end())
            addQueue(room->second->queue);
    }
    for (const auto& [id, request] : m_asked)
        add(request.sentAt, 0);
    if (m_wroteAt)
        add(*m_wroteAt, 0);
    if (all) // also drafts and marks take their time
        all->bytes = std::max(all->bytes, m_unansweredBytes);
    return all;
}

MonoTime Engine::Impl::connectDeadline() const
{
    // A long welcome over a narrow line takes its time, but it comes.
    return std::max(m_connectStarted + Milliseconds(kConnectTimeoutMs),
                    std::min(m_lastPart + Milliseconds(protocol::kProbeTimeoutMs),
                             m_connectStarted + Milliseconds(kPartsMaxMs)));
}

void Engine::Impl::heartbeat(MonoTime at)
{
    if (!live())
        return;
    const auto silence = (at - m_lastHeard).count();
    if (silence >= m_heartbeatMs + protocol::kHeartbeatGraceMs ||
        (m_probeDeadline && at >= *m_probeDeadline)) {
        dropConnection(Ladder::End::Silent);
        reconnectLater(makeError(ErrorCode::Timeout, "no sign of life"), true);
        return;
    }
    const bool probable = !m_probeDeadline && (at - m_lastAnswer).count() >= kProbeAfterMs;
    const auto waiting = probable ? awaited() : std::nullopt;
    const MonoTime since = waiting ? std::max(m_lastAnswer, waiting->since) : at;
    if (waiting && (at - since).count() >= kProbeAfterMs) {
        m_probeDeadline =
            std::max(since + Milliseconds(protocol::kProbeTimeoutMs),
                     at + Milliseconds(protocol::kProbeTimeoutMs - kProbeAfterMs)) +
            Milliseconds(slowLineMs(waiting->bytes) + (m_via == Via::Http ? kHttpPatienceMs : 0));
        m_lastPing = m_probedAt = at;
        writeFrame(protocol::Ping{at.ms});
    } else if ((at - m_lastPing).count() >= m_heartbeatMs) {
        m_lastPing = at;
        writeFrame(protocol::Ping{at.ms});
    }
}

void Engine::Impl::tick()
{
    const MonoTime at = now();
    flushJournal(at);
    if (m_reconnectAt && at >= *m_reconnectAt && m_started) {
        connectNow();
        return;
    }
    if (m_transportBusy && !live() && at >= connectDeadline()) {
        // An open transport that waits for our own token is not to blame.
        const bool waitsForUs = m_transportOpen && m_link.link == Link::Connecting;
        dropConnection(waitsForUs ? Ladder::End::Dropped : Ladder::End::Hung);
        reconnectLater(makeError(ErrorCode::Timeout, "connecting"));
        return;
    }
    expireTyping(at);
    m_ladder.settle(at);
    heartbeat(at);
    syncReads(at);
    if (!live())
        return;
    climb(at);
    for (const offline::RoomKey key : m_sendable) {
        if (Room* room = roomByKey(key)) {
            if (const auto changed = room->queue.timedOut(at); !changed.empty()) {
                note(offline::Happening::TimedOut, changed);
                showStates(*room, changed);
            }
        }
    }
    for (auto it = m_gaps.begin(); it != m_gaps.end();) {
        if ((at - it->second).count() < kGapGraceMs) {
            ++it;
            continue;
        }
        Room* room = findRoom(it->first);
        it = m_gaps.erase(it);
        if (room)
            wantInitialSync(*room);
    }
    note(offline::Happening::TimedOut, m_roomless.timedOut(at));
    requestTimeouts(at);
    if (m_slowedUntil && at >= *m_slowedUntil)
        m_slowedUntil.reset();
    if (m_syncPausedUntil && at >= *m_syncPausedUntil) {
        m_syncPausedUntil.reset();
        if (m_storeMissed) {
            // Receipts, read states, rooms: each is told once on a connection, and a new one tells
            // where everything stands. The back-off keeps a disk that stays full from hammering.
            m_roomsWalked = false;
            const Error why = *m_storeMissed;
            dropConnection();
            reconnectLater(why);
            return;
        }
    }
    flushReceipts(at);
    draftTimeouts(at);
    askInfos(at);
    if (m_presence && !m_presenceTold)
        setPresence(*m_presence);
    pump();
    pumpSync();
    pumpRequests();
    checkLive();
    tellOutbox();
}

MonoTime Engine::Impl::nextWakeupAt()
{
    MonoTime next{INT64_MAX};
    const MonoTime at = now();
    const auto consider = [&next](std::optional<MonoTime> when) {
        if (when)
            next = std::min(next, *when);
    };
    consider(m_journal.dueAt());
    if (m_started)
        consider(m_reconnectAt);
    if (m_transportBusy && !live())
        consider(connectDeadline());
    for (const auto& [id, typists] : m_typing) {
        for (const Typist& typist : typists)
            consider(typist.until);
    }
    consider(m_readsSyncAt);
    if (!live())
        return next;
    consider(m_lastHeard + Milliseconds(m_heartbeatMs + protocol::kHeartbeatGraceMs));
    consider(m_lastPing + Milliseconds(m_heartbeatMs));
    consider(m_probeDeadline);
    consider(m_receiptsAt);
    consider(m_infosAt);
    consider(draftsWakeupAt(at));
    consider(m_slowedUntil);
    if (m_climb)
        consider(m_climb->since + Milliseconds(kConnectTimeoutMs));
    else if (m_via == Via::Http)
        consider(m_ladder.climbAt());
    consider(m_syncPausedUntil);
    if (!m_probeDeadline && anythingAwaited()) {
        const auto waiting =
            at < m_lastAnswer + Milliseconds(kProbeAfterMs) ? std::nullopt : awaited();
        consider((waiting ? std::max(m_lastAnswer, waiting->since) : m_lastAnswer) +
                 Milliseconds(kProbeAfterMs));
    }
    bool wantsToSend = !m_waiting.empty() || (m_presence && !m_presenceTold);
    const auto considerQueue = [&](const SendQueue& queue) {
        consider(queue.timeoutAt());
        if (queue.notBefore() > at)
            consider(queue.notBefore());
        wantsToSend = wantsToSend || !queue.empty();
    };
    considerQueue(m_roomless);
    for (const offline::RoomKey key : m_sendable) {
        if (const Room* room = roomByKey(key))
            considerQueue(room->queue);
    }
    for (const auto& [id, since] : m_gaps)
        consider(since + Milliseconds(kGapGraceMs));
    for (const auto& [id, request] : m_asked)
        consider(requestDeadline(request));
    if (!m_waiting.empty() && m_asked.size() < kRequestsInFlightMax && canWrite())
        consider(m_limiter.readyAt(FrameClass::Requests, at));
    if (m_presence && !m_presenceTold && canWrite())
        consider(m_limiter.readyAt(FrameClass::Ephemeral, at));
    if (wantsToSend && wire().unsentBytes() >= protocol::kClientUnsentBytesMax)
        consider(at + Milliseconds(kUnsentPollMs));
    return next;
}

} // namespace skein::engine
