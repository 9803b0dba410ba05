// What stands in the composer of each room. Written with full durability on every pause; only the
// user removes it. Thread: the store's. Failures stick to the transaction (store.h).
#pragma once

#include "offline/keys.h"

#include <string>

namespace skein::offline
{

class Db;

class Drafts
{
public:
    explicit Drafts(Db& db)
        : m_db(db)
    {
    }
    /// An empty text removes the draft.
    void set(RoomKey room, const std::string& text, std::int64_t changedMs);
    [[nodiscard]] std::string text(RoomKey room);

private:
    Db& m_db;
};

} // namespace skein::offline
