#include "server/service/tokens.h"

#include "protocol/limits.h"

#include <boost/json.hpp>
#include <sodium.h>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace skein::server
{
namespace
{

namespace json = boost::json;

constexpr std::string_view kIssuer = "skein";
constexpr std::string_view kAudience = "skein-client";
// {"alg":"HS256","typ":"at+jwt"}
constexpr std::string_view kHeader = R"({"alg":"HS256","typ":"at+jwt"})";

std::string base64url(std::string_view bytes)
{
    std::string text(
        sodium_base64_encoded_len(bytes.size(), sodium_base64_VARIANT_URLSAFE_NO_PADDING), '\0');
    sodium_bin2base64(text.data(), text.size(),
                      reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    text.pop_back(); // the terminating zero
    return text;
}

// Canonical only: what decodes must encode to the same text again, so that a token has one
// spelling.
bool fromBase64url(std::string_view text, std::string& out)
{
    out.assign(text.size(), '\0');
    std::size_t size = 0;
    if (sodium_base642bin(reinterpret_cast<unsigned char*>(out.data()), out.size(), text.data(),
                          text.size(), nullptr, &size, nullptr,
                          sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0)
        return false;
    out.resize(size);
    return base64url(out) == text;
}

std::string sign(const Tokens::Secret& secret, std::string_view text)
{
    std::array<unsigned char, crypto_auth_hmacsha256_BYTES> mac{};
    crypto_auth_hmacsha256(mac.data(), reinterpret_cast<const unsigned char*>(text.data()),
                           text.size(), secret.data());
    return std::string(reinterpret_cast<const char*>(mac.data()), mac.size());
}

const json::string* stringAt(const json::object& object, std::string_view key)
{
    const json::value* value = object.if_contains(key);
    return value ? value->if_string() : nullptr;
}

// Seconds since 1970 as an integer; a fraction or a string is refused.
const std::int64_t* secondsAt(const json::object& object, std::string_view key)
{
    const json::value* value = object.if_contains(key);
    const std::int64_t* seconds = value ? value->if_int64() : nullptr;
    return seconds && *seconds >= 0 && *seconds <= protocol::kIntegerMax / 1000 ? seconds : nullptr;
}

tl::unexpected<Error> invalid(const char* why)
{
    return fail(ErrorCode::TokenInvalid, why);
}

Result<json::object> parseObject(std::string_view text)
{
    json::parse_options options;
    options.max_depth = 4;
    json::error_code error;
    json::value value =
        json::parse(json::string_view(text.data(), text.size()), error, {}, options);
    if (error || !value.is_object())
        return invalid("not a JSON object");
    return std::move(value.as_object());
}

} // namespace

std::string Tokens::issue(const UserId& user, const SessionId& session, const DeviceId& device,
                          WallTime now, std::int64_t lifetimeMs) const
{
    const std::int64_t seconds = now.ms / 1000;
    json::object claims;
    claims["iss"] = kIssuer;
    claims["aud"] = kAudience;
    claims["sub"] = user.str();
    claims["sid"] = session.str();
    claims["did"] = device.str();
    claims["iat"] = seconds;
    claims["nbf"] = seconds;
    claims["exp"] = (now.ms + lifetimeMs) / 1000;
    std::string text = base64url(kHeader) + '.' + base64url(json::serialize(claims));
    return text + '.' + base64url(sign(m_secret, text));
}

Result<TokenClaims> Tokens::verify(std::string_view token, WallTime now) const
{
    if (token.size() > protocol::kTokenBytesMax)
        return invalid("too long");
    const std::size_t first = token.find('.');
    const std::size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
    if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos)
        return invalid("not three parts");

    std::string signature;
    if (!fromBase64url(token.substr(second + 1), signature))
        return invalid("signature is not base64url");
    const std::string expected = sign(m_secret, token.substr(0, second));
    if (signature.size() != expected.size() ||
        sodium_memcmp(signature.data(), expected.data(), expected.size()) != 0)
        return invalid("signature");

    // The header is one that we write, byte for byte. Parsing it would only open a choice.
    std::string header;
    if (!fromBase64url(token.substr(0, first), header) || header != kHeader)
        return invalid("header");
    std::string payload;
    if (!fromBase64url(token.substr(first + 1, second - first - 1), payload))
        return invalid("payload is not base64url");
    const auto claims = parseObject(payload);
    if (!claims)
        return fail(claims.error());

    const json::string* issuer = stringAt(*claims, "iss");
    const json::string* audience = stringAt(*claims, "aud");
    if (!issuer || std::string_view(*issuer) != kIssuer)
        return invalid("iss");
    if (!audience || std::string_view(*audience) != kAudience)
        return invalid("aud");
    const json::string* user = stringAt(*claims, "sub");
    const json::string* session = stringAt(*claims, "sid");
    const json::string* device = stringAt(*claims, "did");
    if (!user || user->empty() || !session || session->empty() || !device || device->empty())
        return invalid("sub, sid or did");
    const std::int64_t* issued = secondsAt(*claims, "iat");
    const std::int64_t* notBefore = secondsAt(*claims, "nbf");
    const std::int64_t* expires = secondsAt(*claims, "exp");
    if (!issued || !notBefore || !expires)
        return invalid("iat, nbf or exp");
    if (*notBefore * 1000 > now.ms + kTokenSkewMs || *issued * 1000 > now.ms + kTokenSkewMs)
        // Rightly signed: the clock was set back since. A new one helps, a sign-in is not needed.
        return fail(ErrorCode::TokenExpired, "from the future");
    if (*expires * 1000 + kTokenSkewMs <= now.ms)
        return fail(ErrorCode::TokenExpired);
    return TokenClaims{UserId(std::string(*user)), SessionId(std::string(*session)),
                       DeviceId(std::string(*device)), *expires * 1000};
}

Result<Tokens::Secret> loadOrMakeSecret(const std::string& path, Random& random)
{
    Tokens::Secret secret{};
    const int existing = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (existing >= 0) {
        std::array<unsigned char, kTokenSecretBytes + 1> bytes{};
        const ssize_t n = ::read(existing, bytes.data(), bytes.size());
        ::close(existing);
        if (n != static_cast<ssize_t>(kTokenSecretBytes))
            return fail(ErrorCode::StorageFailed, "the token secret has the wrong size: " + path);
        std::copy_n(bytes.begin(), secret.size(), secret.begin());
        return secret;
    }
    if (errno != ENOENT)
        return fail(ErrorCode::StorageFailed, "cannot read the token secret: " + path);

    for (std::size_t i = 0; i < secret.size(); i += 8) {
        const std::uint64_t bits = random.next();
        for (std::size_t k = 0; k < 8; ++k)
            secret[i + k] = static_cast<unsigned char>(bits >> (8 * k));
    }
    // Written aside, synced and renamed: a crash leaves either no secret or a whole one.
    const std::string partial = path + ".new";
    const int fd = ::open(partial.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return fail(ErrorCode::StorageFailed, "cannot write the token secret: " + partial);
    const bool written =
        ::write(fd, secret.data(), secret.size()) == static_cast<ssize_t>(secret.size()) &&
        ::fsync(fd) == 0;
    const int writeError = errno;
    ::close(fd);
    if (!written || ::rename(partial.c_str(), path.c_str()) != 0) {
        ::unlink(partial.c_str());
        return fail(!written && writeError == ENOSPC ? ErrorCode::StorageFull
                                                     : ErrorCode::StorageFailed,
                    "cannot write the token secret: " + path);
    }
    return secret;
}

std::string makeRefreshToken()
{
    std::string bytes(32, '\0');
    randombytes_buf(bytes.data(), bytes.size());
    return base64url(bytes);
}

std::string refreshTokenHash(std::string_view token)
{
    std::array<unsigned char, crypto_hash_sha256_BYTES> hash{};
    crypto_hash_sha256(hash.data(), reinterpret_cast<const unsigned char*>(token.data()),
                       token.size());
    std::string hex(hash.size() * 2 + 1, '\0');
    sodium_bin2hex(hex.data(), hex.size(), hash.data(), hash.size());
    hex.pop_back();
    return hex;
}

} // namespace skein::server
