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

struct Store::Rescued {
    std::vector<std::pair<OutboxEntry, RoomId>> outbox;
    std::vector<std::pair<std::string, RoomId>> drafts;
    std::vector<std::pair<std::string, std::string>> facts;
};

namespace
{

/// What the file itself is to blame for ends the reading of one table; what the disk or the machine
/// does ends the recovery, since the rest may be readable the next time.
std::optional<Error> notTheFilesFault(Db& db)
{
    const bool damaged = db.damaged();
    auto error = db.takeError();
    return damaged ? std::nullopt : std::move(error);
}

// Each table for itself: one may be readable where the other is not.
template <class Rescued>
Result<Rescued> readWhatIsThere(const std::string& path, const std::string& vfs)
{
    Rescued rescued;
    auto opened = Db::open(path, Db::Mode::ReadWrite, vfs);
    if (!opened && opened.error().code == ErrorCode::StorageCorrupt)
        return rescued;
    if (!opened)
        return fail(opened.error());
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
    if (auto error = notTheFilesFault(db))
        return fail(std::move(*error));
    {
        Query q =
            db.query("SELECT d.text, r.server_id FROM drafts d JOIN rooms r ON r.id = d.room");
        while (q.step())
            rescued.drafts.emplace_back(q.text(0), RoomId(q.view(1)));
    }
    if (auto error = notTheFilesFault(db))
        return fail(std::move(*error));
    {
        Query q =
            db.query("SELECT key, value FROM meta WHERE key IN ('user', 'user_name', 'device')");
        while (q.step())
            rescued.facts.emplace_back(q.text(0), q.text(1));
    }
    if (auto error = notTheFilesFault(db))
        return fail(std::move(*error));
    return rescued;
}

namespace fs = std::filesystem;

Error errorOf(const std::error_code& code)
{
    const bool full = code == std::errc::no_space_on_device;
    return makeError(full ? ErrorCode::StorageFull : ErrorCode::StorageFailed, code.message());
}

void removeDatabase(const std::string& path)
{
    std::error_code ignored;
    for (const char* suffix : {"", "-wal", "-shm"})
        fs::remove(path + suffix, ignored);
}

/// The database and its log under another name: by a link, or as a copy. `share` false: a copy.
std::optional<Error> copyDatabase(const std::string& from, const std::string& to, bool share)
{
    std::error_code code;
    for (const char* suffix : {"", "-wal"}) {
        if (*suffix && !fs::exists(from + suffix, code))
            continue; // there may be none
        code.clear();
        if (share)
            fs::create_hard_link(from + suffix, to + suffix, code);
        if (!share || (code && code != std::errc::file_exists))
            fs::copy_file(from + suffix, to + suffix, code);
        if (code) {
            Error error = errorOf(code);
            removeDatabase(to);
            return error;
        }
    }
    return std::nullopt;
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
    // A copy is read, since even reading may write (the WAL is folded in).
    const std::string copy = options.path + ".reading";
    removeDatabase(copy);
    if (auto error = copyDatabase(options.path, copy, false))
        return fail(std::move(*error));
    auto read = readWhatIsThere<Rescued>(copy, options.vfs);
    removeDatabase(copy);
    if (!read)
        return fail(read.error());
    Rescued& rescued = *read;

    // The new one is made beside the old one. Until it is whole, nothing of the old one moves: the
    // disk may be full, and the process may die.
    const std::string beside = options.path + ".recovering";
    removeDatabase(beside);
    Recovered result;
    result.keptAs = kept;
    StoreOptions making = options;
    making.path = beside;
    making.lockFile = false;
    auto made = open(std::move(making));
    if (!made) {
        removeDatabase(beside);
        return fail(made.error());
    }
    Store& store = **made;
    if (auto filled = fillRecovered(store, rescued, now, result); !filled) {
        made->reset();
        removeDatabase(beside);
        return fail(filled.error());
    }
    made->reset(); // closed, and its log folded in
    std::error_code failed;
    if (fs::exists(beside + "-wal", failed)) {
        removeDatabase(beside);
        return fail(ErrorCode::StorageFailed, "the log could not be folded in");
    }
    if (auto error = copyDatabase(options.path, kept, true)) {
        removeDatabase(beside);
        return fail(std::move(*error));
    }
    // From here on open() ends what was begun.
    fs::rename(beside, options.path + kRecoveredSuffix, failed);
    if (failed) {
        removeDatabase(beside);
        removeDatabase(kept);
        return fail(errorOf(failed));
    }
    auto opened = open(std::move(options));
    if (!opened)
        return fail(opened.error());
    result.store = std::move(*opened);
    return result;
}

// Everything rescued, in one transaction of the new store.
Result<void> Store::fillRecovered(Store& store, Rescued& rescued, WallTime now, Recovered& result)
{
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
    return transaction.commit();
}

} // namespace skein::offline
