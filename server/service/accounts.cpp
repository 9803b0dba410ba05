#include "server/service/accounts.h"

#include "protocol/codec.h"
#include "protocol/limits.h"

#include <memory>
#include <optional>

namespace skein::server
{
namespace
{

constexpr std::size_t kSignInNameMin = 2;
constexpr std::size_t kSignInNameMax = 32;

bool isDeviceId(const DeviceId& device)
{
    return !device.empty() && device.str().size() <= protocol::kIdBytesMax &&
           protocol::isValidUtf8(device.str());
}

// Characters that reorder or hide text (Unicode TR 36): C0, C1, bidi marks, overrides and isolates,
// line and paragraph separators, zero-width no-break space. ZWJ and ZWNJ stay: scripts and emoji
// need them.
bool isHidden(char32_t c)
{
    return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x200e || c == 0x200f ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0x061c ||
           c == 0x200b || c == 0x00ad || c == 0x180e || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb);
}

std::string trimmed(std::string text)
{
    const std::size_t first = text.find_first_not_of(' ');
    if (first == std::string::npos)
        return {};
    return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

} // namespace

std::optional<std::string> normalisedName(std::string_view name)
{
    if (name.size() < kSignInNameMin || name.size() > kSignInNameMax)
        return std::nullopt;
    std::string lower;
    for (char c : name) {
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c - 'A' + 'a');
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-'))
            return std::nullopt;
        lower += c;
    }
    return lower;
}

std::string cleanDisplayName(std::string_view text)
{
    std::string clean;
    for (std::size_t i = 0; i < text.size();) {
        const auto lead = static_cast<unsigned char>(text[i]);
        const std::size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
        if (i + length > text.size())
            break;
        char32_t c = length == 1 ? lead : lead & (0xffU >> (length + 1));
        for (std::size_t k = 1; k < length; ++k)
            c = (c << 6) | (static_cast<unsigned char>(text[i + k]) & 0x3fU);
        if (c == '\t' || c == '\n' || c == '\r' || c == 0x2028 || c == 0x2029)
            clean += ' '; // two lines are two words
        else if (!isHidden(c))
            clean.append(text.substr(i, length));
        i += length;
    }
    return trimmed(std::move(clean));
}

Accounts::Accounts(Storage& storage, const Tokens& tokens, Clock& clock, Random& random,
                   Metrics& metrics, Offload offload, Ended ended, PasswordCost cost,
                   std::int64_t refreshOverlapMs)
    : m_storage(storage)
    , m_tokens(tokens)
    , m_clock(clock)
    , m_random(random)
    , m_failed(metrics.counter("sign_in_failed_total"))
    , m_offload(std::move(offload))
    , m_ended(std::move(ended))
    , m_cost(cost)
    , m_refreshOverlapMs(refreshOverlapMs)
{
}

void Accounts::signUp(SignUpRequest request, Callback done)
{
    const auto name = normalisedName(request.name);
    if (!name)
        return done(fail(ErrorCode::BadField, "name"));
    if (request.password.size() < kPasswordBytesMin || request.password.size() > kPasswordBytesMax)
        return done(fail(ErrorCode::BadField, "password"));
    if (!isDeviceId(request.device))
        return done(fail(ErrorCode::BadField, "device_id"));
    std::string displayName = cleanDisplayName(request.displayName);
    if (displayName.empty())
        displayName = *name;
    if (protocol::characterCount(displayName) > protocol::kNameCharactersMax)
        return done(fail(ErrorCode::BadField, "display_name"));

    // Shared by the worker thread, which fills it, and the callback that runs after it.
    const auto hash = std::make_shared<Result<std::string>>(fail(ErrorCode::Internal));
    const bool queued =
        m_offload([hash, password = std::move(request.password),
                   cost = m_cost] { *hash = hashPassword(password, cost); },
                  [this, hash, name = *name, displayName, device = request.device,
                   deviceName = cleanDisplayName(request.deviceName), done] {
                      if (!*hash)
                          return done(fail(hash->error()));
                      CreateUserOp op;
                      op.id = UserId("u_" + makeUuidV7(m_clock.wallNow(), m_random));
                      op.name = name;
                      op.displayName = displayName;
                      op.passwordHash = **hash;
                      op.ts = m_clock.wallNow().ms;
                      m_storage.createUser(
                          std::move(op), [this, device, deviceName, done](Result<UserRow> user) {
                              if (!user)
                                  return done(fail(user.error()));
                              openSession(std::move(*user), device, deviceName, done);
                          });
                  });
    if (!queued)
        done(fail(ErrorCode::ServerBusy, "too many sign-ins at once"));
}

void Accounts::signIn(SignInRequest request, Callback done)
{
    if (!isDeviceId(request.device))
        return done(fail(ErrorCode::BadField, "device_id"));
    // A name that cannot exist is looked up all the same: its answer must take as long as that of
    // any other.
    std::string name = normalisedName(request.name).value_or("-");
    m_storage.findCredentials(std::move(name), [this, request = std::move(request),
                                                done](Result<std::optional<Credentials>> found) {
        if (!found)
            return done(fail(found.error()));
        const bool known = found->has_value();
        // Shared by the worker thread, which fills it, and the callback that runs after it.
        const auto matches = std::make_shared<bool>(false);
        const bool queued = m_offload(
            [matches, password = request.password,
             hash = known ? (*found)->passwordHash : std::string(),
             cost = m_cost] { *matches = passwordMatches(password, hash, cost); },
            [this, matches, user = known ? (*found)->user : UserRow(), device = request.device,
             deviceName = cleanDisplayName(request.deviceName), done] {
                if (!*matches) {
                    m_failed.add();
                    return done(fail(ErrorCode::Unauthenticated, "wrong name or password"));
                }
                openSession(user, device, deviceName, done);
            });
        if (!queued)
            done(fail(ErrorCode::ServerBusy, "too many sign-ins at once"));
    });
}

void Accounts::openSession(UserRow user, DeviceId device, std::string deviceName, Callback done)
{
    std::string refreshToken = makeRefreshToken();
    CreateSessionOp op;
    op.session = SessionId("s_" + makeUuidV7(m_clock.wallNow(), m_random));
    op.user = user.key;
    op.device = device;
    op.deviceName = std::move(deviceName);
    op.refreshHash = refreshTokenHash(refreshToken);
    op.ts = m_clock.wallNow().ms;
    op.expiresTs = op.ts + kRefreshTokenMs;
    const SessionId session = op.session;
    m_storage.createSession(
        std::move(op), [this, user = std::move(user), session, device = std::move(device),
                        refreshToken = std::move(refreshToken), done](Result<SessionMade> made) {
            if (!made)
                return done(fail(made.error()));
            for (const SessionId& old : made->revoked)
                m_ended(old, SessionEnd::Over);
            done(signedIn(user, session, device, refreshToken));
        });
}

void Accounts::refresh(std::string refreshToken, Callback done)
{
    std::string next = makeRefreshToken();
    RotateSessionOp op;
    op.oldHash = refreshTokenHash(refreshToken);
    op.newHash = refreshTokenHash(next);
    op.ts = m_clock.wallNow().ms;
    op.expiresTs = op.ts + kRefreshTokenMs;
    op.overlapMs = m_refreshOverlapMs;
    m_storage.rotateSession(
        std::move(op), [this, next = std::move(next), done](Result<Rotated> rotated) {
            if (!rotated)
                return done(fail(rotated.error()));
            if (rotated->reused)
                m_ended(rotated->session, SessionEnd::Over);
            if (rotated->asDevice)
                return done(fail(ErrorCode::DeviceRevoked, "session"));
            if (!rotated->valid)
                return done(fail(ErrorCode::TokenInvalid,
                                 rotated->reused ? "refresh token used twice" : "refresh token"));
            done(signedIn(rotated->user, rotated->session, rotated->device, next));
        });
}

void Accounts::signOut(std::string accessToken, Done<bool> done)
{
    const auto claims = m_tokens.verify(accessToken, m_clock.wallNow());
    if (!claims)
        return done(fail(claims.error()));
    m_storage.revokeSession(claims->session, m_clock.wallNow().ms,
                            [this, session = claims->session, done](Result<bool> revoked) {
                                if (revoked)
                                    m_ended(session, SessionEnd::Over);
                                done(std::move(revoked));
                            });
}

void Accounts::sessions(std::string accessToken, Done<Sessions> done)
{
    const WallTime now = m_clock.wallNow();
    const auto claims = m_tokens.verify(accessToken, now);
    if (!claims)
        return done(fail(claims.error()));
    m_storage.listSessions(claims->session, now.ms,
                           [current = claims->session, done](Result<std::vector<SessionRow>> rows) {
                               if (!rows)
                                   return done(fail(rows.error()));
                               if (rows->empty()) // not even its own
                                   return done(fail(ErrorCode::TokenInvalid, "session"));
                               done(Sessions{current, std::move(*rows)});
                           });
}

void Accounts::revoke(std::string accessToken, SessionId session, Done<bool> done)
{
    const WallTime now = m_clock.wallNow();
    const auto claims = m_tokens.verify(accessToken, now);
    if (!claims)
        return done(fail(claims.error()));
    const SessionEnd how = session == claims->session ? SessionEnd::Over : SessionEnd::Revoked;
    RevokeDeviceOp op{claims->session, session, now.ms};
    m_storage.revokeDevice(std::move(op),
                           [this, session = std::move(session), how, done](Result<bool> revoked) {
                               if (revoked)
                                   m_ended(session, how);
                               done(std::move(revoked));
                           });
}

SignedIn Accounts::signedIn(const UserRow& user, const SessionId& session, const DeviceId& device,
                            std::string refreshToken) const
{
    const WallTime now = m_clock.wallNow();
    return SignedIn{user.id,
                    user.name,
                    user.displayName,
                    session,
                    device,
                    m_tokens.issue(user.id, session, device, now),
                    (now.ms + kAccessTokenMs) / 1000 * 1000,
                    std::move(refreshToken)};
}

} // namespace skein::server
