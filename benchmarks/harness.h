// What every benchmark shares: a registry by name, quantiles, and one JSON object per result.
//
// A benchmark is a function that returns one or more results; nothing here asserts on time. Names
// are fixed, others compare by them (docs/performance.md).
#pragma once

#include "core/result.h"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace skein::bench
{

struct Measurement {
    std::string name;
    double value = 0; ///< the figure that the bar is about
    std::string unit;
    double p50 = 0, p95 = 0, p99 = 0; ///< of the single samples, same unit; 0 when there are none
    std::int64_t n = 0;
    std::map<std::string, double> config; ///< further figures and the sizes it ran at
    std::string bar;                      ///< the bar in words, for the table
};

struct Settings {
    bool quick = false;  ///< a tenth of the size: shows that it runs, not what it costs
    std::string workDir; ///< for data; kept between runs so that a million rows are made once
    std::string binDir;  ///< where skein-server and skein lie
};

using Benchmark = std::function<Result<std::vector<Measurement>>(const Settings&)>;

struct Entry {
    std::string name;
    std::string what;
    Benchmark run;
    std::vector<std::string> also = {}; ///< names of further results that it gives
};

/// Value at quantile q (0…1) by the nearest-rank rule; 0 for no samples. Sorts the samples.
[[nodiscard]] double quantile(std::vector<double>& samples, double q);
/// value = p50; p95, p99 and n of the samples.
[[nodiscard]] Measurement fromSamples(std::string name, std::string unit,
                                      std::vector<double> samples);
/// Slope of log(cost) over log(size), by least squares: 0 = the cost does not grow with the size,
/// 1 = in proportion to it. NaN for fewer than two sizes and for anything not positive.
[[nodiscard]] double exponentOf(const std::vector<std::pair<double, double>>& costBySize);
/// One line without a line break, keys in the order of docs/performance.md.
[[nodiscard]] std::string toJson(const Measurement& measurement);

/// Wall time in µs since an arbitrary start.
[[nodiscard]] double nowUs();
/// CPU time of this thread in µs.
[[nodiscard]] double threadCpuUs();
/// Resident set of a process in KiB; 0 when it is gone.
[[nodiscard]] std::int64_t residentKib(std::int64_t pid);

/// A part of a benchmark that needs a process of its own: the program was started as
/// `skein-bench --probe ARGUMENT…`. Prints its figures; gives the exit code.
[[nodiscard]] int runProbe(const std::vector<std::string>& arguments);

// Each file registers its own.
void addStoreBenchmarks(std::vector<Entry>& entries);
void addChatBenchmarks(std::vector<Entry>& entries);
void addClientBenchmarks(std::vector<Entry>& entries);
void addAppBenchmarks(std::vector<Entry>& entries);
void addSyncBenchmarks(std::vector<Entry>& entries);
void addNetBenchmarks(std::vector<Entry>& entries);
void addSimBenchmarks(std::vector<Entry>& entries);

} // namespace skein::bench
