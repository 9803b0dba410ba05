// app.cold_start and app.memory: the real app, from the start of its process to the first painted
// row, on a store with few messages and on one with a million. app.room_switch, app.flick and
// app.keypress: its window, driven from inside by skein-bench-ui.
#include "benchmarks/eventloop.h"
#include "benchmarks/fixture.h"
#include "benchmarks/harness.h"
#include "benchmarks/process.h"
#include "sdk/qt/accounts.h"
#include "sdk/qt/client.h"
#include "tools/load/serverprocess.h"

#include <QCoreApplication>
#include <QFileInfo>

#include <csignal>
#include <filesystem>

namespace skein::bench
{
namespace
{

constexpr char kUser[] = "bench";
constexpr char kRoom[] = "Deep room";
constexpr char kOtherRoom[] = "Other room";
constexpr std::int64_t kOtherMessages = 500;

// An account that was signed in once, with a room of `messages` messages and a short one. The
// server is gone afterwards: what the app shows at its start comes from the device alone.
Result<QUrl> makeAccount(const Settings& settings, const std::string& dir, std::int64_t messages)
{
    const QString dataDir = QString::fromStdString(dir + "/client");
    std::filesystem::remove_all(dir);
    auto server =
        load::ServerProcess::start({settings.binDir + "/skein-server", dir + "/server", {}});
    if (!server)
        return fail(server.error());
    const QUrl url(QStringLiteral("http://127.0.0.1:%1").arg(server->port()));
    {
        static int argc = 1;
        static char name[] = "skein-bench";
        static char* argv[] = {name, nullptr};
        const QCoreApplication app(argc, argv);
        Skein::Client client;
        client.setServerUrl(url);
        client.setDataDir(dataDir);
        client.setAllowPlainTokenFile(true);
        client.signUp(QLatin1String(kUser), QStringLiteral("a long password"));
        if (!waitFor([&] { return client.state() == Skein::Client::Live; }, 15'000))
            return fail(ErrorCode::Timeout, "sign-up");
        for (const char* room : {kRoom, kOtherRoom})
            client.createRoom(Skein::Client::General, QLatin1String(room), {});
        if (!waitFor([&] { return client.rooms()->rowCount() == 2; }, 10'000))
            return fail(ErrorCode::Timeout, "create rooms");
    }
    server->signal(SIGTERM);
    if (auto ended = server->wait(15'000); !ended)
        return fail(ended.error());

    const Skein::Accounts accounts(dataDir);
    auto store = offline::Store::open(
        {accounts.storePath(accounts.lastKey()).toStdString(), {}, true, true, 0});
    if (!store)
        return fail(store.error());
    auto rooms = (*store)->rooms().load();
    if (rooms.size() != 2)
        return fail(ErrorCode::Internal, "the account has not two rooms");
    SeededRandom random(5);
    for (offline::RoomRecord& room : rooms) {
        const std::int64_t count = room.row.name == kRoom ? messages : kOtherMessages;
        if (auto done = appendMessages(**store, room, count, 12, 2'000, random); !done)
            return fail(done.error());
    }
    return url;
}

Result<std::vector<Measurement>> coldStart(const Settings& settings)
{
    const std::int64_t large = settings.quick ? 100'000 : 1'000'000;
    struct Case {
        std::string dir;
        std::int64_t messages;
        QUrl url;
        std::vector<double> ms, cpuMs, kib;
    };
    std::vector<Case> cases{{settings.workDir + "/app-small", 1'000, {}, {}, {}, {}},
                            {settings.workDir + "/app-large", large, {}, {}, {}, {}}};
    for (Case& each : cases) {
        auto url = makeAccount(settings, each.dir, each.messages);
        if (!url)
            return fail(url.error());
        each.url = *url;
    }
    // In turn, so that a noisy minute hits both.
    for (int i = 0; i < (settings.quick ? 4 : 9); ++i) {
        for (Case& each : cases) {
            auto run = runProgram(
                {settings.binDir + "/skein", "--server", each.url.toString().toStdString(),
                 "--user", kUser, "--data", each.dir + "/client", "--demo", "--room", kRoom,
                 "--size", "1280x800", "--first-paint-report"},
                {{"QT_QPA_PLATFORM", "offscreen"}, {"QT_QUICK_BACKEND", "software"}}, 30'000);
            if (!run)
                return fail(run.error());
            const std::string line = lastJsonLine(run->out);
            const auto ms = numberIn(line, "first_paint_ms");
            const auto cpuMs = numberIn(line, "cpu_ms");
            const auto kib = numberIn(line, "rss_kib");
            if (!ms || !cpuMs || !kib)
                return fail(ErrorCode::Internal, "skein printed no report");
            if (i == 0)
                continue; // warms the file cache
            each.ms.push_back(*ms);
            each.cpuMs.push_back(*cpuMs);
            each.kib.push_back(*kib);
        }
    }
    auto result = fromSamples("app.cold_start", "ms", cases[1].ms);
    const double small = quantile(cases[0].ms, 0.5);
    result.config = {{"messages", static_cast<double>(large)},
                     {"small_store_p50", small},
                     {"ratio", result.p50 / small},
                     {"cpu_p50", quantile(cases[1].cpuMs, 0.5)},
                     {"cpu_ratio", quantile(cases[1].cpuMs, 0.5) / quantile(cases[0].cpuMs, 0.5)}};
    result.bar = "ratio <= 1.1";
    Measurement memory;
    memory.name = "app.memory";
    memory.unit = "MB";
    memory.value = quantile(cases[1].kib, 0.5) / 1024;
    memory.n = static_cast<std::int64_t>(cases[1].kib.size());
    memory.config = {{"rss_mb", memory.value},
                     {"growth_mb", memory.value - quantile(cases[0].kib, 0.5) / 1024}};
    memory.bar = "growth <= 2 MB, <= 90 MB in all";
    return std::vector{result, memory};
}

Result<std::vector<Measurement>> interactions(const Settings& settings)
{
    const std::string dir = settings.workDir + "/app-ui";
    const std::int64_t messages = settings.quick ? 20'000 : 100'000;
    auto url = makeAccount(settings, dir, messages);
    if (!url)
        return fail(url.error());
    auto run =
        runProgram({settings.binDir + "/skein-bench-ui", url->toString().toStdString(), kUser,
                    dir + "/client", settings.quick ? "120" : "600"},
                   {{"QT_QPA_PLATFORM", "offscreen"}, {"QT_QUICK_BACKEND", "software"}}, 300'000);
    if (!run)
        return fail(run.error());
    const std::string line = lastJsonLine(run->out);
    if (run->exitCode != 0 || !numberIn(line, "ok"))
        return fail(ErrorCode::Internal, "skein-bench-ui printed no figures");
    const auto figure = [&line](const std::string& key) { return numberIn(line, key).value_or(0); };
    const auto measurement = [&](const char* name, const std::string& key,
                                 double Measurement::*value, const char* bar) {
        Measurement m;
        m.name = name;
        m.unit = "ms";
        m.p50 = figure(key + "_p50");
        m.p95 = figure(key + "_p95");
        m.p99 = figure(key + "_p99");
        m.value = m.*value;
        m.n = static_cast<std::int64_t>(figure(key + "_n"));
        m.config = {{"max", figure(key + "_max")},
                    {"wall_p50", figure(key + "_wall_p50")},
                    {"messages", static_cast<double>(messages)}};
        m.bar = bar;
        return m;
    };
    std::vector results{
        measurement("app.room_switch", "switch", &Measurement::p95, "p95 <= 8 ms of CPU"),
        measurement("app.flick", "flick", &Measurement::p99,
                    "p99 <= 5 ms of CPU a frame, 0 over 16.6 ms, 0 px off"),
        measurement("app.keypress", "key", &Measurement::p95, "key to painted letter, CPU")};
    // Frames drawn until the messages came count too: a busy machine draws more of them.
    results[0].config["frames"] = figure("switch_frames");
    results[1].config["jump_px"] = figure("jump_px");
    results[1].config["stops"] = figure("stops");
    return results;
}

} // namespace

void addAppBenchmarks(std::vector<Entry>& entries)
{
    entries.push_back({"app.cold_start",
                       "process start to the first painted row, and memory then",
                       coldStart,
                       {"app.memory"}});
    entries.push_back({"app.room_switch",
                       "room switch, fast scrolling (app.flick) and typing (app.keypress)",
                       interactions,
                       {"app.flick", "app.keypress"}});
}

} // namespace skein::bench
