#include "offline/rowbuilder.h"

#include "tests/unit/offline/memorystore.h"

namespace skein::offline
{
namespace
{

class RowBuilderTest : public test::MemoryStore
{
protected:
    RowId reply(std::int64_t seq, std::int64_t to)
    {
        protocol::Event event = message(seq, "reply");
        event.replyTo = Seq(to);
        return store->timeline().applyMessage(room, event).changed;
    }
};

TEST(Excerpt, endsAtACharacterAndNeverInsideOne)
{
    EXPECT_EQ(excerpt("გამარჯობა", 3), "გამ");
    EXPECT_EQ(excerpt("abc", 3), "abc");
    EXPECT_EQ(excerpt("abc", 2), "ab");
    EXPECT_EQ(excerpt("", 3), "");
    EXPECT_EQ(excerpt("abc", 0), "");
    EXPECT_EQ(excerpt("\xF0\x9F\x98\x80\xF0\x9F\x98\x80", 1), "\xF0\x9F\x98\x80");
}

TEST(Excerpt, isOneLine)
{
    EXPECT_EQ(excerpt("a\nb\r\nc\td", 20), "a b  c d");
}

TEST_F(RowBuilderTest, aQuoteTellsWhoSaidWhat)
{
    store->users().setName(test::kPeer, "Her");
    store->timeline().applyMessage(room, message(1, "line one\nline two"));
    const auto quote = row(reply(2, 1)).replyTo;
    ASSERT_TRUE(quote);
    EXPECT_EQ(quote->seq, Seq(1));
    EXPECT_EQ(quote->sender, test::kPeer);
    EXPECT_EQ(quote->senderName, "Her");
    EXPECT_EQ(quote->text, "line one line two");
}

TEST_F(RowBuilderTest, aLongQuoteIsCutAt140Characters)
{
    std::string body;
    for (int i = 0; i < 200; ++i)
        body += "ა";
    store->timeline().applyMessage(room, message(1, body));
    EXPECT_EQ(row(reply(2, 1)).replyTo->text.size(), 3 * kQuoteCharactersMax);
}

TEST_F(RowBuilderTest, aQuoteOfSomethingDeletedOrNotHereIsEmpty)
{
    store->timeline().applyMessage(room, message(1, "secret"));
    store->timeline().applyMutation(room, mutation(3, protocol::Kind::Delete, 1));
    const auto deleted = row(reply(4, 1)).replyTo;
    ASSERT_TRUE(deleted);
    EXPECT_EQ(deleted->text, "");
    EXPECT_EQ(deleted->sender, test::kPeer);
    const auto missing = row(reply(9, 8)).replyTo;
    ASSERT_TRUE(missing);
    EXPECT_EQ(missing->seq, Seq(8));
    EXPECT_EQ(missing->sender, UserId());
}

TEST_F(RowBuilderTest, aNewNameIsShownOnceTheOldOnesAreForgotten)
{
    const RowId tid = store->timeline().applyMessage(room, message(1, "text")).changed;
    EXPECT_EQ(row(tid).senderName, "");
    store->users().setName(test::kPeer, "Her");
    store->timeline().forgetNames();
    EXPECT_EQ(row(tid).senderName, "Her");
    EXPECT_FALSE(row(tid).own);
}

TEST_F(RowBuilderTest, aHoleStandsAtItsFirstMissingEntry)
{
    const MessageRow hole = RowBuilder::hole(view(), Seq(5), Seq(9));
    EXPECT_EQ(hole.type, MessageRow::Type::Hole);
    EXPECT_EQ(hole.position, 5);
    EXPECT_EQ(hole.seq, Seq(5));
    EXPECT_EQ(hole.holeHi, Seq(9));
    EXPECT_LT(hole.rowId, 0);
    EXPECT_EQ(hole.room, RoomId("room1"));
}

} // namespace
} // namespace skein::offline
