// A WebSocket client for tests that can also misbehave: blocking raw socket, every byte in the
// test's hand, every wait with a deadline.
#pragma once

#include "protocol/codec.h"
#include "protocol/frames.h"
#include "protocol/limits.h"
#include "server/net/wscodec.h"
#include "tools/load/swarm.h"

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace skein::testing
{

inline constexpr std::int64_t kWaitMs = 10'000;

struct UpgradeRequest {
    std::string path = "/v1/socket";
    std::string subprotocol = "skein.v1";
    std::string version = "13";
    std::string bearer;
    std::string origin;
    std::string behind;         ///< bytes in the same packet, after the request
    int receiveBufferBytes = 0; ///< SO_RCVBUF, for a reader that stalls early; 0 = the system's
};

class WsPeer
{
public:
    WsPeer() = default;
    ~WsPeer() { disconnect(); }
    WsPeer(const WsPeer&) = delete;
    WsPeer& operator=(const WsPeer&) = delete;

    /// Status of the answer to the upgrade; 0 when there was none.
    unsigned connect(std::uint16_t port, const UpgradeRequest& request = {});
    void disconnect();

    bool sendRaw(std::string_view bytes);
    bool sendText(std::string_view text) { return sendFrame(server::WsOpcode::Text, text); }
    bool sendFrame(server::WsOpcode opcode, std::string_view payload, bool fin = true);
    bool send(const protocol::ClientFrame& frame) { return sendText(protocol::encode(frame)); }

    struct Event {
        server::WsEvent::Kind kind;
        std::string payload;
        std::uint16_t closeCode;
    };
    /// The next event of any kind; nullopt at the deadline or when the connection ended.
    std::optional<Event> next(std::int64_t timeoutMs = kWaitMs);
    /// The next frame of type T; others before it are dropped. A close or the deadline gives
    /// nullopt.
    template <class T>
    std::optional<T> frame(std::int64_t timeoutMs = kWaitMs)
    {
        const auto deadline =
            std::chrono::steady_clock::now() + std::chrono::milliseconds(timeoutMs);
        for (;;) {
            const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
                deadline - std::chrono::steady_clock::now());
            if (left.count() <= 0)
                return std::nullopt;
            const auto event = next(left.count());
            if (!event || event->kind == server::WsEvent::Kind::Close)
                return std::nullopt;
            if (event->kind != server::WsEvent::Kind::Text)
                continue;
            auto decoded = protocol::decodeServerFrame(event->payload);
            if (decoded && std::holds_alternative<T>(*decoded))
                return std::get<T>(std::move(*decoded));
        }
    }
    /// Reads until the server's close frame or the end; 0 = ended without one, nullopt = still open
    /// at the deadline.
    std::optional<std::uint16_t> closeCode(std::int64_t timeoutMs = kWaitMs);
    /// Body of the answer when the upgrade was refused.
    [[nodiscard]] const std::string& answer() const noexcept { return m_answer; }
    [[nodiscard]] int fd() const noexcept { return m_fd; }

private:
    bool fill(std::int64_t timeoutMs);

    int m_fd = -1;
    std::string m_answer;
    server::WsDecoder m_decoder{server::WsRole::Client, 256 * 1024};
    std::deque<Event> m_events;
    std::uint32_t m_mask = 0x1234567;
};

/// Connects, says hello and waits for the welcome. False when there was none.
bool signOn(WsPeer& peer, std::uint16_t port, const load::Account& account,
            const UpgradeRequest& request = {});
protocol::Hello helloOf(const load::Account& account);

} // namespace skein::testing
