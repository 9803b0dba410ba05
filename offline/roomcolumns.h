// Columns of the room table, in the order that roomOf() reads. Internal to offline/.
#pragma once

#include "offline/rooms.h"
#include "offline/sqlite.h"

#include <string>
#include <unordered_map>

// What the list shows comes first, what only the writer needs last.
#define SKEIN_ROOM_ROW_COLUMNS                                                                     \
    "r.id, r.server_id, r.epoch, r.kind, r.name, r.topic, r.role, r.archived, r.muted, "           \
    "r.members, r.head, r.head_ord, r.read, r.read_ord, r.others_read, r.others_delivered, "       \
    "r.mentions, r.last_seq, r.last_sender, r.last_name, r.last_kind, r.last_text, r.last_ts, "    \
    "r.active_ts"
#define SKEIN_ROOM_COLUMNS                                                                         \
    SKEIN_ROOM_ROW_COLUMNS                                                                         \
    ", r.member, r.synced, r.read_told, r.delivered_told, r.server_name, r.server_topic, "         \
    "r.server_archived, r.name_rev, r.topic_rev, r.archived_rev, r.role_rev, "                     \
    "r.info_due"

namespace skein::offline
{

/// Columns of SKEIN_ROOM_ROW_COLUMNS; the number of the next one.
inline constexpr int kRoomRowColumns = 24;
/// Fills a row that is as new from SKEIN_ROOM_ROW_COLUMNS, `unread` included. Its key.
RoomKey readRoomRow(const Query& q, RoomRow& row);

struct UnsentCounts {
    std::int64_t queued = 0, failed = 0;
};
/// What the list shows of a draft; null columns are none.
#define SKEIN_DRAFT_COLUMNS "d.text, d.reply_to, d.other, iif(d.told, d.rev, d.base)"
struct ShownDraft {
    std::string text, other;
    Seq replyTo;
    Rev base;
    void moveTo(RoomRow& row)
    {
        row.draft = std::move(text);
        row.draftOther = std::move(other);
        row.draftReplyTo = replyTo;
        row.draftBase = base;
    }
};
/// From SKEIN_DRAFT_COLUMNS that begin at `column`.
[[nodiscard]] ShownDraft readDraft(const Query& q, int column);
/// Drafts of all rooms that have one.
[[nodiscard]] std::unordered_map<RoomKey, ShownDraft> allDrafts(Db& db);
/// Unsent messages of every room that has any.
[[nodiscard]] std::unordered_map<RoomKey, UnsentCounts> unsentCounts(Db& db);

} // namespace skein::offline
