// A SQLite VFS for tests: the system's, with a disk that fails when it is told to, and that can
// lose its power.
//
// Each call that reaches the disk is one I/O point. armed(n, …) lets the n-th point from now fail,
// once or from then on; a test runs an operation again and again with n = 1, 2, 3 … until it gets
// through without meeting the fault (fired() is false): then every point has failed once.
//
// Nothing waits for a real disk: xSync only notes that the bytes of a file are safe now.
// powerCut() then makes of each file what was safe, as a disk would that had kept nothing else.
//
// One instance at a time, registered under kName while it lives. Thread: one (all connections).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct sqlite3_vfs;

namespace skein::fault
{

class FaultVfs
{
public:
    static constexpr char kName[] = "skein-fault";

    enum class How {
        IoError, ///< any call fails as a broken disk does
        Full,    ///< calls that need space fail: write, grow, create
        Torn,    ///< a write leaves its first half; other calls fail as with IoError
    };
    enum class Times { Once, ForEver };

    FaultVfs();
    ~FaultVfs();
    FaultVfs(const FaultVfs&) = delete;
    FaultVfs& operator=(const FaultVfs&) = delete;

    /// From now on the `nth` point (1 = the next one) fails.
    void arm(std::int64_t nth, How how, Times times);
    /// The disk is well again.
    void disarm();
    /// True when the fault was met since arm().
    [[nodiscard]] bool fired() const noexcept { return m_fired; }
    /// Points met since arm().
    [[nodiscard]] std::int64_t points() const noexcept { return m_points; }
    /// What the fault hit first, for a test's message: "write store.db-wal".
    [[nodiscard]] const std::string& where() const noexcept { return m_where; }

    /// Puts back the last synced state of every file in `folder` that was written since then. All
    /// connections must be closed. A file that was never synced is gone.
    void powerCut(const std::string& folder);
    /// What is on the disk now counts as safe (files that were put there by other means).
    void forgetUnsynced();

    // For the file methods.
    enum class Point { Open, Delete, Access, Read, Write, Truncate, Sync, Size, Lock, Map };
    /// True: this call has to fail.
    [[nodiscard]] bool hit(Point point, const std::string& path);
    [[nodiscard]] How how() const noexcept { return m_how; }
    void wrote(const std::string& path);
    void synced(const std::string& path);
    void removed(const std::string& path);

private:
    std::unique_ptr<sqlite3_vfs> m_vfs;
    How m_how = How::IoError;
    Times m_times = Times::Once;
    std::int64_t m_nth = 0; ///< 0 = never
    std::int64_t m_points = 0;
    bool m_fired = false;
    std::string m_where;
    /// Files with unsynced bytes, and what was safe before the first of them; nullptr = nothing.
    std::map<std::string, std::unique_ptr<std::string>> m_unsynced;
};

} // namespace skein::fault
