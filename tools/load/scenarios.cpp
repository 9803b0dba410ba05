#include "tools/load/scenarios.h"

#include "protocol/codec.h"
#include "tools/load/stage.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <unordered_map>

namespace skein::load
{
namespace
{

constexpr std::int64_t kWarmUp = 50;
constexpr double kRatePerSecond = 50;
constexpr std::int64_t kDrainTimeoutMs = 10'000;
constexpr std::int64_t kStallTimeoutMs = 30'000;

// Calls `act(i)` for i = 0 … count-1 at an even rate, whether or not the answers keep up; returns
// when `settled`.
bool openLoop(Swarm& swarm, std::int64_t count, double perSecond,
              const std::function<void(std::int64_t)>& act, const std::function<bool()>& settled)
{
    const double start = nowUs();
    std::int64_t next = 0;
    const auto due = [&](std::int64_t i) {
        return start + 1e6 * static_cast<double>(i) / perSecond;
    };
    const auto everyTurn = [&]() -> double {
        while (next < count && nowUs() >= due(next))
            act(next++);
        return next < count ? std::max(0.0, due(next) - nowUs()) : -1;
    };
    const auto timeoutMs =
        static_cast<std::int64_t>(1e3 * static_cast<double>(count) / perSecond) + kDrainTimeoutMs;
    return swarm.run([&] { return next == count && settled(); }, timeoutMs, everyTurn);
}

ScenarioResult named(std::string name, std::string unit)
{
    ScenarioResult result;
    result.name = std::move(name);
    result.unit = std::move(unit);
    return result;
}

// As many unconfirmed messages as the window allows, from several senders, for a time.
struct Sender {
    std::size_t connection;
    RoomId room;
};
struct Throughput {
    std::int64_t confirmed = 0;
    std::int64_t delivered = 0;
    double seconds = 0;
    double cpuUs = 0;
};

Result<Throughput> saturate(Stage& stage, const std::vector<Sender>& senders, std::int64_t window,
                            double seconds)
{
    Swarm& swarm = stage.swarm();
    std::unordered_map<std::size_t, std::size_t> senderOf;
    for (std::size_t i = 0; i < senders.size(); ++i)
        senderOf[senders[i].connection] = i;
    std::vector<std::int64_t> inFlight(senders.size(), 0);
    std::int64_t confirmed = 0, delivered = 0, number = 0;
    std::string failed;
    bool sending = true;
    const auto sendOne = [&](std::size_t i) {
        swarm.send(senders[i].connection,
                   protocol::ClientFrame(stage.message(senders[i].room, number++)));
        ++inFlight[i];
    };
    swarm.setHandler([&](std::size_t connection, std::string_view text) {
        if (isType(text, "message_new")) {
            ++delivered;
        } else if (isType(text, "message_confirmed")) {
            ++confirmed;
            const std::size_t i = senderOf[connection];
            --inFlight[i];
            if (sending)
                sendOne(i);
        } else if (isType(text, "message_failed") || isType(text, "error")) {
            failed = std::string(text);
        }
    });
    for (std::size_t i = 0; i < senders.size(); ++i) {
        for (std::int64_t k = 0; k < window; ++k)
            sendOne(i);
    }
    // Warm-up: a tenth of the time, not counted.
    const double warmUntil = nowUs() + seconds * 1e5;
    (void)swarm.run([&] { return nowUs() >= warmUntil || !failed.empty(); },
                    static_cast<std::int64_t>(seconds * 100) + 1);
    Throughput result;
    const std::int64_t confirmedBefore = confirmed, deliveredBefore = delivered;
    const double cpuBefore = stage.serverCpuUs(), start = nowUs();
    (void)swarm.run([&] { return nowUs() >= start + seconds * 1e6 || !failed.empty(); },
                    static_cast<std::int64_t>(seconds * 1000));
    result.seconds = (nowUs() - start) / 1e6;
    result.confirmed = confirmed - confirmedBefore;
    result.delivered = delivered - deliveredBefore;
    result.cpuUs = stage.serverCpuUs() - cpuBefore;
    sending = false;
    (void)swarm.run(
        [&] {
            for (const std::int64_t n : inFlight) {
                if (n > 0)
                    return !failed.empty();
            }
            return true;
        },
        kStallTimeoutMs);
    swarm.setHandler({});
    if (!failed.empty())
        return fail(ErrorCode::Internal, failed);
    if (result.confirmed == 0)
        return fail(ErrorCode::Timeout, "nothing was confirmed");
    return result;
}

} // namespace

Result<std::vector<ScenarioResult>> runSendLatency(const ScenarioOptions& options)
{
    auto stage = Stage::open(options);
    if (!stage)
        return fail(stage.error());
    if (const auto made = stage->makeAccounts(2); !made)
        return fail(made.error());
    if (const auto connected = stage->connectAll(); !connected)
        return fail(connected.error());
    const auto room = stage->makeRoom(0, 0, 2);
    if (!room)
        return fail(room.error());
    if (const auto subscribed = stage->subscribe(*room, 0, 2); !subscribed)
        return fail(subscribed.error());

    const std::int64_t count = kWarmUp + (options.quick ? 50 : 400);
    std::vector<double> sentAt(static_cast<std::size_t>(count));
    std::unordered_map<std::string, std::int64_t> numbers;
    Samples confirmed, delivered;
    std::int64_t confirmedCount = 0, deliveredCount = 0;
    stage->swarm().setHandler([&](std::size_t connection, std::string_view text) {
        if (connection == 0 && isType(text, "message_confirmed")) {
            const std::int64_t number = numbers[std::string(fieldOf(text, "temp_id"))];
            if (++confirmedCount > kWarmUp)
                confirmed.values.push_back((nowUs() - sentAt[static_cast<std::size_t>(number)]) /
                                           1e3);
        } else if (connection == 1 && isType(text, "message_new")) {
            const std::int64_t number = numberOf(text);
            if (++deliveredCount > kWarmUp && number >= 0)
                delivered.values.push_back((nowUs() - sentAt[static_cast<std::size_t>(number)]) /
                                           1e3);
        }
    });
    const bool done = openLoop(
        stage->swarm(), count, kRatePerSecond,
        [&](std::int64_t i) {
            const auto message = stage->message(*room, i);
            numbers[message.tempId.str()] = i;
            sentAt[static_cast<std::size_t>(i)] = nowUs();
            stage->swarm().send(0, protocol::ClientFrame(message));
        },
        [&] { return confirmedCount == count && deliveredCount == count; });
    if (!done)
        return fail(ErrorCode::Timeout, "confirmed " + std::to_string(confirmedCount) +
                                            ", delivered " + std::to_string(deliveredCount) +
                                            " of " + std::to_string(count));
    std::vector<ScenarioResult> results{named("chat.m1", "ms"), named("chat.m2", "ms")};
    confirmed.fill(results[0]);
    delivered.fill(results[1]);
    for (ScenarioResult& result : results) {
        result.value = result.p50;
        result.extra["rate"] = kRatePerSecond;
    }
    return results;
}

namespace
{

// Rooms of `roomSize` consecutive accounts, everybody subscribed in full.
Result<std::vector<RoomId>> makeRooms(Stage& stage, std::size_t users, std::size_t roomSize)
{
    if (const auto made = stage.makeAccounts(users); !made)
        return fail(made.error());
    if (const auto connected = stage.connectAll(); !connected)
        return fail(connected.error());
    std::vector<RoomId> rooms;
    for (std::size_t first = 0; first + roomSize <= users; first += roomSize) {
        auto room = stage.makeRoom(first, first, first + roomSize);
        if (!room)
            return fail(room.error());
        if (const auto subscribed = stage.subscribe(*room, first, first + roomSize); !subscribed)
            return fail(subscribed.error());
        rooms.push_back(std::move(*room));
    }
    return rooms;
}

Result<ScenarioResult> confirmedRate(const ScenarioOptions& options, const char* name,
                                     std::size_t users, bool everybodySends, std::int64_t window)
{
    auto stage = Stage::open(options);
    if (!stage)
        return fail(stage.error());
    const auto rooms = makeRooms(*stage, users, 2);
    if (!rooms)
        return fail(rooms.error());
    std::vector<Sender> senders;
    for (std::size_t i = 0; i < users; ++i) {
        if (everybodySends || i == 0)
            senders.push_back({i, (*rooms)[i / 2]});
    }
    const auto run = saturate(*stage, senders, window, options.quick ? 1 : 10);
    if (!run)
        return fail(run.error());
    ScenarioResult result = named(name, "confirmed/s");
    result.value = static_cast<double>(run->confirmed) / run->seconds;
    result.n = run->confirmed;
    result.extra["cpu_us"] = run->cpuUs / static_cast<double>(run->confirmed);
    result.extra["window"] = static_cast<double>(window);
    result.extra["clients"] = static_cast<double>(users);
    return result;
}

} // namespace

Result<ScenarioResult> runOneSender(const ScenarioOptions& options)
{
    return confirmedRate(options, "chat.m3a", 2, false, 64);
}

Result<ScenarioResult> runManySenders(const ScenarioOptions& options)
{
    return confirmedRate(options, "chat.m3b", 100, true, 8);
}

Result<ScenarioResult> runLargeRoom(const ScenarioOptions& options)
{
    auto stage = Stage::open(options);
    if (!stage)
        return fail(stage.error());
    const std::size_t members = options.quick ? 100 : 500;
    const auto rooms = makeRooms(*stage, members, members);
    if (!rooms)
        return fail(rooms.error());
    const auto run = saturate(*stage, {{0, rooms->front()}}, 16, options.quick ? 1 : 10);
    if (!run)
        return fail(run.error());
    ScenarioResult result = named("chat.m4", "deliveries/s");
    result.value = static_cast<double>(run->delivered) / run->seconds;
    result.n = run->delivered;
    result.extra["cpu_us"] =
        run->delivered > 0 ? run->cpuUs / static_cast<double>(run->delivered) : 0;
    result.extra["members"] = static_cast<double>(members);
    result.extra["messages_per_s"] = static_cast<double>(run->confirmed) / run->seconds;
    return result;
}

Result<ScenarioResult> runIdleConnections(const ScenarioOptions& options)
{
    auto stage = Stage::open(options);
    if (!stage)
        return fail(stage.error());
    const std::size_t users = options.quick ? 100 : 1'000;
    constexpr std::size_t kRoomSize = 20;
    if (const auto made = stage->makeAccounts(users); !made)
        return fail(made.error());
    const std::int64_t before = stage->serverPssKib();
    const double start = nowUs();
    if (const auto connected = stage->connectAll(); !connected)
        return fail(connected.error());
    const double connectedAt = nowUs();
    std::vector<RoomId> rooms;
    for (std::size_t first = 0; first < users; first += kRoomSize) {
        auto room = stage->makeRoom(first, first, first + kRoomSize);
        if (!room)
            return fail(room.error());
        rooms.push_back(std::move(*room));
    }
    const double joinStart = nowUs();
    for (std::size_t i = 0; i < rooms.size(); ++i) {
        if (const auto subscribed = stage->subscribe(rooms[i], i * kRoomSize, (i + 1) * kRoomSize);
            !subscribed)
            return fail(subscribed.error());
    }
    const double joinedAt = nowUs();
    ScenarioResult result = named("chat.m6", "KiB/connection");
    result.value = static_cast<double>(stage->serverPssKib() - before) / static_cast<double>(users);
    result.n = static_cast<std::int64_t>(users);
    result.extra["connect_s"] = ((connectedAt - start) + (joinedAt - joinStart)) / 1e6;
    result.extra["pss_before_kib"] = static_cast<double>(before);
    return result;
}

Result<ScenarioResult> runTypingAndPresence(const ScenarioOptions& options)
{
    auto stage = Stage::open(options);
    if (!stage)
        return fail(stage.error());
    const auto rooms = makeRooms(*stage, 2, 2);
    if (!rooms)
        return fail(rooms.error());
    const std::int64_t count = options.quick ? 50 : 400;
    // On and off in turn, so that each call changes something that the other one must be told.
    const auto measure = [&](std::string_view type,
                             const std::function<void(std::int64_t)>& act) -> Result<Samples> {
        Samples samples;
        double sentAt = 0;
        std::int64_t seen = 0, sent = 0;
        stage->swarm().setHandler([&](std::size_t connection, std::string_view text) {
            if (connection != 1 || !isType(text, type) || seen >= sent)
                return;
            if (++seen > kWarmUp)
                samples.values.push_back((nowUs() - sentAt) / 1e3);
        });
        const bool done = openLoop(
            stage->swarm(), kWarmUp + count, kRatePerSecond,
            [&](std::int64_t i) {
                ++sent;
                sentAt = nowUs();
                act(i);
            },
            [&] { return seen == sent; });
        if (!done)
            return fail(ErrorCode::Timeout, std::string(type) + ": " + std::to_string(seen) +
                                                " of " + std::to_string(sent) + " seen");
        return samples;
    };
    auto typing = measure("typing", [&](std::int64_t i) {
        stage->swarm().send(0,
                            protocol::ClientFrame(protocol::TypingSet{rooms->front(), i % 2 == 0}));
    });
    if (!typing)
        return fail(typing.error());
    auto presence = measure("presence", [&](std::int64_t i) {
        protocol::PresenceSet set;
        set.status = i % 2 == 0 ? protocol::PresenceStatus::Away : protocol::PresenceStatus::Online;
        stage->swarm().send(0, protocol::ClientFrame(set));
    });
    ScenarioResult result = named("chat.m7", "ms");
    typing->fill(result);
    result.value = result.p50;
    if (presence) {
        result.extra["presence_p50"] = presence->quantile(0.50);
        result.extra["presence_p95"] = presence->quantile(0.95);
        result.extra["presence_p99"] = presence->quantile(0.99);
    }
    return result;
}

Result<std::vector<ScenarioResult>> runCustom(const ScenarioOptions& options,
                                              const CustomLoad& load)
{
    const auto within = [](auto value, auto low, auto high) {
        return value >= low && value <= high;
    };
    if (!within(load.users, 2, 1'000) || !within(load.roomSize, 2, 100) ||
        load.roomSize > load.users || !within(load.rate, 0.0, 100'000.0) ||
        !within(load.window, 1, 64) || !within(load.seconds, 1, 60) ||
        !within(load.bodyBytes, 20, 10'000))
        return fail(ErrorCode::InvalidArgument,
                    "bounds: 2-1000 users, rooms of 2-100, up to 100000/s, window 1-64, 1-60 s, "
                    "bodies of 20-10000 bytes");
    auto stage = Stage::open(options);
    if (!stage)
        return fail(stage.error());
    const auto users = static_cast<std::size_t>(load.users / load.roomSize * load.roomSize);
    const auto roomSize = static_cast<std::size_t>(load.roomSize);
    const auto rooms = makeRooms(*stage, users, roomSize);
    if (!rooms)
        return fail(rooms.error());

    std::vector<double> sentAt;
    std::vector<std::int64_t> inFlight(users, 0);
    std::unordered_map<std::string, std::int64_t> numbers;
    Samples confirmed, delivered;
    std::string failed;
    std::size_t turn = 0;
    bool sending = true;
    std::int64_t open = 0, skipped = 0;
    const auto send = [&](std::size_t sender) {
        const auto number = static_cast<std::int64_t>(sentAt.size());
        const auto message = stage->message((*rooms)[sender / roomSize], number,
                                            static_cast<std::size_t>(load.bodyBytes));
        numbers[message.tempId.str()] = number;
        sentAt.push_back(nowUs());
        ++inFlight[sender];
        ++open;
        stage->swarm().send(sender, protocol::ClientFrame(message));
    };
    stage->swarm().setHandler([&](std::size_t connection, std::string_view text) {
        if (isType(text, "message_confirmed")) {
            const auto found = numbers.find(std::string(fieldOf(text, "temp_id")));
            if (found == numbers.end())
                return;
            confirmed.values.push_back((nowUs() - sentAt[static_cast<std::size_t>(found->second)]) /
                                       1e3);
            numbers.erase(found);
            --inFlight[connection];
            --open;
            if (load.rate == 0 && sending)
                send(connection);
        } else if (isType(text, "message_new")) {
            const std::int64_t number = numberOf(text);
            if (number >= 0 && number < static_cast<std::int64_t>(sentAt.size()))
                delivered.values.push_back((nowUs() - sentAt[static_cast<std::size_t>(number)]) /
                                           1e3);
        } else if (isType(text, "message_failed") || isType(text, "error")) {
            failed = std::string(text);
        }
    });
    const double start = nowUs();
    const double cpuBefore = stage->serverCpuUs();
    bool done = true;
    if (load.rate > 0) {
        const auto count = static_cast<std::int64_t>(load.rate * static_cast<double>(load.seconds));
        done = openLoop(
            stage->swarm(), count, load.rate,
            [&](std::int64_t) {
                for (std::size_t tries = 0; tries < users; ++tries) {
                    const std::size_t sender = turn++ % users;
                    if (inFlight[sender] < load.window)
                        return send(sender);
                }
                ++skipped; // every window is full: the server is behind
            },
            [&] { return open == 0 || !failed.empty(); });
    } else {
        for (std::size_t i = 0; i < users; ++i) {
            for (std::int64_t k = 0; k < load.window; ++k)
                send(i);
        }
        const double until = start + 1e6 * static_cast<double>(load.seconds);
        (void)stage->swarm().run([&] { return nowUs() >= until || !failed.empty(); },
                                 load.seconds * 1000);
        sending = false;
        done = stage->swarm().run([&] { return open == 0 || !failed.empty(); }, kStallTimeoutMs);
    }
    const double seconds = (nowUs() - start) / 1e6;
    if (!failed.empty())
        return fail(ErrorCode::Internal, failed);
    if (!done)
        return fail(ErrorCode::Timeout, std::to_string(open) + " messages were never confirmed");
    std::vector<ScenarioResult> results{named("load.confirmed", "ms"),
                                        named("load.delivered", "ms")};
    const auto rate = [seconds](const Samples& samples) {
        return static_cast<double>(samples.values.size()) / seconds;
    };
    results[0].extra["per_s"] = rate(confirmed);
    results[1].extra["per_s"] = rate(delivered);
    const double cpu = stage->serverCpuUs() - cpuBefore;
    if (cpu > 0 && !confirmed.values.empty())
        results[0].extra["cpu_us"] = cpu / static_cast<double>(confirmed.values.size());
    results[0].extra["skipped"] = static_cast<double>(skipped);
    confirmed.fill(results[0]);
    delivered.fill(results[1]);
    for (ScenarioResult& result : results)
        result.value = result.p50;
    return results;
}

std::string toJson(const ScenarioResult& result)
{
    const auto number = [](double value) {
        std::array<char, 32> text{};
        std::snprintf(text.data(), text.size(), "%.6g", std::isfinite(value) ? value : 0.0);
        return std::string(text.data());
    };
    std::string text = "{\"name\": \"" + result.name + "\", \"value\": " + number(result.value) +
                       ", \"unit\": \"" + result.unit + "\", \"p50\": " + number(result.p50) +
                       ", \"p95\": " + number(result.p95) + ", \"p99\": " + number(result.p99) +
                       ", \"n\": " + std::to_string(result.n) + ", \"config\": {";
    bool first = true;
    for (const auto& [key, value] : result.extra) {
        text += (first ? "\"" : ", \"") + key + "\": " + number(value);
        first = false;
    }
    return text + "}}";
}

} // namespace skein::load
