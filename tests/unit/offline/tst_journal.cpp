#include "offline/journal.h"

#include "offline/reader.h"
#include "offline/store.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <functional>
#include <set>

namespace skein::offline
{
namespace
{

class JournalTest : public testing::Test
{
protected:
    void SetUp() override
    {
        path = "file:/journal" +
               std::string(testing::UnitTest::GetInstance()->current_test_info()->name()) +
               "?vfs=memdb";
        auto opened = Store::open({path, {}, false, false, 0});
        ASSERT_TRUE(opened) << toString(opened.error());
        store = std::move(*opened);
    }
    void add(std::int64_t atMs, Happening what, const TempId& tempId, std::int64_t n = 0)
    {
        store->journal().add({atMs, what, 0, tempId, n, {}});
    }
    void transact(const std::function<void()>& change)
    {
        auto transaction = store->begin(Durability::Cache);
        change();
        ASSERT_TRUE(transaction.commit());
    }
    Story story(const TempId& tempId) const
    {
        auto reader = Reader::open(path);
        EXPECT_TRUE(reader);
        const auto told = (*reader)->story(tempId);
        EXPECT_TRUE(told);
        return *told;
    }

    std::string path;
    std::unique_ptr<Store> store;
    const TempId one{"0190f7a2-0000-7000-8000-000000000001"};
    const TempId two{"0190f7a2-0000-7000-8000-000000000002"};
};

TEST_F(JournalTest, everyHappeningOpAndStateHasANameOfItsOwn)
{
    std::set<std::string_view> names;
    for (int i = 0; i < kHappeningCount; ++i)
        names.insert(nameOf(static_cast<Happening>(i)));
    EXPECT_EQ(names.size(), static_cast<std::size_t>(kHappeningCount));
    EXPECT_FALSE(names.contains("other"));
    EXPECT_EQ(nameOf(static_cast<Happening>(kHappeningCount)), "other");
    EXPECT_EQ(nameOf(Op::RoomCreate), "room_create");
    EXPECT_EQ(nameOf(Story::State::Forgotten), "forgotten");
}

TEST_F(JournalTest, rowsAreBoundedAndTheOldestGoFirst)
{
    transact([&] {
        add(0, Happening::Queued, one);
        for (std::int64_t i = 0; i < kJournalRowsMax + 2 * kJournalTrimEvery; ++i)
            add(i, Happening::Sent, two);
    });
    EXPECT_EQ(story(one).state, Story::State::Unheard);
    const Story kept = story(two);
    EXPECT_EQ(kept.events.size(), kStoryEventsMax);
    const auto rows = static_cast<std::int64_t>(kept.events.size()) + kept.skipped;
    EXPECT_LE(rows, kJournalRowsMax + kJournalTrimEvery);
    EXPECT_GE(rows, kJournalRowsMax);
}

TEST_F(JournalTest, oldRowsAreForgottenAndTheStorySaysThatItsBeginningIsGone)
{
    transact([&] {
        add(1'000, Happening::Queued, one);
        add(2'000, Happening::Discarded, one);
        add(1'000, Happening::Queued, two);
        add(5'000, Happening::Sent, two);
    });
    EXPECT_TRUE(story(two).whole);
    transact([&] { store->journal().trim(5'000 + kJournalAgeMaxMs); });
    EXPECT_EQ(story(one).state, Story::State::Unheard);
    const Story late = story(two);
    EXPECT_FALSE(late.whole);
    ASSERT_EQ(late.events.size(), 1U);
    EXPECT_EQ(late.events[0].what, Happening::Sent);
    transact([&] { store->journal().trim(5'001 + kJournalAgeMaxMs); });
    EXPECT_EQ(story(two).state, Story::State::Unheard);
}

TEST_F(JournalTest, clockThatWasTurnedBackDoesNotHideWhatIsYoung)
{
    transact([&] {
        add(kJournalAgeMaxMs * 3, Happening::Queued, one); // the clock was wrong then
        add(1'000, Happening::Sent, one);
        store->journal().trim(kJournalAgeMaxMs * 2);
    });
    EXPECT_EQ(story(one).events.size(), 2U);
}

TEST_F(JournalTest, longStoryKeepsItsBeginningAndItsEnd)
{
    transact([&] {
        add(0, Happening::Queued, one, static_cast<std::int64_t>(Op::Send));
        for (int i = 0; i < 1'000; ++i)
            add(i, Happening::Sent, one);
        add(2'000, Happening::Confirmed, one, 7);
    });
    const Story told = story(one);
    EXPECT_EQ(told.events.size(), kStoryEventsMax);
    EXPECT_EQ(told.skipped, 1'002 - static_cast<std::int64_t>(kStoryEventsMax));
    EXPECT_EQ(told.events.front().what, Happening::Queued);
    EXPECT_EQ(told.events.back().what, Happening::Confirmed);
    EXPECT_EQ(told.events[told.events.size() - 2].n, 1'000) << "counted over what is left out";
    EXPECT_EQ(told.state, Story::State::Confirmed);
    EXPECT_EQ(told.seq, Seq(7));
}

} // namespace
} // namespace skein::offline
