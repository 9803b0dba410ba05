// Which hints of the push hook wait, and when each goes: at most one for a user and room, whatever
// is written meanwhile. Gathers for a moment, keeps a distance between two hints of one user and
// room, tries again with growing waits, and lets nothing through while the receiver is down (a
// circuit breaker for all). What a hint says is decided by whoever takes it, at that moment.
//
// Sans-I/O: time and chance are handed in. Bounded: kPushWaitingMax entries, the oldest goes first;
// kPushInFlightMax on their way; none is kept longer than kPushKeepMs. Thread: one, the service's.
#pragma once

#include "core/breaker.h"
#include "core/clock.h"
#include "core/ids.h"
#include "core/metrics.h"
#include "core/random.h"
#include "server/service/push.h"
#include "server/storage/storage.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

namespace skein::server
{

inline constexpr std::size_t kPushWaitingMax = 20'000; ///< a user and room each
inline constexpr std::int64_t kPushKeepMs = 3'600'000; ///< older news help nobody any more
inline constexpr std::int64_t kPushRetryMs = 2'000;    ///< doubled by each failure, half is chance
inline constexpr std::int64_t kPushRetryMaxMs = 300'000;
inline constexpr Breaker::Rule kPushBreaker{5, 2'000, 60'000};

struct PushKey {
    RoomKey room = 0;
    UserKey user = 0;
    friend auto operator<=>(const PushKey&, const PushKey&) = default;
};

class PushQueue
{
public:
    /// `metrics` must outlive this.
    PushQueue(PushConfig config, Metrics& metrics);

    /// Behind which entry of the room the news begin.
    struct News {
        Seq after;
        Ord ordAfter;
    };
    struct Taken {
        PushKey key;
        News news;
        bool postponed = false; ///< before; nothing was noted or tried since
    };

    /// Something was written that `key.user` does not see, up to `newest`. `lastHere`: when the
    /// user was last connected; older news are known by now. Not before `earliest`.
    void note(PushKey key, News news, Seq newest, MonoTime now, MonoTime lastHere,
              MonoTime earliest);
    /// A hint that is due; it is on its way until finished() or unneeded().
    [[nodiscard]] std::optional<Taken> take(MonoTime now);
    /// The taken one tells of everything up to here: what is noted of that later is no news.
    void covers(PushKey key, News upTo);
    /// The taken one was not sent: the user is back, or has read it.
    void unneeded(PushKey key, MonoTime now);
    /// The taken one is looked at again then; Taken::postponed tells.
    void postpone(PushKey key, MonoTime until, MonoTime now);
    void finished(PushKey key, const PushReply& reply, MonoTime now, Random& random);
    /// From now on everything is due at once and nothing is tried again.
    void drain(MonoTime now);

    /// When take() may have something; INT64_MAX = not before something else happens.
    [[nodiscard]] MonoTime nextAt() const;
    /// Hints that wait or are on their way.
    [[nodiscard]] std::size_t waiting() const noexcept { return m_waiting + m_inFlight; }
    [[nodiscard]] bool paused() const noexcept
    {
        return m_breaker.state() != Breaker::State::Closed;
    }

private:
    struct Entry {
        /// Quiet: nothing is new; kept for the distance to the next one.
        enum class State { Waiting, InFlight, Quiet } state = State::Waiting;
        News news;
        std::optional<News> more; ///< came while it was on its way
        News upTo;                ///< the last one that went told of this
        MonoTime noted, due;
        bool postponed = false;
        int failures = 0;
    };
    struct KeyHash {
        std::size_t operator()(const PushKey& key) const noexcept;
    };
    using Entries = std::unordered_map<PushKey, Entry, KeyHash>;

    void setDue(const PushKey& key, Entry& entry, MonoTime due);
    void leaveDue(const PushKey& key, const Entry& entry) { m_due.erase({entry.due.ms, key}); }
    void makeRoom();
    void count();

    PushConfig m_config;
    Entries m_entries;
    std::set<std::pair<std::int64_t, PushKey>> m_due; ///< all but those on their way
    std::size_t m_waiting = 0, m_inFlight = 0;
    Breaker m_breaker{kPushBreaker};
    bool m_draining = false;
    Counter &m_told, &m_refused, &m_retried, &m_dropped, &m_waitingGauge, &m_inFlightGauge,
        &m_pausedGauge;
};

} // namespace skein::server
