// Every I/O point of the server's store: each write, read and the opening itself, with the first,
// second, third … call to the disk failing, once or for ever; and after that the process goes on,
// dies, or loses its power.
//
// What must hold: what was answered with "stored" is there; what failed left nothing (when the
// process dies right then: nothing or all of it, never a part); the same store goes on when the
// disk is well again; the same operation under the same key ends as if nothing had happened; the
// file is sound.
#include "core/random.h"
#include "server/storage/sqlite/store.h"
#include "tests/fault/faultvfs.h"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <functional>

namespace skein::server
{
namespace
{

namespace fs = std::filesystem;
using protocol::Kind;
using skein::fault::FaultVfs;

enum class After { GoesOn, Dies, LosesPower };
struct Fault {
    FaultVfs::How how;
    FaultVfs::Times times;
    const char* name;
};
constexpr Fault kFaults[] = {
    {FaultVfs::How::IoError, FaultVfs::Times::Once, "fails once"},
    {FaultVfs::How::IoError, FaultVfs::Times::ForEver, "fails for ever"},
    {FaultVfs::How::Full, FaultVfs::Times::Once, "is full once"},
    {FaultVfs::How::Full, FaultVfs::Times::ForEver, "is full for ever"},
    {FaultVfs::How::Torn, FaultVfs::Times::Once, "tears a write"},
};
constexpr std::int64_t kPointsMax = 5'000;

class ServerIo : public ::testing::Test
{
protected:
    /// What the operations of one batch answered: nothing for those that stored.
    using Answers = std::vector<std::optional<Error>>;
    /// Hands over one batch; the answers come when it is pumped.
    using Act = std::function<void(Answers&)>;

    void SetUp() override
    {
        const fs::path base = fs::is_directory("/dev/shm") && ::access("/dev/shm", W_OK) == 0
                                  ? fs::path("/dev/shm")
                                  : fs::temp_directory_path();
        std::string pattern = (base / "skein-serverio-XXXXXX").string();
        ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
        m_root = pattern;
    }
    void TearDown() override
    {
        m_disk.disarm();
        m_storage.reset();
        std::error_code ignored;
        fs::remove_all(m_root, ignored);
    }

    [[nodiscard]] Result<void> open()
    {
        SqliteOptions options;
        options.directory = m_folder.string();
        options.vfs = FaultVfs::kName;
        options.threading = SqliteOptions::Threading::Inline;
        auto opened = SqliteStorage::open(std::move(options));
        if (!opened)
            return tl::unexpected<Error>(opened.error());
        m_storage = std::move(*opened);
        return {};
    }

    /// A server that was stopped: two users, a room, five messages, a reaction, a session.
    void begin()
    {
        m_storage.reset();
        m_disk.disarm();
        if (!m_folder.empty())
            fs::remove_all(m_folder);
        m_folder = m_root / std::to_string(++m_serial);
        if (m_template.empty()) {
            ASSERT_TRUE(open());
            fill();
            m_storage.reset();
            m_template = m_root / "template";
            fs::copy(m_folder, m_template, fs::copy_options::recursive);
        } else {
            fs::copy(m_template, m_folder, fs::copy_options::recursive);
        }
        m_disk.forgetUnsynced();
        ASSERT_TRUE(open());
        m_random = SeededRandom(9);
    }

    void beginEmpty()
    {
        m_storage.reset();
        m_disk.disarm();
        m_disk.forgetUnsynced();
        fs::remove_all(m_folder);
        m_folder = m_root / std::to_string(++m_serial);
    }

    void chill()
    {
        sqlite3* other = connect();
        ASSERT_EQ(sqlite3_exec(other, "UPDATE room SET topic=topic", nullptr, nullptr, nullptr),
                  SQLITE_OK);
        sqlite3_close(other);
    }

    void die(bool power)
    {
        m_disk.arm(1, FaultVfs::How::IoError, FaultVfs::Times::ForEver);
        m_storage.reset();
        m_disk.disarm();
        if (power)
            m_disk.powerCut(m_folder.string());
    }

    /// Every table, row by row.
    std::vector<std::string> dump()
    {
        std::vector<std::string> rows;
        sqlite3* db = connect();
        const auto each = [db](const std::string& sql, auto&& row) {
            sqlite3_stmt* statement = nullptr;
            ASSERT_EQ(sqlite3_prepare_v2(db, sql.c_str(), -1, &statement, nullptr), SQLITE_OK)
                << sqlite3_errmsg(db);
            while (sqlite3_step(statement) == SQLITE_ROW) {
                std::string text;
                for (int i = 0; i < sqlite3_column_count(statement); ++i) {
                    const auto* cell =
                        reinterpret_cast<const char*>(sqlite3_column_text(statement, i));
                    text += std::string(cell ? cell : "NULL") + '|';
                }
                row(text);
            }
            sqlite3_finalize(statement);
        };
        std::vector<std::string> tables;
        each("PRAGMA integrity_check", [&](const std::string& text) { EXPECT_EQ(text, "ok|"); });
        each("SELECT name FROM sqlite_schema WHERE type='table' ORDER BY name",
             [&](const std::string& text) { tables.push_back(text.substr(0, text.size() - 1)); });
        for (const std::string& table : tables) {
            each("SELECT * FROM \"" + table + "\" ORDER BY 1,2",
                 [&](const std::string& text) { rows.push_back(table + ' ' + text); });
        }
        sqlite3_close(db);
        return rows;
    }

    void everyPoint(const Act& act)
    {
        begin();
        const auto before = dump();
        for (const auto& answer : run(act))
            ASSERT_FALSE(answer) << toString(*answer);
        const auto expected = dump();
        std::int64_t points = 0;
        for (const Fault& fault : kFaults) {
            for (const After after : {After::GoesOn, After::Dies, After::LosesPower}) {
                bool met = true;
                for (std::int64_t nth = 1; met; ++nth) {
                    ASSERT_LT(nth, kPointsMax);
                    met = onePoint(act, fault, after, nth, before, expected);
                    points += met ? 1 : 0;
                    if (HasFatalFailure() || HasNonfatalFailure())
                        return;
                }
            }
        }
        EXPECT_GT(points, 0);
        std::printf("%lld points\n", static_cast<long long>(points));
    }

    /// A read gives what it gives without a fault, or an error; and the next one is right.
    void everyPointOfReading(const std::function<void(std::function<void(std::string)>)>& read)
    {
        const auto once = [&] {
            std::string got = "nothing";
            read([&got](std::string text) { got = std::move(text); });
            m_storage->pump();
            return got;
        };
        begin();
        const std::string expected = once();
        ASSERT_NE(expected, "error");
        for (const Fault& fault : kFaults) {
            bool met = true;
            for (std::int64_t nth = 1; met; ++nth) {
                begin();
                chill();
                m_disk.arm(nth, fault.how, fault.times);
                const std::string got = once();
                met = m_disk.fired();
                m_disk.disarm();
                SCOPED_TRACE(std::string("disk ") + fault.name + " at " + m_disk.where());
                EXPECT_TRUE(got == expected || got == "error") << got;
                EXPECT_EQ(once(), expected) << "the disk is well again";
                if (HasFatalFailure() || HasNonfatalFailure())
                    return;
            }
        }
    }

    LogOp message(const std::string& body, Kind kind = Kind::Text)
    {
        LogOp op;
        op.room = m_room.key;
        op.sender = m_ana.key;
        op.device = DeviceId("d1");
        op.event.room = m_room.id;
        op.event.sender = m_ana.id;
        op.event.tempId = makeTempId({1'700'000'000'000}, m_random);
        op.event.kind = kind;
        op.event.ts = 7;
        op.event.body = body;
        return op;
    }
    LogOp change(Kind kind, std::int64_t target, const std::string& body = {})
    {
        LogOp op = message(body, kind);
        op.event.target = Seq(target);
        return op;
    }
    DraftOp draft(const UserRow& user, const std::string& body, Rev base = {})
    {
        DraftOp op;
        op.room = m_room.key;
        op.user = user.key;
        op.device = DeviceId("d1");
        op.tempId = makeTempId({1'700'000'000'000}, m_random);
        op.base = base;
        op.text = body;
        op.ts = 8;
        return op;
    }
    template <class T>
    static Done<T> note(Answers& answers)
    {
        const std::size_t at = answers.size();
        answers.emplace_back(makeError(ErrorCode::Internal, "no answer"));
        return [&answers, at](Result<T> result) {
            answers[at] = result ? std::nullopt : std::optional<Error>(result.error());
        };
    }

    FaultVfs m_disk;
    std::unique_ptr<SqliteStorage> m_storage;
    SeededRandom m_random{5};
    UserRow m_ana, m_ben;
    RoomRow m_room;

private:
    sqlite3* connect()
    {
        sqlite3* db = nullptr;
        EXPECT_EQ(sqlite3_open_v2((m_folder / "skein.db").c_str(), &db, SQLITE_OPEN_READWRITE,
                                  FaultVfs::kName),
                  SQLITE_OK);
        return db;
    }

    void fill()
    {
        Answers answers;
        m_storage->createUser({UserId("u1"), "ana", "Ana", "h", 1},
                              [this](Result<UserRow> row) { m_ana = *row; });
        m_storage->createUser({UserId("u2"), "ben", "Ben", "h", 1},
                              [this](Result<UserRow> row) { m_ben = *row; });
        m_storage->pump();
        CreateRoomOp room;
        room.id = RoomId("r1");
        room.creator = m_ana.key;
        room.creatorId = m_ana.id;
        room.device = DeviceId("d1");
        room.tempId = makeTempId({1'700'000'000'000}, m_random);
        room.name = "Room";
        room.members = {m_ben.key};
        room.ts = 5;
        m_storage->createRoom(room, [this](Result<RoomMade> made) { m_room = made->room; });
        m_storage->pump();
        for (int i = 0; i < 5; ++i)
            m_storage->append(message("m" + std::to_string(i)), note<Logged>(answers));
        LogOp reaction = change(Kind::Reaction, 2);
        reaction.reactionKey = "+1";
        m_storage->append(reaction, note<Logged>(answers));
        m_storage->createSession(
            {SessionId("s1"), m_ana.key, DeviceId("d1"), "laptop", "hash1", 5, 1'000'000},
            note<SessionMade>(answers));
        m_storage->pump();
        m_storage->createSession(
            {SessionId("s9"), m_ana.key, DeviceId("d9"), "phone", "hash9", 6, 1'000'000},
            note<SessionMade>(answers));
        m_storage->setDraft(draft(m_ben, "half a sentence"), note<DraftStored>(answers));
        m_storage->pump();
        for (const auto& answer : answers)
            ASSERT_FALSE(answer) << toString(*answer);
    }

    Answers run(const Act& act)
    {
        Answers answers;
        answers.reserve(16);
        m_random = SeededRandom(9); // the same keys each time
        act(answers);
        m_storage->pump();
        return answers;
    }

    bool onePoint(const Act& act, const Fault& fault, After after, std::int64_t nth,
                  const std::vector<std::string>& before, const std::vector<std::string>& expected)
    {
        begin();
        chill();
        m_disk.arm(nth, fault.how, fault.times);
        const Answers answers = run(act);
        const bool met = m_disk.fired();
        m_disk.disarm();
        SCOPED_TRACE(std::string("disk ") + fault.name + " at " + m_disk.where() +
                     (after == After::GoesOn ? ", goes on"
                      : after == After::Dies ? ", dies"
                                             : ", loses power"));
        // One batch, one transaction: all of it or nothing.
        const bool stored = !answers.front();
        for (const auto& answer : answers) {
            EXPECT_EQ(!answer, stored);
            if (answer) {
                EXPECT_TRUE(answer->code == ErrorCode::StorageFull ||
                            answer->code == ErrorCode::StorageFailed)
                    << toString(*answer);
                EXPECT_TRUE(answer->retryable);
            }
        }
        if (after != After::GoesOn) {
            die(after == After::LosesPower);
            const auto opened = open();
            EXPECT_TRUE(opened) << toString(opened.error());
            if (!opened)
                return false;
        }
        const auto now = dump();
        if (stored)
            EXPECT_EQ(now, expected) << "it was answered as stored";
        else if (after == After::GoesOn)
            EXPECT_EQ(now, before) << "it was answered as not stored";
        else
            EXPECT_TRUE(now == before || now == expected) << "a part of it was stored";
        if (now != expected) {
            for (const auto& answer : run(act))
                EXPECT_FALSE(answer) << "the disk is well again: " << toString(*answer);
            EXPECT_EQ(dump(), expected);
        }
        // And it goes on.
        Answers more;
        more.reserve(4);
        LogOp next = message("next");
        next.event.tempId = makeTempId({1'800'000'000'000}, m_random);
        m_storage->append(next, note<Logged>(more));
        m_storage->pump();
        EXPECT_FALSE(more.front());
        return met;
    }

    fs::path m_root, m_folder, m_template;
    int m_serial = 0;
};

std::string text(const Result<std::vector<LogPage>>& pages)
{
    if (!pages)
        return "error";
    std::string all;
    for (const LogPage& page : *pages) {
        all += std::to_string(page.lo.value()) + '-' + std::to_string(page.hi.value()) + ' ';
        for (const auto& event : page.events)
            all += std::to_string(event.seq.value()) + event.body + ' ';
    }
    return all;
}
std::string text(const Result<HistoryPage>& page)
{
    if (!page)
        return "error";
    std::string all =
        std::to_string(page->lo.value()) + '-' + std::to_string(page->hi.value()) + ' ';
    for (const auto& event : page->messages)
        all += std::to_string(event.seq.value()) + event.body + ' ';
    return all;
}

} // namespace

TEST_F(ServerIo, aBatchOfMessages)
{
    everyPoint([this](Answers& answers) {
        for (int i = 0; i < 5; ++i)
            m_storage->append(message("new " + std::string(900, 'x')), note<Logged>(answers));
        LogOp mention = message("hello ben");
        mention.mentioned = {m_ben.key};
        m_storage->append(mention, note<Logged>(answers));
    });
}

TEST_F(ServerIo, changesOfMessages)
{
    everyPoint([this](Answers& answers) {
        m_storage->append(change(Kind::Edit, 2, "changed"), note<Logged>(answers));
        m_storage->append(change(Kind::Delete, 3), note<Logged>(answers));
        LogOp reaction = change(Kind::Reaction, 4);
        reaction.reactionKey = "+1";
        m_storage->append(reaction, note<Logged>(answers));
        m_storage->append(change(Kind::Pin, 5), note<Logged>(answers));
    });
}

TEST_F(ServerIo, membersAndRooms)
{
    everyPoint([this](Answers& answers) {
        LogOp leave = message("", Kind::Member);
        leave.member = m_ben.key;
        leave.event.member = m_ben.id;
        m_storage->append(leave, note<Logged>(answers));
        LogOp rename = message("", Kind::Room);
        rename.event.name = "New name";
        m_storage->append(rename, note<Logged>(answers));
        CreateRoomOp room;
        room.id = RoomId("r2");
        room.creator = m_ana.key;
        room.creatorId = m_ana.id;
        room.device = DeviceId("d1");
        room.tempId = makeTempId({1'700'000'000'000}, m_random);
        room.kind = protocol::RoomKind::Direct;
        room.members = {m_ben.key};
        room.ts = 9;
        m_storage->createRoom(room, note<RoomMade>(answers));
    });
}

TEST_F(ServerIo, positions)
{
    everyPoint([this](Answers& answers) {
        PositionsOp op;
        op.marks = {{m_room.key, m_ben.key, Seq(4), Seq(5)}, {m_room.key, m_ana.key, Seq(2), {}}};
        m_storage->setPositions(op, note<std::vector<PositionSet>>(answers));
    });
}

TEST_F(ServerIo, accountsAndSessions)
{
    everyPoint([this](Answers& answers) {
        m_storage->createUser({UserId("u3"), "cem", "Cem", "h", 1}, note<UserRow>(answers));
        m_storage->createSession(
            {SessionId("s2"), m_ben.key, DeviceId("d2"), "phone", "hash2", 6, 1'000'000},
            note<SessionMade>(answers));
    });
}

TEST_F(ServerIo, rotatingARefreshToken)
{
    everyPoint([this](Answers& answers) {
        m_storage->rotateSession({"hash1", "hash1b", 10, 2'000'000}, note<Rotated>(answers));
    });
}

TEST_F(ServerIo, revokingASession)
{
    everyPoint([this](Answers& answers) {
        m_storage->revokeSession(SessionId("s1"), 11, note<bool>(answers));
    });
}

TEST_F(ServerIo, revokingADevice)
{
    everyPoint([this](Answers& answers) {
        m_storage->revokeDevice({SessionId("s9"), SessionId("s1"), 11}, note<bool>(answers));
    });
}

TEST_F(ServerIo, drafts)
{
    everyPoint([this](Answers& answers) {
        m_storage->setDraft(draft(m_ana, "a first one"), note<DraftStored>(answers));
        // Not knowing the one that is there, which so stays beside it.
        m_storage->setDraft(draft(m_ben, "of another device"), note<DraftStored>(answers));
    });
}

TEST_F(ServerIo, readingDrafts)
{
    everyPointOfReading([this](std::function<void(std::string)> done) {
        m_storage->readDrafts({m_ben.key, 0, 100}, 1'000'000, [done](Result<DraftsPage> page) {
            std::string all = page ? "" : "error";
            if (page) {
                for (const DraftRow& row : page->drafts)
                    all += row.text + '|' + row.other;
            }
            done(all);
        });
    });
}

TEST_F(ServerIo, listingSessions)
{
    everyPointOfReading([this](std::function<void(std::string)> done) {
        m_storage->listSessions(SessionId("s1"), 100,
                                [done](Result<std::vector<SessionRow>> sessions) {
                                    std::string all = sessions ? "" : "error";
                                    if (sessions) {
                                        for (const SessionRow& row : *sessions)
                                            all += row.id.str() + ' ' + row.deviceName + '|';
                                    }
                                    done(all);
                                });
    });
}

TEST_F(ServerIo, readingTheLog)
{
    everyPointOfReading([this](std::function<void(std::string)> done) {
        m_storage->readLog({{m_room.key, Seq(1), 200, 1'000}}, 1'000'000,
                           [done](Result<std::vector<LogPage>> pages) { done(text(pages)); });
    });
}

TEST_F(ServerIo, readingHistory)
{
    everyPointOfReading([this](std::function<void(std::string)> done) {
        m_storage->readHistory({m_room.key, protocol::HistoryRequest::Anchor::Around, Seq(3), 4},
                               1'000'000, [done](Result<HistoryPage> page) { done(text(page)); });
    });
}

TEST_F(ServerIo, revalidating)
{
    everyPointOfReading([this](std::function<void(std::string)> done) {
        m_storage->revalidate({m_room.key, Seq(1), Seq(7), Seq(3), 100}, 1'000'000,
                              [done](Result<HistoryPage> page) { done(text(page)); });
    });
}

TEST_F(ServerIo, findingCredentials)
{
    everyPointOfReading([this](std::function<void(std::string)> done) {
        m_storage->findCredentials("ana", [done](Result<std::optional<Credentials>> found) {
            done(!found ? "error" : *found ? (*found)->user.name : "nobody");
        });
    });
}

TEST_F(ServerIo, openingWhatIsThere)
{
    begin();
    Answers answers;
    answers.reserve(2);
    m_storage->append(message("last"), note<Logged>(answers));
    m_storage->pump();
    const auto expected = dump();
    for (const Fault& fault : kFaults) {
        bool met = true;
        for (std::int64_t nth = 1; met; ++nth) {
            ASSERT_LT(nth, kPointsMax);
            begin();
            m_storage->append(message("last"), note<Logged>(answers));
            m_storage->pump();
            die(true); // with its log not folded in
            m_disk.arm(nth, fault.how, fault.times);
            const auto opened = open();
            if (opened)
                (void)m_storage->load();
            met = m_disk.fired();
            SCOPED_TRACE(std::string("disk ") + fault.name + " at " + m_disk.where());
            die(false);
            ASSERT_TRUE(open());
            ASSERT_EQ(dump(), expected);
        }
    }
}

// Written, not synced, and the process died; the next one finds it and tells it as stored (a repeat
// is confirmed), so the power must not take it any more.
TEST_F(ServerIo, whatTheNextProcessFindsSurvivesThePower)
{
    begin();
    const auto before = dump();
    int found = 0;
    bool met = true;
    for (std::int64_t nth = 1; met; ++nth) {
        ASSERT_LT(nth, kPointsMax);
        begin();
        Answers answers;
        answers.reserve(1);
        m_disk.arm(nth, FaultVfs::How::IoError, FaultVfs::Times::ForEver);
        m_storage->append(message("last"), note<Logged>(answers));
        m_storage->pump();
        met = m_disk.fired();
        SCOPED_TRACE("died at " + m_disk.where());
        die(false);
        ASSERT_TRUE(open());
        const auto told = dump();
        found += met && told != before ? 1 : 0;
        die(true);
        ASSERT_TRUE(open());
        ASSERT_EQ(dump(), told);
    }
    EXPECT_GT(found, 0) << "no commit was found that had not been answered";
}

TEST_F(ServerIo, makingANewDatabase)
{
    begin();
    for (const Fault& fault : kFaults) {
        for (const bool power : {false, true}) {
            bool met = true;
            for (std::int64_t nth = 1; met; ++nth) {
                ASSERT_LT(nth, kPointsMax);
                beginEmpty();
                m_disk.arm(nth, fault.how, fault.times);
                const auto opened = open();
                met = m_disk.fired();
                SCOPED_TRACE(std::string("disk ") + fault.name + " at " + m_disk.where());
                die(power);
                const auto again = open();
                ASSERT_TRUE(again) << toString(again.error());
                const auto all = m_storage->load();
                ASSERT_TRUE(all);
                EXPECT_TRUE(all->users.empty());
                Answers answers;
                answers.reserve(2);
                m_storage->createUser({UserId("u1"), "ana", "Ana", "h", 1}, note<UserRow>(answers));
                m_storage->pump();
                EXPECT_FALSE(answers.front());
                EXPECT_FALSE(dump().empty());
            }
        }
    }
}

} // namespace skein::server
