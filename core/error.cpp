#include "core/error.h"

namespace skein
{
namespace
{

struct Row {
    ErrorCode code;
    std::string_view wire;
    ErrorRule rule;
    std::string_view text;
};

using enum ErrorCode;
using enum ErrorRule;

constexpr std::array<Row, kErrorCodeCount> kRows{{
    {BadFrame, "bad_frame", GiveUp, "The message could not be understood."},
    {FrameTooLarge, "frame_too_large", GiveUp, "This is too large to send."},
    {UnknownType, "unknown_type", GiveUp, "The other side does not know this feature yet."},
    {BadField, "bad_field", GiveUp, "Part of this message is not valid."},
    {OutOfOrder, "out_of_order", GiveUp, "The connection lost step. It is being set up again."},
    {UnsupportedVersion, "unsupported_version", GiveUp,
     "This version is too old for the server. Please update."},
    {Unauthenticated, "unauthenticated", Ask, "Wrong name or password."},
    {TokenExpired, "token_expired", Retry, "The sign-in has expired and is being renewed."},
    {TokenInvalid, "token_invalid", Ask, "The sign-in is no longer valid. Please sign in again."},
    {Forbidden, "forbidden", GiveUp, "You are not allowed to do this here."},
    {NotFound, "not_found", GiveUp, "This does not exist, or you have no access to it."},
    {Conflict, "conflict", Ask, "Somebody else changed this first."},
    {DeviceRevoked, "device_revoked", GiveUp, "This device was signed out."},
    {Banned, "banned", GiveUp, "This account is blocked."},
    {RateLimited, "rate_limited", Retry, "Slowed down for a moment. Nothing is lost."},
    {TooManyConnections, "too_many_connections", GiveUp, "Too many devices are connected at once."},
    {BodyTooLarge, "body_too_large", Ask, "This message is too long."},
    {SlowConsumer, "slow_consumer", Retry,
     "The connection was too slow and is being set up again."},
    {ServerBusy, "server_busy", Retry, "The server is busy. Trying again."},
    {DependencyFailed, "dependency_failed", Retry, "Waiting for the message before it."},
    {StateLost, "state_lost", Retry, "The server was reset. Catching up."},
    {StorageFull, "storage_full", Ask, "The disk is full."},
    {StorageFailed, "storage_failed", Ask, "The local storage does not work."},
    {StorageCorrupt, "storage_corrupt", Ask, "The local storage is damaged."},
    {StorageVersion, "storage_version", GiveUp,
     "The data was written by a newer version. Please update."},
    {StorageLocked, "storage_locked", GiveUp, "Another program is using this data."},
    {Offline, "offline", Retry, "There is no network."},
    {Transport, "transport", Retry, "The connection was lost."},
    {Timeout, "timeout", Retry, "The server did not answer in time."},
    {ShuttingDown, "shutting_down", Retry, "The server is restarting."},
    {PortInUse, "port_in_use", GiveUp, "The address is used by another program."},
    {KeychainUnavailable, "keychain_unavailable", Ask, "The system keychain is not available."},
    {Cancelled, "cancelled", GiveUp, "Cancelled."},
    {InvalidArgument, "invalid_argument", GiveUp, "This is not possible here."},
    {Internal, "internal", Ask, "Something went wrong inside."},
}};

constexpr bool rowsFollowEnum()
{
    for (std::size_t i = 0; i < kRows.size(); ++i) {
        if (static_cast<std::size_t>(kRows[i].code) != i)
            return false;
    }
    return true;
}
static_assert(rowsFollowEnum(), "kRows must stand in the order of ErrorCode");

const Row& row(ErrorCode code) noexcept
{
    return kRows[static_cast<std::size_t>(code)];
}

} // namespace

std::string_view wireName(ErrorCode code) noexcept
{
    return row(code).wire;
}

std::optional<ErrorCode> errorCodeFromWire(std::string_view name) noexcept
{
    for (const Row& candidate : kRows) {
        if (candidate.wire == name)
            return candidate.code;
    }
    return std::nullopt;
}

std::string_view userText(ErrorCode code) noexcept
{
    return row(code).text;
}

ErrorRule ruleFor(ErrorCode code) noexcept
{
    return row(code).rule;
}

const std::array<ErrorCode, kErrorCodeCount>& allErrorCodes() noexcept
{
    static constexpr auto kCodes = [] {
        std::array<ErrorCode, kErrorCodeCount> codes{};
        for (std::size_t i = 0; i < codes.size(); ++i)
            codes[i] = kRows[i].code;
        return codes;
    }();
    return kCodes;
}

Error makeError(ErrorCode code, std::string detail)
{
    return Error{code, std::move(detail), ruleFor(code) == ErrorRule::Retry, std::nullopt};
}

std::string toString(const Error& error)
{
    std::string text{wireName(error.code)};
    if (!error.detail.empty()) {
        text += ": ";
        text += error.detail;
    }
    return text;
}

} // namespace skein
