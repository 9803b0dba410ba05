// One run: devices, a server, a network, users who write and faults that happen, all decided by one
// seed; then the weather clears and the checkers look. Thread: one.
#pragma once

#include "tests/sim/checker.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace skein::sim
{

struct Options {
    std::uint64_t seed = 1;
    int messages = 500;
    bool print = false;
    int rooms = 0; ///< not 0: a large account, that many rooms
};

struct Outcome {
    std::vector<std::string> failures;
    std::uint64_t traceHash = 0, events = 0;
    std::int64_t virtualMs = 0, written = 0, confirmed = 0;
};

/// Promise g: everything converges within this after the network has healed.
inline constexpr std::int64_t kConvergeMs = 60'000;

[[nodiscard]] Outcome simulate(const Options& options);

/// simulation.cpp: what kind of run it is, its phases. people.cpp: what users do. faults.cpp: what
/// goes wrong.
class Simulation final : private Uplink
{
public:
    explicit Simulation(const Options& options);
    ~Simulation() override;
    Outcome run();

private:
    // Uplink
    server::Service* service() override { return m_server.service(); }
    bool serverWrites() override { return m_server.spend(); }
    void touched() override { m_server.touched(); }
    void leaving(int client, const server::FramePtr& frame) override;
    bool isMember(int client, const RoomId& room) override;

    void build();
    void chooseFaults();
    void addDevice(std::size_t user);
    void scheduleWork();
    void scheduleFaults();
    void scheduleRevocation();
    void act(ClientNode& client);
    void write(ClientNode& client, const RoomId& room);
    void draftTried(const ClientNode& client, const RoomId& room, const std::string& text);
    void change(ClientNode& client, const RoomId& room);
    void manage(ClientNode& client, const offline::RoomRow& row);
    void settleFailed(ClientNode& client, const RoomId& room);
    void fault();
    void serverFault(std::uint64_t which);
    void restartServer(std::int64_t afterMs);
    void restoreServer();
    void restartClient(ClientNode& client, std::int64_t afterMs);
    void brokenDisk(Disk& disk, std::int64_t forMs);
    void revoke(ClientNode& client);
    void heal();
    void lastWords();
    void readEverything();
    void checkFiltered();
    void settled(ClientNode& client, const TempId& temp, const Error& error);
    bool scrollUp(ClientNode& client, const RoomId& room, offline::Position& from);

    [[nodiscard]] std::int64_t between(std::int64_t low, std::int64_t high);
    [[nodiscard]] std::vector<offline::RoomRow> rooms(ClientNode& client);
    [[nodiscard]] ClientNode& anyClient();
    [[nodiscard]] std::vector<ClientNode*> left() const;

    Options m_options;
    Loop m_loop;
    Trace m_trace;
    SeededRandom m_random;
    Network m_network;
    ServerNode m_server;
    Checker m_checker;
    std::vector<std::unique_ptr<ClientNode>> m_clients;
    std::vector<UserId> m_users;
    int m_written = 0;
    std::int64_t m_pace = 300;     ///< ms between actions, on average
    std::int64_t m_faultEvery = 0; ///< ms; 0 = none
    bool m_proxy = false, m_healing = false, m_manages = false;
    bool m_powerCuts = false; ///< disks may lose what was not synced
    bool m_brokenDisks = false;
    bool m_backups = false; ///< the server is restored from one
    bool m_slow = false;    ///< readers
    bool m_older = false;   ///< some devices were not updated yet
    bool m_revokes = false; ///< one device is revoked, where two are left
    int m_restores = 0;
};

} // namespace skein::sim
