#include "server/net/wscodec.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>

#include <boost/uuid/detail/sha1.hpp>
#include <sodium.h>

namespace skein::server
{
namespace
{

constexpr unsigned char kFin = 0x80;
constexpr unsigned char kReserved = 0x70;
constexpr unsigned char kMaskBit = 0x80;

std::uint64_t bigEndian(const unsigned char* at, std::size_t bytes) noexcept
{
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes; ++i)
        value = value << 8 | at[i];
    return value;
}

void appendHeader(std::string& out, WsOpcode opcode, std::size_t size, bool fin,
                  unsigned char maskBit)
{
    out.push_back(static_cast<char>((fin ? kFin : 0) | static_cast<unsigned char>(opcode)));
    const auto push = [&out](std::uint64_t value, int bytes) {
        for (int i = bytes - 1; i >= 0; --i)
            out.push_back(static_cast<char>(value >> (8 * i) & 0xFF));
    };
    if (size < 126) {
        out.push_back(static_cast<char>(maskBit | size));
    } else if (size <= 0xFFFF) {
        out.push_back(static_cast<char>(maskBit | 126));
        push(size, 2);
    } else {
        out.push_back(static_cast<char>(maskBit | 127));
        push(size, 8);
    }
}

} // namespace

std::uint16_t closeCodeFor(WsError error) noexcept
{
    switch (error) {
    case WsError::None:
        return 1000;
    case WsError::InvalidUtf8:
        return 1007;
    case WsError::TooLarge:
        return 1009;
    default:
        return 1002;
    }
}

std::string_view toString(WsError error) noexcept
{
    switch (error) {
    case WsError::None:
        return "none";
    case WsError::ReservedBits:
        return "reserved bits are set";
    case WsError::ReservedOpcode:
        return "reserved opcode";
    case WsError::NotMasked:
        return "client frames must be masked";
    case WsError::Masked:
        return "server frames must not be masked";
    case WsError::LengthNotMinimal:
        return "length is not in its shortest form";
    case WsError::ControlTooLong:
        return "control frame over 125 bytes";
    case WsError::ControlFragmented:
        return "fragmented control frame";
    case WsError::UnexpectedContinuation:
        return "continuation of nothing";
    case WsError::ExpectedContinuation:
        return "new message inside a fragmented one";
    case WsError::BadClosePayload:
        return "invalid close code";
    case WsError::InvalidUtf8:
        return "text is not UTF-8";
    case WsError::TooLarge:
        return "message too large";
    }
    return "error";
}

bool isSendableCloseCode(std::uint16_t code) noexcept
{
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
           (code >= 3000 && code <= 4999);
}

void wsMask(std::span<char> bytes, const std::array<unsigned char, 4>& key,
            std::uint64_t offset) noexcept
{
    // The key, turned so that it starts at `offset`, twice: eight bytes at a time.
    std::array<unsigned char, 8> turned{};
    for (std::size_t i = 0; i < 8; ++i)
        turned[i] = key[(offset + i) & 3];
    std::uint64_t word;
    std::memcpy(&word, turned.data(), 8);
    char* at = bytes.data();
    std::size_t left = bytes.size();
    while (left >= 8) {
        std::uint64_t value;
        std::memcpy(&value, at, 8);
        value ^= word;
        std::memcpy(at, &value, 8);
        at += 8;
        left -= 8;
    }
    for (std::size_t i = 0; i < left; ++i)
        at[i] = static_cast<char>(static_cast<unsigned char>(at[i]) ^ turned[i]);
}

WsDecoder::Status WsDecoder::fail(WsError error) noexcept
{
    m_error = error;
    return Status::Error;
}

WsError WsDecoder::checkFirstBytes() const noexcept
{
    const unsigned char first = m_header[0];
    const unsigned char second = m_header[1];
    if (first & kReserved)
        return WsError::ReservedBits;
    const unsigned opcode = first & 0x0F;
    if (opcode > 0xA || (opcode > 2 && opcode < 8))
        return WsError::ReservedOpcode;
    if (m_role == WsRole::Server && !(second & kMaskBit))
        return WsError::NotMasked;
    if (m_role == WsRole::Client && (second & kMaskBit))
        return WsError::Masked;
    if (opcode & 0x8) {
        if (!(first & kFin))
            return WsError::ControlFragmented;
        if ((second & 0x7F) > kWsControlBytesMax)
            return WsError::ControlTooLong;
    } else if (opcode == 0 && m_opcode == WsOpcode::Continuation) {
        return WsError::UnexpectedContinuation;
    } else if (opcode != 0 && m_opcode != WsOpcode::Continuation) {
        return WsError::ExpectedContinuation;
    }
    return WsError::None;
}

// Fills m_header; true when it is whole. Sets m_error when it cannot become valid.
bool WsDecoder::takeHeader(std::span<char>& input)
{
    while (m_headerHave < m_headerNeed) {
        if (input.empty())
            return false;
        const auto take = std::min<std::size_t>(
            input.size(), static_cast<std::size_t>(m_headerNeed - m_headerHave));
        std::memcpy(m_header.data() + m_headerHave, input.data(), take);
        m_headerHave = static_cast<std::uint8_t>(m_headerHave + take);
        input = input.subspan(take);
        if (m_headerHave == 2 && m_headerNeed == 2) {
            m_error = checkFirstBytes();
            if (m_error != WsError::None)
                return false;
            const unsigned length = m_header[1] & 0x7Fu;
            const unsigned extra = length == 126 ? 2 : length == 127 ? 8 : 0;
            m_headerNeed = static_cast<std::uint8_t>(2 + extra + (m_header[1] & kMaskBit ? 4 : 0));
        }
    }
    const unsigned length = m_header[1] & 0x7Fu;
    std::size_t at = 2;
    m_payloadSize = length;
    if (length == 126) {
        m_payloadSize = bigEndian(m_header.data() + at, 2);
        at += 2;
        if (m_payloadSize < 126)
            m_error = WsError::LengthNotMinimal;
    } else if (length == 127) {
        m_payloadSize = bigEndian(m_header.data() + at, 8);
        at += 8;
        if (m_payloadSize <= 0xFFFF || m_payloadSize >> 63)
            m_error = WsError::LengthNotMinimal;
    }
    if (m_error != WsError::None)
        return false;
    if (m_header[1] & kMaskBit)
        std::memcpy(m_mask.data(), m_header.data() + at, 4);
    else
        m_mask = {};
    m_fin = (m_header[0] & kFin) != 0;
    m_frameOpcode = m_header[0] & 0x0F;
    if (!isControl() && m_payloadSize > m_max - m_message.size()) {
        m_error = WsError::TooLarge;
        return false;
    }
    m_payloadLeft = m_payloadSize;
    m_headerHave = 0;
    m_headerNeed = 2;
    m_inPayload = true;
    if (!isControl() && m_frameOpcode != 0) {
        m_opcode = static_cast<WsOpcode>(m_frameOpcode);
        m_utf8.reset();
    }
    return true;
}

WsDecoder::Status WsDecoder::finishControl(std::string_view payload, WsEvent& event)
{
    event = WsEvent();
    if (m_frameOpcode == static_cast<std::uint8_t>(WsOpcode::Close)) {
        event.kind = WsEvent::Kind::Close;
        if (payload.size() == 1)
            return fail(WsError::BadClosePayload);
        if (payload.size() >= 2) {
            event.closeCode = static_cast<std::uint16_t>(
                bigEndian(reinterpret_cast<const unsigned char*>(payload.data()), 2));
            if (!isSendableCloseCode(event.closeCode))
                return fail(WsError::BadClosePayload);
            event.payload = payload.substr(2);
            Utf8Validator utf8;
            if (!utf8.feed(event.payload) || !utf8.complete())
                return fail(WsError::InvalidUtf8);
        }
        m_closed = true;
        return Status::Event;
    }
    event.kind = m_frameOpcode == static_cast<std::uint8_t>(WsOpcode::Ping) ? WsEvent::Kind::Ping
                                                                            : WsEvent::Kind::Pong;
    event.payload = payload;
    return Status::Event;
}

WsDecoder::Status WsDecoder::next(std::span<char>& input, WsEvent& event)
{
    assert(m_error == WsError::None);
    // What was handed out last time is done with: an idle connection owns no buffer.
    if (m_release) {
        std::string().swap(m_message);
        m_release = false;
    }
    if (m_releaseControl) {
        std::string().swap(m_control);
        m_releaseControl = false;
    }
    if (m_closed) {
        input = {};
        return Status::NeedMore;
    }
    for (;;) {
        if (!m_inPayload && !takeHeader(input))
            return m_error == WsError::None ? Status::NeedMore : Status::Error;

        const auto take =
            static_cast<std::size_t>(std::min<std::uint64_t>(input.size(), m_payloadLeft));
        const std::span<char> part = input.first(take);
        wsMask(part, m_mask, m_payloadSize - m_payloadLeft);
        input = input.subspan(take);
        m_payloadLeft -= take;
        const std::string_view text(part.data(), part.size());
        const bool whole = m_payloadLeft == 0;

        if (isControl()) {
            if (!whole) {
                m_control.append(text);
                return Status::NeedMore;
            }
            m_inPayload = false;
            if (m_control.empty())
                return finishControl(text, event);
            m_control.append(text);
            m_releaseControl = true;
            return finishControl(m_control, event);
        }

        if (m_opcode == WsOpcode::Text && !m_utf8.feed(text))
            return fail(WsError::InvalidUtf8);
        const bool last = whole && m_fin;
        if (last && m_opcode == WsOpcode::Text && !m_utf8.complete())
            return fail(WsError::InvalidUtf8);
        if (last && m_message.empty()) {
            event.payload = text; // the usual case: no copy
        } else {
            m_message.append(text);
            event.payload = m_message;
        }
        if (whole)
            m_inPayload = false;
        if (last) {
            event.kind = m_opcode == WsOpcode::Text ? WsEvent::Kind::Text : WsEvent::Kind::Binary;
            event.closeCode = 1005;
            m_opcode = WsOpcode::Continuation;
            m_release = !m_message.empty();
            return Status::Event;
        }
        if (!whole)
            return Status::NeedMore;
    }
}

void appendWsFrame(std::string& out, WsOpcode opcode, std::string_view payload, bool fin)
{
    appendHeader(out, opcode, payload.size(), fin, 0);
    out.append(payload);
}

void appendWsBinaryMessage(std::string& out, std::string_view payload)
{
    WsOpcode opcode = WsOpcode::Binary;
    for (; payload.size() > kWsFragmentBytes; payload.remove_prefix(kWsFragmentBytes)) {
        appendWsFrame(out, opcode, payload.substr(0, kWsFragmentBytes), false);
        opcode = WsOpcode::Continuation;
    }
    appendWsFrame(out, opcode, payload);
}

void appendMaskedWsFrame(std::string& out, WsOpcode opcode, std::string_view payload,
                         std::uint32_t mask, bool fin)
{
    appendHeader(out, opcode, payload.size(), fin, kMaskBit);
    std::array<unsigned char, 4> key{};
    std::memcpy(key.data(), &mask, 4);
    out.append(reinterpret_cast<const char*>(key.data()), 4);
    const std::size_t start = out.size();
    out.append(payload);
    wsMask(std::span<char>(out).subspan(start), key, 0);
}

void appendWsClose(std::string& out, std::uint16_t code, std::string_view reason)
{
    if (!isSendableCloseCode(code)) {
        appendWsFrame(out, WsOpcode::Close, {});
        return;
    }
    std::size_t size = std::min(reason.size(), kWsControlBytesMax - 2);
    while (size < reason.size() && size > 0 &&
           (static_cast<unsigned char>(reason[size]) & 0xC0) == 0x80)
        --size;
    std::string payload{static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
    payload.append(reason.substr(0, size));
    appendWsFrame(out, WsOpcode::Close, payload);
}

std::string wsAcceptKey(std::string_view key)
{
    boost::uuids::detail::sha1 sha;
    sha.process_bytes(key.data(), key.size());
    constexpr std::string_view kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    sha.process_bytes(kGuid.data(), kGuid.size());
    unsigned digest[5];
    sha.get_digest(digest);
    std::array<unsigned char, 20> bytes{};
    for (std::size_t i = 0; i < 5; ++i) {
        for (std::size_t j = 0; j < 4; ++j)
            bytes[i * 4 + j] = static_cast<unsigned char>(digest[i] >> (24 - 8 * j));
    }
    std::array<char, sodium_base64_ENCODED_LEN(20, sodium_base64_VARIANT_ORIGINAL)> text{};
    sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(),
                      sodium_base64_VARIANT_ORIGINAL);
    return text.data();
}

} // namespace skein::server
