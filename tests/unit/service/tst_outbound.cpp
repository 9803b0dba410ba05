#include "server/service/outbound.h"

#include <gtest/gtest.h>

namespace skein::server
{
namespace
{

// Read back by RFC 6455 §5.2, not by our codec.
std::size_t payloadLength(std::string_view wire, std::size_t& header)
{
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(wire[i]); };
    EXPECT_EQ(byte(0), 0x81) << "final, text";
    EXPECT_EQ(byte(1) & 0x80, 0) << "a server masks nothing";
    std::size_t length = byte(1) & 0x7f;
    const std::size_t more = length == 126 ? 2 : length == 127 ? 8 : 0;
    if (more != 0)
        length = 0;
    for (std::size_t i = 0; i < more; ++i)
        length = length << 8 | byte(2 + i);
    header = 2 + more;
    return length;
}

TEST(OutFrame, theShortestHeaderStandsBeforeTheText)
{
    const std::pair<std::size_t, std::size_t> rows[] = {
        {0, 2}, {125, 2}, {126, 4}, {65'535, 4}, {65'536, 10}};
    for (const auto& [size, headerBytes] : rows) {
        const std::string json(size, 'x');
        const OutFrame frame{std::string_view(json)};
        EXPECT_EQ(frame.text(), json);
        std::size_t header = 0;
        EXPECT_EQ(payloadLength(frame.wire(), header), size);
        EXPECT_EQ(header, headerBytes);
        EXPECT_EQ(frame.wire().substr(header), json);
    }
}

TEST(OutFrame, preparedBytesAreSentAsTheyAreAndHaveNoText)
{
    const OutFrame pong(OutFrame::Prepared{std::string("\x8a\x00", 2)});
    EXPECT_EQ(pong.wire(), std::string_view("\x8a\x00", 2));
    EXPECT_EQ(pong.text(), "");
}

} // namespace
} // namespace skein::server
