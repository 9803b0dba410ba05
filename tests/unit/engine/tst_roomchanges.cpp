// Pins, names, topics and archiving go through the same outbox as messages: shown at once, kept
// over a restart, taken back when they are refused.
#include "world.h"

namespace skein::engine::test
{

using protocol::Kind;
using protocol::RoomUpdate;

class RoomChanges : public World
{
protected:
    void goLiveAs(protocol::Role role, std::int64_t headSeq = 0)
    {
        engine->start();
        hello();
        say(welcomeFrame());
        protocol::RoomInfo room = info(headSeq);
        room.role = role;
        answerRooms({room});
        if (headSeq > 0)
            answerSync();
        transport.sent.clear();
    }
    /// Away for longer than what is caught up with: the newest two entries of 5,000 came.
    void missTooMuch()
    {
        goLiveAs(protocol::Role::Member, 0);
        drop();
        engine->retryNow();
        fillLog(5'000);
        reconnect();
        transport.take<protocol::RoomsRequest>(); // the walk of the whole list
        for (const auto& request : transport.take<protocol::SyncRequest>()) {
            protocol::SyncRoom room;
            room.room = kRoom;
            room.epoch = Epoch(epoch);
            room.head = room.hi = Seq(5'000);
            room.ord = Ord(5'000);
            room.lo = Seq(4'999);
            room.limited = true;
            room.events = {log[4'999], log[5'000]};
            say(protocol::SyncResponse{request.req, {room}, false});
        }
    }
    [[nodiscard]] static protocol::Event renamed(std::int64_t seq, const std::string& name)
    {
        protocol::Event event = message(seq, "");
        event.ord = Ord(0);
        event.kind = Kind::Room;
        event.name = name;
        return event;
    }
    [[nodiscard]] offline::RoomRow storedRoom()
    {
        auto reader = offline::Reader::open(path);
        return (*reader)->rooms(0, 10)->at(0);
    }
    [[nodiscard]] offline::RowId row(std::size_t index) const
    {
        return screen.timeline()[index].rowId;
    }
};

TEST_F(RoomChanges, newNameIsShownAndStoredAtOnce)
{
    goLiveAs(protocol::Role::Admin);
    ASSERT_TRUE(engine->updateRoom(kRoom, {"დახლი", {}, {}}));
    EXPECT_EQ(screen.rooms[kRoom].name, "დახლი");
    EXPECT_EQ(storedRoom().name, "დახლი");
    const auto sent = transport.take<RoomUpdate>();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].name, "დახლი");
    EXPECT_FALSE(sent[0].topic);
    EXPECT_FALSE(sent[0].archived);
}

TEST_F(RoomChanges, refusedRoomChangeIsTakenBackToldAndBlocksNothing)
{
    goLiveAs(protocol::Role::Owner);
    const auto tempId = engine->updateRoom(kRoom, {"New", "About", true});
    sendText("goes on");
    EXPECT_TRUE(screen.rooms[kRoom].archived);
    say(protocol::MessageFailed{*tempId, ErrorCode::Forbidden, true, {}, ""});
    EXPECT_EQ(screen.rooms[kRoom].name, "Room");
    EXPECT_EQ(screen.rooms[kRoom].topic, "");
    EXPECT_FALSE(screen.rooms[kRoom].archived);
    EXPECT_EQ(storedRoom(), screen.rooms[kRoom]);
    ASSERT_EQ(screen.failures.size(), 1U);
    EXPECT_EQ(screen.failures[0].first, *tempId);
    EXPECT_EQ(transport.take<protocol::MessageSend>().size(), 1U);
}

TEST_F(RoomChanges, changeBySomebodyElseIsNotLostUnderOnesOwn)
{
    goLiveAs(protocol::Role::Owner);
    const auto tempId = engine->updateRoom(kRoom, {"Mine", {}, {}});
    protocol::Event theirs = renamed(1, "Theirs");
    theirs.topic = "Their topic";
    say(protocol::LogEntry{theirs});
    EXPECT_EQ(screen.rooms[kRoom].name, "Mine");
    EXPECT_EQ(screen.rooms[kRoom].topic, "Their topic");
    say(protocol::MessageFailed{*tempId, ErrorCode::Conflict, true, {}, ""});
    EXPECT_EQ(screen.rooms[kRoom].name, "Theirs");
}

TEST_F(RoomChanges, confirmedNameStaysShownUntilItsEventComes)
{
    goLiveAs(protocol::Role::Owner);
    const auto tempId = engine->updateRoom(kRoom, {"New", {}, {}});
    say(confirmation(*tempId, 2));
    EXPECT_EQ(screen.rooms[kRoom].name, "New");
    say(protocol::LogEntry{message(1, "between")});
    EXPECT_EQ(screen.rooms[kRoom].name, "New");
    protocol::Event echo = renamed(2, "New (cleaned)");
    echo.sender = kMe;
    echo.tempId = *tempId;
    say(protocol::LogEntry{echo});
    EXPECT_EQ(screen.rooms[kRoom].name, "New (cleaned)");
    EXPECT_TRUE(store->outbox().list().empty());
}

TEST_F(RoomChanges, newNameSurvivesTheProcessAndSoDoesTheOneToGoBackTo)
{
    goLiveAs(protocol::Role::Owner);
    drop();
    const auto tempId = engine->updateRoom(kRoom, {"Offline name", {}, {}});
    ASSERT_TRUE(tempId);
    restartProcess();
    EXPECT_EQ(storedRoom().name, "Offline name");
    engine->start();
    reconnect();
    const auto sent = transport.take<RoomUpdate>();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].tempId, *tempId);
    say(protocol::MessageFailed{*tempId, ErrorCode::Forbidden, true, {}, ""});
    EXPECT_EQ(storedRoom().name, "Room");
}

TEST_F(RoomChanges, olderNameThatAHoleBringsLaterDoesNotReturn)
{
    goLiveAs(protocol::Role::Member);
    say(protocol::LogEntry{renamed(5, "Newest")}); // 1 to 4 are on their way
    EXPECT_EQ(screen.rooms[kRoom].name, "Newest");
    fillLog(5);
    log[2] = renamed(2, "Older");
    log[2].topic = "Kept";
    log[5] = renamed(5, "Newest");
    answerSync();
    EXPECT_EQ(screen.rooms[kRoom].name, "Newest");
    EXPECT_EQ(screen.rooms[kRoom].topic, "Kept");
}

TEST_F(RoomChanges, nameThatAGapTooLargeSwallowsIsAskedFor)
{
    missTooMuch();
    const auto asked = transport.take<protocol::RoomsRequest>();
    ASSERT_EQ(asked.size(), 1U);
    ASSERT_EQ(asked[0].rooms, std::vector<RoomId>{kRoom});
    protocol::RoomInfo now = info(5'000);
    now.name = "Renamed long ago";
    say(protocol::RoomsResponse{asked[0].req, {now}, false, ""});
    EXPECT_EQ(screen.rooms[kRoom].name, "Renamed long ago");
}

TEST_F(RoomChanges, nameThatAGapTooLargeSwallowedIsAskedForUntilItHasCome)
{
    const auto asksForIt = [this] {
        const auto asked = transport.take<protocol::RoomsRequest>();
        return std::any_of(asked.begin(), asked.end(), [](const auto& request) {
            return request.rooms == std::vector<RoomId>{kRoom};
        });
    };
    missTooMuch();
    EXPECT_TRUE(asksForIt());
    drop(); // before the answer
    engine->retryNow();
    reconnect();
    EXPECT_TRUE(asksForIt());
    restartProcess();
    engine->start();
    reconnect();
    const auto asked = transport.take<protocol::RoomsRequest>();
    ASSERT_FALSE(asked.empty());
    protocol::RoomInfo now = info(5'000);
    now.name = "Renamed long ago";
    for (const auto& request : asked)
        say(protocol::RoomsResponse{request.req, {now}, false, ""});
    EXPECT_EQ(screen.rooms[kRoom].name, "Renamed long ago");
    drop();
    engine->retryNow();
    reconnect();
    EXPECT_FALSE(asksForIt()) << "it has come";
}

TEST_F(RoomChanges, whatTheRoleDoesNotAllowIsRefusedAtOnce)
{
    goLiveAs(protocol::Role::Member);
    EXPECT_EQ(engine->updateRoom(kRoom, {"x", {}, {}}).error().code, ErrorCode::Forbidden);
    EXPECT_EQ(engine->updateRoom(RoomId("no"), {"x", {}, {}}).error().code, ErrorCode::NotFound);
    EXPECT_EQ(screen.rooms[kRoom].name, "Room");
    EXPECT_TRUE(store->outbox().list().empty());
}

TEST_F(RoomChanges, nameAndTopicKeepToTheirLimits)
{
    goLiveAs(protocol::Role::Owner);
    const auto codeOf = [this](const RoomEdit& edit) {
        const auto done = engine->updateRoom(kRoom, edit);
        return done ? ErrorCode::Internal : done.error().code;
    };
    EXPECT_EQ(codeOf({}), ErrorCode::InvalidArgument);
    EXPECT_EQ(codeOf({"  ", {}, {}}), ErrorCode::InvalidArgument);
    EXPECT_EQ(codeOf({std::string(101, 'x'), {}, {}}), ErrorCode::InvalidArgument);
    EXPECT_EQ(codeOf({{}, std::string(501, 'x'), {}}), ErrorCode::InvalidArgument);
    EXPECT_EQ(codeOf({"\xff", {}, {}}), ErrorCode::InvalidArgument);
    EXPECT_TRUE(engine->updateRoom(kRoom, {std::string(100, 'x'), std::string(500, 'y'), {}}));
}

TEST_F(RoomChanges, pinIsShownAtOnceAndTakenBackWhenRefused)
{
    fillLog(1);
    goLive(1);
    const auto tempId = engine->pin(kRoom, row(0), true);
    ASSERT_TRUE(tempId);
    EXPECT_TRUE(screen.timeline()[0].pinned);
    const auto sent = transport.take<protocol::PinSet>();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].target, Seq(1));
    EXPECT_TRUE(sent[0].on);
    say(protocol::MessageFailed{*tempId, ErrorCode::Forbidden, true, {}, ""});
    EXPECT_FALSE(screen.timeline()[0].pinned);
    EXPECT_EQ(screen.failures.size(), 1U);
}

TEST_F(RoomChanges, pinOfAMessageThatTheDiskDoesNotGiveNamesTheDisk)
{
    fillLog(1);
    goLive(1);
    const auto pinned = row(0);
    execute("ALTER TABLE messages RENAME TO gone");
    const auto refused = engine->pin(kRoom, pinned, true);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().code, ErrorCode::NotFound);
    EXPECT_TRUE(transport.take<protocol::PinSet>().empty());
    execute("ALTER TABLE gone RENAME TO messages");
    EXPECT_TRUE(engine->pin(kRoom, pinned, true));
    EXPECT_EQ(engine->pin(kRoom, 4'711, true).error().code, ErrorCode::NotFound);
    EXPECT_EQ(engine->pin(RoomId("nowhere"), pinned, true).error().code, ErrorCode::NotFound);
}

TEST_F(RoomChanges, pinSurvivesTheProcessAndIsSentUnderItsKey)
{
    fillLog(1);
    goLive(1);
    drop();
    const auto tempId = engine->pin(kRoom, row(0), true);
    restartProcess();
    engine->start();
    reconnect();
    const auto sent = transport.take<protocol::PinSet>();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].tempId, *tempId);
    protocol::Event echo = mutation(2, Kind::Pin, 1);
    echo.sender = kMe;
    echo.tempId = *tempId;
    echo.pinned = true;
    say(protocol::LogEntry{echo});
    EXPECT_TRUE(store->outbox().list().empty());
    auto reader = offline::Reader::open(path);
    EXPECT_TRUE((*reader)->newest(kRoom, 1)->rows.at(0).pinned);
}

} // namespace skein::engine::test
