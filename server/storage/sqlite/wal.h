// The write-ahead log as a file: what SQLite itself does not do with it. Both work on the log of an
// opened connection and do nothing where there is none (in memory).
//
// Thread: the connection's.
#pragma once

#include <sqlite3.h>

namespace skein::server::sqlite
{

/// False: the disk refused. Before anything that the log holds is told as stored: a commit that a
/// killed process had written and not synced is found by the next one, a repeat of it would be
/// confirmed, and a power cut would take it.
[[nodiscard]] bool syncWal(sqlite3* db);

/// Lengthens the log with zeros, which are no frames to SQLite, as far as there is room: a sync of
/// what lies inside a file is one flush of the disk, a sync of what made the file longer is two
/// (docs/performance.md). Without it commits are slower and no less safe. `pages`: from so many on
/// the log is moved into the database and begun anew; it is made to hold them and some more.
void lengthenWal(sqlite3* db, int pages, int pageBytes);

} // namespace skein::server::sqlite
