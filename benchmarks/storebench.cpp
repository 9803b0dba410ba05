// store.*: what the device's database costs, without network and screen.
#include "benchmarks/fixture.h"
#include "benchmarks/harness.h"
#include "offline/reader.h"
#include "tests/unit/offline/countingvfs.h"

#include <algorithm>
#include <filesystem>
#include <memory>

namespace skein::bench
{
namespace
{

// A store with one long room and many short ones. Three of them, so that what grows is seen.
struct Size {
    std::int64_t messages, rooms;
    std::string path;
    std::unique_ptr<offline::Reader> reader;
};

constexpr std::int64_t kShortRoom = 20;
constexpr std::size_t kFirstRooms = 30;

/// Smallest first, opened.
Result<std::vector<Size>> openSizes(const Settings& settings)
{
    std::vector<Size> sizes;
    const std::int64_t messages = settings.quick ? 100'000 : 1'000'000;
    const std::int64_t rooms = settings.quick ? 500 : 5'000;
    for (const std::int64_t part : {100, 10, 1}) {
        Size size{messages / part, std::max<std::int64_t>(rooms / part, kFirstRooms), {}, {}};
        size.path = settings.workDir + "/store-" + std::to_string(size.messages) + ".db";
        if (auto made = makeStore(size.path, size.messages, size.rooms, kShortRoom); !made)
            return fail(made.error());
        auto reader = offline::Reader::open(size.path);
        if (!reader)
            return fail(reader.error());
        size.reader = std::move(*reader);
        sizes.push_back(std::move(size));
    }
    return sizes;
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
    auto sizes = openSizes(settings);
    if (!sizes)
        return fail(sizes.error());
    std::string problem;
    // A reader pages on from where it is: another 50 each time.
    const auto page = [&problem](Size& size, std::int64_t from, int i) {
        const double start = nowUs();
        const auto got = size.reader->before(RoomId("r_deep"), from - i * 50 % (from / 2), 50);
        const double ms = (nowUs() - start) / 1000;
        if (!got || got->rows.size() != 50)
            problem = got ? "a page of another size" : toString(got.error());
        return ms;
    };
    // In turn, so that a noisy moment hits all of them.
    std::vector<double> newest;
    std::vector<std::vector<double>> deep(sizes->size());
    for (int i = 0; i < 500; ++i) {
        for (std::size_t k = 0; k < sizes->size(); ++k) // nine tenths of the rows are newer
            deep[k].push_back(page((*sizes)[k], (*sizes)[k].messages / 10, i));
        newest.push_back(page(sizes->back(), sizes->back().messages, i));
    }
    if (!problem.empty())
        return fail(ErrorCode::Internal, problem);
    std::vector<std::pair<double, double>> bySize;
    for (std::size_t k = 0; k < sizes->size(); ++k)
        bySize.emplace_back((*sizes)[k].messages, quantile(deep[k], 0.5));
    auto result = fromSamples("store.page_deep", "ms", std::move(deep.back()));
    result.config = {{"messages", static_cast<double>(sizes->back().messages)},
                     {"newest_p50", quantile(newest, 0.5)},
                     {"depth_ratio", result.p50 / quantile(newest, 0.5)},
                     {"exponent", exponentOf(bySize)}};
    result.bar = "p50 <= 0.05 ms";
    return std::vector{result};
}

Result<std::vector<Measurement>> openRoom(const Settings& settings)
{
    auto sizes = openSizes(settings);
    if (!sizes)
        return fail(sizes.error());
    SeededRandom random(3);
    std::vector<std::vector<double>> samples(sizes->size());
    for (int i = 0; i < 1'000; ++i) {
        for (std::size_t k = 0; k < sizes->size(); ++k) {
            offline::Reader& reader = *(*sizes)[k].reader;
            const RoomId room =
                i % 4 == 0 ? RoomId("r_deep")
                           : RoomId("r_" + std::to_string(random.below(
                                               static_cast<std::uint64_t>((*sizes)[k].rooms))));
            const double start = nowUs();
            auto counts = reader.counts(room);
            auto page = reader.newest(room, 50);
            auto draft = reader.draft(room);
            samples[k].push_back((nowUs() - start) / 1000);
            if (!counts || !page || !draft)
                return fail(!counts ? counts.error() : !page ? page.error() : draft.error());
        }
    }
    std::vector<std::pair<double, double>> bySize;
    for (std::size_t k = 0; k < sizes->size(); ++k)
        bySize.emplace_back((*sizes)[k].messages, quantile(samples[k], 0.5));
    // What a disk with a slow head would have to fetch: on a connection that has just been opened.
    offline::CountingVfs vfs;
    auto cold = offline::Reader::open(vfs.uri(sizes->back().path));
    if (!cold)
        return fail(cold.error());
    if (!(*cold)->rooms(0, kFirstRooms)) // as the app does
        return fail(ErrorCode::Internal, "no room list");
    vfs.reset();
    const RoomId room("r_deep");
    if (!(*cold)->counts(room) || !(*cold)->newest(room, 50) || !(*cold)->draft(room))
        return fail(ErrorCode::Internal, "the room did not open");
    auto result = fromSamples("store.open_room", "ms", std::move(samples.back()));
    result.config = {{"messages", static_cast<double>(sizes->back().messages)},
                     {"cold_page_reads", static_cast<double>(vfs.pageReads())},
                     {"exponent", exponentOf(bySize)}};
    result.bar = "p50 <= 0.1 ms warm, <= 10 page reads cold";
    return std::vector{result};
}

Result<std::vector<Measurement>> roomList(const Settings& settings)
{
    auto sizes = openSizes(settings);
    if (!sizes)
        return fail(sizes.error());
    std::vector<std::vector<double>> whole(sizes->size());
    std::vector<std::vector<double>> first(sizes->size());
    for (int i = 0; i < 100; ++i) {
        for (std::size_t k = 0; k < sizes->size(); ++k) {
            offline::Reader& reader = *(*sizes)[k].reader;
            double start = nowUs();
            auto all = reader.rooms(0, 100'000);
            whole[k].push_back((nowUs() - start) / 1000);
            start = nowUs();
            auto page = reader.rooms(0, kFirstRooms);
            first[k].push_back((nowUs() - start) / 1000);
            if (!all || !page)
                return fail(all ? page.error() : all.error());
            if (static_cast<std::int64_t>(all->size()) != (*sizes)[k].rooms + 1 ||
                page->size() != kFirstRooms)
                return fail(ErrorCode::Internal, "rooms are missing");
        }
    }
    std::vector<std::pair<double, double>> wholeBySize, firstBySize;
    for (std::size_t k = 0; k < sizes->size(); ++k) {
        wholeBySize.emplace_back((*sizes)[k].rooms + 1, quantile(whole[k], 0.5));
        firstBySize.emplace_back((*sizes)[k].rooms + 1, quantile(first[k], 0.5));
    }
    auto result = fromSamples("store.room_list", "ms", std::move(whole.back()));
    const double rooms = static_cast<double>(sizes->back().rooms + 1);
    result.config = {{"rooms", rooms},
                     {"us_a_room", result.p50 * 1000 / rooms},
                     {"first30_p50", quantile(first.back(), 0.5)},
                     {"exponent", exponentOf(wholeBySize)},
                     {"first30_exponent", exponentOf(firstBySize)}};
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
    std::vector<std::pair<double, double>> bySize;
    for (const std::int64_t history : {base / 4, base, base * 4}) {
        for (const char* suffix : {"", "-wal", "-shm"})
            std::filesystem::remove(path + suffix);
        auto store = offline::Store::open({path, {}, true, true, 0});
        if (!store)
            return fail(store.error());
        (*store)->setSelf(UserId("u_0"));
        SeededRandom random(4);
        if (auto made = addRoom(**store, RoomId("r_old"), history, 8, 2'000, random); !made)
            return fail(made.error());
        auto spent = addRoom(**store, RoomId("r_new"), base, 8, 50, random);
        if (!spent)
            return fail(spent.error());
        result.value = static_cast<double>(base) / (*spent / 1e6);
        result.n = base;
        result.config["history_" + std::to_string(history)] = result.value;
        bySize.emplace_back(history, *spent);
    }
    result.config["exponent"] = exponentOf(bySize);
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
