// Who may do what: every frame of a client against every role, a stranger and somebody who has not
// signed in.
#include "tests/unit/service/world.h"

#include <functional>

using namespace skein;
using namespace skein::server;
using namespace skein::server::testing;

namespace
{

enum class May { Yes, Forbidden, NotFound, OutOfOrder };

struct Row {
    const char* name;
    std::function<ClientFrame(Cast&, Client&)> frame;
    May owner, admin, member, stranger;
};

/// What came of a frame, whichever way the answer came.
May outcomeOf(Client& who)
{
    May outcome = May::Yes;
    const auto note = [&](ErrorCode code) {
        if (code == ErrorCode::Forbidden)
            outcome = May::Forbidden;
        else if (code == ErrorCode::NotFound)
            outcome = May::NotFound;
        else if (code == ErrorCode::OutOfOrder)
            outcome = May::OutOfOrder;
        else
            ADD_FAILURE() << wireName(code);
    };
    for (const auto& failed : who.all<MessageFailed>())
        note(failed.code);
    for (const auto& error : who.all<ErrorFrame>())
        note(error.code);
    for (const auto& response : who.all<SyncResponse>()) {
        for (const auto& room : response.rooms) {
            if (room.error)
                note(*room.error);
        }
    }
    return outcome;
}

template <class T>
T roomFrame(Cast& cast)
{
    T frame;
    frame.room = cast.room;
    if constexpr (requires { frame.req; })
        frame.req = RequestId("r");
    return frame;
}

template <class T>
T durable(Cast& cast, Client& who)
{
    T frame = roomFrame<T>(cast);
    frame.tempId = who.temp();
    return frame;
}

/// Seq of the owner's message that every world of this table begins with.
constexpr Seq kOwners{3};
constexpr Seq kMembers{4};

MemberSet memberSet(Cast& cast, Client& who, const UserId& user, std::optional<Role> role)
{
    auto frame = durable<MemberSet>(cast, who);
    frame.user = user;
    frame.role = role;
    return frame;
}

const std::vector<Row>& table()
{
    using enum May;
    static const std::vector<Row> rows{
        {"hello", [](Cast&, Client& who) { return who.helloFrame(); }, OutOfOrder, OutOfOrder,
         OutOfOrder, OutOfOrder},
        {"subscribe_room", [](Cast& c, Client&) { return roomFrame<SubscribeRoom>(c); }, Yes, Yes,
         Yes, NotFound},
        {"unsubscribe_room", [](Cast& c, Client&) { return roomFrame<UnsubscribeRoom>(c); }, Yes,
         Yes, Yes, NotFound},
        {"message_send", [](Cast& c, Client& who) { return who.message(c.room, "hi"); }, Yes, Yes,
         Yes, NotFound},
        {"message_edit of one's own or another's",
         [](Cast& c, Client& who) {
             auto frame = durable<MessageEdit>(c, who);
             frame.target = kOwners;
             frame.body = "changed";
             return frame;
         },
         Yes, Forbidden, Forbidden, NotFound},
        {"message_delete of the owner's",
         [](Cast& c, Client& who) {
             auto frame = durable<MessageDelete>(c, who);
             frame.target = kOwners;
             return frame;
         },
         Yes, Yes, Forbidden, NotFound},
        {"message_delete of the member's",
         [](Cast& c, Client& who) {
             auto frame = durable<MessageDelete>(c, who);
             frame.target = kMembers;
             return frame;
         },
         Yes, Yes, Yes, NotFound},
        {"reaction_set",
         [](Cast& c, Client& who) {
             auto frame = durable<ReactionSet>(c, who);
             frame.target = kOwners;
             frame.key = "👍";
             return frame;
         },
         Yes, Yes, Yes, NotFound},
        {"pin_set",
         [](Cast& c, Client& who) {
             auto frame = durable<PinSet>(c, who);
             frame.target = kOwners;
             return frame;
         },
         Yes, Yes, Yes, NotFound},
        {"member_set: invite",
         [](Cast& c, Client& who) { return memberSet(c, who, UserId("user-guest"), Role::Member); },
         Yes, Yes, Forbidden, NotFound},
        {"member_set: make an admin",
         [](Cast& c, Client& who) { return memberSet(c, who, c.member.user, Role::Admin); }, Yes,
         Forbidden, Forbidden, NotFound},
        {"member_set: make oneself owner",
         [](Cast& c, Client& who) { return memberSet(c, who, who.user, Role::Owner); }, Yes,
         Forbidden, Forbidden, NotFound},
        {"member_set: remove the member",
         [](Cast& c, Client& who) { return memberSet(c, who, c.member.user, std::nullopt); }, Yes,
         Yes, Yes, NotFound},
        {"member_set: remove the admin",
         [](Cast& c, Client& who) { return memberSet(c, who, c.admin.user, std::nullopt); }, Yes,
         Yes, Forbidden, NotFound},
        {"member_set: remove the owner, the last one",
         [](Cast& c, Client& who) { return memberSet(c, who, c.owner.user, std::nullopt); },
         Forbidden, Forbidden, Forbidden, NotFound},
        {"member_set: remove who is no member",
         [](Cast& c, Client& who) { return memberSet(c, who, UserId("user-guest"), std::nullopt); },
         NotFound, NotFound, Forbidden, NotFound},
        {"room_update",
         [](Cast& c, Client& who) {
             auto frame = durable<RoomUpdate>(c, who);
             frame.name = "Renamed";
             return frame;
         },
         Yes, Yes, Forbidden, NotFound},
        {"room_create",
         [](Cast&, Client& who) {
             RoomCreate frame;
             frame.tempId = who.temp();
             frame.name = "Mine";
             return frame;
         },
         Yes, Yes, Yes, Yes},
        {"sync_request",
         [](Cast& c, Client&) {
             SyncRequest frame;
             frame.req = RequestId("r");
             frame.rooms = {{c.room, Epoch(1), Seq(0)}};
             return frame;
         },
         Yes, Yes, Yes, NotFound},
        {"history_request", [](Cast& c, Client&) { return roomFrame<HistoryRequest>(c); }, Yes, Yes,
         Yes, NotFound},
        {"revalidate",
         [](Cast& c, Client&) {
             auto frame = roomFrame<Revalidate>(c);
             frame.lo = Seq(1);
             frame.hi = Seq(5);
             return frame;
         },
         Yes, Yes, Yes, NotFound},
        {"rooms_request",
         [](Cast&, Client&) {
             return RoomsRequest{RequestId("r"), {}, "", 100};
         },
         Yes, Yes, Yes, Yes},
        {"members_request", [](Cast& c, Client&) { return roomFrame<MembersRequest>(c); }, Yes, Yes,
         Yes, NotFound},
        {"draft_set", [](Cast& c, Client& who) { return durable<DraftSet>(c, who); }, Yes, Yes, Yes,
         NotFound},
        {"drafts_request",
         [](Cast&, Client&) {
             return DraftsRequest{RequestId("r"), Rev(0), 100};
         },
         Yes, Yes, Yes, Yes},
        {"mark_read",
         [](Cast& c, Client&) {
             auto frame = roomFrame<MarkRead>(c);
             frame.seq = kOwners;
             return frame;
         },
         Yes, Yes, Yes, NotFound},
        {"mark_delivered",
         [](Cast& c, Client&) {
             return MarkDelivered{{{c.room, kOwners}}};
         },
         Yes, Yes, Yes, NotFound},
        {"typing", [](Cast& c, Client&) { return roomFrame<TypingSet>(c); }, Yes, Yes, Yes,
         NotFound},
        {"presence", [](Cast&, Client&) { return PresenceSet{PresenceStatus::Away}; }, Yes, Yes,
         Yes, Yes},
        {"token_refresh", [](Cast&, Client& who) { return TokenRefresh{who.token()}; }, Yes, Yes,
         Yes, Yes},
        {"ping", [](Cast&, Client&) { return Ping{1}; }, Yes, Yes, Yes, Yes},
        {"pong", [](Cast&, Client&) { return Pong{}; }, Yes, Yes, Yes, Yes},
    };
    return rows;
}

struct Stage : Cast {
    Stage()
    {
        world.addUser("guest");
        EXPECT_EQ(owner.say(room, "of the owner").seq, kOwners);
        EXPECT_EQ(member.say(room, "of the member").seq, kMembers);
        world.advance(1'000);
        for (Client* peer : {&owner, &admin, &member, &stranger})
            peer->clear();
    }
};

} // namespace

TEST(Authorisation, everyFrameOfTheProtocolIsInTheTable)
{
    std::vector<bool> seen(std::variant_size_v<ClientFrame>, false);
    Stage stage;
    for (const Row& row : table())
        seen[row.frame(stage, stage.owner).index()] = true;
    for (std::size_t i = 0; i < seen.size(); ++i) {
        // The last alternative is the frame that nobody knows.
        EXPECT_EQ(seen[i], i + 1 != seen.size()) << "alternative " << i;
    }
}

TEST(Authorisation, eachRoleGetsWhatTheTableSays)
{
    for (const Row& row : table()) {
        const std::pair<Client Cast::*, May> roles[] = {{&Cast::owner, row.owner},
                                                        {&Cast::admin, row.admin},
                                                        {&Cast::member, row.member},
                                                        {&Cast::stranger, row.stranger}};
        for (const auto& [role, expected] : roles) {
            Stage stage;
            Client& who = stage.*role;
            who.send(row.frame(stage, who));
            EXPECT_EQ(static_cast<int>(outcomeOf(who)), static_cast<int>(expected))
                << row.name << ", " << who.user;
            EXPECT_FALSE(who.closed()) << row.name;
        }
    }
}

TEST(Authorisation, aStrangerCannotTellARoomFromNone)
{
    for (const Row& row : table()) {
        if (row.stranger != May::NotFound)
            continue;
        Stage real, made;
        real.stranger.send(row.frame(real, real.stranger));
        // The same frame about a room that does not exist; the ids that differ are made equal
        // before comparing.
        const std::string id = made.room.str();
        made.room = RoomId("no-such-room");
        made.stranger.send(row.frame(made, made.stranger));
        ASSERT_EQ(real.stranger.frames(), made.stranger.frames()) << row.name;
        for (std::size_t i = 0; i < real.stranger.frames(); ++i) {
            std::string a = real.world.wire.got[real.stranger.conn][i].text;
            std::string b = made.world.wire.got[made.stranger.conn][i].text;
            for (std::size_t at = 0; (at = a.find(real.room.str(), at)) != std::string::npos;)
                a.replace(at, real.room.str().size(), made.room.str());
            const auto temp = [](std::string& text) {
                if (const std::size_t at = text.find("\"temp_id\":\""); at != std::string::npos)
                    text.replace(at + 11, 36, "T");
            };
            temp(a);
            temp(b);
            EXPECT_EQ(a, b) << row.name;
        }
    }
}

TEST(Authorisation, nothingButHelloIsTakenFromWhoHasNotSignedIn)
{
    for (const Row& row : table()) {
        Stage stage;
        Client anonymous(stage.world, stage.owner.user, "new");
        anonymous.connect();
        const ClientFrame frame = row.frame(stage, anonymous);
        if (std::holds_alternative<Hello>(frame))
            continue;
        anonymous.send(frame);
        ASSERT_EQ(anonymous.frames(), 1u) << row.name;
        EXPECT_EQ(anonymous.last<ErrorFrame>()->code, ErrorCode::OutOfOrder) << row.name;
        EXPECT_EQ(anonymous.closed(), CloseCode::ProtocolError) << row.name;
        // What follows on a closing connection is not even looked at.
        anonymous.send(anonymous.helloFrame());
        EXPECT_EQ(anonymous.frames(), 1u) << row.name;
    }
}

TEST(Authorisation, nothingReachesAMemberThatWasRemoved)
{
    Stage stage;
    stage.member.open(stage.room);
    Client laptop(stage.world, stage.member.user, "laptop");
    laptop.hello();
    stage.member.clear();
    laptop.clear();
    stage.owner.send(memberSet(stage, stage.owner, stage.member.user, std::nullopt));
    // One last entry, that says so, then nothing.
    ASSERT_TRUE(stage.member.last<LogEntry>());
    EXPECT_EQ(stage.member.last<LogEntry>()->event.member, stage.member.user);
    EXPECT_FALSE(stage.member.last<LogEntry>()->event.role);
    EXPECT_TRUE(stage.member.last<RoomRemoved>());
    EXPECT_TRUE(laptop.last<RoomRemoved>());
    stage.member.clear();
    laptop.clear();
    stage.owner.say(stage.room, "among us");
    stage.owner.send([&] {
        TypingSet typing;
        typing.room = stage.room;
        return typing;
    }());
    stage.world.advance(10'000);
    for (Client* gone : {&stage.member, &laptop}) {
        for (const Got& got : stage.world.wire.got[gone->conn])
            EXPECT_EQ(got.text.find(stage.room.str()), std::string::npos) << got.text;
    }
}

TEST(Authorisation, aPageAskedForByAMemberIsNotGivenToWhoWasRemovedMeanwhile)
{
    Stage stage;
    HistoryRequest history;
    history.req = RequestId("h");
    history.room = stage.room;
    SyncRequest sync;
    sync.req = RequestId("s");
    sync.rooms = {{stage.room, Epoch(1), Seq()}};
    stage.owner.queue(memberSet(stage, stage.owner, stage.member.user, std::nullopt));
    stage.member.queue(history);
    stage.member.queue(sync);
    stage.world.storage->pumpWrites(); // the removal is committed before the pages are read
    stage.world.settle();
    EXPECT_TRUE(stage.member.all<HistoryResponse>().empty());
    ASSERT_TRUE(stage.member.last<SyncResponse>());
    ASSERT_EQ(stage.member.last<SyncResponse>()->rooms.size(), 1u);
    EXPECT_EQ(stage.member.last<SyncResponse>()->rooms[0].error, ErrorCode::NotFound);
    EXPECT_TRUE(stage.member.last<SyncResponse>()->rooms[0].events.empty());
}

TEST(Authorisation, anArchivedRoomTakesNoMessages)
{
    Stage stage;
    auto archive = durable<RoomUpdate>(stage, stage.owner);
    archive.archived = true;
    stage.owner.send(archive);
    const MessageSend late = stage.member.message(stage.room, "late");
    stage.member.send(late);
    ASSERT_TRUE(stage.member.refusal(late.tempId));
    EXPECT_EQ(stage.member.refusal(late.tempId)->code, ErrorCode::Forbidden);
    auto reopen = durable<RoomUpdate>(stage, stage.owner);
    reopen.archived = false;
    stage.owner.send(reopen);
    EXPECT_TRUE(stage.member.say(stage.room, "again").seq);
}
