// Every I/O point of the device's store under the real engine: each operation is run again and
// again, with the first, second, third … call to the disk failing, once or for ever, as a broken
// disk, a full one or one that tears a write; and after that the process goes on, dies, or loses
// its power.
//
// What must hold: a command that says "kept" is on the disk, one that failed left nothing; what is
// shown as sent is stored as sent; the file is sound; and when the disk is well again everything
// ends as if nothing had happened, without a restart.
#include "tests/fault/diskworld.h"

#include <functional>

namespace skein::engine::test
{

using skein::fault::FaultVfs;

namespace
{

enum class After { GoesOn, Dies, LosesPower };

struct Fault {
    FaultVfs::How how;
    FaultVfs::Times times;
    const char* name;
};
constexpr Fault kFaults[] = {
    {FaultVfs::How::IoError, FaultVfs::Times::Once, "fails once"},
    {FaultVfs::How::IoError, FaultVfs::Times::ForEver, "fails for ever"},
    {FaultVfs::How::Full, FaultVfs::Times::Once, "is full once"},
    {FaultVfs::How::Full, FaultVfs::Times::ForEver, "is full for ever"},
    {FaultVfs::How::Torn, FaultVfs::Times::Once, "tears a write"},
};

constexpr std::int64_t kPointsMax = 5'000; ///< an operation with more of them is not understood

bool contains(const std::vector<std::string>& list, const std::string& what)
{
    return std::find(list.begin(), list.end(), what) != list.end();
}

} // namespace

class ClientIo : public DiskWorld
{
protected:
    struct Operation {
        /// Before the disk fails.
        std::function<void()> before = [] {};
        /// What is done; a value = what it claimed.
        std::function<std::optional<bool>()> act;
        /// Whether it is on the disk, where it claims something.
        std::function<bool(const DiskState&)> present;
        /// Done again in the process after one that died, as a screen would: it claims nothing.
        bool again = false;
        /// Whether the process may die: not where the end then is another one, as right.
        bool mayDie = true;
        /// What a view does of itself when what it has asked for does not come.
        std::function<void()> asksAgain = [] {};
    };

    void everyPoint(const Operation& operation)
    {
        // Without a fault: how it has to end.
        begin();
        operation.before();
        chill();
        (void)operation.act();
        settle(2);
        operation.asksAgain();
        settle();
        const auto expected = shown();
        const DiskState clean = look();
        ASSERT_EQ(clean.integrity, "ok");
        ASSERT_EQ(clean.invariant, "");
        std::int64_t points = 0;
        for (const Fault& fault : kFaults) {
            for (const After after : {After::GoesOn, After::Dies, After::LosesPower}) {
                bool met = operation.mayDie || after == After::GoesOn;
                for (std::int64_t nth = 1; met; ++nth) {
                    ASSERT_LT(nth, kPointsMax);
                    met = onePoint(operation, fault, after, nth, expected);
                    points += met ? 1 : 0;
                    if (HasFatalFailure() || HasNonfatalFailure())
                        return;
                }
            }
        }
        EXPECT_GT(points, 0);
        RecordProperty("points", static_cast<int>(points));
        std::printf("%lld points\n", static_cast<long long>(points));
    }

private:
    bool onePoint(const Operation& operation, const Fault& fault, After after, std::int64_t nth,
                  const std::vector<std::string>& expected)
    {
        begin();
        operation.before();
        chill();
        const auto toldBefore = told();
        const OutboxState outboxBefore = engine->outbox();
        failing.arm(nth, fault.how, fault.times);
        const auto claim = operation.act();
        const bool met = failing.fired();
        failing.disarm();
        const std::string label = std::string("disk ") + fault.name + " at " + failing.where() +
                                  (after == After::GoesOn ? ", goes on"
                                   : after == After::Dies ? ", dies"
                                                          : ", loses power");
        SCOPED_TRACE(label);
        if (after == After::GoesOn) {
            nothingFalse(operation, claim, toldBefore, outboxBefore);
        } else {
            die(after == After::LosesPower);
            comeBack();
        }
        if (HasFatalFailure() || HasNonfatalFailure())
            return false;
        DiskState state = look();
        EXPECT_EQ(state.integrity, "ok");
        EXPECT_EQ(state.invariant, "");
        if (claim && *claim) {
            EXPECT_TRUE(operation.present(state)) << "it said that it was kept";
        }
        if (after != After::GoesOn) {
            engine->openRoom(kRoom);
            if (claim && !*claim)
                settle(2); // so that it has its room
        }
        if ((operation.again && after != After::GoesOn) ||
            (claim && !*claim && !operation.present(state))) {
            EXPECT_NE(operation.act(), false) << "there is space again";
        }
        settle(2);
        operation.asksAgain();
        settle();
        state = look();
        EXPECT_EQ(state.integrity, "ok");
        EXPECT_EQ(state.invariant, "");
        EXPECT_EQ(shown(), expected);
        if (after == After::GoesOn)
            sameOnTheScreen(expected);
        return met;
    }

    void nothingFalse(const Operation& operation, std::optional<bool> claim,
                      const std::vector<std::string>& toldBefore, const OutboxState& outboxBefore)
    {
        const DiskState state = look();
        if (claim && !*claim) {
            EXPECT_FALSE(operation.present(state)) << "it said that it was not kept";
            EXPECT_EQ(told(), toldBefore);
            EXPECT_EQ(engine->outbox().queued, outboxBefore.queued);
            EXPECT_EQ(engine->outbox().failed, outboxBefore.failed);
        }
        for (const auto& row : screen.timeline()) {
            if (row.seq == Seq() || row.type != offline::MessageRow::Type::Message)
                continue;
            const bool stored = std::any_of(
                state.messages.begin(), state.messages.end(), [&](const std::string& text) {
                    return text.starts_with(std::to_string(row.seq.value()) + ' ');
                });
            EXPECT_TRUE(stored) << "shown as sent, not stored as sent: " << row.body;
        }
    }

    /// Rows that the screen was told about equal the stored ones; it keeps a window, so rows that
    /// it never heard of may be missing there.
    void sameOnTheScreen(const std::vector<std::string>& stored)
    {
        if (screen.resets > 0)
            return; // it was told to read again
        for (const std::string& row : told())
            EXPECT_TRUE(contains(stored, row)) << "on the screen, not in the store: " << row;
    }
};

namespace
{

std::optional<bool> claimOf(const Result<TempId>& result)
{
    return result.has_value();
}
std::optional<bool> claimOf(const Result<void>& result)
{
    return result.has_value();
}

} // namespace

TEST_F(ClientIo, sending)
{
    everyPoint({[] {},
                [this] {
                    Draft draft;
                    draft.body = "mine";
                    return claimOf(engine->send(kRoom, draft));
                },
                [](const DiskState& found) { return contains(found.messages, "0 mine"); }});
}

TEST_F(ClientIo, sendingWhileOffline)
{
    everyPoint({[this] { drop(); },
                [this] {
                    Draft draft;
                    draft.body = "mine";
                    const auto claim = claimOf(engine->send(kRoom, draft));
                    engine->networkReachable(true);
                    return claim;
                },
                [](const DiskState& found) { return contains(found.messages, "0 mine"); }});
}

TEST_F(ClientIo, editingWhatWasSent)
{
    everyPoint({[] {}, [this] { return claimOf(engine->edit(kRoom, rowOf("m3"), "changed")); },
                [](const DiskState& found) { return contains(found.messages, "3 changed"); }});
}

TEST_F(ClientIo, editingWhatWaits)
{
    // After a restart nobody knows whether "mine" was sent: the edit becomes one of its own.
    everyPoint({[this] {
                    drop();
                    sendText("mine");
                },
                [this] {
                    const auto claim = claimOf(engine->edit(kRoom, rowOf("mine"), "new"));
                    if (claim == true)
                        engine->networkReachable(true);
                    return claim;
                },
                [](const DiskState& found) { return contains(found.messages, "0 new"); }, false,
                false});
}

TEST_F(ClientIo, deletingWhatWasSent)
{
    everyPoint({[] {}, [this] { return claimOf(engine->remove(kRoom, rowOf("m3"))); },
                [](const DiskState& found) { return contains(found.messages, "3 "); }});
}

TEST_F(ClientIo, reacting)
{
    everyPoint({[] {}, [this] { return claimOf(engine->react(kRoom, rowOf("m1"), "+1", true)); },
                [](const DiskState& found) { return !found.outbox.empty(); }});
}

TEST_F(ClientIo, keepingADraft)
{
    everyPoint({[] {}, [this] { return claimOf(engine->setDraft(kRoom, "half a sent")); },
                [](const DiskState& found) { return contains(found.drafts, "half a sent"); }});
}

TEST_F(ClientIo, beingConfirmed)
{
    everyPoint({[this] { sendText("mine"); },
                [this]() -> std::optional<bool> {
                    serve();
                    return {};
                },
                {}});
}

TEST_F(ClientIo, beingConfirmedAndTellingTheRest)
{
    everyPoint({[this] {
                    sendText("one");
                    sendText("two");
                    (void)engine->edit(kRoom, rowOf("m3"), "changed");
                    (void)engine->react(kRoom, rowOf("m1"), "+1", true);
                },
                [this]() -> std::optional<bool> {
                    serve();
                    return {};
                },
                {}});
}

TEST_F(ClientIo, beingRefusedForGood)
{
    everyPoint({[this] { sendText("bad"); },
                [this]() -> std::optional<bool> {
                    serve();
                    return {};
                },
                {}});
}

TEST_F(ClientIo, aChangeBeingRefused)
{
    everyPoint({[this] { (void)engine->edit(kRoom, rowOf("m3"), "bad"); },
                [this]() -> std::optional<bool> {
                    serve();
                    return {};
                },
                {}});
}

TEST_F(ClientIo, discardingWhatFailed)
{
    everyPoint({[this] {
                    sendText("bad");
                    serve();
                },
                [this]() -> std::optional<bool> {
                    const DiskState now = look();
                    if (now.outbox.empty())
                        return true;
                    return claimOf(engine->discard(TempId(now.outbox.front())));
                },
                [](const DiskState& found) { return found.outbox.empty(); }});
}

TEST_F(ClientIo, retryingWhatFailed)
{
    // Refused again each time: that it went out once more is what counts.
    everyPoint({[this] {
                    sendText("bad");
                    serve();
                },
                [this]() -> std::optional<bool> {
                    if (!engine->retryAll())
                        return {};
                    return {};
                },
                {},
                true});
}

TEST_F(ClientIo, aMessageArriving)
{
    everyPoint({[] {},
                [this]() -> std::optional<bool> {
                    sheWrites("hers", true);
                    return {};
                },
                {}});
}

TEST_F(ClientIo, changesArriving)
{
    everyPoint({[] {},
                [this]() -> std::optional<bool> {
                    protocol::Event edit = mutation(0, protocol::Kind::Edit, 1);
                    edit.body = "m1 changed";
                    sheChanges(edit, true);
                    sheChanges(mutation(0, protocol::Kind::Delete, 2), true);
                    protocol::Event reaction = mutation(0, protocol::Kind::Reaction, 4);
                    reaction.reactions = {{"+1", {kHer}}};
                    sheChanges(reaction, true);
                    return {};
                },
                {}});
}

TEST_F(ClientIo, catchingUp)
{
    everyPoint({[this] {
                    drop();
                    for (int i = 0; i < 55; ++i)
                        sheWrites("missed " + std::to_string(i), false);
                    protocol::Event edit = mutation(0, protocol::Kind::Edit, 1);
                    edit.body = "m1 changed";
                    sheChanges(edit, false);
                },
                [this]() -> std::optional<bool> {
                    settle(3);
                    return {};
                },
                {}});
}

TEST_F(ClientIo, receiptsArriving)
{
    everyPoint({[] {},
                [this]() -> std::optional<bool> {
                    receipts(3, 5);
                    return {};
                },
                {}});
}

TEST_F(ClientIo, reading)
{
    everyPoint({[] {},
                [this]() -> std::optional<bool> {
                    engine->markRead(kRoom, Seq(5));
                    settle(1);
                    return {};
                },
                {},
                true});
}

TEST_F(ClientIo, readingOnAnotherDevice)
{
    everyPoint({[] {},
                [this]() -> std::optional<bool> {
                    myRead = 4;
                    say(protocol::ReadState{kRoom, Seq(4), Seq(4), 2, 0});
                    return {};
                },
                {}});
}

TEST_F(ClientIo, makingARoom)
{
    everyPoint({[] {},
                [this]() -> std::optional<bool> {
                    const auto claim =
                        claimOf(engine->createRoom(protocol::RoomKind::General, "Second", {"her"}));
                    return claim;
                },
                [](const DiskState& found) { return !found.outbox.empty(); }});
}

TEST_F(ClientIo, aRoomBeingMade)
{
    everyPoint(
        {[this] { (void)engine->createRoom(protocol::RoomKind::General, "Second", {"her"}); },
         [this]() -> std::optional<bool> {
             serve();
             return {};
         },
         {}});
}

TEST_F(ClientIo, beingPutOut)
{
    everyPoint({[] {},
                [this]() -> std::optional<bool> {
                    member = false;
                    say(protocol::RoomRemoved{kRoom});
                    return {};
                },
                {}});
}

TEST_F(ClientIo, pinning)
{
    everyPoint({[] {}, [this] { return claimOf(engine->pin(kRoom, rowOf("m1"), true)); },
                [](const DiskState& found) { return !found.outbox.empty(); }});
}

TEST_F(ClientIo, renamingTheRoom)
{
    everyPoint({[] {},
                [this] {
                    return claimOf(engine->updateRoom(kRoom, {std::string("Renamed"), {}, {}}));
                },
                [](const DiskState& found) { return !found.outbox.empty(); }});
}

TEST_F(ClientIo, addingAMember)
{
    everyPoint({[] {},
                [this] { return claimOf(engine->setMember(kRoom, kHim, protocol::Role::Member)); },
                [](const DiskState& found) { return !found.outbox.empty(); }});
}

TEST_F(ClientIo, aDraftOfAnotherDeviceArriving)
{
    everyPoint({[] {},
                [this]() -> std::optional<bool> {
                    otherDeviceWrites("theirs", "");
                    return {};
                },
                {}});
}

TEST_F(ClientIo, takingOverTheDraftOfAnotherDevice)
{
    everyPoint({[this] { otherDeviceWrites("mine", "theirs"); },
                [this] { return claimOf(engine->settleOtherDraft(kRoom, true)); },
                [](const DiskState& found) { return contains(found.drafts, "mine\n\ntheirs"); }});
}

TEST_F(ClientIo, aPageOfHistoryArriving)
{
    // What a gap too large has swallowed comes as one page, when it is looked at.
    const auto look = [this] { engine->wantHistory(kRoom, Seq(serverHead() - kPageSize + 1)); };
    everyPoint({[this] {
                    drop();
                    for (int i = 0; i < 12; ++i)
                        sheWrites("missed " + std::to_string(i), false);
                    gapMax = 5;
                    settle(3);
                    const auto rows = shown();
                    ASSERT_TRUE(std::any_of(rows.begin(), rows.end(), [](const auto& row) {
                        return row.starts_with("hole");
                    }));
                    chill();
                },
                [this, look]() -> std::optional<bool> {
                    look();
                    serve();
                    return {};
                },
                {},
                true,
                true,
                look});
    for (const std::string& row : shown())
        EXPECT_FALSE(row.starts_with("hole")) << row;
}

// Not kept, so there is no point at which a disk could fail: it is shown on a broken one as well.
TEST_F(ClientIo, aPageByFilterArrivingTouchesNoDisk)
{
    begin();
    chill();
    failing.arm(1, FaultVfs::How::IoError, FaultVfs::Times::ForEver);
    engine->wantFiltered(kRoom, protocol::kFilterMedia, Seq());
    serve();
    EXPECT_FALSE(failing.fired()) << failing.where();
    failing.disarm();
    EXPECT_EQ(screen.filtered.size(), 1u);
}

// Written, not synced, and the process died; the next one shows it as waiting to be sent, so the
// power must not take it any more.
TEST_F(ClientIo, whatTheNextProcessShowsSurvivesThePower)
{
    int found = 0;
    bool met = true;
    for (int nth = 1; met; ++nth) {
        ASSERT_LT(nth, 1'000);
        begin();
        transport.close(); // it stays queued
        const auto before = look().outbox;
        failing.arm(nth, FaultVfs::How::IoError, FaultVfs::Times::ForEver);
        Draft draft;
        draft.body = "last";
        (void)engine->send(kRoom, draft);
        met = failing.fired();
        SCOPED_TRACE("died at " + failing.where());
        die(false);
        ASSERT_TRUE(openAll()); // and nothing more: whatever is stored next would sync it, too
        const auto shown = look().outbox;
        found += met && shown != before ? 1 : 0;
        die(true);
        ASSERT_TRUE(openAll());
        ASSERT_EQ(look().outbox, shown);
    }
    EXPECT_GT(found, 0) << "no commit was found that had not been answered";
}

TEST_F(ClientIo, theServersHistoryBeingReplaced)
{
    everyPoint({[this] {
                    drop();
                    epoch = 2;
                    log.erase(kLogSize);
                },
                [this]() -> std::optional<bool> {
                    settle(3);
                    return {};
                },
                {}});
}

} // namespace skein::engine::test
