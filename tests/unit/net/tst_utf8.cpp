#include "server/net/utf8.h"

#include <gtest/gtest.h>

#include <string>

using namespace skein::server;

namespace
{

bool valid(std::string_view text)
{
    Utf8Validator whole;
    const bool atOnce = whole.feed(text) && whole.complete();
    Utf8Validator split;
    bool single = true;
    for (const char c : text)
        single = single && split.feed(std::string_view(&c, 1));
    EXPECT_EQ(atOnce, single && split.complete()) << "the split matters";
    return atOnce;
}

// Encodes without any check, also what must not be encoded.
std::string raw(unsigned c)
{
    const auto byte = [](unsigned value) { return static_cast<char>(value); };
    if (c < 0x80)
        return {byte(c)};
    if (c < 0x800)
        return {byte(0xC0 | c >> 6), byte(0x80 | (c & 0x3F))};
    if (c < 0x10000)
        return {byte(0xE0 | c >> 12), byte(0x80 | (c >> 6 & 0x3F)), byte(0x80 | (c & 0x3F))};
    return {byte(0xF0 | c >> 18), byte(0x80 | (c >> 12 & 0x3F)), byte(0x80 | (c >> 6 & 0x3F)),
            byte(0x80 | (c & 0x3F))};
}

} // namespace

TEST(Utf8, everyCodePointButTheSurrogatesIsValid)
{
    for (unsigned c = 0; c < 0x120000; c += c < 0x3000 || (c > 0xD700 && c < 0xE100) ? 1 : 37)
        ASSERT_EQ(valid(raw(c)), c <= 0x10FFFF && (c < 0xD800 || c > 0xDFFF)) << std::hex << c;
    EXPECT_TRUE(valid(raw(0x10FFFF)));
    EXPECT_FALSE(valid(raw(0x110000)));
}

TEST(Utf8, overlongLoneAndCutBytesAreNot)
{
    for (const char* text : {"\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xF0\x8F\xBF\xBF", "\x80",
                             "\xBF", "\xC3", "\xE1\x83", "\xF0\x9F\x91", "\xF5\x80\x80\x80", "\xFE",
                             "\xFF", "abcdefgh\xC3(", "abcdefghijklmnop\xE1\x83z"})
        EXPECT_FALSE(valid(text));
    EXPECT_TRUE(valid(""));
    EXPECT_TRUE(valid("sixteen ascii by\xE1\x83\x92 and on"));
}
