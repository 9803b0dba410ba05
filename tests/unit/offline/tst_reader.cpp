#include "offline/reader.h"

#include "offline/store.h"

#include <algorithm>

#include <gtest/gtest.h>
#include <sqlite3.h>

namespace skein::offline
{
namespace
{

const RoomId kRoom{"room1"};
const UserId kMe{"u_me"}, kHer{"u_her"};

class ReaderTest : public testing::Test
{
protected:
    void SetUp() override
    {
        static int serial = 0;
        path = "file:/reader" + std::to_string(++serial) + "?vfs=memdb";
        store = std::move(*Store::open({path, {}, false, false, 0}));
        store->setSelf(kMe);
        auto transaction = store->begin(Durability::Cache);
        store->setFact(Store::kUser, kMe.str());
        store->users().setName(kHer, "Her");
        room.row.room = kRoom;
        store->rooms().insert(room);
        ASSERT_TRUE(transaction.commit());
    }
    void put(std::int64_t lo, std::int64_t hi)
    {
        auto transaction = store->begin(Durability::Cache);
        for (std::int64_t seq = lo; seq <= hi; ++seq) {
            protocol::Event event;
            event.room = kRoom;
            event.seq = Seq(seq);
            event.ord = Ord(seq);
            event.id = EventId("e" + std::to_string(seq));
            event.sender = seq % 2 == 0 ? kMe : kHer;
            event.ts = 1'700'000'000'000; // all in one millisecond
            event.rev = Rev(seq);
            event.body = "m" + std::to_string(seq);
            if (seq == hi && seq > 1)
                event.replyTo = Seq(seq - 1);
            store->timeline().applyMessage(room.key, event);
        }
        SpanSet spans = store->timeline().spans(room.key);
        spans.add({Seq(lo), Seq(hi), Seq(hi)});
        store->timeline().setSpans(room.key, spans);
        room.row.head = std::max(room.row.head, Seq(hi));
        store->rooms().save(room);
        ASSERT_TRUE(transaction.commit());
    }
    void unsent(const std::string& body)
    {
        auto transaction = store->begin(Durability::User);
        protocol::MessageSend send;
        send.tempId = TempId(body);
        send.body = body;
        OutboxEntry entry;
        entry.tempId = send.tempId;
        entry.room = room.key;
        entry.payload = "{}";
        const std::int64_t id = store->outbox().add(entry);
        store->timeline().insertUnsent(room.key, id, send, 1'600'000'000'000);
        ASSERT_TRUE(transaction.commit());
    }
    Reader& reader()
    {
        if (!m_reader)
            m_reader = std::move(*Reader::open(path));
        return *m_reader;
    }
    static std::vector<std::string> texts(const Page& page)
    {
        std::vector<std::string> list;
        for (const auto& row : page.rows)
            list.push_back(row.isHole() ? '[' + std::to_string(row.seq.value()) + '-' +
                                              std::to_string(row.holeHi.value()) + ']'
                                        : row.body);
        return list;
    }
    using Texts = std::vector<std::string>;

    std::string path;
    std::unique_ptr<Store> store;
    RoomRecord room;

private:
    std::unique_ptr<Reader> m_reader;
};

TEST_F(ReaderTest, pagesMeetWithoutOverlapOrLoss)
{
    put(1, 137);
    Page page = *reader().newest(kRoom, 50);
    EXPECT_TRUE(page.atNewest);
    EXPECT_FALSE(page.atOldest);
    std::int64_t expected = 137;
    std::size_t total = 0;
    while (true) {
        for (const auto& row : page.rows)
            EXPECT_EQ(row.seq, Seq(expected--));
        total += page.rows.size();
        if (page.atOldest)
            break;
        page = *reader().before(kRoom, page.rows.back().position, 50);
        EXPECT_FALSE(page.atNewest);
    }
    EXPECT_EQ(total, 137U);
    page = *reader().after(kRoom, 0, 50);
    EXPECT_EQ(page.rows.front().seq, Seq(50));
    EXPECT_TRUE(page.atOldest);
    EXPECT_FALSE(page.atNewest);
    EXPECT_TRUE(reader().after(kRoom, 87, 50)->atNewest);
}

TEST_F(ReaderTest, holesStandWhereSomethingIsMissing)
{
    put(5, 6);
    put(10, 11);
    room.row.head = Seq(14);
    put(10, 11);
    const Page page = *reader().newest(kRoom, 50);
    EXPECT_EQ(texts(page), (Texts{"[12-14]", "m11", "m10", "[7-9]", "m6", "m5"}));
    EXPECT_FALSE(page.atOldest); // 1 to 4 are not here
    EXPECT_TRUE(page.atNewest);
    EXPECT_EQ(texts(*reader().before(kRoom, 10, 2)), (Texts{"[7-9]", "m6"}));
    EXPECT_EQ(texts(*reader().before(kRoom, 7, 50)), (Texts{"m6", "m5"}));
    EXPECT_EQ(texts(*reader().after(kRoom, 6, 2)), (Texts{"m10", "[7-9]"}));
    EXPECT_EQ(texts(*reader().after(kRoom, 11, 5)), Texts{"[12-14]"});
    EXPECT_EQ(page.rows[3].rowId, holeRowId(Seq(7)));
}

TEST_F(ReaderTest, aroundHoldsItsSeqOrTheHoleThatCoversIt)
{
    put(1, 30);
    put(61, 90);
    const Page page = *reader().around(kRoom, Seq(15), 11);
    EXPECT_EQ(page.rows.size(), 11U);
    EXPECT_TRUE(std::any_of(page.rows.begin(), page.rows.end(),
                            [](const auto& row) { return row.seq == Seq(15); }));
    const auto hole = texts(*reader().around(kRoom, Seq(45), 5));
    EXPECT_NE(std::find(hole.begin(), hole.end(), "[31-60]"), hole.end());
    EXPECT_EQ(reader().around(kRoom, Seq(90), 10)->atNewest, true);
    EXPECT_EQ(reader().around(kRoom, Seq(1), 10)->atOldest, true);
}

TEST_F(ReaderTest, unsentRowsStandAfterAllOthersInTheOrderTheyWereWritten)
{
    unsent("first");
    unsent("second");
    put(1, 2);
    const Page page = *reader().newest(kRoom, 50);
    EXPECT_EQ(texts(page), (Texts{"second", "first", "m2", "m1"}));
    EXPECT_EQ(page.rows[0].status, Status::Queued);
    EXPECT_TRUE(page.rows[0].own);
    EXPECT_EQ(page.rows[0].seq, Seq());
    EXPECT_EQ(reader().counts(kRoom)->total, 4);
}

TEST_F(ReaderTest, namesQuotesAndTicksAreJoined)
{
    put(1, 4);
    room.row.othersRead = Seq(2);
    room.row.othersDelivered = Seq(4);
    put(1, 4);
    const Page page = *reader().newest(kRoom, 50);
    EXPECT_EQ(page.rows[0].status, Status::Delivered);
    EXPECT_EQ(page.rows[2].status, Status::Read);
    EXPECT_EQ(page.rows[1].status, Status::Sent); // hers
    EXPECT_EQ(page.rows[1].senderName, "Her");
    ASSERT_TRUE(page.rows[0].replyTo);
    EXPECT_EQ(page.rows[0].replyTo->text, "m3");
    EXPECT_EQ(page.rows[0].replyTo->senderName, "Her");
}

TEST_F(ReaderTest, firstUnreadIsSomebodyElsesMessage)
{
    put(1, 6);
    room.row.read = Seq(3);
    put(1, 6);
    EXPECT_EQ(reader().counts(kRoom)->firstUnread, Seq(5));
}

TEST_F(ReaderTest, unknownRoomIsEmptyNotAnError)
{
    const auto page = reader().newest(RoomId("nowhere"), 50);
    ASSERT_TRUE(page);
    EXPECT_TRUE(page->rows.empty());
    EXPECT_TRUE(page->atOldest);
    EXPECT_EQ(*reader().draft(RoomId("nowhere")), "");
}

TEST_F(ReaderTest, missingFileIsAnError)
{
    const auto opened = Reader::open("/nonexistent/store.db");
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::StorageFailed);
}

TEST_F(ReaderTest, pagesThroughManyHolesMeetInBothDirections)
{
    Texts all{"[31-40]"}; // newest first
    for (std::int64_t seq = 2; seq <= 30; seq += 2)
        put(seq, seq);
    for (std::int64_t seq = 30; seq >= 2; seq -= 2) {
        all.push_back("m" + std::to_string(seq));
        if (seq > 2)
            all.push_back('[' + std::to_string(seq - 1) + '-' + std::to_string(seq - 1) + ']');
    }
    room.row.head = Seq(40);
    put(30, 30);
    for (const std::size_t limit : {1U, 2U, 3U, 5U, 7U, 30U, 31U, 100U}) {
        Texts down;
        Page page = *reader().newest(kRoom, limit);
        for (std::size_t pages = 0; pages <= all.size() && !page.rows.empty(); ++pages) {
            const Texts rows = texts(page);
            down.insert(down.end(), rows.begin(), rows.end());
            EXPECT_LE(rows.size(), limit);
            page = *reader().before(kRoom, page.rows.back().position, limit);
        }
        EXPECT_EQ(down, all) << limit;
        Texts up;
        page = *reader().after(kRoom, 0, limit);
        for (std::size_t pages = 0; pages <= all.size() && !page.rows.empty(); ++pages) {
            const Texts rows = texts(page);
            up.insert(up.begin(), rows.begin(), rows.end());
            const bool newest = page.atNewest;
            page = *reader().after(kRoom, page.rows.front().position, limit);
            EXPECT_EQ(newest, page.rows.empty()) << limit;
        }
        EXPECT_EQ(up, all) << limit;
        for (std::int64_t seq = 2; seq <= 40; ++seq) {
            const Page near = *reader().around(kRoom, Seq(seq), limit);
            EXPECT_LE(near.rows.size(), limit);
            EXPECT_TRUE(std::any_of(near.rows.begin(), near.rows.end(),
                                    [&](const auto& row) {
                                        return row.seq == Seq(seq) ||
                                               (row.isHole() && row.seq <= Seq(seq) &&
                                                Seq(seq) <= row.holeHi);
                                    }))
                << seq << ' ' << limit;
        }
    }
}

TEST_F(ReaderTest, aReadThatFailsIsAnErrorAndTheNextOneIsRight)
{
    put(1, 3);
    const auto execute = [this](const std::string& statement) {
        sqlite3* db = nullptr;
        ASSERT_EQ(
            sqlite3_open_v2(path.c_str(), &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_URI, nullptr),
            SQLITE_OK);
        EXPECT_EQ(sqlite3_exec(db, statement.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
            << sqlite3_errmsg(db);
        sqlite3_close(db);
    };
    const auto failures = [this] {
        return std::vector<bool>{
            !reader().newest(kRoom, 5),      !reader().before(kRoom, 3, 5),
            !reader().after(kRoom, 0, 5),    !reader().around(kRoom, Seq(2), 5),
            !reader().counts(kRoom),         !reader().rooms(0, 10),
            !reader().rooms(0, 1'000),       !reader().draft(kRoom),
            !reader().story(TempId("none")), !reader().connections(5)};
    };
    EXPECT_EQ(failures(), std::vector<bool>(10, false));
    for (const char* table : {"rooms", "messages", "spans", "drafts", "outbox", "journal"}) {
        execute(std::string("ALTER TABLE ") + table + " RENAME TO gone");
        const auto failed = failures();
        EXPECT_TRUE(std::any_of(failed.begin(), failed.end(), [](bool f) { return f; })) << table;
        execute(std::string("ALTER TABLE gone RENAME TO ") + table);
        EXPECT_EQ(failures(), std::vector<bool>(10, false)) << table;
    }
    execute("ALTER TABLE rooms RENAME TO gone");
    const auto failed = failures();
    EXPECT_EQ(std::count(failed.begin(), failed.begin() + 8, true), 8) << "each needs its room";
    execute("PRAGMA user_version = 99");
    EXPECT_EQ(Reader::open(path).error().code, ErrorCode::StorageVersion);
}

} // namespace
} // namespace skein::offline
