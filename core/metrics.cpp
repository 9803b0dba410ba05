#include "core/metrics.h"

#include <bit>
#include <cmath>

namespace skein
{
namespace
{

// Four buckets to each power of two: bucket = 4 * exponent + top two bits of the mantissa.
std::size_t bucketOf(std::int64_t us) noexcept
{
    const auto value = static_cast<std::uint64_t>(us < 1 ? 1 : us);
    const int exponent = static_cast<int>(std::bit_width(value)) - 1;
    const std::uint64_t fraction =
        exponent >= 2 ? (value >> (exponent - 2)) & 3 : (value << (2 - exponent)) & 3;
    const std::size_t bucket = static_cast<std::size_t>(exponent) * 4 + fraction;
    return bucket < Histogram::kBuckets ? bucket : Histogram::kBuckets - 1;
}

template <class Map>
auto& findOrMake(Map& map, std::string_view name)
{
    const auto found = map.find(name);
    if (found != map.end())
        return *found->second;
    using Value = typename Map::mapped_type::element_type;
    return *map.emplace(std::string(name), std::make_unique<Value>()).first->second;
}

} // namespace

void Histogram::record(std::int64_t us) noexcept
{
    m_buckets[bucketOf(us)].fetch_add(1, std::memory_order_relaxed);
    m_sum.fetch_add(us < 0 ? 0 : us, std::memory_order_relaxed);
}

std::int64_t Histogram::count() const noexcept
{
    std::int64_t total = 0;
    for (const auto& bucket : m_buckets)
        total += bucket.load(std::memory_order_relaxed);
    return total;
}

std::int64_t Histogram::upperEdgeUs(std::size_t bucket) noexcept
{
    const auto exponent = static_cast<int>(bucket / 4);
    const auto fraction = static_cast<double>(bucket % 4 + 1);
    return static_cast<std::int64_t>(std::ceil(std::ldexp(1.0 + fraction / 4.0, exponent)));
}

std::int64_t Histogram::bucketCount(std::size_t bucket) const noexcept
{
    return m_buckets[bucket].load(std::memory_order_relaxed);
}

std::int64_t Histogram::quantileUs(double q) const noexcept
{
    const std::int64_t total = count();
    if (total == 0)
        return 0;
    const auto rank = static_cast<std::int64_t>(std::ceil(q * static_cast<double>(total)));
    std::int64_t seen = 0;
    for (std::size_t i = 0; i < kBuckets; ++i) {
        seen += bucketCount(i);
        if (seen >= rank && seen > 0)
            return upperEdgeUs(i);
    }
    return upperEdgeUs(kBuckets - 1);
}

Counter& Metrics::counter(std::string_view name)
{
    const std::lock_guard lock(m_mutex);
    return findOrMake(m_counters, name);
}

Counter& Metrics::gauge(std::string_view name)
{
    const std::lock_guard lock(m_mutex);
    return findOrMake(m_gauges, name);
}

Histogram& Metrics::histogram(std::string_view name)
{
    const std::lock_guard lock(m_mutex);
    return findOrMake(m_histograms, name);
}

std::vector<Metrics::Sample> Metrics::snapshot() const
{
    const std::lock_guard lock(m_mutex);
    std::map<std::string, Sample> byName;
    for (const auto& [name, counter] : m_counters)
        byName[name] = {name, Sample::Kind::Counter, counter->value(), 0, 0, 0};
    for (const auto& [name, gauge] : m_gauges)
        byName[name] = {name, Sample::Kind::Gauge, gauge->value(), 0, 0, 0};
    for (const auto& [name, histogram] : m_histograms) {
        byName[name] = {name,
                        Sample::Kind::Histogram,
                        histogram->count(),
                        histogram->quantileUs(0.5),
                        histogram->quantileUs(0.95),
                        histogram->quantileUs(0.99)};
    }
    std::vector<Sample> samples;
    samples.reserve(byName.size());
    for (auto& [name, sample] : byName)
        samples.push_back(std::move(sample));
    return samples;
}

std::string Metrics::prometheusText() const
{
    const std::lock_guard lock(m_mutex);
    std::string text;
    const auto simple = [&text](const auto& map, std::string_view type) {
        for (const auto& [name, metric] : map) {
            text += "# TYPE skein_" + name + ' ';
            text += type;
            text += "\nskein_" + name + ' ' + std::to_string(metric->value()) + '\n';
        }
    };
    simple(m_counters, "counter");
    simple(m_gauges, "gauge");
    for (const auto& [name, histogram] : m_histograms) {
        text += "# TYPE skein_" + name + "_us histogram\n";
        std::int64_t cumulative = 0;
        for (std::size_t i = 0; i < Histogram::kBuckets; ++i) {
            const std::int64_t n = histogram->bucketCount(i);
            if (n == 0)
                continue;
            cumulative += n;
            text += "skein_" + name + "_us_bucket{le=\"" +
                    std::to_string(Histogram::upperEdgeUs(i)) + "\"} " +
                    std::to_string(cumulative) + '\n';
        }
        text += "skein_" + name + "_us_bucket{le=\"+Inf\"} " + std::to_string(cumulative) + '\n';
        text += "skein_" + name + "_us_sum " + std::to_string(histogram->sumUs()) + '\n';
        text += "skein_" + name + "_us_count " + std::to_string(cumulative) + '\n';
    }
    return text;
}

} // namespace skein
