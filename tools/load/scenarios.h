// The chat figures of docs/performance.md as functions: chat.m1 … chat.m7, by the definitions there
// (100-byte bodies, loopback, 50 warm-up messages not counted, confirmed = committed and synced).
// Called by skein-load and by ./bench.
//
// Each run is bounded in count and time and talks to this machine only. Nothing here judges a
// figure.
#pragma once

#include "core/result.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace skein::load
{

struct ScenarioOptions {
    /// Where a server listens, `http://127.0.0.1:PORT`. Empty: `serverBinary` is started on fresh
    /// data in `workDir` for each scenario and removed afterwards. A server of one's own needs
    /// `--no-rate-limits --password-mib 1
    /// --connections-per-user 1000` for these rates.
    std::string url;
    std::string serverBinary;
    std::string workDir; ///< for data; a folder of its own is made in it and removed
    bool quick = false;  ///< about a tenth of the size: shows that it runs, not what it costs
};

struct ScenarioResult {
    std::string name; ///< "chat.m1"
    double value = 0; ///< the figure that the bar is about
    std::string unit;
    double p50 = 0, p95 = 0, p99 = 0; ///< of the single samples, in `unit`; 0 when there are none
    std::int64_t n = 0;
    std::map<std::string, double> extra; ///< further figures and sizes: cpu_us, connect_s …
};

/// chat.m1 and chat.m2: room of 2, 50 messages/s open loop, 400 messages. ms from send() to the
/// confirmation, and to the other member's handler.
[[nodiscard]] Result<std::vector<ScenarioResult>> runSendLatency(const ScenarioOptions& options);
/// chat.m3a: confirmed/s, one sender with window 64 in a room of 2, 10 s; `cpu_us` of the server
/// for each.
[[nodiscard]] Result<ScenarioResult> runOneSender(const ScenarioOptions& options);
/// chat.m3b: confirmed/s, 100 clients in 50 rooms of 2, window 8 each, 10 s.
[[nodiscard]] Result<ScenarioResult> runManySenders(const ScenarioOptions& options);
/// chat.m4: deliveries/s in handlers, one room of 500 connections, one sender with window 16, 10 s;
/// `cpu_us` of the server for each delivery. A handler gets the text of the frame; it does not
/// parse it.
[[nodiscard]] Result<ScenarioResult> runLargeRoom(const ScenarioOptions& options);
/// chat.m6: KiB of server memory (PSS) a connection with 1,000 signed-in connections, each in one
/// room of 20; `connect_s` for all connects and joins.
[[nodiscard]] Result<ScenarioResult> runIdleConnections(const ScenarioOptions& options);
/// chat.m7: ms until typing is seen, 50/s open loop; `presence_p50`, `presence_p95`, `presence_p99`
/// likewise.
[[nodiscard]] Result<ScenarioResult> runTypingAndPresence(const ScenarioOptions& options);

/// chat.m8: 200 messages/s, SIGKILL of the server after a while, restart, everything read back,
/// what was unconfirmed sent again under the same keys, read again; several times. value = `lost`
/// (confirmed, then gone), `doubled` = texts that stand twice.
[[nodiscard]] Result<ScenarioResult> runKills(const ScenarioOptions& options);
/// chat.m9: a sender with window 64 while a reader pages after its cursor; value = stored messages
/// that it never got.
[[nodiscard]] Result<ScenarioResult> runCursor(const ScenarioOptions& options);

struct StormOptions {
    std::size_t clients = 1'000;    ///< 40 … 5,000, in rooms of 20
    std::int64_t boundMs = 120'000; ///< when to stop waiting for the last one
};
/// What a reconnect storm did, as counts; times only in the result of runStorm().
struct Storm {
    std::size_t clients = 0, resumed = 0;
    double resumedMs99 = 0;                  ///< after the restart, until 99 % had their welcome
    std::int64_t statements = 0;             ///< of the database, for all resumes together
    std::int64_t steadyKib = 0, peakKib = 0; ///< resident: before the kill; largest after it
    std::int64_t deliveriesDue = 0, delivered = 0; ///< to readers that read, while 1 % did not
    std::int64_t slowReaders = 0;
    double p99Alone = 0,
           p99WithSlow = 0; ///< ms of delivery to the others, medians of several rounds
};
/// Q7: the server is killed under many connected clients and restarted; all come back as clients do
/// (back-off with jitter, sync token, subscriptions). Then 1 % of them stop reading while a room of
/// all is written to.
[[nodiscard]] Result<Storm> runStorm(const ScenarioOptions& options, const StormOptions& storm);
/// `net.storm`, value = seconds until 99 % were back.
[[nodiscard]] ScenarioResult resultOf(const Storm& storm);

/// A load of one's own choice, for skein-load.
struct CustomLoad {
    std::int64_t users = 20;      ///< 2 … 1,000
    std::int64_t roomSize = 2;    ///< 2 … 100; users / roomSize rooms
    double rate = 100;            ///< messages/s in all, open loop; 0 = as fast as `window` allows
    std::int64_t window = 8;      ///< unconfirmed messages of one sender, 1 … 64
    std::int64_t seconds = 10;    ///< 1 … 60
    std::int64_t bodyBytes = 100; ///< 20 … 10,000
};
/// Two results, `load.confirmed` and `load.delivered`, in ms; `extra` has the rates.
/// InvalidArgument when out of bounds.
[[nodiscard]] Result<std::vector<ScenarioResult>> runCustom(const ScenarioOptions& options,
                                                            const CustomLoad& load);

/// One JSON object in the form of docs/performance.md.
[[nodiscard]] std::string toJson(const ScenarioResult& result);

} // namespace skein::load
