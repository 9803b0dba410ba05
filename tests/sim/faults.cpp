// What goes wrong in a run: network, processes, disks, clocks.
#include "tests/sim/simulation.h"

namespace skein::sim
{
namespace
{

constexpr int kRestoresMax = 2;
constexpr std::int64_t kWallJumpMs = 3'600'000;
constexpr int kEffectsMax = 60; ///< writes to disk or network that a doomed process still gets done

} // namespace

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
    m_server.kill(m_random.chance(0.5)); // its disk always tracks
    m_network.serverDied();
    m_loop.after(afterMs, [this] {
        if (!m_server.service())
            m_server.start();
    });
}

void Simulation::restoreServer()
{
    ++m_restores;
    m_checker.restoring(m_clients);
    m_server.restoreBackup();
    m_network.serverDied();
    m_checker.restored();
    m_loop.after(between(1, 15'000), [this] {
        if (!m_server.service())
            m_server.start();
    });
}

void Simulation::restartClient(ClientNode& client, std::int64_t afterMs)
{
    client.kill(m_powerCuts && m_random.chance(0.5));
    m_loop.after(afterMs, [&client] {
        if (!client.alive())
            client.start();
    });
}

void Simulation::brokenDisk(Disk& disk, std::int64_t forMs)
{
    if (m_random.chance(0.5))
        disk.full = true;
    else
        disk.failures = m_random.chance(0.5) ? 1.0 : 0.05;
    m_trace.note(m_loop.now(), "disk", disk.full ? "full" : "failing", std::to_string(forMs));
    m_loop.after(forMs, [&disk] {
        disk.full = false;
        disk.failures = 0;
    });
}

void Simulation::scheduleRevocation()
{
    constexpr std::size_t kDevicesMin = 3; // two are left to converge
    if (m_clients.size() < kDevicesMin)
        return;
    m_loop.after(between(1'000, 60'000), [this] { revoke(anyClient()); });
}

void Simulation::revoke(ClientNode& client)
{
    if (m_healing)
        return;
    if (!m_server.service()) {
        m_loop.after(1'000, [this, &client] { revoke(client); }); // nobody is there to be asked
        return;
    }
    m_trace.note(m_loop.now(), client.label(), "revoked");
    client.revoked = true;
    m_server.revoke(client.session());
}

void Simulation::serverFault(std::uint64_t which)
{
    switch (which) {
    case 0:
        if (m_server.service())
            restartServer(between(1, 15'000));
        break;
    case 1:
        if (m_server.service())
            m_server.dieAfter(static_cast<int>(between(0, kEffectsMax)));
        break;
    case 2:
        if (m_server.service()) {
            m_trace.note(m_loop.now(), "server", "drain");
            m_server.drain(2'000);
            m_loop.after(between(100, 5'000), [this] {
                if (m_server.service())
                    restartServer(between(1, 5'000));
            });
        }
        break;
    case 3:
        if (m_brokenDisks)
            brokenDisk(m_server.disk(), between(200, 20'000));
        break;
    case 4: {
        const std::int64_t by = m_random.chance(0.5) ? kWallJumpMs : -kWallJumpMs;
        m_trace.note(m_loop.now(), "server", "clock", std::to_string(by));
        m_server.jumpWall(by);
        break;
    }
    default:
        if (!m_backups || !m_server.service())
            break;
        if (m_server.hasBackup() && m_restores < kRestoresMax && m_random.chance(0.5))
            restoreServer();
        else
            m_server.backUp();
        break;
    }
}

void Simulation::fault()
{
    ClientNode& client = anyClient();
    switch (m_random.below(17)) {
    case 16: {
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
        if (client.running())
            restartClient(client, between(1, 20'000));
        break;
    case 4:
    case 5:
        if (client.running())
            client.dieAfter(static_cast<int>(between(0, kEffectsMax)));
        break;
    case 6:
    case 7:
    case 8:
    case 9:
    case 10:
        serverFault(m_random.below(7));
        break;
    case 11:
        client.jumpWall(m_random.chance(0.5) ? kWallJumpMs : -kWallJumpMs);
        break;
    case 12:
        if (client.running()) {
            client.suspend();
            m_loop.after(between(100, 90'000), [&client] { client.resume(); });
        }
        break;
    case 13:
        if (m_brokenDisks)
            brokenDisk(client.disk(), between(200, 30'000));
        break;
    default:
        if (m_slow) {
            const auto rate = m_random.chance(0.4) ? 0 : between(20, 4'000);
            m_trace.note(m_loop.now(), client.label(), "slow", std::to_string(rate));
            m_network.slow(client.index(), rate);
            m_loop.after(between(1'000, 45'000),
                         [this, index = client.index()] { m_network.slow(index, -1); });
        }
        break;
    }
}

} // namespace skein::sim
