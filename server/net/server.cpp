#include "server/net/server.h"

#include "core/random.h"
#include "server/net/api.h"
#include "server/net/engine.h"
#include "server/net/pushclient.h"
#include "server/net/serverlog.h"
#include "server/net/workers.h"
#include "server/service/accounts.h"
#include "server/service/service.h"
#include "server/storage/sqlite/store.h"

#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>

#include <csignal>

namespace skein::server
{
namespace
{

constexpr std::int64_t kDrainPollMs = 10;
// Of a server without rate limits, as load tests use it (docs/performance.md, M3a).
constexpr std::int64_t kLoadSendWindow = 64;

} // namespace

ExitCode exitCodeFor(ErrorCode code) noexcept
{
    switch (code) {
    case ErrorCode::InvalidArgument:
        return ExitCode::BadUsage;
    case ErrorCode::PortInUse:
    case ErrorCode::Transport:
        return ExitCode::CannotListen;
    case ErrorCode::StorageLocked:
        return ExitCode::DataLocked;
    case ErrorCode::StorageVersion:
        return ExitCode::DataNewer;
    case ErrorCode::StorageFull:
    case ErrorCode::StorageFailed:
    case ErrorCode::StorageCorrupt:
        return ExitCode::BadData;
    default:
        return ExitCode::Failed;
    }
}

class Server::Impl
{
public:
    explicit Impl(ServerOptions options)
        : m_options(std::move(options))
        , m_log(makeServerLogger(m_options.logLevel))
        , m_io(1)
        , m_signals(m_io)
        , m_drainTimer(m_io)
    {
    }

    ~Impl()
    {
        if (!m_engine)
            return;
        m_engine->closeAll();
        if (m_push)
            m_push->stop();
        m_workers.stop();
        // What is still in the store's queue is committed and its answers run while those who asked
        // are alive.
        m_io.restart();
        const MonoTime by = m_clock.now() + Milliseconds(kDrainBoundMs);
        while (m_io.poll() > 0 || (m_storage->pending() > 0 && m_clock.now() < by)) {
        }
        m_api.reset();
        m_accounts.reset();
        m_service.reset();
        m_storage.reset();
    }

    Result<std::uint16_t> start();
    void run();
    void beginDrain(const char* why);
    asio::io_context& io() { return m_io; }

private:
    void awaitSignal();
    void pollDrain();

    ServerOptions m_options;
    SystemClock m_clock;
    SystemRandom m_random;
    Metrics m_metrics;
    Logger m_log;
    asio::io_context m_io;
    Workers m_workers{kPasswordThreads, kPasswordQueueMax};
    std::unique_ptr<SqliteStorage> m_storage;
    std::unique_ptr<Tokens> m_tokens;
    std::unique_ptr<Engine> m_engine;
    std::unique_ptr<PushClient> m_push; ///< null without a push hook
    std::unique_ptr<Service> m_service;
    std::unique_ptr<Accounts> m_accounts;
    std::unique_ptr<Api> m_api;
    asio::signal_set m_signals;
    Timer m_drainTimer;
    MonoTime m_drainBy, m_pushBy;
    bool m_draining = false;
};

Result<std::uint16_t> Server::Impl::start()
{
    SqliteOptions store;
    store.directory = m_options.dataDir;
    // One post for a committed batch: its fan-out ends in one flush.
    store.post = [this](std::function<void()> answer) {
        asio::post(m_io, [this, answer = std::move(answer)] {
            answer();
            m_engine->touch();
        });
    };
    if (m_options.restored)
        store.newGeneration = SystemClock().wallNow().ms;
    store.metrics = &m_metrics;
    store.logger = m_log.withArea("storage");
    auto opened = SqliteStorage::open(std::move(store));
    if (!opened)
        return fail(opened.error());
    m_storage = std::move(*opened);
    const auto secret = loadOrMakeSecret(m_options.dataDir + "/token.key", m_random);
    if (!secret)
        return fail(secret.error());
    m_tokens = std::make_unique<Tokens>(*secret);

    NetConfig net;
    net.host = m_options.host;
    net.port = m_options.port;
    net.connectionsPerAddressMax = static_cast<std::size_t>(m_options.connectionsPerAddress);
    net.limitLoopback = m_options.limitLoopback;
    net.allowedOrigins = m_options.allowedOrigins;
    m_engine =
        std::make_unique<Engine>(m_io, std::move(net), m_clock, m_metrics, m_log.withArea("net"));

    ServiceConfig config;
    config.connectionsPerUserMax = m_options.connectionsPerUser;
    config.heartbeatMs = m_options.heartbeatMs;
    config.enforceRateLimits = m_options.rateLimits;
    if (!m_options.rateLimits) {
        // What is advertised is what is enforced: clients would otherwise hold themselves back.
        constexpr std::int64_t kUnlimited = 1'000'000'000;
        config.limits.messages = config.limits.requests =
            config.limits.ephemeral = {kUnlimited, kUnlimited};
        config.limits.sendWindow = kLoadSendWindow;
    }
    if (!m_options.push.secrets.empty()) {
        PushClientConfig push;
        push.url = m_options.push.url;
        push.secrets = m_options.push.secrets;
        push.caFile = m_options.push.caFile;
        m_log.info("push hook host=" + push.url.host + (push.url.tls ? " tls=1" : " tls=0"));
        m_push =
            std::make_unique<PushClient>(m_io, std::move(push), m_clock, m_metrics,
                                         m_log.withArea("push"), [this] { m_engine->touch(); });
        if (const auto ready = m_push->prepare(); !ready)
            return fail(ready.error());
        config.pushOutlet = m_push.get();
        config.push = m_options.push.config;
    }
    m_service = std::make_unique<Service>(*m_storage, *m_tokens, *m_engine, m_clock, m_random,
                                          m_metrics, m_log.withArea("service"), config);
    PasswordCost cost;
    cost.memoryBytes = static_cast<std::size_t>(m_options.passwordMiB) * 1024 * 1024;
    m_accounts = std::make_unique<Accounts>(
        *m_storage, *m_tokens, m_clock, m_random, m_metrics,
        [this](std::function<void()> work, std::function<void()> done) {
            return m_workers.post([this, work = std::move(work), done = std::move(done)] {
                work();
                asio::post(m_io, [this, done] {
                    done();
                    m_engine->touch();
                });
            });
        },
        [this](const SessionId& session, SessionEnd how) { m_service->sessionEnded(session, how); },
        cost, m_options.refreshOverlapMs);
    m_api =
        std::make_unique<Api>(*m_accounts, m_clock, m_metrics,
                              ApiConfig{m_options.authFailuresPerMinute, m_options.limitLoopback});
    m_engine->attach(
        *m_service,
        [this](HttpRequest request, HttpDone done) {
            m_api->handle(std::move(request), std::move(done));
            m_engine->touch();
        },
        m_random,
        [this](std::string_view token) -> Result<UserId> {
            auto claims = m_tokens->verify(token, m_clock.wallNow());
            if (!claims)
                return fail(claims.error());
            return std::move(claims->user);
        });
    // Before anybody is told that we listen: a signal right after that must find us ready.
    std::signal(SIGPIPE, SIG_IGN);
    boost::system::error_code ignored;
    m_signals.add(SIGTERM, ignored);
    m_signals.add(SIGINT, ignored);
    awaitSignal();
    return m_engine->listen();
}

void Server::Impl::run()
{
    m_io.run();
    m_log.info("stopped");
}

void Server::Impl::awaitSignal()
{
    m_signals.async_wait([this](const boost::system::error_code& error, int number) {
        if (error)
            return;
        if (m_draining) {
            m_log.warning("second signal, not waiting any longer");
            m_io.stop();
            return;
        }
        beginDrain(number == SIGINT ? "SIGINT" : "SIGTERM");
        awaitSignal();
    });
}

void Server::Impl::beginDrain(const char* why)
{
    if (m_draining)
        return;
    m_draining = true;
    m_log.info("draining reason=" + std::string(why) +
               " sessions=" + std::to_string(m_engine->sessionCount()));
    m_drainBy = m_clock.now() + Milliseconds(kDrainBoundMs);
    m_pushBy = m_clock.now() + Milliseconds(kPushDrainMs);
    m_api->drain();
    m_engine->stopAccepting();
    m_service->drain(m_options.drainMs);
    m_engine->touch();
    pollDrain();
}

void Server::Impl::pollDrain()
{
    const bool hinted = m_service->pushesOpen() == 0 || m_clock.now() >= m_pushBy;
    const bool quiet = m_engine->sessionCount() == 0 && m_storage->pending() == 0 && hinted;
    const bool late = m_clock.now() >= m_drainBy;
    if (quiet || late) {
        if (!quiet)
            m_log.warning("drain took too long sessions=" +
                          std::to_string(m_engine->sessionCount()));
        if (const std::size_t left = m_service->pushesLeft(); left > 0)
            m_log.warning("push hints not delivered count=" + std::to_string(left));
        m_io.stop();
        return;
    }
    m_drainTimer.expires_after(std::chrono::milliseconds(kDrainPollMs));
    m_drainTimer.async_wait([this](const boost::system::error_code& error) {
        if (!error)
            pollDrain();
    });
}

Server::Server(ServerOptions options)
    : m_impl(std::make_unique<Impl>(std::move(options)))
{
}
Server::~Server() = default;

Result<std::uint16_t> Server::start()
{
    return m_impl->start();
}

void Server::run()
{
    m_impl->run();
}

void Server::stop()
{
    asio::post(m_impl->io(), [impl = m_impl.get()] { impl->beginDrain("stop"); });
}

} // namespace skein::server
