#include "tests/sim/disk.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstring>
#include <new>

namespace skein::sim
{
namespace
{

constexpr std::int64_t kSectorBytes = 512;

std::map<std::uint64_t, Disk*>& disks()
{
    static std::map<std::uint64_t, Disk*> all;
    return all;
}

// "/<disk>/<name>"
Disk* diskOf(const char* path, std::string* name)
{
    if (!path || path[0] != '/')
        return nullptr;
    char* end = nullptr;
    const auto number = std::strtoull(path + 1, &end, 10);
    const auto found = disks().find(number);
    if (found == disks().end() || *end != '/')
        return nullptr;
    *name = end + 1;
    return found->second;
}

struct Handle {
    sqlite3_file base;
    Disk* disk;
    std::shared_ptr<Disk::File>* file;
    std::uint64_t life;
    int lock;
    unsigned sharedMask, exclusiveMask;
    bool temporary;
};

Handle& of(sqlite3_file* file)
{
    return *reinterpret_cast<Handle*>(file);
}
bool dead(const Handle& handle)
{
    return handle.disk && (handle.disk->frozen() || handle.disk->life() != handle.life);
}

int unlock(sqlite3_file* base, int level);
int unmapShared(sqlite3_file* base, int)
{
    Handle& handle = of(base);
    Disk::File& file = **handle.file;
    for (int i = 0; i < 8; ++i) {
        if (handle.sharedMask & (1U << i))
            --file.sharedLocks[i];
        if (handle.exclusiveMask & (1U << i))
            file.exclusiveLocks[i] = nullptr;
    }
    handle.sharedMask = handle.exclusiveMask = 0;
    return SQLITE_OK;
}

int closeFile(sqlite3_file* base)
{
    unmapShared(base, 0);
    unlock(base, SQLITE_LOCK_NONE);
    delete of(base).file;
    return SQLITE_OK;
}

int readFile(sqlite3_file* base, void* out, int count, sqlite3_int64 offset)
{
    const Handle& handle = of(base);
    if (dead(handle))
        return SQLITE_IOERR_READ;
    const std::string& bytes = (*handle.file)->bytes;
    const auto size = static_cast<std::int64_t>(bytes.size());
    const std::int64_t have = std::clamp<std::int64_t>(size - offset, 0, count);
    if (have > 0)
        std::memcpy(out, bytes.data() + offset, static_cast<std::size_t>(have));
    if (have == count)
        return SQLITE_OK;
    std::memset(static_cast<char*>(out) + have, 0, static_cast<std::size_t>(count - have));
    return SQLITE_IOERR_SHORT_READ;
}

int admitted(Handle& handle, bool sync)
{
    if (handle.temporary)
        return SQLITE_OK;
    if (dead(handle))
        return sync ? SQLITE_IOERR_FSYNC : SQLITE_IOERR_WRITE;
    return handle.disk->admit(sync);
}

int writeFile(sqlite3_file* base, const void* data, int count, sqlite3_int64 offset)
{
    Handle& handle = of(base);
    if (const int refused = admitted(handle, false); refused != SQLITE_OK)
        return refused;
    if (handle.temporary) {
        std::string& bytes = (*handle.file)->bytes;
        bytes.resize(std::max(bytes.size(), static_cast<std::size_t>(offset + count)));
        std::memcpy(bytes.data() + offset, data, static_cast<std::size_t>(count));
        return SQLITE_OK;
    }
    handle.disk->write(**handle.file, static_cast<const char*>(data), count, offset);
    return SQLITE_OK;
}

int truncateFile(sqlite3_file* base, sqlite3_int64 size)
{
    Handle& handle = of(base);
    if (const int refused = admitted(handle, false); refused != SQLITE_OK)
        return refused == SQLITE_FULL ? SQLITE_OK : SQLITE_IOERR_TRUNCATE;
    if (handle.temporary)
        (*handle.file)->bytes.resize(static_cast<std::size_t>(size));
    else
        handle.disk->truncate(**handle.file, size);
    return SQLITE_OK;
}

int syncFile(sqlite3_file* base, int)
{
    Handle& handle = of(base);
    if (const int refused = admitted(handle, true); refused != SQLITE_OK)
        return refused;
    if (!handle.temporary)
        handle.disk->sync(**handle.file);
    return SQLITE_OK;
}

int sizeOfFile(sqlite3_file* base, sqlite3_int64* size)
{
    if (dead(of(base)))
        return SQLITE_IOERR_FSTAT;
    *size = static_cast<sqlite3_int64>((*of(base).file)->bytes.size());
    return SQLITE_OK;
}

int lock(sqlite3_file* base, int level)
{
    Handle& handle = of(base);
    Disk::File& file = **handle.file;
    if (handle.lock >= level)
        return SQLITE_OK;
    const auto others = [&handle](const void* holder) { return holder && holder != &handle; };
    if (level == SQLITE_LOCK_SHARED) {
        if (others(file.pending) || others(file.exclusive))
            return SQLITE_BUSY;
        ++file.readers;
    } else if (level == SQLITE_LOCK_RESERVED) {
        if (others(file.reserved) || others(file.pending) || others(file.exclusive))
            return SQLITE_BUSY;
        file.reserved = &handle;
    } else {
        if (others(file.reserved) || others(file.pending) || others(file.exclusive))
            return SQLITE_BUSY;
        file.pending = &handle;
        if (file.readers > 1) {
            handle.lock = SQLITE_LOCK_PENDING;
            return SQLITE_BUSY;
        }
        if (level == SQLITE_LOCK_EXCLUSIVE)
            file.exclusive = &handle;
    }
    handle.lock = level;
    return SQLITE_OK;
}

int unlock(sqlite3_file* base, int level)
{
    Handle& handle = of(base);
    Disk::File& file = **handle.file;
    if (handle.lock <= level)
        return SQLITE_OK;
    for (const void** holder : {&file.reserved, &file.pending, &file.exclusive}) {
        if (*holder == &handle)
            *holder = nullptr;
    }
    if (level == SQLITE_LOCK_NONE)
        --file.readers;
    handle.lock = level;
    return SQLITE_OK;
}

int checkReserved(sqlite3_file* base, int* taken)
{
    const Disk::File& file = **of(base).file;
    *taken = file.reserved || file.pending || file.exclusive ? 1 : 0;
    return SQLITE_OK;
}

int control(sqlite3_file*, int, void*)
{
    return SQLITE_NOTFOUND;
}
int sectorSize(sqlite3_file*)
{
    return kSectorBytes;
}
int characteristics(sqlite3_file*)
{
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

int mapShared(sqlite3_file* base, int region, int size, int extend, void volatile** out)
{
    Handle& handle = of(base);
    if (dead(handle))
        return SQLITE_IOERR_SHMMAP;
    auto& regions = (*handle.file)->shared;
    const auto index = static_cast<std::size_t>(region);
    if (index >= regions.size() && !extend) {
        *out = nullptr;
        return SQLITE_OK;
    }
    while (regions.size() <= index)
        regions.push_back(std::make_unique<char[]>(static_cast<std::size_t>(size)));
    *out = regions[index].get();
    return SQLITE_OK;
}

int lockShared(sqlite3_file* base, int offset, int count, int flags)
{
    Handle& handle = of(base);
    Disk::File& file = **handle.file;
    const bool taking = (flags & SQLITE_SHM_LOCK) != 0;
    const bool exclusive = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
    for (int i = offset; taking && i < offset + count; ++i) {
        const bool own = (handle.exclusiveMask & (1U << i)) != 0;
        const int otherShared = file.sharedLocks[i] - ((handle.sharedMask >> i) & 1 ? 1 : 0);
        if ((file.exclusiveLocks[i] && !own) || (exclusive && otherShared > 0))
            return SQLITE_BUSY;
    }
    for (int i = offset; i < offset + count; ++i) {
        const unsigned bit = 1U << i;
        if (exclusive) {
            file.exclusiveLocks[i] = taking ? &handle : nullptr;
            handle.exclusiveMask =
                taking ? handle.exclusiveMask | bit : handle.exclusiveMask & ~bit;
        } else if (taking != ((handle.sharedMask & bit) != 0)) {
            file.sharedLocks[i] += taking ? 1 : -1;
            handle.sharedMask ^= bit;
        }
    }
    return SQLITE_OK;
}

void barrier(sqlite3_file*) {}

const sqlite3_io_methods kMethods = {
    2,          closeFile, readFile,      writeFile, truncateFile, syncFile,        sizeOfFile,
    lock,       unlock,    checkReserved, control,   sectorSize,   characteristics, mapShared,
    lockShared, barrier,   unmapShared,   nullptr,   nullptr};

int openFile(sqlite3_vfs*, const char* path, sqlite3_file* out, int flags, int* outFlags)
{
    Handle& handle = of(out);
    handle = Handle{};
    std::string name;
    handle.temporary = path == nullptr;
    if (!handle.temporary) {
        handle.disk = diskOf(path, &name);
        if (!handle.disk || handle.disk->frozen())
            return SQLITE_CANTOPEN;
        auto file = handle.disk->find(name, (flags & SQLITE_OPEN_CREATE) != 0);
        if (!file)
            return SQLITE_CANTOPEN;
        handle.file = new std::shared_ptr<Disk::File>(std::move(file));
        handle.life = handle.disk->life();
    } else {
        handle.file = new std::shared_ptr<Disk::File>(std::make_shared<Disk::File>());
    }
    handle.base.pMethods = &kMethods;
    if (outFlags)
        *outFlags = flags;
    return SQLITE_OK;
}

int deleteFile(sqlite3_vfs*, const char* path, int)
{
    std::string name;
    Disk* disk = diskOf(path, &name);
    if (!disk || disk->frozen())
        return SQLITE_IOERR_DELETE;
    if (const int refused = disk->admit(false); refused != SQLITE_OK && refused != SQLITE_FULL)
        return SQLITE_IOERR_DELETE;
    return disk->erase(name) ? SQLITE_OK : SQLITE_IOERR_DELETE_NOENT;
}

int accessFile(sqlite3_vfs*, const char* path, int, int* out)
{
    std::string name;
    Disk* disk = diskOf(path, &name);
    *out = disk && disk->find(name, false) ? 1 : 0;
    return SQLITE_OK;
}

int fullPath(sqlite3_vfs*, const char* path, int size, char* out)
{
    sqlite3_snprintf(size, out, "%s", path);
    return SQLITE_OK;
}

int randomness(sqlite3_vfs*, int count, char* out)
{
    // The WAL's salts: the same in every run.
    static std::uint64_t state = 0;
    for (int i = 0; i < count; ++i)
        out[i] =
            static_cast<char>((state = state * 6364136223846793005U + 1442695040888963407U) >> 56);
    return count;
}

int sleepFor(sqlite3_vfs*, int microseconds)
{
    return microseconds;
}

int currentTime(sqlite3_vfs*, double* out)
{
    *out = 2460000.5;
    return SQLITE_OK;
}

int lastError(sqlite3_vfs*, int, char*)
{
    return 0;
}

void registerVfs()
{
    static sqlite3_vfs vfs = {
        1,           sizeof(Handle), 512,     nullptr, Disk::kVfs, nullptr, openFile,   deleteFile,
        accessFile,  fullPath,       nullptr, nullptr, nullptr,    nullptr, randomness, sleepFor,
        currentTime, lastError,      nullptr, nullptr, nullptr,    nullptr};
    static const bool once = [] {
        sqlite3_vfs_register(&vfs, 0);
        return true;
    }();
    (void)once;
}

std::uint64_t nextNumber()
{
    static std::uint64_t number = 0;
    return ++number;
}

} // namespace

Disk::Disk(bool tracksUnsynced)
    : m_number(nextNumber())
    , m_tracks(tracksUnsynced)
{
    registerVfs();
    disks()[m_number] = this;
}

Disk::~Disk()
{
    disks().erase(m_number);
}

std::string Disk::uri(const std::string& file) const
{
    return "file:/" + std::to_string(m_number) + "/" + file + "?vfs=" + kVfs;
}

std::shared_ptr<Disk::File> Disk::find(const std::string& name, bool make)
{
    const auto found = m_files.find(name);
    if (found != m_files.end())
        return found->second;
    if (!make)
        return nullptr;
    return m_files.emplace(name, std::make_shared<File>()).first->second;
}

bool Disk::erase(const std::string& name)
{
    return m_files.erase(name) > 0;
}

int Disk::admit(bool sync)
{
    if (effect && !effect()) {
        freeze();
        return SQLITE_IOERR_WRITE;
    }
    if (full && !sync)
        return SQLITE_FULL;
    if (failures > 0 && random && random->chance(failures))
        return sync ? SQLITE_IOERR_FSYNC : SQLITE_IOERR_WRITE;
    return SQLITE_OK;
}

void Disk::write(File& file, const char* data, std::int64_t count, std::int64_t offset)
{
    const auto end = static_cast<std::size_t>(offset + count);
    const auto from = static_cast<std::size_t>(offset);
    const auto length = static_cast<std::size_t>(count);
    const std::size_t had = file.bytes.size();
    if (m_tracks) {
        Unsynced& one = file.unsynced.emplace_back();
        one.offset = offset;
        if (from < had)
            one.before = file.bytes.substr(from, length);
        one.after.assign(data, length);
        one.sizeBefore = static_cast<std::int64_t>(had);
        one.sizeAfter = static_cast<std::int64_t>(std::max(had, end));
    }
    if (end > had) {
        if (end > file.bytes.capacity())
            file.bytes.reserve(std::max(end, had + had / 2));
        file.bytes.resize(end);
    }
    std::memcpy(file.bytes.data() + from, data, length);
}

void Disk::truncate(File& file, std::int64_t size)
{
    const auto to = static_cast<std::size_t>(size);
    if (m_tracks) {
        Unsynced& one = file.unsynced.emplace_back();
        one.offset = size;
        if (to < file.bytes.size())
            one.before = file.bytes.substr(to);
        one.sizeBefore = static_cast<std::int64_t>(file.bytes.size());
        one.sizeAfter = size;
    }
    file.bytes.resize(to);
}

void Disk::thaw()
{
    ++m_life;
    m_frozen = false;
    for (auto& [name, file] : m_files) {
        // Locks and the index of the WAL were the process's.
        auto fresh = std::make_shared<File>();
        fresh->bytes = std::move(file->bytes);
        fresh->unsynced = std::move(file->unsynced);
        file = std::move(fresh);
    }
}

void Disk::powerCut(Random& luck)
{
    for (auto& [name, file] : m_files) {
        for (auto it = file->unsynced.rbegin(); it != file->unsynced.rend(); ++it) {
            if (!it->before.empty()) {
                const auto end = static_cast<std::size_t>(it->offset) + it->before.size();
                if (file->bytes.size() < end)
                    file->bytes.resize(end);
                std::memcpy(file->bytes.data() + it->offset, it->before.data(), it->before.size());
            }
            file->bytes.resize(static_cast<std::size_t>(it->sizeBefore));
        }
        const bool all = luck.chance(0.3), none = luck.chance(0.3);
        for (const Unsynced& one : file->unsynced) {
            const bool kept = all || (!none && luck.chance(0.5));
            if (!kept)
                continue;
            if (one.after.empty()) {
                file->bytes.resize(
                    std::min(file->bytes.size(), static_cast<std::size_t>(one.sizeAfter)));
                continue;
            }
            std::size_t length = one.after.size();
            if (!all && luck.chance(0.2)) {
                const auto sectors = (length + kSectorBytes - 1) / kSectorBytes;
                length = std::min(length, static_cast<std::size_t>(luck.below(sectors + 1)) *
                                              static_cast<std::size_t>(kSectorBytes));
            }
            const auto end = static_cast<std::size_t>(one.offset) + length;
            if (file->bytes.size() < end)
                file->bytes.resize(end);
            std::memcpy(file->bytes.data() + one.offset, one.after.data(), length);
        }
        file->unsynced.clear();
    }
}

Disk::Image Disk::image() const
{
    Image image;
    for (const auto& [name, file] : m_files)
        image[name] = file->bytes;
    return image;
}

void Disk::restore(const Image& image)
{
    m_files.clear();
    for (const auto& [name, bytes] : image)
        find(name, true)->bytes = bytes;
}

} // namespace skein::sim
