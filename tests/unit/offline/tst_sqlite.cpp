#include "offline/sqlite.h"

#include "core/ids.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace skein::offline
{
namespace
{

namespace fs = std::filesystem;

std::unique_ptr<Db> memory()
{
    auto opened = Db::open(":memory:", Db::Mode::ReadWrite, {});
    EXPECT_TRUE(opened) << toString(opened.error());
    (*opened)->exec("CREATE TABLE t(a INTEGER, b TEXT UNIQUE)");
    return std::move(*opened);
}

TEST(Sqlite, everyKindOfValueIsBound)
{
    auto db = memory();
    enum class Colour { Red, Green };
    Query q = db->query("SELECT ?, ?, ?, ?, ?, ?, ?");
    ASSERT_TRUE(q.bind(std::int64_t{1} << 40, true, Colour::Green, std::string("text"),
                       RoomId("r1"), Seq(9), std::optional<std::string>())
                    .step());
    EXPECT_EQ(q.integer(0), std::int64_t{1} << 40);
    EXPECT_EQ(q.integer(1), 1);
    EXPECT_EQ(q.integer(2), 1);
    EXPECT_EQ(q.text(3), "text");
    EXPECT_EQ(q.text(4), "r1");
    EXPECT_EQ(q.integer(5), 9);
    EXPECT_TRUE(q.isNull(6));
    EXPECT_EQ(q.view(6), "");
    EXPECT_FALSE(q.step());
}

TEST(Sqlite, anEmptyTextIsATextAndNotNull)
{
    auto db = memory();
    Query q = db->query("SELECT ?, ?");
    ASSERT_TRUE(q.bind(std::string_view(), std::optional(std::string("in"))).step());
    EXPECT_FALSE(q.isNull(0));
    EXPECT_EQ(q.text(1), "in");
}

TEST(Sqlite, bytesBehindANulAreKept)
{
    auto db = memory();
    const std::string text("a\0b", 3);
    Query q = db->query("SELECT ?");
    ASSERT_TRUE(q.bind(text).step());
    EXPECT_EQ(q.text(0), text);
}

TEST(Sqlite, aStatementThatIsInUseCanBeAskedAgain)
{
    auto db = memory();
    const char* const kSql = "SELECT value FROM json_each('[1,2,3]')";
    Query outer = db->query(kSql);
    ASSERT_TRUE(outer.step());
    {
        Query inner = db->query(kSql);
        ASSERT_TRUE(inner.step());
        EXPECT_EQ(inner.integer(0), 1);
    }
    ASSERT_TRUE(outer.step());
    EXPECT_EQ(outer.integer(0), 2);
    EXPECT_TRUE(db->ok());
}

TEST(Sqlite, inATransactionTheFirstFailureSticksAndNothingRunsBehindIt)
{
    auto db = memory();
    db->setTransaction(true);
    EXPECT_TRUE(db->query("INSERT INTO t VALUES(1, 'x')").run());
    EXPECT_FALSE(db->query("INSERT INTO t VALUES(2, 'x')").run());
    EXPECT_FALSE(db->ok());
    EXPECT_TRUE(db->stopped());
    EXPECT_FALSE(db->query("INSERT INTO t VALUES(3, 'y')").run());
    EXPECT_FALSE(db->query("SELECT nothing FROM nowhere").run());
    EXPECT_FALSE(db->exec("INSERT INTO t VALUES(4, 'z')"));
    const auto error = db->takeError();
    ASSERT_TRUE(error);
    EXPECT_EQ(error->code, ErrorCode::StorageFailed);
    EXPECT_NE(error->detail.find("UNIQUE"), std::string::npos) << error->detail;
    EXPECT_EQ(db->integer("SELECT count(*) FROM t"), 1);
    EXPECT_TRUE(db->ok());
    EXPECT_FALSE(db->takeError());
}

TEST(Sqlite, outsideOfOneTheNextReadIsTriedAndTheFirstFailureIsStillSaid)
{
    auto db = memory();
    EXPECT_TRUE(db->query("INSERT INTO t VALUES(1, 'x')").run());
    db->failed(10 | (1 << 8)); // SQLITE_IOERR_READ
    EXPECT_FALSE(db->stopped());
    Query q = db->query("SELECT b FROM t");
    ASSERT_TRUE(q.step());
    EXPECT_EQ(q.text(0), "x");
    EXPECT_FALSE(db->query("SELECT nothing FROM nowhere").run());
    EXPECT_FALSE(db->damaged()) << "the disk failed first";
    EXPECT_EQ(db->takeError()->code, ErrorCode::StorageFailed);
    db->failed(11); // SQLITE_CORRUPT
    EXPECT_TRUE(db->damaged());
}

TEST(Sqlite, aMistakeInAStatementIsAFailure)
{
    auto db = memory();
    EXPECT_FALSE(db->query("SELEC 1").run());
    EXPECT_EQ(db->takeError()->code, ErrorCode::StorageFailed);
    EXPECT_FALSE(db->exec("SELEC 1"));
    EXPECT_EQ(db->takeError()->code, ErrorCode::StorageFailed);
    EXPECT_EQ(db->integer("SELECT 1 WHERE 0"), 0);
    EXPECT_TRUE(db->ok());
}

TEST(Sqlite, whatChangedIsCounted)
{
    auto db = memory();
    db->query("INSERT INTO t VALUES(1, 'x'), (2, 'y')").run();
    EXPECT_EQ(db->changes(), 2);
    EXPECT_EQ(db->lastInsertId(), 2);
}

TEST(Sqlite, eachKindOfFailureHasItsCode)
{
    auto db = memory();
    const std::pair<int, ErrorCode> rows[] = {
        {13 /* SQLITE_FULL */, ErrorCode::StorageFull},
        {11 /* SQLITE_CORRUPT */, ErrorCode::StorageCorrupt},
        {26 /* SQLITE_NOTADB */, ErrorCode::StorageCorrupt},
        {5 /* SQLITE_BUSY */, ErrorCode::StorageLocked},
        {6 /* SQLITE_LOCKED */, ErrorCode::StorageLocked},
        {10 | (3 << 8) /* SQLITE_IOERR_WRITE */, ErrorCode::StorageFailed},
        {1 /* SQLITE_ERROR */, ErrorCode::StorageFailed},
    };
    for (const auto& [code, expected] : rows) {
        db->failed(code);
        EXPECT_EQ(db->takeError()->code, expected) << code;
    }
}

TEST(Sqlite, aFileThatIsNotThereOrIsNoDatabaseIsAnError)
{
    const fs::path folder =
        fs::temp_directory_path() / ("skein-sqlite-" + std::to_string(::getpid()));
    fs::create_directories(folder);
    const auto missing = Db::open((folder / "none.db").string(), Db::Mode::ReadOnly, {});
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, ErrorCode::StorageFailed);
    const auto vfs = Db::open((folder / "a.db").string(), Db::Mode::ReadWrite, "no such vfs");
    ASSERT_FALSE(vfs);

    std::ofstream(folder / "text.db") << std::string(4096, 'x');
    auto text = Db::open((folder / "text.db").string(), Db::Mode::ReadOnly, {});
    ASSERT_TRUE(text); // SQLite looks at the first read
    EXPECT_EQ((*text)->integer("SELECT count(*) FROM sqlite_master"), 0);
    EXPECT_EQ((*text)->takeError()->code, ErrorCode::StorageCorrupt);
    fs::remove_all(folder);
}

} // namespace
} // namespace skein::offline
