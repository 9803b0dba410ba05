// Looking into a database with statements of one's own. Thread: of the connection.
#pragma once

#include <sqlite3.h>

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>

namespace skein::sim
{

using Columns = std::function<void(sqlite3_stmt*)>;

/// A statement that cannot be run ends the process: a check that reads nothing finds nothing wrong.
inline void query(sqlite3* db, const std::string& sql, const Columns& row)
{
    sqlite3_stmt* statement = nullptr;
    int result = sqlite3_prepare_v2(db, sql.c_str(), -1, &statement, nullptr);
    while (result == SQLITE_OK && (result = sqlite3_step(statement)) == SQLITE_ROW) {
        row(statement);
        result = SQLITE_OK;
    }
    if (result != SQLITE_DONE) {
        std::fprintf(stderr, "%s: %s\n", sqlite3_errmsg(db), sql.c_str());
        std::abort();
    }
    sqlite3_finalize(statement);
}

inline std::string text(sqlite3_stmt* row, int column)
{
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(row, column));
    return bytes ? std::string(bytes, static_cast<std::size_t>(sqlite3_column_bytes(row, column)))
                 : std::string();
}

} // namespace skein::sim
