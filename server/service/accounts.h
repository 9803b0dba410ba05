// Accounts and sessions: sign-up, sign-in, refresh, sign-out. The HTTP layer parses and serialises;
// what a body means is decided here.
//
// Password work takes about 75 ms, so it runs through `Offload` (a bounded pool of the network
// layer); everything else on the service's thread. Every callback comes on the service's thread,
// exactly once.
#pragma once

#include "core/clock.h"
#include "core/metrics.h"
#include "core/random.h"
#include "core/result.h"
#include "server/service/passwords.h"
#include "server/service/service.h"
#include "server/service/tokens.h"
#include "server/storage/storage.h"

#include <functional>
#include <string>

namespace skein::server
{

struct SignUpRequest {
    std::string name;        ///< 2–32 of a–z 0–9 . _ - (given in any case, kept lower)
    std::string password;    ///< 8–256 bytes
    std::string displayName; ///< at most kNameCharactersMax; empty = the name
    DeviceId device;
    std::string deviceName;
};
struct SignInRequest {
    std::string name, password;
    DeviceId device;
    std::string deviceName;
};
struct SignedIn {
    UserId user;
    std::string name, displayName;
    SessionId session;
    DeviceId device;
    std::string accessToken;
    std::int64_t accessExpiresAt = 0; ///< ms since 1970 UTC
    std::string refreshToken;
};

struct Sessions {
    SessionId current;
    std::vector<SessionRow> rows; ///< last seen first
};

class Accounts
{
public:
    /// Runs `work` on another thread and then `done` on the service's; false = the pool's queue is
    /// full and neither runs.
    using Offload = std::function<bool(std::function<void()> work, std::function<void()> done)>;
    using Callback = Done<SignedIn>;

    using Ended = std::function<void(const SessionId&, SessionEnd)>;

    /// All referenced objects must outlive this. `ended` is told of every session that ends
    /// (Service closes its sockets).
    Accounts(Storage& storage, const Tokens& tokens, Clock& clock, Random& random, Metrics& metrics,
             Offload offload, Ended ended, PasswordCost cost = {},
             std::int64_t refreshOverlapMs = kRefreshOverlapMs);

    /// Errors: BadField (which), Conflict (the name is taken), ServerBusy, StorageFull,
    /// StorageFailed.
    void signUp(SignUpRequest request, Callback done);
    /// Errors: Unauthenticated (wrong name or password: not told apart, equal time), BadField,
    /// ServerBusy, Storage….
    void signIn(SignInRequest request, Callback done);
    /// Rotates. The token used last is taken once more for a while (kRefreshOverlapMs). Errors:
    /// TokenInvalid (unknown, expired, signed out; a token used twice in any other way ends the
    /// whole session), DeviceRevoked (another device revoked it).
    void refresh(std::string refreshToken, Callback done);
    /// Ends the session of an access token. Errors: TokenInvalid, TokenExpired, Storage….
    void signOut(std::string accessToken, Done<bool> done);
    /// The user's living sessions, with that of the access token marked. Errors: TokenInvalid
    /// (also when that session is over), TokenExpired, Storage….
    void sessions(std::string accessToken, Done<Sessions> done);
    /// Ends a session of the same user, whose device wipes itself; the own one: as signOut().
    /// Errors: as sessions(), and NotFound (also for somebody else's).
    void revoke(std::string accessToken, SessionId session, Done<bool> done);

private:
    void openSession(UserRow user, DeviceId device, std::string deviceName, Callback done);
    [[nodiscard]] SignedIn signedIn(const UserRow& user, const SessionId& session,
                                    const DeviceId& device, std::string refreshToken) const;

    Storage& m_storage;
    const Tokens& m_tokens;
    Clock& m_clock;
    Random& m_random;
    Counter& m_failed;
    Offload m_offload;
    Ended m_ended;
    PasswordCost m_cost;
    std::int64_t m_refreshOverlapMs;
};

/// Lower case, or nullopt when it is no sign-in name.
[[nodiscard]] std::optional<std::string> normalisedName(std::string_view name);
/// A name for people: control characters, bidi overrides and isolates, and line breaks removed,
/// white space trimmed. Thread: any.
[[nodiscard]] std::string cleanDisplayName(std::string_view text);

} // namespace skein::server
