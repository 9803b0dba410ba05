#include "benchmarks/harness.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <unistd.h>

namespace skein::bench
{
namespace
{

// Shortest text that keeps six significant digits; JSON has no NaN and no infinity.
std::string number(double value)
{
    if (!std::isfinite(value))
        return "null";
    char buffer[32];
    std::snprintf(buffer, sizeof buffer, "%.6g", value);
    return buffer;
}

} // namespace

double quantile(std::vector<double>& samples, double q)
{
    if (samples.empty())
        return 0;
    std::sort(samples.begin(), samples.end());
    const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(samples.size())));
    return samples[std::min(samples.size() - 1, rank == 0 ? 0 : rank - 1)];
}

Measurement fromSamples(std::string name, std::string unit, std::vector<double> samples)
{
    Measurement result;
    result.name = std::move(name);
    result.unit = std::move(unit);
    result.n = static_cast<std::int64_t>(samples.size());
    result.p50 = quantile(samples, 0.50);
    result.p95 = quantile(samples, 0.95);
    result.p99 = quantile(samples, 0.99);
    result.value = result.p50;
    return result;
}

double exponentOf(const std::vector<std::pair<double, double>>& costBySize)
{
    double n = 0, sx = 0, sy = 0, sxx = 0, sxy = 0;
    for (const auto& [size, cost] : costBySize) {
        const double x = std::log(size);
        const double y = std::log(cost);
        n += 1;
        sx += x;
        sy += y;
        sxx += x * x;
        sxy += x * y;
    }
    return (n * sxy - sx * sy) / (n * sxx - sx * sx);
}

std::string toJson(const Measurement& m)
{
    std::string text = "{\"name\": \"" + m.name + "\", \"value\": " + number(m.value) +
                       ", \"unit\": \"" + m.unit + "\", \"p50\": " + number(m.p50) +
                       ", \"p95\": " + number(m.p95) + ", \"p99\": " + number(m.p99) +
                       ", \"n\": " + std::to_string(m.n) + ", \"config\": {";
    bool first = true;
    for (const auto& [key, value] : m.config) {
        text += first ? "\"" : ", \"";
        first = false;
        text += key + "\": " + number(value);
    }
    text += "}}";
    return text;
}

double nowUs()
{
    using namespace std::chrono;
    return duration<double, std::micro>(steady_clock::now().time_since_epoch()).count();
}

double threadCpuUs()
{
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) / 1e3;
}

std::int64_t residentKib(std::int64_t pid)
{
    std::ifstream statm("/proc/" + std::to_string(pid) + "/statm");
    std::int64_t size = 0;
    std::int64_t resident = 0;
    statm >> size >> resident;
    return resident * sysconf(_SC_PAGESIZE) / 1024;
}

} // namespace skein::bench
