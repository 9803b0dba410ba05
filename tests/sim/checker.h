// The promises of docs/reliability.md, checked from outside: a model of its own, fed by what left
// the server and by what users did, compared with the server's log as its file holds it and with
// what each device shows. Shares no code with the engine, the service or the stores but their frame
// and row types. Thread: one.
#pragma once

#include "tests/sim/client.h"
#include "tests/sim/server.h"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace skein::sim
{

/// A message that a user wrote: send() said that it is kept.
struct Written {
    int client = 0;
    RoomId room;
    std::string body; ///< the last one that the user gave it
    bool discarded = false;
    bool rewritten = false;
    std::set<std::string> mentions; ///< users
};

/// A message as the log's entries, applied in order, make it.
struct Truth {
    std::int64_t seq = 0;
    std::string temp; ///< 16 bytes, as the server keeps it
    std::string sender, body;
    bool counts = false, media = false, edited = false, deleted = false, pinned = false;
};

struct RoomTruth {
    std::int64_t head = 0;
    std::string name, topic;
    bool archived = false;
    std::map<std::int64_t, Truth> messages;
    std::map<std::string, std::int64_t> read, delivered; ///< user → position
    bool membersChanged = false; ///< somebody joined or left since the room was made
};

class Checker
{
public:
    Checker(Loop& loop, Trace& trace, ServerNode& server)
        : m_loop(loop)
        , m_trace(trace)
        , m_server(server)
    {
    }

    // ---- fed while it runs ----
    void wrote(int client, const TempId& temp, const RoomId& room, const std::string& body,
               const std::vector<UserId>& mentions = {});
    void rewrote(const TempId& temp, const std::string& body);
    void discarded(const TempId& temp);
    /// A device was revoked and is about to be emptied: what it had not sent is lost, and is told
    /// as lost.
    void wiped(const ClientNode& client);
    /// The server's disk is about to become an old one …
    void restoring(const std::vector<std::unique_ptr<ClientNode>>& clients);
    /// … and is it: what was confirmed since counts as unsent, and must come again.
    void restored();
    /// A page by filter came.
    void filtered(const ClientNode& client, const RoomId& room, const engine::FilteredPage& page);
    /// From here on nothing changes any more: pages by filter must be whole.
    void expectFiltered() { m_quiet = serverTruth(); }
    /// Somebody has looked at every message on every device: now none of them may be an old state.
    void allSeen() { m_allSeen = true; }
    /// f, and what a confirmation promises.
    void leaving(const ClientNode& to, const server::FramePtr& frame);
    /// The server begins anew to count what a user sends.
    void serverStarted() { m_allowed.clear(); }
    [[nodiscard]] std::int64_t confirmed() const
    {
        return static_cast<std::int64_t>(m_confirmed.size());
    }

    // ---- asked ----
    /// h: right after a start.
    void survived(ClientNode& client);
    /// Everything that was said has arrived everywhere: g is the caller's bound on the time for it.
    [[nodiscard]] bool converged(const std::vector<std::unique_ptr<ClientNode>>& clients,
                                 std::string* why);
    /// Positions of the others, of each other member in open rooms, the own delivered one and the
    /// number of mentions; what is wrong with one of them, or nothing.
    [[nodiscard]] std::string positionsWrong(ClientNode& client,
                                             const std::map<RoomId, RoomTruth>& truth);
    /// a to e and h, over all devices.
    void final(const std::vector<std::unique_ptr<ClientNode>>& clients);

    [[nodiscard]] std::map<RoomId, RoomTruth> serverTruth();
    /// (user, room) → the draft and what stands beside it.
    [[nodiscard]] std::map<std::pair<std::string, RoomId>, std::pair<std::string, std::string>>
    serverDrafts();

private:
    [[nodiscard]] std::string membersWrong(ClientNode& client, const RoomId& room,
                                           const RoomTruth& truth);
    struct Mentions {
        std::int64_t known = 0;
        /// Unread messages whose writer died in the call that wrote them: nobody noted what they
        /// mention.
        std::int64_t unsure = 0;
    };
    [[nodiscard]] Mentions mentionsOf(const std::string& user, const RoomTruth& truth);
    void fail(const std::string& why) { m_trace.fail(m_loop.now(), why); }
    void checkRate(const ClientNode& to, const server::FramePtr& frame);
    void checkLog(const std::map<RoomId, RoomTruth>& truth);
    void checkDevice(ClientNode& client, const std::map<RoomId, RoomTruth>& truth);
    void checkTimeline(ClientNode& client, const RoomId& room, const RoomTruth& truth);
    void checkSpans(ClientNode& client, const std::map<RoomId, RoomTruth>& truth);
    void checkWritten(const std::vector<std::unique_ptr<ClientNode>>& clients,
                      const std::map<RoomId, RoomTruth>& truth);

    struct Confirmed {
        RoomId room;
        std::int64_t seq = 0;
    };
    Loop& m_loop;
    Trace& m_trace;
    ServerNode& m_server;
    std::map<std::string, Written> m_written;           ///< by temp id
    std::map<std::string, const Written*> m_mentioning; ///< the same, by packed temp id
    /// As each device wrote them, in each room.
    std::map<std::pair<int, RoomId>, std::vector<std::string>> m_order;
    /// What the first device looked at shows as the reactions of a message.
    std::map<std::pair<RoomId, std::int64_t>, std::string> m_reactions;
    std::map<std::string, Confirmed> m_confirmed; ///< by temp id
    std::set<std::string> m_inDoubt;    ///< unconfirmed when a backup was restored: they go behind
    std::set<std::string> m_onceLogged; ///< packed temp ids; a device may know nothing newer
    std::optional<std::map<RoomId, RoomTruth>> m_quiet;
    bool m_allSeen = false;
    struct Allowance {
        double left = 0;
        MonoTime at;
    };
    std::map<UserId, Allowance> m_allowed; ///< what a user may be confirmed by now
    server::FramePtr m_lastFrame;
    std::vector<RoomId> m_lastRooms; ///< that it tells something of
    std::vector<std::pair<RoomId, UserId>> m_lastLeaver;
};

} // namespace skein::sim
