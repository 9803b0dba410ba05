// The rows that the store keeps and hands out. Plain values.
#pragma once

#include "core/error.h"
#include "core/ids.h"
#include "protocol/frames.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace skein::offline
{

/// Where one's own message is (docs/protocol.md, "Send path"). Delivered and Read follow from the
/// other members' positions. Rows of others are Sent.
enum class Status { Queued, Sending, Pending, Unknown, Sent, Delivered, Read, Failed };

/// Stable identity of a timeline row on this device: set when the row is made (`created_ms * 1024 +
/// tiebreak`), unique, unchanged when a pending row becomes a confirmed one.
using RowId = std::int64_t;

/// Place of a row in its room, ascending = newer. Confirmed rows: seq. Unconfirmed rows:
/// kPendingBit | n, so that they stand after all confirmed ones in the order they were written.
/// Holes stand at the seq of their first missing entry.
using Position = std::int64_t;
inline constexpr Position kPendingBit = Position{1} << 39;

struct Quote {
    Seq seq;
    UserId sender;
    std::string senderName;
    std::string text; ///< first 140 characters; empty when not stored here or deleted
    friend bool operator==(const Quote&, const Quote&) = default;
};

/// One row of a timeline: a message of the room, an unsent one of ours, or a hole (messages that
/// exist on the server and not here).
struct MessageRow {
    enum class Type { Message, Hole } type = Type::Message;
    RowId rowId = 0;
    Position position = 0;
    Seq seq;    ///< 0 while unconfirmed; hole: first missing
    Seq holeHi; ///< hole: last missing
    RoomId room;
    TempId tempId;
    EventId id;
    UserId sender;
    std::string senderName;
    bool own = false;
    protocol::Kind kind = protocol::Kind::Text;
    std::string body;
    std::int64_t ts = 0; ///< ms since 1970 UTC: server's, or the device's while unconfirmed
    Ord ord;
    Rev rev;
    Status status = Status::Sent;
    std::optional<ErrorCode> error; ///< of a Failed row
    bool edited = false, deleted = false, pinned = false;
    std::optional<Quote> replyTo;
    std::vector<protocol::Reaction> reactions;
    std::vector<protocol::Attachment> attachments;
    std::vector<UserId> mentions;
    friend bool operator==(const MessageRow&, const MessageRow&) = default;

    [[nodiscard]] bool isHole() const noexcept { return type == Type::Hole; }
};

/// One row of the room list; everything denormalised, so the list is one query.
struct RoomRow {
    RoomId room;
    Epoch epoch;
    protocol::RoomKind kind = protocol::RoomKind::General;
    std::string name, topic;
    protocol::Role role = protocol::Role::Member;
    bool archived = false, muted = false;
    std::int64_t members = 0;
    Seq head; ///< of the server, as last heard
    Ord headOrd;
    Seq read;                        ///< own read position
    Seq othersRead, othersDelivered; ///< highest of any other member: what the ticks show
    std::int64_t unread = 0, mentions = 0;
    std::optional<protocol::Preview> last;
    std::int64_t activeTs = 0; ///< order of the list, newest first
    std::string draft;         ///< what stands in the composer; empty = nothing
    Seq draftReplyTo;          ///< message that it answers; 0 = none
    std::string draftOther;    ///< written on another device and replaced by `draft`; empty = none
    Rev draftBase; ///< what `draft` stands on: to be given back with the next change of it
    std::int64_t queued = 0, failed = 0; ///< own unsent messages
    friend bool operator==(const RoomRow&, const RoomRow&) = default;
};

/// How far another member of a room is, as last heard.
struct ReceiptRow {
    UserId user;
    std::string name; ///< empty: not heard yet
    Seq read, delivered;
    friend bool operator==(const ReceiptRow&, const ReceiptRow&) = default;
};

} // namespace skein::offline
