// Typing and presence: in memory only, throttled going out, forgotten when their time is up.
#include "sdk/engine/engineimpl.h"

#include <algorithm>

namespace skein::engine
{

void Engine::Impl::typing(const RoomId& id, bool on)
{
    Room* room = findRoom(id);
    if (!room || !room->rec.member || !canWrite())
        return;
    const MonoTime at = now();
    const auto sent = m_typingSent.find(id);
    if (!on) {
        if (sent == m_typingSent.end())
            return;
        m_typingSent.erase(sent);
    } else if (sent != m_typingSent.end() &&
               (at - sent->second).count() < protocol::kTypingRepeatMs) {
        return;
    }
    // Without a token it is simply not said: it would be stale when there is one.
    if (!m_limiter.take(FrameClass::Ephemeral, at))
        return;
    writeFrame(protocol::TypingSet{id, on});
    if (on)
        m_typingSent.insert_or_assign(id, at);
}

void Engine::Impl::onTyping(const protocol::TypingUsers& frame)
{
    if (!findRoom(frame.room))
        return;
    const MonoTime until = now() + Milliseconds(std::clamp<std::int64_t>(frame.ttlMs, 0, 60'000));
    std::vector<Typist> typists;
    for (const UserId& user : frame.users) {
        if (user != m_config.user && typists.size() < kTypingUsersMax)
            typists.push_back({user, until});
    }
    std::vector<Typist>& known = m_typing[frame.room];
    const bool same = known.size() == typists.size() &&
                      std::equal(known.begin(), known.end(), typists.begin(),
                                 [](const Typist& a, const Typist& b) { return a.user == b.user; });
    known = std::move(typists);
    const bool none = known.empty();
    if (!same)
        tellTyping(frame.room);
    if (none)
        m_typing.erase(frame.room);
}

void Engine::Impl::tellTyping(const RoomId& id)
{
    std::vector<std::pair<UserId, std::string>> users;
    if (const auto found = m_typing.find(id); found != m_typing.end()) {
        for (const Typist& typist : found->second)
            users.emplace_back(typist.user, m_store.users().name(typist.user));
    }
    m_host.listener.typingChanged(id, users);
}

void Engine::Impl::expireTyping(MonoTime at)
{
    std::vector<RoomId> changed;
    for (auto& [id, typists] : m_typing) {
        if (std::erase_if(typists, [at](const Typist& typist) { return typist.until <= at; }) > 0)
            changed.push_back(id);
    }
    for (const RoomId& id : changed) {
        tellTyping(id);
        if (m_typing[id].empty())
            m_typing.erase(id);
    }
}

void Engine::Impl::setPresence(protocol::PresenceStatus status)
{
    m_presence = status;
    m_presenceTold = canWrite() && m_limiter.take(FrameClass::Ephemeral, now());
    if (m_presenceTold)
        writeFrame(protocol::PresenceSet{status});
}

void Engine::Impl::onPresence(const protocol::PresenceUsers& frame)
{
    m_host.listener.presenceChanged(frame.users);
}

} // namespace skein::engine
