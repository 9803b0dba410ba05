// Compressed frames under arbitrary bytes: never crashes, never gives more than was allowed, and
// what was inflated survives being compressed again.
//
// Input: one byte that chooses the bound, then the bytes of a binary frame.
#include "protocol/compression.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace
{

void require(bool claim, const char* what)
{
    if (claim)
        return;
    std::fprintf(stderr, "fuzz_compression: %s\n", what);
    std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace skein::protocol;
    if (size < 1)
        return 0;
    const std::size_t bound = std::size_t{1} << data[0] % 19; // 1 … 256 KiB
    // A heap block of its own, so that the sanitizer sees a step beyond it.
    const std::vector<char> bytes(data + 1, data + size);
    const auto text = inflated({bytes.data(), bytes.size()}, bound);
    if (!text)
        return 0;
    require(text->size() <= bound, "more than was allowed");
    static Deflater deflater;
    const std::string small = deflater.deflated(*text);
    if (small.empty())
        return 0;
    const auto again = inflated(small, text->size());
    require(again && *again == *text, "what was inflated does not survive");
    return 0;
}
