// Columns of the room table, in the order that roomOf() reads. Internal to offline/.
#pragma once

#include "offline/rooms.h"
#include "offline/sqlite.h"

#define SKEIN_ROOM_COLUMNS                                                                         \
    "r.id, r.server_id, r.member, r.epoch, r.kind, r.name, r.topic, r.role, r.archived, r.muted, " \
    "r.members, r.head,"                                                                           \
    " r.head_ord, r.synced, r.read, r.read_ord, r.read_told, r.delivered_told, r.others_read, "    \
    "r.others_delivered,"                                                                          \
    " r.mentions, r.last_seq, r.last_sender, r.last_name, r.last_kind, r.last_text, r.last_ts, "   \
    "r.active_ts,"                                                                                 \
    " (SELECT d.text FROM drafts d WHERE d.room = r.id)"

namespace skein::offline
{

[[nodiscard]] RoomRecord recordOf(const Query& q);

struct UnsentCounts {
    std::int64_t queued = 0, failed = 0;
};
/// Unsent messages of every room that has any.
[[nodiscard]] std::unordered_map<RoomKey, UnsentCounts> unsentCounts(Db& db);

} // namespace skein::offline
