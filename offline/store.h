// The device's database, writer side: one file, one writer. What the user wrote (outbox, drafts,
// unsent messages) commits with full durability; what can be fetched again does not wait for the
// disk, but never tears.
//
// A transaction is a sequence of plain calls on rooms(), timeline(), outbox(), drafts() between
// begin() and commit(). The first failure sticks: the rest does nothing and commit() tells it; then
// nothing of the transaction is kept.
//
// Thread: one, the engine's. The screen reads through Reader on a connection of its own.
#pragma once

#include "core/clock.h"
#include "core/result.h"
#include "offline/drafts.h"
#include "offline/journal.h"
#include "offline/outbox.h"
#include "offline/positions.h"
#include "offline/rooms.h"
#include "offline/timeline.h"
#include "offline/users.h"

#include <memory>
#include <string>

namespace skein::offline
{

struct StoreOptions {
    /// File, or a `file:` URI ("file:/device7?vfs=memdb" is a disk in memory that lives as long as
    /// some connection to it).
    std::string path;
    /// SQLite VFS by name; empty = the system's.
    std::string vfs;
    /// False: never waits for the disk (simulation, throw-away stores).
    bool durable = true;
    /// Refuses a second process by a lock file next to the database. Off for URIs.
    bool lockFile = true;
    /// The file may not grow beyond this many pages of 4 KiB; 0 = no bound.
    std::int64_t pagesMax = 0;
};

enum class Durability {
    Cache, ///< can be fetched again: ordered, not synced
    User,  ///< on the disk when commit() returns
};

class Store
{
public:
    /// Opens or makes the store and brings its schema up to date. Errors: StorageLocked (in use),
    /// StorageVersion (written by a newer version), StorageCorrupt (see recover()), StorageFull,
    /// StorageFailed. On any of them the file is as it was.
    [[nodiscard]] static Result<std::unique_ptr<Store>> open(StoreOptions options);

    struct Recovered;
    /// For a file that open() calls StorageCorrupt: puts it aside as `<path>.corrupt-<ms>` (never
    /// deletes it), makes a new one, and brings over the outbox, the unsent messages and the drafts
    /// as far as they can be read. Errors: as open(); then the damaged file stands where it stood,
    /// or, when only the last step failed, the next open() finds the new one. Needs room for a copy
    /// of the file while it works.
    [[nodiscard]] static Result<Recovered> recover(StoreOptions options, WallTime now);

    ~Store();
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;

    class Transaction
    {
    public:
        explicit Transaction(Store& store, Durability durability);
        ~Transaction();
        Transaction(const Transaction&) = delete;
        Transaction& operator=(const Transaction&) = delete;
        /// All of it, or nothing and the first error: StorageFull, StorageCorrupt, StorageFailed,
        /// StorageLocked.
        [[nodiscard]] Result<void> commit();

    private:
        Store& m_store;
        Durability m_durability;
        bool m_open = true;
    };
    /// One at a time. Ends by commit(), or is undone by the destructor.
    [[nodiscard]] Transaction begin(Durability durability)
    {
        return Transaction(*this, durability);
    }

    /// While one lives, the file is locked for reading once and not by each statement, and the
    /// reads see one state of it. A transaction that begins meanwhile ends it; a second one does
    /// nothing. Does not fail: what the disk refuses shows itself in the reads.
    class Reading
    {
    public:
        explicit Reading(Store& store);
        ~Reading();
        Reading(const Reading&) = delete;
        Reading& operator=(const Reading&) = delete;

    private:
        Store& m_store;
        bool m_mine;
    };

    [[nodiscard]] Rooms& rooms() noexcept { return m_rooms; }
    [[nodiscard]] Timeline& timeline() noexcept { return m_timeline; }
    [[nodiscard]] Outbox& outbox() noexcept { return m_outbox; }
    [[nodiscard]] Drafts& drafts() noexcept { return m_drafts; }
    [[nodiscard]] Positions& positions() noexcept { return m_positions; }
    [[nodiscard]] Users& users() noexcept { return m_users; }
    [[nodiscard]] Journal& journal() noexcept { return m_journal; }

    /// Small facts by name: the sync token, the user, the device. Empty when unset. setFact() needs
    /// a transaction.
    [[nodiscard]] std::string fact(const std::string& name);
    void setFact(const std::string& name, const std::string& value);

    /// Who is signed in: decides which rows are own.
    void setSelf(const UserId& self);
    /// As StoreOptions::pagesMax, from now on; 0 = no bound. Below the present size: nothing grows.
    void limitPages(std::int64_t pages);
    [[nodiscard]] const std::string& path() const noexcept { return m_options.path; }
    /// The log in front of the file has grown, and should be written back to it when there is
    /// nothing better to do. Where it is not, a commit does it at kWalPagesMax.
    [[nodiscard]] bool checkpointDue() const noexcept { return m_walPages >= kWalPagesDue; }
    /// Writes it back. Not inside a transaction. What the disk refuses stays in the log.
    void checkpoint();
    /// Failure of a read outside of a transaction, once.
    [[nodiscard]] std::optional<Error> takeError();

    /// Names of facts.
    static constexpr char kSyncToken[] = "sync_token";
    static constexpr char kUser[] = "user";
    static constexpr char kUserName[] = "user_name";
    static constexpr char kDevice[] = "device";
    static constexpr char kBoot[] = "boot";     ///< run of the server that deliveries were told to
    static constexpr char kDrafts[] = "drafts"; ///< revision up to which the server's were fetched
    /// Not empty: the server was restored, in this epoch, and has not been told anew what it may
    /// have forgotten.
    static constexpr char kDraftsForgotten[] = "drafts_forgotten";
    /// The epoch for which it was, or "?" where no room has named it yet: rooms that tell of it
    /// later say nothing new.
    static constexpr char kDraftsToldAnew[] = "drafts_told_anew";

private:
    class FileLock;
    struct Rescued;
    [[nodiscard]] static Result<void> fillRecovered(Store& store, Rescued& rescued, WallTime now,
                                                    Recovered& result);
    /// A whole new store that waits to take the place of a damaged one.
    static constexpr char kRecoveredSuffix[] = ".recovered";
    [[nodiscard]] static Result<void> finishRecovery(const std::string& path);
    Store(StoreOptions options, std::unique_ptr<Db> db, std::unique_ptr<FileLock> lock);
    void rolledBack();
    void endReading();

    static constexpr int kWalPagesDue = 1'000;
    /// One segment of the log's index (4,062 pages): readers find a page in one look.
    static constexpr int kWalPagesMax = 4'000;

    StoreOptions m_options;
    std::unique_ptr<FileLock> m_lock;
    std::unique_ptr<Db> m_db;
    Users m_users;
    Outbox m_outbox;
    Rooms m_rooms;
    Timeline m_timeline;
    Drafts m_drafts;
    Positions m_positions;
    Journal m_journal;
    bool m_reading = false;
    int m_walPages = 0; ///< as of the last commit; 0 after a checkpoint
};

struct Store::Recovered {
    std::unique_ptr<Store> store;
    std::string keptAs;                         ///< the damaged file
    std::int64_t outboxEntries = 0, drafts = 0; ///< brought over
};

} // namespace skein::offline
