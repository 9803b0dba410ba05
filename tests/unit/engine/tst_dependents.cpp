// What is asked about a message that is not confirmed yet: every operation, in every state of the
// message, over restarts and refusals.
#include "world.h"

namespace skein::engine::test
{

using protocol::MessageDelete;
using protocol::MessageEdit;
using protocol::MessageSend;
using protocol::PinSet;
using protocol::ReactionSet;

enum class Ask { Edit, Delete, React, Pin };

class Dependents : public World, public testing::WithParamInterface<Ask>
{
protected:
    Result<TempId> askAbout(offline::RowId row)
    {
        switch (GetParam()) {
        case Ask::Edit:
            return engine->edit(kRoom, row, "changed");
        case Ask::Delete:
            return engine->remove(kRoom, row);
        case Ask::React:
            return engine->react(kRoom, row, "👍", true);
        case Ask::Pin:
            break;
        }
        return engine->pin(kRoom, row, true);
    }
    /// Targets of the operations of the parameter's kind that went over the wire since.
    std::vector<Seq> targets()
    {
        std::vector<Seq> found;
        for (const auto& frame : transport.take<MessageEdit>())
            found.push_back(frame.target);
        for (const auto& frame : transport.take<MessageDelete>())
            found.push_back(frame.target);
        for (const auto& frame : transport.take<ReactionSet>())
            found.push_back(frame.target);
        for (const auto& frame : transport.take<PinSet>())
            found.push_back(frame.target);
        return found;
    }
    [[nodiscard]] static bool shows(const offline::MessageRow& row)
    {
        switch (GetParam()) {
        case Ask::Edit:
            return row.body == "changed";
        case Ask::Delete:
            return row.deleted;
        case Ask::React:
            return row.reactions.size() == 1 && row.reactions[0].key == "👍";
        case Ask::Pin:
            break;
        }
        return row.pinned;
    }
    [[nodiscard]] offline::MessageRow newestStored()
    {
        auto reader = offline::Reader::open(path);
        const auto page = (*reader)->newest(kRoom, 10);
        EXPECT_FALSE(page->rows.empty());
        return page->rows.empty() ? offline::MessageRow() : page->rows[0];
    }
    [[nodiscard]] std::size_t rowsStored()
    {
        auto reader = offline::Reader::open(path);
        return (*reader)->newest(kRoom, 10)->rows.size();
    }
    void cameBack()
    {
        engine->retryNow();
        reconnect();
    }
};

INSTANTIATE_TEST_SUITE_P(Operations, Dependents,
                         testing::Values(Ask::Edit, Ask::Delete, Ask::React, Ask::Pin));

TEST_P(Dependents, neverSentMessageTakesItInOrWaitsWithIt)
{
    goLive();
    drop();
    const TempId message = sendText("typed");
    ASSERT_TRUE(askAbout(screen.timeline()[0].rowId));
    if (GetParam() == Ask::Delete) {
        EXPECT_TRUE(screen.timeline().empty());
        EXPECT_TRUE(store->outbox().list().empty());
        return;
    }
    EXPECT_TRUE(shows(screen.timeline()[0]));
    cameBack();
    const auto sent = transport.take<MessageSend>();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].body, GetParam() == Ask::Edit ? "changed" : "typed");
    EXPECT_TRUE(targets().empty());
    say(confirmation(message, 7));
    EXPECT_EQ(targets(), GetParam() == Ask::Edit ? std::vector<Seq>{} : std::vector<Seq>{Seq(7)});
    EXPECT_TRUE(shows(newestStored()));
}

TEST_P(Dependents, messageInFlightIsWaitedForAndNamedByItsSeq)
{
    goLive();
    const TempId message = sendText("typed");
    transport.take<MessageSend>();
    ASSERT_TRUE(askAbout(screen.timeline()[0].rowId));
    EXPECT_TRUE(shows(screen.timeline()[0]));
    EXPECT_TRUE(targets().empty());
    say(confirmation(message, 3));
    EXPECT_EQ(targets(), std::vector<Seq>{Seq(3)});
    EXPECT_TRUE(shows(screen.timeline()[0]));
}

TEST_P(Dependents, ownEchoThatComesInsteadOfTheConfirmationLetsItGoToo)
{
    goLive();
    const TempId message = sendText("typed");
    ASSERT_TRUE(askAbout(screen.timeline()[0].rowId));
    protocol::Event echo = test::message(1, "typed", kMe);
    echo.tempId = message;
    say(protocol::LogEntry{echo});
    EXPECT_EQ(targets(), std::vector<Seq>{Seq(1)});
    EXPECT_TRUE(shows(screen.timeline()[0]));
}

TEST_P(Dependents, messageOfUnknownFateIsWaitedForOverAReconnect)
{
    goLive();
    const TempId message = sendText("typed");
    drop();
    ASSERT_TRUE(askAbout(screen.timeline()[0].rowId));
    EXPECT_TRUE(shows(screen.timeline()[0]));
    cameBack();
    const auto sent = transport.take<MessageSend>();
    ASSERT_FALSE(sent.empty());
    EXPECT_EQ(sent.back().tempId, message);
    EXPECT_EQ(sent.back().body, "typed"); // the server may have it under this key already
    EXPECT_TRUE(targets().empty());
    say(confirmation(message, 2));
    EXPECT_EQ(targets(), std::vector<Seq>{Seq(2)});
}

TEST_P(Dependents, bothSurviveTheProcessInOrder)
{
    goLive();
    const TempId message = sendText("typed");
    ASSERT_TRUE(askAbout(screen.timeline()[0].rowId));
    restartProcess();
    EXPECT_TRUE(shows(newestStored()));
    engine->start();
    reconnect();
    EXPECT_EQ(transport.take<MessageSend>().size(), 1U);
    EXPECT_TRUE(targets().empty());
    say(confirmation(message, 9));
    EXPECT_EQ(targets(), std::vector<Seq>{Seq(9)});
    EXPECT_TRUE(shows(newestStored()));
}

TEST_P(Dependents, messageRefusedForGoodTakesInEditsLeavesWhenDeletedAndKeepsTheRest)
{
    goLive();
    const TempId message = sendText("typed");
    ASSERT_TRUE(askAbout(screen.timeline()[0].rowId));
    transport.take<MessageSend>();
    say(protocol::MessageFailed{message, ErrorCode::Forbidden, true, {}, ""});
    if (GetParam() == Ask::Delete) {
        // It is nowhere else, and nobody wants it any more.
        EXPECT_TRUE(screen.timeline().empty());
        EXPECT_EQ(rowsStored(), 0U);
        EXPECT_TRUE(store->outbox().list().empty());
        EXPECT_EQ(engine->outbox(), OutboxState{});
        EXPECT_EQ(screen.rooms[kRoom].failed, 0);
        sendText("next");
        EXPECT_EQ(transport.take<MessageSend>().size(), 1U);
        return;
    }
    EXPECT_EQ(screen.timeline()[0].status, offline::Status::Failed);
    EXPECT_TRUE(shows(screen.timeline()[0]));
    ASSERT_TRUE(engine->retry(message));
    const auto sent = transport.take<MessageSend>();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].body, GetParam() == Ask::Edit ? "changed" : "typed");
    say(confirmation(message, 4));
    EXPECT_EQ(targets(), GetParam() == Ask::Edit ? std::vector<Seq>{} : std::vector<Seq>{Seq(4)});
    EXPECT_TRUE(shows(screen.timeline()[0]));
}

TEST_P(Dependents, messageRefusedInAnEarlierProcessIsTreatedAlike)
{
    goLive();
    const TempId message = sendText("typed");
    transport.take<MessageSend>();
    say(protocol::MessageFailed{message, ErrorCode::Forbidden, true, {}, ""});
    restartProcess();
    ASSERT_TRUE(askAbout(newestStored().rowId));
    engine->start();
    reconnect();
    const auto sent = transport.take<MessageSend>();
    switch (GetParam()) {
    case Ask::Edit: // asks for another try, with the new text
        ASSERT_EQ(sent.size(), 1U);
        EXPECT_EQ(sent[0].body, "changed");
        break;
    case Ask::Delete:
        EXPECT_EQ(rowsStored(), 0U);
        EXPECT_TRUE(store->outbox().list().empty());
        break;
    default: // waits with it for the user
        EXPECT_TRUE(sent.empty());
        EXPECT_TRUE(targets().empty());
        EXPECT_TRUE(shows(newestStored()));
        ASSERT_TRUE(engine->discard(message));
        EXPECT_EQ(rowsStored(), 0U);
        EXPECT_TRUE(store->outbox().list().empty());
        EXPECT_EQ(engine->outbox(), OutboxState{});
    }
}

TEST_P(Dependents, whatWasAskedAboutADiscardedMessageGoesWithIt)
{
    goLive();
    drop();
    const TempId message = sendText("typed");
    ASSERT_TRUE(askAbout(screen.timeline()[0].rowId));
    if (GetParam() != Ask::Delete) {
        ASSERT_TRUE(engine->discard(message));
    }
    EXPECT_TRUE(store->outbox().list().empty());
    EXPECT_EQ(engine->outbox(), OutboxState{});
    sendText("next");
    cameBack();
    const auto sent = transport.take<MessageSend>();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_TRUE(sent[0].prev.empty());
    EXPECT_TRUE(targets().empty());
}

using DependentsOnly = World;

TEST_F(DependentsOnly, whatAnEarlierProcessMayHaveSentIsDeletedAndNotDiscarded)
{
    goLive();
    const TempId message = sendText("typed");
    restartProcess();
    EXPECT_EQ(engine->discard(message).error().code, ErrorCode::Conflict);
    EXPECT_EQ(engine->outbox().queued, 1);
}

TEST_F(DependentsOnly, whatWasRefusedForNowMayStillHaveBeenStoredBefore)
{
    goLive();
    const TempId message = sendText("typed");
    drop(); // perhaps it arrived
    engine->retryNow();
    reconnect();
    say(protocol::MessageFailed{message, ErrorCode::ServerBusy, false, 60'000, ""});
    EXPECT_EQ(screen.timeline()[0].status, offline::Status::Queued);
    EXPECT_EQ(engine->discard(message).error().code, ErrorCode::Conflict);
}

TEST_F(DependentsOnly, changeWhoseMessageIsGoneWithoutANumberIsToldAndBlocksNothing)
{
    goLive();
    sendText("typed");
    const auto row = screen.timeline()[0].rowId;
    const auto change = engine->react(kRoom, row, "👍", true);
    ASSERT_TRUE(change);
    // As after the rescue of a damaged file: the change is there, its message is not.
    {
        auto transaction = store->begin(offline::Durability::User);
        for (const auto& entry : store->outbox().list()) {
            if (entry.op == offline::Op::Send)
                store->outbox().erase(entry.id);
            else
                store->outbox().setRow(entry.id, 0);
        }
        store->timeline().erase(row);
        ASSERT_TRUE(transaction.commit());
    }
    restartProcess();
    sendText("next");
    engine->start();
    reconnect();
    EXPECT_TRUE(transport.take<ReactionSet>().empty());
    EXPECT_EQ(transport.take<MessageSend>().size(), 1U);
    ASSERT_EQ(screen.failures.size(), 1U);
    EXPECT_EQ(screen.failures[0].first, *change);
    EXPECT_EQ(screen.failures[0].second.code, ErrorCode::NotFound);
}

TEST_F(DependentsOnly, nothingDiesOfANumberOfAttempts)
{
    goLive();
    const TempId message = sendText("typed");
    for (int i = 0; i < 200; ++i) {
        say(protocol::MessageFailed{message, ErrorCode::StorageFull, false, 100, ""});
        advance(60'000);
        say(protocol::Pong{0, 0, {}});
        if (engine->link().link != Link::Live) {
            engine->retryNow();
            reconnect();
        }
    }
    EXPECT_NE(screen.timeline()[0].status, offline::Status::Failed);
    EXPECT_EQ(engine->outbox().failed, 0);
    const auto sent = transport.take<MessageSend>();
    ASSERT_GT(sent.size(), 100U);
    for (const auto& frame : sent)
        EXPECT_EQ(frame.tempId, message);
}

} // namespace skein::engine::test
