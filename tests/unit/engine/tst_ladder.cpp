// Socket or HTTP: the rules, without a transport.
#include "sdk/engine/ladder.h"

#include <gtest/gtest.h>

using namespace skein;
using namespace skein::engine;
using End = Ladder::End;

namespace
{

struct LadderTest : testing::Test {
    Ladder ladder{TransportMode::Auto, true};
    SeededRandom random{9};
    MonoTime now{1'000'000};

    void ended(Via via, End why) { ladder.ended(via, why, now, random); }
    void pass(std::int64_t ms) { now = now + Milliseconds(ms); }
    void blockSocket()
    {
        for (int i = 0; i < Ladder::kSocketFailures; ++i) {
            ASSERT_EQ(ladder.choose(now), Via::Socket);
            ended(Via::Socket, End::NotHad);
        }
        ASSERT_EQ(ladder.choose(now), Via::Http);
    }
};

} // namespace

TEST_F(LadderTest, socketFirstAndHttpAfterTwoThatCouldNotBeHad)
{
    blockSocket();
}

TEST_F(LadderTest, aSocketThatOpensAndDiesAtOnceIsNone)
{
    for (int i = 0; i < Ladder::kSocketFailures; ++i) {
        ASSERT_EQ(ladder.choose(now), Via::Socket);
        ladder.live(Via::Socket, now, random);
        pass(Ladder::kStableMs - 1);
        ended(Via::Socket, End::Lost);
    }
    EXPECT_EQ(ladder.choose(now), Via::Http);
}

TEST_F(LadderTest, aSocketThatLastedAndWasLostIsTriedAgain)
{
    for (int i = 0; i < 10; ++i) {
        ASSERT_EQ(ladder.choose(now), Via::Socket);
        ladder.live(Via::Socket, now, random);
        pass(Ladder::kStableMs);
        ended(Via::Socket, End::Lost);
    }
}

TEST_F(LadderTest, aSilenceAfterSomethingWasConfirmedIsTheNetworksAndBeforeThatPerhapsAProxys)
{
    const auto falls = [&](bool proved) {
        ASSERT_EQ(ladder.choose(now), Via::Socket);
        ladder.live(Via::Socket, now, random);
        if (proved)
            ladder.proved();
        ended(Via::Socket, End::Silent);
    };
    for (int round = 0; round < 3; ++round) {
        for (int i = 0; i < Ladder::kSilencesMax; ++i)
            falls(true);
        ASSERT_EQ(ladder.choose(now), Via::Socket);
        ladder.live(Via::Socket, now, random);
        pass(Ladder::kStableMs);
        ended(Via::Socket, End::Silent); // one that lasted: all is forgiven
    }
    for (int i = 0; i < Ladder::kSocketFailures; ++i)
        falls(false);
    EXPECT_EQ(ladder.choose(now), Via::Http);
}

TEST_F(LadderTest, oneThatAnswersAndFallsSilentAgainAndAgainIsNone)
{
    for (int i = 0; i < Ladder::kSilencesMax + Ladder::kSocketFailures; ++i) {
        ASSERT_EQ(ladder.choose(now), Via::Socket);
        ladder.live(Via::Socket, now, random);
        ladder.proved();
        ended(Via::Socket, End::Silent);
    }
    EXPECT_EQ(ladder.choose(now), Via::Http) << "what it swallows may be what matters";
}

TEST_F(LadderTest, aServerThatSendsAwayIsReached)
{
    for (int i = 0; i < 10; ++i) {
        ASSERT_EQ(ladder.choose(now), Via::Socket);
        ended(Via::Socket, End::Told);
    }
}

TEST_F(LadderTest, aHangToTheTimeoutIsEnoughByItself)
{
    ASSERT_EQ(ladder.choose(now), Via::Socket);
    ended(Via::Socket, End::Hung);
    EXPECT_EQ(ladder.choose(now), Via::Http);
}

TEST_F(LadderTest, aServerThatIsNotThereCountsForNeither)
{
    for (int i = 0; i < 50; ++i) {
        ASSERT_EQ(ladder.choose(now), Via::Socket);
        ended(Via::Socket, End::Unreachable);
        pass(5'000);
    }
    blockSocket();
    for (int i = 0; i < 5; ++i) {
        ASSERT_EQ(ladder.choose(now), Via::Http);
        ended(Via::Http, End::Unreachable);
    }
}

TEST_F(LadderTest, withoutAFallbackOrByOrderItIsAlwaysTheSame)
{
    struct Row {
        TransportMode mode;
        bool haveHttp;
        Via always;
    };
    for (const Row& row : {Row{TransportMode::Auto, false, Via::Socket},
                           Row{TransportMode::SocketOnly, true, Via::Socket},
                           Row{TransportMode::HttpOnly, true, Via::Http},
                           Row{TransportMode::HttpOnly, false, Via::Socket}}) {
        Ladder fixed(row.mode, row.haveHttp);
        for (int i = 0; i < 5; ++i) {
            EXPECT_EQ(fixed.choose(now), row.always);
            fixed.ended(row.always, End::NotHad, now, random);
        }
        fixed.live(row.always, now, random);
        pass(3'600'000);
        EXPECT_FALSE(fixed.climbAt());
        EXPECT_FALSE(fixed.climbNow(now));
    }
}

TEST_F(LadderTest, whileOnHttpTheSocketIsTriedSoonThenLessAndLess)
{
    blockSocket();
    ladder.live(Via::Http, now, random);
    std::int64_t most = Ladder::kSocketRule.openMs;
    for (int i = 0; i < 12; ++i) {
        ASSERT_TRUE(ladder.climbAt());
        const auto wait = (*ladder.climbAt() - now).count();
        EXPECT_GE(wait, most / 2);
        EXPECT_LE(wait, most);
        pass(wait - 1);
        EXPECT_FALSE(ladder.climbNow(now));
        pass(1);
        EXPECT_TRUE(ladder.climbNow(now));
        EXPECT_FALSE(ladder.climbNow(now)) << "one at a time";
        EXPECT_FALSE(ladder.climbAt());
        ended(Via::Socket, End::NotHad);
        most = std::min(most * 2, Ladder::kSocketRule.openMaxMs);
    }
}

TEST_F(LadderTest, afterAClimbThatLastedTheSocketIsFirstAgain)
{
    blockSocket();
    ladder.live(Via::Http, now, random);
    pass(Ladder::kSocketRule.openMs);
    ASSERT_TRUE(ladder.climbNow(now));
    ended(Via::Http, End::Dropped);
    ladder.live(Via::Socket, now, random);
    EXPECT_EQ(ladder.breaker(Via::Socket).state(), Breaker::State::HalfOpen);
    pass(Ladder::kStableMs);
    ladder.settle(now);
    EXPECT_EQ(ladder.breaker(Via::Socket).state(), Breaker::State::Closed);
    ended(Via::Socket, End::Lost);
    EXPECT_EQ(ladder.choose(now), Via::Socket);
}

TEST_F(LadderTest, aClimbThatDiesAtOnceGoesBackToHttp)
{
    blockSocket();
    ladder.live(Via::Http, now, random);
    pass(Ladder::kSocketRule.openMs);
    ASSERT_TRUE(ladder.climbNow(now));
    ended(Via::Http, End::Dropped);
    ladder.live(Via::Socket, now, random);
    pass(100);
    ended(Via::Socket, End::Lost);
    EXPECT_EQ(ladder.choose(now), Via::Http);
}

TEST_F(LadderTest, aFailedClimbSaysNothingAboutTheLiveSession)
{
    blockSocket();
    ladder.live(Via::Http, now, random);
    pass(Ladder::kStableMs);
    ASSERT_TRUE(ladder.climbNow(now));
    ended(Via::Socket, End::NotHad);
    ended(Via::Http, End::Lost);
    EXPECT_EQ(ladder.breaker(Via::Http).state(), Breaker::State::Closed);
    EXPECT_EQ(ladder.choose(now), Via::Http);
}

TEST_F(LadderTest, whenNothingWorksBothAreTriedAgainAndAgain)
{
    int sockets = 0, https = 0;
    for (int i = 0; i < 60; ++i) {
        const Via via = ladder.choose(now);
        (via == Via::Socket ? sockets : https)++;
        ended(via, End::NotHad);
        pass(15'000);
    }
    EXPECT_GE(sockets, 5);
    EXPECT_GE(https, 5);
}

TEST_F(LadderTest, afterALongOutageThatEndsOnHttpTheSocketIsLookedForSoon)
{
    for (int i = 0; i < 60; ++i) {
        ended(ladder.choose(now), End::NotHad);
        pass(30'000);
    }
    ladder.live(Via::Http, now, random);
    ASSERT_TRUE(ladder.climbAt());
    EXPECT_LE((*ladder.climbAt() - now).count(), Ladder::kSocketRule.openMs);
}

TEST_F(LadderTest, anotherNetworkStartsOver)
{
    blockSocket();
    ladder.reset();
    EXPECT_EQ(ladder.choose(now), Via::Socket);
}
