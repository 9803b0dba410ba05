#include "server/net/config.h"

#include <CLI/CLI.hpp>
#include <boost/asio/ip/address.hpp>

#include <charconv>
#include <cstdlib>
#include <map>

namespace skein::server
{
namespace
{

const std::map<std::string, LogLevel> kLogLevels = {{"debug", LogLevel::Debug},
                                                    {"info", LogLevel::Info},
                                                    {"warning", LogLevel::Warning},
                                                    {"error", LogLevel::Error}};

} // namespace

std::string defaultDataDir()
{
    const char* const xdg = std::getenv("XDG_DATA_HOME");
    if (xdg && *xdg == '/')
        return std::string(xdg) + "/skein-server";
    const char* const home = std::getenv("HOME");
    if (home && *home == '/')
        return std::string(home) + "/.local/share/skein-server";
    return "skein-server-data";
}

bool isLoopbackHost(std::string_view host)
{
    boost::system::error_code error;
    const auto address = boost::asio::ip::make_address(std::string(host), error);
    return !error && address.is_loopback();
}

Result<std::pair<std::string, std::uint16_t>> parseListen(std::string_view text)
{
    std::string host = "127.0.0.1";
    std::string_view port = text;
    if (text.starts_with('[')) {
        const std::size_t end = text.find("]:");
        if (end == std::string_view::npos)
            return fail(ErrorCode::InvalidArgument, "listen: [ADDRESS]:PORT is expected");
        host = std::string(text.substr(1, end - 1));
        port = text.substr(end + 2);
    } else if (const std::size_t colon = text.rfind(':'); colon != std::string_view::npos) {
        if (colon > 0)
            host = std::string(text.substr(0, colon));
        port = text.substr(colon + 1);
    }
    if (host == "localhost")
        host = "127.0.0.1";
    boost::system::error_code error;
    (void)boost::asio::ip::make_address(host, error);
    if (error)
        return fail(ErrorCode::InvalidArgument, "listen: \"" + host + "\" is not an IP address");
    unsigned number = 0;
    const auto [end, code] = std::from_chars(port.data(), port.data() + port.size(), number);
    if (code != std::errc() || end != port.data() + port.size() || number > 65535)
        return fail(ErrorCode::InvalidArgument, "listen: a port from 0 to 65535 is expected");
    return std::pair(host, static_cast<std::uint16_t>(number));
}

Result<Invocation> readInvocation(int argc, const char* const* argv)
{
    Invocation invocation;
    ServerOptions& options = invocation.options;
    std::string listen = "127.0.0.1:7878";
    bool noRateLimits = false;

    // CLI11 throws; nothing leaves this function.
    CLI::App app("Skein chat server. Works without any configuration.", "skein-server");
    app.set_version_flag("--version", "skein-server " SKEIN_VERSION);
    app.set_config("--config", "",
                   "Configuration file (INI or TOML) with the long names below as keys");
    app.allow_config_extras(CLI::config_extras_mode::error);
    app.add_option("--data", options.dataDir, "Data directory [" + defaultDataDir() + "]");
    app.add_option("--listen", listen, "HOST:PORT to listen on; port 0 picks a free one")
        ->capture_default_str();
    app.add_flag("--insecure-listen", options.insecureListen,
                 "Allow an address other than loopback without TLS (a proxy in front does TLS)");
    app.add_option("--log-level", options.logLevel, "debug, info, warning or error [info]")
        ->transform(CLI::CheckedTransformer(kLogLevels, CLI::ignore_case));
    app.add_option("--allow-origin", options.allowedOrigins,
                   "Origin that browsers may connect from; repeatable");
    app.add_option("--connections-per-address", options.connectionsPerAddress,
                   "Open connections of one address")
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{1'000'000}))
        ->capture_default_str();
    app.add_option("--connections-per-user", options.connectionsPerUser, "Open sockets of one user")
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{1'000}))
        ->capture_default_str();
    app.add_option("--auth-failures-per-minute", options.authFailuresPerMinute,
                   "Failed sign-ins of one address; 0 = unlimited")
        ->check(CLI::Range(std::int64_t{0}, std::int64_t{60'000}))
        ->capture_default_str();
    app.add_flag("--limit-loopback", options.limitLoopback,
                 "Apply the limits per address to this machine too");
    app.add_flag("--no-rate-limits", noRateLimits,
                 "No limits per connection on messages and requests (load tests)");
    app.add_flag("--restored", options.restored,
                 "The data directory was restored from a backup: clients fetch anew, once");
    app.add_option("--heartbeat-ms", options.heartbeatMs,
                   "How long a connection may be silent before it is asked for a sign of life")
        ->check(CLI::Range(std::int64_t{1'000}, std::int64_t{600'000}))
        ->capture_default_str();
    app.add_option("--drain-ms", options.drainMs,
                   "Window over which clients reconnect after a shutdown")
        ->check(CLI::Range(std::int64_t{0}, std::int64_t{600'000}))
        ->capture_default_str();
    app.add_option("--refresh-overlap-ms", options.refreshOverlapMs,
                   "How long a used refresh token is taken again while its successor is unused")
        ->check(CLI::Range(std::int64_t{0}, std::int64_t{3'600'000}))
        ->capture_default_str();
    app.add_option("--password-mib", options.passwordMiB,
                   "Memory of one password hash; less than 64 only for tests")
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{1'024}))
        ->capture_default_str();
    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& success) {
        invocation.what = Invocation::What::PrintAndExit;
        invocation.text = dynamic_cast<const CLI::CallForVersion*>(&success)
                              ? success.what() + std::string("\n")
                              : app.help();
        return invocation;
    } catch (const CLI::Error& error) {
        return fail(ErrorCode::InvalidArgument, error.what());
    }
    const auto where = parseListen(listen);
    if (!where)
        return fail(where.error());
    options.host = where->first;
    options.port = where->second;
    options.rateLimits = !noRateLimits;
    if (options.dataDir.empty())
        options.dataDir = defaultDataDir();
    if (!isLoopbackHost(options.host) && !options.insecureListen)
        return fail(ErrorCode::InvalidArgument,
                    "listen: " + options.host +
                        " can be reached from other machines and this server speaks no TLS itself. "
                        "Put a TLS proxy in "
                        "front and listen on 127.0.0.1, or say --insecure-listen");
    return invocation;
}

} // namespace skein::server
