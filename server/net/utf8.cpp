#include "server/net/utf8.h"

#include <cstring>

namespace skein::server
{

bool Utf8Validator::feed(std::string_view bytes) noexcept
{
    const auto* at = reinterpret_cast<const unsigned char*>(bytes.data());
    const auto* const end = at + bytes.size();
    while (at != end) {
        if (m_need == 0) {
            // Most chat text is ASCII: eight bytes at a time.
            while (end - at >= 8) {
                std::uint64_t word;
                std::memcpy(&word, at, 8);
                if (word & 0x8080808080808080ull)
                    break;
                at += 8;
            }
            if (at == end)
                break;
            const unsigned char lead = *at++;
            if (lead < 0x80)
                continue;
            m_low = 0x80;
            m_high = 0xBF;
            if (lead >= 0xC2 && lead <= 0xDF) {
                m_need = 1;
            } else if (lead >= 0xE0 && lead <= 0xEF) {
                m_need = 2;
                if (lead == 0xE0)
                    m_low = 0xA0; // overlong below
                else if (lead == 0xED)
                    m_high = 0x9F; // surrogates above
            } else if (lead >= 0xF0 && lead <= 0xF4) {
                m_need = 3;
                if (lead == 0xF0)
                    m_low = 0x90;
                else if (lead == 0xF4)
                    m_high = 0x8F; // beyond U+10FFFF above
            } else {
                return false;
            }
        } else {
            const unsigned char next = *at++;
            if (next < m_low || next > m_high)
                return false;
            m_low = 0x80;
            m_high = 0xBF;
            --m_need;
        }
    }
    return true;
}

} // namespace skein::server
