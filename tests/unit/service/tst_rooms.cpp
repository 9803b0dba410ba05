// Rooms: making, listing, members, names.
#include "tests/unit/service/world.h"

#include <set>

using namespace skein;
using namespace skein::server;
using namespace skein::server::testing;

TEST(Rooms, aNewRoomIsToldToItsMembersAndNobodyElse)
{
    Cast cast;
    const RoomId room =
        cast.owner.makeRoom({"member", cast.admin.user.str()}, RoomKind::Job, "Roof");
    const auto created = cast.owner.last<RoomCreated>();
    ASSERT_TRUE(created);
    EXPECT_FALSE(created->dup);
    EXPECT_EQ(created->room.role, Role::Owner);
    EXPECT_EQ(created->room.members, 3);
    EXPECT_EQ(created->room.kind, RoomKind::Job);
    ASSERT_TRUE(cast.member.last<RoomAdded>());
    EXPECT_EQ(cast.member.last<RoomAdded>()->room.head.room, room);
    EXPECT_EQ(cast.member.last<RoomAdded>()->room.role, Role::Member);
    EXPECT_TRUE(cast.admin.last<RoomAdded>());
    EXPECT_TRUE(cast.owner.all<RoomAdded>().empty());
    EXPECT_TRUE(cast.stranger.all<RoomAdded>().empty());
}

TEST(Rooms, makingItTwiceUnderOneKeyMakesOne)
{
    Cast cast;
    RoomCreate frame;
    frame.tempId = cast.owner.temp();
    frame.name = "Once";
    cast.owner.send(frame);
    cast.owner.send(frame);
    const auto created = cast.owner.all<RoomCreated>();
    ASSERT_EQ(created.size(), 2u);
    EXPECT_EQ(created[0].room.head.room, created[1].room.head.room);
    EXPECT_TRUE(created[1].dup);
}

TEST(Rooms, twoUsersHaveOneDirectRoomWhoeverAsksFirst)
{
    Cast cast;
    const RoomId first = cast.owner.makeRoom({"member"}, RoomKind::Direct);
    EXPECT_EQ(cast.owner.last<RoomCreated>()->room.name, "The member");
    EXPECT_EQ(cast.member.last<RoomAdded>()->room.name, "The owner");
    cast.world.restart();
    cast.member.hello();
    const RoomId second = cast.member.makeRoom({"owner"}, RoomKind::Direct);
    EXPECT_EQ(first, second);
    EXPECT_TRUE(cast.member.last<RoomCreated>()->dup);
    RoomCreate alone;
    alone.tempId = cast.member.temp();
    alone.kind = RoomKind::Direct;
    alone.members = {"member"};
    cast.member.send(alone);
    ASSERT_TRUE(cast.member.refusal(alone.tempId));
    EXPECT_EQ(cast.member.refusal(alone.tempId)->field, "members");
}

TEST(Rooms, anUnknownMemberOrAnEmptyNameIsRefused)
{
    Cast cast;
    RoomCreate frame;
    frame.tempId = cast.owner.temp();
    frame.name = "Room";
    frame.members = {"nobody"};
    cast.owner.send(frame);
    ASSERT_TRUE(cast.owner.refusal(frame.tempId));
    EXPECT_EQ(cast.owner.refusal(frame.tempId)->code, ErrorCode::NotFound);
    frame.tempId = cast.owner.temp();
    frame.members.clear();
    frame.name = " \t\u202e\u200b ";
    cast.owner.send(frame);
    ASSERT_TRUE(cast.owner.refusal(frame.tempId));
    EXPECT_EQ(cast.owner.refusal(frame.tempId)->field, "name");
}

TEST(Rooms, namesLoseControlAndBidiOverrideCharacters)
{
    Cast cast;
    cast.owner.makeRoom({}, RoomKind::General, "  Ev\u202eil\u0007 \u2066room\u2069\n");
    EXPECT_EQ(cast.owner.last<RoomCreated>()->room.name, "Evil room");
}

TEST(Rooms, theListIsByActivityAndItsPagesJoin)
{
    Cast cast;
    std::vector<RoomId> rooms{cast.room};
    for (int i = 0; i < 9; ++i) {
        cast.world.advance(10);
        rooms.push_back(cast.owner.makeRoom({}));
    }
    cast.world.advance(10);
    cast.owner.say(rooms[4], "now the newest");
    std::vector<RoomId> seen;
    RoomsRequest frame;
    frame.req = RequestId("r");
    frame.limit = 4;
    for (int page = 0; page < 3; ++page) {
        cast.owner.send(frame);
        const auto response = cast.owner.last<RoomsResponse>();
        ASSERT_TRUE(response);
        for (const RoomInfo& room : response->rooms)
            seen.push_back(room.head.room);
        EXPECT_EQ(response->more, page < 2);
        frame.after = response->cursor;
    }
    ASSERT_EQ(seen.size(), rooms.size());
    EXPECT_EQ(seen[0], rooms[4]);
    EXPECT_EQ(seen[1], rooms[9]);
    EXPECT_EQ(seen.back(), rooms[0]);
    EXPECT_EQ(std::set<RoomId>(seen.begin(), seen.end()).size(), rooms.size());
    frame.after = "rubbish";
    cast.owner.send(frame);
    EXPECT_EQ(cast.owner.last<ErrorFrame>()->code, ErrorCode::BadField);
}

TEST(Rooms, thePreviewFollowsEditsAndDeletionsOfTheNewestMessage)
{
    Cast cast;
    const auto preview = [&] {
        RoomsRequest frame;
        frame.req = RequestId("r");
        frame.rooms = {cast.room};
        cast.member.send(frame);
        return cast.member.last<RoomsResponse>()->rooms.at(0).last;
    };
    EXPECT_FALSE(preview());
    const Seq target = cast.owner.say(cast.room, "one\ntwo  three").seq;
    EXPECT_EQ(preview()->text, "one two three");
    MessageEdit edit;
    edit.room = cast.room;
    edit.tempId = cast.owner.temp();
    edit.target = target;
    edit.body = "edited";
    cast.owner.send(edit);
    EXPECT_EQ(preview()->text, "edited");
    cast.world.restart();
    cast.owner.hello();
    cast.member.hello();
    EXPECT_EQ(preview()->text, "edited");
    MessageDelete erase;
    erase.room = cast.room;
    erase.tempId = cast.owner.temp();
    erase.target = target;
    cast.owner.send(erase);
    EXPECT_EQ(preview()->text, "");
}

TEST(Rooms, whoJoinsHasNothingUnreadAndSeesTheHistory)
{
    Cast cast;
    cast.owner.say(cast.room, "before");
    MemberSet invite;
    invite.room = cast.room;
    invite.tempId = cast.owner.temp();
    invite.user = cast.stranger.user;
    invite.role = Role::Member;
    cast.owner.send(invite);
    ASSERT_TRUE(cast.stranger.last<RoomAdded>());
    EXPECT_EQ(cast.stranger.last<RoomAdded>()->room.head.unread, 0);
    HistoryRequest history;
    history.req = RequestId("h");
    history.room = cast.room;
    cast.stranger.send(history);
    EXPECT_EQ(cast.stranger.last<HistoryResponse>()->messages.at(0).body, "before");
    cast.owner.say(cast.room, "after");
    cast.world.advance(1'000);
    EXPECT_EQ(cast.stranger.last<RoomDirty>()->head.unread, 1);
}

TEST(Rooms, membersAreListedWithRolePositionAndPresence)
{
    Cast cast;
    cast.member.drop();
    cast.world.advance(9'000);
    MembersRequest frame;
    frame.req = RequestId("m");
    frame.room = cast.room;
    frame.limit = 2;
    cast.owner.send(frame);
    auto response = cast.owner.last<MembersResponse>();
    ASSERT_TRUE(response);
    EXPECT_TRUE(response->more);
    ASSERT_EQ(response->members.size(), 2u);
    EXPECT_EQ(response->members[0].role, Role::Owner);
    EXPECT_EQ(response->members[1].role, Role::Admin);
    EXPECT_EQ(response->members[1].status, PresenceStatus::Online);
    frame.after = response->cursor;
    cast.owner.send(frame);
    response = cast.owner.last<MembersResponse>();
    EXPECT_FALSE(response->more);
    ASSERT_EQ(response->members.size(), 1u);
    EXPECT_EQ(response->members[0].name, "The member");
    EXPECT_EQ(response->members[0].status, PresenceStatus::Offline);
    EXPECT_GT(response->members[0].lastSeen, 0);
}

TEST(Rooms, aPageOfRoomsFitsIntoAFrameHoweverLongTheirTexts)
{
    ServiceConfig config;
    config.enforceRateLimits = false;
    Cast cast(config);
    for (int i = 0; i < 200; ++i) {
        RoomCreate frame;
        frame.tempId = cast.owner.temp();
        frame.name = std::string(kNameCharactersMax, '"');
        for (std::size_t c = 0; c < kTopicCharactersMax; ++c)
            frame.topic += "\xF0\x9F\x99\x82";
        cast.owner.queue(frame);
    }
    cast.world.settle();
    cast.owner.clear();
    RoomsRequest frame;
    frame.req = RequestId("r");
    frame.limit = 200;
    std::set<RoomId> seen;
    for (int page = 0; page < 20; ++page) {
        cast.owner.send(frame);
        const auto response = cast.owner.last<RoomsResponse>();
        ASSERT_TRUE(response);
        EXPECT_LE(cast.world.wire.got[cast.owner.conn].back().text.size(), kServerFrameBytesMax);
        for (const RoomInfo& room : response->rooms)
            seen.insert(room.head.room);
        if (!response->more)
            break;
        frame.after = response->cursor;
    }
    EXPECT_EQ(seen.size(), 201u);
    // By their names, too: what does not fit is left for the next request.
    frame.after.clear();
    frame.rooms.assign(seen.begin(), std::next(seen.begin(), 100));
    cast.owner.send(frame);
    const auto named = cast.owner.last<RoomsResponse>();
    ASSERT_TRUE(named);
    EXPECT_TRUE(named->more);
    EXPECT_GT(named->rooms.size(), 50u);
    EXPECT_LT(named->rooms.size(), 100u);
    EXPECT_LE(cast.world.wire.got[cast.owner.conn].back().text.size(), kServerFrameBytesMax);
}
