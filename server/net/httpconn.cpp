#include "server/net/httpconn.h"

#include "protocol/limits.h"
#include "server/net/engine.h"
#include "server/net/wscodec.h"

#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <sys/socket.h>

namespace skein::server
{
namespace
{

namespace beast = boost::beast;
namespace http = boost::beast::http;

constexpr std::string_view kSocketPath = "/v1/socket";
constexpr std::string_view kFramesPath = "/v1/frames";
/// Of a page of frames to a slow reader: the largest one at 64 kbit/s takes half of it.
constexpr std::int64_t kFramesReplyTimeoutMs = 60'000;
constexpr std::string_view kServerName = "skein";

std::string_view view(beast::string_view text)
{
    return {text.data(), text.size()};
}

http::response<http::string_body> makeResponse(const HttpReply& reply, unsigned version,
                                               bool keepAlive)
{
    http::response<http::string_body> response(static_cast<http::status>(reply.status), version);
    response.set(http::field::server, kServerName);
    if (!reply.body.empty())
        response.set(http::field::content_type, reply.contentType);
    if (!reply.allow.empty())
        response.set(http::field::allow, reply.allow);
    if (reply.retryAfterMs > 0)
        response.set(http::field::retry_after, std::to_string((reply.retryAfterMs + 999) / 1000));
    response.set(http::field::cache_control, "no-store");
    response.set("X-Content-Type-Options", "nosniff");
    for (const auto& [name, value] : reply.headers)
        response.set(name, value);
    response.body() = reply.body;
    response.keep_alive(keepAlive);
    response.prepare_payload();
    if (reply.status == 204)
        response.erase(http::field::content_length); // RFC 9110, 8.6: must not be there
    return response;
}

} // namespace

HttpConn::HttpConn(Engine& engine, Socket socket, std::string address, bool loopback)
    : m_engine(engine)
    , m_engineAlive(engine.alive())
    , m_stream(std::move(socket))
    , m_buffer(kHttpUnparsedBytesMax)
    , m_address(std::move(address))
    , m_loopback(loopback)
{
}

HttpConn::~HttpConn()
{
    if (!*m_engineAlive)
        return;
    m_engine.forget(*this);
    if (!m_adopted)
        m_engine.releaseAddress(m_address);
}

void HttpConn::start()
{
    read();
}

void HttpConn::read()
{
    m_parser.emplace();
    m_parser->header_limit(kHttpHeaderBytesMax);
    m_parser->body_limit(kHttpBodyBytesMax);
    // One deadline for the whole request: a peer that drips bytes gains nothing.
    m_stream.expires_after(std::chrono::milliseconds(m_first ? m_engine.config().requestTimeoutMs
                                                             : m_engine.config().keepAliveMs));
    m_first = false;
    http::async_read(m_stream, m_buffer, *m_parser,
                     [self = shared_from_this()](const boost::system::error_code& error,
                                                 std::size_t) { self->onRead(error); });
}

void HttpConn::onRead(const boost::system::error_code& error)
{
    if (error) {
        m_busy = true;
        if (error == http::error::body_limit)
            answer(errorReply(makeError(ErrorCode::FrameTooLarge, "body over 65536 bytes")), false);
        else if (error == http::error::header_limit)
            answer(errorReply(431, makeError(ErrorCode::FrameTooLarge, "header over 8192 bytes")),
                   false);
        else if (error == http::error::buffer_overflow)
            answer(errorReply(431, makeError(ErrorCode::FrameTooLarge,
                                             "head of a chunk or trailer over 16384 bytes")),
                   false);
        else if (error.category() == make_error_code(http::error::bad_method).category() &&
                 error != http::error::end_of_stream && error != http::error::partial_message)
            answer(
                errorReply(400, makeError(ErrorCode::BadFrame, "not HTTP/1.1: " + error.message())),
                false);
        else
            close(); // also of a request that took too long: the stream has closed its socket by
                     // then, and who drips bytes is owed no answer
        return;
    }
    m_busy = true;
    route(m_parser->release());
}

void HttpConn::route(Request request)
{
    const std::string_view target = view(request.target());
    const std::string_view path = target.substr(0, target.find_first_of("?#"));
    const std::string_view authorization = view(request[http::field::authorization]);
    const bool keepAlive = request.keep_alive() && !m_draining;
    if (path == kSocketPath) {
        if (request.method() != http::verb::get) {
            HttpReply reply = errorReply(405, makeError(ErrorCode::InvalidArgument, "use GET"));
            reply.allow = "GET";
            answer(reply, keepAlive);
            return;
        }
        upgrade(request);
        return;
    }
    HttpRequest forApi;
    forApi.method = std::string(view(request.method_string()));
    forApi.path = std::string(path);
    forApi.bearer = std::string(bearerToken(authorization));
    forApi.address = m_address;
    forApi.loopback = m_loopback;
    const bool frames = path == kFramesPath;
    if (frames) {
        const auto origin = request.find(http::field::origin);
        if (origin != request.end() && !m_engine.originAllowed(view(origin->value())))
            return answer(errorReply(makeError(ErrorCode::Forbidden, "origin")), false);
        const std::size_t mark = target.find('?');
        if (mark != std::string_view::npos)
            forApi.query = std::string(target.substr(mark + 1, target.find('#') - mark - 1));
        forApi.session = std::string(view(request[kSessionHeader]));
        forApi.batch = std::string(view(request[kBatchHeader]));
        forApi.ack = std::string(view(request[kAckHeader]));
        m_frames = true;
    }
    forApi.body = std::move(request.body());
    m_stream.expires_never(); // the answer is ours to give, however long the queue for password
                              // checks is
    auto done = [self = shared_from_this(), keepAlive](const HttpReply& reply) {
        self->answer(reply, keepAlive && !self->m_draining);
    };
    if (frames)
        m_engine.handleFrames(std::move(forApi), std::move(done));
    else
        m_engine.handleHttp(std::move(forApi), std::move(done));
}

void HttpConn::upgrade(const Request& request)
{
    const auto no = [this](unsigned status, ErrorCode code, std::string detail) {
        answer(errorReply(status, makeError(code, std::move(detail))), false);
    };
    if (!beast::websocket::is_upgrade(request))
        return no(426, ErrorCode::InvalidArgument, "a WebSocket upgrade is expected here");
    if (request[http::field::sec_websocket_version] != "13") {
        HttpReply reply =
            errorReply(426, makeError(ErrorCode::UnsupportedVersion, "WebSocket version 13"));
        auto response = makeResponse(reply, 11, false);
        response.set(http::field::sec_websocket_version, "13");
        return write(std::move(response), false);
    }
    if (m_draining || !m_engine.accepting())
        return no(503, ErrorCode::ShuttingDown, {});
    const std::string_view key = view(request[http::field::sec_websocket_key]);
    if (key.size() != 24 || !key.ends_with("=="))
        return no(400, ErrorCode::BadField, "Sec-WebSocket-Key");
    const auto origin = request.find(http::field::origin);
    if (origin != request.end() && !m_engine.originAllowed(view(origin->value())))
        return no(403, ErrorCode::Forbidden, "origin");
    if (!headerListContains(view(request[http::field::sec_websocket_protocol]),
                            protocol::kSubprotocol, false))
        return no(400, ErrorCode::UnsupportedVersion,
                  std::string("subprotocol ") + protocol::kSubprotocol);
    m_bearer = std::string(bearerToken(view(request[http::field::authorization])));
    Response response(http::status::switching_protocols, 11);
    response.set(http::field::server, kServerName);
    response.set(http::field::upgrade, "websocket");
    response.set(http::field::connection, "Upgrade");
    response.set(http::field::sec_websocket_accept, wsAcceptKey(key));
    response.set(http::field::sec_websocket_protocol, protocol::kSubprotocol);
    write(std::move(response), true);
}

void HttpConn::answer(const HttpReply& reply, bool keepAlive)
{
    write(makeResponse(reply, 11, keepAlive), false);
}

void HttpConn::write(Response response, bool thenUpgrade)
{
    m_response.emplace(std::move(response));
    m_stream.expires_after(std::chrono::milliseconds(
        m_frames ? kFramesReplyTimeoutMs : m_engine.config().requestTimeoutMs));
    http::async_write(m_stream, *m_response,
                      [self = shared_from_this(),
                       thenUpgrade](const boost::system::error_code& error, std::size_t) {
                          const bool keepAlive = self->m_response->keep_alive();
                          self->m_response.reset();
                          self->m_busy = false;
                          if (!error && thenUpgrade)
                              self->finishUpgrade();
                          else if (!error && keepAlive && !self->m_draining)
                              self->read();
                          else
                              self->close();
                      });
}

void HttpConn::finishUpgrade()
{
    const auto data = m_buffer.data();
    std::string early(static_cast<const char*>(data.data()), data.size());
    m_buffer.clear();
    m_stream.expires_never();
    Socket socket = m_stream.release_socket();
    m_adopted = true;
    m_engine.adopt(std::move(socket), m_address, std::move(m_bearer), std::move(early));
}

void HttpConn::drain()
{
    m_draining = true;
    // Who speaks frames may come once more on this connection and hear why its session ends.
    if (!m_busy && !m_frames)
        abort();
}

void HttpConn::abort()
{
    boost::system::error_code ignored;
    m_stream.socket().close(ignored);
}

void HttpConn::close()
{
    boost::system::error_code ignored;
    m_stream.socket().shutdown(Socket::shutdown_both, ignored);
    m_stream.close();
}

void HttpConn::refuse(Socket& socket, const HttpReply& reply)
{
    const std::string text =
        "HTTP/1.1 " + std::to_string(reply.status) +
        " Refused\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: " +
        std::to_string(reply.body.size()) + "\r\n\r\n" + reply.body;
    (void)::send(socket.native_handle(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    boost::system::error_code ignored;
    socket.shutdown(Socket::shutdown_send, ignored);
    socket.close(ignored);
}

} // namespace skein::server
