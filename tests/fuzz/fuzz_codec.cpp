// Fuzz target of the frame codec: any bytes as a frame of either direction and as an event. What
// decodes must encode to something that decodes to the same value.
#include "protocol/codec.h"
#include "protocol/limits.h"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace
{

void require(bool holds, const char* what)
{
    if (!holds) {
        std::fprintf(stderr, "broken promise: %s\n", what);
        std::abort();
    }
}

template <class Frame, class Decode, class Encode>
void judge(std::string_view text, Decode decode, Encode encode)
{
    using skein::ErrorCode;
    const skein::Result<Frame> frame = decode(text);
    if (!frame) {
        const ErrorCode code = frame.error().code;
        require(code == ErrorCode::BadFrame || code == ErrorCode::BadField ||
                    code == ErrorCode::FrameTooLarge,
                "the error is one of three");
        return;
    }
    const std::string again = encode(*frame);
    require(skein::protocol::isValidUtf8(again), "what is written is UTF-8");
    // Defaults are written out, so a frame at the limit of its size may grow past it.
    if (again.size() > skein::protocol::kClientFrameBytesMax)
        return;
    const skein::Result<Frame> second = decode(again);
    require(second.has_value(), "what is written can be read");
    require(*second == *frame, "what is read is what was written");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace skein::protocol;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    judge<ClientFrame>(text, decodeClientFrame,
                       [](const ClientFrame& frame) { return encode(frame); });
    judge<ServerFrame>(text, decodeServerFrame,
                       [](const ServerFrame& frame) { return encode(frame); });
    judge<Event>(text, decodeEvent, encodeEvent);
    require(isValidUtf8(text) == isValidUtf8(std::string(text)),
            "the answer does not hang on where the text lies");
    (void)characterCount(text);
    return 0;
}
