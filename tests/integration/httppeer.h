// Frames over HTTP by hand: a blocking raw socket, one request at a time, every byte in the test's
// hand, every wait with a deadline.
#pragma once

#include "protocol/codec.h"
#include "protocol/frames.h"
#include "tests/integration/wspeer.h"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>

namespace skein::testing
{

struct HttpAnswer {
    unsigned status = 0;                        ///< 0: none came
    std::map<std::string, std::string> headers; ///< names in lower case
    std::string body;
    [[nodiscard]] std::string header(const std::string& lowerName) const
    {
        const auto found = headers.find(lowerName);
        return found == headers.end() ? std::string() : found->second;
    }
};

/// One connection, kept alive.
class HttpPeer
{
public:
    explicit HttpPeer(std::uint16_t port)
        : m_port(port)
    {
    }
    ~HttpPeer() { disconnect(); }
    HttpPeer(const HttpPeer&) = delete;
    HttpPeer& operator=(const HttpPeer&) = delete;

    using Headers = std::map<std::string, std::string>;
    /// Writes a request, connecting first when it must. False when it could not be written.
    bool send(const std::string& method, const std::string& target, const Headers& headers = {},
              const std::string& body = {});
    bool sendRaw(std::string_view bytes);
    HttpAnswer receive(std::int64_t timeoutMs = kWaitMs);
    HttpAnswer ask(const std::string& method, const std::string& target,
                   const Headers& headers = {}, const std::string& body = {})
    {
        return send(method, target, headers, body) ? receive() : HttpAnswer();
    }
    void disconnect();

private:
    std::uint16_t m_port;
    int m_fd = -1;
    std::string m_rest;
};

/// A session over two connections, one to say and one to hear; repeats nothing by itself.
class FramesPeer
{
public:
    explicit FramesPeer(std::uint16_t port)
        : m_say(port)
        , m_hear(port)
    {
    }

    /// POST with these frames, opening the session with the first one.
    HttpAnswer say(const std::vector<std::string>& frames);
    HttpAnswer say(const protocol::ClientFrame& frame) { return say({protocol::encode(frame)}); }
    /// The headers and body of the batch that say() sent last, for repeats.
    HttpAnswer sayAgain();
    HttpAnswer poll(int waitSeconds = 5);
    /// The next frame, polling as long as it takes; nullopt when the session ended or nothing came.
    std::optional<protocol::ServerFrame> next();
    /// The next frame of type T; others before it are dropped.
    template <class T>
    std::optional<T> frame()
    {
        while (auto one = next()) {
            if (auto* wanted = std::get_if<T>(&*one))
                return std::move(*wanted);
        }
        return std::nullopt;
    }

    HttpPeer::Headers sayHeaders() const;
    HttpPeer::Headers hearHeaders() const;

    std::string session, bearer;
    std::int64_t batch = 0, ack = 0;
    int closed = 0; ///< code of Skein-Close
    HttpPeer m_say, m_hear;

private:
    std::string m_body;
    std::deque<std::string> m_frames;
};

} // namespace skein::testing
