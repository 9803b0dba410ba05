// Everybody comes back at once after the server was killed; and some do not read.
// SKEIN_STORM_CLIENTS for more than 1,000 (at most 5,000). Times are printed, not judged.
#include "tests/integration/fixture.h"
#include "tools/load/scenarios.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

using namespace skein;
using namespace skein::testing;

namespace
{
class ServerStorm : public ServerTest
{
};
} // namespace

TEST_F(ServerStorm, everybodyComesBackAtTheCostOfNoQueryAndWhoReadsGetsEverything)
{
    load::ScenarioOptions options;
    options.serverBinary = serverBinary();
    options.workDir = m_dir;
    load::StormOptions wanted;
    if (const char* const clients = std::getenv("SKEIN_STORM_CLIENTS"))
        wanted.clients = static_cast<std::size_t>(std::strtoul(clients, nullptr, 10));
    const auto storm = load::runStorm(options, wanted);
    ASSERT_TRUE(storm) << toString(storm.error());
    std::printf("%s\n", load::toJson(load::resultOf(*storm)).c_str());
    EXPECT_GE(storm->resumed * 100, storm->clients * 99);
    // A token is checked and a room resumed from memory: not one statement for each, and the few of
    // the positions that are written behind do not count up with the clients.
    EXPECT_LE(storm->statements, static_cast<std::int64_t>(storm->resumed));
    EXPECT_GT(storm->steadyKib, 0);
    EXPECT_LE(storm->peakKib, 2 * storm->steadyKib);
    EXPECT_GT(storm->slowReaders, 0);
    EXPECT_GT(storm->deliveriesDue, 0);
    EXPECT_EQ(storm->delivered, storm->deliveriesDue);
}
