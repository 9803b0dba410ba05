// The signature against the example of the standard and against a second way to compute it; and
// the address and Retry-After by tables.
#include "server/net/webhook.h"

#include <gtest/gtest.h>
#include <sodium.h>

#include <array>

namespace skein::server
{
namespace
{

std::string encoded(std::string_view bytes)
{
    std::string text(sodium_base64_encoded_len(bytes.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
    sodium_bin2base64(text.data(), text.size(),
                      reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
                      sodium_base64_VARIANT_ORIGINAL);
    text.pop_back();
    return text;
}

/// HMAC by its definition (RFC 2104) over SHA-256 alone.
std::string hmacByHand(std::string key, const std::string& text)
{
    constexpr std::size_t kBlock = 64;
    const auto hash = [](const std::string& input) {
        std::array<unsigned char, crypto_hash_sha256_BYTES> out{};
        crypto_hash_sha256(out.data(), reinterpret_cast<const unsigned char*>(input.data()),
                           input.size());
        return std::string(out.begin(), out.end());
    };
    key.resize(kBlock, '\0');
    std::string inner, outer;
    for (const char c : key) {
        inner += static_cast<char>(c ^ 0x36);
        outer += static_cast<char>(c ^ 0x5c);
    }
    return hash(outer + hash(inner + text));
}

} // namespace

TEST(Webhook, theExampleOfTheStandardComesOut)
{
    const auto secrets = parseWebhookSecrets("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    ASSERT_TRUE(secrets);
    EXPECT_EQ(webhookSignature(*secrets, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1'614'265'330,
                               "{\"test\": 2432232314}"),
              "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST(Webhook, eachSecretSignsAndEveryByteCounts)
{
    const std::string one(24, 'a'), two(64, '\xff');
    const auto secrets = parseWebhookSecrets("whsec_" + encoded(one) + "\n " + encoded(two) + "\n");
    ASSERT_TRUE(secrets);
    EXPECT_EQ(*secrets, (std::vector<std::string>{one, two}));
    const std::string text = "id.7.body";
    const std::string wanted =
        "v1," + encoded(hmacByHand(one, text)) + " v1," + encoded(hmacByHand(two, text));
    EXPECT_EQ(webhookSignature(*secrets, "id", 7, "body"), wanted);
    EXPECT_NE(webhookSignature(*secrets, "ie", 7, "body"), wanted);
    EXPECT_NE(webhookSignature(*secrets, "id", 8, "body"), wanted);
    EXPECT_NE(webhookSignature(*secrets, "id", 7, "bodz"), wanted);
}

TEST(Webhook, badSecretsAreRefusedAndNotRepeated)
{
    const std::string good = "whsec_" + encoded(std::string(32, 'k'));
    const std::vector<std::string> rows = {
        "",
        " \n,",
        "whsec_",
        "whsec_not base64",
        "whsec_****************************",
        "whsec_" + encoded(std::string(23, 'k')),
        "whsec_" + encoded(std::string(65, 'k')),
        good + ' ' + good + ' ' + good,
    };
    for (const std::string& row : rows) {
        const auto secrets = parseWebhookSecrets(row);
        ASSERT_FALSE(secrets) << row;
        EXPECT_EQ(secrets.error().code, ErrorCode::InvalidArgument);
        if (row.size() > 10) {
            EXPECT_EQ(secrets.error().detail.find(row.substr(6, 12)), std::string::npos) << row;
        }
    }
}

TEST(Webhook, addressesAreReadStrictly)
{
    const auto url = parseWebhookUrl("https://push.example/hook?k=1");
    ASSERT_TRUE(url);
    EXPECT_TRUE(url->tls);
    EXPECT_EQ(url->host, "push.example");
    EXPECT_EQ(url->port, "443");
    EXPECT_EQ(url->target, "/hook?k=1");
    EXPECT_EQ(url->hostHeader, "push.example");
    const auto v6 = parseWebhookUrl("http://[::1]:8080");
    ASSERT_TRUE(v6);
    EXPECT_FALSE(v6->tls);
    EXPECT_EQ(v6->host, "::1");
    EXPECT_EQ(v6->port, "8080");
    EXPECT_EQ(v6->target, "/");
    EXPECT_EQ(v6->hostHeader, "[::1]:8080");
    EXPECT_EQ(parseWebhookUrl("http://h?q")->target, "/?q");
    for (const char* const bad :
         {"", "push.example", "ftp://h/", "https://", "https:///x", "https://u:p@h/",
          "https://h:0/", "https://h:65536/", "https://h:/", "https://h:8x/", "https://[::1/",
          "https://[::1]8/", "https://h/#x", "https://h/a b", "https://h/\r\nX: y",
          "https://h/\xc3"}) {
        const auto refused = parseWebhookUrl(bad);
        ASSERT_FALSE(refused) << bad;
        EXPECT_EQ(refused.error().code, ErrorCode::InvalidArgument) << bad;
    }
    EXPECT_FALSE(parseWebhookUrl("https://h/" + std::string(kWebhookUrlBytesMax, 'x')));
}

TEST(Webhook, retryAfterIsSecondsOrADate)
{
    const WallTime now{1'445'412'480'000}; // Wed, 21 Oct 2015 07:28:00 GMT
    EXPECT_EQ(parseRetryAfter("120", now), Milliseconds(120'000));
    EXPECT_EQ(parseRetryAfter("0", now), Milliseconds(0));
    EXPECT_EQ(parseRetryAfter("-5", now), Milliseconds(0));
    EXPECT_EQ(parseRetryAfter("Wed, 21 Oct 2015 07:28:30 GMT", now), Milliseconds(30'000));
    EXPECT_EQ(parseRetryAfter("Wed, 21 Oct 2015 07:27:30 GMT", now), Milliseconds(0));
    for (const char* const bad : {"", "soon", "12x", "Wed, 21 Oct 2015", "99999999999999999999"})
        EXPECT_FALSE(parseRetryAfter(bad, now)) << bad;
    EXPECT_LE(parseRetryAfter("9000000000000000000", now)->count(), 1'000'000'000'000);
}

} // namespace skein::server
