// The SQLite store: promises of storage.h on real files, on a memory disk, with and without
// threads.
#include "server/storage/sqlite/store.h"

#include "core/random.h"
#include "server/storage/sqlite/db.h"
#include "server/storage/sqlite/schema.h"

#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <fstream>
#include <mutex>

using namespace skein;
using namespace skein::server;
using protocol::Event;
using protocol::Kind;

namespace
{

class Folder
{
public:
    Folder()
    {
        std::string pattern =
            (std::filesystem::temp_directory_path() / "skein-store-XXXXXX").string();
        m_path = ::mkdtemp(pattern.data());
    }
    ~Folder()
    {
        std::error_code ignored;
        std::filesystem::remove_all(m_path, ignored);
    }
    [[nodiscard]] std::string path() const { return m_path + "/data"; }

private:
    std::string m_path;
};

/// The service's thread of a test: runs what was posted until a condition holds.
class Loop
{
public:
    Executor executor()
    {
        return [this](std::function<void()> run) {
            const std::lock_guard lock(m_mutex);
            m_posts.push_back(std::move(run));
            m_ready.notify_one();
        };
    }
    void runUntil(const std::function<bool()>& done)
    {
        while (!done()) {
            std::function<void()> run;
            {
                std::unique_lock lock(m_mutex);
                if (!m_ready.wait_for(lock, std::chrono::seconds(30),
                                      [this] { return !m_posts.empty(); })) {
                    FAIL() << "nothing was posted";
                }
                run = std::move(m_posts.front());
                m_posts.pop_front();
            }
            ++posts;
            run();
        }
    }
    int posts = 0;

private:
    std::mutex m_mutex;
    std::condition_variable m_ready;
    std::deque<std::function<void()>> m_posts;
};

SqliteOptions inlineOn(const std::string& directory)
{
    SqliteOptions options;
    options.directory = directory;
    options.threading = SqliteOptions::Threading::Inline;
    return options;
}

std::unique_ptr<SqliteStorage> mustOpen(SqliteOptions options)
{
    auto opened = SqliteStorage::open(std::move(options));
    EXPECT_TRUE(opened) << toString(opened.error());
    return opened ? std::move(*opened) : nullptr;
}

struct Fixture {
    SeededRandom random{5};
    UserRow ana, ben;
    RoomRow room;

    TempId temp() { return makeTempId({1'700'000'000'000}, random); }
    void fill(SqliteStorage& storage)
    {
        storage.createUser({UserId("u1"), "ana", "Ana", "h", 1},
                           [&](Result<UserRow> row) { ana = *row; });
        storage.createUser({UserId("u2"), "ben", "Ben", "h", 1},
                           [&](Result<UserRow> row) { ben = *row; });
        storage.pump();
        CreateRoomOp op;
        op.id = RoomId("r1");
        op.creator = ana.key;
        op.creatorId = ana.id;
        op.device = DeviceId("d1");
        op.tempId = temp();
        op.name = "Room";
        op.members = {ben.key};
        op.ts = 5;
        storage.createRoom(op, [&](Result<RoomMade> made) { room = made->room; });
        storage.pump();
        ASSERT_GT(room.key, 0);
    }
    LogOp message(std::string body)
    {
        LogOp op;
        op.room = room.key;
        op.sender = ana.key;
        op.device = DeviceId("d1");
        op.event.room = room.id;
        op.event.sender = ana.id;
        op.event.tempId = temp();
        op.event.ts = 7;
        op.event.body = std::move(body);
        return op;
    }
};

std::vector<Event> logOf(SqliteStorage& storage, RoomKey room)
{
    std::vector<Event> events;
    storage.readLog({{room, Seq(), 200, 1'000}}, 10'000'000,
                    [&](Result<std::vector<LogPage>> pages) { events = pages->at(0).events; });
    storage.pump();
    return events;
}

} // namespace

TEST(Store, keepsAMessageByteForByteOverARestart)
{
    Folder folder;
    Fixture fixture;
    LogOp op;
    std::string every;
    for (int byte = 1; byte < 128; ++byte)
        every += static_cast<char>(byte);
    every += std::string(1, '\0') + "ქართული \u202e \xF0\x9F\x99\x82 '; DROP TABLE message;--";
    {
        auto storage = mustOpen(inlineOn(folder.path()));
        fixture.fill(*storage);
        op = fixture.message(every);
        op.event.replyTo = Seq(1);
        op.event.thread = Seq(1);
        op.event.mentions = {UserId("u2"), UserId("someone")};
        op.event.attachments = {{"a1", "photo.jpg", "image/jpeg", 12'345, 640, std::nullopt}};
        op.event.kind = Kind::Image;
        storage->append(op, [](Result<Logged> logged) { ASSERT_TRUE(logged); });
        storage->pump();
    }
    auto storage = mustOpen(inlineOn(folder.path()));
    const auto events = logOf(*storage, fixture.room.key);
    ASSERT_EQ(events.size(), 2u);
    EXPECT_EQ(events[1].body, every);
    EXPECT_EQ(events[1].replyTo, Seq(1));
    EXPECT_EQ(events[1].thread, Seq(1));
    EXPECT_EQ(events[1].mentions, op.event.mentions);
    EXPECT_EQ(events[1].attachments, op.event.attachments);
    EXPECT_EQ(events[1].kind, Kind::Image);
    EXPECT_EQ(events[1].tempId, op.event.tempId);
    EXPECT_EQ(events[1].ts, 7);
    EXPECT_EQ(events[1].sender, UserId("u1"));
    EXPECT_EQ(events[1].ord, Ord(1));
}

TEST(Store, nothingHappensInlineBeforeThePump)
{
    MemoryDisk disk;
    SqliteOptions options;
    options.disk = &disk;
    options.threading = SqliteOptions::Threading::Inline;
    auto storage = mustOpen(options);
    Fixture fixture;
    fixture.fill(*storage);
    bool answered = false;
    storage->append(fixture.message("m"), [&](Result<Logged>) { answered = true; });
    EXPECT_FALSE(answered);
    EXPECT_EQ(storage->pending(), 1u);
    EXPECT_TRUE(storage->pump());
    EXPECT_TRUE(answered);
    EXPECT_FALSE(storage->pump());
    EXPECT_EQ(storage->pending(), 0u);
}

TEST(Store, aBatchIsOneTransactionAndItsFailureUndoesAllOfIt)
{
    MemoryDisk disk;
    SqliteOptions options;
    options.disk = &disk;
    options.threading = SqliteOptions::Threading::Inline;
    auto storage = mustOpen(options);
    Fixture fixture;
    fixture.fill(*storage);
    std::vector<ErrorCode> errors;
    std::vector<Seq> seqs;
    const auto note = [&](Result<Logged> logged) {
        if (logged)
            seqs.push_back(logged->event.seq);
        else
            errors.push_back(logged.error().code);
    };
    storage->setCommitFault([] { return std::optional(ErrorCode::StorageFull); });
    std::vector<LogOp> ops;
    for (int i = 0; i < 3; ++i)
        ops.push_back(fixture.message(std::to_string(i)));
    CreateRoomOp create;
    create.id = RoomId("r2");
    create.creator = fixture.ana.key;
    create.creatorId = fixture.ana.id;
    create.device = DeviceId("new device");
    create.tempId = fixture.temp();
    create.name = "never";
    for (const LogOp& op : ops)
        storage->append(op, note);
    storage->createRoom(create,
                        [&](Result<RoomMade> made) { errors.push_back(made.error().code); });
    storage->pump();
    EXPECT_EQ(errors, std::vector<ErrorCode>(4, ErrorCode::StorageFull));
    storage->setCommitFault({});
    EXPECT_EQ(logOf(*storage, fixture.room.key).size(), 1u);
    for (const LogOp& op : ops)
        storage->append(op, note);
    RoomKey made = 0;
    storage->createRoom(create, [&](Result<RoomMade> result) { made = result->room.key; });
    storage->pump();
    EXPECT_EQ(seqs, (std::vector<Seq>{Seq(2), Seq(3), Seq(4)}));
    EXPECT_EQ(logOf(*storage, made).size(), 1u);
    EXPECT_EQ(disk.integrity(), "ok");
}

TEST(Store, aRealFullDiskConfirmsNothingAndGoesOnWhenThereIsSpace)
{
    Folder folder;
    auto storage = mustOpen(inlineOn(folder.path()));
    Fixture fixture;
    fixture.fill(*storage);
    // The page limit of a file is SQLite's own way to say that the disk is full.
    SqliteOptions small = inlineOn(folder.path());
    storage.reset();
    small.pageCountMax = 60;
    storage = mustOpen(small);
    std::size_t confirmed = 0;
    std::optional<ErrorCode> refused;
    LogOp last;
    while (!refused && confirmed < 1'000) {
        last = fixture.message(std::string(10'000, 'x'));
        storage->append(last, [&](Result<Logged> logged) {
            if (logged)
                ++confirmed;
            else
                refused = logged.error().code;
        });
        storage->pump();
    }
    EXPECT_EQ(refused, ErrorCode::StorageFull);
    EXPECT_GT(confirmed, 0u);
    EXPECT_EQ(logOf(*storage, fixture.room.key).size(), confirmed + 1);
    storage.reset();
    storage = mustOpen(inlineOn(folder.path()));
    bool ok = false;
    storage->append(last, [&](Result<Logged> logged) {
        ok = logged && !logged->dup &&
             logged->event.seq == Seq(static_cast<std::int64_t>(confirmed) + 2);
    });
    storage->pump();
    EXPECT_TRUE(ok);
}

TEST(Store, theIdempotencyKeyBelongsToTheDeviceOfAUser)
{
    MemoryDisk disk;
    SqliteOptions options;
    options.disk = &disk;
    options.threading = SqliteOptions::Threading::Inline;
    auto storage = mustOpen(options);
    Fixture fixture;
    fixture.fill(*storage);
    std::vector<Logged> all;
    const auto note = [&](Result<Logged> logged) { all.push_back(*logged); };
    LogOp op = fixture.message("first");
    storage->append(op, note);
    storage->append(op, note); // in the same batch
    storage->pump();
    storage->append(op, note);
    LogOp other = op;
    other.device = DeviceId("d2");
    storage->append(other, note);
    // A device id is the client's own choice: another user with the same one is somebody else.
    LogOp stranger = op;
    stranger.sender = fixture.ben.key;
    stranger.event.sender = fixture.ben.id;
    storage->append(stranger, note);
    storage->pump();
    ASSERT_EQ(all.size(), 5u);
    EXPECT_FALSE(all[0].dup);
    EXPECT_TRUE(all[1].dup);
    EXPECT_TRUE(all[2].dup);
    EXPECT_EQ(all[2].event.seq, all[0].event.seq);
    EXPECT_EQ(all[2].event.id, all[0].event.id);
    EXPECT_EQ(all[2].event.ts, all[0].event.ts);
    EXPECT_FALSE(all[3].dup);
    EXPECT_FALSE(all[4].dup);
    EXPECT_EQ(all[4].event.seq, Seq(4));
}

TEST(Store, aSecondProcessIsKeptOut)
{
    Folder folder;
    auto storage = mustOpen(inlineOn(folder.path()));
    const auto second = SqliteStorage::open(inlineOn(folder.path()));
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::StorageLocked);
    const pid_t child = ::fork();
    if (child == 0)
        ::_exit(!SqliteStorage::open(inlineOn(folder.path())) ? 7 : 0);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(WEXITSTATUS(status), 7);
    storage.reset();
    EXPECT_TRUE(SqliteStorage::open(inlineOn(folder.path())));
}

TEST(Store, aNewerVersionIsRefusedAndLeftAlone)
{
    Folder folder;
    mustOpen(inlineOn(folder.path()));
    {
        sqlite::Db db;
        ASSERT_TRUE(db.open(folder.path() + "/skein.db", ""));
        db.exec(("PRAGMA user_version=" + std::to_string(sqlite::schemaVersion() + 1)).c_str());
    }
    const auto opened = SqliteStorage::open(inlineOn(folder.path()));
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::StorageVersion);
    sqlite::Db db;
    ASSERT_TRUE(db.open(folder.path() + "/skein.db", ""));
    EXPECT_EQ(db.integer("PRAGMA user_version"), sqlite::schemaVersion() + 1);
}

TEST(Store, somebodyElsesFileIsRefusedAndLeftAlone)
{
    Folder folder;
    std::filesystem::create_directories(folder.path());
    const std::string path = folder.path() + "/skein.db";
    {
        std::ofstream out(path);
        out << std::string(8'192, 'x');
    }
    EXPECT_EQ(SqliteStorage::open(inlineOn(folder.path())).error().code, ErrorCode::StorageCorrupt);
    EXPECT_EQ(std::filesystem::file_size(path), 8'192u);
    std::filesystem::remove(path);
    {
        sqlite::Db db;
        ASSERT_TRUE(db.open(path, ""));
        db.exec("CREATE TABLE other(x)");
    }
    EXPECT_EQ(SqliteStorage::open(inlineOn(folder.path())).error().code, ErrorCode::StorageCorrupt);
}

TEST(Store, aDirectoryThatCannotBeMadeIsAnError)
{
    EXPECT_EQ(SqliteStorage::open(inlineOn("/proc/no/such")).error().code,
              ErrorCode::StorageFailed);
}

TEST(Store, whatWaitsWhenItIsKilledIsGoneAndNothingElse)
{
    MemoryDisk disk;
    SqliteOptions options;
    options.disk = &disk;
    options.threading = SqliteOptions::Threading::Inline;
    Fixture fixture;
    {
        auto storage = mustOpen(options);
        fixture.fill(*storage);
        storage->append(fixture.message("stored"), nullptr);
        storage->pump();
        storage->append(fixture.message("on its way"),
                        [](Result<Logged>) { ADD_FAILURE() << "answered"; });
    }
    auto storage = mustOpen(options);
    const auto events = logOf(*storage, fixture.room.key);
    ASSERT_EQ(events.size(), 2u);
    EXPECT_EQ(events.back().body, "stored");
}

TEST(Store, aFullQueueIsSaidAtOnce)
{
    MemoryDisk disk;
    SqliteOptions options;
    options.disk = &disk;
    options.threading = SqliteOptions::Threading::Inline;
    auto storage = mustOpen(options);
    Fixture fixture;
    fixture.fill(*storage);
    std::optional<ErrorCode> refused;
    for (std::size_t i = 0; i <= kWriteQueueMax && !refused; ++i) {
        storage->append(fixture.message("m"), [&](Result<Logged> logged) {
            if (!logged)
                refused = logged.error().code;
        });
    }
    EXPECT_EQ(refused, ErrorCode::ServerBusy);
    while (storage->pump()) {
    }
    refused.reset();
    const std::string large(1'000'000, 'x');
    std::size_t taken = 0;
    while (!refused && taken < 1'000) {
        storage->append(fixture.message(large), [&](Result<Logged> logged) {
            if (!logged)
                refused = logged.error().code;
        });
        ++taken;
    }
    EXPECT_EQ(refused, ErrorCode::ServerBusy);
    EXPECT_LE(taken, kWriteQueueBytesMax / large.size() + 1);
}

TEST(Store, withThreadsEveryMessageIsAnsweredInOrderAndManyInOnePost)
{
    Folder folder;
    Loop loop;
    SqliteOptions options;
    options.directory = folder.path();
    options.post = loop.executor();
    Fixture fixture;
    {
        auto inlined = mustOpen(inlineOn(folder.path()));
        fixture.fill(*inlined);
    }
    constexpr int kCount = 3'000;
    {
        auto storage = mustOpen(options);
        std::vector<Seq> seqs;
        for (int i = 0; i < kCount; ++i)
            storage->append(fixture.message("m"), [&](Result<Logged> logged) {
                ASSERT_TRUE(logged);
                seqs.push_back(logged->event.seq);
            });
        loop.runUntil([&] { return seqs.size() == kCount; });
        for (int i = 0; i < kCount; ++i)
            ASSERT_EQ(seqs[static_cast<std::size_t>(i)], Seq(i + 2));
        EXPECT_LT(loop.posts, kCount / 4);
        // A reader beside the writer sees what was answered.
        std::optional<HistoryPage> page;
        storage->readHistory(
            {fixture.room.key, protocol::HistoryRequest::Anchor::Before, Seq(), 50}, 1'000'000,
            [&](Result<HistoryPage> found) { page = *found; });
        loop.runUntil([&] { return page.has_value(); });
        EXPECT_EQ(page->messages.back().seq, Seq(kCount + 1));
        // What is handed over before the end is still written.
        for (int i = 0; i < 100; ++i)
            storage->append(fixture.message("last"), nullptr);
    }
    auto again = mustOpen(inlineOn(folder.path()));
    const auto snapshot = again->load();
    ASSERT_TRUE(snapshot);
    EXPECT_EQ(snapshot->rooms.at(0).head, Seq(kCount + 101));
    EXPECT_EQ(snapshot->rooms.at(0).ord, Ord(kCount + 100));
    EXPECT_EQ(snapshot->rooms.at(0).last.text, "last");
    sqlite::Db db;
    ASSERT_TRUE(db.open(folder.path() + "/skein.db", ""));
    EXPECT_EQ(db.text("PRAGMA integrity_check"), "ok");
    EXPECT_EQ(db.text("PRAGMA journal_mode"), "wal");
}

TEST(Store, theLogIsMadeInAdvanceAndItsZerosAreNoMessagesAfterAKill)
{
    Folder folder;
    Folder copy;
    Loop loop;
    SqliteOptions options;
    options.directory = folder.path();
    options.post = loop.executor();
    Fixture fixture;
    {
        auto inlined = mustOpen(inlineOn(folder.path()));
        fixture.fill(*inlined);
    }
    constexpr int kCount = 20;
    auto storage = mustOpen(options);
    const std::string log = folder.path() + "/skein.db-wal";
    const auto length = std::filesystem::file_size(log);
    EXPECT_GE(length, 1'000u * 4'120u); // what is written before a checkpoint begins
    int answered = 0;
    for (int i = 0; i < kCount; ++i)
        storage->append(fixture.message("m"), [&](Result<Logged> logged) {
            ASSERT_TRUE(logged);
            ++answered;
        });
    loop.runUntil([&] { return answered == kCount; });
    EXPECT_EQ(std::filesystem::file_size(log), length); // no commit made it longer
    // What a kill would leave behind.
    std::filesystem::create_directories(copy.path());
    for (const char* name : {"/skein.db", "/skein.db-wal"})
        std::filesystem::copy_file(folder.path() + name, copy.path() + name);
    auto again = mustOpen(inlineOn(copy.path()));
    EXPECT_EQ(logOf(*again, fixture.room.key).size(), 1u + kCount);
    again.reset();
    sqlite::Db db;
    ASSERT_TRUE(db.open(copy.path() + "/skein.db", ""));
    EXPECT_EQ(db.text("PRAGMA integrity_check"), "ok");
}

TEST(Store, theUserObserverHearsBeforeTheAnswer)
{
    MemoryDisk disk;
    SqliteOptions options;
    options.disk = &disk;
    options.threading = SqliteOptions::Threading::Inline;
    auto storage = mustOpen(options);
    std::string order;
    storage->setUserObserver([&](const UserRow& row) { order += row.name + ' '; });
    storage->createUser({UserId("u1"), "ana", "Ana", "h", 1},
                        [&](Result<UserRow>) { order += "answer "; });
    storage->createUser({UserId("u2"), "ana", "Ana", "h", 1},
                        [&](Result<UserRow> row) { order += row ? "?" : "taken"; });
    storage->pump();
    EXPECT_EQ(order, "ana answer taken");
}
