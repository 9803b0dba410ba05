// Fifty real engines, each with a store on the disk and a socket of its own, when the server is
// killed under them.
#include "tests/integration/fixture.h"
#include "tools/load/device.h"

#include <QCoreApplication>

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <vector>

using namespace skein;
using namespace skein::testing;
using engine::Link;

namespace
{

constexpr std::size_t kDevices = 50;
constexpr std::size_t kRoomSize = 10;
constexpr int kQueuedEach = 5;
constexpr std::int64_t kBoundMs = 120'000;

class QtStorm : public ServerTest
{
protected:
    static bool everyone(const std::vector<std::unique_ptr<load::Device>>& devices,
                         const std::function<bool(load::Device&)>& claim)
    {
        return load::Device::run(
            [&] {
                for (const auto& device : devices) {
                    if (!claim(*device))
                        return false;
                }
                return true;
            },
            kBoundMs);
    }
};

} // namespace

TEST_F(QtStorm, fiftyEnginesComeBackAndWhatTheyWroteMeanwhileStandsOnceAndInOrder)
{
    int argc = 1;
    char name[] = "tst_qtstorm";
    char* argv[] = {name, nullptr};
    const QCoreApplication application(argc, argv);

    start({"--no-rate-limits"});
    const auto keeper = account("keeper");
    WsPeer peer;
    ASSERT_TRUE(signOn(peer, port(), keeper));
    std::vector<load::Account> accounts;
    for (std::size_t i = 0; i < kDevices; ++i)
        accounts.push_back(account("user" + std::to_string(i)));
    std::vector<RoomId> rooms;
    for (std::size_t first = 0; first < kDevices; first += kRoomSize) {
        protocol::RoomCreate create;
        create.tempId = tempId();
        create.name = "storm";
        for (std::size_t i = first; i < first + kRoomSize; ++i)
            create.members.push_back(accounts[i].user.str());
        ASSERT_TRUE(peer.send(protocol::ClientFrame(create)));
        const auto created = peer.frame<protocol::RoomCreated>();
        ASSERT_TRUE(created);
        rooms.push_back(created->room.head.room);
    }
    std::vector<std::unique_ptr<load::Device>> devices;
    for (std::size_t i = 0; i < kDevices; ++i) {
        devices.push_back(std::make_unique<load::Device>(
            port(), accounts[i], m_dir + "/device" + std::to_string(i) + ".db"));
        ASSERT_TRUE(devices.back()->open());
        devices.back()->start();
    }
    ASSERT_TRUE(everyone(devices, [](load::Device& d) { return d.link() == Link::Live; }));

    auto again = spec({"--no-rate-limits"});
    again.port = port();
    m_server.signal(SIGKILL);
    ASSERT_TRUE(m_server.wait(kWaitMs));
    ASSERT_TRUE(everyone(devices, [](load::Device& d) { return d.link() != Link::Live; }));
    for (std::size_t i = 0; i < kDevices; ++i) {
        for (int k = 0; k < kQueuedEach; ++k) {
            devices[i]->act([&](engine::Engine& engine) {
                engine::Draft draft;
                draft.body = std::to_string(i) + '/' + std::to_string(k);
                EXPECT_TRUE(engine.send(rooms[i / kRoomSize], draft));
            });
        }
    }
    auto restarted = load::ServerProcess::start(again);
    ASSERT_TRUE(restarted) << toString(restarted.error());
    m_server = std::move(*restarted);
    ASSERT_TRUE(everyone(devices, [](load::Device& d) {
        return d.link() == Link::Live && d.engine().outbox() == engine::OutboxState{};
    }));

    peer.disconnect();
    ASSERT_TRUE(signOn(peer, port(), keeper));
    protocol::SyncRequest ask;
    ask.req = RequestId("all");
    for (const RoomId& room : rooms)
        ask.rooms.push_back({room, Epoch(), Seq()});
    ask.limit = protocol::kSyncEventsPerRoomMax;
    ASSERT_TRUE(peer.send(protocol::ClientFrame(ask)));
    const auto log = peer.frame<protocol::SyncResponse>();
    ASSERT_TRUE(log);
    std::map<std::string, std::vector<std::string>> bySender;
    for (const protocol::SyncRoom& room : log->rooms) {
        EXPECT_EQ(room.hi, room.head);
        for (const protocol::Event& event : room.events) {
            if (event.kind == protocol::Kind::Text)
                bySender[event.sender.str()].push_back(event.body);
        }
    }
    for (std::size_t i = 0; i < kDevices; ++i) {
        std::vector<std::string> expected;
        for (int k = 0; k < kQueuedEach; ++k)
            expected.push_back(std::to_string(i) + '/' + std::to_string(k));
        EXPECT_EQ(bySender[accounts[i].user.str()], expected);
    }
    // Each device has what the others wrote.
    for (std::size_t i = 0; i < kDevices; ++i) {
        for (const protocol::SyncRoom& room : log->rooms) {
            if (room.room != rooms[i / kRoomSize])
                continue;
            EXPECT_TRUE(load::Device::run(
                [&] {
                    for (const offline::RoomRecord& record : devices[i]->store().rooms().load()) {
                        if (record.row.room == room.room)
                            return record.synced == room.head;
                    }
                    return false;
                },
                kBoundMs))
                << i;
        }
    }
}
