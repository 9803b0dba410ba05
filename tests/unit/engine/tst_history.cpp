#include "world.h"

namespace skein::engine::test
{

using Strings = std::vector<std::string>;

class History : public World
{
protected:
    /// Live at 1000 with the newest two stored.
    void goLiveFarAhead()
    {
        engine->start();
        hello();
        say(welcomeFrame());
        answerRooms({info(1'000)});
        const auto asked = transport.take<protocol::SyncRequest>();
        protocol::SyncRoom room{kRoom,      Epoch(1), Seq(999), Seq(1'000), Seq(1'000),
                                Ord(1'000), true,     {},       {}};
        room.events = {message(999, "y"), message(1'000, "z")};
        say(protocol::SyncResponse{asked.at(0).req, {room}, false});
        transport.sent.clear();
    }
    /// A new connection, on which the gap is too large: of the log comes its newest entry only.
    void comeBackFarBehind()
    {
        drop();
        engine->retryNow();
        hello();
        auto frame = welcomeFrame();
        frame.dirty = {head(5'000)};
        say(frame);
        const auto asked = transport.take<protocol::SyncRequest>();
        protocol::SyncRoom room{kRoom,      Epoch(1), Seq(5'000), Seq(5'000), Seq(5'000),
                                Ord(5'000), true,     {},         {},         {}};
        room.events = {message(5'000, "z")};
        say(protocol::SyncResponse{asked.at(0).req, {room}, false});
    }
    protocol::HistoryResponse page(const RequestId& req, std::int64_t lo, std::int64_t hi,
                                   std::int64_t asOf)
    {
        protocol::HistoryResponse response;
        response.req = req;
        response.room = kRoom;
        response.epoch = Epoch(epoch);
        response.lo = Seq(lo);
        response.hi = Seq(hi);
        response.asOf = Seq(asOf);
        response.hasMore = lo > 1;
        return response;
    }
    std::vector<offline::Span> spans()
    {
        return store->timeline().spans(store->rooms().load().at(0).key).spans();
    }
};

TEST_F(History, olderPageExtendsTheCoverage)
{
    goLiveFarAhead();
    engine->wantHistory(kRoom, Seq(999));
    const auto asked = transport.take<protocol::HistoryRequest>();
    ASSERT_EQ(asked.size(), 1U);
    EXPECT_EQ(asked[0].seq, Seq(999));
    engine->wantHistory(kRoom, Seq(999));
    EXPECT_TRUE(transport.take<protocol::HistoryRequest>().empty()); // once is enough
    auto response = page(asked[0].req, 990, 998, 1'000);
    response.messages = {message(991, "w"), message(998, "x")};
    say(response);
    EXPECT_EQ(screen.bodies(), (Strings{"w", "x", "y", "z"}));
    EXPECT_EQ(spans(), (std::vector<offline::Span>{{Seq(990), Seq(1'000), Seq(1'000)}}));
}

TEST_F(History, whatIsStoredIsNotAskedForAgain)
{
    goLiveFarAhead();
    engine->wantHistory(kRoom, Seq(1'000));
    EXPECT_EQ(transport.take<protocol::HistoryRequest>().at(0).seq, Seq(999));
}

TEST_F(History, jumpFetchesAroundItsTargetAndLeavesAHole)
{
    goLiveFarAhead();
    engine->wantAround(kRoom, Seq(500));
    const auto asked = transport.take<protocol::HistoryRequest>();
    ASSERT_EQ(asked.size(), 1U);
    EXPECT_EQ(asked[0].anchor, protocol::HistoryRequest::Anchor::Around);
    auto response = page(asked[0].req, 499, 501, 1'000);
    response.messages = {message(500, "there")};
    say(response);
    EXPECT_EQ(screen.bodies(), (Strings{"there", "[502-998]", "y", "z"}));
    engine->wantAround(kRoom, Seq(500));
    EXPECT_TRUE(transport.take<protocol::HistoryRequest>().empty());
}

TEST_F(History, pageReadBeforeAChangeThatWasSeenAlreadyIsRevalidated)
{
    goLiveFarAhead();
    engine->wantHistory(kRoom, Seq(999));
    const auto asked = transport.take<protocol::HistoryRequest>();
    say(protocol::LogEntry{editOf(1'001, 998, "edited")});
    auto response = page(asked.at(0).req, 998, 998, 1'000);
    response.messages = {message(998, "stale")};
    say(response);
    EXPECT_EQ(screen.bodies(), (Strings{"edited", "y", "z"})); // the change was kept for it
    const auto revalidate = transport.take<protocol::Revalidate>();
    ASSERT_EQ(revalidate.size(), 1U);
    EXPECT_EQ(revalidate[0].lo, Seq(998));
    EXPECT_LE(revalidate[0].since, Seq(1'000));
    say(protocol::RevalidateResponse{
        revalidate[0].req, kRoom, Seq(998), Seq(998), Seq(1'001), {}, false});
    EXPECT_EQ(spans(), (std::vector<offline::Span>{{Seq(998), Seq(1'001), Seq(1'001)}}));
    EXPECT_TRUE(transport.take<protocol::Revalidate>().empty());
}

TEST_F(History, aPositionThatTheServerDidNotCountExactlyIsCountedHere)
{
    goLiveFarAhead();
    // Of a server that does not say at which head it counted: two more there than here.
    say(protocol::ReadState{kRoom, Seq(500), Seq(1'000), 502, 0});
    const auto asked = transport.take<protocol::HistoryRequest>();
    ASSERT_EQ(asked.size(), 1U);
    EXPECT_EQ(asked[0].anchor, protocol::HistoryRequest::Anchor::Around);
    EXPECT_EQ(asked[0].seq, Seq(500));
    auto response = page(asked[0].req, 499, 501, 1'000);
    response.messages = {message(499, "a"), message(500, "b"), message(501, "c")};
    say(response);
    EXPECT_EQ(screen.rooms[kRoom].unread, 500);
    EXPECT_TRUE(transport.take<protocol::HistoryRequest>().empty());
}

TEST_F(History, oldRangesOfAnOpenRoomAreRevalidatedWhenAGapWasTooLarge)
{
    fillLog(3);
    goLive(3);
    engine->openRoom(kRoom);
    comeBackFarBehind();
    const auto revalidate = transport.take<protocol::Revalidate>();
    ASSERT_EQ(revalidate.size(), 1U);
    EXPECT_EQ(revalidate[0].lo, Seq(1));
    EXPECT_EQ(revalidate[0].hi, Seq(3));
}

TEST_F(History, oldRangesAreRevalidatedWhenTheRoomIsOpened)
{
    fillLog(3);
    goLive(3);
    comeBackFarBehind();
    EXPECT_TRUE(transport.take<protocol::Revalidate>().empty());
    engine->openRoom(kRoom);
    const auto revalidate = transport.take<protocol::Revalidate>();
    ASSERT_EQ(revalidate.size(), 1U);
    EXPECT_EQ(revalidate[0].lo, Seq(1));
    EXPECT_EQ(revalidate[0].hi, Seq(3));
    EXPECT_EQ(revalidate[0].since, Seq(3));
    auto changed = message(2, "changed meanwhile");
    changed.rev = Rev(4'000);
    say(protocol::RevalidateResponse{
        revalidate[0].req, kRoom, Seq(1), Seq(3), Seq(5'000), {changed}, false});
    EXPECT_EQ(screen.bodies(), (Strings{"m1", "changed meanwhile", "m3", "[4-4999]", "z"}));
}

TEST_F(History, answerToNothingThatWasAskedClaimsNothing)
{
    goLiveFarAhead();
    auto response = page(RequestId("forged"), 1, 998, 1'000);
    say(response);
    EXPECT_EQ(spans(), (std::vector<offline::Span>{{Seq(999), Seq(1'000), Seq(1'000)}}));
}

TEST_F(History, aFilteredPageIsToldAndLeavesNoTrace)
{
    fillLog(3);
    goLive(3);
    engine->wantFiltered(kRoom, protocol::kFilterMedia, Seq());
    engine->wantFiltered(kRoom, protocol::kFilterMedia, Seq()); // asked for once
    const auto asked = transport.take<protocol::HistoryRequest>();
    ASSERT_EQ(asked.size(), 1U);
    EXPECT_EQ(asked[0].filter, protocol::kFilterMedia);
    const auto before = spans();
    auto response = page(asked[0].req, 1, 90, 90);
    response.messages = {message(50, "picture")};
    response.hasMore = true;
    say(response);
    ASSERT_EQ(screen.filtered.size(), 1U);
    EXPECT_EQ(screen.filtered[0].messages.at(0).body, "picture");
    EXPECT_TRUE(screen.filtered[0].hasMore);
    EXPECT_EQ(screen.filtered[0].before, Seq(1));
    EXPECT_EQ(spans(), before);
    EXPECT_EQ(screen.bodies(), (Strings{"m1", "m2", "m3"}));
}

TEST_F(History, requestSurvivesALostConnection)
{
    goLiveFarAhead();
    engine->wantHistory(kRoom, Seq(999));
    transport.take<protocol::HistoryRequest>();
    drop();
    engine->retryNow();
    hello();
    say(welcomeFrame());
    EXPECT_EQ(transport.take<protocol::HistoryRequest>().size(), 1U);
}

} // namespace skein::engine::test
