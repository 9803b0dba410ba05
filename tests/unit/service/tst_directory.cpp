#include "server/service/directory.h"

#include <gtest/gtest.h>

#include <map>

namespace skein::server
{
namespace
{

using protocol::Event;
using protocol::Kind;
using protocol::Role;

UserRow user(UserKey key, const std::string& name)
{
    return {key, UserId("u_" + name), name, "The " + name, 0};
}

MemberRow member(UserKey key, Role role = Role::Member)
{
    MemberRow row;
    row.user = key;
    row.role = role;
    return row;
}

class DirectoryTest : public testing::Test
{
protected:
    void SetUp() override
    {
        Snapshot snapshot;
        snapshot.users = {user(1, "ana"), user(2, "ben"), user(3, "cid")};
        RoomRow row;
        row.key = 10;
        row.id = RoomId("r10");
        row.name = "Ten";
        row.epoch = Epoch(1);
        row.head = Seq(5);
        row.ord = Ord(4);
        row.touch = 70;
        row.createdTs = 100;
        row.members = {member(1, Role::Owner), member(2)};
        row.members[1].readOrd = Ord(1);
        row.members[1].read = Seq(2);
        row.members[1].mentions = {Seq(3), Seq(4)};
        snapshot.rooms = {row};
        snapshot.departures = {{3, 10, RoomId("r10"), 60}, {99, 10, RoomId("r10"), 61}};
        snapshot.touch = 65;
        directory.fill(std::move(snapshot));
    }
    Room& room() { return *directory.room(RoomKey{10}); }
    static Event message(std::int64_t seq, const std::string& body)
    {
        Event event;
        event.seq = Seq(seq);
        event.ord = Ord(seq - 1);
        event.ts = 1'000 + seq;
        event.body = body;
        return event;
    }

    Directory directory;
};

TEST_F(DirectoryTest, everythingIsFoundByKeyAndByName)
{
    ASSERT_TRUE(directory.user(UserKey{1}));
    EXPECT_EQ(directory.user(UserId("u_ana")), directory.user(UserKey{1}));
    EXPECT_EQ(directory.userByName("ana"), directory.user(UserKey{1}));
    EXPECT_EQ(directory.room(RoomId("r10")), &room());
    EXPECT_EQ(directory.user(UserKey{99}), nullptr);
    EXPECT_EQ(directory.user(UserId("u_nobody")), nullptr);
    EXPECT_EQ(directory.userByName("nobody"), nullptr);
    EXPECT_EQ(directory.room(RoomKey{99}), nullptr);
    EXPECT_EQ(directory.room(RoomId("r99")), nullptr);
    EXPECT_EQ(directory.roomCount(), 1U);
    EXPECT_EQ(directory.touch(), 70) << "the greatest of all that was filled in";
}

TEST_F(DirectoryTest, aRenamedUserIsTheSameOneToEveryRoom)
{
    User* const ben = directory.user(UserKey{2});
    directory.putUser(user(2, "benjamin"));
    EXPECT_EQ(directory.user(UserKey{2}), ben);
    EXPECT_EQ(room().member(2)->user, ben);
    EXPECT_EQ(directory.userByName("benjamin"), ben);
}

TEST_F(DirectoryTest, aMemberWhoIsUnknownIsNoMember)
{
    directory.addMember(room(), member(99));
    EXPECT_EQ(room().member(99), nullptr);
    EXPECT_EQ(room().members.size(), 2U);
}

TEST_F(DirectoryTest, whoComesBackIsNoLongerGone)
{
    User& cid = *directory.user(UserKey{3});
    ASSERT_EQ(cid.departures.size(), 1U);
    directory.addMember(room(), member(3));
    EXPECT_TRUE(cid.departures.empty());
    EXPECT_EQ(cid.rooms, std::vector<RoomKey>{10});
}

TEST_F(DirectoryTest, aNewRoleChangesNoPositions)
{
    directory.addMember(room(), member(2, Role::Admin));
    const Member& ben = *room().member(2);
    EXPECT_EQ(ben.role, Role::Admin);
    EXPECT_EQ(ben.read, Seq(2));
    EXPECT_EQ(ben.mentions.size(), 2U);
    EXPECT_EQ(directory.user(UserKey{2})->rooms.size(), 1U);
}

TEST_F(DirectoryTest, whoLeavesIsRememberedAsGone)
{
    directory.removeMember(room(), 2, 80);
    User& ben = *directory.user(UserKey{2});
    EXPECT_EQ(room().member(2), nullptr);
    EXPECT_TRUE(ben.rooms.empty());
    ASSERT_EQ(ben.departures.size(), 1U);
    EXPECT_EQ(ben.departures[0].touch, 80);
    EXPECT_EQ(ben.departures[0].roomId, RoomId("r10"));
    directory.removeMember(room(), 99, 81); // never was one
}

TEST_F(DirectoryTest, anEntryMovesTheRoomForwardOnly)
{
    directory.apply(room(), message(8, "new"), 1, 90);
    directory.apply(room(), message(6, "late"), 1, 85);
    EXPECT_EQ(room().head, Seq(8));
    EXPECT_EQ(room().ord, Ord(7));
    EXPECT_EQ(room().touch, 90);
    EXPECT_EQ(directory.touch(), 90);
    EXPECT_EQ(room().last.text, "new");
    EXPECT_EQ(room().activeTs(), 1'008);
}

TEST_F(DirectoryTest, aRoomChangeSetsOnlyWhatItNames)
{
    Event change = message(6, "");
    change.kind = Kind::Room;
    change.topic = "topic";
    directory.apply(room(), change, 1, 90);
    EXPECT_EQ(room().name, "Ten");
    EXPECT_EQ(room().topic, "topic");
    change.topic.reset();
    change.name = "Renamed";
    change.archived = true;
    directory.apply(room(), change, 1, 91);
    EXPECT_EQ(room().name, "Renamed");
    EXPECT_EQ(room().topic, "topic");
    EXPECT_TRUE(room().archived);
}

TEST_F(DirectoryTest, aDeletedMessageMentionsNobody)
{
    Event gone = message(6, "");
    gone.kind = Kind::Delete;
    gone.target = Seq(3);
    directory.apply(room(), gone, 1, 90);
    EXPECT_EQ(room().member(2)->mentions, std::vector<Seq>{Seq(4)});
    EXPECT_EQ(directory.head(room(), *room().member(2)).mentions, 1);
}

TEST_F(DirectoryTest, unreadIsWhatLiesBetweenTheReadPositionAndTheHead)
{
    const protocol::RoomHead head = directory.head(room(), *room().member(2));
    EXPECT_EQ(head.room, RoomId("r10"));
    EXPECT_EQ(head.head, Seq(5));
    EXPECT_EQ(head.read, Seq(2));
    EXPECT_EQ(head.unread, 3);
    EXPECT_EQ(head.mentions, 2);
}

TEST(LeadersTest, theFurthestOfTheOthersIsWhatAWalkOverAllOfThemFinds)
{
    Leaders leaders;
    std::map<UserKey, Seq> at;
    std::uint32_t dice = 12'345;
    for (int i = 0; i < 2'000; ++i) {
        dice = dice * 1'664'525 + 1'013'904'223;
        const UserKey user = 1 + (dice >> 16) % 5;
        at[user] = std::max(at[user], Seq((dice >> 24) + i / 4));
        std::map<UserKey, Seq> before;
        for (UserKey one = 1; one <= 6; ++one)
            before[one] = leaders.others(one);
        const bool moved = leaders.moved(user, at[user]);
        bool differs = false;
        for (UserKey one = 1; one <= 6; ++one) {
            Seq most;
            for (const auto& [other, seq] : at)
                most = other == one ? most : std::max(most, seq);
            ASSERT_EQ(leaders.others(one), most) << i << " of " << one;
            differs = differs || most != before[one];
        }
        ASSERT_EQ(moved, differs) << i;
    }
}

TEST_F(DirectoryTest, aRoomWithoutAMessageHasNoPreviewAndIsAsOldAsItself)
{
    EXPECT_FALSE(directory.preview(room()));
    EXPECT_EQ(room().activeTs(), 100);
    directory.apply(room(), message(6, "by nobody"), 99, 90);
    EXPECT_FALSE(directory.preview(room())) << "its sender is unknown";
    directory.apply(room(), message(7, "hello"), 2, 91);
    const auto preview = directory.preview(room());
    ASSERT_TRUE(preview);
    EXPECT_EQ(preview->text, "hello");
    EXPECT_EQ(preview->sender, UserId("u_ben"));
    EXPECT_EQ(preview->senderName, "The ben");
}

TEST_F(DirectoryTest, aDirectRoomIsNamedAfterTheOtherOne)
{
    RoomRow row;
    row.key = 11;
    row.id = RoomId("r11");
    row.kind = protocol::RoomKind::Direct;
    row.members = {member(1), member(2)};
    Room& direct = directory.putRoom(row);
    EXPECT_EQ(directory.info(direct, *direct.member(1)).name, "The ben");
    EXPECT_EQ(directory.info(direct, *direct.member(2)).name, "The ana");
    const auto info = directory.info(room(), *room().member(1));
    EXPECT_EQ(info.name, "Ten");
    EXPECT_EQ(info.role, Role::Owner);
    EXPECT_EQ(info.members, 2);
}

} // namespace
} // namespace skein::server
