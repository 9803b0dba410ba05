#include "server/storage/sqlite/wal.h"

#include <algorithm>
#include <array>

namespace skein::server::sqlite
{
namespace
{

// "The WAL file format": a header, then a header before each page.
constexpr sqlite3_int64 kWalHeaderBytes = 32, kFrameHeaderBytes = 24;
/// The commit that reaches the mark at which pages are moved goes beyond it, by a quarter at most
/// as a rule.
constexpr sqlite3_int64 kSpareParts = 4;

sqlite3_file* walFile(sqlite3* db)
{
    sqlite3_file* wal = nullptr;
    const int rc = sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &wal);
    return rc == SQLITE_OK && wal && wal->pMethods ? wal : nullptr;
}

} // namespace

bool syncWal(sqlite3* db)
{
    sqlite3_file* const wal = walFile(db);
    return !wal || wal->pMethods->xSync(wal, SQLITE_SYNC_NORMAL) == SQLITE_OK;
}

void lengthenWal(sqlite3* db, int pages, int pageBytes)
{
    const sqlite3_int64 frames = pages + pages / kSpareParts;
    const sqlite3_int64 made = kWalHeaderBytes + frames * (kFrameHeaderBytes + pageBytes);
    sqlite3_file* const wal = walFile(db);
    sqlite3_int64 before = 0;
    if (!wal || wal->pMethods->xFileSize(wal, &before) != SQLITE_OK || before >= made)
        return;
    static const std::array<char, 64 * 1024> kZeros{};
    for (sqlite3_int64 at = before; at < made;) {
        const auto bytes = static_cast<int>(
            std::min<sqlite3_int64>(static_cast<sqlite3_int64>(kZeros.size()), made - at));
        if (wal->pMethods->xWrite(wal, kZeros.data(), bytes, at) != SQLITE_OK) {
            (void)wal->pMethods->xTruncate(wal, before); // what little room there is, is for data
            return;
        }
        at += bytes;
    }
    (void)wal->pMethods->xSync(wal, SQLITE_SYNC_NORMAL);
}

} // namespace skein::server::sqlite
