#include "tests/sim/simulation.h"

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
    m_server.kill();
    m_clients.clear();
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

// Who was not wiped.
std::vector<ClientNode*> Simulation::left() const
{
    std::vector<ClientNode*> clients;
    for (const auto& client : m_clients) {
        if (!client->wiped())
            clients.push_back(client.get());
    }
    return clients;
}

std::vector<offline::RoomRow> Simulation::rooms(ClientNode& client)
{
    // Of a large account the upper part of the list is what people look at.
    auto listed = client.reader().rooms(0, m_options.rooms ? 30 : 100);
    return listed ? std::move(*listed) : std::vector<offline::RoomRow>();
}

void Simulation::leaving(int client, const server::FramePtr& frame)
{
    m_checker.leaving(*m_clients[static_cast<std::size_t>(client)], frame);
}

bool Simulation::isMember(int client, const RoomId& room)
{
    const auto members = m_server.membership().find(room);
    return members != m_server.membership().end() &&
           members->second.contains(m_clients[static_cast<std::size_t>(client)]->user());
}

void Simulation::addDevice(std::size_t user)
{
    const auto index = static_cast<int>(m_clients.size());
    const auto issue = [this](const UserId& of, const SessionId& session, const DeviceId& device,
                              std::int64_t lifetimeMs) {
        return m_server.issueToken(of, session, device, lifetimeMs);
    };
    auto& client = *m_clients.emplace_back(
        std::make_unique<ClientNode>(m_loop, m_trace, m_random, m_network, issue, index,
                                     m_users[user], "name" + std::to_string(user), m_powerCuts));
    client.older = m_older && m_random.chance(0.4);
    client.started = [this, &client] { m_checker.survived(client); };
    client.died = [this, &client] { restartClient(client, between(1, 20'000)); };
    client.wiping = [this, &client] { m_checker.wiped(client); };
    client.filtered = [this, &client](const RoomId& room, const engine::FilteredPage& page) {
        m_checker.filtered(client, room, page);
    };
}

void Simulation::build()
{
    const bool large = m_options.rooms > 0;
    m_powerCuts = m_random.chance(0.4);
    m_brokenDisks = m_random.chance(0.3);
    m_backups = m_random.chance(0.2);
    m_slow = m_random.chance(0.4);
    m_older = m_random.chance(0.2);
    m_revokes = m_random.chance(0.2);
    // Most rooms in summary, as in an account of thousands.
    if (m_random.chance(0.25))
        m_server.limits.fullSubscriptions = between(1, 3);
    m_server.died = [this] { restartServer(between(1, 15'000)); };
    m_server.started = [this] { m_checker.serverStarted(); };
    m_server.start();
    const auto users = large ? 2 : between(2, 6);
    const auto devices =
        large ? 3
              : between(std::max<std::int64_t>(2, users), std::min<std::int64_t>(16, users * 3));
    for (std::int64_t i = 0; i < users; ++i) {
        m_users.emplace_back("user-" + std::to_string(i));
        m_server.addUser(m_users.back(), "name" + std::to_string(i));
    }
    m_loop.run(m_loop.now() + Milliseconds(100));
    if (m_random.chance(0.15))
        m_server.addOldRoom(RoomId("old-room"), m_users, between(kOldMessagesMin, kOldMessagesMax));
    if (large)
        m_server.addManyRooms(m_users, m_options.rooms);
    for (std::int64_t i = 0; i < devices; ++i) {
        addDevice(static_cast<std::size_t>(i % users));
        m_clients.back()->start();
    }
    m_loop.run(m_loop.now() + Milliseconds(large ? 20'000 : 2'000));
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
    chooseFaults();
}

void Simulation::chooseFaults()
{
    m_pace = between(20, 1'500);
    // Who is removed while a restored server lacks their messages has them nowhere.
    m_manages = m_random.chance(0.5) && !m_backups;
    Weather& weather = m_network.weather;
    weather.delayMax = weather.delayMin + between(0, m_random.chance(0.3) ? 3'000 : 300);
    if (m_random.chance(0.1))
        return; // a calm one
    m_faultEvery = between(2'000, 30'000);
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
    m_server.readStalls = m_random.chance(0.5) ? 0.2 : 0;
    if (m_random.chance(0.4)) {
        m_server.gapMax = between(4, 60);
        // Where holes are filled, what changes meanwhile is to overtake the page that fills them.
        if (m_server.readStalls > 0)
            m_server.readStalls = 0.6;
    }
    if (m_random.chance(0.2))
        m_server.commitFails = 0.05;
    for (const auto& client : m_clients) {
        if (m_random.chance(0.1))
            client->tokenLifetimeMs = between(5'000, 120'000);
        if (m_random.chance(0.3))
            client->refreshFails = static_cast<double>(between(5, 60)) / 100.0;
    }
}

void Simulation::heal()
{
    m_healing = true;
    if (m_proxy)
        lastWords();
    m_trace.note(m_loop.now(), "net", "heals");
    m_network.weather = Weather();
    m_server.commitFails = m_server.commitStalls = m_server.readStalls = 0;
    m_server.commitMs = 2;
    m_server.disk().full = false;
    m_server.disk().failures = 0;
    if (m_server.disk().frozen())
        m_server.kill();
    m_server.dieAfter(-1);
    if (!m_server.service())
        m_server.start();
    bool anyBlocked = false;
    for (const auto& client : m_clients) {
        client->tokenLifetimeMs = server::kAccessTokenMs;
        client->refreshFails = 0;
        m_network.partition(client->index(), m_loop.now());
        // Where no socket gets through for good, everything must converge over HTTP.
        const bool blocked = m_faultEvery > 0 && m_random.chance(0.1);
        m_network.blockSockets(client->index(), blocked);
        anyBlocked = anyBlocked || blocked;
        m_network.slow(client->index(), -1);
        client->disk().full = false;
        client->disk().failures = 0;
        if (client->dying())
            client->kill();
        client->dieAfter(-1);
        client->resume();
        if (!client->alive())
            client->start();
        // The proxy goes away, and its connections with it, or it stays and only becomes faithful:
        // then what it lost must be found on the live connection.
        if (m_proxy && m_random.chance(0.5))
            m_network.breakAll(client->index());
    }
    // A queue longer than the rate limit lets through takes the time that the limit takes.
    std::int64_t unsent = 0;
    for (const auto& client : m_clients) {
        if (!client->alive())
            continue; // wiped
        const auto outbox = client->engine().outbox();
        unsent = std::max(unsent, outbox.queued + outbox.inFlight);
    }
    if (m_restores > 0)
        unsent += m_written; // what a restored server lacks is sent again
    // That no socket gets through is found out by trying, with a back-off between the tries.
    const std::int64_t ladderMs = anyBlocked ? kConvergeMs : 0;
    const auto devices = static_cast<std::int64_t>(m_clients.size() / m_users.size() + 1);
    const MonoTime bound =
        m_loop.now() + Milliseconds(kConvergeMs + ladderMs + unsent * devices * kMsPerMessage);
    std::string why;
    while (m_loop.now() < bound) {
        m_loop.run(m_loop.now() + Milliseconds(2'000));
        if (m_checker.converged(m_clients, &why))
            return;
    }
    m_trace.fail(m_loop.now(), why + " (not converged in time)");
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
            if (row.isHole()) {
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
    // A server that has much to do refuses some of it for now.
    m_server.readsRefused = m_random.chance(0.5) ? 0.6 : 0;
    for (ClientNode* client : left()) {
        for (const auto& room : rooms(*client)) {
            if (!client->opened().contains(room.room)) {
                client->openRoom(room.room);
            } else {
                // Looked at once more: what a gap too large made old under the eyes is asked then.
                client->engine().openRoom(room.room);
                client->touched();
            }
        }
    }
    m_loop.run(m_loop.now() + Milliseconds(3'000));
    // As a user who scrolls to the top would: whatever is not stored is asked for.
    constexpr int kRoundsMax = 120;
    bool all = false;
    std::string old;
    std::map<std::pair<int, RoomId>, offline::Position> reached;
    for (int round = 0; round < kRoundsMax && !all; ++round) {
        all = true;
        for (ClientNode* client : left()) {
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
    // What was stored before is asked about by itself, as fast as the server lets a user ask.
    const auto anyOld = [&] {
        old.clear();
        for (ClientNode* client : left()) {
            if (old.empty())
                old = client->oldRowsShown();
        }
        return !old.empty();
    };
    for (int round = 0; round < kRoundsMax && all && anyOld(); ++round)
        m_loop.run(m_loop.now() + Milliseconds(1'000));
    if (!old.empty())
        m_trace.fail(m_loop.now(), "g: nobody asks how old rows stand now: " + old);
    if (!all)
        m_trace.fail(m_loop.now(), "g: the history cannot be read to its beginning");
    m_server.readsRefused = 0;
    m_loop.run(m_loop.now() + Milliseconds(3'000));
    // What has been opened on a connection whose other end is dead since the storm is told when
    // the heartbeat has noticed.
    const MonoTime bound = m_loop.now() + Milliseconds(kConvergeMs);
    std::string why;
    while (m_loop.now() < bound && !m_checker.converged(m_clients, &why))
        m_loop.run(m_loop.now() + Milliseconds(2'000));
}

// Pages by filter say what the log says, and leave no trace on the device.
void Simulation::checkFiltered()
{
    for (ClientNode* client : left()) {
        for (const auto& room : rooms(*client)) {
            client->engine().wantFiltered(room.room, protocol::kFilterMedia, Seq());
            client->touched();
        }
    }
    m_checker.expectFiltered();
    m_loop.run(m_loop.now() + Milliseconds(5'000));
    m_checker.final(m_clients);
}

Outcome Simulation::run()
{
    build();
    scheduleWork();
    scheduleFaults();
    if (m_revokes)
        scheduleRevocation();
    const MonoTime bound = m_loop.now() + Milliseconds(kStormMsMax);
    m_loop.run(bound,
               [this] { return m_written < m_options.messages && m_trace.failures().empty(); });
    if (m_trace.failures().empty())
        heal();
    if (m_trace.failures().empty()) {
        m_checker.final(m_clients);
        readEverything();
        m_checker.allSeen();
        m_checker.final(m_clients);
        for (ClientNode* client : left())
            client->checkScreen();
        checkFiltered();
        if (m_server.integrity() != "ok")
            m_trace.fail(m_loop.now(), "the server's file is damaged");
    }
    return {m_trace.failures(), m_trace.hash(),          m_loop.events(),
            m_loop.now().ms,    std::int64_t{m_written}, m_checker.confirmed()};
}

} // namespace skein::sim
