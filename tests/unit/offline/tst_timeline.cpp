#include "offline/timeline.h"

#include "tests/unit/offline/memorystore.h"

#include <set>

namespace skein::offline
{
namespace
{

using protocol::Kind;
using test::kNowMs;
using test::kPeer;
using test::kSelf;
using test::tempId;

class TimelineTest : public test::MemoryStore
{
protected:
    Timeline& timeline() { return store->timeline(); }
    RowId apply(const protocol::Event& event)
    {
        return timeline().applyMessage(room, event).changed;
    }
    RowId mutate(const protocol::Event& event)
    {
        return timeline().applyMutation(room, event).changed;
    }
    protocol::Event edit(std::int64_t seq, std::int64_t target, const std::string& body)
    {
        protocol::Event event = mutation(seq, Kind::Edit, target);
        event.body = body;
        return event;
    }
    protocol::MessageConfirmed confirmation(std::int64_t seq, const TempId& key)
    {
        return {key,
                RoomId("room1"),
                Seq(seq),
                Ord(seq),
                EventId("e" + std::to_string(seq)),
                kNowMs + seq,
                false};
    }
};

TEST_F(TimelineTest, aRepeatedMessageChangesNothing)
{
    const RowId tid = apply(message(1, "text"));
    ASSERT_NE(tid, 0);
    const RowEffect again = timeline().applyMessage(room, message(1, "text"));
    EXPECT_EQ(again.changed, 0);
    EXPECT_EQ(again.removed, 0);
    EXPECT_EQ(row(tid).body, "text");
}

TEST_F(TimelineTest, roomsWrittenInOneMillisecondDoNotStandInEachOthersPlace)
{
    // A row that found its place taken stands right behind it.
    std::set<RowId> tids;
    for (RoomKey other = room; other < room + 50; ++other) {
        const RowId tid = timeline().applyMessage(other, message(1, "text")).changed;
        ASSERT_NE(tid, 0);
        EXPECT_FALSE(tids.contains(tid - 1)) << other;
        tids.insert(tid);
    }
    EXPECT_EQ(tids.size(), 50U);
}

TEST_F(TimelineTest, manyMessagesAreStoredAsEachByItselfWouldBe)
{
    std::vector<protocol::Event> log;
    for (std::int64_t seq = 1; seq <= 30; ++seq)
        log.push_back(message(seq, "m" + std::to_string(seq)));
    log[3].mentions = {kSelf};
    log[3].reactions = {{"👍", {kPeer}}};
    log[5].replyTo = Seq(1);
    log[5].edited = log[5].pinned = true;
    log[5].rev = Rev(90);
    log[6] = message(7, "");
    log[6].deleted = true;
    log[9] = edit(10, 2, "changed");
    log[12].tempId = tempId(1);
    const auto stored = timeline().insertMessages(room, log.data(), log.data() + log.size());
    ASSERT_EQ(stored.size(), log.size());
    const RoomKey other = room + 1;
    std::size_t many = 0;
    for (std::size_t i = 0; i < log.size(); ++i) {
        if (i == 9 || i == 12) {
            EXPECT_EQ(stored[i], 0) << i; // no message, and one of our own
            continue;
        }
        if (stored[i] == 0)
            continue; // behind the last whole group
        ++many;
        const RowId alone = timeline().applyMessage(other, log[i]).changed;
        MessageRow expected = *timeline().row(alone, {other, log[i].room, {}, {}});
        expected.rowId = stored[i];
        const auto row = timeline().row(stored[i], {room, log[i].room, {}, {}});
        ASSERT_TRUE(row);
        EXPECT_EQ(*row, expected) << i;
    }
    EXPECT_EQ(many, 24U);
    // Fewer are not worth it.
    EXPECT_TRUE(timeline().insertMessages(room, log.data(), log.data() + 7).empty());
}

TEST_F(TimelineTest, aKnownMessageAmongManyIsMergedAndAllAreTold)
{
    protocol::Event newer = message(3, "edited");
    newer.rev = Rev(70);
    newer.edited = true;
    const RowId known = apply(newer);
    protocol::Event stale = message(5, "old");
    const RowId older = apply(stale);
    std::vector<protocol::Event> log;
    for (std::int64_t seq = 1; seq <= 8; ++seq)
        log.push_back(message(seq, "m" + std::to_string(seq)));
    log[4].rev = Rev(80);
    log[4].body = "newer";
    const auto stored = timeline().insertMessages(room, log.data(), log.data() + log.size());
    ASSERT_EQ(stored.size(), 8U);
    EXPECT_EQ(std::set<RowId>(stored.begin(), stored.end()).size(), 8U);
    EXPECT_EQ(stored[2], known);
    EXPECT_EQ(stored[4], older);
    for (std::size_t i = 0; i < 8; ++i) {
        const std::string body = i == 2 ? "edited" : i == 4 ? "newer" : log[i].body;
        EXPECT_EQ(row(stored[i]).body, body) << i;
    }
}

TEST_F(TimelineTest, manyMessagesFindPlacesBesideThoseThatAreTaken)
{
    // Of another room, just where two of these would stand.
    std::vector<protocol::Event> log;
    for (std::int64_t seq = 1; seq <= 8; ++seq)
        log.push_back(message(seq, "m" + std::to_string(seq)));
    std::vector<RowId> wanted = timeline().insertMessages(room, log.data(), log.data() + 8);
    timeline().clearRoom(room);
    // The step between rooms is 211 of 1,024 places in a millisecond.
    protocol::Event other = message(300, "x");
    other.ts = log[2].ts;
    other.seq = Seq(log[2].seq.value() + 1024 - 211);
    ASSERT_EQ(timeline().applyMessage(room + 1, other).changed, wanted[2]);
    const auto stored = timeline().insertMessages(room, log.data(), log.data() + 8);
    ASSERT_EQ(stored.size(), 8U);
    EXPECT_NE(stored[2], wanted[2]);
    EXPECT_EQ(std::set<RowId>(stored.begin(), stored.end()).size(), 8U);
    for (std::size_t i = 0; i < 8; ++i)
        EXPECT_EQ(row(stored[i]).body, log[i].body) << i;
}

TEST_F(TimelineTest, anOlderCopyNeverTakesBackANewerOne)
{
    protocol::Event newer = message(1, "edited");
    newer.rev = Rev(5);
    newer.edited = true;
    newer.pinned = true;
    newer.reactions = {{"👍", {kPeer}}};
    const RowId tid = apply(newer);
    EXPECT_EQ(apply(message(1, "old")), 0);
    EXPECT_EQ(row(tid).body, "edited");
    EXPECT_TRUE(row(tid).pinned);
    EXPECT_EQ(row(tid).reactions.size(), 1U);
}

TEST_F(TimelineTest, eachPartMovesForwardByItsOwnRevision)
{
    const RowId tid = apply(message(1, "text"));
    // A reaction of 7 and then a snapshot of 5 with an edit: the text moves, the reaction stays.
    protocol::Event reaction = mutation(7, Kind::Reaction, 1);
    reaction.reactions = {{"🎉", {kPeer}}};
    EXPECT_EQ(mutate(reaction), tid);
    protocol::Event pin = mutation(8, Kind::Pin, 1);
    pin.pinned = true;
    EXPECT_EQ(mutate(pin), tid);
    protocol::Event snapshot = message(1, "edited");
    snapshot.rev = Rev(5);
    snapshot.edited = true;
    EXPECT_EQ(apply(snapshot), tid);
    const MessageRow shown = row(tid);
    EXPECT_EQ(shown.body, "edited");
    EXPECT_EQ(shown.reactions.size(), 1U);
    EXPECT_TRUE(shown.pinned);
    EXPECT_EQ(shown.rev, Rev(8));
}

TEST_F(TimelineTest, aMutationCountsOnceAndOnlyForward)
{
    const RowId tid = apply(message(1, "text"));
    EXPECT_EQ(mutate(edit(5, 1, "five")), tid);
    EXPECT_EQ(mutate(edit(5, 1, "five again")), 0);
    EXPECT_EQ(mutate(edit(4, 1, "four")), 0);
    EXPECT_EQ(row(tid).body, "five");
    protocol::Event reaction = mutation(6, Kind::Reaction, 1);
    reaction.reactions = {{"👍", {kPeer}}};
    EXPECT_EQ(mutate(reaction), tid);
    reaction.reactions.clear();
    EXPECT_EQ(mutate(reaction), 0);
    protocol::Event pin = mutation(7, Kind::Pin, 1);
    pin.pinned = true;
    EXPECT_EQ(mutate(pin), tid);
    pin.pinned = false;
    EXPECT_EQ(mutate(pin), 0);
    EXPECT_TRUE(row(tid).pinned);
    EXPECT_EQ(row(tid).reactions.size(), 1U);
}

TEST_F(TimelineTest, aDeletedMessageStaysDeleted)
{
    protocol::Event first = message(1, "secret");
    first.reactions = {{"👍", {kPeer}}};
    const RowId tid = apply(first);
    EXPECT_EQ(mutate(mutation(5, Kind::Delete, 1)), tid);
    EXPECT_EQ(mutate(edit(6, 1, "back")), 0);
    EXPECT_EQ(mutate(mutation(4, Kind::Delete, 1)), 0);
    protocol::Event reaction = mutation(3, Kind::Reaction, 1);
    reaction.reactions = {{"👍", {kPeer}}};
    EXPECT_EQ(mutate(reaction), 0);
    const MessageRow shown = row(tid);
    EXPECT_TRUE(shown.deleted);
    EXPECT_EQ(shown.body, "");
    EXPECT_TRUE(shown.reactions.empty());
}

TEST_F(TimelineTest, aMutationOfWhatIsNotHereIsNothing)
{
    EXPECT_EQ(mutate(edit(5, 1, "of a hole")), 0);
    protocol::Event pointless = edit(6, 1, "x");
    pointless.target.reset();
    EXPECT_EQ(mutate(pointless), 0);
    apply(message(1, "text"));
    EXPECT_EQ(mutate(mutation(7, Kind::Member, 1)), 0);
    EXPECT_FALSE(store->takeError());
}

TEST_F(TimelineTest, aConfirmedMessageIsTheSameRowInItsNewPlace)
{
    const RowId tid = enqueue("mine", tempId(1));
    timeline().setFailed(tid, ErrorCode::Timeout);
    EXPECT_EQ(row(tid).status, Status::Failed);
    const RowEffect effect = timeline().confirm(tid, room, confirmation(4, tempId(1)));
    EXPECT_EQ(effect.changed, tid);
    EXPECT_EQ(effect.removed, 0);
    const MessageRow shown = row(tid);
    EXPECT_EQ(shown.seq, Seq(4));
    EXPECT_EQ(shown.position, 4);
    EXPECT_EQ(shown.ts, kNowMs + 4);
    EXPECT_EQ(shown.id, EventId("e4"));
    EXPECT_EQ(shown.status, Status::Sent);
    EXPECT_EQ(timeline().confirm(tid, room, confirmation(4, tempId(1))).changed, 0) << "twice";
    EXPECT_EQ(timeline().confirm(tid + 99, room, confirmation(5, tempId(2))).changed, 0);
}

TEST_F(TimelineTest, theEchoBeforeTheConfirmationIsMergedIntoTheUsersRow)
{
    const RowId tid = enqueue("mine", tempId(1));
    protocol::Event echo = message(4, "mine", kSelf);
    echo.tempId = tempId(1);
    const RowEffect effect = timeline().applyMessage(room, echo);
    EXPECT_EQ(effect.changed, tid);
    EXPECT_EQ(effect.removed, 0);
    EXPECT_EQ(row(tid).seq, Seq(4));
    EXPECT_TRUE(timeline().knows(tempId(1)));
    EXPECT_FALSE(timeline().knows(tempId(2)));
}

// A copy without its key (history that another device fetched first) stands at the place already.
TEST_F(TimelineTest, aCopyThatCameAnotherWayGivesWayToTheUsersRow)
{
    for (const bool byEcho : {true, false}) {
        const std::int64_t seq = byEcho ? 4 : 6;
        const TempId key = tempId(static_cast<int>(seq));
        const RowId tid = enqueue("mine", key);
        protocol::Event copy = message(seq, "mine, edited", kSelf);
        copy.rev = Rev(20);
        copy.edited = true;
        const RowId copied = apply(copy);
        RowEffect effect;
        if (byEcho) {
            protocol::Event echo = message(seq, "mine", kSelf);
            echo.tempId = key;
            effect = timeline().applyMessage(room, echo);
        } else {
            effect = timeline().confirm(tid, room, confirmation(seq, key));
        }
        EXPECT_EQ(effect.changed, tid);
        EXPECT_EQ(effect.removed, copied);
        EXPECT_EQ(row(tid).body, "mine, edited") << "the newer state is kept";
        EXPECT_EQ(row(tid).rev, Rev(20));
        EXPECT_FALSE(timeline().place(copied));
    }
}

TEST_F(TimelineTest, anEchoInAnotherRoomIsNotThisMessage)
{
    const RoomKey other = addRoom("room2");
    const RowId tid = enqueue("mine", tempId(1));
    protocol::Event echo = message(4, "mine", kSelf);
    echo.tempId = tempId(1);
    const RowEffect effect = timeline().applyMessage(other, echo);
    EXPECT_NE(effect.changed, tid);
    EXPECT_TRUE(timeline().place(tid)->unsent());
}

TEST_F(TimelineTest, unconfirmedChangesAreShownOverTheServersStateAndTakenBack)
{
    const RowId tid = apply(message(1, "server"));
    const auto edited =
        change(tid, Op::Edit, protocol::MessageEdit{{}, {}, Seq(1), "mine", {}}, tempId(1));
    change(tid, Op::Reaction, protocol::ReactionSet{{}, {}, Seq(1), "👍", true}, tempId(2));
    change(tid, Op::Pin, protocol::PinSet{{}, {}, Seq(1), true}, tempId(3));
    EXPECT_EQ(row(tid).body, "mine");
    EXPECT_TRUE(row(tid).edited);
    EXPECT_TRUE(row(tid).pinned);
    ASSERT_EQ(row(tid).reactions.size(), 1U);
    EXPECT_EQ(row(tid).reactions[0].users, std::vector<UserId>{kSelf});

    // Somebody else's change arrives under it, and is what remains when ours fails.
    EXPECT_EQ(mutate(edit(5, 1, "hers")), tid);
    EXPECT_EQ(row(tid).body, "mine");
    store->outbox().setFailed(edited, ErrorCode::Forbidden);
    timeline().refresh(tid);
    EXPECT_EQ(row(tid).body, "hers");
    for (const OutboxEntry& entry : store->outbox().list())
        store->outbox().erase(entry.id);
    timeline().refresh(tid);
    EXPECT_EQ(row(tid).body, "hers");
    EXPECT_FALSE(row(tid).pinned);
    EXPECT_TRUE(row(tid).reactions.empty());
}

TEST_F(TimelineTest, aDeletionOfOursShowsATombstoneUntilItFails)
{
    const RowId tid = apply(message(1, "server"));
    const auto id = change(tid, Op::Delete, protocol::MessageDelete{{}, {}, Seq(1), {}}, tempId(1));
    EXPECT_TRUE(row(tid).deleted);
    EXPECT_EQ(row(tid).body, "");
    store->outbox().erase(id);
    timeline().refresh(tid);
    EXPECT_FALSE(row(tid).deleted);
    EXPECT_EQ(row(tid).body, "server");
}

TEST_F(TimelineTest, aQueuedMessageIsRewrittenInItsRow)
{
    const RowId tid = enqueue("first", tempId(1));
    protocol::MessageSend send;
    send.body = "second";
    send.mentions = {kPeer};
    timeline().rewriteUnsent(tid, send);
    EXPECT_EQ(row(tid).body, "second");
    EXPECT_EQ(row(tid).mentions, std::vector<UserId>{kPeer});
    EXPECT_EQ(row(tid).status, Status::Queued);
    timeline().rewriteUnsent(tid + 99, send);
    timeline().refresh(tid + 99);
    EXPECT_FALSE(store->takeError());
}

TEST_F(TimelineTest, aQuoteOfWhatIsRepliedToKeepsItsThread)
{
    protocol::Event reply = message(2, "reply");
    reply.replyTo = Seq(1);
    reply.thread = Seq(1);
    reply.mentions = {kSelf};
    apply(message(1, "question"));
    const RowId tid = apply(reply);
    ASSERT_TRUE(row(tid).replyTo);
    EXPECT_EQ(row(tid).replyTo->text, "question");
}

TEST_F(TimelineTest, messagesOfOneMillisecondHaveEachAnIdentityOfTheirOwn)
{
    std::set<RowId> tids;
    for (std::int64_t seq = 1; seq <= 3000; ++seq) { // more than there are tids in a millisecond
        protocol::Event event = message(seq, "m");
        event.ts = kNowMs;
        tids.insert(apply(event));
    }
    EXPECT_EQ(tids.size(), 3000U);
    EXPECT_FALSE(tids.contains(0));
}

TEST_F(TimelineTest, clearingARoomLeavesUnsentRowsAndOtherRooms)
{
    const RoomKey other = addRoom("room2");
    const RowId unsent = enqueue("mine", tempId(1));
    const RowId gone = apply(message(1, "text"));
    const RowId elsewhere = timeline().applyMessage(other, message(2, "there")).changed;
    SpanSet covered;
    covered.add({Seq(1), Seq(9), Seq(9)});
    timeline().setSpans(room, covered);
    timeline().clearRoom(room);
    EXPECT_FALSE(timeline().place(gone));
    EXPECT_TRUE(timeline().place(unsent));
    EXPECT_TRUE(timeline().place(elsewhere));
    EXPECT_TRUE(timeline().spans(room).empty());
}

TEST_F(TimelineTest, ordIsKnownOnlyWhereCoverageProvesIt)
{
    EXPECT_EQ(timeline().ordAt(room, Seq()), Ord());
    EXPECT_EQ(timeline().ordAt(room, Seq(5)), std::nullopt) << "nothing is covered";
    apply(message(4, "text"));
    SpanSet covered;
    covered.add({Seq(3), Seq(9), Seq(9)});
    timeline().setSpans(room, covered);
    EXPECT_EQ(timeline().ordAt(room, Seq(7)), Ord(4)) << "5 to 7 are no messages";
    EXPECT_EQ(timeline().ordAt(room, Seq(3)), std::nullopt) << "what is below 3 is not known";
    SpanSet whole;
    whole.add({Seq(1), Seq(9), Seq(9)});
    timeline().setSpans(room, whole);
    EXPECT_EQ(timeline().ordAt(room, Seq(3)), Ord()) << "no message up to here";
    timeline().forget();
    EXPECT_EQ(timeline().ordAt(room, Seq(7)), Ord(4)) << "read back from the table";
}

TEST_F(TimelineTest, ticksAreAskedForOwnConfirmedRowsNewestFirst)
{
    for (std::int64_t seq = 1; seq <= 6; ++seq)
        apply(message(seq, "m", seq % 2 == 0 ? kSelf : kPeer));
    enqueue("waiting", tempId(1));
    RoomView seen = view();
    seen.othersRead = Seq(2);
    seen.othersDelivered = Seq(4);
    const auto rows = timeline().ownRows(seen, Seq(), Seq(6), 10);
    ASSERT_EQ(rows.size(), 3U);
    EXPECT_EQ(rows[0].seq, Seq(6));
    EXPECT_EQ(rows[0].status, Status::Sent);
    EXPECT_EQ(rows[1].status, Status::Delivered);
    EXPECT_EQ(rows[2].status, Status::Read);
    EXPECT_EQ(timeline().ownRows(seen, Seq(2), Seq(6), 10).size(), 2U) << "from is left out";
    EXPECT_EQ(timeline().ownRows(seen, Seq(), Seq(6), 1).size(), 1U);
}

} // namespace
} // namespace skein::offline
