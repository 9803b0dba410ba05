// Counts what SQLite reads from a database file: a VFS over the system's one. Used by the tests
// (where a count may be asserted) and by ./bench. Thread: one.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <string>

namespace skein::offline
{

class CountingVfs
{
public:
    CountingVfs()
    {
        sqlite3_vfs* system = sqlite3_vfs_find(nullptr);
        m_vfs = *system;
        m_vfs.zName = kName;
        m_vfs.pAppData = system;
        m_vfs.xOpen = &CountingVfs::open;
        sqlite3_vfs_register(&m_vfs, 0);
        reset();
    }
    ~CountingVfs() { sqlite3_vfs_unregister(&m_vfs); }
    CountingVfs(const CountingVfs&) = delete;
    CountingVfs& operator=(const CountingVfs&) = delete;

    /// The name under which a file is opened through this.
    [[nodiscard]] static std::string uri(const std::string& path)
    {
        return "file:" + path + "?vfs=" + kName;
    }
    void reset() { s_reads = 0; }
    /// Reads of whole pages of database files since reset(); the WAL is not counted.
    [[nodiscard]] std::int64_t pageReads() const { return s_reads; }

private:
    static constexpr char kName[] = "skein-counting";
    static constexpr int kPageBytesMin = 512; // less is a look at the header

    static int open(sqlite3_vfs* self, const char* name, sqlite3_file* file, int flags, int* out)
    {
        auto* system = static_cast<sqlite3_vfs*>(self->pAppData);
        const int code = system->xOpen(system, name, file, flags, out);
        if (code == SQLITE_OK && (flags & SQLITE_OPEN_MAIN_DB) && file->pMethods) {
            // The system's table, but for reading. It is the same for all such files.
            s_system = file->pMethods;
            s_methods = *s_system;
            s_methods.xRead = &CountingVfs::read;
            file->pMethods = &s_methods;
        }
        return code;
    }
    static int read(sqlite3_file* file, void* to, int bytes, sqlite3_int64 offset)
    {
        if (bytes >= kPageBytesMin)
            ++s_reads;
        return s_system->xRead(file, to, bytes, offset);
    }

    sqlite3_vfs m_vfs{};
    static inline const sqlite3_io_methods* s_system = nullptr;
    static inline sqlite3_io_methods s_methods{};
    static inline std::int64_t s_reads = 0;
};

} // namespace skein::offline
