// The SQLite store: `skein.db` and `skein.lock` in a data directory, or a database in memory for
// tests.
#pragma once

#include "core/log.h"
#include "core/metrics.h"
#include "server/storage/storage.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace skein::server
{

/// A disk in memory that outlives the stores opened on it: "kill" a server by destroying its store,
/// restart it by opening another on the same disk. What was committed is there. Thread: one.
class MemoryDisk
{
public:
    MemoryDisk();
    ~MemoryDisk();
    MemoryDisk(const MemoryDisk&) = delete;
    MemoryDisk& operator=(const MemoryDisk&) = delete;
    [[nodiscard]] const std::string& uri() const noexcept { return m_uri; }
    /// PRAGMA integrity_check; "ok" when sound.
    [[nodiscard]] std::string integrity();

private:
    struct Keeper;
    std::string m_uri;
    std::unique_ptr<Keeper> m_keeper;
};

struct SqliteOptions {
    std::string directory;      ///< made (mode 0700) when missing; unused with `disk`
    MemoryDisk* disk = nullptr; ///< not owned; must outlive the store
    std::string vfs;            ///< name of a registered SQLite VFS; empty = the system's
    /// Instead of a directory: a database on a VFS of its own ("file:/1/skein.db?vfs=…"), without a
    /// lock file.
    std::string uri;
    enum class Threading {
        Threaded, ///< a writer, a reader and a checkpoint thread
        Inline    ///< nothing happens until pump(), on the caller's thread
    } threading = Threading::Threaded;
    /// Where callbacks run. May be empty with Inline: then pump() itself calls them.
    Executor post;
    /// Not 0: the database was restored from a backup, at this time (ms since 1970). It becomes
    /// every room's epoch, so that clients fetch anew; two restorations never share one.
    std::int64_t newGeneration = 0;
    /// Bound on the size of the file, in pages of 4 KiB; 0 = none. At the bound writes fail with
    /// StorageFull.
    std::int64_t pageCountMax = 0;
    Metrics* metrics = nullptr; ///< not owned; storage_commit_us, storage_batch, storage_queue
    Logger logger;
};

class SqliteStorage : public Storage
{
public:
    /// Errors: StorageLocked (another process has the directory), StorageVersion (written by a
    /// newer program), StorageCorrupt, StorageFull, StorageFailed. Nothing is changed in the file
    /// on an error.
    [[nodiscard]] static Result<std::unique_ptr<SqliteStorage>> open(SqliteOptions options);

    /// Threaded: finishes the queue, then ends the threads; answers are still posted. Inline: drops
    /// what waits, like a killed process.
    ~SqliteStorage() override = default;

    /// Inline only: commits one batch of what waits, then answers all waiting reads. False when
    /// nothing waited.
    virtual bool pump() = 0;
    virtual bool pumpWrites() = 0;
    virtual bool pumpReads() = 0;
    /// Inline only: asked before each commit; a code makes the commit fail with it, as the disk
    /// would.
    virtual void setCommitFault(std::function<std::optional<ErrorCode>()> fault) = 0;

    /// SQL statements executed since open, reads and writes. Thread: exact only when nothing is
    /// running.
    [[nodiscard]] virtual std::int64_t statementsExecuted() const = 0;
    /// Operations waiting or running. Thread: any.
    [[nodiscard]] virtual std::size_t pending() const = 0;
};

} // namespace skein::server
