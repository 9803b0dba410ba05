// The real server binary on a free port with a data directory of its own.
#pragma once

#include "core/clock.h"
#include "core/random.h"
#include "tests/integration/wspeer.h"
#include "tools/load/serverprocess.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace skein::testing
{

inline std::string serverBinary()
{
    const char* const path = std::getenv("SKEIN_SERVER");
    return path ? path : SKEIN_SERVER_BINARY;
}

class ServerTest : public ::testing::Test
{
protected:
    void SetUp() override
    {
        std::string pattern =
            (std::filesystem::temp_directory_path() / "skein-test-XXXXXX").string();
        ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
        m_dir = pattern;
    }
    void TearDown() override
    {
        m_server = load::ServerProcess();
        std::error_code ignored;
        std::filesystem::remove_all(m_dir, ignored);
    }

    load::ServerSpec spec(std::vector<std::string> arguments = {})
    {
        load::ServerSpec result;
        result.binary = serverBinary();
        result.dataDir = m_dir + "/data";
        result.arguments = {"--password-mib", "1", "--log-level", "debug"};
        result.arguments.insert(result.arguments.end(), arguments.begin(), arguments.end());
        return result;
    }
    void start(std::vector<std::string> arguments = {})
    {
        auto server = load::ServerProcess::start(spec(std::move(arguments)));
        ASSERT_TRUE(server) << toString(server.error());
        m_server = std::move(*server);
    }
    [[nodiscard]] std::uint16_t port() const { return m_server.port(); }

    load::Account account(const std::string& name, const std::string& device = "device-1")
    {
        auto made = load::signUp(port(), name, "a long password", device);
        EXPECT_TRUE(made) << (made ? "" : toString(made.error()));
        return made.value_or(load::Account());
    }
    /// `peer` makes a general room with one other member.
    RoomId room(WsPeer& peer, const load::Account& other)
    {
        protocol::RoomCreate create;
        create.tempId = tempId();
        create.name = "room";
        create.members = {other.user.str()};
        EXPECT_TRUE(peer.send(protocol::ClientFrame(create)));
        const auto created = peer.frame<protocol::RoomCreated>();
        EXPECT_TRUE(created);
        return created ? created->room.head.room : RoomId();
    }
    protocol::MessageSend message(const RoomId& room, std::string body)
    {
        protocol::MessageSend send;
        send.room = room;
        send.tempId = tempId();
        send.body = std::move(body);
        return send;
    }
    TempId tempId() { return makeTempId(m_clock.wallNow(), m_random); }
    static void subscribe(WsPeer& peer, const RoomId& room)
    {
        protocol::SubscribeRoom subscribe;
        subscribe.room = room;
        subscribe.epoch = Epoch(1);
        EXPECT_TRUE(peer.send(protocol::ClientFrame(subscribe)));
        EXPECT_TRUE(peer.send(protocol::ClientFrame(protocol::Ping{7})));
        EXPECT_TRUE(peer.frame<protocol::Pong>());
    }

    std::string m_dir;
    load::ServerProcess m_server;
    SystemClock m_clock;
    SystemRandom m_random;
};

} // namespace skein::testing
