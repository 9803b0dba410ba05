// The file format of the SQLite store: every SQL text that makes it
// (docs/adr/0006-server-storage.md). A released migration is never changed; a new version appends
// one.
#pragma once

#include "core/result.h"
#include "server/storage/sqlite/db.h"

#include <span>

namespace skein::server::sqlite
{

inline constexpr std::int64_t kApplicationId = 0x536B5376; // "SkSv"

/// The scripts in order: each brings a database from the version of its place to the next.
[[nodiscard]] std::span<const char* const> migrations() noexcept;
/// Version that this program writes: the number of migrations.
[[nodiscard]] std::int64_t schemaVersion() noexcept;
/// Brings an empty or older database up to schemaVersion(), each step in a transaction of its own.
/// Errors: StorageVersion (newer than this program), StorageCorrupt (another program's file), those
/// of Db.
[[nodiscard]] Result<void> migrate(Db& db);

} // namespace skein::server::sqlite
