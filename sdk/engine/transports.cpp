// Socket or HTTP: climbing back to the socket while HTTP carries the session, and what to do after
// the process slept. Which one comes next is decided in ladder.h.
#include "sdk/engine/engineimpl.h"

#include <utility>

namespace skein::engine
{

void Engine::Impl::climb(MonoTime at)
{
    if (m_climb && (at - m_climb->since).count() >= kConnectTimeoutMs)
        climbFailed(Ladder::End::Hung);
    if (m_climb || m_via != Via::Http || !m_ladder.climbNow(at))
        return;
    m_host.logger.debug("on HTTP: trying for a socket");
    m_climb = Climb{at};
    m_host.transport.open();
    tellBreakers();
}

void Engine::Impl::climbOpened()
{
    if (m_climb->open)
        return;
    m_climb->open = true;
    if (m_tokenAsked)
        return; // the one on its way serves both
    m_tokenAsked = m_climb->asked = true;
    m_host.tokens.requestToken(false);
}

void Engine::Impl::climbFrame(const Result<protocol::ServerFrame>& frame)
{
    if (!frame) {
        climbFailed(Ladder::End::NotHad);
        return;
    }
    if (const auto* welcome = std::get_if<protocol::Welcome>(&*frame); welcome && m_climb->hello)
        finishClimb(*welcome);
    // A refusal is followed by its close; nothing else has a meaning before the welcome.
}

void Engine::Impl::climbFailed(Ladder::End why)
{
    m_host.logger.debug("no socket, staying on HTTP");
    m_climb.reset();
    m_climbsFailed.add();
    m_host.transport.close();
    m_ladder.ended(Via::Socket, why, now(), m_host.random);
    tellBreakers();
}

void Engine::Impl::endClimb()
{
    if (!m_climb)
        return;
    m_climb.reset();
    m_host.transport.close();
    m_ladder.ended(Via::Socket, Ladder::End::Dropped, now(), m_host.random);
}

// The socket has its welcome, so the server counts two connections of this device now. From here on
// it is a reconnect like any other, only that no time passes in between: what is unconfirmed goes
// again under its keys, the cursors in hello have said what is held.
void Engine::Impl::finishClimb(const protocol::Welcome& frame)
{
    m_host.logger.info("back on the socket");
    m_climbs.add();
    m_connectStarted = m_climb->since;
    m_climb.reset();
    m_ladder.ended(Via::Http, Ladder::End::Dropped, now(), m_host.random);
    m_host.http->close();
    connectionEnded();
    m_via = Via::Socket;
    m_transportBusy = m_transportOpen = true;
    m_lastHeard = now();
    m_link.link = Link::SigningIn; // told as CatchingUp by onWelcome()
    onWelcome(frame);
}

void Engine::Impl::promoteClimb()
{
    const Climb tried = *std::exchange(m_climb, std::nullopt);
    m_via = Via::Socket;
    m_transportBusy = true;
    m_transportOpen = tried.open;
    m_connectStarted = m_lastHeard = now();
    m_reconnectAt.reset();
    m_goodbye.reset();
    m_token.reset();
    setLink(tried.hello ? Link::SigningIn : Link::Connecting);
    if (!tried.hello && !m_tokenAsked) {
        m_tokenAsked = true;
        m_host.tokens.requestToken(std::exchange(m_tokenRejected, false));
    }
}

void Engine::Impl::probe()
{
    if (m_probeDeadline)
        return;
    const MonoTime at = now();
    m_lastPing = m_probedAt = at;
    m_probeDeadline = at + Milliseconds(protocol::kProbeTimeoutMs);
    writeFrame(protocol::Ping{at.ms});
}

void Engine::Impl::resumed()
{
    if (!m_started)
        return;
    if (live()) {
        probe();
        return;
    }
    if (m_reconnectAt && m_serverChose)
        return; // it has its reasons, and its time comes by itself
    if (m_transportBusy)
        dropConnection(); // begun before the sleep
    m_reconnect.reset();
    connectNow();
}

void Engine::Impl::tellBreakers()
{
    m_socketBreaker.set(static_cast<std::int64_t>(m_ladder.breaker(Via::Socket).state()));
    m_httpBreaker.set(static_cast<std::int64_t>(m_ladder.breaker(Via::Http).state()));
}

} // namespace skein::engine
