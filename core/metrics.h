// Counters, gauges and latency histograms by name, for the API, the diagnostics page and /metrics.
//
// Recording is lock-free (relaxed atomics); looking a name up takes a lock once, so callers keep
// the reference, which stays valid as long as the registry. Names are snake_case with the unit
// last: `send_confirmed_ms`.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace skein
{

class Counter
{
public:
    void add(std::int64_t by = 1) noexcept { m_value.fetch_add(by, std::memory_order_relaxed); }
    void set(std::int64_t value) noexcept { m_value.store(value, std::memory_order_relaxed); }
    [[nodiscard]] std::int64_t value() const noexcept
    {
        return m_value.load(std::memory_order_relaxed);
    }

private:
    std::atomic<std::int64_t> m_value{0};
};

/// Durations in microseconds in buckets (four to each power of two): a quantile is right to
/// within one bucket (about 19–25 %), memory is constant.
class Histogram
{
public:
    static constexpr std::size_t kBuckets = 128;
    void record(std::int64_t us) noexcept;
    [[nodiscard]] std::int64_t count() const noexcept;
    [[nodiscard]] std::int64_t sumUs() const noexcept
    {
        return m_sum.load(std::memory_order_relaxed);
    }
    /// Upper edge in µs of the bucket that holds quantile q (0…1); 0 when nothing was recorded.
    [[nodiscard]] std::int64_t quantileUs(double q) const noexcept;
    /// Upper edge of bucket i in µs, and how many fell into it.
    [[nodiscard]] static std::int64_t upperEdgeUs(std::size_t bucket) noexcept;
    [[nodiscard]] std::int64_t bucketCount(std::size_t bucket) const noexcept;

private:
    std::array<std::atomic<std::int64_t>, kBuckets> m_buckets{};
    std::atomic<std::int64_t> m_sum{0};
};

class Metrics
{
public:
    Metrics() = default;
    Metrics(const Metrics&) = delete;
    Metrics& operator=(const Metrics&) = delete;

    /// Made on first use. The reference lives as long as this registry. Thread: any.
    [[nodiscard]] Counter& counter(std::string_view name);
    [[nodiscard]] Counter& gauge(std::string_view name);
    [[nodiscard]] Histogram& histogram(std::string_view name);

    struct Sample {
        std::string name;
        enum class Kind { Counter, Gauge, Histogram } kind;
        std::int64_t value; ///< count for a histogram
        std::int64_t p50Us, p95Us, p99Us;
    };
    /// All metrics by name, sorted. Thread: any.
    [[nodiscard]] std::vector<Sample> snapshot() const;
    /// Prometheus text exposition format 0.0.4; every name gets the prefix `skein_`.
    [[nodiscard]] std::string prometheusText() const;

private:
    mutable std::mutex m_mutex;
    std::map<std::string, std::unique_ptr<Counter>, std::less<>> m_counters;
    std::map<std::string, std::unique_ptr<Counter>, std::less<>> m_gauges;
    std::map<std::string, std::unique_ptr<Histogram>, std::less<>> m_histograms;
};

} // namespace skein
