// Chance, handed in. SystemRandom draws from the kernel; SeededRandom gives the same numbers for
// the same seed on every platform, which is what lets a failing simulation be replayed.
#pragma once

#include "core/clock.h"
#include "core/ids.h"

#include <cstdint>
#include <string>

namespace skein
{

class Random
{
public:
    virtual ~Random() = default;
    /// 64 uniform bits.
    [[nodiscard]] virtual std::uint64_t next() = 0;
    /// Uniform in [0, bound); 0 when bound is 0. Unbiased.
    [[nodiscard]] std::uint64_t below(std::uint64_t bound);
    /// True with probability p (0…1).
    [[nodiscard]] bool chance(double p);
};

/// Cryptographic bits from the operating system. Thread: any.
class SystemRandom final : public Random
{
public:
    [[nodiscard]] std::uint64_t next() override;
};

/// xoshiro256**, seeded through splitmix64 (Blackman and Vigna, public domain algorithm
/// description). Not for secrets. Thread: one.
class SeededRandom final : public Random
{
public:
    explicit SeededRandom(std::uint64_t seed);
    [[nodiscard]] std::uint64_t next() override;

private:
    std::uint64_t m_state[4];
};

/// UUID version 7 (RFC 9562 §5.7): 48 bits of wall-clock milliseconds, then 74 random bits;
/// lower-case with dashes, 36 characters. Sorts by creation time.
[[nodiscard]] std::string makeUuidV7(WallTime now, Random& random);
[[nodiscard]] TempId makeTempId(WallTime now, Random& random);
/// True for the textual form of any UUID version 7: 36 characters, lower-case hex, version and
/// variant bits right.
[[nodiscard]] bool isUuidV7(std::string_view text) noexcept;

} // namespace skein
