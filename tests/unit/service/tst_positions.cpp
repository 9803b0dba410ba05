// Read and delivered positions, unread counts, mentions, and the summary of rooms that are not
// open.
#include "tests/unit/service/world.h"

using namespace skein;
using namespace skein::server;
using namespace skein::server::testing;

namespace
{

RoomHead headOf(Client& who, const RoomId& room)
{
    RoomsRequest frame;
    frame.req = RequestId("r");
    frame.rooms = {room};
    who.send(frame);
    const auto response = who.last<RoomsResponse>();
    return response && response->rooms.size() == 1 ? response->rooms[0].head : RoomHead{};
}

/// Unread by counting the log, as a client without `ord` would.
std::int64_t recount(Client& who, const RoomId& room, Seq read)
{
    SyncRequest frame;
    frame.req = RequestId("s");
    frame.rooms = {{room, Epoch(1), read}};
    who.send(frame);
    std::int64_t unread = 0;
    const SyncRoom log = who.last<SyncResponse>()->rooms.at(0);
    for (const Event& event : log.events)
        unread += countsAsUnread(event.kind) ? 1 : 0;
    return unread;
}

} // namespace

TEST(Positions, unreadEqualsARecountWhateverStandsInTheLog)
{
    Cast cast;
    for (int i = 0; i < 5; ++i) {
        const Seq target = cast.owner.say(cast.room, "m").seq;
        ReactionSet reaction;
        reaction.room = cast.room;
        reaction.tempId = cast.owner.temp();
        reaction.target = target;
        reaction.key = "x";
        cast.owner.send(reaction);
    }
    for (const Seq read : {Seq(3), Seq(6), Seq(6), Seq(5), Seq(11), Seq(12)}) {
        cast.member.send(MarkRead{cast.room, read});
        cast.world.advance(100);
        const RoomHead head = headOf(cast.member, cast.room);
        EXPECT_EQ(head.unread, recount(cast.member, cast.room, head.read)) << read;
        EXPECT_GE(head.read, read);
    }
    EXPECT_EQ(headOf(cast.member, cast.room).read, Seq(12)); // never goes back
    EXPECT_EQ(headOf(cast.member, cast.room).unread, 0);
    cast.world.restart();
    cast.member.hello();
    EXPECT_EQ(headOf(cast.member, cast.room).read, Seq(12));
    EXPECT_EQ(headOf(cast.member, cast.room).unread, 0);
}

TEST(Positions, aPositionBeyondTheHeadIsCutToIt)
{
    Cast cast;
    cast.owner.say(cast.room, "m");
    cast.member.send(MarkRead{cast.room, Seq(1'000'000)});
    cast.world.advance(100);
    EXPECT_EQ(headOf(cast.member, cast.room).read, Seq(3));
    cast.owner.say(cast.room, "n");
    EXPECT_EQ(headOf(cast.member, cast.room).unread, 1);
}

TEST(Positions, ownDevicesGetTheReadStateAndOthersAReceipt)
{
    Cast cast;
    Client laptop(cast.world, cast.member.user, "laptop");
    laptop.hello();
    cast.owner.open(cast.room);
    cast.member.open(cast.room);
    cast.owner.say(cast.room, "a");
    cast.owner.say(cast.room, "b");
    cast.world.advance(1'000);
    cast.owner.clear();
    laptop.clear();
    cast.member.send(MarkRead{cast.room, Seq(3)});
    cast.world.advance(1'000);
    ASSERT_TRUE(laptop.last<ReadState>());
    EXPECT_EQ(laptop.last<ReadState>()->read, Seq(3));
    EXPECT_EQ(laptop.last<ReadState>()->unread, 1);
    ASSERT_TRUE(cast.owner.last<Receipts>());
    EXPECT_EQ(cast.owner.last<Receipts>()->positions,
              (std::vector<Position>{{cast.member.user, Seq(3), Seq(3)}}));
    cast.member.send(MarkDelivered{{{cast.room, Seq(4)}}});
    cast.world.advance(1'000);
    EXPECT_EQ(cast.owner.last<Receipts>()->positions,
              (std::vector<Position>{{cast.member.user, Seq(3), Seq(4)}}));
}

TEST(Positions, whoWritesWithNothingUnreadHasReadIt)
{
    Cast cast;
    for (int i = 0; i < 3; ++i)
        cast.owner.say(cast.room, "mine");
    cast.world.advance(1'000);
    EXPECT_EQ(headOf(cast.owner, cast.room).unread, 0);
    EXPECT_EQ(headOf(cast.member, cast.room).unread, 3);
    cast.member.say(cast.room, "with three unread");
    cast.world.advance(1'000);
    EXPECT_EQ(headOf(cast.member, cast.room).unread, 4); // what was not seen stays unread
}

TEST(Positions, mentionsAreCountedUntilReadAndNotAfterDeletion)
{
    Cast cast;
    const auto mention = [&](const UserId& user) {
        MessageSend frame = cast.owner.message(cast.room, "hey");
        frame.mentions = {user};
        cast.owner.send(frame);
        return cast.owner.outcome(frame.tempId).seq;
    };
    const Seq first = mention(cast.member.user);
    const Seq second = mention(cast.member.user);
    mention(cast.member.user);
    mention(cast.stranger.user); // no member: counts nowhere
    mention(cast.owner.user);    // oneself
    EXPECT_EQ(cast.member.last<ReadState>()->mentions, 3);
    EXPECT_EQ(headOf(cast.member, cast.room).mentions, 3);
    EXPECT_EQ(headOf(cast.owner, cast.room).mentions, 0);
    MessageDelete erase;
    erase.room = cast.room;
    erase.tempId = cast.owner.temp();
    erase.target = second;
    cast.owner.send(erase);
    EXPECT_EQ(headOf(cast.member, cast.room).mentions, 2);
    cast.member.send(MarkRead{cast.room, first});
    cast.world.advance(100);
    EXPECT_EQ(headOf(cast.member, cast.room).mentions, 1);
    cast.world.restart();
    cast.member.hello();
    EXPECT_EQ(headOf(cast.member, cast.room).mentions, 1);
}

TEST(Positions, membersThatDoNotHaveTheRoomOpenGetOneSummaryForMany)
{
    ServiceConfig config;
    config.enforceRateLimits = false;
    Cast cast(config);
    cast.member.clear();
    for (int i = 0; i < 20; ++i)
        cast.owner.say(cast.room, "message " + std::to_string(i));
    cast.world.advance(1'000);
    const auto dirty = cast.member.all<RoomDirty>();
    ASSERT_GE(dirty.size(), 1u);
    EXPECT_LE(dirty.size(), 3u);
    EXPECT_EQ(dirty.back().head.unread, 20);
    ASSERT_TRUE(dirty.back().preview);
    EXPECT_EQ(dirty.back().preview->text, "message 19");
    EXPECT_EQ(dirty.back().preview->senderName, "The owner");
    EXPECT_TRUE(cast.member.all<LogEntry>().empty());
}

TEST(Positions, whoHasTheRoomClosedHearsHowFarTheOthersAre)
{
    Cast cast;
    const Seq seq = cast.owner.say(cast.room, "mine").seq;
    cast.world.advance(1'000);
    cast.owner.clear();
    cast.admin.clear();
    cast.member.send(MarkDelivered{{{cast.room, seq}}});
    cast.world.advance(100);
    cast.member.send(MarkRead{cast.room, seq});
    cast.world.advance(1'000);
    const auto told = cast.owner.all<RoomDirty>();
    ASSERT_EQ(told.size(), 1u) << "what moves together is told once";
    EXPECT_EQ(told[0].head.othersRead, seq);
    EXPECT_EQ(told[0].head.othersDelivered, seq);
    EXPECT_TRUE(cast.owner.all<Receipts>().empty());
    EXPECT_TRUE(cast.admin.all<RoomDirty>().empty()) << "no tick of theirs is there";
    // Everybody has read it: who reads now changes no tick of the owner's.
    cast.owner.clear();
    cast.admin.send(MarkRead{cast.room, seq});
    cast.world.advance(1'000);
    EXPECT_TRUE(cast.owner.all<RoomDirty>().empty());
}

TEST(Positions, afterARestartOnlyWhatMovesFromThenOnIsTold)
{
    Cast cast;
    const Seq first = cast.owner.say(cast.room, "mine").seq;
    const Seq last = cast.admin.say(cast.room, "mine too").seq;
    cast.member.send(MarkRead{cast.room, last});
    cast.owner.send(MarkRead{cast.room, first});
    cast.world.advance(1'000);
    cast.world.restart();
    for (Client* one : {&cast.owner, &cast.admin, &cast.member})
        one->hello();
    cast.world.advance(2'000);
    cast.admin.clear();
    cast.member.clear();
    cast.owner.send(MarkRead{cast.room, last});
    cast.world.advance(1'000);
    EXPECT_EQ(cast.member.all<RoomDirty>().size(), 1u) << "the first of the others";
    EXPECT_TRUE(cast.admin.all<RoomDirty>().empty()) << "another had read it before the restart";
}

TEST(Positions, aManyReadersOfARoomCostItsWriterFewFrames)
{
    ServiceConfig config;
    config.enforceRateLimits = false;
    Cast cast(config);
    std::vector<std::string> names;
    std::vector<std::unique_ptr<Client>> readers;
    for (int i = 0; i < 60; ++i) {
        const std::string name = "reader" + std::to_string(i);
        cast.world.addUser(name);
        names.push_back(name);
        readers.push_back(std::make_unique<Client>(cast.world, UserId("user-" + name)));
        readers.back()->hello();
    }
    const RoomId room = cast.owner.makeRoom(names);
    const Seq seq = cast.owner.say(room, "to all").seq;
    cast.world.advance(2'000);
    cast.owner.clear();
    for (const auto& reader : readers) {
        reader->clear();
        reader->send(MarkRead{room, seq});
        cast.world.advance(50);
    }
    cast.world.advance(2'000);
    EXPECT_LE(cast.owner.all<RoomDirty>().size(), 2u);
    EXPECT_EQ(cast.owner.last<RoomDirty>()->head.othersRead, seq);
    for (const auto& reader : readers)
        EXPECT_TRUE(reader->all<RoomDirty>().empty());
}

TEST(Positions, whatTheOthersReadMeanwhileComesWithTheWelcome)
{
    Cast cast;
    const Seq seq = cast.owner.say(cast.room, "mine").seq;
    cast.world.advance(1'000);
    cast.owner.drop();
    cast.owner.hello();
    const auto token = cast.owner.last<Welcome>()->syncToken;
    cast.owner.drop();
    // Far enough that the token is not read back to what is told here.
    for (int i = 0; i < 40; ++i)
        cast.stranger.makeRoom({});
    cast.owner.hello({}, token);
    const auto quiet = cast.owner.last<Welcome>()->syncToken;
    cast.owner.drop();
    cast.owner.hello({}, quiet);
    EXPECT_TRUE(cast.owner.last<Welcome>()->dirty.empty());
    cast.owner.drop();
    cast.member.send(MarkDelivered{{{cast.room, seq}}});
    cast.world.advance(1'000);
    cast.owner.hello({}, quiet);
    ASSERT_EQ(cast.owner.last<Welcome>()->dirty.size(), 1u) << "got and not read, too";
    EXPECT_EQ(cast.owner.last<Welcome>()->dirty[0].othersDelivered, seq);
    cast.world.restart();
    cast.owner.hello({}, quiet);
    ASSERT_EQ(cast.owner.last<Welcome>()->dirty.size(), 1u) << "also over a restart";
    EXPECT_EQ(cast.owner.last<Welcome>()->dirty[0].othersDelivered, seq);
}

TEST(Positions, whatMovedWhileARoomWasOpenIsToldBeforeItIsClosed)
{
    Cast cast;
    cast.owner.open(cast.room);
    const Seq seq = cast.owner.say(cast.room, "mine").seq;
    cast.world.advance(1'000);
    cast.admin.send(MarkDelivered{{{cast.room, seq}}}); // told at once; what follows waits
    cast.world.advance(25);
    cast.member.send(MarkRead{cast.room, seq});
    for (int i = 0; i < 30; ++i)
        cast.world.settle();
    cast.owner.send(UnsubscribeRoom{cast.room});
    cast.world.advance(2'000);
    Seq told;
    for (const Receipts& receipts : cast.owner.all<Receipts>()) {
        for (const Position& position : receipts.positions)
            told = std::max(told, position.read);
    }
    for (const RoomDirty& dirty : cast.owner.all<RoomDirty>())
        told = std::max(told, dirty.head.othersRead.value_or(Seq()));
    EXPECT_EQ(told, seq);
}

TEST(Positions, whoeverJoinsIsAmongThePositionsAndWhoLeftIsNot)
{
    Cast cast;
    cast.owner.open(cast.room);
    cast.owner.clear();
    MemberSet invite;
    invite.room = cast.room;
    invite.tempId = cast.owner.temp();
    invite.user = cast.stranger.user;
    invite.role = Role::Member;
    cast.owner.send(invite);
    cast.world.advance(1'000);
    ASSERT_TRUE(cast.owner.last<Receipts>());
    EXPECT_EQ(cast.owner.last<Receipts>()->positions.at(0).user, cast.stranger.user);
    const Seq joined = headOf(cast.owner, cast.room).head;
    EXPECT_EQ(headOf(cast.owner, cast.room).othersRead, joined);
    invite.tempId = cast.owner.temp();
    invite.role.reset();
    cast.owner.send(invite);
    cast.world.advance(1'000);
    EXPECT_LT(headOf(cast.owner, cast.room).othersRead, joined);
}

TEST(Positions, whoIsNamedTwiceIsMentionedOnce)
{
    Cast cast;
    MessageSend frame = cast.owner.message(cast.room, "hey, hey");
    frame.mentions = {cast.member.user, cast.admin.user, cast.member.user};
    cast.owner.send(frame);
    EXPECT_EQ(headOf(cast.member, cast.room).mentions, 1);
    cast.world.restart();
    cast.member.hello();
    EXPECT_EQ(headOf(cast.member, cast.room).mentions, 1);
}

TEST(Positions, whoIsInvitedJustAheadOfAMentionIsMentionedAlsoAfterARestart)
{
    Cast cast;
    MemberSet invite;
    invite.room = cast.room;
    invite.tempId = cast.owner.temp();
    invite.user = cast.stranger.user;
    invite.role = Role::Member;
    MessageSend frame = cast.owner.message(cast.room, "welcome");
    frame.mentions = {cast.stranger.user};
    cast.owner.queue(invite); // one behind the other, before the first is stored
    cast.owner.queue(frame);
    cast.world.settle();
    EXPECT_EQ(headOf(cast.stranger, cast.room).mentions, 1);
    cast.world.restart();
    cast.stranger.hello();
    EXPECT_EQ(headOf(cast.stranger, cast.room).mentions, 1);
}

TEST(Positions, whoseMentionIsDeletedIsTold)
{
    Cast cast;
    MessageSend frame = cast.owner.message(cast.room, "hey");
    frame.mentions = {cast.member.user};
    cast.owner.send(frame);
    EXPECT_EQ(cast.member.last<ReadState>()->mentions, 1);
    cast.admin.clear();
    MessageDelete erase;
    erase.room = cast.room;
    erase.tempId = cast.owner.temp();
    erase.target = cast.owner.outcome(frame.tempId).seq;
    cast.owner.send(erase);
    EXPECT_EQ(cast.member.last<ReadState>()->mentions, 0);
    EXPECT_FALSE(cast.admin.last<ReadState>()) << "whom it does not concern";
}

TEST(Positions, aFullDiskLosesNoPosition)
{
    Cast cast;
    cast.owner.say(cast.room, "m");
    cast.world.advance(1'000);
    bool full = true;
    cast.world.storage->setCommitFault([&]() -> std::optional<ErrorCode> {
        return full ? std::optional(ErrorCode::StorageFull) : std::nullopt;
    });
    cast.member.send(MarkRead{cast.room, Seq(3)});
    EXPECT_EQ(headOf(cast.member, cast.room).read, Seq());
    full = false;
    cast.world.advance(5'000);
    EXPECT_EQ(headOf(cast.member, cast.room).read, Seq(3));
}

TEST(Positions, aCollapsedQueueIsMadeGoodWithOneSummaryARoom)
{
    Cast cast;
    cast.member.open(cast.room);
    cast.owner.say(cast.room, "dropped");
    cast.member.clear();
    cast.world.service->collapsed(cast.member.conn, {cast.room, cast.room});
    cast.world.advance(1'000);
    ASSERT_EQ(cast.member.all<RoomDirty>().size(), 1u);
    EXPECT_EQ(cast.member.last<RoomDirty>()->head.head, Seq(3));
}
