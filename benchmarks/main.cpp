// skein-bench: runs benchmarks by name, prints a table, and one JSON object per result.
#include "benchmarks/harness.h"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <filesystem>
#include <fstream>

using namespace skein;
using namespace skein::bench;

namespace
{

bool isWanted(const Entry& entry, const std::vector<std::string>& patterns)
{
    if (patterns.empty())
        return true;
    for (const std::string& pattern : patterns) {
        if (entry.name == pattern || entry.name.rfind(pattern + '.', 0) == 0 ||
            std::find(entry.also.begin(), entry.also.end(), pattern) != entry.also.end())
            return true;
    }
    return false;
}

void printRow(const Measurement& m)
{
    std::string extras;
    for (const auto& [key, value] : m.config) {
        char text[96];
        std::snprintf(text, sizeof text, "%s%s=%.6g", extras.empty() ? "" : " ", key.c_str(),
                      value);
        extras += text;
    }
    std::printf("%-18s %12.4g %-12s p50 %-9.4g p95 %-9.4g p99 %-9.4g n %-8lld %s%s%s\n",
                m.name.c_str(), m.value, m.unit.c_str(), m.p50, m.p95, m.p99,
                static_cast<long long>(m.n), extras.c_str(),
                m.bar.empty() ? "" : "  | bar: ", m.bar.c_str());
    std::fflush(stdout);
}

} // namespace

int main(int argc, char** argv)
{
#ifdef SKEIN_BENCH_QT
    if (argc > 1 && std::string_view(argv[1]) == "--probe")
        return runProbe({argv + 2, argv + argc});
#endif
    CLI::App app{"Skein's benchmarks. Without names: all of them."};
    std::vector<std::string> names;
    std::string jsonFile;
    Settings settings;
    settings.binDir = std::filesystem::canonical("/proc/self/exe").parent_path().string();
    settings.workDir =
        (std::filesystem::path(settings.binDir) / "../bench-data").lexically_normal().string();
    bool list = false;
    app.add_option("names", names, "names or their first parts: store, chat.m1 …");
    app.add_option("--json", jsonFile, "append one JSON object per result to this file");
    app.add_option("--work-dir", settings.workDir, "where data is kept between runs");
    app.add_flag("--quick", settings.quick, "a tenth of the size; the figures mean nothing");
    app.add_flag("--list", list, "print the names and what they measure");
    CLI11_PARSE(app, argc, argv);

    std::vector<Entry> entries;
    addStoreBenchmarks(entries);
    addChatBenchmarks(entries);
#ifdef SKEIN_BENCH_QT
    addSyncBenchmarks(entries);
    addNetBenchmarks(entries);
    addClientBenchmarks(entries);
    addAppBenchmarks(entries);
#endif
    addSimBenchmarks(entries);
    if (list) {
        for (const Entry& entry : entries)
            std::printf("%-18s %s\n", entry.name.c_str(), entry.what.c_str());
        return 0;
    }
    std::error_code error;
    std::filesystem::create_directories(settings.workDir, error);
    if (error) {
        std::fprintf(stderr, "skein-bench: cannot make %s: %s\n", settings.workDir.c_str(),
                     error.message().c_str());
        return 2;
    }
    std::ofstream json;
    if (!jsonFile.empty()) {
        json.open(jsonFile, std::ios::app);
        if (!json) {
            std::fprintf(stderr, "skein-bench: cannot write %s\n", jsonFile.c_str());
            return 2;
        }
    }
    int run = 0;
    int failed = 0;
    for (const Entry& entry : entries) {
        if (!isWanted(entry, names))
            continue;
        ++run;
        auto results = entry.run(settings);
        if (!results) {
            ++failed;
            std::fprintf(stderr, "skein-bench: %s failed: %s\n", entry.name.c_str(),
                         toString(results.error()).c_str());
            continue;
        }
        for (const Measurement& measurement : *results) {
            printRow(measurement);
            if (json.is_open())
                json << toJson(measurement) << std::endl;
        }
    }
    if (run == 0) {
        std::fprintf(stderr, "skein-bench: no benchmark has such a name; --list prints them\n");
        return 2;
    }
    return failed == 0 ? 0 : 1;
}
