#include "server/storage/sqlite/schema.h"

#include <gtest/gtest.h>

namespace skein::server::sqlite
{
namespace
{

class Schema : public testing::Test
{
protected:
    void SetUp() override { ASSERT_TRUE(db.open(":memory:", {})); }
    Db db;
};

TEST_F(Schema, anEmptyFileBecomesOneOfOurs)
{
    ASSERT_TRUE(migrate(db));
    EXPECT_EQ(db.integer("PRAGMA application_id"), kApplicationId);
    EXPECT_EQ(db.integer("PRAGMA user_version"), schemaVersion());
    EXPECT_EQ(db.integer("SELECT count(*) FROM message"), 0);
    const std::int64_t tables = db.integer("SELECT count(*) FROM sqlite_schema");
    ASSERT_TRUE(migrate(db)) << "a second time there is nothing to do";
    EXPECT_EQ(db.integer("SELECT count(*) FROM sqlite_schema"), tables);
}

TEST_F(Schema, somebodyElsesFileIsRefusedAndLeftAlone)
{
    for (const char* made :
         {"PRAGMA application_id = 7", "PRAGMA user_version = 3", "CREATE TABLE theirs(a)"}) {
        Db theirs;
        ASSERT_TRUE(theirs.open(":memory:", {}));
        ASSERT_TRUE(theirs.exec(made));
        const std::int64_t tables = theirs.integer("SELECT count(*) FROM sqlite_schema");
        const auto done = migrate(theirs);
        ASSERT_FALSE(done) << made;
        EXPECT_EQ(done.error().code, ErrorCode::StorageCorrupt) << made;
        EXPECT_EQ(theirs.integer("SELECT count(*) FROM sqlite_schema"), tables);
    }
}

TEST_F(Schema, aLaterVersionIsRefusedAndLeftAlone)
{
    ASSERT_TRUE(migrate(db));
    ASSERT_TRUE(db.exec("PRAGMA user_version = 9999"));
    const auto done = migrate(db);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, ErrorCode::StorageVersion);
    EXPECT_EQ(db.integer("PRAGMA user_version"), 9999);
}

TEST_F(Schema, aVersionBelowTheFirstIsDamageNotASlotBeforeTheSteps)
{
    ASSERT_TRUE(migrate(db));
    for (const char* version : {"PRAGMA user_version = -1", "PRAGMA user_version = -2147483648"}) {
        ASSERT_TRUE(db.exec(version));
        const auto done = migrate(db);
        ASSERT_FALSE(done) << version;
        EXPECT_EQ(done.error().code, ErrorCode::StorageCorrupt) << version;
    }
}

TEST_F(Schema, aStepThatFailsLeavesNothingOfItself)
{
    // A table of ours without the stamp of its version: the step meets it and is taken back.
    ASSERT_TRUE(db.exec("CREATE TABLE refresh(a)"));
    ASSERT_TRUE(db.exec(("PRAGMA application_id = " + std::to_string(kApplicationId)).c_str()));
    ASSERT_FALSE(migrate(db));
    EXPECT_FALSE(db.inTransaction());
    EXPECT_FALSE(db.failed()) << "the connection is usable again";
    EXPECT_EQ(db.integer("PRAGMA user_version"), 0);
    EXPECT_EQ(db.integer("SELECT count(*) FROM sqlite_schema"), 1);
}

} // namespace
} // namespace skein::server::sqlite
