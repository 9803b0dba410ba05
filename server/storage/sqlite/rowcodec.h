// How an event lies in the columns of `message`: flags, the packed key of the sender's operation,
// and `extra`, the rarely used fields as tagged, length-prefixed bytes (NULL for a plain text).
// Unknown tags are skipped.
#pragma once

#include "protocol/frames.h"
#include "server/storage/sqlite/db.h"

#include <string>
#include <string_view>

namespace skein::server::sqlite
{

enum Flag : std::int64_t { kEdited = 1, kDeleted = 2, kPinned = 4 };

[[nodiscard]] std::int64_t flagsOf(const protocol::Event& event) noexcept;
void setFlags(protocol::Event& event, std::int64_t flags) noexcept;

/// 16 bytes for a UUIDv7; any other text behind 17 zero bytes, so that the two never meet.
[[nodiscard]] std::string packTemp(const TempId& temp);
[[nodiscard]] TempId unpackTemp(std::string_view bytes);

[[nodiscard]] std::string packExtra(const protocol::Event& event);
/// False when the bytes are damaged; what was read until then stays.
bool unpackExtra(std::string_view bytes, protocol::Event& event);

/// Unique for ever: made of the room's key, its generation and the seq.
[[nodiscard]] EventId eventIdOf(std::int64_t room, Epoch epoch, Seq seq);

/// Columns of every statement that reads events, in the order of readEvent().
inline constexpr char kEventColumns[] =
    "m.seq, m.ord, m.rev, u.id, m.ts, m.kind, m.flags, m.target, m.temp, m.body, m.extra";
[[nodiscard]] protocol::Event readEvent(const Stmt& row, std::int64_t room, const RoomId& roomId,
                                        Epoch epoch);

} // namespace skein::server::sqlite
