// Whatever requests and answers are lost, doubled or late: as long as the session lives, each side
// gets what the other said, once and in order; and when the loss ends, everything arrives.
#include "sdk/engine/httpframes.h"
#include "server/net/httpsessions.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <map>

using namespace skein;
using namespace skein::engine;
using namespace skein::server;

namespace
{

struct Faults {
    double requestLost = 0, answerLost = 0, requestTwice = 0, requestLate = 0;
};

/// Both halves and the way between them, in one virtual time.
class Lossy : public HttpCaller, public HttpFrames::Events, public HttpSessionHost
{
public:
    Lossy(std::uint64_t seed, Faults with)
        : random(seed)
        , faults(with)
    {
    }

    // ---- the way ----
    void call(HttpCall made) override
    {
        if (random.chance(faults.requestTwice))
            later(delay() + (random.chance(0.5) ? 3'000 : 0),
                  [this, made] { arrive(made, false); });
        if (random.chance(faults.requestLost))
            return lost(made.id, 0);
        const std::int64_t wait = delay() + (random.chance(faults.requestLate) ? 12'000 : 0);
        if (wait > HttpFrames::kPostTimeoutMs && made.kind != HttpCall::Kind::Poll)
            lost(made.id, HttpFrames::kPostTimeoutMs); // given up; it arrives all the same
        later(wait, [this, made] { arrive(made, true); });
    }
    void cancel(std::uint64_t id) override { m_cancelled[id] = true; }

    void arrive(const HttpCall& made, bool answered)
    {
        HttpRequest request;
        request.method = made.kind == HttpCall::Kind::Poll  ? "GET"
                         : made.kind == HttpCall::Kind::End ? "DELETE"
                                                            : "POST";
        request.session = made.session;
        request.batch = made.batch ? std::to_string(made.batch) : "";
        request.ack = made.kind == HttpCall::Kind::Poll ? std::to_string(made.ack) : "";
        request.query = "wait=" + std::to_string(made.waitSeconds);
        request.body = made.body;
        request.address = "192.0.2.1";
        sessions.handle(std::move(request), [this, id = made.id, answered](HttpReply reply) {
            if (!answered)
                return;
            if (random.chance(faults.answerLost))
                return lost(id, 0);
            HttpAnswer answer;
            answer.status = reply.status;
            answer.body = reply.body;
            for (const auto& [name, value] : reply.headers) {
                if (name == kSessionHeader)
                    answer.session = value;
                else if (name == kBatchHeader)
                    answer.batch = std::stoll(value);
                else if (name == kCloseHeader)
                    answer.closeCode = static_cast<std::uint16_t>(std::stoi(value));
            }
            later(delay(), [this, id, answer] { give(id, answer); });
        });
    }
    void lost(std::uint64_t id, std::int64_t after)
    {
        later(after + 500, [this, id] { give(id, HttpAnswer()); });
    }
    void give(std::uint64_t id, const HttpAnswer& answer)
    {
        if (!m_cancelled[id])
            frames.answered(id, answer);
    }
    std::int64_t delay() { return 1 + static_cast<std::int64_t>(random.below(40)); }
    void later(std::int64_t ms, std::function<void()> what)
    {
        m_queue.emplace(std::pair(clock.now().ms + ms, ++m_order), std::move(what));
    }

    // ---- the client ----
    void framesOpened() override { frames.send("hello"); }
    void framesReceived(std::string_view text) override { atClient.emplace_back(text); }
    void framesClosed(std::uint16_t code, const std::string&, std::optional<Milliseconds>) override
    {
        closed = code;
        over = true;
    }

    // ---- the server ----
    void sessionOpened(ConnId opened, std::string, std::string) override { connection = opened; }
    void sessionReceived(ConnId, std::string_view frame) override { atServer.emplace_back(frame); }
    void sessionEnded(ConnId) override { ended = true; }
    void sessionCollapsed(ConnId, const std::vector<RoomId>&) override {}
    Result<UserId> userOf(std::string_view) const override { return UserId("u"); }
    bool admit(const std::string&, bool) override { return true; }
    void release(const std::string&) override {}
    bool admitting() const override { return true; }
    void flushWanted() override {}

    void serverSays(const std::string& text)
    {
        sessions.send(connection, std::make_shared<const OutFrame>(text), Lane::Control, nullptr);
    }

    /// One millisecond at a time would do; this jumps to what comes next.
    void run(std::int64_t ms)
    {
        const std::int64_t until = clock.now().ms + ms;
        std::int64_t second = clock.now().ms + 1'000;
        while (clock.now().ms < until) {
            std::int64_t next = std::min(until, second);
            if (!m_queue.empty())
                next = std::min(next, m_queue.begin()->first.first);
            next = std::min(next, frames.nextWakeupAt().ms);
            if (next > clock.now().ms)
                clock.advance(Milliseconds(next - clock.now().ms));
            while (!m_queue.empty() && m_queue.begin()->first.first <= clock.now().ms) {
                auto node = m_queue.extract(m_queue.begin());
                node.mapped()();
            }
            frames.tick();
            if (clock.now().ms >= second) {
                sessions.tick();
                second += 1'000;
            }
            sessions.flush();
        }
    }

    SeededRandom random;
    Faults faults;
    ManualClock clock;
    Metrics metrics;
    HttpSessions sessions{*this, clock, random, metrics};
    ConnId connection = 0;
    std::vector<std::string> atClient, atServer;
    std::uint16_t closed = 0;
    bool over = false, ended = false;

private:
    std::map<std::pair<std::int64_t, std::uint64_t>, std::function<void()>> m_queue;
    std::map<std::uint64_t, bool> m_cancelled;
    std::uint64_t m_order = 0;

public:
    HttpFrames frames{clock, *this, *this}; // last: it says goodbye over the above when it ends
};

std::vector<std::string> numbered(const char* prefix, int from, int count)
{
    std::vector<std::string> list;
    for (int i = 0; i < count; ++i)
        list.push_back(prefix + std::to_string(from + i));
    return list;
}

} // namespace

RC_GTEST_PROP(HttpFrames, whatIsSaidArrivesOnceAndInOrderThroughAnyLoss, ())
{
    const auto seed = *rc::gen::arbitrary<std::uint64_t>();
    Lossy lossy(seed, {});
    lossy.frames.open();
    lossy.run(1'000);
    RC_ASSERT(lossy.atServer == std::vector<std::string>{"hello"});
    // From here on the way is bad; the opening itself is not repeated (the engine opens anew).
    const auto percent = [](int most) { return *rc::gen::inRange(0, most + 1) / 100.0; };
    lossy.faults = {percent(30), percent(30), percent(30), percent(20)};
    int fromClient = 0, fromServer = 0;
    const int rounds = *rc::gen::inRange(1, 40);
    for (int i = 0; i < rounds && !lossy.over; ++i) {
        const auto up = static_cast<int>(lossy.random.below(6));
        for (const auto& text : numbered("c", fromClient, up))
            lossy.frames.send(text);
        const auto down = static_cast<int>(lossy.random.below(6));
        for (const auto& text : numbered("s", fromServer, down))
            lossy.serverSays(text);
        fromClient += up;
        fromServer += down;
        lossy.run(static_cast<std::int64_t>(lossy.random.below(3'000)));
    }
    lossy.faults = {};
    if (!lossy.over)
        lossy.run(60'000);
    auto sent = numbered("c", 0, fromClient);
    sent.insert(sent.begin(), "hello");
    const auto said = numbered("s", 0, fromServer);
    // A session that was given up may lack the end, but never has anything twice or out of order.
    RC_ASSERT(lossy.atServer.size() <= sent.size());
    RC_ASSERT(std::equal(lossy.atServer.begin(), lossy.atServer.end(), sent.begin()));
    RC_ASSERT(lossy.atClient.size() <= said.size());
    RC_ASSERT(std::equal(lossy.atClient.begin(), lossy.atClient.end(), said.begin()));
    RC_CLASSIFY(lossy.over, "given up");
    if (!lossy.over) {
        RC_ASSERT(lossy.atServer.size() == sent.size());
        RC_ASSERT(lossy.atClient.size() == said.size());
        RC_ASSERT(lossy.frames.unsentBytes() == 0u);
    }
}

RC_GTEST_PROP(HttpFrames, aModestLossEndsNoSession, ())
{
    Lossy lossy(*rc::gen::arbitrary<std::uint64_t>(), {});
    lossy.frames.open();
    lossy.run(1'000);
    lossy.faults = {0.05, 0.05, 0.05, 0};
    for (int i = 0; i < 20; ++i) {
        lossy.frames.send("x");
        lossy.serverSays("y");
        lossy.run(500);
    }
    lossy.faults = {};
    lossy.run(60'000);
    RC_ASSERT(!lossy.over);
    RC_ASSERT(!lossy.ended);
    RC_ASSERT(lossy.atServer.size() == 21u);
    RC_ASSERT(lossy.atClient.size() == 20u);
}

RC_GTEST_PROP(HttpFrames, aCloseOfTheServerArrivesBehindEverythingElse, ())
{
    Lossy lossy(*rc::gen::arbitrary<std::uint64_t>(), {});
    lossy.frames.open();
    lossy.run(1'000);
    lossy.faults = {0.1, 0.1, 0.1, 0};
    const int count = *rc::gen::inRange(0, 30);
    for (const auto& text : numbered("s", 0, count))
        lossy.serverSays(text);
    lossy.sessions.close(lossy.connection, protocol::CloseCode::SlowConsumer, "x");
    lossy.run(9'000); // within the linger
    lossy.faults = {};
    lossy.run(60'000);
    RC_ASSERT(lossy.over);
    if (lossy.closed == 4001)
        RC_ASSERT(lossy.atClient == numbered("s", 0, count));
    else
        RC_ASSERT(lossy.closed == 4002 || lossy.closed == 0);
}
