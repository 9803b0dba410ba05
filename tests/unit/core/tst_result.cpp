#include "core/result.h"

#include <gtest/gtest.h>

#include <memory>

namespace skein
{
namespace
{

Result<int> half(int value)
{
    if (value % 2 != 0)
        return fail(ErrorCode::InvalidArgument, "odd");
    return value / 2;
}

Result<int> quarter(int value)
{
    const Result<int> first = half(value);
    if (!first)
        return fail(first.error());
    return half(*first);
}

TEST(Result, holdsAValueOrAnError)
{
    EXPECT_EQ(half(8), 4);
    ASSERT_FALSE(half(7));
    EXPECT_EQ(half(7).error(), makeError(ErrorCode::InvalidArgument, "odd"));
}

TEST(Result, passesAnErrorOnUnchanged)
{
    EXPECT_EQ(quarter(8), 2);
    ASSERT_FALSE(quarter(6));
    EXPECT_EQ(quarter(6).error().detail, "odd");

    Error late = makeError(ErrorCode::RateLimited);
    late.retryAfter = std::chrono::milliseconds(250);
    const Result<int> passed = [&]() -> Result<int> { return fail(late); }();
    ASSERT_FALSE(passed);
    EXPECT_EQ(passed.error(), late);
    EXPECT_TRUE(passed.error().retryable);
}

TEST(Result, carriesNothingOrWhatCannotBeCopied)
{
    const Result<void> done{};
    EXPECT_TRUE(done.has_value());
    Result<std::unique_ptr<int>> owner = std::make_unique<int>(3);
    ASSERT_TRUE(owner);
    EXPECT_EQ(**owner, 3);
}

} // namespace
} // namespace skein
