// What skein-server is told: command line, configuration file, defaults. `--help` lists the same
// names; docs/operations.md explains them.
#pragma once

#include "core/log.h"
#include "core/result.h"
#include "protocol/limits.h"
#include "server/net/webhook.h"
#include "server/service/push.h"
#include "server/service/tokens.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace skein::server
{

struct ServerOptions {
    std::string dataDir; ///< never empty: see defaultDataDir()
    std::string host = "127.0.0.1";
    std::uint16_t port = 7878;
    bool insecureListen = false;
    LogLevel logLevel = LogLevel::Info;
    std::vector<std::string> allowedOrigins;
    std::int64_t connectionsPerAddress = 50;
    bool limitLoopback = false; ///< connections and failed sign-ins of this machine count too
    std::int64_t authFailuresPerMinute = 5;
    std::int64_t connectionsPerUser = 10;
    bool rateLimits = true;
    /// The data directory was restored from a backup: begins a new generation, once.
    bool restored = false;
    /// A used refresh token is taken once more for so long, while its successor is unused.
    std::int64_t refreshOverlapMs = kRefreshOverlapMs;
    /// A client that is silent for so long is asked, and given up kHeartbeatGraceMs later.
    std::int64_t heartbeatMs = protocol::kHeartbeatMs;
    std::int64_t drainMs = 3'000; ///< window over which clients are told to come back
    /// Cost of a password hash, in MiB. Below the default only for tests and demonstrations on this
    /// machine.
    std::int64_t passwordMiB = 64;
    /// The push hook; `secrets` is empty when there is none.
    struct PushHook {
        WebhookUrl url;
        std::vector<std::string> secrets; ///< raw bytes
        std::string caFile;
        PushConfig config;
    } push;
};

/// What to do after the command line was read.
struct Invocation {
    enum class What { Run, PrintAndExit } what = What::Run;
    ServerOptions options;
    std::string text; ///< PrintAndExit: for standard output
};

/// Where the secret of the push hook may also stand. A secret on the command line is refused: any
/// user of the machine could read it.
inline constexpr char kPushSecretVariable[] = "SKEIN_PUSH_SECRET";

/// Reads the command line and, if it names one, the configuration file. The command line wins.
/// Errors: InvalidArgument with a sentence for the operator.
[[nodiscard]] Result<Invocation> readInvocation(int argc, const char* const* argv);

/// `host:port`, `[v6]:port`, `:port` (loopback) or a bare port. Errors: InvalidArgument.
[[nodiscard]] Result<std::pair<std::string, std::uint16_t>> parseListen(std::string_view text);
/// 127.0.0.0/8 or ::1, as text.
[[nodiscard]] bool isLoopbackHost(std::string_view host);
/// $XDG_DATA_HOME/skein-server, else ~/.local/share/skein-server, else ./skein-server-data.
[[nodiscard]] std::string defaultDataDir();

} // namespace skein::server
