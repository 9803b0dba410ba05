// chat.m5, engine.rooms5000, engine.reconnect, engine.drain: the real engine with its store on the
// disk and the app's socket, against the real server on loopback.
#include "benchmarks/fixture.h"
#include "benchmarks/harness.h"
#include "benchmarks/process.h"
#include "protocol/codec.h"
#include "tools/load/device.h"
#include "tools/load/stage.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include <unistd.h>

namespace skein::bench
{
namespace
{

constexpr std::int64_t kWaitMs = 120'000;
constexpr std::int64_t kWindow = 64;

class QtApplication
{
    int m_argc = 1;
    char m_name[12] = "skein-bench";
    char* m_argv[2] = {m_name, nullptr};
    QCoreApplication m_application{m_argc, m_argv};
};

// 100 bytes of words that are as frequent as words are: the k-th in proportion to 1/k, out of
// 4,000. Text that repeats itself would flatter the compression.
class Text
{
public:
    Text()
    {
        for (int i = 0; i < 4'000; ++i) {
            std::string word;
            for (std::uint64_t k = 2 + m_random.below(8); k > 0; --k)
                word += static_cast<char>('a' + m_random.below(26));
            m_words.push_back(std::move(word));
        }
    }
    std::string next(std::size_t bytes = 100)
    {
        std::string text;
        while (text.size() < bytes) {
            const double u = static_cast<double>(m_random.below(1'000'000)) / 1e6;
            const auto rank =
                static_cast<std::size_t>(std::pow(static_cast<double>(m_words.size()), u)) - 1;
            text += m_words[std::min(rank, m_words.size() - 1)] + ' ';
        }
        text.resize(bytes);
        return text;
    }

private:
    SeededRandom m_random{5};
    std::vector<std::string> m_words;
};

// A server with two people: 0 writes from a plain socket, 1 is the device that is looked at.
class Bench
{
public:
    static Result<Bench> open(const Settings& settings, std::size_t rooms)
    {
        load::ScenarioOptions options;
        options.serverBinary = settings.binDir + "/skein-server";
        options.workDir = settings.workDir;
        auto stage = load::Stage::open(options);
        if (!stage)
            return fail(stage.error());
        Bench bench{std::move(*stage)};
        if (auto made = bench.stage.makeAccounts(2); !made)
            return fail(made.error());
        if (auto connected = bench.stage.connectAll(); !connected)
            return fail(connected.error());
        for (std::size_t i = 0; i < rooms; ++i) {
            auto room = bench.stage.makeRoom(0, 0, 2);
            if (!room)
                return fail(room.error());
            bench.rooms.push_back(std::move(*room));
        }
        bench.stage.swarm().close(1);
        bench.dir = settings.workDir + "/sync-" + std::to_string(getpid());
        std::filesystem::remove_all(bench.dir);
        std::filesystem::create_directories(bench.dir);
        return bench;
    }
    explicit Bench(load::Stage opened)
        : stage(std::move(opened))
    {
    }
    Bench(Bench&&) = default;
    ~Bench()
    {
        std::error_code ignored;
        if (!dir.empty())
            std::filesystem::remove_all(dir, ignored);
    }

    // `each` messages into each of the first `count` rooms.
    Result<void> write(std::size_t count, std::int64_t each)
    {
        load::Swarm& swarm = stage.swarm();
        // While the device was busy nobody answered the server's pings.
        (void)swarm.run([] { return false; }, 5);
        if (!swarm.isOpen(0)) {
            if (auto back = swarm.reconnect(0, stage.accounts()[0], {}); !back)
                return back;
        }
        if (!swarm.run([&] { return swarm.isWelcomed(0); }, kWaitMs))
            return fail(ErrorCode::Timeout, "the writer is not welcomed");
        const std::int64_t total = static_cast<std::int64_t>(count) * each;
        std::int64_t sent = 0, confirmed = 0;
        std::string failed;
        const auto sendOne = [&] {
            if (sent == total)
                return;
            auto message = stage.message(rooms[static_cast<std::size_t>(sent) % count], sent);
            message.body = text.next();
            ++sent;
            swarm.send(0, protocol::ClientFrame(message));
        };
        swarm.setHandler([&](std::size_t, std::string_view frame) {
            if (load::isType(frame, "message_confirmed")) {
                ++confirmed;
                sendOne();
            } else if (load::isType(frame, "message_failed")) {
                failed = std::string(frame);
            }
        });
        for (std::int64_t i = 0; i < kWindow; ++i)
            sendOne();
        const bool done = swarm.run([&] { return confirmed == total || !failed.empty(); }, kWaitMs);
        swarm.setHandler({});
        if (!done || !failed.empty())
            return fail(ErrorCode::Internal, "writing: " + failed);
        return {};
    }

    [[nodiscard]] std::string store(const std::string& name) const
    {
        return dir + '/' + name + ".db";
    }
    [[nodiscard]] double bytesOut() const
    {
        return stage.serverMetric("skein_net_bytes_out_total");
    }

    // A fresh process with the store `name` that connects, catches up at least `messages` and ends.
    Result<std::string> probe(const Settings& settings, const std::string& name,
                              std::int64_t messages = 0)
    {
        const load::Account& who = stage.accounts()[1];
        auto run = runProgram({settings.binDir + "/skein-bench", "--probe",
                               std::to_string(stage.port()), store(name), who.user.str(), who.name,
                               who.device.str(), who.accessToken, std::to_string(messages)},
                              {{"QT_QPA_PLATFORM", "offscreen"}}, kWaitMs);
        if (!run)
            return fail(run.error());
        if (run->exitCode != 0)
            return fail(ErrorCode::Internal, "probe: " + run->out);
        return lastJsonLine(run->out);
    }

    load::Stage stage;
    std::vector<RoomId> rooms;
    std::string dir;
    Text text;
};

double median(std::vector<double> values)
{
    return quantile(values, 0.5);
}

Result<std::vector<Measurement>> catchUp(const Settings& settings)
{
    const std::size_t rooms = 20;
    const std::int64_t each = settings.quick ? 50 : 500;
    const int rounds = settings.quick ? 1 : 7;
    const auto total = static_cast<std::int64_t>(rooms) * each;
    auto bench = Bench::open(settings, rooms);
    if (!bench)
        return fail(bench.error());
    // The device was here before: it knows the rooms.
    if (auto learnt = bench->probe(settings, "base"); !learnt)
        return fail(learnt.error());
    if (auto written = bench->write(rooms, each); !written)
        return fail(written.error());
    std::vector<double> live, durable, rx;
    for (int round = 0; round < rounds; ++round) {
        const std::string name = "round" + std::to_string(round);
        std::error_code error;
        std::filesystem::copy_file(bench->store("base"), bench->store(name), error);
        if (error)
            return fail(ErrorCode::StorageFailed, error.message());
        const double before = bench->bytesOut();
        const auto line = bench->probe(settings, name, total);
        if (!line)
            return fail(line.error());
        rx.push_back((bench->bytesOut() - before) / 1024 / 1024);
        live.push_back(numberIn(*line, "live_ms").value_or(0));
        durable.push_back(numberIn(*line, "durable_ms").value_or(0));
    }
    Measurement result;
    result.name = "chat.m5";
    result.unit = "ms";
    result.value = median(durable);
    result.p50 = result.value;
    result.p95 = quantile(durable, 0.95);
    result.p99 = quantile(durable, 0.99);
    result.n = rounds;
    result.config = {{"live_ms", median(live)},
                     {"durable_ms", median(durable)},
                     {"rx_mb", median(rx)},
                     {"rooms", static_cast<double>(rooms)},
                     {"messages", static_cast<double>(total)},
                     {"search_index", 0}}; // indexed_ms comes with the index
    result.bar = "<= 50 ms live, <= 100 ms on disk, <= 0.8 MiB";
    return std::vector{result};
}

std::size_t manyRooms(const Settings& settings)
{
    return settings.quick ? 500 : 5'000;
}

Result<std::vector<Measurement>> memory(const Settings& settings)
{
    auto bench = Bench::open(settings, manyRooms(settings));
    if (!bench)
        return fail(bench.error());
    if (auto learnt = bench->probe(settings, "rooms"); !learnt)
        return fail(learnt.error());
    const auto line = bench->probe(settings, "rooms");
    if (!line)
        return fail(line.error());
    Measurement result;
    result.name = "engine.rooms5000";
    result.unit = "MB";
    result.value = numberIn(*line, "rss_mb").value_or(0);
    result.n = static_cast<std::int64_t>(numberIn(*line, "rooms").value_or(0));
    result.config = {{"rss_mb", result.value},
                     {"process_rss_mb", numberIn(*line, "process_rss_mb").value_or(0)},
                     {"rooms", static_cast<double>(result.n)}};
    result.bar = "<= 20 MB";
    return std::vector{result};
}

Result<std::vector<Measurement>> reconnect(const Settings& settings)
{
    constexpr std::size_t kChanged = 20;
    const int rounds = settings.quick ? 3 : 10;
    auto bench = Bench::open(settings, manyRooms(settings));
    if (!bench)
        return fail(bench.error());
    const QtApplication application;
    load::Device device(bench->stage.port(), bench->stage.accounts()[1], bench->store("rooms"));
    if (auto opened = device.open(); !opened)
        return fail(opened.error());
    std::vector<double> ms, kb, cpu;
    for (int round = 0; round < rounds; ++round) {
        const double before = bench->bytesOut();
        const double start = nowUs(), cpuStart = threadCpuUs();
        device.start();
        if (!load::Device::run([&] { return device.link() == engine::Link::Live; }, kWaitMs))
            return fail(ErrorCode::Timeout, "not live");
        if (round > 0) { // the first time it learns the rooms
            ms.push_back((nowUs() - start) / 1e3);
            cpu.push_back((threadCpuUs() - cpuStart) / 1e3);
            kb.push_back((bench->bytesOut() - before) / 1024);
        }
        device.stop();
        if (auto written = bench->write(kChanged, 1); !written)
            return fail(written.error());
    }
    Measurement result = fromSamples("engine.reconnect", "ms", ms);
    result.config = {{"ms", result.value},
                     {"rx_kb", median(kb)},
                     {"client_cpu_ms", median(cpu)},
                     {"rooms", static_cast<double>(bench->rooms.size())},
                     {"changed", static_cast<double>(kChanged)}};
    result.bar = "<= 150 ms, <= 64 KB";
    return std::vector{result};
}

Result<std::vector<Measurement>> drain(const Settings& settings)
{
    const std::size_t rooms = settings.quick ? 20 : 200;
    const std::int64_t each = 50;
    const int rounds = settings.quick ? 1 : 3;
    auto bench = Bench::open(settings, rooms);
    if (!bench)
        return fail(bench.error());
    const QtApplication application;
    load::Device device(bench->stage.port(), bench->stage.accounts()[1], bench->store("drain"));
    if (auto opened = device.open(); !opened)
        return fail(opened.error());
    device.start();
    if (!load::Device::run([&] { return device.link() == engine::Link::Live; }, kWaitMs))
        return fail(ErrorCode::Timeout, "not live");
    const std::int64_t total = static_cast<std::int64_t>(rooms) * each;
    std::vector<double> rates, cpu;
    for (int round = 0; round < rounds; ++round) {
        device.stop();
        for (std::int64_t i = 0; i < total; ++i) {
            engine::Draft draft;
            draft.body = bench->text.next();
            Result<TempId> queued = fail(ErrorCode::Internal);
            device.act([&](engine::Engine& engine) {
                queued = engine.send(bench->rooms[static_cast<std::size_t>(i) % rooms], draft);
            });
            if (!queued)
                return fail(queued.error());
        }
        const double start = nowUs(), cpuStart = threadCpuUs();
        device.start();
        if (!load::Device::run([&] { return device.engine().outbox() == engine::OutboxState{}; },
                               kWaitMs))
            return fail(ErrorCode::Timeout,
                        std::to_string(device.engine().outbox().queued) + " queued");
        rates.push_back(static_cast<double>(total) / ((nowUs() - start) / 1e6));
        cpu.push_back((threadCpuUs() - cpuStart) / static_cast<double>(total));
        if (!load::Device::run([&] { return device.link() == engine::Link::Live; }, kWaitMs))
            return fail(ErrorCode::Timeout, "not live");
    }
    Measurement result;
    result.name = "engine.drain";
    result.unit = "messages/s";
    result.value = median(rates);
    result.n = total;
    result.config = {{"rooms", static_cast<double>(rooms)},
                     {"messages", static_cast<double>(total)},
                     {"client_cpu_us", median(cpu)}};
    result.bar = ">= 10,000/s";
    return std::vector{result};
}

} // namespace

int runProbe(const std::vector<std::string>& a)
{
    if (a.size() != 7)
        return 2;
    const QtApplication application;
    load::Account who;
    who.user = UserId(a[2]);
    who.name = a[3];
    who.device = DeviceId(a[4]);
    who.accessToken = a[5];
    const std::int64_t messages = std::stoll(a[6]);
    const std::int64_t before = residentKib(getpid());
    load::Device device(static_cast<std::uint16_t>(std::stoul(a[0])), who, a[1]);
    if (auto opened = device.open(); !opened) {
        std::printf("%s\n", toString(opened.error()).c_str());
        return 1;
    }
    double decodedAt = 0;
    const double start = nowUs();
    device.start();
    const bool live = load::Device::run(
        [&] {
            if (decodedAt == 0 && device.messagesDecoded() >= messages)
                decodedAt = nowUs();
            return device.link() == engine::Link::Live;
        },
        kWaitMs);
    const double end = nowUs();
    const std::int64_t after = residentKib(getpid());
    if (!live || device.messagesDecoded() < messages) {
        std::printf("not live: %lld of %lld messages\n",
                    static_cast<long long>(device.messagesDecoded()),
                    static_cast<long long>(messages));
        return 1;
    }
    const std::size_t rooms = device.store().rooms().load().size();
    std::printf(
        "{\"live_ms\": %.3f, \"durable_ms\": %.3f, \"rss_mb\": %.3f, \"process_rss_mb\": %.3f, "
        "\"rooms\": %zu}\n",
        (decodedAt - start) / 1e3, (end - start) / 1e3, static_cast<double>(after - before) / 1024,
        static_cast<double>(after) / 1024, rooms);
    return 0;
}

void addSyncBenchmarks(std::vector<Entry>& entries)
{
    entries.push_back(
        {"chat.m5", "catch-up of 10,000 messages in 20 rooms, fresh process", catchUp});
    entries.push_back({"engine.rooms5000", "memory of the engine with 5,000 rooms", memory});
    entries.push_back(
        {"engine.reconnect", "live again with 5,000 rooms of which 20 changed", reconnect});
    entries.push_back({"engine.drain", "10,000 queued messages in 200 rooms, confirmed/s", drain});
}

} // namespace skein::bench
