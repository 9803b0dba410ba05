#include "core/log.h"

#include <gtest/gtest.h>

#include <vector>

namespace skein
{
namespace
{

struct Line {
    LogLevel level;
    std::string area;
    std::string text;
    friend bool operator==(const Line&, const Line&) = default;
};

struct Log : testing::Test {
    std::vector<Line> lines;
    LogSink sink = [this](LogLevel level, std::string_view area, std::string_view text) {
        lines.push_back({level, std::string(area), std::string(text)});
    };
};

TEST_F(Log, writesFromItsThresholdUp)
{
    const Logger logger(sink, "session", LogLevel::Warning);
    logger.debug("a");
    logger.info("b");
    logger.warning("c");
    logger.error("d");
    EXPECT_EQ(lines, (std::vector<Line>{{LogLevel::Warning, "session", "c"},
                                        {LogLevel::Error, "session", "d"}}));
    EXPECT_FALSE(logger.enabled(LogLevel::Info));
    EXPECT_TRUE(logger.enabled(LogLevel::Error));
}

TEST_F(Log, keepsInfoByDefault)
{
    const Logger logger(sink, "store");
    logger.debug("a");
    logger.info("b");
    EXPECT_EQ(lines, (std::vector<Line>{{LogLevel::Info, "store", "b"}}));
}

TEST_F(Log, anotherAreaKeepsSinkAndThreshold)
{
    const Logger logger = Logger(sink, "a", LogLevel::Error).withArea("b");
    logger.warning("no");
    logger.error("yes");
    EXPECT_EQ(lines, (std::vector<Line>{{LogLevel::Error, "b", "yes"}}));
}

TEST_F(Log, withoutASinkSwallowsEverything)
{
    const Logger logger;
    EXPECT_FALSE(logger.enabled(LogLevel::Error));
    logger.error("nobody hears this");
    EXPECT_TRUE(lines.empty());
}

TEST_F(Log, levelsHaveNames)
{
    EXPECT_EQ(toString(LogLevel::Debug), "debug");
    EXPECT_EQ(toString(LogLevel::Info), "info");
    EXPECT_EQ(toString(LogLevel::Warning), "warning");
    EXPECT_EQ(toString(LogLevel::Error), "error");
}

} // namespace
} // namespace skein
