#include "server/net/outqueue.h"

#include "protocol/limits.h"

#include <algorithm>

namespace skein::server
{
namespace
{

// A queue that ran empty keeps this much room for the next burst; more goes back.
constexpr std::size_t kEntriesKept = 32;

} // namespace

OutQueue::Outcome OutQueue::push(FramePtr frame, Lane lane, const RoomRef& room, MonoTime now)
{
    const std::size_t size = frame->wire().size() + kFrameOverheadBytes;
    if (lane == Lane::Ephemeral && m_bytes + size > protocol::kEphemeralQueueBytesMax)
        return Outcome::Shed;
    if (lane == Lane::Durable && !room)
        lane = Lane::Control;
    if (lane == Lane::Durable) {
        // While the service has not heard of a collapse, later entries of the log join it.
        if (!m_collapsed.empty()) {
            remember(room);
            return Outcome::Collapsed;
        }
        if (m_bytes - m_controlBytes + size > protocol::kDurableQueueBytesMax) {
            const Outcome outcome = collapse(now);
            if (outcome == Outcome::Overflow)
                return outcome;
            remember(room);
            return Outcome::Collapsed;
        }
    }
    if (lane == Lane::Control) {
        if (m_controlBytes + size > kControlQueueBytesMax)
            return Outcome::Overflow;
        m_controlBytes += size;
    }
    if (empty())
        m_progressAt = now;
    m_entries.push_back({std::move(frame), lane == Lane::Durable ? room : nullptr, lane});
    m_bytes += size;
    return Outcome::Queued;
}

OutQueue::Outcome OutQueue::collapse(MonoTime now)
{
    if (m_struck)
        return Outcome::Overflow;
    m_struck = true;
    m_progressAt = now;
    compact();
    // The first frame may be half on the wire: it must be finished.
    const std::size_t keep = m_sentOfHead > 0 ? 1 : 0;
    const auto from = m_entries.begin() + static_cast<std::ptrdiff_t>(keep);
    const auto kept = std::stable_partition(
        from, m_entries.end(), [](const Entry& entry) { return entry.lane == Lane::Control; });
    for (auto it = kept; it != m_entries.end(); ++it) {
        m_bytes -= cost(*it);
        if (it->lane == Lane::Durable)
            remember(it->room);
    }
    m_entries.erase(kept, m_entries.end());
    return Outcome::Collapsed;
}

void OutQueue::remember(const RoomRef& room)
{
    for (const RoomRef& known : m_collapsed) {
        if (known == room || *known == *room)
            return;
    }
    m_collapsed.push_back(room);
}

OutQueue::Outcome OutQueue::checkProgress(MonoTime now)
{
    if (empty() || (now - m_progressAt).count() < protocol::kNoProgressMs)
        return Outcome::Queued;
    return collapse(now);
}

std::vector<RoomId> OutQueue::takeCollapsed()
{
    std::vector<RoomId> rooms;
    rooms.reserve(m_collapsed.size());
    for (const RoomRef& room : m_collapsed)
        rooms.push_back(*room);
    std::vector<RoomRef>().swap(m_collapsed);
    return rooms;
}

std::size_t OutQueue::gather(std::span<iovec> out) const
{
    std::size_t count = 0;
    for (std::size_t i = m_head; i < m_entries.size() && count < out.size(); ++i, ++count) {
        std::string_view wire = m_entries[i].frame->wire();
        if (i == m_head)
            wire.remove_prefix(m_sentOfHead);
        out[count] = {const_cast<char*>(wire.data()), wire.size()};
    }
    return count;
}

void OutQueue::consumed(std::size_t bytes, MonoTime now)
{
    if (bytes == 0)
        return;
    m_progressAt = now;
    while (bytes > 0 && !empty()) {
        Entry& entry = m_entries[m_head];
        const std::size_t left = entry.frame->wire().size() - m_sentOfHead;
        if (bytes < left) {
            m_sentOfHead += bytes;
            return;
        }
        bytes -= left;
        m_sentOfHead = 0;
        m_bytes -= cost(entry);
        if (entry.lane == Lane::Control)
            m_controlBytes -= cost(entry);
        entry = Entry();
        ++m_head;
    }
    if (empty()) {
        m_struck = false;
        m_head = 0;
        m_entries.clear();
        if (m_entries.capacity() > kEntriesKept)
            std::vector<Entry>().swap(m_entries);
    } else if (m_head >= 64 && m_head * 2 >= m_entries.size()) {
        compact();
    }
}

void OutQueue::compact()
{
    m_entries.erase(m_entries.begin(), m_entries.begin() + static_cast<std::ptrdiff_t>(m_head));
    m_head = 0;
}

} // namespace skein::server
