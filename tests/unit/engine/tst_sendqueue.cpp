#include "sdk/engine/sendqueue.h"

#include <gtest/gtest.h>

namespace skein::engine
{
namespace
{

class Queue : public testing::Test
{
protected:
    void SetUp() override
    {
        for (int i = 1; i <= 4; ++i) {
            SendEntry entry;
            entry.id = i;
            entry.tempId = TempId(std::to_string(i));
            queue.push(entry);
        }
    }
    TempId sendNext()
    {
        SendEntry* entry = queue.next(8, now);
        if (!entry)
            return {};
        queue.sent(*entry, now);
        return entry->tempId;
    }
    SendQueue queue;
    MonoTime now{1'000};
};

TEST_F(Queue, windowBoundsWhatIsOnTheWire)
{
    EXPECT_TRUE(queue.next(2, now));
    sendNext();
    sendNext();
    EXPECT_FALSE(queue.next(2, now));
    queue.remove(TempId("1"));
    EXPECT_EQ(queue.next(2, now)->tempId, TempId("3"));
    EXPECT_EQ(queue.inFlight(), 1U);
    EXPECT_EQ(queue.queued(), 2U);
}

TEST_F(Queue, backoffOfOneHoldsTheRoom)
{
    sendNext();
    queue.requeue(TempId("1"), now + Milliseconds(500));
    EXPECT_FALSE(queue.next(8, now));
    now = now + Milliseconds(500);
    EXPECT_EQ(sendNext(), TempId("1"));
}

TEST_F(Queue, timeoutTakesWhatCameAfterWithIt)
{
    sendNext();
    now = now + Milliseconds(SendQueue::kConfirmTimeoutMs - 1);
    sendNext();
    EXPECT_TRUE(queue.timedOut(now).empty());
    now = now + Milliseconds(1);
    EXPECT_EQ(queue.timeoutAt(), now);
    EXPECT_EQ(queue.timedOut(now), (std::vector<TempId>{TempId("1"), TempId("2")}));
    EXPECT_EQ(queue.find(TempId("1"))->state, SendState::Unknown);
    EXPECT_EQ(sendNext(), TempId("1"));
    EXPECT_EQ(sendNext(), TempId("2"));
}

TEST_F(Queue, aRefusedChildSendsItsLostParentAgainAndNothingElse)
{
    for (int i = 0; i < 3; ++i)
        sendNext();
    queue.parentMissing(TempId("3"));
    queue.requeue(TempId("3"), now);
    EXPECT_EQ(queue.find(TempId("1"))->state, SendState::InFlight);
    EXPECT_EQ(sendNext(), TempId("2"));
    EXPECT_EQ(sendNext(), TempId("3"));
}

TEST_F(Queue, aParentSentAfterTheRefusedChildIsLeftAlone)
{
    sendNext();
    sendNext();
    now = now + Milliseconds(5);
    queue.requeue(TempId("1"), now);
    EXPECT_EQ(sendNext(), TempId("1"));
    queue.parentMissing(TempId("2"));
    EXPECT_EQ(queue.find(TempId("1"))->state, SendState::InFlight);
}

TEST_F(Queue, anAnswerEndsTheBackoffOfTheRoom)
{
    sendNext();
    sendNext();
    queue.requeue(TempId("2"), now + Milliseconds(30'000));
    EXPECT_FALSE(queue.next(8, now));
    queue.remove(TempId("1"));
    EXPECT_EQ(sendNext(), TempId("2"));
}

TEST_F(Queue, prevSkipsFailedOnesAndChanges)
{
    SendEntry edit;
    edit.id = 5;
    edit.tempId = TempId("5");
    edit.op = offline::Op::Edit;
    queue.push(edit);
    SendEntry last;
    last.id = 6;
    last.tempId = TempId("6");
    queue.push(last);
    EXPECT_EQ(queue.prevOf(*queue.find(TempId("6"))), TempId("4"));
    queue.failed(TempId("4"));
    EXPECT_EQ(queue.prevOf(*queue.find(TempId("6"))), TempId("3"));
    EXPECT_TRUE(queue.heldBack());
}

TEST_F(Queue, failedMessageStopsWhatIsBehindItUntilRetried)
{
    sendNext();
    queue.failed(TempId("1"));
    EXPECT_FALSE(queue.next(8, now));
    queue.retry(TempId("1"));
    EXPECT_EQ(sendNext(), TempId("1"));
}

} // namespace
} // namespace skein::engine
