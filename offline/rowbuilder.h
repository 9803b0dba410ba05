// From a stored row to the MessageRow that the screen gets: names, quote and status joined.
// Internal to offline/; shared by the reader and by the writer's change reports, so that both show
// the same.
#pragma once

#include "offline/rooms.h"
#include "offline/rows.h"
#include "offline/sqlite.h"

#include <unordered_map>

#define SKEIN_MESSAGE_COLUMNS                                                                      \
    "id, tid, temp_id, event_id, sender, kind, body, ts, ord, snap_rev, body_rev, react_rev, "     \
    "pin_rev, flags,"                                                                              \
    " reply_to, thread, failed, extra"

namespace skein::offline
{

inline constexpr std::int64_t kFlagEdited = 1, kFlagDeleted = 2, kFlagPinned = 4,
                              kFlagMentionsMe = 8,
                              kFlagSentHere = 16; ///< written on this device, under its key
inline constexpr std::size_t kQuoteCharactersMax = 140;

/// What of a room decides how its rows look.
struct RoomView {
    RoomKey key = 0;
    RoomId room;
    Seq othersRead, othersDelivered;
};

class RowBuilder
{
public:
    explicit RowBuilder(Db& db)
        : m_db(db)
    {
    }
    /// The row at the query's current step. Nested quotes are looked up.
    [[nodiscard]] MessageRow build(const Query& q, const RoomView& view)
    {
        MessageRow row;
        build(q, view, row);
        return row;
    }
    /// The same into a row that is as new: it is large, so pages fill theirs in place.
    void build(const Query& q, const RoomView& view, MessageRow& row);
    [[nodiscard]] static MessageRow hole(const RoomView& view, Seq lo, Seq hi);
    void setSelf(UserId self)
    {
        m_self = std::move(self);
        m_users.clear(); // they know whether they are this user
    }
    /// Names may have changed.
    void forgetUsers() { m_users.clear(); }

private:
    struct Sender {
        UserId id;
        std::string name;
        bool self = false;
    };
    const Sender& sender(std::int64_t key);
    [[nodiscard]] Quote quote(const RoomView& view, Seq seq);

    Db& m_db;
    UserId m_self;
    std::unordered_map<std::int64_t, Sender> m_users; ///< at most kUserCacheMax
    Sender m_unreadable;                              ///< what sender() gave when the disk failed
};

/// The first `characters` code points of UTF-8 text, on one line.
[[nodiscard]] std::string excerpt(std::string_view text, std::size_t characters);

} // namespace skein::offline
