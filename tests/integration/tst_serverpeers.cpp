// Peers that are late: with a token that is too old or not ours, with a request that never ends,
// with a socket that says nothing. Each is told why and let go, and the others notice nothing.
#include "tests/integration/fixture.h"
#include "tests/integration/httppeer.h"

#include "server/service/tokens.h"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace skein;
using namespace skein::testing;
using server::Tokens;

namespace
{

/// The server gives 10 s to a request and to the hello; this is how long a test waits for it.
constexpr std::int64_t kLetGoMs = 20'000;

class ServerPeers : public ServerTest
{
protected:
    void SetUp() override
    {
        ServerTest::SetUp();
        start();
    }
    /// A token for the session of `account`, signed with the server's own key, that ends in
    /// `endsInMs` as its clock sees it (it tolerates kTokenSkewMs more).
    std::string tokenOf(const load::Account& account, std::int64_t endsInMs)
    {
        const auto secret = server::loadOrMakeSecret(m_dir + "/data/token.key", m_random);
        EXPECT_TRUE(secret);
        const Tokens tokens(*secret);
        const auto claims = tokens.verify(account.accessToken, m_clock.wallNow());
        EXPECT_TRUE(claims);
        const std::int64_t lifetime = 3'600'000;
        return tokens.issue(claims->user, claims->session, claims->device,
                            {m_clock.wallNow().ms + endsInMs - lifetime}, lifetime);
    }
    void serves(const load::Account& account)
    {
        WsPeer other;
        EXPECT_TRUE(signOn(other, port(), account));
    }
    static std::uint16_t number(protocol::CloseCode code)
    {
        return static_cast<std::uint16_t>(code);
    }
};

/// A plain TCP connection.
class Raw
{
public:
    explicit Raw(std::uint16_t port)
        : m_fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))
    {
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(port);
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(::connect(m_fd, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
    }
    ~Raw() { ::close(m_fd); }
    Raw(const Raw&) = delete;
    Raw& operator=(const Raw&) = delete;
    bool send(std::string_view text) const
    {
        return ::send(m_fd, text.data(), text.size(), MSG_NOSIGNAL) ==
               static_cast<ssize_t>(text.size());
    }
    /// All that the server says until it closes; nullopt when it does not close in time.
    [[nodiscard]] std::optional<std::string> untilClosed(std::int64_t timeoutMs) const
    {
        std::string said;
        const auto deadline =
            std::chrono::steady_clock::now() + std::chrono::milliseconds(timeoutMs);
        for (;;) {
            const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
                deadline - std::chrono::steady_clock::now());
            pollfd one{m_fd, POLLIN, 0};
            if (left.count() <= 0 || ::poll(&one, 1, static_cast<int>(left.count())) <= 0)
                return std::nullopt;
            char block[4096];
            const ssize_t got = ::recv(m_fd, block, sizeof block, 0);
            if (got <= 0)
                return said;
            said.append(block, static_cast<std::size_t>(got));
        }
    }

private:
    int m_fd;
};

} // namespace

TEST_F(ServerPeers, anExpiredTokenIsToldApartFromAWrongOne)
{
    const auto ana = account("ana");
    const Tokens::Secret stranger{};
    const auto claims = Tokens(*server::loadOrMakeSecret(m_dir + "/data/token.key", m_random))
                            .verify(ana.accessToken, m_clock.wallNow());
    ASSERT_TRUE(claims);
    const std::pair<std::string, std::uint16_t> rows[] = {
        {tokenOf(ana, -server::kTokenSkewMs - 5'000), number(protocol::CloseCode::TokenExpired)},
        {Tokens(stranger).issue(claims->user, claims->session, claims->device, m_clock.wallNow()),
         number(protocol::CloseCode::InvalidToken)},
        {Tokens(stranger).issue(claims->user, claims->session, claims->device, {1'000'000}),
         number(protocol::CloseCode::InvalidToken)},
    };
    for (const auto& [token, code] : rows) {
        WsPeer a;
        ASSERT_EQ(a.connect(port()), 101u);
        auto hello = helloOf(ana);
        hello.token = token;
        ASSERT_TRUE(a.send(protocol::ClientFrame(hello)));
        EXPECT_EQ(a.closeCode(), code);
        // In the header it is no better.
        UpgradeRequest request;
        request.bearer = token;
        WsPeer b;
        if (b.connect(port(), request) == 101u) {
            hello.token.clear();
            ASSERT_TRUE(b.send(protocol::ClientFrame(hello)));
            EXPECT_EQ(b.closeCode(), code);
        }
    }
    serves(ana);
}

TEST_F(ServerPeers, aTokenThatEndsOnALiveConnectionEndsItAndAFreshOneGoesOn)
{
    auto ana = account("ana");
    const auto bela = account("bela");
    auto soon = ana;
    soon.accessToken = tokenOf(ana, -server::kTokenSkewMs + 2'500); // 2.5 s are left of it
    WsPeer a, other;
    ASSERT_TRUE(signOn(a, port(), soon));
    const RoomId chat = room(a, bela);
    soon.accessToken = tokenOf(ana, -server::kTokenSkewMs + 2'500);
    ASSERT_TRUE(signOn(other, port(), soon));
    // One refreshes in time and stays, one does not and has to go.
    ASSERT_TRUE(other.send(protocol::ClientFrame(protocol::TokenRefresh{ana.accessToken})));
    EXPECT_TRUE(other.frame<protocol::TokenOk>());
    EXPECT_EQ(a.closeCode(kLetGoMs), number(protocol::CloseCode::TokenExpired));
    ASSERT_TRUE(other.send(protocol::ClientFrame(message(chat, "still here"))));
    EXPECT_TRUE(other.frame<protocol::MessageConfirmed>());
    WsPeer again;
    ASSERT_TRUE(signOn(again, port(), ana));
    ASSERT_TRUE(again.send(protocol::ClientFrame(message(chat, "back"))));
    EXPECT_TRUE(again.frame<protocol::MessageConfirmed>());
}

TEST_F(ServerPeers, whoStartsAndNeverEndsIsLetGoAndHoldsNobodyUp)
{
    const auto ana = account("ana");
    const Raw head(port()), body(port()), silent(port());
    ASSERT_TRUE(head.send("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "));
    ASSERT_TRUE(body.send("POST /v1/signin HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n"
                          "\r\n{\"name\""));
    WsPeer noHello, halfFrame;
    ASSERT_EQ(noHello.connect(port()), 101u);
    ASSERT_TRUE(signOn(halfFrame, port(), ana));
    ASSERT_TRUE(halfFrame.sendRaw(std::string("\x81\xFE\xFF\xFFmaskpart", 12)));
    // A drop now and then buys no time.
    ASSERT_TRUE(head.send("a"));
    serves(ana);
    EXPECT_TRUE(head.untilClosed(kLetGoMs)) << "a request head that never ends is kept for ever";
    EXPECT_TRUE(body.untilClosed(kLetGoMs)) << "a request body that never ends is kept for ever";
    EXPECT_TRUE(silent.untilClosed(kLetGoMs)) << "a connection without a request is kept for ever";
    EXPECT_EQ(noHello.closeCode(kLetGoMs), number(protocol::CloseCode::HelloTimeout));
    serves(ana);
}

TEST_F(ServerPeers, theHeadOfAChunkAndATrailerHaveAnEnd)
{
    const std::string head = "POST /v1/signin HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                             "Transfer-Encoding: chunked\r\n\r\n";
    for (const std::string endless : {"1;x=", "1\r\n{\r\n0\r\nT: "}) {
        HttpPeer peer(port());
        ASSERT_TRUE(peer.sendRaw(head + endless + std::string(64 * 1024, 'x')));
        const HttpAnswer answer = peer.receive();
        EXPECT_EQ(answer.status, 431u) << endless;
        EXPECT_NE(answer.body.find("frame_too_large"), std::string::npos) << answer.body;
    }
}

TEST_F(ServerPeers, aBodyInChunksIsReadAlsoWhenItDripsIn)
{
    (void)account("ana");
    const std::string body = R"({"name":"ana","password":"a wrong one","device_id":"d"})";
    HttpPeer peer(port());
    ASSERT_TRUE(peer.sendRaw("POST /v1/signin HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                             "Transfer-Encoding: chunked\r\n\r\n"));
    for (const char byte : "10\r\n" + body.substr(0, 16) + "\r\n" + "27;a=b\r\n" + body.substr(16) +
                               "\r\n0\r\nT: v\r\n\r\n")
        ASSERT_TRUE(peer.sendRaw(std::string_view(&byte, 1)));
    EXPECT_EQ(peer.receive().status, 401u);
}
