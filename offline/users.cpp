#include "offline/users.h"

#include "offline/sqlite.h"

namespace skein::offline
{

std::int64_t Users::key(const UserId& user)
{
    if (const auto found = m_keys.find(user); found != m_keys.end())
        return found->second;
    if (m_keys.size() >= kUserCacheMax)
        m_keys.clear();
    std::int64_t key = 0;
    {
        Query q = m_db.query("SELECT id FROM users WHERE server_id = ?");
        if (q.bind(user).step())
            key = q.integer(0);
    }
    if (key == 0) {
        if (!m_db.query("INSERT INTO users(server_id) VALUES(?)").bind(user).run())
            return 0;
        key = m_db.lastInsertId();
    }
    m_keys.emplace(user, key);
    return key;
}

const std::string& Users::name(const UserId& user)
{
    if (const auto found = m_names.find(user); found != m_names.end())
        return found->second;
    if (m_names.size() >= kUserCacheMax)
        m_names.clear();
    Query q = m_db.query("SELECT name FROM users WHERE server_id = ?");
    return m_names.emplace(user, q.bind(user).step() ? q.text(0) : std::string()).first->second;
}

bool Users::setName(const UserId& user, const std::string& name)
{
    if (user.empty() || name.empty() || this->name(user) == name)
        return false;
    m_names.insert_or_assign(user, name);
    m_db.query("INSERT INTO users(server_id, name) VALUES(?1, ?2) ON CONFLICT(server_id) DO UPDATE "
               "SET name = ?2")
        .bind(user, name)
        .run();
    return true;
}

} // namespace skein::offline
