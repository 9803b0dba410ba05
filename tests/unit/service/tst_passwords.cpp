#include "server/service/passwords.h"

#include <gtest/gtest.h>
#include <sodium.h>

using namespace skein;
using namespace skein::server;

namespace
{

// The least that libsodium takes: these tests are about right and wrong, not about cost.
const PasswordCost kCheap{crypto_pwhash_OPSLIMIT_MIN, crypto_pwhash_MEMLIMIT_MIN};

TEST(Passwords, theRightOneMatchesAndAnyOtherDoesNot)
{
    const auto hash = hashPassword("correct horse", kCheap);
    ASSERT_TRUE(hash) << toString(hash.error());
    EXPECT_TRUE(passwordMatches("correct horse", *hash, kCheap));
    EXPECT_FALSE(passwordMatches("correct horsf", *hash, kCheap));
    EXPECT_FALSE(passwordMatches("", *hash, kCheap));
    EXPECT_FALSE(passwordMatches(std::string("correct horse\0x", 15), *hash, kCheap));
}

TEST(Passwords, twoHashesOfOnePasswordDiffer)
{
    EXPECT_NE(*hashPassword("correct horse", kCheap), *hashPassword("correct horse", kCheap));
}

TEST(Passwords, theDefaultCostIsArgon2idWith64MiBAndTwoPasses)
{
    const auto hash = hashPassword("correct horse");
    ASSERT_TRUE(hash);
    EXPECT_EQ(hash->rfind("$argon2id$v=19$m=65536,t=2,p=1$", 0), 0U) << *hash;
}

TEST(Passwords, lengthIsCheckedAtBothEnds)
{
    EXPECT_FALSE(hashPassword(std::string(kPasswordBytesMin - 1, 'a'), kCheap));
    EXPECT_TRUE(hashPassword(std::string(kPasswordBytesMin, 'a'), kCheap));
    EXPECT_TRUE(hashPassword(std::string(kPasswordBytesMax, 'a'), kCheap));
    const auto tooLong = hashPassword(std::string(kPasswordBytesMax + 1, 'a'), kCheap);
    ASSERT_FALSE(tooLong);
    EXPECT_EQ(tooLong.error().code, ErrorCode::BadField);
}

TEST(Passwords, anUnknownUserMatchesNothing)
{
    EXPECT_FALSE(passwordMatches("correct horse", "", kCheap));
    EXPECT_FALSE(passwordMatches("correct horse", "not a hash", kCheap));
}

} // namespace
