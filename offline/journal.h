// What happened to each message and change that was written on this device: queued, sent, lost,
// resent, confirmed, delivered. Kept for the person who asks where a message went
// (docs/troubleshooting.md); nothing in the client decides anything by it. It holds no bodies, no
// names and no tokens.
//
// Writing is one append to a table without an index; looking is one pass over it, at most
// kJournalRowsMax rows. Bounded by rows and age (docs/adr/0010-journal.md).
#pragma once

#include "offline/keys.h"
#include "offline/outbox.h"

#include <optional>
#include <string_view>
#include <vector>

namespace skein::offline
{

class Db;

/// Stored as numbers: add at the end, renumber nothing.
enum class Happening {
    Started = 0,         ///< of the device: the program was started, connections of before are gone
    Connected = 1,       ///< of the device: signed in
    Disconnected = 2,    ///< of the device; `code`: why
    Queued = 3,          ///< written to the outbox; `n`: Op
    Sent = 4,            ///< handed to the connection
    ConnectionLost = 5,  ///< the connection ended without an answer: the server may have it
    TimedOut = 6,        ///< no answer in time on a living connection: the server may have it
    Pending = 7,         ///< the server has it and writes it down
    Refused = 8,         ///< not now; goes again by itself; `code`
    Confirmed = 9,       ///< durable at the server; `n`: seq
    ConfirmedAgain = 10, ///< the same, and the server had it already; `n`: seq
    Echoed = 11,         ///< came back in the room's log before its confirmation; `n`: seq
    Failed = 12,         ///< refused for good; `code`
    Retried = 13,        ///< by the user
    Edited = 14,         ///< by the user, before the server had it
    Discarded = 15,      ///< by the user, or because the message or room it belonged to went
    Folded = 16,         ///< a change that became part of its unsent message
    Delivered = 17,      ///< of a room: another member's device has everything up to seq `n`
    Read = 18,           ///< of a room: another member has read up to seq `n`
    /// Of a message: a change of it was written to the outbox under an id of its own, which stands
    /// in the entry right after this one (Queued, of the same transaction); `n`: Op.
    ChangeQueued = 19,
};
inline constexpr int kHappeningCount = 20;

/// `queued`, `connection_lost`, …: stable words for JSON.
[[nodiscard]] std::string_view nameOf(Happening what) noexcept;
/// `send`, `edit`, `room_create`, …: stable words for JSON.
[[nodiscard]] std::string_view nameOf(Op op) noexcept;

/// Of the device (Started, Connected, Disconnected), of a room (Delivered, Read), else of one entry
/// of the outbox.
struct JournalEntry {
    std::int64_t atMs = 0;
    Happening what = Happening::Started;
    RoomKey room = 0;
    TempId tempId;
    std::int64_t n = 0;
    std::optional<ErrorCode> code;
    friend bool operator==(const JournalEntry&, const JournalEntry&) = default;
};

inline constexpr std::int64_t kJournalRowsMax = 50'000;
inline constexpr std::int64_t kJournalAgeMaxMs = 30LL * 24 * 3600 * 1000;
/// Trimmed once in so many rows, and at each start.
inline constexpr std::int64_t kJournalTrimEvery = 500;

/// Thread: the store's. Inside a transaction; failures stick to it (store.h).
class Journal
{
public:
    explicit Journal(Db& db)
        : m_db(db)
    {
    }
    /// Appends; trims now and then.
    void add(const JournalEntry& entry);
    /// Forgets what is older than kJournalAgeMaxMs before `nowMs`, and the oldest beyond
    /// kJournalRowsMax.
    void trim(std::int64_t nowMs);

private:
    Db& m_db;
    std::int64_t m_sinceTrim = 0;
};

// ---- looking ----

struct StoryEvent {
    std::int64_t atMs = 0;
    Happening what = Happening::Queued;
    std::int64_t n = 0; ///< Sent: which time; else as JournalEntry
    std::optional<ErrorCode> code;
    TempId change; ///< ChangeQueued: the change, which has a story of its own
    friend bool operator==(const StoryEvent&, const StoryEvent&) = default;
};

/// All that this device knows about one temporary id.
struct Story {
    enum class State {
        Unheard,   ///< nothing here has this id
        Waiting,   ///< in the outbox, will be sent or is on its way
        HeldBack,  ///< in the outbox behind a failed message of its room (`behind`)
        Failed,    ///< refused for good, `error`: waits for the user
        Reverted,  ///< a change that was refused for good, `error`, and taken back
        Confirmed, ///< durable at the server, as `seq`
        Discarded, ///< by the user
        Folded,    ///< a change that became part of its message
        Forgotten, ///< known by its traces only: neither waiting nor confirmed here
    } state = State::Unheard;
    RoomId room;                          ///< empty: of no room, or not known any more
    std::optional<Op> op;                 ///< nullopt: not known any more
    Seq seq;                              ///< where it stands in the room; 0 = not confirmed
    bool delivered = false, read = false; ///< to at least one other member; of messages
    std::optional<ErrorCode> error;
    std::int64_t ahead = 0; ///< entries of its room that go first
    TempId behind;
    bool whole = true;              ///< false: the journal has forgotten the beginning
    std::int64_t skipped = 0;       ///< events in the middle that are left out
    std::vector<StoryEvent> events; ///< in the order they happened, at most kStoryEventsMax
};
inline constexpr std::size_t kStoryEventsMax = 200;

[[nodiscard]] std::string_view nameOf(Story::State state) noexcept;

/// On a reading connection, inside a snapshot of the caller; failures stick to `db`.
[[nodiscard]] Story readStory(Db& db, const TempId& tempId);
/// The device's own events (Started, Connected, Disconnected), newest first.
[[nodiscard]] std::vector<StoryEvent> readConnections(Db& db, std::size_t limit);

} // namespace skein::offline
