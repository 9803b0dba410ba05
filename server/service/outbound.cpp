#include "server/service/outbound.h"

namespace skein::server
{

OutFrame::OutFrame(std::string_view json)
{
    // RFC 6455 §5.2: FIN and opcode text, no mask, the shortest length form.
    m_wire.reserve(json.size() + 10);
    m_wire += static_cast<char>(0x81);
    if (json.size() < 126) {
        m_wire += static_cast<char>(json.size());
    } else if (json.size() < 65'536) {
        m_wire += static_cast<char>(126);
        m_wire += static_cast<char>(json.size() >> 8 & 0xFF);
        m_wire += static_cast<char>(json.size() & 0xFF);
    } else {
        m_wire += static_cast<char>(127);
        for (int shift = 56; shift >= 0; shift -= 8)
            m_wire += static_cast<char>(static_cast<std::uint64_t>(json.size()) >> shift & 0xFF);
    }
    m_payload = m_wire.size();
    m_wire += json;
}

} // namespace skein::server
