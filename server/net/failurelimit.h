// How often an address may fail to sign in. Only failures count, so a whole office behind one
// address can sign in.
//
// Sans-I/O. Bounded: at most kAddressesMax addresses are remembered; past that the ones that are
// free again go first, and when none is, a new address shares one common bucket, so that a flood of
// addresses cannot buy attempts.
#pragma once

#include "core/clock.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

namespace skein::server
{

class FailureLimit
{
public:
    static constexpr std::size_t kAddressesMax = 10'000;

    /// `perMinute` failures at once, then one more each 60/perMinute seconds. 0 = unlimited.
    explicit FailureLimit(std::int64_t perMinute)
        : m_perMinute(perMinute)
    {
    }

    /// Zero when an attempt may be made; otherwise how long to wait.
    [[nodiscard]] Milliseconds waitFor(std::string_view address, MonoTime now);
    /// An attempt failed. Also call it *before* a slow check and refund() on success, so that
    /// parallel attempts count.
    void failed(std::string_view address, MonoTime now);
    /// Takes one failure back.
    void refund(std::string_view address);
    [[nodiscard]] std::size_t addresses() const noexcept { return m_byAddress.size(); }

private:
    // "Theoretical arrival time" (GCRA): one number an address instead of a list of attempts.
    [[nodiscard]] std::int64_t& arrival(std::string_view address, MonoTime now);
    [[nodiscard]] std::int64_t intervalMs() const { return 60'000 / m_perMinute; }

    std::int64_t m_perMinute;
    std::int64_t m_overflow = 0;
    std::unordered_map<std::string, std::int64_t> m_byAddress;
};

} // namespace skein::server
