// What the service hands to whoever owns the sockets: encoded frames to connections, and closes.
#pragma once

#include "core/ids.h"
#include "protocol/limits.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace skein::server
{

/// A connection as the service knows it: handed out by the network layer, never reused within a
/// process.
using ConnId = std::uint64_t;

/// Queue of a connection that a frame goes into (docs/protocol.md, "Backpressure").
enum class Lane {
    Control,   ///< replies and errors: never shed
    Durable,   ///< log entries and positions: collapse to one room_dirty a room on overflow
    Ephemeral, ///< typing and presence: shed first
};

/// One server frame, encoded once and shared by all its recipients: the unmasked RFC 6455
/// text-frame header and the payload lie in one buffer, so a fan-out copies pointers only.
/// Immutable.
class OutFrame
{
public:
    explicit OutFrame(std::string_view json);
    /// Marks bytes that are a complete RFC 6455 frame already (pong, close, a compressed frame):
    /// made by the network layer only.
    struct Prepared {
        std::string wire;
    };
    explicit OutFrame(Prepared frame)
        : m_wire(std::move(frame.wire))
        , m_payload(m_wire.size())
    {
    }
    /// JSON text, as an in-process or HTTP peer gets it; empty for a prepared one.
    [[nodiscard]] std::string_view text() const noexcept
    {
        return std::string_view(m_wire).substr(m_payload);
    }
    /// Header and payload, as a WebSocket peer gets it.
    [[nodiscard]] std::string_view wire() const noexcept { return m_wire; }

private:
    std::string m_wire;
    std::size_t m_payload = 0;
};
/// Shared by every connection queue that the frame waits in.
using FramePtr = std::shared_ptr<const OutFrame>;

/// Implemented by the network layer and by the simulation. Thread: the service's.
class Outbound
{
public:
    virtual ~Outbound() = default;
    /// Queues a frame; never blocks, never fails visibly (a dead connection swallows it). `room` is
    /// set for frames of the Durable lane that may be collapsed; on overflow the owner drops them
    /// and calls Service::collapsed().
    virtual void send(ConnId connection, FramePtr frame, Lane lane, const RoomId& room) = 0;
    /// The client takes compressed frames (protocol/compression.h) from now on; whether one is
    /// worth it is for the network layer to decide. Said once, right after hello.
    virtual void acceptsCompressed(ConnId connection) { (void)connection; }
    /// Sends what is queued in the Control lane, then closes. The service hears disconnected()
    /// afterwards.
    virtual void close(ConnId connection, protocol::CloseCode code, std::string_view reason) = 0;
};

} // namespace skein::server
