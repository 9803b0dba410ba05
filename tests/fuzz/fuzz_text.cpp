// Text of other people where it is cut, counted and checked: any bytes in, valid and bounded text
// out.
#include "offline/rowbuilder.h"
#include "protocol/codec.h"
#include "protocol/limits.h"
#include "server/net/utf8.h"
#include "server/storage/storage.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace
{

void require(bool claim, const char* what)
{
    if (claim)
        return;
    std::fprintf(stderr, "fuzz_text: %s\n", what);
    std::abort();
}

constexpr std::size_t kPreviewCharacters = 140;

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace skein;
    const std::string text(reinterpret_cast<const char*>(data), size);
    const bool valid = protocol::isValidUtf8(text);
    // The other validator, whole and in pieces, says the same.
    for (const std::size_t piece : {text.size() + 1, std::size_t{1}, std::size_t{3}}) {
        server::Utf8Validator validator;
        bool fine = true;
        for (std::size_t at = 0; fine && at < text.size(); at += piece)
            fine = validator.feed(std::string_view(text).substr(at, piece));
        require((fine && validator.complete()) == valid, "two validators do not agree");
    }
    const std::string preview = server::previewText(text);
    const std::string excerpt = offline::excerpt(text, kPreviewCharacters);
    require(excerpt.size() <= text.size(), "an excerpt that is longer than the text");
    if (!valid)
        return 0; // bodies are checked before they come here; nothing but the bounds was asked
    for (const char c : preview)
        require(static_cast<unsigned char>(c) >= 0x20, "a control character in a preview");
    require(protocol::isValidUtf8(preview) && protocol::isValidUtf8(excerpt),
            "cut inside a character");
    require(protocol::characterCount(preview) <= kPreviewCharacters, "a preview that is too long");
    require(protocol::characterCount(excerpt) <= kPreviewCharacters, "an excerpt that is too long");
    require(server::jsonBytes(text) >= text.size(), "JSON that is shorter than its text");
    return 0;
}
