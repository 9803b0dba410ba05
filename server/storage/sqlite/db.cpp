#include "server/storage/sqlite/db.h"

namespace skein::server::sqlite
{
namespace
{

constexpr int kBusyTimeoutMs = 2'000;

ErrorCode codeOf(int rc)
{
    switch (rc & 0xFF) {
    case SQLITE_FULL:
        return ErrorCode::StorageFull;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return ErrorCode::StorageLocked;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return ErrorCode::StorageCorrupt;
    default:
        return ErrorCode::StorageFailed;
    }
}

} // namespace

Db::~Db()
{
    close();
}

Result<void> Db::open(const std::string& path, const std::string& vfs, bool readOnly)
{
    close();
    const int flags =
        (readOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE) |
        SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI;
    const int rc = sqlite3_open_v2(path.c_str(), &m_db, flags, vfs.empty() ? nullptr : vfs.c_str());
    if (rc != SQLITE_OK) {
        note(rc);
        Error why = error();
        close();
        return fail(std::move(why));
    }
    sqlite3_extended_result_codes(m_db, 1);
    sqlite3_busy_timeout(m_db, kBusyTimeoutMs);
    return {};
}

void Db::close()
{
    if (m_db)
        sqlite3_close_v2(m_db); // v2: statements that still live keep it until they end
    m_db = nullptr;
    clearError();
}

bool Db::exec(const char* sql)
{
    if (failed())
        return false;
    ++m_executed;
    note(sqlite3_exec(m_db, sql, nullptr, nullptr, nullptr));
    return !failed();
}

std::int64_t Db::integer(const char* sql)
{
    Stmt stmt;
    if (!stmt.prepare(*this, sql) || !stmt.step())
        return 0;
    return stmt.integer(0);
}

std::string Db::text(const char* sql)
{
    Stmt stmt;
    if (!stmt.prepare(*this, sql) || !stmt.step())
        return {};
    return stmt.string(0);
}

Error Db::error() const
{
    return makeError(codeOf(m_error), m_detail);
}

void Db::note(int rc)
{
    if (rc == SQLITE_OK || rc == SQLITE_ROW || rc == SQLITE_DONE || failed())
        return;
    m_error = rc;
    m_detail = m_db ? sqlite3_errmsg(m_db) : sqlite3_errstr(rc);
}

bool Stmt::prepare(Db& db, const char* sql)
{
    finalize();
    m_db = &db;
    if (db.failed())
        return false;
    db.note(sqlite3_prepare_v3(db.m_db, sql, -1, SQLITE_PREPARE_PERSISTENT, &m_stmt, nullptr));
    return !db.failed();
}

void Stmt::finalize()
{
    sqlite3_finalize(m_stmt);
    m_stmt = nullptr;
    m_parameter = 0;
    m_running = false;
}

Stmt& Stmt::bind(std::int64_t value)
{
    m_db->note(sqlite3_bind_int64(m_stmt, ++m_parameter, value));
    return *this;
}

Stmt& Stmt::bindBlob(std::string_view bytes)
{
    // An empty view may hold a null pointer, which SQLite would bind as NULL.
    const char* data = bytes.empty() ? "" : bytes.data();
    m_db->note(sqlite3_bind_blob64(m_stmt, ++m_parameter, data, bytes.size(), SQLITE_STATIC));
    return *this;
}

Stmt& Stmt::bindText(std::string_view text)
{
    const char* data = text.empty() ? "" : text.data();
    m_db->note(
        sqlite3_bind_text64(m_stmt, ++m_parameter, data, text.size(), SQLITE_STATIC, SQLITE_UTF8));
    return *this;
}

Stmt& Stmt::bindNull()
{
    m_db->note(sqlite3_bind_null(m_stmt, ++m_parameter));
    return *this;
}

bool Stmt::step()
{
    if (m_db->failed()) {
        reset();
        return false;
    }
    if (!m_running) {
        m_running = true;
        ++m_db->m_executed;
    }
    const int rc = sqlite3_step(m_stmt);
    if (rc == SQLITE_ROW)
        return true;
    m_db->note(rc);
    reset();
    return false;
}

bool Stmt::run()
{
    while (step()) {
    }
    return !m_db->failed();
}

void Stmt::reset()
{
    if (m_stmt)
        sqlite3_reset(m_stmt);
    m_parameter = 0;
    m_running = false;
}

std::string_view Stmt::view(int column) const
{
    const void* data = sqlite3_column_blob(m_stmt, column);
    const int bytes = sqlite3_column_bytes(m_stmt, column);
    return data ? std::string_view(static_cast<const char*>(data), static_cast<std::size_t>(bytes))
                : std::string_view();
}

} // namespace skein::server::sqlite
