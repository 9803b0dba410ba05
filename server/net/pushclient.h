// Carries the hints of the push hook to their receiver: one signed POST each, HTTP/1.1 over TLS or,
// on this machine, plain, on connections that are kept. Never blocks the loop; what waits, what is
// tried again and what is dropped is the business of PushQueue.
//
// TLS is 1.2 or later with the certificate and the host name checked. Redirections are not
// followed. At most kPushInFlightMax connections; kPushTimeoutMs for a request, the look-up of the
// name and the handshake in it; kPushReplyBytesMax of an answer are read. Its end does not
// wait for a look-up that hangs. Thread: that of the io_context.
#pragma once

#include "core/clock.h"
#include "core/log.h"
#include "core/metrics.h"
#include "core/result.h"
#include "server/net/asio.h"
#include "server/net/webhook.h"
#include "server/service/push.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace skein::server
{

inline constexpr std::int64_t kPushTimeoutMs = 10'000;
inline constexpr std::int64_t kPushIdleMs = 30'000; ///< a kept connection is not used after that
inline constexpr std::size_t kPushReplyBytesMax = 64 * 1024;
inline constexpr std::size_t kPushReplyHeaderBytesMax = 16 * 1024;

/// The addresses of a name, or none and why. May block; runs on a thread of its own, several at a
/// time.
using PushLookUp = std::function<std::vector<Tcp::endpoint>(
    const std::string& host, const std::string& port, std::string& why)>;

struct PushClientConfig {
    WebhookUrl url;
    std::vector<std::string> secrets;
    std::string caFile; ///< PEM; empty = the system's authorities
    std::int64_t timeoutMs = kPushTimeoutMs;
    PushLookUp lookUp; ///< empty = the system's
};

class PushClient final : public PushOutlet
{
public:
    /// All referenced objects must outlive this. `afterwards` runs after each answer was handed on.
    PushClient(asio::io_context& io, PushClientConfig config, Clock& clock, Metrics& metrics,
               Logger logger, std::function<void()> afterwards);
    ~PushClient() override;
    PushClient(const PushClient&) = delete;
    PushClient& operator=(const PushClient&) = delete;

    /// Once, before the first post. InvalidArgument: the file of authorities cannot be read.
    [[nodiscard]] Result<void> prepare();

    void post(PushPost post, std::function<void(PushReply)> done) override;
    /// Ends all connections; what is open is not answered any more.
    void stop();

private:
    class Link;
    struct LookUps;
    struct Shared;
    std::shared_ptr<Shared> m_shared; ///< with the handlers on their way
};

} // namespace skein::server
