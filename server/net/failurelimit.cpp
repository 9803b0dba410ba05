#include "server/net/failurelimit.h"

#include <algorithm>

namespace skein::server
{

std::int64_t& FailureLimit::arrival(std::string_view address, MonoTime now)
{
    const std::string key(address);
    const auto found = m_byAddress.find(key);
    if (found != m_byAddress.end())
        return found->second;
    if (m_byAddress.size() >= kAddressesMax)
        std::erase_if(m_byAddress, [now](const auto& entry) { return entry.second <= now.ms; });
    if (m_byAddress.size() >= kAddressesMax)
        return m_overflow;
    return m_byAddress[key];
}

Milliseconds FailureLimit::waitFor(std::string_view address, MonoTime now)
{
    if (m_perMinute <= 0)
        return Milliseconds(0);
    const auto found = m_byAddress.find(std::string(address));
    const bool full = m_byAddress.size() >= kAddressesMax;
    const std::int64_t at = found != m_byAddress.end() ? found->second : full ? m_overflow : 0;
    // One more failure must still fit into the burst.
    const std::int64_t free = at - (m_perMinute - 1) * intervalMs();
    return Milliseconds(std::max<std::int64_t>(0, free - now.ms));
}

void FailureLimit::failed(std::string_view address, MonoTime now)
{
    if (m_perMinute <= 0)
        return;
    std::int64_t& at = arrival(address, now);
    at = std::max(at, now.ms) + intervalMs();
}

void FailureLimit::refund(std::string_view address)
{
    if (m_perMinute <= 0)
        return;
    const auto found = m_byAddress.find(std::string(address));
    if (found != m_byAddress.end())
        found->second -= intervalMs();
    else
        m_overflow = std::max<std::int64_t>(0, m_overflow - intervalMs());
}

} // namespace skein::server
