// The journal: what the engine notes about each thing that is sent, and what it costs.
#include "world.h"

#include "sdk/engine/journal.h"

#include <sqlite3.h>

namespace skein::engine::test
{

using offline::Happening;
using offline::Story;

class JournalTest : public World
{
protected:
    Story story(const TempId& tempId) const
    {
        auto reader = offline::Reader::open(path);
        EXPECT_TRUE(reader) << toString(reader.error());
        auto story = (*reader)->story(tempId);
        EXPECT_TRUE(story) << toString(story.error());
        return *story;
    }
    /// The story in words: `sent 1`, `refused rate_limited`, …
    static std::vector<std::string> words(const Story& story)
    {
        std::vector<std::string> list;
        for (const offline::StoryEvent& event : story.events) {
            std::string word(nameOf(event.what));
            const bool counted =
                event.what == Happening::Sent || event.what == Happening::Confirmed ||
                event.what == Happening::ConfirmedAgain || event.what == Happening::Echoed ||
                event.what == Happening::Delivered || event.what == Happening::Read;
            if (counted)
                word += ' ' + std::to_string(event.n);
            if (event.code)
                word += ' ' + std::string(wireName(*event.code));
            list.push_back(word);
        }
        return list;
    }
    void refuse(const TempId& tempId, ErrorCode code, bool permanent)
    {
        protocol::MessageFailed failed;
        failed.tempId = tempId;
        failed.code = code;
        failed.permanent = permanent;
        say(failed);
    }
    void othersAt(std::int64_t read, std::int64_t delivered)
    {
        protocol::Receipts receipts;
        receipts.room = kRoom;
        receipts.positions = {{kHer, Seq(read), Seq(delivered)}};
        say(receipts);
    }
    void confirmNext(const TempId& tempId, std::int64_t seq, bool dup = false)
    {
        auto frame = confirmation(tempId, seq);
        frame.dup = dup;
        say(frame);
    }
    /// What no transaction took along is written by now.
    void settle() { advance(Journal::kFlushMs + 1); }
};

using Words = std::vector<std::string>;

TEST_F(JournalTest, messageThatWentThroughTellsEachStepWithItsTime)
{
    goLive();
    clock.advance(Milliseconds(1'000));
    const std::int64_t written = clock.wallNow().ms;
    const TempId tempId = sendText("secret words");
    clock.advance(Milliseconds(30));
    confirmNext(tempId, 1);
    clock.advance(Milliseconds(500));
    othersAt(0, 1);
    clock.advance(Milliseconds(500));
    othersAt(1, 1);
    const Story told = story(tempId);
    EXPECT_EQ(told.state, Story::State::Confirmed);
    EXPECT_EQ(told.op, offline::Op::Send);
    EXPECT_EQ(told.room, kRoom);
    EXPECT_EQ(told.seq, Seq(1));
    EXPECT_TRUE(told.whole);
    EXPECT_TRUE(told.delivered);
    EXPECT_TRUE(told.read);
    ASSERT_EQ(words(told), (Words{"queued", "sent 1", "confirmed 1", "delivered 1", "read 1"}));
    const std::int64_t after[] = {0, 0, 30, 530, 1'030};
    for (std::size_t i = 0; i < told.events.size(); ++i)
        EXPECT_EQ(told.events[i].atMs - written, after[i]) << i;
}

TEST_F(JournalTest, aMessageNamesTheChangesThatWereMadeOfIt)
{
    goLive();
    const TempId tempId = sendText("a");
    confirmNext(tempId, 1);
    const auto row = screen.timeline().back().rowId;
    const auto edit = engine->edit(kRoom, row, "b");
    ASSERT_TRUE(edit);
    drop();
    engine->retryNow();
    reconnect();
    const auto reaction = engine->react(kRoom, row, "+1", true);
    ASSERT_TRUE(reaction);
    const Story told = story(tempId);
    EXPECT_EQ(told.state, Story::State::Confirmed);
    ASSERT_EQ(words(told),
              (Words{"queued", "sent 1", "confirmed 1", "change_queued", "change_queued"}))
        << "and not the connections of after its end";
    EXPECT_EQ(told.events[3].change, *edit);
    EXPECT_EQ(told.events[3].n, static_cast<std::int64_t>(offline::Op::Edit));
    EXPECT_EQ(told.events[4].change, *reaction);
    EXPECT_EQ(told.events[4].n, static_cast<std::int64_t>(offline::Op::Reaction));
    EXPECT_EQ(words(story(*edit)).front(), "queued");
}

TEST_F(JournalTest, lostConnectionAndResendAreToldWithTheRepeatedConfirmation)
{
    goLive();
    const TempId tempId = sendText("a");
    drop();
    engine->retryNow();
    reconnect();
    confirmNext(tempId, 1, true);
    EXPECT_EQ(words(story(tempId)),
              (Words{"queued", "sent 1", "connection_lost", "disconnected transport", "connected",
                     "sent 2", "confirmed_again 1"}));
}

TEST_F(JournalTest, storyIsKeptOverARestartAndSaysThatTheProgramWasStarted)
{
    goLive();
    const TempId tempId = sendText("a");
    settle();
    restartProcess();
    goLive();
    confirmNext(tempId, 1, true);
    EXPECT_EQ(words(story(tempId)),
              (Words{"queued", "sent 1", "started", "connected", "sent 2", "confirmed_again 1"}));
    restartProcess();
    EXPECT_EQ(words(story(tempId)).size(), 6U) << "what came after its end is not part of it";
}

TEST_F(JournalTest, answerThatDoesNotComeIsATimeout)
{
    goLive();
    const TempId tempId = sendText("a");
    for (int i = 0; i < 12; ++i) { // the connection lives: only the answer is missing
        advance(1'000);
        say(protocol::Pong{clock.now().ms, 0, {}});
    }
    settle();
    EXPECT_EQ(words(story(tempId)), (Words{"queued", "sent 1", "timed_out", "sent 2"}));
    EXPECT_EQ(story(tempId).state, Story::State::Waiting);
}

TEST_F(JournalTest, failedMessageTellsWhyAndWhatTheUserDid)
{
    goLive();
    const TempId first = sendText("a");
    const TempId second = sendText("b");
    refuse(first, ErrorCode::Forbidden, true);
    EXPECT_EQ(story(first).state, Story::State::Failed);
    EXPECT_EQ(story(first).error, ErrorCode::Forbidden);
    refuse(second, ErrorCode::DependencyFailed, false);
    settle();
    const Story behind = story(second);
    EXPECT_EQ(behind.state, Story::State::HeldBack);
    EXPECT_EQ(behind.behind, first);
    EXPECT_EQ(behind.ahead, 1);

    ASSERT_TRUE(engine->retry(first));
    confirmNext(first, 1);
    EXPECT_EQ(words(story(first)),
              (Words{"queued", "sent 1", "failed forbidden", "retried", "sent 2", "confirmed 1"}));

    drop();
    const TempId third = sendText("c");
    const auto row = screen.timeline().back();
    ASSERT_TRUE(engine->edit(kRoom, row.rowId, "d"));
    ASSERT_TRUE(engine->discard(third));
    EXPECT_EQ(words(story(third)), (Words{"queued", "edited", "discarded"}));
    EXPECT_EQ(story(third).state, Story::State::Discarded);
}

TEST_F(JournalTest, refusalForNowAndEchoBeforeTheConfirmationAreTold)
{
    goLive();
    const TempId tempId = sendText("x");
    refuse(tempId, ErrorCode::RateLimited, false);
    advance(1'500);
    protocol::Event echo = message(1, "x", kMe);
    echo.tempId = tempId;
    say(protocol::LogEntry{echo});
    confirmNext(tempId, 1);
    EXPECT_EQ(words(story(tempId)),
              (Words{"queued", "sent 1", "refused rate_limited", "sent 2", "echoed 1"}));
    EXPECT_EQ(story(tempId).state, Story::State::Confirmed);
}

TEST_F(JournalTest, changeOfAMessageHasAStoryOfItsOwn)
{
    goLive();
    const TempId sent = sendText("a");
    confirmNext(sent, 1);
    const auto edit = engine->edit(kRoom, screen.timeline()[0].rowId, "b");
    ASSERT_TRUE(edit);
    refuse(*edit, ErrorCode::Forbidden, true);
    const Story told = story(*edit);
    EXPECT_EQ(told.op, offline::Op::Edit);
    EXPECT_EQ(told.state, Story::State::Reverted);
    EXPECT_EQ(told.error, ErrorCode::Forbidden);
    EXPECT_EQ(words(told), (Words{"queued", "sent 1", "failed forbidden"}));
}

TEST_F(JournalTest, unknownIdIsUnheardOf)
{
    goLive();
    sendText("a");
    const Story told = story(TempId("0190f7a2-0000-7000-8000-000000000000"));
    EXPECT_EQ(told.state, Story::State::Unheard);
    EXPECT_TRUE(told.events.empty());
}

TEST_F(JournalTest, neitherBodiesNorTokensAreInIt)
{
    goLive();
    const TempId tempId = sendText("secret words");
    confirmNext(tempId, 1);
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open_v2(path.c_str(), &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, nullptr),
              SQLITE_OK);
    sqlite3_stmt* statement = nullptr;
    ASSERT_EQ(sqlite3_prepare_v2(db,
                                 "SELECT group_concat(coalesce(temp_id, '') || coalesce(code, ''),"
                                 " '|'), count(*) FROM journal",
                                 -1, &statement, nullptr),
              SQLITE_OK);
    ASSERT_EQ(sqlite3_step(statement), SQLITE_ROW);
    const std::string all = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
    EXPECT_GE(sqlite3_column_int(statement, 1), 5);
    EXPECT_EQ(all.find("secret"), std::string::npos);
    EXPECT_EQ(all.find("token"), std::string::npos);
    EXPECT_NE(all.find(tempId.str()), std::string::npos);
    sqlite3_finalize(statement);
    sqlite3_close(db);
}

TEST_F(JournalTest, connectionsAreKeptWithTheirEndsAndReasons)
{
    goLive();
    drop(4001); // draining
    settle();
    auto reader = offline::Reader::open(path);
    ASSERT_TRUE(reader);
    const auto events = (*reader)->connections(10);
    ASSERT_TRUE(events);
    ASSERT_EQ(events->size(), 3U);
    EXPECT_EQ((*events)[0].what, Happening::Disconnected);
    EXPECT_TRUE((*events)[0].code.has_value());
    EXPECT_EQ((*events)[1].what, Happening::Connected);
    EXPECT_EQ((*events)[2].what, Happening::Started);
    const auto one = (*reader)->connections(1);
    ASSERT_TRUE(one);
    EXPECT_EQ(one->size(), 1U);
}

// ---- what it costs ----

int countRows(const std::string& path)
{
    sqlite3* db = nullptr;
    EXPECT_EQ(sqlite3_open_v2(path.c_str(), &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, nullptr),
              SQLITE_OK);
    sqlite3_stmt* statement = nullptr;
    EXPECT_EQ(sqlite3_prepare_v2(db, "SELECT count(*) FROM journal", -1, &statement, nullptr),
              SQLITE_OK);
    EXPECT_EQ(sqlite3_step(statement), SQLITE_ROW);
    const int rows = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return rows;
}

TEST_F(JournalTest, sendPathGetsNoTransactionOfItsOwn)
{
    goLive();
    settle();
    const int before = countRows(path);
    const TempId tempId = sendText("a");
    // "queued" went with the message; "sent" came after its commit and waits for the next one.
    EXPECT_EQ(countRows(path), before + 1);
    confirmNext(tempId, 1);
    EXPECT_EQ(countRows(path), before + 3);
    // And when nothing comes along, one transaction for all that waits.
    const TempId second = sendText("b");
    EXPECT_EQ(countRows(path), before + 4);
    advance(Journal::kFlushMs - 1);
    EXPECT_EQ(countRows(path), before + 4);
    advance(2);
    EXPECT_EQ(countRows(path), before + 5);
}

TEST_F(JournalTest, whatATransactionTookBackDidNotHappen)
{
    Journal journal;
    const MonoTime at{1'000};
    const TempId tempId("0190f7a2-0000-7000-8000-000000000001");
    journal.note({1, Happening::Sent, 1, tempId, 0, {}}, at);
    journal.begin();
    journal.note({2, Happening::Confirmed, 1, tempId, 7, {}}, at);
    journal.finish(false, at);
    EXPECT_EQ(journal.waiting(), 1U);
    EXPECT_EQ(journal.dueAt(), at + Milliseconds(Journal::kAgainMs));
    journal.begin();
    journal.finish(true, at);
    EXPECT_EQ(journal.waiting(), 0U);
    EXPECT_FALSE(journal.dueAt());
}

TEST_F(JournalTest, whatWaitsIsBounded)
{
    Journal journal;
    for (std::size_t i = 0; i < 3 * Journal::kWaitingMax; ++i)
        journal.note({static_cast<std::int64_t>(i), Happening::Sent, 1, {}, 0, {}}, MonoTime{});
    EXPECT_LE(journal.waiting(), Journal::kWaitingMax);
    EXPECT_GE(journal.waiting(), Journal::kWaitingMax / 2);
}

} // namespace skein::engine::test
