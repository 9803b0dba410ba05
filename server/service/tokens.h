// Access tokens: JSON Web Tokens (RFC 7519) signed with HMAC-SHA-256 and nothing else.
//
// Strict by RFC 8725: the header must be the one that we write, byte for byte, so there is one
// algorithm and `none`, jku, x5u, jwk and kid are not even read; iss, aud, exp, nbf, iat, sub, sid
// and did must be there and right; anything that is not canonical base64url is refused; the
// signature is compared in constant time before a claim is read. Clock skew of at most kTokenSkewMs
// is tolerated. Thread: any; immutable.
#pragma once

#include "core/clock.h"
#include "core/ids.h"
#include "core/random.h"
#include "core/result.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace skein::server
{

inline constexpr std::int64_t kAccessTokenMs = 15 * 60 * 1000;
inline constexpr std::int64_t kRefreshTokenMs = std::int64_t{60} * 24 * 3600 * 1000;
/// How long a refresh token that was used is taken once more while nobody used its successor: the
/// answer with it may have been lost (docs/adr/0013-refresh-overlap.md). 0 = never.
inline constexpr std::int64_t kRefreshOverlapMs = 60'000;
inline constexpr std::int64_t kTokenSkewMs = 60'000;
inline constexpr std::size_t kTokenSecretBytes = 32;

struct TokenClaims {
    UserId user;
    SessionId session;
    DeviceId device;
    std::int64_t expiresAt = 0; ///< ms since 1970 UTC, whole seconds
    friend bool operator==(const TokenClaims&, const TokenClaims&) = default;
};

class Tokens
{
public:
    using Secret = std::array<unsigned char, kTokenSecretBytes>;
    explicit Tokens(const Secret& secret)
        : m_secret(secret)
    {
    }

    /// A token that holds for `lifetimeMs` from `now`.
    [[nodiscard]] std::string issue(const UserId& user, const SessionId& session,
                                    const DeviceId& device, WallTime now,
                                    std::int64_t lifetimeMs = kAccessTokenMs) const;
    /// Errors: TokenExpired (right but too old, or "from the future": the server's clock was set
    /// back; a new one holds), TokenInvalid (anything else; `detail` says which check, never the
    /// token).
    [[nodiscard]] Result<TokenClaims> verify(std::string_view token, WallTime now) const;

private:
    Secret m_secret;
};

/// Reads the secret from `path`, or makes it (mode 0600) when there is no such file. Errors:
/// StorageFailed (cannot be read, written or has another size), StorageFull.
[[nodiscard]] Result<Tokens::Secret> loadOrMakeSecret(const std::string& path, Random& random);

/// An opaque refresh token: 32 bytes from the kernel as base64url, and what is stored of it.
[[nodiscard]] std::string makeRefreshToken();
/// SHA-256 in hex. The token has 256 random bits, so a plain hash is enough.
[[nodiscard]] std::string refreshTokenHash(std::string_view token);

} // namespace skein::server
