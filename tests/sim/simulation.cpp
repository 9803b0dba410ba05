#include "tests/sim/simulation.h"

#include "protocol/codec.h"

#include <sqlite3.h>

namespace skein::sim
{

using offline::MessageRow;

namespace
{

constexpr std::int64_t kStormMsMax =
    1'800'000; ///< a run that does not get its messages written ends

// More than the server gives in one catch-up (LogRange::gapMax).
constexpr std::int64_t kOldMessagesMin = 1'050, kOldMessagesMax = 1'400;
// What the server lets one user send, in messages a minute (protocol::Limits).
constexpr std::int64_t kMsPerMessage = 500;

std::string diskName(std::uint64_t seed)
{
    static std::uint64_t serial = 0;
    return "sim-" + std::to_string(seed) + "-" + std::to_string(serial++);
}

} // namespace

Outcome simulate(const Options& options)
{
    return Simulation(options).run();
}

Simulation::Simulation(const Options& options)
    : m_options(options)
    , m_trace(options.print)
    , m_random(options.seed)
    , m_network(m_loop, m_trace, m_random, *this)
    , m_server(m_loop, m_trace, m_random, m_network)
    , m_checker(m_loop, m_trace, m_server)
{
}

Simulation::~Simulation()
{
    m_clients.clear();
    m_server.kill();
}

std::int64_t Simulation::between(std::int64_t low, std::int64_t high)
{
    return low +
           static_cast<std::int64_t>(m_random.below(static_cast<std::uint64_t>(high - low + 1)));
}

ClientNode& Simulation::anyClient()
{
    return *m_clients[m_random.below(m_clients.size())];
}

std::vector<offline::RoomRow> Simulation::rooms(ClientNode& client)
{
    auto listed = client.reader().rooms(0, 100);
    return listed ? std::move(*listed) : std::vector<offline::RoomRow>();
}

void Simulation::leaving(int client, const server::FramePtr& frame)
{
    m_checker.leaving(*m_clients[static_cast<std::size_t>(client)], frame);
}

void Simulation::build()
{
    m_server.start();
    const auto users = between(2, 6);
    const auto devices =
        between(std::max<std::int64_t>(2, users), std::min<std::int64_t>(16, users * 3));
    for (std::int64_t i = 0; i < users; ++i) {
        m_users.emplace_back("user-" + std::to_string(i));
        m_server.addUser(m_users.back(), "name" + std::to_string(i));
    }
    m_loop.run(m_loop.now() + Milliseconds(100));
    if (m_random.chance(0.15))
        m_server.addOldRoom(RoomId("old-room"), m_users, between(kOldMessagesMin, kOldMessagesMax));
    const std::string disk = diskName(m_options.seed);
    for (std::int64_t i = 0; i < devices; ++i) {
        const auto user = static_cast<std::size_t>(i % users);
        m_clients.push_back(std::make_unique<ClientNode>(
            m_loop, m_trace, m_random, m_network, m_server.tokens(), static_cast<int>(i),
            m_users[user], "name" + std::to_string(user), disk));
        m_clients.back()->start();
    }
    m_loop.run(m_loop.now() + Milliseconds(2'000));
    const auto count = between(1, 4);
    for (std::int64_t i = 0; i < count; ++i) {
        ClientNode& maker = *m_clients[static_cast<std::size_t>(i) % m_clients.size()];
        std::vector<std::string> members;
        for (const UserId& user : m_users) {
            if (user != maker.user() && (i == 0 || m_random.chance(0.6)))
                members.push_back(user.str());
        }
        if (!maker.engine().createRoom(protocol::RoomKind::General, "room " + std::to_string(i),
                                       members))
            m_trace.fail(m_loop.now(), "a room cannot be made");
        maker.touched();
    }
    m_loop.run(m_loop.now() + Milliseconds(3'000));

    // What kind of run this is.
    m_pace = between(20, 1'500);
    m_manages = m_random.chance(0.5);
    Weather& weather = m_network.weather;
    weather.delayMax = weather.delayMin + between(0, m_random.chance(0.3) ? 3'000 : 300);
    if (m_random.chance(0.15))
        return; // a calm one
    m_faultEvery = between(2'000, 40'000);
    const double loss = static_cast<double>(between(0, 30)) / 100.0;
    m_proxy = m_random.chance(0.3);
    if (m_proxy) {
        weather.drops = loss;
        weather.doubles = static_cast<double>(between(0, 20)) / 100.0;
    } else {
        weather.breaks = loss / 15.0;
        weather.silences = m_random.chance(0.5) ? loss / 60.0 : 0;
    }
    weather.refusals = loss;
    m_server.commitMs = between(1, 30);
    m_server.commitStalls = 0.01;
    if (m_random.chance(0.2))
        m_server.commitFails = 0.05;
    for (const auto& client : m_clients) {
        if (m_random.chance(0.1))
            client->tokenLifetimeMs = between(5'000, 120'000);
    }
}

void Simulation::scheduleWork()
{
    m_loop.after(between(0, m_pace * 2), [this] {
        if (m_healing)
            return;
        ClientNode& client = anyClient();
        if (client.running()) {
            act(client);
            client.touched();
        }
        scheduleWork();
    });
}

void Simulation::write(ClientNode& client, const RoomId& room)
{
    const auto burst = m_random.chance(0.1) ? between(2, 20) : 1;
    for (std::int64_t i = 0; i < burst && m_written < m_options.messages; ++i) {
        engine::Draft draft;
        draft.body = "m" + std::to_string(m_written) + " from " + client.label();
        draft.endsDraft = m_random.chance(0.3);
        auto sent = client.engine().send(room, draft);
        if (!sent) {
            m_trace.note(m_loop.now(), client.label(), "not written", toString(sent.error()));
            return;
        }
        ++m_written;
        m_trace.note(m_loop.now(), client.label(), "write", sent->str() + " " + draft.body);
        m_checker.wrote(client.index(), *sent, room, draft.body);
    }
}

void Simulation::change(ClientNode& client, const RoomId& room)
{
    auto page = client.reader().newest(room, 30);
    if (!page || page->rows.empty())
        return;
    const MessageRow& row = page->rows[m_random.below(page->rows.size())];
    if (row.type == MessageRow::Type::Hole) {
        client.engine().wantHistory(room, row.holeHi.next());
        return;
    }
    const auto what = m_random.below(12);
    Result<TempId> done = TempId();
    if (what >= 10) {
        done = client.engine().pin(room, row.rowId, m_random.chance(0.7));
    } else if (what < 5) {
        done = client.engine().react(room, row.rowId, m_random.chance(0.5) ? "+1" : "heart",
                                     m_random.chance(0.7));
    } else if (row.own && what < 8 && !row.deleted) {
        const std::string body = row.body + "!";
        done = client.engine().edit(room, row.rowId, body);
        if (done && !row.tempId.empty())
            m_checker.rewrote(row.tempId, body);
    } else if (row.own && !row.deleted) {
        done = client.engine().remove(room, row.rowId);
        if (done && !row.seq)
            m_checker.discarded(row.tempId);
    }
    m_trace.note(m_loop.now(), client.label(), "change",
                 std::to_string(what) + " " + row.body + (done ? "" : toString(done.error())));
}

void Simulation::manage(ClientNode& client, const RoomId& room)
{
    if (m_random.chance(0.3)) {
        const std::string name = "name " + std::to_string(between(1, 999));
        auto done = m_random.chance(0.7) ? client.engine().updateRoom(room, {name, {}, {}})
                                         : client.engine().updateRoom(room, {{}, name, {}});
        m_trace.note(m_loop.now(), client.label(), "rename",
                     room.str() + " " + name + (done ? "" : " " + toString(done.error())));
        return;
    }
    const UserId& user = m_users[m_random.below(m_users.size())];
    std::optional<protocol::Role> role;
    if (m_random.chance(0.6))
        role = protocol::Role::Member;
    auto done = client.engine().setMember(room, user, role);
    m_trace.note(m_loop.now(), client.label(), role ? "add" : "remove",
                 user.str() + " " + room.str() + (done ? "" : " " + toString(done.error())));
}

void Simulation::settleFailed(ClientNode& client, const RoomId& room)
{
    auto page = client.reader().newest(room, 30);
    if (!page)
        return;
    for (const MessageRow& row : page->rows) {
        if (row.status != offline::Status::Failed)
            continue;
        const bool again = m_random.chance(0.3);
        auto done = again ? client.engine().retry(row.tempId) : client.engine().discard(row.tempId);
        if (done && !again)
            m_checker.discarded(row.tempId);
        m_trace.note(m_loop.now(), client.label(), again ? "retry" : "discard", row.tempId.str());
        return;
    }
}

void Simulation::act(ClientNode& client)
{
    const auto listed = rooms(client);
    if (listed.empty())
        return;
    const offline::RoomRow& row = listed[m_random.below(listed.size())];
    const RoomId room = row.room;
    const auto what = m_random.below(100);
    engine::Engine& engine = client.engine();
    if (what < 50) {
        write(client, room);
    } else if (what < 62) {
        change(client, room);
    } else if (what < 72) {
        if (row.head)
            engine.markRead(room, Seq(between(1, row.head.value())));
    } else if (what < 75) {
        engine.typing(room, m_random.chance(0.7));
    } else if (what < 85) {
        if (client.opened().contains(room) && m_random.chance(0.5))
            client.closeRoom(room);
        else if (!client.opened().contains(room))
            client.openRoom(room);
    } else if (what < 89) {
        engine.wantHistory(room, Seq(between(0, row.head.value())));
    } else if (what < 91) {
        engine.wantAround(room, Seq(between(1, row.head.value() + 1)));
    } else if (what < 95) {
        const std::string text =
            m_random.chance(0.3) ? "" : "draft " + std::to_string(between(1, 999));
        if (!row.draftOther.empty() && m_random.chance(0.3))
            (void)engine.settleOtherDraft(room, m_random.chance(0.5));
        else
            (void)engine.setDraft(room, text);
    } else if (what < 98) {
        settleFailed(client, room);
    } else if (m_manages) {
        manage(client, room);
    }
}

void Simulation::scheduleFaults()
{
    if (!m_faultEvery)
        return;
    m_loop.after(between(1, m_faultEvery * 2), [this] {
        if (m_healing)
            return;
        fault();
        scheduleFaults();
    });
}

void Simulation::restartServer(std::int64_t afterMs)
{
    m_server.kill();
    m_network.serverDied();
    m_loop.after(afterMs, [this] {
        if (!m_server.service())
            m_server.start();
    });
}

void Simulation::restartClient(ClientNode& client, std::int64_t afterMs)
{
    client.kill();
    m_loop.after(afterMs, [this, &client] {
        if (client.running())
            return;
        client.start();
        m_checker.survived(client);
    });
}

void Simulation::fault()
{
    ClientNode& client = anyClient();
    switch (m_random.below(11)) {
    case 10: {
        const auto length = between(1'000, 180'000);
        m_trace.note(m_loop.now(), client.label(), "sockets blocked", std::to_string(length));
        m_network.blockSockets(client.index(), true);
        m_loop.after(length, [this, &client] { m_network.blockSockets(client.index(), false); });
        break;
    }
    case 0:
        m_network.breakAll(client.index());
        break;
    case 1:
        m_trace.note(m_loop.now(), client.label(), "half open");
        m_network.silence(client.index());
        break;
    case 2: {
        const auto length = between(500, 60'000);
        m_trace.note(m_loop.now(), client.label(), "partition", std::to_string(length));
        m_network.partition(client.index(), m_loop.now() + Milliseconds(length));
        break;
    }
    case 3:
    case 4:
    case 5:
        if (client.running())
            restartClient(client, between(1, 20'000));
        break;
    case 6:
        if (m_server.service())
            restartServer(between(1, 15'000));
        break;
    case 7:
        if (m_server.service()) {
            m_trace.note(m_loop.now(), "server", "drain");
            m_server.drain(2'000);
            m_loop.after(between(100, 5'000), [this] {
                if (m_server.service())
                    restartServer(between(1, 5'000));
            });
        }
        break;
    case 8:
        client.jumpWall(m_random.chance(0.5) ? 3'600'000 : -3'600'000);
        break;
    default:
        if (client.running()) {
            client.suspend();
            m_loop.after(between(100, 90'000), [&client] { client.resume(); });
        }
        break;
    }
}

void Simulation::heal()
{
    m_healing = true;
    m_trace.note(m_loop.now(), "net", "heals");
    m_network.weather = Weather();
    m_server.commitFails = m_server.commitStalls = 0;
    m_server.commitMs = 2;
    if (!m_server.service())
        m_server.start();
    for (const auto& client : m_clients) {
        client->tokenLifetimeMs = server::kAccessTokenMs;
        m_network.partition(client->index(), m_loop.now());
        // Where no socket gets through for good, everything must converge over HTTP.
        m_network.blockSockets(client->index(), m_faultEvery > 0 && m_random.chance(0.1));
        client->resume();
        if (!client->running()) {
            client->start();
            m_checker.survived(*client);
        }
        // The proxy goes away, and its connections with it, or it stays and only becomes faithful:
        // then what it lost must be found on the live connection.
        if (m_proxy && m_random.chance(0.5))
            m_network.breakAll(client->index());
    }
    // A queue longer than the rate limit lets through takes the time that the limit takes.
    std::int64_t unsent = 0;
    for (const auto& client : m_clients) {
        const auto outbox = client->engine().outbox();
        unsent = std::max(unsent, outbox.queued + outbox.inFlight);
    }
    const auto devices = static_cast<std::int64_t>(m_clients.size() / m_users.size() + 1);
    const MonoTime bound =
        m_loop.now() + Milliseconds(kConvergeMs + unsent * devices * kMsPerMessage);
    std::string why;
    while (m_loop.now() < bound) {
        m_loop.run(m_loop.now() + Milliseconds(2'000));
        if (m_checker.converged(m_clients, &why))
            return;
    }
    m_trace.fail(m_loop.now(), "g: not converged in time: " + why);
}

// Up from `from` as far as it is stored; asks for what is not. True: the beginning is reached.
bool Simulation::scrollUp(ClientNode& client, const RoomId& room, offline::Position& from)
{
    constexpr std::size_t kPage = 100;
    while (from != 0) {
        auto page = from == INT64_MAX ? client.reader().newest(room, kPage)
                                      : client.reader().before(room, from, kPage);
        if (!page)
            return true;
        for (const auto& row : page->rows) {
            if (row.type == MessageRow::Type::Hole) {
                client.engine().wantHistory(room, row.holeHi.next());
                return false;
            }
            from = row.position;
        }
        if (page->atOldest) {
            from = 0;
        } else if (page->rows.size() < kPage) {
            client.engine().wantHistory(room, Seq(from == INT64_MAX ? 0 : from));
            return false;
        }
    }
    return true;
}

void Simulation::readEverything()
{
    for (const auto& client : m_clients) {
        for (const auto& room : rooms(*client)) {
            if (!client->opened().contains(room.room))
                client->openRoom(room.room);
        }
    }
    m_loop.run(m_loop.now() + Milliseconds(3'000));
    // As a user who scrolls to the top would: whatever is not stored is asked for.
    constexpr int kRoundsMax = 120;
    bool all = false;
    std::map<std::pair<int, RoomId>, offline::Position> reached;
    for (int round = 0; round < kRoundsMax && !all; ++round) {
        all = true;
        for (const auto& client : m_clients) {
            for (const auto& room : rooms(*client)) {
                auto& from =
                    reached.try_emplace({client->index(), room.room}, INT64_MAX).first->second;
                if (!scrollUp(*client, room.room, from))
                    all = false;
                client->touched();
            }
        }
        m_loop.run(m_loop.now() + Milliseconds(1'000));
    }
    if (!all)
        m_trace.fail(m_loop.now(), "g: the history cannot be read to its beginning");
    m_loop.run(m_loop.now() + Milliseconds(3'000));
}

Outcome Simulation::run()
{
    build();
    scheduleWork();
    scheduleFaults();
    const MonoTime bound = m_loop.now() + Milliseconds(kStormMsMax);
    m_loop.run(bound,
               [this] { return m_written < m_options.messages && m_trace.failures().empty(); });
    if (m_trace.failures().empty())
        heal();
    if (m_trace.failures().empty()) {
        m_checker.final(m_clients);
        readEverything();
        m_checker.final(m_clients);
        for (const auto& client : m_clients)
            client->checkScreen();
        if (m_server.disk().integrity() != "ok")
            m_trace.fail(m_loop.now(), "the server's file is damaged");
    }
    return {m_trace.failures(), m_trace.hash(),          m_loop.events(),
            m_loop.now().ms,    std::int64_t{m_written}, m_checker.confirmed()};
}

} // namespace skein::sim
