// Beast as a peer: a WebSocket implementation that is not ours, with fragmentation, pings and an
// orderly close.
#include "tests/integration/fixture.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>

using namespace skein;
using namespace skein::testing;
namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;
using Tcp = boost::asio::ip::tcp;

namespace
{

class ServerBeast : public ServerTest
{
protected:
    void open(websocket::stream<beast::tcp_stream>& stream)
    {
        beast::get_lowest_layer(stream).connect(
            Tcp::endpoint(boost::asio::ip::address_v4::loopback(), port()));
        beast::get_lowest_layer(stream).expires_after(std::chrono::seconds(20));
        stream.set_option(websocket::stream_base::decorator([](websocket::request_type& request) {
            request.set(beast::http::field::sec_websocket_protocol, "skein.v1");
        }));
        websocket::response_type response;
        stream.handshake(response, "127.0.0.1", "/v1/socket");
        EXPECT_EQ(response[beast::http::field::sec_websocket_protocol], "skein.v1");
    }
    static protocol::ServerFrame read(websocket::stream<beast::tcp_stream>& stream)
    {
        beast::flat_buffer buffer;
        stream.read(buffer);
        EXPECT_TRUE(stream.got_text());
        auto frame = protocol::decodeServerFrame(beast::buffers_to_string(buffer.data()));
        EXPECT_TRUE(frame);
        return frame.value_or(protocol::ServerFrame());
    }
    static void write(websocket::stream<beast::tcp_stream>& stream,
                      const protocol::ClientFrame& frame, std::size_t fragment = 0)
    {
        const std::string text = protocol::encode(frame);
        if (fragment == 0) {
            stream.write(boost::asio::buffer(text));
            return;
        }
        for (std::size_t at = 0; at < text.size(); at += fragment) {
            const std::string part = text.substr(at, fragment);
            stream.write_some(at + fragment >= text.size(), boost::asio::buffer(part));
        }
    }
};

} // namespace

TEST_F(ServerBeast, chatsInFragmentsOfEverySizeWithPingsBetween)
{
    start({"--no-rate-limits"});
    const auto ana = account("ana"), bela = account("bela");
    boost::asio::io_context io;
    websocket::stream<beast::tcp_stream> stream(io);
    open(stream);
    int pongs = 0;
    stream.control_callback([&pongs](websocket::frame_type kind, beast::string_view) {
        pongs += kind == websocket::frame_type::pong;
    });
    write(stream, protocol::ClientFrame(helloOf(ana)), 11);
    ASSERT_TRUE(std::holds_alternative<protocol::Welcome>(read(stream)));
    WsPeer other;
    ASSERT_TRUE(signOn(other, port(), bela));
    const RoomId chat = room(other, ana);
    subscribe(other, chat);
    int pings = 0;
    for (std::size_t size = 1; size < 40; ++size) {
        const std::string body = "fragment \xE1\x83\x92\xE1\x83\x90 " + std::to_string(size);
        const auto sent = message(chat, body);
        const std::string text = protocol::encode(protocol::ClientFrame(sent));
        for (std::size_t at = 0; at < text.size(); at += size) {
            const std::string part = text.substr(at, size);
            stream.write_some(at + size >= text.size(), boost::asio::buffer(part));
            if (at == 0) {
                stream.ping("between");
                ++pings;
            }
        }
        for (;;) {
            const auto frame = read(stream);
            if (const auto* const confirmed = std::get_if<protocol::MessageConfirmed>(&frame)) {
                EXPECT_EQ(confirmed->tempId, sent.tempId);
                break;
            }
        }
        const auto entry = other.frame<protocol::LogEntry>();
        ASSERT_TRUE(entry);
        EXPECT_EQ(entry->event.body, body);
    }
    EXPECT_EQ(pongs, pings);
    stream.close(websocket::close_code::normal);
    EXPECT_FALSE(stream.is_open());
}

TEST_F(ServerBeast, readsLargePagesAndSeesOurCloseCodes)
{
    start({"--no-rate-limits"});
    const auto ana = account("ana"), bela = account("bela");
    WsPeer writer;
    ASSERT_TRUE(signOn(writer, port(), ana));
    const RoomId chat = room(writer, bela);
    for (int i = 0; i < 20; ++i) {
        ASSERT_TRUE(writer.send(protocol::ClientFrame(message(chat, std::string(8'000, 'p')))));
        ASSERT_TRUE(writer.frame<protocol::MessageConfirmed>());
    }
    boost::asio::io_context io;
    websocket::stream<beast::tcp_stream> stream(io);
    open(stream);
    write(stream, protocol::ClientFrame(helloOf(bela)));
    ASSERT_TRUE(std::holds_alternative<protocol::Welcome>(read(stream)));
    protocol::HistoryRequest history;
    history.req = RequestId("h");
    history.room = chat;
    write(stream, protocol::ClientFrame(history));
    for (;;) {
        const auto frame = read(stream);
        if (const auto* const page = std::get_if<protocol::HistoryResponse>(&frame)) {
            EXPECT_EQ(page->messages.size(), 20u);
            break;
        }
    }
    stream.binary(true);
    stream.write(boost::asio::buffer("x", 1));
    beast::flat_buffer buffer;
    beast::error_code error;
    stream.read(buffer, error);
    EXPECT_EQ(error, websocket::error::closed);
    EXPECT_EQ(stream.reason().code, 1003);
}
