// What is asked and not answered as hoped: refused for now, refused for good, not answered at all,
// too much at once.
#include "sdk/engine/tuning.h"
#include "world.h"

namespace skein::engine::test
{

using protocol::ErrorFrame;
using protocol::HistoryRequest;
using protocol::SyncRequest;

class Requests : public World
{
protected:
    /// Live, with a request for the log on the wire.
    RequestId askSync()
    {
        goLive();
        fillLog(5);
        say(protocol::RoomDirty{head(5), {}});
        const auto asked = transport.take<SyncRequest>();
        EXPECT_EQ(asked.size(), 1U);
        return asked.empty() ? RequestId() : asked[0].req;
    }
    void refuse(const RequestId& req, ErrorCode code, bool temporary,
                std::optional<std::int64_t> retryAfterMs = {})
    {
        say(ErrorFrame{req, code, temporary, retryAfterMs, ""});
    }
    template <class F>
    std::size_t count()
    {
        return transport.take<F>().size();
    }
    /// A living server: pings are answered, nothing else is.
    void pass(std::int64_t ms)
    {
        for (std::int64_t passed = 0; passed < ms; passed += 1'000) {
            advance(std::min<std::int64_t>(1'000, ms - passed));
            say(protocol::Pong{0, 0, {}});
        }
    }
};

TEST_F(Requests, logRefusedForNowIsAskedForWhenTheServerSaidAndNotBefore)
{
    refuse(askSync(), ErrorCode::ServerBusy, true, 3'000);
    EXPECT_EQ(count<SyncRequest>(), 0U);
    advance(2'999);
    EXPECT_EQ(count<SyncRequest>(), 0U);
    advance(1);
    const auto again = transport.take<SyncRequest>();
    ASSERT_EQ(again.size(), 1U);
    EXPECT_EQ(again[0].rooms.at(0).room, kRoom);
}

TEST_F(Requests, whereTooManyPagesWaitTheOldestPageGoesAndNothingElse)
{
    goLive();
    say(protocol::RoomDirty{head(5'000), {}});
    transport.sent.clear();
    // The wire is full: all that follows waits.
    transport.unsent = std::size_t{1} << 30;
    engine->openRoom(kRoom); // asks for its members
    for (std::size_t i = 0; i <= kRequestsWaitingMax; ++i)
        engine->wantAround(kRoom, Seq(static_cast<std::int64_t>(i) + 1));
    transport.unsent = 0;
    std::vector<Seq> pages;
    std::size_t members = 0;
    for (std::size_t i = 0; i <= kRequestsWaitingMax + 1; ++i) {
        advance(1'000);
        say(protocol::Pong{0, 0, {}});
        members += count<protocol::MembersRequest>();
        for (const auto& request : transport.take<HistoryRequest>()) {
            pages.push_back(request.seq);
            refuse(request.req, ErrorCode::NotFound, false);
        }
    }
    EXPECT_NE(members, 0U);
    ASSERT_FALSE(pages.empty());
    EXPECT_GT(pages.front(), Seq(1));
    EXPECT_LT(pages.front(), Seq(10));
    EXPECT_EQ(pages.back(), Seq(static_cast<std::int64_t>(kRequestsWaitingMax) + 1));
}

TEST_F(Requests, logThatTheServersDiskDidNotGiveIsAskedForASecondLater)
{
    refuse(askSync(), ErrorCode::StorageFailed, true);
    advance(999);
    EXPECT_EQ(count<SyncRequest>(), 0U);
    advance(1);
    EXPECT_EQ(count<SyncRequest>(), 1U);
}

TEST_F(Requests, logRefusedForGoodIsNotAskedForUntilThereIsNews)
{
    refuse(askSync(), ErrorCode::Internal, false);
    advance(1'000); // the head that was heard of is looked after once
    const auto again = transport.take<SyncRequest>();
    ASSERT_EQ(again.size(), 1U);
    refuse(again[0].req, ErrorCode::Internal, false);
    pass(60'000);
    EXPECT_EQ(count<SyncRequest>(), 0U);
    say(protocol::RoomDirty{head(6), {}});
    EXPECT_EQ(count<SyncRequest>(), 1U);
}

TEST_F(Requests, logWithoutAnAnswerIsAskedForAgain)
{
    askSync();
    pass(14'000);
    EXPECT_EQ(count<SyncRequest>(), 0U);
    pass(1'000);
    EXPECT_EQ(count<SyncRequest>(), 1U);
    pass(15'000);
    EXPECT_EQ(count<SyncRequest>(), 1U) << "as often as it takes";
}

TEST_F(Requests, pageThatTheServerCannotGiveIsAskedForThreeTimesAndThenByTheUserAgain)
{
    goLive(0);
    engine->wantHistory(kRoom, Seq(50));
    for (int tries = 1; tries <= 3; ++tries) {
        const auto asked = transport.take<HistoryRequest>();
        ASSERT_EQ(asked.size(), 1U) << tries;
        refuse(asked[0].req, ErrorCode::ServerBusy, true, 2'000);
        EXPECT_EQ(count<HistoryRequest>(), 0U) << "not before its time";
        advance(2'000);
    }
    EXPECT_EQ(count<HistoryRequest>(), 0U);
    engine->wantHistory(kRoom, Seq(50));
    EXPECT_EQ(count<HistoryRequest>(), 1U);
}

TEST_F(Requests, pageWithoutAnAnswerIsAskedForThreeTimes)
{
    goLive(0);
    engine->wantHistory(kRoom, Seq(50));
    pass(120'000);
    EXPECT_EQ(count<HistoryRequest>(), 3U);
}

// The user's other devices take from the same bucket, so that one may be refused any number of
// times.
TEST_F(Requests, whatIsOverTheRateIsAskedForUntilItIsAnsweredAndNeverBeforeItsTime)
{
    goLive(0);
    engine->wantHistory(kRoom, Seq(50));
    for (int refusals = 1; refusals <= 20; ++refusals) {
        const auto asked = transport.take<HistoryRequest>();
        ASSERT_EQ(asked.size(), 1U) << refusals;
        refuse(asked[0].req, ErrorCode::RateLimited, true, 40);
        advance(39);
        EXPECT_EQ(count<HistoryRequest>(), 0U) << refusals;
        advance(1);
    }
    // None of them was a try.
    pass(120'000);
    EXPECT_EQ(count<HistoryRequest>(), 3U);
}

TEST_F(Requests, oldRowsOnTheScreenAreAskedAboutUntilTheServerAnswers)
{
    fillLog(3);
    goLive(3);
    drop();
    engine->retryNow();
    hello();
    auto welcome = welcomeFrame();
    welcome.dirty = {head(9)};
    say(welcome);
    const auto missed = transport.take<SyncRequest>();
    ASSERT_EQ(missed.size(), 1U);
    protocol::SyncRoom newest;
    newest.room = kRoom;
    newest.epoch = Epoch(epoch);
    newest.lo = newest.hi = newest.head = Seq(9);
    newest.ord = Ord(9);
    newest.limited = true;
    newest.events = {message(9, "m9")};
    say(protocol::SyncResponse{missed[0].req, {newest}, false});
    engine->openRoom(kRoom);
    for (int refusals = 1; refusals <= 5; ++refusals) {
        const auto asked = transport.take<protocol::Revalidate>();
        ASSERT_EQ(asked.size(), 1U) << refusals;
        refuse(asked[0].req, ErrorCode::ServerBusy, true, 500);
        EXPECT_EQ(count<protocol::Revalidate>(), 0U) << "not before its time";
        advance(500);
    }
    // Lost on a living connection, or never answered: each 15 s.
    pass(60'000);
    const auto asked = transport.take<protocol::Revalidate>();
    ASSERT_EQ(asked.size(), 5U);
    auto edited = message(2, "edited in the hole");
    edited.rev = Rev(5);
    edited.edited = true;
    say(protocol::RevalidateResponse{
        asked.back().req, kRoom, Seq(1), Seq(3), Seq(9), {edited}, false});
    EXPECT_EQ(screen.bodies(),
              (std::vector<std::string>{"m1", "edited in the hole", "m3", "[4-8]", "m9"}));
    pass(60'000);
    EXPECT_EQ(count<protocol::Revalidate>(), 0U) << "all is known";
}

TEST_F(Requests, draftsAreAskedForUntilTheyComeButNeverInARush)
{
    engine->start();
    hello();
    auto welcome = welcomeFrame();
    welcome.drafts = Rev(3);
    say(welcome);
    answerRooms({info(0)});
    for (int tries = 1; tries <= 6; ++tries) {
        const auto asked = transport.take<protocol::DraftsRequest>();
        ASSERT_EQ(asked.size(), 1U) << tries;
        refuse(asked[0].req, ErrorCode::StorageFailed, true);
        EXPECT_EQ(count<protocol::DraftsRequest>(), 0U) << tries;
        advance(1'000);
    }
    EXPECT_EQ(count<protocol::DraftsRequest>(), 1U);
    pass(60'000);
    EXPECT_EQ(count<protocol::DraftsRequest>(), 4U) << "each 15 s when nothing comes";
}

TEST_F(Requests, theListOfRoomsIsAskedForUntilItComes)
{
    engine->start();
    hello();
    say(welcomeFrame());
    EXPECT_EQ(count<protocol::RoomsRequest>(), 1U);
    pass(60'000);
    EXPECT_EQ(count<protocol::RoomsRequest>(), 4U) << "each 15 s when nothing comes";
}

TEST_F(Requests, membersOfTheRoomOnScreenAreAskedForUntilTheyCome)
{
    goLive();
    engine->openRoom(kRoom);
    EXPECT_EQ(count<protocol::MembersRequest>(), 1U);
    pass(60'000);
    EXPECT_EQ(count<protocol::MembersRequest>(), 4U) << "each 15 s when nothing comes";
}

TEST_F(Requests, aRoomThatTheServerDoesNotKnowIsNotKept)
{
    goLive();
    engine->openRoom(kRoom);
    const auto asked = transport.take<protocol::MembersRequest>();
    ASSERT_EQ(asked.size(), 1U);
    refuse(asked[0].req, ErrorCode::NotFound, false);
    EXPECT_FALSE(screen.rooms.contains(kRoom));
    EXPECT_TRUE(store->rooms().load().empty());
}

TEST_F(Requests, aBrakeOnEphemeralFramesPausesThemAndReadMarksGoAgain)
{
    fillLog(3);
    goLive(3);
    engine->markRead(kRoom, Seq(3));
    advance(200);
    EXPECT_EQ(count<protocol::MarkRead>(), 1U);
    refuse({}, ErrorCode::RateLimited, true, 5'000);
    engine->typing(kRoom, true);
    advance(4'999);
    EXPECT_EQ(count<protocol::MarkRead>(), 0U);
    EXPECT_EQ(count<protocol::TypingSet>(), 0U);
    advance(1);
    const auto again = transport.take<protocol::MarkRead>();
    ASSERT_EQ(again.size(), 1U);
    EXPECT_EQ(again[0].seq, Seq(3));
}

TEST_F(Requests, aBrakeWithNothingToTellAgainTellsNothing)
{
    goLive();
    refuse({}, ErrorCode::RateLimited, true, 1'000);
    refuse({}, ErrorCode::NotFound, false);
    pass(5'000);
    EXPECT_EQ(count<protocol::MarkRead>(), 0U);
    EXPECT_EQ(engine->link().link, Link::Live);
}

TEST_F(Requests, anExpiredTokenIsReplacedOnceHoweverOftenItIsSaid)
{
    goLive();
    tokens.asked.clear();
    for (int i = 0; i < 3; ++i)
        refuse({}, ErrorCode::TokenExpired, true);
    EXPECT_EQ(tokens.asked, std::vector<bool>{true});
}

TEST_F(Requests, oneTooManyDropsTheOldestThatWaits)
{
    goLive();
    constexpr std::int64_t kJumps = 600;
    for (std::int64_t seq = 1; seq <= kJumps; ++seq)
        engine->wantAround(kRoom, Seq(seq * 100));
    const auto first = transport.take<HistoryRequest>();
    ASSERT_EQ(first.size(), 8U) << "on the wire at once";
    EXPECT_EQ(first[0].seq, Seq(100));
    refuse(first[0].req, ErrorCode::BadField, false);
    advance(1);
    const auto next = transport.take<HistoryRequest>();
    ASSERT_EQ(next.size(), 1U);
    EXPECT_EQ(next[0].seq, Seq((kJumps - 500 + 1) * 100)) << "500 wait";
}

TEST_F(Requests, theSameJumpIsAskedForOnceAndAStoredOneNotAtAll)
{
    fillLog(20);
    goLive(20);
    for (int i = 0; i < 8; ++i)
        engine->wantAround(kRoom, Seq(1'000 + i)); // the wire is full now
    EXPECT_EQ(count<HistoryRequest>(), 8U);
    engine->wantAround(kRoom, Seq(2'000));
    engine->wantAround(kRoom, Seq(2'000));
    engine->wantAround(kRoom, Seq(3'000));
    engine->wantAround(kRoom, Seq(10)); // here
    engine->wantAround(kRoom, Seq(0));
    engine->wantAround(RoomId("nowhere"), Seq(5));
    drop();
    engine->retryNow();
    reconnect();
    std::vector<std::int64_t> asked;
    for (int i = 0; i < 20; ++i) {
        for (const auto& request : transport.take<HistoryRequest>()) {
            asked.push_back(request.seq.value());
            refuse(request.req, ErrorCode::BadField, false);
        }
        advance(1);
    }
    EXPECT_EQ(std::count(asked.begin(), asked.end(), 2'000), 1);
    EXPECT_EQ(std::count(asked.begin(), asked.end(), 3'000), 1);
    EXPECT_EQ(std::count(asked.begin(), asked.end(), 10), 0);
    EXPECT_EQ(asked.size(), 10U);
}

TEST_F(Requests, answersToNothingThatWasAskedChangeNothing)
{
    goLive();
    protocol::MemberInfo her;
    her.user = kHer;
    say(protocol::MembersResponse{RequestId("x"), kRoom, {her}, false, ""});
    say(protocol::DraftsResponse{RequestId("x"), {}, Rev(9), false});
    say(protocol::RoomsResponse{RequestId("x"), {}, false, ""});
    say(protocol::RevalidateResponse{RequestId("x"), kRoom, Seq(1), Seq(2), Seq(2), {}, false});
    refuse(RequestId("x"), ErrorCode::NotFound, false);
    EXPECT_TRUE(screen.members.empty());
    EXPECT_TRUE(screen.rooms.contains(kRoom));
    EXPECT_NE(store->fact(offline::Store::kDrafts), "9");
}

} // namespace skein::engine::test
