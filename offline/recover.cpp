// Out of a damaged file comes what the user wrote and nobody else has: the outbox with its unsent
// messages, and the drafts. Everything else is fetched again.
#include "offline/sqlite.h"
#include "offline/store.h"
#include "protocol/codec.h"

#include <filesystem>
#include <map>
#include <system_error>
#include <variant>
#include <vector>

namespace skein::offline
{
namespace
{

struct Rescued {
    std::vector<std::pair<OutboxEntry, RoomId>> outbox;
    std::vector<std::pair<std::string, RoomId>> drafts;
    std::vector<std::pair<std::string, std::string>> facts;
};

// Each table for itself: one may be readable where the other is not.
Rescued readWhatIsThere(const std::string& path, const std::string& vfs)
{
    Rescued rescued;
    auto opened = Db::open(path, Db::Mode::ReadWrite, vfs);
    if (!opened)
        return rescued;
    Db& db = **opened;
    {
        Query q = db.query("SELECT o.temp_id, o.op, o.payload, o.failed, o.created_ms, "
                           "r.server_id, o.tid FROM outbox "
                           "o"
                           " LEFT JOIN rooms r ON r.id = o.room WHERE o.acked = 0 ORDER BY o.id");
        while (q.step()) {
            OutboxEntry entry;
            entry.tempId = TempId(q.view(0));
            entry.op = static_cast<Op>(q.integer(1));
            entry.payload = q.text(2);
            if (!q.isNull(3))
                entry.failed = static_cast<ErrorCode>(q.integer(3));
            entry.createdMs = q.integer(4);
            entry.tid = q.integer(6);
            rescued.outbox.emplace_back(std::move(entry), RoomId(q.view(5)));
        }
    }
    (void)db.takeError();
    {
        Query q =
            db.query("SELECT d.text, r.server_id FROM drafts d JOIN rooms r ON r.id = d.room");
        while (q.step())
            rescued.drafts.emplace_back(q.text(0), RoomId(q.view(1)));
    }
    (void)db.takeError();
    {
        Query q =
            db.query("SELECT key, value FROM meta WHERE key IN ('user', 'user_name', 'device')");
        while (q.step())
            rescued.facts.emplace_back(q.text(0), q.text(1));
    }
    (void)db.takeError();
    return rescued;
}

RoomKey roomKey(Store& store, const RoomId& id)
{
    if (id.empty())
        return 0;
    RoomRecord record;
    record.row.room = id;
    store.rooms().insert(record);
    return record.key;
}

} // namespace

Result<Store::Recovered> Store::recover(StoreOptions options, WallTime now)
{
    const std::string kept = options.path + ".corrupt-" + std::to_string(now.ms);
    std::error_code failed;
    std::filesystem::rename(options.path, kept, failed);
    if (failed)
        return fail(ErrorCode::StorageFailed, failed.message());
    for (const char* suffix : {"-wal", "-shm"})
        std::filesystem::rename(options.path + suffix, kept + suffix, failed); // there may be none

    // A copy is read, since even reading may write (the WAL is folded in).
    const std::string copy = kept + ".read";
    Rescued rescued;
    std::filesystem::copy_file(kept, copy, failed);
    if (!failed) {
        std::filesystem::copy_file(kept + "-wal", copy + "-wal", failed);
        rescued = readWhatIsThere(copy, options.vfs);
    }
    for (const char* suffix : {"", "-wal", "-shm"})
        std::filesystem::remove(copy + suffix, failed);

    auto opened = open(std::move(options));
    if (!opened)
        return fail(opened.error());
    Recovered result;
    result.store = std::move(*opened);
    result.keptAs = kept;
    Store& store = *result.store;
    Transaction transaction = store.begin(Durability::User);
    for (const auto& [name, value] : rescued.facts) {
        store.setFact(name, value);
        if (name == kUser)
            store.setSelf(UserId(value));
    }
    std::map<RowId, RowId> rows; // of the unsent messages, before and now
    for (auto& [entry, room] : rescued.outbox) {
        const auto frame = protocol::decodeClientFrame(entry.payload);
        if (!frame || (room.empty() && entry.op != Op::RoomCreate))
            continue;
        entry.room = roomKey(store, room);
        // A change follows its unsent message. The row of a confirmed one is fetched again, and its
        // target stands in the frame.
        const RowId before = entry.tid;
        const auto moved = rows.find(before);
        entry.tid = moved == rows.end() ? 0 : moved->second;
        const std::int64_t id = store.outbox().add(entry);
        if (const auto* send = std::get_if<protocol::MessageSend>(&*frame)) {
            const RowId tid = store.timeline().insertUnsent(entry.room, id, *send, entry.createdMs);
            store.outbox().setRow(id, tid);
            rows.emplace(before, tid);
            store.timeline().setFailed(tid, entry.failed);
        }
        ++result.outboxEntries;
    }
    for (const auto& [before, tid] : rows)
        store.timeline().refresh(tid);
    for (const auto& [text, room] : rescued.drafts) {
        store.drafts().set(roomKey(store, room), text, now.ms);
        ++result.drafts;
    }
    if (auto done = transaction.commit(); !done)
        return fail(done.error());
    return result;
}

} // namespace skein::offline
