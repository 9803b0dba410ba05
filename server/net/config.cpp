#include "server/net/config.h"

#include <CLI/CLI.hpp>
#include <boost/asio/ip/address.hpp>

#include <charconv>
#include <cstdlib>
#include <fstream>
#include <map>

namespace skein::server
{
namespace
{

const std::map<std::string, LogLevel> kLogLevels = {{"debug", LogLevel::Debug},
                                                    {"info", LogLevel::Info},
                                                    {"warning", LogLevel::Warning},
                                                    {"error", LogLevel::Error}};

const std::map<std::string, PushContent> kPushContents = {
    {"ids", PushContent::Ids}, {"names", PushContent::Names}, {"preview", PushContent::Preview}};
constexpr std::size_t kSecretFileBytesMax = 4'096;

struct PushWords {
    std::string url, secret, secretFile;
    bool insecure = false;
};

/// Nothing of a secret is repeated in an error.
Result<void> readPushHook(const PushWords& words, ServerOptions::PushHook& push)
{
    if (words.url.empty()) {
        if (!words.secretFile.empty())
            return fail(ErrorCode::InvalidArgument, "push-secret-file needs push-url");
        return {};
    }
    auto url = parseWebhookUrl(words.url);
    if (!url)
        return fail(url.error());
    if (!url->tls && !words.insecure && url->host != "localhost" && !isLoopbackHost(url->host))
        return fail(ErrorCode::InvalidArgument,
                    "push-url: http:// to another machine can be read on the way: use https://, "
                    "or say --push-insecure");
    std::string secret = words.secret;
    if (!words.secretFile.empty()) {
        std::ifstream file(words.secretFile, std::ios::binary);
        std::string text(kSecretFileBytesMax, '\0');
        file.read(text.data(), static_cast<std::streamsize>(text.size()));
        if (file.gcount() == 0)
            return fail(ErrorCode::InvalidArgument, "push-secret-file: cannot be read");
        text.resize(static_cast<std::size_t>(file.gcount()));
        secret = std::move(text);
    }
    if (secret.empty())
        return fail(ErrorCode::InvalidArgument,
                    std::string("push-url needs a secret: --push-secret-file FILE, the variable ") +
                        kPushSecretVariable + " or push-secret in the configuration file");
    auto secrets = parseWebhookSecrets(secret);
    if (!secrets)
        return fail(secrets.error());
    push.url = std::move(*url);
    push.secrets = std::move(*secrets);
    return {};
}

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
    PushWords push;

    for (int i = 1; i < argc; ++i) {
        const std::string_view word(argv[i]);
        if (word == "--push-secret" || word.starts_with("--push-secret="))
            return fail(ErrorCode::InvalidArgument,
                        std::string("a secret does not belong on the command line: use "
                                    "--push-secret-file FILE or the variable ") +
                            kPushSecretVariable);
    }

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
        // Whoever is well must not be silent for so long that they count as gone.
        ->check(
            CLI::Range(std::int64_t{1'000}, protocol::kPresenceTtlMs - protocol::kHeartbeatGraceMs))
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
    app.add_option("--push-url", push.url,
                   "Tell a push provider of messages for users who are away: https://HOST/PATH");
    app.add_option(
        "--push-secret-file", push.secretFile,
        std::string("File with the secret that hints are signed with, or the variable ") +
            kPushSecretVariable);
    app.add_option("--push-secret", push.secret)->envname(kPushSecretVariable)->group("");
    app.add_option("--push-content", options.push.config.content,
                   "What hints say besides numbers: ids, names or preview [ids]")
        ->transform(CLI::CheckedTransformer(kPushContents, CLI::ignore_case));
    app.add_option("--push-ca-file", options.push.caFile,
                   "Authorities (PEM) for the certificate of the push provider [the system's]")
        ->check(CLI::ExistingFile);
    app.add_flag("--push-insecure", push.insecure, "Allow http:// to another machine");
    app.add_option("--push-gather-ms", options.push.config.gatherMs,
                   "From the first message to the hint of it")
        ->check(CLI::Range(std::int64_t{0}, std::int64_t{60'000}))
        ->capture_default_str();
    app.add_option("--push-every-ms", options.push.config.everyMs,
                   "Between two hints of one user and room")
        ->check(CLI::Range(std::int64_t{0}, std::int64_t{3'600'000}))
        ->capture_default_str();
    app.add_option("--push-start-ms", options.push.config.startGraceMs,
                   "After a start: time for clients to come back before they are hinted at")
        ->check(CLI::Range(std::int64_t{0}, std::int64_t{600'000}))
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
    if (auto hook = readPushHook(push, options.push); !hook)
        return fail(hook.error());
    if (!isLoopbackHost(options.host) && !options.insecureListen)
        return fail(ErrorCode::InvalidArgument,
                    "listen: " + options.host +
                        " can be reached from other machines and this server speaks no TLS itself. "
                        "Put a TLS proxy in "
                        "front and listen on 127.0.0.1, or say --insecure-listen");
    return invocation;
}

} // namespace skein::server
