#include "protocol/compression.h"

#include "core/random.h"
#include "protocol/limits.h"

#include <gtest/gtest.h>

#include <string>

namespace skein::protocol
{
namespace
{

// A page as a catch-up has it: the same keys again and again, ids and words that differ.
std::string page(std::size_t bytes)
{
    static constexpr const char* kWords[] = {"order ",  "pump ", "ready ",
                                             "before ", "we ",   "Tuesday "};
    SeededRandom random(7);
    std::string text = R"({"type":"sync_response","rooms":[)";
    while (text.size() < bytes) {
        text += R"({"seq":)" + std::to_string(random.below(100'000)) + R"(,"id":"e)" +
                std::to_string(random.next()) + R"(","body":")";
        for (int i = 0; i < 12; ++i)
            text += kWords[random.below(std::size(kWords))];
        text += "\"},";
    }
    text.resize(bytes);
    return text;
}

std::string noise(std::size_t bytes)
{
    SeededRandom random(8);
    std::string text;
    while (text.size() < bytes)
        text += static_cast<char>(random.next());
    return text;
}

TEST(Compression, aPageComesBackAsItWasAndIsAThirdOnTheWire)
{
    Deflater deflater;
    for (const std::size_t bytes :
         {kCompressFrameBytesMin, std::size_t{20'000}, kServerFrameBytesMax}) {
        const std::string text = page(bytes);
        const std::string small = deflater.deflated(text);
        ASSERT_FALSE(small.empty()) << bytes;
        const auto back = inflated(small, kServerFrameBytesMax);
        ASSERT_TRUE(back) << toString(back.error());
        EXPECT_EQ(*back, text);
        if (bytes >= 20'000) {
            EXPECT_LT(small.size() * 3, text.size());
        }
    }
}

TEST(Compression, whatIsShortOrDoesNotShrinkGoesAsItIs)
{
    Deflater deflater;
    EXPECT_EQ(deflater.deflated(page(kCompressFrameBytesMin - 1)), "");
    EXPECT_EQ(deflater.deflated(noise(10'000)), "");
    EXPECT_EQ(deflater.deflated(""), "");
    // And the next frame is none the worse for it.
    EXPECT_NE(deflater.deflated(page(10'000)), "");
}

TEST(Compression, moreThanTheBoundIsRefusedWhateverItsSizeOnTheWire)
{
    Deflater deflater;
    const std::string bomb = deflater.deflated(std::string(16 * 1024 * 1024, 'x'));
    ASSERT_LT(bomb.size(), kServerFrameBytesMax);
    const auto refused = inflated(bomb, kServerFrameBytesMax);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::FrameTooLarge);

    // Exactly at the bound and one past it.
    const std::string text = page(5'000);
    const std::string small = deflater.deflated(text);
    EXPECT_TRUE(inflated(small, 5'000));
    const auto past = inflated(small, 4'999);
    ASSERT_FALSE(past);
    EXPECT_EQ(past.error().code, ErrorCode::FrameTooLarge);
}

TEST(Compression, whatIsNotOneWholeStreamIsABadFrame)
{
    Deflater deflater;
    const std::string small = deflater.deflated(page(5'000));
    for (const std::string& bytes :
         {std::string(), small.substr(0, small.size() / 2), small.substr(0, small.size() - 1),
          small + 'x', small + small, std::string("\xFF\xFF\xFF\xFF", 4)}) {
        const auto refused = inflated(bytes, kServerFrameBytesMax);
        ASSERT_FALSE(refused) << bytes.size();
        EXPECT_EQ(refused.error().code, ErrorCode::BadFrame) << bytes.size();
    }
}

} // namespace
} // namespace skein::protocol
