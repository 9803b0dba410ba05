#include "server/net/http.h"

#include <gtest/gtest.h>

using namespace skein;
using namespace skein::server;

TEST(Http, errorsCarryTheWireNameAndTheWait)
{
    Error error = makeError(ErrorCode::RateLimited, "sign-in");
    error.retryAfter = std::chrono::milliseconds(12'500);
    const HttpReply reply = errorReply(error);
    EXPECT_EQ(reply.status, 429u);
    EXPECT_EQ(reply.retryAfterMs, 12'500);
    EXPECT_EQ(reply.body,
              R"({"error":{"code":"rate_limited","detail":"sign-in","retry_after_ms":12500}})");
}

TEST(Http, everyCodeHasAnErrorStatus)
{
    for (const ErrorCode code : allErrorCodes()) {
        EXPECT_GE(httpStatusFor(code), 400u) << wireName(code);
        EXPECT_LE(httpStatusFor(code), 599u) << wireName(code);
    }
    EXPECT_EQ(httpStatusFor(ErrorCode::Unauthenticated), 401u);
    EXPECT_EQ(httpStatusFor(ErrorCode::FrameTooLarge), 413u);
    EXPECT_EQ(httpStatusFor(ErrorCode::Conflict), 409u);
    EXPECT_EQ(httpStatusFor(ErrorCode::ServerBusy), 503u);
}

TEST(Http, bearerTokensAreTakenFromTheRightScheme)
{
    EXPECT_EQ(bearerToken("Bearer abc.def"), "abc.def");
    EXPECT_EQ(bearerToken("bearer   abc "), "abc");
    EXPECT_EQ(bearerToken("Basic abc"), "");
    EXPECT_EQ(bearerToken("Bearer"), "");
    EXPECT_EQ(bearerToken("Bearerabc"), "");
    EXPECT_EQ(bearerToken("Bearer " + std::string(5'000, 'x')), "");
}

TEST(Http, headerListsAreSplitAtCommas)
{
    EXPECT_TRUE(headerListContains("skein.v1", "skein.v1", false));
    EXPECT_TRUE(headerListContains("other, skein.v1", "skein.v1", false));
    EXPECT_TRUE(headerListContains("keep-alive, Upgrade", "upgrade", true));
    EXPECT_FALSE(headerListContains("keep-alive, Upgrade", "upgrade", false));
    EXPECT_FALSE(headerListContains("skein.v10", "skein.v1", false));
    EXPECT_FALSE(headerListContains("", "skein.v1", false));
}
