#include "tests/fault/faultvfs.h"

#include <sqlite3.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace skein::fault
{
namespace
{

FaultVfs* current = nullptr;

std::string contentOf(const std::string& path)
{
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

sqlite3_vfs* systemVfs()
{
    static sqlite3_vfs* const found = sqlite3_vfs_find("unix");
    return found;
}

// SQLite gives us szOsFile bytes: this, and behind it the system's own file.
struct File {
    sqlite3_file base;
    std::string* path;
    sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

File* own(sqlite3_file* file)
{
    return reinterpret_cast<File*>(file);
}

bool fails(sqlite3_file* file, FaultVfs::Point point)
{
    return current->hit(point, *own(file)->path);
}

int closeFile(sqlite3_file* file)
{
    File* const self = own(file);
    const int code = self->real()->pMethods ? self->real()->pMethods->xClose(self->real()) : 0;
    delete self->path;
    self->path = nullptr;
    return code;
}
int readFile(sqlite3_file* file, void* into, int amount, sqlite3_int64 at)
{
    if (fails(file, FaultVfs::Point::Read))
        return SQLITE_IOERR_READ;
    return own(file)->real()->pMethods->xRead(own(file)->real(), into, amount, at);
}
int writeFile(sqlite3_file* file, const void* from, int amount, sqlite3_int64 at)
{
    File* const self = own(file);
    const bool fault = fails(file, FaultVfs::Point::Write);
    if (fault && current->how() != FaultVfs::How::Torn)
        return current->how() == FaultVfs::How::Full ? SQLITE_FULL : SQLITE_IOERR_WRITE;
    current->wrote(*self->path);
    const int part = fault ? amount / 2 : amount;
    const int code = self->real()->pMethods->xWrite(self->real(), from, part, at);
    return fault ? SQLITE_IOERR_WRITE : code;
}
int truncateFile(sqlite3_file* file, sqlite3_int64 size)
{
    if (fails(file, FaultVfs::Point::Truncate))
        return SQLITE_IOERR_TRUNCATE;
    current->wrote(*own(file)->path);
    return own(file)->real()->pMethods->xTruncate(own(file)->real(), size);
}
int syncFile(sqlite3_file* file, int)
{
    if (fails(file, FaultVfs::Point::Sync))
        return SQLITE_IOERR_FSYNC;
    current->synced(*own(file)->path);
    return SQLITE_OK;
}
int sizeOfFile(sqlite3_file* file, sqlite3_int64* size)
{
    if (fails(file, FaultVfs::Point::Size))
        return SQLITE_IOERR_FSTAT;
    return own(file)->real()->pMethods->xFileSize(own(file)->real(), size);
}
int lockFile(sqlite3_file* file, int level)
{
    if (fails(file, FaultVfs::Point::Lock))
        return SQLITE_IOERR_LOCK;
    return own(file)->real()->pMethods->xLock(own(file)->real(), level);
}
// Giving up a lock never fails on a real system; failing here would only leave the test locked.
int unlockFile(sqlite3_file* file, int level)
{
    return own(file)->real()->pMethods->xUnlock(own(file)->real(), level);
}
int checkReserved(sqlite3_file* file, int* out)
{
    return own(file)->real()->pMethods->xCheckReservedLock(own(file)->real(), out);
}
int fileControl(sqlite3_file* file, int what, void* with)
{
    if (what == SQLITE_FCNTL_SIZE_HINT || what == SQLITE_FCNTL_CHUNK_SIZE)
        return SQLITE_OK; // growth shows itself in the writes
    return own(file)->real()->pMethods->xFileControl(own(file)->real(), what, with);
}
int sectorSize(sqlite3_file* file)
{
    return own(file)->real()->pMethods->xSectorSize(own(file)->real());
}
int characteristics(sqlite3_file* file)
{
    return own(file)->real()->pMethods->xDeviceCharacteristics(own(file)->real());
}
int shmMap(sqlite3_file* file, int region, int size, int extend, void volatile** memory)
{
    if (extend && fails(file, FaultVfs::Point::Map)) {
        *memory = nullptr;
        return SQLITE_IOERR_SHMSIZE;
    }
    return own(file)->real()->pMethods->xShmMap(own(file)->real(), region, size, extend, memory);
}
int shmLock(sqlite3_file* file, int offset, int count, int flags)
{
    if ((flags & SQLITE_SHM_LOCK) != 0 && fails(file, FaultVfs::Point::Lock))
        return SQLITE_IOERR_SHMLOCK;
    return own(file)->real()->pMethods->xShmLock(own(file)->real(), offset, count, flags);
}
void shmBarrier(sqlite3_file* file)
{
    own(file)->real()->pMethods->xShmBarrier(own(file)->real());
}
int shmUnmap(sqlite3_file* file, int erase)
{
    return own(file)->real()->pMethods->xShmUnmap(own(file)->real(), erase);
}

// Version 2: with shared memory for the WAL, without memory-mapped reads, which would be no points.
const sqlite3_io_methods kMethods = {
    2,        closeFile,  readFile,      writeFile,   truncateFile, syncFile,        sizeOfFile,
    lockFile, unlockFile, checkReserved, fileControl, sectorSize,   characteristics, shmMap,
    shmLock,  shmBarrier, shmUnmap,      nullptr,     nullptr,
};

int openFile(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* outFlags)
{
    File* const self = own(file);
    self->base.pMethods = nullptr;
    self->path = nullptr;
    std::memset(self->real(), 0, static_cast<std::size_t>(systemVfs()->szOsFile));
    const std::string path = name ? name : "(temporary)";
    if (current->hit(FaultVfs::Point::Open, path))
        return current->how() == FaultVfs::How::Full ? SQLITE_FULL : SQLITE_CANTOPEN;
    const int code = systemVfs()->xOpen(systemVfs(), name, self->real(), flags, outFlags);
    if (!self->real()->pMethods)
        return code;
    self->path = new std::string(path);
    self->base.pMethods = &kMethods;
    return code;
}
int deleteFile(sqlite3_vfs*, const char* name, int sync)
{
    if (current->hit(FaultVfs::Point::Delete, name))
        return SQLITE_IOERR_DELETE;
    current->removed(name);
    return systemVfs()->xDelete(systemVfs(), name, sync);
}
int accessFile(sqlite3_vfs*, const char* name, int flags, int* out)
{
    if (current->hit(FaultVfs::Point::Access, name))
        return SQLITE_IOERR_ACCESS;
    return systemVfs()->xAccess(systemVfs(), name, flags, out);
}
int fullPathname(sqlite3_vfs*, const char* name, int size, char* out)
{
    return systemVfs()->xFullPathname(systemVfs(), name, size, out);
}
int randomness(sqlite3_vfs*, int bytes, char* out)
{
    return systemVfs()->xRandomness(systemVfs(), bytes, out);
}
int sleepFor(sqlite3_vfs*, int microseconds)
{
    return systemVfs()->xSleep(systemVfs(), microseconds);
}
int currentTime(sqlite3_vfs*, double* now)
{
    return systemVfs()->xCurrentTime(systemVfs(), now);
}
int lastError(sqlite3_vfs*, int, char*)
{
    return 0;
}

bool needsSpace(FaultVfs::Point point)
{
    return point == FaultVfs::Point::Write || point == FaultVfs::Point::Map ||
           point == FaultVfs::Point::Sync || point == FaultVfs::Point::Open;
}

const char* nameOf(FaultVfs::Point point)
{
    constexpr const char* names[] = {"open",     "delete", "access", "read", "write",
                                     "truncate", "sync",   "size",   "lock", "map"};
    return names[static_cast<int>(point)];
}

} // namespace

FaultVfs::FaultVfs()
    : m_vfs(std::make_unique<sqlite3_vfs>())
{
    if (current)
        std::abort();
    current = this;
    m_vfs->iVersion = 1;
    m_vfs->szOsFile = static_cast<int>(sizeof(File)) + systemVfs()->szOsFile;
    m_vfs->mxPathname = systemVfs()->mxPathname;
    m_vfs->zName = kName;
    m_vfs->xOpen = openFile;
    m_vfs->xDelete = deleteFile;
    m_vfs->xAccess = accessFile;
    m_vfs->xFullPathname = fullPathname;
    m_vfs->xRandomness = randomness;
    m_vfs->xSleep = sleepFor;
    m_vfs->xCurrentTime = currentTime;
    m_vfs->xGetLastError = lastError;
    sqlite3_vfs_register(m_vfs.get(), 0);
}

FaultVfs::~FaultVfs()
{
    sqlite3_vfs_unregister(m_vfs.get());
    current = nullptr;
}

void FaultVfs::arm(std::int64_t nth, How how, Times times)
{
    m_nth = nth;
    m_how = how;
    m_times = times;
    m_points = 0;
    m_fired = false;
    m_where.clear();
}

void FaultVfs::disarm()
{
    m_nth = 0;
}

bool FaultVfs::hit(Point point, const std::string& path)
{
    if (m_nth == 0 || (m_how == How::Full && !needsSpace(point)))
        return false;
    ++m_points;
    if (m_points < m_nth || (m_points > m_nth && m_times == Times::Once))
        return false;
    if (!m_fired)
        m_where = std::string(nameOf(point)) + ' ' +
                  std::filesystem::path(path).filename().string() + " #" + std::to_string(m_points);
    m_fired = true;
    return true;
}

void FaultVfs::wrote(const std::string& path)
{
    if (m_unsynced.contains(path))
        return;
    std::unique_ptr<std::string> safe;
    if (std::filesystem::exists(path) && std::filesystem::file_size(path) > 0)
        safe = std::make_unique<std::string>(contentOf(path));
    m_unsynced.emplace(path, std::move(safe));
}

void FaultVfs::synced(const std::string& path)
{
    m_unsynced.erase(path);
}

void FaultVfs::removed(const std::string& path)
{
    m_unsynced.erase(path);
}

void FaultVfs::powerCut(const std::string& folder)
{
    for (const auto& [path, safe] : m_unsynced) {
        if (!path.starts_with(folder))
            continue;
        if (safe)
            std::ofstream(path, std::ios::binary) << *safe;
        else
            std::filesystem::remove(path);
    }
    m_unsynced.clear();
    // Shared memory is no file of the disk.
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (entry.path().string().ends_with("-shm"))
            std::filesystem::remove(entry.path(), ignored);
    }
}

void FaultVfs::forgetUnsynced()
{
    m_unsynced.clear();
}

} // namespace skein::fault
