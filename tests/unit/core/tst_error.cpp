#include "core/error.h"

#include <gtest/gtest.h>

#include <set>

namespace skein
{
namespace
{

class EachErrorCode : public testing::TestWithParam<ErrorCode>
{
};

TEST_P(EachErrorCode, hasAWireNameThatComesBack)
{
    const std::string_view name = wireName(GetParam());
    ASSERT_FALSE(name.empty());
    for (const char c : name)
        EXPECT_TRUE((c >= 'a' && c <= 'z') || c == '_') << name;
    EXPECT_EQ(errorCodeFromWire(name), GetParam());
}

TEST_P(EachErrorCode, hasASentenceForThePerson)
{
    const std::string_view text = userText(GetParam());
    ASSERT_FALSE(text.empty());
    EXPECT_TRUE(text.front() >= 'A' && text.front() <= 'Z') << text;
    EXPECT_EQ(text.back(), '.') << text;
    EXPECT_EQ(text.find('_'), std::string_view::npos)
        << "a wire name in a text for people: " << text;
}

TEST_P(EachErrorCode, isRetryableExactlyWhenTheRuleSaysSo)
{
    const ErrorRule rule = ruleFor(GetParam());
    EXPECT_TRUE(rule == ErrorRule::Retry || rule == ErrorRule::Ask || rule == ErrorRule::GiveUp);
    const Error error = makeError(GetParam(), "why");
    EXPECT_EQ(error.code, GetParam());
    EXPECT_EQ(error.detail, "why");
    EXPECT_EQ(error.retryable, rule == ErrorRule::Retry);
    EXPECT_FALSE(error.retryAfter);
}

INSTANTIATE_TEST_SUITE_P(All, EachErrorCode, testing::ValuesIn(allErrorCodes()),
                         [](const auto& each) { return std::string(wireName(each.param)); });

TEST(Error, wireNamesAndTextsAreUnique)
{
    std::set<std::string_view> names;
    std::set<std::string_view> texts;
    for (const ErrorCode code : allErrorCodes()) {
        EXPECT_TRUE(names.insert(wireName(code)).second) << wireName(code);
        EXPECT_TRUE(texts.insert(userText(code)).second) << userText(code);
    }
    EXPECT_EQ(names.size(), kErrorCodeCount);
}

TEST(Error, aNameOfANewerVersionIsNotKnown)
{
    EXPECT_EQ(errorCodeFromWire("quota_of_next_year"), std::nullopt);
    EXPECT_EQ(errorCodeFromWire(""), std::nullopt);
    EXPECT_EQ(errorCodeFromWire("NOT_FOUND"), std::nullopt);
}

TEST(Error, whatASenderMustNotLoseIsNeverGivenUpByItself)
{
    for (const ErrorCode code :
         {ErrorCode::Offline, ErrorCode::Transport, ErrorCode::Timeout, ErrorCode::ServerBusy,
          ErrorCode::RateLimited, ErrorCode::ShuttingDown, ErrorCode::StateLost}) {
        EXPECT_EQ(ruleFor(code), ErrorRule::Retry) << wireName(code);
    }
    EXPECT_EQ(ruleFor(ErrorCode::StorageFull), ErrorRule::Ask);
}

TEST(Error, printsItsCodeAndDetail)
{
    EXPECT_EQ(toString(makeError(ErrorCode::NotFound)), "not_found");
    EXPECT_EQ(toString(makeError(ErrorCode::BadField, "rooms[3].since")),
              "bad_field: rooms[3].since");
}

} // namespace
} // namespace skein
