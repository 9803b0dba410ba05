// Access tokens: no text but the one that was issued is taken; and claims of any form, rightly
// signed, are read without harm. Input: one byte of what to do, then the text.
#include "protocol/limits.h"
#include "server/service/tokens.h"

#include <sodium.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace
{

using namespace skein;
using namespace skein::server;

constexpr WallTime kNow{1'700'000'000'000};

void require(bool claim, const char* what)
{
    if (claim)
        return;
    std::fprintf(stderr, "fuzz_tokens: %s\n", what);
    std::abort();
}

std::string base64url(std::string_view bytes)
{
    std::string text(
        sodium_base64_encoded_len(bytes.size(), sodium_base64_VARIANT_URLSAFE_NO_PADDING), '\0');
    sodium_bin2base64(text.data(), text.size(),
                      reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    text.pop_back();
    return text;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size < 1)
        return 0;
    static const Tokens::Secret secret = [] {
        require(sodium_init() >= 0, "no libsodium");
        Tokens::Secret bytes{};
        bytes.fill(7);
        return bytes;
    }();
    static const Tokens tokens(secret);
    static const std::string issued =
        tokens.issue(UserId("u_1"), SessionId("s_1"), DeviceId("d_1"), kNow);
    const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
    std::string token = text;
    if (data[0] % 3 == 1) { // the real one, spoilt in one place
        token = issued;
        if (text.size() >= 2)
            token[static_cast<unsigned char>(text[0]) * 256u % token.size()] = text[1];
    } else if (data[0] % 3 == 2) { // any claims, signed with the right key
        const std::string head = issued.substr(0, issued.find('.') + 1) + base64url(text);
        std::array<unsigned char, crypto_auth_hmacsha256_BYTES> mac{};
        crypto_auth_hmacsha256(mac.data(), reinterpret_cast<const unsigned char*>(head.data()),
                               head.size(), secret.data());
        token = head + '.' + base64url({reinterpret_cast<const char*>(mac.data()), mac.size()});
    }
    const auto claims = tokens.verify(token, kNow);
    if (!claims) {
        const ErrorCode code = claims.error().code;
        require(code == ErrorCode::TokenInvalid || code == ErrorCode::TokenExpired,
                "the error is one of two");
        require(token.size() < 64 || claims.error().detail.find(token) == std::string::npos,
                "the token stands in the error");
        return 0;
    }
    require(data[0] % 3 == 2 || token == issued, "a token that was not issued is taken");
    require(!claims->user.empty() && !claims->session.empty() && !claims->device.empty(),
            "a token of nobody is taken");
    require(claims->expiresAt > kNow.ms - kTokenSkewMs, "an expired token is taken");
    return 0;
}
