#include "offline/rooms.h"

#include "tests/unit/offline/memorystore.h"

namespace skein::offline
{
namespace
{

class RoomsTest : public test::MemoryStore
{
};

TEST_F(RoomsTest, everyFieldComesBack)
{
    RoomRecord record;
    RoomRow& row = record.row;
    row.room = RoomId("room2");
    row.epoch = Epoch(3);
    row.kind = protocol::RoomKind::Support;
    row.name = "name";
    row.topic = "topic";
    row.role = protocol::Role::Admin;
    row.archived = row.muted = true;
    row.members = 12;
    row.head = Seq(90);
    row.headOrd = Ord(80);
    row.read = Seq(70);
    row.othersRead = Seq(60);
    row.othersDelivered = Seq(65);
    row.mentions = 2;
    row.last = protocol::Preview();
    row.last->seq = Seq(90);
    row.last->sender = test::kPeer;
    row.last->senderName = "Her";
    row.last->kind = protocol::Kind::Image;
    row.last->text = "picture";
    row.last->ts = 5;
    row.activeTs = 6;
    record.member = false;
    record.synced = Seq(89);
    record.readOrd = Ord(62);
    record.readTold = Seq(69);
    record.deliveredTold = Seq(88);
    record.server = RoomRecord::Info{"server's name", "server's topic", false};
    record.nameRev = Seq(21);
    record.topicRev = Seq(22);
    record.archivedRev = Seq(23);
    record.roleRev = Seq(24);
    store->rooms().insert(record);
    record.countUnread();

    const auto loaded = store->rooms().load();
    ASSERT_EQ(loaded.size(), 2U);
    const RoomRecord& back = loaded.front(); // active later than room1, which has no activity
    EXPECT_EQ(back.row, record.row);
    EXPECT_EQ(back.row.unread, 18);
    EXPECT_EQ(back.key, record.key);
    EXPECT_FALSE(back.member);
    EXPECT_EQ(back.synced, Seq(89));
    EXPECT_EQ(back.readOrd, Ord(62));
    EXPECT_EQ(back.readTold, Seq(69));
    EXPECT_EQ(back.deliveredTold, Seq(88));
    EXPECT_EQ(back.server, record.server);
    EXPECT_EQ(back.nameRev, Seq(21));
    EXPECT_EQ(back.topicRev, Seq(22));
    EXPECT_EQ(back.archivedRev, Seq(23));
    EXPECT_EQ(back.roleRev, Seq(24));
}

TEST_F(RoomsTest, theUsersOwnChangesStandOverTheServersInOrder)
{
    RoomRecord record;
    protocol::RoomUpdate first, second;
    first.name = "first";
    first.archived = true;
    second.name = "second";
    record.setInfo({"server", "topic", false}, {first, second});
    EXPECT_EQ(record.row.name, "second");
    EXPECT_EQ(record.row.topic, "topic");
    EXPECT_TRUE(record.row.archived);
    EXPECT_EQ(record.serverInfo(), (RoomRecord::Info{"server", "topic", false}));
    record.setInfo({"server", "topic", false}, {});
    EXPECT_EQ(record.row.name, "server");
    EXPECT_FALSE(record.server) << "nothing of the user's is left over it";
    EXPECT_EQ(record.serverInfo(), (RoomRecord::Info{"server", "topic", false}));
}

TEST_F(RoomsTest, theListIsByActivityNewestFirst)
{
    for (const auto& [id, active] :
         {std::pair("old", 10), std::pair("newest", 30), std::pair("middle", 20)}) {
        RoomRecord record;
        record.row.room = RoomId(id);
        record.row.activeTs = active;
        store->rooms().insert(record);
    }
    std::vector<std::string> order;
    for (const RoomRecord& record : store->rooms().load())
        order.push_back(record.row.room.str());
    EXPECT_EQ(order, (std::vector<std::string>{"newest", "middle", "old", "room1"}));
}

TEST_F(RoomsTest, aRoomThatIsBackGetsItsOldKey)
{
    RoomRecord left;
    left.row.room = RoomId("room1");
    left.key = room;
    left.member = false;
    store->rooms().save(left);
    EXPECT_EQ(addRoom("room1"), room);
    ASSERT_EQ(store->rooms().load().size(), 1U);
    EXPECT_TRUE(store->rooms().load().front().member);
}

TEST_F(RoomsTest, whatWaitsAndWhatFailedIsCountedApart)
{
    test::MemoryStore::enqueue("one", test::tempId(1));
    test::MemoryStore::enqueue("two", test::tempId(2));
    test::MemoryStore::enqueue("three", test::tempId(3));
    store->outbox().setFailed(store->outbox().list().back().id, ErrorCode::Forbidden);
    const auto loaded = store->rooms().load();
    EXPECT_EQ(loaded.front().row.queued, 2);
    EXPECT_EQ(loaded.front().row.failed, 1);
}

TEST_F(RoomsTest, unreadIsNeverNegative)
{
    RoomRecord record;
    record.row.headOrd = Ord(5);
    record.readOrd = Ord(9);
    record.countUnread();
    EXPECT_EQ(record.row.unread, 0);
    record.readOrd = Ord(5);
    record.countUnread();
    EXPECT_EQ(record.row.unread, 0);
    record.readOrd = Ord(4);
    record.countUnread();
    EXPECT_EQ(record.row.unread, 1);
}

TEST_F(RoomsTest, anErasedRoomIsGone)
{
    store->rooms().erase(room);
    EXPECT_TRUE(store->rooms().load().empty());
}

} // namespace
} // namespace skein::offline
