// Which transport the next connection is made with (T3): the socket, and HTTP when no socket can be
// had; from HTTP back to the socket by itself. Pure, with no timer and no transport of its own.
//
// One breaker for each. The socket's opens after kSocketFailures attempts in a row that got no
// stable session; a hang to the connect timeout counts for all of them, since a proxy that swallows
// an upgrade costs the person 15 s each time. Then HTTP is used. While HTTP is live, the socket's
// breaker says when to look for a socket again (5 s, doubling to 5 minutes, half of it chance).
// A server that is not there at all counts for neither. When both failed it is the server or the
// network and no proxy: they are tried in turns as their breakers let them, and the back-off
// between the attempts (Reconnect) is the brake. Thread: the engine's.
#pragma once

#include "core/breaker.h"
#include "core/clock.h"
#include "core/random.h"
#include "sdk/engine/engine.h"

#include <cstdint>
#include <optional>

namespace skein::engine
{

class Ladder
{
public:
    static constexpr int kSocketFailures = 2;
    /// So many silences in a row, each after an answer, are taken for the network's.
    static constexpr int kSilencesMax = 3;
    static constexpr Breaker::Rule kSocketRule{kSocketFailures, 5'000, 5 * 60 * 1000};
    static constexpr Breaker::Rule kHttpRule{2, 2'000, 30'000};
    /// A session that ends sooner by the transport's fault was none: opened and dead at once.
    static constexpr std::int64_t kStableMs = 10'000;

    /// `haveHttp`: there is a fallback at all. Without it every answer is Socket.
    Ladder(TransportMode mode, bool haveHttp);

    /// For the next connection. May put a breaker into its trial.
    [[nodiscard]] Via choose(MonoTime now);
    /// Why an attempt or a session ended.
    enum class End {
        NotHad,      ///< no session: refused, no upgrade, closed before the welcome
        Hung,        ///< connected, and nothing came until the timeout
        Unreachable, ///< nobody there: says nothing about one way or the other
        Lost,        ///< a live session ended by the transport's fault
        Silent, ///< a live session fell silent: the network, unless it never worked or that happens
                ///< again and again
        Told,   ///< the server ended it with a code of its own: the way there is fine
        Dropped, ///< by this side, for a reason that says nothing about the way (stop, no network)
    };
    void ended(Via via, End why, MonoTime now, Random& random,
               std::optional<Milliseconds> retryAfter = {});
    /// A session became live.
    void live(Via via, MonoTime now, Random& random);
    /// The live session has carried something both ways.
    void proved() { m_proved = true; }
    /// Looks whether the live session has lasted long enough to count as stable.
    void settle(MonoTime now);

    /// While live on HTTP: true once when it is time to try for a socket. The try ends in ended()
    /// or live().
    [[nodiscard]] bool climbNow(MonoTime now);
    /// When climbNow() can become true; nullopt = it will not.
    [[nodiscard]] std::optional<MonoTime> climbAt() const;

    /// The network changed or the person said "now": everything may be different.
    void reset();

    [[nodiscard]] const Breaker& breaker(Via via) const
    {
        return via == Via::Socket ? m_socket : m_http;
    }

private:
    [[nodiscard]] Breaker& of(Via via) { return via == Via::Socket ? m_socket : m_http; }

    TransportMode m_mode;
    Breaker m_socket{kSocketRule}, m_http{kHttpRule};
    Via m_tried = Via::Http; ///< last, while both breakers are open
    std::optional<MonoTime> m_liveSince;
    Via m_liveVia = Via::Socket;
    bool m_proved = false; ///< the live session
    int m_silences = 0;    ///< in a row that were no verdict, without a stable session
};

} // namespace skein::engine
