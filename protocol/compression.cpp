#include "protocol/compression.h"

#include "protocol/limits.h"

#include <libdeflate.h>

#include <algorithm>

namespace skein::protocol
{
namespace
{

// Of 1 … 12. Pages of chat shrink to a fifth at 1 already; higher levels cost several times as much
// for a few per cent.
constexpr int kLevel = 1;
// The first guess of how much comes out; grows up to the bound.
constexpr std::size_t kInflateFactor = 6;

} // namespace

struct Deflater::State {
    struct Freed {
        void operator()(libdeflate_compressor* c) const noexcept { libdeflate_free_compressor(c); }
    };
    std::unique_ptr<libdeflate_compressor, Freed> compressor{libdeflate_alloc_compressor(kLevel)};
};

Deflater::Deflater()
    : m_state(std::make_unique<State>())
{
}
Deflater::~Deflater() = default;

std::string Deflater::deflated(std::string_view text)
{
    std::string bytes;
    if (text.size() < kCompressFrameBytesMin || !m_state->compressor)
        return bytes;
    // Room for less than the text: what does not fit is not worth sending compressed.
    bytes.resize(text.size() - text.size() / 8);
    bytes.resize(libdeflate_deflate_compress(m_state->compressor.get(), text.data(), text.size(),
                                             bytes.data(), bytes.size()));
    return bytes;
}

Result<std::string> inflated(std::string_view bytes, std::size_t bytesMax)
{
    struct Freed {
        void operator()(libdeflate_decompressor* d) const noexcept
        {
            libdeflate_free_decompressor(d);
        }
    };
    // Holds no state between calls; making it costs more than a small frame.
    static thread_local const std::unique_ptr<libdeflate_decompressor, Freed> decompressor{
        libdeflate_alloc_decompressor()};
    if (!decompressor)
        return fail(ErrorCode::Internal, "no memory to inflate");
    std::string text;
    std::size_t room = std::clamp<std::size_t>(bytes.size() * kInflateFactor, 1, bytesMax);
    for (;;) {
        text.resize(room);
        std::size_t taken = 0;
        std::size_t made = 0;
        switch (libdeflate_deflate_decompress_ex(decompressor.get(), bytes.data(), bytes.size(),
                                                 text.data(), text.size(), &taken, &made)) {
        case LIBDEFLATE_SUCCESS:
            if (taken != bytes.size())
                return fail(ErrorCode::BadFrame, "bytes behind a compressed frame");
            text.resize(made);
            return text;
        case LIBDEFLATE_INSUFFICIENT_SPACE:
            if (room >= bytesMax)
                return fail(ErrorCode::FrameTooLarge, "inflated");
            room = std::min(bytesMax, room * 4);
            break;
        default:
            return fail(ErrorCode::BadFrame, "not a compressed frame");
        }
    }
}

} // namespace skein::protocol
