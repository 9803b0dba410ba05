// The order in which one room's outbox goes over the wire: a window, each message naming the one
// before it, nothing overtaking, everything resent under the same key until the server has
// answered. Pure: no clock, no store.
//
// Rules: docs/adr/0004-outbox-rules.md. Values; thread: the engine's.
#pragma once

#include "core/clock.h"
#include "offline/outbox.h"

#include <deque>
#include <memory>
#include <optional>
#include <vector>

namespace skein::engine
{

enum class SendState {
    Queued,   ///< not on the wire
    InFlight, ///< sent on this connection
    Pending,  ///< accepted by the server, not durable yet
    Unknown,  ///< was on the wire and got no answer: to be resent under the same key
    Failed,   ///< refused for good; a message then holds back what was queued behind it
    Acked,    ///< a change that is committed; its event has not come yet. Not sent again
};

struct SendEntry {
    std::int64_t id = 0; ///< of the outbox; order
    TempId tempId;
    offline::Op op = offline::Op::Send;
    offline::RowId tid = 0;
    SendState state = SendState::Queued;
    bool everSent = false; ///< it may have reached the server, in this process or an earlier one
    MonoTime sentAt;       ///< last time
    MonoTime firstSentAt;  ///< for the latency from send to confirmed
    int attempts = 0;
    std::uint32_t wireBytes = 0; ///< of its frame, last time
    std::int64_t transferMs = 0; ///< that a slow line takes for it and what was ahead of it then
    Seq acked;

    [[nodiscard]] bool awaiting() const noexcept
    {
        return state == SendState::InFlight || state == SendState::Pending;
    }
    [[nodiscard]] bool toBeSent() const noexcept
    {
        return state == SendState::Queued || state == SendState::Unknown;
    }
};

class SendQueue
{
public:
    /// No answer for this long on a living connection, and for the time that a slow line takes for
    /// what is in flight: the entry's fate is unknown. Doubles with each attempt.
    static constexpr std::int64_t kConfirmTimeoutMs = 10'000;
    static constexpr int kConfirmTimeoutDoublingsMax = 2; ///< 40 s: below what promise g allows

    void push(SendEntry entry);
    /// The entry to send now, or none: the window is full, the room is backing off, or a failed
    /// message holds it back.
    [[nodiscard]] SendEntry* next(std::size_t window, MonoTime now);
    /// The message ahead of `entry` that is not confirmed yet: what `prev` names. Empty = none.
    [[nodiscard]] TempId prevOf(const SendEntry& entry) const;
    /// `wireBytes`: of its frame.
    void sent(SendEntry& entry, MonoTime now, std::size_t wireBytes);
    void pending(const TempId& tempId);
    /// Confirmed or discarded: gone. The entry as it was.
    std::optional<SendEntry> remove(const TempId& tempId);
    void acked(const TempId& tempId, Seq seq);
    /// Refused for now: this one again, not before `at`.
    void requeue(const TempId& tempId, MonoTime at);
    /// The server does not know what this one names as `prev`: if no answer has come for that, it
    /// was lost on a connection that lives, so it is resent now and not only after the timeout.
    void parentMissing(const TempId& tempId);
    void failed(const TempId& tempId);
    /// A failed one again, in its old place.
    void retry(const TempId& tempId);
    /// Everything on the wire has an unknown fate now. Gives what changed.
    std::vector<TempId> connectionLost();
    /// Entries that waited too long for an answer, and what was sent after them. Gives what
    /// changed.
    std::vector<TempId> timedOut(MonoTime now);
    /// When timedOut() may find something.
    [[nodiscard]] std::optional<MonoTime> timeoutAt() const;
    [[nodiscard]] MonoTime notBefore() const noexcept { return m_notBefore; }
    /// Messages and changes of messages behind a failed message wait for the user; changes of the
    /// room do not, or whoever wrote into an archived room could not open it again.
    [[nodiscard]] bool heldBack() const noexcept { return m_failedMessages > 0; }

    [[nodiscard]] SendEntry* find(const TempId& tempId);
    [[nodiscard]] const std::deque<SendEntry>& entries() const noexcept
    {
        return m_entries ? *m_entries : kNone;
    }
    [[nodiscard]] bool empty() const noexcept { return !m_entries; }
    [[nodiscard]] std::size_t inFlight() const noexcept { return m_inFlight; }
    [[nodiscard]] std::size_t bytesInFlight() const noexcept { return m_bytesInFlight; }
    /// When the oldest that is in flight was sent; nullopt: none is.
    [[nodiscard]] std::optional<MonoTime> awaitedSince() const;
    /// Waiting to be sent, or to be sent again.
    [[nodiscard]] std::size_t queued() const noexcept { return m_queued; }
    [[nodiscard]] std::size_t failedCount() const noexcept { return m_failed; }
    /// Messages only, without changes: not failed, and failed.
    [[nodiscard]] std::size_t unsentMessages() const noexcept
    {
        return m_messages - m_failedMessages;
    }
    [[nodiscard]] std::size_t failedMessages() const noexcept { return m_failedMessages; }

private:
    [[nodiscard]] static MonoTime deadlineOf(const SendEntry& entry);
    void count(const SendEntry& entry, int by);
    void progressed();
    void setState(SendEntry& entry, SendState state);
    std::size_t m_inFlight = 0, m_bytesInFlight = 0, m_queued = 0, m_failed = 0, m_messages = 0,
                m_failedMessages = 0, m_roomChanges = 0;
    /// Ascending by id; bounded by the disk. Null when there are none, as nearly always: an empty
    /// deque takes 0.6 KB, and there is a queue for each of thousands of rooms.
    std::unique_ptr<std::deque<SendEntry>> m_entries;
    static const std::deque<SendEntry> kNone;
    MonoTime m_notBefore{INT64_MIN};
};

} // namespace skein::engine
