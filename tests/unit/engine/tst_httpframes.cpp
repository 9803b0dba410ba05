// The client's half of frames over HTTP, against answers written by hand.
#include "sdk/engine/httpframes.h"

#include <gtest/gtest.h>

#include <algorithm>

using namespace skein;
using namespace skein::engine;

namespace
{

struct HttpFramesTest : testing::Test, HttpCaller, HttpFrames::Events {
    void call(HttpCall made) override
    {
        if (made.kind == HttpCall::Kind::End)
            ends.push_back(made.session);
        else
            calls.push_back(std::move(made));
    }
    void cancel(std::uint64_t id) override
    {
        std::erase_if(calls, [id](const HttpCall& c) { return c.id == id; });
        ++cancels;
    }
    void framesOpened() override { ++opens; }
    void framesReceived(std::string_view text) override
    {
        received.emplace_back(text);
        if (text == "close me")
            frames.close();
    }
    void framesClosed(std::uint16_t code, const std::string&,
                      std::optional<Milliseconds> retryAfter) override
    {
        closes.push_back(code);
        retry = retryAfter;
    }

    void run()
    {
        for (int i = 0; i < 10 && frames.nextWakeupAt() <= clock.now(); ++i)
            frames.tick();
    }
    void pass(std::int64_t ms)
    {
        clock.advance(Milliseconds(ms));
        run();
    }
    HttpCall take(HttpCall::Kind kind)
    {
        const auto found = std::find_if(calls.begin(), calls.end(),
                                        [kind](const HttpCall& c) { return c.kind == kind; });
        EXPECT_NE(found, calls.end()) << static_cast<int>(kind);
        if (found == calls.end())
            return {};
        HttpCall one = *found;
        calls.erase(found);
        return one;
    }
    void answer(const HttpCall& to, HttpAnswer with)
    {
        frames.answered(to.id, with);
        run();
    }
    static HttpAnswer status(unsigned code)
    {
        HttpAnswer made;
        made.status = code;
        return made;
    }
    static HttpAnswer batch(std::int64_t number, std::string body)
    {
        HttpAnswer made;
        made.status = body.empty() ? 204 : 200;
        made.batch = number;
        made.body = std::move(body);
        return made;
    }
    /// A session with a poll under way.
    void open()
    {
        frames.open();
        EXPECT_EQ(opens, 0) << "never from inside";
        run();
        ASSERT_EQ(opens, 1);
        EXPECT_TRUE(calls.empty());
        frames.send("hello");
        run();
        const HttpCall first = take(HttpCall::Kind::Open);
        EXPECT_EQ(first.body, "hello");
        EXPECT_EQ(first.batch, 1);
        HttpAnswer made = status(201);
        made.session = "secret";
        made.batch = 1;
        answer(first, made);
    }

    ManualClock clock;
    std::vector<HttpCall> calls;
    std::vector<std::string> received, ends;
    std::vector<std::uint16_t> closes;
    std::optional<Milliseconds> retry;
    int opens = 0, cancels = 0;
    HttpFrames frames{clock, *this, *this}; // last: it says goodbye to the above when it ends
};

} // namespace

TEST_F(HttpFramesTest, opensWithTheHelloThenPolls)
{
    open();
    const HttpCall poll = take(HttpCall::Kind::Poll);
    EXPECT_EQ(poll.session, "secret");
    EXPECT_EQ(poll.ack, 0);
    EXPECT_EQ(poll.waitSeconds, protocol::kHttpWaitSecondsMax);
    EXPECT_TRUE(calls.empty());
    answer(poll, batch(1, "a\nb\n"));
    EXPECT_EQ(received, (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(take(HttpCall::Kind::Poll).ack, 1);
}

TEST_F(HttpFramesTest, onePostAtATimeAndWhatComesMeanwhileIsJoined)
{
    open();
    frames.send("one");
    run();
    const HttpCall post = take(HttpCall::Kind::Post);
    EXPECT_EQ(post.batch, 2);
    EXPECT_EQ(post.body, "one");
    frames.send("two");
    frames.send("three");
    run();
    EXPECT_EQ(calls.size(), 1u) << "the poll only";
    EXPECT_EQ(frames.unsentBytes(), 3u + 4u + 6u);
    answer(post, batch(2, ""));
    const HttpCall next = take(HttpCall::Kind::Post);
    EXPECT_EQ(next.batch, 3);
    EXPECT_EQ(next.body, "two\nthree");
}

TEST_F(HttpFramesTest, aPostWithoutAnAnswerIsRepeatedUnderTheSameNumber)
{
    open();
    frames.send("one");
    run();
    std::int64_t waited = 0;
    for (const std::int64_t wait : HttpFrames::kRetryMs) {
        const HttpCall post = take(HttpCall::Kind::Post);
        EXPECT_EQ(post.batch, 2);
        EXPECT_EQ(post.body, "one");
        answer(post, status(waited == 0 ? 0 : 502));
        pass(wait - 1);
        EXPECT_EQ(calls.size(), 1u);
        pass(1);
        waited += wait;
    }
    answer(take(HttpCall::Kind::Post), status(0));
    EXPECT_EQ(closes, std::vector<std::uint16_t>{0}) << "and in the end given up";
    EXPECT_EQ(cancels, 1) << "with the poll";
}

TEST_F(HttpFramesTest, anAnswerThatIsNotTheServersIsNone)
{
    open();
    frames.send("one");
    run();
    answer(take(HttpCall::Kind::Post), status(200)); // a proxy's page
    pass(HttpFrames::kRetryMs[0]);
    answer(take(HttpCall::Kind::Post), batch(2, ""));
    HttpAnswer page = status(200);
    page.body = "<html>sign in to the hotel</html>";
    answer(take(HttpCall::Kind::Poll), page);
    EXPECT_TRUE(received.empty());
    EXPECT_TRUE(closes.empty());
    pass(HttpFrames::kRetryMs[0]);
    EXPECT_EQ(take(HttpCall::Kind::Poll).ack, 0);
}

TEST_F(HttpFramesTest, aRepeatedAnswerIsNotGivenOnTwice)
{
    open();
    answer(take(HttpCall::Kind::Poll), batch(1, "a\n"));
    answer(take(HttpCall::Kind::Poll), batch(1, "a\n"));
    EXPECT_EQ(received, std::vector<std::string>{"a"});
    EXPECT_TRUE(closes.empty());
    pass(HttpFrames::kEmptyPollMs);
    EXPECT_EQ(take(HttpCall::Kind::Poll).ack, 1);
}

TEST_F(HttpFramesTest, aNumberThatIsSkippedEndsTheSession)
{
    open();
    answer(take(HttpCall::Kind::Poll), batch(2, "b\n"));
    EXPECT_TRUE(received.empty());
    EXPECT_EQ(closes, std::vector<std::uint16_t>{4002});
}

TEST_F(HttpFramesTest, anEmptyAnswerThatComesTooSoonIsFollowedByAPause)
{
    open();
    answer(take(HttpCall::Kind::Poll), batch(0, ""));
    EXPECT_TRUE(calls.empty());
    pass(HttpFrames::kEmptyPollMs - 1);
    EXPECT_TRUE(calls.empty());
    pass(1);
    const HttpCall poll = take(HttpCall::Kind::Poll);
    clock.advance(Milliseconds(25'000));
    answer(poll, batch(0, ""));
    EXPECT_EQ(calls.size(), 1u) << "after the whole wait at once";
}

TEST_F(HttpFramesTest, statusesEndTheSessionAsCloseCodesDo)
{
    struct Row {
        unsigned status;
        std::uint16_t code;
    };
    for (const Row& row : {Row{404, 4002}, Row{409, 4002}, Row{401, 4003}, Row{403, 0}, Row{400, 0},
                           Row{413, 0}, Row{302, 0}}) {
        for (const auto kind : {HttpCall::Kind::Post, HttpCall::Kind::Poll}) {
            closes.clear();
            opens = 0;
            calls.clear();
            open();
            frames.send("x");
            run();
            const bool retried = row.status == 302; // somebody on the way, not the server
            answer(take(kind), status(row.status));
            EXPECT_EQ(closes,
                      retried ? std::vector<std::uint16_t>{} : std::vector<std::uint16_t>{row.code})
                << row.status;
        }
    }
}

TEST_F(HttpFramesTest, aFailedOpeningIsReportedWithTheServersTime)
{
    frames.open();
    run();
    frames.send("hello");
    run();
    HttpAnswer busy = status(503);
    busy.retryAfter = Milliseconds(7'000);
    answer(take(HttpCall::Kind::Open), busy);
    EXPECT_EQ(closes, std::vector<std::uint16_t>{0});
    EXPECT_EQ(retry, Milliseconds(7'000));
    pass(60'000);
    EXPECT_TRUE(calls.empty()) << "the engine decides when to try again";
}

TEST_F(HttpFramesTest, aServerThatIsNotThereIsSaidSo)
{
    frames.open();
    run();
    frames.send("hello");
    run();
    HttpAnswer none = status(0);
    none.unreachable = true;
    answer(take(HttpCall::Kind::Open), none);
    EXPECT_EQ(closes, std::vector<std::uint16_t>{kCloseUnreachable});
}

TEST_F(HttpFramesTest, framesBeforeACloseAreGivenOn)
{
    open();
    HttpAnswer last = batch(1, "bye\n");
    last.closeCode = 4000;
    answer(take(HttpCall::Kind::Poll), last);
    EXPECT_EQ(received, std::vector<std::string>{"bye"});
    EXPECT_EQ(closes, std::vector<std::uint16_t>{4000});
    EXPECT_TRUE(calls.empty());
}

TEST_F(HttpFramesTest, closingCancelsAndTellsTheServerOnce)
{
    open();
    frames.send("one");
    run();
    EXPECT_EQ(calls.size(), 2u);
    frames.close();
    EXPECT_TRUE(calls.empty());
    EXPECT_EQ(ends, std::vector<std::string>{"secret"});
    frames.close();
    EXPECT_EQ(ends.size(), 1u);
    EXPECT_TRUE(closes.empty()) << "no event for one's own close";
    pass(60'000);
    EXPECT_TRUE(calls.empty());
    EXPECT_EQ(frames.unsentBytes(), 0u);
}

TEST_F(HttpFramesTest, aFrameMayCloseTheSessionFromInside)
{
    open();
    answer(take(HttpCall::Kind::Poll), batch(1, "close me\nnot me\n"));
    EXPECT_EQ(received, std::vector<std::string>{"close me"});
    EXPECT_TRUE(calls.empty());
}

TEST_F(HttpFramesTest, batchesKeepToTheBoundsOfThePost)
{
    open();
    const std::string largest(protocol::kClientFrameBytesMax, 'x');
    frames.send("a");
    frames.send(largest);
    frames.send("b");
    for (std::size_t i = 0; i < protocol::kHttpFramesPerPostMax; ++i)
        frames.send("{}");
    run();
    std::int64_t number = 2;
    std::vector<std::size_t> sizes;
    while (number < 6) {
        const HttpCall post = take(HttpCall::Kind::Post);
        EXPECT_LE(post.body.size(), protocol::kHttpPostBytesMax);
        sizes.push_back(post.body.size());
        answer(post, batch(number++, ""));
    }
    EXPECT_EQ(sizes, (std::vector<std::size_t>{1, largest.size(),
                                               1 + 3 * (protocol::kHttpFramesPerPostMax - 1), 2}));
    EXPECT_EQ(frames.unsentBytes(), 0u);
}

TEST_F(HttpFramesTest, retryAfterWithinASessionIsObeyedWithinABound)
{
    open();
    frames.send("one");
    run();
    HttpAnswer busy = status(503);
    busy.retryAfter = Milliseconds(3'600'000);
    answer(take(HttpCall::Kind::Post), busy);
    pass(HttpFrames::kRetryAfterMaxMs - 1);
    EXPECT_EQ(calls.size(), 1u);
    pass(1);
    EXPECT_EQ(take(HttpCall::Kind::Post).batch, 2);
}
