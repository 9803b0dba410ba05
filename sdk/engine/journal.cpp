#include "sdk/engine/journal.h"

#include "sdk/engine/engineimpl.h"

namespace skein::engine
{

using offline::Happening;

void Journal::note(offline::JournalEntry entry, MonoTime now)
{
    if (m_waiting.size() >= kWaitingMax) {
        // A half at once: dropping one by one would move all the others each time.
        const std::size_t dropped = kWaitingMax / 2;
        m_waiting.erase(m_waiting.begin(), m_waiting.begin() + kWaitingMax / 2);
        m_begun -= std::min(m_begun, dropped);
    }
    m_waiting.push_back(std::move(entry));
    if (!m_dueAt)
        m_dueAt = now + Milliseconds(kFlushMs);
}

void Journal::write(offline::Journal& journal) const
{
    for (const offline::JournalEntry& entry : m_waiting)
        journal.add(entry);
}

void Journal::finish(bool committed, MonoTime now)
{
    m_waiting.resize(committed ? 0 : std::min(m_begun, m_waiting.size()));
    m_begun = 0;
    if (m_waiting.empty())
        m_dueAt.reset();
    else
        m_dueAt = now + Milliseconds(kAgainMs);
}

// ---- the engine's side ----

void Engine::Impl::note(Happening what, const TempId& tempId, std::int64_t n,
                        std::optional<ErrorCode> code)
{
    const auto room = m_sendRooms.find(tempId);
    m_journal.note({m_host.clock.wallNow().ms, what,
                    room == m_sendRooms.end() ? offline::RoomKey(0) : room->second, tempId, n,
                    code},
                   now());
}

void Engine::Impl::note(Happening what, const std::vector<TempId>& tempIds)
{
    for (const TempId& tempId : tempIds)
        note(what, tempId);
}

void Engine::Impl::noteRoom(Happening what, const Room& room, Seq upTo)
{
    m_journal.note({m_host.clock.wallNow().ms, what, room.rec.key, {}, upTo.value(), {}}, now());
}

// Connections that came about, and their ends; not every attempt that came to nothing.
void Engine::Impl::noteLink(const LinkState& next)
{
    const auto up = [](Link link) { return link == Link::CatchingUp || link == Link::Live; };
    if (up(m_link.link) == up(next.link))
        return;
    offline::JournalEntry entry;
    entry.atMs = m_host.clock.wallNow().ms;
    entry.what = up(next.link) ? Happening::Connected : Happening::Disconnected;
    if (!up(next.link) && next.error)
        entry.code = next.error->code;
    m_journal.note(std::move(entry), now());
}

void Engine::Impl::flushJournal(MonoTime at)
{
    if (const auto due = m_journal.dueAt(); due && at >= *due)
        (void)transact(offline::Durability::Cache, [] {});
}

} // namespace skein::engine
