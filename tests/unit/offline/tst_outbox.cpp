#include "offline/outbox.h"

#include "tests/unit/offline/memorystore.h"

namespace skein::offline
{
namespace
{

class OutboxTest : public test::MemoryStore
{
protected:
    std::int64_t add(int number, Op op = Op::Send, RowId tid = 0)
    {
        OutboxEntry entry;
        entry.tempId = test::tempId(number);
        entry.room = room;
        entry.op = op;
        entry.tid = tid;
        entry.payload = "payload " + std::to_string(number);
        entry.createdMs = number;
        return store->outbox().add(entry);
    }
};

TEST_F(OutboxTest, entriesComeInTheOrderTheyWereWrittenWithoutTheirPayload)
{
    const std::int64_t first = add(2);
    const std::int64_t second = add(1, Op::Edit, 7);
    const auto list = store->outbox().list();
    ASSERT_EQ(list.size(), 2U);
    EXPECT_EQ(list[0].id, first);
    EXPECT_EQ(list[0].tempId, test::tempId(2));
    EXPECT_EQ(list[1].id, second);
    EXPECT_EQ(list[1].op, Op::Edit);
    EXPECT_EQ(list[1].tid, 7);
    EXPECT_EQ(list[1].createdMs, 1);
    EXPECT_TRUE(list[0].payload.empty());
}

TEST_F(OutboxTest, anEntryIsFoundByItsKeyWithItsPayload)
{
    const std::int64_t id = add(1);
    const auto found = store->outbox().find(test::tempId(1));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->id, id);
    EXPECT_EQ(found->payload, "payload 1");
    EXPECT_EQ(store->outbox().payload(id), "payload 1");
    EXPECT_FALSE(store->outbox().find(test::tempId(2)));
    EXPECT_EQ(store->outbox().payload(id + 1), "");
}

TEST_F(OutboxTest, theSameKeyIsNeverQueuedTwice)
{
    add(1);
    ASSERT_FALSE(store->takeError());
    add(1);
    EXPECT_TRUE(store->takeError());
    EXPECT_EQ(store->outbox().list().size(), 1U);
}

TEST_F(OutboxTest, anIdIsNotUsedAgainAfterItsEntryIsGone)
{
    const std::int64_t gone = add(1);
    store->outbox().erase(gone);
    EXPECT_TRUE(store->outbox().list().empty());
    EXPECT_GT(add(2), gone);
}

TEST_F(OutboxTest, changesOfARowLeaveOutItsOwnSendWhatFailedAndOtherRows)
{
    add(1, Op::Send, 7);
    add(2, Op::Edit, 7);
    const std::int64_t refused = add(3, Op::Delete, 7);
    add(4, Op::Reaction, 7);
    add(5, Op::Edit, 8);
    store->outbox().setFailed(refused, ErrorCode::Forbidden);
    const auto changes = store->outbox().changesOf(7);
    ASSERT_EQ(changes.size(), 2U);
    EXPECT_EQ(changes[0].payload, "payload 2");
    EXPECT_EQ(changes[1].payload, "payload 4");
}

TEST_F(OutboxTest, oneKindOfARoomLeavesOutOtherKindsOtherRoomsAndWhatFailed)
{
    add(1, Op::RoomUpdate);
    add(2, Op::Send);
    const std::int64_t refused = add(3, Op::RoomUpdate);
    add(4, Op::RoomUpdate);
    store->outbox().setFailed(refused, ErrorCode::Forbidden);
    const auto updates = store->outbox().ofRoom(room, Op::RoomUpdate);
    ASSERT_EQ(updates.size(), 2U);
    EXPECT_EQ(updates[0].payload, "payload 1");
    EXPECT_EQ(updates[1].payload, "payload 4");
    EXPECT_TRUE(store->outbox().ofRoom(addRoom("room2"), Op::RoomUpdate).empty());
}

TEST_F(OutboxTest, aFailureIsKeptAndTakenBackByARetry)
{
    const std::int64_t id = add(1);
    store->outbox().setFailed(id, ErrorCode::Forbidden);
    EXPECT_EQ(store->outbox().list().front().failed, ErrorCode::Forbidden);
    store->outbox().setFailed(id, std::nullopt);
    EXPECT_EQ(store->outbox().list().front().failed, std::nullopt);
}

TEST_F(OutboxTest, whatIsRewrittenKeepsItsPlace)
{
    const std::int64_t first = add(1);
    add(2);
    store->outbox().setPayload(first, "rewritten");
    store->outbox().setRow(first, 9);
    store->outbox().setAcked(first, Seq(12));
    const auto list = store->outbox().list();
    EXPECT_EQ(list[0].id, first);
    EXPECT_EQ(list[0].tid, 9);
    EXPECT_EQ(list[0].acked, Seq(12));
    EXPECT_EQ(store->outbox().payload(first), "rewritten");
    EXPECT_EQ(list[1].acked, Seq());
}

TEST_F(OutboxTest, aRoomIsInUseWhileAnythingOfItWaits)
{
    const RoomKey other = addRoom("room2");
    const std::int64_t id = add(1);
    EXPECT_TRUE(store->outbox().usesRoom(room));
    EXPECT_FALSE(store->outbox().usesRoom(other));
    store->outbox().erase(id);
    EXPECT_FALSE(store->outbox().usesRoom(room));
}

} // namespace
} // namespace skein::offline
