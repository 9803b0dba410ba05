#include "tests/integration/wspeer.h"

#include <array>
#include <cerrno>
#include <cstdlib>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace skein::testing
{

unsigned WsPeer::connect(std::uint16_t port, const UpgradeRequest& request)
{
    disconnect();
    m_fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (request.receiveBufferBytes > 0)
        ::setsockopt(m_fd, SOL_SOCKET, SO_RCVBUF, &request.receiveBufferBytes,
                     sizeof request.receiveBufferBytes);
    const int one = 1;
    ::setsockopt(m_fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(m_fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        return 0;
    std::string text =
        "GET " + request.path +
        " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    if (!request.version.empty())
        text += "Sec-WebSocket-Version: " + request.version + "\r\n";
    if (!request.subprotocol.empty())
        text += "Sec-WebSocket-Protocol: " + request.subprotocol + "\r\n";
    if (!request.bearer.empty())
        text += "Authorization: Bearer " + request.bearer + "\r\n";
    if (!request.origin.empty())
        text += "Origin: " + request.origin + "\r\n";
    if (!sendRaw(text + "\r\n" + request.behind))
        return 0;
    std::string head;
    while (head.find("\r\n\r\n") == std::string::npos) {
        pollfd entry{m_fd, POLLIN, 0};
        if (::poll(&entry, 1, static_cast<int>(kWaitMs)) <= 0)
            return 0;
        char c = 0; // byte by byte: what follows belongs to the codec
        if (::recv(m_fd, &c, 1, 0) != 1)
            return 0;
        head += c;
    }
    const auto status = static_cast<unsigned>(std::strtoul(head.c_str() + 9, nullptr, 10));
    if (status != 101) {
        const std::size_t at = head.find("Content-Length: ");
        const std::size_t size =
            at == std::string::npos ? 0 : std::strtoul(head.c_str() + at + 16, nullptr, 10);
        std::array<char, 4096> part{};
        ssize_t got = 0;
        while (m_answer.size() < size && (got = ::recv(m_fd, part.data(), part.size(), 0)) > 0)
            m_answer.append(part.data(), static_cast<std::size_t>(got));
    } else if (head.find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") == std::string::npos ||
               head.find("Sec-WebSocket-Protocol: skein.v1") == std::string::npos) {
        return 0;
    }
    return status;
}

void WsPeer::disconnect()
{
    if (m_fd >= 0)
        ::close(m_fd);
    m_fd = -1;
    m_answer.clear();
    m_events.clear();
    m_decoder = server::WsDecoder(server::WsRole::Client, 256 * 1024);
}

bool WsPeer::sendRaw(std::string_view bytes)
{
    while (!bytes.empty()) {
        const ssize_t sent = ::send(m_fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

bool WsPeer::sendFrame(server::WsOpcode opcode, std::string_view payload, bool fin)
{
    std::string wire;
    server::appendMaskedWsFrame(wire, opcode, payload, m_mask = m_mask * 1664525u + 1013904223u,
                                fin);
    return sendRaw(wire);
}

bool WsPeer::fill(std::int64_t timeoutMs)
{
    pollfd entry{m_fd, POLLIN, 0};
    if (m_fd < 0 || ::poll(&entry, 1, static_cast<int>(timeoutMs)) <= 0)
        return false;
    std::array<char, 64 * 1024> part;
    const ssize_t got = ::recv(m_fd, part.data(), part.size(), 0);
    if (got <= 0) {
        ::close(m_fd);
        m_fd = -1;
        return false;
    }
    std::span<char> bytes(part.data(), static_cast<std::size_t>(got));
    server::WsEvent event;
    while (m_decoder.next(bytes, event) == server::WsDecoder::Status::Event) {
        m_events.push_back({event.kind, std::string(event.payload), event.closeCode});
        if (event.kind == server::WsEvent::Kind::Close)
            (void)sendFrame(server::WsOpcode::Close, {});
    }
    return true;
}

std::optional<WsPeer::Event> WsPeer::next(std::int64_t timeoutMs)
{
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeoutMs);
    while (m_events.empty()) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            deadline - std::chrono::steady_clock::now());
        if (left.count() <= 0 || !fill(left.count()))
            return std::nullopt;
    }
    Event event = std::move(m_events.front());
    m_events.pop_front();
    return event;
}

std::optional<std::uint16_t> WsPeer::closeCode(std::int64_t timeoutMs)
{
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeoutMs);
    for (;;) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            deadline - std::chrono::steady_clock::now());
        if (left.count() <= 0)
            return std::nullopt;
        const auto event = next(left.count());
        if (!event)
            return m_fd < 0 ? std::optional<std::uint16_t>(0) : std::nullopt;
        if (event->kind == server::WsEvent::Kind::Close)
            return event->closeCode;
    }
}

protocol::Hello helloOf(const load::Account& account)
{
    protocol::Hello hello;
    hello.deviceId = account.device;
    hello.client = "skein-test/1";
    hello.token = account.accessToken;
    return hello;
}

bool signOn(WsPeer& peer, std::uint16_t port, const load::Account& account,
            const UpgradeRequest& request)
{
    return peer.connect(port, request) == 101 &&
           peer.send(protocol::ClientFrame(helloOf(account))) &&
           peer.frame<protocol::Welcome>().has_value();
}

} // namespace skein::testing
