// Q7: everybody comes back at once after the server was killed; and who does not read.
#include "protocol/codec.h"
#include "sdk/engine/reconnect.h"
#include "tools/load/scenarios.h"
#include "tools/load/stage.h"

#include <algorithm>

namespace skein::load
{
namespace
{

constexpr std::size_t kRoomSize = 20;
constexpr std::int64_t kConnectAllTimeoutMs = 120'000;
constexpr std::int64_t kDeliveryTimeoutMs = 60'000;
constexpr int kSlowRounds = 5; // of each kind, in turn
constexpr std::int64_t kMessagesARound = 100;
constexpr double kMessagesPerSecond = 100;

MonoTime monoNow()
{
    return MonoTime{static_cast<std::int64_t>(nowUs() / 1e3)};
}

// One client's way back: the engine's own ladder.
struct Returning {
    engine::Reconnect ladder;
    std::optional<MonoTime> at; ///< when it tries; none while it tries or is back
};

// The rest of a message's text; the room of all gets about 1 KiB of it, so that a stalled reader's
// queue fills within a round.
constexpr std::size_t kSlowBodyBytes = 1'000;

// ms from sending to each reader's handler; slow ones are not counted.
Result<Samples> deliveries(Stage& stage, const RoomId& room, std::int64_t& number,
                           std::size_t firstReader, std::size_t clients, Storm& storm)
{
    Swarm& swarm = stage.swarm();
    Samples samples;
    const std::int64_t first = number, last = number + kMessagesARound;
    std::vector<double> sentAt(static_cast<std::size_t>(kMessagesARound));
    const std::int64_t due = kMessagesARound * static_cast<std::int64_t>(clients - firstReader);
    std::int64_t got = 0;
    swarm.setHandler([&](std::size_t connection, std::string_view text) {
        if (connection < firstReader || !isType(text, "message_new"))
            return;
        const std::int64_t which = numberOf(text);
        if (which < first || which >= last)
            return;
        ++got;
        samples.values.push_back((nowUs() - sentAt[static_cast<std::size_t>(which - first)]) / 1e3);
    });
    const double start = nowUs();
    const bool done = swarm.run(
        [&] { return got == due; }, kDeliveryTimeoutMs,
        [&]() -> double {
            const auto next = [&] {
                return start + 1e6 * static_cast<double>(number - first) / kMessagesPerSecond;
            };
            for (; number < last && nowUs() >= next(); ++number) {
                sentAt[static_cast<std::size_t>(number - first)] = nowUs();
                swarm.send(clients - 1,
                           protocol::ClientFrame(stage.message(room, number, kSlowBodyBytes)));
            }
            return number < last ? std::max(0.0, next() - nowUs()) : -1;
        });
    swarm.setHandler({});
    storm.deliveriesDue += due;
    storm.delivered += got;
    if (!done && !swarm.isOpen(clients - 1))
        return fail(ErrorCode::Transport, "the sender lost its connection");
    return samples;
}

double median(std::vector<double> values)
{
    std::sort(values.begin(), values.end());
    return values.empty() ? 0 : values[values.size() / 2];
}

// 1 % of the clients stop reading, in turn with rounds in which all read. A stalled one is dropped
// by the server in the end; it comes back for the next round.
Result<void> slowReaders(Stage& stage, Storm& storm)
{
    Swarm& swarm = stage.swarm();
    const std::size_t clients = stage.accounts().size();
    const std::size_t slow = std::max<std::size_t>(1, clients / 100);
    storm.slowReaders = static_cast<std::int64_t>(slow);
    const auto room = stage.makeRoom(clients - 1, 0, clients);
    if (!room)
        return fail(room.error());
    if (auto subscribed = stage.subscribe(*room, 0, clients); !subscribed)
        return subscribed;
    std::vector<double> alone, withSlow;
    std::int64_t number = 0;
    for (int round = 0; round < 2 * kSlowRounds; ++round) {
        const bool stalled = round % 2 == 1;
        for (std::size_t i = 0; i < slow; ++i) {
            if (!swarm.isOpen(i)) {
                if (auto back = swarm.reconnect(i, stage.accounts()[i], {{*room, Epoch(1), Seq()}});
                    !back)
                    return back;
            } else {
                swarm.setReading(i, !stalled);
            }
        }
        if (!swarm.run([&] { return swarm.welcomed() == clients; }, kConnectAllTimeoutMs))
            return fail(ErrorCode::Timeout, "a slow reader does not come back");
        if (stalled) {
            for (std::size_t i = 0; i < slow; ++i)
                swarm.setReading(i, false);
        }
        auto samples = deliveries(stage, *room, number, slow, clients, storm);
        if (!samples)
            return fail(samples.error());
        (stalled ? withSlow : alone).push_back(samples->quantile(0.99));
    }
    storm.p99Alone = median(alone);
    storm.p99WithSlow = median(withSlow);
    return {};
}

} // namespace

Result<Storm> runStorm(const ScenarioOptions& options, const StormOptions& wanted)
{
    if (!options.url.empty())
        return fail(ErrorCode::InvalidArgument, "a server of somebody else is not killed");
    if (wanted.clients < 2 * kRoomSize || wanted.clients > kConnectionsMax / 2)
        return fail(ErrorCode::InvalidArgument, "40 to 5000 clients");
    auto stage = Stage::open(options);
    if (!stage)
        return fail(stage.error());
    Storm storm;
    storm.clients = wanted.clients / kRoomSize * kRoomSize;
    if (auto made = stage->makeAccounts(storm.clients); !made)
        return fail(made.error());
    if (auto connected = stage->connectAll(); !connected)
        return fail(connected.error());
    std::vector<RoomId> rooms;
    for (std::size_t first = 0; first < storm.clients; first += kRoomSize) {
        auto room = stage->makeRoom(first, first, first + kRoomSize);
        if (!room)
            return fail(room.error());
        if (auto subscribed = stage->subscribe(*room, first, first + kRoomSize); !subscribed)
            return fail(subscribed.error());
        rooms.push_back(std::move(*room));
    }
    Swarm& swarm = stage->swarm();
    swarm.setHandler({});
    storm.steadyKib = stage->serverPeakKib();

    stage->killServer();
    if (!swarm.run([&] { return swarm.welcomed() == 0; }, kConnectAllTimeoutMs))
        return fail(ErrorCode::Timeout, "not everybody noticed that the server is gone");
    SeededRandom random(17);
    std::vector<Returning> clients(storm.clients);
    for (Returning& client : clients) {
        client.ladder.connected(MonoTime{-1'000'000}); // it was connected for long
        client.at = client.ladder.failed(monoNow(), random);
    }
    if (auto restarted = stage->restartServer(); !restarted)
        return fail(restarted.error());
    const double start = nowUs();
    double reached99 = 0;
    std::string broken;
    const auto everyTurn = [&]() -> double {
        const MonoTime now = monoNow();
        std::optional<MonoTime> next;
        for (std::size_t i = 0; i < clients.size(); ++i) {
            Returning& client = clients[i];
            if (swarm.isWelcomed(i))
                continue;
            if (!client.at && !swarm.isOpen(i))
                client.at = client.ladder.failed(now, random); // that one came to nothing
            if (client.at && *client.at <= now) {
                client.at.reset();
                if (auto opened = swarm.reconnect(i, stage->accounts()[i],
                                                  {{rooms[i / kRoomSize], Epoch(1), Seq()}});
                    !opened)
                    broken = toString(opened.error());
            }
            if (client.at)
                next = next ? std::min(*next, *client.at) : *client.at;
        }
        if (reached99 == 0 && swarm.welcomed() * 100 >= storm.clients * 99)
            reached99 = nowUs();
        return next ? std::max(1e3, static_cast<double>((*next - now).count()) * 1e3) : -1;
    };
    (void)swarm.run([&] { return swarm.welcomed() == storm.clients || !broken.empty(); },
                    wanted.boundMs, everyTurn);
    if (!broken.empty())
        return fail(ErrorCode::Transport, broken);
    storm.resumed = swarm.welcomed();
    if (reached99 == 0 && storm.resumed * 100 >= storm.clients * 99)
        reached99 = nowUs();
    storm.resumedMs99 = reached99 > 0 ? (reached99 - start) / 1e3 : 0;
    storm.statements =
        static_cast<std::int64_t>(stage->serverMetric("skein_storage_read_statements_total") +
                                  stage->serverMetric("skein_storage_write_statements_total"));
    storm.peakKib = stage->serverPeakKib();
    if (storm.resumed < storm.clients)
        return storm;
    if (auto slow = slowReaders(*stage, storm); !slow)
        return fail(slow.error());
    return storm;
}

ScenarioResult resultOf(const Storm& storm)
{
    ScenarioResult result;
    result.name = "net.storm";
    result.unit = "s";
    result.value = storm.resumedMs99 / 1e3;
    result.n = static_cast<std::int64_t>(storm.clients);
    const double back = std::max(1.0, static_cast<double>(storm.resumed));
    result.extra = {{"resumed", static_cast<double>(storm.resumed)},
                    {"statements_each", static_cast<double>(storm.statements) / back},
                    {"steady_mb", static_cast<double>(storm.steadyKib) / 1024},
                    {"peak_mb", static_cast<double>(storm.peakKib) / 1024},
                    {"peak_ratio", static_cast<double>(storm.peakKib) /
                                       std::max(1.0, static_cast<double>(storm.steadyKib))},
                    {"slow_readers", static_cast<double>(storm.slowReaders)},
                    {"p99_alone_ms", storm.p99Alone},
                    {"p99_with_slow_ms", storm.p99WithSlow},
                    {"slow_cost_percent",
                     storm.p99Alone > 0 ? 100 * (storm.p99WithSlow / storm.p99Alone - 1) : 0}};
    return result;
}

} // namespace skein::load
