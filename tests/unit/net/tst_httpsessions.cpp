// Connections without a socket: numbers on both ways, waiting polls, backpressure, ends.
#include "server/net/httpsessions.h"

#include <gtest/gtest.h>

#include <optional>
#include <set>

using namespace skein;
using namespace skein::server;
using protocol::CloseCode;

namespace
{

constexpr char kHello[] = R"({"type":"hello","v":[1,1],"device_id":"d","token":"of-ann"})";

class Host final : public HttpSessionHost
{
public:
    void sessionOpened(ConnId id, std::string, std::string bearer) override
    {
        opened.push_back(id);
        bearers.push_back(std::move(bearer));
    }
    void sessionReceived(ConnId id, std::string_view frame) override
    {
        received.emplace_back(frame);
        if (onReceived)
            onReceived(id);
    }
    void sessionEnded(ConnId id) override { ended.push_back(id); }
    void sessionCollapsed(ConnId, const std::vector<RoomId>& rooms) override
    {
        collapsed.insert(collapsed.end(), rooms.begin(), rooms.end());
    }
    Result<UserId> userOf(std::string_view token) const override
    {
        if (token == "expired")
            return fail(ErrorCode::TokenExpired);
        if (!token.starts_with("of-"))
            return fail(ErrorCode::TokenInvalid);
        return UserId(std::string(token.substr(3)));
    }
    bool admit(const std::string&, bool) override
    {
        if (counted >= limit)
            return false;
        ++counted;
        return true;
    }
    void release(const std::string&) override { --counted; }
    bool admitting() const override { return !draining; }
    void flushWanted() override {}

    std::function<void(ConnId)> onReceived;
    std::vector<ConnId> opened, ended;
    std::vector<std::string> bearers, received;
    std::vector<RoomId> collapsed;
    int counted = 0, limit = 100;
    bool draining = false;
};

class HttpSessionsTest : public testing::Test
{
protected:
    static std::string header(const HttpReply& reply, std::string_view name)
    {
        for (const auto& [key, value] : reply.headers) {
            if (key == name)
                return value;
        }
        return {};
    }
    HttpRequest request(const char* method)
    {
        HttpRequest made;
        made.method = method;
        made.session = session;
        made.address = "192.0.2.1";
        return made;
    }
    /// Nullopt: not answered yet.
    std::optional<HttpReply> ask(HttpRequest asked)
    {
        auto answer = std::make_shared<std::optional<HttpReply>>();
        sessions.handle(std::move(asked), [answer](HttpReply reply) {
            EXPECT_FALSE(*answer) << "answered twice";
            *answer = std::move(reply);
        });
        waiting = answer;
        sessions.flush();
        return *answer;
    }
    HttpReply post(std::int64_t batch, std::string body)
    {
        HttpRequest made = request("POST");
        made.batch = std::to_string(batch);
        made.body = std::move(body);
        return ask(std::move(made)).value_or(HttpReply{});
    }
    std::optional<HttpReply> poll(std::int64_t ack, const char* query = "wait=25")
    {
        HttpRequest made = request("GET");
        made.ack = std::to_string(ack);
        made.query = query;
        return ask(std::move(made));
    }
    void open()
    {
        HttpRequest made = request("POST");
        made.body = kHello;
        const auto reply = ask(std::move(made));
        ASSERT_TRUE(reply);
        ASSERT_EQ(reply->status, 201u);
        session = header(*reply, kSessionHeader);
        id = host.opened.back();
    }
    void say(std::string text, Lane lane = Lane::Control, const char* room = nullptr)
    {
        sessions.send(id, std::make_shared<const OutFrame>(std::move(text)), lane,
                      room ? std::make_shared<const RoomId>(room) : nullptr);
    }
    void seconds(int count)
    {
        for (int i = 0; i < count; ++i) {
            clock.advance(Milliseconds(1000));
            sessions.tick();
            sessions.flush();
        }
    }

    Host host;
    ManualClock clock;
    SeededRandom random{3};
    Metrics metrics;
    HttpSessions sessions{host, clock, random, metrics};
    std::string session;
    ConnId id = 0;
    std::shared_ptr<std::optional<HttpReply>> waiting;
};

} // namespace

TEST_F(HttpSessionsTest, opensWithAHelloAndGivesAnIdThatNobodyGuesses)
{
    open();
    EXPECT_EQ(session.size(), protocol::kHttpSessionIdBytes);
    EXPECT_EQ(host.received, std::vector<std::string>{kHello});
    EXPECT_TRUE(id & HttpSessions::kIdBit);
    const std::string first = session;
    session.clear();
    open();
    EXPECT_NE(session, first);
    EXPECT_EQ(sessions.count(), 2u);
    EXPECT_EQ(host.counted, 2);
}

TEST_F(HttpSessionsTest, aRepeatedPostIsAnsweredAndNotDoneAgain)
{
    open();
    EXPECT_EQ(post(2, "{\"a\":1}\n{\"a\":2}\n").status, 204u);
    const HttpReply again = post(2, "{\"a\":1}\n{\"a\":2}\n");
    EXPECT_EQ(again.status, 204u);
    EXPECT_EQ(header(again, kBatchHeader), "2");
    EXPECT_EQ(post(1, kHello).status, 204u) << "a late one, from before";
    EXPECT_EQ(host.received, (std::vector<std::string>{kHello, "{\"a\":1}", "{\"a\":2}"}));
}

TEST_F(HttpSessionsTest, aPostThatSkipsOneIsRefusedAndNothingOfItDone)
{
    open();
    EXPECT_EQ(post(3, "{}").status, 409u);
    EXPECT_EQ(host.received.size(), 1u);
    EXPECT_EQ(post(2, "{}").status, 204u);
}

TEST_F(HttpSessionsTest, aPollWaitsForTheFirstFrameAndGetsAllOfTheTurn)
{
    open();
    EXPECT_FALSE(poll(0));
    say("one");
    say("two");
    EXPECT_FALSE(*waiting) << "joined at the end of the turn";
    sessions.flush();
    ASSERT_TRUE(*waiting);
    EXPECT_EQ((*waiting)->status, 200u);
    EXPECT_EQ((*waiting)->contentType, kFramesType);
    EXPECT_EQ((*waiting)->body, "one\ntwo\n");
    EXPECT_EQ(header(**waiting, kBatchHeader), "1");
}

TEST_F(HttpSessionsTest, aLostAnswerComesAgainUntilItIsAcknowledged)
{
    open();
    say("one");
    EXPECT_EQ(poll(0)->body, "one\n");
    say("two");
    for (int i = 0; i < 3; ++i) {
        const auto again = poll(0);
        ASSERT_TRUE(again);
        EXPECT_EQ(again->body, "one\n");
        EXPECT_EQ(header(*again, kBatchHeader), "1");
    }
    const auto next = poll(1);
    EXPECT_EQ(next->body, "two\n");
    EXPECT_EQ(header(*next, kBatchHeader), "2");
    EXPECT_FALSE(poll(2)) << "all was received: it waits";
}

TEST_F(HttpSessionsTest, anAcknowledgementOfWhatWasNotSentOrOfLongAgoIsRefused)
{
    open();
    say("one");
    EXPECT_EQ(poll(7)->status, 409u);
    EXPECT_EQ(poll(0)->body, "one\n");
    say("two");
    EXPECT_EQ(poll(1)->body, "two\n");
    EXPECT_EQ(poll(0)->status, 409u);
    EXPECT_EQ(poll(1)->body, "two\n") << "the refused one changed nothing";
}

TEST_F(HttpSessionsTest, aPollEndsEmptyAfterItsTimeAndASecondOneReplacesTheFirst)
{
    open();
    EXPECT_FALSE(poll(0, "wait=5"));
    const auto first = waiting;
    seconds(4);
    EXPECT_FALSE(*first);
    EXPECT_FALSE(poll(0, "wait=5"));
    ASSERT_TRUE(*first);
    EXPECT_EQ((*first)->status, 204u);
    seconds(5);
    ASSERT_TRUE(*waiting);
    EXPECT_EQ((*waiting)->status, 204u);
    EXPECT_EQ(header(**waiting, kBatchHeader), "0");
}

TEST_F(HttpSessionsTest, numbersOutOfRangeAreRefused)
{
    open();
    for (const char* query : {"wait=26", "wait=-1", "wait=x", "wait="})
        EXPECT_EQ(poll(0, query)->status, 400u) << query;
    EXPECT_EQ(poll(0, "wait=0")->status, 204u);
    EXPECT_EQ(poll(0, "")->status, 204u) << "no wait at all";
    HttpRequest made = request("GET");
    made.ack = "1e3";
    EXPECT_EQ(ask(made)->status, 400u);
    EXPECT_EQ(post(0, "{}").status, 400u);
    made = request("POST");
    made.batch = "99999999999999999999";
    EXPECT_EQ(ask(made)->status, 400u);
    EXPECT_EQ(ask(request("PUT"))->status, 405u);
}

TEST_F(HttpSessionsTest, framesInOnePostAreBounded)
{
    open();
    std::string body;
    for (std::size_t i = 0; i < protocol::kHttpFramesPerPostMax; ++i)
        body += "{}\n";
    EXPECT_EQ(post(2, body).status, 204u);
    EXPECT_EQ(post(3, body + "{}").status, 400u);
    EXPECT_EQ(host.received.size(), 1 + protocol::kHttpFramesPerPostMax);
}

TEST_F(HttpSessionsTest, whoKnowsTheIdButIsSomebodyElseHearsWhatAStrangerHears)
{
    open();
    for (const char* method : {"GET", "POST", "DELETE"}) {
        HttpRequest made = request(method);
        made.bearer = "of-eve";
        made.batch = "2";
        made.body = "{}";
        const auto stolen = ask(made);
        ASSERT_TRUE(stolen) << method;
        made.session = std::string(protocol::kHttpSessionIdBytes, '0');
        made.bearer.clear();
        const auto guessed = ask(made);
        ASSERT_TRUE(guessed) << method;
        EXPECT_EQ(stolen->status, 404u);
        EXPECT_EQ(stolen->body, guessed->body);
        EXPECT_EQ(guessed->status, 404u);
    }
    HttpRequest made = request("GET");
    made.bearer = "expired";
    EXPECT_EQ(ask(made)->status, 401u);
    made.bearer = "of-ann";
    made.query = "wait=5";
    EXPECT_FALSE(ask(made)) << "her own token: it waits";
    EXPECT_EQ(host.received.size(), 1u);
    EXPECT_EQ(sessions.count(), 1u);
}

TEST_F(HttpSessionsTest, theBearerOfTheOpeningRequestReachesTheService)
{
    HttpRequest made = request("POST");
    made.bearer = "of-ann";
    made.body = R"({"type":"hello","v":[1,1],"device_id":"d"})";
    EXPECT_EQ(ask(made)->status, 201u);
    EXPECT_EQ(host.bearers.back(), "of-ann");
}

TEST_F(HttpSessionsTest, aCloseComesBehindTheLastFramesAndIsRepeated)
{
    open();
    EXPECT_FALSE(poll(0));
    say("last");
    sessions.close(id, CloseCode::TokenExpired, "token\r\nX: y");
    say("too late");
    sessions.flush();
    ASSERT_TRUE(*waiting);
    EXPECT_EQ((*waiting)->body, "last\n");
    EXPECT_EQ(header(**waiting, kCloseHeader), "4003 token??X: y");
    EXPECT_EQ(host.ended, std::vector<ConnId>{id});
    EXPECT_EQ(header(*poll(0), kCloseHeader), "4003 token??X: y") << "the answer was lost";
    EXPECT_EQ(poll(0)->body, "last\n");
    const auto empty = poll(1);
    EXPECT_EQ(empty->status, 200u);
    EXPECT_EQ(empty->body, "");
    EXPECT_FALSE(header(*empty, kCloseHeader).empty());
    EXPECT_EQ(post(2, "{}").status, 204u);
    EXPECT_EQ(host.received.size(), 1u) << "swallowed";
    seconds(static_cast<int>(protocol::kHttpCloseLingerMs / 1000));
    EXPECT_EQ(poll(1)->status, 404u);
    EXPECT_EQ(host.counted, 0);
    EXPECT_EQ(host.ended.size(), 1u);
}

TEST_F(HttpSessionsTest, aCloseInTheOpeningBatchEndsTheDelivery)
{
    host.onReceived = [this](ConnId which) {
        sessions.close(which, CloseCode::InvalidToken, "token");
    };
    HttpRequest made = request("POST");
    made.body = std::string(kHello) + "\n{\"type\":\"ping\",\"t\":1}\n";
    const auto reply = ask(made);
    EXPECT_EQ(reply->status, 201u);
    EXPECT_EQ(host.received.size(), 1u);
    session = header(*reply, kSessionHeader);
    EXPECT_EQ(header(*poll(0), kCloseHeader), "4500 token");
}

TEST_F(HttpSessionsTest, aSessionThatNobodyPollsEnds)
{
    open();
    seconds(static_cast<int>(protocol::kHttpSessionIdleMs / 1000) - 1);
    EXPECT_FALSE(poll(0, "wait=25"));
    seconds(26);
    ASSERT_TRUE(*waiting);
    seconds(static_cast<int>(protocol::kHttpSessionIdleMs / 1000) - 2);
    EXPECT_EQ(sessions.count(), 1u) << "counted from the end of the last poll";
    seconds(2);
    EXPECT_EQ(sessions.count(), 0u);
    EXPECT_EQ(host.ended, std::vector<ConnId>{id});
    EXPECT_EQ(host.counted, 0);
}

TEST_F(HttpSessionsTest, deleteEndsItAtOnceAndFreesTheWaitingPoll)
{
    open();
    EXPECT_FALSE(poll(0));
    const auto held = waiting;
    EXPECT_EQ(ask(request("DELETE"))->status, 204u);
    ASSERT_TRUE(*held);
    EXPECT_EQ((*held)->status, 204u);
    EXPECT_EQ(host.ended, std::vector<ConnId>{id});
    EXPECT_EQ(ask(request("DELETE"))->status, 404u);
    say("to nobody");
    sessions.flush();
}

TEST_F(HttpSessionsTest, overTheLimitOfConnectionsNoSessionIsMade)
{
    host.limit = 1;
    open();
    session.clear();
    HttpRequest made = request("POST");
    made.body = kHello;
    const auto reply = ask(made);
    EXPECT_EQ(reply->status, 503u);
    EXPECT_NE(reply->body.find("too_many_connections"), std::string::npos);
    EXPECT_EQ(sessions.count(), 1u);
}

TEST_F(HttpSessionsTest, withoutAFrameOrWithAnotherFirstNumberNothingIsOpened)
{
    HttpRequest made = request("POST");
    EXPECT_EQ(ask(made)->status, 400u);
    made.body = kHello;
    made.batch = "2";
    EXPECT_EQ(ask(made)->status, 400u);
    EXPECT_EQ(sessions.count(), 0u);
    EXPECT_EQ(host.counted, 0);
}

TEST_F(HttpSessionsTest, whileDrainingNothingIsOpenedAndWhatEndedIsForgottenWhenToldSo)
{
    open();
    EXPECT_FALSE(poll(0));
    const auto held = waiting;
    host.draining = true;
    say("goodbye");
    sessions.close(id, CloseCode::ShuttingDown, "shutting down");
    sessions.flush();
    EXPECT_EQ((*held)->body, "goodbye\n");
    EXPECT_EQ(header(**held, kCloseHeader), "4000 shutting down");
    EXPECT_EQ(sessions.count(), 0u);
    session.clear();
    HttpRequest made = request("POST");
    made.body = kHello;
    EXPECT_EQ(ask(made)->status, 503u);
}

TEST_F(HttpSessionsTest, aReaderWithoutPollsLosesTypingThenEventsThenTheConnection)
{
    open();
    const std::string kilobyte(1000, 'x');
    for (int i = 0; i < 100; ++i)
        say(kilobyte, Lane::Ephemeral);
    EXPECT_EQ(metrics.counter("net_ephemeral_shed_total").value(), 100 - 61);
    for (int i = 0; i < 400 && host.collapsed.empty(); ++i) {
        say(kilobyte, Lane::Durable, "room");
        sessions.flush();
    }
    EXPECT_EQ(host.collapsed, std::vector<RoomId>{RoomId("room")});
    for (int i = 0; i < 400 && host.ended.empty(); ++i) {
        say(kilobyte, Lane::Durable, "room");
        sessions.flush();
    }
    EXPECT_EQ(host.ended, std::vector<ConnId>{id});
    const auto told = poll(0);
    EXPECT_EQ(told->body, "");
    EXPECT_EQ(header(*told, kCloseHeader), "4001 slow consumer");
}

TEST_F(HttpSessionsTest, whoDoesNotListenIsNotListenedTo)
{
    open();
    const std::string answer(1000, 'x');
    for (int i = 0; i < 300; ++i)
        say(answer);
    const HttpReply busy = post(2, "{}");
    EXPECT_EQ(busy.status, 503u);
    EXPECT_EQ(busy.retryAfterMs, protocol::kHttpBusyRetryMs);
    EXPECT_EQ(host.received.size(), 1u);
    std::int64_t ack = 0;
    for (std::string body = "x"; !body.empty(); ++ack)
        body = poll(ack, "wait=0")->body;
    EXPECT_EQ(post(2, "{}").status, 204u) << "the same batch, now taken";
    EXPECT_EQ(host.received.size(), 2u);
}

TEST_F(HttpSessionsTest, anAnswerIsCutToABoundAndALargerFrameGoesAlone)
{
    open();
    const std::string large(protocol::kHttpBatchBytesMax + 1, 'l');
    const std::string half(protocol::kHttpBatchBytesMax / 2, 'h');
    say(half);
    say(large);
    say(half);
    EXPECT_EQ(poll(0)->body, half + '\n');
    EXPECT_EQ(poll(1)->body, large + '\n');
    EXPECT_EQ(poll(2)->body, half + '\n');
}
