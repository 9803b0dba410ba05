#include "server/net/config.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace skein::server
{
namespace
{

Result<Invocation> read(std::vector<const char*> arguments)
{
    arguments.insert(arguments.begin(), "skein-server");
    return readInvocation(static_cast<int>(arguments.size()), arguments.data());
}

TEST(Config, withoutAnArgumentItRunsOnLoopback)
{
    const auto invocation = read({});
    ASSERT_TRUE(invocation) << toString(invocation.error());
    EXPECT_EQ(invocation->what, Invocation::What::Run);
    EXPECT_EQ(invocation->options.host, "127.0.0.1");
    EXPECT_EQ(invocation->options.port, 7878);
    EXPECT_EQ(invocation->options.dataDir, defaultDataDir());
    EXPECT_TRUE(invocation->options.rateLimits);
    EXPECT_EQ(invocation->options.passwordMiB, 64);
    EXPECT_EQ(invocation->options.refreshOverlapMs, 60'000);
}

TEST(Config, everyOptionArrives)
{
    const auto invocation = read({"--data",
                                  "/data",
                                  "--listen",
                                  "[::1]:0",
                                  "--log-level",
                                  "DEBUG",
                                  "--allow-origin",
                                  "https://a.example",
                                  "--allow-origin",
                                  "https://b.example",
                                  "--connections-per-address",
                                  "7",
                                  "--connections-per-user",
                                  "8",
                                  "--auth-failures-per-minute",
                                  "0",
                                  "--limit-loopback",
                                  "--no-rate-limits",
                                  "--heartbeat-ms",
                                  "1000",
                                  "--drain-ms",
                                  "9",
                                  "--refresh-overlap-ms",
                                  "10",
                                  "--password-mib",
                                  "8"});
    ASSERT_TRUE(invocation) << toString(invocation.error());
    const ServerOptions& options = invocation->options;
    EXPECT_EQ(options.dataDir, "/data");
    EXPECT_EQ(options.host, "::1");
    EXPECT_EQ(options.port, 0);
    EXPECT_EQ(options.logLevel, LogLevel::Debug);
    EXPECT_EQ(options.allowedOrigins,
              (std::vector<std::string>{"https://a.example", "https://b.example"}));
    EXPECT_EQ(options.connectionsPerAddress, 7);
    EXPECT_EQ(options.connectionsPerUser, 8);
    EXPECT_EQ(options.authFailuresPerMinute, 0);
    EXPECT_TRUE(options.limitLoopback);
    EXPECT_FALSE(options.rateLimits);
    EXPECT_EQ(options.heartbeatMs, 1'000);
    EXPECT_EQ(options.drainMs, 9);
    EXPECT_EQ(options.refreshOverlapMs, 10);
    EXPECT_EQ(options.passwordMiB, 8);
}

TEST(Config, helpAndVersionAreTextAndNoError)
{
    const auto help = read({"--help"});
    ASSERT_TRUE(help);
    EXPECT_EQ(help->what, Invocation::What::PrintAndExit);
    EXPECT_NE(help->text.find("--listen"), std::string::npos);
    const auto version = read({"--version"});
    ASSERT_TRUE(version);
    EXPECT_EQ(version->what, Invocation::What::PrintAndExit);
    EXPECT_EQ(version->text.find("skein-server "), 0U) << version->text;
}

TEST(Config, whatIsWrongIsSaidInASentence)
{
    const std::vector<std::vector<const char*>> rows = {
        {"--unknown"},
        {"--log-level", "loud"},
        {"--refresh-overlap-ms", "3600001"},
        {"--password-mib", "0"},
        {"--connections-per-user", "1001"},
        {"--drain-ms", "soon"},
        {"--heartbeat-ms", "292001"}, // silent for so long is gone
        {"--listen", "nonsense:1:2"},
        {"--config", "/no/such/file"},
    };
    for (const auto& row : rows) {
        const auto invocation = read(row);
        ASSERT_FALSE(invocation) << row[0];
        EXPECT_EQ(invocation.error().code, ErrorCode::InvalidArgument);
        EXPECT_FALSE(invocation.error().detail.empty());
    }
}

TEST(Config, anAddressOthersCanReachNeedsAWordOfItsOwn)
{
    const auto refused = read({"--listen", "0.0.0.0:7878"});
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().detail.find("--insecure-listen"), std::string::npos);
    EXPECT_TRUE(read({"--listen", "0.0.0.0:7878", "--insecure-listen"}));
}

TEST(Config, theCommandLineWinsOverTheFile)
{
    const auto path = std::filesystem::temp_directory_path() /
                      ("skein-config-" + std::to_string(::getpid()) + ".ini");
    std::ofstream(path) << "drain-ms=11\npassword-mib=16\n";
    const std::string name = path.string();
    const auto invocation = read({"--config", name.c_str(), "--drain-ms", "22"});
    ASSERT_TRUE(invocation) << toString(invocation.error());
    EXPECT_EQ(invocation->options.drainMs, 22);
    EXPECT_EQ(invocation->options.passwordMiB, 16);

    std::ofstream(path) << "not-an-option=1\n";
    EXPECT_FALSE(read({"--config", name.c_str()}));
    std::filesystem::remove(path);
}

TEST(Config, thePushHookTakesItsSecretFromAFileTheEnvironmentOrTheConfigurationOnly)
{
    constexpr char kOne[] = "whsec_c2tlaW4gcHVzaCBob29rIHRlc3Qgc2VjcmV0IDEyMw==";
    const std::string base = (std::filesystem::temp_directory_path() /
                              ("skein-config-push-" + std::to_string(::getpid())))
                                 .string();
    const std::string key = base + ".key", ini = base + ".ini";
    std::ofstream(key) << kOne << "\n";
    const auto off = read({});
    ASSERT_TRUE(off);
    EXPECT_TRUE(off->options.push.secrets.empty());

    const auto byFile = read({"--push-url", "https://push.example/hook", "--push-secret-file",
                              key.c_str(), "--push-content", "preview", "--push-gather-ms", "7",
                              "--push-every-ms", "8", "--push-start-ms", "9"});
    ASSERT_TRUE(byFile) << toString(byFile.error());
    EXPECT_EQ(byFile->options.push.url.host, "push.example");
    EXPECT_EQ(byFile->options.push.secrets,
              (std::vector<std::string>{"skein push hook test secret 123"}));
    EXPECT_EQ(byFile->options.push.config.content, PushContent::Preview);
    EXPECT_EQ(byFile->options.push.config.gatherMs, 7);
    EXPECT_EQ(byFile->options.push.config.everyMs, 8);
    EXPECT_EQ(byFile->options.push.config.startGraceMs, 9);

    std::ofstream(ini) << "push-url=\"https://push.example/hook\"\npush-secret=\"" << kOne
                       << "\"\n";
    const auto byConfig = read({"--config", ini.c_str()});
    ASSERT_TRUE(byConfig) << toString(byConfig.error());
    EXPECT_EQ(byConfig->options.push.secrets.size(), 1u);
    ::setenv(kPushSecretVariable, kOne, 1);
    const auto byEnvironment = read({"--push-url", "https://push.example/hook"});
    ::unsetenv(kPushSecretVariable);
    ASSERT_TRUE(byEnvironment) << toString(byEnvironment.error());
    EXPECT_EQ(byEnvironment->options.push.secrets.size(), 1u);

    const std::string withEquals = std::string("--push-secret=") + kOne;
    const std::vector<std::vector<const char*>> refused = {
        {"--push-url", "https://push.example/hook", "--push-secret", kOne},
        {"--push-url", "https://push.example/hook", withEquals.c_str()},
        {"--push-url", "https://push.example/hook"},
        {"--push-url", "https://push.example/hook", "--push-secret-file", "/no/such/file"},
        {"--push-url", "http://push.example/hook", "--push-secret-file", key.c_str()},
        {"--push-url", "push.example", "--push-secret-file", key.c_str()},
        {"--push-secret-file", key.c_str()},
        {"--push-url", "https://push.example/hook", "--push-secret-file", key.c_str(),
         "--push-content", "all"},
    };
    for (const auto& row : refused) {
        const auto invocation = read(row);
        ASSERT_FALSE(invocation) << row.back();
        EXPECT_EQ(invocation.error().detail.find(kOne + 6), std::string::npos);
    }
    for (const char* const url : {"http://127.0.0.1:1/", "http://[::1]:1/", "http://localhost/"})
        EXPECT_TRUE(read({"--push-url", url, "--push-secret-file", key.c_str()})) << url;
    EXPECT_TRUE(read({"--push-url", "http://push.example/", "--push-secret-file", key.c_str(),
                      "--push-insecure"}));
    const auto help = read({"--help"});
    EXPECT_NE(help->text.find("--push-url"), std::string::npos);
    EXPECT_EQ(help->text.find("--push-secret "), std::string::npos);
    std::filesystem::remove(key);
    std::filesystem::remove(ini);
}

TEST(ParseListen, hostAndPortInEachForm)
{
    const std::tuple<const char*, const char*, int> rows[] = {
        {"127.0.0.1:80", "127.0.0.1", 80}, {"[::1]:0", "::1", 0},
        {":8080", "127.0.0.1", 8080},      {"8080", "127.0.0.1", 8080},
        {"localhost:1", "127.0.0.1", 1},   {"10.0.0.1:65535", "10.0.0.1", 65535},
    };
    for (const auto& [text, host, port] : rows) {
        const auto parsed = parseListen(text);
        ASSERT_TRUE(parsed) << text;
        EXPECT_EQ(parsed->first, host) << text;
        EXPECT_EQ(parsed->second, port) << text;
    }
}

TEST(ParseListen, anythingElseIsRefused)
{
    for (const char* text : {"", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:8o",
                             "[::1]", "[::1", "[nonsense]:1", "example.org:80", "256.0.0.1:1"}) {
        const auto parsed = parseListen(text);
        ASSERT_FALSE(parsed) << text;
        EXPECT_EQ(parsed.error().code, ErrorCode::InvalidArgument);
    }
}

TEST(IsLoopbackHost, onlyAddressesOfThisMachine)
{
    for (const char* host : {"127.0.0.1", "127.9.9.9", "::1"})
        EXPECT_TRUE(isLoopbackHost(host)) << host;
    for (const char* host : {"0.0.0.0", "::", "10.0.0.1", "localhost", ""})
        EXPECT_FALSE(isLoopbackHost(host)) << host;
}

TEST(DefaultDataDir, followsTheEnvironmentAndTakesNoRelativePath)
{
    ::setenv("HOME", "/home/me", 1);
    ::setenv("XDG_DATA_HOME", "/xdg", 1);
    EXPECT_EQ(defaultDataDir(), "/xdg/skein-server");
    ::setenv("XDG_DATA_HOME", "relative", 1);
    EXPECT_EQ(defaultDataDir(), "/home/me/.local/share/skein-server");
    ::unsetenv("XDG_DATA_HOME");
    ::setenv("HOME", "", 1);
    EXPECT_EQ(defaultDataDir(), "skein-server-data");
}

} // namespace
} // namespace skein::server
