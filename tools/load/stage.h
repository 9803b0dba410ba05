// What every scenario needs around it: a server, accounts, connected clients, rooms, and samples.
#pragma once

#include "tools/load/scenarios.h"
#include "tools/load/serverprocess.h"
#include "tools/load/swarm.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace skein::load
{

/// A figure for each send, in the order of sending.
struct Samples {
    std::vector<double> values;
    [[nodiscard]] double quantile(double q);
    void fill(ScenarioResult& result);
};

class Stage
{
public:
    /// Errors: those of loopbackPort() and ServerProcess::start().
    [[nodiscard]] static Result<Stage> open(const ScenarioOptions& options);
    ~Stage();
    Stage(Stage&&) noexcept = default;
    Stage& operator=(Stage&&) = delete;

    /// The server dies at once, by SIGKILL; it must be ours.
    void killServer();
    /// And comes back on the same port and data. Errors: those of ServerProcess::start().
    [[nodiscard]] Result<void> restartServer();
    /// A value of the server's /metrics by its whole name; 0 when there is none.
    [[nodiscard]] double serverMetric(std::string_view name) const;
    /// Largest resident set of the server so far, in KiB; 0 when it is not ours.
    [[nodiscard]] std::int64_t serverPeakKib() const;

    [[nodiscard]] Swarm& swarm() noexcept { return *m_swarm; }
    [[nodiscard]] std::uint16_t port() const noexcept { return m_port; }
    /// µs of CPU of the server so far, and its memory; 0 when it is not ours.
    [[nodiscard]] double serverCpuUs() const;
    [[nodiscard]] std::int64_t serverPssKib() const;

    /// Signs up `count` users with names of this run; appends to accounts().
    [[nodiscard]] Result<void> makeAccounts(std::size_t count);
    [[nodiscard]] const std::vector<Account>& accounts() const noexcept { return m_accounts; }
    /// Connects one connection for each account and waits for every welcome.
    [[nodiscard]] Result<void> connectAll();
    /// Connection `creator` makes a room with the accounts [first, last) as members; connections
    /// equal accounts.
    [[nodiscard]] Result<RoomId> makeRoom(std::size_t creator, std::size_t first, std::size_t last);
    /// Full subscriptions of the connections [first, last); returns when the server has taken them.
    [[nodiscard]] Result<void> subscribe(const RoomId& room, std::size_t first, std::size_t last);
    /// A message of `bytes` bytes that starts with its number.
    [[nodiscard]] protocol::MessageSend message(const RoomId& room, std::int64_t number,
                                                std::size_t bytes = 100);
    [[nodiscard]] TempId tempId();

private:
    Stage() = default;
    [[nodiscard]] Result<void> settle(std::size_t first, std::size_t last);

    std::uint16_t m_port = 0;
    std::optional<ServerProcess> m_server;
    ServerSpec m_spec;
    std::string m_dataDir; // removed at the end
    std::string m_run;     // distinguishes the names of this run
    std::unique_ptr<Swarm> m_swarm;
    std::vector<Account> m_accounts;
    SystemClock m_clock;
    SeededRandom m_random{1};
};

/// Value of a string or number field near the start of a frame that our server wrote; cheap on
/// purpose: the load generator shares two cores with what it measures.
[[nodiscard]] std::string_view fieldOf(std::string_view json, std::string_view name);
[[nodiscard]] bool isType(std::string_view json, std::string_view type);
/// The number that Stage::message() put into the body; -1 when there is none.
[[nodiscard]] std::int64_t numberOf(std::string_view json);

} // namespace skein::load
