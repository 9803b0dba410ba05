#include "server/net/api.h"

#include "protocol/codec.h"
#include "protocol/limits.h"

#include <boost/json.hpp>

#include <optional>

namespace skein::server
{
namespace
{

namespace json = boost::json;

constexpr std::size_t kBodyDepthMax = 4;
constexpr std::string_view kSessionPrefix = "/v1/sessions/";
constexpr std::string_view kPrometheusType = "text/plain; version=0.0.4; charset=utf-8";

// A JSON object of strings. Of two equal keys the last counts; unknown keys are ignored.
class Body
{
public:
    [[nodiscard]] static Result<Body> parse(std::string_view text)
    {
        if (!protocol::isValidUtf8(text))
            return fail(ErrorCode::BadFrame, "not UTF-8");
        boost::system::error_code error;
        json::parse_options options;
        options.max_depth = kBodyDepthMax;
        json::value value = json::parse(text, error, {}, options);
        if (error || !value.is_object())
            return fail(ErrorCode::BadFrame, "a JSON object is expected");
        Body body;
        body.m_object = std::move(value.get_object());
        return body;
    }

    /// Missing: an empty string when optional, else an error.
    [[nodiscard]] std::string string(std::string_view key, std::size_t bytesMax, bool required)
    {
        const auto* const value = m_object.if_contains(key);
        if (!value) {
            if (required)
                refuse(key);
            return {};
        }
        const auto* const text = value->if_string();
        if (!text || text->size() > bytesMax || (required && text->empty())) {
            refuse(key);
            return {};
        }
        return std::string(text->data(), text->size());
    }
    [[nodiscard]] const std::optional<Error>& error() const noexcept { return m_error; }

private:
    void refuse(std::string_view key)
    {
        if (!m_error)
            m_error = makeError(ErrorCode::BadField, std::string(key));
    }

    json::object m_object;
    std::optional<Error> m_error;
};

HttpReply tokensReply(unsigned status, const SignedIn& in, WallTime now)
{
    HttpReply reply;
    reply.status = status;
    reply.body = json::serialize(json::object{
        {"user",
         json::object{{"id", in.user.str()}, {"name", in.name}, {"display_name", in.displayName}}},
        {"session", in.session.str()},
        {"device_id", in.device.str()},
        {"access_token", in.accessToken},
        {"access_expires_at", in.accessExpiresAt},
        {"now", now.ms},
        {"refresh_token", in.refreshToken}});
    return reply;
}

} // namespace

Api::Api(Accounts& accounts, Clock& clock, Metrics& metrics, ApiConfig config)
    : m_accounts(accounts)
    , m_clock(clock)
    , m_metrics(metrics)
    , m_config(config)
    , m_failures(config.authFailuresPerMinute)
{
}

bool Api::limited(const HttpRequest& request) const
{
    return m_config.limitLoopback || !request.loopback;
}

void Api::handle(HttpRequest request, HttpDone done)
{
    struct Route {
        std::string_view path, method;
        void (Api::*handler)(const HttpRequest&, HttpDone);
    };
    static constexpr Route kRoutes[] = {
        {"/v1/signup", "POST", &Api::signUp},
        {"/v1/signin", "POST", &Api::signIn},
        {"/v1/refresh", "POST", &Api::refresh},
        {"/v1/signout", "POST", &Api::signOut},
        {"/v1/sessions", "GET", &Api::sessions},
        {kSessionPrefix, "DELETE", &Api::revoke},
        {"/healthz", "GET", nullptr},
        {"/metrics", "GET", nullptr},
    };
    for (const Route& route : kRoutes) {
        // A path that ends in a slash takes one more part, which is not looked at here.
        const bool matches = route.path.back() == '/'
                                 ? request.path.size() > route.path.size() &&
                                       request.path.compare(0, route.path.size(), route.path) == 0
                                 : route.path == request.path;
        if (!matches)
            continue;
        if (route.method != request.method) {
            HttpReply reply = errorReply(405, makeError(ErrorCode::InvalidArgument, "method"));
            reply.allow = std::string(route.method);
            return done(std::move(reply));
        }
        if (route.handler) {
            if (m_draining)
                return done(errorReply(makeError(ErrorCode::ShuttingDown)));
            return (this->*route.handler)(request, std::move(done));
        }
        HttpReply reply;
        if (route.path == "/metrics") {
            reply.contentType = std::string(kPrometheusType);
            reply.body = m_metrics.prometheusText();
        } else {
            reply.status = m_draining ? 503 : 200;
            reply.body = m_draining ? R"({"status":"draining"})" : R"({"status":"ok"})";
        }
        return done(std::move(reply));
    }
    done(errorReply(404, makeError(ErrorCode::NotFound, "path")));
}

void Api::signUp(const HttpRequest& request, HttpDone done)
{
    auto body = Body::parse(request.body);
    if (!body)
        return done(errorReply(body.error()));
    SignUpRequest up;
    up.name = body->string("name", kHttpBodyBytesMax, true);
    up.password = body->string("password", kHttpBodyBytesMax, true);
    up.displayName = body->string("display_name", kHttpBodyBytesMax, false);
    up.device = DeviceId(body->string("device_id", protocol::kIdBytesMax, true));
    up.deviceName = body->string("device_name", 4 * protocol::kNameCharactersMax, false);
    if (body->error())
        return done(errorReply(*body->error()));
    m_accounts.signUp(std::move(up), [this, done = std::move(done)](Result<SignedIn> in) {
        done(in ? tokensReply(201, *in, m_clock.wallNow()) : errorReply(in.error()));
    });
}

void Api::signIn(const HttpRequest& request, HttpDone done)
{
    auto body = Body::parse(request.body);
    if (!body)
        return done(errorReply(body.error()));
    SignInRequest in;
    in.name = body->string("name", kHttpBodyBytesMax, true);
    in.password = body->string("password", kHttpBodyBytesMax, true);
    in.device = DeviceId(body->string("device_id", protocol::kIdBytesMax, true));
    in.deviceName = body->string("device_name", 4 * protocol::kNameCharactersMax, false);
    if (body->error())
        return done(errorReply(*body->error()));
    const bool counts = limited(request);
    if (counts) {
        const Milliseconds wait = m_failures.waitFor(request.address, m_clock.now());
        if (wait.count() > 0) {
            Error error = makeError(ErrorCode::RateLimited, "failed sign-ins from this address");
            error.retryAfter = wait;
            return done(errorReply(error));
        }
        // Counted before the answer is known, so that a hundred guesses at once are not a hundred
        // attempts.
        m_failures.failed(request.address, m_clock.now());
    }
    m_accounts.signIn(std::move(in), [this, counts, address = request.address,
                                      done = std::move(done)](Result<SignedIn> signedIn) {
        if (counts && (signedIn || signedIn.error().code != ErrorCode::Unauthenticated))
            m_failures.refund(address);
        done(signedIn ? tokensReply(200, *signedIn, m_clock.wallNow())
                      : errorReply(signedIn.error()));
    });
}

void Api::refresh(const HttpRequest& request, HttpDone done)
{
    auto body = Body::parse(request.body);
    if (!body)
        return done(errorReply(body.error()));
    std::string token = body->string("refresh_token", protocol::kTokenBytesMax, true);
    if (body->error())
        return done(errorReply(*body->error()));
    m_accounts.refresh(std::move(token), [this, done = std::move(done)](Result<SignedIn> in) {
        done(in ? tokensReply(200, *in, m_clock.wallNow()) : errorReply(in.error()));
    });
}

void Api::signOut(const HttpRequest& request, HttpDone done)
{
    if (request.bearer.empty())
        return done(errorReply(makeError(ErrorCode::Unauthenticated, "Authorization")));
    m_accounts.signOut(request.bearer, [done = std::move(done)](Result<bool> out) {
        if (!out)
            return done(errorReply(out.error()));
        HttpReply reply;
        reply.status = 204;
        done(std::move(reply));
    });
}

void Api::sessions(const HttpRequest& request, HttpDone done)
{
    if (request.bearer.empty())
        return done(errorReply(makeError(ErrorCode::Unauthenticated, "Authorization")));
    m_accounts.sessions(request.bearer, [done = std::move(done)](Result<Sessions> all) {
        if (!all)
            return done(errorReply(all.error()));
        json::array rows;
        for (const SessionRow& row : all->rows)
            rows.push_back(json::object{{"id", row.id.str()},
                                        {"device_id", row.device.str()},
                                        {"device_name", row.deviceName},
                                        {"created", row.created},
                                        {"last_seen", row.lastSeen},
                                        {"current", row.id == all->current}});
        HttpReply reply;
        reply.body = json::serialize(json::object{{"sessions", std::move(rows)}});
        done(std::move(reply));
    });
}

void Api::revoke(const HttpRequest& request, HttpDone done)
{
    if (request.bearer.empty())
        return done(errorReply(makeError(ErrorCode::Unauthenticated, "Authorization")));
    const std::string id(request.path.substr(kSessionPrefix.size()));
    if (id.size() > protocol::kIdBytesMax)
        return done(errorReply(makeError(ErrorCode::NotFound, "session")));
    m_accounts.revoke(request.bearer, SessionId(id), [done = std::move(done)](Result<bool> gone) {
        if (!gone)
            return done(errorReply(gone.error()));
        HttpReply reply;
        reply.status = 204;
        done(std::move(reply));
    });
}

} // namespace skein::server
