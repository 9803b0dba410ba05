// Bad input over a real socket: each has a clear answer, and the server goes on serving others.
#include "tests/integration/fixture.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

using namespace skein;
using namespace skein::testing;
using server::WsOpcode;

namespace
{

class ServerRefusals : public ServerTest
{
protected:
    void SetUp() override
    {
        ServerTest::SetUp();
        start();
    }
    void stillServes()
    {
        WsPeer other;
        static int count = 0;
        EXPECT_TRUE(signOn(other, port(), account("witness" + std::to_string(count++))));
    }
    unsigned status(std::string_view method, std::string_view path, std::string_view body = {},
                    std::string_view bearer = {})
    {
        const auto answer = load::httpRequest(port(), method, path, body, bearer);
        EXPECT_TRUE(answer) << (answer ? "" : toString(answer.error()));
        m_body = answer ? answer->body : "";
        m_head = answer ? answer->head : "";
        return answer ? answer->status : 0;
    }
    std::string code()
    {
        boost::system::error_code error;
        const auto value = boost::json::parse(m_body, error);
        return error ? m_body : std::string(value.at("error").at("code").as_string());
    }
    std::string m_body, m_head;
};

std::string flipped(std::string token, std::size_t at)
{
    token[at] = token[at] == 'A' ? 'B' : 'A';
    return token;
}

} // namespace

TEST_F(ServerRefusals, brokenJsonIsAnsweredAndTheConnectionStays)
{
    WsPeer a;
    ASSERT_TRUE(signOn(a, port(), account("ana")));
    std::string deep;
    for (int i = 0; i < 40; ++i)
        deep += R"({"x":)";
    deep += "1";
    deep.append(40, '}');
    const std::pair<std::string, ErrorCode> rows[] = {
        {"not json", ErrorCode::BadFrame},
        {"[]", ErrorCode::BadFrame},
        {R"({"type":"ping","t":1,"t":2})", ErrorCode::BadFrame},
        {R"({"type":"ping","t":"\ud800"})", ErrorCode::BadFrame},
        {deep, ErrorCode::BadFrame},
        {R"({"type":"ping","t":"one"})", ErrorCode::BadField},
        {R"({"type":"message_send","room":"r"})", ErrorCode::BadField},
        {R"({"type":"no_such_frame"})", ErrorCode::UnknownType},
    };
    for (const auto& [text, expected] : rows) {
        ASSERT_TRUE(a.sendText(text));
        const auto event = a.next();
        ASSERT_TRUE(event) << text;
        const auto frame = protocol::decodeServerFrame(event->payload);
        ASSERT_TRUE(frame) << event->payload;
        const auto* const error = std::get_if<protocol::ErrorFrame>(&*frame);
        const auto* const failed = std::get_if<protocol::MessageFailed>(&*frame);
        ASSERT_TRUE(error || failed) << event->payload;
        EXPECT_EQ(error ? error->code : failed->code, expected) << text;
    }
    ASSERT_TRUE(a.send(protocol::ClientFrame(protocol::Ping{1})));
    EXPECT_TRUE(a.frame<protocol::Pong>());
}

TEST_F(ServerRefusals, framesBeforeAndBesidesTheHelloAreOutOfOrder)
{
    WsPeer a;
    ASSERT_EQ(a.connect(port()), 101u);
    protocol::RoomsRequest rooms;
    rooms.req = RequestId("r");
    ASSERT_TRUE(a.send(protocol::ClientFrame(rooms)));
    const auto error = a.frame<protocol::ErrorFrame>();
    ASSERT_TRUE(error);
    EXPECT_EQ(error->code, ErrorCode::OutOfOrder);
}

TEST_F(ServerRefusals, oversizedFramesAreToldAndCloseWith1009)
{
    WsPeer a;
    ASSERT_TRUE(signOn(a, port(), account("ana")));
    ASSERT_TRUE(a.sendText(std::string(65'537, ' ')));
    const auto error = a.frame<protocol::ErrorFrame>();
    ASSERT_TRUE(error);
    EXPECT_EQ(error->code, ErrorCode::FrameTooLarge);
    EXPECT_EQ(a.closeCode(), 1009);
    stillServes();
}

TEST_F(ServerRefusals, theLargestFrameIsTaken)
{
    WsPeer a;
    ASSERT_TRUE(signOn(a, port(), account("ana")));
    std::string text = R"({"type":"ping","t":5,"pad":")";
    text.append(64 * 1024 - text.size() - 2, 'x');
    ASSERT_TRUE(a.sendText(text + "\"}"));
    const auto pong = a.frame<protocol::Pong>();
    ASSERT_TRUE(pong);
    EXPECT_EQ(pong->t, 5);
}

TEST_F(ServerRefusals, brokenFramingClosesWithTheCodeOfTheRfc)
{
    const auto ana = account("ana");
    const std::pair<std::string, std::uint16_t> rows[] = {
        {std::string("\x81\x02hi", 4), 1002},                   // not masked
        {std::string("\xF1\x80\x01\x02\x03\x04", 6), 1002},     // reserved bits
        {std::string("\x83\x80\x01\x02\x03\x04", 6), 1002},     // reserved opcode
        {std::string("\x80\x80\x01\x02\x03\x04", 6), 1002},     // orphan continuation
        {std::string("\x81\x81\x00\x00\x00\x00\xFF", 7), 1007}, // not UTF-8
        {std::string("\x82\x81\x00\x00\x00\x00x", 7), 1003},    // binary
    };
    for (const auto& [bytes, code] : rows) {
        WsPeer a;
        ASSERT_TRUE(signOn(a, port(), ana));
        ASSERT_TRUE(a.sendRaw(bytes));
        EXPECT_EQ(a.closeCode(), code);
    }
    stillServes();
}

TEST_F(ServerRefusals, forgedExpiredAndMissingTokensAreFinal)
{
    const auto ana = account("ana");
    const std::size_t firstDot = ana.accessToken.find('.');
    const std::string none =
        "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0" +
        ana.accessToken.substr(firstDot, ana.accessToken.rfind('.') - firstDot) + '.';
    for (const std::string& token :
         {std::string("garbage"), none, flipped(ana.accessToken, ana.accessToken.size() - 10),
          flipped(ana.accessToken, firstDot + 5), ana.refreshToken}) {
        WsPeer a;
        ASSERT_EQ(a.connect(port()), 101u);
        auto hello = helloOf(ana);
        hello.token = token;
        ASSERT_TRUE(a.send(protocol::ClientFrame(hello)));
        EXPECT_EQ(a.closeCode(), static_cast<std::uint16_t>(protocol::CloseCode::InvalidToken))
            << token.substr(0, 20);
    }
}

TEST_F(ServerRefusals, upgradesThatAreNotForUsGetAStatus)
{
    WsPeer a;
    UpgradeRequest request;
    request.subprotocol = "chat";
    EXPECT_EQ(a.connect(port(), request), 400u);
    request.subprotocol = "";
    EXPECT_EQ(a.connect(port(), request), 400u);
    request = {};
    request.version = "8";
    EXPECT_EQ(a.connect(port(), request), 426u);
    request = {};
    request.origin = "https://evil.example";
    EXPECT_EQ(a.connect(port(), request), 403u);
    request = {};
    request.path = "/v1/other";
    EXPECT_EQ(a.connect(port(), request), 404u);
    EXPECT_EQ(status("GET", "/v1/socket"), 426u);
    EXPECT_EQ(status("POST", "/v1/socket", "{}"), 405u);
    request = {};
    request.subprotocol = "chat, skein.v1";
    EXPECT_EQ(a.connect(port(), request), 101u);
}

TEST_F(ServerRefusals, httpErrorsAreJsonWithTheWireName)
{
    EXPECT_EQ(status("GET", "/nowhere"), 404u);
    EXPECT_EQ(code(), "not_found");
    EXPECT_EQ(status("GET", "/v1/signin"), 405u);
    EXPECT_NE(m_head.find("Allow: POST"), std::string::npos);
    EXPECT_EQ(status("POST", "/v1/signin", "{"), 400u);
    EXPECT_EQ(code(), "bad_frame");
    EXPECT_EQ(status("POST", "/v1/signup", R"({"name":7,"password":"12345678","device_id":"d"})"),
              400u);
    EXPECT_EQ(code(), "bad_field");
    EXPECT_EQ(status("POST", "/v1/signup", R"({"name":"ab","password":"short","device_id":"d"})"),
              400u);
    EXPECT_EQ(status("POST", "/v1/signup", std::string(65'537, ' ')), 413u);
    EXPECT_EQ(code(), "frame_too_large");
    EXPECT_EQ(status("POST", "/v1/signout"), 401u);
    account("taken");
    EXPECT_EQ(
        status("POST", "/v1/signup", R"({"name":"taken","password":"12345678","device_id":"d"})"),
        409u);
    EXPECT_EQ(code(), "conflict");
    EXPECT_EQ(status("POST", "/v1/signin",
                     R"({"name":"taken","password":"wrong password","device_id":"d"})"),
              401u);
    EXPECT_EQ(code(), "unauthenticated");
    EXPECT_EQ(status("POST", "/v1/signin",
                     R"({"name":"nobody","password":"wrong password","device_id":"d"})"),
              401u);
    EXPECT_EQ(code(), "unauthenticated");
    EXPECT_EQ(status("POST", "/v1/signin",
                     R"({"name":"taken","password":"a long password","device_id":"d"})"),
              200u);
    EXPECT_EQ(status("GET", "/healthz"), 200u);
    EXPECT_EQ(m_body, R"({"status":"ok"})");
    EXPECT_EQ(status("GET", "/metrics"), 200u);
    EXPECT_NE(m_body.find("skein_net_http_requests_total"), std::string::npos);
}

TEST_F(ServerRefusals, garbageInsteadOfHttpIsAnsweredAndClosed)
{
    WsPeer a;
    UpgradeRequest request;
    request.path = "/ HTTP/9.9\r\n\x01\x02";
    EXPECT_EQ(a.connect(port(), request), 400u);
    request = {};
    request.origin = std::string(9'000, 'o');
    EXPECT_EQ(a.connect(port(), request), 431u);
    stillServes();
}

TEST_F(ServerRefusals, refreshTokensRotateAndReuseEndsTheFamily)
{
    const auto ana = account("ana");
    WsPeer a;
    const std::string old =
        boost::json::serialize(boost::json::object{{"refresh_token", ana.refreshToken}});
    const auto refresh = [this](const std::string& token) {
        return status("POST", "/v1/refresh",
                      boost::json::serialize(boost::json::object{{"refresh_token", token}}));
    };
    ASSERT_EQ(status("POST", "/v1/refresh", old), 200u);
    const std::string unread(boost::json::parse(m_body).at("refresh_token").as_string());
    // The answer was lost: the same token again, also after the server was killed.
    m_server.signal(SIGKILL);
    ASSERT_TRUE(m_server.wait(10'000));
    start();
    ASSERT_EQ(status("POST", "/v1/refresh", old), 200u) << m_body;
    const std::string read(boost::json::parse(m_body).at("refresh_token").as_string());
    EXPECT_NE(read, ana.refreshToken);
    EXPECT_NE(read, unread);
    ASSERT_TRUE(signOn(a, port(), ana));
    ASSERT_EQ(refresh(read), 200u) << m_body;
    const std::string next(boost::json::parse(m_body).at("refresh_token").as_string());
    // A successor was used: whoever comes with an older one has no business here.
    EXPECT_EQ(status("POST", "/v1/refresh", old), 401u);
    EXPECT_EQ(code(), "token_invalid");
    EXPECT_EQ(a.closeCode(), static_cast<std::uint16_t>(protocol::CloseCode::InvalidToken));
    EXPECT_EQ(refresh(next), 401u);
}

TEST_F(ServerRefusals, noTokenAndNoBodyEverReachesTheLog)
{
    const auto ana = account("canary-user");
    WsPeer a;
    ASSERT_TRUE(signOn(a, port(), ana));
    const RoomId chat = room(a, account("bela"));
    ASSERT_TRUE(a.send(protocol::ClientFrame(message(chat, "canary body text"))));
    ASSERT_TRUE(a.frame<protocol::MessageConfirmed>());
    ASSERT_TRUE(a.sendText(R"({"type":"ping","t":"canary broken text"})"));
    ASSERT_TRUE(a.frame<protocol::ErrorFrame>());
    (void)status("POST", "/v1/signin",
                 R"({"name":"canary-user","password":"canary password","device_id":"d"})");
    a.disconnect();
    m_server.signal(SIGTERM);
    ASSERT_TRUE(m_server.wait(kWaitMs));
    const std::string log = m_server.standardError();
    EXPECT_NE(log.find("info"), std::string::npos);
    for (const std::string& secret : {ana.accessToken, ana.refreshToken, std::string("canary body"),
                                      std::string("canary broken"), std::string("canary password")})
        EXPECT_EQ(log.find(secret), std::string::npos);
}

namespace
{
class ServerLimits : public ServerTest
{
};
} // namespace

TEST_F(ServerLimits, failedSignInsOfAnAddressAreLimited)
{
    start({"--limit-loopback", "--auth-failures-per-minute", "3"});
    account("ana");
    const auto tryIt = [this](const char* password) {
        const auto answer = load::httpRequest(port(), "POST", "/v1/signin",
                                              R"({"name":"ana","device_id":"d","password":")" +
                                                  std::string(password) + "\"}");
        return answer ? answer->status : 0;
    };
    EXPECT_EQ(tryIt("a long password"), 200u);
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(tryIt("wrong password"), 401u);
    EXPECT_EQ(tryIt("wrong password"), 429u);
    EXPECT_EQ(tryIt("a long password"), 429u);
}

TEST_F(ServerLimits, connectionsOfAnAddressAreLimited)
{
    start({"--limit-loopback", "--connections-per-address", "3"});
    WsPeer one, two, three, four;
    EXPECT_EQ(one.connect(port()), 101u);
    EXPECT_EQ(two.connect(port()), 101u);
    EXPECT_EQ(three.connect(port()), 101u);
    EXPECT_NE(four.connect(port()), 101u);
}

TEST_F(ServerLimits, listedOriginsMayConnect)
{
    start({"--allow-origin", "https://chat.example"});
    UpgradeRequest request;
    request.origin = "https://chat.example";
    WsPeer a;
    EXPECT_EQ(a.connect(port(), request), 101u);
}

TEST_F(ServerLimits, aSlowReaderIsCollapsedOrDroppedAndDelaysNobody)
{
    start({"--no-rate-limits"});
    const auto ana = account("ana"), bela = account("bela"), slow = account("slow");
    WsPeer a, b, s;
    ASSERT_TRUE(signOn(a, port(), ana));
    protocol::RoomCreate create;
    create.tempId = tempId();
    create.name = "room";
    create.members = {bela.user.str(), slow.user.str()};
    ASSERT_TRUE(a.send(protocol::ClientFrame(create)));
    const auto created = a.frame<protocol::RoomCreated>();
    ASSERT_TRUE(created);
    const RoomId chat = created->room.head.room;
    UpgradeRequest small;
    small.receiveBufferBytes = 4096;
    ASSERT_TRUE(signOn(s, port(), slow, small));
    subscribe(s, chat);
    ASSERT_TRUE(signOn(b, port(), bela));
    subscribe(b, chat);
    // 8 MB, thirty times what the queue of one connection may hold; `s` reads nothing.
    const std::string body(16'000, 'x');
    for (int i = 0; i < 500; ++i) {
        ASSERT_TRUE(a.send(protocol::ClientFrame(message(chat, body))));
        ASSERT_TRUE(a.frame<protocol::MessageConfirmed>());
        ASSERT_TRUE(b.frame<protocol::LogEntry>()) << i;
    }
    const auto metrics = load::httpRequest(port(), "GET", "/metrics");
    ASSERT_TRUE(metrics);
    const std::string& text = metrics->body;
    const std::size_t at = text.find("\nskein_net_durable_collapsed_total ");
    ASSERT_NE(at, std::string::npos);
    EXPECT_GT(std::atoi(text.c_str() + at + 35), 0);
    // When it reads again it finds a room_dirty, or an end.
    bool told = false;
    while (const auto event = s.next(2'000)) {
        told = told || event->kind == server::WsEvent::Kind::Close ||
               event->payload.starts_with(R"({"type":"room_dirty")");
        if (told)
            break;
    }
    EXPECT_TRUE(told || s.fd() < 0);
}
