// Frames in: what answers a send or keeps the connection is done at once; what fills the store
// waits its turn in slices, so that a send and its confirmation overtake a bulk sync. Frames out:
// requests with their answers.
#include "sdk/engine/engineimpl.h"

#include <algorithm>

namespace skein::engine
{
namespace
{

template <class... Fs>
struct Overloaded : Fs... {
    using Fs::operator()...;
};
template <class... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;

// Frames that change the store of messages keep their order among each other.
bool waitsItsTurn(const protocol::ServerFrame& frame)
{
    return std::visit(Overloaded{[](const protocol::LogEntry&) { return true; },
                                 [](const protocol::RoomDirty&) { return true; },
                                 [](const protocol::RoomAdded&) { return true; },
                                 [](const protocol::RoomRemoved&) { return true; },
                                 [](const protocol::SyncResponse&) { return true; },
                                 [](const protocol::HistoryResponse&) { return true; },
                                 [](const protocol::RevalidateResponse&) { return true; },
                                 [](const protocol::RoomsResponse&) { return true; },
                                 [](const protocol::ReadState&) { return true; },
                                 [](const protocol::Receipts&) { return true; },
                                 [](const auto&) { return false; }},
                      frame);
}

/// It is there because of something that this side has sent.
bool answersOurs(const protocol::ServerFrame& frame)
{
    return std::visit(Overloaded{[](const protocol::Pong&) { return true; },
                                 [](const protocol::Welcome&) { return true; },
                                 [](const protocol::ErrorFrame&) { return true; },
                                 [](const protocol::MessageConfirmed&) { return true; },
                                 [](const protocol::MessagePending&) { return true; },
                                 [](const protocol::MessageFailed&) { return true; },
                                 [](const auto& one) {
                                     if constexpr (requires { one.req; })
                                         return !one.req.empty();
                                     else
                                         return false;
                                 }},
                      frame);
}

} // namespace

void Engine::Impl::partReceived(Via via)
{
    if (via != m_via || !m_transportOpen)
        return;
    m_lastPart = now();
    heard(true);
}

// A sign of life, but not yet that anything of ours gets through: with a line that was cut, what
// comes down is often back seconds before what goes up is sent again.
void Engine::Impl::heard(bool part)
{
    m_lastHeard = now();
    if (!m_probeDeadline)
        return;
    const Milliseconds behind(part ? protocol::kProbeTimeoutMs : kProbeBehindMs);
    const Milliseconds longest(part ? kPartsMaxMs : kProbeMaxMs);
    m_probeDeadline =
        std::max(*m_probeDeadline, std::min(m_lastHeard + behind, m_probedAt + longest));
}

// Something of ours was answered, so this connection carries both ways.
void Engine::Impl::answerHeard()
{
    m_lastAnswer = now();
    m_probeDeadline.reset();
    m_wroteAt.reset();
    m_unansweredBytes = 0;
    m_reconnect.proved();
    m_ladder.proved();
    m_tokenProved = m_tokenDue.has_value();
    keepSyncToken();
}

// What was received before the answer has to be worked off, too.
void Engine::Impl::keepSyncToken()
{
    if (!m_tokenProved || !m_inbox.empty())
        return;
    m_tokenProved = false;
    keepToken(std::exchange(m_tokenDue, std::nullopt));
}

// Not where the disk refused something that this connection told: all of it is heard of, and not
// all kept.
void Engine::Impl::keepToken(const std::optional<SyncToken>& token)
{
    if (!token || m_storeMissed)
        return;
    (void)transact(offline::Durability::Cache,
                   [&] { m_store.setFact(offline::Store::kSyncToken, token->str()); });
}

void Engine::Impl::frameDecoded(Result<protocol::ServerFrame> decoded, Via via)
{
    if (via != m_via) {
        if (m_climb && via == Via::Socket)
            climbFrame(decoded);
        return;
    }
    if (!m_transportOpen)
        return;
    heard(false);
    if (!decoded) {
        // The two sides do not understand each other: nothing after this frame can be trusted to be
        // in step.
        m_badFrames.add();
        m_host.logger.warning("bad frame from the server: " + toString(decoded.error()));
        dropConnection(live() ? Ladder::End::Lost : Ladder::End::NotHad);
        reconnectLater(makeError(ErrorCode::BadFrame, decoded.error().detail));
        return;
    }
    if (!live() && !std::holds_alternative<protocol::Welcome>(*decoded) &&
        !std::holds_alternative<protocol::Goodbye>(*decoded) &&
        !std::holds_alternative<protocol::Ping>(*decoded) &&
        !std::holds_alternative<protocol::ErrorFrame>(*decoded))
        return; // before the welcome nothing else has a meaning
    if (answersOurs(*decoded))
        answerHeard();
    // Those that came in one piece of the stream are settled together, in the host's next turn.
    if (auto* confirmation = std::get_if<protocol::MessageConfirmed>(&*decoded)) {
        m_confirms.push_back(std::move(*confirmation));
        if (m_confirms.size() >= kConfirmsWaitingMax)
            settleConfirms();
        return;
    }
    if (!waitsItsTurn(*decoded)) {
        settleConfirms();
        handle(*decoded);
        return;
    }
    // What comes in numbers waits for those behind it: one transaction for all.
    const bool ofMany =
        std::holds_alternative<protocol::LogEntry>(*decoded) || tellsPosition(*decoded);
    Job& job = m_inbox.emplace_back();
    job.frame = std::move(*decoded);
    if (std::holds_alternative<protocol::SyncResponse>(job.frame))
        syncArrived(job);
    while (m_inbox.size() > kInboxFramesMax)
        work();
    // Nothing is ahead of it: the first slice now.
    if (m_inbox.size() == 1 && !ofMany)
        work();
}

void Engine::Impl::handle(protocol::ServerFrame& frame)
{
    std::visit(Overloaded{[this](const protocol::Welcome& f) { onWelcome(f); },
                          [this](const protocol::MessagePending& f) { onPending(f); },
                          [this](const protocol::MessageFailed& f) { onFailed(f); },
                          [this](const protocol::RoomCreated& f) { onRoomCreated(f); },
                          [this](const protocol::MembersResponse& f) {
                              if (const auto request = answered(f.req))
                                  onMembers(f, *request);
                          },
                          [this](const protocol::DraftChanged& f) { onDraft(f); },
                          [this](const protocol::DraftsResponse& f) {
                              if (answered(f.req))
                                  onDrafts(f);
                          },
                          [this](const protocol::TypingUsers& f) { onTyping(f); },
                          [this](const protocol::PresenceUsers& f) { onPresence(f); },
                          [this](const protocol::ErrorFrame& f) { onError(f); },
                          [this](const protocol::Goodbye& f) { onGoodbye(f); },
                          [this](const protocol::Ping& f) { onPing(f); },
                          [this](const protocol::Pong& f) { onPong(f); },
                          [](const auto&) { /* token_ok, unknown types: nothing to do */ }},
               frame);
}

void Engine::Impl::work()
{
    settleConfirms(); // overtakes the rest
    if (m_inbox.empty()) {
        if (m_store.checkpointDue())
            m_store.checkpoint();
        return;
    }
    if (std::holds_alternative<protocol::LogEntry>(m_inbox.front().frame)) {
        onLogEntries();
        if (m_inbox.empty())
            checkLive();
        return;
    }
    if (tellsPosition(m_inbox.front().frame)) {
        onPositions();
        if (m_inbox.empty())
            checkLive();
        return;
    }
    // A slice may end the connection or stop the engine, but never touches the queue itself.
    if (workOn(m_inbox.front()))
        m_inbox.pop_front();
    if (m_inbox.empty()) {
        pumpSync();
        pumpRequests();
        checkLive();
    }
}

bool Engine::Impl::workOn(Job& job)
{
    bool done = true;
    std::visit(
        Overloaded{[this](const protocol::RoomAdded& f) { onRoomAdded(f.room); },
                   [this](const protocol::RoomRemoved& f) { removeRoom(f.room); },
                   [this](const protocol::RoomsResponse& f) {
                       if (const auto request = answered(f.req))
                           onRooms(f, *request);
                   },
                   [&](const protocol::SyncResponse& f) { done = onSyncSlice(job, f); },
                   [&](const protocol::HistoryResponse& f) { done = onHistorySlice(job, f); },
                   [&](const protocol::RevalidateResponse& f) { done = onRevalidateSlice(job, f); },
                   [](const auto&) {}},
        job.frame);
    return done;
}

bool Engine::Impl::canWrite() const
{
    return m_transportOpen && live() && wire().unsentBytes() < protocol::kClientUnsentBytesMax;
}

std::size_t Engine::Impl::writeFrame(const protocol::ClientFrame& frame)
{
    if (!m_transportOpen)
        return 0;
    std::string text = protocol::encode(frame);
    const std::size_t bytes = text.size();
    wire().send(std::move(text));
    m_unansweredBytes += bytes;
    // Marks and typing come by the dozen: one probe for all of them now and then.
    if (!m_wroteAt && !std::holds_alternative<protocol::Ping>(frame) &&
        !std::holds_alternative<protocol::Pong>(frame))
        m_wroteAt = std::max(now(), m_lastPing + Milliseconds(kMarkProbeEveryMs - kProbeAfterMs));
    return bytes;
}

bool Engine::Impl::asked(Ask what, const RoomId& room) const
{
    const auto same = [&](const Request& request) {
        return request.ask == what && request.room == room;
    };
    return std::any_of(m_waiting.begin(), m_waiting.end(), same) ||
           std::any_of(m_asked.begin(), m_asked.end(),
                       [&](const auto& entry) { return same(entry.second); });
}

void Engine::Impl::ask(Ask what, protocol::ClientFrame frame, const RoomId& room)
{
    if (m_waiting.size() >= kRequestsWaitingMax) {
        // A page that a view wants it asks for again. All else is asked for once at a time, for
        // each room at most, and nobody would ask again.
        const auto oldest = std::find_if(m_waiting.begin(), m_waiting.end(), [](const auto& one) {
            return one.ask == Ask::History || one.ask == Ask::Filtered;
        });
        if (oldest != m_waiting.end())
            m_waiting.erase(oldest);
    }
    Request request{what, std::move(frame), {}, room, {}, 0};
    if (what == Ask::Sync)
        m_waiting.push_front(std::move(request));
    else
        m_waiting.push_back(std::move(request));
}

void Engine::Impl::pumpRequests()
{
    const MonoTime at = now();
    while (!m_waiting.empty() && m_asked.size() < kRequestsInFlightMax && canWrite() &&
           m_limiter.take(FrameClass::Requests, at)) {
        Request request = std::move(m_waiting.front());
        m_waiting.pop_front();
        request.sentAt = at;
        ++request.tries;
        request.id = RequestId("r" + std::to_string(++m_nextRequest));
        std::visit(
            [&request](auto& frame) {
                if constexpr (requires { frame.req; })
                    frame.req = request.id;
            },
            request.frame);
        writeFrame(request.frame);
        if (request.ask == Ask::Subscribe) {
            m_subscribed.emplace_back(request.id, request.room);
            if (m_subscribed.size() > protocol::kOpenRoomsMax)
                m_subscribed.pop_front();
        } else if (request.ask != Ask::Unsubscribe) { // which is not answered
            m_asked.emplace(request.id, std::move(request));
        }
    }
}

std::optional<Engine::Impl::Request> Engine::Impl::answered(const RequestId& id)
{
    const auto found = m_asked.find(id);
    if (found == m_asked.end())
        return std::nullopt;
    Request request = std::move(found->second);
    m_asked.erase(found);
    return request;
}

MonoTime Engine::Impl::requestDeadline(const Request& request) const
{
    // While the parts of a long frame come in, answers are on their way.
    return std::max(request.sentAt + Milliseconds(kRequestTimeoutMs),
                    std::min(m_lastPart + Milliseconds(protocol::kProbeTimeoutMs),
                             request.sentAt + Milliseconds(kPartsMaxMs)));
}

void Engine::Impl::requestTimeouts(MonoTime at)
{
    std::vector<RequestId> late;
    for (const auto& [id, request] : m_asked) {
        if (requestDeadline(request) <= at)
            late.push_back(id);
    }
    for (const RequestId& id : late) {
        Request request = std::move(*answered(id));
        if (request.ask == Ask::Sync) {
            m_syncFast = false;
            for (const auto& cursor : std::get<protocol::SyncRequest>(request.frame).rooms) {
                if (Room* room = findRoom(cursor.room)) {
                    room->sync = SyncPhase::None;
                    wantSync(*room);
                }
            }
        } else if (request.tries < kRequestTriesMax || mustBeAnswered(request.ask)) {
            m_waiting.push_back(std::move(request));
        }
    }
}

// Unasked again the room on screen would have no typing and no receipts until the next connection.
bool Engine::Impl::subscriptionRefused(const protocol::ErrorFrame& frame, Milliseconds wait)
{
    const auto sent = std::find_if(m_subscribed.begin(), m_subscribed.end(),
                                   [&](const auto& one) { return one.first == frame.req; });
    if (sent == m_subscribed.end())
        return false;
    Room* room = findRoom(sent->second);
    m_subscribed.erase(sent);
    if (frame.temporary)
        m_limiter.refused(FrameClass::Requests, now(), wait);
    if (room && room->full) {
        room->full = false;
        if (frame.temporary)
            subscribe(*room);
    }
    pumpRequests();
    return true;
}

void Engine::Impl::onError(const protocol::ErrorFrame& frame)
{
    m_host.logger.info("server: " + std::string(wireName(frame.code)) + ' ' + frame.detail);
    const MonoTime at = now();
    const Milliseconds wait(std::max<std::int64_t>(frame.retryAfterMs.value_or(1'000), 1));
    if (frame.code == ErrorCode::TokenExpired) {
        if (!m_tokenAsked) {
            m_tokenAsked = true;
            m_host.tokens.requestToken(true);
        }
        return;
    }
    auto request = answered(frame.req);
    if (!request && subscriptionRefused(frame, wait))
        return;
    if (!request) {
        if (frame.code == ErrorCode::RateLimited) {
            m_limiter.refused(FrameClass::Ephemeral, at, wait);
            // It may have been a mark; positions merge by max, so all open ones go again.
            for (const RoomId& id : std::exchange(m_deliveriesSent, {})) {
                if (Room* room = findRoom(id)) {
                    room->deliverTo =
                        std::max(room->deliverTo, std::exchange(room->deliverSent, Seq()));
                    m_receiptRooms.insert(id);
                }
            }
            for (auto& [id, room] : m_rooms) {
                if (room.rec.member && room.rec.row.read > room.rec.readTold) {
                    room.readTo = room.rec.row.read;
                    m_receiptRooms.insert(id);
                }
            }
            if (!m_receiptRooms.empty())
                m_receiptsAt = at + wait;
        }
        return;
    }
    // Whatever could not be answered now: asking again at once would get the same answer.
    if (frame.temporary)
        m_limiter.refused(FrameClass::Requests, at, wait);
    // Whose turn it was not has not tried: the user's other devices take from the same bucket, so
    // that one which keeps to the limit may be refused any number of times.
    if (frame.code == ErrorCode::RateLimited)
        --request->tries;
    if (request->ask == Ask::Sync) {
        for (const auto& cursor : std::get<protocol::SyncRequest>(request->frame).rooms) {
            if (Room* room = findRoom(cursor.room)) {
                room->sync = SyncPhase::None;
                if (frame.temporary)
                    wantSync(*room);
            }
        }
        pumpSync(); // waits for its token, which has its moment in nextWakeupAt()
    } else if (frame.temporary &&
               (request->tries < kRequestTriesMax || mustBeAnswered(request->ask))) {
        m_waiting.push_back(std::move(*request));
    } else if (frame.code == ErrorCode::NotFound && !request->room.empty()) {
        removeRoom(request->room);
    }
    checkLive();
}

} // namespace skein::engine
