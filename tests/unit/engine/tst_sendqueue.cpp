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
    void pushEdit(int id)
    {
        SendEntry edit;
        edit.id = id;
        edit.tempId = TempId(std::to_string(id));
        edit.op = offline::Op::Edit;
        queue.push(edit);
    }
    SendState stateOf(const char* id) { return queue.find(TempId(id))->state; }
    TempId sendNext()
    {
        SendEntry* entry = queue.next(8, now);
        if (!entry)
            return {};
        queue.sent(*entry, now, 0);
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
    pushEdit(5);
    SendEntry last;
    last.id = 6;
    last.tempId = TempId("6");
    queue.push(last);
    EXPECT_EQ(queue.prevOf(*queue.find(TempId("6"))), TempId("4"));
    queue.failed(TempId("4"));
    EXPECT_EQ(queue.prevOf(*queue.find(TempId("6"))), TempId("3"));
    EXPECT_TRUE(queue.heldBack());
}

TEST_F(Queue, whatIsWrittenNextNamesTheLastOne)
{
    SendEntry next;
    next.id = 9;
    EXPECT_EQ(queue.prevOf(next), TempId("4"));
}

TEST_F(Queue, failedMessageStopsWhatIsBehindItUntilRetried)
{
    sendNext();
    queue.failed(TempId("1"));
    EXPECT_FALSE(queue.next(8, now));
    queue.retry(TempId("1"));
    EXPECT_EQ(sendNext(), TempId("1"));
}

TEST_F(Queue, aChangeOfTheRoomWaitsForNoFailedMessage)
{
    pushEdit(5);
    SendEntry unarchive;
    unarchive.id = 6;
    unarchive.tempId = TempId("6");
    unarchive.op = offline::Op::RoomUpdate;
    queue.push(unarchive);
    queue.failed(TempId("1"));
    EXPECT_EQ(sendNext(), TempId("6"));
    EXPECT_EQ(sendNext(), TempId());
    (void)queue.connectionLost();
    EXPECT_EQ(sendNext(), TempId("6")) << "also again, under its key";
    (void)queue.remove(TempId("6"));
    EXPECT_EQ(sendNext(), TempId());
    queue.retry(TempId("1"));
    EXPECT_EQ(sendNext(), TempId("1"));
}

TEST_F(Queue, aFailedChangeHoldsNothingBack)
{
    for (int i = 0; i < 4; ++i)
        sendNext();
    pushEdit(5);
    pushEdit(6);
    queue.failed(TempId("5"));
    EXPECT_FALSE(queue.heldBack());
    EXPECT_EQ(queue.failedCount(), 1U);
    EXPECT_EQ(queue.failedMessages(), 0U);
    EXPECT_EQ(queue.unsentMessages(), 4U);
    EXPECT_EQ(sendNext(), TempId("6"));
}

TEST_F(Queue, latencyCountsFromTheFirstTryAndAnewAfterARetry)
{
    const MonoTime first = now;
    sendNext();
    now = now + Milliseconds(100);
    queue.requeue(TempId("1"), now);
    sendNext();
    EXPECT_EQ(queue.find(TempId("1"))->firstSentAt, first);
    EXPECT_EQ(queue.find(TempId("1"))->sentAt, now);
    queue.failed(TempId("1"));
    now = now + Milliseconds(100);
    queue.retry(TempId("1"));
    sendNext();
    EXPECT_EQ(queue.find(TempId("1"))->firstSentAt, now);
}

TEST_F(Queue, acceptedIsStillAwaited)
{
    sendNext();
    queue.pending(TempId("1"));
    EXPECT_EQ(stateOf("1"), SendState::Pending);
    EXPECT_EQ(queue.inFlight(), 1U);
    queue.pending(TempId("2")); // was not sent: a stray answer
    EXPECT_EQ(stateOf("2"), SendState::Queued);
    queue.pending(TempId("9"));
    EXPECT_EQ(queue.connectionLost(), std::vector<TempId>{TempId("1")});
    EXPECT_EQ(stateOf("1"), SendState::Unknown);
    EXPECT_EQ(queue.inFlight(), 0U);
    EXPECT_EQ(queue.queued(), 4U);
}

TEST_F(Queue, onlyAnAnswerToWhatWasSentEndsABackoff)
{
    sendNext();
    queue.requeue(TempId("1"), now + Milliseconds(500));
    EXPECT_EQ(queue.remove(TempId("4"))->id, 4); // discarded by the user
    EXPECT_FALSE(queue.next(8, now));
    EXPECT_FALSE(queue.remove(TempId("9")));
    EXPECT_EQ(queue.entries().size(), 3U);
}

TEST_F(Queue, aParentThatIsQueuedGoneOrUnknownIsNotTouched)
{
    sendNext();
    sendNext();
    queue.parentMissing(TempId("1")); // nothing stands before it
    queue.parentMissing(TempId("9"));
    EXPECT_EQ(stateOf("1"), SendState::InFlight);
    queue.requeue(TempId("1"), now); // its own refusal came first
    queue.parentMissing(TempId("2"));
    EXPECT_EQ(stateOf("1"), SendState::Queued);
}

TEST_F(Queue, aStrayRefusalTakesNothingBack)
{
    pushEdit(5);
    queue.acked(TempId("5"), Seq(7));
    queue.acked(TempId("9"), Seq(8));
    queue.failed(TempId("4"));
    queue.failed(TempId("9"));
    for (const char* id : {"4", "5", "9"})
        queue.requeue(TempId(id), now + Milliseconds(500));
    EXPECT_EQ(stateOf("4"), SendState::Failed);
    EXPECT_EQ(stateOf("5"), SendState::Acked);
    EXPECT_EQ(queue.find(TempId("5"))->acked, Seq(7));
    EXPECT_EQ(sendNext(), TempId("1")) << "no back-off was set";
    queue.retry(TempId("1"));
    queue.retry(TempId("9"));
    EXPECT_EQ(stateOf("1"), SendState::InFlight);
}

TEST_F(Queue, theNextTimeoutIsTheEarliestOfAllThatWait)
{
    EXPECT_FALSE(queue.timeoutAt());
    queue.failed(TempId("1"));
    queue.retry(TempId("1"));
    sendNext();
    sendNext();
    queue.requeue(TempId("1"), now); // sent before, so what is behind it may be on the wire
    const auto second = queue.timeoutAt();
    EXPECT_EQ(second, now + Milliseconds(SendQueue::kConfirmTimeoutMs));
    now = now + Milliseconds(100);
    sendNext(); // 1 again, with the longer patience of a second try
    EXPECT_EQ(queue.timeoutAt(), second);
    queue.failed(TempId("1"));
    EXPECT_EQ(queue.timeoutAt(), second) << "a failed one is stepped over";
}

TEST_F(Queue, patienceDoublesUpToItsBound)
{
    std::int64_t waited = 0;
    for (int attempt = 0; attempt <= SendQueue::kConfirmTimeoutDoublingsMax + 1; ++attempt) {
        ASSERT_EQ(sendNext(), TempId("1"));
        waited = queue.timeoutAt()->ms - now.ms;
        now = *queue.timeoutAt();
        EXPECT_EQ(queue.timedOut(now), std::vector<TempId>{TempId("1")});
    }
    EXPECT_EQ(waited, SendQueue::kConfirmTimeoutMs << SendQueue::kConfirmTimeoutDoublingsMax);
}

TEST_F(Queue, patienceGrowsByWhatASlowLineTakesForWhatIsInFlight)
{
    EXPECT_FALSE(queue.awaitedSince());
    const MonoTime first = now;
    queue.sent(*queue.next(8, now), now, 40'000);
    EXPECT_EQ(queue.timeoutAt(), now + Milliseconds(SendQueue::kConfirmTimeoutMs + 5'000));
    now = now + Milliseconds(10);
    queue.sent(*queue.next(8, now), now, 16'000);
    EXPECT_EQ(queue.bytesInFlight(), 56'000U);
    EXPECT_EQ(queue.awaitedSince(), first);
    queue.remove(TempId("1"));
    EXPECT_EQ(queue.bytesInFlight(), 16'000U);
    EXPECT_EQ(queue.awaitedSince(), now);
    EXPECT_EQ(queue.timeoutAt(), now + Milliseconds(SendQueue::kConfirmTimeoutMs + 7'000))
        << "the first was ahead of it";
    queue.connectionLost();
    EXPECT_EQ(queue.bytesInFlight(), 0U);
    EXPECT_FALSE(queue.awaitedSince());
}

TEST(EmptyQueue, hasNothingToSendAndNothingToWaitFor)
{
    SendQueue queue;
    EXPECT_TRUE(queue.empty());
    EXPECT_FALSE(queue.next(8, MonoTime{0}));
    EXPECT_FALSE(queue.find(TempId("1")));
    EXPECT_FALSE(queue.timeoutAt());
    EXPECT_TRUE(queue.timedOut(MonoTime{0}).empty());
    EXPECT_TRUE(queue.connectionLost().empty());
}

} // namespace
} // namespace skein::engine
