// One WebSocket connection after the upgrade: own non-blocking recv into the engine's scratch, the
// codec, the queue, gathered writes. Owned by the engine; dies in Engine::freeRetired(). Thread:
// the engine's.
#pragma once

#include "protocol/limits.h"
#include "server/net/asio.h"
#include "server/net/outqueue.h"
#include "server/net/wscodec.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace skein::server
{

class Engine;

class WsSession
{
public:
    WsSession(Engine& engine, ConnId id, Socket socket, std::string address);
    ~WsSession();
    WsSession(const WsSession&) = delete;
    WsSession& operator=(const WsSession&) = delete;

    [[nodiscard]] ConnId id() const noexcept { return m_id; }
    [[nodiscard]] const std::string& address() const noexcept { return m_address; }

    /// Begins to read; `early` came behind the upgrade request.
    void start(std::string early);
    void push(FramePtr frame, Lane lane, const RoomRef& room);
    /// Large frames go out compressed from now on.
    void acceptCompressed() noexcept { m_takesCompressed = true; }
    /// Queues a close frame behind what waits and stops delivering input.
    void beginClose(std::uint16_t code, std::string_view reason);
    /// Writes what the kernel takes; reports collapses. Called at the end of the turn.
    void flush();
    /// Housekeeping of a session that waits for its peer. False when it no longer does.
    [[nodiscard]] bool watched(MonoTime now);
    /// Drops the connection without a word; `reset` frees what the kernel holds at once (RST).
    void abort(bool reset);

    [[nodiscard]] bool dead() const noexcept { return m_state == State::Dead; }

    // The engine's marks: in which of its lists the session stands.
    bool inDirty = false;
    bool inWatched = false;
    bool inRetired = false;
    bool reported = false; ///< the service knows that it is gone

private:
    void waitReadable();
    void onReadable();
    void feed(std::span<char> bytes);
    void onEvent(const WsEvent& event);
    void protocolError(WsError error);
    void slowConsumer();
    void settle(OutQueue::Outcome outcome);
    bool writeSome();
    void waitWritable();
    void pushControlFrame(WsOpcode opcode, std::string_view payload);

    enum class State : std::uint8_t { Open, Closing, Dead };

    Engine& m_engine;
    ConnId m_id;
    Socket m_socket;
    std::string m_address;
    WsDecoder m_decoder;
    OutQueue m_queue;
    MonoTime m_closeBy;
    State m_state = State::Open;
    bool m_reading = false;
    bool m_takesCompressed = false;
    bool m_waitingWritable = false;
    bool m_closeSent = false;
    bool m_peerClosed = false;
    bool m_overflowed = false;
    bool m_writeFailed = false;
};

} // namespace skein::server
