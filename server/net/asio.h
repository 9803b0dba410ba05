// The Asio and Beast types of this library, with the concrete executor of the one I/O thread
// instead of the type-erased one: a third of the cost of each operation.
#pragma once

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>

namespace skein::server
{

namespace asio = boost::asio;
using Tcp = asio::ip::tcp;
using IoExecutor = asio::io_context::executor_type;
using Socket = asio::basic_stream_socket<Tcp, IoExecutor>;
using Acceptor = asio::basic_socket_acceptor<Tcp, IoExecutor>;
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>, IoExecutor>;

} // namespace skein::server
