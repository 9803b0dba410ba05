// Two people on a real socket: the whole way through the server and back.
#include "tests/integration/fixture.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>

using namespace skein;
using namespace skein::testing;

namespace
{
class ServerChat : public ServerTest
{
};
} // namespace

TEST_F(ServerChat, aMessageIsConfirmedAndReachesTheOther)
{
    start();
    const auto ana = account("ana"), bela = account("bela");
    WsPeer a, b;
    ASSERT_TRUE(signOn(a, port(), ana));
    ASSERT_TRUE(signOn(b, port(), bela));
    const RoomId chat = room(a, bela);
    const auto added = b.frame<protocol::RoomAdded>();
    ASSERT_TRUE(added);
    EXPECT_EQ(added->room.head.room, chat);
    subscribe(b, chat);

    const std::string body = "\xE1\x83\x92\xE1\x83\x90\xE1\x83\x9B\xE1\x83\x90\xE1\x83\xA0\xE1\x83"
                             "\xAF\xE1\x83\x9D \xF0\x9F\x91\x8B";
    const auto sent = message(chat, body);
    ASSERT_TRUE(a.send(protocol::ClientFrame(sent)));
    const auto confirmed = a.frame<protocol::MessageConfirmed>();
    ASSERT_TRUE(confirmed);
    EXPECT_EQ(confirmed->tempId, sent.tempId);
    EXPECT_FALSE(confirmed->dup);
    const auto entry = b.frame<protocol::LogEntry>();
    ASSERT_TRUE(entry);
    EXPECT_EQ(entry->event.body, body);
    EXPECT_EQ(entry->event.seq, confirmed->seq);
    EXPECT_EQ(entry->event.sender, ana.user);
    EXPECT_TRUE(entry->event.tempId.empty());
}

TEST_F(ServerChat, aRepeatGivesTheFirstResultAndNoSecondMessage)
{
    start();
    const auto ana = account("ana"), bela = account("bela");
    WsPeer a, b;
    ASSERT_TRUE(signOn(a, port(), ana));
    const RoomId chat = room(a, bela);
    ASSERT_TRUE(signOn(b, port(), bela));
    subscribe(b, chat);
    const auto sent = message(chat, "once");
    ASSERT_TRUE(a.send(protocol::ClientFrame(sent)));
    const auto first = a.frame<protocol::MessageConfirmed>();
    ASSERT_TRUE(a.send(protocol::ClientFrame(sent)));
    const auto second = a.frame<protocol::MessageConfirmed>();
    ASSERT_TRUE(first && second);
    EXPECT_TRUE(second->dup);
    EXPECT_EQ(second->seq, first->seq);
    EXPECT_EQ(second->id, first->id);
    ASSERT_TRUE(a.send(protocol::ClientFrame(message(chat, "twice"))));
    EXPECT_EQ(b.frame<protocol::LogEntry>()->event.body, "once");
    EXPECT_EQ(b.frame<protocol::LogEntry>()->event.body, "twice");
}

TEST_F(ServerChat, draftsPinsAndNamesReachTheOtherDeviceAndRevocationClosesIt)
{
    start();
    const auto phone = account("ana");
    const auto other = account("bela");
    const auto answer = load::httpRequest(
        port(), "POST", "/v1/signin",
        R"({"name":"ana","password":"a long password","device_id":"device-2","device_name":"Laptop"})");
    ASSERT_TRUE(answer);
    ASSERT_EQ(answer->status, 200U);
    const boost::json::value tokens = boost::json::parse(answer->body);
    const std::string session(tokens.at("session").as_string());
    load::Account laptop = phone;
    laptop.device = DeviceId("device-2");
    laptop.accessToken = tokens.at("access_token").as_string();
    WsPeer a, b;
    ASSERT_TRUE(signOn(a, port(), phone));
    const RoomId chat = room(a, other);
    ASSERT_TRUE(signOn(b, port(), laptop));
    subscribe(b, chat);

    protocol::DraftSet draft;
    draft.room = chat;
    draft.tempId = tempId();
    draft.text = "half a thought";
    ASSERT_TRUE(a.send(protocol::ClientFrame(draft)));
    const auto stored = a.frame<protocol::DraftChanged>();
    const auto told = b.frame<protocol::DraftChanged>();
    ASSERT_TRUE(stored && told);
    EXPECT_EQ(stored->tempId, draft.tempId);
    EXPECT_EQ(told->draft.text, "half a thought");

    protocol::RoomUpdate rename;
    rename.room = chat;
    rename.tempId = tempId();
    rename.name = "Renamed";
    ASSERT_TRUE(a.send(protocol::ClientFrame(rename)));
    const auto renamed = b.frame<protocol::LogEntry>();
    ASSERT_TRUE(renamed);
    EXPECT_EQ(renamed->event.name, "Renamed");
    ASSERT_TRUE(a.send(protocol::ClientFrame(message(chat, "to be pinned"))));
    const auto written = b.frame<protocol::LogEntry>();
    ASSERT_TRUE(written);
    protocol::PinSet pin;
    pin.room = chat;
    pin.tempId = tempId();
    pin.target = written->event.seq;
    ASSERT_TRUE(a.send(protocol::ClientFrame(pin)));
    const auto pinned = b.frame<protocol::LogEntry>();
    ASSERT_TRUE(pinned);
    EXPECT_TRUE(pinned->event.pinned);
    EXPECT_EQ(pinned->event.target, written->event.seq);

    // The phone finds the laptop in the list and revokes it: the socket goes, and its tokens.
    const auto list = load::httpRequest(port(), "GET", "/v1/sessions", {}, phone.accessToken);
    ASSERT_TRUE(list);
    ASSERT_EQ(list->status, 200U);
    const auto listed = boost::json::parse(list->body).at("sessions").as_array();
    ASSERT_EQ(listed.size(), 2U);
    for (const auto& row : listed) {
        const bool isLaptop = row.at("id").as_string() == session;
        EXPECT_EQ(row.at("current").as_bool(), !isLaptop);
        if (isLaptop) {
            EXPECT_EQ(row.at("device_name").as_string(), "Laptop");
        }
    }
    const std::string path = "/v1/sessions/" + session;
    const auto status = [&](const std::string& bearer) {
        const auto reply = load::httpRequest(port(), "DELETE", path, {}, bearer);
        return reply ? reply->status : 0U;
    };
    EXPECT_EQ(status({}), 401U);
    EXPECT_EQ(status(other.accessToken), 404U);
    EXPECT_EQ(status(phone.accessToken), 204U);
    EXPECT_EQ(status(phone.accessToken), 404U);
    const auto why = b.frame<protocol::ErrorFrame>();
    ASSERT_TRUE(why);
    EXPECT_EQ(why->code, ErrorCode::DeviceRevoked);
    EXPECT_EQ(b.closeCode(), static_cast<std::uint16_t>(protocol::CloseCode::DeviceRevoked));
}

TEST_F(ServerChat, aStrangerCannotTellARoomFromNone)
{
    start();
    const auto ana = account("ana"), bela = account("bela"), eve = account("eve");
    WsPeer a, e;
    ASSERT_TRUE(signOn(a, port(), ana));
    const RoomId chat = room(a, bela);
    ASSERT_TRUE(a.send(protocol::ClientFrame(message(chat, "secret"))));
    ASSERT_TRUE(a.frame<protocol::MessageConfirmed>());
    ASSERT_TRUE(signOn(e, port(), eve));
    for (const RoomId& target : {chat, RoomId("r_01890000-0000-7000-8000-000000000000")}) {
        ASSERT_TRUE(e.send(protocol::ClientFrame(message(target, "let me in"))));
        const auto failed = e.frame<protocol::MessageFailed>();
        ASSERT_TRUE(failed) << target;
        EXPECT_EQ(failed->code, ErrorCode::NotFound) << target;
        EXPECT_TRUE(failed->permanent);
        protocol::HistoryRequest history;
        history.req = RequestId("h");
        history.room = target;
        ASSERT_TRUE(e.send(protocol::ClientFrame(history)));
        const auto error = e.frame<protocol::ErrorFrame>();
        ASSERT_TRUE(error) << target;
        EXPECT_EQ(error->code, ErrorCode::NotFound) << target;
    }
}

TEST_F(ServerChat, catchUpAndHistoryTellTheWholeLog)
{
    start();
    const auto ana = account("ana"), bela = account("bela");
    WsPeer a, b;
    ASSERT_TRUE(signOn(a, port(), ana));
    const RoomId chat = room(a, bela);
    Seq head;
    for (int i = 0; i < 30; ++i) {
        ASSERT_TRUE(a.send(protocol::ClientFrame(message(chat, "message " + std::to_string(i)))));
        const auto confirmed = a.frame<protocol::MessageConfirmed>();
        ASSERT_TRUE(confirmed);
        head = confirmed->seq;
    }
    ASSERT_TRUE(signOn(b, port(), bela));
    protocol::SyncRequest sync;
    sync.req = RequestId("s");
    sync.rooms = {{chat, Epoch(1), Seq(0)}};
    ASSERT_TRUE(b.send(protocol::ClientFrame(sync)));
    const auto response = b.frame<protocol::SyncResponse>();
    ASSERT_TRUE(response);
    ASSERT_EQ(response->rooms.size(), 1u);
    EXPECT_EQ(response->rooms[0].hi, head);
    EXPECT_EQ(response->rooms[0].lo, Seq(1));
    ASSERT_EQ(response->rooms[0].events.size(), static_cast<std::size_t>(head.value()));
    for (std::size_t i = 0; i < response->rooms[0].events.size(); ++i)
        EXPECT_EQ(response->rooms[0].events[i].seq, Seq(static_cast<std::int64_t>(i) + 1));
    protocol::HistoryRequest history;
    history.req = RequestId("h");
    history.room = chat;
    history.limit = 10;
    ASSERT_TRUE(b.send(protocol::ClientFrame(history)));
    const auto page = b.frame<protocol::HistoryResponse>();
    ASSERT_TRUE(page);
    ASSERT_EQ(page->messages.size(), 10u);
    EXPECT_EQ(page->messages.back().body, "message 29");
    EXPECT_TRUE(page->hasMore);
}

TEST_F(ServerChat, typingPresenceAndReceiptsReachTheOther)
{
    start();
    const auto ana = account("ana"), bela = account("bela");
    WsPeer a, b;
    ASSERT_TRUE(signOn(a, port(), ana));
    const RoomId chat = room(a, bela);
    ASSERT_TRUE(signOn(b, port(), bela));
    subscribe(a, chat);
    subscribe(b, chat);
    ASSERT_TRUE(b.send(protocol::ClientFrame(protocol::TypingSet{chat, true})));
    const auto typing = a.frame<protocol::TypingUsers>();
    ASSERT_TRUE(typing);
    EXPECT_EQ(typing->users, std::vector<UserId>{bela.user});
    ASSERT_TRUE(a.send(protocol::ClientFrame(message(chat, "read me"))));
    const auto entry = b.frame<protocol::LogEntry>();
    ASSERT_TRUE(entry);
    ASSERT_TRUE(b.send(protocol::ClientFrame(protocol::MarkRead{chat, entry->event.seq})));
    for (;;) {
        const auto receipts = a.frame<protocol::Receipts>();
        ASSERT_TRUE(receipts);
        if (!receipts->positions.empty() && receipts->positions[0].user == bela.user &&
            receipts->positions[0].read == entry->event.seq)
            break;
    }
    protocol::PresenceSet away;
    away.status = protocol::PresenceStatus::Away;
    ASSERT_TRUE(b.send(protocol::ClientFrame(away)));
    for (;;) {
        const auto presence = a.frame<protocol::PresenceUsers>();
        ASSERT_TRUE(presence);
        if (presence->users.at(0).id == bela.user &&
            presence->users[0].status == protocol::PresenceStatus::Away)
            break;
    }
}

TEST_F(ServerChat, pingsAreAnsweredOnBothLayers)
{
    start();
    WsPeer a;
    ASSERT_TRUE(signOn(a, port(), account("ana")));
    ASSERT_TRUE(a.send(protocol::ClientFrame(protocol::Ping{4711})));
    const auto pong = a.frame<protocol::Pong>();
    ASSERT_TRUE(pong);
    EXPECT_EQ(pong->t, 4711);
    ASSERT_TRUE(a.sendFrame(server::WsOpcode::Ping, "layer"));
    const auto event = a.next();
    ASSERT_TRUE(event);
    EXPECT_EQ(event->kind, server::WsEvent::Kind::Pong);
    EXPECT_EQ(event->payload, "layer");
}

TEST_F(ServerChat, theTokenMayComeInTheAuthorizationHeader)
{
    start();
    const auto ana = account("ana");
    WsPeer a;
    UpgradeRequest request;
    request.bearer = ana.accessToken;
    ASSERT_EQ(a.connect(port(), request), 101u);
    auto hello = helloOf(ana);
    hello.token.clear();
    ASSERT_TRUE(a.send(protocol::ClientFrame(hello)));
    const auto welcome = a.frame<protocol::Welcome>();
    ASSERT_TRUE(welcome);
    EXPECT_EQ(welcome->user, ana.user);
}

TEST_F(ServerChat, aFrameInTheSamePacketAsTheUpgradeIsNotLost)
{
    start();
    const auto ana = account("ana");
    const std::string hello = protocol::encode(protocol::ClientFrame(helloOf(ana)));
    std::string wire;
    server::appendMaskedWsFrame(wire, server::WsOpcode::Text, hello, 99);
    WsPeer a;
    UpgradeRequest request;
    request.behind = wire;
    ASSERT_EQ(a.connect(port(), request), 101u);
    EXPECT_TRUE(a.frame<protocol::Welcome>());
}

TEST_F(ServerChat, signOutClosesTheSocketsOfTheSession)
{
    start();
    const auto ana = account("ana");
    WsPeer a;
    ASSERT_TRUE(signOn(a, port(), ana));
    const auto out = load::httpRequest(port(), "POST", "/v1/signout", {}, ana.accessToken);
    ASSERT_TRUE(out);
    EXPECT_EQ(out->status, 204u);
    EXPECT_EQ(a.closeCode(), static_cast<std::uint16_t>(protocol::CloseCode::InvalidToken));
    WsPeer again;
    EXPECT_FALSE(signOn(again, port(), ana));
}
