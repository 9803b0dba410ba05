#include "server/net/workers.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

using namespace skein::server;

TEST(Workers, theQueueIsBounded)
{
    Workers workers(1, 2);
    std::promise<void> release, started;
    const std::shared_future<void> released = release.get_future().share();
    ASSERT_TRUE(workers.post([&started, released] {
        started.set_value();
        released.wait();
    }));
    started.get_future().wait();
    std::promise<void> last;
    EXPECT_TRUE(workers.post([] {}));
    EXPECT_TRUE(workers.post([&last] { last.set_value(); }));
    EXPECT_EQ(workers.waiting(), 2u);
    EXPECT_FALSE(workers.post([] {}));
    release.set_value();
    last.get_future().wait();
    EXPECT_TRUE(workers.post([] {}));
}

TEST(Workers, stopDropsWhatWaitsAndTakesNoMore)
{
    Workers workers(1, 4);
    std::atomic<int> ran = 0;
    std::promise<void> release, started;
    const std::shared_future<void> released = release.get_future().share();
    ASSERT_TRUE(workers.post([&, released] {
        started.set_value();
        released.wait();
        ++ran;
    }));
    started.get_future().wait();
    ASSERT_TRUE(workers.post([&ran] { ran += 100; }));
    std::thread stopper([&workers] { workers.stop(); });
    while (workers.waiting() != 0)
        std::this_thread::yield();
    release.set_value();
    stopper.join();
    EXPECT_EQ(ran, 1);
    EXPECT_FALSE(workers.post([] {}));
}
