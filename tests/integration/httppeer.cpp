#include "tests/integration/httppeer.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace skein::testing
{

void HttpPeer::disconnect()
{
    if (m_fd >= 0)
        ::close(m_fd);
    m_fd = -1;
    m_rest.clear();
}

bool HttpPeer::sendRaw(std::string_view bytes)
{
    if (m_fd < 0) {
        m_fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const int one = 1;
        ::setsockopt(m_fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(m_port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::connect(m_fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
            disconnect();
            return false;
        }
    }
    while (!bytes.empty()) {
        const ssize_t sent = ::send(m_fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

bool HttpPeer::send(const std::string& method, const std::string& target, const Headers& headers,
                    const std::string& body)
{
    std::string text = method + ' ' + target + " HTTP/1.1\r\nHost: localhost\r\n";
    for (const auto& [name, value] : headers)
        text += name + ": " + value + "\r\n";
    if (!body.empty() || method == "POST")
        text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    text += "\r\n" + body;
    if (sendRaw(text))
        return true;
    disconnect(); // the server closed an idle connection meanwhile
    return sendRaw(text);
}

HttpAnswer HttpPeer::receive(std::int64_t timeoutMs)
{
    HttpAnswer answer;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeoutMs);
    const auto more = [&] {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            deadline - std::chrono::steady_clock::now());
        pollfd entry{m_fd, POLLIN, 0};
        if (m_fd < 0 || left.count() <= 0 || ::poll(&entry, 1, static_cast<int>(left.count())) <= 0)
            return false;
        std::array<char, 16 * 1024> part;
        const ssize_t got = ::recv(m_fd, part.data(), part.size(), 0);
        if (got <= 0) {
            ::close(m_fd);
            m_fd = -1;
            return false;
        }
        m_rest.append(part.data(), static_cast<std::size_t>(got));
        return true;
    };
    std::size_t end = 0;
    while ((end = m_rest.find("\r\n\r\n")) == std::string::npos) {
        if (!more())
            return answer;
    }
    const std::string head = m_rest.substr(0, end + 2);
    m_rest.erase(0, end + 4);
    answer.status = static_cast<unsigned>(std::strtoul(head.c_str() + 9, nullptr, 10));
    for (std::size_t at = head.find("\r\n") + 2; at < head.size();) {
        const std::size_t stop = head.find("\r\n", at);
        const std::size_t colon = head.find(':', at);
        std::string name = head.substr(at, colon - at);
        std::transform(name.begin(), name.end(), name.begin(),
                       [](unsigned char c) { return std::tolower(c); });
        answer.headers[name] = head.substr(colon + 2, stop - colon - 2);
        at = stop + 2;
    }
    const std::string length = answer.header("content-length");
    const std::size_t size = length.empty() ? 0 : std::strtoul(length.c_str(), nullptr, 10);
    while (m_rest.size() < size) {
        if (!more()) {
            answer.status = 0;
            return answer;
        }
    }
    answer.body = m_rest.substr(0, size);
    m_rest.erase(0, size);
    if (answer.header("connection") == "close")
        disconnect();
    return answer;
}

HttpPeer::Headers FramesPeer::sayHeaders() const
{
    HttpPeer::Headers headers{{"Skein-Batch", std::to_string(batch)}};
    if (!session.empty())
        headers["Skein-Session"] = session;
    if (!bearer.empty())
        headers["Authorization"] = "Bearer " + bearer;
    return headers;
}

HttpPeer::Headers FramesPeer::hearHeaders() const
{
    HttpPeer::Headers headers{{"Skein-Ack", std::to_string(ack)}, {"Skein-Session", session}};
    if (!bearer.empty())
        headers["Authorization"] = "Bearer " + bearer;
    return headers;
}

HttpAnswer FramesPeer::say(const std::vector<std::string>& frames)
{
    ++batch;
    m_body.clear();
    for (const std::string& frame : frames)
        m_body += frame + '\n';
    HttpAnswer answer = m_say.ask("POST", "/v1/frames", sayHeaders(), m_body);
    if (session.empty())
        session = answer.header("skein-session");
    return answer;
}

HttpAnswer FramesPeer::sayAgain()
{
    return m_say.ask("POST", "/v1/frames", sayHeaders(), m_body);
}

HttpAnswer FramesPeer::poll(int waitSeconds)
{
    HttpAnswer answer =
        m_hear.ask("GET", "/v1/frames?wait=" + std::to_string(waitSeconds), hearHeaders());
    if (answer.status == 200 && !answer.body.empty()) {
        ack = std::strtoll(answer.header("skein-batch").c_str(), nullptr, 10);
        std::string_view rest = answer.body;
        while (!rest.empty()) {
            const std::size_t end = rest.find('\n');
            m_frames.emplace_back(rest.substr(0, end));
            rest.remove_prefix(end + 1);
        }
    }
    if (const std::string close = answer.header("skein-close"); !close.empty())
        closed = std::atoi(close.c_str());
    return answer;
}

std::optional<protocol::ServerFrame> FramesPeer::next()
{
    for (int polls = 0; m_frames.empty() && closed == 0 && polls < 3; ++polls) {
        const HttpAnswer answer = poll();
        if (answer.status != 200 && answer.status != 204)
            return std::nullopt;
    }
    if (m_frames.empty())
        return std::nullopt;
    auto decoded = protocol::decodeServerFrame(m_frames.front());
    m_frames.pop_front();
    if (!decoded)
        return std::nullopt;
    return std::move(*decoded);
}

} // namespace skein::testing
