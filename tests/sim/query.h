// Looking into a database with statements of one's own. Thread: of the connection.
#pragma once

#include <sqlite3.h>

#include <functional>
#include <string>

namespace skein::sim
{

using Columns = std::function<void(sqlite3_stmt*)>;

inline void query(sqlite3* db, const std::string& sql, const Columns& row)
{
    sqlite3_stmt* statement = nullptr;
    sqlite3_prepare_v2(db, sql.c_str(), -1, &statement, nullptr);
    while (statement && sqlite3_step(statement) == SQLITE_ROW)
        row(statement);
    sqlite3_finalize(statement);
}

inline std::string text(sqlite3_stmt* row, int column)
{
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(row, column));
    return bytes ? std::string(bytes, static_cast<std::size_t>(sqlite3_column_bytes(row, column)))
                 : std::string();
}

} // namespace skein::sim
