#include "server/net/wssession.h"

#include "protocol/codec.h"
#include "server/net/engine.h"
#include "server/service/service.h"

#include <array>
#include <cerrno>

#include <sys/socket.h>

namespace skein::server
{
namespace
{

// Bytes queued above which a write is tried at once instead of at the end of the turn, so that a
// reader that keeps up is not taken for a slow one when a large batch arrives in one turn.
constexpr std::size_t kEagerFlushBytes = protocol::kEphemeralQueueBytesMax / 2;

} // namespace

WsSession::WsSession(Engine& engine, ConnId id, Socket socket, std::string address)
    : m_engine(engine)
    , m_id(id)
    , m_socket(std::move(socket))
    , m_address(std::move(address))
    , m_decoder(WsRole::Server, protocol::kClientFrameBytesMax)
{
}

WsSession::~WsSession() = default;

void WsSession::start(std::string early)
{
    if (!early.empty())
        feed(early);
    if (m_state != State::Dead)
        waitReadable();
}

// Handlers carry the id, not the object: a session that was freed meanwhile is simply not found.
void WsSession::waitReadable()
{
    if (m_reading || m_state == State::Dead)
        return;
    // A peer that asks must also listen: with too many replies unread nothing more is taken in (TCP
    // holds it back).
    if (m_state == State::Open && m_queue.bytes() > kReadPauseBytes)
        return;
    m_reading = true;
    m_socket.async_wait(Socket::wait_read,
                        [&engine = m_engine, id = m_id](const boost::system::error_code& error) {
                            WsSession* self = engine.find(id);
                            if (!self || error)
                                return;
                            self->m_reading = false;
                            self->onReadable();
                        });
}

void WsSession::onReadable()
{
    auto& scratch = m_engine.scratch();
    const ssize_t got =
        ::recv(m_socket.native_handle(), scratch.data(), scratch.size(), MSG_DONTWAIT);
    if (got > 0) {
        m_engine.counters().bytesIn.add(got);
        feed(std::span<char>(scratch.data(), static_cast<std::size_t>(got)));
    } else if (got == 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)) {
        abort(false);
        return;
    }
    waitReadable();
}

void WsSession::feed(std::span<char> bytes)
{
    WsEvent event;
    // Input after a close, of either side, is swallowed; the decoder is asked no more after an
    // error.
    while (m_state == State::Open) {
        switch (m_decoder.next(bytes, event)) {
        case WsDecoder::Status::NeedMore:
            return;
        case WsDecoder::Status::Error:
            protocolError(m_decoder.error());
            return;
        case WsDecoder::Status::Event:
            onEvent(event);
            break;
        }
    }
    if (m_state == State::Closing && m_decoder.error() == WsError::None) {
        // Still look for the peer's close frame: it ends the wait.
        for (;;) {
            const auto status = m_decoder.next(bytes, event);
            if (status == WsDecoder::Status::NeedMore)
                return;
            if (status == WsDecoder::Status::Error || event.kind == WsEvent::Kind::Close) {
                m_peerClosed = true;
                m_engine.markDirty(*this);
                return;
            }
        }
    }
}

void WsSession::onEvent(const WsEvent& event)
{
    switch (event.kind) {
    case WsEvent::Kind::Text:
        m_engine.counters().framesIn.add();
        m_engine.service().received(m_id, event.payload);
        m_engine.touch();
        return;
    case WsEvent::Kind::Ping:
        pushControlFrame(WsOpcode::Pong, event.payload);
        return;
    case WsEvent::Kind::Pong:
        return;
    case WsEvent::Kind::Binary:
        beginClose(1003, "text frames only");
        m_engine.retire(*this);
        return;
    case WsEvent::Kind::Close:
        m_peerClosed = true;
        beginClose(event.closeCode, {});
        m_engine.retire(*this);
        return;
    }
}

void WsSession::protocolError(WsError error)
{
    m_engine.counters().protocolErrors.add();
    if (error == WsError::TooLarge) {
        protocol::ErrorFrame frame;
        frame.code = ErrorCode::FrameTooLarge;
        frame.detail =
            "frames are limited to " + std::to_string(protocol::kClientFrameBytesMax) + " bytes";
        push(std::make_shared<const OutFrame>(protocol::encode(protocol::ServerFrame(frame))),
             Lane::Control, nullptr);
    }
    m_engine.logger().debug("websocket error conn=" + std::to_string(m_id) + " reason=\"" +
                            std::string(toString(error)) + '"');
    beginClose(closeCodeFor(error), toString(error));
    m_engine.retire(*this);
}

void WsSession::pushControlFrame(WsOpcode opcode, std::string_view payload)
{
    std::string wire;
    appendWsFrame(wire, opcode, payload);
    push(std::make_shared<const OutFrame>(OutFrame::Prepared{std::move(wire)}), Lane::Control,
         nullptr);
}

void WsSession::push(FramePtr frame, Lane lane, const RoomRef& room)
{
    if (m_state != State::Open)
        return;
    if (m_takesCompressed && frame->text().size() >= protocol::kCompressFrameBytesMin)
        frame = m_engine.compressed(std::move(frame));
    settle(m_queue.push(std::move(frame), lane, room, m_engine.clock().now()));
    if (m_queue.bytes() > kEagerFlushBytes && !m_waitingWritable)
        m_writeFailed = !writeSome() || m_writeFailed;
    m_engine.markDirty(*this);
}

void WsSession::settle(OutQueue::Outcome outcome)
{
    switch (outcome) {
    case OutQueue::Outcome::Queued:
        return;
    case OutQueue::Outcome::Shed:
        m_engine.counters().shed.add();
        return;
    case OutQueue::Outcome::Collapsed:
        // The service is told at the end of the turn: it may be in the middle of this very fan-out.
        m_engine.counters().collapsed.add();
        m_engine.markDirty(*this);
        return;
    case OutQueue::Outcome::Overflow:
        m_overflowed = true;
        m_engine.markDirty(*this);
        return;
    }
}

void WsSession::beginClose(std::uint16_t code, std::string_view reason)
{
    if (m_state != State::Open)
        return;
    std::string wire;
    appendWsClose(wire, code, reason);
    const MonoTime now = m_engine.clock().now();
    if (code == static_cast<std::uint16_t>(protocol::CloseCode::SlowConsumer) || m_overflowed) {
        m_overflowed = true; // an orderly close would wait behind what the peer does not read
    } else {
        (void)m_queue.pushRaw(std::make_shared<const OutFrame>(OutFrame::Prepared{std::move(wire)}),
                              now);
    }
    m_state = State::Closing;
    m_closeBy = now + Milliseconds(kCloseLingerMs);
    m_engine.markDirty(*this);
    m_engine.watch(*this);
}

bool WsSession::writeSome()
{
    std::array<iovec, kIovecsPerWriteMax> parts;
    while (!m_queue.empty()) {
        const std::size_t count = m_queue.gather(parts);
        msghdr message{};
        message.msg_iov = parts.data();
        message.msg_iovlen = count;
        const ssize_t sent =
            ::sendmsg(m_socket.native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0) {
            if (errno == EINTR)
                continue;
            if (errno == EAGAIN || errno == EWOULDBLOCK) {
                waitWritable();
                return true;
            }
            return false;
        }
        auto& counters = m_engine.counters();
        counters.writes.add();
        counters.bytesOut.add(sent);
        const std::size_t before = m_queue.frames();
        m_queue.consumed(static_cast<std::size_t>(sent), m_engine.clock().now());
        counters.framesOut.add(static_cast<std::int64_t>(before - m_queue.frames()));
    }
    return true;
}

void WsSession::waitWritable()
{
    if (m_waitingWritable)
        return;
    m_waitingWritable = true;
    m_engine.watch(*this);
    m_socket.async_wait(Socket::wait_write,
                        [&engine = m_engine, id = m_id](const boost::system::error_code& error) {
                            WsSession* self = engine.find(id);
                            if (!self || error)
                                return;
                            self->m_waitingWritable = false;
                            engine.markDirty(*self);
                        });
}

void WsSession::flush()
{
    if (m_state == State::Dead)
        return;
    if (m_overflowed) {
        slowConsumer();
        return;
    }
    if (m_state == State::Open && m_queue.hasCollapsed()) {
        m_engine.service().collapsed(m_id, m_queue.takeCollapsed());
        m_engine.touch();
        if (m_overflowed) {
            slowConsumer();
            return;
        }
    }
    if (m_writeFailed || (!m_waitingWritable && !writeSome())) {
        abort(false);
        return;
    }
    if (m_state == State::Closing && m_queue.empty()) {
        if (m_peerClosed) {
            abort(false);
            return;
        }
        if (!m_closeSent) {
            m_closeSent = true;
            boost::system::error_code ignored;
            m_socket.shutdown(Socket::shutdown_send, ignored);
        }
    }
    waitReadable();
}

void WsSession::slowConsumer()
{
    m_engine.counters().slowConsumers.add();
    m_engine.logger().info("slow consumer dropped conn=" + std::to_string(m_id) +
                           " queued_bytes=" + std::to_string(m_queue.bytes()));
    // What is queued will not be read. If the socket still takes a close frame, the peer learns
    // why; the reset then frees what the kernel holds (measured: 81 MB against 4).
    if (!m_queue.midFrame()) {
        std::string wire;
        appendWsClose(wire, static_cast<std::uint16_t>(protocol::CloseCode::SlowConsumer),
                      "slow consumer");
        (void)::send(m_socket.native_handle(), wire.data(), wire.size(),
                     MSG_NOSIGNAL | MSG_DONTWAIT);
    }
    abort(true);
}

bool WsSession::watched(MonoTime now)
{
    if (m_state == State::Dead)
        return false;
    if (m_state == State::Closing) {
        if (now < m_closeBy)
            return true;
        abort(!m_queue.empty());
        return false;
    }
    if (!m_waitingWritable)
        return false;
    settle(m_queue.checkProgress(now));
    return true;
}

void WsSession::abort(bool reset)
{
    if (m_state == State::Dead)
        return;
    m_state = State::Dead;
    boost::system::error_code ignored;
    if (reset)
        m_socket.set_option(asio::socket_base::linger(true, 0), ignored);
    m_socket.close(ignored);
    m_engine.retire(*this);
}

} // namespace skein::server
