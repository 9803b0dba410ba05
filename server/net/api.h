// The HTTP requests of the server by path: accounts, health, metrics. Parses and serialises; what a
// body means is the business of Accounts. Thread: the service's.
#pragma once

#include "core/clock.h"
#include "core/metrics.h"
#include "server/net/failurelimit.h"
#include "server/net/http.h"
#include "server/service/accounts.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace skein::server
{

struct ApiConfig {
    std::int64_t authFailuresPerMinute = 5; ///< an address; 0 = unlimited
    bool limitLoopback = false;             ///< whether the same holds for 127.0.0.0/8 and ::1
};

class Api
{
public:
    /// All referenced objects must outlive this.
    Api(Accounts& accounts, Clock& clock, Metrics& metrics, ApiConfig config);

    /// Answers exactly once, perhaps later.
    void handle(HttpRequest request, HttpDone done);
    /// From now on /healthz says 503 and nobody signs up or in.
    void drain() noexcept { m_draining = true; }

private:
    void signUp(const HttpRequest& request, HttpDone done);
    void signIn(const HttpRequest& request, HttpDone done);
    void refresh(const HttpRequest& request, HttpDone done);
    void signOut(const HttpRequest& request, HttpDone done);
    void sessions(const HttpRequest& request, HttpDone done);
    void revoke(const HttpRequest& request, HttpDone done);
    [[nodiscard]] bool limited(const HttpRequest& request) const;

    Accounts& m_accounts;
    Clock& m_clock;
    Metrics& m_metrics;
    ApiConfig m_config;
    FailureLimit m_failures;
    bool m_draining = false;
};

} // namespace skein::server
