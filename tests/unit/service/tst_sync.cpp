// Catching up: welcome's list of changed rooms, log ranges, history pages, revalidation, epochs.
#include "tests/unit/service/world.h"

#include <map>
#include <set>

using namespace skein;
using namespace skein::server;
using namespace skein::server::testing;

namespace
{

ServiceConfig unlimited()
{
    ServiceConfig config;
    config.enforceRateLimits = false;
    config.limits.sendWindow = 10'000;
    return config;
}

void sayMany(Client& who, const RoomId& room, int count, const std::string& body = "text")
{
    for (int i = 0; i < count; ++i)
        who.queue(who.message(room, body));
    who.world.settle();
}

SyncRoom sync(Client& who, const RoomId& room, Seq since, std::int64_t limit = 200,
              Epoch epoch = Epoch(1))
{
    SyncRequest frame;
    frame.req = RequestId("s");
    frame.limit = limit;
    frame.rooms = {{room, epoch, since}};
    who.clear();
    who.send(frame);
    const auto response = who.last<SyncResponse>();
    if (!response || response->rooms.size() != 1) {
        ADD_FAILURE() << "no answer";
        return {};
    }
    return response->rooms[0];
}

HistoryResponse history(Client& who, const RoomId& room, HistoryRequest::Anchor anchor, Seq seq,
                        std::int64_t limit)
{
    HistoryRequest frame;
    frame.req = RequestId("h");
    frame.room = room;
    frame.anchor = anchor;
    frame.seq = seq;
    frame.limit = limit;
    who.clear();
    who.send(frame);
    const auto response = who.last<HistoryResponse>();
    if (!response) {
        ADD_FAILURE() << "no answer";
        return {};
    }
    return *response;
}

std::vector<Seq> seqs(const std::vector<Event>& events)
{
    std::vector<Seq> all;
    for (const Event& event : events)
        all.push_back(event.seq);
    return all;
}

std::vector<Seq> range(std::int64_t lo, std::int64_t hi)
{
    std::vector<Seq> all;
    for (std::int64_t seq = lo; seq <= hi; ++seq)
        all.emplace_back(seq);
    return all;
}

} // namespace

TEST(Sync, aCursorWalksTheWholeLogAndNeverSkips)
{
    Cast cast(unlimited());
    sayMany(cast.owner, cast.room, 500);
    Seq since;
    std::vector<Seq> seen;
    for (int page = 0; page < 10; ++page) {
        const SyncRoom room = sync(cast.member, cast.room, since, 100);
        EXPECT_EQ(room.lo, since.next());
        EXPECT_EQ(room.head, Seq(502));
        EXPECT_FALSE(room.limited);
        for (const Seq seq : seqs(room.events))
            seen.push_back(seq);
        EXPECT_EQ(cast.member.last<SyncResponse>()->more, room.hi < room.head);
        since = room.hi;
        if (since == room.head)
            break;
    }
    EXPECT_EQ(seen, range(1, 502));
    const SyncRoom nothing = sync(cast.member, cast.room, Seq(502));
    EXPECT_TRUE(nothing.events.empty());
    EXPECT_EQ(nothing.hi, Seq(502));
}

TEST(Sync, aLargeGapGivesTheNewestPageAndStatesTheHole)
{
    Cast cast(unlimited());
    sayMany(cast.owner, cast.room, 1'200);
    const SyncRoom room = sync(cast.member, cast.room, Seq(10), 50);
    EXPECT_TRUE(room.limited);
    EXPECT_EQ(room.hi, room.head);
    EXPECT_EQ(room.lo, Seq(1'202 - 49));
    EXPECT_EQ(seqs(room.events), range(1'202 - 49, 1'202));
    // A gap at the bound is still walked.
    EXPECT_FALSE(sync(cast.member, cast.room, Seq(202), 50).limited);
}

TEST(Sync, aPageIsCutByBytesAndTheRestIsLeftForTheNext)
{
    Cast cast(unlimited());
    const RoomId second = cast.owner.makeRoom({"member"}, RoomKind::General, "Second");
    sayMany(cast.owner, cast.room, 30, std::string(15'000, 'x'));
    sayMany(cast.owner, second, 2);
    SyncRequest frame;
    frame.req = RequestId("s");
    frame.rooms = {{cast.room, Epoch(1), Seq()}, {second, Epoch(1), Seq()}};
    cast.member.clear();
    cast.member.send(frame);
    const auto response = cast.member.last<SyncResponse>();
    ASSERT_TRUE(response);
    EXPECT_TRUE(response->more);
    ASSERT_EQ(response->rooms.size(), 1u); // the second did not fit and is absent
    EXPECT_LT(response->rooms[0].hi, response->rooms[0].head);
    EXPECT_EQ(seqs(response->rooms[0].events), range(1, response->rooms[0].hi.value()));
    EXPECT_LE(cast.world.wire.got[cast.member.conn].back().text.size(), kServerFrameBytesMax);
    // A body of control characters, six bytes each on the wire, does not break the bound.
    sayMany(cast.owner, second, 30, std::string(10'000, '\x01'));
    const SyncRoom control = sync(cast.member, second, Seq());
    EXPECT_LT(control.hi, control.head);
    EXPECT_LE(cast.world.wire.got[cast.member.conn].back().text.size(), kServerFrameBytesMax);
}

TEST(Sync, anEpochOfAnotherGenerationIsAnsweredWithTheCurrentOne)
{
    Cast cast(unlimited());
    sayMany(cast.owner, cast.room, 3);
    cast.world.nextGeneration = 1'700'000'000'000; // the operator restored a backup
    cast.world.restart();
    cast.member.hello();
    const SyncRoom lost = sync(cast.member, cast.room, Seq(3));
    EXPECT_EQ(lost.error, ErrorCode::StateLost);
    EXPECT_EQ(lost.epoch, Epoch(1'700'000'000'000));
    EXPECT_EQ(lost.base, Seq(5));
    EXPECT_EQ(lost.head, Seq(5));
    EXPECT_TRUE(lost.events.empty());
    EXPECT_EQ(seqs(sync(cast.member, cast.room, Seq(), 200, Epoch(2)).events), range(1, 5));
    // A cursor that is ahead of the log is of a lost one, too.
    EXPECT_EQ(sync(cast.member, cast.room, Seq(99), 200, Epoch(2)).error, ErrorCode::StateLost);
}

TEST(Sync, historyPagesStateWhatTheyCover)
{
    using Anchor = HistoryRequest::Anchor;
    Cast cast(unlimited());
    sayMany(cast.owner, cast.room, 10); // seq 3 … 12
    auto page = history(cast.member, cast.room, Anchor::Before, Seq(), 4);
    EXPECT_EQ(seqs(page.messages), range(9, 12));
    EXPECT_EQ(page.lo, Seq(9));
    EXPECT_EQ(page.hi, Seq(12));
    EXPECT_EQ(page.asOf, Seq(12));
    EXPECT_TRUE(page.hasMore);
    page = history(cast.member, cast.room, Anchor::Before, page.lo, 100);
    EXPECT_EQ(seqs(page.messages), range(3, 8));
    EXPECT_EQ(page.lo, Seq(1)); // nothing older exists, so all of it is covered
    EXPECT_EQ(page.hi, Seq(8));
    EXPECT_FALSE(page.hasMore);
    page = history(cast.member, cast.room, Anchor::After, Seq(5), 3);
    EXPECT_EQ(seqs(page.messages), range(6, 8));
    EXPECT_EQ(page.lo, Seq(6));
    EXPECT_EQ(page.hi, Seq(8));
    EXPECT_TRUE(page.hasMore);
    page = history(cast.member, cast.room, Anchor::After, Seq(8), 10);
    EXPECT_EQ(page.hi, Seq(12));
    EXPECT_FALSE(page.hasMore);
    page = history(cast.member, cast.room, Anchor::Around, Seq(7), 4);
    EXPECT_EQ(seqs(page.messages), range(6, 9));
    EXPECT_EQ(page.lo, Seq(6));
    EXPECT_EQ(page.hi, Seq(9));
    EXPECT_TRUE(page.hasMore);

    const RoomId quiet = cast.owner.makeRoom({"member"});
    page = history(cast.member, quiet, Anchor::Before, Seq(), 10);
    EXPECT_TRUE(page.messages.empty());
    EXPECT_FALSE(page.hasMore);
}

TEST(Sync, revalidateGivesWhatChangedInARangeAndNothingElse)
{
    Cast cast(unlimited());
    sayMany(cast.owner, cast.room, 10); // 3 … 12
    const Seq asOf(12);
    MessageEdit edit;
    edit.room = cast.room;
    edit.body = "changed";
    for (const Seq target : {Seq(4), Seq(9), Seq(11)}) {
        edit.tempId = cast.owner.temp();
        edit.target = target;
        cast.owner.send(edit);
    }
    Revalidate frame;
    frame.req = RequestId("r");
    frame.room = cast.room;
    frame.lo = Seq(3);
    frame.hi = Seq(10);
    frame.since = asOf;
    cast.member.send(frame);
    const auto response = cast.member.last<RevalidateResponse>();
    ASSERT_TRUE(response);
    EXPECT_EQ(seqs(response->messages), (std::vector<Seq>{Seq(4), Seq(9)}));
    EXPECT_EQ(response->messages[0].body, "changed");
    EXPECT_EQ(response->lo, Seq(3));
    EXPECT_EQ(response->hi, Seq(10));
    EXPECT_EQ(response->asOf, Seq(15));
    EXPECT_FALSE(response->hasMore);
}

TEST(Sync, welcomeListsTheRoomsThatChangedSinceTheToken)
{
    Cast cast(unlimited());
    std::vector<RoomId> rooms;
    for (int i = 0; i < 40; ++i)
        rooms.push_back(cast.owner.makeRoom({"member"}));
    cast.world.advance(1'000);
    cast.member.drop();
    cast.member.hello();
    const auto all = cast.member.last<Welcome>();
    ASSERT_TRUE(all);
    EXPECT_EQ(all->dirty.size(), 41u); // no token: everything
    EXPECT_EQ(all->dirty[0].room, rooms.back());
    cast.member.drop();
    sayMany(cast.owner, rooms[3], 30);
    cast.world.advance(1);
    sayMany(cast.owner, rooms[7], 2);
    cast.world.restart(); // the serial does not start again
    cast.owner.hello();
    cast.member.hello({}, all->syncToken);
    const auto some = cast.member.last<Welcome>();
    ASSERT_TRUE(some);
    // It may report a little more, never less; and the newest comes first.
    ASSERT_GE(some->dirty.size(), 2u);
    EXPECT_LE(some->dirty.size(), 2u + 16u);
    EXPECT_EQ(some->dirty[0].room, rooms[7]);
    EXPECT_EQ(some->dirty[0].unread, 2);
    EXPECT_EQ(some->dirty[1].room, rooms[3]);
    EXPECT_EQ(some->dirty[1].unread, 30);
    EXPECT_EQ(some->dirty[1].head, Seq(31));
    EXPECT_NE(some->syncToken, all->syncToken);
    EXPECT_FALSE(some->more);

    cast.member.drop();
    cast.member.hello({}, SyncToken("t999999999")); // of a database that is gone
    EXPECT_EQ(cast.member.last<Welcome>()->dirty.size(), 41u);
    cast.member.drop();
    cast.member.hello({}, SyncToken("rubbish"));
    EXPECT_EQ(cast.member.last<Welcome>()->dirty.size(), 41u);
}

TEST(Sync, moreRoomsThanAFrameTakesComeAfterwards)
{
    Cast cast(unlimited());
    for (std::size_t i = 0; i < kDirtyPerFrameMax + 250; ++i)
        cast.owner.makeRoom({"member"});
    cast.member.drop();
    cast.member.hello();
    const auto welcome = cast.member.last<Welcome>();
    ASSERT_TRUE(welcome);
    EXPECT_EQ(welcome->dirty.size(), kDirtyPerFrameMax);
    EXPECT_TRUE(welcome->more);
    cast.world.advance(1'000);
    std::set<std::string> seen;
    for (const RoomHead& head : welcome->dirty)
        seen.insert(head.room.str());
    for (const RoomDirty& dirty : cast.member.all<RoomDirty>())
        seen.insert(dirty.head.room.str());
    EXPECT_EQ(seen.size(), kDirtyPerFrameMax + 251);
}

TEST(Sync, aPongNamesForAWhileTheRoomsThatHaveBecomeSummaries)
{
    Cast cast(unlimited());
    const RoomId quiet = cast.owner.makeRoom({"member"});
    cast.owner.hello();
    cast.member.hello({{cast.room, Epoch(1), Seq(1)}, {quiet, Epoch(1), Seq(1)}});
    const auto named = [&cast] {
        cast.world.advance(10'000);
        cast.owner.send(Ping{7}); // a sign of life
        cast.member.send(Ping{7});
        std::map<RoomId, Seq> heads;
        const auto pong = cast.member.last<Pong>();
        for (const protocol::RoomHi& one : pong->heads)
            heads[one.room] = one.head;
        return heads;
    };
    EXPECT_EQ(named().size(), 2u);
    const Seq head = cast.owner.say(quiet, "lost on its way").seq;
    cast.member.send(UnsubscribeRoom{quiet});
    EXPECT_EQ(named()[quiet], head);
    EXPECT_EQ(named()[quiet], head) << "one pong may be lost, too";
    for (int i = 3; i < 12; ++i)
        EXPECT_EQ(named().count(quiet), 1u);
    EXPECT_EQ(named().count(quiet), 0u) << "not for ever";
    EXPECT_EQ(named().count(cast.room), 1u);
    // Not to somebody who has left it meanwhile.
    cast.member.send(UnsubscribeRoom{cast.room});
    EXPECT_EQ(named().count(cast.room), 1u);
    MemberSet out;
    out.room = cast.room;
    out.tempId = cast.owner.temp();
    out.user = cast.member.user;
    cast.owner.send(out);
    EXPECT_EQ(named().count(cast.room), 0u);
}

TEST(Sync, roomsOpenAtHelloAreLiveAtOnceAndReportedWhenTheyMoved)
{
    Cast cast(unlimited());
    const RoomId quiet = cast.owner.makeRoom({"member"});
    cast.world.advance(1'000);
    cast.member.drop();
    cast.member.hello();
    const SyncToken token = cast.member.last<Welcome>()->syncToken;
    cast.member.drop();
    for (int i = 0; i < 20; ++i)
        cast.owner.makeRoom({}); // leaves both rooms behind the overlap of the token
    cast.owner.hello();
    cast.owner.drop();
    cast.member.hello({{cast.room, Epoch(1), Seq(1)},
                       {quiet, Epoch(1), Seq(1)},
                       {RoomId("gone"), Epoch(1), Seq(1)}},
                      token);
    bool reported = false;
    const Welcome welcome = *cast.member.last<Welcome>();
    for (const RoomHead& head : welcome.dirty)
        reported = reported || head.room == cast.room;
    EXPECT_TRUE(reported); // head is 2, the client said 1
    ASSERT_EQ(cast.member.all<RoomRemoved>().size(), 1u);
    EXPECT_EQ(cast.member.last<RoomRemoved>()->room, RoomId("gone"));
    cast.owner.hello();
    cast.owner.say(quiet, "live");
    ASSERT_TRUE(cast.member.last<LogEntry>());
    EXPECT_EQ(cast.member.last<LogEntry>()->event.room, quiet);
    Ping ping{7};
    cast.member.send(ping);
    const auto pong = cast.member.last<Pong>();
    ASSERT_TRUE(pong);
    EXPECT_EQ(pong->t, 7);
    EXPECT_EQ(pong->heads.size(), 2u);
    // Probes come by the second; the heads need not.
    cast.member.clear();
    cast.member.send(ping);
    ASSERT_TRUE(cast.member.last<Pong>());
    EXPECT_TRUE(cast.member.last<Pong>()->heads.empty());
    cast.world.advance(10'000);
    cast.member.send(ping);
    EXPECT_EQ(cast.member.last<Pong>()->heads.size(), 2u);
    // A flood is not answered for ever, and a pause ends it.
    cast.member.clear();
    for (int i = 0; i < 100; ++i)
        cast.member.send(ping);
    EXPECT_LE(cast.member.all<Pong>().size(), 10u);
    cast.world.advance(1'000);
    cast.member.clear();
    cast.member.send(ping);
    EXPECT_TRUE(cast.member.last<Pong>());
}

TEST(Sync, aRoomThatWasLeftMeanwhileIsToldAtTheNextHello)
{
    Cast cast;
    cast.member.drop();
    cast.member.hello();
    const SyncToken token = cast.member.last<Welcome>()->syncToken;
    cast.member.drop();
    MemberSet remove;
    remove.room = cast.room;
    remove.tempId = cast.owner.temp();
    remove.user = cast.member.user;
    cast.owner.send(remove);
    cast.world.restart();
    cast.member.hello({}, token);
    ASSERT_TRUE(cast.member.last<RoomRemoved>());
    EXPECT_EQ(cast.member.last<RoomRemoved>()->room, cast.room);
    EXPECT_TRUE(cast.member.last<Welcome>()->dirty.empty());
}

TEST(Sync, tempIdsAreOnlyForTheDevicesOfTheirSender)
{
    Cast cast;
    const MessageSend frame = cast.owner.message(cast.room, "mine");
    cast.owner.send(frame);
    EXPECT_TRUE(sync(cast.member, cast.room, Seq(2)).events.at(0).tempId.empty());
    EXPECT_EQ(sync(cast.owner, cast.room, Seq(2)).events.at(0).tempId, frame.tempId);
}

HistoryResponse filtered(Client& who, const RoomId& room, const std::string& filter, Seq before,
                         std::int64_t limit)
{
    HistoryRequest frame;
    frame.req = RequestId("f");
    frame.room = room;
    frame.seq = before;
    frame.limit = limit;
    frame.filter = filter;
    who.clear();
    who.send(frame);
    return who.last<HistoryResponse>().value_or(HistoryResponse());
}

TEST(Sync, filteredPagesHaveWhatPassesAndNothingElse)
{
    Cast cast(unlimited());
    std::vector<Seq> images;
    for (int i = 0; i < 6; ++i) {
        cast.owner.say(cast.room, "text");
        MessageSend image = cast.owner.message(cast.room, "picture");
        image.kind = Kind::Image;
        cast.owner.send(image);
        images.push_back(cast.owner.outcome(image.tempId).seq);
    }
    const Seq pinned = images[1].previous();
    for (const Seq target : {pinned, images[4]}) {
        PinSet pin{cast.room, cast.owner.temp(), target, true};
        cast.owner.send(pin);
    }
    MessageDelete gone;
    gone.room = cast.room;
    gone.tempId = cast.owner.temp();
    gone.target = images[5];
    cast.owner.send(gone);
    images.pop_back();

    auto page = filtered(cast.member, cast.room, kFilterMedia, Seq(), 3);
    EXPECT_EQ(seqs(page.messages), std::vector(images.end() - 3, images.end()));
    EXPECT_TRUE(page.hasMore);
    page = filtered(cast.member, cast.room, kFilterMedia, page.lo, 10);
    EXPECT_EQ(seqs(page.messages), std::vector(images.begin(), images.end() - 3));
    EXPECT_FALSE(page.hasMore);
    page = filtered(cast.member, cast.room, kFilterPinned, Seq(), 10);
    EXPECT_EQ(seqs(page.messages), (std::vector{pinned, images[4]}));

    PinSet unpin{cast.room, cast.owner.temp(), pinned, false};
    cast.owner.send(unpin);
    page = filtered(cast.member, cast.room, kFilterPinned, Seq(), 10);
    EXPECT_EQ(seqs(page.messages), std::vector{images[4]});

    filtered(cast.member, cast.room, "starred", Seq(), 10);
    EXPECT_EQ(cast.member.last<ErrorFrame>()->code, ErrorCode::BadField);
    filtered(cast.stranger, cast.room, kFilterPinned, Seq(), 10);
    EXPECT_EQ(cast.stranger.last<ErrorFrame>()->code, ErrorCode::NotFound);
}

TEST(Sync, aFilteredPageCostsTheSameInALongHistory)
{
    Cast cast(unlimited());
    MessageSend image = cast.owner.message(cast.room, "picture");
    image.kind = Kind::Image;
    cast.owner.send(image);
    const auto cost = [&] {
        const std::int64_t before = cast.world.storage->statementsExecuted();
        EXPECT_EQ(filtered(cast.member, cast.room, kFilterMedia, Seq(), 10).messages.size(), 1U);
        EXPECT_TRUE(filtered(cast.member, cast.room, kFilterPinned, Seq(), 10).messages.empty());
        return cast.world.storage->statementsExecuted() - before;
    };
    const std::int64_t early = cost();
    EXPECT_EQ(early, 4); // a head and the rows, for each
    sayMany(cast.owner, cast.room, 900);
    EXPECT_EQ(cost(), early);
}

TEST(Sync, aTokenOfAnotherGenerationCountsAsNone)
{
    Cast cast(unlimited());
    sayMany(cast.owner, cast.room, 3);
    cast.member.drop();
    cast.member.hello();
    const SyncToken token = cast.member.last<Welcome>()->syncToken;
    cast.world.nextGeneration = 1'700'000'000'000;
    cast.world.restart();
    // The log goes on beyond what the token has seen, so its number alone would be believed.
    cast.owner.hello();
    sayMany(cast.owner, cast.room, 100);
    const RoomId quiet = cast.owner.makeRoom({"member"});
    cast.member.hello({}, token);
    const auto welcome = cast.member.last<Welcome>();
    ASSERT_EQ(welcome->dirty.size(), 2U);
    for (const RoomHead& head : welcome->dirty)
        EXPECT_EQ(head.base, head.room == quiet ? std::nullopt : std::optional(Seq(5)));
    cast.member.drop();
    cast.member.hello({}, welcome->syncToken);
    EXPECT_LT(cast.member.last<Welcome>()->dirty.size(), 3U);
}

TEST(Sync, moreRoomsThanMayBeInFullKeepTheFirstOnesInFull)
{
    ServiceConfig config = unlimited();
    config.limits.fullSubscriptions = 1;
    Cast cast(config);
    const RoomId second = cast.owner.makeRoom({"member"});
    cast.member.hello({{cast.room, Epoch(1), Seq(2)}, {second, Epoch(1), Seq(1)}});
    cast.member.clear();
    cast.owner.say(cast.room, "in full");
    cast.owner.say(second, "in summary");
    cast.world.advance(1'000);
    ASSERT_EQ(cast.member.all<LogEntry>().size(), 1U);
    EXPECT_EQ(cast.member.last<LogEntry>()->event.room, cast.room);
    EXPECT_EQ(cast.member.last<RoomDirty>()->head.room, second);
}

TEST(Sync, statementsPerPageDoNotGrowWithTheHistory)
{
    Cast cast(unlimited());
    const auto cost = [&] {
        const std::int64_t before = cast.world.storage->statementsExecuted();
        sync(cast.member, cast.room, Seq(1), 10);
        history(cast.member, cast.room, HistoryRequest::Anchor::Before, Seq(), 10);
        return cast.world.storage->statementsExecuted() - before;
    };
    sayMany(cast.owner, cast.room, 20);
    cast.world.advance(1'000);
    const std::int64_t early = cost();
    EXPECT_EQ(early, 4); // a head and the rows, for each
    sayMany(cast.owner, cast.room, 900);
    cast.world.advance(1'000);
    EXPECT_EQ(cost(), early);
}

TEST(Sync, aResumeReadsNothingFromTheDisk)
{
    Cast cast;
    cast.member.drop();
    cast.world.advance(20'000);
    const std::int64_t before = cast.world.storage->statementsExecuted();
    cast.member.hello({{cast.room, Epoch(1), Seq(2)}}, SyncToken("t1"));
    EXPECT_TRUE(cast.member.last<Welcome>());
    EXPECT_EQ(cast.world.storage->statementsExecuted(), before);
}
