// M14: the push hook of the real server against a real receiver, which verifies the signature with
// code of its own (pushreceiver.py).
#include "tests/integration/fixture.h"

#include <boost/json.hpp>

#include <csignal>
#include <fstream>

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace skein;
using namespace skein::testing;

namespace
{

namespace json = boost::json;

constexpr char kSecret[] = "whsec_c2tlaW4gcHVzaCBob29rIHRlc3Qgc2VjcmV0IDEyMw==";
constexpr char kNewSecret[] = "whsec_YW5vdGhlciBzZWNyZXQgb2YgdGhlIHB1c2ggaG9vayE=";
constexpr char kCanary[] = "canary-in-the-body-7319";

/// A child process with its input and output in the test's hands; ends with this.
class Receiver
{
public:
    explicit Receiver(std::vector<std::string> arguments)
    {
        int in[2], out[2];
        if (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0)
            return;
        arguments.insert(arguments.begin(), {SKEIN_PYTHON, SKEIN_PUSH_RECEIVER});
        std::vector<char*> argv;
        for (std::string& one : arguments)
            argv.push_back(one.data());
        argv.push_back(nullptr);
        m_pid = ::fork();
        if (m_pid == 0) {
            ::dup2(in[0], 0);
            ::dup2(out[1], 1);
            ::execv(argv[0], argv.data());
            ::_exit(127);
        }
        ::close(in[0]);
        ::close(out[1]);
        m_in = in[1];
        m_out = out[0];
        const auto first = line();
        if (first && first->starts_with("port "))
            port = first->substr(5);
    }
    ~Receiver()
    {
        ::close(m_in);
        ::close(m_out);
        if (m_pid > 0) {
            ::kill(m_pid, SIGKILL);
            ::waitpid(m_pid, nullptr, 0);
        }
    }
    Receiver(const Receiver&) = delete;
    Receiver& operator=(const Receiver&) = delete;

    void tell(const std::string& command)
    {
        const std::string text = command + '\n';
        ASSERT_EQ(::write(m_in, text.data(), text.size()), static_cast<ssize_t>(text.size()));
        for (;;) {
            const auto answer = line();
            ASSERT_TRUE(answer);
            if (*answer == "ok")
                return;
            m_lines.push_back(*answer);
        }
    }
    /// The next request; nullopt when none came in time.
    std::optional<json::object> next()
    {
        std::optional<std::string> text;
        if (!m_lines.empty()) {
            text = m_lines.front();
            m_lines.pop_front();
        } else {
            text = line();
        }
        if (!text)
            return std::nullopt;
        EXPECT_EQ(text->find(kCanary), std::string::npos);
        json::object request = json::parse(*text).as_object();
        EXPECT_TRUE(request.at("signed").as_bool()) << *text;
        EXPECT_EQ(request.at("path").as_string(), "/hook?k=v");
        return request;
    }

    /// Requests that came until the last tell(), and were not asked for.
    [[nodiscard]] std::size_t unread() const { return m_lines.size(); }

    std::string port;

private:
    std::optional<std::string> line()
    {
        std::size_t end;
        while ((end = m_rest.find('\n')) == std::string::npos) {
            pollfd waits{m_out, POLLIN, 0};
            if (::poll(&waits, 1, static_cast<int>(kWaitMs)) <= 0)
                return std::nullopt;
            char buffer[4096];
            const ssize_t size = ::read(m_out, buffer, sizeof buffer);
            if (size <= 0)
                return std::nullopt;
            m_rest.append(buffer, static_cast<std::size_t>(size));
        }
        std::string text = m_rest.substr(0, end);
        m_rest.erase(0, end + 1);
        return text;
    }
    pid_t m_pid = -1;
    int m_in = -1, m_out = -1;
    std::string m_rest;
    std::deque<std::string> m_lines;
};

std::int64_t number(const json::object& request, const char* field)
{
    return request.at("body").at("data").at(field).to_number<std::int64_t>();
}
std::int64_t seqOf(const json::object& request)
{
    return request.at("body").at("data").at("message").at("seq").to_number<std::int64_t>();
}

class ServerPush : public ServerTest
{
protected:
    void startWith(const std::string& url, std::vector<std::string> more = {},
                   const std::string& everyMs = "50")
    {
        std::ofstream(m_dir + "/push.key") << kNewSecret << '\n' << kSecret << '\n';
        // Who has not been here since the start is away at once.
        std::vector<std::string> arguments = {
            "--push-url",      url, "--push-secret-file", m_dir + "/push.key",
            "--push-start-ms", "0", "--push-every-ms",    everyMs,
            "--no-rate-limits"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        start(arguments);
    }
    std::string plain(const Receiver& receiver)
    {
        return "http://127.0.0.1:" + receiver.port + "/hook?k=v";
    }
    /// Ana is here, Bela has an account and is away.
    void people()
    {
        m_ana = account("ana");
        m_bela = account("bela");
        ASSERT_TRUE(signOn(m_peer, port(), m_ana));
        m_room = room(m_peer, m_bela);
    }
    std::int64_t say()
    {
        EXPECT_TRUE(m_peer.send(protocol::ClientFrame(message(m_room, kCanary))));
        const auto confirmed = m_peer.frame<protocol::MessageConfirmed>();
        EXPECT_TRUE(confirmed);
        return confirmed ? confirmed->seq.value() : 0;
    }
    std::int64_t metric(const std::string& name)
    {
        const auto answer = load::httpRequest(port(), "GET", "/metrics");
        if (!answer)
            return -1;
        const std::size_t at = answer->body.find("\nskein_" + name + ' ');
        return at == std::string::npos ? 0
                                       : std::atoll(answer->body.c_str() + at + name.size() + 8);
    }
    /// Asks until it is so, or the test's time is up.
    bool reached(const std::string& name, std::int64_t value)
    {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(kWaitMs);
        while (metric(name) < value) {
            if (std::chrono::steady_clock::now() > deadline)
                return false;
        }
        return true;
    }
    void end()
    {
        m_server.signal(SIGTERM);
        const auto ended = m_server.wait(kWaitMs);
        ASSERT_TRUE(ended);
        EXPECT_EQ(ended->exitCode, 0);
        const std::string log = m_server.standardError();
        EXPECT_EQ(log.find(kCanary), std::string::npos);
        EXPECT_EQ(log.find("whsec_"), std::string::npos);
        EXPECT_EQ(log.find("k=v"), std::string::npos);
        for (const char* const secret : {kSecret, kNewSecret})
            EXPECT_EQ(log.find(secret + 6), std::string::npos);
    }

    load::Account m_ana, m_bela;
    WsPeer m_peer;
    RoomId m_room;
};

} // namespace

TEST_F(ServerPush, whoIsAwayIsHintedAtOnceForManyMessagesAndWhoIsHereIsNot)
{
    Receiver receiver({kSecret}); // the one before the newest: both sign
    startWith(plain(receiver), {}, "1000");
    people();
    std::int64_t last = 0;
    for (int i = 0; i < 200; ++i)
        last = say();
    std::int64_t hints = 0, told = 0;
    for (;;) {
        const auto request = receiver.next();
        ASSERT_TRUE(request);
        ++hints;
        told += number(*request, "new");
        EXPECT_EQ(request->at("connection").to_number<std::int64_t>(), 1); // kept alive
        EXPECT_EQ(request->at("body").at("data").at("user").as_string(), m_bela.user.str());
        if (seqOf(*request) == last) {
            EXPECT_EQ(number(*request, "unread"), 200);
            EXPECT_EQ(number(*request, "badge"), 200);
            break;
        }
    }
    EXPECT_LT(hints, 40);
    EXPECT_EQ(told, 200); // each message in one of them
    // Bela comes back: nothing for what is written now. The end of the server lets all of it out.
    WsPeer bela;
    ASSERT_TRUE(signOn(bela, port(), m_bela));
    const std::int64_t seen = say();
    end();
    receiver.tell("status 200");
    EXPECT_GT(seen, last);
    EXPECT_EQ(receiver.unread(), 0u);
    EXPECT_EQ(m_server.standardError().find("not delivered"), std::string::npos);
}

TEST_F(ServerPush, aFailureIsTriedAgainUnderTheSameIdAndAHangingReceiverHoldsNobodyUp)
{
    Receiver receiver({kNewSecret});
    startWith(plain(receiver), {"--push-gather-ms", "10"});
    people();
    receiver.tell("status 503");
    const std::int64_t first = say();
    const auto failed = receiver.next(), again = receiver.next();
    ASSERT_TRUE(failed && again);
    EXPECT_EQ(failed->at("status").to_number<int>(), 503);
    EXPECT_EQ(again->at("status").to_number<int>(), 204);
    EXPECT_EQ(failed->at("id").as_string(), again->at("id").as_string());
    EXPECT_EQ(seqOf(*again), first);

    // The receiver says what came before it answers.
    ASSERT_TRUE(reached("push_told_total", 1));
    receiver.tell("hold");
    say();
    ASSERT_TRUE(receiver.next()); // it came, and gets no answer
    std::int64_t last = 0;
    for (int i = 0; i < 50; ++i)
        last = say(); // each confirmed
    EXPECT_EQ(metric("push_in_flight"), 1);
    EXPECT_EQ(metric("push_waiting"), 0);
    receiver.tell("go");
    const auto rest = receiver.next();
    ASSERT_TRUE(rest);
    EXPECT_EQ(seqOf(*rest), last);
    EXPECT_EQ(number(*rest, "new"), 50);
    EXPECT_TRUE(reached("push_told_total", 3));
    EXPECT_EQ(metric("push_retried_total"), 1);
    end();
}

TEST_F(ServerPush, whatWaitsAtTheEndIsSentAndAfterAKillTheNextHintTellsAll)
{
    Receiver receiver({kNewSecret});
    startWith(plain(receiver), {"--push-gather-ms", "60000"});
    people();
    const std::int64_t first = say();
    end();
    const auto request = receiver.next();
    ASSERT_TRUE(request);
    EXPECT_EQ(seqOf(*request), first);

    startWith(plain(receiver), {"--push-gather-ms", "60000"});
    WsPeer again;
    ASSERT_TRUE(signOn(again, port(), m_ana));
    EXPECT_TRUE(again.send(protocol::ClientFrame(message(m_room, kCanary))));
    ASSERT_TRUE(again.frame<protocol::MessageConfirmed>());
    m_server.signal(SIGKILL); // the hint is gone, the message is not
    ASSERT_TRUE(m_server.wait(kWaitMs));
    startWith(plain(receiver), {"--push-gather-ms", "1"});
    m_peer.disconnect();
    ASSERT_TRUE(signOn(m_peer, port(), m_ana));
    const std::int64_t last = say();
    const auto next = receiver.next();
    ASSERT_TRUE(next);
    EXPECT_EQ(seqOf(*next), last);
    EXPECT_EQ(number(*next, "unread"), 3);
    EXPECT_NE(next->at("id").as_string(), request->at("id").as_string());
    end();
}

TEST_F(ServerPush, nobodyListensAndTheServerServesAndEndsInTime)
{
    std::string port0;
    {
        Receiver gone({kNewSecret});
        port0 = gone.port;
    }
    startWith("http://127.0.0.1:" + port0 + "/hook?k=v", {"--push-gather-ms", "1"});
    people();
    say();
    EXPECT_TRUE(reached("push_unanswered_total", 1));
    EXPECT_EQ(metric("push_told_total"), 0);
    say();
    end(); // exit 0: hints are no reason to stay
}

TEST_F(ServerPush, aCertificateIsBelievedOnlyFromItsAuthorityAndForItsName)
{
    const std::string cert = m_dir + "/cert.pem", key = m_dir + "/key.pem";
    ASSERT_EQ(std::system(("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "
                           "-days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost "
                           "-keyout " +
                           key + " -out " + cert + " 2>/dev/null")
                              .c_str()),
              0);
    Receiver receiver({kNewSecret, cert, key});
    const std::string byName = "https://localhost:" + receiver.port + "/hook?k=v";
    startWith(byName, {"--push-gather-ms", "1"});
    people();
    say();
    EXPECT_TRUE(reached("push_unanswered_total", 1));
    EXPECT_NE(m_server.standardError().find("TLS"), std::string::npos);
    end();
    startWith("https://127.0.0.1:" + receiver.port + "/hook?k=v",
              {"--push-gather-ms", "1", "--push-ca-file", cert});
    WsPeer second;
    ASSERT_TRUE(signOn(second, port(), m_ana));
    EXPECT_TRUE(second.send(protocol::ClientFrame(message(m_room, kCanary))));
    EXPECT_TRUE(reached("push_unanswered_total", 1));
    end();
    startWith(byName, {"--push-gather-ms", "1", "--push-ca-file", cert});
    m_peer.disconnect();
    ASSERT_TRUE(signOn(m_peer, port(), m_ana));
    const std::int64_t last = say();
    const auto request = receiver.next(); // the first that came at all
    ASSERT_TRUE(request);
    EXPECT_EQ(seqOf(*request), last);
    end();
}
