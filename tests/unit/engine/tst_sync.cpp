#include "world.h"

#include "sdk/engine/tuning.h"

#include <filesystem>
#include <set>

#include <unistd.h>

namespace skein::engine::test
{

using protocol::Kind;
using protocol::LogEntry;
using protocol::SyncRequest;
using Strings = std::vector<std::string>;

class Sync : public World
{
};

TEST_F(Sync, liveMessageInOrderIsShownAndMovesTheCursor)
{
    goLive();
    say(LogEntry{message(1, "a")});
    say(LogEntry{message(2, "b")});
    EXPECT_EQ(screen.bodies(), (Strings{"a", "b"}));
    EXPECT_TRUE(transport.take<SyncRequest>().empty());
    EXPECT_EQ(screen.rooms[kRoom].unread, 2);
    EXPECT_EQ(screen.rooms[kRoom].last->text, "b");
}

TEST_F(Sync, duplicatesAreHarmless)
{
    goLive();
    for (int i = 0; i < 3; ++i)
        say(LogEntry{message(1, "a")});
    EXPECT_EQ(screen.bodies(), Strings{"a"});
    EXPECT_EQ(screen.rooms[kRoom].unread, 1);
}

TEST_F(Sync, jumpIsShownAtOnceAndItsHoleAskedFor)
{
    fillLog(5);
    goLive(2 /* of 5 */);
    // goLive answers from the whole log.
    say(LogEntry{message(9, "i")});
    EXPECT_EQ(screen.bodies(), (Strings{"m1", "m2", "m3", "m4", "m5", "[6-8]", "i"}));
    const auto asked = transport.take<SyncRequest>();
    ASSERT_EQ(asked.size(), 1U);
    EXPECT_EQ(asked[0].rooms[0].since, Seq(5));
    // Live goes on meanwhile, without a second request.
    say(LogEntry{message(10, "j")});
    EXPECT_TRUE(transport.take<SyncRequest>().empty());
    protocol::SyncRoom room{kRoom, Epoch(1), Seq(6), Seq(8), Seq(9), Ord(9), false, {}, {}};
    room.events = {message(6, "f"), message(7, "g"), message(8, "h")};
    say(protocol::SyncResponse{asked[0].req, {room}, false});
    EXPECT_EQ(screen.bodies(), (Strings{"m1", "m2", "m3", "m4", "m5", "f", "g", "h", "i", "j"}));
    EXPECT_TRUE(transport.take<SyncRequest>().empty());
    drop();
    engine->retryNow();
    hello();
    EXPECT_EQ(transport.take<protocol::Hello>().at(0).open.at(0).hi, Seq(10));
}

TEST_F(Sync, mutationForAMessageStillOnItsWayIsNotLost)
{
    goLive();
    say(LogEntry{message(1, "a")});
    say(LogEntry{editOf(4, 2, "edited")}); // 2 and 3 are missing
    const auto asked = transport.take<SyncRequest>();
    ASSERT_EQ(asked.size(), 1U);
    // The server read the page before the edit was committed.
    protocol::SyncRoom room{kRoom, Epoch(1), Seq(2), Seq(3), Seq(3), Ord(3), false, {}, {}};
    room.events = {message(2, "b"), message(3, "c")};
    say(protocol::SyncResponse{asked[0].req, {room}, false});
    EXPECT_EQ(screen.bodies(), (Strings{"a", "edited", "c"}));
}

TEST_F(Sync, mutationsOfDifferentPartsApplyInAnyOrder)
{
    goLive();
    say(LogEntry{message(1, "a")});
    protocol::Event reaction = mutation(3, Kind::Reaction, 1);
    reaction.reactions = {{"👍", {kHer}}};
    say(LogEntry{reaction});
    const auto asked = transport.take<SyncRequest>();
    ASSERT_EQ(asked.size(), 1U);
    protocol::SyncRoom room{kRoom, Epoch(1), Seq(2), Seq(3), Seq(3), Ord(3), false, {}, {}};
    room.events = {editOf(2, 1, "edited"), reaction};
    say(protocol::SyncResponse{asked[0].req, {room}, false});
    EXPECT_EQ(screen.bodies(), Strings{"edited"});
    EXPECT_EQ(screen.timeline()[0].reactions.size(), 1U);
    EXPECT_EQ(screen.timeline()[0].rev, Rev(3));
}

TEST_F(Sync, olderMutationDoesNotUndoANewerOne)
{
    goLive();
    say(LogEntry{message(1, "a")});
    say(LogEntry{editOf(3, 1, "newer")});
    const auto asked = transport.take<SyncRequest>();
    protocol::SyncRoom room{kRoom, Epoch(1), Seq(2), Seq(2), Seq(3), Ord(3), false, {}, {}};
    room.events = {editOf(2, 1, "older")};
    say(protocol::SyncResponse{asked.at(0).req, {room}, false});
    EXPECT_EQ(screen.bodies(), Strings{"newer"});
}

TEST_F(Sync, catchUpGoesPageByPageFromItsCursor)
{
    fillLog(450);
    engine->start();
    hello();
    say(welcomeFrame());
    answerRooms({info(450)});
    EXPECT_EQ(engine->link().link, Link::CatchingUp);
    answerSync();
    answerSync();
    EXPECT_EQ(engine->link().link, Link::CatchingUp);
    answerSync();
    EXPECT_EQ(engine->link().link, Link::Live);
    EXPECT_EQ(screen.bodies().size(), 450U);
    auto reader = offline::Reader::open(path);
    const auto page = (*reader)->newest(kRoom, 1000);
    EXPECT_EQ(page->rows.size(), 450U);
    EXPECT_TRUE(page->atOldest);
}

TEST_F(Sync, bigResponseIsWorkedOffInSlicesThatASendOvertakes)
{
    fillLog(200);
    engine->start();
    hello();
    say(welcomeFrame());
    answerRooms({info(200)});
    const auto asked = transport.take<SyncRequest>();
    engine->frameReceived(protocol::encode(protocol::ServerFrame(pageOf(asked.at(0), 200))));
    EXPECT_EQ(screen.bodies().size(), Engine::kWorkRowsMax + 1); // and the hole above them
    ASSERT_TRUE(engine->hasWork());
    const TempId tempId = sendText("first");
    EXPECT_EQ(transport.take<protocol::MessageSend>().size(), 1U);
    engine->frameReceived(protocol::encode(protocol::ServerFrame(confirmation(tempId, 201))));
    // Whatever asks about the outbox hears of it, though the next slice is still to come.
    EXPECT_EQ(engine->outbox(), OutboxState{});
    EXPECT_EQ(screen.timeline().back().status, offline::Status::Sent);
    EXPECT_EQ(screen.bodies().size(), Engine::kWorkRowsMax + 2);
    std::size_t slices = 1;
    while (engine->hasWork()) {
        engine->work();
        ++slices;
    }
    EXPECT_EQ(slices, 200 / Engine::kWorkRowsMax);
    EXPECT_EQ(screen.bodies().size(), 201U);
}

TEST_F(Sync, nextPageIsAskedForBeforeTheLastOneIsStored)
{
    fillLog(450);
    engine->start();
    hello();
    say(welcomeFrame());
    answerRooms({info(450)});
    const auto first = transport.take<SyncRequest>();
    ASSERT_EQ(first.size(), 1U);
    engine->frameReceived(protocol::encode(protocol::ServerFrame(pageOf(first[0], 200))));
    EXPECT_LT(screen.bodies().size(), 200U);
    const auto second = transport.take<SyncRequest>();
    ASSERT_EQ(second.size(), 1U);
    ASSERT_EQ(second[0].rooms.size(), 1U);
    EXPECT_EQ(second[0].rooms[0].since, Seq(200));
    engine->frameReceived(protocol::encode(protocol::ServerFrame(pageOf(second[0], 200))));
    const auto third = transport.take<SyncRequest>();
    ASSERT_EQ(third.size(), 1U);
    EXPECT_EQ(third[0].rooms.at(0).since, Seq(400));
    say(pageOf(third[0], 200));
    EXPECT_TRUE(transport.take<SyncRequest>().empty());
    EXPECT_EQ(engine->link().link, Link::Live);
    EXPECT_EQ(screen.bodies().size(), 450U);
}

TEST_F(Sync, twoPagesOfDifferentRoomsAreOnTheirWayAtOnce)
{
    fillLog(600);
    engine->start();
    hello();
    say(welcomeFrame());
    std::vector<protocol::RoomInfo> rooms;
    for (int i = 0; i < 10; ++i) {
        rooms.push_back(info(600));
        rooms.back().head.room = RoomId("r" + std::to_string(i));
    }
    answerRooms(rooms);
    std::set<RoomId> asked;
    const auto requests = transport.take<SyncRequest>();
    ASSERT_EQ(requests.size(), 2U);
    for (const auto& request : requests) {
        EXPECT_EQ(request.rooms.size(), 4U); // of which 200 each come
        for (const auto& cursor : request.rooms)
            EXPECT_TRUE(asked.insert(cursor.room).second) << cursor.room;
    }
    // One is answered: one more is asked for, of rooms that are not on their way.
    advance(kSyncFastMs + 1);
    say(pageOf(requests[0], 200));
    const auto third = transport.take<SyncRequest>();
    ASSERT_EQ(third.size(), 1U);
    for (const auto& cursor : third[0].rooms) {
        EXPECT_TRUE(std::none_of(requests[1].rooms.begin(), requests[1].rooms.end(),
                                 [&](const auto& it) { return it.room == cursor.room; }))
            << cursor.room;
    }
}

TEST_F(Sync, aRoomThatIsNotOpenIsToldToBeLoadedAnewWhenMuchComes)
{
    const auto few = static_cast<std::int64_t>(kUnopenedChangeMax) - 1; // and a hole before them
    fillLog(few);
    goLive(few);
    EXPECT_EQ(screen.resets, 0);
    EXPECT_EQ(screen.bodies().size(), static_cast<std::size_t>(few));
    drop();
    engine->retryNow();
    fillLog(few + 50);
    reconnect();
    answerSync();
    EXPECT_EQ(screen.resets, 1);
    EXPECT_LE(screen.told.size(), kUnopenedChangeMax); // the newest, for whoever announces them
    EXPECT_EQ(screen.told.back().body, "m" + std::to_string(few + 50));
    EXPECT_EQ(screen.bodies().size(), static_cast<std::size_t>(few) + 50);
    engine->openRoom(kRoom);
    drop();
    engine->retryNow();
    fillLog(few + 100);
    reconnect();
    answerSync();
    EXPECT_EQ(screen.resets, 1); // on the screen row by row
    EXPECT_EQ(screen.bodies().size(), static_cast<std::size_t>(few) + 100);
}

TEST_F(Sync, whatIsReceivedAheadOfTheStoreIsBounded)
{
    constexpr std::int64_t kHead = 12'000;
    fillLog(kHead);
    engine->start();
    hello();
    say(welcomeFrame());
    answerRooms({info(kHead)});
    std::size_t ahead = 0;
    for (auto asked = transport.take<SyncRequest>(); !asked.empty();
         asked = transport.take<SyncRequest>()) {
        ASSERT_EQ(asked.size(), 1U);
        engine->frameReceived(protocol::encode(protocol::ServerFrame(pageOf(asked[0], 200))));
        ahead += 200;
    }
    EXPECT_EQ(ahead, 10'000U);
    while (engine->hasWork())
        engine->work();
    for (auto asked = transport.take<SyncRequest>(); !asked.empty();
         asked = transport.take<SyncRequest>())
        say(pageOf(asked.at(0), 200));
    EXPECT_EQ(engine->link().link, Link::Live);
    auto reader = offline::Reader::open(path);
    const auto newest = (*reader)->newest(kRoom, 1000);
    ASSERT_EQ(newest->rows.size(), 1000U);
    EXPECT_EQ(newest->rows.back().seq, Seq(kHead - 999));
}

TEST_F(Sync, gapTooLargeGivesTheNewestPageAndAHole)
{
    fillLog(3);
    goLive(3);
    drop();
    engine->retryNow();
    hello();
    auto frame = welcomeFrame();
    frame.dirty = {head(5'000)};
    say(frame);
    const auto asked = transport.take<SyncRequest>();
    protocol::SyncRoom room{kRoom,      Epoch(1), Seq(4'999), Seq(5'000), Seq(5'000),
                            Ord(5'000), true,     {},         {}};
    room.events = {message(4'999, "y"), message(5'000, "z")};
    say(protocol::SyncResponse{asked.at(0).req, {room}, false});
    EXPECT_EQ(screen.bodies(), (Strings{"m1", "m2", "m3", "[4-4998]", "y", "z"}));
    EXPECT_EQ(engine->link().link, Link::Live);
    EXPECT_TRUE(transport.take<SyncRequest>().empty());
    say(LogEntry{message(5'001, "next")});
    EXPECT_TRUE(transport.take<SyncRequest>().empty());
}

TEST_F(Sync, otherEpochDropsTheCacheAndKeepsTheOutbox)
{
    fillLog(3);
    goLive(3);
    drop();
    const TempId tempId = sendText("unsent");
    ASSERT_TRUE(engine->setDraft(kRoom, "half a thought"));
    engine->retryNow();
    epoch = 2;
    log.clear();
    log[1] = message(1, "restored");
    reconnect();
    const auto sent = transport.take<protocol::MessageSend>();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].tempId, tempId);
    answerSync();
    auto reader = offline::Reader::open(path);
    const auto page = (*reader)->newest(kRoom, 50);
    ASSERT_EQ(page->rows.size(), 2U);
    EXPECT_EQ(page->rows[1].body, "restored");
    EXPECT_EQ(page->rows[0].body, "unsent");
    EXPECT_EQ(*(*reader)->draft(kRoom), "half a thought");
    EXPECT_GE(screen.resets, 1);
}

TEST_F(Sync, silentGapIsFoundByThePong)
{
    fillLog(3);
    goLive(3);
    log[4] = message(4, "lost on the way");
    say(protocol::Pong{0, 0, {{kRoom, Seq(4)}}});
    EXPECT_TRUE(transport.take<SyncRequest>().empty()); // it may be just behind
    advance(1'000);
    answerSync();
    EXPECT_EQ(screen.bodies().back(), "lost on the way");
}

TEST_F(Sync, summaryOfARoomIsFetched)
{
    goLive();
    fillLog(2);
    protocol::RoomDirty dirty{head(2, 0, 2),
                              protocol::Preview{Seq(2), kHer, "Her", Kind::Text, "m2", 5}};
    say(dirty);
    EXPECT_EQ(screen.rooms[kRoom].unread, 2);
    EXPECT_EQ(screen.rooms[kRoom].last->senderName, "Her");
    answerSync();
    EXPECT_EQ(screen.bodies(), (Strings{"m1", "m2"}));
}

TEST_F(Sync, interruptedCatchUpIsTakenUpAgainThoughTheTokenIsNew)
{
    fillLog(450);
    goLive(450); // one page of three
    restartProcess();
    engine->start();
    hello();
    say(welcomeFrame()); // nothing dirty since the token
    answerRooms({info(450)});
    const auto asked = transport.take<SyncRequest>();
    ASSERT_EQ(asked.size(), 1U);
    EXPECT_EQ(asked[0].rooms.at(0).since, Seq(200));
}

TEST_F(Sync, cursorAndRowsAreOneTransaction)
{
    fillLog(120);
    goLive(120);
    const auto records = store->rooms().load();
    ASSERT_EQ(records.size(), 1U);
    EXPECT_EQ(records[0].synced, Seq(120));
    EXPECT_EQ(store->timeline().spans(records[0].key).spans(),
              (std::vector<offline::Span>{{Seq(1), Seq(120), Seq(120)}}));
}

TEST_F(Sync, refusedByTheDiskIsAskedForAgain)
{
    goLive();
    store->limitPages(1);
    fillLog(60);
    for (std::int64_t seq = 1; seq <= 60; ++seq) {
        protocol::Event event = message(seq, std::string(4'000, 'x'));
        log[seq] = event;
        say(LogEntry{event});
    }
    EXPECT_GT(metrics.counter("store_errors").value(), 0);
    const auto shown = screen.bodies();
    EXPECT_LT(
        std::count_if(shown.begin(), shown.end(), [](const auto& it) { return it[0] != '['; }), 60);
    store->limitPages(0);
    // What else was told meanwhile is told again only on a new connection.
    for (int i = 0; i < 4; ++i) {
        advance(10'000);
        reconnect();
        answerSync();
    }
    EXPECT_GT(transport.opens, 1);
    EXPECT_EQ(screen.bodies(), Strings(60, std::string(4'000, 'x')));
}

// On a narrow line everything else waits behind what was asked for.
TEST_F(Sync, moreIsAskedForAtOnceWhereAnswersComeSoon)
{
    engine->start();
    hello();
    say(welcomeFrame());
    std::vector<protocol::RoomInfo> rooms;
    for (int i = 0; i < 40; ++i) {
        rooms.push_back(info(1'000));
        rooms.back().head.room = RoomId("many" + std::to_string(i));
    }
    answerRooms(rooms);
    auto asked = transport.take<SyncRequest>();
    ASSERT_EQ(asked.size(), kSyncInFlightMax);
    // A page of so many entries, of rooms that go on behind them.
    const auto answer = [&](const SyncRequest& request, std::size_t entries) {
        protocol::SyncResponse response{request.req, {}, true};
        for (const auto& cursor : request.rooms) {
            protocol::SyncRoom page{cursor.room,  Epoch(1),   cursor.since.next(),
                                    cursor.since, Seq(1'000), Ord(1'000),
                                    false,        {},         {}};
            for (std::size_t i = 0; i < entries / request.rooms.size(); ++i) {
                page.hi = page.hi.next();
                page.events.push_back(message(page.hi.value(), "m"));
                page.events.back().room = cursor.room;
            }
            response.rooms.push_back(std::move(page));
        }
        say(response);
    };
    answer(asked[0], 40); // soon, but of a few bytes: nothing is known of the line
    auto soon = transport.take<SyncRequest>();
    EXPECT_EQ(1 + soon.size(), kSyncInFlightMax);
    answer(soon.at(0), kSyncFastEntries);
    soon = transport.take<SyncRequest>();
    EXPECT_EQ(1 + soon.size(), kSyncInFlightFastMax);
    advance(kSyncFastMs + 1);
    answer(asked[1], 40); // late, however small
    EXPECT_TRUE(transport.take<SyncRequest>().empty());
    answer(soon.at(0), kSyncFastEntries);
    EXPECT_TRUE(transport.take<SyncRequest>().empty()) << "two are on their way still";
    answer(soon.at(1), kSyncFastEntries);
    const auto slow = transport.take<SyncRequest>();
    ASSERT_EQ(slow.size(), 1U);
    answer(slow[0], kSyncFastEntries); // soon again …
    ASSERT_EQ(transport.take<SyncRequest>().size(), kSyncInFlightFastMax - 1);
    drop(); // … on the old line
    engine->retryNow();
    hello();
    auto frame = welcomeFrame();
    for (const auto& room : rooms)
        frame.dirty.push_back(room.head);
    say(frame);
    EXPECT_EQ(transport.take<SyncRequest>().size(), kSyncInFlightMax);
}

class OnDisk : public World
{
protected:
    void SetUp() override
    {
        folder =
            std::filesystem::temp_directory_path() / ("skein-ondisk-" + std::to_string(::getpid()));
        std::filesystem::create_directories(folder);
        path = (folder / "store.db").string();
        store = openStore();
        makeEngine();
    }
    void TearDown() override
    {
        World::TearDown();
        engine.reset();
        store.reset();
        std::filesystem::remove_all(folder);
    }
    std::filesystem::path folder;
};

// A catch-up does not stop for a checkpoint; the turn after it makes one.
TEST_F(OnDisk, theLogIsWrittenBackWhenNothingElseIsToBeDone)
{
    fillLog(200);
    engine->start();
    hello();
    say(welcomeFrame());
    answerRooms({info(200)});
    const auto asked = transport.take<SyncRequest>();
    {
        auto transaction = store->begin(offline::Durability::Cache);
        store->setFact("ballast", std::string(1'100 * 4'096, 'x'));
        ASSERT_TRUE(transaction.commit());
    }
    ASSERT_TRUE(engine->hasWork());
    engine->frameReceived(protocol::encode(protocol::ServerFrame(pageOf(asked.at(0), 200))));
    for (std::size_t slices = 1; slices < 200 / Engine::kWorkRowsMax; ++slices) {
        ASSERT_TRUE(engine->hasWork());
        engine->work();
    }
    EXPECT_EQ(store->timeline().spans(1).spans().size(), 1U);
    EXPECT_LT(std::filesystem::file_size(path), 1'000U * 4'096);
    ASSERT_TRUE(engine->hasWork());
    engine->work();
    EXPECT_FALSE(engine->hasWork());
    EXPECT_GT(std::filesystem::file_size(path), 1'000U * 4'096);
}

TEST_F(Sync, unknownRoomOfAnEventIsAskedFor)
{
    goLive();
    protocol::Event event = message(1, "hi");
    event.room = RoomId("other");
    say(LogEntry{event});
    const auto asked = transport.take<protocol::RoomsRequest>();
    ASSERT_EQ(asked.size(), 1U);
    EXPECT_EQ(asked[0].rooms, std::vector<RoomId>{RoomId("other")});
}

} // namespace skein::engine::test
