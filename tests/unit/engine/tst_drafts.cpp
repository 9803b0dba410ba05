// What stands in the composer: first on the disk, then told, never overwritten by something older.
#include "world.h"

namespace skein::engine::test
{

using protocol::DraftChanged;
using protocol::DraftInfo;
using protocol::DraftSet;
using protocol::DraftsRequest;

class Drafts : public World
{
protected:
    /// Live with a server that keeps drafts up to `rev`.
    void goLiveWithDrafts(std::int64_t rev = 0)
    {
        serverRev = rev;
        engine->start();
        hello();
        auto frame = welcomeFrame();
        frame.drafts = Rev(rev);
        say(frame);
        answerRooms({info(0)});
    }
    void back()
    {
        engine->retryNow();
        hello();
        auto frame = welcomeFrame();
        frame.drafts = Rev(serverRev);
        frame.dirty = {head(serverHead())};
        say(frame);
        answerRooms({info(serverHead())});
    }
    DraftInfo stored(const std::string& text, const std::string& other = {})
    {
        DraftInfo info;
        info.room = kRoom;
        info.rev = Rev(++serverRev);
        info.text = text;
        info.other = other;
        info.ts = 1;
        return info;
    }
    void answer(const std::vector<DraftInfo>& drafts)
    {
        for (const auto& request : transport.take<DraftsRequest>())
            say(protocol::DraftsResponse{request.req, drafts, Rev(serverRev), false});
    }
    [[nodiscard]] std::string shown() const
    {
        const auto found = screen.rooms.find(kRoom);
        return found == screen.rooms.end() ? std::string() : found->second.draft;
    }
    [[nodiscard]] std::string onDisk()
    {
        auto reader = offline::Reader::open(path);
        return *(*reader)->draft(kRoom);
    }
    std::int64_t serverRev = 0;
};

TEST_F(Drafts, draftIsOnTheDiskWhenTheCallReturnsAndToldUnderAKey)
{
    goLiveWithDrafts();
    ASSERT_TRUE(engine->setDraft(kRoom, "ხვალ"));
    EXPECT_EQ(onDisk(), "ხვალ");
    EXPECT_EQ(shown(), "ხვალ");
    EXPECT_EQ(engine->outbox().drafts, 1);
    const auto sent = transport.take<DraftSet>();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].text, "ხვალ");
    EXPECT_EQ(sent[0].base, Rev(0));
    say(DraftChanged{stored("ხვალ"), sent[0].tempId});
    EXPECT_EQ(engine->outbox().drafts, 0);
    EXPECT_EQ(screen.rooms[kRoom].draftBase, Rev(1));
    advance(60'000);
    EXPECT_TRUE(transport.take<DraftSet>().empty());
}

TEST_F(Drafts, whoIsBackInARoomHasTheDraftAndHearsWhatBecameOfIt)
{
    goLiveWithDrafts();
    ASSERT_TRUE(engine->setDraft(kRoom, "tomorrow"));
    say(DraftChanged{stored("tomorrow"), transport.take<DraftSet>().at(0).tempId});
    say(protocol::RoomRemoved{kRoom});
    say(protocol::RoomAdded{info(0)});
    EXPECT_EQ(shown(), "tomorrow");
    auto asked = transport.take<DraftsRequest>();
    ASSERT_EQ(asked.size(), 1U);
    EXPECT_EQ(asked[0].after, Rev(1));
    // Once more while that is on its way: the answer may be of before.
    say(protocol::RoomRemoved{kRoom});
    say(protocol::RoomAdded{info(0)});
    EXPECT_TRUE(transport.take<DraftsRequest>().empty());
    say(protocol::DraftsResponse{asked[0].req, {}, Rev(1), false});
    asked = transport.take<DraftsRequest>();
    ASSERT_EQ(asked.size(), 1U);
    const DraftInfo changed = stored("today");
    say(protocol::DraftsResponse{asked[0].req, {changed}, changed.rev, false});
    EXPECT_EQ(shown(), "today");
    advance(2'000);
    EXPECT_TRUE(transport.take<DraftSet>().empty());
    EXPECT_TRUE(transport.take<DraftsRequest>().empty());
}

TEST_F(Drafts, whatStoodBesideADraftThatTheServerForgotIsToldWithIt)
{
    goLiveWithDrafts();
    for (const auto& [text, both] : {std::pair("mine", "mine\n\ntheirs"), {"", "theirs"}}) {
        say(DraftChanged{stored(text, "theirs"), {}});
        drop();
        serverRev = 0; // restored from a backup
        back();
        advance(2'000);
        const auto sent = transport.take<DraftSet>();
        ASSERT_EQ(sent.size(), 1U) << text;
        EXPECT_EQ(sent[0].text, both);
        EXPECT_EQ(sent[0].base, Rev(0));
        EXPECT_EQ(shown(), both);
        EXPECT_EQ(screen.rooms[kRoom].draftOther, "");
        say(DraftChanged{stored(both), sent[0].tempId});
    }
}

TEST_F(Drafts, aDraftOfALostGenerationIsToldAgainWhateverItsNumber)
{
    goLiveWithDrafts();
    ASSERT_TRUE(engine->setDraft(kRoom, "tomorrow"));
    say(DraftChanged{stored("tomorrow"), transport.take<DraftSet>().at(0).tempId});
    drop();
    engine->retryNow();
    hello();
    auto frame = welcomeFrame();
    frame.drafts = Rev(serverRev + 7); // grown past ours since the server was restored
    epoch = 1'700'000'000'000;
    frame.dirty = {head(0)};
    frame.dirty[0].base = Seq(0);
    say(frame);
    advance(2'000);
    const auto sent = transport.take<DraftSet>();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].text, "tomorrow");
}

TEST_F(Drafts, aProcessThatEndsBeforeItToldARestoredServerTellsItLater)
{
    goLiveWithDrafts();
    ASSERT_TRUE(engine->setDraft(kRoom, "tomorrow"));
    say(DraftChanged{stored("tomorrow"), transport.take<DraftSet>().at(0).tempId});
    // Found out behind the welcome: the drafts' turn is at the next one.
    say(protocol::SyncResponse{
        {}, {{kRoom, Epoch(7), {}, {}, {}, {}, false, {}, ErrorCode::StateLost}}, false});
    for (const std::size_t tells : {1U, 0U}) {
        restartProcess();
        engine->start();
        serverRev += 7; // grown past ours since
        hello();
        epoch = 7;
        auto frame = welcomeFrame();
        frame.drafts = Rev(serverRev);
        say(frame);
        answerRooms({info(0)});
        advance(2'000);
        const auto sent = transport.take<DraftSet>();
        ASSERT_EQ(sent.size(), tells);
        if (tells > 0)
            say(DraftChanged{stored("tomorrow"), sent[0].tempId});
    }
}

TEST_F(Drafts, roomsThatTellOfTheSameRestorationLaterBringNoOldDraftBack)
{
    goLiveWithDrafts();
    const auto infoOf = [this](const char* name) {
        protocol::RoomInfo room = info(0);
        room.head.room = RoomId(name);
        return room;
    };
    say(protocol::RoomAdded{infoOf("room2")});
    say(protocol::RoomAdded{infoOf("room3")});
    ASSERT_TRUE(engine->setDraft(kRoom, "tomorrow"));
    say(DraftChanged{stored("tomorrow"), transport.take<DraftSet>().at(0).tempId});
    drop();
    // Connects, hears of the restoration of some rooms with the welcome, of `rooms` afterwards. How
    // often the draft is told.
    const auto connect = [&](bool withTheWelcome, const std::vector<const char*>& rooms) {
        engine->retryNow();
        hello();
        auto frame = welcomeFrame();
        frame.drafts = Rev(serverRev);
        if (withTheWelcome)
            frame.dirty = {head(0)};
        say(frame);
        std::vector<protocol::RoomInfo> page{info(0)};
        for (const char* room : rooms)
            page.push_back(infoOf(room));
        for (const auto& request : transport.take<protocol::RoomsRequest>())
            say(protocol::RoomsResponse{request.req, page, true, "next"});
        advance(2'000);
        const auto told = transport.take<DraftSet>();
        for (const DraftSet& one : told)
            say(DraftChanged{stored(one.text), one.tempId});
        drop();
        return told.size();
    };
    epoch = 7;
    EXPECT_EQ(connect(true, {"room2"}), 1U) << "told anew, as much of it as the welcome holds";
    restartProcess();
    engine->start();
    serverRev += 7; // another device has sent what was the draft
    EXPECT_EQ(connect(false, {"room2", "room3"}), 0U);
    restartProcess();
    engine->start();
    EXPECT_EQ(connect(false, {"room2", "room3"}), 0U) << "though room3 told of it after that";
    // Restored once more: that is another one, also right after, and where the clock was set back.
    for (const std::int64_t next : {8, 9, 4}) {
        epoch = next;
        EXPECT_EQ(connect(true, {"room2", "room3"}), 1U) << next;
    }
}

TEST_F(Drafts, onlyTheNewestIsToldAndOneAtATime)
{
    goLiveWithDrafts();
    for (const char* text : {"h", "he", "hel", "hell", "hello"})
        ASSERT_TRUE(engine->setDraft(kRoom, text));
    auto sent = transport.take<DraftSet>();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].text, "h");
    say(DraftChanged{stored("h"), sent[0].tempId});
    EXPECT_EQ(shown(), "hello");
    advance(1'000);
    sent = transport.take<DraftSet>();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].text, "hello");
}

TEST_F(Drafts, otherDevicesTextIsTakenOver)
{
    goLiveWithDrafts();
    DraftInfo theirs = stored("from the tablet");
    theirs.replyTo = Seq(4);
    say(DraftChanged{theirs, makeTempId(clock.wallNow(), random)});
    EXPECT_EQ(shown(), "from the tablet");
    EXPECT_EQ(screen.rooms[kRoom].draftReplyTo, Seq(4));
    EXPECT_EQ(onDisk(), "from the tablet");
    ASSERT_TRUE(engine->setDraft(kRoom, "from the tablet, and on"));
    EXPECT_EQ(transport.take<DraftSet>().at(0).base, Rev(1));
}

TEST_F(Drafts, whatIsNotToldYetIsNeverOverwritten)
{
    goLiveWithDrafts();
    drop();
    ASSERT_TRUE(engine->setDraft(kRoom, "typed offline"));
    back();
    say(DraftChanged{stored("meanwhile on the tablet"), {}});
    EXPECT_EQ(shown(), "typed offline");
    const auto sent = transport.take<DraftSet>();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].text, "typed offline");
    EXPECT_EQ(sent[0].base, Rev(0)); // the other one was not seen when this was typed
    say(DraftChanged{stored("typed offline", "meanwhile on the tablet"), sent[0].tempId});
    EXPECT_EQ(shown(), "typed offline");
    EXPECT_EQ(screen.rooms[kRoom].draftOther, "meanwhile on the tablet");
}

TEST_F(Drafts, textOfAnOlderRevisionChangesNothing)
{
    goLiveWithDrafts();
    const DraftInfo old = stored("old");
    say(DraftChanged{stored("new"), {}});
    say(DraftChanged{old, {}});
    EXPECT_EQ(shown(), "new");
}

TEST_F(Drafts, composerThatShowedAnOlderTextSaysSo)
{
    goLiveWithDrafts();
    say(DraftChanged{stored("one"), {}});
    say(DraftChanged{stored("two"), {}});
    ASSERT_TRUE(engine->setDraft(kRoom, "one, typed on", {}, Rev(1)));
    EXPECT_EQ(transport.take<DraftSet>().at(0).base, Rev(1));
}

TEST_F(Drafts, untoldDraftSurvivesTheProcessUnderItsKey)
{
    goLiveWithDrafts();
    ASSERT_TRUE(engine->setDraft(kRoom, "before the crash"));
    const auto first = transport.take<DraftSet>();
    restartProcess();
    EXPECT_EQ(onDisk(), "before the crash");
    goLiveWithDrafts();
    const auto again = transport.take<DraftSet>();
    ASSERT_EQ(again.size(), 1U);
    EXPECT_EQ(again[0].tempId, first.at(0).tempId);
    EXPECT_EQ(again[0].text, "before the crash");
}

TEST_F(Drafts, lostAnswerIsAskedForAgainUnderTheSameKey)
{
    goLiveWithDrafts();
    ASSERT_TRUE(engine->setDraft(kRoom, "?"));
    const auto first = transport.take<DraftSet>();
    for (int i = 0; i < 11; ++i) {
        advance(1'000);
        say(protocol::Pong{0, 0, {}});
    }
    const auto again = transport.take<DraftSet>();
    ASSERT_EQ(again.size(), 1U);
    EXPECT_EQ(again[0].tempId, first.at(0).tempId);
}

TEST_F(Drafts, sentMessageEndsTheDraftInOneTransaction)
{
    goLiveWithDrafts();
    ASSERT_TRUE(engine->setDraft(kRoom, "hello"));
    const auto first = transport.take<DraftSet>();
    say(DraftChanged{stored("hello"), first.at(0).tempId});
    advance(2'000);
    Draft message;
    message.body = "hello";
    message.endsDraft = true;
    ASSERT_TRUE(engine->send(kRoom, message));
    EXPECT_EQ(shown(), "");
    EXPECT_EQ(onDisk(), "");
    const auto sent = transport.take<DraftSet>();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].text, "");
    EXPECT_EQ(sent[0].base, Rev(1));
}

TEST_F(Drafts, messageThatCannotBeStoredLeavesTheDraft)
{
    goLiveWithDrafts();
    ASSERT_TRUE(engine->setDraft(kRoom, "long story"));
    store->limitPages(1);
    Draft message;
    message.body = std::string(20'000, 'x');
    message.endsDraft = true;
    EXPECT_FALSE(engine->send(kRoom, message));
    EXPECT_EQ(shown(), "long story");
    EXPECT_EQ(onDisk(), "long story");
}

TEST_F(Drafts, messageOfAProgramLeavesTheDraft)
{
    goLiveWithDrafts();
    ASSERT_TRUE(engine->setDraft(kRoom, "half"));
    sendText("from a script");
    EXPECT_EQ(shown(), "half");
}

TEST_F(Drafts, afterAReconnectWhatIsNewIsFetchedInPages)
{
    goLiveWithDrafts();
    drop();
    serverRev = 6;
    back();
    auto asked = transport.take<DraftsRequest>();
    ASSERT_EQ(asked.size(), 1U);
    EXPECT_EQ(asked[0].after, Rev(0));
    DraftInfo info;
    info.room = kRoom;
    info.rev = Rev(3);
    info.text = "first page";
    say(protocol::DraftsResponse{asked[0].req, {info}, Rev(3), true});
    EXPECT_EQ(shown(), "first page");
    asked = transport.take<DraftsRequest>();
    ASSERT_EQ(asked.size(), 1U);
    EXPECT_EQ(asked[0].after, Rev(3));
    info.rev = Rev(6);
    info.text = "second page";
    say(protocol::DraftsResponse{asked[0].req, {info}, Rev(6), false});
    EXPECT_EQ(shown(), "second page");
    drop();
    back();
    EXPECT_TRUE(transport.take<DraftsRequest>().empty());
}

TEST_F(Drafts, whatCameLiveIsNotFetchedAgain)
{
    goLiveWithDrafts();
    say(DraftChanged{stored("live"), {}});
    restartProcess();
    goLiveWithDrafts(1);
    EXPECT_TRUE(transport.take<DraftsRequest>().empty());
    EXPECT_EQ(onDisk(), "live");
}

TEST_F(Drafts, serverThatForgotIsToldAgain)
{
    goLiveWithDrafts();
    say(DraftChanged{stored("one"), {}});
    say(DraftChanged{stored("newest"), {}});
    drop();
    serverRev = 1; // restored from a backup
    back();
    const auto sent = transport.take<DraftSet>();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].text, "newest");
    EXPECT_EQ(sent[0].base, Rev(0));
    DraftInfo older;
    older.room = kRoom;
    older.rev = Rev(1);
    older.text = "one";
    answer({older});
    EXPECT_EQ(shown(), "newest");
}

TEST_F(Drafts, serverWithoutDraftsIsNotAskedAndNothingIsLost)
{
    goLive();
    ASSERT_TRUE(engine->setDraft(kRoom, "local"));
    advance(60'000);
    EXPECT_TRUE(transport.take<DraftSet>().empty());
    EXPECT_TRUE(transport.take<DraftsRequest>().empty());
    EXPECT_EQ(onDisk(), "local");
}

TEST_F(Drafts, refusedForNowIsToldLaterAndRefusedForGoodStaysHere)
{
    goLiveWithDrafts();
    ASSERT_TRUE(engine->setDraft(kRoom, "a"));
    auto sent = transport.take<DraftSet>();
    say(protocol::MessageFailed{sent.at(0).tempId, ErrorCode::RateLimited, false, 3'000, ""});
    advance(2'900);
    EXPECT_TRUE(transport.take<DraftSet>().empty());
    advance(2'000);
    sent = transport.take<DraftSet>();
    ASSERT_EQ(sent.size(), 1U);
    say(protocol::MessageFailed{sent[0].tempId, ErrorCode::BodyTooLarge, true, {}, ""});
    advance(20'000); // longer, and the silence would end the connection
    EXPECT_TRUE(transport.take<DraftSet>().empty());
    EXPECT_EQ(onDisk(), "a");
    ASSERT_TRUE(engine->setDraft(kRoom, "b"));
    EXPECT_EQ(transport.take<DraftSet>().size(), 1U);
}

TEST_F(Drafts, otherDraftIsAddedOrDropped)
{
    goLiveWithDrafts();
    EXPECT_EQ(engine->settleOtherDraft(kRoom, true).error().code, ErrorCode::NotFound);
    say(DraftChanged{stored("mine", "theirs"), {}});
    ASSERT_TRUE(engine->settleOtherDraft(kRoom, true));
    EXPECT_EQ(shown(), "mine\n\ntheirs");
    EXPECT_EQ(screen.rooms[kRoom].draftOther, "");
    const auto sent = transport.take<DraftSet>();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_TRUE(sent[0].dropOther);
    EXPECT_EQ(sent[0].base, Rev(1));
    say(DraftChanged{stored("mine\n\ntheirs"), sent[0].tempId});
    EXPECT_EQ(screen.rooms[kRoom].draftOther, "");
}

TEST_F(Drafts, aDraftThatComesBeforeItsRoomIsAskedForAgainWhenTheRoomHasCome)
{
    const RoomId other("room2");
    const auto inOther = [&](const std::string& text) {
        DraftInfo draft = stored(text);
        draft.room = other;
        return draft;
    };
    protocol::RoomInfo room = info(0);
    room.head.room = other;
    goLiveWithDrafts(3);
    const DraftInfo first = stored("here"), unknown = inOther("there"), last = stored("here!");
    // Over two pages: what is passed over on the first one holds up neither the rest nor the next
    // page.
    auto asked = transport.take<DraftsRequest>();
    ASSERT_EQ(asked.size(), 1U);
    say(protocol::DraftsResponse{asked[0].req, {first, unknown}, unknown.rev, true});
    EXPECT_EQ(shown(), "here");
    asked = transport.take<DraftsRequest>();
    ASSERT_EQ(asked.size(), 1U);
    EXPECT_EQ(asked[0].after, unknown.rev);
    say(protocol::DraftsResponse{asked[0].req, {last}, last.rev, false});
    EXPECT_EQ(shown(), "here!");
    EXPECT_TRUE(transport.take<DraftsRequest>().empty()) << "nothing has changed yet";
    EXPECT_EQ(store->fact(offline::Store::kDrafts), std::to_string(first.rev.value()));

    say(protocol::RoomAdded{room});
    asked = transport.take<DraftsRequest>();
    ASSERT_EQ(asked.size(), 1U);
    EXPECT_EQ(asked[0].after, first.rev);
    say(protocol::DraftsResponse{asked[0].req, {unknown, last}, last.rev, false});
    EXPECT_EQ(screen.rooms[other].draft, "there");
    EXPECT_TRUE(transport.take<DraftsRequest>().empty());
    EXPECT_EQ(store->fact(offline::Store::kDrafts), std::to_string(last.rev.value()));
}

TEST_F(Drafts, anOlderAnswerDoesNotHideThatADraftStillWaitsForItsRoom)
{
    const RoomId other("room2");
    protocol::RoomInfo room = info(0);
    room.head.room = other;
    goLiveWithDrafts(10);
    const auto first = transport.take<DraftsRequest>();
    ASSERT_EQ(first.size(), 1U);
    DraftInfo early = stored("early"); // 11
    early.room = other;
    say(DraftChanged{early, {}});
    say(protocol::DraftsResponse{first[0].req, {}, Rev(10), false}); // read before that
    say(DraftChanged{stored("later"), {}});
    say(protocol::RoomAdded{room});
    const auto asked = transport.take<DraftsRequest>();
    ASSERT_EQ(asked.size(), 1U);
    EXPECT_LT(asked[0].after, early.rev);
}

TEST_F(Drafts, aDraftThatIsToldBeforeItsRoomDoesNotGetLostBehindALaterOne)
{
    const RoomId other("room2");
    protocol::RoomInfo room = info(0);
    room.head.room = other;
    goLiveWithDrafts();
    const Rev before(serverRev);
    DraftInfo early = stored("early");
    early.room = other;
    say(DraftChanged{early, {}});
    const DraftInfo later = stored("later");
    say(DraftChanged{later, {}});
    EXPECT_EQ(shown(), "later");
    say(protocol::RoomAdded{room});
    const auto asked = transport.take<DraftsRequest>();
    ASSERT_EQ(asked.size(), 1U);
    EXPECT_EQ(asked[0].after, before);
    say(protocol::DraftsResponse{asked[0].req, {early, later}, later.rev, false});
    EXPECT_EQ(screen.rooms[other].draft, "early");
}

TEST_F(Drafts, textLongerThanAMessageStaysOnThisDevice)
{
    goLiveWithDrafts();
    ASSERT_TRUE(engine->setDraft(kRoom, std::string(30'000, 'x')));
    EXPECT_TRUE(transport.take<DraftSet>().empty());
    EXPECT_EQ(onDisk().size(), 30'000U);
    say(protocol::Pong{0, 0, {}});
    advance(10'000);
    ASSERT_TRUE(engine->setDraft(kRoom, "shorter"));
    EXPECT_EQ(transport.take<DraftSet>().size(), 1U);
}

TEST_F(Drafts, draftOfTheFirstVersionIsToldToo)
{
    {
        auto transaction = store->begin(offline::Durability::User);
        offline::RoomRecord room;
        room.row.room = kRoom;
        store->rooms().insert(room);
        store->drafts().set(room.key, "old version", 1);
        ASSERT_TRUE(transaction.commit());
    }
    restartProcess();
    goLiveWithDrafts();
    const auto sent = transport.take<DraftSet>();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].text, "old version");
    EXPECT_TRUE(isUuidV7(sent[0].tempId.str()));
}

TEST_F(Drafts, theSameAgainIsNoChangeAndAnEmptyOneAnswersNothing)
{
    goLiveWithDrafts();
    ASSERT_TRUE(engine->setDraft(kRoom, "a", Seq(3)));
    const auto before = store->drafts().load();
    ASSERT_TRUE(engine->setDraft(kRoom, "a", Seq(3)));
    ASSERT_EQ(before.size(), 1U);
    EXPECT_EQ(store->drafts().load().at(0).tempId, before[0].tempId) << "nothing was written";
    ASSERT_TRUE(engine->setDraft(kRoom, "a", Seq(4)));
    EXPECT_NE(store->drafts().load().at(0).tempId, before[0].tempId);
    ASSERT_TRUE(engine->setDraft(kRoom, "", Seq(4)));
    EXPECT_EQ(screen.rooms[kRoom].draftReplyTo, Seq());
}

} // namespace skein::engine::test
