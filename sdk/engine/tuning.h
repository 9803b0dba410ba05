// The engine's times and bounds, each with what it is for. What the wire says of them is in
// protocol/limits.h. Internal to sdk/engine/ and its tests.
#pragma once

#include <cstddef>
#include <cstdint>

namespace skein::engine
{

// ---- connecting, and noticing that a connection is dead (docs/adr/0014-silence.md) ----

inline constexpr std::int64_t kConnectTimeoutMs = 15'000; ///< token, TCP, TLS, upgrade
/// Of the server's clock against ours: told anew.
inline constexpr std::int64_t kClockStepMs = 2'000;
/// Silence with something unanswered, then the server is asked for a sign of life
/// (protocol::kProbeTimeoutMs).
inline constexpr std::int64_t kProbeAfterMs = 1'000;
/// After anything else that comes in meanwhile, the answer may be behind it for as long.
inline constexpr std::int64_t kProbeBehindMs = 1'500;
/// What has no answer of its own (marks, typing, drafts) makes for a probe so often at most.
inline constexpr std::int64_t kMarkProbeEveryMs = 5'000;
/// However much else comes in, a probe is answered within this; while a long frame comes in, within
/// kPartsMaxMs, which also bounds what else waits for one.
inline constexpr std::int64_t kProbeMaxMs = 15'000;
inline constexpr std::int64_t kPartsMaxMs = 60'000;
/// A request that is refused for now is asked again by the transport itself (HttpFrames), for up to
/// 10 s.
inline constexpr std::int64_t kHttpPatienceMs = 10'000;
/// What a line is taken to carry at least (64 kbit/s): patience grows by the time that what was
/// sent takes on it, or a long message would be given up while it is on its way.
inline constexpr std::int64_t kSlowLineBytesPerS = 8'000;

[[nodiscard]] constexpr std::int64_t slowLineMs(std::size_t bytes) noexcept
{
    return static_cast<std::int64_t>(bytes) * 1000 / kSlowLineBytesPerS;
}

// ---- frames out ----

inline constexpr std::int64_t kUnsentPollMs = 50; ///< the transport does not tell when it drained
/// Room for the fields that are filled in when a frame is sent (`prev`, `target`).
inline constexpr std::size_t kEnvelopeBytes = 128;
inline constexpr std::int64_t kReceiptsFlushMs = 200;
inline constexpr std::int64_t kRequestTimeoutMs = 15'000;
inline constexpr int kRequestTriesMax = 3;
inline constexpr std::size_t kRequestsInFlightMax = 8;
inline constexpr std::size_t kRequestsWaitingMax = 500; ///< beyond it the oldest page request goes

// ---- frames in ----

inline constexpr std::size_t kInboxFramesMax =
    256; ///< beyond it frames are worked off as they come
inline constexpr std::size_t kConfirmsWaitingMax = 256; ///< then they are settled as they come
inline constexpr std::int64_t kInfoPaceMs =
    1'000; ///< between two looks at a room whose members come and go
inline constexpr std::int64_t kGapGraceMs = 1'000;   ///< a head ahead of the log may be on its way
inline constexpr std::int64_t kStoreRetryMs = 5'000; ///< after the disk refused a cache write

// ---- catch-up and history ----

/// Log entries received ahead of the store during a catch-up (about 6 MB); the next page is asked
/// for only below it.
inline constexpr std::size_t kSyncAheadEventsMax = 10'000;
/// Catch-up requests on their way at once: the server works on one while the other is taken apart.
/// On a narrow line each is something that the rest has to wait behind.
inline constexpr std::size_t kSyncInFlightMax = 2;
/// When answers of kSyncFastEntries and more take no longer than kSyncFastMs: one is read from the
/// server's disk, one is written and compressed, one comes in, one is taken apart.
inline constexpr std::size_t kSyncInFlightFastMax = 4;
inline constexpr std::int64_t kSyncFastMs = 250;
inline constexpr std::size_t kSyncFastEntries = 200;
/// Entries that one of them is expected to bring: about what fits into an answer.
inline constexpr std::int64_t kSyncEventsWanted = 800;
/// The rest of kOpenRoomsMax is for rooms being opened.
inline constexpr std::size_t kFullSubscriptionsWanted = 100;
/// Never-seen rooms whose newest messages are fetched unasked.
inline constexpr std::size_t kInitialRoomsMax = 200;
inline constexpr std::size_t kRoomsWalkMax = 10'000;
inline constexpr std::int64_t kRevalidateSeqs = 500;      ///< in one request
inline constexpr std::int64_t kRevalidateSeqsMax = 5'000; ///< in one look at a room
inline constexpr std::size_t kTypingUsersMax = 50;        ///< a room
/// Own messages of a room that a restored server may lack and that are sent again.
inline constexpr std::size_t kLostResendMax = 1'000;

} // namespace skein::engine
