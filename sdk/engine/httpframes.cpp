#include "sdk/engine/httpframes.h"

#include <algorithm>
#include <utility>

namespace skein::engine
{
namespace
{

constexpr auto kStateLost = static_cast<std::uint16_t>(protocol::CloseCode::StateLost);
constexpr auto kTokenExpired = static_cast<std::uint16_t>(protocol::CloseCode::TokenExpired);

std::string reasonOf(const HttpAnswer& answer)
{
    return answer.status == 0 ? answer.detail : "HTTP " + std::to_string(answer.status);
}

/// The server, or somebody before it, could not answer now; it may be able to later.
bool passing(const HttpAnswer& answer)
{
    return answer.status == 0 || answer.status == 408 || answer.status == 425 ||
           answer.status == 429 || answer.status >= 500;
}

} // namespace

HttpFrames::HttpFrames(Clock& clock, HttpCaller& caller, Events& events)
    : m_clock(clock)
    , m_caller(caller)
    , m_events(events)
{
}

HttpFrames::~HttpFrames()
{
    close();
}

void HttpFrames::open()
{
    close();
    ++m_life;
    m_open = true;
}

void HttpFrames::send(std::string text)
{
    if (!m_open)
        return;
    m_bytes += text.size() + 1;
    m_frames.push_back(std::move(text));
}

std::size_t HttpFrames::unsentBytes() const
{
    return m_bytes + m_batch.size();
}

void HttpFrames::close()
{
    if (m_open && !m_session.empty()) {
        HttpCall call;
        call.kind = HttpCall::Kind::End;
        call.session = m_session;
        call.timeoutMs = kPostTimeoutMs;
        m_caller.call(std::move(call));
    }
    drop();
}

void HttpFrames::drop()
{
    ++m_life;
    for (const Way& way : {m_post, m_poll}) {
        if (way.call != 0)
            m_caller.cancel(way.call);
    }
    m_open = m_told = false;
    m_session.clear();
    m_frames.clear();
    m_bytes = 0;
    m_batch.clear();
    m_batchNumber = m_ack = 0;
    m_post = m_poll = Way();
}

void HttpFrames::fail(std::uint16_t code, std::string reason,
                      std::optional<Milliseconds> retryAfter)
{
    drop();
    m_events.framesClosed(code, reason, retryAfter);
}

void HttpFrames::tick()
{
    if (!m_open)
        return;
    const MonoTime now = m_clock.now();
    if (!m_told) {
        m_told = true;
        const std::uint64_t life = m_life;
        m_events.framesOpened(); // the way itself is only known to be open when hello is answered
        if (life != m_life)
            return;
    }
    if (m_post.call == 0 && (!m_post.retryAt || now >= *m_post.retryAt))
        nextPost();
    if (!m_session.empty() && m_poll.call == 0 && (!m_poll.retryAt || now >= *m_poll.retryAt))
        makePoll();
}

MonoTime HttpFrames::nextWakeupAt() const
{
    if (!m_open)
        return {INT64_MAX};
    const MonoTime now = m_clock.now();
    if (!m_told)
        return now;
    MonoTime next{INT64_MAX};
    if (m_post.call == 0 && (!m_batch.empty() || !m_frames.empty()))
        next = std::min(next, m_post.retryAt.value_or(now));
    if (!m_session.empty() && m_poll.call == 0)
        next = std::min(next, m_poll.retryAt.value_or(now));
    return next;
}

void HttpFrames::nextPost()
{
    if (m_batch.empty()) {
        std::size_t count = 0;
        while (!m_frames.empty() && count < protocol::kHttpFramesPerPostMax) {
            const std::string& frame = m_frames.front();
            // Between frames stands a line break, so that one frame of the largest size still fits.
            const std::size_t size = frame.size() + (m_batch.empty() ? 0 : 1);
            if (!m_batch.empty() && m_batch.size() + size > protocol::kHttpPostBytesMax)
                break;
            if (!m_batch.empty())
                m_batch += '\n';
            m_batch += frame;
            m_bytes -= frame.size() + 1;
            m_frames.pop_front();
            ++count;
        }
        if (m_batch.empty())
            return;
        ++m_batchNumber;
        m_post.tries = 0;
    }
    makePost();
}

void HttpFrames::makePost()
{
    HttpCall call;
    call.id = m_post.call = ++m_nextCall;
    call.kind = m_session.empty() ? HttpCall::Kind::Open : HttpCall::Kind::Post;
    call.session = m_session;
    call.batch = m_batchNumber;
    call.body = m_batch;
    call.timeoutMs = kPostTimeoutMs;
    m_post.since = m_clock.now();
    m_post.retryAt.reset();
    m_caller.call(std::move(call));
}

void HttpFrames::makePoll()
{
    HttpCall call;
    call.id = m_poll.call = ++m_nextCall;
    call.kind = HttpCall::Kind::Poll;
    call.session = m_session;
    call.ack = m_ack;
    call.waitSeconds = protocol::kHttpWaitSecondsMax;
    call.timeoutMs = kPollTimeoutMs;
    m_poll.since = m_clock.now();
    m_poll.retryAt.reset();
    m_caller.call(std::move(call));
}

void HttpFrames::answered(std::uint64_t id, const HttpAnswer& answer)
{
    if (id == 0 || !m_open)
        return;
    if (id == m_post.call) {
        m_post.call = 0;
        postAnswered(answer);
    } else if (id == m_poll.call) {
        m_poll.call = 0;
        pollAnswered(answer);
    }
}

bool HttpFrames::again(Way& way, const HttpAnswer& answer, const char* what)
{
    const std::string reason = std::string(what) + ": " + reasonOf(answer);
    if (answer.status == 401) {
        fail(kTokenExpired, reason);
        return false;
    }
    if (!passing(answer)) {
        // 404: the session is over. Everything else: this side and the server disagree about its
        // numbers, or a proxy says no. Whatever it was, a new session starts clean.
        fail(answer.status == 404 || answer.status == 409 ? kStateLost : 0, reason);
        return false;
    }
    if (way.tries >= kRetryMs.size()) {
        fail(0, reason, answer.retryAfter);
        return false;
    }
    Milliseconds wait(kRetryMs[way.tries++]);
    if (answer.retryAfter)
        wait = std::clamp(*answer.retryAfter, wait, Milliseconds(kRetryAfterMaxMs));
    way.retryAt = m_clock.now() + wait;
    return true;
}

void HttpFrames::postAnswered(const HttpAnswer& answer)
{
    if (m_session.empty()) {
        // Not repeated from here: whether the hello arrived is not known, and a new one is as good.
        if (answer.status == 201 && !answer.session.empty()) {
            m_session = answer.session;
            m_batch.clear();
        } else if (answer.status == 401) {
            fail(kTokenExpired, "open: HTTP 401");
        } else {
            fail(answer.unreachable ? kCloseUnreachable : kCloseNone, "open: " + reasonOf(answer),
                 answer.retryAfter);
        }
        return;
    }
    // The number proves that it was the server who answered, and not somebody on the way.
    if (answer.status == 204 && answer.batch == m_batchNumber) {
        m_batch.clear();
        m_post.tries = 0;
        return;
    }
    HttpAnswer odd = answer;
    if (answer.status >= 200 && answer.status < 400)
        odd.status = 502;
    (void)again(m_post, odd, "post");
}

void HttpFrames::pollAnswered(const HttpAnswer& answer)
{
    const bool ours = (answer.status == 200 || answer.status == 204) && answer.batch >= 0;
    const bool next = ours && answer.batch == m_ack + 1;
    // An answer without frames carries the number of the last one.
    if (!ours || (!next && answer.batch != m_ack)) {
        HttpAnswer odd = answer;
        if (answer.status >= 200 && answer.status < 400)
            odd.status = answer.batch >= 0 ? 409 : 502;
        (void)again(m_poll, odd, "poll");
        return;
    }
    m_poll.tries = 0;
    const std::uint64_t life = m_life;
    if (next) {
        m_ack = answer.batch;
        std::string_view rest = answer.body;
        while (!rest.empty()) {
            const std::size_t end = std::min(rest.find('\n'), rest.size());
            const std::string_view line = rest.substr(0, end);
            rest.remove_prefix(std::min(end + 1, rest.size()));
            if (line.empty())
                continue;
            m_events.framesReceived(line);
            if (life != m_life)
                return; // closed, or opened anew, by what it said
        }
    }
    if (answer.closeCode != 0) {
        fail(answer.closeCode, answer.closeReason, answer.retryAfter);
        return;
    }
    const MonoTime now = m_clock.now();
    if (!next && (now - m_poll.since).count() < kEmptyPollMs)
        m_poll.retryAt = now + Milliseconds(kEmptyPollMs);
}

} // namespace skein::engine
