// Large frames to clients that said they take them compressed, and to those that did not.
#include "protocol/compression.h"
#include "tests/integration/fixture.h"

#include <gtest/gtest.h>

using namespace skein;
using namespace skein::testing;
using server::WsEvent;

namespace
{

class ServerCompression : public ServerTest
{
protected:
    bool signOnCompressed(WsPeer& peer, const load::Account& account)
    {
        if (peer.connect(port()) != 101)
            return false;
        protocol::Hello hello = helloOf(account);
        hello.caps = {"something-else", protocol::kDeflateCap};
        return peer.send(protocol::ClientFrame(hello)) && peer.frame<protocol::Welcome>();
    }
    struct Got {
        WsEvent::Kind kind;
        std::size_t wireBytes;
        std::string text;
    };
    /// The next frame of this type, and how it came.
    static std::optional<Got> got(WsPeer& peer, std::string_view type)
    {
        const std::string start = R"({"type":")" + std::string(type) + '"';
        while (auto event = peer.next()) {
            Got result{event->kind, event->payload.size(), event->payload};
            if (event->kind == WsEvent::Kind::Binary) {
                auto text = protocol::inflated(event->payload, protocol::kServerFrameBytesMax);
                if (!text)
                    return std::nullopt;
                result.text = std::move(*text);
            }
            if (result.text.starts_with(start))
                return result;
        }
        return std::nullopt;
    }
};

std::string words(std::size_t bytes)
{
    std::string text;
    while (text.size() < bytes)
        text += "order number " + std::to_string(text.size()) + " is ready; ";
    return text;
}

} // namespace

TEST_F(ServerCompression, aLargeEntryComesCompressedToWhoAskedAndPlainToWhoDidNot)
{
    start();
    const auto ana = account("ana"), bela = account("bela"), other = account("cico");
    WsPeer a, b, c;
    ASSERT_TRUE(signOn(a, port(), ana));
    const RoomId chat = room(a, bela);
    protocol::MemberSet invite;
    invite.room = chat;
    invite.tempId = tempId();
    invite.user = other.user;
    invite.role = protocol::Role::Member;
    ASSERT_TRUE(a.send(protocol::ClientFrame(invite)));
    ASSERT_TRUE(a.frame<protocol::MessageConfirmed>());
    ASSERT_TRUE(signOnCompressed(b, bela));
    ASSERT_TRUE(signOn(c, port(), other));
    subscribe(b, chat);
    subscribe(c, chat);

    const std::string body = words(8'000);
    ASSERT_TRUE(a.send(protocol::ClientFrame(message(chat, body))));
    ASSERT_TRUE(a.send(protocol::ClientFrame(message(chat, "short"))));
    const auto packed = got(b, "message_new");
    const auto plain = got(c, "message_new");
    ASSERT_TRUE(packed && plain);
    EXPECT_EQ(packed->kind, WsEvent::Kind::Binary);
    EXPECT_EQ(plain->kind, WsEvent::Kind::Text);
    EXPECT_EQ(packed->text, plain->text);
    EXPECT_LT(packed->wireBytes * 3, plain->wireBytes);
    // Order is kept, and what is short goes as it is.
    const auto second = got(b, "message_new");
    ASSERT_TRUE(second);
    EXPECT_EQ(second->kind, WsEvent::Kind::Text);
    const auto frame = protocol::decodeServerFrame(second->text);
    ASSERT_TRUE(frame);
    EXPECT_EQ(std::get<protocol::LogEntry>(*frame).event.body, "short");
}

TEST_F(ServerCompression, aPageOfHistoryComesCompressed)
{
    start();
    const auto ana = account("ana"), bela = account("bela");
    WsPeer a, b;
    ASSERT_TRUE(signOn(a, port(), ana));
    const RoomId chat = room(a, bela);
    for (int i = 0; i < 30; ++i) {
        ASSERT_TRUE(a.send(protocol::ClientFrame(message(chat, words(200)))));
        ASSERT_TRUE(a.frame<protocol::MessageConfirmed>());
    }
    ASSERT_TRUE(signOnCompressed(b, bela));
    protocol::HistoryRequest ask;
    ask.req = RequestId("h");
    ask.room = chat;
    ask.limit = 100;
    ASSERT_TRUE(b.send(protocol::ClientFrame(ask)));
    const auto page = got(b, "history_response");
    ASSERT_TRUE(page);
    EXPECT_EQ(page->kind, WsEvent::Kind::Binary);
    EXPECT_LT(page->wireBytes * 4, page->text.size());
    const auto frame = protocol::decodeServerFrame(page->text);
    ASSERT_TRUE(frame);
    EXPECT_EQ(std::get<protocol::HistoryResponse>(*frame).messages.size(), 30U);
}
