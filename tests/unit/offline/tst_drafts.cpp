#include "offline/drafts.h"

#include "tests/unit/offline/memorystore.h"

namespace skein::offline
{
namespace
{

class DraftsTest : public test::MemoryStore
{
};

TEST_F(DraftsTest, aDraftIsTheLastTextOfItsRoomByteForByte)
{
    const RoomKey other = addRoom("room2");
    store->drafts().set(room, "first", 1);
    store->drafts().set(room, "გამარჯობა \xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x9A\x80\n  ", 2);
    store->drafts().set(other, "elsewhere", 3);
    EXPECT_EQ(store->drafts().text(room),
              "გამარჯობა \xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x9A\x80\n  ");
    EXPECT_EQ(store->drafts().text(other), "elsewhere");
}

TEST_F(DraftsTest, anEmptiedDraftIsGoneFromTheListButStaysToBeTold)
{
    const RoomKey other = addRoom("room2");
    store->drafts().set(room, "gone", 1);
    store->drafts().set(other, "stays", 1);
    store->drafts().set(room, "", 2);
    EXPECT_EQ(store->drafts().text(room), "");
    EXPECT_EQ(store->drafts().text(other), "stays");
    for (const RoomRecord& record : store->rooms().load())
        EXPECT_EQ(record.row.draft, record.key == other ? "stays" : "");
    for (const DraftRecord& draft : store->drafts().load())
        EXPECT_FALSE(draft.told) << draft.room;
    EXPECT_EQ(store->drafts().load().size(), 2U);
}

TEST_F(DraftsTest, everyFieldComesBackAndIsReplacedAsAWhole)
{
    DraftRecord draft{room,  "text", Seq(7),   Rev(9), Rev(8), test::tempId(1),
                      false, true,   "theirs", 5};
    store->drafts().save(draft);
    EXPECT_EQ(store->drafts().load(), std::vector<DraftRecord>{draft});
    draft = {room, "", Seq(), Rev(10), Rev(10), TempId(), true, false, "", 6};
    store->drafts().save(draft);
    EXPECT_EQ(store->drafts().load(), std::vector<DraftRecord>{draft});
}

TEST_F(DraftsTest, aNewTextOverOneThatWasToldKeepsWhatIsKnownOfTheServers)
{
    DraftRecord draft{room, "told", Seq(7), Rev(9), Rev(9), test::tempId(1), true, false, "", 5};
    store->drafts().save(draft);
    store->drafts().set(room, "new", 6);
    draft.text = "new";
    draft.told = false;
    draft.tempId = TempId();
    draft.changedMs = 6;
    EXPECT_EQ(store->drafts().load(), std::vector<DraftRecord>{draft});
}

TEST_F(DraftsTest, aRoomWithoutOneHasNone)
{
    EXPECT_EQ(store->drafts().text(room), "");
    EXPECT_EQ(store->drafts().text(999), "");
    EXPECT_FALSE(store->takeError());
}

} // namespace
} // namespace skein::offline
