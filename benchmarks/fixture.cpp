#include "benchmarks/fixture.h"

#include "benchmarks/harness.h"

#include <array>
#include <filesystem>

namespace skein::bench
{
namespace
{

constexpr std::array<std::string_view, 20> kLatin{
    "the",   "order", "is",     "ready", "we",     "need",  "another", "pump", "before", "Tuesday",
    "check", "valve", "please", "photo", "ladder", "later", "twelve",  "keys", "yes",    "waiting"};
constexpr std::array<std::string_view, 8> kGeorgian{"გამარჯობა", "დღეს",  "სახლი",   "ხვალ",
                                                    "კარგი",     "წყალი", "მუშაობს", "დიახ"};
constexpr char kFinished[] = "bench_fixture_finished";
constexpr std::int64_t kStartTs = 1'700'000'000'000;

} // namespace

std::string sampleBody(Random& random)
{
    const bool georgian = random.below(10) == 0;
    const std::uint64_t words = 1 + random.below(georgian ? 16 : 44);
    std::string text;
    for (std::uint64_t i = 0; i < words; ++i) {
        if (i != 0)
            text += ' ';
        text += georgian ? kGeorgian[random.below(kGeorgian.size())]
                         : kLatin[random.below(kLatin.size())];
    }
    return text;
}

Result<double> appendMessages(offline::Store& store, offline::RoomRecord& record,
                              std::int64_t messages, int senders, std::int64_t batch,
                              Random& random)
{
    double spentUs = 0;
    std::vector<protocol::Event> events;
    std::int64_t seq = record.row.head.value();
    std::int64_t left = messages;
    while (left > 0) {
        const std::int64_t n = std::min(batch, left);
        events.clear();
        for (std::int64_t i = 0; i < n; ++i) {
            protocol::Event event;
            event.room = record.row.room;
            event.seq = Seq(++seq);
            event.ord = Ord(seq);
            event.rev = Rev(seq);
            event.id = EventId("e" + std::to_string(record.key) + '-' + std::to_string(seq));
            event.sender =
                UserId("u_" + std::to_string(random.below(static_cast<std::uint64_t>(senders))));
            event.ts = kStartTs + seq * 20'000;
            event.kind = protocol::Kind::Text;
            event.body = sampleBody(random);
            events.push_back(std::move(event));
        }
        const double start = nowUs();
        auto transaction = store.begin(offline::Durability::Cache);
        for (const protocol::Event& event : events)
            store.timeline().applyMessage(record.key, event);
        offline::SpanSet spans = store.timeline().spans(record.key);
        spans.add({events.front().seq, events.back().seq, events.back().seq});
        spans.advance(events.front().seq.previous(), events.back().seq);
        store.timeline().setSpans(record.key, spans);
        const protocol::Event& last = events.back();
        record.row.head = record.synced = record.row.read = record.readTold = record.deliveredTold =
            last.seq;
        record.row.headOrd = record.readOrd = last.ord;
        record.row.activeTs = last.ts;
        record.row.last = protocol::Preview{
            last.seq, last.sender, "Sender", last.kind, last.body.substr(0, 40), last.ts};
        store.rooms().save(record);
        if (auto done = transaction.commit(); !done)
            return fail(done.error());
        spentUs += nowUs() - start;
        left -= n;
    }
    return spentUs;
}

Result<double> addRoom(offline::Store& store, const RoomId& room, std::int64_t messages,
                       int senders, std::int64_t batch, Random& random)
{
    offline::RoomRecord record;
    record.row.room = room;
    record.row.epoch = Epoch(1);
    record.row.name = "Room " + room.str();
    record.row.members = senders;
    {
        auto transaction = store.begin(offline::Durability::Cache);
        store.rooms().insert(record);
        for (int i = 0; i < senders; ++i)
            store.users().setName(UserId("u_" + std::to_string(i)), "Desk " + std::to_string(i));
        if (auto done = transaction.commit(); !done)
            return fail(done.error());
    }
    return appendMessages(store, record, messages, senders, batch, random);
}

Result<void> makeStore(const std::string& path, std::int64_t deep, std::int64_t rooms,
                       std::int64_t each)
{
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    if (std::filesystem::exists(path)) {
        auto store = offline::Store::open({path, {}, true, true, 0});
        if (store && !(*store)->fact(kFinished).empty())
            return {};
    }
    for (const char* suffix : {"", "-wal", "-shm"})
        std::filesystem::remove(path + suffix);
    auto opened = offline::Store::open({path, {}, true, true, 0});
    if (!opened)
        return fail(opened.error());
    offline::Store& store = **opened;
    store.setSelf(UserId("u_0"));
    SeededRandom random(1);
    if (auto made = addRoom(store, RoomId("r_deep"), deep, 12, 2'000, random); !made)
        return fail(made.error());
    for (std::int64_t i = 0; i < rooms; ++i) {
        if (auto made = addRoom(store, RoomId("r_" + std::to_string(i)), each, 6, 2'000, random);
            !made)
            return fail(made.error());
    }
    auto transaction = store.begin(offline::Durability::User);
    store.setFact(kFinished, "1");
    return transaction.commit();
}

} // namespace skein::bench
