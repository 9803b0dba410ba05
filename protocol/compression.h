// Large server frames, made small: one text frame becomes raw DEFLATE (RFC 1951), by itself,
// without any state between frames. Goes out as one binary WebSocket frame to a client that named
// kDeflateCap in `hello.caps`. The rules and the measurements: docs/adr/0011-compressed-frames.md.
//
// Thread: one per object; inflated() any.
#pragma once

#include "core/result.h"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace skein::protocol
{

/// Entry of `hello.caps` of a client that takes compressed frames.
inline constexpr char kDeflateCap[] = "deflate";

/// Compresses frames. Holds about 100 KB of working memory, so a server has one, not one for each
/// connection.
class Deflater
{
public:
    Deflater();
    ~Deflater();
    Deflater(const Deflater&) = delete;
    Deflater& operator=(const Deflater&) = delete;

    /// Raw DEFLATE of `text`; empty when it would not be at least an eighth smaller, or is shorter
    /// than kCompressFrameBytesMin: then the frame goes as it is.
    [[nodiscard]] std::string deflated(std::string_view text);

private:
    struct State;
    std::unique_ptr<State> m_state;
};

/// The text of a compressed frame. Allocates at most `bytesMax`, whatever the bytes promise.
/// Errors: FrameTooLarge (more than `bytesMax`), BadFrame (not DEFLATE, cut short, or something
/// behind its end). Whether the text is UTF-8 and JSON is the codec's business.
[[nodiscard]] Result<std::string> inflated(std::string_view bytes, std::size_t bytesMax);

} // namespace skein::protocol
