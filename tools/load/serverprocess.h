// A skein-server of its own for a load run or a test: started on a free port with fresh data,
// stopped with it.
#pragma once

#include "core/result.h"

#include <cstdint>
#include <string>
#include <vector>

#include <sys/types.h>

namespace skein::load
{

struct ServerSpec {
    std::string binary;                 ///< path of skein-server
    std::string dataDir;                ///< made when missing
    std::vector<std::string> arguments; ///< further ones; --data and --listen are given
    std::int64_t startTimeoutMs = 10'000;
    std::int64_t fileBytesMax =
        0;                  ///< RLIMIT_FSIZE of the process; 0 = none. SIGXFSZ is ignored then
    std::uint16_t port = 0; ///< 0 = a free one
};

/// What is left of a process that ended.
struct Ended {
    int exitCode = -1; ///< -1 when a signal ended it
    int signal = 0;
};

class ServerProcess
{
public:
    ServerProcess() = default;
    ~ServerProcess(); ///< SIGKILL, if it still runs
    ServerProcess(ServerProcess&& other) noexcept;
    ServerProcess& operator=(ServerProcess&& other) noexcept;

    /// Waits until the server says where it listens. Errors: Internal with the exit status and what
    /// it wrote to standard error; Timeout.
    [[nodiscard]] static Result<ServerProcess> start(const ServerSpec& spec);
    /// Runs it to its end; for the cases in which it must not start.
    [[nodiscard]] static Result<Ended> runToEnd(const ServerSpec& spec, std::string& standardError);

    [[nodiscard]] std::uint16_t port() const noexcept { return m_port; }
    [[nodiscard]] pid_t pid() const noexcept { return m_pid; }
    void signal(int number) const;
    /// Waits for the end. Errors: Timeout.
    [[nodiscard]] Result<Ended> wait(std::int64_t timeoutMs);
    /// What it wrote to standard error so far.
    [[nodiscard]] std::string standardError();

private:
    [[nodiscard]] static Result<ServerProcess> spawn(const ServerSpec& spec);

    pid_t m_pid = -1;
    std::uint16_t m_port = 0;
    int m_stdout = -1;
    int m_stderr = -1; // a file without a name
};

/// CPU time of all threads of a process in µs; 0 when it is gone.
[[nodiscard]] double processCpuUs(pid_t pid);
/// Proportional set size in KiB; 0 when it is gone.
[[nodiscard]] std::int64_t processPssKib(pid_t pid);
/// Largest resident set that it ever had, in KiB; 0 when it is gone.
[[nodiscard]] std::int64_t processPeakKib(pid_t pid);

} // namespace skein::load
