// The process: how it starts, refuses to start, ends, comes back, and what a full disk does.
#include "tests/integration/fixture.h"

#include "server/net/server.h"

#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <set>

#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace skein;
using namespace skein::testing;
using server::ExitCode;

namespace
{

class ServerProcessTest : public ServerTest
{
protected:
    int refusedAs(load::ServerSpec how)
    {
        m_error.clear();
        const auto ended = load::ServerProcess::runToEnd(how, m_error);
        return ended ? ended->exitCode : -2;
    }
    int refusedWith(std::vector<std::string> arguments)
    {
        return refusedAs(spec(std::move(arguments)));
    }
    /// Everything in the room, by catch-up.
    std::vector<protocol::Event> log(WsPeer& peer, const RoomId& room)
    {
        std::vector<protocol::Event> events;
        protocol::SyncRequest sync;
        sync.req = RequestId("s");
        sync.rooms = {{room, Epoch(1), Seq(0)}};
        for (int page = 0; page < 100; ++page) {
            EXPECT_TRUE(peer.send(protocol::ClientFrame(sync)));
            const auto response = peer.frame<protocol::SyncResponse>();
            EXPECT_TRUE(response);
            if (!response || response->rooms.empty())
                break;
            const auto& part = response->rooms[0];
            events.insert(events.end(), part.events.begin(), part.events.end());
            if (part.hi >= part.head)
                break;
            sync.rooms[0].since = part.hi;
        }
        return events;
    }
    std::string m_error;
};

int code(ExitCode value)
{
    return static_cast<int>(value);
}

} // namespace

TEST_F(ServerProcessTest, aPortInUseIsSaidAndHasItsExitStatus)
{
    start();
    auto second = spec();
    second.dataDir = m_dir + "/second";
    second.port = port();
    EXPECT_EQ(refusedAs(second), code(ExitCode::CannotListen));
    EXPECT_NE(m_error.find("cannot listen"), std::string::npos) << m_error;
    EXPECT_NE(m_error.find(std::to_string(port())), std::string::npos) << m_error;
}

TEST_F(ServerProcessTest, aDataDirectoryInUseIsRefused)
{
    start();
    EXPECT_EQ(refusedWith({}), code(ExitCode::DataLocked));
    EXPECT_NE(m_error.find(m_dir), std::string::npos) << m_error;
}

TEST_F(ServerProcessTest, badUsageIsExplained)
{
    const std::vector<std::vector<std::string>> rows = {
        {"--no-such-option"},
        {"--listen", "127.0.0.1:99999"},
        {"--listen", "not-an-address:1"},
        {"--listen", "0.0.0.0:0"},
        {"--log-level", "loud"},
        {"--config", m_dir + "/missing.ini"},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(refusedWith(row), code(ExitCode::BadUsage)) << row.back();
        EXPECT_GT(m_error.size(), 20u) << row.back();
    }
    std::ofstream(m_dir + "/bad.ini") << "no_such_key = 1\n";
    EXPECT_EQ(refusedWith({"--config", m_dir + "/bad.ini"}), code(ExitCode::BadUsage));
}

TEST_F(ServerProcessTest, aConfigurationFileIsReadAndTheCommandLineWins)
{
    std::ofstream(m_dir + "/server.ini")
        << "allow-origin = https://chat.example\nlog-level = error\n";
    start({"--config", m_dir + "/server.ini"});
    UpgradeRequest request;
    request.origin = "https://chat.example";
    WsPeer a;
    EXPECT_EQ(a.connect(port(), request), 101u);
    a.disconnect();
    m_server.signal(SIGTERM);
    ASSERT_TRUE(m_server.wait(kWaitMs));
    EXPECT_NE(m_server.standardError().find("draining"), std::string::npos);
}

TEST_F(ServerProcessTest, dataThatCannotBeUsedIsRefusedAndLeftAlone)
{
    const std::string file = m_dir + "/file";
    std::ofstream(file) << "not a directory";
    auto how = spec();
    how.dataDir = file;
    EXPECT_EQ(refusedAs(how), code(ExitCode::BadData));
    how.dataDir = m_dir + "/corrupt";
    std::filesystem::create_directory(how.dataDir);
    const std::string garbage(8192, 'x');
    std::ofstream(how.dataDir + "/skein.db") << garbage;
    EXPECT_EQ(refusedAs(how), code(ExitCode::BadData));
    std::ifstream after(how.dataDir + "/skein.db");
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(after), {}), garbage);
}

TEST_F(ServerProcessTest, aReadOnlyDirectoryIsRefused)
{
    if (::geteuid() == 0)
        GTEST_SKIP() << "root may write everywhere";
    auto how = spec();
    how.dataDir = m_dir + "/readonly";
    std::filesystem::create_directory(how.dataDir);
    ::chmod(how.dataDir.c_str(), 0500);
    EXPECT_EQ(refusedAs(how), code(ExitCode::BadData));
}

TEST_F(ServerProcessTest, dataOfANewerVersionIsRefusedAndLeftAlone)
{
    start();
    m_server.signal(SIGTERM);
    ASSERT_TRUE(m_server.wait(kWaitMs));
    // PRAGMA user_version lies at offset 60 of the file, big endian.
    {
        std::fstream db(m_dir + "/data/skein.db", std::ios::in | std::ios::out | std::ios::binary);
        ASSERT_TRUE(db);
        db.seekp(60);
        db.write("\x00\x00\x27\x0f", 4);
    }
    EXPECT_EQ(refusedWith({}), code(ExitCode::DataNewer));
    EXPECT_NE(m_error.find(m_dir), std::string::npos) << m_error;
}

TEST_F(ServerProcessTest, aDrainSaysGoodbyeConfirmsWhatIsCommittedAndEndsWithZero)
{
    start({"--no-rate-limits", "--drain-ms", "1500"});
    const auto ana = account("ana"), bela = account("bela");
    WsPeer a, b;
    ASSERT_TRUE(signOn(a, port(), ana));
    const RoomId chat = room(a, bela);
    ASSERT_TRUE(signOn(b, port(), bela));
    std::set<std::string> sent;
    for (int i = 0; i < 40; ++i) {
        const auto each = message(chat, "drain " + std::to_string(i));
        sent.insert(each.tempId.str());
        ASSERT_TRUE(a.send(protocol::ClientFrame(each)));
    }
    ASSERT_TRUE(a.frame<protocol::MessageConfirmed>());
    m_server.signal(SIGTERM);
    std::size_t confirmed = 1;
    bool goodbye = false;
    std::uint16_t closed = 0;
    while (const auto event = a.next()) {
        if (event->kind == server::WsEvent::Kind::Close) {
            closed = event->closeCode;
            break;
        }
        const auto frame = protocol::decodeServerFrame(event->payload);
        ASSERT_TRUE(frame);
        confirmed += std::holds_alternative<protocol::MessageConfirmed>(*frame);
        if (const auto* const bye = std::get_if<protocol::Goodbye>(&*frame)) {
            goodbye = true;
            EXPECT_TRUE(bye->reconnect);
            EXPECT_LE(bye->afterMs + bye->jitterMs, 1500);
        }
    }
    EXPECT_TRUE(goodbye);
    EXPECT_EQ(closed, static_cast<std::uint16_t>(protocol::CloseCode::ShuttingDown));
    EXPECT_EQ(b.closeCode(), static_cast<std::uint16_t>(protocol::CloseCode::ShuttingDown));
    const auto ended = m_server.wait(kWaitMs);
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->exitCode, 0) << m_server.standardError();
    // What was confirmed is there when it comes back.
    start({"--no-rate-limits"});
    WsPeer again;
    ASSERT_TRUE(signOn(again, port(), ana));
    EXPECT_GE(log(again, chat).size(), confirmed);
}

TEST_F(ServerProcessTest, aSecondSignalDoesNotWait)
{
    start();
    m_server.signal(SIGINT);
    m_server.signal(SIGTERM);
    const auto ended = m_server.wait(kWaitMs);
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->exitCode, 0);
}

TEST_F(ServerProcessTest, whatWasConfirmedSurvivesAKill)
{
    start({"--no-rate-limits"});
    const auto ana = account("ana"), bela = account("bela");
    WsPeer a;
    ASSERT_TRUE(signOn(a, port(), ana));
    const RoomId chat = room(a, bela);
    std::vector<protocol::MessageSend> sent;
    std::set<std::string> confirmed;
    for (int i = 0; i < 60; ++i) {
        sent.push_back(message(chat, "kill " + std::to_string(i)));
        ASSERT_TRUE(a.send(protocol::ClientFrame(sent.back())));
    }
    while (confirmed.size() < 20) {
        const auto one = a.frame<protocol::MessageConfirmed>();
        ASSERT_TRUE(one);
        confirmed.insert(one->tempId.str());
    }
    m_server.signal(SIGKILL);
    ASSERT_TRUE(m_server.wait(kWaitMs));
    while (const auto one = a.frame<protocol::MessageConfirmed>(1'000))
        confirmed.insert(one->tempId.str());
    start({"--no-rate-limits"});
    WsPeer again;
    ASSERT_TRUE(signOn(again, port(), ana));
    // Tokens hold over a restart, confirmed messages are there, unconfirmed ones are sent again
    // under their keys.
    std::multiset<std::string> present;
    for (const auto& event : log(again, chat))
        present.insert(event.tempId.str());
    for (const auto& temp : confirmed)
        EXPECT_EQ(present.count(temp), 1u);
    for (const auto& one : sent) {
        ASSERT_TRUE(again.send(protocol::ClientFrame(one)));
        const auto answer = again.frame<protocol::MessageConfirmed>();
        ASSERT_TRUE(answer);
        EXPECT_EQ(answer->dup, present.count(one.tempId.str()) == 1);
    }
    present.clear();
    for (const auto& event : log(again, chat))
        present.insert(event.tempId.str());
    for (const auto& one : sent)
        EXPECT_EQ(present.count(one.tempId.str()), 1u);
}

namespace
{

// Sends until the disk says no; checks that nothing refused was stored and nothing confirmed was
// lost.
void fillTheDisk(WsPeer& peer, const std::function<protocol::MessageSend(std::string)>& make,
                 std::set<std::string>& confirmed, protocol::MessageFailed& refused)
{
    const std::string body(15'000, 'd');
    for (int i = 0; i < 2'000; ++i) {
        ASSERT_TRUE(peer.send(protocol::ClientFrame(make(body))));
        for (;;) {
            const auto event = peer.next();
            ASSERT_TRUE(event);
            const auto frame = protocol::decodeServerFrame(event->payload);
            ASSERT_TRUE(frame);
            if (const auto* const ok = std::get_if<protocol::MessageConfirmed>(&*frame)) {
                confirmed.insert(ok->tempId.str());
                break;
            }
            if (const auto* const no = std::get_if<protocol::MessageFailed>(&*frame)) {
                refused = *no;
                return;
            }
        }
    }
    FAIL() << "the disk was never full";
}

} // namespace

TEST_F(ServerProcessTest, aFullDiskIsSaidNothingConfirmedIsLostAndItRecovers)
{
    auto how = spec({"--no-rate-limits"});
    const bool mounted = ::geteuid() == 0 && std::filesystem::create_directory(how.dataDir) &&
                         ::mount("tmpfs", how.dataDir.c_str(), "tmpfs", 0, "size=8m") == 0;
    if (!mounted)
        how.fileBytesMax = 4 * 1024 * 1024;
    auto server = load::ServerProcess::start(how);
    ASSERT_TRUE(server) << toString(server.error());
    m_server = std::move(*server);
    const auto ana = account("ana"), bela = account("bela");
    RoomId chat;
    std::set<std::string> confirmed;
    protocol::MessageFailed refused;
    {
        WsPeer a;
        ASSERT_TRUE(signOn(a, port(), ana));
        chat = room(a, bela);
        fillTheDisk(
            a, [&](std::string body) { return message(chat, std::move(body)); }, confirmed,
            refused);
        EXPECT_TRUE(refused.code == ErrorCode::StorageFull ||
                    refused.code == ErrorCode::StorageFailed)
            << wireName(refused.code);
        EXPECT_FALSE(refused.permanent);
        // Reading goes on.
        EXPECT_FALSE(log(a, chat).empty());
    }
    m_server.signal(SIGKILL);
    ASSERT_TRUE(m_server.wait(kWaitMs));
    if (mounted) {
        ASSERT_EQ(::mount("tmpfs", how.dataDir.c_str(), "tmpfs", MS_REMOUNT, "size=64m"), 0);
    }
    how.fileBytesMax = 0;
    auto again = load::ServerProcess::start(how);
    ASSERT_TRUE(again) << toString(again.error());
    m_server = std::move(*again);
    {
        WsPeer a;
        ASSERT_TRUE(signOn(a, port(), ana));
        std::multiset<std::string> present;
        for (const auto& event : log(a, chat))
            present.insert(event.tempId.str());
        for (const auto& temp : confirmed)
            EXPECT_EQ(present.count(temp), 1u);
        EXPECT_EQ(present.count(refused.tempId.str()), 0u);
        ASSERT_TRUE(a.send(protocol::ClientFrame(message(chat, "there is room again"))));
        EXPECT_TRUE(a.frame<protocol::MessageConfirmed>());
    }
    m_server = load::ServerProcess();
    if (mounted)
        ::umount(how.dataDir.c_str());
}
