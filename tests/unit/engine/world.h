// One engine with a store in memory, and hands for both ends: what the server says is fed in, what
// the engine says is looked at. No time passes but by advance().
#pragma once

#include "offline/reader.h"
#include "offline/store.h"
#include "protocol/codec.h"
#include "sdk/engine/engine.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>
#include <functional>
#include <map>

namespace skein::engine::test
{

inline const UserId kMe{"u_me"};
inline const UserId kHer{"u_her"};
inline const RoomId kRoom{"room1"};

class FakeTransport final : public Transport
{
public:
    void open() override { ++opens; }
    void send(std::string text) override
    {
        auto frame = protocol::decodeClientFrame(text);
        ASSERT_TRUE(frame) << toString(frame.error()) << text;
        sent.push_back(std::move(*frame));
    }
    std::size_t unsentBytes() const override { return unsent; }
    void close() override { ++closes; }

    /// Frames of one type that were sent since the last take.
    template <class F>
    std::vector<F> take()
    {
        std::vector<F> found;
        std::erase_if(sent, [&](const protocol::ClientFrame& frame) {
            if (const auto* one = std::get_if<F>(&frame))
                found.push_back(*one);
            return std::holds_alternative<F>(frame);
        });
        return found;
    }

    std::vector<protocol::ClientFrame> sent;
    std::size_t unsent = 0;
    int opens = 0, closes = 0;
};

class FakeTokens final : public TokenSource
{
public:
    void requestToken(bool rejected) override { asked.push_back(rejected); }
    std::vector<bool> asked;
};

/// Keeps what it is told as a screen would.
class Screen final : public Listener
{
public:
    void linkChanged(const LinkState& state) override { links.push_back(state); }
    void roomsChanged(const std::vector<offline::RoomRow>& changed,
                      const std::vector<RoomId>& removed) override
    {
        ++listChanges;
        for (const auto& row : changed)
            rooms[row.room] = row;
        for (const auto& id : removed)
            rooms.erase(id);
    }
    void timelineChanged(const TimelineChange& change) override
    {
        ++changes;
        resets += change.reset ? 1 : 0;
        auto& room = rows[change.room];
        if (change.reset) {
            room.clear();
            if (reload) {
                for (const auto& row : reload(change.room))
                    room[row.rowId] = row;
            }
        }
        for (const auto id : change.removed)
            room.erase(id);
        told = change.upserted;
        for (const auto& row : change.upserted) {
            room[row.rowId] = row;
            statuses[row.rowId].push_back(row.status);
        }
    }
    void typingChanged(const RoomId& room,
                       const std::vector<std::pair<UserId, std::string>>& users) override
    {
        typing[room] = users;
    }
    void presenceChanged(const std::vector<protocol::PresenceInfo>& users) override
    {
        presence.insert(presence.end(), users.begin(), users.end());
    }
    void outboxChanged(const OutboxState& state) override { outbox = state; }
    void roomCreated(const TempId& tempId, const RoomId& room) override
    {
        created.emplace_back(tempId, room);
    }
    void commandFailed(const TempId& tempId, const Error& error) override
    {
        failures.emplace_back(tempId, error);
    }
    void membersLoaded(const RoomId&, const std::vector<protocol::MemberInfo>& list) override
    {
        members = list;
    }
    void receiptsChanged(const RoomId& room) override { ++receipts[room]; }
    void filteredLoaded(const RoomId&, const FilteredPage& page) override
    {
        filtered.push_back(page);
    }

    /// By position, oldest first.
    [[nodiscard]] std::vector<offline::MessageRow> timeline(const RoomId& room = kRoom) const
    {
        std::vector<offline::MessageRow> list;
        if (const auto found = rows.find(room); found != rows.end()) {
            for (const auto& [id, row] : found->second)
                list.push_back(row);
        }
        std::sort(list.begin(), list.end(),
                  [](const auto& a, const auto& b) { return a.position < b.position; });
        return list;
    }
    [[nodiscard]] std::vector<std::string> bodies(const RoomId& room = kRoom) const
    {
        std::vector<std::string> list;
        for (const auto& row : timeline(room)) {
            list.push_back(row.isHole() ? '[' + std::to_string(row.seq.value()) + '-' +
                                              std::to_string(row.holeHi.value()) + ']'
                                        : row.body);
        }
        return list;
    }

    std::vector<LinkState> links;
    std::map<RoomId, offline::RoomRow> rooms;
    std::map<RoomId, std::map<offline::RowId, offline::MessageRow>> rows;
    std::map<offline::RowId, std::vector<offline::Status>> statuses;
    std::map<RoomId, std::vector<std::pair<UserId, std::string>>> typing;
    std::vector<protocol::PresenceInfo> presence;
    OutboxState outbox;
    std::vector<std::pair<TempId, RoomId>> created;
    std::vector<std::pair<TempId, Error>> failures;
    std::vector<protocol::MemberInfo> members;
    std::vector<FilteredPage> filtered;
    std::map<RoomId, int> receipts;        ///< how often they changed
    std::vector<offline::MessageRow> told; ///< rows of the last change
    int changes = 0, resets = 0, listChanges = 0;
    /// What is stored of a room: read when it is told to be loaded anew.
    std::function<std::vector<offline::MessageRow>(const RoomId&)> reload;
};

inline protocol::Event message(std::int64_t seq, const std::string& body,
                               const UserId& sender = kHer)
{
    protocol::Event event;
    event.room = kRoom;
    event.seq = Seq(seq);
    event.ord = Ord(seq);
    event.id = EventId("e" + std::to_string(seq));
    event.sender = sender;
    event.ts = 1'700'000'000'000 + seq;
    event.rev = Rev(seq);
    event.body = body;
    return event;
}

inline protocol::Event mutation(std::int64_t seq, protocol::Kind kind, std::int64_t target)
{
    protocol::Event event = message(seq, "");
    event.kind = kind;
    event.target = Seq(target);
    return event;
}

inline protocol::Event editOf(std::int64_t seq, std::int64_t target, const std::string& body)
{
    protocol::Event event = mutation(seq, protocol::Kind::Edit, target);
    event.body = body;
    event.edited = true;
    return event;
}

class World : public testing::Test
{
protected:
    void SetUp() override
    {
        static int serial = 0;
        path = "file:/engine" + std::to_string(++serial) + "?vfs=memdb";
        // Keeps the disk in memory while the engine's own process "dies".
        disk = openStore();
        store = openStore();
        makeEngine();
    }

    std::unique_ptr<offline::Store> openStore(std::int64_t pagesMax = 0)
    {
        auto opened = offline::Store::open({path, {}, false, false, pagesMax});
        EXPECT_TRUE(opened) << toString(opened.error());
        return opened ? std::move(*opened) : nullptr;
    }

    void makeEngine()
    {
        screen.reload = [this](const RoomId& room) {
            auto reader = offline::Reader::open(path);
            EXPECT_TRUE(reader);
            const auto page = (*reader)->newest(room, 20'000);
            return page ? page->rows : std::vector<offline::MessageRow>();
        };
        engine = std::make_unique<Engine>(
            *store, Host{clock, random, transport, tokens, screen, metrics, Logger()},
            Config{DeviceId("device"), kMe, "Me", "test"});
    }

    /// The process dies without a word; what is on the disk stays.
    void restartProcess()
    {
        engine.reset();
        store.reset();
        screen = Screen();
        transport.sent.clear();
        store = openStore();
        makeEngine();
    }

    void say(const protocol::ServerFrame& frame)
    {
        engine->frameReceived(protocol::encode(frame));
        while (engine->hasWork())
            engine->work();
    }

    protocol::RoomHead head(std::int64_t seq, std::int64_t read = 0, std::int64_t unread = 0) const
    {
        return {kRoom, Epoch(epoch), Seq(seq), Ord(seq), Seq(read), unread, 0};
    }

    protocol::RoomInfo info(std::int64_t seq) const
    {
        protocol::RoomInfo room;
        room.head = head(seq, 0, seq); // nothing read yet
        room.name = "Room";
        room.members = 2;
        return room;
    }

    /// Token, transport, hello; the welcome is left to the test.
    void hello()
    {
        engine->transportOpened();
        engine->tokenReady(std::string("token"));
    }

    protocol::Welcome welcomeFrame() const
    {
        protocol::Welcome frame;
        frame.session = SessionId("s");
        frame.user = kMe;
        frame.name = "Me";
        frame.now = 1'700'000'000'000;
        frame.syncToken = SyncToken("t1");
        frame.limits.messages = {10'000, 10'000};
        frame.limits.requests = {10'000, 10'000};
        frame.limits.ephemeral = {10'000, 10'000};
        return frame;
    }

    /// Signed in and live, with kRoom at `headSeq`, whose log the server gives when asked.
    void goLive(std::int64_t headSeq = 0)
    {
        engine->start();
        hello();
        auto frame = welcomeFrame();
        say(frame);
        answerRooms({info(headSeq)});
        if (headSeq > 0)
            answerSync();
        say(protocol::Pong{0, 0, {}}); // nothing of the beginning waits for a sign of life
        transport.sent.clear();
    }

    void reconnect()
    {
        hello();
        auto frame = welcomeFrame();
        frame.dirty = {head(serverHead())};
        say(frame);
    }

    void drop(std::uint16_t code = 0) { engine->transportClosed(code, "gone"); }

    void answerRooms(const std::vector<protocol::RoomInfo>& rooms)
    {
        for (const auto& request : transport.take<protocol::RoomsRequest>())
            say(protocol::RoomsResponse{request.req, rooms, false, ""});
    }

    std::int64_t serverHead() const { return log.empty() ? 0 : log.rbegin()->first; }

    /// The answer to a request, from `log`.
    protocol::SyncResponse pageOf(const protocol::SyncRequest& request, std::int64_t limit) const
    {
        protocol::SyncResponse response;
        response.req = request.req;
        for (const auto& cursor : request.rooms) {
            protocol::SyncRoom room;
            room.room = cursor.room;
            room.epoch = Epoch(epoch);
            room.head = Seq(serverHead());
            room.ord = Ord(serverHead());
            room.lo = cursor.since.next();
            room.hi = cursor.since;
            for (auto it = log.upper_bound(cursor.since.value());
                 it != log.end() && static_cast<std::int64_t>(room.events.size()) < limit; ++it) {
                room.events.push_back(it->second);
                room.hi = Seq(it->first);
            }
            response.more = response.more || room.hi < room.head;
            response.rooms.push_back(std::move(room));
        }
        return response;
    }

    /// Answers every sync_request from `log` (messages m1 … mN by default).
    void answerSync(std::int64_t limit = 200)
    {
        for (const auto& request : transport.take<protocol::SyncRequest>()) {
            say(pageOf(request, limit));
        }
    }

    void fillLog(std::int64_t count)
    {
        for (std::int64_t seq = 1; seq <= count; ++seq)
            log[seq] = message(seq, "m" + std::to_string(seq));
    }

    protocol::MessageConfirmed confirmation(const TempId& tempId, std::int64_t seq) const
    {
        return {tempId,
                kRoom,
                Seq(seq),
                Ord(seq),
                EventId("e" + std::to_string(seq)),
                1'700'000'000'000 + seq,
                false};
    }

    TempId sendText(const std::string& body)
    {
        Draft draft;
        draft.body = body;
        const auto sent = engine->send(kRoom, draft);
        EXPECT_TRUE(sent) << toString(sent.error());
        return sent ? *sent : TempId();
    }

    void advance(std::int64_t ms)
    {
        const MonoTime until = clock.now() + Milliseconds(ms);
        while (true) {
            const MonoTime next = engine->nextWakeupAt();
            if (next > until)
                break;
            clock.advance(std::max(next - clock.now(), Milliseconds(0)));
            engine->tick();
            if (next == engine->nextWakeupAt())
                clock.advance(
                    Milliseconds(1)); // a wake-up that does not move on is a bug that a test shows
        }
        if (until > clock.now())
            clock.advance(until - clock.now());
        engine->tick();
    }

    /// A statement of the test's own on the device's database.
    void execute(const char* statement)
    {
        sqlite3* db = nullptr;
        ASSERT_EQ(
            sqlite3_open_v2(path.c_str(), &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_URI, nullptr),
            SQLITE_OK);
        EXPECT_EQ(sqlite3_exec(db, statement, nullptr, nullptr, nullptr), SQLITE_OK)
            << sqlite3_errmsg(db);
        sqlite3_close(db);
    }

    /// Until mendDisk() every write to these tables is refused; reads are not.
    void breakDisk(const std::vector<std::string>& tables = {"rooms", "messages", "outbox",
                                                             "drafts", "spans"})
    {
        broken = tables;
        for (const std::string& table : tables) {
            for (const char* verb : {"INSERT", "UPDATE", "DELETE"})
                execute(("CREATE TRIGGER broken_" + table + verb + " BEFORE " + verb + " ON " +
                         table + " BEGIN SELECT RAISE(ABORT, 'broken'); END")
                            .c_str());
        }
    }
    void mendDisk()
    {
        for (const std::string& table : std::exchange(broken, {})) {
            for (const char* verb : {"INSERT", "UPDATE", "DELETE"})
                execute(("DROP TRIGGER broken_" + table + verb).c_str());
        }
    }

    std::vector<std::string> broken;
    std::string path;
    std::int64_t epoch = 1;
    std::map<std::int64_t, protocol::Event> log;
    ManualClock clock;
    SeededRandom random{7};
    FakeTransport transport;
    FakeTokens tokens;
    Screen screen;
    Metrics metrics;
    std::unique_ptr<offline::Store> disk, store;
    std::unique_ptr<Engine> engine;
};

} // namespace skein::engine::test
