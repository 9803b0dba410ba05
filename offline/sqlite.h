// A thin layer over the SQLite C API: statements by literal, and a failure that sticks.
//
// The first failure of a connection is kept until takeError(). Inside a transaction every further
// step then fails at once, so a transaction is written as a sequence of plain calls and asked once,
// at its commit, whether all of it happened. Outside of one the next read is tried all the same: a
// disk that failed once must not make everything unreadable. Internal to offline/. Thread: one for
// each connection.
#pragma once

#include "core/result.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>

struct sqlite3;
struct sqlite3_stmt;

namespace skein::offline
{

class Db;

/// One execution of a statement. Resets it when destroyed.
class Query
{
public:
    /// `busy` marks a cached statement as free when this ends; null: the statement is this one's
    /// own.
    Query(Db& db, sqlite3_stmt* statement, bool* busy);
    ~Query();
    Query(const Query&) = delete;
    Query& operator=(const Query&) = delete;

    template <class... Values>
    Query& bind(const Values&... values)
    {
        int index = 0;
        (bindOne(++index, values), ...);
        return *this;
    }
    /// The same without copies of the texts: they must stay as they are until this ends. For what
    /// runs ten thousand times in a row.
    template <class... Values>
    Query& bindInPlace(const Values&... values)
    {
        return bindInPlaceAfter(0, values...);
    }
    /// Of the parameters behind the first `index`.
    template <class... Values>
    Query& bindInPlaceAfter(int index, const Values&... values)
    {
        m_inPlace = true;
        (bindOne(++index, values), ...);
        return *this;
    }
    /// The next row; false at the end and after a failure.
    [[nodiscard]] bool step();
    /// Runs to the end. False: failed.
    bool run();

    [[nodiscard]] std::int64_t integer(int column) const;
    [[nodiscard]] std::string_view view(int column) const; ///< valid until the next step()
    [[nodiscard]] std::string text(int column) const { return std::string(view(column)); }
    [[nodiscard]] bool isNull(int column) const;

private:
    void bindOne(int index, std::string_view value);
    void bindOne(int index, std::nullopt_t);
    void bindInteger(int index, std::int64_t value);
    template <class T>
    void bindOne(int index, const T& value)
    {
        if constexpr (std::is_integral_v<T> || std::is_enum_v<T>)
            bindInteger(index, static_cast<std::int64_t>(value));
        else if constexpr (std::is_convertible_v<const T&, std::string_view>)
            bindOne(index, std::string_view(value));
        else if constexpr (requires { value.str(); })
            bindOne(index, std::string_view(value.str()));
        else if constexpr (requires { value.has_value(); })
            value ? bindOne(index, *value) : bindOne(index, std::nullopt);
        else
            bindInteger(index, value.value());
    }

    Db& m_db;
    sqlite3_stmt* m_statement;
    bool* m_busy;
    bool m_inPlace = false;
};

class Db
{
public:
    enum class Mode { ReadOnly, ReadWrite };
    /// Opens the file (created in ReadWrite mode). `path` may be a `file:` URI. `vfs` empty = the
    /// default one. Errors: StorageFailed, StorageCorrupt, StorageFull.
    [[nodiscard]] static Result<std::unique_ptr<Db>> open(const std::string& path, Mode mode,
                                                          const std::string& vfs);
    ~Db();
    Db(const Db&) = delete;
    Db& operator=(const Db&) = delete;

    /// `sql` must be a string literal: its address is the cache's key.
    [[nodiscard]] Query query(const char* sql);
    /// Straight sqlite3_exec, never cached: PRAGMA synchronous takes effect when it is *prepared*.
    bool exec(const char* sql);
    /// First column of the first row; 0 when there is none.
    [[nodiscard]] std::int64_t integer(const char* sql);
    [[nodiscard]] std::int64_t lastInsertId() const;
    [[nodiscard]] int changes() const;

    [[nodiscard]] bool ok() const noexcept { return !m_error; }
    [[nodiscard]] const std::optional<Error>& error() const noexcept { return m_error; }
    /// The kept failure, and a clean slate.
    [[nodiscard]] std::optional<Error> takeError();
    /// The kept failure is one of the file's content (malformed, no such table), not of the disk.
    [[nodiscard]] bool damaged() const noexcept;
    /// Inside a transaction (true) a kept failure stops all further steps.
    void setTransaction(bool inside) noexcept { m_transaction = inside; }
    /// Nothing more is tried: a failure is kept, and a transaction is open.
    [[nodiscard]] bool stopped() const noexcept { return m_error && m_transaction; }
    /// Records the failure `code` of a call, the first one only.
    void failed(int code);
    [[nodiscard]] sqlite3* handle() const noexcept { return m_handle; }

private:
    explicit Db(sqlite3* handle)
        : m_handle(handle)
    {
    }
    friend class Query;
    struct Cached {
        sqlite3_stmt* statement = nullptr;
        bool busy = false;
    };
    sqlite3* m_handle;
    std::unordered_map<const char*, Cached> m_statements; ///< entries never move or go
    std::optional<Error> m_error;
    int m_code = 0; ///< of m_error
    bool m_transaction = false;
};

} // namespace skein::offline
