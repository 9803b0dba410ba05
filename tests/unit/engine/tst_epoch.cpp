// The server was restored from a backup: its log is another one from some point on. What was
// fetched is dropped, what was written here is neither lost nor doubled.
#include "tests/unit/engine/world.h"

namespace skein::engine::test
{
namespace
{

using Strings = std::vector<std::string>;

class EpochChange : public World
{
protected:
    /// m1 and m2 by her, two by me (seq 3 and 4), all confirmed.
    void SetUp() override
    {
        World::SetUp();
        fillLog(2);
        goLive(2);
        for (int i = 0; i < 2; ++i) {
            mine.push_back(sendText("mine " + std::to_string(i)));
            say(confirmation(mine.back(), 3 + i));
        }
        transport.sent.clear();
    }
    /// The server comes back with the log up to `kept`.
    void restore(std::int64_t kept, bool tellsBase = true)
    {
        drop();
        engine->retryNow();
        hello();
        epoch = std::max<std::int64_t>(epoch + 1, 1'700'000'000'000);
        log.erase(log.upper_bound(kept), log.end());
        auto frame = welcomeFrame();
        frame.dirty = {head(kept)};
        if (tellsBase)
            frame.dirty[0].base = Seq(kept);
        say(frame);
        answerSync();
    }
    std::vector<TempId> mine;
};

TEST_F(EpochChange, whatTheBackupLacksIsSentAgainUnderTheSameKeysAndInOrder)
{
    restore(2);
    const auto sent = transport.take<protocol::MessageSend>();
    ASSERT_EQ(sent.size(), 2U);
    EXPECT_EQ(sent[0].tempId, mine[0]);
    EXPECT_EQ(sent[1].tempId, mine[1]);
    EXPECT_EQ(sent[1].prev, mine[0]);
    EXPECT_EQ(sent[1].body, "mine 1");
    say(confirmation(mine[0], 3));
    say(confirmation(mine[1], 4));
    EXPECT_EQ(screen.outbox.queued + screen.outbox.inFlight, 0);
    restartProcess();
    EXPECT_EQ(engine->outbox().queued, 0);
}

TEST_F(EpochChange, twoRestorationsThatAreToldTogetherResendOnce)
{
    for (int i = 1; i <= 2; ++i) {
        protocol::RoomDirty told{head(2), {}};
        told.head.epoch = Epoch(1'700'000'000'000 + i);
        told.head.base = Seq(2);
        engine->frameReceived(protocol::encode(protocol::ServerFrame(told)));
    }
    while (engine->hasWork())
        engine->work();
    EXPECT_EQ(engine->outbox().queued + engine->outbox().inFlight, 2);
    restartProcess();
    EXPECT_EQ(engine->outbox().queued, 2);
    EXPECT_EQ(store->outbox().list().size(), 2U);
}

TEST_F(EpochChange, whatTheBackupHasIsNotSentAgain)
{
    restore(3);
    const auto sent = transport.take<protocol::MessageSend>();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].tempId, mine[1]);
}

TEST_F(EpochChange, aServerThatDoesNotTellWhereTheLogsPartGetsAllOfItAgain)
{
    restore(3, false);
    const auto sent = transport.take<protocol::MessageSend>();
    ASSERT_EQ(sent.size(), 2U);
    EXPECT_EQ(sent[0].tempId, mine[0]); // answered with dup: true
}

TEST_F(EpochChange, aRepeatShowsWhatTheServerHasAndNotWhatWasSent)
{
    drop();
    engine->retryNow();
    hello();
    epoch = 1'700'000'000'000;
    log[3] = message(3, "before its edit", kMe);
    log[3].tempId = mine[0];
    auto frame = welcomeFrame();
    frame.dirty = {head(3)}; // without `base`: all is sent again
    say(frame);
    auto repeat = confirmation(mine[0], 3);
    repeat.dup = true;
    say(repeat);
    answerSync();
    advance(2'000);
    answerSync();
    const auto shown = screen.bodies();
    EXPECT_EQ(std::count(shown.begin(), shown.end(), "before its edit"), 1);
    EXPECT_EQ(std::count(shown.begin(), shown.end(), "mine 0"), 0);
}

TEST_F(EpochChange, theQueueSurvivesBehindWhatIsSentAgain)
{
    drop();
    const TempId waiting = sendText("waiting");
    restore(2);
    const auto sent = transport.take<protocol::MessageSend>();
    ASSERT_EQ(sent.size(), 3U);
    EXPECT_EQ(sent[2].tempId, waiting);
    EXPECT_EQ(sent[2].prev, mine[1]);
    restartProcess();
    EXPECT_EQ(engine->outbox().queued, 3);
}

TEST_F(EpochChange, whatAnUnsentMessageAnswersIsForgottenWhereItIsLost)
{
    drop();
    const auto answerTo = [this](std::int64_t seq) {
        Draft draft;
        draft.body = "to " + std::to_string(seq);
        draft.replyTo = Seq(seq);
        EXPECT_TRUE(engine->send(kRoom, draft));
    };
    answerTo(1);
    answerTo(2);
    log[2] = message(2, "another message of that number");
    restore(1);
    std::map<std::string, std::optional<Seq>> sent;
    for (const auto& frame : transport.take<protocol::MessageSend>())
        sent[frame.body] = frame.replyTo;
    ASSERT_EQ(sent.size(), 4U);
    EXPECT_EQ(sent["to 1"], Seq(1));
    EXPECT_EQ(sent["to 2"], std::nullopt);
    for (const auto& row : screen.timeline()) {
        EXPECT_EQ(row.replyTo.has_value(), row.body == "to 1") << row.body;
    }
}

TEST_F(EpochChange, whatADraftAnswersIsForgottenWhereItIsLost)
{
    ASSERT_TRUE(engine->setDraft(kRoom, "typed", Seq(2)));
    EXPECT_EQ(screen.rooms[kRoom].draftReplyTo, Seq(2));
    restore(1);
    EXPECT_EQ(screen.rooms[kRoom].draft, "typed");
    EXPECT_EQ(screen.rooms[kRoom].draftReplyTo, Seq());
    restartProcess();
    EXPECT_EQ(store->drafts().load().at(0).replyTo, Seq());
}

TEST_F(EpochChange, whatWaitsStandsWhereItWasWrittenAmongWhatIsSentAgain)
{
    const TempId lostAnswer = sendText("its answer was lost"), confirmed = sendText("confirmed");
    say(confirmation(confirmed, 6)); // so the other one was 5
    ASSERT_TRUE(engine->edit(kRoom, screen.timeline().back().rowId, "confirmed, and changed"));
    const TempId last = sendText("last");
    for (int time = 0; time < 2; ++time) { // twice from the same backup
        SCOPED_TRACE(time);
        transport.sent.clear();
        restore(2);
        Strings sent;
        for (const auto& frame : transport.take<protocol::MessageSend>())
            sent.push_back(frame.tempId.str() + " after " + frame.prev.str());
        // The last one waits behind the change, which waits for the place of what it changes.
        EXPECT_EQ(sent,
                  (Strings{mine[0].str() + " after ", mine[1].str() + " after " + mine[0].str(),
                           lostAnswer.str() + " after " + mine[1].str(),
                           confirmed.str() + " after " + lostAnswer.str()}));
        say(confirmation(mine[0], 3)); // the rest has no answer
        say(confirmation(mine[1], 4));
        say(confirmation(confirmed, 6));
    }
    restartProcess();
    std::vector<TempId> queued;
    for (const auto& entry : store->outbox().list()) {
        if (entry.op == offline::Op::Send)
            queued.push_back(entry.tempId);
    }
    EXPECT_EQ(queued, (std::vector<TempId>{lostAnswer, last}));
}

TEST_F(EpochChange, messagesOfOthersAreNobodysToSendAgain)
{
    restore(1);
    for (const auto& sent : transport.take<protocol::MessageSend>())
        EXPECT_NE(sent.body, "m2");
}

TEST_F(EpochChange, aDeletedMessageStaysDeleted)
{
    const auto rows = screen.timeline();
    ASSERT_TRUE(engine->remove(kRoom, rows.back().rowId));
    const auto asked = transport.take<protocol::MessageDelete>();
    ASSERT_EQ(asked.size(), 1U);
    say(confirmation(asked[0].tempId, 5));
    auto event = mutation(5, protocol::Kind::Delete, 4);
    event.sender = kMe;
    event.tempId = asked[0].tempId;
    event.deleted = true;
    say(protocol::LogEntry{event});
    restore(2);
    const auto sent = transport.take<protocol::MessageSend>();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].tempId, mine[0]);
}

TEST_F(EpochChange, aChangeWhoseTargetIsLostIsRevertedAndStated)
{
    log[3] = message(3, "mine 0", kMe);
    drop();
    // A reaction to her m2, which the backup lacks.
    const auto rows = screen.timeline();
    ASSERT_EQ(rows.at(1).body, "m2");
    const auto reaction = engine->react(kRoom, rows[1].rowId, "+1", true);
    ASSERT_TRUE(reaction);
    restore(1);
    EXPECT_TRUE(transport.take<protocol::ReactionSet>().empty());
    ASSERT_EQ(screen.failures.size(), 1U);
    EXPECT_EQ(screen.failures[0].first, *reaction);
    EXPECT_EQ(screen.failures[0].second.code, ErrorCode::StateLost);
}

TEST_F(EpochChange, withoutAWordOnWhereTheLogsPartEveryUnsentChangeIsRevertedAndStated)
{
    drop();
    const auto rows = screen.timeline();
    ASSERT_EQ(rows.at(0).body, "m1");
    ASSERT_EQ(rows.at(3).body, "mine 1");
    const auto reaction = engine->react(kRoom, rows[0].rowId, "+1", true);
    ASSERT_TRUE(reaction);
    ASSERT_TRUE(engine->edit(kRoom, rows[3].rowId, "edited"));
    log[1] = message(1, "another message of that number");
    restore(1, false);
    EXPECT_TRUE(transport.take<protocol::ReactionSet>().empty());
    ASSERT_EQ(screen.failures.size(), 1U);
    EXPECT_EQ(screen.failures[0].first, *reaction);
    EXPECT_EQ(screen.failures[0].second.code, ErrorCode::StateLost);
    EXPECT_TRUE(screen.timeline().at(0).reactions.empty());
    // Own messages are sent again, so a change of one has its target.
    say(confirmation(mine[0], 2));
    say(confirmation(mine[1], 3));
    const auto edit = transport.take<protocol::MessageEdit>();
    ASSERT_EQ(edit.size(), 1U);
    EXPECT_EQ(edit[0].target, Seq(3));
    restartProcess();
    EXPECT_EQ(engine->outbox().queued + engine->outbox().failed, 1)
        << "the edit, not confirmed yet";
}

TEST_F(EpochChange, aChangeOfAMessageThatIsSentAgainWaitsForItsNewPlace)
{
    drop();
    ASSERT_TRUE(engine->edit(kRoom, screen.timeline().back().rowId, "edited"));
    restore(2);
    EXPECT_TRUE(transport.take<protocol::MessageEdit>().empty());
    const auto sent = transport.take<protocol::MessageSend>();
    ASSERT_EQ(sent.size(), 2U);
    say(confirmation(mine[0], 3));
    say(confirmation(mine[1], 7));
    const auto edit = transport.take<protocol::MessageEdit>();
    ASSERT_EQ(edit.size(), 1U);
    EXPECT_EQ(edit[0].target, Seq(7));
}

} // namespace
} // namespace skein::engine::test
