// skein-sim: runs the simulation for many seeds, or one of them readably. The last line of --json
// is
// {"seeds","failed","messages","events_per_s","times_realtime"}. Exit code 1: a seed failed.
#include "tests/sim/simulation.h"

#include <CLI/CLI.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

int main(int argc, char** argv)
{
    CLI::App app{"Skein's engines, service and stores under a faulty network, in virtual time."};
    std::uint64_t seeds = 100, first = 1, one = 0, stopAfter = 20, part = 0;
    std::string fresh;
    int messages = 500, rooms = 0;
    bool json = false, trace = false, hash = false, keepGoing = false;
    app.add_option("--seeds", seeds, "How many seeds")->capture_default_str();
    app.add_option("--first", first, "The first seed")->capture_default_str();
    auto* single = app.add_option("--seed", one, "Run this seed alone");
    app.add_option("--messages", messages, "Messages written in each run")->capture_default_str();
    app.add_option("--rooms", rooms, "A large account: that many rooms (5000)")
        ->check(CLI::Range(0, 10'000));
    app.add_flag("--trace", trace, "Print what happens, event by event");
    app.add_flag("--hash", hash, "Print the hash of each run's trace");
    app.add_flag("--keep-going", keepGoing, "Do not stop after 20 failed seeds");
    app.add_option("--stop-after", stopAfter, "Stop after that many failed seeds")
        ->capture_default_str();
    app.add_option("--fresh", fresh, "A commit's hash: that seed, and others that follow from it");
    app.add_option("--part", part, "With --fresh: which share of them, from 0")
        ->capture_default_str();
    app.add_flag("--json", json, "End with one line of JSON");
    CLI11_PARSE(app, argc, argv);
    if (single->count()) {
        first = one;
        seeds = 1;
    }

    std::uint64_t failed = 0, done = 0, events = 0;
    std::int64_t written = 0, virtualMs = 0;
    const auto begin = std::chrono::steady_clock::now();
    if (!fresh.empty()) {
        // Each commit explores seeds that no earlier one did.
        const std::uint64_t base = std::strtoull(fresh.substr(0, 12).c_str(), nullptr, 16);
        first = base + part * seeds;
        std::printf("seeds %llu to %llu, of commit %s\n", static_cast<unsigned long long>(first),
                    static_cast<unsigned long long>(first + seeds - 1), fresh.c_str());
        std::fflush(stdout);
    }
    for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
        const auto outcome = skein::sim::simulate({seed, messages, trace, rooms});
        ++done;
        events += outcome.events;
        written += outcome.written;
        virtualMs += outcome.virtualMs;
        if (hash) {
            std::fflush(stdout);
            std::printf("seed %llu hash %016llx\n", static_cast<unsigned long long>(seed),
                        static_cast<unsigned long long>(outcome.traceHash));
        }
        if (outcome.failures.empty())
            continue;
        ++failed;
        std::printf("FAILED seed %llu (--seed %llu --messages %d --trace)\n",
                    static_cast<unsigned long long>(seed), static_cast<unsigned long long>(seed),
                    messages);
        for (const std::string& why : outcome.failures)
            std::printf("    %s\n", why.c_str());
        std::fflush(stdout);
        if (failed >= stopAfter && !keepGoing)
            break;
    }
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    const double eventsPerS = static_cast<double>(events) / seconds;
    const double times = static_cast<double>(virtualMs) / 1000.0 / seconds;
    if (json) {
        std::printf(
            "{\"seeds\": %llu, \"failed\": %llu, \"messages\": %lld, \"events_per_s\": %.0f, "
            "\"times_realtime\": %.1f}\n",
            static_cast<unsigned long long>(done), static_cast<unsigned long long>(failed),
            static_cast<long long>(written), eventsPerS, times);
    } else {
        std::printf("%llu seeds, %llu failed, %lld messages, %.0f events/s, %.0f times real time, "
                    "%.1f s\n",
                    static_cast<unsigned long long>(done), static_cast<unsigned long long>(failed),
                    static_cast<long long>(written), eventsPerS, times, seconds);
    }
    return failed == 0 ? 0 : 1;
}
