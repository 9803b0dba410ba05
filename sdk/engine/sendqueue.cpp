#include "sdk/engine/sendqueue.h"

#include "sdk/engine/tuning.h"

#include <algorithm>

namespace skein::engine
{

namespace
{

bool ofRoom(const SendEntry& entry)
{
    return entry.op == offline::Op::RoomUpdate || entry.op == offline::Op::Member;
}

} // namespace

const std::deque<SendEntry> SendQueue::kNone;

void SendQueue::count(const SendEntry& entry, int by)
{
    const auto add = [by](std::size_t& to, bool applies) {
        if (applies)
            to += static_cast<std::size_t>(by); // wraps back for -1
    };
    const bool message = entry.op == offline::Op::Send;
    add(m_inFlight, entry.awaiting());
    if (entry.awaiting())
        m_bytesInFlight += static_cast<std::size_t>(by) * entry.wireBytes; // wraps back for -1
    add(m_queued, entry.toBeSent());
    add(m_failed, entry.state == SendState::Failed);
    add(m_messages, message);
    add(m_roomChanges, ofRoom(entry) && entry.toBeSent());
    add(m_failedMessages, message && entry.state == SendState::Failed);
}

void SendQueue::setState(SendEntry& entry, SendState state)
{
    count(entry, -1);
    entry.state = state;
    count(entry, 1);
}

void SendQueue::push(SendEntry entry)
{
    count(entry, 1);
    if (!m_entries)
        m_entries = std::make_unique<std::deque<SendEntry>>();
    m_entries->push_back(std::move(entry));
}

SendEntry* SendQueue::next(std::size_t window, MonoTime now)
{
    if (!m_entries || now < m_notBefore || inFlight() >= window)
        return nullptr;
    bool held = false;
    for (SendEntry& entry : *m_entries) {
        held = held || (entry.state == SendState::Failed && entry.op == offline::Op::Send);
        if (held && m_roomChanges == 0)
            return nullptr;
        if (entry.toBeSent() && (!held || ofRoom(entry)))
            return &entry;
    }
    return nullptr;
}

TempId SendQueue::prevOf(const SendEntry& entry) const
{
    TempId prev;
    for (const SendEntry& ahead : entries()) {
        if (ahead.id >= entry.id)
            break;
        if (ahead.op == offline::Op::Send && ahead.state != SendState::Failed)
            prev = ahead.tempId;
    }
    return prev;
}

void SendQueue::sent(SendEntry& entry, MonoTime now, std::size_t wireBytes)
{
    if (!entry.everSent || entry.attempts == 0)
        entry.firstSentAt = now;
    entry.everSent = true;
    count(entry, -1);
    entry.wireBytes = static_cast<std::uint32_t>(wireBytes);
    entry.state = SendState::InFlight;
    count(entry, 1);
    entry.transferMs = slowLineMs(m_bytesInFlight);
    entry.sentAt = now;
    ++entry.attempts;
}

void SendQueue::pending(const TempId& tempId)
{
    if (SendEntry* entry = find(tempId); entry && entry->awaiting())
        setState(*entry, SendState::Pending);
}

std::optional<SendEntry> SendQueue::remove(const TempId& tempId)
{
    if (!m_entries)
        return std::nullopt;
    for (auto it = m_entries->begin(); it != m_entries->end(); ++it) {
        if (it->tempId == tempId) {
            count(*it, -1);
            SendEntry entry = std::move(*it);
            m_entries->erase(it);
            if (m_entries->empty())
                m_entries.reset();
            if (entry.awaiting())
                progressed();
            return entry;
        }
    }
    return std::nullopt;
}

// The path works: what had to back off for the one that is answered now does not any more.
void SendQueue::progressed()
{
    m_notBefore = MonoTime{INT64_MIN};
    if (!m_entries)
        return;
    for (SendEntry& entry : *m_entries)
        entry.attempts = std::min(entry.attempts, 1);
}

void SendQueue::parentMissing(const TempId& tempId)
{
    const SendEntry* child = find(tempId);
    SendEntry* parent = child ? find(prevOf(*child)) : nullptr;
    // On a faithful connection the parent's own refusal came first, and it is queued already.
    if (parent && parent->awaiting() && parent->sentAt <= child->sentAt)
        setState(*parent, SendState::Unknown);
}

void SendQueue::acked(const TempId& tempId, Seq seq)
{
    if (SendEntry* entry = find(tempId)) {
        setState(*entry, SendState::Acked);
        entry->acked = seq;
    }
}

void SendQueue::requeue(const TempId& tempId, MonoTime at)
{
    SendEntry* entry = find(tempId);
    if (!entry || entry->state == SendState::Failed || entry->state == SendState::Acked)
        return;
    setState(*entry, SendState::Queued);
    m_notBefore = std::max(m_notBefore, at);
}

void SendQueue::failed(const TempId& tempId)
{
    if (SendEntry* entry = find(tempId))
        setState(*entry, SendState::Failed);
}

void SendQueue::retry(const TempId& tempId)
{
    SendEntry* entry = find(tempId);
    if (entry && entry->state == SendState::Failed) {
        setState(*entry, SendState::Queued);
        entry->attempts = 0;
        m_notBefore = MonoTime{INT64_MIN};
    }
}

std::vector<TempId> SendQueue::connectionLost()
{
    std::vector<TempId> changed;
    m_notBefore = MonoTime{INT64_MIN};
    if (!m_entries)
        return changed;
    for (SendEntry& entry : *m_entries) {
        if (entry.awaiting()) {
            setState(entry, SendState::Unknown);
            changed.push_back(entry.tempId);
        }
    }
    return changed;
}

MonoTime SendQueue::deadlineOf(const SendEntry& entry)
{
    const int doublings = std::clamp(entry.attempts - 1, 0, kConfirmTimeoutDoublingsMax);
    return entry.sentAt + Milliseconds((kConfirmTimeoutMs << doublings) + entry.transferMs);
}

std::optional<MonoTime> SendQueue::awaitedSince() const
{
    std::optional<MonoTime> first;
    std::size_t left = m_inFlight;
    for (auto entry = entries().begin(); left > 0; ++entry) {
        if (!entry->awaiting())
            continue;
        first = first ? std::min(*first, entry->sentAt) : entry->sentAt;
        --left;
    }
    return first;
}

std::vector<TempId> SendQueue::timedOut(MonoTime now)
{
    std::vector<TempId> changed;
    bool behind = false;
    if (!m_entries)
        return changed;
    for (SendEntry& entry : *m_entries) {
        if (!entry.awaiting())
            continue;
        // What came after a lost one was refused for its parent or is lost too: all again, in
        // order.
        behind = behind || deadlineOf(entry) <= now;
        if (behind) {
            setState(entry, SendState::Unknown);
            changed.push_back(entry.tempId);
        }
    }
    return changed;
}

std::optional<MonoTime> SendQueue::timeoutAt() const
{
    std::optional<MonoTime> first;
    for (const SendEntry& entry : entries()) {
        if (entry.awaiting()) {
            const MonoTime at = deadlineOf(entry);
            first = first ? std::min(*first, at) : at;
        } else if (entry.state == SendState::Queued && !entry.everSent) {
            break;
        }
    }
    return first;
}

SendEntry* SendQueue::find(const TempId& tempId)
{
    if (!m_entries)
        return nullptr;
    if (m_entries->back().tempId == tempId)
        return &m_entries->back();
    for (SendEntry& entry : *m_entries) {
        if (entry.tempId == tempId)
            return &entry;
    }
    return nullptr;
}

} // namespace skein::engine
