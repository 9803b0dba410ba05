#include "tests/sim/network.h"

#include <algorithm>
#include <array>

namespace skein::sim
{
namespace
{

constexpr std::int64_t kConnectTimeoutMs = 5'000;
constexpr std::int64_t kDrainEveryMs = 100; ///< a slow reader takes something that often
constexpr std::int64_t kToldWithinMs = 5'000;
constexpr std::int64_t kUpStalledMs = 600'000; ///< of a sender that gets nothing out

// Without these a connection is not one; a proxy that loses them only makes the client start again,
// and one that doubles them makes the server hang up for good.
bool handshake(std::string_view type)
{
    return type == "hello" || type == "welcome" || type == "goodbye";
}
// Said once, without an answer, and repeated by nothing on a live connection: no stream loses one
// alone, and after a stream has ended all of it is told anew. Frames with an answer are none of
// them: whoever asked asks again.
bool healedByReconnect(std::string_view type)
{
    constexpr std::array<std::string_view, 10> kOnce{
        // Up. Which rooms are open is what the next hello says,
        "subscribe_room", "unsubscribe_room",
        // … and after the welcome every position beyond the one known to be told goes again. That
        // a delivery was told, a later ping's answer proves, as long as frames keep their order.
        "mark_read", "mark_delivered",
        // Down. The next welcome lists the rooms that have changed, with the own positions, and
        // those that were left,
        "room_added", "room_removed", "room_dirty", "read_state",
        // … it tells how far drafts have come, and each subscription begins with the positions.
        "draft", "receipts"};
    return std::find(kOnce.begin(), kOnce.end(), type) != kOnce.end();
}

} // namespace

std::string_view typeOf(std::string_view text)
{
    constexpr std::string_view kKey = "\"type\":\"";
    const auto from = text.find(kKey);
    if (from == std::string_view::npos)
        return {};
    const auto begin = from + kKey.size();
    return text.substr(begin, text.find('"', begin) - begin);
}

Network::Network(Loop& loop, Trace& trace, Random& random, Uplink& uplink)
    : m_loop(loop)
    , m_trace(trace)
    , m_random(random)
    , m_uplink(uplink)
{
}

Network::Connection* Network::find(server::ConnId connection)
{
    const auto found = m_connections.find(connection);
    return found == m_connections.end() ? nullptr : &found->second;
}

MonoTime Network::arrival(Connection& connection, MonoTime& last)
{
    const std::int64_t spread = weather.delayMax - weather.delayMin + 1;
    const auto delay =
        Milliseconds(weather.delayMin +
                     static_cast<std::int64_t>(m_random.below(static_cast<std::uint64_t>(spread))));
    MonoTime when = m_loop.now() + delay;
    if (const auto cutOff = m_partitions.find(connection.client);
        cutOff != m_partitions.end() && cutOff->second > m_loop.now())
        when = cutOff->second + delay;
    last = std::max(last, when);
    return last;
}

server::ConnId Network::open(int client, Peer& peer, bool socket)
{
    const server::ConnId id = m_next++;
    Connection& connection = m_connections[id];
    connection.client = client;
    connection.socket = socket;
    connection.peer = &peer;
    const auto cutOff = m_partitions.find(client);
    const bool unreachable = (cutOff != m_partitions.end() && cutOff->second > m_loop.now()) ||
                             m_random.chance(weather.refusals) ||
                             (socket && m_blocked.contains(client));
    const MonoTime syn = arrival(connection, connection.lastUp);
    const bool waits = m_random.chance(0.5);
    m_loop.at(unreachable ? m_loop.now() : syn, [this, id, unreachable, waits] {
        Connection* found = find(id);
        if (!found || !found->peer)
            return forget(id);
        if (unreachable || !m_uplink.service()) {
            return tellClient(id, 0, m_loop.now() + Milliseconds(waits ? kConnectTimeoutMs : 50));
        }
        found->accepted = found->serverEnd = true;
        m_uplink.service()->connected(
            id, {"10.0.0." + std::to_string(found->client + 1), std::string()});
        m_uplink.touched();
        found = find(id);
        if (!found)
            return;
        m_loop.at(arrival(*found, found->lastDown), [this, id] {
            Connection* conn = find(id);
            if (conn && conn->peer && !conn->deadDown)
                conn->peer->opened(id);
        });
    });
    return id;
}

bool Network::fault(server::ConnId id, Connection& connection)
{
    if (m_random.chance(weather.breaks)) {
        m_trace.note(m_loop.now(), "net", "break", std::to_string(connection.client));
        cut(id);
        return true;
    }
    if (m_random.chance(weather.silences)) {
        m_trace.note(m_loop.now(), "net", "silence", std::to_string(connection.client));
        connection.silentUp = true;
        connection.silentDown = connection.silentDown || m_random.chance(0.8);
    }
    return false;
}

void Network::send(server::ConnId id, std::string text)
{
    Connection* connection = find(id);
    if (!connection || fault(id, *connection) || connection->silentUp)
        return;
    const std::string_view type = typeOf(text);
    const bool plain = handshake(type) || healedByReconnect(type);
    if (!plain && m_random.chance(weather.drops)) {
        m_trace.note(m_loop.now(), "net", "drop", text);
        return;
    }
    if (!plain && m_random.chance(weather.doubles))
        up(id, text);
    up(id, std::move(text));
}

void Network::up(server::ConnId id, std::string text)
{
    Connection& connection = m_connections[id];
    MonoTime leaves = m_loop.now();
    while (!connection.leaving.empty() && connection.leaving.front().first <= m_loop.now())
        connection.leaving.pop_front();
    if (const auto rate = m_rates.find(connection.client); rate != m_rates.end()) {
        const auto size = static_cast<std::int64_t>(text.size());
        connection.upFree =
            std::max(connection.upFree, m_loop.now()) +
            Milliseconds(rate->second > 0 ? size * 1'000 / rate->second : kUpStalledMs);
        leaves = connection.upFree;
        connection.leaving.emplace_back(leaves, text.size());
    } else if (connection.upFree > m_loop.now()) {
        leaves = connection.upFree; // behind what waits already
    }
    const MonoTime there = arrival(connection, connection.lastUp) + (leaves - m_loop.now());
    connection.lastUp = there;
    m_loop.at(there, [this, id, text = std::move(text)] {
        const Connection* conn = find(id);
        if (!conn || !conn->serverEnd || conn->deadUp || conn->closing || !m_uplink.service())
            return;
        m_trace.note(m_loop.now(), "c" + std::to_string(conn->client) + ">s", "", text);
        m_uplink.service()->received(id, text);
        m_uplink.touched();
    });
}

std::size_t Network::unsentBytes(server::ConnId id) const
{
    const auto found = m_connections.find(id);
    std::size_t bytes = 0;
    if (found != m_connections.end()) {
        for (const auto& [when, size] : found->second.leaving)
            bytes += when > m_loop.now() ? size : 0;
    }
    return bytes;
}

void Network::send(server::ConnId id, server::FramePtr frame, server::Lane lane, const RoomId& room)
{
    Connection* connection = find(id);
    if (!connection || !connection->serverEnd || !m_uplink.service() || !m_uplink.serverWrites())
        return;
    m_uplink.leaving(connection->client, frame);
    if (typeOf(frame->text()) == "room_dirty")
        connection->owed.erase(room);
    if (fault(id, *connection) || connection->silentDown)
        return;
    const std::string_view type = typeOf(frame->text());
    const bool plain = handshake(type) || healedByReconnect(type);
    if (!plain && m_random.chance(std::max(weather.drops, weather.dropsDown))) {
        m_trace.note(m_loop.now(), "net", "drop", frame->text());
        return;
    }
    if (connection->queue || m_rates.contains(connection->client))
        return queueDown(id, std::move(frame), lane, room);
    if (!plain && m_random.chance(weather.doubles))
        down(id, std::string(frame->text()));
    down(id, std::string(frame->text()));
}

// As the network layer of the server does it (wssession.cpp), byte by byte.
void Network::queueDown(server::ConnId id, server::FramePtr frame, server::Lane lane,
                        const RoomId& room)
{
    Connection& connection = m_connections[id];
    if (!connection.queue)
        connection.queue = std::make_unique<server::OutQueue>();
    const auto reference = room.empty() ? nullptr : std::make_shared<const RoomId>(room);
    settle(id, connection.queue->push(std::move(frame), lane, reference, m_loop.now()));
    Connection* still = find(id);
    if (!still || !still->queue || std::exchange(still->draining, true))
        return;
    m_loop.after(kDrainEveryMs, [this, id] { drain(id); });
}

void Network::settle(server::ConnId id, server::OutQueue::Outcome outcome)
{
    using Push = server::OutQueue::Outcome;
    if (outcome == Push::Shed) {
        m_trace.note(m_loop.now(), "net", "shed");
    } else if (outcome == Push::Collapsed) {
        m_trace.note(m_loop.now(), "net", "collapse");
    } else if (outcome == Push::Overflow) {
        m_trace.note(m_loop.now(), "net", "overflow");
        close(id, protocol::CloseCode::SlowConsumer, "slow consumer");
    }
}

void Network::drain(server::ConnId id)
{
    Connection* connection = find(id);
    if (!connection || !connection->queue)
        return;
    connection->draining = false;
    if (!connection->serverEnd || !m_uplink.service() || connection->closing)
        return;
    server::OutQueue& queue = *connection->queue;
    const auto rate = m_rates.find(connection->client);
    std::size_t budget = rate == m_rates.end()
                             ? SIZE_MAX
                             : static_cast<std::size_t>(rate->second * kDrainEveryMs / 1'000);
    while (budget > 0 && !queue.empty()) {
        iovec part{};
        if (queue.gather({&part, 1}) == 0)
            break;
        const std::size_t size = std::min(part.iov_len, budget);
        connection->taken.append(static_cast<const char*>(part.iov_base), size);
        queue.consumed(size, m_loop.now());
        budget -= size;
        // Whole frames go on their way: two bytes, the length, the text (RFC 6455).
        std::string& taken = connection->taken;
        while (taken.size() >= 2) {
            const auto byte = [&taken](std::size_t i) { return std::uint8_t(taken[i]); };
            std::size_t header = 2, length = byte(1) & 0x7FU;
            const std::size_t extra = length == 126 ? 2 : length == 127 ? 8 : 0;
            if (taken.size() < header + extra)
                break;
            if (extra > 0) {
                length = 0;
                for (std::size_t i = 0; i < extra; ++i)
                    length = length << 8U | byte(header + i);
                header += extra;
            }
            if (taken.size() < header + length)
                break;
            down(id, taken.substr(header, length));
            taken.erase(0, header + length);
        }
    }
    settle(id, queue.checkProgress(m_loop.now()));
    connection = find(id);
    if (!connection || connection->closing)
        return;
    if (queue.hasCollapsed()) {
        const std::vector<RoomId> rooms = queue.takeCollapsed();
        owe(id, rooms);
        m_uplink.service()->collapsed(id, rooms);
        m_uplink.touched();
        connection = find(id);
        if (!connection || connection->closing)
            return;
    }
    if (queue.empty() && rate == m_rates.end()) {
        connection->queue.reset();
    } else if (!queue.empty() && !std::exchange(connection->draining, true)) {
        m_loop.after(kDrainEveryMs, [this, id] { drain(id); });
    }
}

// A slow reader on a connection that lives is told where it was cut short, soon, and not with the
// next heartbeat.
void Network::owe(server::ConnId id, const std::vector<RoomId>& rooms)
{
    const MonoTime when = m_loop.now();
    for (const RoomId& room : rooms)
        m_connections[id].owed.try_emplace(room, when);
    m_loop.after(kToldWithinMs, [this, id, rooms, when] {
        Connection* connection = find(id);
        if (!connection || !connection->serverEnd || connection->closing || !m_uplink.service())
            return;
        for (const RoomId& room : rooms) {
            const auto owed = connection->owed.find(room);
            if (owed != connection->owed.end() && owed->second == when &&
                m_uplink.isMember(connection->client, room))
                m_trace.fail(m_loop.now(), "c: c" + std::to_string(connection->client) +
                                               " is not told that it misses something of " +
                                               room.str());
        }
    });
}

void Network::down(server::ConnId id, std::string text)
{
    Connection& connection = m_connections[id];
    m_loop.at(arrival(connection, connection.lastDown), [this, id, text = std::move(text)] {
        Connection* conn = find(id);
        if (!conn || !conn->peer || conn->deadDown)
            return;
        m_trace.note(m_loop.now(), "s>c" + std::to_string(conn->client), "", text);
        conn->peer->arrived(id, text);
    });
}

void Network::tellClient(server::ConnId id, std::uint16_t code, MonoTime when)
{
    m_loop.at(when, [this, id, code] {
        Connection* connection = find(id);
        if (!connection)
            return;
        Peer* peer = std::exchange(connection->peer, nullptr);
        forget(id);
        if (peer)
            peer->closed(id, code);
    });
}

void Network::tellServer(server::ConnId id, MonoTime when)
{
    m_loop.at(when, [this, id] {
        Connection* connection = find(id);
        if (!connection)
            return;
        const bool had = std::exchange(connection->serverEnd, false);
        forget(id);
        if (had && m_uplink.service()) {
            m_uplink.service()->disconnected(id);
            m_uplink.touched();
        }
    });
}

void Network::cut(server::ConnId id)
{
    Connection* connection = find(id);
    if (!connection)
        return;
    // What is on its way may still arrive, on either side, and so behind what a next connection
    // brings.
    connection->deadUp = m_random.chance(0.5);
    connection->deadDown = true;
    connection->silentUp = connection->silentDown = true;
    tellClient(id, 0, arrival(*connection, connection->lastDown));
    tellServer(id, arrival(*connection, connection->lastUp));
}

void Network::close(server::ConnId id)
{
    Connection* connection = find(id);
    if (!connection)
        return;
    connection->peer = nullptr;
    if (!connection->accepted)
        return; // the SYN finds nobody
    const bool silent = connection->silentUp;
    connection->deadUp = connection->deadUp || m_random.chance(0.5);
    connection->silentUp = true;
    if (!silent)
        tellServer(id, arrival(*connection, connection->lastUp));
}

void Network::close(server::ConnId id, protocol::CloseCode code, std::string_view)
{
    Connection* connection = find(id);
    if (!connection || !m_uplink.service())
        return;
    m_trace.note(m_loop.now(), "s>c" + std::to_string(connection->client), "close",
                 std::to_string(static_cast<int>(code)));
    if (std::exchange(connection->closing, true))
        return;
    if (!connection->silentDown)
        tellClient(id, static_cast<std::uint16_t>(code),
                   arrival(*connection, connection->lastDown));
    tellServer(id, m_loop.now() + Milliseconds(1));
}

void Network::serverDied()
{
    std::vector<server::ConnId> all;
    for (const auto& [id, connection] : m_connections)
        all.push_back(id);
    for (const server::ConnId id : all) {
        Connection& connection = m_connections[id];
        if (!connection.accepted)
            continue;
        connection.serverEnd = false;
        connection.deadUp = connection.silentUp = connection.silentDown = true;
        if (m_random.chance(0.3))
            connection.deadDown = true;
        if (m_random.chance(0.8))
            tellClient(id, 0, arrival(connection, connection.lastDown));
    }
}

void Network::breakAll(int client)
{
    std::vector<server::ConnId> all;
    for (const auto& [id, connection] : m_connections) {
        if (connection.client == client && connection.accepted)
            all.push_back(id);
    }
    for (const server::ConnId id : all)
        cut(id);
}

void Network::blockSockets(int client, bool blocked)
{
    if (!blocked) {
        m_blocked.erase(client);
        return;
    }
    m_blocked.insert(client);
    std::vector<server::ConnId> sockets;
    for (const auto& [id, connection] : m_connections) {
        if (connection.client == client && connection.socket && connection.accepted)
            sockets.push_back(id);
    }
    for (const server::ConnId id : sockets)
        cut(id);
}

void Network::silence(int client)
{
    for (auto& [id, connection] : m_connections) {
        if (connection.client == client)
            connection.silentUp = connection.silentDown = true;
    }
}

void Network::partition(int client, MonoTime until)
{
    m_partitions[client] = until;
}

void Network::slow(int client, std::int64_t bytesPerS)
{
    if (bytesPerS >= 0)
        m_rates[client] = bytesPerS;
    else
        m_rates.erase(client);
}

void Network::forget(server::ConnId id)
{
    const auto found = m_connections.find(id);
    if (found != m_connections.end() && !found->second.peer && !found->second.serverEnd)
        m_connections.erase(found);
}

} // namespace skein::sim
