// What waits to be written to one connection: shared frames in the order in which the service sent
// them, each with the lane that decides what is given up when the reader is slow. Sans-I/O; the
// engine asks for iovecs and says how many bytes the kernel took.
//
// The rules (docs/protocol.md, "Backpressure"): ephemeral frames are shed while
// kEphemeralQueueBytesMax bytes wait; when kDurableQueueBytesMax would be passed by what is no
// reply (pages that were asked for are no sign of a deaf peer), or nothing moved for kNoProgressMs,
// all durable frames are dropped and the rooms remembered, so that the service can send one
// room_dirty each; a second time without the queue having drained in between, or
// kControlQueueBytesMax of replies, means that the reader is gone for practical purposes.
//
// Order is kept across lanes on purpose: a confirmation never overtakes the entry it confirms.
// Thread: one.
#pragma once

#include "core/clock.h"
#include "server/service/outbound.h"

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include <sys/uio.h>

namespace skein::server
{

/// Replies and errors are never shed; this much of them unread ends the connection.
inline constexpr std::size_t kControlQueueBytesMax = 2 * 1024 * 1024;
/// While more waits, nothing is read from the connection: a peer that asks must also listen.
inline constexpr std::size_t kReadPauseBytes = 256 * 1024;
/// Parts of one gathered write.
inline constexpr std::size_t kIovecsPerWriteMax = 64;
/// What a queued frame costs besides its bytes, so that a million tiny frames are not free.
inline constexpr std::size_t kFrameOverheadBytes = 64;

/// Shared by the queue entries of one fan-out, so that queueing a frame copies no string.
using RoomRef = std::shared_ptr<const RoomId>;

class OutQueue
{
public:
    enum class Outcome {
        Queued,
        Shed,      ///< ephemeral, dropped silently
        Collapsed, ///< durable, dropped; its room is in takeCollapsed()
        Overflow,  ///< close the connection as SlowConsumer
    };

    /// `room` may be null for frames that cannot be collapsed to a room_dirty (a durable one is
    /// then kept like a control frame).
    Outcome push(FramePtr frame, Lane lane, const RoomRef& room, MonoTime now);
    /// Queues bytes of the WebSocket layer itself (pong, close) as a control frame.
    Outcome pushRaw(FramePtr frame, MonoTime now)
    {
        return push(std::move(frame), Lane::Control, nullptr, now);
    }

    /// Fills iovecs from the front; returns how many. They stay valid until the next push or
    /// consumed().
    [[nodiscard]] std::size_t gather(std::span<iovec> out) const;
    /// The kernel took this many bytes of what gather() gave.
    void consumed(std::size_t bytes, MonoTime now);

    /// The frame to go next; not when empty(). For a peer that takes whole frames: take it, then
    /// consumed() of its wire bytes.
    [[nodiscard]] const FramePtr& front() const noexcept { return m_entries[m_head].frame; }

    /// Drops the durable frames when nothing has moved for kNoProgressMs. Returns Queued when there
    /// is nothing to do, Collapsed or Overflow as push() does.
    [[nodiscard]] Outcome checkProgress(MonoTime now);

    /// Rooms whose frames were dropped since the last call; each once.
    [[nodiscard]] std::vector<RoomId> takeCollapsed();
    [[nodiscard]] bool hasCollapsed() const noexcept { return !m_collapsed.empty(); }

    /// True while the first frame is half on the wire: nothing else may be written before its rest.
    [[nodiscard]] bool midFrame() const noexcept { return m_sentOfHead > 0; }
    [[nodiscard]] bool empty() const noexcept { return m_head == m_entries.size(); }
    /// Bytes that wait, with the overhead of each frame.
    [[nodiscard]] std::size_t bytes() const noexcept { return m_bytes; }
    [[nodiscard]] std::size_t frames() const noexcept { return m_entries.size() - m_head; }

private:
    struct Entry {
        FramePtr frame;
        RoomRef room;
        Lane lane;
    };
    static std::size_t cost(const Entry& entry)
    {
        return entry.frame->wire().size() + kFrameOverheadBytes;
    }
    Outcome collapse(MonoTime now);
    void remember(const RoomRef& room);
    void compact();

    std::vector<Entry> m_entries; // live from m_head on; released when it runs empty
    std::size_t m_head = 0;
    std::size_t m_sentOfHead = 0; // bytes of the first frame that the kernel already has
    std::size_t m_bytes = 0;
    std::size_t m_controlBytes = 0;
    std::vector<RoomRef> m_collapsed;
    MonoTime m_progressAt;
    bool m_struck = false; // collapsed once, and not drained since
};

} // namespace skein::server
