#include "server/net/pushclient.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <netdb.h>

#include <algorithm>
#include <cstring>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

namespace skein::server
{
namespace
{

namespace beast = boost::beast;
namespace http = beast::http;
namespace ssl = asio::ssl;
using Failure = boost::system::error_code;
using Endpoints = std::vector<Tcp::endpoint>;

/// Name look-ups at a time; each takes a thread for as long as the system makes it wait.
constexpr int kLookUpsMax = static_cast<int>(kPushInFlightMax);

Endpoints systemsLookUp(const std::string& host, const std::string& port, std::string& why)
{
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (const int error = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found)) {
        why = ::gai_strerror(error);
        return {};
    }
    Endpoints endpoints;
    for (const addrinfo* one = found; one; one = one->ai_next) {
        Tcp::endpoint endpoint;
        if (one->ai_addrlen > endpoint.capacity())
            continue;
        std::memcpy(endpoint.data(), one->ai_addr, one->ai_addrlen);
        endpoint.resize(one->ai_addrlen);
        endpoints.push_back(endpoint);
    }
    ::freeaddrinfo(found);
    return endpoints;
}

} // namespace

/// What the threads of name look-ups share with the client; they may end after it.
struct PushClient::LookUps {
    LookUps(asio::io_context& context, PushLookUp lookUp)
        : io(context)
        , of(lookUp ? std::move(lookUp) : systemsLookUp)
    {
    }
    asio::io_context& io; ///< while `open`
    const PushLookUp of;
    std::mutex mutex;
    bool open = true;
    int running = 0;
};

struct PushClient::Shared {
    Shared(asio::io_context& context, PushClientConfig given, Clock& theClock, Metrics& metrics,
           Logger logger, std::function<void()> then)
        : io(context)
        , config(std::move(given))
        , clock(theClock)
        , log(std::move(logger))
        , afterwards(std::move(then))
        , tls(ssl::context::tls_client)
        , duration(metrics.histogram("push_post_us"))
        , connections(metrics.counter("push_connections_total"))
        , failures(metrics.counter("push_unanswered_total"))
    {
    }
    asio::io_context& io;
    PushClientConfig config;
    Clock& clock;
    Logger log;
    std::function<void()> afterwards;
    ssl::context tls;
    Histogram& duration;
    Counter &connections, &failures;
    std::vector<std::shared_ptr<Link>> idle, busy; ///< together at most kPushInFlightMax
    bool stopped = false;
    const std::shared_ptr<LookUps> lookUps = std::make_shared<LookUps>(io, config.lookUp);
};

/// One connection, and the request on it.
class PushClient::Link : public std::enable_shared_from_this<Link>
{
public:
    explicit Link(const std::shared_ptr<Shared>& shared)
        : m_shared(shared)
        , m_timer(shared->io)
    {
    }

    void start(PushPost post, std::function<void(PushReply)> done)
    {
        m_post = std::move(post);
        m_done = std::move(done);
        m_since = m_shared->clock.now();
        m_timer.expires_after(std::chrono::milliseconds(m_shared->config.timeoutMs));
        // One that is queued already cannot be cancelled, and is of an earlier request then.
        m_timer.async_wait([self = shared_from_this(), turn = ++m_turn](const Failure& error) {
            if (!error && turn == self->m_turn)
                self->end({}, "timeout");
        });
        m_reused = m_connected;
        if (m_connected)
            write();
        else
            resolve();
    }
    [[nodiscard]] bool usable() const
    {
        return m_connected && (m_shared->clock.now() - m_idleSince).count() < kPushIdleMs;
    }
    void close()
    {
        m_closed = true;
        m_done = nullptr;
        Failure ignored;
        m_timer.cancel();
        if (m_stream)
            m_stream->next_layer().close(ignored);
    }

private:
    template <class Then>
    auto then(const char* what, Then next)
    {
        return [self = shared_from_this(), what, next](const Failure& error, auto&&...) {
            if (self->m_closed || !self->m_done)
                return;
            if (error)
                return self->failed(what, error);
            next(*self);
        };
    }
    void failed(const char* what, const Failure& error)
    {
        // The other side ended a kept connection just as it was used: that says nothing of it.
        if (m_reused && m_connected && !m_parser->got_some()) {
            m_connected = m_reused = false;
            return resolve();
        }
        end({}, std::string(what) + ": " + error.message());
    }

    void resolve()
    {
        // On a thread that nobody waits for. Asio's own is waited for where its context ends, by a
        // server that is to end within seconds, for as long as a dead name server is asked.
        const std::shared_ptr<LookUps>& lookUps = m_shared->lookUps;
        const std::lock_guard lock(lookUps->mutex);
        if (lookUps->running >= kLookUpsMax)
            return later("name: look-ups hang");
        // Never an owner of the link there: it may end after everything else.
        const auto ask = [lookUps, link = weak_from_this(), turn = m_turn,
                          host = m_shared->config.url.host, port = m_shared->config.url.port] {
            std::string why;
            const Endpoints found = lookUps->of(host, port, why);
            const std::lock_guard ending(lookUps->mutex);
            --lookUps->running;
            if (!lookUps->open)
                return;
            asio::post(lookUps->io, [link, turn, found, why] {
                if (const auto self = link.lock())
                    self->resolved(turn, found, why);
            });
        };
        try {
            std::thread(ask).detach();
            ++lookUps->running;
        } catch (const std::system_error& error) {
            later(std::string("name: ") + error.what());
        }
    }
    void resolved(int turn, const Endpoints& found, const std::string& why)
    {
        if (m_closed || !m_done || turn != m_turn)
            return;
        if (found.empty())
            return end({}, "name: " + why);
        m_found = found;
        connect();
    }
    // Not from inside of post().
    void later(std::string why)
    {
        asio::post(m_shared->io, [self = shared_from_this(), turn = m_turn, why = std::move(why)] {
            if (turn == self->m_turn)
                self->end({}, why);
        });
    }
    void connect()
    {
        m_stream.emplace(Socket(m_shared->io), m_shared->tls);
        asio::async_connect(m_stream->next_layer(), m_found,
                            then("connect", [](Link& self) { self.connected(); }));
    }
    void connected()
    {
        Failure ignored;
        m_stream->next_layer().set_option(Tcp::no_delay(true), ignored);
        if (!m_shared->config.url.tls)
            return ready();
        const std::string& host = m_shared->config.url.host;
        m_stream->set_verify_mode(ssl::verify_peer);
        m_stream->set_verify_callback(ssl::host_name_verification(host));
        Failure notAnAddress;
        (void)asio::ip::make_address(host, notAnAddress);
        if (notAnAddress && !SSL_set_tlsext_host_name(m_stream->native_handle(), host.c_str()))
            return end({}, "TLS: server name");
        m_stream->async_handshake(ssl::stream_base::client,
                                  then("TLS", [](Link& self) { self.ready(); }));
    }
    void ready()
    {
        m_shared->connections.add();
        m_connected = true;
        write();
    }

    void write()
    {
        const PushClientConfig& config = m_shared->config;
        const std::int64_t seconds = m_shared->clock.wallNow().ms / 1'000;
        m_request = {http::verb::post, config.url.target, 11};
        m_request.set(http::field::host, config.url.hostHeader);
        m_request.set(http::field::user_agent, "skein-server/" SKEIN_VERSION);
        m_request.set(http::field::content_type, "application/json");
        m_request.set("webhook-id", m_post.id);
        m_request.set("webhook-timestamp", std::to_string(seconds));
        m_request.set("webhook-signature",
                      webhookSignature(config.secrets, m_post.id, seconds, m_post.body));
        m_request.body() = m_post.body;
        m_request.prepare_payload();
        m_buffer.clear();
        m_parser.emplace();
        m_parser->body_limit(kPushReplyBytesMax);
        m_parser->header_limit(kPushReplyHeaderBytesMax);
        if (config.url.tls)
            exchange(*m_stream);
        else
            exchange(m_stream->next_layer());
    }
    template <class S>
    void exchange(S& stream)
    {
        http::async_write(
            stream, m_request, then("write", [&stream](Link& self) {
                http::async_read(stream, self.m_buffer, *self.m_parser,
                                 [link = self.shared_from_this()](
                                     const Failure& error, std::size_t) { link->answered(error); });
            }));
    }
    void answered(const Failure& error)
    {
        if (m_closed || !m_done)
            return;
        // A status is an answer, also where its body goes on for too long.
        if (error && !m_parser->is_header_done())
            return failed("read", error);
        PushReply reply;
        reply.status = static_cast<int>(m_parser->get().result_int());
        const auto wait = m_parser->get().find(http::field::retry_after);
        if (wait != m_parser->get().end())
            reply.retryAfter = parseRetryAfter({wait->value().data(), wait->value().size()},
                                               m_shared->clock.wallNow());
        m_keep = !error && m_parser->get().keep_alive();
        end(reply, {});
    }
    void end(const PushReply& reply, const std::string& why)
    {
        const auto done = std::exchange(m_done, nullptr);
        if (!done)
            return;
        const auto self = shared_from_this();
        m_timer.cancel();
        Shared& shared = *m_shared;
        std::erase(shared.busy, self);
        if (m_keep && reply.status && !shared.stopped) {
            m_idleSince = shared.clock.now();
            shared.idle.push_back(self);
        } else {
            close();
        }
        m_keep = false;
        shared.duration.record((shared.clock.now() - m_since).count() * 1'000);
        if (reply.status == 0) {
            shared.failures.add();
            shared.log.debug("push hook did not answer reason=\"" + why + '"');
        }
        const auto keepAlive = m_shared;
        done(reply);
        if (!keepAlive->stopped)
            keepAlive->afterwards();
    }

    using Stream = ssl::stream<Socket>;

    std::shared_ptr<Shared> m_shared; // with the client and the other links
    Endpoints m_found;
    int m_turn = 0; ///< of start()
    std::optional<Stream> m_stream;
    Timer m_timer;
    PushPost m_post;
    std::function<void(PushReply)> m_done;
    http::request<http::string_body> m_request;
    std::optional<http::response_parser<http::string_body>> m_parser;
    beast::flat_buffer m_buffer;
    MonoTime m_since, m_idleSince;
    bool m_connected = false, m_reused = false, m_keep = false, m_closed = false;
};

PushClient::PushClient(asio::io_context& io, PushClientConfig config, Clock& clock,
                       Metrics& metrics, Logger logger, std::function<void()> afterwards)
    : m_shared(std::make_shared<Shared>(io, std::move(config), clock, metrics, std::move(logger),
                                        std::move(afterwards)))
{
}

PushClient::~PushClient()
{
    stop();
}

Result<void> PushClient::prepare()
{
    if (!m_shared->config.url.tls)
        return {};
    Failure error;
    m_shared->tls.set_options(ssl::context::default_workarounds | ssl::context::no_sslv2 |
                                  ssl::context::no_sslv3 | ssl::context::no_tlsv1 |
                                  ssl::context::no_tlsv1_1,
                              error);
    if (!error && m_shared->config.caFile.empty())
        m_shared->tls.set_default_verify_paths(error);
    else if (!error)
        m_shared->tls.load_verify_file(m_shared->config.caFile, error);
    if (error)
        return fail(ErrorCode::InvalidArgument, "push-ca-file: " + error.message());
    return {};
}

void PushClient::post(PushPost post, std::function<void(PushReply)> done)
{
    std::shared_ptr<Link> link;
    while (!link && !m_shared->idle.empty()) {
        link = std::move(m_shared->idle.back());
        m_shared->idle.pop_back();
        if (!link->usable()) {
            link->close();
            link.reset();
        }
    }
    if (!link)
        link = std::make_shared<Link>(m_shared);
    m_shared->busy.push_back(link);
    link->start(std::move(post), std::move(done));
}

void PushClient::stop()
{
    m_shared->stopped = true;
    {
        const std::lock_guard lock(m_shared->lookUps->mutex);
        m_shared->lookUps->open = false;
    }
    for (auto* const links : {&m_shared->idle, &m_shared->busy}) {
        for (const auto& link : *links)
            link->close();
        links->clear();
    }
}

} // namespace skein::server
