// Read side of the store: timeline pages and the room list, on a connection of its own, so that the
// screen never waits for a writer. Thread: one (the reader thread, or a test). Results are a
// consistent snapshot per call.
#pragma once

#include "core/result.h"
#include "offline/journal.h"
#include "offline/rows.h"

#include <memory>
#include <string>
#include <vector>

namespace skein::offline
{

struct Page {
    std::vector<MessageRow> rows; ///< newest first; holes included as rows
    bool atOldest =
        false; ///< nothing older is known to exist (start of the room reached and stored)
    bool atNewest = false; ///< nothing newer is stored
};

struct RoomCounts {
    std::int64_t total =
        0; ///< confirmed messages in the room by `head` (for the scroll bar), plus unsent ones
    Seq firstUnread; ///< seq of the oldest unread countable message; 0 = none
};

/// Who has read and got a message: `rows` is a part of the list, the counts are of all of it.
struct Receipts {
    std::int64_t others = 0;    ///< members but oneself and the message's sender, as far as known
    std::int64_t delivered = 0; ///< of them, who have got it; `read` included
    std::int64_t read = 0;
    /// Who has read it, then who has got it, then the rest; each by name.
    std::vector<ReceiptRow> rows;
    friend bool operator==(const Receipts&, const Receipts&) = default;
};

class Reader
{
public:
    /// Opens an existing store read-only. Errors: StorageFailed, StorageCorrupt, StorageVersion.
    [[nodiscard]] static Result<std::unique_ptr<Reader>> open(const std::string& path);
    virtual ~Reader() = default;

    /// Newest `limit` rows.
    [[nodiscard]] virtual Result<Page> newest(const RoomId& room, std::size_t limit) = 0;
    /// `limit` rows older / newer than `position` (exclusive).
    [[nodiscard]] virtual Result<Page> before(const RoomId& room, Position position,
                                              std::size_t limit) = 0;
    [[nodiscard]] virtual Result<Page> after(const RoomId& room, Position position,
                                             std::size_t limit) = 0;
    /// Up to `limit` rows around a seq, the seq itself (or the hole that covers it) included.
    [[nodiscard]] virtual Result<Page> around(const RoomId& room, Seq seq, std::size_t limit) = 0;
    [[nodiscard]] virtual Result<RoomCounts> counts(const RoomId& room) = 0;
    /// Rooms by activity, newest first.
    [[nodiscard]] virtual Result<std::vector<RoomRow>> rooms(std::size_t offset,
                                                             std::size_t limit) = 0;
    [[nodiscard]] virtual Result<std::string> draft(const RoomId& room) = 0;
    /// Who has read the message `seq`, of a room that was opened on this device before (of another,
    /// nobody is known); `limit` rows from `offset` on. One query, however many messages.
    [[nodiscard]] virtual Result<Receipts> receipts(const RoomId& room, Seq seq, std::size_t offset,
                                                    std::size_t limit) = 0;
    /// What happened to what was sent under this id. Never NotFound: Story::State::Unheard says so.
    [[nodiscard]] virtual Result<Story> story(const TempId& tempId) = 0;
    /// Starts of the program, connections and their ends, newest first.
    [[nodiscard]] virtual Result<std::vector<StoryEvent>> connections(std::size_t limit) = 0;
};

} // namespace skein::offline
