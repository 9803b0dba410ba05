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
