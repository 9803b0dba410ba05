#include "offline/journal.h"

#include "offline/sqlite.h"

#include <array>

namespace skein::offline
{
namespace
{

constexpr std::array<std::string_view, kHappeningCount> kHappenings{
    "started",         "connected", "disconnected", "queued",  "sent",
    "connection_lost", "timed_out", "pending",      "refused", "confirmed",
    "confirmed_again", "echoed",    "failed",       "retried", "edited",
    "discarded",       "folded",    "delivered",    "read",    "change_queued"};
constexpr std::array<std::string_view, 8> kOps{"send", "edit",   "delete",      "reaction",
                                               "pin",  "member", "room_update", "room_create"};
constexpr std::array<std::string_view, 9> kStates{"unheard",   "waiting",  "held_back",
                                                  "failed",    "reverted", "confirmed",
                                                  "discarded", "folded",   "forgotten"};

template <std::size_t N>
std::string_view nameIn(const std::array<std::string_view, N>& names, int index) noexcept
{
    return index >= 0 && static_cast<std::size_t>(index) < N
               ? names[static_cast<std::size_t>(index)]
               : std::string_view("other");
}

} // namespace

std::string_view nameOf(Happening what) noexcept
{
    return nameIn(kHappenings, static_cast<int>(what));
}

std::string_view nameOf(Op op) noexcept
{
    return nameIn(kOps, static_cast<int>(op));
}

std::string_view nameOf(Story::State state) noexcept
{
    return nameIn(kStates, static_cast<int>(state));
}

void Journal::add(const JournalEntry& entry)
{
    std::optional<std::string_view> tempId;
    if (!entry.tempId.empty())
        tempId = entry.tempId.str();
    std::optional<std::string_view> code;
    if (entry.code)
        code = wireName(*entry.code);
    m_db.query("INSERT INTO journal(at_ms, what, room, temp_id, n, code) VALUES(?,?,?,?,?,?)")
        .bind(entry.atMs, entry.what, entry.room, tempId, entry.n, code)
        .run();
    if (++m_sinceTrim >= kJournalTrimEvery)
        trim(entry.atMs);
}

void Journal::trim(std::int64_t nowMs)
{
    m_sinceTrim = 0;
    m_db.query("DELETE FROM journal WHERE id <= (SELECT max(id) FROM journal) - ?")
        .bind(kJournalRowsMax)
        .run();
    // From the old end up to the first one that is young enough: a prefix, however the clock was
    // turned.
    m_db.query("DELETE FROM journal WHERE id < coalesce((SELECT id FROM journal WHERE at_ms >= ?1"
               " ORDER BY id LIMIT 1), (SELECT max(id) + 1 FROM journal))")
        .bind(nowMs - kJournalAgeMaxMs)
        .run();
}

} // namespace skein::offline
