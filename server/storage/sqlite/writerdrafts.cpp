// Drafts: one row a user and room, three statements whatever was written.
#include "server/storage/sqlite/rowcodec.h"
#include "server/storage/sqlite/writer.h"

#include <algorithm>

namespace skein::server::sqlite
{
namespace
{

constexpr std::size_t kKeyBytes = 16;

bool holdsKey(std::string_view keys, std::string_view key)
{
    for (std::size_t at = 0; at + kKeyBytes <= keys.size(); at += kKeyBytes) {
        if (keys.substr(at, kKeyBytes) == key)
            return true;
    }
    return false;
}

} // namespace

Result<DraftStored> Writer::run(DraftOp& op)
{
    const std::int64_t device = deviceKey(op.user, op.device);
    const std::string key = packTemp(op.tempId).substr(0, kKeyBytes);
    DraftRow stored;
    std::string keys;
    bool sameDevice = false;
    m_findDraft.bind(op.user).bind(op.room);
    if (m_findDraft.step()) {
        stored.room = op.room;
        stored.rev = m_findDraft.integer(0);
        sameDevice = m_findDraft.integer(1) == device;
        stored.text = m_findDraft.string(2);
        if (const std::int64_t replyTo = m_findDraft.integer(3); replyTo > 0)
            stored.replyTo = Seq(replyTo);
        stored.other = m_findDraft.string(4);
        stored.ts = m_findDraft.integer(5);
        keys = m_findDraft.string(6);
        m_findDraft.reset();
    }
    if (m_db.failed())
        return fail(m_db.error());
    // A repeat is part of what is stored already, whatever was written on top of it since.
    if (holdsKey(keys, key))
        return DraftStored{false, std::move(stored)};
    auto next = mergedDraft(stored, sameDevice, op);
    if (!next)
        return DraftStored{false, std::move(stored)};
    next->rev = ++m_touch;
    keys += key;
    if (keys.size() > kDraftKeysKept * kKeyBytes)
        keys.erase(0, keys.size() - kDraftKeysKept * kKeyBytes);
    m_putDraft.bind(op.user).bind(op.room).bind(next->rev).bind(device).bindBlob(next->text);
    m_putDraft.bind(next->replyTo.value_or(Seq()).value())
        .bindBlob(next->other)
        .bind(next->ts)
        .bindBlob(keys)
        .run();
    m_touchDrafts.bind(next->rev).bind(op.user).run();
    if (m_db.failed())
        return fail(m_db.error());
    return DraftStored{true, std::move(*next)};
}

} // namespace skein::server::sqlite
