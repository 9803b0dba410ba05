// The whole server put together: store, service, accounts, engine, threads, signals.
#pragma once

#include "core/result.h"
#include "server/net/config.h"

#include <memory>

namespace skein::server
{

/// Descriptors, threads and queues of the program.
inline constexpr std::size_t kPasswordThreads = 2;
inline constexpr std::size_t kPasswordQueueMax = 256;
/// After this long a drain gives up on peers that do not close. What is committed is safe either
/// way.
inline constexpr std::int64_t kDrainBoundMs = 5'000;
/// So long a drain waits for hints of the push hook; what is left then is counted and dropped.
inline constexpr std::int64_t kPushDrainMs = 2'000;

/// Exit status of skein-server; docs/operations.md lists them.
enum class ExitCode : int {
    Ok = 0,
    Failed = 1,
    BadUsage = 2,     ///< command line or configuration file
    CannotListen = 3, ///< port in use, no such address
    BadData = 4,      ///< data directory cannot be used, or is damaged
    DataLocked = 5,   ///< another server uses it
    DataNewer = 6,    ///< written by a newer version
};
[[nodiscard]] ExitCode exitCodeFor(ErrorCode code) noexcept;

class Server
{
public:
    explicit Server(ServerOptions options);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// Opens the data and the port. Returns the port. Errors: those of SqliteStorage::open(),
    /// loadOrMakeSecret() and Engine::listen(). Nothing is left running on an error.
    [[nodiscard]] Result<std::uint16_t> start();
    /// Serves until SIGTERM, SIGINT or stop(); then drains: no new connections, everybody is told
    /// goodbye, what is being stored is committed and confirmed. A second signal ends the wait.
    void run();
    /// As a signal does. Thread: any.
    void stop();

private:
    class Impl;
    std::unique_ptr<Impl> m_impl;
};

} // namespace skein::server
