// Collects what happened until a transaction takes it along, so that the journal costs the send
// path no transaction and no sync of its own: most of what happens, happens in or right before one.
// What no transaction has taken within kFlushMs gets one, without a sync. Pure: no clock, no store
// of its own.
//
// Values; thread: the engine's.
#pragma once

#include "core/clock.h"
#include "offline/journal.h"

#include <cstddef>
#include <optional>
#include <vector>

namespace skein::engine
{

class Journal
{
public:
    /// Of what waits, the oldest is dropped beyond this: while the disk refuses every transaction.
    static constexpr std::size_t kWaitingMax = 5'000;
    static constexpr std::int64_t kFlushMs = 2'000;
    static constexpr std::int64_t kAgainMs = 10'000; ///< after a transaction that failed

    void note(offline::JournalEntry entry, MonoTime now);
    /// A transaction begins: what is noted from here on is true only if it commits.
    void begin() noexcept { m_begun = m_waiting.size(); }
    /// Inside the transaction, at its end: all that waits.
    void write(offline::Journal& journal) const;
    /// Committed: nothing waits. Else what waited before the transaction waits still, and what was
    /// noted inside did not happen.
    void finish(bool committed, MonoTime now);
    /// When what waits should get a transaction of its own; nullopt = nothing waits.
    [[nodiscard]] std::optional<MonoTime> dueAt() const noexcept { return m_dueAt; }
    [[nodiscard]] std::size_t waiting() const noexcept { return m_waiting.size(); }

private:
    std::vector<offline::JournalEntry> m_waiting;
    std::size_t m_begun = 0;
    std::optional<MonoTime> m_dueAt;
};

} // namespace skein::engine
