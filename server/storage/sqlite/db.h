// One SQLite connection and its prepared statements, without exceptions: the first error sticks to
// the connection and turns every later call into nothing, so a transaction checks once, at its end.
//
// Thread: one at a time.
#pragma once

#include "core/result.h"

#include <sqlite3.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace skein::server::sqlite
{

class Db
{
public:
    Db() = default;
    ~Db();
    Db(const Db&) = delete;
    Db& operator=(const Db&) = delete;

    /// Errors: StorageFull, StorageLocked, StorageCorrupt, StorageFailed. `vfs` may be empty.
    [[nodiscard]] Result<void> open(const std::string& path, const std::string& vfs,
                                    bool readOnly = false);
    void close();
    /// Several statements, of our own text only.
    bool exec(const char* sql);
    /// First column of the first row, as an integer; 0 when there is none.
    [[nodiscard]] std::int64_t integer(const char* sql);
    [[nodiscard]] std::string text(const char* sql);

    [[nodiscard]] bool failed() const noexcept { return m_error != SQLITE_OK; }
    [[nodiscard]] Error error() const;
    void note(int rc);
    void clearError()
    {
        m_error = SQLITE_OK;
        m_detail.clear();
    }
    [[nodiscard]] std::int64_t lastRowId() const noexcept
    {
        return sqlite3_last_insert_rowid(m_db);
    }
    [[nodiscard]] int changes() const noexcept { return sqlite3_changes(m_db); }
    [[nodiscard]] bool inTransaction() const noexcept
    {
        return m_db && !sqlite3_get_autocommit(m_db);
    }
    [[nodiscard]] sqlite3* handle() const noexcept { return m_db; }
    /// Executions of statements since open, for tests that bound them.
    [[nodiscard]] std::int64_t executed() const noexcept { return m_executed; }

private:
    friend class Stmt;
    sqlite3* m_db = nullptr;
    int m_error = SQLITE_OK;
    std::string m_detail;
    std::int64_t m_executed = 0;
};

/// A prepared statement, kept for the life of the connection. Columns count from 0, parameters from
/// 1 in call order.
class Stmt
{
public:
    Stmt() = default;
    ~Stmt() { sqlite3_finalize(m_stmt); }
    Stmt(const Stmt&) = delete;
    Stmt& operator=(const Stmt&) = delete;

    bool prepare(Db& db, const char* sql);
    void finalize();

    /// Text and blobs must live until the next reset().
    Stmt& bind(std::int64_t value);
    Stmt& bindBlob(std::string_view bytes);
    Stmt& bindText(std::string_view text);
    Stmt& bindNull();
    /// True while there is a row; at the end or on an error it resets itself.
    bool step();
    /// Runs to the end and resets. False on an error.
    bool run();
    void reset();

    [[nodiscard]] std::int64_t integer(int column) const
    {
        return sqlite3_column_int64(m_stmt, column);
    }
    [[nodiscard]] bool isNull(int column) const
    {
        return sqlite3_column_type(m_stmt, column) == SQLITE_NULL;
    }
    /// Valid until the next step or reset.
    [[nodiscard]] std::string_view view(int column) const;
    [[nodiscard]] std::string string(int column) const { return std::string(view(column)); }

private:
    Db* m_db = nullptr;
    sqlite3_stmt* m_stmt = nullptr;
    int m_parameter = 0;
    bool m_running = false;
};

} // namespace skein::server::sqlite
