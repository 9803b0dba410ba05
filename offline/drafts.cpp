#include "offline/drafts.h"

#include "offline/sqlite.h"

namespace skein::offline
{

void Drafts::set(RoomKey room, const std::string& text, std::int64_t changedMs)
{
    if (text.empty()) {
        m_db.query("DELETE FROM drafts WHERE room = ?").bind(room).run();
        return;
    }
    m_db.query("INSERT INTO drafts(room, text, changed_ms) VALUES(?1, ?2, ?3)"
               " ON CONFLICT(room) DO UPDATE SET text = ?2, changed_ms = ?3")
        .bind(room, text, changedMs)
        .run();
}

std::string Drafts::text(RoomKey room)
{
    Query q = m_db.query("SELECT text FROM drafts WHERE room = ?");
    return q.bind(room).step() ? q.text(0) : std::string();
}

} // namespace skein::offline
