// Frames over HTTP against the real server: the same chat, losses on both ways, limits, ends. // T3
#include "tests/integration/fixture.h"
#include "tests/integration/httppeer.h"

#include <gtest/gtest.h>

#include <csignal>

using namespace skein;
using namespace skein::testing;

namespace
{

class ServerFrames : public ServerTest
{
protected:
    /// Opened and welcomed.
    void signOnHttp(FramesPeer& peer, const load::Account& account)
    {
        const HttpAnswer opened = peer.say(protocol::ClientFrame(helloOf(account)));
        ASSERT_EQ(opened.status, 201u) << opened.body;
        ASSERT_EQ(peer.session.size(), protocol::kHttpSessionIdBytes);
        ASSERT_TRUE(peer.frame<protocol::Welcome>());
    }
    static RoomId roomOf(FramesPeer& peer, const TempId& tempId, const load::Account& other)
    {
        protocol::RoomCreate create;
        create.tempId = tempId;
        create.name = "room";
        create.members = {other.user.str()};
        EXPECT_EQ(peer.say(protocol::ClientFrame(create)).status, 204u);
        const auto created = peer.frame<protocol::RoomCreated>();
        EXPECT_TRUE(created);
        return created ? created->room.head.room : RoomId();
    }
};

} // namespace

TEST_F(ServerFrames, oneOnHttpAndOneOnASocketChat)
{
    start();
    const auto ann = account("ann"), ben = account("ben", "device-2");
    FramesPeer http(port());
    signOnHttp(http, ann);
    WsPeer socket;
    ASSERT_TRUE(signOn(socket, port(), ben));
    const RoomId id = roomOf(http, tempId(), ben);
    ASSERT_TRUE(socket.frame<protocol::RoomAdded>());
    subscribe(socket, id);
    protocol::SubscribeRoom full;
    full.room = id;
    full.epoch = Epoch(1);
    http.say(protocol::ClientFrame(full));

    const auto up = message(id, "გამარჯობა 👩‍🚀");
    http.say(protocol::ClientFrame(up));
    const auto confirmed = http.frame<protocol::MessageConfirmed>();
    ASSERT_TRUE(confirmed);
    EXPECT_EQ(confirmed->tempId, up.tempId);
    const auto seen = socket.frame<protocol::LogEntry>();
    ASSERT_TRUE(seen);
    EXPECT_EQ(seen->event.body, up.body);

    ASSERT_TRUE(socket.send(protocol::ClientFrame(message(id, "hello"))));
    protocol::LogEntry entry;
    do {
        const auto next = http.frame<protocol::LogEntry>();
        ASSERT_TRUE(next);
        entry = *next;
    } while (entry.event.sender == ann.user);
    EXPECT_EQ(entry.event.body, "hello");
}

TEST_F(ServerFrames, aPostWhoseAnswerWasLostIsDoneOnce)
{
    start();
    const auto ann = account("ann"), ben = account("ben", "device-2");
    FramesPeer http(port());
    signOnHttp(http, ann);
    const RoomId id = roomOf(http, tempId(), ben);
    const auto one = message(id, "one");
    EXPECT_EQ(http.say(protocol::ClientFrame(one)).status, 204u);
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(http.sayAgain().status, 204u);
    http.say(protocol::ClientFrame(message(id, "two")));
    std::vector<protocol::MessageConfirmed> confirmed;
    while (confirmed.size() < 2) {
        const auto next = http.frame<protocol::MessageConfirmed>();
        ASSERT_TRUE(next);
        confirmed.push_back(*next);
    }
    EXPECT_FALSE(confirmed[0].dup) << "the repeats did not even reach the service";
    EXPECT_EQ(confirmed[1].seq, confirmed[0].seq.next());
}

TEST_F(ServerFrames, anAnswerThatNobodyReadComesAgain)
{
    start();
    const auto ann = account("ann"), ben = account("ben", "device-2");
    FramesPeer http(port());
    signOnHttp(http, ann);
    const RoomId id = roomOf(http, tempId(), ben);
    http.say(protocol::ClientFrame(message(id, "one")));
    // The connection dies with the poll on it, before or after the server has answered.
    for (int i = 0; i < 5; ++i) {
        ASSERT_TRUE(http.m_hear.send("GET", "/v1/frames?wait=5", http.hearHeaders()));
        if (i % 2 == 0)
            http.say(protocol::ClientFrame(protocol::Ping{i}));
        http.m_hear.disconnect();
    }
    std::vector<std::int64_t> pongs;
    int confirmed = 0;
    while (pongs.size() < 3 || confirmed == 0) {
        const auto frame = http.next();
        ASSERT_TRUE(frame) << pongs.size() << " pongs, " << confirmed << " confirmations";
        if (const auto* pong = std::get_if<protocol::Pong>(&*frame))
            pongs.push_back(pong->t);
        if (const auto* confirmation = std::get_if<protocol::MessageConfirmed>(&*frame)) {
            ++confirmed;
            EXPECT_FALSE(confirmation->dup);
        }
    }
    EXPECT_EQ(pongs, (std::vector<std::int64_t>{0, 2, 4})) << "in order, none twice";
    EXPECT_EQ(confirmed, 1);
}

TEST_F(ServerFrames, aBadTokenEndsAsOnASocket)
{
    start();
    auto ann = account("ann");
    ann.accessToken += "x";
    FramesPeer http(port());
    EXPECT_EQ(http.say(protocol::ClientFrame(helloOf(ann))).status, 201u);
    const auto error = http.frame<protocol::ErrorFrame>();
    ASSERT_TRUE(error);
    EXPECT_EQ(error->code, ErrorCode::TokenInvalid);
    if (http.closed == 0)
        http.poll();
    EXPECT_EQ(http.closed, 4500);
}

TEST_F(ServerFrames, theTokenMayComeInTheHeader)
{
    start();
    const auto ann = account("ann");
    FramesPeer http(port());
    http.bearer = ann.accessToken;
    auto hello = helloOf(ann);
    hello.token.clear();
    EXPECT_EQ(http.say(protocol::ClientFrame(hello)).status, 201u);
    EXPECT_TRUE(http.frame<protocol::Welcome>());
}

TEST_F(ServerFrames, anotherUserWithTheIdHearsNothing)
{
    start();
    const auto ann = account("ann"), eve = account("eve", "device-2");
    FramesPeer http(port());
    signOnHttp(http, ann);
    FramesPeer thief(port());
    thief.session = http.session;
    thief.bearer = eve.accessToken;
    thief.batch = http.batch;
    EXPECT_EQ(thief.poll(0).status, 404u);
    EXPECT_EQ(thief.say(protocol::ClientFrame(protocol::Ping{1})).status, 404u);
    EXPECT_EQ(thief.m_say.ask("DELETE", "/v1/frames", thief.hearHeaders()).status, 404u);
    EXPECT_EQ(http.say(protocol::ClientFrame(protocol::Ping{2})).status, 204u);
    const auto pong = http.frame<protocol::Pong>();
    ASSERT_TRUE(pong);
    EXPECT_EQ(pong->t, 2);
}

TEST_F(ServerFrames, aSignedOutSessionIsClosedWithinTheWaitingPoll)
{
    start();
    const auto ann = account("ann");
    FramesPeer http(port());
    signOnHttp(http, ann);
    while (!http.poll(0).body.empty()) {
        // what follows the welcome
    }
    ASSERT_TRUE(http.m_hear.send("GET", "/v1/frames?wait=25", http.hearHeaders()));
    HttpPeer other(port());
    EXPECT_EQ(
        other.ask("POST", "/v1/signout", {{"Authorization", "Bearer " + ann.accessToken}}).status,
        204u);
    const HttpAnswer told = http.m_hear.receive();
    EXPECT_EQ(told.header("skein-close").substr(0, 4), "4500");
}

TEST_F(ServerFrames, originsAreCheckedAsForSockets)
{
    start({"--allow-origin", "https://chat.example"});
    const auto ann = account("ann");
    const std::string body = protocol::encode(protocol::ClientFrame(helloOf(ann)));
    HttpPeer peer(port());
    EXPECT_EQ(peer.ask("POST", "/v1/frames", {{"Origin", "https://evil.example"}}, body).status,
              403u);
    EXPECT_EQ(peer.ask("POST", "/v1/frames", {{"Origin", "https://chat.example"}}, body).status,
              201u);
}

TEST_F(ServerFrames, requestsAreBounded)
{
    start();
    const auto ann = account("ann");
    FramesPeer http(port());
    signOnHttp(http, ann);
    HttpPeer::Headers headers = http.sayHeaders();
    headers["Skein-Batch"] = "2";
    EXPECT_EQ(
        http.m_say
            .ask("POST", "/v1/frames", headers, std::string(protocol::kHttpPostBytesMax + 1, ' '))
            .status,
        413u);
    EXPECT_EQ(http.m_say.ask("PUT", "/v1/frames", headers).header("allow"), "GET, POST, DELETE");
    EXPECT_EQ(http.m_hear.ask("GET", "/v1/frames?wait=26", http.hearHeaders()).status, 400u);
    EXPECT_EQ(http.m_hear.ask("GET", "/v1/frames?wait=1", {{"Skein-Session", "guess"}}).status,
              404u);
    EXPECT_EQ(http.say(protocol::ClientFrame(protocol::Ping{2})).status, 204u);
    EXPECT_TRUE(http.frame<protocol::Pong>());
}

TEST_F(ServerFrames, sessionsCountForTheLimitOfAnAddressAndOfAUser)
{
    start({"--limit-loopback", "--connections-per-address", "6", "--connections-per-user", "1",
           "--auth-failures-per-minute", "0"});
    const auto ann = account("ann");
    FramesPeer one(port()); // 1 session, 2 connections
    signOnHttp(one, ann);
    FramesPeer two(port()); // 1 session, 2 connections: the last ones
    EXPECT_EQ(two.say(protocol::ClientFrame(helloOf(ann))).status, 201u);
    // Same device and over the limit of the user: the older one makes way.
    ASSERT_TRUE(two.frame<protocol::Welcome>());
    one.poll();
    EXPECT_EQ(one.closed, 4004);
    HttpPeer three(port());
    EXPECT_EQ(three.ask("GET", "/healthz").status, 503u) << "six are open";
    // Over keep-alive connections that are there: the session itself is one too many.
    const std::string hello = protocol::encode(protocol::ClientFrame(helloOf(ann)));
    EXPECT_EQ(one.m_say.ask("POST", "/v1/frames", {}, hello).status, 503u);
    EXPECT_EQ(two.m_say.ask("DELETE", "/v1/frames", two.hearHeaders()).status, 204u);
    EXPECT_EQ(one.m_say.ask("POST", "/v1/frames", {}, hello).status, 201u);
}

TEST_F(ServerFrames, drainingTellsTheWaitingPollGoodbyeAndEnds)
{
    start({"--drain-ms", "1000"});
    const auto ann = account("ann"), ben = account("ben", "device-2");
    FramesPeer waiting(port()), idle(port());
    signOnHttp(waiting, ann);
    signOnHttp(idle, ben);
    ASSERT_TRUE(waiting.m_hear.send("GET", "/v1/frames?wait=25", waiting.hearHeaders()));
    m_server.signal(SIGTERM);
    const HttpAnswer told = waiting.m_hear.receive();
    EXPECT_EQ(told.status, 200u);
    EXPECT_NE(told.body.find("\"type\":\"goodbye\""), std::string::npos) << told.body;
    EXPECT_NE(told.body.find("\"after_ms\""), std::string::npos) << told.body;
    EXPECT_EQ(told.header("skein-close").substr(0, 4), "4000");
    idle.poll();
    EXPECT_EQ(idle.closed, 4000) << "on the connection that it kept";
    const auto ended = m_server.wait(kWaitMs);
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->exitCode, 0);
}

TEST_F(ServerFrames, aServerThatStartedAnewDoesNotKnowTheSession)
{
    start();
    const auto ann = account("ann");
    FramesPeer http(port());
    signOnHttp(http, ann);
    m_server.signal(SIGKILL);
    ASSERT_TRUE(m_server.wait(kWaitMs));
    start();
    FramesPeer after(port());
    after.session = http.session;
    after.ack = http.ack;
    const HttpAnswer answer = after.poll(0);
    EXPECT_EQ(answer.status, 404u);
    EXPECT_NE(answer.body.find("state_lost"), std::string::npos);
}
