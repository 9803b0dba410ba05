// The server's file as each older version left it, with data, brought up to this version while
// every call to the disk fails in turn: nothing of the data is lost or changed, and the next start
// ends what was cut short.
#include "server/storage/sqlite/schema.h"
#include "server/storage/sqlite/store.h"
#include "tests/fault/faultvfs.h"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <unistd.h>

#include <filesystem>

namespace skein::server
{
namespace
{

namespace fs = std::filesystem;
using fault::FaultVfs;

enum class After { GoesOn, Dies, LosesPower };
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

// Rows of the first version's tables and columns.
constexpr char kData[] = R"sql(
INSERT INTO user(key, id, name, display, password, created) VALUES(1,'u1','ana','Ana','h',1),(2,'u2','ben','Ben','h',1);
INSERT INTO device(key, user, id) VALUES(1,1,'d1');
INSERT INTO session(id, user, device, device_name, current, created, expires) VALUES('s1',1,'d1','laptop',x'01',1,9999999);
INSERT INTO refresh(hash, session, created) VALUES(x'01','s1',1);
INSERT INTO room(key, id, kind, name, topic, epoch, seq, ord, touch, created, last_seq, last_sender, last_text, last_ts)
    VALUES(1,'r1',1,'Room','',1,3,2,7,1,3,1,x'6d32',3);
INSERT INTO member(room, user, role, read, read_ord, delivered, touch, joined) VALUES(1,1,0,3,2,3,7,1),(1,2,2,2,1,2,6,1);
INSERT INTO message(room, seq, ord, rev, sender, ts, kind, flags, temp, body)
    VALUES(1,1,0,1,1,1,7,0,x'00',x''),(1,2,1,2,1,2,0,0,x'0102',x'6d31'),(1,3,2,3,1,3,1,4,x'0103',x'6d32');
INSERT INTO op(temp, device, room, seq) VALUES(x'0102',1,1,2),(x'0103',1,1,3);
INSERT INTO mention(room, user, seq) VALUES(1,2,3);
)sql";

class ServerMigrationIo : public ::testing::Test
{
protected:
    void SetUp() override
    {
        const fs::path base = fs::is_directory("/dev/shm") && ::access("/dev/shm", W_OK) == 0
                                  ? fs::path("/dev/shm")
                                  : fs::temp_directory_path();
        std::string pattern = (base / "skein-servermigration-XXXXXX").string();
        ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
        m_root = pattern;
    }
    void TearDown() override
    {
        m_disk.disarm();
        m_storage.reset();
        std::error_code ignored;
        fs::remove_all(m_root, ignored);
    }

    void older(std::size_t version)
    {
        m_storage.reset();
        m_disk.forgetUnsynced();
        if (!m_folder.empty())
            fs::remove_all(m_folder);
        m_folder = m_root / std::to_string(++m_serial);
        fs::create_directory(m_folder);
        std::string script = "PRAGMA journal_mode=WAL;PRAGMA application_id=" +
                             std::to_string(sqlite::kApplicationId) +
                             ";PRAGMA user_version=" + std::to_string(version) + ';';
        for (std::size_t i = 0; i < version; ++i)
            script += sqlite::migrations()[i];
        script += kData;
        sqlite3* db = nullptr;
        ASSERT_EQ(sqlite3_open((m_folder / "skein.db").c_str(), &db), SQLITE_OK);
        ASSERT_EQ(sqlite3_exec(db, script.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
            << sqlite3_errmsg(db);
        sqlite3_close(db);
        m_disk.forgetUnsynced();
    }

    [[nodiscard]] Result<void> open()
    {
        SqliteOptions options;
        options.directory = m_folder.string();
        options.vfs = FaultVfs::kName;
        options.threading = SqliteOptions::Threading::Inline;
        auto opened = SqliteStorage::open(std::move(options));
        if (!opened)
            return tl::unexpected<Error>(opened.error());
        m_storage = std::move(*opened);
        return {};
    }
    void die(bool power)
    {
        m_disk.arm(1, FaultVfs::How::IoError, FaultVfs::Times::ForEver);
        m_storage.reset();
        m_disk.disarm();
        if (power)
            m_disk.powerCut(m_folder.string());
    }

    /// What the first version knew of.
    std::vector<std::string> content()
    {
        std::vector<std::string> rows;
        sqlite3* db = nullptr;
        EXPECT_EQ(sqlite3_open((m_folder / "skein.db").c_str(), &db), SQLITE_OK);
        for (const char* sql :
             {"SELECT 'user',key,id,name,display FROM user ORDER BY key",
              "SELECT 'session',id,user,device,hex(current),revoked FROM session ORDER BY id",
              "SELECT 'refresh',hex(hash),session FROM refresh ORDER BY hash",
              "SELECT 'room',key,id,name,epoch,seq,ord,touch FROM room ORDER BY key",
              "SELECT 'member',room,user,role,read,read_ord,delivered FROM member ORDER BY 2,3",
              "SELECT 'message',room,seq,ord,rev,sender,kind,flags,hex(temp),body FROM message "
              "ORDER BY 2,3",
              "SELECT 'op',hex(temp),device,room,seq FROM op ORDER BY temp",
              "SELECT 'mention',room,user,seq FROM mention", "PRAGMA integrity_check"}) {
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
    }

    FaultVfs m_disk;
    std::unique_ptr<SqliteStorage> m_storage;
    fs::path m_root, m_folder;
    int m_serial = 0;
};

} // namespace

TEST_F(ServerMigrationIo, fromEachOlderVersionWithData)
{
    std::int64_t points = 0;
    for (std::size_t version = 1; version < sqlite::migrations().size(); ++version) {
        older(version);
        const auto before = content();
        ASSERT_EQ(before.size(), 14u);
        ASSERT_EQ(before.back(), "ok|");
        for (const Fault& fault : kFaults) {
            for (const After after : {After::GoesOn, After::Dies, After::LosesPower}) {
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
                                 " at " + m_disk.where() +
                                 (after == After::GoesOn ? ", goes on"
                                  : after == After::Dies ? ", dies"
                                                         : ", loses power"));
                    if (after != After::GoesOn)
                        die(after == After::LosesPower);
                    if (after != After::GoesOn || !tried) {
                        const auto opened = open();
                        ASSERT_TRUE(opened) << toString(opened.error());
                    }
                    EXPECT_EQ(content(), before);
                    // It serves: the log, and a table that came later.
                    const auto all = m_storage->load();
                    ASSERT_TRUE(all);
                    EXPECT_EQ(all->users.size(), 2u);
                    std::string draft = "nothing";
                    DraftOp op;
                    op.room = 1;
                    op.user = 2;
                    op.device = DeviceId("d2");
                    op.tempId = TempId("018bcfe5-6800-7000-8000-000000000001");
                    op.text = "half a sentence";
                    m_storage->setDraft(op, [&draft](Result<DraftStored> stored) {
                        draft = stored ? stored->draft.text : toString(stored.error());
                    });
                    m_storage->pump();
                    EXPECT_EQ(draft, "half a sentence");
                    if (HasFailure())
                        return;
                }
            }
        }
    }
    EXPECT_GT(points, 0);
    std::printf("%lld points\n", static_cast<long long>(points));
}

} // namespace skein::server
