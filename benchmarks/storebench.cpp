// store.*: what the device's database costs, without network and screen.
#include "benchmarks/fixture.h"
#include "benchmarks/harness.h"
#include "offline/reader.h"

#include <filesystem>

namespace skein::bench
{
namespace
{

std::string deepPath(const Settings& settings)
{
    return settings.workDir + (settings.quick ? "/store-100k.db" : "/store-1m.db");
}
std::int64_t deepSize(const Settings& settings)
{
    return settings.quick ? 100'000 : 1'000'000;
}
std::int64_t roomCount(const Settings& settings)
{
    return settings.quick ? 500 : 5'000;
}

Result<void> prepare(const Settings& settings)
{
    return makeStore(deepPath(settings), deepSize(settings), roomCount(settings), 20);
}

Result<std::vector<Measurement>> enqueue(const Settings& settings)
{
    const std::string path = settings.workDir + "/enqueue.db";
    for (const char* suffix : {"", "-wal", "-shm"})
        std::filesystem::remove(path + suffix);
    auto opened = offline::Store::open({path, {}, true, true, 0});
    if (!opened)
        return fail(opened.error());
    offline::Store& store = **opened;
    store.setSelf(UserId("u_0"));
    SeededRandom random(2);
    if (auto made = addRoom(store, RoomId("r"), 1'000, 4, 500, random); !made)
        return fail(made.error());
    const auto rooms = store.rooms().load();

    std::vector<double> samples;
    const int n = settings.quick ? 200 : 2'000;
    for (int i = 0; i < n; ++i) {
        protocol::MessageSend send;
        send.room = RoomId("r");
        send.tempId = makeTempId({1'800'000'000'000 + i}, random);
        send.body = sampleBody(random);
        const double start = nowUs();
        auto transaction = store.begin(offline::Durability::User);
        offline::OutboxEntry entry;
        entry.tempId = send.tempId;
        entry.room = rooms.front().key;
        entry.op = offline::Op::Send;
        entry.createdMs = 1'800'000'000'000 + i;
        entry.id = store.outbox().add(entry);
        store.outbox().setRow(
            entry.id, store.timeline().insertUnsent(entry.room, entry.id, send, entry.createdMs));
        if (auto done = transaction.commit(); !done)
            return fail(done.error());
        samples.push_back((nowUs() - start) / 1000);
    }
    auto result = fromSamples("store.enqueue", "ms", std::move(samples));
    result.bar = "p50 <= 0.3 ms, durable";
    return std::vector{result};
}

Result<std::vector<Measurement>> pageDeep(const Settings& settings)
{
    if (auto ready = prepare(settings); !ready)
        return fail(ready.error());
    auto reader = offline::Reader::open(deepPath(settings));
    if (!reader)
        return fail(reader.error());
    const std::int64_t size = deepSize(settings);
    const auto measure = [&](std::int64_t around) -> Result<std::vector<double>> {
        std::vector<double> samples;
        for (int i = 0; i < 500; ++i) {
            // A reader pages on from where it is: another 50 each time.
            const double start = nowUs();
            auto page = (*reader)->before(RoomId("r_deep"), around - i * 50 % (around / 2), 50);
            samples.push_back((nowUs() - start) / 1000);
            if (!page)
                return fail(page.error());
            if (page->rows.size() != 50)
                return fail(ErrorCode::Internal, "a page of another size");
        }
        return samples;
    };
    auto deep = measure(size / 10); // 900,000 rows are newer
    auto shallow = measure(size);
    if (!deep || !shallow)
        return fail(deep ? shallow.error() : deep.error());
    auto result = fromSamples("store.page_deep", "ms", std::move(*deep));
    result.config = {{"messages", static_cast<double>(size)},
                     {"newest_p50", quantile(*shallow, 0.5)},
                     {"depth_ratio", result.p50 / quantile(*shallow, 0.5)}};
    result.bar = "p50 <= 0.05 ms";
    return std::vector{result};
}

Result<std::vector<Measurement>> openRoom(const Settings& settings)
{
    if (auto ready = prepare(settings); !ready)
        return fail(ready.error());
    auto reader = offline::Reader::open(deepPath(settings));
    if (!reader)
        return fail(reader.error());
    SeededRandom random(3);
    std::vector<double> samples;
    for (int i = 0; i < 1'000; ++i) {
        const RoomId room =
            i % 4 == 0 ? RoomId("r_deep")
                       : RoomId("r_" + std::to_string(random.below(
                                           static_cast<std::uint64_t>(roomCount(settings)))));
        const double start = nowUs();
        auto counts = (*reader)->counts(room);
        auto page = (*reader)->newest(room, 50);
        auto draft = (*reader)->draft(room);
        samples.push_back((nowUs() - start) / 1000);
        if (!counts || !page || !draft)
            return fail(!counts ? counts.error() : !page ? page.error() : draft.error());
    }
    auto result = fromSamples("store.open_room", "ms", std::move(samples));
    result.bar = "p50 <= 0.1 ms warm";
    return std::vector{result};
}

Result<std::vector<Measurement>> roomList(const Settings& settings)
{
    if (auto ready = prepare(settings); !ready)
        return fail(ready.error());
    auto reader = offline::Reader::open(deepPath(settings));
    if (!reader)
        return fail(reader.error());
    std::vector<double> whole;
    std::vector<double> first;
    for (int i = 0; i < 50; ++i) {
        double start = nowUs();
        auto all = (*reader)->rooms(0, 100'000);
        whole.push_back((nowUs() - start) / 1000);
        start = nowUs();
        auto page = (*reader)->rooms(0, 30);
        first.push_back((nowUs() - start) / 1000);
        if (!all || !page)
            return fail(all ? page.error() : all.error());
        if (static_cast<std::int64_t>(all->size()) != roomCount(settings) + 1 || page->size() != 30)
            return fail(ErrorCode::Internal, "rooms are missing");
    }
    auto result = fromSamples("store.room_list", "ms", std::move(whole));
    result.config = {{"rooms", static_cast<double>(roomCount(settings) + 1)},
                     {"first30_p50", quantile(first, 0.5)}};
    result.bar = "<= 5 ms for 5,000, first 30 <= 0.05 ms";
    return std::vector{result};
}

Result<std::vector<Measurement>> insert(const Settings& settings)
{
    const std::int64_t base = settings.quick ? 5'000 : 50'000;
    const std::string path = settings.workDir + "/insert.db";
    std::vector<Measurement> results;
    Measurement result;
    result.name = "store.insert";
    result.unit = "rows/s";
    // Three sizes of history: the rate must not fall with it.
    for (const std::int64_t history : {std::int64_t{0}, base, base * 4}) {
        for (const char* suffix : {"", "-wal", "-shm"})
            std::filesystem::remove(path + suffix);
        auto store = offline::Store::open({path, {}, true, true, 0});
        if (!store)
            return fail(store.error());
        (*store)->setSelf(UserId("u_0"));
        SeededRandom random(4);
        if (history > 0) {
            if (auto made = addRoom(**store, RoomId("r_old"), history, 8, 2'000, random); !made)
                return fail(made.error());
        }
        auto spent = addRoom(**store, RoomId("r_new"), base, 8, 50, random);
        if (!spent)
            return fail(spent.error());
        result.value = static_cast<double>(base) / (*spent / 1e6);
        result.n = base;
        result.config["history_" + std::to_string(history)] = result.value;
    }
    result.config["batch"] = 50;
    result.bar = ">= 20,000 rows/s (the bar is with a search index, which is not there yet)";
    results.push_back(result);
    return results;
}

} // namespace

void addStoreBenchmarks(std::vector<Entry>& entries)
{
    entries.push_back(
        {"store.enqueue", "outbox row and timeline row in one durable transaction", enqueue});
    entries.push_back({"store.page_deep", "page of 50 at depth 900,000 of 1,000,000", pageDeep});
    entries.push_back({"store.open_room", "counts, newest 50 rows, draft", openRoom});
    entries.push_back({"store.room_list", "5,000 rooms, and the first 30", roomList});
    entries.push_back({"store.insert",
                       "confirmed messages in batches of 50, at three lengths of history", insert});
}

} // namespace skein::bench
