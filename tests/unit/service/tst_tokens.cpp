#include "server/service/tokens.h"

#include "protocol/limits.h"

#include <gtest/gtest.h>
#include <sodium.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sys/stat.h>

using namespace skein;
using namespace skein::server;

namespace
{

constexpr WallTime kNow{1'800'000'000'000};

Tokens::Secret secretOf(unsigned char fill)
{
    Tokens::Secret secret;
    secret.fill(fill);
    return secret;
}

std::string encode64(std::string_view bytes)
{
    std::string text(
        sodium_base64_encoded_len(bytes.size(), sodium_base64_VARIANT_URLSAFE_NO_PADDING), '\0');
    sodium_bin2base64(text.data(), text.size(),
                      reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    text.pop_back();
    return text;
}

// Signed with the right key, whatever the two parts are.
std::string signedParts(const std::string& header, const std::string& payload,
                        unsigned char key = 7)
{
    const Tokens::Secret secret = secretOf(key);
    const std::string text = header + '.' + payload;
    unsigned char mac[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256(mac, reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                           secret.data());
    return text + '.' + encode64(std::string_view(reinterpret_cast<const char*>(mac), sizeof mac));
}

// A token signed with the right key over any header and payload: what an attacker with a confused
// verifier would want.
std::string signedToken(std::string_view header, std::string_view payload, unsigned char key = 7)
{
    return signedParts(encode64(header), encode64(payload), key);
}

constexpr std::string_view kHeader = R"({"alg":"HS256","typ":"at+jwt"})";
constexpr std::string_view kPayload =
    R"({"iss":"skein","aud":"skein-client","sub":"u","sid":"s","did":"d","iat":1800000000,"nbf":1800000000,"exp":1800000900})";

std::string replaced(std::string_view text, std::string_view from, std::string_view to)
{
    std::string result(text);
    const std::size_t at = result.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return result.replace(at, from.size(), to);
}

TEST(Tokens, issuedTokenIsVerifiedWithAllItsClaims)
{
    const Tokens tokens(secretOf(7));
    const std::string token = tokens.issue(UserId("u_1"), SessionId("s_1"), DeviceId("d_1"), kNow);
    const auto claims = tokens.verify(token, kNow);
    ASSERT_TRUE(claims) << toString(claims.error());
    EXPECT_EQ(*claims, (TokenClaims{UserId("u_1"), SessionId("s_1"), DeviceId("d_1"),
                                    kNow.ms + kAccessTokenMs}));
}

TEST(Tokens, theHandMadeTokenOfTheTestsIsOneThatVerifies)
{
    // Without this the refusals below would prove nothing.
    const auto claims = Tokens(secretOf(7)).verify(signedToken(kHeader, kPayload), kNow);
    ASSERT_TRUE(claims) << toString(claims.error());
}

TEST(Tokens, expiryIsTolerantBySkewAndNoFurther)
{
    const Tokens tokens(secretOf(7));
    const std::string token = tokens.issue(UserId("u"), SessionId("s"), DeviceId("d"), kNow);
    EXPECT_TRUE(tokens.verify(token, {kNow.ms + kAccessTokenMs + kTokenSkewMs - 1}));
    const auto late = tokens.verify(token, {kNow.ms + kAccessTokenMs + kTokenSkewMs});
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, ErrorCode::TokenExpired);
}

TEST(Tokens, aTokenFromTheFutureIsRefusedBeyondTheSkew)
{
    const Tokens tokens(secretOf(7));
    const std::string token = tokens.issue(UserId("u"), SessionId("s"), DeviceId("d"), kNow);
    EXPECT_TRUE(tokens.verify(token, {kNow.ms - kTokenSkewMs}));
    const auto early = tokens.verify(token, {kNow.ms - kTokenSkewMs - 1000});
    ASSERT_FALSE(early);
    EXPECT_EQ(early.error().code, ErrorCode::TokenExpired) << "a new one helps, a sign-in does not";
}

TEST(Tokens, eachOfTheTwoStartsBeyondTheSkewIsEnoughForARefusal)
{
    const Tokens tokens(secretOf(7));
    // 61 s after kNow.
    for (const char* claim : {R"("iat":1800000000)", R"("nbf":1800000000)"}) {
        const std::string later = std::string(claim, 6) + "1800000061";
        const auto claims =
            tokens.verify(signedToken(kHeader, replaced(kPayload, claim, later)), kNow);
        ASSERT_FALSE(claims) << claim;
        EXPECT_EQ(claims.error().code, ErrorCode::TokenExpired) << claim;
        EXPECT_EQ(claims.error().detail, "from the future") << claim;
    }
}

struct BadToken {
    const char* why;
    std::string token;
};

std::vector<BadToken> badTokens()
{
    const std::string good = signedToken(kHeader, kPayload);
    std::string flipped = good;
    flipped[good.rfind('.') + 3] = flipped[good.rfind('.') + 3] == 'A' ? 'B' : 'A';
    return {
        {"empty", ""},
        {"garbage", "not a token"},
        {"two parts", "a.b"},
        {"four parts", good + ".x"},
        {"one bit of the signature changed", flipped},
        {"no signature", good.substr(0, good.rfind('.') + 1)},
        {"another key", signedToken(kHeader, kPayload, 8)},
        {"alg none", encode64(R"({"alg":"none","typ":"at+jwt"})") + '.' + encode64(kPayload) + '.'},
        {"alg none, signed", signedToken(R"({"alg":"none","typ":"at+jwt"})", kPayload)},
        {"alg HS512, signed", signedToken(R"({"alg":"HS512","typ":"at+jwt"})", kPayload)},
        {"alg RS256, signed", signedToken(R"({"alg":"RS256","typ":"at+jwt"})", kPayload)},
        {"wrong typ", signedToken(R"({"alg":"HS256","typ":"JWT"})", kPayload)},
        {"no typ", signedToken(R"({"alg":"HS256"})", kPayload)},
        {"jku",
         signedToken(R"({"alg":"HS256","typ":"at+jwt","jku":"https://example.org/k"})", kPayload)},
        {"jwk",
         signedToken(R"({"alg":"HS256","typ":"at+jwt","jwk":{"kty":"oct","k":"AA"}})", kPayload)},
        {"x5u",
         signedToken(R"({"alg":"HS256","typ":"at+jwt","x5u":"https://example.org/c"})", kPayload)},
        {"kid", signedToken(R"({"alg":"HS256","typ":"at+jwt","kid":"../../dev/null"})", kPayload)},
        {"wrong issuer",
         signedToken(kHeader, replaced(kPayload, R"("iss":"skein")", R"("iss":"other")"))},
        {"wrong audience", signedToken(kHeader, replaced(kPayload, "skein-client", "skein-admin"))},
        {"audience as a list",
         signedToken(kHeader, replaced(kPayload, R"("skein-client")", R"(["skein-client"])"))},
        {"no issuer", signedToken(kHeader, replaced(kPayload, R"("iss":"skein",)", ""))},
        {"no audience", signedToken(kHeader, replaced(kPayload, R"("aud":"skein-client",)", ""))},
        {"no subject", signedToken(kHeader, replaced(kPayload, R"("sub":"u",)", ""))},
        {"empty subject", signedToken(kHeader, replaced(kPayload, R"("sub":"u")", R"("sub":"")"))},
        {"no session", signedToken(kHeader, replaced(kPayload, R"("sid":"s",)", ""))},
        {"empty session", signedToken(kHeader, replaced(kPayload, R"("sid":"s")", R"("sid":"")"))},
        {"empty device", signedToken(kHeader, replaced(kPayload, R"("did":"d")", R"("did":"")"))},
        {"a signature that is too short",
         good.substr(0, good.rfind('.') + 1) + encode64(std::string(31, 'x'))},
        {"a header that is no base64url", signedParts("!!", encode64(kPayload))},
        {"a payload that is no base64url", signedParts(encode64(kHeader), "!!")},
        {"exp before 1970",
         signedToken(kHeader, replaced(kPayload, R"("exp":1800000900)", R"("exp":-1)"))},
        {"exp beyond what a number on the wire can be",
         signedToken(kHeader, replaced(kPayload, "1800000900", "9007199254741"))},
        {"no device", signedToken(kHeader, replaced(kPayload, R"("did":"d",)", ""))},
        {"no exp", signedToken(kHeader, replaced(kPayload, R"(,"exp":1800000900)", ""))},
        {"exp as text",
         signedToken(kHeader, replaced(kPayload, R"("exp":1800000900)", R"("exp":"1800000900")"))},
        {"exp as a fraction",
         signedToken(kHeader, replaced(kPayload, R"("exp":1800000900)", R"("exp":1.8e9)"))},
        {"exp that overflows",
         signedToken(kHeader, replaced(kPayload, "1800000900", "9223372036854775807"))},
        {"no nbf", signedToken(kHeader, replaced(kPayload, R"("nbf":1800000000,)", ""))},
        {"no iat", signedToken(kHeader, replaced(kPayload, R"("iat":1800000000,)", ""))},
        {"payload is a list", signedToken(kHeader, "[]")},
        {"payload is no JSON", signedToken(kHeader, "{")},
        {"payload too deep", signedToken(kHeader, R"({"a":[[[[[[1]]]]]]})")},
        {"padded", signedToken(kHeader, kPayload) + "="},
        {"too long", std::string(protocol::kTokenBytesMax + 1, 'a')},
    };
}

TEST(Tokens, everyBadTokenIsRefusedAsInvalid)
{
    const Tokens tokens(secretOf(7));
    for (const BadToken& bad : badTokens()) {
        const auto claims = tokens.verify(bad.token, kNow);
        ASSERT_FALSE(claims) << bad.why;
        EXPECT_EQ(claims.error().code, ErrorCode::TokenInvalid) << bad.why;
        EXPECT_TRUE(bad.token.empty() || claims.error().detail.find(bad.token) == std::string::npos)
            << bad.why;
    }
}

TEST(Tokens, everySingleChangedCharacterBreaksAToken)
{
    const Tokens tokens(secretOf(7));
    const std::string good = tokens.issue(UserId("u"), SessionId("s"), DeviceId("d"), kNow);
    for (std::size_t i = 0; i < good.size(); ++i) {
        std::string bad = good;
        bad[i] = bad[i] == 'x' ? 'y' : 'x';
        EXPECT_FALSE(tokens.verify(bad, kNow)) << i;
    }
}

class SecretFile : public ::testing::Test
{
protected:
    void SetUp() override
    {
        char name[] = "/tmp/skein-secret-XXXXXX";
        ASSERT_NE(mkdtemp(name), nullptr);
        m_dir = name;
    }
    void TearDown() override { std::filesystem::remove_all(m_dir); }
    [[nodiscard]] std::string path() const { return m_dir + "/secret"; }

    std::string m_dir;
    SystemRandom m_random;
};

TEST_F(SecretFile, isMadeOnceForTheOwnerOnlyAndReadAgain)
{
    const auto first = loadOrMakeSecret(path(), m_random);
    ASSERT_TRUE(first) << toString(first.error());
    struct stat info {
    };
    ASSERT_EQ(::stat(path().c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0600U);
    EXPECT_EQ(info.st_size, static_cast<off_t>(kTokenSecretBytes));
    const auto second = loadOrMakeSecret(path(), m_random);
    ASSERT_TRUE(second);
    EXPECT_EQ(*first, *second);
    EXPECT_NE(*first, Tokens::Secret{});
}

TEST_F(SecretFile, ofAnotherSizeIsAnErrorAndNotReplaced)
{
    std::ofstream(path()) << "short";
    const auto secret = loadOrMakeSecret(path(), m_random);
    ASSERT_FALSE(secret);
    EXPECT_EQ(secret.error().code, ErrorCode::StorageFailed);
    EXPECT_EQ(std::filesystem::file_size(path()), 5U);
}

TEST_F(SecretFile, inADirectoryThatIsNotThereIsAnError)
{
    const auto secret = loadOrMakeSecret(m_dir + "/none/secret", m_random);
    ASSERT_FALSE(secret);
    EXPECT_EQ(secret.error().code, ErrorCode::StorageFailed);
}

TEST_F(SecretFile, underAFileInsteadOfADirectoryIsAnErrorAndNothingIsMade)
{
    std::ofstream(path()) << "a file";
    const auto secret = loadOrMakeSecret(path() + "/secret", m_random);
    ASSERT_FALSE(secret);
    EXPECT_EQ(secret.error().code, ErrorCode::StorageFailed);
    EXPECT_NE(secret.error().detail.find("cannot read"), std::string::npos);
}

TEST_F(SecretFile, onAFullDiskSaysSoAndLeavesNothing)
{
    // What is written aside goes to a device that is always full.
    std::filesystem::create_symlink("/dev/full", path() + ".new");
    const auto secret = loadOrMakeSecret(path(), m_random);
    ASSERT_FALSE(secret);
    EXPECT_EQ(secret.error().code, ErrorCode::StorageFull);
    EXPECT_TRUE(std::filesystem::is_empty(m_dir));
    EXPECT_TRUE(loadOrMakeSecret(path(), m_random)) << "the next start makes it";
}

TEST_F(SecretFile, thatCannotBeSyncedIsNotTakenForWritten)
{
    std::filesystem::create_symlink("/dev/null", path() + ".new"); // takes bytes, knows no fsync
    const auto secret = loadOrMakeSecret(path(), m_random);
    ASSERT_FALSE(secret);
    EXPECT_EQ(secret.error().code, ErrorCode::StorageFailed);
    EXPECT_TRUE(std::filesystem::is_empty(m_dir));
}

// Something else takes the place between the look and the renaming.
class Rival final : public Random
{
public:
    explicit Rival(std::string at)
        : m_at(std::move(at))
    {
    }
    [[nodiscard]] std::uint64_t next() override
    {
        std::filesystem::create_directories(m_at);
        return 1;
    }

private:
    std::string m_at;
};

TEST_F(SecretFile, whosePlaceIsTakenMeanwhileIsAnErrorAndLeavesNothingAside)
{
    Rival rival(path());
    const auto secret = loadOrMakeSecret(path(), rival);
    ASSERT_FALSE(secret);
    EXPECT_EQ(secret.error().code, ErrorCode::StorageFailed);
    EXPECT_FALSE(std::filesystem::exists(path() + ".new"));
}

TEST(RefreshTokens, areUniqueAndStoredAsAHashOnly)
{
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i)
        EXPECT_TRUE(seen.insert(makeRefreshToken()).second);
    const std::string& token = *seen.begin();
    EXPECT_EQ(token.size(), 43U);
    EXPECT_EQ(refreshTokenHash(token).size(), 64U);
    EXPECT_EQ(refreshTokenHash(token), refreshTokenHash(token));
    EXPECT_NE(refreshTokenHash(token), refreshTokenHash(token + "x"));
    // SHA-256 of "abc", FIPS 180-4 example.
    EXPECT_EQ(refreshTokenHash("abc"),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

} // namespace
