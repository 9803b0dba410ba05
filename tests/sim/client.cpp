#include "tests/sim/client.h"

#include "protocol/codec.h"
#include "tests/sim/olderwire.h"

#include <sqlite3.h>

#include <cstdlib>

namespace skein::sim
{
namespace
{

// An engine that asks to be woken now, again and again, would hang its host.
constexpr int kSameTickMax = 100;

// Names of people come with the list of members and are not repeated with each row.
offline::MessageRow unnamed(offline::MessageRow row)
{
    row.senderName.clear();
    if (row.replyTo)
        row.replyTo->senderName.clear();
    // What was on the wire and is held back by a refused one now: only the process knows.
    if (row.seq == Seq() && row.status != offline::Status::Failed)
        row.status = offline::Status::Queued;
    return row;
}

std::string toText(const offline::MessageRow& row)
{
    std::string text = "{'" + row.body + "' by '" + row.senderName + "' status " +
                       std::to_string(static_cast<int>(row.status)) + " rev " +
                       std::to_string(row.rev.value()) + " temp '" + row.tempId.str() + "' id '" +
                       row.id.str() + "' ord " + std::to_string(row.ord.value()) + " ts " +
                       std::to_string(row.ts);
    for (const auto& reaction : row.reactions)
        text += " " + reaction.key + "*" + std::to_string(reaction.users.size());
    return text + (row.edited ? " edited" : "") + (row.deleted ? " deleted}" : "}");
}

} // namespace

ClientNode::ClientNode(Loop& loop, Trace& trace, Random& random, Network& network,
                       IssueToken issueToken, int index, UserId user, std::string name,
                       bool tracksUnsynced)
    : m_loop(loop)
    , m_trace(trace)
    , m_network(network)
    , m_issueToken(std::move(issueToken))
    , m_index(index)
    , m_user(std::move(user))
    , m_device("device-" + std::to_string(index))
    , m_name(std::move(name))
    , m_label("c" + std::to_string(index))
    , m_random(random.next())
    , m_disk(tracksUnsynced)
    , m_path(m_disk.uri("store.db"))
{
    m_disk.random = &m_random;
    m_disk.effect = [this] { return spend(); };
}

ClientNode::~ClientNode()
{
    kill();
}

// False: the process ends here.
bool ClientNode::spend()
{
    if (m_effectsLeft < 0 || m_effectsLeft-- > 0)
        return true;
    m_effectsLeft = -1;
    m_trace.note(m_loop.now(), m_label, "dies");
    m_drafts.clear(); // the last one may or may not be kept
    m_loop.after(0, [this, life = m_life] {
        if (life == m_life && died)
            died();
    });
    return false;
}

void ClientNode::start()
{
    if (m_wiped)
        return;
    ++m_life;
    auto opened = offline::Store::open({m_path, {}, true, false, 0});
    if (!opened) {
        if (m_disk.frozen())
            return; // it died again, and died() follows
        if (!m_disk.full && m_disk.failures == 0) {
            m_trace.fail(m_loop.now(),
                         m_label + ": store does not open: " + toString(opened.error()));
            return;
        }
        // The user starts the app once more.
        m_trace.note(m_loop.now(), m_label, "does not start", toString(opened.error()));
        m_loop.after(1'000, [this, life = m_life] {
            if (life == m_life && !m_engine)
                start();
        });
        return;
    }
    m_store = std::move(*opened);
    m_working = m_suspended = false;
    m_wakeAt = MonoTime{INT64_MAX};
    const bool logs = std::getenv("SKEIN_SIM_LOG") != nullptr;
    Logger logger;
    if (logs) {
        logger = Logger(
            [this](LogLevel, std::string_view area, std::string_view text) {
                m_trace.note(m_loop.now(), m_label, area, text);
            },
            "engine", LogLevel::Debug);
    }
    m_engine = std::make_unique<engine::Engine>(
        *m_store, engine::Host{*this, m_random, m_socket, *this, *this, m_metrics, logger, &m_http},
        engine::Config{m_device, m_user, m_name, "sim"});
    m_trace.note(m_loop.now(), m_label, "started");
    m_engine->start();
    touched();
    if (started)
        started();
}

void ClientNode::kill(bool powerCut)
{
    if (m_engine)
        m_trace.note(m_loop.now(), m_label, powerCut ? "power cut" : "killed");
    ++m_life;
    m_effectsLeft = -1;
    m_inbox.clear();
    m_opened.clear();
    m_views.clear();
    m_disk.freeze();
    m_reader.reset();
    m_engine.reset();
    m_store.reset();
    sqlite3_close(std::exchange(m_look, nullptr));
    if (powerCut) {
        m_disk.powerCut(m_random);
        m_drafts.clear(); // one that another device wrote is not synced here
    }
    m_disk.thaw();
    m_socket.close();
    m_http.close();
}

// What the skin does with the account's folder (sdk/qt).
void ClientNode::wipe()
{
    if (wiping)
        wiping();
    kill();
    m_trace.note(m_loop.now(), m_label, "wiped");
    m_wiped = true;
    m_disk.restore({});
    m_drafts.clear();
    m_olderDrafts.clear();
}

sqlite3* ClientNode::look()
{
    if (!m_look) {
        sqlite3_open_v2(m_path.c_str(), &m_look,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, nullptr);
    }
    return m_look;
}

void ClientNode::suspend()
{
    m_trace.note(m_loop.now(), m_label, "suspended");
    m_suspended = true;
}

void ClientNode::resume()
{
    if (!m_engine || !m_suspended || dying())
        return;
    m_trace.note(m_loop.now(), m_label, "resumed");
    m_suspended = false;
    while (!m_inbox.empty() && m_engine) {
        auto action = std::move(m_inbox.front());
        m_inbox.pop_front();
        action();
    }
    if (m_engine) {
        m_engine->resumed();
        m_engine->tick();
    }
    touched();
}

void ClientNode::act(std::function<void()> action)
{
    if (!m_engine || dying())
        return;
    if (m_suspended) {
        m_inbox.push_back(std::move(action));
        return;
    }
    action();
    touched();
}

void ClientNode::later(std::function<void()> action)
{
    m_loop.after(1, [this, life = m_life, action = std::move(action)] {
        if (life == m_life)
            act(action);
    });
}

void ClientNode::touched()
{
    if (!m_engine || m_suspended || dying())
        return;
    if (!m_working && m_engine->hasWork()) {
        m_working = true;
        m_loop.after(0, [this, life = m_life] {
            if (life != m_life)
                return;
            m_working = false;
            act([this] { m_engine->work(); });
        });
    }
    const MonoTime next = std::max(m_engine->nextWakeupAt(), m_loop.now());
    if (next.ms > m_loop.now().ms + 86'400'000 || (next >= m_wakeAt && m_wakeAt > m_loop.now()))
        return;
    m_wakeAt = next;
    m_loop.at(next, [this, life = m_life, next] {
        if (life != m_life || m_wakeAt != next)
            return;
        m_wakeAt = MonoTime{INT64_MAX};
        if (m_suspended || dying())
            return;
        m_engine->tick();
        // One that leaves something due at once, time after time, would spin for ever. Counted by
        // ticks: frames that come in the meantime are no fault of its.
        m_sameTick = m_engine->nextWakeupAt() <= m_loop.now() ? m_sameTick + 1 : 0;
        if (m_sameTick > kSameTickMax) {
            m_trace.fail(m_loop.now(), m_label + ": the engine wants to be woken at once for ever");
            m_sameTick = 0;
            return;
        }
        touched();
    });
}

offline::Reader& ClientNode::reader()
{
    if (!m_reader) {
        auto opened = offline::Reader::open(m_path);
        if (!opened) {
            std::fprintf(stderr, "reader: %s\n", toString(opened.error()).c_str());
            std::abort();
        }
        m_reader = std::move(*opened);
    }
    return *m_reader;
}

// ---- network ----

void ClientNode::Way::open()
{
    m_messages.clear();
    connection = m_node.m_network.open(m_node.m_index, m_node, m_via == engine::Via::Socket);
}
void ClientNode::Way::send(std::string text)
{
    if (m_node.dying())
        return;
    if (!m_node.spend()) {
        m_node.m_disk.freeze();
        return;
    }
    checkOrder(text);
    m_node.m_network.send(connection, m_node.older ? olderClientFrame(text) : std::move(text));
}
void ClientNode::Way::checkOrder(const std::string& text)
{
    if (text.find("\"message_send\"") == std::string::npos)
        return;
    const auto frame = protocol::decodeClientFrame(text);
    const auto* message = frame ? std::get_if<protocol::MessageSend>(&*frame) : nullptr;
    if (!message)
        return;
    if (!message->prev.empty() && !m_messages.contains(message->prev))
        m_node.m_trace.fail(m_node.m_loop.now(), m_node.m_label + ": " + message->tempId.str() +
                                                     " goes ahead of " + message->prev.str());
    m_messages.insert(message->tempId);
}
std::size_t ClientNode::Way::unsentBytes() const
{
    return m_node.m_network.unsentBytes(connection);
}
void ClientNode::Way::close()
{
    if (connection)
        m_node.m_network.close(std::exchange(connection, 0));
}

ClientNode::Way* ClientNode::wayOf(server::ConnId connection)
{
    for (Way* way : {&m_socket, &m_http}) {
        if (way->connection == connection)
            return way;
    }
    return nullptr;
}

void ClientNode::opened(server::ConnId connection)
{
    act([this, connection] {
        if (const Way* way = wayOf(connection))
            m_engine->transportOpened(way->via());
    });
}

void ClientNode::closed(server::ConnId connection, std::uint16_t code)
{
    act([this, connection, code] {
        Way* way = wayOf(connection);
        if (!way)
            return;
        m_trace.note(m_loop.now(), m_label, "closed", std::to_string(code));
        way->connection = 0;
        m_engine->transportClosed(code, "", way->via());
    });
}

void ClientNode::arrived(server::ConnId connection, const std::string& text)
{
    if (older) {
        const auto known = olderServerFrame(text);
        if (!known)
            return;
        act([this, connection, text = *known] {
            if (const Way* way = wayOf(connection))
                m_engine->frameReceived(text, way->via());
        });
        return;
    }
    act([this, connection, text] {
        if (const Way* way = wayOf(connection))
            m_engine->frameReceived(text, way->via());
    });
}

void ClientNode::requestToken(bool)
{
    later([this] {
        if (revoked)
            return m_engine->tokenReady(fail(ErrorCode::DeviceRevoked, "session"));
        if (m_random.chance(refreshFails)) {
            m_trace.note(m_loop.now(), m_label, "no token");
            return m_engine->tokenReady(
                fail(m_random.chance(0.5) ? ErrorCode::ServerBusy : ErrorCode::Transport, "token"));
        }
        m_engine->tokenReady(m_issueToken(m_user, session(), m_device, tokenLifetimeMs));
    });
}

// ---- screen ----

void ClientNode::linkChanged(const engine::LinkState& state)
{
    m_trace.note(m_loop.now(), m_label, "link", std::to_string(static_cast<int>(state.link)));
    if (revoked && state.link == engine::Link::Stopped && state.error &&
        state.error->code == ErrorCode::DeviceRevoked) {
        // Not from inside of the engine's call.
        m_loop.after(0, [this, life = m_life] {
            if (life == m_life)
                wipe();
        });
        return;
    }
    if (state.link == engine::Link::Stopped && !dying()) {
        m_trace.fail(m_loop.now(),
                     m_label + ": stopped: " + (state.error ? toString(*state.error) : "?"));
    }
}

void ClientNode::roomsChanged(const std::vector<offline::RoomRow>& changed,
                              const std::vector<RoomId>& removed)
{
    for (const offline::RoomRow& row : changed) {
        m_drafts[row.room] = row.draft;
        draftTold(row.room, row.draft);
    }
    for (const RoomId& room : removed) {
        m_drafts.erase(room);
        m_olderDrafts.erase(room);
        m_opened.erase(room);
        m_views.erase(room);
    }
}

void ClientNode::commandFailed(const TempId& tempId, const Error& error)
{
    m_trace.note(m_loop.now(), m_label, "command failed", tempId.str() + " " + toString(error));
}

void ClientNode::load(const RoomId& room, View& view)
{
    view.rows.clear();
    view.from = 0;
    auto page = reader().newest(room, kViewRows);
    if (!page)
        return;
    for (auto& row : page->rows)
        view.rows[row.rowId] = row;
    if (!page->atOldest && !page->rows.empty())
        view.from = page->rows.back().position;
}

void ClientNode::timelineChanged(const engine::TimelineChange& change)
{
    const auto found = m_views.find(change.room);
    if (found == m_views.end())
        return;
    View& view = found->second;
    if (change.reset)
        return load(change.room, view);
    for (const auto id : change.removed)
        view.rows.erase(id);
    for (const auto& row : change.upserted)
        view.rows[row.rowId] = row;
}

void ClientNode::openRoom(const RoomId& room)
{
    m_opened.insert(room);
    load(room, m_views[room]);
    m_trace.note(m_loop.now(), m_label, "open", room.str());
    m_engine->openRoom(room);
    touched();
}

void ClientNode::closeRoom(const RoomId& room)
{
    m_opened.erase(room);
    m_views.erase(room);
    m_trace.note(m_loop.now(), m_label, "close", room.str());
    m_engine->closeRoom(room);
    touched();
}

void ClientNode::checkScreen()
{
    for (auto& [room, view] : m_views) {
        View now;
        load(room, now);
        const offline::Position from = std::max(view.from, now.from);
        for (const auto& [id, row] : now.rows) {
            if (row.position < from)
                continue;
            const auto shown = view.rows.find(id);
            if (shown == view.rows.end()) {
                m_trace.fail(m_loop.now(), m_label + ": row at " + std::to_string(row.position) +
                                               " of " + room.str() + " is stored and not shown");
            } else if (!(unnamed(shown->second) == unnamed(row))) {
                m_trace.fail(m_loop.now(), m_label + ": row at " + std::to_string(row.position) +
                                               " of " + room.str() + " is shown as " +
                                               toText(shown->second) + " and stored as " +
                                               toText(row));
            }
        }
        for (const auto& [id, row] : view.rows) {
            if (row.position > from && !now.rows.contains(id))
                m_trace.fail(m_loop.now(), m_label + ": row at " + std::to_string(row.position) +
                                               " of " + room.str() + " is shown and not stored");
        }
    }
}

std::string ClientNode::oldRowsShown()
{
    sqlite3_stmt* rows = nullptr;
    sqlite3_prepare_v2(look(),
                       "SELECT r.server_id, s.lo, s.hi, s.as_of FROM spans s JOIN rooms r"
                       " ON r.id = s.room WHERE r.member = 1 AND s.as_of < r.head",
                       -1, &rows, nullptr);
    std::string found;
    while (found.empty() && sqlite3_step(rows) == SQLITE_ROW) {
        const RoomId room(reinterpret_cast<const char*>(sqlite3_column_text(rows, 0)));
        if (m_opened.contains(room))
            found = m_label + ": " + room.str() + " from " +
                    std::to_string(sqlite3_column_int64(rows, 1)) + " to " +
                    std::to_string(sqlite3_column_int64(rows, 2)) + " as of " +
                    std::to_string(sqlite3_column_int64(rows, 3));
    }
    sqlite3_finalize(rows);
    return found;
}

} // namespace skein::sim
