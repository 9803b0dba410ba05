// Password hashes: argon2id with 64 MiB and t = 2 (about 75 ms of one core), the parameters kept in
// the hash.
//
// Slow on purpose: call from a worker thread, a bounded number at once. Thread: any; no state.
#pragma once

#include "core/result.h"

#include <string>
#include <string_view>

namespace skein::server
{

inline constexpr unsigned long long kPasswordOps = 2;
inline constexpr std::size_t kPasswordMemoryBytes = 64 * 1024 * 1024;
inline constexpr std::size_t kPasswordBytesMin = 8;
inline constexpr std::size_t kPasswordBytesMax = 256;

/// Cost of one hash; tests and the simulation use a smaller one.
struct PasswordCost {
    unsigned long long ops = kPasswordOps;
    std::size_t memoryBytes = kPasswordMemoryBytes;
};

/// PHC string. Errors: BadField (length), ServerBusy (no memory for it now).
[[nodiscard]] Result<std::string> hashPassword(std::string_view password, PasswordCost cost = {});

/// True when the password belongs to the hash. For an unknown user pass an empty hash: the same
/// time is spent, the answer is false.
[[nodiscard]] bool passwordMatches(std::string_view password, const std::string& hash,
                                   PasswordCost cost = {});

} // namespace skein::server
