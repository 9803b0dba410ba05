// The send path of Service: order, duplicates, dependencies, mutations, limits, full disks.
#include "tests/unit/service/world.h"

using namespace skein;
using namespace skein::server;
using namespace skein::server::testing;

TEST(Messages, aMessageIsConfirmedStoredAndSeenByTheOthers)
{
    Cast cast;
    cast.member.open(cast.room);
    cast.owner.open(cast.room);
    Client laptop(cast.world, cast.owner.user, "laptop");
    laptop.hello({{cast.room, Epoch(1), Seq(2)}});
    const MessageSend frame = cast.owner.message(cast.room, "გამარჯობა \u202e\tworld");
    cast.owner.send(frame);

    const MessageConfirmed confirmed = cast.owner.outcome(frame.tempId);
    EXPECT_EQ(confirmed.seq, Seq(3)); // room made, admin promoted, message
    EXPECT_EQ(confirmed.ord, Ord(1));
    EXPECT_FALSE(confirmed.dup);
    const auto seen = cast.member.last<LogEntry>();
    ASSERT_TRUE(seen);
    EXPECT_EQ(seen->event.body, frame.body);
    EXPECT_EQ(seen->event.seq, confirmed.seq);
    EXPECT_EQ(seen->event.id, confirmed.id);
    EXPECT_EQ(seen->event.sender, cast.owner.user);
    EXPECT_TRUE(seen->event.tempId.empty());
    // The sender's own devices can match it with what they wrote.
    ASSERT_TRUE(laptop.last<LogEntry>());
    EXPECT_EQ(laptop.last<LogEntry>()->event.tempId, frame.tempId);
    EXPECT_EQ(cast.owner.last<LogEntry>()->event.tempId, frame.tempId);
    EXPECT_TRUE(cast.stranger.all<LogEntry>().empty());
    EXPECT_TRUE(cast.stranger.all<RoomDirty>().empty());
}

TEST(Messages, nothingIsConfirmedBeforeTheCommit)
{
    Cast cast;
    const MessageSend frame = cast.owner.message(cast.room, "soon");
    cast.owner.queue(frame);
    EXPECT_TRUE(cast.owner.all<MessageConfirmed>().empty());
    cast.world.clock.advance(Milliseconds(kPendingAfterMs - 1));
    cast.world.service->tick();
    EXPECT_TRUE(cast.owner.all<MessagePending>().empty());
    cast.world.clock.advance(Milliseconds(1));
    cast.world.service->tick();
    ASSERT_EQ(cast.owner.all<MessagePending>().size(), 1u);
    EXPECT_EQ(cast.owner.last<MessagePending>()->tempId, frame.tempId);
    cast.world.settle();
    EXPECT_EQ(cast.owner.outcome(frame.tempId).seq, Seq(3));
}

TEST(Messages, aRepeatReturnsTheFirstResultEvenAfterARestart)
{
    Cast cast;
    const MessageSend frame = cast.owner.message(cast.room, "once");
    cast.owner.send(frame);
    const MessageConfirmed first = cast.owner.outcome(frame.tempId);
    cast.owner.clear();
    cast.owner.send(frame);
    MessageConfirmed again = cast.owner.outcome(frame.tempId);
    EXPECT_TRUE(again.dup);
    again.dup = false;
    EXPECT_EQ(again, first);

    cast.world.restart();
    cast.owner.hello();
    cast.owner.send(frame);
    EXPECT_TRUE(cast.owner.outcome(frame.tempId).dup);
    EXPECT_EQ(cast.owner.outcome(frame.tempId).seq, first.seq);
    EXPECT_EQ(cast.owner.say(cast.room, "next").seq, first.seq.next());
}

TEST(Messages, aRepeatFromOneWhoHasLeftGetsItsFirstAnswerAndNothingNewIsStored)
{
    Cast cast;
    const MessageSend frame = cast.member.message(cast.room, "before");
    cast.member.send(frame);
    const MessageConfirmed first = cast.member.outcome(frame.tempId);
    MemberSet leave;
    leave.room = cast.room;
    leave.tempId = cast.member.temp();
    leave.user = cast.member.user;
    cast.member.send(leave);
    cast.member.clear();

    cast.member.send(frame);
    const MessageConfirmed again = cast.member.outcome(frame.tempId);
    EXPECT_TRUE(again.dup);
    EXPECT_EQ(again.seq, first.seq);

    const MessageSend fresh = cast.member.message(cast.room, "after");
    cast.member.send(fresh);
    const auto refused = cast.member.refusal(fresh.tempId);
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->code, ErrorCode::NotFound);
    EXPECT_TRUE(refused->permanent);
}

TEST(Messages, aChildIsRefusedWhoseParentIsNeitherStoredNorAhead)
{
    Cast cast;
    MessageSend orphan = cast.owner.message(cast.room, "child");
    orphan.prev = cast.owner.temp();
    cast.owner.send(orphan);
    ASSERT_TRUE(cast.owner.refusal(orphan.tempId));
    EXPECT_EQ(cast.owner.refusal(orphan.tempId)->code, ErrorCode::DependencyFailed);
    EXPECT_FALSE(cast.owner.refusal(orphan.tempId)->permanent);

    MessageSend parent = cast.owner.message(cast.room, "parent");
    MessageSend child = cast.owner.message(cast.room, "child");
    child.prev = parent.tempId;
    cast.owner.queue(parent);
    cast.owner.queue(child);
    cast.world.settle();
    EXPECT_EQ(cast.owner.outcome(child.tempId).seq, cast.owner.outcome(parent.tempId).seq.next());

    // Stored long ago, and by a server that has been restarted since.
    cast.world.restart();
    cast.owner.hello();
    MessageSend late = cast.owner.message(cast.room, "late");
    late.prev = parent.tempId;
    cast.owner.send(late);
    EXPECT_EQ(cast.owner.outcome(late.tempId).seq, Seq(5));
}

TEST(Messages, aChildNeverOvertakesAParentThatTheDiskRefused)
{
    Cast cast;
    int failures = 1;
    cast.world.storage->setCommitFault([&]() -> std::optional<ErrorCode> {
        return failures-- > 0 ? std::optional(ErrorCode::StorageFull) : std::nullopt;
    });
    const MessageSend parent = cast.owner.message(cast.room, "parent");
    MessageSend child = cast.owner.message(cast.room, "child");
    child.prev = parent.tempId;
    cast.owner.queue(parent);
    cast.world.storage->pump(); // fails alone
    cast.owner.queue(child);
    cast.world.settle();
    ASSERT_TRUE(cast.owner.refusal(parent.tempId));
    EXPECT_EQ(cast.owner.refusal(parent.tempId)->code, ErrorCode::StorageFull);
    EXPECT_FALSE(cast.owner.refusal(parent.tempId)->permanent);
    EXPECT_TRUE(cast.owner.refusal(parent.tempId)->retryAfterMs);
    ASSERT_TRUE(cast.owner.refusal(child.tempId));
    EXPECT_EQ(cast.owner.refusal(child.tempId)->code, ErrorCode::DependencyFailed);

    // There is space again: the same keys go through, in order, and no seq was lost.
    cast.owner.clear();
    cast.owner.queue(parent);
    cast.owner.queue(child);
    cast.world.settle();
    EXPECT_EQ(cast.owner.outcome(parent.tempId).seq, Seq(3));
    EXPECT_FALSE(cast.owner.outcome(parent.tempId).dup);
    EXPECT_EQ(cast.owner.outcome(child.tempId).seq, Seq(4));
}

TEST(Messages, anEditCarriesTheResultingStateAndTheRowTakesIt)
{
    Cast cast;
    cast.member.open(cast.room);
    const Seq target = cast.owner.say(cast.room, "first").seq;
    MessageEdit edit;
    edit.room = cast.room;
    edit.tempId = cast.owner.temp();
    edit.target = target;
    edit.body = "second";
    edit.ifRev = Rev(target.value());
    cast.owner.send(edit);
    const MessageConfirmed confirmed = cast.owner.outcome(edit.tempId);
    const auto seen = cast.member.last<LogEntry>();
    ASSERT_TRUE(seen);
    EXPECT_EQ(seen->event.kind, Kind::Edit);
    EXPECT_EQ(seen->event.target, target);
    EXPECT_EQ(seen->event.body, "second");
    EXPECT_EQ(seen->event.ord, Ord(1)); // a mutation is not unread

    HistoryRequest history;
    history.req = RequestId("h");
    history.room = cast.room;
    cast.member.send(history);
    const auto page = cast.member.last<HistoryResponse>();
    ASSERT_TRUE(page);
    ASSERT_EQ(page->messages.size(), 1u);
    EXPECT_EQ(page->messages[0].body, "second");
    EXPECT_TRUE(page->messages[0].edited);
    EXPECT_EQ(page->messages[0].rev, Rev(confirmed.seq.value()));
    EXPECT_EQ(page->messages[0].seq, target);

    // The revision that the sender saw is gone.
    edit.tempId = cast.owner.temp();
    cast.owner.send(edit);
    ASSERT_TRUE(cast.owner.refusal(edit.tempId));
    EXPECT_EQ(cast.owner.refusal(edit.tempId)->code, ErrorCode::Conflict);
}

TEST(Messages, whatWasDeletedIsNowhereInTheLogAnyMore)
{
    Cast cast;
    const Seq target = cast.member.say(cast.room, "secret one").seq;
    MessageEdit edit;
    edit.room = cast.room;
    edit.tempId = cast.member.temp();
    edit.target = target;
    edit.body = "secret two";
    cast.member.send(edit);
    MessageDelete erase;
    erase.room = cast.room;
    erase.target = target;
    erase.tempId = cast.member.temp();
    cast.member.send(erase);
    EXPECT_TRUE(cast.member.outcome(erase.tempId).seq);

    SyncRequest sync;
    sync.req = RequestId("s");
    sync.rooms = {{cast.room, Epoch(1), Seq()}};
    cast.owner.send(sync);
    ASSERT_TRUE(cast.owner.last<SyncResponse>());
    for (const Got& got : cast.world.wire.got[cast.owner.conn]) {
        if (std::holds_alternative<SyncResponse>(got.frame)) {
            EXPECT_EQ(got.text.find("secret"), std::string::npos) << got.text;
        }
    }
    const auto& events = cast.owner.last<SyncResponse>()->rooms.at(0).events;
    const auto row =
        std::find_if(events.begin(), events.end(), [&](const Event& e) { return e.seq == target; });
    ASSERT_NE(row, events.end());
    EXPECT_TRUE(row->deleted);

    erase.tempId = cast.member.temp();
    cast.member.send(erase);
    EXPECT_EQ(cast.member.refusal(erase.tempId)->code, ErrorCode::NotFound);
}

TEST(Messages, reactionsOfSeveralUsersConverge)
{
    Cast cast;
    const Seq target = cast.owner.say(cast.room, "?").seq;
    cast.owner.open(cast.room);
    const auto react = [&](Client& who, const char* key, bool on) {
        ReactionSet frame;
        frame.room = cast.room;
        frame.tempId = who.temp();
        frame.target = target;
        frame.key = key;
        frame.on = on;
        who.send(frame);
        EXPECT_TRUE(who.outcome(frame.tempId).seq);
    };
    react(cast.owner, "👍", true);
    react(cast.member, "👍", true);
    react(cast.member, "🎉", true);
    react(cast.owner, "👍", false);
    react(cast.owner, "👍", false); // already off: no harm
    const std::vector<Reaction> expected{{"👍", {cast.member.user}}, {"🎉", {cast.member.user}}};
    EXPECT_EQ(cast.owner.last<LogEntry>()->event.reactions, expected);
    HistoryRequest history;
    history.req = RequestId("h");
    history.room = cast.room;
    cast.member.send(history);
    EXPECT_EQ(cast.member.last<HistoryResponse>()->messages.at(0).reactions, expected);
}

TEST(Messages, reactionKeysOfAMessageAreBounded)
{
    ServiceConfig config;
    config.enforceRateLimits = false;
    Cast cast(config);
    const Seq target = cast.owner.say(cast.room, "?").seq;
    ReactionSet frame;
    frame.room = cast.room;
    frame.target = target;
    for (std::size_t i = 0; i <= kReactionKeysMax; ++i) {
        frame.tempId = cast.owner.temp();
        frame.key = "key" + std::to_string(i);
        cast.owner.send(frame);
        if (i < kReactionKeysMax) {
            ASSERT_TRUE(cast.owner.outcome(frame.tempId).seq);
        }
    }
    ASSERT_TRUE(cast.owner.refusal(frame.tempId));
    EXPECT_EQ(cast.owner.refusal(frame.tempId)->code, ErrorCode::Conflict);
}

TEST(Messages, theWindowOfARoomIsEnforced)
{
    Cast cast;
    std::vector<MessageSend> frames;
    for (std::size_t i = 0; i <= kSendWindowPerRoom; ++i)
        frames.push_back(cast.owner.message(cast.room, std::to_string(i)));
    for (const MessageSend& frame : frames)
        cast.owner.queue(frame);
    ASSERT_TRUE(cast.owner.refusal(frames.back().tempId));
    EXPECT_EQ(cast.owner.refusal(frames.back().tempId)->code, ErrorCode::RateLimited);
    EXPECT_TRUE(cast.owner.refusal(frames.back().tempId)->retryAfterMs);
    cast.world.settle();
    EXPECT_TRUE(cast.owner.outcome(frames[kSendWindowPerRoom - 1].tempId).seq);
    EXPECT_TRUE(cast.owner.say(cast.room, "open again").seq);
}

TEST(Messages, theRateOfAUserIsEnforcedOverAllItsDevicesAndNothingIsLost)
{
    ServiceConfig config;
    config.limits.messages = {5, 60};
    Cast cast(config);
    cast.world.advance(5'000); // making the room took some
    Client laptop(cast.world, cast.owner.user, "laptop");
    laptop.hello();
    for (int i = 0; i < 5; ++i)
        EXPECT_TRUE(cast.owner.say(cast.room, "fine").seq);
    const MessageSend over = laptop.message(cast.room, "too much");
    laptop.send(over);
    const auto refusal = laptop.refusal(over.tempId);
    ASSERT_TRUE(refusal);
    EXPECT_EQ(refusal->code, ErrorCode::RateLimited);
    EXPECT_FALSE(refusal->permanent);
    ASSERT_TRUE(refusal->retryAfterMs);
    EXPECT_GT(*refusal->retryAfterMs, 0);
    cast.world.advance(*refusal->retryAfterMs);
    laptop.clear();
    laptop.send(over);
    EXPECT_TRUE(laptop.outcome(over.tempId).seq);
}

TEST(Messages, aBadFieldIsRefusedUnderItsTempId)
{
    Cast cast;
    const MessageSend empty = cast.owner.message(cast.room, "");
    cast.owner.send(empty);
    ASSERT_TRUE(cast.owner.refusal(empty.tempId));
    EXPECT_EQ(cast.owner.refusal(empty.tempId)->field, "body");
    EXPECT_TRUE(cast.owner.refusal(empty.tempId)->permanent);

    const MessageSend tooLong =
        cast.owner.message(cast.room, std::string(kBodyCharactersMax + 1, 'x'));
    cast.owner.send(tooLong);
    ASSERT_TRUE(cast.owner.refusal(tooLong.tempId));
    EXPECT_TRUE(cast.owner.refusal(tooLong.tempId)->permanent);
    EXPECT_FALSE(cast.owner.closed());

    MessageSend future = cast.owner.message(cast.room, "reply");
    future.replyTo = Seq(1'000);
    cast.owner.send(future);
    ASSERT_TRUE(cast.owner.refusal(future.tempId));
    EXPECT_EQ(cast.owner.refusal(future.tempId)->field, "reply_to");

    MessageSend system = cast.owner.message(cast.room, "I am the server");
    system.kind = Kind::System;
    cast.owner.send(system);
    ASSERT_TRUE(cast.owner.refusal(system.tempId));
    EXPECT_EQ(cast.owner.say(cast.room, "fine").seq, Seq(3));
}

TEST(Messages, aFullDiskConfirmsNothingAndRecoversByItself)
{
    Cast cast;
    cast.member.open(cast.room);
    cast.member.clear();
    bool full = true;
    cast.world.storage->setCommitFault([&]() -> std::optional<ErrorCode> {
        return full ? std::optional(ErrorCode::StorageFull) : std::nullopt;
    });
    const MessageSend frame = cast.owner.message(cast.room, "no space");
    cast.owner.send(frame);
    ASSERT_TRUE(cast.owner.refusal(frame.tempId));
    EXPECT_EQ(cast.owner.refusal(frame.tempId)->code, ErrorCode::StorageFull);
    EXPECT_TRUE(cast.owner.all<MessageConfirmed>().empty());
    EXPECT_TRUE(cast.member.all<LogEntry>().empty());
    full = false;
    cast.owner.clear();
    cast.owner.send(frame);
    EXPECT_EQ(cast.owner.outcome(frame.tempId).seq, Seq(3));
    EXPECT_FALSE(cast.owner.outcome(frame.tempId).dup);
    EXPECT_EQ(cast.member.all<LogEntry>().size(), 1u);
}

TEST(Messages, aKillBeforeTheCommitLosesOnlyWhatWasNotConfirmed)
{
    Cast cast;
    const Seq stored = cast.owner.say(cast.room, "stored").seq;
    const MessageSend lost = cast.owner.message(cast.room, "on its way");
    cast.owner.queue(lost);
    cast.world.restart();
    cast.owner.hello();
    cast.owner.send(lost);
    EXPECT_EQ(cast.owner.outcome(lost.tempId).seq, stored.next());
    EXPECT_FALSE(cast.owner.outcome(lost.tempId).dup);
    EXPECT_EQ(cast.world.disk.integrity(), "ok");
}

TEST(Messages, aFanOutIsEncodedOncePerVariant)
{
    Cast cast;
    cast.owner.open(cast.room);
    cast.admin.open(cast.room);
    cast.member.open(cast.room);
    cast.admin.clear();
    cast.member.clear();
    cast.owner.clear();
    cast.owner.say(cast.room, "shared");
    const auto frameOf = [&](Client& who) -> FramePtr {
        for (std::size_t i = 0; i < cast.world.wire.got[who.conn].size(); ++i) {
            if (std::holds_alternative<LogEntry>(cast.world.wire.got[who.conn][i].frame))
                return cast.world.wire.pointers[who.conn][i];
        }
        return nullptr;
    };
    ASSERT_TRUE(frameOf(cast.admin));
    EXPECT_EQ(frameOf(cast.admin), frameOf(cast.member));
    EXPECT_NE(frameOf(cast.admin), frameOf(cast.owner));
}

TEST(Messages, statementsPerMessageDoNotGrow)
{
    ServiceConfig config;
    config.enforceRateLimits = false;
    Cast cast(config);
    const auto cost = [&] {
        const std::int64_t before = cast.world.storage->statementsExecuted();
        cast.member.queue(cast.member.message(cast.room, "counted"));
        cast.world.storage->pump();
        return cast.world.storage->statementsExecuted() - before;
    };
    cost(); // registers the device
    cast.world.settle();
    const std::int64_t early = cost();
    EXPECT_LE(early, 5); // begin, key, message, room, commit
    cast.world.settle();
    for (int i = 0; i < 300; ++i)
        cast.owner.say(cast.room, "history");
    EXPECT_EQ(cost(), early);
}
