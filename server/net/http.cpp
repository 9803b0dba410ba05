#include "server/net/http.h"

#include "protocol/limits.h"

#include <algorithm>
#include <cctype>

#include <boost/json.hpp>

namespace skein::server
{
namespace
{

bool equalFolded(std::string_view a, std::string_view b)
{
    return a.size() == b.size() &&
           std::equal(a.begin(), a.end(), b.begin(), [](unsigned char x, unsigned char y) {
               return std::tolower(x) == std::tolower(y);
           });
}

std::string_view trimmed(std::string_view text)
{
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
        text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
        text.remove_suffix(1);
    return text;
}

} // namespace

unsigned httpStatusFor(ErrorCode code) noexcept
{
    switch (code) {
    case ErrorCode::BadFrame:
    case ErrorCode::BadField:
    case ErrorCode::UnknownType:
    case ErrorCode::OutOfOrder:
    case ErrorCode::UnsupportedVersion:
    case ErrorCode::BodyTooLarge:
    case ErrorCode::InvalidArgument:
        return 400;
    case ErrorCode::Unauthenticated:
    case ErrorCode::TokenExpired:
    case ErrorCode::TokenInvalid:
    case ErrorCode::DeviceRevoked:
        return 401;
    case ErrorCode::Forbidden:
    case ErrorCode::Banned:
        return 403;
    case ErrorCode::NotFound:
        return 404;
    case ErrorCode::Timeout:
        return 408;
    case ErrorCode::Conflict:
        return 409;
    case ErrorCode::FrameTooLarge:
        return 413;
    case ErrorCode::RateLimited:
    case ErrorCode::TooManyConnections:
        return 429;
    case ErrorCode::ServerBusy:
    case ErrorCode::ShuttingDown:
        return 503;
    case ErrorCode::StorageFull:
        return 507;
    default:
        return 500;
    }
}

HttpReply errorReply(unsigned status, const Error& error)
{
    boost::json::object inner{{"code", wireName(error.code)}, {"detail", error.detail}};
    HttpReply reply;
    reply.status = status;
    if (error.retryAfter) {
        inner["retry_after_ms"] = error.retryAfter->count();
        reply.retryAfterMs = error.retryAfter->count();
    }
    reply.body = boost::json::serialize(boost::json::object{{"error", std::move(inner)}});
    return reply;
}

HttpReply errorReply(const Error& error)
{
    return errorReply(httpStatusFor(error.code), error);
}

std::string_view bearerToken(std::string_view authorization) noexcept
{
    constexpr std::string_view kScheme = "bearer";
    if (authorization.size() <= kScheme.size() ||
        !equalFolded(authorization.substr(0, kScheme.size()), kScheme) ||
        authorization[kScheme.size()] != ' ')
        return {};
    const std::string_view token = trimmed(authorization.substr(kScheme.size()));
    return token.size() <= protocol::kTokenBytesMax ? token : std::string_view();
}

bool headerListContains(std::string_view list, std::string_view token, bool fold)
{
    while (!list.empty()) {
        const std::size_t comma = list.find(',');
        const std::string_view item = trimmed(list.substr(0, comma));
        if (fold ? equalFolded(item, token) : item == token)
            return true;
        if (comma == std::string_view::npos)
            break;
        list.remove_prefix(comma + 1);
    }
    return false;
}

} // namespace skein::server
