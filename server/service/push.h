// The push hook as the service sees it: who is away when something is written gets a hint through a
// push provider (docs/operations.md, "Push hook"; ADR 0016). The service decides and words the
// hint; an outlet carries it over HTTP and says what came back.
#pragma once

#include "core/clock.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace skein::server
{

inline constexpr std::size_t kPushInFlightMax = 8; ///< requests at a time

/// What a hint says of the message besides identifiers and counts.
enum class PushContent {
    Ids,     ///< nothing: the device fetches what it shows
    Names,   ///< display name of the sender, name of the room
    Preview, ///< also the first 140 characters of the message, on one line
};

struct PushConfig {
    PushContent content = PushContent::Ids;
    std::int64_t gatherMs = 1'000;      ///< from the first message to its hint
    std::int64_t everyMs = 10'000;      ///< between two hints of one user and room
    std::int64_t startGraceMs = 30'000; ///< after a start, for users who have not come back yet
};

/// One request to be made.
struct PushPost {
    std::string id;   ///< the same for the same newest message, whoever sends it how often
    std::string body; ///< JSON
};

/// How a request ended.
struct PushReply {
    int status = 0; ///< of HTTP; 0 = no answer (no connection, TLS refused, timeout)
    std::optional<Milliseconds> retryAfter; ///< the receiver's own word
};

/// Implemented by the network layer and by tests. Thread: the service's.
class PushOutlet
{
public:
    virtual ~PushOutlet() = default;
    /// Sends one hint. Never blocks. `done` is called exactly once, later, on the service's thread
    /// (not from inside this call), unless the outlet is destroyed first. At most
    /// kPushInFlightMax are open at a time.
    virtual void post(PushPost post, std::function<void(PushReply)> done) = 0;
};

} // namespace skein::server
