#include "server/storage/sqlite/store.h"

#include "server/storage/sqlite/jobs.h"
#include "server/storage/sqlite/reader.h"
#include "server/storage/sqlite/schema.h"
#include "server/storage/sqlite/wal.h"
#include "server/storage/sqlite/writer.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

namespace skein::server
{

using sqlite::Db;
using sqlite::Job;
using sqlite::JobPtr;
using sqlite::Jobs;
using sqlite::Reader;
using sqlite::TypedJob;
using sqlite::Writer;

namespace
{

constexpr std::int64_t kWalBytesMax = 64LL * 1024 * 1024;
constexpr int kPageBytes = 4'096;
constexpr std::chrono::milliseconds kCheckpointEvery{100};
// Pages in the WAL from which a checkpoint is worth its two syncs, and a third of the commit that
// starts the file over.
constexpr int kCheckpointPages = 1'000;
constexpr std::size_t kReadBatchMax = 64;

class LockFile
{
public:
    ~LockFile()
    {
        if (m_fd >= 0)
            ::close(m_fd);
    }
    Result<void> take(const std::string& path)
    {
        m_fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (m_fd < 0)
            return fail(ErrorCode::StorageFailed, "lock file");
        if (::flock(m_fd, LOCK_EX | LOCK_NB) != 0)
            return fail(ErrorCode::StorageLocked, "data directory");
        return {};
    }

private:
    int m_fd = -1;
};

Result<void> makeDirectory(const std::string& path)
{
    for (std::size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
        const std::string part = path.substr(0, slash);
        if (::mkdir(part.c_str(), 0700) != 0 && errno != EEXIST)
            return fail(errno == ENOSPC ? ErrorCode::StorageFull : ErrorCode::StorageFailed,
                        "data directory");
        if (slash == std::string::npos)
            return {};
    }
}

class Store final : public SqliteStorage
{
public:
    explicit Store(SqliteOptions options)
        : m_options(std::move(options))
    {
    }
    ~Store() override;

    Result<void> start();

    Result<Snapshot> load() override
    {
        auto snapshot = m_writer.load();
        m_writeExecuted = m_writeDb.executed();
        m_readExecuted = m_readDb.executed();
        return snapshot;
    }
    void setUserObserver(std::function<void(const UserRow&)> observer) override
    {
        *m_observer = std::move(observer);
    }

    void append(LogOp op, Done<Logged> done) override;
    void createRoom(CreateRoomOp op, Done<RoomMade> done) override
    {
        write<RoomMade>(std::move(op), std::move(done));
    }
    void setPositions(PositionsOp op, Done<std::vector<PositionSet>> done) override
    {
        write<std::vector<PositionSet>>(std::move(op), std::move(done));
    }
    void setDraft(DraftOp op, Done<DraftStored> done) override
    {
        const std::size_t bytes = 256 + op.text.size();
        write<DraftStored>(std::move(op), std::move(done), bytes);
    }
    void createUser(CreateUserOp op, Done<UserRow> done) override;
    void createSession(CreateSessionOp op, Done<SessionMade> done) override
    {
        write<SessionMade>(std::move(op), std::move(done));
    }
    void rotateSession(RotateSessionOp op, Done<Rotated> done) override
    {
        write<Rotated>(std::move(op), std::move(done));
    }
    void revokeSession(SessionId session, std::int64_t ts, Done<bool> done) override;
    void revokeDevice(RevokeDeviceOp op, Done<bool> done) override
    {
        write<bool>(std::move(op), std::move(done));
    }

    void readLog(std::vector<LogRange> ranges, std::size_t bytesMax,
                 Done<std::vector<LogPage>> done) override;
    void readHistory(HistoryQuery query, std::size_t bytesMax, Done<HistoryPage> done) override;
    void revalidate(RevalidateQuery query, std::size_t bytesMax, Done<HistoryPage> done) override;
    void readDrafts(DraftsQuery query, std::size_t bytesMax, Done<DraftsPage> done) override;
    void listSessions(SessionId of, std::int64_t now, Done<std::vector<SessionRow>> done) override;
    void findCredentials(std::string name, Done<std::optional<Credentials>> done) override;

    bool pump() override;
    bool pumpWrites() override;
    bool pumpReads() override;
    void setCommitFault(std::function<std::optional<ErrorCode>()> fault) override
    {
        m_fault = std::move(fault);
    }
    std::int64_t statementsExecuted() const override
    {
        return m_writeDb.executed() + m_readDb.executed();
    }
    std::size_t pending() const override { return m_pending.load(); }

private:
    template <class T, class Op>
    void write(Op op, Done<T> done, std::size_t bytes = 256)
    {
        auto job = std::make_unique<TypedJob<Writer, T>>(
            [op = std::make_shared<Op>(std::move(op))](Writer& writer) { return writer.run(*op); },
            std::move(done));
        job->bytes = bytes;
        enqueue(std::move(job));
    }
    void enqueue(JobPtr<Writer> job);
    void enqueue(JobPtr<Reader> job);
    template <class Worker>
    void post(Jobs<Worker> jobs);
    void runBatch(Jobs<Writer>& batch);
    void runReads(Jobs<Reader>& batch);
    Jobs<Writer> takeWrites();
    Jobs<Reader> takeReads();
    void writerLoop();
    void readerLoop();
    void checkpointLoop();
    void boundWal();
    [[nodiscard]] bool threaded() const
    {
        return m_options.threading == SqliteOptions::Threading::Threaded;
    }

    SqliteOptions m_options;
    std::shared_ptr<std::function<void(const UserRow&)>> m_observer =
        std::make_shared<std::function<void(const UserRow&)>>(); // shared with posts that may
                                                                 // outlive the store
    std::function<std::optional<ErrorCode>()> m_fault;
    LockFile m_lock;
    Db m_writeDb, m_readDb, m_checkpointDb;
    Writer m_writer{m_writeDb};
    Reader m_reader{m_readDb};
    Histogram* m_commitUs = nullptr;
    Counter* m_batches = nullptr;
    Counter* m_writes = nullptr;
    // Statements of the service's operations, so that a test can bound what one of them costs. What
    // opening and loading took is not counted.
    Counter* m_readStatements = nullptr;
    Counter* m_writeStatements = nullptr;
    std::int64_t m_readExecuted = 0, m_writeExecuted = 0;

    mutable std::mutex m_mutex;
    std::condition_variable m_writeReady, m_readReady, m_dirtyReady;
    std::deque<JobPtr<Writer>> m_writeQueue;
    std::deque<JobPtr<Reader>> m_readQueue;
    std::size_t m_queuedBytes = 0;
    bool m_stop = false;
    bool m_dirty = false;
    std::atomic<std::size_t> m_pending{0};
    std::int64_t m_walPages = 0; // writer's thread
    bool m_failing = false;      // likewise
    std::thread m_writerThread, m_readerThread, m_checkpointThread;
};

Store::~Store()
{
    {
        const std::lock_guard lock(m_mutex);
        m_stop = true;
    }
    m_writeReady.notify_all();
    m_readReady.notify_all();
    m_dirtyReady.notify_all();
    for (std::thread* thread : {&m_writerThread, &m_readerThread, &m_checkpointThread}) {
        if (thread->joinable())
            thread->join();
    }
}

Result<void> Store::start()
{
    std::string path;
    std::string vfs = m_options.vfs;
    const bool memory = m_options.disk != nullptr;
    if (memory) {
        path = m_options.disk->uri();
        vfs.clear();
    } else if (!m_options.uri.empty()) {
        path = m_options.uri;
    } else {
        if (auto made = makeDirectory(m_options.directory); !made)
            return made;
        if (auto taken = m_lock.take(m_options.directory + "/skein.lock"); !taken)
            return taken;
        path = m_options.directory + "/skein.db";
    }
    if (auto opened = m_writeDb.open(path, vfs); !opened)
        return opened;
    // FULL: a confirmed message has been synced. Checkpoints are made beside the writer, not by it.
    m_writeDb.exec(memory ? "PRAGMA journal_mode=MEMORY" : "PRAGMA journal_mode=WAL");
    m_writeDb.exec("PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-65536; "
                   "PRAGMA trusted_schema=OFF");
    if (threaded())
        m_writeDb.exec("PRAGMA wal_autocheckpoint=0");
    if (m_options.pageCountMax > 0)
        m_writeDb.exec(("PRAGMA max_page_count=" + std::to_string(m_options.pageCountMax)).c_str());
    if (m_writeDb.failed())
        return fail(m_writeDb.error());
    if (auto migrated = sqlite::migrate(m_writeDb); !migrated)
        return migrated;
    if (!sqlite::syncWal(m_writeDb.handle()))
        return fail(ErrorCode::StorageFailed, "the log cannot be synced");
    if (m_options.newGeneration > 0) {
        // What an earlier restoration left of the log is the least that all generations share.
        const std::string now = std::to_string(m_options.newGeneration);
        // One epoch for all rooms, also where the clock stands before an earlier one.
        const std::string raise = "UPDATE room SET base=CASE WHEN epoch>1 THEN min(base,seq) ELSE "
                                  "seq END, epoch=max((SELECT max(epoch) FROM room)+1," +
                                  now + ")";
        m_writeDb.exec(raise.c_str());
        if (m_writeDb.failed())
            return fail(m_writeDb.error());
    }
    if (threaded()) {
        sqlite3_wal_hook(
            m_writeDb.handle(),
            [](void* self, sqlite3*, const char*, int pages) {
                static_cast<Store*>(self)->m_walPages = pages;
                return SQLITE_OK;
            },
            this);
    }
    if (auto opened = m_writer.open(); !opened)
        return opened;
    if (auto opened = m_readDb.open(path, vfs); !opened)
        return opened;
    m_readDb.exec("PRAGMA temp_store=MEMORY; PRAGMA cache_size=-16384; PRAGMA query_only=ON");
    if (auto opened = m_reader.open(); !opened)
        return opened;
    if (m_options.metrics) {
        m_commitUs = &m_options.metrics->histogram("storage_commit_us");
        m_batches = &m_options.metrics->counter("storage_commits_total");
        m_writes = &m_options.metrics->counter("storage_writes_total");
        m_readStatements = &m_options.metrics->counter("storage_read_statements_total");
        m_writeStatements = &m_options.metrics->counter("storage_write_statements_total");
    }
    if (!threaded())
        return {};
    if (auto opened = m_checkpointDb.open(path, vfs); !opened)
        return opened;
    sqlite::lengthenWal(m_writeDb.handle(), kCheckpointPages, kPageBytes);
    m_writerThread = std::thread([this] { writerLoop(); });
    m_readerThread = std::thread([this] { readerLoop(); });
    m_checkpointThread = std::thread([this] { checkpointLoop(); });
    return {};
}

void Store::append(LogOp op, Done<Logged> done)
{
    const std::size_t bytes = 512 + op.event.body.size();
    write<Logged>(std::move(op), std::move(done), bytes);
}

void Store::createUser(CreateUserOp op, Done<UserRow> done)
{
    // The observer hears of the user before the caller does.
    write<UserRow>(std::move(op),
                   [observer = m_observer, done = std::move(done)](Result<UserRow> user) {
                       if (user && *observer)
                           (*observer)(*user);
                       if (done)
                           done(std::move(user));
                   });
}

void Store::revokeSession(SessionId session, std::int64_t ts, Done<bool> done)
{
    enqueue(std::make_unique<TypedJob<Writer, bool>>(
        [session = std::move(session), ts](Writer& writer) { return writer.revoke(session, ts); },
        std::move(done)));
}

void Store::readLog(std::vector<LogRange> ranges, std::size_t bytesMax,
                    Done<std::vector<LogPage>> done)
{
    enqueue(std::make_unique<TypedJob<Reader, std::vector<LogPage>>>(
        [ranges = std::move(ranges), bytesMax](Reader& reader) {
            return reader.log(ranges, bytesMax);
        },
        std::move(done)));
}

void Store::readHistory(HistoryQuery query, std::size_t bytesMax, Done<HistoryPage> done)
{
    enqueue(std::make_unique<TypedJob<Reader, HistoryPage>>(
        [query, bytesMax](Reader& reader) { return reader.history(query, bytesMax); },
        std::move(done)));
}

void Store::revalidate(RevalidateQuery query, std::size_t bytesMax, Done<HistoryPage> done)
{
    enqueue(std::make_unique<TypedJob<Reader, HistoryPage>>(
        [query, bytesMax](Reader& reader) { return reader.revalidate(query, bytesMax); },
        std::move(done)));
}

void Store::readDrafts(DraftsQuery query, std::size_t bytesMax, Done<DraftsPage> done)
{
    enqueue(std::make_unique<TypedJob<Reader, DraftsPage>>(
        [query, bytesMax](Reader& reader) { return reader.drafts(query, bytesMax); },
        std::move(done)));
}

void Store::listSessions(SessionId of, std::int64_t now, Done<std::vector<SessionRow>> done)
{
    enqueue(std::make_unique<TypedJob<Reader, std::vector<SessionRow>>>(
        [of = std::move(of), now](Reader& reader) { return reader.sessions(of, now); },
        std::move(done)));
}

void Store::findCredentials(std::string name, Done<std::optional<Credentials>> done)
{
    enqueue(std::make_unique<TypedJob<Reader, std::optional<Credentials>>>(
        [name = std::move(name)](Reader& reader) { return reader.credentials(name); },
        std::move(done)));
}

void Store::enqueue(JobPtr<Writer> job)
{
    m_pending.fetch_add(1);
    bool stopped = false;
    {
        const std::lock_guard lock(m_mutex);
        stopped = m_stop;
        if (!m_stop && m_writeQueue.size() < kWriteQueueMax &&
            m_queuedBytes + job->bytes <= kWriteQueueBytesMax) {
            m_queuedBytes += job->bytes;
            m_writeQueue.push_back(std::move(job));
        }
    }
    if (!job) {
        m_writeReady.notify_one();
        return;
    }
    job->fail(makeError(stopped ? ErrorCode::ShuttingDown : ErrorCode::ServerBusy, "write queue"));
    Jobs<Writer> refused;
    refused.push_back(std::move(job));
    post(std::move(refused));
}

void Store::enqueue(JobPtr<Reader> job)
{
    m_pending.fetch_add(1);
    {
        const std::lock_guard lock(m_mutex);
        if (!m_stop && m_readQueue.size() < kReadQueueMax)
            m_readQueue.push_back(std::move(job));
    }
    if (!job) {
        m_readReady.notify_one();
        return;
    }
    job->fail(makeError(ErrorCode::ServerBusy, "read queue"));
    Jobs<Reader> refused;
    refused.push_back(std::move(job));
    post(std::move(refused));
}

template <class Worker>
void Store::post(Jobs<Worker> jobs)
{
    m_pending.fetch_sub(jobs.size());
    // std::function wants copyable captures; this post is the only owner.
    auto shared = std::make_shared<Jobs<Worker>>(std::move(jobs));
    auto deliver = [shared] {
        for (auto& job : *shared)
            job->deliver();
    };
    if (m_options.post)
        m_options.post(std::move(deliver));
    else
        deliver();
}

void Store::runBatch(Jobs<Writer>& batch)
{
    const auto begun = std::chrono::steady_clock::now();
    Result<void> result;
    if (m_writer.begin()) {
        for (auto& job : batch) {
            if (m_writeDb.failed())
                break;
            job->run(m_writer);
        }
        if (const auto fault = m_fault ? m_fault() : std::nullopt) {
            m_writer.rollback();
            result = fail(*fault, "injected");
        } else {
            result = m_writer.commit();
        }
    } else {
        result = fail(m_writeDb.error());
        m_writer.rollback();
    }
    if (!result) {
        Error why = result.error();
        if (why.code != ErrorCode::StorageFull)
            why.code = ErrorCode::StorageFailed;
        why.retryable = true; // for the sender: nothing was stored, the same key may come again
        if (!m_failing)       // once, not for every batch of a full disk
            m_options.logger.error("commit failed: " + toString(why));
        m_failing = true;
        for (auto& job : batch)
            job->fail(why);
    } else if (m_failing) {
        m_failing = false;
        m_options.logger.info("commits go on");
    }
    if (m_commitUs) {
        const auto took = std::chrono::steady_clock::now() - begun;
        m_commitUs->record(std::chrono::duration_cast<std::chrono::microseconds>(took).count());
        m_batches->add();
        m_writes->add(static_cast<std::int64_t>(batch.size()));
        const std::int64_t executed = m_writeDb.executed();
        m_writeStatements->add(executed - std::exchange(m_writeExecuted, executed));
    }
}

void Store::runReads(Jobs<Reader>& batch)
{
    for (auto& job : batch)
        job->run(m_reader);
    if (m_readStatements) {
        const std::int64_t executed = m_readDb.executed();
        m_readStatements->add(executed - std::exchange(m_readExecuted, executed));
    }
}

Jobs<Writer> Store::takeWrites()
{
    Jobs<Writer> batch;
    while (!m_writeQueue.empty() && batch.size() < kWriteBatchMax) {
        m_queuedBytes -= m_writeQueue.front()->bytes;
        batch.push_back(std::move(m_writeQueue.front()));
        m_writeQueue.pop_front();
    }
    return batch;
}

Jobs<Reader> Store::takeReads()
{
    Jobs<Reader> batch;
    while (!m_readQueue.empty() && batch.size() < kReadBatchMax) {
        batch.push_back(std::move(m_readQueue.front()));
        m_readQueue.pop_front();
    }
    return batch;
}

void Store::writerLoop()
{
    for (;;) {
        Jobs<Writer> batch;
        {
            std::unique_lock lock(m_mutex);
            m_writeReady.wait(lock, [this] { return m_stop || !m_writeQueue.empty(); });
            batch = takeWrites();
            if (batch.empty())
                return; // stopped, and everything is written
        }
        runBatch(batch);
        post(std::move(batch));
        boundWal();
        // Told only when there is something to do: the answer of this batch is on its way to a
        // thread that wants the core.
        if (m_walPages >= kCheckpointPages) {
            bool wake = false;
            {
                const std::lock_guard lock(m_mutex);
                wake = !std::exchange(m_dirty, true);
            }
            if (wake)
                m_dirtyReady.notify_one();
        }
    }
}

void Store::readerLoop()
{
    for (;;) {
        Jobs<Reader> batch;
        {
            std::unique_lock lock(m_mutex);
            m_readReady.wait(lock, [this] { return m_stop || !m_readQueue.empty(); });
            batch = takeReads();
            if (batch.empty())
                return;
        }
        // Each answer by itself: a long page must not hold back a short one.
        for (auto& job : batch) {
            Jobs<Reader> one;
            one.push_back(std::move(job));
            runReads(one);
            post(std::move(one));
        }
    }
}

void Store::checkpointLoop()
{
    std::unique_lock lock(m_mutex);
    while (!m_stop) {
        m_dirtyReady.wait(lock, [this] { return m_stop || m_dirty; });
        m_dirtyReady.wait_for(lock, kCheckpointEvery, [this] { return m_stop; });
        if (m_stop)
            return;
        m_dirty = false;
        lock.unlock();
        // Passive never waits for readers or the writer; what it leaves, the next round takes.
        sqlite3_wal_checkpoint_v2(m_checkpointDb.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE,
                                  nullptr, nullptr);
        lock.lock();
    }
}

void Store::boundWal()
{
    // A busy writer never lets a passive checkpoint reach the end, so the file would grow without a
    // bound.
    if (m_walPages * kPageBytes < kWalBytesMax)
        return;
    const int rc = sqlite3_wal_checkpoint_v2(m_writeDb.handle(), nullptr,
                                             SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
    if (rc == SQLITE_OK) {
        m_walPages = 0;
        sqlite::lengthenWal(m_writeDb.handle(), kCheckpointPages, kPageBytes);
    }
}

bool Store::pump()
{
    const bool wrote = pumpWrites();
    return pumpReads() || wrote;
}

bool Store::pumpWrites()
{
    Jobs<Writer> batch;
    {
        const std::lock_guard lock(m_mutex);
        batch = takeWrites();
    }
    if (batch.empty())
        return false;
    runBatch(batch);
    post(std::move(batch));
    return true;
}

bool Store::pumpReads()
{
    bool any = false;
    for (;;) {
        Jobs<Reader> batch;
        {
            const std::lock_guard lock(m_mutex);
            batch = takeReads();
        }
        if (batch.empty())
            return any;
        any = true;
        runReads(batch);
        post(std::move(batch));
    }
}

} // namespace

struct MemoryDisk::Keeper {
    Db db;
};

MemoryDisk::MemoryDisk()
    : m_keeper(std::make_unique<Keeper>())
{
    static std::atomic<std::uint64_t> counter{0};
    // A name with a leading slash is shared by all connections of the process until the last one
    // closes.
    m_uri = "file:/skein-" + std::to_string(counter.fetch_add(1)) + "?vfs=memdb";
    (void)m_keeper->db.open(m_uri, {});
    (void)m_keeper->db.integer("PRAGMA schema_version");
}

MemoryDisk::~MemoryDisk() = default;

std::string MemoryDisk::integrity()
{
    return m_keeper->db.text("PRAGMA integrity_check");
}

Result<std::unique_ptr<SqliteStorage>> SqliteStorage::open(SqliteOptions options)
{
    auto store = std::make_unique<Store>(std::move(options));
    if (auto started = store->start(); !started)
        return fail(started.error());
    return std::unique_ptr<SqliteStorage>(std::move(store));
}

} // namespace skein::server
