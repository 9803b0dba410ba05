#include "server/net/httpsessions.h"

#include "protocol/codec.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <variant>

namespace skein::server
{
namespace
{

using protocol::CloseCode;

std::optional<std::int64_t> number(std::string_view text)
{
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < 0 ||
        value > protocol::kIntegerMax)
        return std::nullopt;
    return value;
}

/// `wait=N`; nothing = 0, nullopt = not a number in range.
std::optional<std::int64_t> waitOf(std::string_view query)
{
    constexpr std::string_view kKey = "wait=";
    while (!query.empty()) {
        const std::size_t end = std::min(query.find('&'), query.size());
        const std::string_view part = query.substr(0, end);
        query.remove_prefix(std::min(end + 1, query.size()));
        if (!part.starts_with(kKey))
            continue;
        const auto seconds = number(part.substr(kKey.size()));
        return seconds && *seconds <= protocol::kHttpWaitSecondsMax ? seconds : std::nullopt;
    }
    return 0;
}

// One frame a line; a frame's text holds no line break, for those are escaped in JSON.
std::optional<std::vector<std::string_view>> linesOf(std::string_view body)
{
    std::vector<std::string_view> lines;
    while (!body.empty()) {
        const std::size_t end = std::min(body.find('\n'), body.size());
        std::string_view line = body.substr(0, end);
        body.remove_prefix(std::min(end + 1, body.size()));
        if (line.ends_with('\r'))
            line.remove_suffix(1);
        if (line.empty())
            continue;
        if (lines.size() >= protocol::kHttpFramesPerPostMax)
            return std::nullopt;
        lines.push_back(line);
    }
    return lines;
}

HttpReply emptyReply()
{
    HttpReply reply;
    reply.status = 204;
    return reply;
}

HttpReply badField(const char* what)
{
    return errorReply(makeError(ErrorCode::BadField, what));
}

void addNumber(HttpReply& reply, const char* name, std::int64_t value)
{
    reply.headers.emplace_back(name, std::to_string(value));
}

// A reason goes into a header line: printable ASCII and nothing else.
std::string headerText(std::string_view text)
{
    std::string out(text.substr(0, 123));
    std::replace_if(
        out.begin(), out.end(), [](unsigned char c) { return c < 0x20 || c > 0x7e; }, '?');
    return out;
}

} // namespace

HttpSessions::HttpSessions(HttpSessionHost& host, Clock& clock, Random& random, Metrics& metrics)
    : m_host(host)
    , m_clock(clock)
    , m_random(random)
    , m_open(metrics.gauge("net_http_sessions"))
    , m_opened(metrics.counter("net_http_sessions_total"))
    , m_framesIn(metrics.counter("net_frames_in_total"))
    , m_framesOut(metrics.counter("net_frames_out_total"))
    , m_repeats(metrics.counter("net_http_repeats_total"))
    , m_collapsed(metrics.counter("net_durable_collapsed_total"))
    , m_shed(metrics.counter("net_ephemeral_shed_total"))
    , m_slow(metrics.counter("net_slow_consumers_total"))
    , m_expired(metrics.counter("net_http_sessions_expired_total"))
{
}

HttpSessions::~HttpSessions() = default;

void HttpSessions::handle(HttpRequest request, HttpDone done)
{
    if (request.method != "POST" && request.method != "GET" && request.method != "DELETE") {
        HttpReply reply = errorReply(405, makeError(ErrorCode::InvalidArgument, "method"));
        reply.allow = "GET, POST, DELETE";
        return done(std::move(reply));
    }
    if (request.method == "POST" && request.session.empty())
        return open(std::move(request), std::move(done));
    const auto found = sessionOf(request);
    if (!found)
        return done(errorReply(
            found.error().code == ErrorCode::StateLost ? 404 : httpStatusFor(found.error().code),
            found.error()));
    Session& session = **found;
    if (request.method == "POST")
        return post(session, request, done);
    if (request.method == "GET")
        return poll(session, request, std::move(done));
    const ConnId id = session.id;
    if (HttpDone waiting = std::exchange(session.poll, nullptr))
        waiting(emptyReply());
    erase(id);
    done(emptyReply());
}

// Who does not know the id, and who knows it but is somebody else, hear the same.
Result<HttpSessions::Session*> HttpSessions::sessionOf(const HttpRequest& request)
{
    const auto unknown = [] { return fail(ErrorCode::StateLost, "no such session"); };
    const auto id = m_bySecret.find(request.session);
    if (id == m_bySecret.end())
        return unknown();
    Session& session = m_sessions.at(id->second);
    if (!request.bearer.empty()) {
        const auto user = m_host.userOf(request.bearer);
        if (!user)
            return fail(user.error());
        if (*user != session.user)
            return unknown();
    }
    return &session;
}

void HttpSessions::open(HttpRequest request, HttpDone done)
{
    if (!m_host.admitting())
        return done(errorReply(makeError(ErrorCode::ShuttingDown)));
    if (!request.batch.empty() && number(request.batch) != 1)
        return done(badField(kBatchHeader));
    const auto lines = linesOf(request.body);
    if (!lines || lines->empty())
        return done(badField(lines ? "a hello is expected" : "frames"));
    if (!m_host.admit(request.address, request.loopback))
        return done(errorReply(503, makeError(ErrorCode::TooManyConnections, "from this address")));
    const ConnId id = kIdBit | ++m_next;
    Session& session = m_sessions[id];
    session.id = id;
    session.address = request.address;
    static constexpr char kDigits[] = "0123456789abcdef";
    while (session.secret.size() < protocol::kHttpSessionIdBytes) {
        for (std::uint64_t bits = m_random.next(), i = 0; i < 16; ++i, bits >>= 4)
            session.secret += kDigits[bits & 15];
    }
    std::string token = request.bearer;
    if (const auto first = protocol::decodeClientFrame(lines->front())) {
        if (const auto* hello = std::get_if<protocol::Hello>(&*first); hello && token.empty())
            token = hello->token;
    }
    if (const auto user = m_host.userOf(token))
        session.user = *user;
    session.seen = m_clock.now();
    session.received = 1;
    m_bySecret.emplace(session.secret, id);
    m_opened.add();
    m_open.set(static_cast<std::int64_t>(m_sessions.size()));
    m_host.sessionOpened(id, request.address, std::move(request.bearer));
    deliver(session, *lines);
    HttpReply reply;
    reply.status = 201;
    reply.headers.emplace_back(kSessionHeader, session.secret);
    addNumber(reply, kBatchHeader, session.received);
    done(std::move(reply));
    m_host.flushWanted();
}

void HttpSessions::deliver(Session& session, const std::vector<std::string_view>& frames)
{
    for (const std::string_view frame : frames) {
        if (session.closing)
            return; // as input behind the close of a socket: swallowed, and never confirmed
        m_framesIn.add();
        m_host.sessionReceived(session.id, frame);
    }
}

void HttpSessions::post(Session& session, const HttpRequest& request, const HttpDone& done)
{
    const auto batch = number(request.batch);
    if (!batch || *batch < 1)
        return done(badField(kBatchHeader));
    HttpReply reply = emptyReply();
    if (*batch > session.received + 1)
        return done(errorReply(makeError(ErrorCode::Conflict, "a batch is missing before it")));
    if (*batch == session.received + 1) {
        const auto lines = linesOf(request.body);
        if (!lines)
            return done(badField("frames"));
        // Whoever asks must also listen. Nothing was taken: the same batch may come again.
        if (!session.closing && session.queue.bytes() > kReadPauseBytes) {
            Error error = makeError(ErrorCode::ServerBusy, "answers wait unread");
            error.retryAfter = Milliseconds(protocol::kHttpBusyRetryMs);
            return done(errorReply(error));
        }
        session.received = *batch;
        deliver(session, *lines);
        m_host.flushWanted();
    } else {
        m_repeats.add(); // its answer was lost
    }
    addNumber(reply, kBatchHeader, session.received);
    done(std::move(reply));
}

void HttpSessions::poll(Session& session, const HttpRequest& request, HttpDone done)
{
    const auto ack = request.ack.empty() ? std::optional<std::int64_t>(0) : number(request.ack);
    if (!ack)
        return done(badField(kAckHeader));
    const auto wait = waitOf(request.query);
    if (!wait)
        return done(badField("wait"));
    const bool repeat = !session.unacked.empty() && *ack == session.sent - 1;
    if (*ack != session.sent && !repeat)
        return done(errorReply(makeError(ErrorCode::Conflict, "an older answer is acknowledged")));
    // One poll at a time: the one before it is most likely a dead connection.
    if (HttpDone before = std::exchange(session.poll, nullptr))
        before(emptyReply());
    session.seen = m_clock.now();
    if (repeat) {
        m_repeats.add();
        return done(repeatReply(session));
    }
    session.unacked.clear();
    session.poll = std::move(done);
    session.pollUntil = session.seen + Milliseconds(*wait * 1000);
    if (!session.queue.empty() || session.closing || *wait == 0)
        answerPoll(session);
}

void HttpSessions::addClose(HttpReply& reply, const Session& session) const
{
    if (session.closing && session.queue.empty())
        reply.headers.emplace_back(kCloseHeader, std::to_string(session.closeCode) + ' ' +
                                                     headerText(session.closeReason));
}

HttpReply HttpSessions::repeatReply(const Session& session) const
{
    HttpReply reply;
    reply.contentType = kFramesType;
    reply.body = session.unacked;
    addNumber(reply, kBatchHeader, session.sent);
    addClose(reply, session);
    return reply;
}

HttpReply HttpSessions::batchReply(Session& session)
{
    while (!session.queue.empty()) {
        const FramePtr frame = session.queue.front();
        const std::string_view text = frame->text();
        if (!session.unacked.empty() &&
            session.unacked.size() + text.size() + 1 > protocol::kHttpBatchBytesMax)
            break;
        session.unacked.append(text).push_back('\n');
        session.queue.consumed(frame->wire().size(), m_clock.now());
        m_framesOut.add();
    }
    if (!session.unacked.empty())
        ++session.sent;
    HttpReply reply = repeatReply(session);
    if (session.unacked.empty() && !session.closing)
        reply.status = 204;
    return reply;
}

void HttpSessions::answerPoll(Session& session)
{
    HttpDone done = std::exchange(session.poll, nullptr);
    session.seen = m_clock.now();
    done(batchReply(session));
}

void HttpSessions::send(ConnId id, FramePtr frame, Lane lane, const RoomRef& room)
{
    const auto found = m_sessions.find(id);
    if (found == m_sessions.end() || found->second.closing)
        return;
    Session& session = found->second;
    settle(session, session.queue.push(std::move(frame), lane, room, m_clock.now()));
    if (session.poll && session.queue.bytes() > kHttpEagerBytes)
        answerPoll(session);
    markDirty(session);
}

void HttpSessions::settle(Session& session, OutQueue::Outcome outcome)
{
    switch (outcome) {
    case OutQueue::Outcome::Queued:
        return;
    case OutQueue::Outcome::Shed:
        m_shed.add();
        return;
    case OutQueue::Outcome::Collapsed:
        m_collapsed.add();
        markDirty(session);
        return;
    case OutQueue::Outcome::Overflow:
        session.overflowed = true;
        markDirty(session);
        return;
    }
}

void HttpSessions::close(ConnId id, CloseCode code, std::string_view reason)
{
    if (const auto found = m_sessions.find(id); found != m_sessions.end())
        beginClose(found->second, static_cast<std::uint16_t>(code), reason);
}

void HttpSessions::beginClose(Session& session, std::uint16_t code, std::string_view reason)
{
    if (session.closing)
        return;
    session.closing = true;
    session.closeCode = code;
    session.closeReason = std::string(reason);
    session.goneAt = m_clock.now() + Milliseconds(m_host.admitting() ? protocol::kHttpCloseLingerMs
                                                                     : kHttpDrainLingerMs);
    markDirty(session);
}

void HttpSessions::markDirty(Session& session)
{
    if (!session.dirty) {
        session.dirty = true;
        m_dirty.push_back(session.id);
    }
    m_host.flushWanted();
}

void HttpSessions::flush()
{
    std::vector<ConnId> batch;
    batch.swap(m_dirty);
    for (const ConnId id : batch) {
        const auto found = m_sessions.find(id);
        if (found == m_sessions.end())
            continue;
        Session& session = found->second;
        session.dirty = false;
        if (session.overflowed && !session.closing) {
            m_slow.add();
            session.queue = OutQueue(); // will not be read; the client catches up on its next one
            beginClose(session, static_cast<std::uint16_t>(CloseCode::SlowConsumer),
                       "slow consumer");
        }
        if (!session.closing && session.queue.hasCollapsed())
            m_host.sessionCollapsed(id, session.queue.takeCollapsed());
        if (session.closing && !session.reported) {
            session.reported = true;
            m_host.sessionEnded(id);
        }
        if (session.poll && (!session.queue.empty() || session.closing)) {
            answerPoll(session);
            if (session.closing && session.queue.empty() && !m_host.admitting())
                erase(id); // said, and nobody can come back to ask again
        }
    }
}

void HttpSessions::tick()
{
    const MonoTime now = m_clock.now();
    std::vector<ConnId> ended;
    for (auto& [id, session] : m_sessions) {
        if (session.poll && now >= session.pollUntil)
            answerPoll(session);
        if (session.closing) {
            if (now >= session.goneAt)
                ended.push_back(id);
            continue;
        }
        if (session.poll)
            continue;
        if ((now - session.seen).count() >= protocol::kHttpSessionIdleMs) {
            m_expired.add();
            ended.push_back(id);
        } else {
            settle(session, session.queue.checkProgress(now));
        }
    }
    for (const ConnId id : ended)
        erase(id);
}

void HttpSessions::erase(ConnId id)
{
    const auto found = m_sessions.find(id);
    if (found == m_sessions.end())
        return;
    const bool report = !std::exchange(found->second.reported, true);
    found->second.closing = true; // what the service says on its way out goes nowhere
    if (report)
        m_host.sessionEnded(id);
    m_bySecret.erase(found->second.secret);
    const std::string address = found->second.address;
    m_sessions.erase(found);
    m_open.set(static_cast<std::int64_t>(m_sessions.size()));
    m_host.release(address);
}

} // namespace skein::server
