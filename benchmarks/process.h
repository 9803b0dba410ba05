// Starting one of our own programs and taking what it prints.
#pragma once

#include "core/result.h"

#include <string>
#include <utility>
#include <vector>

namespace skein::bench
{

struct Finished {
    int exitCode = 0;
    std::string out; ///< standard output; standard error goes to ours
    std::int64_t peakKib = 0;
    double wallMs = 0;
};

/// Runs argv[0] with the given additions to the environment and waits at most `timeoutMs`, then
/// kills it. Errors: NotFound (no such program), Timeout.
[[nodiscard]] Result<Finished>
runProgram(const std::vector<std::string>& argv,
           const std::vector<std::pair<std::string, std::string>>& environment,
           std::int64_t timeoutMs);

/// A number by key in a flat JSON object; nullopt when it is not there.
[[nodiscard]] std::optional<double> numberIn(const std::string& json, const std::string& key);
/// The last line that starts with `{`; empty when there is none.
[[nodiscard]] std::string lastJsonLine(const std::string& out);

} // namespace skein::bench
