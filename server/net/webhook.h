// Signed webhooks by the Standard Webhooks scheme (standardwebhooks.com), symmetric, version 1: the
// HMAC-SHA256 of `id.timestamp.body`, once for each secret, so that a secret can be changed without
// a gap. And what else of HTTP such a request needs read: its address, and Retry-After. Pure.
#pragma once

#include "core/clock.h"
#include "core/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace skein::server
{

inline constexpr std::size_t kWebhookSecretBytesMin = 24; ///< by the standard
inline constexpr std::size_t kWebhookSecretBytesMax = 64;
inline constexpr std::size_t kWebhookSecretsMax = 2; ///< the new one and the one before it
inline constexpr std::size_t kWebhookUrlBytesMax = 2'048;

/// Secrets as `whsec_` and Base64 (the prefix may be missing), separated by white space or commas;
/// the newest first. Errors: InvalidArgument, with a reason that does not repeat any of the text.
[[nodiscard]] Result<std::vector<std::string>> parseWebhookSecrets(std::string_view text);

/// Value of `webhook-signature`: `v1,BASE64`, one a secret, separated by spaces.
[[nodiscard]] std::string webhookSignature(const std::vector<std::string>& secrets,
                                           std::string_view id, std::int64_t timestampS,
                                           std::string_view body);

struct WebhookUrl {
    bool tls = true;
    std::string host; ///< without the brackets of an IPv6 address
    std::string port;
    std::string target;     ///< path and query; never logged, it may hold a token
    std::string hostHeader; ///< host as written, with the port where it is not the usual one
};
/// `https://host[:port]/path?query`, or `http://…`. Errors: InvalidArgument: another scheme, user
/// names in it, a fragment, spaces or control characters, too long, no host.
[[nodiscard]] Result<WebhookUrl> parseWebhookUrl(std::string_view url);

/// Retry-After in seconds or as a date of HTTP (IMF-fixdate); nullopt for anything else. Never
/// negative.
[[nodiscard]] std::optional<Milliseconds> parseRetryAfter(std::string_view value, WallTime now);

} // namespace skein::server
