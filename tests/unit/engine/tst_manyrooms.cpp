// More than one room: who is subscribed to in full, what is fetched first, what is asked about
// rooms that nobody introduced, and what the log says about a room and its members.
#include "world.h"

#include <set>

namespace skein::engine::test
{

using protocol::RoomsRequest;
using protocol::SubscribeRoom;
using protocol::SyncRequest;
using protocol::UnsubscribeRoom;

class ManyRooms : public World
{
protected:
    static RoomId idOf(int number) { return RoomId("room-" + std::to_string(1'000 + number)); }
    protocol::RoomInfo infoOf(int number, std::int64_t headSeq = 0) const
    {
        protocol::RoomInfo room = info(headSeq);
        room.head.room = idOf(number);
        room.activeTs = 1'000 + number;
        return room;
    }
    /// Signed in with `count` rooms, the highest number the most recent.
    void goLiveWith(int count, std::int64_t fullSubscriptions, std::int64_t headSeq = 0)
    {
        limits.fullSubscriptions = fullSubscriptions;
        engine->start();
        signIn();
        std::vector<protocol::RoomInfo> rooms;
        for (int i = 0; i < count; ++i)
            rooms.push_back(infoOf(i, headSeq));
        // The list comes in pages.
        constexpr std::size_t kPage = 100;
        for (std::size_t from = 0; from < rooms.size(); from += kPage) {
            const std::size_t to = std::min(rooms.size(), from + kPage);
            const auto asked = transport.take<RoomsRequest>();
            ASSERT_EQ(asked.size(), 1U);
            say(protocol::RoomsResponse{asked[0].req,
                                        {rooms.begin() + static_cast<std::ptrdiff_t>(from),
                                         rooms.begin() + static_cast<std::ptrdiff_t>(to)},
                                        to < rooms.size(),
                                        "page"});
        }
    }
    void signIn()
    {
        hello();
        auto frame = welcomeFrame();
        frame.limits.fullSubscriptions = limits.fullSubscriptions;
        say(frame);
    }
    protocol::Limits limits;
};

TEST_F(ManyRooms, onlySoManyAreSubscribedInFullAndTheOneOnScreenTakesTheQuietestsPlace)
{
    goLiveWith(4, 2);
    auto subscribed = transport.take<SubscribeRoom>();
    ASSERT_EQ(subscribed.size(), 2U);
    engine->openRoom(idOf(3));
    auto left = transport.take<UnsubscribeRoom>();
    ASSERT_EQ(left.size(), 1U);
    EXPECT_EQ(left[0].room, idOf(0)) << "the quietest of the two";
    subscribed = transport.take<SubscribeRoom>();
    ASSERT_EQ(subscribed.size(), 1U);
    EXPECT_EQ(subscribed[0].room, idOf(3));
    engine->openRoom(idOf(2));
    EXPECT_EQ(transport.take<UnsubscribeRoom>().at(0).room, idOf(1));
    // Both places are on screen now: the third has to do with the summary.
    transport.sent.clear();
    engine->openRoom(idOf(1));
    EXPECT_TRUE(transport.take<UnsubscribeRoom>().empty());
    EXPECT_TRUE(transport.take<SubscribeRoom>().empty());
    engine->closeRoom(idOf(2));
    engine->openRoom(idOf(1));
    EXPECT_EQ(transport.take<UnsubscribeRoom>().at(0).room, idOf(2));
    // The next connection begins with those on screen.
    drop();
    engine->retryNow();
    signIn();
    const auto open = transport.take<protocol::Hello>().at(0).open;
    ASSERT_EQ(open.size(), 2U);
    EXPECT_EQ(open[0].room, idOf(3));
    EXPECT_EQ(open[1].room, idOf(1));
}

TEST_F(ManyRooms, aHundredRoomsAreAskedForInOneRequestAndTheRestBesideIt)
{
    goLiveWith(130, 128, 1);
    auto asked = transport.take<SyncRequest>();
    ASSERT_EQ(asked.size(), 2U);
    ASSERT_EQ(asked[0].rooms.size(), protocol::kRoomsPerFrameMax);
    EXPECT_EQ(asked[1].rooms.size(), 30U);
    EXPECT_EQ(asked[1].rooms[0].room, idOf(129));
    EXPECT_EQ(asked[0].rooms[0].room, idOf(99)) << "the most recent one of the first page";
    // Of these the last two did not fit into the answer.
    protocol::SyncResponse response;
    response.req = asked[0].req;
    for (std::size_t i = 0; i + 2 < asked[0].rooms.size(); ++i) {
        protocol::Event event = message(1, "m");
        event.room = asked[0].rooms[i].room;
        response.rooms.push_back(
            {event.room, Epoch(1), Seq(1), Seq(1), Seq(1), Ord(1), false, {event}, {}});
    }
    response.more = true;
    const RoomId cut = asked[0].rooms[98].room;
    say(response);
    asked = transport.take<SyncRequest>();
    ASSERT_EQ(asked.size(), 1U);
    EXPECT_EQ(asked[0].rooms.size(), 2U);
    EXPECT_EQ(std::count_if(asked[0].rooms.begin(), asked[0].rooms.end(),
                            [&](const auto& cursor) { return cursor.room == cut; }),
              1);
    EXPECT_EQ(engine->link().link, Link::CatchingUp);
}

TEST_F(ManyRooms, neverSeenRoomsBeyondTheFirstTwoHundredAreFetchedWhenTheyAreOpened)
{
    goLiveWith(210, 128, 1);
    std::set<RoomId> asked;
    for (int i = 0; i < 5; ++i) {
        for (const auto& request : transport.take<SyncRequest>()) {
            protocol::SyncResponse response;
            response.req = request.req;
            for (const auto& cursor : request.rooms) {
                asked.insert(cursor.room);
                protocol::Event event = message(1, "m");
                event.room = cursor.room;
                response.rooms.push_back(
                    {cursor.room, Epoch(1), Seq(1), Seq(1), Seq(1), Ord(1), false, {event}, {}});
            }
            say(response);
        }
    }
    EXPECT_EQ(asked.size(), 200U);
    EXPECT_EQ(engine->link().link, Link::Live);
    int rest = 0;
    while (asked.contains(idOf(rest)))
        ++rest;
    engine->openRoom(idOf(rest));
    const auto now = transport.take<SyncRequest>();
    ASSERT_EQ(now.size(), 1U);
    EXPECT_EQ(now[0].rooms.at(0).room, idOf(rest));
}

TEST_F(ManyRooms, roomsThatNobodyIntroducedAreAskedForTogether)
{
    goLive();
    for (int i = 0; i < 130; ++i) {
        protocol::RoomHead told = head(0);
        told.room = idOf(i);
        say(protocol::RoomDirty{told, {}});
    }
    auto asked = transport.take<RoomsRequest>();
    ASSERT_EQ(asked.size(), 1U);
    EXPECT_EQ(asked[0].rooms, std::vector<RoomId>{idOf(0)});
    // Introduced otherwise meanwhile: not asked about.
    say(protocol::RoomAdded{infoOf(7)});
    say(protocol::RoomsResponse{asked[0].req, {infoOf(0)}, false, ""});
    asked = transport.take<RoomsRequest>();
    ASSERT_EQ(asked.size(), 1U);
    EXPECT_EQ(asked[0].rooms.size(), protocol::kRoomsPerFrameMax);
    EXPECT_EQ(std::count(asked[0].rooms.begin(), asked[0].rooms.end(), idOf(7)), 0);
    say(protocol::RoomsResponse{asked[0].req, {}, false, ""});
    asked = transport.take<RoomsRequest>();
    ASSERT_EQ(asked.size(), 1U);
    EXPECT_EQ(asked[0].rooms.size(), 28U);
    say(protocol::RoomsResponse{asked[0].req, {}, false, ""});
    EXPECT_TRUE(transport.take<RoomsRequest>().empty());
}

TEST_F(ManyRooms, unknownRoomsOfAWelcomeAreAskedForAHundredAtATime)
{
    goLive();
    drop();
    engine->retryNow();
    hello();
    auto frame = welcomeFrame();
    for (int i = 0; i < 150; ++i) {
        protocol::RoomHead told = head(0);
        told.room = idOf(i);
        frame.dirty.push_back(told);
    }
    say(frame);
    const auto asked = transport.take<RoomsRequest>();
    ASSERT_EQ(asked.size(), 2U);
    EXPECT_EQ(asked[0].rooms.size(), 100U);
    EXPECT_EQ(asked[1].rooms.size(), 50U);
    EXPECT_EQ(engine->link().link, Link::CatchingUp);
    for (const auto& request : asked)
        say(protocol::RoomsResponse{request.req, {}, false, ""});
    EXPECT_EQ(engine->link().link, Link::Live);
}

TEST_F(ManyRooms, membersComeInPages)
{
    goLive();
    engine->openRoom(kRoom);
    auto asked = transport.take<protocol::MembersRequest>();
    ASSERT_EQ(asked.size(), 1U);
    protocol::MemberInfo me;
    me.user = kMe;
    me.name = "Me";
    me.read = Seq(5);
    say(protocol::MembersResponse{asked[0].req, kRoom, {me}, true, "next"});
    EXPECT_TRUE(screen.presence.empty()) << "nobody but us so far";
    asked = transport.take<protocol::MembersRequest>();
    ASSERT_EQ(asked.size(), 1U);
    EXPECT_EQ(asked[0].after, "next");
    // The server says that there is more and not where: not asked for ever.
    say(protocol::MembersResponse{asked[0].req, kRoom, {me}, true, ""});
    EXPECT_TRUE(transport.take<protocol::MembersRequest>().empty());
    engine->openRoom(kRoom);
    EXPECT_TRUE(transport.take<protocol::MembersRequest>().empty()) << "once a connection";
}

TEST_F(ManyRooms, aRoomThatTheServerHasNotGotLeavesAndOneOfAnotherEpochIsFetchedAnew)
{
    goLiveWith(3, 128, 1);
    const auto asked = transport.take<SyncRequest>();
    ASSERT_EQ(asked.size(), 1U);
    ASSERT_EQ(asked[0].rooms.size(), 3U);
    protocol::SyncResponse response;
    response.req = asked[0].req;
    const auto told = [](int number, std::int64_t roomEpoch, std::optional<ErrorCode> error) {
        protocol::SyncRoom room;
        room.room = idOf(number);
        room.epoch = Epoch(roomEpoch);
        room.error = error;
        return room;
    };
    response.rooms = {told(0, 1, ErrorCode::NotFound), told(1, 2, ErrorCode::StateLost),
                      told(2, 1, ErrorCode::Internal)};
    say(response);
    EXPECT_FALSE(screen.rooms.contains(idOf(0)));
    EXPECT_TRUE(screen.rooms.contains(idOf(1)));
    EXPECT_TRUE(screen.rooms.contains(idOf(2)));
    const auto again = transport.take<SyncRequest>();
    ASSERT_EQ(again.size(), 1U);
    ASSERT_EQ(again[0].rooms.size(), 1U);
    EXPECT_EQ(again[0].rooms[0].room, idOf(1));
    EXPECT_EQ(again[0].rooms[0].epoch, Epoch(2));
    EXPECT_EQ(again[0].rooms[0].since, Seq());
}

TEST_F(ManyRooms, aPageOfAnotherEpochThanTheOneKnownIsNotMixedIn)
{
    fillLog(2);
    goLive(2);
    say(protocol::RoomDirty{head(5), {}});
    auto asked = transport.take<SyncRequest>();
    ASSERT_EQ(asked.size(), 1U);
    protocol::SyncRoom room{kRoom, Epoch(2), Seq(3), Seq(3), Seq(3), Ord(3), false, {}, {}};
    room.events = {message(3, "of another log")};
    say(protocol::SyncResponse{asked[0].req, {room}, false});
    EXPECT_TRUE(screen.bodies().empty());
    epoch = 2;
    log = {{1, message(1, "n1")}};
    answerSync();
    EXPECT_EQ(screen.bodies(), std::vector<std::string>{"n1"});
}

TEST_F(ManyRooms, theLogTellsOfNamesTopicsRolesAndMembers)
{
    goLive();
    std::int64_t seq = 0;
    const auto entry = [&](protocol::Kind kind) {
        protocol::Event event = message(++seq, "");
        event.kind = kind;
        event.ord = Ord();
        return event;
    };
    auto event = entry(protocol::Kind::Room);
    event.topic = "Roof";
    event.archived = true;
    say(protocol::LogEntry{event});
    EXPECT_EQ(screen.rooms[kRoom].topic, "Roof");
    EXPECT_TRUE(screen.rooms[kRoom].archived);
    EXPECT_EQ(screen.rooms[kRoom].name, "Room");
    event = entry(protocol::Kind::Member);
    event.member = kMe;
    event.role = protocol::Role::Admin;
    say(protocol::LogEntry{event});
    EXPECT_EQ(screen.rooms[kRoom].role, protocol::Role::Admin);
    event = entry(protocol::Kind::Member);
    event.member = kHer;
    event.role = protocol::Role::Owner;
    event.name = "Her";
    say(protocol::LogEntry{event});
    EXPECT_EQ(screen.rooms[kRoom].role, protocol::Role::Admin) << "hers, not ours";
    say(protocol::LogEntry{[&] {
        auto text = message(++seq, "hi");
        text.ord = Ord(1);
        return text;
    }()});
    EXPECT_EQ(screen.rooms[kRoom].last->senderName, "Her");
    for (std::int64_t left : {1, 0, 0}) {
        event = entry(protocol::Kind::Member);
        event.member = kHer;
        say(protocol::LogEntry{event});
        EXPECT_EQ(screen.rooms[kRoom].members, left);
    }
    // A kind of a later version keeps its place and changes nothing.
    event = entry(protocol::Kind::Unknown);
    say(protocol::LogEntry{event});
    EXPECT_TRUE(transport.take<SyncRequest>().empty()) << "no gap";
    EXPECT_EQ(screen.bodies(), std::vector<std::string>{"hi"});
}

TEST_F(ManyRooms, aDirectRoomIsNotRenamedByItsLog)
{
    engine->start();
    hello();
    say(welcomeFrame());
    auto direct = info(0);
    direct.kind = protocol::RoomKind::Direct;
    direct.name = "Her";
    answerRooms({direct});
    protocol::Event event = message(1, "");
    event.kind = protocol::Kind::Room;
    event.name = "Something";
    say(protocol::LogEntry{event});
    EXPECT_EQ(screen.rooms[kRoom].name, "Her");
}

TEST_F(ManyRooms, mentionsAreAsManyAsTheServerCountsUntilTheyAreRead)
{
    goLive();
    std::int64_t count = 0;
    for (std::int64_t seq = 1; seq <= 3; ++seq) {
        auto event = message(seq, "you");
        if (seq != 2) {
            event.mentions = {kHer, kMe};
            ++count;
        }
        say(protocol::LogEntry{event});
        if (seq != 2)
            say(protocol::ReadState{kRoom, Seq(), Seq(), seq, count, Ord(seq)});
    }
    EXPECT_EQ(screen.rooms[kRoom].mentions, 2);
    // Missed, counted with the head, and then brought by the catch-up: once.
    fillLog(4);
    log[4].mentions = {kMe};
    drop();
    engine->retryNow();
    hello();
    auto welcome = welcomeFrame();
    welcome.dirty = {head(4, 0, 4)};
    welcome.dirty[0].mentions = 3;
    say(welcome);
    answerSync();
    EXPECT_EQ(screen.rooms[kRoom].mentions, 3);
    engine->markRead(kRoom, Seq(99)); // no further than there is
    EXPECT_EQ(screen.rooms[kRoom].mentions, 0);
    EXPECT_EQ(screen.rooms[kRoom].read, Seq(4));
    engine->markRead(kRoom, Seq(2));
    EXPECT_EQ(screen.rooms[kRoom].read, Seq(4)) << "never back";
}

TEST_F(ManyRooms, anOlderSummaryTakesNothingBack)
{
    fillLog(3);
    goLive(3);
    EXPECT_EQ(screen.rooms[kRoom].unread, 3);
    const auto preview = [](std::int64_t seq, const std::string& text) {
        return protocol::Preview{Seq(seq), kHer, "Her", {}, text, 1'000 + seq};
    };
    say(protocol::RoomDirty{head(2, 2, 0), preview(2, "older")});
    EXPECT_EQ(screen.rooms[kRoom].last->text, "m3");
    EXPECT_EQ(screen.rooms[kRoom].read, Seq(2)) << "read elsewhere meanwhile, that is news";
    EXPECT_EQ(screen.rooms[kRoom].unread, 1);
    say(protocol::RoomDirty{head(2, 1, 1), {}});
    EXPECT_EQ(screen.rooms[kRoom].read, Seq(2));
    say(protocol::RoomDirty{head(4, 2, 2), preview(4, "newer")});
    EXPECT_EQ(screen.rooms[kRoom].last->text, "newer");
    EXPECT_EQ(screen.rooms[kRoom].unread, 2);
    auto again = info(3);
    again.last = preview(3, "m3");
    say(protocol::RoomAdded{again});
    EXPECT_EQ(screen.rooms[kRoom].last->text, "newer");
}

TEST_F(ManyRooms, aWalkThatIsCutShortKeepsWhatItDidNotName)
{
    fillLog(1);
    goLive(1);
    drop();
    restartProcess();
    engine->start();
    hello();
    say(welcomeFrame());
    for (const auto& request : transport.take<RoomsRequest>())
        say(protocol::RoomsResponse{request.req, {infoOf(1)}, true, ""});
    EXPECT_EQ(store->rooms().load().size(), 2U);
}

} // namespace skein::engine::test
