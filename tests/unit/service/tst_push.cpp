// The push hook: who gets a hint, when, and what it says.
#include "server/service/pushqueue.h"
#include "tests/unit/service/world.h"

#include <boost/json.hpp>

#include <cstdlib>
#include <deque>
#include <set>

using namespace skein;
using namespace skein::server;
using namespace skein::server::testing;

namespace
{

class Outlet final : public PushOutlet
{
public:
    void post(PushPost post, std::function<void(PushReply)> done) override
    {
        bodies.push_back(boost::json::parse(post.body).as_object());
        texts.push_back(post.body);
        ids.push_back(post.id);
        open.push_back(std::move(done));
    }
    void answer(int status)
    {
        auto done = std::move(open.front());
        open.pop_front();
        done({status, {}});
    }
    [[nodiscard]] const boost::json::object& data(std::size_t i) const
    {
        return bodies.at(i).at("data").as_object();
    }

    std::vector<boost::json::object> bodies;
    std::vector<std::string> ids, texts;
    std::deque<std::function<void(PushReply)>> open;
};

ServiceConfig with(PushOutlet& outlet, PushContent content = PushContent::Ids)
{
    ServiceConfig config;
    config.enforceRateLimits = false;
    config.pushOutlet = &outlet;
    config.push.content = content;
    return config;
}

constexpr std::int64_t kGrace = 8'000;

struct Stage {
    explicit Stage(PushContent content = PushContent::Ids)
        : cast(with(outlet, content))
    {
    }
    /// `who` leaves, and is away.
    void leave(Client& who)
    {
        who.drop();
        world().advance(kGrace);
    }
    World& world() { return cast.world; }
    void gather() { world().advance(PushConfig().gatherMs + 100); }

    Outlet outlet;
    Cast cast;
};

} // namespace

TEST(Push, whoIsAwayGetsOneHintForABurst)
{
    Stage stage;
    stage.leave(stage.cast.member);
    MessageConfirmed last;
    for (int i = 0; i < 100; ++i)
        last = stage.cast.owner.say(stage.cast.room, "number " + std::to_string(i));
    EXPECT_TRUE(stage.outlet.bodies.empty());
    stage.gather();
    ASSERT_EQ(stage.outlet.bodies.size(), 1u);
    const auto& body = stage.outlet.bodies[0];
    EXPECT_EQ(body.at("type").as_string(), "message.away");
    EXPECT_EQ(body.at("timestamp").as_string().size(), 24u);
    const auto& data = stage.outlet.data(0);
    EXPECT_EQ(data.at("user").as_string(), stage.cast.member.user.str());
    EXPECT_EQ(data.at("room").as_string(), stage.cast.room.str());
    EXPECT_EQ(data.at("room_kind").as_string(), "general");
    EXPECT_EQ(data.at("new").to_number<std::int64_t>(), 100);
    EXPECT_EQ(data.at("unread").to_number<std::int64_t>(), 100);
    EXPECT_EQ(data.at("badge").to_number<std::int64_t>(), 100);
    EXPECT_EQ(data.at("mentions").to_number<std::int64_t>(), 0);
    EXPECT_FALSE(data.at("mentioned").as_bool());
    const auto& message = data.at("message").as_object();
    EXPECT_EQ(message.at("id").as_string(), last.id.str());
    EXPECT_EQ(message.at("seq").to_number<std::int64_t>(), last.seq.value());
    EXPECT_EQ(message.at("kind").as_string(), "text");
    EXPECT_EQ(message.at("ts").to_number<std::int64_t>(), last.ts);
    EXPECT_EQ(message.at("sender").as_string(), stage.cast.owner.user.str());
    // Identifiers and numbers only.
    EXPECT_EQ(stage.outlet.texts[0].find("number"), std::string::npos);
    EXPECT_EQ(stage.outlet.texts[0].find("The "), std::string::npos);
    EXPECT_EQ(stage.outlet.texts[0].find("Room"), std::string::npos);
}

TEST(Push, nobodyWhoIsHereOrWroteItOrIsAStrangerGetsOne)
{
    Stage stage;
    stage.cast.member.say(stage.cast.room, "all are here");
    stage.world().advance(20'000);
    for (Client* who : {&stage.cast.owner, &stage.cast.admin, &stage.cast.member})
        who->hello();
    stage.world().advance(1);
    EXPECT_TRUE(stage.outlet.bodies.empty());
    // The writer is away before the disk has taken it: it is the writer's own all the same, also
    // behind something that was delivered and is still unread.
    MarkDelivered delivered;
    delivered.rooms = {{stage.cast.room, stage.cast.owner.say(stage.cast.room, "unread").seq}};
    for (Client* who : {&stage.cast.owner, &stage.cast.admin, &stage.cast.member})
        who->send(delivered);
    stage.world().advance(100);
    stage.cast.member.queue(stage.cast.member.message(stage.cast.room, "and gone"));
    stage.world().service->disconnected(stage.cast.member.conn);
    stage.world().clock.advance(Milliseconds(kGrace));
    stage.world().service->tick();
    stage.world().settle();
    stage.world().advance(20'000);
    EXPECT_TRUE(stage.outlet.bodies.empty());
}

TEST(Push, editsDeletionsReactionsPinsAndNamesAreNoNews)
{
    Stage stage;
    const auto said = stage.cast.owner.say(stage.cast.room, "before");
    MarkDelivered delivered;
    delivered.rooms = {{stage.cast.room, said.seq}};
    stage.cast.member.send(delivered);
    stage.world().advance(1'000);
    stage.leave(stage.cast.member);
    MessageEdit edit;
    edit.room = stage.cast.room;
    edit.tempId = stage.cast.owner.temp();
    edit.target = said.seq;
    edit.body = "after";
    stage.cast.owner.send(edit);
    ReactionSet reaction;
    reaction.room = stage.cast.room;
    reaction.tempId = stage.cast.owner.temp();
    reaction.target = said.seq;
    reaction.key = "+";
    stage.cast.owner.send(reaction);
    PinSet pin;
    pin.room = stage.cast.room;
    pin.tempId = stage.cast.owner.temp();
    pin.target = said.seq;
    stage.cast.owner.send(pin);
    RoomUpdate update;
    update.room = stage.cast.room;
    update.tempId = stage.cast.owner.temp();
    update.name = "Other";
    stage.cast.owner.send(update);
    MessageDelete gone;
    gone.room = stage.cast.room;
    gone.tempId = stage.cast.owner.temp();
    gone.target = said.seq;
    stage.cast.owner.send(gone);
    for (const TempId& id : {edit.tempId, reaction.tempId, pin.tempId, update.tempId, gone.tempId})
        EXPECT_TRUE(stage.cast.owner.outcome(id).seq);
    stage.world().advance(20'000);
    EXPECT_TRUE(stage.outlet.bodies.empty());
}

TEST(Push, whoComesBackOrReadsItElsewhereNeedsNone)
{
    Stage stage;
    stage.leave(stage.cast.member);
    stage.leave(stage.cast.admin);
    const auto said = stage.cast.owner.say(stage.cast.room, "hello");
    stage.cast.member.hello(); // within the gathering
    Client laptop(stage.world(), stage.cast.admin.user, "laptop");
    laptop.hello();
    MarkRead read;
    read.room = stage.cast.room;
    read.seq = said.seq;
    laptop.send(read);
    stage.world().advance(100);
    laptop.drop();
    stage.world().advance(20'000);
    EXPECT_TRUE(stage.outlet.bodies.empty());
}

TEST(Push, whoIsBackForAMomentOnlyAndReceivedNothingIsHintedAt)
{
    enum class Then { Leaves, FallsSilent, LivesAWhile, Receives };
    for (const Then then : {Then::Leaves, Then::FallsSilent, Then::LivesAWhile, Then::Receives}) {
        SCOPED_TRACE(static_cast<int>(then));
        Stage stage;
        Client& phone = stage.cast.member;
        stage.leave(phone);
        const auto said = stage.cast.owner.say(stage.cast.room, "hello");
        phone.hello(); // its system woke it for a moment
        if (then == Then::Receives) {
            MarkDelivered delivered;
            delivered.rooms = {{stage.cast.room, said.seq}};
            phone.send(delivered);
        }
        stage.gather();
        if (then == Then::Leaves || then == Then::Receives)
            phone.drop();
        for (int i = 0; then == Then::LivesAWhile && i < 5; ++i) {
            stage.world().advance(20'000);
            phone.send(Ping{1});
        }
        const auto told = [&] {
            std::int64_t hints = 0; // the others are silent here, and found gone
            for (std::size_t i = 0; i < stage.outlet.bodies.size(); ++i)
                hints += stage.outlet.data(i).at("user").as_string() == phone.user.str() ? 1 : 0;
            return hints;
        };
        stage.world().advance(30'000);
        EXPECT_EQ(told(), 0) << "they may be reading it";
        stage.world().advance(60'000);
        EXPECT_EQ(told(), then == Then::Receives ? 0 : 1);
    }
}

TEST(Push, whatWentIntoADeadConnectionOrCameWithinTheGraceIsHintedAt)
{
    Stage stage;
    // The phone's network is gone, the server does not know yet.
    stage.world().advance(5'000);
    stage.cast.owner.say(stage.cast.room, "into the void");
    stage.cast.owner.say(stage.cast.room, "and more");
    stage.world().advance(2'000);
    stage.cast.member.drop();
    stage.world().advance(kGrace - 1);
    EXPECT_TRUE(stage.outlet.bodies.empty());
    stage.cast.owner.say(stage.cast.room, "within the grace");
    stage.cast.admin.say(stage.cast.room, "of eight seconds");
    stage.world().advance(1);
    stage.gather();
    ASSERT_EQ(stage.outlet.bodies.size(), 1u);
    EXPECT_EQ(stage.outlet.data(0).at("user").as_string(), stage.cast.member.user.str());
    EXPECT_EQ(stage.outlet.data(0).at("new").to_number<std::int64_t>(), 4);

    // What a device has reported as delivered before it went needs none.
    Stage other;
    const auto said = other.cast.owner.say(other.cast.room, "received");
    MarkDelivered delivered;
    delivered.rooms = {{other.cast.room, said.seq}};
    other.world().advance(1'000);
    other.cast.member.send(delivered);
    other.world().advance(1'000);
    other.leave(other.cast.member);
    other.world().advance(20'000);
    EXPECT_TRUE(other.outlet.bodies.empty());
}

TEST(Push, eachMessageIsNewInOneHintHoweverTheyFallBetweenTwo)
{
    Outlet outlet;
    ServiceConfig config = with(outlet);
    config.push.gatherMs = 10;
    config.push.everyMs = 70;
    Cast cast(config);
    cast.member.drop();
    cast.world.advance(kGrace);
    std::int64_t told = 0;
    std::set<std::string> ids;
    constexpr std::int64_t kSent = 400;
    for (int i = 0; i < kSent; ++i) {
        cast.owner.say(cast.room, "x");
        // Around the 50 ms in which members are not looked at.
        cast.world.advance(7 + i % 13 * 5);
        while (!outlet.open.empty())
            outlet.answer(200);
    }
    for (int i = 0; i < 5; ++i) {
        cast.world.advance(100);
        while (!outlet.open.empty())
            outlet.answer(200);
    }
    for (std::size_t i = 0; i < outlet.bodies.size(); ++i) {
        // The admin falls silent on the way and is hinted at, too.
        if (outlet.data(i).at("user").as_string() == cast.member.user.str())
            told += outlet.data(i).at("new").to_number<std::int64_t>();
        EXPECT_TRUE(ids.insert(outlet.ids[i]).second) << i;
    }
    EXPECT_GT(outlet.bodies.size(), 50u);
    EXPECT_EQ(told, kSent);
}

TEST(Push, whoIsSilentOnAnOpenConnectionCountsAsAway)
{
    Outlet outlet;
    ServiceConfig config = with(outlet);
    config.heartbeatMs = 3'600'000;
    Cast cast(config);
    cast.world.advance(kPresenceTtlMs - 2'000);
    cast.owner.send(Ping{1});
    cast.admin.send(Ping{1});
    cast.world.advance(3'000);
    cast.owner.say(cast.room, "anybody?");
    cast.world.advance(5'000);
    ASSERT_EQ(outlet.bodies.size(), 1u);
    EXPECT_EQ(outlet.data(0).at("user").as_string(), cast.member.user.str());
}

TEST(Push, aMentionIsSaidAndOldOnesAreNotNews)
{
    Stage stage;
    stage.leave(stage.cast.member);
    MessageSend frame = stage.cast.owner.message(stage.cast.room, "@member look");
    frame.mentions = {stage.cast.member.user};
    stage.cast.owner.send(frame);
    stage.gather();
    ASSERT_EQ(stage.outlet.bodies.size(), 1u);
    EXPECT_TRUE(stage.outlet.data(0).at("mentioned").as_bool());
    EXPECT_EQ(stage.outlet.data(0).at("mentions").to_number<std::int64_t>(), 1);
    stage.outlet.answer(204);
    stage.cast.owner.say(stage.cast.room, "nothing special");
    stage.world().advance(PushConfig().everyMs);
    ASSERT_EQ(stage.outlet.bodies.size(), 2u);
    EXPECT_FALSE(stage.outlet.data(1).at("mentioned").as_bool());
    EXPECT_EQ(stage.outlet.data(1).at("mentions").to_number<std::int64_t>(), 1);
    EXPECT_EQ(stage.outlet.data(1).at("new").to_number<std::int64_t>(), 1);
    EXPECT_EQ(stage.outlet.data(1).at("unread").to_number<std::int64_t>(), 2);
}

TEST(Push, aRepeatHasTheSameIdAndTheNextHintAnother)
{
    Stage stage;
    stage.leave(stage.cast.member);
    stage.cast.owner.say(stage.cast.room, "one");
    stage.gather();
    stage.outlet.answer(503);
    stage.world().advance(kPushRetryMs);
    ASSERT_EQ(stage.outlet.ids.size(), 2u);
    EXPECT_EQ(stage.outlet.ids[0], stage.outlet.ids[1]);
    stage.outlet.answer(200);
    stage.cast.owner.say(stage.cast.room, "two");
    stage.world().advance(PushConfig().everyMs);
    ASSERT_EQ(stage.outlet.ids.size(), 3u);
    EXPECT_NE(stage.outlet.ids[2], stage.outlet.ids[0]);
    // Each of two users has one of their own.
    stage.leave(stage.cast.admin);
    stage.cast.owner.say(stage.cast.room, "three");
    stage.outlet.answer(200);
    stage.world().advance(PushConfig().everyMs);
    ASSERT_EQ(stage.outlet.ids.size(), 5u);
    EXPECT_NE(stage.outlet.ids[3], stage.outlet.ids[4]);
}

TEST(Push, namesAndPreviewsAreSaidWhereTheyAreAskedFor)
{
    Stage names(PushContent::Names);
    names.leave(names.cast.member);
    names.cast.owner.say(names.cast.room, "secret");
    names.gather();
    ASSERT_EQ(names.outlet.bodies.size(), 1u);
    EXPECT_EQ(names.outlet.data(0).at("room_name").as_string(), "Room");
    EXPECT_EQ(names.outlet.data(0).at("message").as_object().at("sender_name").as_string(),
              "The owner");
    EXPECT_EQ(names.outlet.texts[0].find("secret"), std::string::npos);

    Stage preview(PushContent::Preview);
    preview.leave(preview.cast.member);
    preview.cast.owner.say(preview.cast.room, "გამარჯობა\nმსოფლიო");
    preview.gather();
    ASSERT_EQ(preview.outlet.bodies.size(), 1u);
    EXPECT_EQ(preview.outlet.data(0).at("message").as_object().at("preview").as_string(),
              "გამარჯობა მსოფლიო");
}

TEST(Push, whoLeftTheRoomHearsNoMore)
{
    Stage stage;
    stage.leave(stage.cast.member);
    stage.cast.owner.say(stage.cast.room, "hello");
    MemberSet remove;
    remove.room = stage.cast.room;
    remove.tempId = stage.cast.owner.temp();
    remove.user = stage.cast.member.user;
    stage.cast.owner.send(remove);
    stage.cast.owner.say(stage.cast.room, "without");
    stage.world().advance(20'000);
    EXPECT_TRUE(stage.outlet.bodies.empty());
}

TEST(Push, afterARestartThoseWhoComeBackAtOnceAreNotHintedAt)
{
    Stage stage;
    stage.world().restart();
    stage.cast.owner.hello();
    stage.cast.owner.say(stage.cast.room, "early");
    stage.world().advance(10'000);
    EXPECT_TRUE(stage.outlet.bodies.empty());
    stage.cast.admin.hello();
    stage.world().advance(PushConfig().startGraceMs - 10'000);
    ASSERT_EQ(stage.outlet.bodies.size(), 1u);
    EXPECT_EQ(stage.outlet.data(0).at("user").as_string(), stage.cast.member.user.str());
}

TEST(Push, aDrainHintsAtWhatWasToBeToldTogether)
{
    Outlet outlet;
    ServiceConfig config = with(outlet);
    config.push.gatherMs = 0; // in a large room the summary waits for longer than hints do
    Cast cast(config);
    cast.member.drop();
    cast.world.advance(kGrace);
    cast.owner.say(cast.room, "first");
    cast.world.settle();
    ASSERT_EQ(outlet.bodies.size(), 1u);
    outlet.answer(200);
    cast.owner.say(cast.room, "second");
    cast.world.settle();
    ASSERT_EQ(outlet.bodies.size(), 1u) << "is still to be told";
    cast.world.service->drain(1'000);
    cast.world.settle();
    ASSERT_EQ(outlet.bodies.size(), 2u);
    EXPECT_EQ(outlet.data(1).at("new").to_number<std::int64_t>(), 1);
}

TEST(Push, aDrainHintsAtNobodyWhomItSendsAwayItself)
{
    Stage stage;
    stage.leave(stage.cast.member);
    stage.cast.owner.say(stage.cast.room, "last words");
    EXPECT_TRUE(stage.outlet.bodies.empty());
    EXPECT_EQ(stage.world().service->pushesOpen(), 1u);
    stage.world().service->drain(1'000);
    stage.world().settle();
    ASSERT_EQ(stage.outlet.bodies.size(), 1u); // without gathering
    EXPECT_EQ(stage.outlet.data(0).at("user").as_string(), stage.cast.member.user.str());
    EXPECT_EQ(stage.world().service->pushesOpen(), 1u);
    stage.outlet.answer(200);
    EXPECT_EQ(stage.world().service->pushesOpen(), 0u);
}

TEST(Push, aReceiverThatFailsIsLeftAloneAndNothingIsWaitedFor)
{
    Stage stage;
    stage.leave(stage.cast.member);
    stage.leave(stage.cast.admin);
    stage.cast.owner.say(stage.cast.room, "x");
    stage.gather();
    ASSERT_EQ(stage.outlet.open.size(), 2u);
    for (int i = 0; i < 40 && stage.world().service->pushesOpen() > 0; ++i) {
        while (!stage.outlet.open.empty())
            stage.outlet.answer(500);
        stage.world().advance(1'000);
    }
    EXPECT_EQ(stage.world().service->pushesOpen(), 0u); // paused
    EXPECT_EQ(stage.world().service->pushesLeft(), 2u);
    EXPECT_EQ(stage.world().metrics.gauge("push_paused").value(), 1);
}

TEST(Push, costsNoStatementAndNothingWhereAllAreHere)
{
    // The same messages with the hook and without, with everybody away and with everybody here.
    const auto statements = [](bool hook, bool away) {
        Outlet outlet;
        ServiceConfig config = with(outlet);
        if (!hook)
            config.pushOutlet = nullptr;
        Cast cast(config);
        if (away) {
            cast.member.drop();
            cast.admin.drop();
            cast.world.advance(kGrace);
        }
        const std::int64_t before = cast.world.storage->statementsExecuted();
        for (int i = 0; i < 10; ++i)
            cast.owner.say(cast.room, "x");
        cast.world.advance(5'000);
        EXPECT_EQ(outlet.bodies.size(), hook && away ? 2u : 0u);
        return cast.world.storage->statementsExecuted() - before;
    };
    EXPECT_EQ(statements(true, true), statements(false, true));
    EXPECT_EQ(statements(true, false), statements(false, false));
}
