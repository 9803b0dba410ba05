#include "offline/sqlite.h"

#include <sqlite3.h>

#include <cerrno>

namespace skein::offline
{
namespace
{

Error errorOf(sqlite3* handle, int code)
{
    ErrorCode mapped = ErrorCode::StorageFailed;
    switch (code & 0xff) {
    case SQLITE_FULL:
        mapped = ErrorCode::StorageFull;
        break;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        mapped = ErrorCode::StorageCorrupt;
        break;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        mapped = ErrorCode::StorageLocked;
        break;
    case SQLITE_IOERR:
        if (handle && sqlite3_system_errno(handle) == ENOSPC)
            mapped = ErrorCode::StorageFull;
        break;
    default:
        break;
    }
    // The text names tables and files, never a bound value.
    return makeError(mapped, handle ? sqlite3_errmsg(handle) : sqlite3_errstr(code));
}

constexpr int kBusyTimeoutMs = 5'000;

} // namespace

Query::Query(Db& db, sqlite3_stmt* statement, bool* busy)
    : m_db(db)
    , m_statement(statement)
    , m_busy(busy)
{
}

Query::~Query()
{
    if (!m_statement)
        return;
    if (!m_busy) {
        sqlite3_finalize(m_statement);
        return;
    }
    sqlite3_reset(m_statement);
    *m_busy = false;
}

bool Query::step()
{
    if (!m_statement || m_db.stopped())
        return false;
    const int code = sqlite3_step(m_statement);
    if (code == SQLITE_ROW)
        return true;
    if (code != SQLITE_DONE)
        m_db.failed(code);
    return false;
}

bool Query::run()
{
    while (step()) {
    }
    return m_db.ok();
}

std::int64_t Query::integer(int column) const
{
    return sqlite3_column_int64(m_statement, column);
}

std::string_view Query::view(int column) const
{
    // The length first: much of a row is empty or NULL and ends here. In UTF-8 the text that is
    // then asked for has just this length.
    const int bytes = sqlite3_column_bytes(m_statement, column);
    if (bytes == 0)
        return {};
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(m_statement, column));
    return text ? std::string_view(text, static_cast<std::size_t>(bytes)) : std::string_view();
}

bool Query::isNull(int column) const
{
    return sqlite3_column_type(m_statement, column) == SQLITE_NULL;
}

void Query::bindOne(int index, std::string_view value)
{
    // A null pointer would bind NULL; an empty text is a text.
    const char* data = value.data() ? value.data() : "";
    if (m_statement)
        sqlite3_bind_text64(m_statement, index, data, value.size(),
                            m_inPlace ? SQLITE_STATIC : SQLITE_TRANSIENT, SQLITE_UTF8);
}

void Query::bindOne(int index, std::nullopt_t)
{
    if (m_statement)
        sqlite3_bind_null(m_statement, index);
}

void Query::bindInteger(int index, std::int64_t value)
{
    if (m_statement)
        sqlite3_bind_int64(m_statement, index, value);
}

Result<std::unique_ptr<Db>> Db::open(const std::string& path, Mode mode, const std::string& vfs)
{
    sqlite3* handle = nullptr;
    const int access =
        mode == Mode::ReadOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    const int flags = access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI;
    const int code =
        sqlite3_open_v2(path.c_str(), &handle, flags, vfs.empty() ? nullptr : vfs.c_str());
    if (code != SQLITE_OK) {
        Error error = errorOf(handle, code);
        sqlite3_close_v2(handle);
        return fail(std::move(error));
    }
    sqlite3_extended_result_codes(handle, 1);
    sqlite3_busy_timeout(handle, kBusyTimeoutMs);
    return std::unique_ptr<Db>(new Db(handle));
}

Db::~Db()
{
    for (auto& [sql, cached] : m_statements)
        sqlite3_finalize(cached.statement);
    sqlite3_close_v2(m_handle);
}

Query Db::query(const char* sql)
{
    Cached& cached = m_statements[sql];
    const bool cache = !cached.busy;
    if (cache && cached.statement) {
        cached.busy = true;
        return {*this, cached.statement, &cached.busy};
    }
    sqlite3_stmt* statement = nullptr;
    if (stopped())
        return {*this, nullptr, nullptr};
    const unsigned flags = cache ? SQLITE_PREPARE_PERSISTENT : 0;
    const int code = sqlite3_prepare_v3(m_handle, sql, -1, flags, &statement, nullptr);
    if (code != SQLITE_OK) {
        failed(code);
        return {*this, nullptr, nullptr};
    }
    if (!cache)
        return {*this, statement, nullptr};
    cached = {statement, true};
    return {*this, statement, &cached.busy};
}

bool Db::exec(const char* sql)
{
    if (m_error)
        return false;
    const int code = sqlite3_exec(m_handle, sql, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK)
        failed(code);
    return code == SQLITE_OK;
}

std::int64_t Db::integer(const char* sql)
{
    Query q = query(sql);
    return q.step() ? q.integer(0) : 0;
}

std::int64_t Db::lastInsertId() const
{
    return sqlite3_last_insert_rowid(m_handle);
}
int Db::changes() const
{
    return sqlite3_changes(m_handle);
}

std::optional<Error> Db::takeError()
{
    std::optional<Error> error = std::move(m_error);
    m_error.reset();
    return error;
}

void Db::failed(int code)
{
    if (m_error)
        return;
    m_error = errorOf(m_handle, code);
    m_code = code;
}

bool Db::damaged() const noexcept
{
    const int code = m_code & 0xff;
    return m_error && (code == SQLITE_CORRUPT || code == SQLITE_NOTADB || code == SQLITE_ERROR);
}

} // namespace skein::offline
