// One connection while it speaks HTTP: Beast's parser with limits and deadlines, one request at a
// time, keep-alive; ends by closing or by handing its socket to the engine as a WebSocket. Kept
// alive by its pending operations. Thread: the engine's.
#pragma once

#include "server/net/asio.h"
#include "server/net/http.h"

#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <memory>
#include <optional>
#include <string>

namespace skein::server
{

class Engine;

class HttpConn : public std::enable_shared_from_this<HttpConn>
{
public:
    HttpConn(Engine& engine, Socket socket, std::string address, bool loopback);
    ~HttpConn();
    HttpConn(const HttpConn&) = delete;
    HttpConn& operator=(const HttpConn&) = delete;

    void start();
    /// Closes when the present request, if any, is answered.
    void drain();
    void abort();
    /// Says no to a connection that is over a limit; never blocks.
    static void refuse(Socket& socket, const HttpReply& reply);

private:
    using Request = boost::beast::http::request<boost::beast::http::string_body>;
    using Response = boost::beast::http::response<boost::beast::http::string_body>;
    using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;

    void read();
    void onRead(const boost::system::error_code& error);
    void route(Request request);
    void upgrade(const Request& request);
    void answer(const HttpReply& reply, bool keepAlive);
    void write(Response response, bool thenUpgrade);
    void finishUpgrade();
    void close();

    Engine& m_engine;
    std::shared_ptr<const bool> m_engineAlive;
    boost::beast::basic_stream<Tcp, IoExecutor> m_stream;
    boost::beast::flat_buffer m_buffer;
    std::optional<Parser> m_parser;
    std::optional<Response> m_response;
    std::string m_address;
    std::string m_bearer;
    bool m_loopback;
    bool m_busy = false; // a request is being answered
    bool m_draining = false;
    bool m_adopted = false; // the socket lives on as a WebSocket
    bool m_first = true;
    bool m_frames = false; // frames over HTTP were asked for on it
};

} // namespace skein::server
