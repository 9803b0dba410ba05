// The real service over the real store on a disk in memory, with a commit that takes time and a
// process that can be killed between any two steps. Thread: one.
#pragma once

#include "server/service/service.h"
#include "server/service/tokens.h"
#include "server/storage/sqlite/store.h"
#include "tests/sim/network.h"

#include <map>
#include <memory>
#include <set>
#include <string>

namespace skein::sim
{

/// Who is a member of what, from the committed operations alone.
using Membership = std::map<RoomId, std::set<UserId>>;

class ServerNode
{
public:
    ServerNode(Loop& loop, Trace& trace, Random& random, server::Outbound& outbound);
    ~ServerNode();

    void start();
    /// The process dies: what is not committed is gone, answers on their way are not given.
    void kill();
    void drain(std::int64_t windowMs);
    /// Something was handed to the service: arranges its ticks and commits.
    void touched();

    [[nodiscard]] server::Service* service() { return m_service.get(); }
    [[nodiscard]] const server::Tokens& tokens() const { return m_tokens; }
    [[nodiscard]] const Membership& membership() const { return m_membership; }
    [[nodiscard]] server::MemoryDisk& disk() { return m_disk; }
    void addUser(const UserId& id, const std::string& name);
    /// A room of these users with a long history, before anybody connects: longer than what is
    /// caught up with in one go, so that devices begin with a page and a hole.
    void addOldRoom(const RoomId& id, const std::vector<UserId>& members, std::int64_t messages);

    std::int64_t commitMs = 2;
    double commitStalls = 0; ///< chance of a commit that takes long enough for message_pending
    double commitFails = 0;  ///< chance of a commit that the disk refuses

private:
    class Observed;
    void pump();

    Loop& m_loop;
    Trace& m_trace;
    Random& m_random;
    server::Outbound& m_outbound;
    server::MemoryDisk m_disk;
    server::Tokens m_tokens;
    SeededRandom m_own;
    Metrics m_metrics;
    Membership m_membership;
    std::unique_ptr<server::SqliteStorage> m_storage;
    std::unique_ptr<Observed> m_observed;
    std::unique_ptr<server::Service> m_service;
    std::uint64_t m_life = 0; ///< changes with every start: events of an earlier life do nothing
    bool m_pumping = false;
    MonoTime m_tickAt{INT64_MAX};
};

} // namespace skein::sim
