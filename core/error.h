// The closed set of error codes and the Error value that every fallible function returns.
//
// One enum for the wire, the SDK, the diagnostics page and the server's logs: a code that a peer
// sends is the code that the user's text is chosen by. tests/unit/core/tst_error.cpp checks that
// each has a wire name, a user text and a rule.
#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace skein
{

enum class ErrorCode {
    // What a peer sent.
    BadFrame,           // not JSON, not an object, duplicate key, lone surrogate, too deep
    FrameTooLarge,      // over the frame limit
    UnknownType,        // a frame type that this side does not know; the connection stays
    BadField,           // a field is missing, of the wrong type or out of range; `detail` names it
    OutOfOrder,         // a frame that is not allowed in this state (before hello, second hello)
    UnsupportedVersion, // no protocol version in common
    // Who the peer is.
    Unauthenticated, // no token, wrong password
    TokenExpired,
    TokenInvalid,
    Forbidden, // a member, but the role does not allow it
    NotFound,  // no such thing, or a stranger asks: the two are not told apart
    Conflict,  // the name is taken, `if_rev` does not match
    DeviceRevoked,
    Banned,
    // How much.
    RateLimited,
    TooManyConnections,
    BodyTooLarge,
    SlowConsumer,
    ServerBusy,
    // In which order.
    DependencyFailed, // the parent in the outbox is neither committed nor ahead on this socket
    StateLost,        // the server no longer knows this session or epoch
    // Storage on either side.
    StorageFull,
    StorageFailed,
    StorageCorrupt,
    StorageVersion, // the file was written by a newer version
    StorageLocked,  // another process uses this directory
    // Network and host.
    Offline,
    Transport,
    Timeout,
    ShuttingDown,
    PortInUse,
    KeychainUnavailable,
    // Own side.
    Cancelled,
    InvalidArgument,
    Internal,
};

/// Number of codes; the tables in error.cpp are checked against it at compile time.
inline constexpr std::size_t kErrorCodeCount = static_cast<std::size_t>(ErrorCode::Internal) + 1;

/// What the holder of a failed operation does by itself.
enum class ErrorRule {
    Retry,  ///< try again after a back-off, without asking
    Ask,    ///< keep it, show it, let the user decide
    GiveUp, ///< final: trying again cannot help
};

struct Error {
    ErrorCode code = ErrorCode::Internal;
    std::string
        detail; ///< English, for logs and developers; never holds a body, a token or a password
    bool retryable = false;
    std::optional<std::chrono::milliseconds> retryAfter;

    friend bool operator==(const Error&, const Error&) = default;
};

/// Name on the wire, snake_case, stable for ever: `not_found`.
[[nodiscard]] std::string_view wireName(ErrorCode code) noexcept;
/// Inverse of wireName(); nullopt for a name that this version does not know.
[[nodiscard]] std::optional<ErrorCode> errorCodeFromWire(std::string_view name) noexcept;
/// One English sentence for a person, the source string of translations. Never empty.
[[nodiscard]] std::string_view userText(ErrorCode code) noexcept;
/// What to do about it when the peer said nothing more.
[[nodiscard]] ErrorRule ruleFor(ErrorCode code) noexcept;
/// All codes, in enum order.
[[nodiscard]] const std::array<ErrorCode, kErrorCodeCount>& allErrorCodes() noexcept;

/// An Error whose `retryable` follows ruleFor(code).
[[nodiscard]] Error makeError(ErrorCode code, std::string detail = {});
/// `code: detail`, for logs.
[[nodiscard]] std::string toString(const Error& error);

} // namespace skein
