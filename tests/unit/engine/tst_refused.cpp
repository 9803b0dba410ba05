// What the disk refuses: each command says so, changes nothing and sends nothing, and goes through
// when the disk is well again; nothing that the server told is shown or told as stored.
#include "world.h"

#include <functional>

namespace skein::engine::test
{

class Refused;

namespace
{

struct Command {
    const char* name;
    std::function<ErrorCode(Engine&, const Refused&)> run; ///< Internal = it went through
};

template <class T>
ErrorCode failureOf(const Result<T>& result)
{
    return result ? ErrorCode::Internal : result.error().code;
}

} // namespace

class Refused : public World
{
public:
    offline::RowId first = 0, failedRow = 0, heldRow = 0;
    TempId failed, held;

protected:
    /// A log of three, one message that was refused for good, one that is held back by it, and a
    /// draft with another device's text beside it.
    void begin()
    {
        fillLog(3);
        log[1].sender = kMe;
        goLive(3);
        failed = sendText("refused");
        say(protocol::MessageFailed{failed, ErrorCode::Forbidden, true, {}, ""});
        held = sendText("held back");
        protocol::DraftInfo draft;
        draft.room = kRoom;
        draft.rev = Rev(2);
        draft.text = "half";
        draft.other = "the other half";
        say(protocol::DraftChanged{draft, {}});
        const auto rows = screen.timeline();
        ASSERT_EQ(rows.size(), 5U);
        first = rows[0].rowId;
        failedRow = rows[3].rowId;
        heldRow = rows[4].rowId;
        transport.sent.clear();
    }
    /// What the screen shows and what waits on the disk.
    [[nodiscard]] std::string state()
    {
        std::string text;
        for (const auto& row : screen.timeline())
            text += row.body + '/' + std::to_string(static_cast<int>(row.status)) +
                    (row.pinned ? "/pinned" : "") + (row.deleted ? "/deleted" : "") + '/' +
                    std::to_string(row.reactions.size()) + '\n';
        for (const auto& entry : store->outbox().list())
            text += entry.tempId.str() + '/' + std::to_string(static_cast<int>(entry.op)) +
                    (entry.failed ? "/failed\n" : "\n");
        for (const auto& draft : store->drafts().load())
            text += draft.text + '|' + draft.other + (draft.told ? "|told\n" : "|untold\n");
        const auto& room = screen.rooms[kRoom];
        return text + room.name + '/' + room.draft + '/' + std::to_string(room.read.value());
    }
};

TEST_F(Refused, eachCommandSaysSoChangesNothingAndGoesThroughAfterwards)
{
    const std::vector<Command> commands{
        {"send",
         [](Engine& e, const Refused&) {
             Draft draft;
             draft.body = "new";
             draft.endsDraft = true;
             return failureOf(e.send(kRoom, draft));
         }},
        {"edit",
         [](Engine& e, const Refused& t) { return failureOf(e.edit(kRoom, t.first, "x")); }},
        {"edit of what waits",
         [](Engine& e, const Refused& t) { return failureOf(e.edit(kRoom, t.heldRow, "x")); }},
        {"edit of what failed",
         [](Engine& e, const Refused& t) { return failureOf(e.edit(kRoom, t.failedRow, "x")); }},
        {"remove", [](Engine& e, const Refused& t) { return failureOf(e.remove(kRoom, t.first)); }},
        {"remove of what waits",
         [](Engine& e, const Refused& t) { return failureOf(e.remove(kRoom, t.heldRow)); }},
        {"react", [](Engine& e,
                     const Refused& t) { return failureOf(e.react(kRoom, t.first, "+1", true)); }},
        {"pin", [](Engine& e, const Refused& t) { return failureOf(e.pin(kRoom, t.first, true)); }},
        {"rename",
         [](Engine& e, const Refused&) {
             return failureOf(e.updateRoom(kRoom, {"New", {}, {}}));
         }},
        {"member",
         [](Engine& e, const Refused&) {
             return failureOf(e.setMember(kRoom, kHer, protocol::Role::Admin));
         }},
        {"room",
         [](Engine& e, const Refused&) {
             return failureOf(e.createRoom(protocol::RoomKind::General, "New", {"her"}));
         }},
        {"retry", [](Engine& e, const Refused& t) { return failureOf(e.retry(t.failed)); }},
        {"retry all", [](Engine& e, const Refused&) { return failureOf(e.retryAll()); }},
        {"discard", [](Engine& e, const Refused& t) { return failureOf(e.discard(t.failed)); }},
        {"draft",
         [](Engine& e, const Refused&) { return failureOf(e.setDraft(kRoom, "half a sentence")); }},
        {"other draft kept",
         [](Engine& e, const Refused&) { return failureOf(e.settleOtherDraft(kRoom, true)); }},
        {"other draft dropped",
         [](Engine& e, const Refused&) { return failureOf(e.settleOtherDraft(kRoom, false)); }},
    };
    for (const Command& command : commands) {
        SCOPED_TRACE(command.name);
        restartProcess();
        log.clear();
        path = "file:/refused" + std::string(command.name) + "?vfs=memdb";
        std::replace(path.begin(), path.end(), ' ', '-');
        disk = openStore();
        store = openStore();
        makeEngine();
        begin();
        if (HasFatalFailure())
            return;
        auto role = info(3); // who may rename
        role.role = protocol::Role::Owner;
        role.head.unread = 2;
        role.head.read = Seq(1);
        say(protocol::RoomAdded{role});
        transport.sent.clear();
        const std::string before = state();
        breakDisk();
        const ErrorCode code = command.run(*engine, *this);
        EXPECT_NE(code, ErrorCode::Internal);
        EXPECT_NE(code, ErrorCode::NotFound);
        EXPECT_NE(code, ErrorCode::InvalidArgument);
        EXPECT_EQ(state(), before);
        EXPECT_TRUE(transport.sent.empty());
        mendDisk();
        EXPECT_EQ(command.run(*engine, *this), ErrorCode::Internal);
        EXPECT_NE(state(), before);
    }
}

TEST_F(Refused, whatTheServerTellsIsNotShownAndComesAgainOnANewConnection)
{
    begin();
    const std::string before = state();
    const int opens = transport.opens;
    breakDisk();
    auto other = info(0);
    other.head.room = RoomId("room2");
    say(protocol::RoomAdded{other});
    say(protocol::LogEntry{message(4, "four")});
    say(protocol::RoomDirty{head(5, 3), protocol::Preview{Seq(5), kHer, "Her", {}, "five", 5}});
    say(protocol::ReadState{kRoom, Seq(3), Seq(3), 0, 0, Ord(3)});
    say(protocol::Receipts{kRoom, {{kHer, Seq(3), Seq(3)}}});
    say(protocol::Pong{0, 0, {{kRoom, Seq(9)}}});
    protocol::DraftInfo draft;
    draft.room = kRoom;
    draft.rev = Rev(7);
    draft.text = "later";
    say(protocol::DraftChanged{draft, {}});
    say(protocol::RoomRemoved{kRoom});
    engine->markRead(kRoom, Seq(2));
    EXPECT_EQ(state(), before);
    EXPECT_FALSE(screen.rooms.contains(RoomId("room2")));
    EXPECT_TRUE(screen.rooms.contains(kRoom));
    EXPECT_EQ(screen.rooms[kRoom].othersRead, Seq());
    EXPECT_TRUE(transport.take<protocol::MarkDelivered>().empty());
    EXPECT_TRUE(transport.take<protocol::MarkRead>().empty());
    EXPECT_GE(metrics.counter("store_errors").value(), 6);
    mendDisk();
    advance(2'500);
    say(protocol::Pong{0, 0, {}});
    advance(2'500); // the pause; then a connection that tells where everything stands
    EXPECT_EQ(engine->link().link, Link::Waiting);
    advance(30'000);
    EXPECT_GT(transport.opens, opens);
    log[4] = message(4, "four");
    reconnect();
    answerRooms({info(4), other});
    answerSync();
    EXPECT_TRUE(screen.rooms.contains(RoomId("room2")));
    const auto bodies = screen.bodies();
    EXPECT_EQ(std::count(bodies.begin(), bodies.end(), "four"), 1);
}

TEST_F(Refused, theTokenOfAWelcomeIsNotKeptWhereWhatItPromisesWasNot)
{
    goLive();
    const std::string before = store->fact(offline::Store::kSyncToken);
    const auto welcomed = [this] {
        drop();
        engine->retryNow();
        hello();
        auto frame = welcomeFrame();
        frame.syncToken = SyncToken("later");
        frame.dirty = {head(4)};
        return frame;
    };
    // Of the two things that it promises, the disk refuses one and then the other.
    for (const bool removal : {false, true}) {
        const auto frame = welcomed();
        if (!removal)
            breakDisk();
        say(frame);
        if (removal) {
            breakDisk();
            say(protocol::RoomRemoved{kRoom});
        }
        mendDisk();
        say(protocol::Pong{0, 0, {}});
        answerRooms({info(4)});
        EXPECT_EQ(store->fact(offline::Store::kSyncToken), before) << removal;
    }
    // A connection on which all of it is kept keeps the token.
    say(welcomed());
    say(protocol::Pong{0, 0, {}});
    EXPECT_EQ(store->fact(offline::Store::kSyncToken), "later");
}

TEST_F(Refused, aDraftBehindOneThatTheDiskRefusedDoesNotHideIt)
{
    engine->start();
    hello();
    auto frame = welcomeFrame();
    frame.drafts = Rev(0);
    say(frame);
    auto other = info(0);
    other.head.room = RoomId("room2");
    answerRooms({info(0), other});
    const auto tell = [this](const RoomId& room, std::int64_t rev) {
        protocol::DraftInfo draft;
        draft.room = room;
        draft.rev = Rev(rev);
        draft.text = "half";
        say(protocol::DraftChanged{draft, {}});
    };
    tell(kRoom, 1);
    EXPECT_EQ(store->fact(offline::Store::kDrafts), "1");
    breakDisk();
    tell(kRoom, 2);
    mendDisk();
    tell(RoomId("room2"), 3);
    EXPECT_EQ(screen.rooms[RoomId("room2")].draft, "half");
    EXPECT_EQ(store->fact(offline::Store::kDrafts), "1");
}

TEST_F(Refused, draftsThatARestoredServerForgotAreToldAgainOnTheNextConnection)
{
    const RoomId room2("room2");
    const auto connected = [&](std::int64_t rev) {
        auto frame = welcomeFrame();
        frame.drafts = Rev(rev);
        say(frame);
        auto other = info(0);
        other.head.room = room2;
        answerRooms({info(0), other});
    };
    const auto tell = [this](const RoomId& room, std::int64_t rev, const std::string& text) {
        protocol::DraftInfo draft;
        draft.room = room;
        draft.rev = Rev(rev);
        draft.text = text;
        say(protocol::DraftChanged{draft, {}});
    };
    engine->start();
    hello();
    connected(0);
    tell(room2, 1, "old");
    tell(kRoom, 2, "forgotten");
    drop();
    engine->retryNow();
    hello();
    breakDisk();
    connected(1);
    mendDisk();
    // Numbers of the other generation: the position must not move by them.
    tell(room2, 3, "new");
    EXPECT_EQ(store->fact(offline::Store::kDrafts), "2");
    EXPECT_TRUE(transport.take<protocol::DraftsRequest>().empty());
    drop();
    engine->retryNow();
    hello();
    transport.sent.clear();
    connected(3);
    advance(2'000);
    const auto sent = transport.take<protocol::DraftSet>();
    EXPECT_TRUE(std::any_of(sent.begin(), sent.end(), [](const protocol::DraftSet& one) {
        return one.room == kRoom && one.text == "forgotten";
    }));
}

TEST_F(Refused, anAnswerThatCannotBeStoredLeavesTheMessageWaiting)
{
    fillLog(1);
    goLive(1);
    const TempId sent = sendText("mine");
    breakDisk();
    say(confirmation(sent, 2));
    EXPECT_EQ(screen.timeline().back().status, offline::Status::Sending);
    ASSERT_EQ(store->outbox().list().size(), 1U);
    // Refused for good, and that cannot be written down either: it is asked again.
    say(protocol::MessageFailed{sent, ErrorCode::Forbidden, true, {}, ""});
    EXPECT_NE(screen.timeline().back().status, offline::Status::Failed);
    EXPECT_FALSE(store->outbox().list()[0].failed);
    mendDisk();
    transport.sent.clear();
    advance(40'000);
    reconnect();
    const auto again = transport.take<protocol::MessageSend>();
    ASSERT_EQ(again.size(), 1U);
    EXPECT_EQ(again[0].tempId, sent);
    auto repeat = confirmation(sent, 2);
    repeat.dup = true;
    say(repeat);
    EXPECT_TRUE(store->outbox().list().empty());
}

TEST_F(Refused, aRoomThatCannotBeWrittenDownIsMadeOnlyOnce)
{
    goLive();
    const auto tempId = engine->createRoom(protocol::RoomKind::General, "New", {"her"});
    ASSERT_TRUE(tempId);
    breakDisk();
    auto made = info(1);
    made.head.room = RoomId("room2");
    say(protocol::RoomCreated{*tempId, made, false});
    EXPECT_TRUE(screen.created.empty());
    EXPECT_EQ(store->outbox().list().size(), 1U);
    mendDisk();
    transport.sent.clear();
    advance(40'000);
    reconnect();
    const auto again = transport.take<protocol::RoomCreate>();
    ASSERT_EQ(again.size(), 1U);
    EXPECT_EQ(again[0].tempId, *tempId) << "the same key: the server makes it once";
    say(protocol::RoomCreated{*tempId, made, true});
    ASSERT_EQ(screen.created.size(), 1U);
    EXPECT_TRUE(store->outbox().list().empty());
}

TEST_F(Refused, pagesThatCannotBeStoredClaimNoCoverage)
{
    fillLog(3);
    goLive(3);
    engine->wantHistory(kRoom, Seq());
    engine->openRoom(kRoom);
    const auto history = transport.take<protocol::HistoryRequest>();
    const auto members = transport.take<protocol::MembersRequest>();
    ASSERT_EQ(history.size(), 1U);
    ASSERT_EQ(members.size(), 1U);
    const auto spans = [this] {
        return store->timeline().spans(store->rooms().load().at(0).key).spans();
    };
    const auto before = spans();
    breakDisk({"messages", "spans", "rooms"});
    say(protocol::HistoryResponse{history[0].req,
                                  kRoom,
                                  Epoch(1),
                                  Seq(10),
                                  Seq(11),
                                  Seq(11),
                                  {message(10, "ten"), message(11, "eleven")},
                                  false,
                                  ""});
    EXPECT_EQ(spans(), before);
    EXPECT_EQ(screen.bodies().size(), 3U);
    // Names go elsewhere, positions do not.
    protocol::MemberInfo her;
    her.user = kHer;
    her.name = "Her";
    her.read = her.delivered = Seq(2);
    say(protocol::MembersResponse{members[0].req, kRoom, {her}, false, ""});
    EXPECT_EQ(screen.rooms[kRoom].othersRead, Seq());
    mendDisk();
}

TEST_F(Refused, aListOfRoomsIsAskedForAgain)
{
    engine->start();
    hello();
    say(welcomeFrame());
    const auto asked = transport.take<protocol::RoomsRequest>();
    ASSERT_EQ(asked.size(), 1U);
    breakDisk();
    say(protocol::RoomsResponse{asked[0].req, {info(0)}, false, ""});
    EXPECT_TRUE(screen.rooms.empty());
    EXPECT_EQ(engine->link().link, Link::CatchingUp);
    mendDisk();
    const auto again = transport.take<protocol::RoomsRequest>();
    ASSERT_EQ(again.size(), 1U);
    say(protocol::RoomsResponse{again[0].req, {info(0)}, false, ""});
    EXPECT_TRUE(screen.rooms.contains(kRoom));
    EXPECT_EQ(engine->link().link, Link::Live);
}

TEST_F(Refused, aLostLogThatTheDiskDoesNotLetGoOfEndsTheConnection)
{
    fillLog(2);
    goLive(2);
    drop();
    engine->retryNow();
    hello();
    breakDisk();
    epoch = 2;
    auto frame = welcomeFrame();
    frame.dirty = {head(1)};
    say(frame);
    EXPECT_EQ(engine->link().link, Link::Waiting);
    EXPECT_EQ(screen.bodies(), (std::vector<std::string>{"m1", "m2"}));
    mendDisk();
    log.erase(2);
    engine->retryNow();
    reconnect();
    answerRooms({info(1)});
    advance(5'000); // the pause that the disk was given
    answerSync();
    EXPECT_EQ(engine->link().link, Link::Live);
    EXPECT_EQ(screen.bodies(), std::vector<std::string>{"m1"});
}

} // namespace skein::engine::test
