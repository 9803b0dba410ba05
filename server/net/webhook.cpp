#include "server/net/webhook.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>

namespace skein::server
{
namespace
{

constexpr std::string_view kSecretPrefix = "whsec_";
constexpr std::string_view kBetweenSecrets = " \t\r\n,";
constexpr std::int64_t kRetryAfterSecondsMax = 1'000'000'000;

std::string base64(const unsigned char* bytes, std::size_t size)
{
    std::string text(sodium_base64_encoded_len(size, sodium_base64_VARIANT_ORIGINAL), '\0');
    sodium_bin2base64(text.data(), text.size(), bytes, size, sodium_base64_VARIANT_ORIGINAL);
    text.pop_back(); // the terminating zero
    return text;
}

bool isPort(std::string_view text)
{
    unsigned port = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), port);
    return code == std::errc() && end == text.data() + text.size() && port > 0 && port <= 65'535;
}

} // namespace

Result<std::vector<std::string>> parseWebhookSecrets(std::string_view text)
{
    std::vector<std::string> secrets;
    while (true) {
        const std::size_t begin = text.find_first_not_of(kBetweenSecrets);
        if (begin == std::string_view::npos)
            break;
        text.remove_prefix(begin);
        std::string_view one = text.substr(0, text.find_first_of(kBetweenSecrets));
        text.remove_prefix(one.size());
        if (one.starts_with(kSecretPrefix))
            one.remove_prefix(kSecretPrefix.size());
        std::array<unsigned char, kWebhookSecretBytesMax> bytes{};
        std::size_t size = 0;
        if (sodium_base642bin(bytes.data(), bytes.size(), one.data(), one.size(), nullptr, &size,
                              nullptr, sodium_base64_VARIANT_ORIGINAL) != 0 ||
            size < kWebhookSecretBytesMin)
            return fail(ErrorCode::InvalidArgument,
                        "a push secret is whsec_ and Base64 of 24 to 64 bytes");
        secrets.emplace_back(reinterpret_cast<const char*>(bytes.data()), size);
        sodium_memzero(bytes.data(), bytes.size());
    }
    if (secrets.empty())
        return fail(ErrorCode::InvalidArgument, "there is no push secret");
    if (secrets.size() > kWebhookSecretsMax)
        return fail(ErrorCode::InvalidArgument, "more than two push secrets");
    return secrets;
}

std::string webhookSignature(const std::vector<std::string>& secrets, std::string_view id,
                             std::int64_t timestampS, std::string_view body)
{
    const std::string head = std::string(id) + '.' + std::to_string(timestampS) + '.';
    const auto bytes = [](std::string_view text) {
        return reinterpret_cast<const unsigned char*>(text.data());
    };
    std::string signature;
    for (const std::string& secret : secrets) {
        crypto_auth_hmacsha256_state state;
        crypto_auth_hmacsha256_init(&state, bytes(secret), secret.size());
        crypto_auth_hmacsha256_update(&state, bytes(head), head.size());
        crypto_auth_hmacsha256_update(&state, bytes(body), body.size());
        std::array<unsigned char, crypto_auth_hmacsha256_BYTES> mac{};
        crypto_auth_hmacsha256_final(&state, mac.data());
        sodium_memzero(&state, sizeof state);
        if (!signature.empty())
            signature += ' ';
        signature += "v1," + base64(mac.data(), mac.size());
    }
    return signature;
}

Result<WebhookUrl> parseWebhookUrl(std::string_view url)
{
    const auto bad = [](const char* why) {
        return fail(ErrorCode::InvalidArgument, std::string("push-url: ") + why);
    };
    WebhookUrl parsed;
    if (url.size() > kWebhookUrlBytesMax)
        return bad("it is too long");
    if (std::any_of(url.begin(), url.end(), [](char c) {
            return static_cast<unsigned char>(c) <= 0x20 || static_cast<unsigned char>(c) >= 0x7f;
        }))
        return bad("only printable ASCII, no spaces");
    if (url.find('#') != std::string_view::npos)
        return bad("no fragment");
    if (url.starts_with("https://")) {
        url.remove_prefix(8);
    } else if (url.starts_with("http://")) {
        url.remove_prefix(7);
        parsed.tls = false;
    } else {
        return bad("https://HOST/PATH is expected");
    }
    const std::size_t end = std::min(url.find_first_of("/?"), url.size());
    const std::string_view authority = url.substr(0, end);
    parsed.target = std::string(url.substr(end));
    if (!parsed.target.starts_with('/'))
        parsed.target.insert(0, 1, '/');
    if (authority.find('@') != std::string_view::npos)
        return bad("no user name or password in it: requests are signed");
    std::string_view host = authority, port;
    if (authority.starts_with('[')) {
        const std::size_t close = authority.find(']');
        if (close == std::string_view::npos)
            return bad("[ADDRESS] is expected");
        host = authority.substr(1, close - 1);
        port = authority.substr(close + 1);
    } else if (const std::size_t colon = authority.find(':'); colon != std::string_view::npos) {
        host = authority.substr(0, colon);
        port = authority.substr(colon);
    }
    if (host.empty())
        return bad("a host is expected");
    if (!port.empty() && (port.front() != ':' || !isPort(port.substr(1))))
        return bad("a port from 1 to 65535 is expected");
    parsed.host = std::string(host);
    parsed.hostHeader = std::string(authority);
    parsed.port = port.empty() ? (parsed.tls ? "443" : "80") : std::string(port.substr(1));
    return parsed;
}

std::optional<Milliseconds> parseRetryAfter(std::string_view value, WallTime now)
{
    std::int64_t seconds = 0;
    const auto [end, code] = std::from_chars(value.data(), value.data() + value.size(), seconds);
    if (code == std::errc() && end == value.data() + value.size())
        return Milliseconds(std::clamp<std::int64_t>(seconds, 0, kRetryAfterSecondsMax) * 1'000);
    std::tm parts{};
    const std::string text(value);
    const char* const stop = ::strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    if (!stop || *stop)
        return std::nullopt;
    const std::int64_t at = static_cast<std::int64_t>(::timegm(&parts)) * 1'000;
    return Milliseconds(std::clamp<std::int64_t>(at - now.ms, 0, kRetryAfterSecondsMax * 1'000));
}

} // namespace skein::server
