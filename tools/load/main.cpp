// skein-load: a bounded load on a server of this machine. `skein-load --help`.
#include "tools/load/scenarios.h"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

using namespace skein;
using namespace skein::load;

namespace
{

void print(const std::vector<ScenarioResult>& results, bool json)
{
    if (json) {
        for (const ScenarioResult& result : results)
            std::printf("%s\n", toJson(result).c_str());
        return;
    }
    std::printf("%-16s %12s %-14s %9s %9s %9s %9s\n", "name", "value", "unit", "p50", "p95", "p99",
                "n");
    for (const ScenarioResult& result : results) {
        std::printf("%-16s %12.3f %-14s %9.3f %9.3f %9.3f %9lld", result.name.c_str(), result.value,
                    result.unit.c_str(), result.p50, result.p95, result.p99,
                    static_cast<long long>(result.n));
        for (const auto& [key, value] : result.extra)
            std::printf("  %s=%.3f", key.c_str(), value);
        std::printf("\n");
    }
}

template <class T>
Result<std::vector<ScenarioResult>> listOf(Result<T> result)
{
    if (!result)
        return fail(result.error());
    if constexpr (std::is_same_v<T, ScenarioResult>)
        return std::vector<ScenarioResult>{std::move(*result)};
    else
        return result;
}

Result<std::vector<ScenarioResult>> runNamed(const std::string& name,
                                             const ScenarioOptions& options, std::size_t clients)
{
    if (name == "m1" || name == "m2")
        return runSendLatency(options);
    if (name == "m3a")
        return listOf(runOneSender(options));
    if (name == "m3b")
        return listOf(runManySenders(options));
    if (name == "m4")
        return listOf(runLargeRoom(options));
    if (name == "m6")
        return listOf(runIdleConnections(options));
    if (name == "m7")
        return listOf(runTypingAndPresence(options));
    if (name == "m8")
        return listOf(runKills(options));
    if (name == "m9")
        return listOf(runCursor(options));
    if (name == "storm") {
        const auto storm = runStorm(options, {clients, 120'000});
        if (!storm)
            return fail(storm.error());
        return std::vector{resultOf(*storm)};
    }
    return fail(ErrorCode::InvalidArgument,
                "no such scenario: " + name + " (m1, m3a, m3b, m4, m6, m7, m8, m9, storm)");
}

} // namespace

int main(int argc, char** argv)
{
    ScenarioOptions options;
    CustomLoad load;
    std::vector<std::string> scenarios;
    std::size_t clients = 1'000;
    bool json = false;
    options.serverBinary =
        (std::filesystem::read_symlink("/proc/self/exe").parent_path() / "skein-server").string();
    options.workDir = std::filesystem::temp_directory_path().string();

    CLI::App app("Bounded load on a Skein server of this machine", "skein-load");
    app.add_option("--url", options.url,
                   "http://127.0.0.1:PORT; without it a server is started on fresh data");
    app.add_option("--server", options.serverBinary, "skein-server to start")
        ->capture_default_str();
    app.add_option("--work-dir", options.workDir, "where its data goes")->capture_default_str();
    app.add_option("--scenario", scenarios,
                   "m1 (and m2), m3a, m3b, m4, m6, m7, m8, m9 of docs/performance.md, or storm; "
                   "repeatable");
    app.add_option("--clients", clients, "of the scenario storm, 40 to 5000")
        ->capture_default_str();
    app.add_flag("--quick", options.quick, "a tenth of the size");
    app.add_option("--users", load.users)->capture_default_str();
    app.add_option("--room-size", load.roomSize)->capture_default_str();
    app.add_option("--rate", load.rate, "messages/s in all; 0 = as fast as the window allows")
        ->capture_default_str();
    app.add_option("--window", load.window)->capture_default_str();
    app.add_option("--seconds", load.seconds)->capture_default_str();
    app.add_option("--body-bytes", load.bodyBytes)->capture_default_str();
    app.add_flag("--json", json, "one JSON object a line");
    CLI11_PARSE(app, argc, argv);

    std::vector<ScenarioResult> all;
    int status = 0;
    const auto take = [&](const std::string& name, Result<std::vector<ScenarioResult>> results) {
        if (results) {
            all.insert(all.end(), results->begin(), results->end());
            return;
        }
        std::fprintf(stderr, "skein-load: %s: %s\n", name.c_str(),
                     toString(results.error()).c_str());
        status = 1;
    };
    if (scenarios.empty())
        take("load", runCustom(options, load));
    for (const std::string& name : scenarios)
        take(name, runNamed(name, options, clients));
    print(all, json);
    return status;
}
