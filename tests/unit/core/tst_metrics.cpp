#include "core/metrics.h"

#include <gtest/gtest.h>

#include <thread>

namespace skein
{
namespace
{

TEST(Metrics, theSameNameIsTheSameMetric)
{
    Metrics metrics;
    Counter& counter = metrics.counter("sent");
    counter.add();
    metrics.counter("sent").add(4);
    EXPECT_EQ(counter.value(), 5);
    EXPECT_EQ(metrics.counter("other").value(), 0);
    metrics.gauge("queued").set(7);
    metrics.gauge("queued").add(-2);
    EXPECT_EQ(metrics.gauge("queued").value(), 5);
}

TEST(Metrics, referencesStayValidWhileOthersAreMade)
{
    Metrics metrics;
    Counter& first = metrics.counter("first");
    for (int i = 0; i < 1'000; ++i)
        metrics.counter("c" + std::to_string(i)).add();
    first.add(3);
    EXPECT_EQ(metrics.counter("first").value(), 3);
}

TEST(Histogram, edgesRiseAndAreAtMostAQuarterApart)
{
    // Below 4 µs whole microseconds are coarser than the buckets.
    for (std::size_t i = 8; i + 1 < Histogram::kBuckets; ++i) {
        const auto low = static_cast<double>(Histogram::upperEdgeUs(i));
        const auto high = static_cast<double>(Histogram::upperEdgeUs(i + 1));
        EXPECT_GT(high, low) << i;
        EXPECT_LE(high, low * 1.25 + 1) << i;
    }
}

TEST(Histogram, aQuantileIsRightToWithinOneBucket)
{
    Histogram histogram;
    EXPECT_EQ(histogram.quantileUs(0.5), 0);
    for (int us = 1; us <= 1'000; ++us)
        histogram.record(us);
    EXPECT_EQ(histogram.count(), 1'000);
    EXPECT_EQ(histogram.sumUs(), 500'500);
    for (const double q : {0.01, 0.25, 0.5, 0.95, 0.99, 1.0}) {
        const double exact = q * 1'000;
        EXPECT_GE(static_cast<double>(histogram.quantileUs(q)), exact) << q;
        EXPECT_LE(static_cast<double>(histogram.quantileUs(q)), exact * 1.25 + 2) << q;
    }
}

TEST(Histogram, takesEveryValueThereIs)
{
    Histogram histogram;
    for (const std::int64_t us : {INT64_MIN, std::int64_t{-1}, std::int64_t{0}, INT64_MAX})
        histogram.record(us);
    EXPECT_EQ(histogram.count(), 4);
    EXPECT_EQ(histogram.bucketCount(0), 3);
    EXPECT_EQ(histogram.bucketCount(Histogram::kBuckets - 1), 1);
}

TEST(Metrics, countFromManyThreadsWithoutLoss)
{
    Metrics metrics;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&metrics] {
            for (int i = 0; i < 10'000; ++i) {
                metrics.counter("hits").add();
                metrics.histogram("took").record(i);
            }
        });
    }
    for (std::thread& thread : threads)
        thread.join();
    EXPECT_EQ(metrics.counter("hits").value(), 40'000);
    EXPECT_EQ(metrics.histogram("took").count(), 40'000);
}

TEST(Metrics, theSnapshotIsSortedAndComplete)
{
    Metrics metrics;
    metrics.histogram("b_took").record(100);
    metrics.gauge("c_open").set(2);
    metrics.counter("a_sent").add(9);
    const auto samples = metrics.snapshot();
    ASSERT_EQ(samples.size(), 3U);
    EXPECT_EQ(samples[0].name, "a_sent");
    EXPECT_EQ(samples[0].kind, Metrics::Sample::Kind::Counter);
    EXPECT_EQ(samples[0].value, 9);
    EXPECT_EQ(samples[1].name, "b_took");
    EXPECT_EQ(samples[1].kind, Metrics::Sample::Kind::Histogram);
    EXPECT_EQ(samples[1].value, 1);
    EXPECT_GE(samples[1].p50Us, 100);
    EXPECT_LE(samples[1].p99Us, 128);
    EXPECT_EQ(samples[2].name, "c_open");
    EXPECT_EQ(samples[2].kind, Metrics::Sample::Kind::Gauge);
    EXPECT_EQ(samples[2].value, 2);
}

TEST(Metrics, prometheusTextIsCumulativeAndPrefixed)
{
    Metrics metrics;
    metrics.counter("sent_total").add(3);
    metrics.gauge("connections").set(2);
    metrics.histogram("commit").record(4);
    metrics.histogram("commit").record(4);
    metrics.histogram("commit").record(1'000'000);
    const std::string text = metrics.prometheusText();
    EXPECT_NE(text.find("# TYPE skein_sent_total counter\nskein_sent_total 3\n"), text.npos)
        << text;
    EXPECT_NE(text.find("# TYPE skein_connections gauge\nskein_connections 2\n"), text.npos)
        << text;
    EXPECT_NE(text.find("skein_commit_us_bucket{le=\"5\"} 2\n"), text.npos) << text;
    EXPECT_NE(text.find("skein_commit_us_bucket{le=\"+Inf\"} 3\n"), text.npos) << text;
    EXPECT_NE(text.find("skein_commit_us_sum 1000008\n"), text.npos) << text;
    EXPECT_NE(text.find("skein_commit_us_count 3\n"), text.npos) << text;
}

} // namespace
} // namespace skein
