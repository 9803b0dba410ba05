#include "tests/fault/diskworld.h"

#include <sqlite3.h>
#include <unistd.h>

#include <sstream>

namespace skein::engine::test
{
namespace fs = std::filesystem;

using skein::fault::FaultVfs;

namespace
{
constexpr int kShortly = 8; // steps when nothing is wrong
}

void DiskWorld::SetUp()
{
    // On a disk in memory where there is one: nothing here needs a real one.
    const fs::path base = fs::is_directory("/dev/shm") && ::access("/dev/shm", W_OK) == 0
                              ? fs::path("/dev/shm")
                              : fs::temp_directory_path();
    std::string pattern = (base / "skein-fault-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    m_root = pattern;
}

void DiskWorld::TearDown()
{
    failing.disarm();
    engine.reset();
    store.reset();
    std::error_code ignored;
    fs::remove_all(m_root, ignored);
}

offline::StoreOptions DiskWorld::options() const
{
    offline::StoreOptions options;
    options.path = path;
    options.vfs = FaultVfs::kName;
    return options;
}

bool DiskWorld::openAll()
{
    auto opened = offline::Store::open(options());
    if (!opened)
        return false;
    store = std::move(*opened);
    makeEngine();
    m_opens = 0;
    transport = FakeTransport();
    tokens = FakeTokens();
    screen = Screen();
    engine->start();
    return true;
}

void DiskWorld::begin()
{
    engine.reset();
    store.reset();
    failing.disarm();
    failing.forgetUnsynced();
    m_stored.clear();
    log.clear();
    othersRead = othersDelivered = myRead = 0;
    member = true;
    roomName = "Room";
    heIsMember = false;
    myDraft = {};
    gapMax = INT64_MAX;
    others.clear();
    epoch = 1;
    if (!m_folder.empty())
        fs::remove_all(m_folder);
    m_folder = m_root / std::to_string(++m_serial);
    fs::create_directory(m_folder);
    path = (m_folder / "store.db").string();
    for (int seq = 1; seq <= kLogSize; ++seq)
        log[seq] = message(seq, "m" + std::to_string(seq), seq % 3 == 0 ? kMe : kHer);
    if (m_template.empty()) {
        // Made once; each run starts with a copy.
        ASSERT_TRUE(openAll());
        settle(kShortly);
        engine.reset();
        store.reset();
        m_template = m_root / "template.db";
        fs::copy_file(path, m_template);
    } else {
        fs::copy_file(m_template, path);
    }
    failing.forgetUnsynced();
    ASSERT_TRUE(openAll());
    settle(kShortly);
    engine->openRoom(kRoom);
    settle(kShortly);
}

void DiskWorld::chill()
{
    sqlite3* other = nullptr;
    ASSERT_EQ(sqlite3_open_v2(path.c_str(), &other, SQLITE_OPEN_READWRITE, FaultVfs::kName),
              SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(other, "UPDATE rooms SET topic = topic", nullptr, nullptr, nullptr),
              SQLITE_OK)
        << sqlite3_errmsg(other);
    sqlite3_close(other);
}

void DiskWorld::die(bool power)
{
    failing.arm(1, FaultVfs::How::IoError, FaultVfs::Times::ForEver);
    engine.reset();
    store.reset();
    failing.disarm();
    if (power)
        failing.powerCut(folderPath());
}

void DiskWorld::comeBack()
{
    ASSERT_TRUE(openAll());
}

template <class F>
void DiskWorld::each(F&& answer)
{
    // Answers may provoke new frames; those come in the next round.
    auto frames = std::exchange(transport.sent, {});
    for (const protocol::ClientFrame& frame : frames)
        std::visit(answer, frame);
}

void DiskWorld::commit(protocol::Event event, bool toSelf)
{
    const auto known = m_stored.find(event.tempId);
    std::int64_t seq = 0;
    if (known != m_stored.end()) {
        seq = known->second;
    } else {
        seq = serverHead() + 1;
        m_stored.emplace(event.tempId, seq);
        const std::int64_t ord = log.empty() ? 0 : log.rbegin()->second.ord.value();
        event.seq = Seq(seq);
        event.rev = Rev(seq);
        event.ord = Ord(ord + (protocol::countsAsUnread(event.kind) ? 1 : 0));
        event.id = EventId("e" + std::to_string(seq));
        event.ts = 1'700'000'000'000 + seq;
        if (event.target) {
            protocol::Event& target = log.at(event.target->value());
            target.rev = Rev(seq);
            if (event.kind == protocol::Kind::Edit) {
                target.body = event.body;
                target.edited = event.edited = true;
            } else if (event.kind == protocol::Kind::Delete) {
                target.body.clear();
                target.reactions.clear();
                target.deleted = event.deleted = true;
            } else if (event.kind == protocol::Kind::Reaction) {
                target.reactions = event.reactions;
            } else if (event.kind == protocol::Kind::Pin) {
                target.pinned = event.pinned;
            }
        }
        log[seq] = event;
    }
    if (!toSelf)
        return;
    const protocol::Event& stored = log.at(seq);
    say(protocol::MessageConfirmed{event.tempId, kRoom, Seq(seq), stored.ord, stored.id, stored.ts,
                                   known != m_stored.end()});
    if (engine->link().link == Link::Live || engine->link().link == Link::CatchingUp)
        say(protocol::LogEntry{stored});
}

void DiskWorld::answerOneSync(const protocol::SyncRequest& request)
{
    protocol::SyncResponse response;
    response.req = request.req;
    for (const auto& cursor : request.rooms) {
        protocol::SyncRoom room;
        room.room = cursor.room;
        room.lo = cursor.since.next();
        room.hi = cursor.since;
        if (cursor.room == kRoom) {
            room.epoch = Epoch(epoch);
            room.head = Seq(serverHead());
            room.ord = log.rbegin()->second.ord;
            for (auto it = log.upper_bound(cursor.since.value()); it != log.end(); ++it) {
                room.events.push_back(it->second);
                room.hi = Seq(it->first);
            }
            if (serverHead() - cursor.since.value() > gapMax) {
                room.events.erase(room.events.begin(), room.events.end() - kPageSize);
                room.lo = room.events.front().seq;
                room.limited = true;
            }
            if (cursor.epoch != Epoch() && cursor.epoch != Epoch(epoch)) {
                room.events.clear();
                room.lo = room.hi = Seq();
                room.error = ErrorCode::StateLost;
            }
        } else {
            room.epoch = Epoch(1);
            room.head = room.hi = Seq(1);
            protocol::Event made;
            made.room = cursor.room;
            made.seq = Seq(1);
            made.rev = Rev(1);
            made.id = EventId("made");
            made.sender = kMe;
            made.ts = 1'700'000'000'001;
            made.kind = protocol::Kind::Room;
            if (cursor.since == Seq())
                room.events = {made};
        }
        response.rooms.push_back(room);
    }
    say(response);
}

void DiskWorld::serve()
{
    for (int round = 0; round < 50 && !transport.sent.empty(); ++round) {
        each([this](const auto& frame) {
            using F = std::decay_t<decltype(frame)>;
            protocol::Event event;
            event.room = kRoom;
            event.sender = kMe;
            if constexpr (requires { frame.tempId; })
                event.tempId = frame.tempId;
            if constexpr (requires { frame.target; })
                event.target = frame.target;
            const auto ordAt = [this](std::int64_t seq) {
                const auto found = log.find(seq);
                return found == log.end() ? Ord() : found->second.ord;
            };
            const std::int64_t unread = log.rbegin()->second.ord - ordAt(myRead);
            protocol::RoomHead where{kRoom,
                                     Epoch(epoch),
                                     Seq(serverHead()),
                                     log.rbegin()->second.ord,
                                     Seq(myRead),
                                     unread,
                                     0};
            protocol::RoomInfo about = info(serverHead());
            about.head = where;
            about.name = roomName;
            about.role = protocol::Role::Owner;
            about.members = heIsMember ? 3 : 2;
            if constexpr (std::is_same_v<F, protocol::Hello>) {
                auto welcome = welcomeFrame();
                welcome.drafts = myDraft.rev;
                if (member)
                    welcome.dirty = {where};
                say(welcome);
            } else if constexpr (std::is_same_v<F, protocol::RoomsRequest>) {
                std::vector<protocol::RoomInfo> list = others;
                if (member)
                    list.push_back(about);
                if (!frame.rooms.empty())
                    std::erase_if(list, [&](const protocol::RoomInfo& room) {
                        return std::find(frame.rooms.begin(), frame.rooms.end(), room.head.room) ==
                               frame.rooms.end();
                    });
                say(protocol::RoomsResponse{frame.req, list, false, ""});
            } else if constexpr (std::is_same_v<F, protocol::RoomCreate>) {
                const bool made =
                    std::any_of(others.begin(), others.end(), [&](const protocol::RoomInfo& room) {
                        return room.name == frame.name;
                    });
                if (!made) {
                    protocol::RoomInfo room = about;
                    room.head = {RoomId("room2"), Epoch(1), Seq(1), Ord(0), Seq(0), 0, 0};
                    room.name = frame.name;
                    others.push_back(room);
                }
                say(protocol::RoomCreated{frame.tempId, others.back(), made});
            } else if constexpr (std::is_same_v<F, protocol::SyncRequest>) {
                answerOneSync(frame);
            } else if constexpr (std::is_same_v<F, protocol::MembersRequest>) {
                protocol::MemberInfo me, her;
                me.user = kMe;
                me.name = "Me";
                her.user = kHer;
                her.name = "Her";
                her.read = Seq(othersRead);
                her.delivered = Seq(othersDelivered);
                std::vector<protocol::MemberInfo> all{me, her};
                if (heIsMember) {
                    all.emplace_back();
                    all.back().user = kHim;
                    all.back().name = "Him";
                }
                say(protocol::MembersResponse{frame.req, kRoom, all, false, ""});
            } else if constexpr (std::is_same_v<F, protocol::Revalidate>) {
                protocol::RevalidateResponse page{frame.req,         kRoom, frame.lo, frame.hi,
                                                  Seq(serverHead()), {},    false};
                for (const auto& [seq, entry] : log) {
                    if (Seq(seq) >= frame.lo && Seq(seq) <= frame.hi &&
                        entry.rev.value() > frame.since.value() && protocol::isMessage(entry.kind))
                        page.messages.push_back(entry);
                }
                say(page);
            } else if constexpr (std::is_same_v<F, protocol::HistoryRequest>) {
                protocol::HistoryResponse page{
                    frame.req,         kRoom, Epoch(epoch), Seq(1), Seq(serverHead()),
                    Seq(serverHead()), {},    false,        ""};
                for (const auto& [seq, entry] : log) {
                    if (protocol::isMessage(entry.kind))
                        page.messages.push_back(entry);
                }
                say(page);
            } else if constexpr (std::is_same_v<F, protocol::Ping>) {
                say(protocol::Pong{frame.t, 0, {{kRoom, Seq(serverHead())}}});
            } else if constexpr (std::is_same_v<F, protocol::MarkRead>) {
                myRead = std::max(myRead, frame.seq.value());
                const std::int64_t left = log.rbegin()->second.ord - ordAt(myRead);
                say(protocol::ReadState{kRoom, Seq(myRead), Seq(myRead), left, 0});
            } else if constexpr (std::is_same_v<F, protocol::MarkDelivered>) {
                for (const protocol::RoomSeq& told : frame.rooms) {
                    if (told.room == kRoom) {
                        EXPECT_LE(told.seq.value(), look().covered) << "told as delivered";
                    }
                }
            } else if constexpr (std::is_same_v<F, protocol::MessageSend> ||
                                 std::is_same_v<F, protocol::MessageEdit>) {
                if constexpr (std::is_same_v<F, protocol::MessageSend>)
                    event.kind = frame.kind;
                else
                    event.kind = protocol::Kind::Edit;
                event.body = frame.body;
                if (event.body.starts_with("bad"))
                    say(protocol::MessageFailed{frame.tempId, ErrorCode::Forbidden, true, {}, ""});
                else
                    commit(std::move(event), true);
            } else if constexpr (std::is_same_v<F, protocol::MessageDelete>) {
                event.kind = protocol::Kind::Delete;
                commit(std::move(event), true);
            } else if constexpr (std::is_same_v<F, protocol::PinSet>) {
                event.kind = protocol::Kind::Pin;
                event.pinned = frame.on;
                commit(std::move(event), true);
            } else if constexpr (std::is_same_v<F, protocol::RoomUpdate>) {
                event.kind = protocol::Kind::Room;
                event.name = frame.name;
                roomName = frame.name.value_or(roomName);
                commit(std::move(event), true);
            } else if constexpr (std::is_same_v<F, protocol::MemberSet>) {
                event.kind = protocol::Kind::Member;
                event.member = frame.user;
                event.role = frame.role;
                event.name = "Him";
                heIsMember = frame.role.has_value();
                commit(std::move(event), true);
            } else if constexpr (std::is_same_v<F, protocol::DraftSet>) {
                if (frame.base == myDraft.rev) {
                    myDraft.rev = myDraft.rev.next();
                    myDraft.text = frame.text;
                    if (frame.dropOther)
                        myDraft.other.clear();
                }
                say(protocol::DraftChanged{myDraft, frame.tempId});
            } else if constexpr (std::is_same_v<F, protocol::DraftsRequest>) {
                protocol::DraftsResponse all{frame.req, {}, myDraft.rev, false};
                if (myDraft.rev > frame.after)
                    all.drafts = {myDraft};
                say(all);
            } else if constexpr (std::is_same_v<F, protocol::ReactionSet>) {
                event.kind = protocol::Kind::Reaction;
                if (frame.on)
                    event.reactions = {{frame.key, {kMe}}};
                commit(std::move(event), true);
            }
        });
    }
}

void DiskWorld::settle(int steps)
{
    for (int step = 0; step < steps; ++step) {
        if (transport.opens != m_opens) {
            m_opens = transport.opens;
            hello();
        }
        serve();
        advance(kSettleStepMs);
    }
    serve();
}

void DiskWorld::sheWrites(const std::string& body, bool told)
{
    sheChanges(message(0, body), told);
}

void DiskWorld::sheChanges(protocol::Event event, bool told)
{
    event.tempId = makeTempId({1'700'000'000'000}, random);
    event.sender = kHer;
    commit(event, false);
    event = log.rbegin()->second;
    event.tempId = TempId();
    log.rbegin()->second.tempId = TempId();
    if (told)
        say(protocol::LogEntry{event});
}

void DiskWorld::receipts(std::int64_t read, std::int64_t delivered)
{
    othersRead = std::max(othersRead, read);
    othersDelivered = std::max(othersDelivered, delivered);
    protocol::Position position;
    position.user = kHer;
    position.read = Seq(othersRead);
    position.delivered = Seq(othersDelivered);
    say(protocol::Receipts{kRoom, {position}});
}

void DiskWorld::otherDeviceWrites(const std::string& text, const std::string& other)
{
    myDraft.room = kRoom;
    myDraft.rev = myDraft.rev.next();
    myDraft.text = text;
    myDraft.other = other;
    say(protocol::DraftChanged{myDraft, TempId()});
}

DiskState DiskWorld::look()
{
    DiskState state;
    sqlite3* db = nullptr;
    // Not through the failing disk: it may be failing right now.
    if (sqlite3_open_v2(path.c_str(), &db, SQLITE_OPEN_READWRITE, nullptr) != SQLITE_OK) {
        state.integrity = "cannot be opened";
        return state;
    }
    const auto list = [db](const char* sql) {
        std::vector<std::string> rows;
        sqlite3_stmt* statement = nullptr;
        if (sqlite3_prepare_v2(db, sql, -1, &statement, nullptr) != SQLITE_OK)
            return std::vector<std::string>{sqlite3_errmsg(db)};
        while (sqlite3_step(statement) == SQLITE_ROW) {
            const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
            rows.emplace_back(text ? text : "");
        }
        sqlite3_finalize(statement);
        return rows;
    };
    const auto integrity = list("PRAGMA integrity_check");
    state.integrity = integrity.empty() ? "nothing" : integrity.front();
    state.outbox = list("SELECT temp_id FROM outbox ORDER BY id");
    state.messages =
        list("SELECT (CASE WHEN id & (1 << 39) THEN 0 ELSE id & ((1 << 39) - 1) END) || ' ' || "
             "body FROM messages ORDER BY id");
    state.drafts = list("SELECT text FROM drafts ORDER BY room");
    const auto covered = list("SELECT max(hi) FROM spans");
    state.covered = covered.empty() ? 0 : std::atoll(covered.front().c_str());
    // Every unsent row has its entry and every queued message its row; every row of the log is
    // covered; spans do not touch.
    for (const char* rule :
         {"SELECT 'unsent row without entry: ' || body FROM messages WHERE id & (1 << 39) AND "
          "NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.tid = messages.tid AND op = 0)",
          "SELECT 'queued message without row: ' || temp_id FROM outbox WHERE op = 0 AND NOT "
          "EXISTS (SELECT 1 FROM messages WHERE messages.tid = outbox.tid)",
          "SELECT 'sent message still queued: ' || temp_id FROM outbox WHERE op = 0 AND acked = 0 "
          "AND EXISTS (SELECT 1 FROM messages WHERE messages.tid = outbox.tid AND NOT "
          "(messages.id & (1 << 39)))",
          "SELECT 'row that no span covers: ' || body FROM messages WHERE NOT (id & (1 << 39)) AND "
          "NOT EXISTS (SELECT 1 FROM spans WHERE room = messages.id >> 40 AND lo <= (messages.id & "
          "((1 << 39) - 1)) AND hi >= (messages.id & ((1 << 39) - 1)))",
          "SELECT 'spans touch at ' || a.hi FROM spans a JOIN spans b ON a.room = b.room AND a.lo "
          "< b.lo AND a.hi >= b.lo",
          "SELECT 'cursor beyond the coverage: ' || synced FROM rooms WHERE synced > 0 AND NOT "
          "EXISTS (SELECT 1 FROM spans WHERE room = rooms.id AND lo <= synced AND hi >= synced)"}) {
        if (const auto found = list(rule); !found.empty() && state.invariant.empty())
            state.invariant = found.front();
    }
    sqlite3_close(db);
    return state;
}

std::string DiskWorld::line(const offline::MessageRow& row)
{
    std::ostringstream out;
    if (row.isHole()) {
        out << "hole " << row.seq.value() << '-' << row.holeHi.value();
        return out.str();
    }
    out << row.seq.value() << ' ' << row.body << " status=" << static_cast<int>(row.status);
    if (row.edited)
        out << " edited";
    if (row.deleted)
        out << " deleted";
    if (row.pinned)
        out << " pinned";
    for (const auto& reaction : row.reactions)
        out << ' ' << reaction.key << 'x' << reaction.users.size();
    return out.str();
}

std::vector<std::string> DiskWorld::shown()
{
    std::vector<std::string> lines;
    auto reader = offline::Reader::open(path);
    EXPECT_TRUE(reader) << toString(reader.error());
    if (!reader)
        return lines;
    const auto page = (*reader)->newest(kRoom, 200);
    EXPECT_TRUE(page);
    if (page) {
        for (auto row = page->rows.rbegin(); row != page->rows.rend(); ++row)
            lines.push_back(line(*row));
    }
    const auto rooms = (*reader)->rooms(0, 10);
    EXPECT_TRUE(rooms);
    if (rooms) {
        for (const auto& room : *rooms) {
            std::ostringstream out;
            out << room.name << " head=" << room.head.value() << " read=" << room.read.value()
                << " unread=" << room.unread << " others=" << room.othersRead.value() << '/'
                << room.othersDelivered.value() << " draft=" << room.draft << '+' << room.draftOther
                << " queued=" << room.queued << " failed=" << room.failed
                << " last=" << (room.last ? room.last->text : "");
            lines.push_back(out.str());
        }
    }
    return lines;
}

std::vector<std::string> DiskWorld::told() const
{
    std::vector<std::string> lines;
    for (const auto& row : screen.timeline())
        lines.push_back(line(row));
    return lines;
}

offline::RowId DiskWorld::rowOf(const std::string& body)
{
    auto reader = offline::Reader::open(path);
    EXPECT_TRUE(reader);
    const auto page = (*reader)->newest(kRoom, 200);
    EXPECT_TRUE(page);
    for (const auto& row : page->rows) {
        if (row.body == body)
            return row.rowId;
    }
    ADD_FAILURE() << "no row " << body;
    return 0;
}

} // namespace skein::engine::test
