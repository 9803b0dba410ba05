// Which hints wait and when they go, in a time that stands still between steps.
#include "server/service/pushqueue.h"

#include <gtest/gtest.h>

using namespace skein;
using namespace skein::server;

namespace
{

constexpr PushKey kAna{1, 1}, kBen{1, 2};
constexpr PushQueue::News kNews{Seq(4), Ord(3)};

struct PushQueueTest : testing::Test {
    Metrics metrics;
    PushConfig config;
    PushQueue queue{config, metrics};
    SeededRandom random{7};
    MonoTime now{1'000'000};

    void note(PushKey key, PushQueue::News news = kNews, MonoTime lastHere = {})
    {
        queue.note(key, news, news.after.next(), now, lastHere, {});
    }
    void pass(std::int64_t ms) { now = now + Milliseconds(ms); }
    std::optional<PushQueue::Taken> take() { return queue.take(now); }
    void finish(PushKey key, int status, std::optional<Milliseconds> retryAfter = {})
    {
        queue.finished(key, {status, retryAfter}, now, random);
    }
    std::int64_t counted(const char* name) { return metrics.counter(name).value(); }
    /// Waits until something can be taken and takes it; how long that was.
    std::int64_t waitAndTake()
    {
        const MonoTime at = queue.nextAt();
        EXPECT_LT(at.ms, INT64_MAX);
        const std::int64_t waited = std::max<std::int64_t>(0, (at - now).count());
        now = std::max(now, at);
        EXPECT_TRUE(take());
        return waited;
    }
};

} // namespace

TEST_F(PushQueueTest, aBurstIsOneHint)
{
    note(kAna);
    EXPECT_FALSE(take()); // gathering
    for (int i = 1; i < 100; ++i) {
        pass(9);
        note(kAna, {Seq(4 + i), Ord(3 + i)});
    }
    EXPECT_EQ(queue.waiting(), 1u);
    EXPECT_EQ(queue.nextAt(), MonoTime{1'000'000} + Milliseconds(config.gatherMs));
    pass(config.gatherMs - 99 * 9 - 1);
    EXPECT_FALSE(take());
    pass(1);
    const auto taken = take();
    ASSERT_TRUE(taken);
    EXPECT_EQ(taken->key, kAna);
    EXPECT_EQ(taken->news.after, Seq(4)); // of the first
    EXPECT_FALSE(take());
}

TEST_F(PushQueueTest, oneIsOnItsWayAndTheNextKeepsItsDistance)
{
    note(kAna);
    waitAndTake();
    note(kAna, {Seq(9), Ord(8)});
    pass(60'000);
    EXPECT_FALSE(take());
    finish(kAna, 204);
    EXPECT_EQ(waitAndTake(), config.everyMs);
    finish(kAna, 200);
    // Nothing new: it is forgotten after its distance, and the next one only gathers.
    EXPECT_EQ(queue.waiting(), 0u);
    pass(config.everyMs);
    EXPECT_FALSE(take());
    EXPECT_EQ(queue.nextAt().ms, INT64_MAX);
    note(kAna);
    EXPECT_EQ(waitAndTake(), config.gatherMs);
    EXPECT_EQ(counted("push_told_total"), 2);
}

TEST_F(PushQueueTest, newsWithinTheDistanceWaitForItsEnd)
{
    note(kAna);
    waitAndTake();
    finish(kAna, 200);
    pass(2'000);
    note(kAna, {Seq(20), Ord(15)});
    EXPECT_EQ(queue.waiting(), 1u);
    EXPECT_EQ((queue.nextAt() - now).count(), config.everyMs - 2'000);
    now = queue.nextAt();
    const auto taken = take();
    ASSERT_TRUE(taken);
    EXPECT_EQ(taken->news.after, Seq(20));
}

TEST_F(PushQueueTest, whatWasToldAlreadyIsNoNewsWhenItIsNotedLate)
{
    note(kAna, {Seq(4), Ord(3)});
    waitAndTake();
    queue.covers(kAna, {Seq(7), Ord(6)});
    queue.note(kAna, {Seq(5), Ord(4)}, Seq(7), now, {}, {}); // of that hint
    finish(kAna, 200);
    EXPECT_EQ(queue.waiting(), 0u);
    queue.note(kAna, {Seq(6), Ord(5)}, Seq(7), now, {}, {});
    EXPECT_EQ(queue.waiting(), 0u);
    queue.note(kAna, {Seq(6), Ord(5)}, Seq(9), now, {}, {}); // half of it
    now = queue.nextAt();
    const auto taken = take();
    ASSERT_TRUE(taken);
    EXPECT_EQ(taken->news.after, Seq(7));
    EXPECT_EQ(taken->news.ordAfter, Ord(6));
}

TEST_F(PushQueueTest, whoWasHereInBetweenHasOnlyWhatCameSince)
{
    note(kAna);
    const MonoTime here = now + Milliseconds(100);
    pass(200);
    note(kAna, {Seq(12), Ord(10)}, here);
    waitAndTake();
    queue.unneeded(kAna, now);
    note(kAna);
    pass(500);
    note(kAna, {Seq(30), Ord(20)}, now + Milliseconds(-1));
    pass(500);
    const auto taken = take();
    ASSERT_TRUE(taken);
    EXPECT_EQ(taken->news.after, Seq(30));
}

TEST_F(PushQueueTest, aFailureIsTriedAgainLaterAndLaterAndKeepsWhatItWasAbout)
{
    note(kAna);
    waitAndTake();
    note(kAna, {Seq(50), Ord(40)});
    std::int64_t before = 0;
    for (int i = 0; i < 4; ++i) { // one fewer than opens the breaker
        finish(kAna, i % 2 ? 503 : 0);
        const std::int64_t waited = waitAndTake();
        EXPECT_GE(waited, kPushRetryMs << i >> 1);
        EXPECT_LE(waited, kPushRetryMs << i);
        EXPECT_GE(waited, before / 2);
        before = waited;
    }
    finish(kAna, 200);
    EXPECT_EQ(counted("push_retried_total"), 4);
    EXPECT_EQ(counted("push_told_total"), 1);
    EXPECT_EQ(queue.waiting(), 0u); // what came meanwhile went with it
}

TEST_F(PushQueueTest, whatIsRefusedIsNotTriedAgain)
{
    for (const int status : {301, 400, 401, 404, 413, 499}) {
        note(kAna);
        waitAndTake();
        finish(kAna, status);
        EXPECT_EQ(queue.waiting(), 0u) << status;
        EXPECT_FALSE(queue.paused()) << status;
        pass(config.everyMs);
        EXPECT_FALSE(take()) << status;
    }
    EXPECT_EQ(counted("push_refused_total"), 6);
    EXPECT_EQ(counted("push_retried_total"), 0);
    for (const int status : {408, 425, 429, 500, 502}) {
        note(kBen);
        waitAndTake();
        finish(kBen, status);
        EXPECT_EQ(queue.waiting(), 1u) << status;
        waitAndTake();
        finish(kBen, 200);
        pass(config.everyMs);
        EXPECT_FALSE(take());
    }
}

TEST_F(PushQueueTest, aReceiverThatIsGoneIsLeftAloneForLong)
{
    note(kAna);
    waitAndTake();
    finish(kAna, 410);
    EXPECT_TRUE(queue.paused());
    note(kBen);
    pass(Breaker::kRetryAfterMaxMs - 1);
    EXPECT_FALSE(take());
    pass(1);
    EXPECT_TRUE(take());
    finish(kBen, 200);
    EXPECT_FALSE(queue.paused());
    EXPECT_EQ(counted("push_refused_total"), 1);
}

TEST_F(PushQueueTest, theReceiversOwnWaitIsKeptByAll)
{
    note(kAna);
    waitAndTake();
    finish(kAna, 429, Milliseconds(90'000));
    note(kBen);
    EXPECT_GE((queue.nextAt() - now).count(), 90'000);
    pass(89'999);
    EXPECT_FALSE(take());
    pass(1);
    EXPECT_TRUE(take());
    EXPECT_FALSE(take()); // one to see whether it works
    EXPECT_EQ(queue.nextAt().ms, INT64_MAX);
}

TEST_F(PushQueueTest, aDeadReceiverIsAskedByOneAtATimeUntilItAnswers)
{
    for (UserKey user = 1; user <= 40; ++user)
        note({1, user});
    pass(config.gatherMs);
    std::vector<PushKey> flying;
    while (const auto taken = take())
        flying.push_back(taken->key);
    EXPECT_EQ(flying.size(), kPushInFlightMax);
    EXPECT_EQ(queue.nextAt().ms, INT64_MAX);
    for (const PushKey& key : flying)
        finish(key, 0);
    EXPECT_TRUE(queue.paused());
    std::int64_t tried = 0;
    const MonoTime begin = now;
    while (now - begin < Milliseconds(kPushKeepMs - 130'000)) {
        now = queue.nextAt();
        const auto taken = take();
        ASSERT_TRUE(taken);
        EXPECT_FALSE(take());
        finish(taken->key, 0);
        ++tried;
    }
    EXPECT_LE(tried, 3'600 / 30 + 10); // the waits of the breaker are 30 to 60 s by then
    EXPECT_EQ(queue.waiting(), 40u);
    // It answers: all of what is left goes, a few at a time.
    now = queue.nextAt();
    const auto trial = take();
    ASSERT_TRUE(trial);
    finish(trial->key, 200);
    EXPECT_FALSE(queue.paused());
    std::size_t left = 39;
    while (const auto taken = take()) {
        finish(taken->key, 200);
        --left;
    }
    EXPECT_EQ(queue.waiting(), left); // the rest waits for its own time, not for the breaker
    EXPECT_LT((queue.nextAt() - now).count(), kPushRetryMaxMs);
}

TEST_F(PushQueueTest, whatIsOlderThanItHelpsIsDropped)
{
    note(kAna);
    waitAndTake();
    finish(kAna, 503);
    pass(kPushKeepMs);
    EXPECT_FALSE(take());
    EXPECT_EQ(queue.waiting(), 0u);
    EXPECT_EQ(counted("push_dropped_total"), 1);
}

TEST_F(PushQueueTest, whatHasNewsIsAsOldAsTheNewest)
{
    note(kAna);
    waitAndTake();
    finish(kAna, 503);
    pass(kPushKeepMs - 60'000); // the receiver is down for as long
    note(kAna, {Seq(12), Ord(10)});
    pass(60'000);
    const auto taken = take();
    ASSERT_TRUE(taken);
    EXPECT_EQ(taken->news.after, kNews.after) << "and tells of all";
    EXPECT_EQ(counted("push_dropped_total"), 0);
}

TEST_F(PushQueueTest, whatIsPutOffIsLookedAtAgainOnceAndFreshNewsBeginAnew)
{
    note(kAna);
    waitAndTake();
    queue.postpone(kAna, now + Milliseconds(33'000), now);
    EXPECT_EQ(queue.waiting(), 1u);
    pass(32'999);
    EXPECT_FALSE(take());
    pass(1);
    const auto again = take();
    ASSERT_TRUE(again);
    EXPECT_TRUE(again->postponed);
    queue.postpone(kAna, now + Milliseconds(33'000), now);
    note(kAna, {Seq(12), Ord(10)});
    pass(33'000);
    const auto fresh = take();
    ASSERT_TRUE(fresh);
    EXPECT_FALSE(fresh->postponed);
    finish(kAna, 200);
}

TEST_F(PushQueueTest, theOldestMakesRoomAndIsCounted)
{
    for (std::size_t i = 0; i < kPushWaitingMax; ++i) {
        note({2, static_cast<UserKey>(i + 1)});
        if (i == 0)
            pass(1);
    }
    EXPECT_EQ(counted("push_dropped_total"), 0);
    pass(1);
    note(kAna);
    EXPECT_EQ(counted("push_dropped_total"), 1);
    EXPECT_EQ(queue.waiting(), kPushWaitingMax);
    pass(config.gatherMs);
    const auto taken = take();
    ASSERT_TRUE(taken);
    EXPECT_NE(taken->key, (PushKey{2, 1})); // that one went
}

TEST_F(PushQueueTest, aDrainSendsWhatWaitsAtOnceAndTriesNothingAgain)
{
    queue.note(kAna, kNews, Seq(5), now, {}, now + Milliseconds(30'000));
    note(kBen);
    waitAndTake();
    queue.drain(now);
    const auto taken = take();
    ASSERT_TRUE(taken);
    EXPECT_EQ(taken->key, kAna);
    finish(kAna, 503);
    finish(kBen, 200);
    EXPECT_EQ(queue.waiting(), 0u);
    EXPECT_EQ(counted("push_dropped_total"), 1);
    note({1, 3}); // committed while it drains
    EXPECT_TRUE(take());
}
