// A disk in memory with the manners of a real one, as an SQLite VFS: what is written and not synced
// is gone, whole or in parts, when the power goes; what a killed process wrote is there; a disk can
// be full, or refuse a write. WAL and its shared memory work as on a file system. Thread: one.
#pragma once

#include "core/random.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace skein::sim
{

class Disk
{
public:
    /// Name of the VFS, registered by the first disk.
    static constexpr char kVfs[] = "skein-sim";

    /// `tracksUnsynced`: what is not synced is remembered, so that powerCut() can take it away.
    explicit Disk(bool tracksUnsynced);
    ~Disk();
    Disk(const Disk&) = delete;
    Disk& operator=(const Disk&) = delete;

    /// URI of a database on this disk, for any sqlite3_open_v2().
    [[nodiscard]] std::string uri(const std::string& file) const;

    // ---- faults ----
    /// The process is dead: what it has open fails from here on and changes nothing, until thaw().
    void freeze() { m_frozen = true; }
    /// After everything that was open is closed: the next process.
    void thaw();
    [[nodiscard]] bool frozen() const { return m_frozen; }
    /// Every unsynced write is lost, kept or torn at a sector, each for itself. Needs
    /// `tracksUnsynced`; nothing may be open but by a frozen process.
    void powerCut(Random& luck);
    /// No write succeeds while it is so.
    bool full = false;
    /// Chance that a write or a sync fails.
    double failures = 0;
    Random* random = nullptr; ///< not owned; needed for `failures`
    /// Asked before each write, sync and truncation; false: the process dies there (freeze()).
    std::function<bool()> effect;

    // ---- backups ----
    using Image = std::map<std::string, std::string>;
    /// All files as they are at this moment.
    [[nodiscard]] Image image() const;
    void restore(const Image& image);

    struct Unsynced {
        std::int64_t offset = 0;
        std::string before, after;
        std::int64_t sizeBefore = 0, sizeAfter = 0;
    };
    struct File {
        std::string bytes;
        std::vector<Unsynced> unsynced;
        std::vector<std::unique_ptr<char[]>> shared; ///< regions of the WAL's index
        int sharedLocks[8] = {};
        const void* exclusiveLocks[8] = {};
        int readers = 0;                ///< holders of SHARED on the database file
        const void* reserved = nullptr; ///< … and of the higher locks
        const void* pending = nullptr;
        const void* exclusive = nullptr;
    };
    // What the VFS calls; not for anybody else.
    [[nodiscard]] std::shared_ptr<File> find(const std::string& name, bool make);
    bool erase(const std::string& name);
    /// SQLITE_OK, or what a write is refused with.
    int admit(bool sync);
    void write(File& file, const char* data, std::int64_t count, std::int64_t offset);
    void truncate(File& file, std::int64_t size);
    void sync(File& file) { file.unsynced.clear(); }
    [[nodiscard]] std::uint64_t life() const { return m_life; }

private:
    const std::uint64_t m_number;
    const bool m_tracks;
    bool m_frozen = false;
    std::uint64_t m_life = 0;
    std::map<std::string, std::shared_ptr<File>> m_files;
};

} // namespace skein::sim
