#include "server/service/accounts.h"

#include "server/storage/sqlite/store.h"

#include <gtest/gtest.h>

using namespace skein;
using namespace skein::server;

namespace
{

constexpr PasswordCost kCheap{1, 8 * 1024};

struct Stage {
    Stage()
    {
        SqliteOptions options;
        options.disk = &disk;
        options.threading = SqliteOptions::Threading::Inline;
        storage = std::move(*SqliteStorage::open(options));
        accounts = std::make_unique<Accounts>(
            *storage, tokens, clock, random, metrics,
            [this](std::function<void()> work, std::function<void()> done) {
                if (busy)
                    return false;
                work();
                done();
                ++worked;
                return true;
            },
            [this](const SessionId& session, SessionEnd how) {
                revoked.push_back(session);
                ends.push_back(how);
            },
            kCheap);
    }
    Result<SignedIn> signUp(std::string name, std::string password = "correct horse",
                            std::string display = {})
    {
        return ask([&](auto done) {
            accounts->signUp(
                {std::move(name), std::move(password), std::move(display), DeviceId("d1"), "Phone"},
                done);
        });
    }
    Result<SignedIn> signIn(std::string name, std::string password)
    {
        return ask([&](auto done) {
            accounts->signIn({std::move(name), std::move(password), DeviceId("d1"), "Phone"}, done);
        });
    }
    Result<SignedIn> refresh(std::string token)
    {
        return ask([&](auto done) { accounts->refresh(std::move(token), done); });
    }
    template <class F>
    Result<SignedIn> ask(F call)
    {
        Result<SignedIn> answer = fail(ErrorCode::Internal, "no answer");
        int answers = 0;
        call([&](Result<SignedIn> one) {
            answer = std::move(one);
            ++answers;
        });
        while (storage->pump()) {
        }
        EXPECT_EQ(answers, 1);
        return answer;
    }

    ManualClock clock;
    SeededRandom random{3};
    Metrics metrics;
    MemoryDisk disk;
    Tokens tokens{Tokens::Secret{1, 2, 3}};
    std::unique_ptr<SqliteStorage> storage;
    std::unique_ptr<Accounts> accounts;
    std::vector<SessionId> revoked;
    std::vector<SessionEnd> ends;
    bool busy = false;
    int worked = 0;
};

} // namespace

TEST(Accounts, signingUpSignsInWithATokenThatHolds)
{
    Stage stage;
    const auto answer = stage.signUp("ana.k", "correct horse", "  Ana\u202e K\n");
    ASSERT_TRUE(answer) << toString(answer.error());
    EXPECT_EQ(answer->name, "ana.k");
    EXPECT_EQ(answer->displayName, "Ana K");
    const auto claims = stage.tokens.verify(answer->accessToken, stage.clock.wallNow());
    ASSERT_TRUE(claims);
    EXPECT_EQ(claims->user, answer->user);
    EXPECT_EQ(claims->session, answer->session);
    EXPECT_EQ(claims->device, DeviceId("d1"));
    EXPECT_EQ(claims->expiresAt, answer->accessExpiresAt);
}

TEST(Accounts, eachBadFieldIsNamed)
{
    Stage stage;
    EXPECT_EQ(stage.signUp("x").error().detail, "name");
    EXPECT_EQ(stage.signUp("with space").error().detail, "name");
    EXPECT_EQ(stage.signUp(std::string(33, 'a')).error().detail, "name");
    EXPECT_EQ(stage.signUp("ana", "short").error().detail, "password");
    EXPECT_EQ(stage.signUp("ana", std::string(257, 'p')).error().detail, "password");
    EXPECT_EQ(stage.signUp("ana", "correct horse", std::string(200, 'n')).error().detail,
              "display_name");
    EXPECT_EQ(stage.worked, 0); // nothing expensive was done for any of them
}

TEST(Accounts, aDeviceHasAnIdThatFitsAndIsText)
{
    Stage stage;
    ASSERT_TRUE(stage.signUp("ana"));
    for (const std::string& id : {std::string(), std::string(65, 'd'), std::string("\xff")}) {
        const auto up = stage.ask([&](auto done) {
            stage.accounts->signUp({"bela", "correct horse", "", DeviceId(id), "Phone"}, done);
        });
        ASSERT_FALSE(up);
        EXPECT_EQ(up.error().detail, "device_id");
        const auto in = stage.ask([&](auto done) {
            stage.accounts->signIn({"ana", "correct horse", DeviceId(id), "Phone"}, done);
        });
        ASSERT_FALSE(in);
        EXPECT_EQ(in.error().detail, "device_id");
    }
}

TEST(Accounts, aNameIsOfLettersDigitsAndThreeSigns)
{
    EXPECT_EQ(normalisedName("Ana.K_9-xZ"), "ana.k_9-xz");
    EXPECT_EQ(normalisedName("az09"), "az09");
    for (const char* bad : {"a/b", "a:b", "a@b", "a[b", "a`b", "a{b", "a b", "ა-ა", "a+b", "a,b"})
        EXPECT_FALSE(normalisedName(bad)) << bad;
    EXPECT_FALSE(normalisedName("x"));
    EXPECT_FALSE(normalisedName(std::string(33, 'x')));
}

TEST(Accounts, whatReordersOrHidesTextIsTakenOutOfADisplayName)
{
    for (const char* hidden : {"\x01", "\x1f", "\x7f", "\u0080", "\u009f", "\u00ad", "\u061c",
                               "\u180e", "\u200b", "\u200e", "\u200f", "\u202a", "\u202e", "\u2060",
                               "\u2066", "\u206f", "\ufeff", "\ufff9", "\ufffb"})
        EXPECT_EQ(cleanDisplayName(std::string("a") + hidden + "b"), "ab") << hidden;
    for (const char* line : {"\t", "\n", "\r", "\u2028", "\u2029"})
        EXPECT_EQ(cleanDisplayName(std::string("a") + line + "b"), "a b");
    for (const char* kept : {"\u200c", "\u200d", "\u00a0", "\u2010", "\u2027", "\u202f", "\u2070",
                             "\ufff8", "\ufffc", "ნ", "👩‍🔧", "~"})
        EXPECT_EQ(cleanDisplayName(std::string("a") + kept + "b"), std::string("a") + kept + "b");
    EXPECT_EQ(cleanDisplayName("  \t "), "");
    EXPECT_EQ(cleanDisplayName("a\xe2\x80"), "a") << "cut in the middle of a character";
}

TEST(Accounts, whatTheDiskRefusesIsSaidAndNothingHolds)
{
    Stage stage;
    const auto ana = stage.signUp("ana");
    ASSERT_TRUE(ana);
    stage.storage->setCommitFault([] { return std::optional(ErrorCode::StorageFull); });
    EXPECT_EQ(stage.signUp("bela").error().code, ErrorCode::StorageFull);
    EXPECT_EQ(stage.signIn("ana", "correct horse").error().code, ErrorCode::StorageFull);
    EXPECT_EQ(stage.refresh(ana->refreshToken).error().code, ErrorCode::StorageFull);
    stage.storage->setCommitFault({});
    EXPECT_TRUE(stage.signUp("bela")) << "the name was not taken";
    EXPECT_TRUE(stage.refresh(ana->refreshToken)) << "the token was not used up";
    EXPECT_TRUE(stage.revoked.empty());
}

TEST(Accounts, aTakenNameIsAConflict)
{
    Stage stage;
    const auto first = stage.signUp("ana");
    ASSERT_TRUE(first);
    const auto second = stage.signUp("ana", "another password");
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::Conflict);
    EXPECT_EQ(stage.signIn("ana", "correct horse")->user, first->user);
    EXPECT_FALSE(stage.signIn("ana", "another password"));
}

TEST(Accounts, aWrongPasswordAndAnUnknownUserAreToldTheSameAfterTheSameWork)
{
    Stage stage;
    ASSERT_TRUE(stage.signUp("ana"));
    stage.worked = 0;
    const auto wrong = stage.signIn("ana", "wrong password");
    EXPECT_EQ(stage.worked, 1);
    const auto unknown = stage.signIn("nobody", "wrong password");
    EXPECT_EQ(stage.worked, 2);
    const auto impossible = stage.signIn("no such name!", "wrong password");
    EXPECT_EQ(stage.worked, 3);
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().code, ErrorCode::Unauthenticated);
    EXPECT_EQ(wrong.error(), unknown.error());
    EXPECT_EQ(wrong.error(), impossible.error());
}

TEST(Accounts, aBusyWorkerIsSaid)
{
    Stage stage;
    stage.busy = true;
    EXPECT_EQ(stage.signUp("ana").error().code, ErrorCode::ServerBusy);
    EXPECT_EQ(stage.signIn("ana", "correct horse").error().code, ErrorCode::ServerBusy);
}

TEST(Accounts, aRefreshTokenIsRotatedAndItsReuseEndsTheSession)
{
    Stage stage;
    const auto first = stage.signUp("ana");
    ASSERT_TRUE(first);
    const auto second = stage.refresh(first->refreshToken);
    ASSERT_TRUE(second);
    EXPECT_NE(second->refreshToken, first->refreshToken);
    EXPECT_EQ(second->session, first->session);
    EXPECT_EQ(second->user, first->user);
    const auto third = stage.refresh(second->refreshToken);
    ASSERT_TRUE(third);
    EXPECT_TRUE(stage.revoked.empty());

    const auto stolen = stage.refresh(first->refreshToken);
    ASSERT_FALSE(stolen);
    EXPECT_EQ(stolen.error().code, ErrorCode::TokenInvalid);
    EXPECT_EQ(stage.revoked, std::vector<SessionId>{first->session});
    // The newest of the family is dead, too.
    EXPECT_EQ(stage.refresh(third->refreshToken).error().code, ErrorCode::TokenInvalid);
    EXPECT_TRUE(stage.signIn("ana", "correct horse"));
}

TEST(Accounts, aRefreshWhoseAnswerWasLostIsAnsweredAgainWithANewPair)
{
    Stage stage;
    const auto first = stage.signUp("ana");
    const auto lost = stage.refresh(first->refreshToken);
    ASSERT_TRUE(lost);
    const auto again = stage.refresh(first->refreshToken);
    ASSERT_TRUE(again) << toString(again.error());
    EXPECT_EQ(again->session, first->session);
    EXPECT_NE(again->refreshToken, lost->refreshToken);
    stage.clock.advance(Milliseconds(kRefreshOverlapMs - 1));
    const auto third = stage.refresh(first->refreshToken);
    ASSERT_TRUE(third) << "and again, until the time is over";
    EXPECT_TRUE(stage.revoked.empty());
    EXPECT_TRUE(stage.refresh(third->refreshToken));
    // Now its successor was used.
    EXPECT_EQ(stage.refresh(first->refreshToken).error().code, ErrorCode::TokenInvalid);
    EXPECT_EQ(stage.revoked, std::vector<SessionId>{first->session});
}

TEST(Accounts, theOverlapOfRefreshTokensEndsWithItsTimeCountedFromTheFirstUse)
{
    for (const bool repeated : {false, true}) {
        Stage stage;
        const auto first = stage.signUp("ana");
        ASSERT_TRUE(stage.refresh(first->refreshToken));
        if (repeated) {
            stage.clock.advance(Milliseconds(kRefreshOverlapMs / 2));
            ASSERT_TRUE(stage.refresh(first->refreshToken));
            stage.clock.advance(Milliseconds(kRefreshOverlapMs / 2));
        } else {
            stage.clock.advance(Milliseconds(kRefreshOverlapMs));
        }
        EXPECT_EQ(stage.refresh(first->refreshToken).error().code, ErrorCode::TokenInvalid);
        EXPECT_EQ(stage.revoked, std::vector<SessionId>{first->session});
    }
    Stage setBack;
    const auto first = setBack.signUp("ana");
    ASSERT_TRUE(setBack.refresh(first->refreshToken));
    setBack.clock.jumpWall(-Milliseconds(3'600'000));
    EXPECT_FALSE(setBack.refresh(first->refreshToken)) << "a clock set back opens no window";
}

TEST(Accounts, whoeverHoldsTheVoidSuccessorEndsTheFamily)
{
    Stage stage;
    const auto first = stage.signUp("ana");
    const auto lost = stage.refresh(first->refreshToken); // of the thief, or of the owner
    const auto again = stage.refresh(first->refreshToken);
    ASSERT_TRUE(again);
    EXPECT_EQ(stage.refresh(lost->refreshToken).error().code, ErrorCode::TokenInvalid);
    EXPECT_EQ(stage.revoked, std::vector<SessionId>{first->session});
    EXPECT_EQ(stage.refresh(again->refreshToken).error().code, ErrorCode::TokenInvalid);
}

TEST(Accounts, anUnknownOrOldRefreshTokenIsInvalid)
{
    Stage stage;
    const auto answer = stage.signUp("ana");
    ASSERT_TRUE(answer);
    EXPECT_EQ(stage.refresh("rubbish").error().code, ErrorCode::TokenInvalid);
    EXPECT_EQ(stage.refresh("").error().code, ErrorCode::TokenInvalid);
    stage.clock.advance(Milliseconds(kRefreshTokenMs + 1));
    EXPECT_EQ(stage.refresh(answer->refreshToken).error().code, ErrorCode::TokenInvalid);
}

TEST(Accounts, signingOutEndsTheSession)
{
    Stage stage;
    const auto answer = stage.signUp("ana");
    ASSERT_TRUE(answer);
    bool ok = false;
    stage.accounts->signOut(answer->accessToken, [&](Result<bool> done) { ok = done.has_value(); });
    while (stage.storage->pump()) {
    }
    EXPECT_TRUE(ok);
    EXPECT_EQ(stage.revoked, std::vector<SessionId>{answer->session});
    EXPECT_EQ(stage.refresh(answer->refreshToken).error().code, ErrorCode::TokenInvalid);
    Result<bool> bad = true;
    stage.accounts->signOut("rubbish", [&](Result<bool> done) { bad = std::move(done); });
    EXPECT_EQ(bad.error().code, ErrorCode::TokenInvalid);
}

namespace
{

Result<Sessions> sessionsOf(Stage& stage, const std::string& token)
{
    Result<Sessions> answer = fail(ErrorCode::Internal, "no answer");
    stage.accounts->sessions(token, [&](Result<Sessions> all) { answer = std::move(all); });
    while (stage.storage->pump()) {
    }
    return answer;
}

Result<bool> revoke(Stage& stage, const std::string& token, const SessionId& session)
{
    Result<bool> answer = fail(ErrorCode::Internal, "no answer");
    stage.accounts->revoke(token, session, [&](Result<bool> done) { answer = std::move(done); });
    while (stage.storage->pump()) {
    }
    return answer;
}

} // namespace

TEST(Accounts, sessionsOfTheUserAreListedWithTheCurrentOne)
{
    Stage stage;
    const auto phone = stage.signUp("ana");
    stage.signUp("bela");
    stage.clock.advance(Milliseconds(5'000));
    const auto laptop = stage.signIn("ana", "correct horse");
    stage.clock.advance(Milliseconds(5'000));
    const auto renewed = stage.refresh(phone->refreshToken);
    const auto all = sessionsOf(stage, laptop->accessToken);
    ASSERT_TRUE(all) << toString(all.error());
    EXPECT_EQ(all->current, laptop->session);
    ASSERT_EQ(all->rows.size(), 2U);
    EXPECT_EQ(all->rows[0].id, phone->session); // seen last
    EXPECT_EQ(all->rows[0].deviceName, "Phone");
    EXPECT_EQ(all->rows[0].lastSeen, all->rows[0].created + 10'000);
    EXPECT_EQ(all->rows[1].id, laptop->session);
    EXPECT_EQ(all->rows[1].lastSeen, all->rows[1].created);
}

TEST(Accounts, sessionRevokedFromAnotherDeviceIsDeadAndToldToWipeItself)
{
    Stage stage;
    const auto lost = stage.signUp("ana");
    const auto kept = stage.signIn("ana", "correct horse");
    // In the turn in which the commit is known: its sockets are closed before anybody is answered.
    std::vector<SessionId> outWhenAnswered;
    stage.accounts->revoke(kept->accessToken, lost->session, [&](const Result<bool>& done) {
        ASSERT_TRUE(done);
        outWhenAnswered = stage.revoked;
    });
    while (stage.storage->pump()) {
    }
    EXPECT_EQ(outWhenAnswered, std::vector<SessionId>{lost->session});
    EXPECT_EQ(stage.ends, std::vector<SessionEnd>{SessionEnd::Revoked});
    EXPECT_EQ(stage.refresh(lost->refreshToken).error().code, ErrorCode::DeviceRevoked);
    EXPECT_EQ(sessionsOf(stage, lost->accessToken).error().code, ErrorCode::TokenInvalid);
    EXPECT_EQ(revoke(stage, lost->accessToken, kept->session).error().code,
              ErrorCode::TokenInvalid);
    EXPECT_TRUE(stage.refresh(kept->refreshToken));
    const auto snapshot = stage.storage->load();
    ASSERT_EQ(snapshot->revoked.size(), 1U);
    EXPECT_TRUE(snapshot->revoked[0].asDevice);
}

TEST(Accounts, somebodyElsesSessionIsAsGoodAsNone)
{
    Stage stage;
    const auto ana = stage.signUp("ana");
    const auto bela = stage.signUp("bela");
    EXPECT_EQ(revoke(stage, ana->accessToken, bela->session).error().code, ErrorCode::NotFound);
    EXPECT_EQ(revoke(stage, ana->accessToken, SessionId("s_none")).error().code,
              ErrorCode::NotFound);
    EXPECT_TRUE(stage.revoked.empty());
    EXPECT_TRUE(stage.refresh(bela->refreshToken));
    EXPECT_EQ(revoke(stage, "rubbish", ana->session).error().code, ErrorCode::TokenInvalid);
    EXPECT_EQ(sessionsOf(stage, "rubbish").error().code, ErrorCode::TokenInvalid);
}

TEST(Accounts, ownSessionRevokedIsASignOutAndWipesNothing)
{
    Stage stage;
    const auto ana = stage.signUp("ana");
    ASSERT_TRUE(revoke(stage, ana->accessToken, ana->session));
    EXPECT_EQ(stage.ends, std::vector<SessionEnd>{SessionEnd::Over});
    EXPECT_EQ(stage.refresh(ana->refreshToken).error().code, ErrorCode::TokenInvalid);
}

TEST(Accounts, refreshTokenThatWasUsedTwiceWipesNobody)
{
    Stage stage;
    const auto ana = stage.signUp("ana");
    const auto next = stage.refresh(ana->refreshToken);
    stage.clock.advance(Milliseconds(kRefreshOverlapMs));
    (void)stage.refresh(ana->refreshToken); // the thief, or the one it was stolen from
    EXPECT_EQ(stage.ends, std::vector<SessionEnd>{SessionEnd::Over});
    EXPECT_EQ(stage.refresh(next->refreshToken).error().code, ErrorCode::TokenInvalid);
}

TEST(Accounts, expiredSessionsAreNotListed)
{
    Stage stage;
    stage.signUp("ana");
    stage.clock.advance(Milliseconds(kRefreshTokenMs + 1'000));
    const auto fresh = stage.signIn("ana", "correct horse");
    const auto all = sessionsOf(stage, fresh->accessToken);
    ASSERT_TRUE(all);
    EXPECT_EQ(all->rows.size(), 1U);
}

TEST(Accounts, theRevokedSessionsAreRememberedOverARestart)
{
    Stage stage;
    const auto answer = stage.signUp("ana");
    stage.accounts->signOut(answer->accessToken, [](Result<bool>) {});
    while (stage.storage->pump()) {
    }
    const auto snapshot = stage.storage->load();
    ASSERT_TRUE(snapshot);
    ASSERT_EQ(snapshot->revoked.size(), 1u);
    EXPECT_EQ(snapshot->revoked[0].session, answer->session);
}

TEST(Accounts, sessionsOfAUserAreBoundedAndTheOldestGoes)
{
    Stage stage;
    const auto first = stage.signUp("ana");
    for (std::size_t i = 0; i < kSessionsPerUserMax; ++i) {
        stage.clock.advance(Milliseconds(1'000));
        ASSERT_TRUE(stage.signIn("ana", "correct horse"));
    }
    EXPECT_EQ(stage.revoked, std::vector<SessionId>{first->session});
}

TEST(Accounts, neitherThePasswordNorARefreshTokenLiesInTheDatabase)
{
    Stage stage;
    const auto answer = stage.signUp("ana", "canary password");
    ASSERT_TRUE(answer);
    std::optional<Credentials> credentials;
    stage.storage->findCredentials(
        "ana", [&](Result<std::optional<Credentials>> found) { credentials = *found; });
    stage.storage->pump();
    ASSERT_TRUE(credentials);
    EXPECT_EQ(credentials->passwordHash.find("canary"), std::string::npos);
    EXPECT_EQ(credentials->passwordHash.rfind("$argon2id$", 0), 0u);
}
