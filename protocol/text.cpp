#include "protocol/detail/text.h"

#include "protocol/codec.h"

#include <cstdint>
#include <cstring>

namespace skein::protocol
{
namespace
{

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

struct Sequence {
    std::size_t length; ///< bytes to consume, at least 1
    bool valid;
};

// The well-formed sequences of the Unicode standard, table 3-7. For a malformed one, the length of
// its maximal part.
inline Sequence sequenceAt(const unsigned char* at, std::size_t left) noexcept
{
    const unsigned char first = at[0];
    if (first < 0x80)
        return {1, true};
    // What nearly all texts are made of, without a loop.
    const auto continues = [&](std::size_t i) { return (at[i] & 0xC0) == 0x80; };
    if (first >= 0xC2 && first <= 0xDF && left >= 2 && continues(1))
        return {2, true};
    if (first > 0xE0 && first <= 0xEF && first != 0xED && left >= 3 && continues(1) && continues(2))
        return {3, true};
    std::size_t length = 0;
    unsigned char low = 0x80;
    unsigned char high = 0xBF;
    if (first >= 0xC2 && first <= 0xDF) {
        length = 2;
    } else if (first >= 0xE0 && first <= 0xEF) {
        length = 3;
        if (first == 0xE0)
            low = 0xA0;
        else if (first == 0xED)
            high = 0x9F; // no surrogates
    } else if (first >= 0xF0 && first <= 0xF4) {
        length = 4;
        if (first == 0xF0)
            low = 0x90;
        else if (first == 0xF4)
            high = 0x8F; // nothing above U+10FFFF
    } else {
        return {1, false};
    }
    for (std::size_t i = 1; i < length; ++i) {
        if (i >= left || at[i] < low || at[i] > high)
            return {i, false};
        low = 0x80;
        high = 0xBF;
    }
    return {length, true};
}

constexpr std::uint64_t kOnes = 0x0101010101010101U;
constexpr std::uint64_t kHighs = 0x8080808080808080U;

std::uint64_t wordAt(const unsigned char* at) noexcept
{
    std::uint64_t word = 0;
    std::memcpy(&word, at, sizeof word);
    return word;
}

constexpr std::uint64_t bytesEqual(std::uint64_t word, unsigned char value) noexcept
{
    const std::uint64_t x = word ^ (kOnes * value);
    return (x - kOnes) & ~x & kHighs;
}

// Eight bytes of plain ASCII that need no escape: one test. May err on the side of "not plain".
bool isPlain8(const unsigned char* at) noexcept
{
    const std::uint64_t word = wordAt(at);
    const std::uint64_t below = (word - kOnes * 0x20) & ~word & kHighs;
    return ((word & kHighs) | below | bytesEqual(word, '"') | bytesEqual(word, '\\')) == 0;
}

void appendEscape(detail::Buffer& out, unsigned char c)
{
    switch (c) {
    case '"':
        return out.append("\\\"");
    case '\\':
        return out.append("\\\\");
    case '\n':
        return out.append("\\n");
    case '\r':
        return out.append("\\r");
    case '\t':
        return out.append("\\t");
    case '\b':
        return out.append("\\b");
    case '\f':
        return out.append("\\f");
    default: {
        constexpr std::string_view kHex = "0123456789abcdef";
        out.append("\\u00");
        out.append(kHex[c >> 4]);
        out.append(kHex[c & 15]);
    }
    }
}

} // namespace

bool isValidUtf8(std::string_view text) noexcept
{
    const auto* const bytes = reinterpret_cast<const unsigned char*>(text.data());
    std::size_t i = 0;
    while (i < text.size()) {
        if (i + 8 <= text.size() && (wordAt(bytes + i) & kHighs) == 0) {
            i += 8;
            continue;
        }
        const Sequence sequence = sequenceAt(bytes + i, text.size() - i);
        if (!sequence.valid)
            return false;
        i += sequence.length;
    }
    return true;
}

std::size_t characterCount(std::string_view utf8) noexcept
{
    std::size_t count = 0;
    for (const char c : utf8)
        count += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
    return count;
}

namespace detail
{

void appendJsonString(Buffer& out, std::string_view text)
{
    const auto* const bytes = reinterpret_cast<const unsigned char*>(text.data());
    const std::size_t size = text.size();
    out.append('"');
    std::size_t done = 0; // everything before stands in `out`
    std::size_t i = 0;
    while (i < size) {
        if (i + 8 <= size && isPlain8(bytes + i)) {
            i += 8;
            continue;
        }
        const unsigned char c = bytes[i];
        if (c >= 0x80) {
            const Sequence sequence = sequenceAt(bytes + i, size - i);
            if (!sequence.valid) {
                out.append(text.substr(done, i - done));
                out.append(kReplacement);
                done = i + sequence.length;
            }
            i += sequence.length;
        } else if (c < 0x20 || c == '"' || c == '\\') {
            out.append(text.substr(done, i - done));
            appendEscape(out, c);
            done = ++i;
        } else {
            ++i;
        }
    }
    out.append(text.substr(done));
    out.append('"');
}

std::string_view clipped(std::string_view text, std::size_t characters) noexcept
{
    if (text.size() <= characters)
        return text;
    std::size_t seen = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if ((static_cast<unsigned char>(text[i]) & 0xC0) == 0x80)
            continue;
        if (seen == characters)
            return text.substr(0, i);
        ++seen;
    }
    return text;
}

bool hasNoControls(std::string_view text) noexcept
{
    const auto* const bytes = reinterpret_cast<const unsigned char*>(text.data());
    for (std::size_t i = 0; i < text.size();) {
        if (i + 8 <= text.size()) {
            // Eight bytes of plain ASCII at once; what may be none is looked at one by one.
            const std::uint64_t word = wordAt(bytes + i);
            const std::uint64_t below = (word - kOnes * 0x20) & ~word & kHighs;
            if (((word & kHighs) | below | bytesEqual(word, 0x7f)) == 0) {
                i += 8;
                continue;
            }
        }
        if (bytes[i] < 0x20 || bytes[i] == 0x7f)
            return false;
        ++i;
    }
    return true;
}

} // namespace detail
} // namespace skein::protocol
