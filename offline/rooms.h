// The room list, denormalised, with the cursor of each room. Thread: the store's. Failures stick to
// the transaction.
#pragma once

#include "offline/keys.h"
#include "offline/rows.h"

#include <optional>
#include <vector>

namespace skein::offline
{

class Db;

/// A room as the writer knows it. `row.unread` follows from headOrd and readOrd; `row.draft`,
/// `row.queued` and `row.failed` belong to other tables and are filled by load() only.
struct RoomRecord {
    RoomKey key = 0;
    /// Name, topic and archived with the user's unconfirmed changes over them.
    RoomRow row;
    /// The server's own, while the row shows something else; see setInfo().
    struct Info {
        std::string name, topic;
        bool archived = false;
        friend bool operator==(const Info&, const Info&) = default;
    };
    std::optional<Info> server;
    /// Log entry that each was last changed by: an older one, met when a hole fills, changes
    /// nothing.
    Seq nameRev, topicRev, archivedRev, roleRev;
    /// A hole ends here that may have swallowed changes of those, or somebody came or went here:
    /// the room's state as of this entry or later is to be asked for. Empty = nothing is.
    Seq infoDue;
    bool member = true;
    Seq synced; ///< the cursor: every log entry up to here was applied, or is a stated hole
    Ord readOrd;
    Seq readTold;      ///< the server is known to know of this read position
    Seq deliveredTold; ///< as told by mark_delivered

    [[nodiscard]] Info serverInfo() const
    {
        return server ? *server : Info{row.name, row.topic, row.archived};
    }
    /// What the server says now, and what of it the user has changed and not yet had confirmed.
    void setInfo(Info serverSays, const std::vector<protocol::RoomUpdate>& changes)
    {
        Info shown = serverSays;
        for (const protocol::RoomUpdate& change : changes) {
            shown.name = change.name.value_or(shown.name);
            shown.topic = change.topic.value_or(shown.topic);
            shown.archived = change.archived.value_or(shown.archived);
        }
        server = shown == serverSays ? std::nullopt : std::optional(std::move(serverSays));
        row.name = std::move(shown.name);
        row.topic = std::move(shown.topic);
        row.archived = shown.archived;
    }
    /// unread = ord(head) − ord(read): exact, no scan.
    void countUnread() { row.unread = row.headOrd > readOrd ? row.headOrd - readOrd : 0; }
};

class Rooms
{
public:
    explicit Rooms(Db& db)
        : m_db(db)
    {
    }
    /// All rooms, by activity, newest first.
    [[nodiscard]] std::vector<RoomRecord> load();
    /// Gives the record its key. A room that was left and is back gets its old one.
    void insert(RoomRecord& record);
    void save(const RoomRecord& record);
    /// Only when nothing unsent and no draft refers to it; else mark it as left by save().
    void erase(RoomKey key);

private:
    Db& m_db;
};

} // namespace skein::offline
