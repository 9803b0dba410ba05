// Many client connections on one thread, for load on this machine only: epoll, raw sockets, the
// codec of server/net in the client's role. Plain HTTP for accounts.
//
// Bounded: at most kConnectionsMax connections; every wait has a deadline. Hosts other than
// loopback are refused.
#pragma once

#include "core/ids.h"
#include "core/random.h"
#include "core/result.h"
#include "protocol/frames.h"
#include "server/net/wscodec.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace skein::load
{

inline constexpr std::size_t kConnectionsMax = 10'000;

/// `http://127.0.0.1:PORT`. Errors: InvalidArgument for anything but a loopback address.
[[nodiscard]] Result<std::uint16_t> loopbackPort(std::string_view url);

struct Account {
    UserId user;
    std::string name;
    std::string accessToken;
    std::string refreshToken;
    DeviceId device;
};

/// One blocking HTTP request. Returns the status and the body. Errors: Transport, Timeout.
struct HttpAnswer {
    unsigned status = 0;
    std::string body;
    std::string head;
};
[[nodiscard]] Result<HttpAnswer> httpRequest(std::uint16_t port, std::string_view method,
                                             std::string_view path, std::string_view body = {},
                                             std::string_view bearer = {},
                                             std::int64_t timeoutMs = 30'000);
/// POST /v1/signup. Errors: the server's code, or Transport.
[[nodiscard]] Result<Account> signUp(std::uint16_t port, const std::string& name,
                                     const std::string& password, const std::string& device);

class Swarm
{
public:
    /// A text frame came. The view holds until the handler returns.
    using Handler = std::function<void(std::size_t connection, std::string_view text)>;

    explicit Swarm(std::uint16_t port);
    ~Swarm();
    Swarm(const Swarm&) = delete;
    Swarm& operator=(const Swarm&) = delete;

    void setHandler(Handler handler) { m_handler = std::move(handler); }
    /// Connections made from now on name `deflate` in their hello; handlers get the inflated text.
    void setCompression(bool on) { m_compression = on; }
    /// Begins to connect, upgrade and say hello; the index names the connection from then on.
    /// Errors: TooManyConnections.
    [[nodiscard]] Result<std::size_t> connect(const Account& account);
    /// The same place again after its connection ended (not from a handler), as a client comes
    /// back: with the sync token of its last welcome and `open` subscribed in full. Errors:
    /// Transport.
    [[nodiscard]] Result<void> reconnect(std::size_t connection, const Account& account,
                                         const std::vector<protocol::RoomCursor>& open);
    /// Queues a frame; it is written at the end of the turn.
    void send(std::size_t connection, const protocol::ClientFrame& frame);
    void sendText(std::size_t connection, std::string_view json);
    /// Stops or starts reading a connection: a reader that stalls.
    void setReading(std::size_t connection, bool on);
    void close(std::size_t connection);

    /// Turns the loop until `done` says so. False at the deadline. `everyTurn` runs before each
    /// wait and returns how many µs the wait may last at most (< 0 = as long as the deadline).
    [[nodiscard]] bool run(const std::function<bool()>& done, std::int64_t timeoutMs,
                           const std::function<double()>& everyTurn = {});

    /// Connections that have got their welcome.
    [[nodiscard]] std::size_t welcomed() const noexcept { return m_welcomed; }
    [[nodiscard]] std::size_t size() const noexcept { return m_connections.size(); }
    [[nodiscard]] bool isOpen(std::size_t connection) const;
    /// Close code that the server sent; 0 = none.
    [[nodiscard]] std::uint16_t closeCode(std::size_t connection) const;
    [[nodiscard]] bool isWelcomed(std::size_t connection) const;
    /// Bytes received so far, all connections together.
    [[nodiscard]] std::int64_t bytesIn() const noexcept { return m_bytesIn; }

private:
    struct Connection;
    [[nodiscard]] Result<void> open(Connection& connection, protocol::Hello hello);
    void flush(Connection& connection);
    void readable(std::size_t index);
    void dropped(Connection& connection);
    void watch(Connection& connection);

    std::uint16_t m_port;
    int m_epoll = -1;
    Handler m_handler;
    std::vector<std::unique_ptr<Connection>> m_connections;
    std::vector<std::size_t> m_dirty;
    std::vector<char> m_scratch;
    std::size_t m_welcomed = 0;
    std::int64_t m_bytesIn = 0;
    bool m_compression = false;
    SeededRandom m_random{0x5ca1ab1e};
};

/// Wall time in µs since an arbitrary start.
[[nodiscard]] double nowUs();

} // namespace skein::load
