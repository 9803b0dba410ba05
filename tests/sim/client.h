// One device: the real engine over the real store on a disk of its own (disk.h), with a process
// that can be killed at any effect, suspended and started again. Thread: one.
#pragma once

#include "offline/reader.h"
#include "offline/store.h"
#include "sdk/engine/engine.h"
#include "server/service/tokens.h"
#include "tests/sim/disk.h"
#include "tests/sim/network.h"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

struct sqlite3;

namespace skein::sim
{

/// An access token for a session of the server, by the server's clock.
using IssueToken = std::function<std::string(const UserId&, const SessionId&, const DeviceId&,
                                             std::int64_t lifetimeMs)>;

class ClientNode final : private Peer,
                         private engine::TokenSource,
                         private engine::Listener,
                         private Clock
{
public:
    ClientNode(Loop& loop, Trace& trace, Random& random, Network& network, IssueToken issueToken,
               int index, UserId user, std::string name, bool tracksUnsynced);
    ~ClientNode() override;

    void start();
    /// Nothing is said, nothing is closed. `powerCut`: what the disk had not synced may be gone.
    void kill(bool powerCut = false);
    /// The process dies after that many more writes to the disk or the network; `died` follows.
    void dieAfter(int effects) { m_effectsLeft = effects; }
    std::function<void()> died;
    /// After each successful start.
    std::function<void()> started;
    void suspend();
    void resume();
    /// Something was asked of the engine: arranges its ticks and work.
    void touched();

    [[nodiscard]] bool running() const { return m_engine && !m_suspended && !dying(); }
    [[nodiscard]] bool alive() const { return m_engine && !dying(); }
    /// Died in the middle of something, not buried yet.
    [[nodiscard]] bool dying() const { return m_disk.frozen(); }
    [[nodiscard]] engine::Engine& engine() { return *m_engine; }
    [[nodiscard]] offline::Reader& reader();
    /// A connection for whoever looks at the file.
    [[nodiscard]] sqlite3* look();
    [[nodiscard]] Disk& disk() { return m_disk; }
    [[nodiscard]] const UserId& user() const { return m_user; }
    [[nodiscard]] SessionId session() const { return SessionId("session-" + m_device.str()); }
    [[nodiscard]] const std::string& label() const { return m_label; }
    [[nodiscard]] int index() const { return m_index; }
    [[nodiscard]] const std::set<RoomId>& opened() const { return m_opened; }
    /// What the composers were told to show; kept over a kill, as a user remembers it.
    [[nodiscard]] const std::map<RoomId, std::string>& drafts() const { return m_drafts; }
    void forgetDraft(const RoomId& room) { m_drafts.erase(room); }
    /// setDraft() said that `text` is kept, where `before` stood: however the process ends,
    /// `before` does not come back.
    void draftKept(const RoomId& room, const std::string& before, const std::string& text)
    {
        if (before != text)
            m_olderDrafts[room].insert(before);
    }
    /// … unless it is written again, here or on another device.
    void draftTold(const RoomId& room, const std::string& text)
    {
        if (const auto found = m_olderDrafts.find(room); found != m_olderDrafts.end())
            found->second.erase(text);
    }
    void draftUnsure(const RoomId& room) { m_olderDrafts.erase(room); }
    void draftsUnsure() { m_olderDrafts.clear(); }
    [[nodiscard]] const std::map<RoomId, std::set<std::string>>& olderDrafts() const
    {
        return m_olderDrafts;
    }

    /// From where on pages by filter were asked for that do not begin with the newest message; an
    /// answer may be late.
    std::map<RoomId, std::set<std::int64_t>> filteredFrom;

    void openRoom(const RoomId& room);
    void closeRoom(const RoomId& room);
    void jumpWall(std::int64_t ms) { m_wallOffset += ms; }
    /// Compares what the screen was told, change by change, with what the store holds.
    void checkScreen();
    /// A room on the screen some of whose rows the device itself knows to be old; empty: none.
    [[nodiscard]] std::string oldRowsShown();

    std::int64_t tokenLifetimeMs = server::kAccessTokenMs;
    /// Chance that whoever gives the tokens is not reached, or has too much to do.
    double refreshFails = 0;
    /// Somebody revoked this device, somewhere else: no token for it any more.
    bool revoked = false;
    /// It has heard so, and nothing of the account is left on it. `wiping` comes before.
    [[nodiscard]] bool wiped() const { return m_wiped; }
    std::function<void()> wiping;
    /// Speaks the wire as the version before this one did (olderwire.h).
    bool older = false;
    /// A page that was asked for by filter came; the checker compares.
    std::function<void(const RoomId&, const engine::FilteredPage&)> filtered;

private:
    // Peer
    void opened(server::ConnId connection) override;
    void closed(server::ConnId connection, std::uint16_t code) override;
    void arrived(server::ConnId connection, const std::string& text) override;
    // TokenSource
    void requestToken(bool rejected) override;
    // Listener
    void linkChanged(const engine::LinkState& state) override;
    void roomsChanged(const std::vector<offline::RoomRow>& changed,
                      const std::vector<RoomId>& removed) override;
    void timelineChanged(const engine::TimelineChange& change) override;
    void typingChanged(const RoomId&, const std::vector<std::pair<UserId, std::string>>&) override
    {
    }
    void presenceChanged(const std::vector<protocol::PresenceInfo>&) override {}
    void outboxChanged(const engine::OutboxState&) override {}
    void roomCreated(const TempId&, const RoomId&) override {}
    void commandFailed(const TempId& tempId, const Error& error) override;
    void membersLoaded(const RoomId&, const std::vector<protocol::MemberInfo>&) override {}
    void filteredLoaded(const RoomId& room, const engine::FilteredPage& page) override
    {
        if (filtered)
            filtered(room, page);
    }
    // Clock
    [[nodiscard]] MonoTime now() const override { return m_loop.now(); }
    [[nodiscard]] WallTime wallNow() const override
    {
        return m_loop.clock().wallNow() + Milliseconds(m_wallOffset);
    }

    [[nodiscard]] bool spend();
    void wipe();
    void later(std::function<void()> action);
    void act(std::function<void()> action);

    /// One of the two ways to the server.
    class Way final : public engine::Transport
    {
    public:
        Way(ClientNode& node, engine::Via via)
            : m_node(node)
            , m_via(via)
        {
        }
        void open() override;
        void send(std::string text) override;
        [[nodiscard]] std::size_t unsentBytes() const override;
        void close() override;
        [[nodiscard]] engine::Via via() const { return m_via; }
        server::ConnId connection = 0;

    private:
        /// What a message names as ahead of it has gone ahead on the same connection: what had no
        /// answer when the last one ended is not left to a timeout.
        void checkOrder(const std::string& text);

        ClientNode& m_node;
        engine::Via m_via;
        std::set<TempId> m_messages; ///< sent on this connection
    };
    [[nodiscard]] Way* wayOf(server::ConnId connection);

    struct View {
        std::map<offline::RowId, offline::MessageRow> rows;
        offline::Position from = 0;
    };
    void load(const RoomId& room, View& view);

    Loop& m_loop;
    Trace& m_trace;
    Network& m_network;
    IssueToken m_issueToken;
    int m_index;
    UserId m_user;
    DeviceId m_device;
    std::string m_name, m_label;
    SeededRandom m_random;
    Disk m_disk;
    std::string m_path;
    sqlite3* m_look = nullptr;
    int m_effectsLeft = -1; ///< -1: no end is planned
    std::int64_t m_wallOffset = 0;
    Metrics m_metrics;
    std::unique_ptr<offline::Store> m_store;
    std::unique_ptr<engine::Engine> m_engine;
    std::unique_ptr<offline::Reader> m_reader;
    Way m_socket{*this, engine::Via::Socket}, m_http{*this, engine::Via::Http};
    std::uint64_t m_life = 0;
    bool m_suspended = false, m_working = false, m_wiped = false;
    std::deque<std::function<void()>> m_inbox; ///< what came while suspended
    MonoTime m_wakeAt{INT64_MAX};
    int m_sameTick = 0;
    std::set<RoomId> m_opened;
    std::map<RoomId, View> m_views;
    std::map<RoomId, std::string> m_drafts;
    std::map<RoomId, std::set<std::string>> m_olderDrafts; ///< replaced by this device
};

inline constexpr std::size_t kViewRows = 300; ///< of an open room's screen

} // namespace skein::sim
