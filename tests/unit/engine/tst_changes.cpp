// Edits, deletions and reactions go through the same outbox as messages.
#include "world.h"

namespace skein::engine::test
{

using offline::Status;
using protocol::Kind;

class Changes : public World
{
protected:
    void goLiveWith(const std::vector<std::string>& own)
    {
        for (std::size_t i = 0; i < own.size(); ++i) {
            const auto seq = static_cast<std::int64_t>(i) + 1;
            log[seq] = message(seq, own[i], kMe);
        }
        goLive(static_cast<std::int64_t>(own.size()));
        ASSERT_EQ(screen.bodies(), own);
    }
    [[nodiscard]] offline::RowId row(std::size_t index) const
    {
        return screen.timeline()[index].rowId;
    }
    [[nodiscard]] std::string stored(std::size_t indexFromNewest = 0)
    {
        auto reader = offline::Reader::open(path);
        return (*reader)->newest(kRoom, 50)->rows.at(indexFromNewest).body;
    }
};

TEST_F(Changes, editIsShownAtOnceAndNamesItsTarget)
{
    goLiveWith({"old"});
    const auto tempId = engine->edit(kRoom, row(0), "new");
    ASSERT_TRUE(tempId);
    EXPECT_EQ(screen.bodies(), std::vector<std::string>{"new"});
    EXPECT_TRUE(screen.timeline()[0].edited);
    EXPECT_EQ(stored(), "new");
    const auto sent = transport.take<protocol::MessageEdit>();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].target, Seq(1));
    EXPECT_EQ(sent[0].body, "new");
}

TEST_F(Changes, failedEditIsRevertedAndBlocksNothing)
{
    goLiveWith({"old"});
    const auto tempId = engine->edit(kRoom, row(0), "new");
    sendText("next");
    say(protocol::MessageFailed{*tempId, ErrorCode::Conflict, true, {}, ""});
    EXPECT_EQ(screen.bodies(), (std::vector<std::string>{"old", "next"}));
    ASSERT_EQ(screen.failures.size(), 1U);
    EXPECT_EQ(screen.failures[0].first, *tempId);
    EXPECT_EQ(screen.failures[0].second.code, ErrorCode::Conflict);
    EXPECT_EQ(transport.take<protocol::MessageSend>().size(), 1U);
    EXPECT_EQ(engine->outbox().failed, 0);
}

TEST_F(Changes, confirmedEditStaysShownUntilItsEventComes)
{
    goLiveWith({"old", "two"});
    const auto tempId = engine->edit(kRoom, row(0), "new");
    // Somebody else's event 3 is still on its way.
    say(confirmation(*tempId, 4));
    EXPECT_EQ(screen.bodies()[0], "new");
    say(protocol::LogEntry{message(3, "three")});
    protocol::Event echo = editOf(4, 1, "new");
    echo.sender = kMe;
    echo.tempId = *tempId;
    say(protocol::LogEntry{echo});
    EXPECT_EQ(screen.bodies(), (std::vector<std::string>{"new", "two", "three"}));
    EXPECT_EQ(engine->outbox(), OutboxState{});
    EXPECT_TRUE(store->outbox().list().empty());
}

TEST_F(Changes, changeBySomebodyElseIsNotLostUnderOnesOwn)
{
    goLiveWith({"hello"});
    const auto tempId = engine->react(kRoom, row(0), "👍", true);
    protocol::Event theirs = mutation(2, Kind::Reaction, 1);
    theirs.reactions = {{"🎉", {kHer}}};
    say(protocol::LogEntry{theirs});
    ASSERT_EQ(screen.timeline()[0].reactions.size(), 2U);
    say(protocol::MessageFailed{*tempId, ErrorCode::Forbidden, true, {}, ""});
    ASSERT_EQ(screen.timeline()[0].reactions.size(), 1U);
    EXPECT_EQ(screen.timeline()[0].reactions[0].key, "🎉");
}

TEST_F(Changes, editOfAnUnsentMessageRewritesTheQueuedOne)
{
    goLive();
    drop();
    const TempId tempId = sendText("typo");
    const auto edited = engine->edit(kRoom, row(0), "fixed");
    ASSERT_TRUE(edited);
    EXPECT_EQ(*edited, tempId);
    EXPECT_EQ(screen.bodies(), std::vector<std::string>{"fixed"});
    engine->retryNow();
    reconnect();
    const auto sent = transport.take<protocol::MessageSend>();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].body, "fixed");
    EXPECT_TRUE(transport.take<protocol::MessageEdit>().empty());
}

TEST_F(Changes, editOfAMessageOnItsWayWaitsForItsSeq)
{
    goLive();
    const TempId tempId = sendText("typo");
    transport.take<protocol::MessageSend>();
    ASSERT_TRUE(engine->edit(kRoom, row(0), "fixed"));
    EXPECT_EQ(screen.bodies(), std::vector<std::string>{"fixed"});
    EXPECT_TRUE(transport.take<protocol::MessageEdit>().empty());
    say(confirmation(tempId, 1));
    const auto sent = transport.take<protocol::MessageEdit>();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].target, Seq(1));
    EXPECT_EQ(screen.bodies(), std::vector<std::string>{"fixed"});
}

TEST_F(Changes, afterARestartAQueuedMessageMayHaveBeenSentSoItsEditFollowsIt)
{
    goLive();
    const TempId tempId = sendText("typo");
    restartProcess();
    auto reader = offline::Reader::open(path);
    const auto rowId = (*reader)->newest(kRoom, 1)->rows.at(0).rowId;
    ASSERT_TRUE(engine->edit(kRoom, rowId, "fixed"));
    engine->start();
    reconnect();
    const auto sent = transport.take<protocol::MessageSend>();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].body, "typo"); // under this key the server may hold it already
    say(confirmation(tempId, 1));
    EXPECT_EQ(transport.take<protocol::MessageEdit>().size(), 1U);
}

TEST_F(Changes, editOfAFailedMessageSendsItAgainUnderItsKey)
{
    goLive();
    const TempId tempId = sendText("bad");
    transport.take<protocol::MessageSend>();
    say(protocol::MessageFailed{tempId, ErrorCode::BadField, true, {}, "body"});
    ASSERT_TRUE(engine->edit(kRoom, row(0), "good"));
    const auto sent = transport.take<protocol::MessageSend>();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].tempId, tempId);
    EXPECT_EQ(sent[0].body, "good");
    EXPECT_EQ(screen.timeline()[0].status, Status::Sending);
    EXPECT_FALSE(screen.timeline()[0].error);
}

TEST_F(Changes, editBehindAMessageThatIsThenRefusedIsFoldedIntoIt)
{
    goLive();
    const TempId tempId = sendText("one");
    ASSERT_TRUE(engine->edit(kRoom, row(0), "two"));
    say(protocol::MessageFailed{tempId, ErrorCode::Forbidden, true, {}, ""});
    EXPECT_EQ(screen.bodies(), std::vector<std::string>{"two"});
    ASSERT_TRUE(engine->retry(tempId));
    const auto sent = transport.take<protocol::MessageSend>();
    EXPECT_EQ(sent.back().body, "two");
    EXPECT_EQ(store->outbox().list().size(), 1U);
}

TEST_F(Changes, deletionOfAnUnsentMessageTakesItOutOfTheQueue)
{
    goLive();
    drop();
    sendText("never mind");
    ASSERT_TRUE(engine->remove(kRoom, row(0)));
    EXPECT_TRUE(screen.timeline().empty());
    EXPECT_TRUE(store->outbox().list().empty());
}

TEST_F(Changes, deletionOfASentMessageLeavesATombstone)
{
    goLiveWith({"secret"});
    ASSERT_TRUE(engine->remove(kRoom, row(0)));
    EXPECT_TRUE(screen.timeline()[0].deleted);
    EXPECT_EQ(screen.timeline()[0].body, "");
    EXPECT_EQ(transport.take<protocol::MessageDelete>().size(), 1U);
}

TEST_F(Changes, whatMayBeOnItsWayIsNotDiscarded)
{
    goLive();
    const TempId tempId = sendText("gone?");
    EXPECT_EQ(engine->discard(tempId).error().code, ErrorCode::Conflict);
    EXPECT_EQ(engine->discard(TempId("none")).error().code, ErrorCode::NotFound);
    EXPECT_EQ(screen.timeline().size(), 1U);
}

TEST_F(Changes, onlyOnesOwnMessagesAreEdited)
{
    fillLog(1);
    goLive(1);
    EXPECT_EQ(engine->edit(kRoom, row(0), "mine now").error().code, ErrorCode::Forbidden);
    EXPECT_EQ(engine->edit(kRoom, 12345, "x").error().code, ErrorCode::NotFound);
    EXPECT_EQ(engine->react(kRoom, row(0), "", true).error().code, ErrorCode::InvalidArgument);
}

} // namespace skein::engine::test
