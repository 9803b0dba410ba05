// The client of the push hook against a receiver in the same loop that says what the test tells it.
#include "server/net/pushclient.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>

#include <array>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>

namespace skein::server
{
namespace
{

/// Reads requests and answers each with the next text; an empty one ends the connection, "hang"
/// answers nothing.
class Receiver
{
public:
    explicit Receiver(asio::io_context& io)
        : m_io(io)
        , m_acceptor(io, Tcp::endpoint(asio::ip::address_v4::loopback(), 0))
    {
        accept();
    }
    [[nodiscard]] std::uint16_t port() const { return m_acceptor.local_endpoint().port(); }
    void closeAll()
    {
        boost::system::error_code ignored;
        for (const auto& peer : m_peers)
            peer->socket.close(ignored);
    }

    std::deque<std::string> answers;
    std::vector<std::string> requests;
    int connections = 0;

private:
    struct Peer {
        explicit Peer(Socket s)
            : socket(std::move(s))
        {
        }
        Socket socket;
        std::string text;
        std::array<char, 4096> buffer{};
    };
    void accept()
    {
        m_acceptor.async_accept(m_io, [this](const boost::system::error_code& error, Socket s) {
            if (error)
                return;
            ++connections;
            m_peers.push_back(std::make_shared<Peer>(std::move(s)));
            read(m_peers.back());
            accept();
        });
    }
    void read(const std::shared_ptr<Peer>& peer)
    {
        peer->socket.async_read_some(
            asio::buffer(peer->buffer),
            [this, peer](const boost::system::error_code& error, std::size_t size) {
                if (error)
                    return;
                peer->text.append(peer->buffer.data(), size);
                const std::size_t head = peer->text.find("\r\n\r\n");
                const std::size_t length = peer->text.find("Content-Length: ");
                if (head != std::string::npos && length != std::string::npos &&
                    peer->text.size() >=
                        head + 4 + std::strtoul(peer->text.c_str() + length + 16, nullptr, 10))
                    answer(peer);
                read(peer);
            });
    }
    void answer(const std::shared_ptr<Peer>& peer)
    {
        requests.push_back(std::exchange(peer->text, {}));
        ASSERT_FALSE(answers.empty());
        const std::string text = answers.front();
        answers.pop_front();
        boost::system::error_code ignored;
        if (text.empty())
            peer->socket.close(ignored);
        else if (text != "hang")
            asio::write(peer->socket, asio::buffer(text), ignored);
    }
    asio::io_context& m_io;
    Acceptor m_acceptor;
    std::vector<std::shared_ptr<Peer>> m_peers;
};

const std::string kOk = "HTTP/1.1 204 No Content\r\n\r\n";

struct PushClientTest : ::testing::Test {
    void make(std::int64_t timeoutMs = 5'000)
    {
        PushClientConfig config;
        config.url =
            parseWebhookUrl("http://127.0.0.1:" + std::to_string(receiver.port()) + "/p?q").value();
        config.secrets = {std::string(32, 's')};
        config.timeoutMs = timeoutMs;
        client =
            std::make_unique<PushClient>(io, config, clock, metrics, Logger(), [this] { ++turns; });
        ASSERT_TRUE(client->prepare());
    }
    /// Posts and runs the loop until there is an answer.
    PushReply post(const std::string& id = "push_1", const std::string& body = "{\"a\":1}")
    {
        std::optional<PushReply> reply;
        client->post({id, body}, [&](const PushReply& got) {
            EXPECT_FALSE(reply);
            reply = got;
        });
        EXPECT_FALSE(reply); // never from inside
        while (!reply && io.run_one_for(std::chrono::seconds(10)) > 0) {
        }
        EXPECT_TRUE(reply);
        return reply.value_or(PushReply());
    }

    asio::io_context io{1};
    ManualClock clock;
    Metrics metrics;
    Receiver receiver{io};
    std::unique_ptr<PushClient> client;
    int turns = 0;
};

} // namespace

TEST_F(PushClientTest, aHintIsOneSignedPost)
{
    make();
    receiver.answers = {kOk};
    EXPECT_EQ(post().status, 204);
    ASSERT_EQ(receiver.requests.size(), 1u);
    const std::string& request = receiver.requests[0];
    const std::int64_t seconds = clock.wallNow().ms / 1'000;
    const std::string signature =
        webhookSignature({std::string(32, 's')}, "push_1", seconds, "{\"a\":1}");
    EXPECT_TRUE(request.starts_with("POST /p?q HTTP/1.1\r\n")) << request;
    for (const std::string& line :
         {std::string("webhook-id: push_1"), "webhook-timestamp: " + std::to_string(seconds),
          "webhook-signature: " + signature, std::string("Content-Type: application/json"),
          "Host: 127.0.0.1:" + std::to_string(receiver.port())})
        EXPECT_NE(request.find("\r\n" + line + "\r\n"), std::string::npos) << line;
    EXPECT_TRUE(request.ends_with("\r\n\r\n{\"a\":1}"));
    EXPECT_EQ(turns, 1);
}

TEST_F(PushClientTest, aConnectionIsKeptUntilItIsOldOrTheReceiverSaysSo)
{
    make();
    receiver.answers = {kOk, kOk, kOk,
                        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok", kOk};
    post();
    post();
    EXPECT_EQ(receiver.connections, 1);
    clock.advance(Milliseconds(kPushIdleMs));
    post();
    EXPECT_EQ(receiver.connections, 2);
    EXPECT_EQ(post().status, 200);
    post();
    EXPECT_EQ(receiver.connections, 3);
    EXPECT_EQ(receiver.requests.size(), 5u);
}

TEST_F(PushClientTest, aKeptConnectionThatEndsAsItIsUsedIsReplacedOnce)
{
    make();
    receiver.answers = {kOk, "", kOk};
    post();
    EXPECT_EQ(post().status, 204);
    EXPECT_EQ(receiver.connections, 2);
    // A fresh one that ends without an answer is a failure.
    receiver.closeAll();
    receiver.answers = {"", ""};
    EXPECT_EQ(post().status, 0);
    EXPECT_EQ(post().status, 0);
    EXPECT_EQ(metrics.counter("push_unanswered_total").value(), 2);
}

TEST_F(PushClientTest, theStatusAndRetryAfterAreHandedOn)
{
    make();
    receiver.answers = {
        "HTTP/1.1 429 Slow\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\nxx", "nonsense\r\n\r\n"};
    PushReply reply = post();
    EXPECT_EQ(reply.status, 429);
    EXPECT_EQ(reply.retryAfter, Milliseconds(7'000));
    reply = post();
    EXPECT_EQ(reply.status, 503);
    EXPECT_FALSE(reply.retryAfter);
    EXPECT_EQ(post().status, 301); // not followed
    EXPECT_EQ(post().status, 200); // an answer without end is not waited for
    EXPECT_EQ(post().status, 0);
}

TEST_F(PushClientTest, whoeverDoesNotAnswerInTimeIsGivenUp)
{
    make(30);
    receiver.answers = {"hang", kOk};
    EXPECT_EQ(post().status, 0);
    make();
    EXPECT_EQ(post().status, 204);
    EXPECT_EQ(receiver.connections, 2);
}

TEST_F(PushClientTest, whatIsOpenAtTheEndIsNotAnswered)
{
    make();
    receiver.answers = {"hang"};
    bool answered = false;
    client->post({"push_1", "{}"}, [&](const PushReply&) { answered = true; });
    while (receiver.requests.empty() && io.run_one_for(std::chrono::seconds(10)) > 0) {
    }
    ASSERT_EQ(receiver.requests.size(), 1u);
    client.reset();
    io.poll();
    EXPECT_FALSE(answered);
}

TEST_F(PushClientTest, aNameThatNobodyLooksUpHoldsUpNothingAndNotTheEnd)
{
    // The threads may outlive everything here.
    struct Names {
        std::mutex mutex;
        std::condition_variable changed;
        bool answer = false;
        std::size_t asked = 0;
    };
    const auto names = std::make_shared<Names>();
    const auto hangs = [names](const std::string& host, const std::string& port, std::string& why) {
        EXPECT_EQ(host + ":" + port, "push.example:443");
        std::unique_lock lock(names->mutex);
        ++names->asked;
        names->changed.notify_all();
        names->changed.wait(lock, [&] { return names->answer; });
        why = "nobody answers";
        return std::vector<Tcp::endpoint>();
    };
    {
        asio::io_context own{1};
        PushClientConfig config;
        config.url = parseWebhookUrl("https://push.example/").value();
        config.secrets = {std::string(32, 's')};
        config.timeoutMs = 30;
        config.lookUp = hangs;
        PushClient hanging(own, config, clock, metrics, Logger(), [] {});
        ASSERT_TRUE(hanging.prepare());
        std::size_t answered = 0;
        const auto given = [&](const PushReply& got) {
            EXPECT_EQ(got.status, 0);
            ++answered;
        };
        for (std::size_t i = 0; i < kPushInFlightMax; ++i)
            hanging.post({"push_1", "{}"}, given);
        while (answered < kPushInFlightMax && own.run_one_for(std::chrono::seconds(10)) > 0) {
        }
        EXPECT_EQ(answered, kPushInFlightMax) << "each in its own time";
        hanging.post({"push_2", "{}"}, given); // no thread more for that
        own.restart();
        while (answered == kPushInFlightMax && own.run_one_for(std::chrono::seconds(10)) > 0) {
        }
        EXPECT_EQ(answered, kPushInFlightMax + 1);
        std::unique_lock lock(names->mutex);
        names->changed.wait(lock, [&] { return names->asked == kPushInFlightMax; });
    } // ends, though nobody has answered
    {
        const std::lock_guard lock(names->mutex);
        EXPECT_FALSE(names->answer);
        names->answer = true;
    }
    names->changed.notify_all();
}

TEST_F(PushClientTest, anAuthorityThatCannotBeReadIsSaid)
{
    PushClientConfig config;
    config.url = parseWebhookUrl("https://localhost/").value();
    config.secrets = {std::string(32, 's')};
    config.caFile = "/nowhere/authorities.pem";
    PushClient broken(io, config, clock, metrics, Logger(), [] {});
    const auto ready = broken.prepare();
    ASSERT_FALSE(ready);
    EXPECT_EQ(ready.error().code, ErrorCode::InvalidArgument);
}

} // namespace skein::server
