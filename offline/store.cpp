#include "offline/store.h"

#include "offline/migrations.h"
#include "offline/sqlite.h"

#include <sqlite3.h>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace skein::offline
{
namespace
{

bool isUri(const std::string& path)
{
    return path.rfind("file:", 0) == 0;
}

Result<void> migrate(Db& db)
{
    const auto scripts = migrations();
    const auto version = static_cast<std::size_t>(db.integer("PRAGMA user_version"));
    if (!db.ok())
        return fail(*db.takeError());
    if (version > scripts.size())
        return fail(ErrorCode::StorageVersion, "schema " + std::to_string(version));
    for (std::size_t i = version; i < scripts.size(); ++i) {
        const std::string script = "BEGIN IMMEDIATE;\n" + std::string(scripts[i]) +
                                   "\nPRAGMA user_version = " + std::to_string(i + 1) +
                                   ";\nCOMMIT;";
        if (!db.exec(script.c_str())) {
            Error error = *db.takeError();
            db.exec("ROLLBACK");
            (void)db.takeError();
            return fail(std::move(error));
        }
    }
    return {};
}

} // namespace

// Kept by the process through flock(): gone with it, however it dies.
class Store::FileLock
{
public:
    static Result<std::unique_ptr<FileLock>> take(const std::string& path)
    {
        const std::string name = path + ".lock";
        const int fd = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (fd < 0)
            return fail(errno == ENOSPC ? ErrorCode::StorageFull : ErrorCode::StorageFailed,
                        std::strerror(errno));
        if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
            const bool busy = errno == EWOULDBLOCK;
            ::close(fd);
            return fail(busy ? ErrorCode::StorageLocked : ErrorCode::StorageFailed, "lock file");
        }
        return std::unique_ptr<FileLock>(new FileLock(fd));
    }
    ~FileLock() { ::close(m_fd); }
    FileLock(const FileLock&) = delete;
    FileLock& operator=(const FileLock&) = delete;

private:
    explicit FileLock(int fd)
        : m_fd(fd)
    {
    }
    int m_fd;
};

Store::Store(StoreOptions options, std::unique_ptr<Db> db, std::unique_ptr<FileLock> lock)
    : m_options(std::move(options))
    , m_lock(std::move(lock))
    , m_db(std::move(db))
    , m_users(*m_db)
    , m_outbox(*m_db)
    , m_rooms(*m_db)
    , m_timeline(*m_db, m_users, m_outbox)
    , m_drafts(*m_db)
    , m_positions(*m_db)
    , m_journal(*m_db)
{
    // Called after each commit, outside of the transaction; takes the place of SQLite's own.
    const auto grew = [](void* self, sqlite3*, const char*, int pages) {
        auto& store = *static_cast<Store*>(self);
        store.m_walPages = pages;
        if (pages >= kWalPagesMax)
            store.checkpoint();
        return SQLITE_OK;
    };
    sqlite3_wal_hook(m_db->handle(), grew, this);
}

Store::~Store() = default;

Result<std::unique_ptr<Store>> Store::open(StoreOptions options)
{
    std::unique_ptr<FileLock> lock;
    if (options.lockFile && !isUri(options.path)) {
        auto taken = FileLock::take(options.path);
        if (!taken)
            return fail(taken.error());
        lock = std::move(*taken);
    }
    if (!isUri(options.path)) {
        if (auto finished = finishRecovery(options.path); !finished)
            return fail(finished.error());
    }
    auto opened = Db::open(options.path, Db::Mode::ReadWrite, options.vfs);
    if (!opened)
        return fail(opened.error());
    Db& db = **opened;
    // Looked at before anything is written: a file that is not ours, or newer, stays as it is.
    const std::int64_t version = db.integer("PRAGMA user_version");
    if (auto error = db.takeError())
        return fail(std::move(*error));
    if (version > static_cast<std::int64_t>(migrations().size()))
        return fail(ErrorCode::StorageVersion, "schema " + std::to_string(version));
    if (version < 0) // written by nobody
        return fail(ErrorCode::StorageCorrupt, "schema " + std::to_string(version));
    db.exec("PRAGMA page_size = 4096");
    db.exec("PRAGMA journal_mode = WAL");
    db.exec(options.durable ? "PRAGMA synchronous = NORMAL" : "PRAGMA synchronous = OFF");
    db.exec("PRAGMA cache_size = -16000");
    db.exec("PRAGMA temp_store = MEMORY");
    if (options.pagesMax > 0)
        db.exec(("PRAGMA max_page_count = " + std::to_string(options.pagesMax)).c_str());
    if (auto error = db.takeError())
        return fail(std::move(*error));
    if (auto migrated = migrate(db); !migrated)
        return fail(migrated.error());
    std::unique_ptr<Store> store(
        new Store(std::move(options), std::move(*opened), std::move(lock)));
    // A damaged file is met now rather than in the middle of a sync.
    (void)store->m_rooms.load();
    (void)store->m_outbox.list();
    if (auto error = store->takeError())
        return fail(std::move(*error));
    store->setSelf(UserId(store->fact(kUser)));
    return store;
}

// A recovery that was cut short after its last but one step. Each step may come twice.
Result<void> Store::finishRecovery(const std::string& path)
{
    namespace fs = std::filesystem;
    std::error_code failed;
    if (!fs::exists(path + kRecoveredSuffix, failed))
        return {};
    // First the old log: it would be taken for the new file's.
    for (const char* suffix : {"-wal", "-shm"})
        fs::remove(path + suffix, failed);
    if (!failed)
        fs::rename(path + kRecoveredSuffix, path, failed);
    if (failed)
        return fail(ErrorCode::StorageFailed, failed.message());
    return {};
}

Store::Reading::Reading(Store& store)
    : m_store(store)
    , m_mine(!store.m_reading && sqlite3_get_autocommit(store.m_db->handle()) != 0)
{
    if (!m_mine)
        return;
    // Straight: neither touches the disk's content, and a failure is no reader's.
    m_store.m_reading =
        sqlite3_exec(m_store.m_db->handle(), "BEGIN", nullptr, nullptr, nullptr) == 0;
}

Store::Reading::~Reading()
{
    if (m_mine)
        m_store.endReading();
}

void Store::endReading()
{
    if (!std::exchange(m_reading, false))
        return;
    sqlite3* const handle = m_db->handle();
    for (const char* sql : {"COMMIT", "ROLLBACK"}) {
        if (sqlite3_get_autocommit(handle) == 0)
            (void)sqlite3_exec(handle, sql, nullptr, nullptr, nullptr);
    }
}

Store::Transaction::Transaction(Store& store, Durability durability)
    : m_store(store)
    , m_durability(store.m_options.durable ? durability : Durability::Cache)
{
    m_store.endReading();
    (void)m_store.m_db->takeError();
    m_store.m_db->setTransaction(true);
    // Takes effect when it is prepared, so never from the statement cache.
    if (m_durability == Durability::User)
        m_store.m_db->exec("PRAGMA synchronous = FULL");
    m_store.m_db->query("BEGIN IMMEDIATE").run();
}

Store::Transaction::~Transaction()
{
    if (!m_open)
        return;
    Db& db = *m_store.m_db;
    db.setTransaction(false);
    (void)db.takeError();
    if (sqlite3_get_autocommit(db.handle()) == 0)
        db.query("ROLLBACK").run();
    if (m_durability == Durability::User)
        db.exec("PRAGMA synchronous = NORMAL");
    (void)db.takeError();
    m_store.rolledBack();
}

Result<void> Store::Transaction::commit()
{
    Db& db = *m_store.m_db;
    if (!m_open)
        return fail(ErrorCode::Internal, "transaction is over");
    if (db.ok())
        db.query("COMMIT").run();
    if (!db.ok())
        return fail(*db.error()); // the destructor undoes it
    m_open = false;
    db.setTransaction(false);
    if (m_durability == Durability::User) {
        db.exec("PRAGMA synchronous = NORMAL");
        (void)db.takeError(); // what was committed is committed
    }
    return {};
}

void Store::rolledBack()
{
    m_users.forget();
    m_timeline.forget();
}

void Store::checkpoint()
{
    m_walPages = 0;
    (void)sqlite3_wal_checkpoint_v2(m_db->handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr,
                                    nullptr);
}

std::string Store::fact(const std::string& name)
{
    Query q = m_db->query("SELECT value FROM meta WHERE key = ?");
    return q.bind(name).step() ? q.text(0) : std::string();
}

void Store::setFact(const std::string& name, const std::string& value)
{
    m_db->query(
            "INSERT INTO meta(key, value) VALUES(?1, ?2) ON CONFLICT(key) DO UPDATE SET value = ?2")
        .bind(name, value)
        .run();
}

void Store::setSelf(const UserId& self)
{
    m_timeline.setSelf(self);
}

void Store::limitPages(std::int64_t pages)
{
    constexpr std::int64_t kNoBound = 4'294'967'294;
    m_db->exec(("PRAGMA max_page_count = " + std::to_string(pages > 0 ? pages : kNoBound)).c_str());
    (void)m_db->takeError();
}

std::optional<Error> Store::takeError()
{
    return m_db->takeError();
}

} // namespace skein::offline
