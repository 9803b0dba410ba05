#include "offline/store.h"

#include "core/random.h"
#include "protocol/codec.h"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace skein::offline
{
namespace
{

namespace fs = std::filesystem;

class StoreTest : public testing::Test
{
protected:
    void SetUp() override
    {
        const auto* info = testing::UnitTest::GetInstance()->current_test_info();
        folder = fs::temp_directory_path() /
                 ("skein-store-" + std::string(info->name()) + "-" + std::to_string(::getpid()));
        fs::create_directories(folder);
        path = (folder / "store.db").string();
    }
    void TearDown() override { fs::remove_all(folder); }

    static Result<std::unique_ptr<Store>> open(const std::string& at, std::int64_t pagesMax = 0)
    {
        return Store::open({at, {}, true, true, pagesMax});
    }
    /// A room with one queued message; gives the message's entry id.
    static std::int64_t enqueue(Store& store, const std::string& body)
    {
        RoomRecord room;
        room.row.room = RoomId("room1");
        store.rooms().insert(room);
        protocol::MessageSend send;
        send.room = room.row.room;
        SystemRandomIds ids;
        send.tempId = ids.next();
        send.body = body;
        OutboxEntry entry;
        entry.tempId = send.tempId;
        entry.room = room.key;
        entry.payload = protocol::encode(protocol::ClientFrame(send));
        entry.createdMs = 1'700'000'000'000;
        const std::int64_t id = store.outbox().add(entry);
        const RowId tid = store.timeline().insertUnsent(room.key, id, send, entry.createdMs);
        store.outbox().setRow(id, tid);
        return id;
    }
    static void exec(const std::string& at, const char* sql)
    {
        sqlite3* db = nullptr;
        ASSERT_EQ(sqlite3_open(at.c_str(), &db), SQLITE_OK);
        EXPECT_EQ(sqlite3_exec(db, sql, nullptr, nullptr, nullptr), SQLITE_OK)
            << sqlite3_errmsg(db);
        sqlite3_close(db);
    }

    struct SystemRandomIds {
        SystemRandom random;
        TempId next() { return makeTempId({1'700'000'000'000}, random); }
    };

    fs::path folder;
    std::string path;
};

TEST_F(StoreTest, whatWasCommittedIsThereAfterReopening)
{
    {
        auto store = open(path);
        ASSERT_TRUE(store) << toString(store.error());
        auto transaction = (*store)->begin(Durability::User);
        enqueue(**store, "kept");
        (*store)->drafts().set(1, "draft", 1);
        (*store)->setFact(Store::kSyncToken, "t9");
        ASSERT_TRUE(transaction.commit());
    }
    auto store = open(path);
    ASSERT_TRUE(store);
    EXPECT_EQ((*store)->outbox().list().size(), 1U);
    EXPECT_EQ((*store)->drafts().text(1), "draft");
    EXPECT_EQ((*store)->fact(Store::kSyncToken), "t9");
}

TEST_F(StoreTest, whatWasNotCommittedLeavesNothing)
{
    auto store = open(path);
    {
        auto transaction = (*store)->begin(Durability::User);
        enqueue(**store, "never");
    }
    EXPECT_TRUE((*store)->outbox().list().empty());
    EXPECT_TRUE((*store)->rooms().load().empty());
    auto transaction = (*store)->begin(Durability::User);
    enqueue(**store, "now");
    ASSERT_TRUE(transaction.commit());
    EXPECT_EQ((*store)->outbox().list().size(), 1U);
}

TEST_F(StoreTest, aReadingSeesOneStateAndATransactionEndsIt)
{
    auto opened = open(path);
    ASSERT_TRUE(opened) << toString(opened.error());
    Store& store = **opened;
    const auto set = [&](const std::string& value) {
        auto transaction = store.begin(Durability::Cache);
        store.setFact("fact", value);
        return transaction.commit().has_value();
    };
    ASSERT_TRUE(set("one"));
    {
        const Store::Reading reading(store);
        {
            const Store::Reading inner(store);
            EXPECT_EQ(store.fact("fact"), "one");
        }
        EXPECT_EQ(store.fact("fact"), "one");
        EXPECT_TRUE(set("two"));
        EXPECT_EQ(store.fact("fact"), "two");
    }
    {
        const Store::Reading reading(store);
        EXPECT_EQ(store.fact("fact"), "two");
    }
    EXPECT_TRUE(set("three"));
    EXPECT_FALSE(store.takeError());
}

TEST_F(StoreTest, secondOpenerIsTold)
{
    auto first = open(path);
    ASSERT_TRUE(first);
    auto second = open(path);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::StorageLocked);
    first->reset();
    EXPECT_TRUE(open(path));
}

TEST_F(StoreTest, newerVersionIsRefusedAndUntouched)
{
    ASSERT_TRUE(open(path));
    exec(path, "PRAGMA user_version = 999");
    auto store = open(path);
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().code, ErrorCode::StorageVersion);
    exec(path, "SELECT count(*) FROM outbox");
}

TEST_F(StoreTest, aVersionBelowTheFirstIsDamageAndWhatWasWrittenIsBroughtOver)
{
    {
        auto store = open(path);
        auto transaction = (*store)->begin(Durability::User);
        enqueue(**store, "unsent");
        ASSERT_TRUE(transaction.commit());
    }
    exec(path, "PRAGMA user_version = -7");
    auto store = open(path);
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().code, ErrorCode::StorageCorrupt);
    auto recovered = Store::recover({path, {}, true, true, 0}, {42});
    ASSERT_TRUE(recovered) << toString(recovered.error());
    EXPECT_EQ(recovered->outboxEntries, 1);
}

TEST_F(StoreTest, fileOfAnotherKindIsCorruptAndKept)
{
    std::ofstream(path) << std::string(8'192, 'x');
    auto store = open(path);
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().code, ErrorCode::StorageCorrupt);
    EXPECT_EQ(fs::file_size(path), 8'192U);
    auto recovered = Store::recover({path, {}, true, true, 0}, {42});
    ASSERT_TRUE(recovered) << toString(recovered.error());
    EXPECT_EQ(recovered->keptAs, path + ".corrupt-42");
    EXPECT_EQ(fs::file_size(recovered->keptAs), 8'192U);
    EXPECT_EQ(recovered->outboxEntries, 0);
}

TEST_F(StoreTest, recoveryBringsOverWhatTheUserWrote)
{
    {
        auto store = open(path);
        auto transaction = (*store)->begin(Durability::User);
        enqueue(**store, "first");
        enqueue(**store, "second");
        (*store)->drafts().set(1, "draft", 1);
        (*store)->setFact(Store::kUser, "u_me");
        ASSERT_TRUE(transaction.commit());
    }
    auto recovered = Store::recover({path, {}, true, true, 0}, {42});
    ASSERT_TRUE(recovered) << toString(recovered.error());
    EXPECT_EQ(recovered->outboxEntries, 2);
    EXPECT_EQ(recovered->drafts, 1);
    Store& store = *recovered->store;
    const auto entries = store.outbox().list();
    ASSERT_EQ(entries.size(), 2U);
    const auto rooms = store.rooms().load();
    ASSERT_EQ(rooms.size(), 1U);
    const RoomView view{rooms[0].key, rooms[0].row.room, {}, {}};
    EXPECT_EQ(store.timeline().row(entries[0].tid, view)->body, "first");
    EXPECT_EQ(store.timeline().row(entries[1].tid, view)->body, "second");
    EXPECT_TRUE(store.timeline().row(entries[0].tid, view)->own);
    EXPECT_EQ(store.drafts().text(rooms[0].key), "draft");
}

TEST_F(StoreTest, fullDiskKeepsNothingOfTheTransaction)
{
    auto store = open(path);
    (*store)->limitPages(1);
    auto transaction = (*store)->begin(Durability::User);
    for (int i = 0; i < 50; ++i)
        enqueue(**store, std::string(4'000, 'x'));
    const auto done = transaction.commit();
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, ErrorCode::StorageFull);
}

TEST_F(StoreTest, afterAFullDiskItGoesOn)
{
    auto store = open(path);
    (*store)->limitPages(1);
    {
        auto transaction = (*store)->begin(Durability::User);
        for (int i = 0; i < 50; ++i)
            enqueue(**store, std::string(4'000, 'x'));
        ASSERT_FALSE(transaction.commit());
    }
    EXPECT_TRUE((*store)->outbox().list().empty());
    (*store)->limitPages(0);
    auto transaction = (*store)->begin(Durability::User);
    enqueue(**store, "fits");
    ASSERT_TRUE(transaction.commit());
    EXPECT_EQ((*store)->outbox().list().size(), 1U);
}

// A checkpoint waits for the disk twice: it is for a moment when nothing else waits.
TEST_F(StoreTest, theLogIsWrittenBackWhenSomebodyHasTimeAndAtItsBoundByItself)
{
    auto store = open(path);
    ASSERT_TRUE(store);
    const auto logAfter = [&](int pages) {
        auto transaction = (*store)->begin(Durability::Cache);
        // Both the row and the entry of the outbox hold the body.
        enqueue(**store, std::string(static_cast<std::size_t>(pages) * 2'048, 'x'));
        EXPECT_TRUE(transaction.commit());
        return fs::file_size(path + "-wal");
    };
    (void)logAfter(400);
    EXPECT_FALSE((*store)->checkpointDue());
    const auto log = logAfter(500);
    EXPECT_TRUE((*store)->checkpointDue());
    const auto before = fs::file_size(path);
    EXPECT_LT(before, 1'000U * 4'096);
    (*store)->checkpoint();
    EXPECT_FALSE((*store)->checkpointDue());
    EXPECT_GT(fs::file_size(path), 900U * 4'096);
    EXPECT_EQ(logAfter(100), log) << "the log starts anew";
    EXPECT_FALSE((*store)->checkpointDue());

    (void)logAfter(2'500);
    EXPECT_TRUE((*store)->checkpointDue());
    EXPECT_LT(fs::file_size(path), 3'000U * 4'096);
    (void)logAfter(2'000);
    EXPECT_FALSE((*store)->checkpointDue());
    EXPECT_GT(fs::file_size(path), 4'000U * 4'096);
}

TEST_F(StoreTest, clearingTheCacheNeverTouchesWhatTheUserWrote)
{
    auto store = open(path);
    auto transaction = (*store)->begin(Durability::User);
    enqueue(**store, "mine");
    (*store)->drafts().set(1, "draft", 1);
    (*store)->timeline().clearRoom(1);
    ASSERT_TRUE(transaction.commit());
    ASSERT_EQ((*store)->outbox().list().size(), 1U);
    EXPECT_TRUE((*store)->timeline().place((*store)->outbox().list()[0].tid));
    EXPECT_EQ((*store)->drafts().text(1), "draft");
}

} // namespace
} // namespace skein::offline
