// What stands in the composer of each room. Written with full durability on every pause. What the
// user emptied stays as a row until the server has heard of it, and after that as what is known of
// the server's revision. Rules: docs/adr/0012-drafts.md. Thread: the store's. Failures stick to the
// transaction (store.h).
#pragma once

#include "core/ids.h"
#include "offline/keys.h"

#include <string>
#include <vector>

namespace skein::offline
{

class Db;

struct DraftRecord {
    RoomKey room = 0;
    std::string text;       ///< empty = none
    Seq replyTo;            ///< 0 = none
    Rev rev;                ///< newest of the server that this device has heard of; 0 = none
    Rev base;               ///< that `text` was written on top of
    TempId tempId;          ///< key under which `text` is told
    bool told = true;       ///< the server has `text`
    bool dropOther = false; ///< to be told with it: the user is done with `other`
    std::string other;      ///< of another device, replaced by `text` and kept
    std::int64_t changedMs = 0;
    friend bool operator==(const DraftRecord&, const DraftRecord&) = default;
};

class Drafts
{
public:
    explicit Drafts(Db& db)
        : m_db(db)
    {
    }
    void save(const DraftRecord& draft);
    [[nodiscard]] std::vector<DraftRecord> load();
    /// A text that the server does not have, whatever stood there before.
    void set(RoomKey room, const std::string& text, std::int64_t changedMs);
    [[nodiscard]] std::string text(RoomKey room);

private:
    Db& m_db;
};

} // namespace skein::offline
