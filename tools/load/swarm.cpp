#include "tools/load/swarm.h"

#include "protocol/codec.h"
#include "protocol/compression.h"
#include "protocol/limits.h"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace skein::load
{
namespace
{

using server::WsDecoder;
using server::WsEvent;
using server::WsOpcode;
using server::WsRole;

constexpr std::size_t kScratchBytes = 256 * 1024;
constexpr int kEventsPerTurn = 256;
constexpr std::size_t kHttpAnswerBytesMax = 4 * 1024 * 1024;

sockaddr_in loopback(std::uint16_t port)
{
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

} // namespace

double nowUs()
{
    using namespace std::chrono;
    return duration<double, std::micro>(steady_clock::now().time_since_epoch()).count();
}

Result<std::uint16_t> loopbackPort(std::string_view url)
{
    for (const std::string_view prefix : {"http://127.0.0.1:", "http://localhost:"}) {
        if (!url.starts_with(prefix))
            continue;
        url.remove_prefix(prefix.size());
        if (url.ends_with('/'))
            url.remove_suffix(1);
        unsigned port = 0;
        const auto [end, code] = std::from_chars(url.data(), url.data() + url.size(), port);
        if (code == std::errc() && end == url.data() + url.size() && port > 0 && port <= 65535)
            return static_cast<std::uint16_t>(port);
    }
    return fail(ErrorCode::InvalidArgument,
                "load goes to this machine only: http://127.0.0.1:PORT");
}

Result<HttpAnswer> httpRequest(std::uint16_t port, std::string_view method, std::string_view path,
                               std::string_view body, std::string_view bearer,
                               std::int64_t timeoutMs)
{
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const timeval timeout{timeoutMs / 1000, (timeoutMs % 1000) * 1000};
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    const sockaddr_in address = loopback(port);
    const auto close = [fd](auto result) {
        ::close(fd);
        return result;
    };
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        return close(Result<HttpAnswer>(fail(ErrorCode::Transport, std::strerror(errno))));
    std::string text = std::string(method) + ' ' + std::string(path) +
                       " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";
    if (!bearer.empty())
        text += "Authorization: Bearer " + std::string(bearer) + "\r\n";
    if (!body.empty())
        text += "Content-Type: application/json\r\n";
    text += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
    text += body;
    for (std::size_t sent = 0; sent < text.size();) {
        const ssize_t n = ::send(fd, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
        if (n <= 0)
            break; // the server may have answered already (a body that is too large)
        sent += static_cast<std::size_t>(n);
    }
    std::string answer;
    std::array<char, 4096> part{};
    int broken = 0;
    for (;;) {
        const ssize_t got = ::recv(fd, part.data(), part.size(), 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return close(Result<HttpAnswer>(fail(ErrorCode::Timeout, std::string(path))));
        broken = got < 0 ? errno : 0;
        if (got <= 0 || answer.size() > kHttpAnswerBytesMax)
            break;
        answer.append(part.data(), static_cast<std::size_t>(got));
    }
    const std::size_t end = answer.find("\r\n\r\n");
    if (end == std::string::npos || answer.size() < 12)
        return close(Result<HttpAnswer>(
            fail(ErrorCode::Transport, "no answer to " + std::string(path) + ": " +
                                           (broken != 0 ? std::strerror(broken) : "closed"))));
    HttpAnswer result;
    result.status = static_cast<unsigned>(std::strtoul(answer.c_str() + 9, nullptr, 10));
    result.head = answer.substr(0, end);
    result.body = answer.substr(end + 4);
    return close(Result<HttpAnswer>(std::move(result)));
}

Result<Account> signUp(std::uint16_t port, const std::string& name, const std::string& password,
                       const std::string& device)
{
    namespace json = boost::json;
    const auto answer =
        httpRequest(port, "POST", "/v1/signup",
                    json::serialize(json::object{
                        {"name", name}, {"password", password}, {"device_id", device}}));
    if (!answer)
        return fail(answer.error());
    boost::system::error_code error;
    const json::value value = json::parse(answer->body, error);
    if (error || answer->status != 201)
        return fail(ErrorCode::Transport,
                    "sign-up: " + std::to_string(answer->status) + ' ' + answer->body);
    Account account;
    account.user = UserId(std::string_view(value.at("user").at("id").as_string()));
    account.name = name;
    account.accessToken = std::string(value.at("access_token").as_string());
    account.refreshToken = std::string(value.at("refresh_token").as_string());
    account.device = DeviceId(device);
    return account;
}

struct Swarm::Connection {
    std::size_t index = 0;
    int fd = -1;
    WsDecoder decoder{WsRole::Client, protocol::kServerFrameBytesMax};
    std::string out;
    std::string head; // of the answer to the upgrade, while it is incomplete
    std::string hello;
    bool upgraded = false;
    bool welcomed = false;
    bool dirty = false;
    bool reading = true;
    bool writing = false; // EPOLLOUT is asked for
    std::string syncToken;
    std::uint16_t closeCode = 0;
};

Swarm::Swarm(std::uint16_t port)
    : m_port(port)
    , m_epoll(::epoll_create1(EPOLL_CLOEXEC))
    , m_scratch(kScratchBytes)
{
}

Swarm::~Swarm()
{
    for (const auto& connection : m_connections) {
        if (connection->fd >= 0)
            ::close(connection->fd);
    }
    ::close(m_epoll);
}

Result<std::size_t> Swarm::connect(const Account& account)
{
    if (m_connections.size() >= kConnectionsMax)
        return fail(ErrorCode::TooManyConnections,
                    "load is limited to " + std::to_string(kConnectionsMax));
    auto connection = std::make_unique<Connection>();
    connection->index = m_connections.size();
    protocol::Hello hello;
    hello.deviceId = account.device;
    hello.token = account.accessToken;
    if (auto opened = open(*connection, std::move(hello)); !opened)
        return fail(opened.error());
    m_connections.push_back(std::move(connection));
    return m_connections.size() - 1;
}

Result<void> Swarm::reconnect(std::size_t index, const Account& account,
                              const std::vector<protocol::RoomCursor>& rooms)
{
    Connection& old = *m_connections[index];
    dropped(old);
    auto connection = std::make_unique<Connection>();
    connection->index = index;
    protocol::Hello hello;
    hello.deviceId = account.device;
    hello.token = account.accessToken;
    hello.open = rooms;
    if (!old.syncToken.empty())
        hello.syncToken = SyncToken(old.syncToken);
    connection->syncToken = old.syncToken;
    if (auto opened = open(*connection, std::move(hello)); !opened)
        return opened;
    m_connections[index] = std::move(connection);
    return {};
}

Result<void> Swarm::open(Connection& connection, protocol::Hello hello)
{
    connection.fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (connection.fd < 0)
        return fail(ErrorCode::Transport, std::strerror(errno));
    const int one = 1;
    ::setsockopt(connection.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    const sockaddr_in address = loopback(m_port);
    if (::connect(connection.fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) !=
            0 &&
        errno != EINPROGRESS) {
        const int why = errno;
        ::close(connection.fd);
        connection.fd = -1;
        return fail(ErrorCode::Transport, std::strerror(why));
    }
    connection.out = "GET /v1/socket HTTP/1.1\r\nHost: localhost\r\nUpgrade: "
                     "websocket\r\nConnection: Upgrade\r\n"
                     "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                     "Sec-WebSocket-Protocol: skein.v1\r\n\r\n";
    hello.client = "skein-load/0.1";
    if (m_compression)
        hello.caps = {protocol::kDeflateCap};
    connection.hello = protocol::encode(protocol::ClientFrame(std::move(hello)));
    connection.writing = true;
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT;
    event.data.u64 = connection.index;
    ::epoll_ctl(m_epoll, EPOLL_CTL_ADD, connection.fd, &event);
    return {};
}

void Swarm::watch(Connection& connection)
{
    epoll_event event{};
    event.events = (connection.reading ? EPOLLIN : 0u) | (connection.writing ? EPOLLOUT : 0u);
    event.data.u64 = connection.index;
    ::epoll_ctl(m_epoll, EPOLL_CTL_MOD, connection.fd, &event);
}

void Swarm::send(std::size_t connection, const protocol::ClientFrame& frame)
{
    sendText(connection, protocol::encode(frame));
}

void Swarm::sendText(std::size_t index, std::string_view json)
{
    Connection& connection = *m_connections[index];
    if (connection.fd < 0)
        return;
    server::appendMaskedWsFrame(connection.out, WsOpcode::Text, json,
                                static_cast<std::uint32_t>(m_random.next()));
    if (!connection.dirty) {
        connection.dirty = true;
        m_dirty.push_back(index);
    }
}

void Swarm::setReading(std::size_t index, bool on)
{
    Connection& connection = *m_connections[index];
    connection.reading = on;
    if (connection.fd >= 0)
        watch(connection);
}

void Swarm::close(std::size_t index)
{
    dropped(*m_connections[index]);
}

bool Swarm::isOpen(std::size_t connection) const
{
    return m_connections[connection]->fd >= 0;
}

bool Swarm::isWelcomed(std::size_t connection) const
{
    return m_connections[connection]->welcomed;
}

std::uint16_t Swarm::closeCode(std::size_t connection) const
{
    return m_connections[connection]->closeCode;
}

void Swarm::dropped(Connection& connection)
{
    if (connection.fd < 0)
        return;
    ::close(connection.fd);
    connection.fd = -1;
    if (connection.welcomed)
        --m_welcomed;
    connection.welcomed = false;
}

void Swarm::flush(Connection& connection)
{
    connection.dirty = false;
    while (connection.fd >= 0 && !connection.out.empty()) {
        const ssize_t sent = ::send(connection.fd, connection.out.data(), connection.out.size(),
                                    MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0) {
            if (errno == EAGAIN || errno == ENOTCONN) {
                if (!connection.writing) {
                    connection.writing = true;
                    watch(connection);
                }
                return;
            }
            dropped(connection);
            return;
        }
        connection.out.erase(0, static_cast<std::size_t>(sent));
    }
    if (connection.writing && connection.fd >= 0) {
        connection.writing = false;
        watch(connection);
    }
}

void Swarm::readable(std::size_t index)
{
    Connection& connection = *m_connections[index];
    const ssize_t got = ::recv(connection.fd, m_scratch.data(), m_scratch.size(), MSG_DONTWAIT);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
        return dropped(connection);
    if (got < 0)
        return;
    m_bytesIn += got;
    std::span<char> bytes(m_scratch.data(), static_cast<std::size_t>(got));
    if (!connection.upgraded) {
        connection.head.append(bytes.data(), bytes.size());
        const std::size_t end = connection.head.find("\r\n\r\n");
        if (end == std::string::npos)
            return;
        if (!connection.head.starts_with("HTTP/1.1 101"))
            return dropped(connection);
        connection.upgraded = true;
        const std::size_t rest = connection.head.size() - end - 4;
        bytes = bytes.last(rest);
        std::string().swap(connection.head);
        sendText(index, connection.hello);
        std::string().swap(connection.hello);
    }
    WsEvent event;
    while (connection.fd >= 0) {
        const auto status = connection.decoder.next(bytes, event);
        if (status == WsDecoder::Status::NeedMore)
            return;
        if (status == WsDecoder::Status::Error)
            return dropped(connection);
        if (event.kind == WsEvent::Kind::Close) {
            connection.closeCode = event.closeCode;
            return dropped(connection);
        }
        std::string inflated;
        if (event.kind == WsEvent::Kind::Binary) {
            auto text = protocol::inflated(event.payload, protocol::kServerFrameBytesMax);
            if (!text)
                return dropped(connection);
            inflated = std::move(*text);
            event.payload = inflated;
        } else if (event.kind != WsEvent::Kind::Text) {
            continue;
        }
        if (!connection.welcomed && event.payload.starts_with(R"({"type":"welcome")")) {
            connection.welcomed = true;
            ++m_welcomed;
            if (const auto frame = protocol::decodeServerFrame(event.payload);
                frame && std::holds_alternative<protocol::Welcome>(*frame))
                connection.syncToken = std::get<protocol::Welcome>(*frame).syncToken.str();
        } else if (event.payload.starts_with(R"({"type":"ping")")) {
            protocol::Pong pong;
            if (const auto frame = protocol::decodeServerFrame(event.payload);
                frame && std::holds_alternative<protocol::Ping>(*frame))
                pong.t = std::get<protocol::Ping>(*frame).t;
            send(index, protocol::ClientFrame(pong));
            continue;
        }
        if (m_handler)
            m_handler(index, event.payload);
    }
}

bool Swarm::run(const std::function<bool()>& done, std::int64_t timeoutMs,
                const std::function<double()>& everyTurn)
{
    const double deadline = nowUs() + static_cast<double>(timeoutMs) * 1000;
    std::array<epoll_event, kEventsPerTurn> events{};
    while (!done()) {
        double waitUs = everyTurn ? everyTurn() : -1;
        for (std::size_t i = 0; i < m_dirty.size(); ++i) // flushing may not add, handlers do
            flush(*m_connections[m_dirty[i]]);
        m_dirty.clear();
        if (done())
            return true;
        const double left = deadline - nowUs();
        if (left <= 0)
            return false;
        waitUs = waitUs < 0 ? left : std::min(waitUs, left);
        const timespec wait{
            static_cast<time_t>(waitUs / 1e6),
            static_cast<long>(std::max(0.0, waitUs - 1e6 * static_cast<double>(
                                                               static_cast<time_t>(waitUs / 1e6))) *
                              1e3)};
        const int count = ::epoll_pwait2(m_epoll, events.data(), kEventsPerTurn, &wait, nullptr);
        for (int i = 0; i < count; ++i) {
            const auto index =
                static_cast<std::size_t>(events[static_cast<std::size_t>(i)].data.u64);
            const unsigned what = events[static_cast<std::size_t>(i)].events;
            Connection& connection = *m_connections[index];
            if (connection.fd >= 0 && (what & EPOLLOUT))
                flush(connection);
            if (connection.fd >= 0 && (what & (EPOLLIN | EPOLLHUP | EPOLLERR)))
                readable(index);
        }
    }
    return true;
}

} // namespace skein::load
