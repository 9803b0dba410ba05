// The data phase of RFC 6455, sans-I/O: bytes in, messages out; payloads in, frames out. No
// sockets, no allocation for a frame that lies whole in the caller's buffer, no buffer at all
// between frames.
//
// Strict where the RFC lets a peer be strict: reserved bits and opcodes, wrong masking, lengths
// that are not minimal, long or fragmented control frames, orphan continuations, invalid close
// codes and invalid UTF-8 end the connection. No extensions are negotiated. Thread: one per object.
#pragma once

#include "server/net/utf8.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace skein::server
{

/// RFC 6455 §5.2; the other values are reserved.
enum class WsOpcode : std::uint8_t {
    Continuation = 0x0,
    Text = 0x1,
    Binary = 0x2,
    Close = 0x8,
    Ping = 0x9,
    Pong = 0xA,
};

/// Which end reads: a server demands masked frames, a client refuses them (§5.1).
enum class WsRole : std::uint8_t { Server, Client };

/// Why a stream cannot go on. The close code to answer with is closeCodeFor().
enum class WsError : std::uint8_t {
    None,
    ReservedBits,
    ReservedOpcode,
    NotMasked,
    Masked,
    LengthNotMinimal,
    ControlTooLong,
    ControlFragmented,
    UnexpectedContinuation,
    ExpectedContinuation,
    BadClosePayload,
    InvalidUtf8,
    TooLarge,
};
/// 1002, 1007 or 1009 (§7.4.1). 1000 for None.
[[nodiscard]] std::uint16_t closeCodeFor(WsError error) noexcept;
/// English, short enough for a close reason.
[[nodiscard]] std::string_view toString(WsError error) noexcept;

/// True for the codes that an endpoint may send in a close frame: 1000–1003, 1007–1014, 3000–4999
/// (§7.4).
[[nodiscard]] bool isSendableCloseCode(std::uint16_t code) noexcept;

inline constexpr std::size_t kWsControlBytesMax = 125;
inline constexpr std::size_t kWsHeaderBytesMax = 14;
/// Of a large message to a client: half a second of a line of 64 kbit/s, far below
/// protocol::kProbeTimeoutMs.
inline constexpr std::size_t kWsFragmentBytes = 4 * 1024;

/// One message or control frame. `payload` lies in the caller's input or in the decoder; valid
/// until the next call of next().
struct WsEvent {
    enum class Kind : std::uint8_t { Text, Binary, Ping, Pong, Close };
    Kind kind = Kind::Text;
    std::string_view payload;       ///< Close: the reason
    std::uint16_t closeCode = 1005; ///< Close: 1005 when the frame named none
};

/// Reads frames and puts messages together. After Error nothing more may be fed; after a Close
/// event further input is swallowed.
class WsDecoder
{
public:
    enum class Status : std::uint8_t { NeedMore, Event, Error };

    /// messageBytesMax bounds a whole message, all fragments together.
    WsDecoder(WsRole role, std::size_t messageBytesMax) noexcept
        : m_max(messageBytesMax)
        , m_role(role)
    {
    }

    /// Takes bytes from the front of `input` (unmasking them in place) until a message is whole. On
    /// NeedMore `input` is empty. On Event call again with the same span. What is kept of an
    /// incomplete message is at most messageBytesMax + kWsControlBytesMax bytes.
    [[nodiscard]] Status next(std::span<char>& input, WsEvent& event);

    [[nodiscard]] WsError error() const noexcept { return m_error; }
    /// Bytes held for an incomplete message; 0 between messages.
    [[nodiscard]] std::size_t heldBytes() const noexcept
    {
        return m_message.capacity() > kInline ? m_message.size() : 0;
    }
    /// True while a frame or a fragmented message is incomplete.
    [[nodiscard]] bool midMessage() const noexcept
    {
        return m_headerHave != 0 || m_inPayload || m_opcode != WsOpcode::Continuation;
    }

private:
    static constexpr std::size_t kInline = 15; // libstdc++ keeps as much without a heap block
    [[nodiscard]] Status fail(WsError error) noexcept;
    [[nodiscard]] bool takeHeader(std::span<char>& input);
    [[nodiscard]] WsError checkFirstBytes() const noexcept;
    [[nodiscard]] Status finishControl(std::string_view payload, WsEvent& event);
    [[nodiscard]] bool isControl() const noexcept { return (m_frameOpcode & 0x8) != 0; }

    std::string m_message; // of an incomplete data message
    std::string m_control; // of an incomplete control frame
    std::size_t m_max;
    std::uint64_t m_payloadLeft = 0;
    std::uint64_t m_payloadSize = 0;
    std::array<unsigned char, kWsHeaderBytesMax> m_header{};
    std::array<unsigned char, 4> m_mask{};
    std::uint8_t m_headerHave = 0;
    std::uint8_t m_headerNeed = 2;
    std::uint8_t m_frameOpcode = 0;
    WsRole m_role;
    WsOpcode m_opcode = WsOpcode::Continuation; // of the message in progress; Continuation = none
    WsError m_error = WsError::None;
    Utf8Validator m_utf8;
    bool m_fin = false;
    bool m_inPayload = false;
    bool m_release = false; // m_message was handed out and is free to go
    bool m_releaseControl = false;
    bool m_closed = false;
};

/// Appends an unmasked frame (server to client). `payload` of a control frame at most
/// kWsControlBytesMax bytes.
void appendWsFrame(std::string& out, WsOpcode opcode, std::string_view payload, bool fin = true);
/// Appends a whole unmasked binary message, in fragments of kWsFragmentBytes: over a narrow link a
/// reader sees that something comes long before the last byte of it.
void appendWsBinaryMessage(std::string& out, std::string_view payload);
/// Appends a masked frame (client to server) under the given key.
void appendMaskedWsFrame(std::string& out, WsOpcode opcode, std::string_view payload,
                         std::uint32_t mask, bool fin = true);
/// Appends an unmasked close frame; the reason is cut to what fits, at a character boundary. A code
/// that must not be sent becomes an empty close.
void appendWsClose(std::string& out, std::uint16_t code, std::string_view reason);

/// Sec-WebSocket-Accept for a Sec-WebSocket-Key (§4.2.2): base64(SHA-1(key + GUID)).
[[nodiscard]] std::string wsAcceptKey(std::string_view key);

/// XORs bytes with a four-byte key, starting at position `offset` of the payload.
void wsMask(std::span<char> bytes, const std::array<unsigned char, 4>& key,
            std::uint64_t offset) noexcept;

} // namespace skein::server
