#include "core/random.h"

#include <gtest/gtest.h>

#include <array>
#include <set>

namespace skein
{
namespace
{

TEST(SeededRandom, givesTheSameNumbersForTheSameSeedOnEveryPlatform)
{
    SeededRandom random(0);
    // xoshiro256** over splitmix64(0), from a second implementation of the published algorithm.
    EXPECT_EQ(random.next(), 0x99ec5f36cb75f2b4U);
    EXPECT_EQ(random.next(), 0xbf6e1f784956452aU);
    EXPECT_EQ(random.next(), 0x1a5f849d4933e6e0U);

    SeededRandom first(42);
    SeededRandom second(42);
    SeededRandom other(43);
    int same = 0;
    for (int i = 0; i < 100; ++i) {
        const std::uint64_t value = first.next();
        EXPECT_EQ(value, second.next());
        same += value == other.next() ? 1 : 0;
    }
    EXPECT_EQ(same, 0);
}

TEST(Random, belowStaysBelowAndReachesEveryValue)
{
    SeededRandom random(7);
    EXPECT_EQ(random.below(0), 0U);
    EXPECT_EQ(random.below(1), 0U);
    std::array<int, 7> hits{};
    for (int i = 0; i < 7'000; ++i) {
        const std::uint64_t value = random.below(7);
        ASSERT_LT(value, 7U);
        ++hits[value];
    }
    for (const int count : hits)
        EXPECT_NEAR(count, 1'000, 200); // six standard deviations are 176
}

TEST(Random, belowIsUnbiasedForABoundThatDoesNotDivide)
{
    // With `next() % bound` and this bound the lower half would come up twice as often.
    constexpr std::uint64_t kBound = (std::uint64_t{1} << 63) + (std::uint64_t{1} << 62);
    SeededRandom random(11);
    int lower = 0;
    for (int i = 0; i < 9'000; ++i)
        lower += random.below(kBound) < kBound / 3 ? 1 : 0;
    EXPECT_NEAR(lower, 3'000, 300);
}

TEST(Random, chanceFollowsItsProbability)
{
    SeededRandom random(3);
    int hits = 0;
    for (int i = 0; i < 10'000; ++i) {
        EXPECT_FALSE(random.chance(0.0));
        EXPECT_TRUE(random.chance(1.0));
        hits += random.chance(0.3) ? 1 : 0;
    }
    EXPECT_NEAR(hits, 3'000, 300);
}

TEST(SystemRandom, doesNotRepeat)
{
    SystemRandom random;
    std::set<std::uint64_t> seen;
    for (int i = 0; i < 1'000; ++i)
        seen.insert(random.next());
    EXPECT_EQ(seen.size(), 1'000U);
}

TEST(UuidV7, carriesTheTimeTheVersionAndTheVariant)
{
    SeededRandom random(1);
    // RFC 9562, appendix A.6: 2022-02-22 19:22:22 UTC is 017f22e2-79b0-7….
    const std::string uuid = makeUuidV7({0x017F22E279B0}, random);
    EXPECT_EQ(uuid.substr(0, 15), "017f22e2-79b0-7") << uuid;
    EXPECT_TRUE(isUuidV7(uuid));
    EXPECT_TRUE(isUuidV7("017f22e2-79b0-7cc3-98c4-dc0c0c07398f"));
}

TEST(UuidV7, sortsByTimeAndDoesNotRepeatWithinAMillisecond)
{
    SeededRandom random(2);
    std::set<std::string> seen;
    for (int i = 0; i < 1'000; ++i) {
        const std::string uuid = makeUuidV7({1'700'000'000'000}, random);
        EXPECT_TRUE(isUuidV7(uuid)) << uuid;
        seen.insert(uuid);
    }
    EXPECT_EQ(seen.size(), 1'000U);
    EXPECT_LT(*seen.rbegin(), makeUuidV7({1'700'000'000'001}, random));
    EXPECT_NE(makeTempId({1}, random), makeTempId({1}, random));
}

TEST(UuidV7, refusesEverythingElse)
{
    for (const char* text :
         {"", "017f22e2-79b0-7cc3-98c4-dc0c0c07398", "017f22e2-79b0-7cc3-98c4-dc0c0c07398f0",
          "017F22E2-79B0-7CC3-98C4-DC0C0C07398F",  // upper case
          "017f22e2-79b0-4cc3-98c4-dc0c0c07398f",  // version 4
          "017f22e2-79b0-7cc3-c8c4-dc0c0c07398f",  // another variant
          "017f22e2-79b0-7cc3-78c4-dc0c0c07398f",  // another variant
          "017f22e279b0-7cc3-98c4-dc0c0c07398f00", // dashes elsewhere
          "017f22e2-79b0-7cc3-98c4-dc0c0c07398g", "{17f22e2-79b0-7cc3-98c4-dc0c0c07398}"}) {
        EXPECT_FALSE(isUuidV7(text)) << text;
    }
}

} // namespace
} // namespace skein
