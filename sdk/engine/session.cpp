// One connection after another: token, transport, hello, welcome, heartbeat, and what follows each
// way of ending.
#include "sdk/engine/engineimpl.h"

#include <algorithm>
#include <cstdlib>

namespace skein::engine
{
namespace
{

ErrorCode codeOf(std::uint16_t closeCode)
{
    switch (static_cast<protocol::CloseCode>(closeCode)) {
    case protocol::CloseCode::ShuttingDown:
        return ErrorCode::ShuttingDown;
    case protocol::CloseCode::SlowConsumer:
        return ErrorCode::SlowConsumer;
    case protocol::CloseCode::StateLost:
        return ErrorCode::StateLost;
    case protocol::CloseCode::TokenExpired:
        return ErrorCode::TokenExpired;
    case protocol::CloseCode::RateLimited:
        return ErrorCode::RateLimited;
    case protocol::CloseCode::InvalidToken:
        return ErrorCode::TokenInvalid;
    case protocol::CloseCode::ProtocolError:
        return ErrorCode::BadFrame;
    case protocol::CloseCode::UnsupportedVersion:
        return ErrorCode::UnsupportedVersion;
    case protocol::CloseCode::Banned:
        return ErrorCode::Banned;
    case protocol::CloseCode::DeviceRevoked:
        return ErrorCode::DeviceRevoked;
    case protocol::CloseCode::TooManyConnections:
        return ErrorCode::TooManyConnections;
    default:
        return ErrorCode::Transport;
    }
}

/// Of a connection that never became a session.
Ladder::End endOf(std::uint16_t closeCode)
{
    return closeCode == kCloseUnreachable ? Ladder::End::Unreachable
           : closeCode == kCloseHung      ? Ladder::End::Hung
                                          : Ladder::End::NotHad;
}

/// Nothing was heard of the server itself.
bool saysNobodyThere(const Error& error)
{
    return error.code == ErrorCode::Transport || error.code == ErrorCode::Timeout;
}

} // namespace

void Engine::Impl::setLink(Link link, std::optional<Error> error, MonoTime retryAt)
{
    const bool connecting = link == Link::Connecting || link == Link::SigningIn ||
                            link == Link::CatchingUp || link == Link::Live;
    LinkState next{link,
                   std::move(error),
                   retryAt,
                   m_reconnect.attempt(),
                   connecting ? m_via : Via::Socket,
                   m_clockOffsetMs};
    tellBreakers();
    if (next == m_link)
        return;
    noteLink(next);
    m_link = std::move(next);
    m_host.listener.linkChanged(m_link);
}

void Engine::Impl::start()
{
    if (m_started)
        return;
    m_started = true;
    m_reconnect.reset();
    connectNow();
}

void Engine::Impl::stop()
{
    if (!m_started)
        return;
    flushReceipts(MonoTime{INT64_MAX});
    syncReads(MonoTime{INT64_MAX});
    m_started = false;
    dropConnection();
    setLink(Link::SignedOut);
    flushJournal(MonoTime{INT64_MAX});
}

// The system's word is about the way to the internet: a server on this machine or in the local
// network may be as near as ever. So it is a hint, and what ends a connection is silence.
void Engine::Impl::networkReachable(bool reachable)
{
    const bool came = reachable && !m_reachable;
    m_reachable = reachable;
    if (came)
        m_ladder.reset(); // perhaps another network, without the proxy of the last one
    if (!m_started)
        return;
    if (!reachable) {
        if (live())
            probe();
        else if (m_link.link == Link::Waiting && m_link.error && saysNobodyThere(*m_link.error))
            setLink(Link::Offline, makeError(ErrorCode::Offline), *m_reconnectAt);
        return;
    }
    m_reconnect.reset();
    if (m_link.link == Link::Offline || m_link.link == Link::Waiting) {
        connectNow();
    } else if (came && (m_probeDeadline || (m_transportBusy && !live()))) {
        // Of the network that is gone: nothing may ever come of it.
        dropConnection();
        connectNow();
    }
}

void Engine::Impl::retryNow()
{
    if (!m_started || (m_link.link != Link::Waiting && m_link.link != Link::Offline))
        return;
    m_reconnect.reset();
    m_ladder.reset();
    connectNow();
}

void Engine::Impl::connectNow()
{
    m_reconnectAt.reset();
    m_goodbye.reset();
    m_token.reset();
    m_storeMissed.reset();
    m_connectStarted = m_lastHeard = now();
    m_via = m_ladder.choose(m_connectStarted);
    m_transportBusy = true;
    m_transportOpen = false;
    setLink(Link::Connecting);
    wire().open();
    const bool rejected = std::exchange(m_tokenRejected, false);
    if (!m_tokenAsked) {
        m_tokenAsked = true;
        m_host.tokens.requestToken(rejected);
    }
}

void Engine::Impl::tokenReady(Result<std::string> token)
{
    m_tokenAsked = false;
    if (!m_started)
        return;
    const bool forClimb = m_climb && std::exchange(m_climb->asked, false);
    if (!token) {
        if (live()) {
            m_host.logger.warning("token: " + toString(token.error()));
            if (forClimb)
                climbFailed(Ladder::End::NotHad);
            return;
        }
        if (!m_transportBusy)
            return;
        dropConnection();
        if (token.error().retryable)
            reconnectLater(token.error());
        else
            stopFor(token.error());
        return;
    }
    if (live()) {
        if (m_climb && m_climb->open && !m_climb->hello) {
            m_climb->hello = true;
            m_host.transport.send(
                protocol::encode(protocol::ClientFrame(makeHello(*token, m_host.transport))));
        }
        if (!forClimb)
            writeFrame(protocol::TokenRefresh{std::move(*token)});
        return;
    }
    m_token = std::move(*token);
    if (m_transportOpen && m_link.link == Link::Connecting)
        sendHello(*m_token);
}

void Engine::Impl::transportOpened(Via via)
{
    if (via != m_via) {
        if (m_climb && via == Via::Socket)
            climbOpened();
        return;
    }
    if (!m_transportBusy || m_transportOpen)
        return;
    m_transportOpen = true;
    m_lastHeard = now();
    if (m_token)
        sendHello(*m_token);
}

protocol::Hello Engine::Impl::makeHello(const std::string& token, const Transport& over)
{
    protocol::Hello hello;
    hello.vMin = protocol::kVersionMin;
    hello.vMax = protocol::kVersionMax;
    hello.deviceId = m_config.device;
    hello.client = m_config.client;
    hello.token = token;
    hello.caps = over.caps();
    if (std::string kept = m_store.fact(offline::Store::kSyncToken); !kept.empty())
        hello.syncToken = SyncToken(std::move(kept));
    hello.open = fullRooms();
    return hello;
}

void Engine::Impl::sendHello(const std::string& token)
{
    const protocol::Hello hello = makeHello(token, wire());
    setLink(Link::SigningIn);
    writeFrame(hello);
    m_token.reset();
}

void Engine::Impl::heardClock(std::int64_t serverNowMs)
{
    const std::int64_t offset = serverNowMs - m_host.clock.wallNow().ms;
    if (std::abs(offset - m_clockOffsetMs) < kClockStepMs)
        return; // the way here took that long
    m_clockOffsetMs = offset;
    if (live())
        setLink(m_link.link);
}

void Engine::Impl::onWelcome(const protocol::Welcome& frame)
{
    if (m_link.link != Link::SigningIn)
        return;
    if (!m_config.user.empty() && frame.user != m_config.user) {
        // The store would mix two people's rooms.
        dropConnection();
        stopFor(makeError(ErrorCode::TokenInvalid, "signed in as another user"));
        return;
    }
    const MonoTime at = now();
    m_reconnect.connected(at);
    m_ladder.live(m_via, at, m_host.random);
    if (m_via == Via::Http)
        m_httpSessions.add();
    heardClock(frame.now);
    m_connectTime.record((at - m_connectStarted).count() * 1000);
    m_heartbeatMs = std::max<std::int64_t>(frame.heartbeatMs, 1'000);
    m_limits = frame.limits;
    fullGranted();
    m_limiter.reset(frame.limits, at);
    m_slowedUntil.reset();
    m_lastPing = at;
    m_catchUpSince = at;
    m_initialSyncs = 0;
    m_presenceTold = !m_presence;
    m_link.link = Link::CatchingUp; // told below, once the rooms behind are known

    std::vector<RoomId> unknown;
    bool otherLog = false;
    const auto kept = transact(offline::Durability::Cache, [&] {
        for (const protocol::RoomHead& head : frame.dirty) {
            if (Room* room = findRoom(head.room); room && room->rec.member) {
                const Epoch known = room->rec.row.epoch;
                otherLog = otherLog || (known != Epoch() && known != head.epoch);
                applyHead(*room, head);
            } else {
                unknown.push_back(head.room);
            }
        }
        tellAnotherBoot(frame.boot);
        // The token promises "I have heard of everything up to here": kept only when that is true.
        // Rooms not known yet are asked for first; a list cut short goes on as room_dirty; rooms
        // that were left are told behind the welcome, so the first answer after it comes after
        // them.
        if (!frame.more && unknown.empty())
            m_tokenDue = frame.syncToken;
        else
            m_walkToken = frame.syncToken;
    });
    if (!kept && otherLog) {
        // What it holds is of a lost log, and the disk refuses to let go of it: nothing may be sent
        // from that state.
        dropConnection();
        reconnectLater(kept.error());
        return;
    }
    for (const auto& [id, room] : m_rooms) {
        if (room.rec.member && room.rec.infoDue)
            unknown.push_back(id); // what it is called by now
    }
    const bool walk = !m_roomsWalked; // also after a change of epoch
    if (walk) {
        m_walkKnown.clear();
        for (const auto& [id, room] : m_rooms) {
            if (room.rec.member)
                m_walkKnown.insert(id);
        }
        m_walked = 0;
        ask(Ask::RoomsWalk, protocol::RoomsRequest{{}, {}, {}, 100}, {});
    }
    if (!walk || !m_storeWasEmpty) { // else the walk tells of every room
        for (std::size_t i = 0; i < unknown.size(); i += protocol::kRoomsPerFrameMax) {
            const auto end = std::min(unknown.size(), i + protocol::kRoomsPerFrameMax);
            ask(Ask::Rooms,
                protocol::RoomsRequest{{},
                                       {unknown.begin() + static_cast<std::ptrdiff_t>(i),
                                        unknown.begin() + static_cast<std::ptrdiff_t>(end)},
                                       {},
                                       100},
                {});
        }
    }
    for (auto& [id, room] : m_rooms) {
        if (!room.rec.member)
            continue;
        wantInitialSync(room);
        if (room.rec.row.read > room.rec.readTold)
            room.readTo = room.rec.row.read;
        if (room.rec.synced > room.rec.deliveredTold)
            room.deliverTo = std::max(room.deliverTo, room.rec.synced);
        if (room.readTo || room.deliverTo)
            m_receiptRooms.insert(id);
        if (room.open) {
            subscribe(room);
            askMembers(room);
            room.revalidateBudget = kRevalidateSeqsMax;
            revalidate(room);
        }
    }
    if (!m_receiptRooms.empty())
        m_receiptsAt = at;
    m_link.link = Link::SigningIn;
    setLink(Link::CatchingUp);
    draftsAfterWelcome(frame.drafts);
    pumpDrafts(at);
    if (m_presence)
        setPresence(*m_presence);
    pump();
    pumpSync();
    pumpRequests();
    checkLive();
}

void Engine::Impl::checkLive()
{
    keepSyncToken();
    if (!live())
        return;
    bool behind = !m_wantSync.empty() || !m_inbox.empty();
    for (const auto& [id, request] : m_asked)
        behind = behind || request.ask == Ask::Sync || request.ask == Ask::Rooms ||
                 request.ask == Ask::RoomsWalk;
    for (const Request& request : m_waiting)
        behind = behind || request.ask == Ask::Rooms || request.ask == Ask::RoomsWalk;
    if (!behind && m_catchUpSince) {
        m_catchUp.record((now() - *m_catchUpSince).count() * 1000);
        m_catchUpSince.reset();
        setLink(Link::Live);
    }
}

void Engine::Impl::onGoodbye(const protocol::Goodbye& frame)
{
    m_goodbye = frame;
    if (!frame.reconnect) {
        dropConnection();
        stopFor(makeError(frame.code, frame.reason));
    }
    // Else the close follows; what is still on its way is taken.
}

void Engine::Impl::onPing(const protocol::Ping& frame)
{
    writeFrame(protocol::Pong{frame.t, 0, {}});
}

void Engine::Impl::onPong(const protocol::Pong& frame)
{
    deliveriesProved(MonoTime{frame.t});
    if (frame.now > 0)
        heardClock(frame.now);
    // Finds gaps that no event would ever show: the room fell silent after a lost one.
    for (const protocol::RoomHi& hi : frame.heads) {
        Room* room = findRoom(hi.room);
        if (!room || hi.head <= room->rec.row.head)
            continue;
        (void)transact(offline::Durability::Cache, [&] { headHeard(*room, hi.head); });
    }
}

void Engine::Impl::transportClosed(std::uint16_t closeCode, std::string_view reason, Via via,
                                   std::optional<Milliseconds> retryAfter)
{
    if (via != m_via) {
        if (m_climb && via == Via::Socket)
            climbFailed(endOf(closeCode));
        return;
    }
    if (!m_transportBusy)
        return;
    m_transportBusy = m_transportOpen = false;
    const bool wasLive = live();
    // A code of its own can only come from the server: the way to it is fine.
    const bool told = closeCode >= 4000 || m_goodbye;
    m_ladder.ended(m_via,
                   told      ? Ladder::End::Told
                   : wasLive ? Ladder::End::Lost
                             : endOf(closeCode),
                   now(), m_host.random, retryAfter);
    connectionEnded();
    if (!m_started)
        return;
    Error why = makeError(codeOf(closeCode), std::string(reason));
    why.retryAfter = retryAfter;
    if (m_climb && !protocol::isFinal(closeCode)) {
        m_reconnects.add();
        m_tokenRejected = m_tokenRejected || why.code == ErrorCode::TokenExpired;
        promoteClimb();
        return;
    }
    if (protocol::isFinal(closeCode)) {
        why.retryable = false;
        stopFor(std::move(why));
        return;
    }
    if (why.code == ErrorCode::TokenExpired) {
        m_tokenRejected = true;
        // A fresh token and at once, unless even fresh ones expire.
        m_earlyTokenExpiries = wasLive ? 0 : m_earlyTokenExpiries + 1;
        if (m_earlyTokenExpiries <= 1) {
            m_reconnects.add();
            connectNow();
            return;
        }
    }
    reconnectLater(std::move(why));
}

void Engine::Impl::dropConnection(Ladder::End why)
{
    endClimb();
    if (m_transportBusy) {
        m_transportBusy = m_transportOpen = false;
        m_ladder.ended(m_via, why, now(), m_host.random);
        wire().close();
    }
    connectionEnded();
}

void Engine::Impl::connectionEnded()
{
    settleConfirms(false); // what was received counts; there is nobody to send to
    m_probeDeadline.reset();
    m_wroteAt.reset();
    m_unansweredBytes = 0;
    m_syncFast = false; // the next line may be another one
    m_draftsToldHere = false;
    m_token.reset();
    m_catchUpSince.reset();
    m_slowedUntil.reset();
    // Pages that somebody waits for are asked again; the rest is derived anew from the next
    // welcome.
    std::deque<Request> again;
    for (auto& [id, request] : m_asked) {
        if (request.ask == Ask::History || request.ask == Ask::Filtered)
            again.push_back(std::move(request));
    }
    for (Request& request : m_waiting) {
        if (request.ask == Ask::History || request.ask == Ask::Filtered)
            again.push_back(std::move(request));
    }
    m_asked.clear();
    m_subscribed.clear();
    m_infosAt.reset();
    m_waiting = std::move(again);
    for (Request& request : m_waiting)
        request.tries = 0;
    m_wantSync.clear();
    m_unknownRooms.clear();
    m_gaps.clear();
    m_walkToken.reset();
    m_tokenDue.reset();
    m_tokenProved = false;
    // Whole frames were received before the end: they are as good as ever.
    for (auto& [id, room] : m_rooms) {
        room.full = room.membersAsked = false;
        room.sync = SyncPhase::None;
        room.fetched = Seq();
        if (const auto changed = room.queue.connectionLost(); !changed.empty()) {
            note(offline::Happening::ConnectionLost, changed);
            showStates(room, changed);
        }
    }
    note(offline::Happening::ConnectionLost, m_roomless.connectionLost());
    for (const auto& [id, typists] : std::exchange(m_typing, {})) {
        if (!typists.empty())
            m_host.listener.typingChanged(id, {});
    }
    m_typingSent.clear();
    draftsConnectionEnded();
    deliveriesUnproved();
    tellOutbox();
}

void Engine::Impl::reconnectLater(Error why, bool silence)
{
    m_reconnects.add();
    const MonoTime at = now();
    m_serverChose = m_goodbye || why.retryAfter;
    if (m_goodbye) {
        m_reconnectAt =
            m_reconnect.sentAway(at, m_goodbye->afterMs, m_goodbye->jitterMs, m_host.random);
        m_goodbye.reset();
    } else {
        m_reconnectAt = silence && m_reachable ? m_reconnect.silent(at, m_host.random)
                                               : m_reconnect.failed(at, m_host.random);
    }
    if (why.retryAfter)
        m_reconnectAt =
            std::max(*m_reconnectAt, m_reconnect.toldToWait(at, *why.retryAfter, m_host.random));
    if (!m_reachable && saysNobodyThere(why))
        setLink(Link::Offline, makeError(ErrorCode::Offline), *m_reconnectAt);
    else
        setLink(Link::Waiting, std::move(why), *m_reconnectAt);
}

void Engine::Impl::stopFor(Error why)
{
    endClimb();
    if (m_transportBusy)
        dropConnection();
    m_started = false;
    m_reconnectAt.reset();
    setLink(Link::Stopped, std::move(why));
}

} // namespace skein::engine
