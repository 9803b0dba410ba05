#include "tools/load/stage.h"

#include "protocol/codec.h"
#include "protocol/limits.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <filesystem>

#include <unistd.h>

namespace skein::load
{
namespace
{

constexpr std::int64_t kSetupTimeoutMs = 60'000;
constexpr std::string_view kPassword = "load-password-1";

} // namespace

std::string_view fieldOf(std::string_view json, std::string_view name)
{
    const std::string key = '"' + std::string(name) + "\":";
    std::size_t at = json.find(key);
    if (at == std::string_view::npos)
        return {};
    at += key.size();
    if (json[at] == '"') {
        const std::size_t end = json.find('"', at + 1);
        return json.substr(at + 1, end - at - 1);
    }
    return json.substr(at, json.find_first_of(",}]", at) - at);
}

bool isType(std::string_view json, std::string_view type)
{
    constexpr std::string_view kStart = R"({"type":")";
    return json.starts_with(kStart) && json.substr(kStart.size()).starts_with(type) &&
           json.size() > kStart.size() + type.size() && json[kStart.size() + type.size()] == '"';
}

std::int64_t numberOf(std::string_view json)
{
    const std::string_view body = fieldOf(json, "body");
    std::int64_t number = -1;
    if (body.starts_with('#'))
        std::from_chars(body.data() + 1, body.data() + body.size(), number);
    return number;
}

double Samples::quantile(double q)
{
    if (values.empty())
        return 0;
    std::sort(values.begin(), values.end());
    const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(values.size())));
    return values[std::min(values.size() - 1, rank == 0 ? 0 : rank - 1)];
}

void Samples::fill(ScenarioResult& result)
{
    result.p50 = quantile(0.50);
    result.p95 = quantile(0.95);
    result.p99 = quantile(0.99);
    result.n = static_cast<std::int64_t>(values.size());
}

Result<Stage> Stage::open(const ScenarioOptions& options)
{
    Stage stage;
    SystemRandom random;
    stage.m_run = std::to_string(random.below(1'000'000'000));
    stage.m_random = SeededRandom(random.next());
    if (!options.url.empty()) {
        const auto port = loopbackPort(options.url);
        if (!port)
            return fail(port.error());
        stage.m_port = *port;
    } else {
        ServerSpec spec;
        spec.binary = options.serverBinary;
        spec.dataDir = options.workDir + "/load-" + stage.m_run;
        spec.arguments = {
            "--no-rate-limits", "--password-mib", "1", "--connections-per-user", "1000",
            "--log-level",      "warning"};
        stage.m_dataDir = spec.dataDir;
        auto server = ServerProcess::start(spec);
        if (!server)
            return fail(server.error());
        stage.m_port = server->port();
        stage.m_server = std::move(*server);
        stage.m_spec = std::move(spec);
        stage.m_spec.port = stage.m_port;
    }
    stage.m_swarm = std::make_unique<Swarm>(stage.m_port);
    return stage;
}

Stage::~Stage()
{
    if (!m_swarm)
        return; // moved from
    m_swarm.reset();
    m_server.reset();
    std::error_code ignored;
    if (!m_dataDir.empty())
        std::filesystem::remove_all(m_dataDir, ignored);
}

void Stage::killServer()
{
    if (m_server) {
        m_server->signal(SIGKILL);
        (void)m_server->wait(kSetupTimeoutMs);
    }
}

Result<void> Stage::restartServer()
{
    auto server = ServerProcess::start(m_spec);
    if (!server)
        return fail(server.error());
    m_server = std::move(*server);
    return {};
}

double Stage::serverMetric(std::string_view name) const
{
    const auto answer = httpRequest(m_port, "GET", "/metrics");
    if (!answer)
        return 0;
    const std::string start = '\n' + std::string(name) + ' ';
    const std::size_t at = ('\n' + answer->body).find(start);
    return at == std::string::npos
               ? 0
               : std::strtod(answer->body.c_str() + at + start.size() - 1, nullptr);
}

std::int64_t Stage::serverPeakKib() const
{
    return m_server ? processPeakKib(m_server->pid()) : 0;
}

double Stage::serverCpuUs() const
{
    return m_server ? processCpuUs(m_server->pid()) : 0;
}

std::int64_t Stage::serverPssKib() const
{
    return m_server ? processPssKib(m_server->pid()) : 0;
}

Result<void> Stage::makeAccounts(std::size_t count)
{
    for (std::size_t i = 0; i < count; ++i) {
        const std::string name = "load" + m_run + '-' + std::to_string(m_accounts.size());
        auto account = signUp(m_port, name, std::string(kPassword), "load-device");
        if (!account)
            return fail(account.error());
        m_accounts.push_back(std::move(*account));
    }
    return {};
}

Result<void> Stage::connectAll()
{
    for (std::size_t i = m_swarm->size(); i < m_accounts.size(); ++i) {
        const auto index = m_swarm->connect(m_accounts[i]);
        if (!index)
            return fail(index.error());
    }
    if (!m_swarm->run([this] { return m_swarm->welcomed() == m_accounts.size(); }, kSetupTimeoutMs))
        return fail(ErrorCode::Timeout, std::to_string(m_swarm->welcomed()) + " of " +
                                            std::to_string(m_accounts.size()) + " welcomed");
    return {};
}

Result<RoomId> Stage::makeRoom(std::size_t creator, std::size_t first, std::size_t last)
{
    protocol::RoomCreate create;
    create.tempId = tempId();
    create.kind = protocol::RoomKind::General;
    create.name = "load " + m_run;
    std::size_t at = first;
    for (; at < last && create.members.size() < protocol::kMembersPerCreateMax; ++at) {
        if (at != creator)
            create.members.push_back(m_accounts[at].user.str());
    }
    RoomId room;
    std::string failed;
    std::size_t due = 0;
    m_swarm->setHandler([&](std::size_t connection, std::string_view text) {
        if (connection != creator)
            return;
        if (isType(text, "room_created")) {
            if (const auto frame = protocol::decodeServerFrame(text))
                room = std::get<protocol::RoomCreated>(*frame).room.head.room;
        } else if (isType(text, "message_confirmed")) {
            --due;
        } else if (isType(text, "message_failed") || isType(text, "error")) {
            failed = std::string(text);
        }
    });
    m_swarm->send(creator, protocol::ClientFrame(create));
    if (!m_swarm->run([&] { return !room.empty() || !failed.empty(); }, kSetupTimeoutMs) ||
        !failed.empty())
        return fail(ErrorCode::Internal, "room_create: " + failed);
    // More members than one frame may name come one by one.
    for (; at < last; ++at) {
        if (at == creator)
            continue;
        protocol::MemberSet invite;
        invite.room = room;
        invite.tempId = tempId();
        invite.user = m_accounts[at].user;
        invite.role = protocol::Role::Member;
        ++due;
        m_swarm->send(creator, protocol::ClientFrame(invite));
        if (due >= 8 && !m_swarm->run([&] { return due < 8 || !failed.empty(); }, kSetupTimeoutMs))
            return fail(ErrorCode::Timeout, "member_set");
    }
    if (!m_swarm->run([&] { return due == 0 || !failed.empty(); }, kSetupTimeoutMs) ||
        !failed.empty())
        return fail(ErrorCode::Internal, "member_set: " + failed);
    return room;
}

Result<void> Stage::subscribe(const RoomId& room, std::size_t first, std::size_t last)
{
    for (std::size_t i = first; i < last; ++i) {
        protocol::SubscribeRoom subscribe;
        subscribe.room = room;
        subscribe.epoch = Epoch(1);
        subscribe.mode = protocol::SubscribeMode::Full;
        m_swarm->send(i, protocol::ClientFrame(subscribe));
    }
    return settle(first, last);
}

// Frames of one connection are answered in order: a pong means that what was sent before it is
// done.
Result<void> Stage::settle(std::size_t first, std::size_t last)
{
    std::size_t due = last - first;
    m_swarm->setHandler([&due](std::size_t, std::string_view text) {
        if (isType(text, "pong"))
            --due;
    });
    for (std::size_t i = first; i < last; ++i)
        m_swarm->send(i, protocol::ClientFrame(protocol::Ping{1}));
    const bool done = m_swarm->run([&due] { return due == 0; }, kSetupTimeoutMs);
    m_swarm->setHandler({});
    if (!done)
        return fail(ErrorCode::Timeout, "subscribe");
    return {};
}

TempId Stage::tempId()
{
    return makeTempId(m_clock.wallNow(), m_random);
}

protocol::MessageSend Stage::message(const RoomId& room, std::int64_t number, std::size_t bytes)
{
    protocol::MessageSend send;
    send.room = room;
    send.tempId = tempId();
    send.body = '#' + std::to_string(number) + ' ';
    send.body.resize(std::max(bytes, send.body.size()), 'x');
    send.clientTs = m_clock.wallNow().ms;
    return send;
}

} // namespace skein::load
