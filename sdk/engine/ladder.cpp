#include "sdk/engine/ladder.h"

namespace skein::engine
{

Ladder::Ladder(TransportMode mode, bool haveHttp)
    : m_mode(haveHttp ? mode : TransportMode::SocketOnly)
{
}

Via Ladder::choose(MonoTime now)
{
    if (m_mode == TransportMode::SocketOnly)
        return Via::Socket;
    if (m_mode == TransportMode::HttpOnly)
        return Via::Http;
    using State = Breaker::State;
    if (m_socket.state() == State::Closed)
        return m_tried = Via::Socket;
    if (m_http.state() == State::Closed)
        return m_tried = Via::Http;
    // Both failed before. In turns, or a socket that is refused for good keeps HTTP from being
    // tried when the server is back.
    const Via other = m_tried == Via::Socket ? Via::Http : Via::Socket;
    if (of(other).allow(now))
        return m_tried = other;
    if (of(m_tried).allow(now))
        return m_tried;
    return m_socket.retryAt() <= m_http.retryAt() ? Via::Socket : Via::Http;
}

void Ladder::ended(Via via, End why, MonoTime now, Random& random,
                   std::optional<Milliseconds> retryAfter)
{
    // A try for a socket beside a live HTTP session says nothing about that one.
    const bool ofLive = m_liveSince && via == m_liveVia;
    const bool stable = ofLive && (now - *m_liveSince).count() >= kStableMs;
    if (ofLive)
        m_liveSince.reset();
    if (stable)
        m_silences = 0;
    Breaker& breaker = of(via);
    switch (why) {
    case End::NotHad:
        breaker.failed(now, random, retryAfter);
        return;
    case End::Hung:
        breaker.failed(now, random, retryAfter);
        while (via == Via::Socket && breaker.state() == Breaker::State::Closed)
            breaker.failed(now, random, retryAfter);
        return;
    case End::Unreachable:
        breaker.abandoned(now);
        return;
    case End::Silent:
        if (ofLive && m_proved && !stable && m_silences < kSilencesMax) {
            ++m_silences;
            breaker.abandoned(now);
            return;
        }
        [[fallthrough]];
    case End::Lost:
        if (stable)
            breaker.succeeded();
        else
            breaker.failed(now, random, retryAfter);
        return;
    case End::Told:
        breaker.succeeded();
        return;
    case End::Dropped:
        if (stable)
            breaker.succeeded();
        else
            breaker.abandoned(now);
        return;
    }
}

void Ladder::live(Via via, MonoTime now, Random& random)
{
    m_liveSince = now;
    m_liveVia = via;
    m_proved = false;
    if (via == Via::Socket)
        return; // its breaker closes when it has proved stable
    m_http.succeeded();
    // However long the outage before: that HTTP works is news, and the socket may work as well.
    if (m_mode == TransportMode::Auto)
        m_socket.trip(now, random);
}

void Ladder::settle(MonoTime now)
{
    if (m_liveSince && (now - *m_liveSince).count() >= kStableMs && m_liveVia == Via::Socket &&
        m_socket.state() != Breaker::State::Closed)
        m_socket.succeeded();
}

bool Ladder::climbNow(MonoTime now)
{
    return m_mode == TransportMode::Auto && m_socket.allow(now);
}

std::optional<MonoTime> Ladder::climbAt() const
{
    if (m_mode != TransportMode::Auto)
        return std::nullopt;
    return m_socket.state() == Breaker::State::HalfOpen ? std::nullopt
                                                        : std::optional(m_socket.retryAt());
}

void Ladder::reset()
{
    m_socket.reset();
    m_http.reset();
    m_silences = 0;
}

} // namespace skein::engine
