// net.storm and net.heal: everybody back after a kill; the first message after a cut.
#include "benchmarks/harness.h"
#include "benchmarks/process.h"
#include "tools/load/scenarios.h"

namespace skein::bench
{
namespace
{

Result<std::vector<Measurement>> storm(const Settings& settings)
{
    load::ScenarioOptions options;
    options.serverBinary = settings.binDir + "/skein-server";
    options.workDir = settings.workDir;
    const auto run = load::runStorm(options, {settings.quick ? 500u : 5'000u, 120'000});
    if (!run)
        return fail(run.error());
    const load::ScenarioResult result = load::resultOf(*run);
    return std::vector{
        Measurement{result.name, result.value, result.unit, 0, 0, 0, result.n, result.extra,
                    "<= 30 s, peak <= 2 x steady, <= 1 statement each, slow readers cost <= 10 %"}};
}

// The figures come from tests/netfault, which has the cable that can be cut; it needs root.
Result<std::vector<Measurement>> heal(const Settings& settings)
{
    const auto run =
        runProgram({"/usr/bin/env", "python3", SKEIN_NETFAULT_SCRIPT, "--server",
                    settings.binDir + "/skein-server", "--client", settings.binDir + "/skein-cli",
                    "--heal", "--rounds", settings.quick ? "3" : "20"},
                   {}, 1'800'000);
    if (!run)
        return fail(run.error());
    const std::string line = lastJsonLine(run->out);
    const auto value = numberIn(line, "value");
    if (run->exitCode != 0 || !value)
        return fail(ErrorCode::Internal, run->out);
    Measurement result;
    result.name = "net.heal";
    result.unit = "ms";
    result.value = *value;
    result.p50 = numberIn(line, "p50").value_or(0);
    result.p95 = numberIn(line, "p95").value_or(0);
    result.p99 = numberIn(line, "p99").value_or(0);
    result.n = static_cast<std::int64_t>(numberIn(line, "n").value_or(0));
    for (const char* key : {"loss_percent", "rounds", "cut_1.0s_p50", "cut_1.0s_max",
                            "cut_4.0s_p50", "cut_4.0s_max", "cut_12.0s_p50", "cut_12.0s_max"})
        if (const auto found = numberIn(line, key))
            result.config[key] = *found;
    result.bar = "p99 <= 2,000 ms at <= 5 % loss";
    return std::vector{result};
}

} // namespace

void addNetBenchmarks(std::vector<Entry>& entries)
{
    entries.push_back({"net.storm", "5,000 clients back after kill -9; slow readers", storm});
    entries.push_back({"net.heal", "first message after a cut, 5 % loss (needs root)", heal});
}

} // namespace skein::bench
