#include "offline/users.h"

#include "tests/unit/offline/memorystore.h"

namespace skein::offline
{
namespace
{

class UsersTest : public test::MemoryStore
{
};

TEST_F(UsersTest, aUserKeepsTheNumberOfTheFirstUse)
{
    const std::int64_t her = store->users().key(test::kPeer);
    EXPECT_NE(her, 0);
    EXPECT_NE(store->users().key(UserId("u_other")), her);
    EXPECT_EQ(store->users().key(test::kPeer), her);
    store->users().forget(); // now from the table
    EXPECT_EQ(store->users().key(test::kPeer), her);
}

TEST_F(UsersTest, aNumberGivenInARolledBackTransactionIsNotRemembered)
{
    {
        auto transaction = store->begin(Durability::Cache);
        (void)store->users().key(test::kPeer);
    }
    const std::int64_t her = store->users().key(test::kPeer);
    // The name is joined through the number, so a stale one would lose it.
    EXPECT_TRUE(store->users().setName(test::kPeer, "Her"));
    const RowEffect effect = store->timeline().applyMessage(room, message(1, "text"));
    EXPECT_EQ(row(effect.changed).senderName, "Her");
    EXPECT_EQ(store->users().key(test::kPeer), her);
}

TEST_F(UsersTest, onlyANewNameIsAChange)
{
    EXPECT_EQ(store->users().name(test::kPeer), "");
    EXPECT_TRUE(store->users().setName(test::kPeer, "Her"));
    EXPECT_FALSE(store->users().setName(test::kPeer, "Her"));
    EXPECT_TRUE(store->users().setName(test::kPeer, "Her now"));
    EXPECT_EQ(store->users().name(test::kPeer), "Her now");
}

TEST_F(UsersTest, anEmptyNameNeverHidesAKnownOne)
{
    EXPECT_TRUE(store->users().setName(test::kPeer, "Her"));
    EXPECT_FALSE(store->users().setName(test::kPeer, ""));
    EXPECT_FALSE(store->users().setName(UserId(), "nobody"));
    EXPECT_EQ(store->users().name(test::kPeer), "Her");
}

} // namespace
} // namespace skein::offline
