// chat.m1 … chat.m9 without m5 (syncbench.cpp): a real server and real sockets on loopback, by the
// definitions of docs/performance.md.
#include "benchmarks/harness.h"
#include "tools/load/scenarios.h"

#include <chrono>
#include <filesystem>
#include <thread>

#include <fcntl.h>
#include <unistd.h>

namespace skein::bench
{
namespace
{

load::ScenarioOptions optionsOf(const Settings& settings)
{
    load::ScenarioOptions options;
    options.serverBinary = settings.binDir + "/skein-server";
    options.workDir = settings.workDir;
    options.quick = settings.quick;
    return options;
}

Measurement converted(const load::ScenarioResult& from, std::string bar)
{
    return {from.name, from.value, from.unit,  from.p50,      from.p95,
            from.p99,  from.n,     from.extra, std::move(bar)};
}

// One scenario that gives one result.
template <class Run>
Benchmark single(Run run, std::string bar)
{
    return [run, bar](const Settings& settings) -> Result<std::vector<Measurement>> {
        const auto result = run(optionsOf(settings));
        if (!result)
            return fail(result.error());
        return std::vector{converted(*result, bar)};
    };
}

// What the disk alone takes of a confirmation: one page written where a file has its blocks already
// and synced, at the pace of chat.m1, in ms. Empty where the folder cannot be written.
std::vector<double> diskSamples(const Settings& settings)
{
    constexpr std::size_t kPage = 4'096, kPages = 100;
    const std::string path = settings.workDir + "/disk-" + std::to_string(getpid());
    std::error_code ignored; // open() tells
    std::filesystem::create_directories(settings.workDir, ignored);
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    std::vector<double> samples;
    const std::vector<char> page(kPage, 'x');
    const auto write = [&](std::size_t at) {
        return ::pwrite(fd, page.data(), kPage, static_cast<off_t>(at * kPage)) ==
               static_cast<ssize_t>(kPage);
    };
    bool ok = fd >= 0;
    for (std::size_t i = 0; ok && i < kPages; ++i)
        ok = write(i);
    ok = ok && ::fsync(fd) == 0;
    for (std::size_t i = 0; ok && i < (settings.quick ? 20U : 200U); ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        ok = write(i % kPages);
        const double start = nowUs();
        ok = ok && ::fdatasync(fd) == 0;
        samples.push_back((nowUs() - start) / 1e3);
    }
    if (fd >= 0)
        ::close(fd);
    ::unlink(path.c_str());
    return ok ? samples : std::vector<double>();
}

} // namespace

void addChatBenchmarks(std::vector<Entry>& entries)
{
    entries.push_back({"chat.m1",
                       "send → confirmed (m1) and send → delivered (m2), 50/s",
                       [](const Settings& settings) -> Result<std::vector<Measurement>> {
                           const auto results = load::runSendLatency(optionsOf(settings));
                           if (!results)
                               return fail(results.error());
                           std::vector<double> disk = diskSamples(settings);
                           std::vector<Measurement> converteds;
                           for (const load::ScenarioResult& result : *results) {
                               Measurement& one = converteds.emplace_back(
                                   converted(result, "p50 <= 0.5 ms, p99 <= 1.5 ms"));
                               one.config["disk_p50"] = quantile(disk, 0.5);
                               one.config["disk_p99"] = quantile(disk, 0.99);
                           }
                           return converteds;
                       },
                       {"chat.m2"}});
    entries.push_back({"chat.m3a", "confirmed/s, one sender, window 64",
                       single(load::runOneSender, ">= 20,000/s, <= 45 us server CPU each")});
    entries.push_back({"chat.m3b", "confirmed/s, 100 clients in 50 rooms, window 8",
                       single(load::runManySenders, ">= 20,000/s")});
    entries.push_back({"chat.m4", "deliveries/s, room of 500",
                       single(load::runLargeRoom, ">= 600,000/s, <= 1.2 us server CPU each")});
    entries.push_back({"chat.m6", "server memory a connection, 1,000 connects",
                       single(load::runIdleConnections, "<= 8 KiB, <= 0.3 s")});
    entries.push_back({"chat.m8", "kill -9 at 200/s: confirmed lost, doubled after resending",
                       single(load::runKills, "0 lost, 0 doubled")});
    entries.push_back({"chat.m9", "stored messages that a cursor skips under load",
                       single(load::runCursor, "0")});
    entries.push_back({"chat.m7", "typing and presence seen",
                       single(load::runTypingAndPresence, "p50 <= 0.2 ms, p99 <= 0.7 ms")});
}

} // namespace skein::bench
