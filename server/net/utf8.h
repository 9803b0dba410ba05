// Incremental UTF-8 validation (RFC 3629): a message may arrive cut anywhere, also inside a
// character.
#pragma once

#include <cstdint>
#include <string_view>

namespace skein::server
{

/// Feeds bytes in any split; refuses overlong forms, surrogates and values over U+10FFFF at the
/// first byte that makes them certain. Value type, 2 bytes of state.
class Utf8Validator
{
public:
    /// False as soon as the text cannot become valid any more. After false the object must be
    /// reset().
    [[nodiscard]] bool feed(std::string_view bytes) noexcept;
    /// True when no character is cut off at the end of what was fed.
    [[nodiscard]] bool complete() const noexcept { return m_need == 0; }
    void reset() noexcept { *this = Utf8Validator(); }

private:
    std::uint8_t m_need = 0;   // continuation bytes still due
    std::uint8_t m_low = 0x80; // allowed range of the next one
    std::uint8_t m_high = 0xBF;
};

} // namespace skein::server
