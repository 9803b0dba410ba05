// Rooms that are not there, or not any more: frames about them change and show nothing, commands
// are refused, and what was written in a room that was left stays until the user settles it.
#include "world.h"

namespace skein::engine::test
{

class Strangers : public World
{
protected:
    const RoomId kNowhere{"nowhere"};

    /// A room with a message on its way, left by another device.
    TempId leave()
    {
        fillLog(3);
        goLive(3);
        const TempId unsent = sendText("on its way");
        say(protocol::RoomRemoved{kRoom});
        EXPECT_FALSE(screen.rooms.contains(kRoom));
        transport.sent.clear();
        screen.changes = 0;
        return unsent;
    }
    protocol::DraftInfo draftIn(const RoomId& room)
    {
        protocol::DraftInfo draft;
        draft.room = room;
        draft.rev = Rev(5);
        draft.text = "from elsewhere";
        return draft;
    }
};

TEST_F(Strangers, framesChangeAndShowNothing)
{
    const TempId unsent = leave();
    const TempId other = makeTempId(clock.wallNow(), random);
    for (const RoomId& room : {kRoom, kNowhere}) {
        say(protocol::ReadState{room, Seq(3), Seq(3), 0, 0, {}});
        say(protocol::Receipts{room, {{kHer, Seq(3), Seq(3)}}});
        say(protocol::Pong{0, 0, {{room, Seq(99)}}});
        say(protocol::RoomRemoved{room});
        say(protocol::DraftChanged{draftIn(room), {}});
        say(protocol::SyncResponse{
            RequestId("x"),
            {{room, Epoch(1), Seq(1), Seq(1), Seq(1), Ord(1), false, {message(1, "m1")}, {}}},
            false});
        say(protocol::SyncResponse{
            RequestId("x"),
            {{room, Epoch(1), {}, {}, {}, {}, false, {}, ErrorCode::StateLost}},
            false});
    }
    say(protocol::TypingUsers{kNowhere, {kHer}, 3'000});
    say(protocol::MessagePending{other});
    say(confirmation(other, 4));
    say(protocol::MessageFailed{other, ErrorCode::Forbidden, true, {}, ""});
    protocol::RoomInfo made = info(0);
    made.head.room = kNowhere;
    say(protocol::RoomCreated{other, made, false});
    EXPECT_EQ(screen.changes, 0);
    EXPECT_TRUE(screen.rooms.empty());
    EXPECT_TRUE(screen.typing.empty());
    EXPECT_TRUE(screen.created.empty());
    EXPECT_TRUE(screen.failures.empty());
    EXPECT_TRUE(transport.take<protocol::MarkDelivered>().empty());
    ASSERT_EQ(store->outbox().list().size(), 1U);
    EXPECT_EQ(store->outbox().list()[0].tempId, unsent);
}

TEST_F(Strangers, commandsAreRefusedOrDoNothing)
{
    leave();
    Draft draft;
    draft.body = "x";
    for (const RoomId& room : {kRoom, kNowhere}) {
        EXPECT_EQ(engine->send(room, draft).error().code, ErrorCode::NotFound);
        EXPECT_EQ(engine->updateRoom(room, {"New", {}, {}}).error().code, ErrorCode::NotFound);
        EXPECT_EQ(engine->setMember(room, kHer, protocol::Role::Admin).error().code,
                  ErrorCode::NotFound);
        EXPECT_EQ(engine->settleOtherDraft(room, true).error().code, ErrorCode::NotFound);
        engine->markRead(room, Seq(3));
        engine->typing(room, true);
        engine->wantHistory(room, Seq(3));
        engine->wantAround(room, Seq(3));
        engine->wantFiltered(room, "pinned", Seq());
        engine->openRoom(room);
        engine->closeRoom(room);
    }
    EXPECT_EQ(engine->edit(kNowhere, 1, "x").error().code, ErrorCode::NotFound);
    EXPECT_EQ(engine->edit(kRoom, 4'711, "x").error().code, ErrorCode::NotFound);
    EXPECT_EQ(engine->remove(kNowhere, 1).error().code, ErrorCode::NotFound);
    EXPECT_EQ(engine->react(kNowhere, 1, "+1", true).error().code, ErrorCode::NotFound);
    const TempId other = makeTempId(clock.wallNow(), random);
    EXPECT_EQ(engine->retry(other).error().code, ErrorCode::NotFound);
    EXPECT_EQ(engine->discard(other).error().code, ErrorCode::NotFound);
    EXPECT_TRUE(engine->retryAll()) << "nothing has failed";
    advance(1'000);
    EXPECT_TRUE(transport.take<protocol::MessageSend>().empty());
    EXPECT_TRUE(transport.take<protocol::HistoryRequest>().empty());
    EXPECT_TRUE(transport.take<protocol::MarkRead>().empty());
    EXPECT_TRUE(transport.take<protocol::TypingSet>().empty());
}

TEST_F(Strangers, pagesThatComeAfterTheRoomWasLeftAreNotStored)
{
    fillLog(3);
    goLive(3);
    sendText("on its way");
    engine->wantHistory(kRoom, Seq());
    engine->wantFiltered(kRoom, "pinned", Seq());
    const auto asked = transport.take<protocol::HistoryRequest>();
    ASSERT_EQ(asked.size(), 2U);
    say(protocol::RoomRemoved{kRoom});
    for (const auto& request : asked)
        say(protocol::HistoryResponse{
            request.req, kRoom, Epoch(1), Seq(1), Seq(3), Seq(3), {message(1, "m1")}, false, ""});
    EXPECT_TRUE(screen.filtered.empty());
    EXPECT_TRUE(store->timeline().spans(store->rooms().load().at(0).key).empty());
}

TEST_F(Strangers, aMessageInARoomThatWasLeftIsSettledByTheServersWord)
{
    const TempId unsent = leave();
    say(confirmation(unsent, 4));
    EXPECT_TRUE(store->outbox().list().empty()) << "it had been stored before we left";
    EXPECT_TRUE(screen.rooms.empty());
}

TEST_F(Strangers, aRoomThatWasLeftAndIsJoinedAgainIsFetchedAnew)
{
    const TempId unsent = leave();
    say(protocol::RoomDirty{head(3), {}});
    const auto asked = transport.take<protocol::RoomsRequest>();
    ASSERT_EQ(asked.size(), 1U) << "somebody tells of it: what is it?";
    EXPECT_EQ(asked[0].rooms, std::vector<RoomId>{kRoom});
    say(protocol::RoomsResponse{asked[0].req, {info(3)}, false, ""});
    answerSync();
    EXPECT_TRUE(screen.rooms.contains(kRoom));
    EXPECT_EQ(screen.bodies().front(), "m1");
    EXPECT_EQ(store->outbox().list().at(0).tempId, unsent);
}

TEST_F(Strangers, whatIsAskedForWrongIsSaidAtOnce)
{
    fillLog(2);
    log[1].sender = kMe;
    goLive(2);
    const auto mine = screen.timeline()[0].rowId;
    using protocol::RoomKind;
    const auto made = [this](RoomKind kind, std::string name, std::vector<std::string> members) {
        const auto result = engine->createRoom(kind, std::move(name), std::move(members));
        return result ? ErrorCode::Internal : result.error().code;
    };
    EXPECT_EQ(made(RoomKind::General, "", {}), ErrorCode::InvalidArgument);
    EXPECT_EQ(made(RoomKind::General, "\xff", {}), ErrorCode::InvalidArgument);
    EXPECT_EQ(made(RoomKind::General, std::string(101, 'x'), {}), ErrorCode::InvalidArgument);
    EXPECT_EQ(made(RoomKind::General, "x", std::vector<std::string>(101, "u")),
              ErrorCode::InvalidArgument);
    EXPECT_EQ(made(RoomKind::Direct, "", {}), ErrorCode::InvalidArgument);
    EXPECT_EQ(made(RoomKind::Direct, "", {"a", "b"}), ErrorCode::InvalidArgument);
    EXPECT_EQ(engine->setMember(kRoom, UserId(), {}).error().code, ErrorCode::InvalidArgument);
    EXPECT_EQ(engine->react(kRoom, mine, "", true).error().code, ErrorCode::InvalidArgument);
    EXPECT_EQ(engine->react(kRoom, mine, std::string(65, 'x'), true).error().code,
              ErrorCode::InvalidArgument);
    EXPECT_EQ(engine->react(kRoom, mine, "\xff", true).error().code, ErrorCode::InvalidArgument);
    EXPECT_EQ(engine->edit(kRoom, mine, "").error().code, ErrorCode::InvalidArgument);
    EXPECT_EQ(engine->edit(kRoom, mine, "\xff").error().code, ErrorCode::InvalidArgument);
    EXPECT_EQ(engine->edit(kRoom, mine, std::string(20'001, 'x')).error().code,
              ErrorCode::BodyTooLarge);
    EXPECT_EQ(engine->setDraft(kRoom, "\xff").error().code, ErrorCode::InvalidArgument);
    Draft draft;
    draft.body = "x";
    draft.kind = protocol::Kind::System;
    EXPECT_EQ(engine->send(kRoom, draft).error().code, ErrorCode::InvalidArgument);
    draft.kind = protocol::Kind::Text;
    draft.mentions.assign(protocol::kMentionsMax + 1, kHer);
    EXPECT_EQ(engine->send(kRoom, draft).error().code, ErrorCode::InvalidArgument);
    draft.mentions.clear();
    draft.attachments.assign(protocol::kAttachmentsMax + 1, {"a", "n", "m", 1, {}, {}});
    EXPECT_EQ(engine->send(kRoom, draft).error().code, ErrorCode::InvalidArgument);
    EXPECT_TRUE(store->outbox().list().empty());
    EXPECT_TRUE(transport.sent.empty());
    // Each kind that a person sends goes, and an attachment needs no words.
    for (const protocol::Kind kind : {protocol::Kind::Text, protocol::Kind::Image,
                                      protocol::Kind::File, protocol::Kind::JobUpdate}) {
        Draft one;
        one.kind = kind;
        one.attachments = {{"a", "n", "m", 1, {}, {}}};
        EXPECT_TRUE(engine->send(kRoom, one));
    }
    EXPECT_TRUE(engine->setMember(kRoom, kHer, protocol::Role::Admin));
    EXPECT_EQ(transport.take<protocol::MemberSet>().size(), 1U);
    EXPECT_TRUE(engine->createRoom(RoomKind::Direct, "", {"her"}));
}

TEST_F(Strangers, allThatFailedIsTriedAgainInItsOrder)
{
    goLive();
    const TempId first = sendText("one");
    say(protocol::MessageFailed{first, ErrorCode::Forbidden, true, {}, ""});
    const TempId second = sendText("two");
    EXPECT_TRUE(engine->retry(second)) << "on its way already: nothing to do";
    transport.sent.clear();
    ASSERT_TRUE(engine->retryAll());
    const auto sent = transport.take<protocol::MessageSend>();
    ASSERT_EQ(sent.size(), 2U);
    EXPECT_EQ(sent[0].tempId, first);
    EXPECT_EQ(sent[1].tempId, second);
    EXPECT_EQ(sent[1].prev, first);
    EXPECT_EQ(engine->outbox().failed, 0);
}

} // namespace skein::engine::test
