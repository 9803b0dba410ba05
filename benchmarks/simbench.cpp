// sim.speed: how much simulated chat one core gets through.
#include "benchmarks/harness.h"
#include "benchmarks/process.h"

namespace skein::bench
{

void addSimBenchmarks(std::vector<Entry>& entries)
{
    entries.push_back(
        {"sim.speed", "simulated seeds of 500 messages on one core",
         [](const Settings& settings) -> Result<std::vector<Measurement>> {
             const int seeds = settings.quick ? 10 : 100;
             auto run = runProgram({settings.binDir + "/skein-sim", "--seeds",
                                    std::to_string(seeds), "--messages", "500", "--json"},
                                   {}, 600'000);
             if (!run)
                 return fail(run.error());
             const std::string line = lastJsonLine(run->out);
             const auto times = numberIn(line, "times_realtime");
             const auto failed = numberIn(line, "failed");
             if (run->exitCode != 0 || !times || !failed)
                 return fail(ErrorCode::Internal, "skein-sim: " + line);
             Measurement result;
             result.name = "sim.speed";
             result.value = seeds / (run->wallMs / 60'000);
             result.unit = "seeds/min";
             result.n = seeds;
             result.config = {{"times_realtime", *times},
                              {"events_per_s", numberIn(line, "events_per_s").value_or(0)},
                              {"failed", *failed},
                              {"messages", 500}};
             result.bar = ">= 100 seeds/min, >= 200 x real time";
             return std::vector{result};
         }});
}

} // namespace skein::bench
