// Drafts: private to their user, one on all of the user's devices, and nothing that was written is
// lost when two wrote at once.
#include "tests/unit/service/world.h"

#include "server/storage/storage.h"

using namespace skein;
using namespace skein::server;
using namespace skein::server::testing;

namespace
{

DraftSet draft(Client& who, const RoomId& room, std::string text, Rev base = {})
{
    DraftSet frame;
    frame.room = room;
    frame.tempId = who.temp();
    frame.base = base;
    frame.text = std::move(text);
    return frame;
}

/// A second device of the member.
struct TwoDevices : Cast {
    TwoDevices()
    {
        tablet.hello();
        tablet.clear();
    }
    Client tablet{world, UserId("user-member"), "tablet"};

    DraftChanged set(Client& who, std::string text, Rev base = {})
    {
        const DraftSet frame = draft(who, room, std::move(text), base);
        who.send(frame);
        const auto told = who.last<DraftChanged>();
        EXPECT_TRUE(told && told->tempId == frame.tempId);
        return told.value_or(DraftChanged());
    }

    void leave() { member.send(memberSet(member, std::nullopt)); }
    void comeBack() { owner.send(memberSet(owner, Role::Member)); }

private:
    MemberSet memberSet(Client& by, std::optional<Role> role)
    {
        MemberSet frame;
        frame.room = room;
        frame.tempId = by.temp();
        frame.user = member.user;
        frame.role = role;
        return frame;
    }
};

std::vector<DraftInfo> fetch(Client& who, Rev after = {})
{
    std::vector<DraftInfo> all;
    for (int pages = 0; pages < 100; ++pages) {
        who.send(DraftsRequest{RequestId("d"), after, 2});
        const auto page = who.last<DraftsResponse>();
        if (!page)
            break;
        all.insert(all.end(), page->drafts.begin(), page->drafts.end());
        after = page->rev;
        if (!page->more)
            break;
    }
    return all;
}

} // namespace

TEST(Drafts, draftIsToldToAllDevicesOfItsUserAndToNobodyElse)
{
    TwoDevices cast;
    cast.owner.open(cast.room);
    cast.owner.clear();
    const auto told = cast.set(cast.member, "ხვალ მოვალ");
    EXPECT_EQ(told.draft.text, "ხვალ მოვალ");
    EXPECT_GT(told.draft.rev, Rev(0));
    EXPECT_EQ(cast.tablet.last<DraftChanged>(), told);
    EXPECT_EQ(cast.owner.frames(), 0U);
    EXPECT_EQ(cast.admin.frames(), 0U);
    EXPECT_TRUE(fetch(cast.owner).empty());
    EXPECT_EQ(fetch(cast.tablet).size(), 1U);
}

TEST(Drafts, writtenOnTopOfTheOtherDevicesTextReplacesIt)
{
    TwoDevices cast;
    const auto first = cast.set(cast.member, "one");
    const auto second = cast.set(cast.tablet, "two", first.draft.rev);
    EXPECT_EQ(second.draft.text, "two");
    EXPECT_EQ(second.draft.other, "");
    const auto gone = cast.set(cast.member, "", second.draft.rev);
    EXPECT_EQ(gone.draft.text, "");
    EXPECT_EQ(gone.draft.other, "");
}

TEST(Drafts, writtenWithoutHavingSeenTheOtherDevicesTextKeepsBoth)
{
    TwoDevices cast;
    cast.set(cast.member, "from the phone");
    const auto told = cast.set(cast.tablet, "from the tablet");
    EXPECT_EQ(told.draft.text, "from the tablet");
    EXPECT_EQ(told.draft.other, "from the phone");
    EXPECT_EQ(cast.member.last<DraftChanged>()->draft.other, "from the phone");
}

TEST(Drafts, thirdDeviceThatWroteApartLosesNothingEither)
{
    TwoDevices cast;
    Client desk(cast.world, cast.member.user, "desk");
    desk.hello();
    cast.set(cast.member, "A");
    cast.set(cast.tablet, "B");
    const auto told = cast.set(desk, "C");
    EXPECT_EQ(told.draft.text, "C");
    EXPECT_EQ(told.draft.other, "A\n\nB");
}

TEST(Drafts, emptyTextNeverReplacesOneThatItsWriterHasNotSeen)
{
    TwoDevices cast;
    const auto first = cast.set(cast.member, "half");
    const auto second = cast.set(cast.tablet, "half and more", first.draft.rev);
    // The phone sends "half" as a message, and its draft ends.
    const auto told = cast.set(cast.member, "", first.draft.rev);
    EXPECT_EQ(told.draft.text, "half and more");
    EXPECT_EQ(told.draft.rev, second.draft.rev);
}

TEST(Drafts, deviceThatGoesOnWithItsOwnTextNeedsNoNewerBase)
{
    TwoDevices cast;
    cast.set(cast.member, "a");
    const auto told = cast.set(cast.member, "something else"); // the answer to the first was lost
    EXPECT_EQ(told.draft.text, "something else");
    EXPECT_EQ(told.draft.other, "");
}

TEST(Drafts, repeatGetsTheDraftAsItIsNow)
{
    TwoDevices cast;
    const DraftSet frame = draft(cast.member, cast.room, "first");
    cast.member.send(frame);
    const auto first = *cast.member.last<DraftChanged>();
    const auto second = cast.set(cast.tablet, "first, and more", first.draft.rev);
    cast.tablet.clear();
    cast.member.send(frame);
    const auto again = *cast.member.last<DraftChanged>();
    EXPECT_EQ(again.tempId, frame.tempId);
    EXPECT_EQ(again.draft, second.draft);
    EXPECT_EQ(cast.tablet.frames(), 0U);
}

TEST(Drafts, onlyTheOtherTextThatWasSeenIsDropped)
{
    TwoDevices cast;
    cast.set(cast.member, "A");
    const auto both = cast.set(cast.tablet, "B");
    DraftSet done = draft(cast.member, cast.room, "B", Rev(both.draft.rev.value() - 1));
    done.dropOther = true;
    cast.member.send(done);
    EXPECT_EQ(cast.member.last<DraftChanged>()->draft.other, "A");
    done = draft(cast.member, cast.room, "B", cast.member.last<DraftChanged>()->draft.rev);
    done.dropOther = true;
    cast.member.send(done);
    EXPECT_EQ(cast.member.last<DraftChanged>()->draft.other, "");
}

TEST(Drafts, keptOtherTextIsBounded)
{
    const std::string big(20'000, 'x');
    DraftRow stored;
    stored.rev = 5;
    stored.text = "last";
    stored.other = big;
    DraftOp op;
    op.text = "new";
    const auto next = mergedDraft(stored, false, op);
    ASSERT_TRUE(next);
    EXPECT_EQ(next->other.size(), 20'000U);
    EXPECT_EQ(next->other.substr(next->other.size() - 6), "\n\nlast");
    stored.text.clear();
    for (int i = 0; i < 20'000; ++i)
        stored.text += "ა";
    const auto wide = mergedDraft(stored, false, op);
    ASSERT_TRUE(wide);
    EXPECT_EQ(characterCount(wide->other), 20'000U);
    EXPECT_TRUE(isValidUtf8(wide->other));
}

TEST(Drafts, welcomeSaysWhetherThereIsAnythingNewAndPagesBringIt)
{
    TwoDevices cast;
    std::vector<RoomId> rooms{cast.room};
    for (int i = 0; i < 4; ++i)
        rooms.push_back(cast.member.makeRoom({}, RoomKind::General, "own"));
    cast.tablet.drop();
    for (const RoomId& room : rooms)
        cast.member.send(draft(cast.member, room, "text of " + room.str()));
    cast.tablet.hello();
    const auto welcome = cast.tablet.last<Welcome>();
    ASSERT_TRUE(welcome && welcome->drafts);
    EXPECT_EQ(*welcome->drafts, cast.member.last<DraftChanged>()->draft.rev);
    const auto all = fetch(cast.tablet);
    ASSERT_EQ(all.size(), rooms.size());
    for (std::size_t i = 0; i < rooms.size(); ++i)
        EXPECT_EQ(all[i].text, "text of " + rooms[i].str());
    EXPECT_TRUE(fetch(cast.tablet, *welcome->drafts).empty());
    EXPECT_EQ(fetch(cast.tablet, all[2].rev).size(), 2U);
}

TEST(Drafts, draftsSurviveTheServerAndSoDoesTheirOrder)
{
    TwoDevices cast;
    const auto before = cast.set(cast.member, "kept");
    cast.world.restart();
    cast.tablet.hello();
    EXPECT_EQ(cast.tablet.last<Welcome>()->drafts, before.draft.rev);
    EXPECT_EQ(fetch(cast.tablet), std::vector<DraftInfo>{before.draft});
    const auto after = cast.set(cast.tablet, "newer", before.draft.rev);
    EXPECT_GT(after.draft.rev, before.draft.rev);
}

TEST(Drafts, whoLeavesHasNoDraftAndWhoComesBackFindsIt)
{
    TwoDevices cast;
    const DraftInfo before = cast.set(cast.member, "secret").draft;
    cast.leave();
    EXPECT_TRUE(fetch(cast.member).empty());
    const DraftSet late = draft(cast.member, cast.room, "still here?");
    cast.member.send(late);
    EXPECT_EQ(cast.member.refusal(late.tempId)->code, ErrorCode::NotFound);
    // A device that asks meanwhile reads past it.
    cast.tablet.send(DraftsRequest{RequestId("r"), Rev(0), 100});
    const Rev read = cast.tablet.last<DraftsResponse>()->rev;
    cast.comeBack();
    const auto after = fetch(cast.tablet, read);
    ASSERT_EQ(after.size(), 1U);
    EXPECT_EQ(after[0].text, "secret");
    EXPECT_GT(after[0].rev, before.rev);
}

// A device that was away while its user left and came back hears of neither.
TEST(Drafts, deviceThatWasAwayMeanwhileIsToldWhatTheDraftIs)
{
    TwoDevices cast;
    const Rev seen = cast.set(cast.member, "secret").draft.rev;
    cast.tablet.drop();
    cast.set(cast.member, "", seen);
    cast.leave();
    cast.comeBack();
    cast.tablet.hello();
    const auto welcome = cast.tablet.last<Welcome>();
    ASSERT_TRUE(welcome && welcome->drafts);
    EXPECT_GT(*welcome->drafts, seen);
    const auto news = fetch(cast.tablet, seen);
    ASSERT_EQ(news.size(), 1U);
    EXPECT_TRUE(news[0].text.empty());
    EXPECT_EQ(news[0].rev, *welcome->drafts);
    cast.world.restart();
    cast.tablet.hello();
    EXPECT_EQ(cast.tablet.last<Welcome>()->drafts, welcome->drafts);
}

TEST(Drafts, whoHasReadToTheEndIsNotToldToAskAgain)
{
    TwoDevices cast;
    cast.leave();
    cast.comeBack(); // a revision without a draft
    cast.tablet.drop();
    cast.tablet.hello();
    const auto welcome = cast.tablet.last<Welcome>();
    ASSERT_TRUE(welcome && welcome->drafts);
    EXPECT_TRUE(fetch(cast.tablet).empty());
    EXPECT_EQ(cast.tablet.last<DraftsResponse>()->rev, *welcome->drafts);
}

TEST(Drafts, draftsCostThreeStatementsHoweverMuchIsWritten)
{
    TwoDevices cast;
    cast.set(cast.member, "warm");
    const auto cost = [&](const std::string& text) {
        const auto before = cast.world.storage->statementsExecuted();
        cast.set(cast.member, text);
        return cast.world.storage->statementsExecuted() - before;
    };
    const auto small = cost("x");
    EXPECT_EQ(small, 3 + 2); // and the transaction
    EXPECT_EQ(cost(std::string(19'000, 'x')), small);
    for (int i = 0; i < 50; ++i)
        cast.set(cast.member, std::to_string(i));
    EXPECT_EQ(cost("y"), small);
    const auto before = cast.world.storage->statementsExecuted();
    cast.tablet.drop();
    cast.tablet.hello();
    cast.tablet.send(DraftsRequest{RequestId("r"), *cast.tablet.last<Welcome>()->drafts, 100});
    EXPECT_EQ(cast.world.storage->statementsExecuted(), before); // nothing new: nothing is read
}

TEST(Drafts, draftsAreLimitedLikeOtherSignsOfLifeAndNotLikeMessages)
{
    ServiceConfig config;
    config.limits.ephemeral = {2, 60};
    Cast cast(config);
    std::vector<DraftSet> frames;
    for (int i = 0; i < 3; ++i) {
        frames.push_back(draft(cast.member, cast.room, "t" + std::to_string(i)));
        cast.member.send(frames.back());
    }
    const auto refused = cast.member.refusal(frames.back().tempId);
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->code, ErrorCode::RateLimited);
    EXPECT_FALSE(refused->permanent);
    EXPECT_TRUE(refused->retryAfterMs);
    cast.member.say(cast.room, "messages go on");
}

TEST(Drafts, failedCommitIsToldAndChangesNothing)
{
    TwoDevices cast;
    const auto before = cast.set(cast.member, "kept");
    cast.world.storage->setCommitFault([] { return ErrorCode::StorageFull; });
    const DraftSet frame = draft(cast.member, cast.room, "lost?");
    cast.member.send(frame);
    EXPECT_FALSE(cast.member.refusal(frame.tempId)->permanent);
    cast.world.storage->setCommitFault({});
    EXPECT_EQ(fetch(cast.tablet), std::vector<DraftInfo>{before.draft});
}
