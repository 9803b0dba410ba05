// The real service over the real store on a disk of its own (disk.h), with a commit that takes time
// and a process that can be killed at any effect; and the administrator who makes backups and
// restores them. Thread: one.
#pragma once

#include "server/service/service.h"
#include "server/service/tokens.h"
#include "server/storage/sqlite/store.h"
#include "tests/sim/disk.h"
#include "tests/sim/network.h"

#include <map>
#include <memory>
#include <set>
#include <string>

namespace skein::sim
{

inline constexpr std::int64_t kGapMax = 1'000; ///< as the server has it

/// The server's clocks: virtual time, and a wall clock that an administrator or NTP moves.
class ServerClock final : public Clock
{
public:
    explicit ServerClock(Loop& loop)
        : m_loop(loop)
    {
    }
    [[nodiscard]] MonoTime now() const override { return m_loop.now(); }
    [[nodiscard]] WallTime wallNow() const override
    {
        return m_loop.clock().wallNow() + Milliseconds(m_offset);
    }
    void jump(std::int64_t ms) { m_offset += ms; }

private:
    Loop& m_loop;
    std::int64_t m_offset = 0;
};

/// Who is a member of what, from the committed operations alone.
using Membership = std::map<RoomId, std::set<UserId>>;

class ServerNode
{
public:
    ServerNode(Loop& loop, Trace& trace, Random& random, server::Outbound& outbound);
    ~ServerNode();

    void start();
    /// The process dies: what is not committed is gone, answers on their way are not given.
    /// `powerCut`: and what the disk had not synced.
    void kill(bool powerCut = false);
    /// The process dies after that many more writes to the disk or the network; `died` follows.
    void dieAfter(int effects) { m_effectsLeft = effects; }
    std::function<void()> died;
    std::function<void()> started; ///< it serves
    bool spend();
    /// A copy of all files at this moment, as a snapshot of the volume would be.
    void backUp();
    [[nodiscard]] bool hasBackup() const { return !m_backup.empty(); }
    /// The disk becomes the last backup; the next start() begins a new generation.
    void restoreBackup();
    void drain(std::int64_t windowMs);
    /// As another device of its user asks for: closes its connections, now and after each start.
    void revoke(const SessionId& session);
    /// Something was handed to the service: arranges its ticks and commits.
    void touched();

    /// Null while it is down, or dead and not buried yet.
    [[nodiscard]] server::Service* service() { return m_disk.frozen() ? nullptr : m_service.get(); }
    /// As a refresh answers it.
    [[nodiscard]] std::string issueToken(const UserId& user, const SessionId& session,
                                         const DeviceId& device, std::int64_t lifetimeMs) const
    {
        return m_tokens.issue(user, session, device, m_clock.wallNow(), lifetimeMs);
    }
    void jumpWall(std::int64_t ms) { m_clock.jump(ms); }
    [[nodiscard]] const Membership& membership() const { return m_membership; }
    [[nodiscard]] Disk& disk() { return m_disk; }
    [[nodiscard]] std::string uri() const { return m_disk.uri("skein.db"); }
    [[nodiscard]] std::string integrity();
    void addUser(const UserId& id, const std::string& name);
    /// A room of these users with a long history, before anybody connects: longer than what is
    /// caught up with in one go, so that devices begin with a page and a hole.
    void addOldRoom(const RoomId& id, const std::vector<UserId>& members, std::int64_t messages);
    /// Many rooms of these users with one message each.
    void addManyRooms(const std::vector<UserId>& members, std::int64_t count);

    std::int64_t commitMs = 2;
    double commitStalls = 0; ///< chance of a commit that takes long enough for message_pending
    std::int64_t gapMax = kGapMax; ///< who missed more of a room gets its newest page and a hole
    double readStalls = 0;         ///< chance of an answer to a read that writes overtake
    double readsRefused = 0;       ///< chance of a read that is refused for now
    double commitFails = 0;        ///< chance of a commit that the disk refuses
    protocol::Limits limits;       ///< of the next start

private:
    class Observed;
    void pump();
    void answerRead(std::function<void()> answer);
    server::RoomKey makeRoom(const RoomId& id, const std::vector<UserId>& members);
    void pumpAll();

    Loop& m_loop;
    Trace& m_trace;
    Random& m_random;
    server::Outbound& m_outbound;
    Disk m_disk{true};
    Disk::Image m_backup;
    bool m_restored = false;
    int m_effectsLeft = -1; ///< -1: no end is planned
    ServerClock m_clock;
    server::Tokens m_tokens;
    SeededRandom m_own;
    Metrics m_metrics;
    Membership m_membership;
    std::vector<SessionId> m_revoked; ///< sessions are made by no sign-in here, so no file has them
    std::unique_ptr<server::SqliteStorage> m_storage;
    std::unique_ptr<Observed> m_observed;
    std::unique_ptr<server::Service> m_service;
    std::uint64_t m_life = 0; ///< changes with every start: events of an earlier life do nothing
    bool m_pumping = false;
    MonoTime m_readsAt;
    MonoTime m_tickAt{INT64_MAX};
};

} // namespace skein::sim
