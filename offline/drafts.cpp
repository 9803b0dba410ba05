#include "offline/drafts.h"

#include "offline/sqlite.h"

namespace skein::offline
{

void Drafts::save(const DraftRecord& draft)
{
    m_db.query("INSERT INTO drafts(room, text, changed_ms, reply_to, rev, base, temp_id, told,"
               " drop_other, other) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"
               " ON CONFLICT(room) DO UPDATE SET text = ?2, changed_ms = ?3, reply_to = ?4,"
               " rev = ?5, base = ?6, temp_id = ?7, told = ?8, drop_other = ?9, other = ?10")
        .bind(draft.room, draft.text, draft.changedMs, draft.replyTo, draft.rev, draft.base,
              draft.tempId, draft.told, draft.dropOther, draft.other)
        .run();
}

std::vector<DraftRecord> Drafts::load()
{
    std::vector<DraftRecord> drafts;
    Query q = m_db.query("SELECT room, text, changed_ms, reply_to, rev, base, temp_id, told,"
                         " drop_other, other FROM drafts");
    while (q.step()) {
        DraftRecord draft;
        draft.room = q.integer(0);
        draft.text = q.text(1);
        draft.changedMs = q.integer(2);
        draft.replyTo = Seq(q.integer(3));
        draft.rev = Rev(q.integer(4));
        draft.base = Rev(q.integer(5));
        draft.tempId = TempId(q.view(6));
        draft.told = q.integer(7) != 0;
        draft.dropOther = q.integer(8) != 0;
        draft.other = q.text(9);
        drafts.push_back(std::move(draft));
    }
    return drafts;
}

void Drafts::set(RoomKey room, const std::string& text, std::int64_t changedMs)
{
    m_db.query("INSERT INTO drafts(room, text, changed_ms) VALUES(?1, ?2, ?3)"
               " ON CONFLICT(room) DO UPDATE SET text = ?2, changed_ms = ?3, told = 0,"
               " temp_id = ''")
        .bind(room, text, changedMs)
        .run();
}

std::string Drafts::text(RoomKey room)
{
    Query q = m_db.query("SELECT text FROM drafts WHERE room = ?");
    return q.bind(room).step() ? q.text(0) : std::string();
}

} // namespace skein::offline
