#include "server/storage/sqlite/db.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace skein::server::sqlite
{
namespace
{

namespace fs = std::filesystem;

class DbTest : public testing::Test
{
protected:
    void SetUp() override
    {
        ASSERT_TRUE(db.open(":memory:", {}));
        ASSERT_TRUE(db.exec("CREATE TABLE t(a INTEGER, b TEXT UNIQUE)"));
    }
    Db db;
};

TEST_F(DbTest, everyKindOfValueComesBack)
{
    Stmt stmt;
    ASSERT_TRUE(stmt.prepare(db, "SELECT ?, ?, ?, ?"));
    const std::string bytes("a\0b", 3);
    ASSERT_TRUE(
        stmt.bind(std::int64_t{1} << 40).bindText("ტექსტი").bindBlob(bytes).bindNull().step());
    EXPECT_EQ(stmt.integer(0), std::int64_t{1} << 40);
    EXPECT_EQ(stmt.string(1), "ტექსტი");
    EXPECT_EQ(stmt.string(2), bytes);
    EXPECT_TRUE(stmt.isNull(3));
    EXPECT_EQ(stmt.view(3), "");
    EXPECT_FALSE(stmt.step());
}

TEST_F(DbTest, aStatementRunsAgainWithOtherValues)
{
    Stmt stmt;
    ASSERT_TRUE(stmt.prepare(db, "INSERT INTO t VALUES(?, ?)"));
    EXPECT_TRUE(stmt.bind(1).bindText("x").run());
    EXPECT_TRUE(stmt.bind(2).bindText("y").run());
    EXPECT_EQ(db.lastRowId(), 2);
    EXPECT_EQ(db.changes(), 1);
    EXPECT_EQ(db.integer("SELECT sum(a) FROM t"), 3);
    EXPECT_EQ(db.text("SELECT b FROM t WHERE a = 2"), "y");
    EXPECT_EQ(db.integer("SELECT 1 WHERE 0"), 0);
    EXPECT_EQ(db.text("SELECT 1 WHERE 0"), "");
}

TEST_F(DbTest, theFirstErrorSticksAndNothingIsWrittenBehindIt)
{
    Stmt insert;
    ASSERT_TRUE(insert.prepare(db, "INSERT INTO t VALUES(?, ?)"));
    EXPECT_TRUE(db.exec("BEGIN"));
    EXPECT_TRUE(db.inTransaction());
    EXPECT_TRUE(insert.bind(1).bindText("x").run());
    EXPECT_FALSE(insert.bind(2).bindText("x").run());
    EXPECT_TRUE(db.failed());
    EXPECT_FALSE(insert.bind(3).bindText("y").run());
    EXPECT_FALSE(db.exec("INSERT INTO t VALUES(4, 'z')"));
    Stmt late;
    EXPECT_FALSE(late.prepare(db, "SELECT 1"));
    EXPECT_EQ(db.error().code, ErrorCode::StorageFailed);
    EXPECT_NE(db.error().detail.find("UNIQUE"), std::string::npos) << db.error().detail;
    db.clearError();
    EXPECT_TRUE(db.exec("ROLLBACK"));
    EXPECT_FALSE(db.inTransaction());
    EXPECT_EQ(db.integer("SELECT count(*) FROM t"), 0);
}

TEST_F(DbTest, eachKindOfErrorHasItsCode)
{
    const std::pair<int, ErrorCode> rows[] = {
        {SQLITE_FULL, ErrorCode::StorageFull},      {SQLITE_BUSY, ErrorCode::StorageLocked},
        {SQLITE_LOCKED, ErrorCode::StorageLocked},  {SQLITE_CORRUPT, ErrorCode::StorageCorrupt},
        {SQLITE_NOTADB, ErrorCode::StorageCorrupt}, {SQLITE_IOERR_FSYNC, ErrorCode::StorageFailed},
    };
    for (const auto& [code, expected] : rows) {
        db.clearError();
        db.note(code);
        EXPECT_TRUE(db.failed());
        EXPECT_EQ(db.error().code, expected) << code;
    }
    db.clearError();
    for (const int fine : {SQLITE_OK, SQLITE_ROW, SQLITE_DONE})
        db.note(fine);
    EXPECT_FALSE(db.failed());
}

TEST_F(DbTest, whatWasExecutedIsCounted)
{
    const std::int64_t before = db.executed();
    Stmt stmt;
    ASSERT_TRUE(stmt.prepare(db, "SELECT 1"));
    EXPECT_TRUE(stmt.step());
    stmt.reset();
    EXPECT_TRUE(db.exec("INSERT INTO t VALUES(1, 'x')"));
    EXPECT_EQ(db.executed() - before, 2);
}

TEST(DbFile, whatIsNotThereCannotBeReadAndIsNotMade)
{
    const fs::path folder = fs::temp_directory_path() / ("skein-db-" + std::to_string(::getpid()));
    fs::create_directories(folder);
    const std::string path = (folder / "none.db").string();
    Db db;
    const auto opened = db.open(path, {}, true);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::StorageFailed);
    EXPECT_FALSE(fs::exists(path));
    EXPECT_FALSE(db.inTransaction());

    std::ofstream(folder / "text.db") << std::string(4096, 'x');
    ASSERT_TRUE(db.open((folder / "text.db").string(), {}));
    EXPECT_EQ(db.integer("SELECT count(*) FROM sqlite_schema"), 0);
    EXPECT_EQ(db.error().code, ErrorCode::StorageCorrupt);
    fs::remove_all(folder);
}

} // namespace
} // namespace skein::server::sqlite
