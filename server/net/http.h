// The HTTP surface without sockets: what a request is to the API, what a reply is, and how errors
// look.
#pragma once

#include "core/error.h"
#include "core/result.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace skein::server
{

inline constexpr std::size_t kHttpBodyBytesMax = 64 * 1024;
inline constexpr std::size_t kHttpHeaderBytesMax = 8 * 1024;
/// Of what has been read and not yet parsed: the head of one request, of one chunk, or a trailer.
/// The parser's own limits say nothing about the last two, and without this bound they grow for as
/// long as the peer goes on.
inline constexpr std::size_t kHttpUnparsedBytesMax = 16 * 1024;

struct HttpRequest {
    std::string method; ///< upper case
    std::string path;   ///< target without the query
    std::string body;
    std::string bearer;  ///< of the Authorization header; empty = none
    std::string address; ///< textual IP of the peer
    bool loopback = false;
    std::string query; ///< what stands behind the question mark
    // Of the frames over HTTP (httpsessions.h); empty = no such header.
    std::string session, batch, ack;
};

struct HttpReply {
    unsigned status = 200;
    std::string body;
    std::string contentType = "application/json";
    std::string allow;                                        ///< of a 405
    std::vector<std::pair<std::string, std::string>> headers; ///< besides the usual ones
    std::int64_t retryAfterMs =
        0; ///< of a 429 or 503; sent as Retry-After in whole seconds, rounded up
};

/// Called exactly once, on the I/O thread, perhaps before the call that took it returns.
using HttpDone = std::function<void(HttpReply)>;

/// HTTP status for an error code: 401, 403, 404, 409, 413, 429, 503 …
[[nodiscard]] unsigned httpStatusFor(ErrorCode code) noexcept;
/// `{"error": {"code", "detail", "retry_after_ms"?}}` with the status of its code.
[[nodiscard]] HttpReply errorReply(const Error& error);
/// The same with a status that does not follow from the code (404 for a path, 405, 431).
[[nodiscard]] HttpReply errorReply(unsigned status, const Error& error);

/// The token of an `Authorization: Bearer …` value; empty when it is of another scheme or longer
/// than protocol::kTokenBytesMax.
[[nodiscard]] std::string_view bearerToken(std::string_view authorization) noexcept;

/// True when `list` (a comma-separated header value) contains `token`, without regard to case if
/// `fold`.
[[nodiscard]] bool headerListContains(std::string_view list, std::string_view token, bool fold);

} // namespace skein::server
