// What rooms and messages refuse, each reason by itself, and that a refusal changes nothing.
#include "tests/unit/service/world.h"

#include <sqlite3.h>

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

/// A statement of the test's own on the server's database.
void execute(Cast& cast, const std::string& statement)
{
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open_v2(cast.world.disk.uri().c_str(), &db,
                              SQLITE_OPEN_READWRITE | SQLITE_OPEN_URI, nullptr),
              SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db, statement.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(db);
    sqlite3_close(db);
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

TEST(Refusals, whoMadeARoomAndLeftItIsNotToldOfItByARepeat)
{
    Cast cast;
    RoomCreate make;
    make.tempId = cast.owner.temp();
    make.name = "Ours";
    make.members = {"member"};
    cast.owner.send(make);
    const RoomId room = cast.owner.last<RoomCreated>()->room.head.room;
    cast.owner.send(setMember(cast.owner, room, cast.member.user, Role::Owner));
    EXPECT_FALSE(refusalOf(cast.owner, setMember(cast.owner, room, cast.owner.user, std::nullopt)));
    cast.owner.clear();
    const auto refused = refusalOf(cast.owner, make);
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->code, ErrorCode::NotFound);
    EXPECT_TRUE(cast.owner.all<RoomCreated>().empty());
}

TEST(Refusals, whatMayBeARepeatIsToldToTryAgainWhileTheDiskDoesNotSay)
{
    Cast cast;
    execute(cast, "ALTER TABLE op RENAME TO gone");
    const MessageSend frame = cast.owner.message(RoomId("nowhere"), "perhaps again");
    const auto refused = refusalOf(cast.owner, frame);
    execute(cast, "ALTER TABLE gone RENAME TO op");
    ASSERT_TRUE(refused);
    EXPECT_FALSE(refused->permanent);
    EXPECT_NE(refused->code, ErrorCode::NotFound);
    cast.owner.clear();
    ASSERT_TRUE(refusalOf(cast.owner, frame));
    EXPECT_EQ(cast.owner.refusal(frame.tempId)->code, ErrorCode::NotFound);
}

TEST(Refusals, aListNamesOnlyRoomsOfTheOneWhoAsksAndEndsBehindTheLast)
{
    Cast cast;
    const RoomId strangers = cast.stranger.makeRoom({});
    cast.owner.send(
        RoomsRequest{RequestId("r"), {RoomId("nowhere"), strangers, cast.room}, "", 10});
    const auto rooms = cast.owner.last<RoomsResponse>();
    ASSERT_TRUE(rooms);
    ASSERT_EQ(rooms->rooms.size(), 1u);
    EXPECT_EQ(rooms->rooms[0].head.room, cast.room);
    EXPECT_FALSE(rooms->more);
    cast.owner.send(MembersRequest{RequestId("m"), cast.room, "999999", 10});
    const auto members = cast.owner.last<MembersResponse>();
    ASSERT_TRUE(members);
    EXPECT_TRUE(members->members.empty());
    EXPECT_TRUE(members->cursor.empty());
    EXPECT_FALSE(members->more);
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
        cast.member.send(SubscribeRoom{cast.room, epoch, hi, SubscribeMode::Full, {}});
        return cast.member.all<RoomDirty>().size();
    };
    EXPECT_EQ(dirtyAfter(head.epoch, head.head), 0u);
    EXPECT_EQ(dirtyAfter(head.epoch, head.head.previous()), 1u);
    EXPECT_EQ(dirtyAfter(Epoch(head.epoch.value() + 1), head.head), 1u);
    // Twice in full is once.
    cast.member.open(cast.room);
    cast.member.open(cast.room);
    cast.member.clear();
    cast.owner.say(cast.room, "once");
    EXPECT_EQ(cast.member.all<LogEntry>().size(), 1u);
    cast.world.advance(1'000);
    // In summary it is not in full any more.
    cast.member.send(SubscribeRoom{cast.room, head.epoch, head.head, SubscribeMode::Summary, {}});
    cast.member.clear();
    cast.owner.say(cast.room, "two");
    cast.world.advance(1'000);
    EXPECT_TRUE(cast.member.all<LogEntry>().empty());
    EXPECT_EQ(cast.member.all<RoomDirty>().size(), 1u);
}

TEST(Refusals, aSubscriptionThatIsRefusedIsNamed)
{
    Cast cast;
    cast.member.send(
        SubscribeRoom{RoomId("nowhere"), {}, {}, SubscribeMode::Full, RequestId("s1")});
    ASSERT_TRUE(cast.member.last<ErrorFrame>());
    EXPECT_EQ(cast.member.last<ErrorFrame>()->code, ErrorCode::NotFound);
    EXPECT_EQ(cast.member.last<ErrorFrame>()->req, RequestId("s1"));
    cast.member.clear();
    for (int i = 0; i < 1'000 && cast.member.all<ErrorFrame>().empty(); ++i)
        cast.member.send(SubscribeRoom{cast.room, {}, {}, SubscribeMode::Full, RequestId("s2")});
    ASSERT_TRUE(cast.member.last<ErrorFrame>());
    EXPECT_EQ(cast.member.last<ErrorFrame>()->code, ErrorCode::RateLimited);
    EXPECT_EQ(cast.member.last<ErrorFrame>()->req, RequestId("s2"));
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

// ---- limits, each past its end
// -------------------------------------------------------------------

TEST(Limited, everyRequestOverTheRateIsSaidOrShed)
{
    ServiceConfig config;
    config.limits.requests = {1, 1};
    config.limits.ephemeral = {1, 1};
    Cast cast(config);
    cast.world.advance(120'000); // setting the stage took some
    cast.owner.hello();          // its heartbeat has ended meanwhile
    cast.owner.send(RoomsRequest{RequestId("first"), {}, "", 10});
    EXPECT_TRUE(cast.owner.last<RoomsResponse>());
    cast.owner.send(MarkRead{cast.room, Seq(1)});
    const auto roomOf = [&](auto frame) {
        frame.room = cast.room;
        if constexpr (requires { frame.req; })
            frame.req = RequestId("q");
        return ClientFrame(std::move(frame));
    };
    SyncRequest sync;
    sync.req = RequestId("q");
    sync.rooms = {{cast.room, Epoch(1), Seq()}};
    Revalidate again;
    again.lo = again.hi = Seq(1);
    const std::vector<ClientFrame> said{roomOf(SubscribeRoom{}),
                                        sync,
                                        roomOf(HistoryRequest{}),
                                        roomOf(again),
                                        RoomsRequest{RequestId("q"), {}, "", 10},
                                        roomOf(MembersRequest{}),
                                        DraftsRequest{RequestId("q"), Rev(0), 10},
                                        TokenRefresh{cast.owner.token()},
                                        roomOf(MarkRead{}),
                                        MarkDelivered{{{cast.room, Seq(1)}}}};
    for (const ClientFrame& frame : said) {
        cast.owner.clear();
        cast.owner.send(frame);
        ASSERT_EQ(cast.owner.frames(), 1u) << frameType(frame);
        const auto error = cast.owner.last<ErrorFrame>();
        ASSERT_TRUE(error) << frameType(frame);
        EXPECT_EQ(error->code, ErrorCode::RateLimited) << frameType(frame);
        EXPECT_TRUE(error->temporary);
        EXPECT_GT(error->retryAfterMs.value_or(0), 0) << frameType(frame);
    }
    cast.owner.clear();
    for (const ClientFrame& frame :
         std::vector<ClientFrame>{roomOf(TypingSet{}), PresenceSet{PresenceStatus::Away}})
        cast.owner.send(frame);
    EXPECT_EQ(cast.owner.frames(), 0u) << "stale when there is a token: shed";
    cast.owner.send(Ping{1});
    EXPECT_TRUE(cast.owner.last<Pong>()) << "a probe costs nobody's rate";
    DraftSet draft;
    draft.room = cast.room;
    draft.tempId = cast.owner.temp();
    ASSERT_TRUE(refusalOf(cast.owner, draft));
    EXPECT_EQ(cast.owner.refusal(draft.tempId)->code, ErrorCode::RateLimited);
}

TEST(Limited, roomsAreMadeAtTheRateOfMessages)
{
    ServiceConfig config;
    config.limits.messages = {2, 1};
    Cast cast(config);
    RoomCreate frame;
    for (int i = 0; i < 3; ++i) {
        frame.tempId = cast.stranger.temp();
        frame.name = "Room";
        const auto refused = refusalOf(cast.stranger, frame);
        EXPECT_EQ(refused.has_value(), i == 2);
        if (refused) {
            EXPECT_EQ(refused->code, ErrorCode::RateLimited);
        }
    }
}

TEST(Limited, soManyAreShownTyping)
{
    ServiceConfig config;
    config.enforceRateLimits = false;
    Cast cast(config);
    std::vector<std::string> names;
    for (int i = 0; i < 25; ++i) {
        names.push_back("typist" + std::to_string(i));
        cast.world.addUser(names.back());
    }
    const RoomId room = cast.owner.makeRoom(names);
    cast.owner.open(room);
    for (const std::string& name : names) {
        Client typist(cast.world, UserId("user-" + name));
        typist.hello();
        TypingSet frame;
        frame.room = room;
        typist.send(frame);
    }
    ASSERT_TRUE(cast.owner.last<TypingUsers>());
    EXPECT_EQ(cast.owner.last<TypingUsers>()->users.size(), 20u);
}

// ---- answers that nobody waits for, or that the disk does not give
// -------------------------------

namespace
{

std::vector<ClientFrame> pagesOf(const RoomId& room)
{
    SyncRequest sync;
    sync.req = RequestId("s");
    sync.rooms = {{room, Epoch(1), Seq()}};
    HistoryRequest history;
    history.req = RequestId("h");
    history.room = room;
    Revalidate again;
    again.req = RequestId("v");
    again.room = room;
    again.lo = Seq(1);
    again.hi = Seq(9);
    return {sync, history, again, DraftsRequest{RequestId("d"), Rev(0), 10}};
}

} // namespace

TEST(Pages, forWhoHasHungUpGoNowhere)
{
    Cast cast;
    auto draft = inRoom<DraftSet>(cast.member, cast.room);
    draft.text = "half";
    cast.member.send(draft);
    for (const ClientFrame& frame : pagesOf(cast.room)) {
        cast.member.clear();
        cast.member.queue(frame);
        const ConnId gone = cast.member.conn;
        cast.world.service->disconnected(gone);
        cast.world.settle();
        EXPECT_TRUE(cast.world.wire.got[gone].empty()) << frameType(frame);
        cast.member.hello();
        // A session that ends closes the connection, and it is still there for a moment.
        cast.member.clear();
        cast.member.queue(frame);
        cast.world.service->sessionEnded(cast.member.session, SessionEnd::Over);
        cast.world.settle();
        ASSERT_EQ(cast.member.frames(), 1u) << frameType(frame);
        EXPECT_EQ(cast.member.last<ErrorFrame>()->code, ErrorCode::TokenInvalid);
        cast.member.session = SessionId(cast.member.session.str() + "+");
        cast.member.hello();
    }
}

TEST(Pages, thatTheDiskDoesNotGiveAreSaidAndComeAfterwards)
{
    Cast cast;
    auto draft = inRoom<DraftSet>(cast.member, cast.room);
    draft.text = "half";
    cast.member.send(draft);
    for (const char* table : {"op", "message", "draft"})
        execute(cast, std::string("ALTER TABLE ") + table + " RENAME TO gone_" + table);
    cast.member.clear();
    for (const ClientFrame& frame : pagesOf(cast.room)) {
        cast.member.clear();
        cast.member.send(frame);
        ASSERT_TRUE(cast.member.last<ErrorFrame>()) << frameType(frame);
        EXPECT_NE(cast.member.last<ErrorFrame>()->code, ErrorCode::NotFound) << frameType(frame);
        EXPECT_FALSE(cast.member.last<ErrorFrame>()->req.empty()) << frameType(frame);
    }
    for (const char* table : {"op", "message", "draft"})
        execute(cast, std::string("ALTER TABLE gone_") + table + " RENAME TO " + table);
    for (const ClientFrame& frame : pagesOf(cast.room)) {
        cast.member.clear();
        cast.member.send(frame);
        EXPECT_EQ(cast.member.frames(), 1u) << frameType(frame);
        EXPECT_FALSE(cast.member.last<ErrorFrame>()) << frameType(frame);
    }
}

TEST(Pages, aRangeUpsideDownIsABadField)
{
    Cast cast;
    Revalidate frame;
    frame.req = RequestId("v");
    frame.room = cast.room;
    frame.lo = Seq(0);
    frame.hi = Seq(4);
    cast.member.send(frame);
    ASSERT_TRUE(cast.member.last<ErrorFrame>());
    EXPECT_EQ(cast.member.last<ErrorFrame>()->code, ErrorCode::BadField);
    // A cursor beyond the head is of a lost log, whatever its epoch says.
    SyncRequest sync;
    sync.req = RequestId("s");
    sync.rooms = {{cast.room, Epoch(1), Seq(1'000)}, {cast.room, Epoch(9), Seq()}};
    cast.member.send(sync);
    ASSERT_TRUE(cast.member.last<SyncResponse>());
    EXPECT_EQ(cast.member.last<SyncResponse>()->rooms.at(0).error, ErrorCode::StateLost);
    EXPECT_FALSE(cast.member.last<SyncResponse>()->rooms.at(1).error) << "a first look";
}

TEST(Hellos, aSyncTokenThatIsNotOursCountsAsNone)
{
    Cast cast;
    cast.member.clear();
    Client fresh(cast.world, cast.member.user, "fresh");
    fresh.hello();
    const auto now = fresh.last<Welcome>()->syncToken;
    fresh.hello({}, now);
    const std::size_t known = fresh.last<Welcome>()->dirty.size();
    for (const char* token : {"x", "t", "t5x", "t-1", "t1.", "t1.x", "t1.1x", "t1.7", "x1",
                              "t99999999999999999999", "t999999999"}) {
        fresh.hello({}, SyncToken(token));
        ASSERT_TRUE(fresh.last<Welcome>()) << token;
        EXPECT_EQ(fresh.last<Welcome>()->dirty.size(), 1u) << token;
    }
    EXPECT_LE(known, 1u);
    // With a token everything is known, but a cursor that differs is told.
    for (int i = 0; i < 40; ++i)
        cast.world.addUser("passer-by" + std::to_string(i)); // moves the token on
    cast.world.advance(1'000);
}

TEST(Hellos, ofAnotherVersionIsSentAway)
{
    Cast cast;
    for (const auto& [min, max] : {std::pair{kVersionMax + 1, kVersionMax + 3}}) {
        Client future(cast.world, cast.member.user, "future");
        future.connect();
        Hello hello = future.helloFrame();
        hello.vMin = min;
        hello.vMax = max;
        future.send(hello);
        EXPECT_EQ(future.closed(), CloseCode::UnsupportedVersion);
    }
    Client both(cast.world, cast.member.user, "both");
    both.connect();
    Hello hello = both.helloFrame();
    hello.vMax = kVersionMax + 3;
    both.send(hello);
    ASSERT_TRUE(both.last<Welcome>());
    EXPECT_EQ(both.last<Welcome>()->v, kVersionMax);
    both.send(hello);
    EXPECT_EQ(both.last<ErrorFrame>()->code, ErrorCode::OutOfOrder);
}

TEST(Hellos, aTokenIsRenewedForTheSameUserAndDeviceOnly)
{
    Cast cast;
    Client laptop(cast.world, cast.member.user, "laptop");
    const auto renewed = [&](const std::string& token) {
        cast.member.clear();
        cast.member.send(TokenRefresh{token});
        const auto error = cast.member.last<ErrorFrame>();
        return error ? error->code : ErrorCode::Internal;
    };
    EXPECT_EQ(renewed(cast.member.token()), ErrorCode::Internal);
    EXPECT_TRUE(cast.member.last<TokenOk>());
    EXPECT_EQ(renewed("rubbish"), ErrorCode::TokenInvalid);
    EXPECT_EQ(renewed(cast.owner.token()), ErrorCode::TokenInvalid);
    EXPECT_EQ(renewed(laptop.token()), ErrorCode::TokenInvalid);
    EXPECT_EQ(renewed(cast.member.token(-10 * kTokenSkewMs)), ErrorCode::TokenExpired);
    cast.world.service->sessionEnded(laptop.session, SessionEnd::Over);
    laptop.device = cast.member.device;
    EXPECT_EQ(renewed(laptop.token()), ErrorCode::TokenInvalid) << "of a session that has ended";
    EXPECT_FALSE(cast.member.closed());
}

TEST(BadFrames, areAnsweredByWhatTheyNameAsFarAsItIsSound)
{
    Cast cast;
    const std::string temp = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f";
    const auto answers = [&](const std::string& text) {
        cast.owner.clear();
        cast.owner.raw(text);
        EXPECT_EQ(cast.owner.frames(), 1u) << text;
    };
    answers(R"({"type":"message_send","room":5,"temp_id":")" + temp + "\"}");
    ASSERT_TRUE(cast.owner.last<MessageFailed>());
    EXPECT_EQ(cast.owner.last<MessageFailed>()->tempId, TempId(temp));
    EXPECT_EQ(cast.owner.last<MessageFailed>()->field, "room");
    for (const std::string& id : {std::string("5"), std::string("\"short\""),
                                  '"' + std::string(80, 'x') + '"', std::string("null")}) {
        answers(R"({"type":"message_send","room":5,"temp_id":)" + id + "}");
        ASSERT_TRUE(cast.owner.last<ErrorFrame>()) << id;
        EXPECT_EQ(cast.owner.last<ErrorFrame>()->code, ErrorCode::BadField) << id;
    }
    answers(R"({"type":"members_request","room":5,"req":")" + std::string(80, 'q') + "\"}");
    EXPECT_EQ(cast.owner.last<ErrorFrame>()->req, RequestId());
    answers(std::string(kClientFrameBytesMax + 1, ' '));
    EXPECT_EQ(cast.owner.last<ErrorFrame>()->code, ErrorCode::FrameTooLarge);
    // Who has not signed in gets one.
    Client nobody(cast.world, cast.owner.user, "nobody");
    nobody.connect();
    nobody.raw(R"({"type":"message_send","room":5,"temp_id":")" + temp + "\"}");
    EXPECT_TRUE(nobody.last<ErrorFrame>());
    EXPECT_EQ(nobody.closed(), CloseCode::ProtocolError);
}

TEST(Collapsed, queuesOfNobodyAndOfUnknownRoomsAreNothing)
{
    Cast cast;
    cast.world.service->collapsed(4'711, {cast.room});
    Client early(cast.world, cast.owner.user, "early");
    early.connect();
    cast.world.service->collapsed(early.conn, {cast.room});
    cast.world.service->collapsed(cast.member.conn, {RoomId("nowhere")});
    cast.world.advance(1'000);
    EXPECT_EQ(early.frames(), 0u);
    EXPECT_TRUE(cast.member.all<RoomDirty>().empty());
    cast.world.service->collapsed(cast.member.conn, {cast.room, cast.room});
    cast.world.service->collapsed(cast.member.conn, {cast.room});
    cast.world.advance(1'000);
    EXPECT_EQ(cast.member.all<RoomDirty>().size(), 1u);
    // Gone before its turn.
    cast.world.service->collapsed(cast.member.conn, {cast.room});
    cast.member.drop();
    cast.world.advance(1'000);
    EXPECT_EQ(cast.member.all<RoomDirty>().size(), 1u);
}

TEST(Positions, ofWhoHasLeftMeanwhileAreNothing)
{
    Cast cast;
    cast.owner.say(cast.room, "one");
    cast.owner.open(cast.room);
    cast.world.advance(1'000);
    cast.owner.clear();
    cast.member.queue(MarkRead{cast.room, Seq(3)});
    cast.owner.queue(setMember(cast.owner, cast.room, cast.member.user, std::nullopt));
    cast.world.advance(1'000);
    for (const Receipts& receipts : cast.owner.all<Receipts>()) {
        for (const Position& position : receipts.positions)
            EXPECT_NE(position.user, cast.member.user);
    }
    cast.owner.send(MarkDelivered{{{cast.room, Seq(3)}, {RoomId("nowhere"), Seq(3)}}});
    ASSERT_TRUE(cast.owner.last<ErrorFrame>());
    EXPECT_EQ(cast.owner.last<ErrorFrame>()->code, ErrorCode::NotFound);
}
