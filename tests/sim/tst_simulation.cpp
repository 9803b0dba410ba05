#include "tests/sim/simulation.h"

#include <gtest/gtest.h>

namespace skein::sim
{
namespace
{

TEST(Simulation, theSameSeedGivesTheSameTrace)
{
    for (const std::uint64_t seed : {3U, 8U, 21U}) {
        const Outcome once = simulate({seed, 100, false, 0});
        const Outcome again = simulate({seed, 100, false, 0});
        EXPECT_EQ(once.traceHash, again.traceHash) << "seed " << seed;
        EXPECT_EQ(once.events, again.events) << "seed " << seed;
    }
}

TEST(Simulation, anotherSeedGivesAnotherTrace)
{
    EXPECT_NE(simulate({3, 50, false, 0}).traceHash, simulate({4, 50, false, 0}).traceHash);
}

TEST(Simulation, messagesAreWrittenAndConfirmed)
{
    const Outcome outcome = simulate({5, 100, false, 0});
    EXPECT_EQ(outcome.written, 100);
    EXPECT_GE(outcome.confirmed, 90);
}

TEST(Loop, runsInOrderOfTimeThenOfMaking)
{
    Loop loop;
    std::string order;
    loop.after(5, [&] { order += 'c'; });
    loop.after(2, [&] { order += 'a'; });
    loop.after(5, [&] { order += 'd'; });
    loop.after(2, [&] { order += 'b'; });
    loop.after(9, [&] { order += 'x'; });
    loop.run(loop.now() + Milliseconds(6));
    EXPECT_EQ(order, "abcd");
}

TEST(Loop, theClockStandsAtTheEndAfterwards)
{
    Loop loop;
    const MonoTime end = loop.now() + Milliseconds(77);
    loop.run(end);
    EXPECT_EQ(loop.now(), end);
}

TEST(Network, knowsAFrameByItsType)
{
    EXPECT_EQ(typeOf(R"({"type":"ping","t":1})"), "ping");
    EXPECT_EQ(typeOf(R"({"t":1})"), "");
}

} // namespace
} // namespace skein::sim
