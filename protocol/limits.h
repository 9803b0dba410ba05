// Every limit of the wire, with its name and default. Both sides check the same numbers; those that a server may
// change travel in `welcome.limits` (struct Limits). Source: docs/protocol.md, "Limits".
#pragma once

#include <cstddef>
#include <cstdint>

namespace skein::protocol {

inline constexpr std::int64_t kVersionMin = 1;
inline constexpr std::int64_t kVersionMax = 1;
inline constexpr char kSubprotocol[] = "skein.v1";

inline constexpr std::size_t kClientFrameBytesMax = 64 * 1024;
/// Server frames: a page of 100 messages of 20,000 characters is cut to this by the server (`has_more`, `more`).
inline constexpr std::size_t kServerFrameBytesMax = 256 * 1024;
/// Server frames shorter than this are never compressed.
inline constexpr std::size_t kCompressFrameBytesMin = 1'024;
inline constexpr std::size_t kDepthMax = 32;
/// Counted in Unicode code points.
inline constexpr std::size_t kBodyCharactersMax = 20'000;
inline constexpr std::size_t kNameCharactersMax = 100;
inline constexpr std::size_t kTopicCharactersMax = 500;
inline constexpr std::size_t kIdBytesMax = 64;
inline constexpr std::size_t kTokenBytesMax = 4'096;
inline constexpr std::size_t kCapsMax = 32;
inline constexpr std::size_t kMentionsMax = 50;
inline constexpr std::size_t kAttachmentsMax = 10;
inline constexpr std::size_t kReactionKeyBytesMax = 64;
inline constexpr std::size_t kReactionKeysMax = 50;      ///< different reactions on one message
inline constexpr std::size_t kRoomsPerFrameMax = 100;    ///< sync_request, mark_delivered
inline constexpr std::size_t kOpenRoomsMax = 128;        ///< hello.open and full subscriptions
inline constexpr std::size_t kSyncEventsPerRoomMax = 200;
inline constexpr std::size_t kHistoryLimitDefault = 50;
inline constexpr std::size_t kHistoryLimitMax = 100;
inline constexpr std::size_t kListLimitMax = 200;        ///< rooms_request, members_request
inline constexpr std::size_t kMembersPerCreateMax = 100;
inline constexpr std::size_t kDirtyPerFrameMax = 500;    ///< welcome.dirty; more come as room_dirty
/// Entries of one list of users in a server frame: receipts, typing, presence, the users of a reaction.
inline constexpr std::size_t kUsersPerListMax = 2'000;
/// The server cuts a preview at 140 characters; the rest is room for an ellipsis.
inline constexpr std::size_t kPreviewCharactersMax = 160;
inline constexpr std::size_t kDetailCharactersMax = 1'000; ///< error.detail, goodbye.reason: cut when encoded
inline constexpr std::size_t kClientNameBytesMax = 200;    ///< hello.client
inline constexpr std::size_t kTypeBytesMax = 64;           ///< `type`, also of a frame that is not known
inline constexpr std::size_t kCapBytesMax = 64;
inline constexpr std::size_t kCursorBytesMax = 256;        ///< `after` and `cursor` of pages
inline constexpr std::size_t kFieldPathBytesMax = 256;     ///< message_failed.field
inline constexpr std::size_t kFileNameCharactersMax = 255;
inline constexpr std::size_t kMimeBytesMax = 255;
inline constexpr std::size_t kFilterBytesMax = 64;
inline constexpr std::size_t kSendWindowPerRoom = 8;     ///< unconfirmed sends of one client in one room
inline constexpr std::int64_t kIntegerMax = (std::int64_t{1} << 53) - 1;

inline constexpr std::int64_t kHeartbeatMs = 25'000;
inline constexpr std::int64_t kHeartbeatGraceMs = 8'000;
inline constexpr std::int64_t kProbeTimeoutMs = 4'000;
inline constexpr std::int64_t kHelloTimeoutMs = 10'000;
inline constexpr std::int64_t kPendingAfterMs = 200;     ///< message_pending when the commit takes longer
inline constexpr std::int64_t kTypingTtlMs = 3'000;
inline constexpr std::int64_t kTypingRepeatMs = 2'000;
inline constexpr std::int64_t kPresenceTtlMs = 300'000;

inline constexpr std::size_t kEphemeralQueueBytesMax = 64 * 1024;
inline constexpr std::size_t kDurableQueueBytesMax = 256 * 1024;
inline constexpr std::int64_t kNoProgressMs = 10'000;
inline constexpr std::size_t kClientUnsentBytesMax = 256 * 1024;

// Frames over HTTP (docs/protocol.md, "Frames over HTTP").
inline constexpr std::int64_t kHttpWaitSecondsMax = 25;          ///< `wait` of a poll
inline constexpr std::size_t kHttpPostBytesMax = 64 * 1024;      ///< body of a POST: one frame of the largest size fits
inline constexpr std::size_t kHttpFramesPerPostMax = 256;
inline constexpr std::size_t kHttpBatchBytesMax = 64 * 1024;     ///< of one answer to a poll; a single larger frame goes alone
inline constexpr std::int64_t kHttpSessionIdleMs = 40'000;       ///< without a poll, then the session is over
inline constexpr std::int64_t kHttpCloseLingerMs = 10'000;       ///< that a closed session can still be asked why
inline constexpr std::int64_t kHttpBusyRetryMs = 1'000;          ///< Retry-After of a POST refused while too much is unread
inline constexpr std::size_t kHttpSessionIdBytes = 64;           ///< hexadecimal digits of a session id: 256 random bits

/// Close codes (docs/protocol.md, "Close codes"): 4000–4499 reconnect, 4500–4999 final.
enum class CloseCode : std::uint16_t {
    Normal = 1000,
    ShuttingDown = 4000,
    SlowConsumer = 4001,
    StateLost = 4002,
    TokenExpired = 4003,
    NoPong = 4004,
    RateLimited = 4005,
    HelloTimeout = 4006,
    InvalidToken = 4500,
    ProtocolError = 4501,
    UnsupportedVersion = 4502,
    Banned = 4503,
    DeviceRevoked = 4504,
    TooManyConnections = 4505,
};

[[nodiscard]] constexpr bool isFinal(std::uint16_t closeCode) noexcept
{
    return closeCode >= 4500 && closeCode <= 4999;
}

} // namespace skein::protocol
