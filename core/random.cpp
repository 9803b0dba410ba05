#include "core/random.h"

#include <array>
#include <bit>
#include <random>

namespace skein
{

std::uint64_t Random::below(std::uint64_t bound)
{
    if (bound == 0)
        return 0;
    // Rejection keeps it unbiased; the loop ends after two draws on average in the worst case.
    const std::uint64_t limit = UINT64_MAX - (UINT64_MAX % bound + 1) % bound;
    std::uint64_t value = next();
    while (value > limit)
        value = next();
    return value % bound;
}

bool Random::chance(double p)
{
    constexpr double kTwo53 = 9007199254740992.0;
    return static_cast<double>(next() >> 11) / kTwo53 < p;
}

std::uint64_t SystemRandom::next()
{
    thread_local std::random_device device;
    return (static_cast<std::uint64_t>(device()) << 32) | device();
}

SeededRandom::SeededRandom(std::uint64_t seed)
{
    for (std::uint64_t& word : m_state) {
        seed += 0x9e3779b97f4a7c15U;
        std::uint64_t z = seed;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
        word = z ^ (z >> 31);
    }
}

std::uint64_t SeededRandom::next()
{
    const std::uint64_t result = std::rotl(m_state[1] * 5, 7) * 9;
    const std::uint64_t t = m_state[1] << 17;
    m_state[2] ^= m_state[0];
    m_state[3] ^= m_state[1];
    m_state[1] ^= m_state[2];
    m_state[0] ^= m_state[3];
    m_state[2] ^= t;
    m_state[3] = std::rotl(m_state[3], 45);
    return result;
}

std::string makeUuidV7(WallTime now, Random& random)
{
    const std::uint64_t a = random.next();
    const std::uint64_t b = random.next();
    std::array<std::uint8_t, 16> bytes{};
    const auto ms = static_cast<std::uint64_t>(now.ms);
    for (int i = 0; i < 6; ++i)
        bytes[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(ms >> (40 - 8 * i));
    bytes[6] = static_cast<std::uint8_t>(0x70 | ((a >> 8) & 0x0f));
    bytes[7] = static_cast<std::uint8_t>(a);
    for (int i = 0; i < 8; ++i)
        bytes[static_cast<std::size_t>(8 + i)] = static_cast<std::uint8_t>(b >> (56 - 8 * i));
    bytes[8] = static_cast<std::uint8_t>(0x80 | (bytes[8] & 0x3f));

    constexpr std::string_view kHex = "0123456789abcdef";
    std::string text;
    text.reserve(36);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            text += '-';
        text += kHex[bytes[i] >> 4];
        text += kHex[bytes[i] & 15];
    }
    return text;
}

TempId makeTempId(WallTime now, Random& random)
{
    return TempId(makeUuidV7(now, random));
}

bool isUuidV7(std::string_view text) noexcept
{
    if (text.size() != 36)
        return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (i == 8 || i == 13 || i == 18 || i == 23) {
            if (c != '-')
                return false;
        } else if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) {
            return false;
        }
    }
    const char variant = text[19];
    return text[14] == '7' &&
           (variant == '8' || variant == '9' || variant == 'a' || variant == 'b');
}

} // namespace skein
