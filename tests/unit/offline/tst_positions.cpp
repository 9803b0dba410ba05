#include "offline/positions.h"

#include "offline/reader.h"
#include "tests/unit/offline/memorystore.h"

namespace skein::offline
{
namespace
{

class PositionsTest : public test::MemoryStore
{
protected:
    [[nodiscard]] std::int64_t key(const char* user) { return store->users().key(UserId(user)); }
    bool merge(const char* user, std::int64_t read, std::int64_t delivered)
    {
        return store->positions().merge(room, key(user), Seq(read), Seq(delivered));
    }
    [[nodiscard]] std::string kept()
    {
        auto reader = Reader::open(path());
        EXPECT_TRUE(reader);
        std::string text;
        const auto receipts = (*reader)->receipts(RoomId("room1"), Seq(1), 0, 100);
        EXPECT_TRUE(receipts);
        for (const ReceiptRow& row : receipts->rows)
            text += row.user.str() + ":" + std::to_string(row.read.value()) + "/" +
                    std::to_string(row.delivered.value()) + " ";
        return text;
    }
    [[nodiscard]] const std::string& path() const { return store->path(); }
};

TEST_F(PositionsTest, aPositionOnlyGoesForwardAndSaysWhetherItDid)
{
    EXPECT_TRUE(merge("u_a", 3, 5));
    EXPECT_FALSE(merge("u_a", 3, 5));
    EXPECT_FALSE(merge("u_a", 2, 4));
    EXPECT_TRUE(merge("u_a", 2, 6)) << "each of the two for itself";
    EXPECT_EQ(kept(), "u_a:3/6 ");
}

TEST_F(PositionsTest, whoLeftIsForgottenAndWhoIsBackSinceIsNot)
{
    merge("u_a", 3, 5);
    merge("u_b", 9, 9); // joined again by entry 9
    EXPECT_TRUE(store->positions().forget(room, key("u_a"), Seq(6)));
    EXPECT_FALSE(store->positions().forget(room, key("u_a"), Seq(6)));
    EXPECT_FALSE(store->positions().forget(room, key("u_b"), Seq(7)));
    EXPECT_EQ(kept(), "u_b:9/9 ");
}

TEST_F(PositionsTest, whoIsOnNoListOfMembersIsGone)
{
    merge("u_a", 1, 1);
    merge("u_b", 1, 1);
    EXPECT_TRUE(store->positions().keepOnly(room, {key("u_b"), key("u_c")}));
    EXPECT_FALSE(store->positions().keepOnly(room, {key("u_b"), key("u_c")}));
    EXPECT_EQ(kept(), "u_b:1/1 ");
}

TEST_F(PositionsTest, theyGoWithTheirRoomAndWithNoOther)
{
    const RoomKey other = addRoom("room2");
    merge("u_a", 1, 1);
    store->positions().merge(other, key("u_a"), Seq(2), Seq(2));
    EXPECT_EQ(store->positions().rooms(), (std::vector<RoomKey>{room, other}));
    store->positions().clear(room);
    EXPECT_EQ(store->positions().rooms(), std::vector<RoomKey>{other});
    store->rooms().erase(other);
    EXPECT_TRUE(store->positions().rooms().empty());
    const RoomKey again = addRoom("room3"); // the number is given anew
    EXPECT_EQ(again, other);
    EXPECT_TRUE(store->positions().rooms().empty());
}

TEST_F(PositionsTest, aListIsWhoReadItThenWhoGotItEachByNameAndInPages)
{
    store->users().setName(UserId("u_a"), "Zeno");
    store->users().setName(UserId("u_b"), "ada");
    store->users().setName(UserId("u_c"), "Ben");
    store->users().setName(UserId("u_d"), "Cid");
    merge("u_a", 10, 12);
    merge("u_b", 9, 10); // has got it
    merge("u_c", 3, 4);  // has not
    merge("u_d", 11, 11);
    store->setFact(Store::kUser, test::kSelf.str());
    auto reader = Reader::open(path());
    ASSERT_TRUE(reader);
    const auto names = [&](std::size_t offset, std::size_t limit) {
        std::string text;
        const auto receipts = (*reader)->receipts(RoomId("room1"), Seq(10), offset, limit);
        EXPECT_EQ(receipts->others, 4);
        EXPECT_EQ(receipts->delivered, 3);
        EXPECT_EQ(receipts->read, 2);
        for (const ReceiptRow& row : receipts->rows)
            text += row.name + " ";
        return text;
    };
    EXPECT_EQ(names(0, 100), "Cid Zeno ada Ben ");
    EXPECT_EQ(names(1, 2), "Zeno ada ");
}

TEST_F(PositionsTest, whoWroteTheMessageIsNoneOfItsReaders)
{
    store->timeline().applyMessage(room, message(5, "by her"));
    store->users().setName(test::kPeer, "Her");
    merge(test::kPeer.str().c_str(), 5, 5);
    merge("u_a", 5, 5);
    auto reader = Reader::open(path());
    ASSERT_TRUE(reader);
    const auto of = [&](std::int64_t seq) {
        return (*reader)->receipts(RoomId("room1"), Seq(seq), 0, 10)->others;
    };
    EXPECT_EQ(of(5), 1);
    EXPECT_EQ(of(4), 2);
}

TEST_F(PositionsTest, ofAnUnknownRoomNobodyIsKnown)
{
    auto reader = Reader::open(path());
    ASSERT_TRUE(reader);
    EXPECT_EQ((*reader)->receipts(RoomId("nowhere"), Seq(1), 0, 10), Receipts());
}

} // namespace
} // namespace skein::offline
