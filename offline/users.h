// Users by their number in this store, with the display names heard so far. Thread: the store's.
#pragma once

#include "core/ids.h"

#include <cstdint>
#include <string>
#include <unordered_map>

namespace skein::offline
{

class Db;

class Users
{
public:
    explicit Users(Db& db)
        : m_db(db)
    {
    }
    /// Number of a user, made on first use.
    std::int64_t key(const UserId& user);
    /// Empty when not known yet. Valid until the next call of any of these.
    [[nodiscard]] const std::string& name(const UserId& user);
    /// True when the name is new or another one.
    bool setName(const UserId& user, const std::string& name);
    /// After a rollback the numbers handed out in it do not exist.
    void forget()
    {
        m_keys.clear();
        m_names.clear();
    }

private:
    Db& m_db;
    std::unordered_map<UserId, std::int64_t> m_keys; ///< at most kUserCacheMax
    std::unordered_map<UserId, std::string> m_names; ///< likewise
};
inline constexpr std::size_t kUserCacheMax = 20'000;

} // namespace skein::offline
