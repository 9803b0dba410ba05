// chat.m8 and chat.m9: what is left after the server was killed, and what a cursor sees while
// others write.
#include "protocol/codec.h"
#include "protocol/limits.h"
#include "tools/load/scenarios.h"
#include "tools/load/stage.h"

#include <map>
#include <optional>
#include <set>
#include <unordered_map>

namespace skein::load
{
namespace
{

constexpr double kKillRate = 200;
constexpr std::int64_t kAnswerTimeoutMs = 30'000;
constexpr std::int64_t kAnswersTimeoutMs = 60'000;

// Pages through a room's log after a cursor, as a client does.
class LogReader
{
public:
    LogReader(Stage& stage, std::size_t connection, RoomId room)
        : m_stage(stage)
        , m_connection(connection)
        , m_room(std::move(room))
    {
    }

    void ask()
    {
        protocol::SyncRequest request;
        request.req = RequestId("s");
        request.rooms.push_back({m_room, m_since ? Epoch(1) : Epoch(), m_since});
        request.limit = static_cast<std::int64_t>(protocol::kSyncEventsPerRoomMax);
        m_answered = false;
        m_stage.swarm().send(m_connection, protocol::ClientFrame(request));
    }
    void take(std::string_view text)
    {
        auto frame = protocol::decodeServerFrame(text);
        if (!frame || !std::holds_alternative<protocol::SyncResponse>(*frame))
            return;
        m_answered = true;
        for (protocol::SyncRoom& room : std::get<protocol::SyncResponse>(*frame).rooms) {
            if (room.error)
                m_error = std::string(wireName(*room.error));
            m_limited = m_limited || room.limited;
            m_head = room.head;
            m_since = std::max(m_since, room.hi);
            for (protocol::Event& event : room.events)
                m_events[event.seq] = std::move(event);
        }
    }
    [[nodiscard]] bool answered() const { return m_answered; }
    [[nodiscard]] bool atHead() const { return m_since >= m_head; }
    [[nodiscard]] const std::map<Seq, protocol::Event>& events() const { return m_events; }
    [[nodiscard]] Seq head() const { return m_head; }
    [[nodiscard]] bool limited() const { return m_limited; }
    [[nodiscard]] const std::string& error() const { return m_error; }

private:
    Stage& m_stage;
    std::size_t m_connection;
    RoomId m_room;
    Seq m_since, m_head;
    std::map<Seq, protocol::Event> m_events;
    std::string m_error;
    bool m_answered = true, m_limited = false;
};

struct Log {
    std::map<std::string, int> copies; ///< by body
    std::size_t size = 0;
};

// By pages of history: a sync_request from the start would give the newest page and a stated hole.
Result<Log> readBack(Stage& stage, std::size_t connection, const RoomId& room)
{
    std::optional<protocol::HistoryResponse> page;
    stage.swarm().setHandler([&](std::size_t, std::string_view text) {
        if (!isType(text, "history_response"))
            return;
        if (auto frame = protocol::decodeServerFrame(text))
            page = std::get<protocol::HistoryResponse>(std::move(*frame));
    });
    Log log;
    Seq at;
    do {
        page.reset();
        protocol::HistoryRequest request;
        request.req = RequestId("h");
        request.room = room;
        request.anchor = protocol::HistoryRequest::Anchor::After;
        request.seq = at;
        request.limit = static_cast<std::int64_t>(protocol::kHistoryLimitMax);
        stage.swarm().send(connection, protocol::ClientFrame(request));
        if (!stage.swarm().run([&] { return page.has_value(); }, kAnswerTimeoutMs))
            return fail(ErrorCode::Timeout, "history_request");
        for (const protocol::Event& event : page->messages) {
            if (event.kind == protocol::Kind::Text)
                ++log.copies[event.body];
        }
        log.size += page->messages.size();
        at = page->hi;
    } while (page->hasMore);
    return log;
}

} // namespace

Result<ScenarioResult> runKills(const ScenarioOptions& options)
{
    if (!options.url.empty())
        return fail(ErrorCode::InvalidArgument, "a server of somebody else is not killed");
    const int kills = options.quick ? 2 : 9;
    auto stage = Stage::open(options);
    if (!stage)
        return fail(stage.error());
    if (const auto made = stage->makeAccounts(2); !made)
        return fail(made.error());
    if (const auto connected = stage->connectAll(); !connected)
        return fail(connected.error());
    const auto room = stage->makeRoom(0, 0, 2);
    if (!room)
        return fail(room.error());
    Swarm& swarm = stage->swarm();
    SeededRandom random(11);
    std::map<std::string, std::string> confirmed; // body → temp_id
    std::int64_t number = 0, lost = 0, resent = 0;
    std::set<std::string> doubled;

    for (int round = 0; round < kills; ++round) {
        std::unordered_map<std::string, protocol::MessageSend> open; // by temp_id
        const auto hear = [&](std::size_t, std::string_view text) {
            if (!isType(text, "message_confirmed"))
                return;
            const auto found = open.find(std::string(fieldOf(text, "temp_id")));
            if (found == open.end())
                return;
            confirmed.emplace(found->second.body, found->first);
            open.erase(found);
        };
        swarm.setHandler(hear);
        const double lastsMs =
            options.quick ? 500 : 3'000 + static_cast<double>(random.below(2'000));
        const double start = nowUs();
        std::int64_t sent = 0;
        (void)swarm.run([&] { return nowUs() >= start + lastsMs * 1e3; },
                        static_cast<std::int64_t>(lastsMs) + 1,
                        [&]() -> double {
                            const auto due = [&] {
                                return start + 1e6 * static_cast<double>(sent) / kKillRate;
                            };
                            for (; nowUs() >= due(); ++sent) {
                                auto message = stage->message(*room, number++);
                                swarm.send(0, protocol::ClientFrame(message));
                                open.emplace(message.tempId.str(), std::move(message));
                            }
                            return std::max(0.0, due() - nowUs());
                        });
        // A burst, so that the kill meets a commit in progress.
        for (int i = 0; i < 32; ++i) {
            auto message = stage->message(*room, number++);
            swarm.send(0, protocol::ClientFrame(message));
            open.emplace(message.tempId.str(), std::move(message));
        }
        (void)swarm.run([] { return false; }, static_cast<std::int64_t>(random.below(3)));
        stage->killServer();
        // What had left the server before it died counts as confirmed.
        (void)swarm.run([&] { return !swarm.isOpen(0) && !swarm.isOpen(1); }, kAnswerTimeoutMs);
        if (auto again = stage->restartServer(); !again)
            return fail(again.error());
        for (std::size_t i = 0; i < 2; ++i) {
            if (auto back = swarm.reconnect(i, stage->accounts()[i], {}); !back)
                return fail(back.error());
        }
        if (!swarm.run([&] { return swarm.isWelcomed(0) && swarm.isWelcomed(1); },
                       kAnswerTimeoutMs))
            return fail(ErrorCode::Timeout, "no welcome after the restart");
        auto log = readBack(*stage, 1, *room);
        if (!log)
            return fail(log.error());
        for (const auto& [body, tempId] : confirmed)
            lost += log->copies.contains(body) ? 0 : 1;
        swarm.setHandler(hear);
        resent += static_cast<std::int64_t>(open.size());
        for (const auto& [tempId, message] : open)
            swarm.send(0, protocol::ClientFrame(message));
        if (!swarm.run([&] { return open.empty(); }, kAnswersTimeoutMs))
            return fail(ErrorCode::Timeout, "what was sent again is not confirmed");
        log = readBack(*stage, 1, *room);
        if (!log)
            return fail(log.error());
        for (const auto& [body, tempId] : confirmed)
            lost += log->copies.contains(body) ? 0 : 1;
        for (const auto& [body, copies] : log->copies) {
            if (copies > 1)
                doubled.insert(body);
        }
    }
    ScenarioResult result;
    result.name = "chat.m8";
    result.unit = "lost";
    result.value = static_cast<double>(lost);
    result.n = static_cast<std::int64_t>(confirmed.size());
    result.extra = {{"lost", static_cast<double>(lost)},
                    {"doubled", static_cast<double>(doubled.size())},
                    {"kills", kills},
                    {"resent", static_cast<double>(resent)},
                    {"rate", kKillRate}};
    return result;
}

Result<ScenarioResult> runCursor(const ScenarioOptions& options)
{
    constexpr std::int64_t kWindow = 64;
    const std::int64_t count = options.quick ? 3'000 : 30'000;
    auto stage = Stage::open(options);
    if (!stage)
        return fail(stage.error());
    if (const auto made = stage->makeAccounts(2); !made)
        return fail(made.error());
    if (const auto connected = stage->connectAll(); !connected)
        return fail(connected.error());
    const auto room = stage->makeRoom(0, 0, 2);
    if (!room)
        return fail(room.error());
    Swarm& swarm = stage->swarm();
    LogReader reader(*stage, 1, *room);
    std::int64_t sent = 0, confirmed = 0, pages = 0;
    std::set<Seq> stored;
    const auto sendOne = [&] {
        if (sent < count)
            swarm.send(0, protocol::ClientFrame(stage->message(*room, sent++)));
    };
    swarm.setHandler([&](std::size_t connection, std::string_view text) {
        if (connection == 0 && isType(text, "message_confirmed")) {
            if (const auto frame = protocol::decodeServerFrame(text))
                stored.insert(std::get<protocol::MessageConfirmed>(*frame).seq);
            ++confirmed;
            sendOne();
        } else if (connection == 1 && isType(text, "sync_response")) {
            reader.take(text);
            ++pages;
            reader.ask();
        }
    });
    for (std::int64_t i = 0; i < kWindow; ++i)
        sendOne();
    reader.ask();
    if (!swarm.run(
            [&] {
                return confirmed == count && reader.head() >= *stored.rbegin() && reader.atHead();
            },
            kAnswersTimeoutMs * 2))
        return fail(ErrorCode::Timeout, std::to_string(confirmed) + " confirmed");
    std::int64_t skipped = 0;
    for (const Seq seq : stored)
        skipped += reader.events().contains(seq) ? 0 : 1;
    ScenarioResult result;
    result.name = "chat.m9";
    result.unit = "skipped";
    result.value = static_cast<double>(skipped);
    result.n = count;
    result.extra = {{"skipped", static_cast<double>(skipped)},
                    {"stored", static_cast<double>(stored.size())},
                    {"pages", static_cast<double>(pages)},
                    {"limited", reader.limited()
                                    ? 1.0
                                    : 0.0}, // a page that states a hole: not a skip, but to be seen
                    {"window", kWindow}};
    return result;
}

} // namespace skein::load
