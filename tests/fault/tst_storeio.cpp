// The device's store by itself on a failing disk: made, opened, recovered, with every call to the
// disk failing in turn; and with a log that a power cut tore, at every frame and at random places.
#include "core/random.h"
#include "offline/migrations.h"
#include "offline/store.h"
#include "protocol/codec.h"
#include "tests/fault/faultvfs.h"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace skein::offline
{
namespace
{

namespace fs = std::filesystem;
using fault::FaultVfs;

struct Fault {
    FaultVfs::How how;
    FaultVfs::Times times;
    const char* name;
};
constexpr Fault kFaults[] = {
    {FaultVfs::How::IoError, FaultVfs::Times::Once, "fails once"},
    {FaultVfs::How::IoError, FaultVfs::Times::ForEver, "fails for ever"},
    {FaultVfs::How::Full, FaultVfs::Times::Once, "is full once"},
    {FaultVfs::How::Full, FaultVfs::Times::ForEver, "is full for ever"},
    {FaultVfs::How::Torn, FaultVfs::Times::Once, "tears a write"},
};
constexpr std::int64_t kPointsMax = 5'000;
constexpr std::int64_t kFrameBytes = 24 + 4'096; ///< of the log: header and page
constexpr std::int64_t kLogHeaderBytes = 32;

std::string contentOf(const std::string& path)
{
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

void put(const std::string& path, const std::string& content)
{
    std::ofstream(path, std::ios::binary) << content;
}

class StoreIo : public ::testing::Test
{
protected:
    void SetUp() override
    {
        const fs::path base = fs::is_directory("/dev/shm") && ::access("/dev/shm", W_OK) == 0
                                  ? fs::path("/dev/shm")
                                  : fs::temp_directory_path();
        std::string pattern = (base / "skein-storeio-XXXXXX").string();
        ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
        m_root = pattern;
        fresh();
    }
    void TearDown() override
    {
        m_disk.disarm();
        m_store.reset();
        std::error_code ignored;
        fs::remove_all(m_root, ignored);
    }

    /// An empty folder.
    void fresh()
    {
        m_disk.disarm();
        m_store.reset();
        m_disk.forgetUnsynced();
        if (!m_folder.empty())
            fs::remove_all(m_folder);
        m_folder = m_root / std::to_string(++m_serial);
        fs::create_directory(m_folder);
        m_path = (m_folder / "store.db").string();
    }
    [[nodiscard]] StoreOptions options() const
    {
        StoreOptions options;
        options.path = m_path;
        options.vfs = FaultVfs::kName;
        return options;
    }
    [[nodiscard]] Result<void> open()
    {
        auto opened = Store::open(options());
        if (!opened)
            return tl::unexpected<Error>(opened.error());
        m_store = std::move(*opened);
        return {};
    }
    void die(bool power)
    {
        m_disk.arm(1, FaultVfs::How::IoError, FaultVfs::Times::ForEver);
        m_store.reset();
        m_disk.disarm();
        if (power)
            m_disk.powerCut(m_folder.string());
    }
    /// Queues a message, durably.
    [[nodiscard]] bool write(const std::string& body)
    {
        auto transaction = m_store->begin(Durability::User);
        RoomRecord room;
        room.row.room = RoomId("room1");
        m_store->rooms().insert(room);
        protocol::MessageSend send;
        send.room = room.row.room;
        send.tempId = makeTempId({1'700'000'000'000}, m_random);
        send.body = body;
        OutboxEntry entry;
        entry.tempId = send.tempId;
        entry.room = room.key;
        entry.payload = protocol::encode(protocol::ClientFrame(send));
        entry.createdMs = 1'700'000'000'000;
        const std::int64_t id = m_store->outbox().add(entry);
        m_store->outbox().setRow(
            id, m_store->timeline().insertUnsent(room.key, id, send, entry.createdMs));
        m_store->drafts().set(room.key, "draft of " + body, 1);
        return transaction.commit().has_value();
    }
    /// Texts in the outbox, in order.
    [[nodiscard]] std::vector<std::string> queued()
    {
        std::vector<std::string> bodies;
        for (const OutboxEntry& entry : m_store->outbox().list()) {
            const auto frame = protocol::decodeClientFrame(m_store->outbox().payload(entry.id));
            const auto* send = frame ? std::get_if<protocol::MessageSend>(&*frame) : nullptr;
            bodies.push_back(send ? send->body : "?");
            EXPECT_TRUE(m_store->timeline().place(entry.tid)) << "its row is missing";
        }
        return bodies;
    }
    [[nodiscard]] std::string draft()
    {
        const auto rooms = m_store->rooms().load();
        return rooms.empty() ? "" : m_store->drafts().text(rooms.front().key);
    }
    [[nodiscard]] std::string integrity() const
    {
        sqlite3* db = nullptr;
        sqlite3_open(m_path.c_str(), &db);
        sqlite3_stmt* statement = nullptr;
        sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &statement, nullptr);
        std::string text = "nothing";
        if (sqlite3_step(statement) == SQLITE_ROW)
            text = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
        sqlite3_finalize(statement);
        sqlite3_close(db);
        return text;
    }

    FaultVfs m_disk;
    std::unique_ptr<Store> m_store;
    SeededRandom m_random{3};
    std::string m_path;
    fs::path m_root, m_folder;
    int m_serial = 0;
};

using Strings = std::vector<std::string>;

} // namespace

TEST_F(StoreIo, beingMade)
{
    for (const Fault& fault : kFaults) {
        for (const bool power : {false, true}) {
            bool met = true;
            for (std::int64_t nth = 1; met; ++nth) {
                ASSERT_LT(nth, kPointsMax);
                fresh();
                m_disk.arm(nth, fault.how, fault.times);
                (void)open();
                met = m_disk.fired();
                SCOPED_TRACE(std::string("disk ") + fault.name + " at " + m_disk.where());
                die(power);
                const auto opened = open();
                ASSERT_TRUE(opened) << toString(opened.error());
                EXPECT_TRUE(write("first"));
                EXPECT_EQ(queued(), Strings{"first"});
                EXPECT_EQ(integrity(), "ok");
            }
        }
    }
}

// A file as an older version left it: what the user had written in it, and a part of the log.
TEST_F(StoreIo, beingBroughtUpFromEachOlderVersion)
{
    // Columns that the first version had.
    const auto content = [this] {
        sqlite3* db = nullptr;
        EXPECT_EQ(sqlite3_open(m_path.c_str(), &db), SQLITE_OK);
        Strings rows;
        for (const char* sql :
             {"SELECT 'room', server_id, name, head, synced, read FROM rooms ORDER BY id",
              "SELECT 'user', server_id, name FROM users ORDER BY id",
              "SELECT 'message', id, tid, temp_id, body, failed FROM messages ORDER BY id",
              "SELECT 'span', room, lo, hi, as_of FROM spans ORDER BY room, lo",
              "SELECT 'outbox', id, temp_id, op, payload, failed FROM outbox ORDER BY id",
              "SELECT 'draft', room, text FROM drafts ORDER BY room"}) {
            sqlite3_stmt* row = nullptr;
            EXPECT_EQ(sqlite3_prepare_v2(db, sql, -1, &row, nullptr), SQLITE_OK)
                << sqlite3_errmsg(db);
            while (sqlite3_step(row) == SQLITE_ROW) {
                std::string line;
                for (int i = 0; i < sqlite3_column_count(row); ++i) {
                    const auto* cell = sqlite3_column_text(row, i);
                    line += cell ? reinterpret_cast<const char*>(cell) : "NULL";
                    line += '|';
                }
                rows.push_back(line);
            }
            sqlite3_finalize(row);
        }
        sqlite3_close(db);
        return rows;
    };
    const auto older = [this](std::size_t version) {
        fresh();
        sqlite3* db = nullptr;
        ASSERT_EQ(sqlite3_open(m_path.c_str(), &db), SQLITE_OK);
        std::string script = "PRAGMA journal_mode = WAL;";
        for (std::size_t i = 0; i < version; ++i)
            script += std::string(migrations()[i]) + '\n';
        script += "PRAGMA user_version = " + std::to_string(version) + ';';
        script += "INSERT INTO users(id, server_id, name) VALUES(1, 'u_me', 'Me');"
                  "INSERT INTO rooms(id, server_id, name, epoch, head, head_ord, synced, read)"
                  " VALUES(1, 'room1', 'Room', 1, 3, 3, 3, 2);"
                  "INSERT INTO spans VALUES(1, 1, 3, 3);";
        for (int seq = 1; seq <= 3; ++seq) {
            const std::string n = std::to_string(seq);
            script += "INSERT INTO messages(id, tid, event_id, sender, kind, body, ts, ord)"
                      " VALUES((1 << 40) + " +
                      n + ", " + n + ", 'e" + n + "', 1, 0, 'm" + n + "', " + n + ", " + n + ");";
        }
        protocol::MessageSend send;
        send.room = RoomId("room1");
        send.tempId = TempId("018bcfe5-6800-7000-8000-000000000001");
        send.body = "not sent yet";
        script += "INSERT INTO outbox VALUES(1, '" + send.tempId.str() + "', 1, 0, 1024, '" +
                  protocol::encode(protocol::ClientFrame(send)) +
                  "', NULL, 0, 1);"
                  "INSERT INTO messages(id, tid, temp_id, sender, kind, body, ts)"
                  " VALUES((1 << 40) + (1 << 39) + 1, 1024, '" +
                  send.tempId.str() +
                  "', 1, 0, 'not sent yet', 1);"
                  "INSERT INTO drafts(room, text, changed_ms) VALUES(1, 'half a sentence', 1);";
        ASSERT_EQ(sqlite3_exec(db, script.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
            << sqlite3_errmsg(db);
        sqlite3_close(db);
        m_disk.forgetUnsynced();
    };
    std::int64_t points = 0;
    for (std::size_t version = 1; version < migrations().size(); ++version) {
        older(version);
        const Strings before = content();
        ASSERT_EQ(before.size(), 9u);
        for (const Fault& fault : kFaults) {
            for (const int after : {0, 1, 2}) { // goes on, dies, loses its power
                bool met = true;
                for (std::int64_t nth = 1; met; ++nth) {
                    ASSERT_LT(nth, kPointsMax);
                    older(version);
                    m_disk.arm(nth, fault.how, fault.times);
                    const auto tried = open();
                    met = m_disk.fired();
                    points += met ? 1 : 0;
                    m_disk.disarm();
                    SCOPED_TRACE("version " + std::to_string(version) + ", disk " + fault.name +
                                 " at " + m_disk.where() + ", then " + std::to_string(after));
                    if (after > 0)
                        die(after == 2);
                    if (after > 0 || !tried) {
                        const auto opened = open();
                        ASSERT_TRUE(opened) << toString(opened.error());
                    }
                    EXPECT_EQ(content(), before);
                    EXPECT_EQ(queued(), Strings{"not sent yet"});
                    EXPECT_EQ(draft(), "half a sentence");
                    EXPECT_EQ(integrity(), "ok");
                    if (HasFailure())
                        return;
                }
            }
        }
    }
    EXPECT_GT(points, 0);
    std::printf("%lld points\n", static_cast<long long>(points));
}

TEST_F(StoreIo, beingOpenedWithALogThatWasNotFoldedIn)
{
    ASSERT_TRUE(open());
    ASSERT_TRUE(write("one"));
    ASSERT_TRUE(write("two"));
    die(true);
    const std::string database = contentOf(m_path), log = contentOf(m_path + "-wal");
    ASSERT_FALSE(log.empty());
    for (const Fault& fault : kFaults) {
        bool met = true;
        for (std::int64_t nth = 1; met; ++nth) {
            ASSERT_LT(nth, kPointsMax);
            fresh();
            put(m_path, database);
            put(m_path + "-wal", log);
            m_disk.arm(nth, fault.how, fault.times);
            (void)open();
            met = m_disk.fired();
            SCOPED_TRACE(std::string("disk ") + fault.name + " at " + m_disk.where());
            m_disk.disarm();
            m_store.reset(); // closes in good order, after all that
            const auto opened = open();
            ASSERT_TRUE(opened) << toString(opened.error());
            EXPECT_EQ(queued(), (Strings{"one", "two"}));
            EXPECT_EQ(draft(), "draft of two");
            EXPECT_EQ(integrity(), "ok");
        }
    }
}

TEST_F(StoreIo, beingRecovered)
{
    ASSERT_TRUE(open());
    ASSERT_TRUE(write("one"));
    ASSERT_TRUE(write("two"));
    die(true);
    const std::string database = contentOf(m_path), log = contentOf(m_path + "-wal");
    for (const Fault& fault : kFaults) {
        for (const bool power : {false, true}) {
            bool met = true;
            for (std::int64_t nth = 1; met; ++nth) {
                ASSERT_LT(nth, kPointsMax);
                fresh();
                put(m_path, database);
                put(m_path + "-wal", log);
                m_disk.arm(nth, fault.how, fault.times);
                auto recovered = Store::recover(options(), {42});
                met = m_disk.fired();
                SCOPED_TRACE(std::string("disk ") + fault.name + " at " + m_disk.where());
                if (recovered) {
                    EXPECT_EQ(recovered->outboxEntries, 2);
                    EXPECT_EQ(recovered->drafts, 1);
                    EXPECT_EQ(contentOf(recovered->keptAs), database);
                    EXPECT_EQ(contentOf(recovered->keptAs + "-wal"), log);
                    m_store = std::move(recovered->store);
                }
                die(power);
                const auto opened = open();
                ASSERT_TRUE(opened) << toString(opened.error());
                EXPECT_EQ(queued(), (Strings{"one", "two"})) << "what the user wrote is gone";
                EXPECT_EQ(draft(), "draft of two");
                EXPECT_EQ(integrity(), "ok");
                ASSERT_FALSE(HasFailure());
            }
        }
    }
}

TEST_F(StoreIo, aFullDiskWhileTheDamagedFileIsCopiedLosesNothing)
{
    ASSERT_TRUE(open());
    ASSERT_TRUE(write("one"));
    m_store.reset();
    // A folder in the way of the copy stands for a disk that takes no copy.
    fs::create_directories(m_path + ".reading/in the way");
    const auto recovered = Store::recover(options(), {42});
    ASSERT_FALSE(recovered);
    fs::remove_all(m_path + ".reading");
    ASSERT_TRUE(open());
    EXPECT_EQ(queued(), Strings{"one"});
    EXPECT_FALSE(fs::exists(m_path + ".corrupt-42"));
}

TEST_F(StoreIo, aRecoveryThatWasCutShortIsEndedByTheNextStart)
{
    ASSERT_TRUE(open());
    ASSERT_TRUE(write("rescued"));
    m_store.reset();
    fs::rename(m_path, m_path + ".recovered");
    put(m_path, std::string(8'192, 'x'));
    put(m_path + "-wal", std::string(100, 'x'));
    ASSERT_TRUE(open());
    EXPECT_EQ(queued(), Strings{"rescued"});
    EXPECT_FALSE(fs::exists(m_path + ".recovered"));
}

namespace
{

/// A database whose log holds five commits, and where in it each of them ends.
struct Written {
    std::string database, log;
    std::vector<std::size_t> ends; ///< bytes of the log after commit i
};

} // namespace

class TornLog : public StoreIo
{
protected:
    void SetUp() override
    {
        StoreIo::SetUp();
        ASSERT_TRUE(open());
        m_store.reset(); // the schema is folded in
        ASSERT_TRUE(open());
        for (int i = 0; i < 5; ++i) {
            ASSERT_TRUE(write("m" + std::to_string(i)));
            m_written.ends.push_back(fs::file_size(m_path + "-wal"));
        }
        die(true); // what was confirmed was synced
        m_written.database = contentOf(m_path);
        m_written.log = contentOf(m_path + "-wal");
        ASSERT_EQ(m_written.log.size(), m_written.ends.back());
    }
    /// Opens the database with this log; what was whole up to byte `sound` must be there, and
    /// nothing else.
    void expectWhatIsWhole(const std::string& log, std::size_t sound)
    {
        fresh();
        put(m_path, m_written.database);
        put(m_path + "-wal", log);
        const auto opened = open();
        ASSERT_TRUE(opened) << toString(opened.error());
        Strings expected;
        for (std::size_t i = 0; i < m_written.ends.size() && m_written.ends[i] <= sound; ++i)
            expected.push_back("m" + std::to_string(i));
        EXPECT_EQ(queued(), expected);
        EXPECT_EQ(draft(), expected.empty() ? "" : "draft of " + expected.back());
        EXPECT_EQ(integrity(), "ok");
        EXPECT_TRUE(write("next"));
    }
    Written m_written;
};

TEST_F(TornLog, cutAtEveryFrameAndJustBesideIt)
{
    const std::size_t frames = (m_written.log.size() - kLogHeaderBytes) / kFrameBytes;
    ASSERT_GT(frames, 10U);
    for (std::size_t frame = 0; frame <= frames; ++frame) {
        const std::size_t edge = kLogHeaderBytes + frame * kFrameBytes;
        for (const int beside : {-1, 0, 1, 24, 2'000}) {
            const std::size_t at = edge + static_cast<std::size_t>(beside);
            if (at > m_written.log.size())
                continue;
            SCOPED_TRACE("cut at " + std::to_string(at));
            expectWhatIsWhole(m_written.log.substr(0, at), at);
            ASSERT_FALSE(HasFailure());
        }
    }
}

TEST_F(TornLog, aByteSpoiltAnywhere)
{
    for (int i = 0; i < 300; ++i) {
        std::string log = m_written.log;
        const std::size_t at = m_random.below(log.size());
        log[at] = static_cast<char>(log[at] ^ (1 << m_random.below(8)));
        SCOPED_TRACE("spoilt at " + std::to_string(at));
        expectWhatIsWhole(log, at);
        ASSERT_FALSE(HasFailure());
    }
}

TEST_F(TornLog, zeroesOrOldBytesInsteadOfTheLastFrames)
{
    for (int i = 0; i < 100; ++i) {
        std::string log = m_written.log;
        const std::size_t at = kLogHeaderBytes + m_random.below(log.size() - kLogHeaderBytes);
        const std::size_t length = 1 + m_random.below(log.size() - at);
        const bool zeroes = m_random.below(2) == 0;
        std::string with(length, '\0');
        if (!zeroes)
            with = log.substr(0, std::min(length, at));
        // Only where something changes is something torn.
        std::size_t torn = at;
        for (std::size_t j = 0; j < with.size() && log[torn] == with[j]; ++j)
            ++torn;
        if (torn >= at + with.size())
            continue;
        log.replace(at, with.size(), with);
        SCOPED_TRACE("torn at " + std::to_string(torn));
        expectWhatIsWhole(log, torn);
        ASSERT_FALSE(HasFailure());
    }
}

} // namespace skein::offline
