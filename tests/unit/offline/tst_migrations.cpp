#include "offline/migrations.h"

#include "offline/sqlite.h"

#include <gtest/gtest.h>

namespace skein::offline
{
namespace
{

TEST(Migrations, eachStepRunsOnWhatTheOnesBeforeItMade)
{
    auto db = Db::open(":memory:", Db::Mode::ReadWrite, {});
    ASSERT_TRUE(db);
    ASSERT_FALSE(migrations().empty());
    for (std::size_t i = 0; i < migrations().size(); ++i) {
        EXPECT_TRUE((*db)->exec(std::string(migrations()[i]).c_str()))
            << "migration " << i + 1 << ": " << toString(*(*db)->error());
    }
    // What the user wrote has a table from the first version on.
    for (const char* sql : {"SELECT count(*) FROM outbox", "SELECT count(*) FROM drafts"})
        EXPECT_EQ((*db)->integer(sql), 0);
    EXPECT_TRUE((*db)->ok());
}

TEST(Migrations, noneOpensOrEndsATransactionOrSetsTheVersionItself)
{
    for (const std::string_view script : migrations()) {
        for (const char* word : {"COMMIT", "ROLLBACK", "BEGIN IMMEDIATE", "user_version"})
            EXPECT_EQ(script.find(word), std::string_view::npos) << word;
    }
}

} // namespace
} // namespace skein::offline
