// A whole server without sockets: service over the inline store on a disk in memory, a clock that
// stands still, and clients that see decoded frames.
#pragma once

#include "protocol/codec.h"
#include "server/service/service.h"
#include "server/service/tokens.h"
#include "server/storage/sqlite/store.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace skein::server::testing
{

using namespace skein::protocol;

struct Got {
    ServerFrame frame;
    Lane lane;
    std::string text;
};

class Wire final : public Outbound
{
public:
    void send(ConnId connection, FramePtr frame, Lane lane, const RoomId&) override
    {
        auto decoded = decodeServerFrame(frame->text());
        ASSERT_TRUE(decoded) << toString(decoded.error()) << ": " << frame->text();
        got[connection].push_back({std::move(*decoded), lane, std::string(frame->text())});
        pointers[connection].push_back(frame);
    }
    void close(ConnId connection, CloseCode code, std::string_view) override
    {
        closed[connection] = code;
    }

    std::map<ConnId, std::vector<Got>> got;
    std::map<ConnId, std::vector<FramePtr>> pointers;
    std::map<ConnId, CloseCode> closed;
};

class World
{
public:
    explicit World(ServiceConfig serviceConfig = {})
        : config(std::move(serviceConfig))
    {
        start();
    }

    void start()
    {
        SqliteOptions options;
        options.disk = &disk;
        options.threading = SqliteOptions::Threading::Inline;
        options.newGeneration = nextGeneration;
        auto opened = SqliteStorage::open(options);
        ASSERT_TRUE(opened) << toString(opened.error());
        storage = std::move(*opened);
        service = std::make_unique<Service>(*storage, tokens, wire, clock, random, metrics,
                                            Logger(), config);
    }
    /// Kills the server at once; what was not committed is gone.
    void kill()
    {
        service.reset();
        storage.reset();
    }
    void restart()
    {
        kill();
        start();
    }

    UserId addUser(const std::string& name)
    {
        UserId id;
        storage->createUser(
            {UserId("user-" + name), name, "The " + name, "hash", clock.wallNow().ms},
            [&](Result<UserRow> row) {
                ASSERT_TRUE(row);
                id = row->id;
            });
        settle();
        return id;
    }

    /// Runs everything that is due now.
    void settle()
    {
        for (bool again = true; again;) {
            again = storage->pump();
            if (service->nextTickAt() <= clock.now()) {
                service->tick();
                again = true;
            }
        }
    }
    /// Lets time pass, stopping wherever something is due.
    void advance(std::int64_t ms)
    {
        const MonoTime target = clock.now() + Milliseconds(ms);
        settle();
        while (clock.now() < target) {
            const MonoTime next = std::min(service->nextTickAt(), target);
            clock.advance(std::max(next - clock.now(), Milliseconds(1)));
            settle();
        }
    }

    ManualClock clock;
    SeededRandom random{1};
    MemoryDisk disk;
    Metrics metrics;
    Wire wire;
    Tokens tokens{[] {
        Tokens::Secret secret;
        secret.fill(7);
        return secret;
    }()};
    ServiceConfig config;
    std::int64_t nextGeneration = 0; ///< ms since 1970, when not 0
    std::unique_ptr<SqliteStorage> storage;
    std::unique_ptr<Service> service;
    ConnId nextConn = 1;
};

/// One connection of a user's device.
class Client
{
public:
    Client(World& w, UserId userId, std::string deviceName = "phone")
        : world(w)
        , user(std::move(userId))
        , device("device-" + user.str() + "-" + deviceName)
        , session("session-" + user.str() + "-" + deviceName)
    {
    }

    void connect()
    {
        conn = world.nextConn++;
        world.service->connected(conn, {"127.0.0.1", ""});
    }
    [[nodiscard]] std::string token(std::int64_t lifetimeMs = kAccessTokenMs) const
    {
        return world.tokens.issue(user, session, device, world.clock.wallNow(), lifetimeMs);
    }
    [[nodiscard]] Hello helloFrame() const
    {
        Hello hello;
        hello.deviceId = device;
        hello.client = "test";
        hello.token = token();
        return hello;
    }
    Client& hello(std::vector<RoomCursor> open = {},
                  std::optional<SyncToken> syncToken = std::nullopt)
    {
        connect();
        Hello frame = helloFrame();
        frame.open = std::move(open);
        frame.syncToken = std::move(syncToken);
        send(frame);
        return *this;
    }
    void raw(std::string_view text)
    {
        world.service->received(conn, text);
        world.settle();
    }
    void queue(const ClientFrame& frame) { world.service->received(conn, encode(frame)); }
    void send(const ClientFrame& frame)
    {
        queue(frame);
        world.settle();
    }
    void drop()
    {
        world.service->disconnected(conn);
        world.settle();
    }

    template <class T>
    [[nodiscard]] std::vector<T> all() const
    {
        std::vector<T> found;
        for (const Got& one : world.wire.got[conn]) {
            if (const T* frame = std::get_if<T>(&one.frame))
                found.push_back(*frame);
        }
        return found;
    }
    template <class T>
    [[nodiscard]] std::optional<T> last() const
    {
        auto found = all<T>();
        if (found.empty())
            return std::nullopt;
        return found.back();
    }
    [[nodiscard]] std::size_t frames() const { return world.wire.got[conn].size(); }
    void clear()
    {
        world.wire.got[conn].clear();
        world.wire.pointers[conn].clear();
    }
    [[nodiscard]] std::optional<CloseCode> closed() const
    {
        const auto found = world.wire.closed.find(conn);
        return found == world.wire.closed.end() ? std::nullopt : std::optional(found->second);
    }
    TempId temp() { return makeTempId(world.clock.wallNow(), world.random); }

    [[nodiscard]] MessageSend message(const RoomId& room, std::string body)
    {
        MessageSend frame;
        frame.room = room;
        frame.tempId = temp();
        frame.body = std::move(body);
        frame.clientTs = world.clock.wallNow().ms;
        return frame;
    }
    MessageConfirmed say(const RoomId& room, std::string body)
    {
        const MessageSend frame = message(room, std::move(body));
        send(frame);
        return outcome(frame.tempId);
    }
    MessageConfirmed outcome(const TempId& tempId) const
    {
        for (const auto& confirmed : all<MessageConfirmed>()) {
            if (confirmed.tempId == tempId)
                return confirmed;
        }
        for (const auto& failed : all<MessageFailed>()) {
            if (failed.tempId == tempId)
                ADD_FAILURE() << "refused: " << wireName(failed.code);
        }
        return {};
    }
    std::optional<MessageFailed> refusal(const TempId& tempId) const
    {
        for (const auto& failed : all<MessageFailed>()) {
            if (failed.tempId == tempId)
                return failed;
        }
        return std::nullopt;
    }
    RoomId makeRoom(std::vector<std::string> members, RoomKind kind = RoomKind::General,
                    std::string name = "Room")
    {
        RoomCreate frame;
        frame.tempId = temp();
        frame.kind = kind;
        frame.name = std::move(name);
        frame.members = std::move(members);
        send(frame);
        const auto created = last<RoomCreated>();
        return created ? created->room.head.room : RoomId();
    }
    void open(const RoomId& room)
    {
        SubscribeRoom frame;
        frame.room = room;
        frame.epoch = Epoch(1);
        send(frame);
    }

    World& world;
    UserId user;
    DeviceId device;
    SessionId session;
    ConnId conn = 0;
};

/// A room of three with different roles, and a stranger, all signed in; nobody has the room open
/// yet.
struct Cast {
    explicit Cast(ServiceConfig config = {})
        : world(std::move(config))
    {
        for (Client* peer : {&owner, &admin, &member, &stranger}) {
            world.addUser(peer->user.str().substr(5));
            peer->hello();
        }
        room = owner.makeRoom({"admin", "member"});
        MemberSet promote;
        promote.room = room;
        promote.tempId = owner.temp();
        promote.user = admin.user;
        promote.role = Role::Admin;
        owner.send(promote);
        world.advance(1'000);
        for (Client* peer : {&owner, &admin, &member, &stranger})
            peer->clear();
    }
    World world;
    Client owner{world, UserId("user-owner")};
    Client admin{world, UserId("user-admin")};
    Client member{world, UserId("user-member")};
    Client stranger{world, UserId("user-stranger")};
    RoomId room;
};

} // namespace skein::server::testing
