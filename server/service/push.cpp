// The push hook: who is away when something is written, and what a hint says. A message costs one
// entry of a map by its room; members are looked at where they are gone through anyway, once for
// however many messages (flushDirty), and only who is away costs anything. Nothing here asks the
// store.
#include "server/service/impl.h"

#include <boost/json.hpp>
#include <sodium.h>

#include <array>
#include <cstdio>
#include <ctime>

namespace skein::server
{
namespace
{

namespace json = boost::json;

/// The sum of what is unread in all rooms is left out for whoever has more rooms than this.
constexpr std::size_t kPushBadgeRoomsMax = 1'000;
constexpr std::int64_t kRefusalLogEveryMs = 60'000;

/// RFC 3339 in UTC with milliseconds.
std::string isoTime(std::int64_t ms)
{
    const std::time_t seconds = static_cast<std::time_t>(ms / 1'000);
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    std::array<char, 40> text{};
    const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
    std::snprintf(text.data() + size, text.size() - size, ".%03dZ", static_cast<int>(ms % 1'000));
    return text.data();
}

/// The same hint has the same id, whichever process sends it how often: of user, room, generation
/// and newest message.
std::string hintId(const User& user, const Room& room, Seq newest)
{
    const std::string what = user.row.id.str() + '\n' + room.id.str() + '\n' +
                             std::to_string(room.epoch.value()) + '\n' +
                             std::to_string(newest.value());
    std::array<unsigned char, crypto_generichash_BYTES_MIN> hash{};
    crypto_generichash(hash.data(), hash.size(),
                       reinterpret_cast<const unsigned char*>(what.data()), what.size(), nullptr,
                       0);
    std::array<char, 2 * crypto_generichash_BYTES_MIN + 1> hex{};
    sodium_bin2hex(hex.data(), hex.size(), hash.data(), hash.size());
    return std::string("push_") + hex.data();
}

} // namespace

void Service::Impl::notePushNews(const Room& room, const protocol::Event& event, UserKey sender)
{
    Push::Newest& newest = m_push->newest[room.key];
    newest.id = event.id;
    newest.seq = event.seq;
    newest.ord = event.ord;
    newest.sender = sender;
    newest.kind = event.kind;
    newest.ts = event.ts;
    newest.at = m_clock.now();
    if (!newest.fresh) {
        newest.fresh = true;
        newest.behind = {event.seq.previous(), event.ord.previous()};
        newest.only = sender;
    } else if (newest.only != sender) {
        newest.only = 0;
    }
}

const Push::Newest* Service::Impl::takePushNews(const Room& room)
{
    const auto found = m_push->newest.find(room.key);
    if (found == m_push->newest.end() || !found->second.fresh)
        return nullptr;
    found->second.fresh = false;
    return &found->second;
}

void Service::Impl::notePush(const Room& room, const Member& member, PushQueue::News news)
{
    const User& user = *member.user;
    const Seq newest = m_push->newest.at(room.key).seq;
    m_push->queue.note({room.key, user.row.key}, news, newest, m_clock.now(), heardOf(user),
                       user.heard.ms == 0 ? m_push->earliest : MonoTime());
}

/// What was written after the last sign of life went into a dead connection, or came within the
/// grace.
void Service::Impl::wentAway(User& user)
{
    if (!m_push)
        return;
    const MonoTime heard = heardOf(user);
    for (const RoomKey key : user.rooms) {
        const auto found = m_push->newest.find(key);
        if (found == m_push->newest.end())
            continue;
        const Push::Newest& newest = found->second;
        Room* room = m_directory.room(key);
        const Member* member = room ? room->member(user.row.key) : nullptr;
        if (!member || newest.at <= heard || newest.seq <= member->delivered ||
            newest.sender == user.row.key)
            continue;
        // At most what no device has reported: the log has other entries, too.
        const Ord least(std::max(member->readOrd.value(),
                                 newest.ord.value() - (newest.seq - member->delivered)));
        notePush(*room, *member, {member->delivered, least});
    }
}

void Service::Impl::sendPushes()
{
    const MonoTime now = m_clock.now();
    while (const auto taken = m_push->queue.take(now)) {
        const PushKey key = taken->key;
        if (backButMayNotHaveIt(*taken)) {
            m_push->queue.postpone(key, missedAt(*taken), now);
            continue;
        }
        auto post = pushPost(*taken);
        if (!post) {
            m_push->queue.unneeded(key, now);
            continue;
        }
        const Push::Newest& newest = m_push->newest.at(key.room);
        m_push->queue.covers(key, {newest.seq, newest.ord});
        m_config.pushOutlet->post(
            std::move(*post), guarded([this, key](const PushReply& reply) { pushed(key, reply); }));
    }
}

// When a user who is here, and says nothing from now on, is found gone.
MonoTime Service::Impl::missedAt(const PushQueue::Taken& taken)
{
    Room* room = m_directory.room(taken.key.room);
    const Milliseconds silence(m_config.heartbeatMs + protocol::kHeartbeatGraceMs +
                               kPresenceGraceMs + 1);
    return std::max(heardOf(*room->member(taken.key.user)->user) + silence,
                    m_clock.now() + Milliseconds(1'000));
}

// A phone that its system wakes for a moment says hello and is gone before it has read anything.
// Looked at until a device has it, or nobody is here; at the end of the server once.
bool Service::Impl::backButMayNotHaveIt(const PushQueue::Taken& taken)
{
    Room* room = m_directory.room(taken.key.room);
    const Member* member = room ? room->member(taken.key.user) : nullptr;
    const auto found = m_push->newest.find(taken.key.room);
    return member && found != m_push->newest.end() && !(m_draining && taken.postponed) &&
           !away(*member->user) && found->second.seq > std::max(member->read, member->delivered);
}

std::optional<PushPost> Service::Impl::pushPost(const PushQueue::Taken& taken)
{
    Room* room = m_directory.room(taken.key.room);
    const Member* member = room ? room->member(taken.key.user) : nullptr;
    const auto found = m_push->newest.find(taken.key.room);
    if (!member || found == m_push->newest.end())
        return std::nullopt; // no longer a member
    User& user = *member->user;
    const Push::Newest& newest = found->second;
    if (!away(user) || newest.seq <= std::max(member->read, member->delivered))
        return std::nullopt; // is here, or one of their devices has it
    const std::int64_t unread = room->ord - member->readOrd;
    const bool mentioned = !member->mentions.empty() && member->mentions.back() > taken.news.after;

    json::object data;
    data["user"] = user.row.id.str();
    data["room"] = room->id.str();
    data["room_kind"] = protocol::wireName(room->kind);
    json::object message;
    message["id"] = newest.id.str();
    message["seq"] = newest.seq.value();
    message["kind"] = protocol::wireName(newest.kind);
    message["ts"] = newest.ts;
    const User* sender = m_directory.user(newest.sender);
    if (sender)
        message["sender"] = sender->row.id.str();
    if (m_config.push.content != PushContent::Ids) {
        if (sender)
            message["sender_name"] = sender->row.displayName;
        // A direct room is called after the other one, who is the sender.
        if (room->kind != protocol::RoomKind::Direct)
            data["room_name"] = room->name;
    }
    if (m_config.push.content == PushContent::Preview && room->last.seq == newest.seq)
        message["preview"] = room->last.text;
    data["message"] = std::move(message);
    data["new"] = std::min(unread, newest.ord - taken.news.ordAfter);
    data["unread"] = unread;
    data["mentions"] = member->mentions.size();
    data["mentioned"] = mentioned;
    if (user.rooms.size() <= kPushBadgeRoomsMax) {
        std::int64_t badge = 0;
        for (const RoomKey key : user.rooms) {
            Room* other = m_directory.room(key);
            if (const Member* in = other ? other->member(user.row.key) : nullptr)
                badge += other->ord - in->readOrd;
        }
        data["badge"] = badge;
    }
    json::object body;
    body["type"] = "message.away";
    body["timestamp"] = isoTime(newest.ts);
    body["data"] = std::move(data);
    return PushPost{hintId(user, *room, newest.seq), json::serialize(body)};
}

void Service::Impl::pushed(PushKey key, const PushReply& reply)
{
    const MonoTime now = m_clock.now();
    m_push->queue.finished(key, reply, now, m_random);
    // Changes only, and never what a receiver answers in words: it may repeat what it was sent.
    const bool paused = m_push->queue.paused();
    if (paused != m_push->paused) {
        m_push->paused = paused;
        if (paused)
            m_logger.warning(
                "push hook paused, tried again later status=" + std::to_string(reply.status) +
                " waiting=" + std::to_string(m_push->queue.waiting()));
        else
            m_logger.info("push hook answers again waiting=" +
                          std::to_string(m_push->queue.waiting()));
    }
    const bool refused = reply.status >= 300 && reply.status < 500;
    const auto& logged = m_push->refusalLogged;
    if (refused && !paused && (!logged || (now - *logged).count() >= kRefusalLogEveryMs)) {
        m_push->refusalLogged = now;
        m_logger.warning("push hook refused a hint status=" + std::to_string(reply.status));
    }
    sendPushes();
}

} // namespace skein::server
