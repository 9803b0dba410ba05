#include "server/net/failurelimit.h"

#include <gtest/gtest.h>

using namespace skein;
using namespace skein::server;

TEST(FailureLimit, fiveFailuresAMinuteThenWait)
{
    FailureLimit limit(5);
    MonoTime now{1'000'000};
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(limit.waitFor("1.2.3.4", now), Milliseconds(0)) << i;
        limit.failed("1.2.3.4", now);
    }
    EXPECT_EQ(limit.waitFor("1.2.3.4", now), Milliseconds(12'000));
    EXPECT_EQ(limit.waitFor("1.2.3.5", now), Milliseconds(0));
    now = now + Milliseconds(11'999);
    EXPECT_EQ(limit.waitFor("1.2.3.4", now), Milliseconds(1));
    now = now + Milliseconds(1);
    EXPECT_EQ(limit.waitFor("1.2.3.4", now), Milliseconds(0));
    limit.failed("1.2.3.4", now);
    EXPECT_EQ(limit.waitFor("1.2.3.4", now), Milliseconds(12'000));
    EXPECT_EQ(limit.waitFor("1.2.3.4", now + Milliseconds(60'000)), Milliseconds(0));
}

TEST(FailureLimit, successesAreRefunded)
{
    FailureLimit limit(5);
    const MonoTime now{1'000'000};
    for (int i = 0; i < 100; ++i) {
        ASSERT_EQ(limit.waitFor("a", now), Milliseconds(0));
        limit.failed("a", now);
        limit.refund("a");
    }
}

TEST(FailureLimit, zeroMeansUnlimited)
{
    FailureLimit limit(0);
    for (int i = 0; i < 100; ++i)
        limit.failed("a", {});
    EXPECT_EQ(limit.waitFor("a", {}), Milliseconds(0));
}

TEST(FailureLimit, rememberedAddressesAreBoundedAndAFloodBuysNoAttempts)
{
    FailureLimit limit(5);
    const MonoTime now{1'000'000};
    for (std::size_t i = 0; i < FailureLimit::kAddressesMax; ++i)
        limit.failed("address " + std::to_string(i), now);
    EXPECT_EQ(limit.addresses(), FailureLimit::kAddressesMax);
    int allowed = 0;
    for (int i = 0; i < 100; ++i) {
        const std::string fresh = "fresh " + std::to_string(i);
        if (limit.waitFor(fresh, now) == Milliseconds(0)) {
            ++allowed;
            limit.failed(fresh, now);
        }
    }
    EXPECT_EQ(allowed, 5);
    EXPECT_EQ(limit.addresses(), FailureLimit::kAddressesMax);
    // A minute later the old ones are free again and make room.
    limit.failed("later", now + Milliseconds(60'000));
    EXPECT_EQ(limit.addresses(), 1u);
}
