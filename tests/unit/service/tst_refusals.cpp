// What rooms and messages refuse, each reason by itself, and that a refusal changes nothing.
#include "tests/unit/service/world.h"

using namespace skein;
using namespace skein::server;
using namespace skein::server::testing;

namespace
{

template <class Frame>
Frame inRoom(Client& who, const RoomId& room)
{
    Frame frame;
    frame.room = room;
    frame.tempId = who.temp();
    return frame;
}

template <class Frame>
std::optional<MessageFailed> refusalOf(Client& who, const Frame& frame)
{
    who.send(frame);
    return who.refusal(frame.tempId);
}

MemberSet setMember(Client& who, const RoomId& room, const UserId& user, std::optional<Role> role)
{
    auto frame = inRoom<MemberSet>(who, room);
    frame.user = user;
    frame.role = role;
    return frame;
}

RoomInfo infoOf(Client& who, const RoomId& room)
{
    RoomsRequest frame;
    frame.req = RequestId("r");
    frame.rooms = {room};
    who.send(frame);
    const auto response = who.last<RoomsResponse>();
    return response && response->rooms.size() == 1 ? response->rooms[0] : RoomInfo{};
}

} // namespace

TEST(Refusals, aDirectRoomHasNoOtherMembersNoNameAndNoModerator)
{
    Cast cast;
    const RoomId direct = cast.owner.makeRoom({"member"}, RoomKind::Direct);
    const Seq hers = cast.member.say(direct, "between us").seq;
    for (const auto& role : {std::optional(Role::Member), std::optional<Role>()}) {
        const auto frame = setMember(cast.owner, direct, cast.admin.user, role);
        const auto refused = refusalOf(cast.owner, frame);
        ASSERT_TRUE(refused);
        EXPECT_EQ(refused->code, ErrorCode::Forbidden);
    }
    auto rename = inRoom<RoomUpdate>(cast.owner, direct);
    rename.name = "Mine";
    ASSERT_TRUE(refusalOf(cast.owner, rename));
    EXPECT_EQ(cast.owner.refusal(rename.tempId)->code, ErrorCode::Forbidden);
    // Who made it has the role of an owner, and still may not delete what the other wrote.
    auto erase = inRoom<MessageDelete>(cast.owner, direct);
    erase.target = hers;
    ASSERT_TRUE(refusalOf(cast.owner, erase));
    EXPECT_EQ(cast.owner.refusal(erase.tempId)->code, ErrorCode::Forbidden);
    EXPECT_EQ(infoOf(cast.owner, direct).members, 2);
    EXPECT_EQ(infoOf(cast.owner, direct).name, "The member");
    EXPECT_EQ(infoOf(cast.member, direct).last->text, "between us");
}

TEST(Refusals, aRoomIsChangedBySomethingAndANameIsNotBlank)
{
    Cast cast;
    const auto nothing = inRoom<RoomUpdate>(cast.owner, cast.room);
    ASSERT_TRUE(refusalOf(cast.owner, nothing));
    EXPECT_EQ(cast.owner.refusal(nothing.tempId)->code, ErrorCode::BadField);
    auto blank = inRoom<RoomUpdate>(cast.owner, cast.room);
    blank.name = " \u200b\t";
    ASSERT_TRUE(refusalOf(cast.owner, blank));
    EXPECT_EQ(cast.owner.refusal(blank.tempId)->field, "name");
    auto topic = inRoom<RoomUpdate>(cast.owner, cast.room);
    topic.topic = "  Roof ";
    EXPECT_FALSE(refusalOf(cast.owner, topic));
    auto noTopic = inRoom<RoomUpdate>(cast.admin, cast.room);
    noTopic.archived = true;
    EXPECT_FALSE(refusalOf(cast.admin, noTopic));
    const RoomInfo now = infoOf(cast.member, cast.room);
    EXPECT_EQ(now.topic, "Roof");
    EXPECT_TRUE(now.archived);
    EXPECT_EQ(now.name, "Room");
}

TEST(Refusals, anArchivedRoomTakesDeletionsAndNothingElseOfMessages)
{
    Cast cast;
    const Seq target = cast.owner.say(cast.room, "before").seq;
    auto archive = inRoom<RoomUpdate>(cast.owner, cast.room);
    archive.archived = true;
    cast.owner.send(archive);
    auto edit = inRoom<MessageEdit>(cast.owner, cast.room);
    edit.target = target;
    edit.body = "after";
    auto reaction = inRoom<ReactionSet>(cast.owner, cast.room);
    reaction.target = target;
    reaction.key = "+1";
    auto pin = inRoom<PinSet>(cast.owner, cast.room);
    pin.target = target;
    for (const auto& refused : {refusalOf(cast.owner, edit), refusalOf(cast.owner, reaction),
                                refusalOf(cast.owner, pin)}) {
        ASSERT_TRUE(refused);
        EXPECT_EQ(refused->code, ErrorCode::Forbidden);
        EXPECT_TRUE(refused->permanent);
    }
    EXPECT_EQ(infoOf(cast.owner, cast.room).last->text, "before");
    auto erase = inRoom<MessageDelete>(cast.owner, cast.room);
    erase.target = target;
    EXPECT_FALSE(refusalOf(cast.owner, erase));
    EXPECT_EQ(infoOf(cast.owner, cast.room).last->text, "");
}

TEST(Refusals, aMessageNeedsABodyOrAnAttachment)
{
    Cast cast;
    MessageSend frame = cast.owner.message(cast.room, "");
    frame.attachments = {{"a1", "plan.pdf", "application/pdf", 10, {}, {}}};
    frame.kind = Kind::File;
    EXPECT_FALSE(refusalOf(cast.owner, frame));
    MessageSend both = cast.owner.message(cast.room, "the plan");
    both.attachments = frame.attachments;
    EXPECT_FALSE(refusalOf(cast.owner, both));
    auto edit = inRoom<MessageEdit>(cast.owner, cast.room);
    edit.target = cast.owner.outcome(both.tempId).seq;
    ASSERT_TRUE(refusalOf(cast.owner, edit));
    EXPECT_EQ(cast.owner.refusal(edit.tempId)->field, "body");
}

TEST(Refusals, onlyMembersBesideTheWriterAreMentioned)
{
    Cast cast;
    MessageSend frame = cast.owner.message(cast.room, "all of you");
    frame.mentions = {cast.owner.user, cast.stranger.user, UserId("nobody"), cast.member.user};
    EXPECT_FALSE(refusalOf(cast.owner, frame));
    cast.world.advance(1'000);
    EXPECT_EQ(infoOf(cast.member, cast.room).head.mentions, 1);
    EXPECT_EQ(infoOf(cast.owner, cast.room).head.mentions, 0);
    EXPECT_EQ(infoOf(cast.admin, cast.room).head.mentions, 0);
    // The stranger joins later: nothing of the past is theirs.
    cast.owner.send(setMember(cast.owner, cast.room, cast.stranger.user, Role::Member));
    EXPECT_EQ(infoOf(cast.stranger, cast.room).head.mentions, 0);
}

TEST(Refusals, whoIsNamedTwiceIsAMemberOnceAndTheMakerAnyway)
{
    Cast cast;
    const RoomId room = cast.owner.makeRoom({"member", "user-member", "owner", "member"});
    EXPECT_EQ(infoOf(cast.owner, room).members, 2);
    EXPECT_EQ(infoOf(cast.owner, room).role, Role::Owner);
}

TEST(Refusals, aNewRoleIsTakenAndAnUnknownPersonIsNot)
{
    Cast cast;
    const auto unknown = setMember(cast.owner, cast.room, UserId("nobody"), Role::Member);
    ASSERT_TRUE(refusalOf(cast.owner, unknown));
    EXPECT_EQ(cast.owner.refusal(unknown.tempId)->code, ErrorCode::NotFound);
    // Also by name; and who is a member already gets no second place.
    EXPECT_FALSE(
        refusalOf(cast.owner, setMember(cast.owner, cast.room, UserId("member"), Role::Admin)));
    EXPECT_EQ(infoOf(cast.member, cast.room).role, Role::Admin);
    EXPECT_EQ(infoOf(cast.member, cast.room).members, 3);
    EXPECT_TRUE(cast.member.all<RoomAdded>().empty());
}

TEST(Refusals, aCursorThatIsNoneOfOursIsABadField)
{
    Cast cast;
    for (const char* after : {"x", "5", "5,1", "5.", "5.x", "5.1x", ".1", "99999999999999999999.1",
                              "5.99999999999999999999"}) {
        cast.owner.clear();
        cast.owner.send(RoomsRequest{RequestId("r"), {}, after, 10});
        ASSERT_TRUE(cast.owner.last<ErrorFrame>()) << after;
        EXPECT_EQ(cast.owner.last<ErrorFrame>()->code, ErrorCode::BadField) << after;
        EXPECT_EQ(cast.owner.last<ErrorFrame>()->req, RequestId("r")) << after;
    }
    for (const char* after : {"x", "5x", "99999999999999999999"}) {
        cast.owner.clear();
        cast.owner.send(MembersRequest{RequestId("m"), cast.room, after, 10});
        ASSERT_TRUE(cast.owner.last<ErrorFrame>()) << after;
        EXPECT_EQ(cast.owner.last<ErrorFrame>()->code, ErrorCode::BadField) << after;
    }
}

TEST(Refusals, whoOpensARoomIsToldWhereItStandsOnlyWhenThatDiffers)
{
    Cast cast;
    cast.owner.say(cast.room, "one");
    cast.world.advance(1'000);
    const RoomHead head = infoOf(cast.member, cast.room).head;
    const auto dirtyAfter = [&](Epoch epoch, Seq hi) {
        cast.member.send(UnsubscribeRoom{cast.room});
        cast.member.clear();
        cast.member.send(SubscribeRoom{cast.room, epoch, hi, SubscribeMode::Full});
        return cast.member.all<RoomDirty>().size();
    };
    EXPECT_EQ(dirtyAfter(head.epoch, head.head), 0u);
    EXPECT_EQ(dirtyAfter(head.epoch, head.head.previous()), 1u);
    EXPECT_EQ(dirtyAfter(Epoch(head.epoch.value() + 1), head.head), 1u);
    // In summary it is not in full any more.
    cast.member.send(SubscribeRoom{cast.room, head.epoch, head.head, SubscribeMode::Summary});
    cast.member.clear();
    cast.owner.say(cast.room, "two");
    cast.world.advance(1'000);
    EXPECT_TRUE(cast.member.all<LogEntry>().empty());
    EXPECT_EQ(cast.member.all<RoomDirty>().size(), 1u);
}

TEST(Refusals, oneRoomMoreInFullPutsTheFirstIntoSummary)
{
    ServiceConfig config;
    config.limits.fullSubscriptions = 2;
    Cast cast(config);
    const RoomId second = cast.owner.makeRoom({"member"});
    const RoomId third = cast.owner.makeRoom({"member"});
    for (const RoomId& room : {cast.room, second, third})
        cast.member.open(room);
    cast.world.advance(1'000);
    cast.member.clear();
    for (const RoomId& room : {cast.room, second, third})
        cast.owner.say(room, "news");
    const auto seen = cast.member.all<LogEntry>();
    ASSERT_EQ(seen.size(), 2u);
    EXPECT_EQ(seen[0].event.room, second);
    EXPECT_EQ(seen[1].event.room, third);
}

TEST(Refusals, aRoomThatTheDiskDidNotTakeIsThereForNobody)
{
    Cast cast;
    bool full = true;
    cast.world.storage->setCommitFault([&]() -> std::optional<ErrorCode> {
        return full ? std::optional(ErrorCode::StorageFull) : std::nullopt;
    });
    RoomCreate frame;
    frame.tempId = cast.owner.temp();
    frame.name = "New";
    frame.members = {"member"};
    const auto refused = refusalOf(cast.owner, frame);
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->code, ErrorCode::StorageFull);
    EXPECT_FALSE(refused->permanent);
    EXPECT_TRUE(refused->retryAfterMs);
    EXPECT_TRUE(cast.member.all<RoomAdded>().empty());
    full = false;
    cast.owner.clear();
    EXPECT_FALSE(refusalOf(cast.owner, frame));
    EXPECT_FALSE(cast.owner.last<RoomCreated>()->dup);
    EXPECT_EQ(cast.member.all<RoomAdded>().size(), 1u);
}

TEST(Refusals, whatWasHandedOverIsDoneForWhoHasHungUp)
{
    Cast cast;
    RoomCreate make;
    make.tempId = cast.owner.temp();
    make.name = "New";
    make.members = {"member"};
    cast.owner.queue(make);
    cast.owner.queue(cast.owner.message(cast.room, "last words"));
    cast.owner.queue([&] {
        auto draft = inRoom<DraftSet>(cast.owner, cast.room);
        draft.text = "half";
        return draft;
    }());
    cast.owner.drop();
    cast.world.advance(1'000);
    EXPECT_EQ(cast.member.all<RoomAdded>().size(), 1u);
    EXPECT_EQ(infoOf(cast.member, cast.room).last->text, "last words");
    // And when the disk refuses, there is nobody to tell and nothing is kept.
    cast.owner.hello();
    cast.world.storage->setCommitFault([] { return std::optional(ErrorCode::StorageFull); });
    make.tempId = cast.owner.temp();
    cast.owner.queue(make);
    cast.owner.queue(cast.owner.message(cast.room, "lost"));
    cast.owner.queue(inRoom<DraftSet>(cast.owner, cast.room));
    cast.owner.drop();
    cast.world.settle();
    cast.world.storage->setCommitFault({});
    cast.owner.hello();
    EXPECT_EQ(infoOf(cast.member, cast.room).last->text, "last words");
    EXPECT_EQ(cast.member.all<RoomAdded>().size(), 1u);
}

TEST(Refusals, whileTheServerDrainsNothingNewIsTaken)
{
    Cast cast;
    // Something is on its way to the disk, so this connection is not sent away yet.
    const MessageSend first = cast.owner.message(cast.room, "first");
    cast.owner.queue(first);
    cast.world.service->drain(1'000);
    const MessageSend late = cast.owner.message(cast.room, "late");
    RoomCreate make;
    make.tempId = cast.owner.temp();
    make.name = "Late";
    auto draft = inRoom<DraftSet>(cast.owner, cast.room);
    draft.text = "late";
    cast.owner.queue(late);
    cast.owner.queue(make);
    cast.owner.queue(draft);
    for (const TempId& tempId : {late.tempId, make.tempId, draft.tempId}) {
        const auto refused = cast.owner.refusal(tempId);
        ASSERT_TRUE(refused);
        EXPECT_EQ(refused->code, ErrorCode::ShuttingDown);
        EXPECT_FALSE(refused->permanent);
    }
    cast.world.settle();
    EXPECT_TRUE(cast.owner.outcome(first.tempId).seq);
    EXPECT_EQ(cast.owner.closed(), CloseCode::ShuttingDown);
}

TEST(Refusals, aUserIsInSoManyRoomsAtMost)
{
    ServiceConfig config;
    config.enforceRateLimits = false;
    Cast cast(config);
    // Straight into the store: what is tested is the limit, not ten thousand frames.
    Snapshot before = *cast.world.storage->load();
    UserKey key = 0;
    for (const UserRow& user : before.users)
        key = user.id == cast.stranger.user ? user.key : key;
    ASSERT_NE(key, 0);
    for (std::size_t i = 0; i + 1 < kRoomsPerUserMax; ++i) {
        CreateRoomOp op;
        op.id = RoomId("many-" + std::to_string(i));
        op.creator = key;
        op.creatorId = cast.stranger.user;
        op.device = cast.stranger.device;
        op.tempId = cast.stranger.temp();
        op.name = "Many";
        op.ts = 1;
        cast.world.storage->createRoom(std::move(op), [](const auto& made) { ASSERT_TRUE(made); });
        if (i % 1'000 == 0)
            cast.world.settle();
    }
    cast.world.settle();
    cast.world.restart();
    cast.owner.hello();
    cast.stranger.hello();
    // The last one fits.
    RoomCreate own;
    own.tempId = cast.stranger.temp();
    own.name = "Last";
    EXPECT_FALSE(refusalOf(cast.stranger, own));
    own.tempId = cast.stranger.temp();
    RoomCreate with = own;
    with.tempId = cast.owner.temp();
    with.members = {"stranger"};
    const auto invite = setMember(cast.owner, cast.room, cast.stranger.user, Role::Member);
    for (const auto& refused : {refusalOf(cast.stranger, own), refusalOf(cast.owner, with),
                                refusalOf(cast.owner, invite)}) {
        ASSERT_TRUE(refused);
        EXPECT_EQ(refused->code, ErrorCode::Conflict);
    }
}
