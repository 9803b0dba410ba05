#include "tests/sim/checker.h"

#include "protocol/codec.h"
#include "tests/sim/query.h"

#include <algorithm>

namespace skein::sim
{

using offline::MessageRow;

namespace
{

std::string packed(const std::string& uuid)
{
    std::string bytes;
    int high = -1;
    for (const char c : uuid) {
        if (c == '-')
            continue;
        const int digit = c <= '9' ? c - '0' : c - 'a' + 10;
        if (high < 0) {
            high = digit;
        } else {
            bytes.push_back(static_cast<char>(high * 16 + digit));
            high = -1;
        }
    }
    return bytes;
}

// Columns of the server's `message`: these numbers are its file format.
constexpr int kImage = 1, kFile = 2, kSystem = 3, kJobUpdate = 4, kMember = 9;

} // namespace

void Checker::wrote(int client, const TempId& temp, const RoomId& room, const std::string& body,
                    const std::vector<UserId>& mentions)
{
    Written& written = m_written[temp.str()];
    written = {client, room, body, false, false, {}};
    m_mentioning[packed(temp.str())] = &written;
    for (const UserId& user : mentions)
        written.mentions.insert(user.str());
    m_order[{client, room}].push_back(temp.str());
}
void Checker::rewrote(const TempId& temp, const std::string& body)
{
    const auto found = m_written.find(temp.str());
    if (found == m_written.end())
        return; // of the old room's history
    found->second.body = body;
    found->second.rewritten = true;
}
void Checker::discarded(const TempId& temp)
{
    if (const auto found = m_written.find(temp.str()); found != m_written.end())
        found->second.discarded = true;
}

void Checker::wiped(const ClientNode& client)
{
    for (auto& [temp, message] : m_written)
        message.discarded = message.discarded || message.client == client.index();
}

// The server takes no more of a user than it advertises. A confirmation costs what the send has
// cost, a commit later.
void Checker::checkRate(const ClientNode& to, const server::FramePtr& frame)
{
    constexpr double kCommitMs = 5'000; // stalled ones, one behind the other
    if (typeOf(frame->text()) != "message_confirmed")
        return;
    const protocol::Bucket rule = m_server.limits.messages;
    const double perMs = static_cast<double>(rule.perMinute) / 60'000.0;
    const double most = static_cast<double>(rule.burst) + kCommitMs * perMs;
    Allowance& allowed =
        m_allowed.try_emplace(to.user(), Allowance{most, m_loop.now()}).first->second;
    allowed.left = std::min(
        most, allowed.left + static_cast<double>((m_loop.now() - allowed.at).count()) * perMs);
    allowed.at = m_loop.now();
    allowed.left -= 1;
    if (allowed.left < 0)
        fail("rate: the server takes more of " + to.user().str() + " than it advertises");
}

void Checker::leaving(const ClientNode& to, const server::FramePtr& frame)
{
    checkRate(to, frame);
    if (to.revoked) {
        const std::string_view type = typeOf(frame->text());
        if (type != "error" && type != "goodbye")
            fail("f: " + to.label() + " is revoked and was sent " +
                 std::string(frame->text().substr(0, 200)));
    }
    // A fan-out shares its frame: look into it once.
    if (frame != m_lastFrame) {
        m_lastFrame = frame;
        m_lastRooms.clear();
        m_lastLeaver.clear();
        auto decoded = protocol::decodeServerFrame(frame->text());
        if (!decoded) {
            fail("the server sent what the codec refuses: " + toString(decoded.error()) + " " +
                 std::string(frame->text().substr(0, 200)));
            return;
        }
        std::visit(
            [this](const auto& f) {
                using F = std::decay_t<decltype(f)>;
                if constexpr (std::is_same_v<F, protocol::LogEntry>) {
                    m_lastRooms.push_back(f.event.room);
                    if (f.event.kind == protocol::Kind::Member && !f.event.role)
                        m_lastLeaver.emplace_back(f.event.room, *f.event.member);
                } else if constexpr (std::is_same_v<F, protocol::RoomDirty>) {
                    m_lastRooms.push_back(f.head.room);
                } else if constexpr (std::is_same_v<F, protocol::Welcome>) {
                    for (const auto& head : f.dirty)
                        m_lastRooms.push_back(head.room);
                } else if constexpr (std::is_same_v<F, protocol::SyncResponse>) {
                    for (const auto& room : f.rooms) {
                        if (!room.error)
                            m_lastRooms.push_back(room.room);
                    }
                } else if constexpr (std::is_same_v<F, protocol::RoomsResponse>) {
                    for (const auto& room : f.rooms)
                        m_lastRooms.push_back(room.head.room);
                } else if constexpr (std::is_same_v<F, protocol::RoomAdded> ||
                                     std::is_same_v<F, protocol::RoomCreated>) {
                    m_lastRooms.push_back(f.room.head.room);
                } else if constexpr (std::is_same_v<F, protocol::Pong>) {
                    for (const auto& head : f.heads)
                        m_lastRooms.push_back(head.room);
                } else if constexpr (std::is_same_v<F, protocol::MessageConfirmed>) {
                    const auto [known, fresh] =
                        m_confirmed.try_emplace(f.tempId.str(), Confirmed{f.room, f.seq.value()});
                    if (!fresh &&
                        (known->second.seq != f.seq.value() || known->second.room != f.room))
                        fail("a: " + f.tempId.str() + " was confirmed twice, as different entries");
                } else if constexpr (std::is_same_v<F, protocol::RoomRemoved>) {
                } else if constexpr (requires { f.room; }) {
                    m_lastRooms.push_back(f.room);
                }
            },
            *decoded);
    }
    for (const RoomId& room : m_lastRooms) {
        const auto members = m_server.membership().find(room);
        if (members != m_server.membership().end() && members->second.contains(to.user()))
            continue;
        bool own = false;
        for (const auto& [left, user] : m_lastLeaver)
            own = own || (left == room && user == to.user());
        if (!own) {
            fail("f: " + to.label() + " is no member of " + room.str() + " and was sent " +
                 std::string(frame->text().substr(0, 200)));
        }
    }
}

void Checker::restoring(const std::vector<std::unique_ptr<ClientNode>>& clients)
{
    for (const auto& client : clients) {
        if (client->wiped())
            continue;
        client->draftsUnsure(); // an older one may come with the backup
        query(client->look(), "SELECT temp_id FROM outbox",
              [&](sqlite3_stmt* row) { m_inDoubt.insert(text(row, 0)); });
    }
    for (const auto& [room, one] : serverTruth()) {
        for (const auto& [seq, message] : one.messages)
            m_onceLogged.insert(message.temp);
    }
}

void Checker::restored()
{
    const auto truth = serverTruth();
    std::erase_if(m_confirmed, [&truth](const auto& entry) {
        const auto room = truth.find(entry.second.room);
        return room == truth.end() || room->second.head < entry.second.seq;
    });
    // A room that the backup lacks takes what was said in it along.
    for (auto& [temp, message] : m_written)
        message.discarded = message.discarded || !truth.contains(message.room);
}

void Checker::filtered(const ClientNode& client, const RoomId& room,
                       const engine::FilteredPage& page)
{
    std::int64_t before = 0;
    for (const auto& message : page.messages) {
        const std::string what =
            client.label() + ", " + room.str() + ", " + std::to_string(message.seq.value());
        if (message.seq.value() <= before)
            fail("b: a filtered page is not in order: " + what);
        before = message.seq.value();
        const bool media =
            message.kind == protocol::Kind::Image || message.kind == protocol::Kind::File;
        if (!media || message.deleted)
            fail("c: a filtered page has what does not pass: " + what);
    }
    if (!m_quiet || page.hasMore || page.before != Seq(1))
        return;
    std::vector<std::int64_t> expected, told;
    for (const auto& [seq, message] : (*m_quiet)[room].messages) {
        if (message.media && !message.deleted)
            expected.push_back(seq);
    }
    for (const auto& message : page.messages)
        told.push_back(message.seq.value());
    const auto from = client.filteredFrom.find(room);
    const bool late =
        from != client.filteredFrom.end() &&
        std::any_of(from->second.begin(), from->second.end(), [&](std::int64_t first) {
            return std::equal(told.begin(), told.end(), expected.begin(),
                              std::lower_bound(expected.begin(), expected.end(), first));
        });
    if (expected != told && !late)
        fail("c: " + client.label() + ", " + room.str() + ": a filtered page has " +
             std::to_string(told.size()) + " messages, the log " + std::to_string(expected.size()));
}

void Checker::survived(ClientNode& client)
{
    std::set<std::string> kept;
    query(client.look(), "SELECT temp_id FROM outbox",
          [&](sqlite3_stmt* row) { kept.insert(text(row, 0)); });
    // Not every commit is confirmed: the log itself may have told the device of it.
    std::set<std::string> logged = m_onceLogged;
    for (const auto& [room, one] : serverTruth()) {
        for (const auto& [seq, message] : one.messages)
            logged.insert(message.temp);
    }
    for (const auto& [temp, message] : m_written) {
        if (message.client == client.index() && !message.discarded && !m_confirmed.contains(temp) &&
            !kept.contains(temp) && !logged.contains(packed(temp)))
            fail("h: " + client.label() + " lost " + temp + " '" + message.body +
                 "' over a restart: neither confirmed nor in the outbox");
    }
    for (const auto& [room, draft] : client.drafts()) {
        const auto stored = client.reader().draft(room);
        if (!stored || *stored != draft)
            fail("h: " + client.label() + " lost a draft over a restart: '" + draft + "'");
    }
    for (const auto& [room, older] : client.olderDrafts()) {
        const auto stored = client.reader().draft(room);
        if (stored && older.contains(*stored))
            fail("h: " + client.label() + " has an older draft again after a restart: '" + *stored +
                 "'");
    }
}

std::map<RoomId, RoomTruth> Checker::serverTruth()
{
    sqlite3* db = nullptr;
    sqlite3_open_v2(m_server.uri().c_str(), &db,
                    SQLITE_OPEN_READWRITE | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, nullptr);
    std::map<std::int64_t, RoomId> ids;
    std::map<RoomId, RoomTruth> rooms;
    query(db, "SELECT key, id, seq, name, topic, archived FROM room", [&](sqlite3_stmt* row) {
        ids[sqlite3_column_int64(row, 0)] = RoomId(text(row, 1));
        RoomTruth& truth = rooms[RoomId(text(row, 1))];
        truth.head = sqlite3_column_int64(row, 2);
        truth.name = text(row, 3);
        truth.topic = text(row, 4);
        truth.archived = sqlite3_column_int64(row, 5) != 0;
    });
    query(db,
          "SELECT m.room, u.id, m.read, max(m.read, m.delivered) FROM member m "
          "JOIN user u ON u.key = m.user",
          [&](sqlite3_stmt* row) {
              RoomTruth& truth = rooms[ids[sqlite3_column_int64(row, 0)]];
              truth.read[text(row, 1)] = sqlite3_column_int64(row, 2);
              truth.delivered[text(row, 1)] = sqlite3_column_int64(row, 3);
          });
    std::map<RoomId, std::int64_t> next;
    query(db,
          "SELECT m.room, m.seq, u.id, m.kind, m.target, m.temp, m.body, m.flags FROM message m "
          "JOIN user u ON u.key = m.sender ORDER BY m.room, m.seq",
          [&](sqlite3_stmt* row) {
              const RoomId& room = ids[sqlite3_column_int64(row, 0)];
              RoomTruth& truth = rooms[room];
              const std::int64_t seq = sqlite3_column_int64(row, 1);
              if (seq != ++next[room])
                  fail("a: the log of " + room.str() + " has a hole before " + std::to_string(seq));
              const int kind = sqlite3_column_int(row, 3);
              truth.membersChanged = truth.membersChanged || kind == kMember;
              if (kind <= kJobUpdate) {
                  truth.messages[seq] = {seq,
                                         text(row, 5),
                                         text(row, 2),
                                         text(row, 6),
                                         kind != kSystem,
                                         kind == kImage || kind == kFile,
                                         (sqlite3_column_int(row, 7) & 1) != 0,
                                         (sqlite3_column_int(row, 7) & 2) != 0,
                                         (sqlite3_column_int(row, 7) & 4) != 0};
              }
          });
    for (const auto& [room, truth] : rooms) {
        if (next[room] != truth.head)
            fail("a: the log of " + room.str() + " ends at " + std::to_string(next[room]) +
                 ", its head says " + std::to_string(truth.head));
    }
    sqlite3_close(db);
    return rooms;
}

std::map<std::pair<std::string, RoomId>, std::pair<std::string, std::string>>
Checker::serverDrafts()
{
    sqlite3* db = nullptr;
    sqlite3_open_v2(m_server.uri().c_str(), &db,
                    SQLITE_OPEN_READWRITE | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, nullptr);
    std::map<std::pair<std::string, RoomId>, std::pair<std::string, std::string>> drafts;
    query(db,
          "SELECT u.id, r.id, d.text, d.other FROM draft d JOIN user u ON u.key = d.user "
          "JOIN room r ON r.key = d.room",
          [&](sqlite3_stmt* row) {
              drafts[{text(row, 0), RoomId(text(row, 1))}] = {text(row, 2), text(row, 3)};
          });
    sqlite3_close(db);
    return drafts;
}

bool Checker::converged(const std::vector<std::unique_ptr<ClientNode>>& clients, std::string* why)
{
    const auto truth = serverTruth();
    const auto drafts = serverDrafts();
    for (const auto& client : clients) {
        std::string& reason = *why;
        reason = "g: " + client->label() + ": ";
        if (client->wiped())
            continue;
        if (client->revoked) {
            reason += "was revoked and holds the account's data still";
            return false;
        }
        if (!client->running() || client->engine().link().link != engine::Link::Live) {
            reason += "not live";
            return false;
        }
        // What stands behind a message that failed for good waits for its writer, by design.
        std::string waiting;
        query(client->look(),
              "SELECT temp_id || ' op ' || op || ' acked ' || acked FROM outbox o "
              "WHERE failed IS NULL AND NOT EXISTS (SELECT 1 FROM outbox f "
              "WHERE f.room = o.room AND f.failed IS NOT NULL AND f.id < o.id)",
              [&](sqlite3_stmt* row) { waiting = text(row, 0); });
        if (!waiting.empty()) {
            reason = "d: " + client->label() + ": waits in the outbox: " + waiting;
            return false;
        }
        std::string behind;
        query(client->look(),
              "SELECT server_id FROM rooms WHERE member = 1 AND synced < head AND "
              "(synced > 0 OR (SELECT count(*) FROM rooms) < 200)",
              [&](sqlite3_stmt* row) { behind = text(row, 0); });
        if (!behind.empty()) {
            reason += behind + " is not caught up";
            return false;
        }
        std::set<RoomId> untouched; // of a large account: their log comes when they are opened
        query(client->look(), "SELECT server_id FROM rooms WHERE synced = 0",
              [&](sqlite3_stmt* row) { untouched.insert(RoomId(text(row, 0))); });
        std::map<RoomId, offline::RoomRow> rows;
        if (auto listed = client->reader().rooms(0, 10'000)) {
            for (auto& row : *listed)
                rows[row.room] = row;
        }
        for (const auto& [room, one] : truth) {
            const bool member = one.read.contains(client->user().str());
            if (member != rows.contains(room)) {
                reason += room.str() + (member ? " is not listed" : " is still listed");
                return false;
            }
            if (member && rows[room].head.value() != one.head) {
                reason += room.str() + " has head " + std::to_string(rows[room].head.value()) +
                          ", the server " + std::to_string(one.head);
                return false;
            }
            if (member && (rows[room].name != one.name || rows[room].topic != one.topic)) {
                reason += room.str() + " is called '" + rows[room].name + "', on the server '" +
                          one.name + "'";
                return false;
            }
            if (member && rows[room].archived != one.archived) {
                reason += room.str() + (one.archived ? " is archived on the server only"
                                                     : " is archived here only");
                return false;
            }
            const auto draft = drafts.find({client->user().str(), room});
            const auto& written =
                draft == drafts.end() ? std::pair<std::string, std::string>() : draft->second;
            if (member &&
                (rows[room].draft != written.first || rows[room].draftOther != written.second)) {
                reason += room.str() + " has the draft '" + rows[room].draft + "' + '" +
                          rows[room].draftOther + "', the server '" + written.first + "' + '" +
                          written.second + "'";
                return false;
            }
            if (member && rows[room].read.value() != one.read.at(client->user().str())) {
                reason += room.str() + " is read up to " + std::to_string(rows[room].read.value()) +
                          ", on the server up to " +
                          std::to_string(one.read.at(client->user().str()));
                return false;
            }
            // Whoever has it all has told the writers so. Of an own message nothing is told, nor of
            // what a gap too large has swallowed: so only where there are none.
            std::int64_t last = 0;
            for (const auto& [seq, message] : one.messages)
                last = message.sender != client->user().str() ? seq : last;
            if (member && m_server.gapMax == kGapMax && !untouched.contains(room) &&
                one.delivered.at(client->user().str()) < last) {
                reason += room.str() + " has message " + std::to_string(last) +
                          ", the server says delivered up to " +
                          std::to_string(one.delivered.at(client->user().str()));
                return false;
            }
        }
        if (const std::string wrong = positionsWrong(*client, truth); !wrong.empty()) {
            reason += wrong;
            return false;
        }
    }
    return true;
}

void Checker::final(const std::vector<std::unique_ptr<ClientNode>>& clients)
{
    const auto truth = serverTruth();
    m_reactions.clear();
    checkLog(truth);
    for (const auto& client : clients) {
        if (client->wiped())
            continue;
        checkDevice(*client, truth);
        if (const std::string wrong = positionsWrong(*client, truth); !wrong.empty())
            fail("g: " + client->label() + ": " + wrong);
    }
    checkWritten(clients, truth);
}

void Checker::checkLog(const std::map<RoomId, RoomTruth>& truth)
{
    std::map<std::string, std::pair<RoomId, std::int64_t>> byTemp;
    for (const auto& [room, one] : truth) {
        for (const auto& [seq, message] : one.messages) {
            if (message.temp.size() == 16 &&
                !byTemp.emplace(message.temp, std::pair(room, seq)).second)
                fail("a: a message stands twice in the server's log: " + message.body);
        }
    }
    for (const auto& [who, temps] : m_order) {
        std::int64_t last = 0;
        for (const std::string& temp : temps) {
            const auto found = byTemp.find(packed(temp));
            if (found == byTemp.end() || m_inDoubt.contains(temp))
                continue;
            if (found->second.second < last)
                fail("b: " + temp + " of c" + std::to_string(who.first) +
                     " stands before one that was written earlier");
            last = found->second.second;
        }
    }
    for (const auto& [temp, confirmed] : m_confirmed) {
        const auto room = truth.find(confirmed.room);
        if (room == truth.end() || room->second.head < confirmed.seq) {
            fail("a: " + temp + " was confirmed as " + std::to_string(confirmed.seq) +
                 " and is not in the server's log");
            continue;
        }
        if (!m_written.contains(temp))
            continue;
        const auto found = byTemp.find(packed(temp));
        if (found == byTemp.end() || found->second != std::pair(confirmed.room, confirmed.seq))
            fail("a: " + temp + " was confirmed as " + std::to_string(confirmed.seq) +
                 " and another message is there");
    }
}

void Checker::checkDevice(ClientNode& client, const std::map<RoomId, RoomTruth>& truth)
{
    auto listed = client.reader().rooms(0, 10'000);
    if (!listed)
        return fail(client.label() + ": room list: " + toString(listed.error()));
    for (const auto& row : *listed) {
        const auto found = truth.find(row.room);
        if (found == truth.end() || !found->second.read.contains(client.user().str()))
            continue; // told by converged()
        std::int64_t unread = 0;
        for (const auto& [seq, message] : found->second.messages)
            unread += message.counts && seq > row.read.value() ? 1 : 0;
        if (row.unread != unread) {
            fail("e: " + client.label() + " shows " + std::to_string(row.unread) + " unread in " +
                 row.room.str() + ", a recount gives " + std::to_string(unread) + " (read " +
                 std::to_string(row.read.value()) + ", head " + std::to_string(row.head.value()) +
                 ")");
        }
        checkTimeline(client, row.room, found->second);
    }
    checkSpans(client, truth);
}

void Checker::checkTimeline(ClientNode& client, const RoomId& room, const RoomTruth& truth)
{
    const std::string where = client.label() + ", " + room.str() + ": ";
    std::vector<MessageRow> rows;
    auto page = client.reader().newest(room, 100);
    bool atOldest = false;
    while (page && !page->rows.empty()) {
        for (const auto& row : page->rows) {
            if (!rows.empty() && row.position >= rows.back().position)
                return fail("b: " + where + "pages are not in order");
            rows.push_back(row);
        }
        atOldest = page->atOldest;
        page = client.reader().before(room, rows.back().position, 100);
    }
    // What waits behind a failed message is shown and not told yet, by design.
    bool waits = false;
    query(client.look(),
          "SELECT 1 FROM outbox o JOIN rooms r ON r.id = o.room WHERE r.server_id = '" +
              room.str() + "'",
          [&](sqlite3_stmt*) { waits = true; });
    // Rows of a page that the device itself knows to be old say what was true then, until somebody
    // looks at them.
    std::vector<std::pair<std::int64_t, std::int64_t>> old;
    if (!m_allSeen) {
        query(client.look(),
              "SELECT s.lo, s.hi FROM spans s JOIN rooms r ON r.id = s.room WHERE s.as_of < " +
                  std::to_string(truth.head) + " AND r.server_id = '" + room.str() + "'",
              [&](sqlite3_stmt* span) {
                  old.emplace_back(sqlite3_column_int64(span, 0), sqlite3_column_int64(span, 1));
              });
    }
    const auto isOld = [&old](std::int64_t seq) {
        return std::any_of(old.begin(), old.end(), [seq](const auto& span) {
            return span.first <= seq && seq <= span.second;
        });
    };
    std::set<std::string> temps;
    std::int64_t upper = truth.head + 1; // everything from here on is accounted for
    for (const auto& row : rows) {
        if (!row.tempId.empty() && !temps.insert(row.tempId.str()).second)
            fail("a: " + where + row.tempId.str() + " stands twice in the timeline");
        if (row.seq.value() == 0)
            continue;
        const std::int64_t top = row.isHole() ? row.holeHi.value() : row.seq.value();
        for (auto it = truth.messages.upper_bound(top);
             it != truth.messages.end() && it->first < upper; ++it)
            fail("c: " + where + "message " + std::to_string(it->first) +
                 " is missing and no hole says so");
        upper = row.seq.value();
        if (row.isHole())
            continue;
        const auto found = truth.messages.find(row.seq.value());
        if (found == truth.messages.end()) {
            fail("b: " + where + "row " + std::to_string(top) + " is no message on the server");
            continue;
        }
        const Truth& message = found->second;
        if (isOld(top))
            continue;
        std::string reactions;
        for (const auto& reaction : row.reactions) {
            reactions += reaction.key;
            for (const auto& user : reaction.users)
                reactions += " " + user.str();
        }
        const auto known =
            waits ? m_reactions.end() : m_reactions.try_emplace({room, top}, reactions).first;
        if (!waits && known->second != reactions)
            fail("g: " + where + "message " + std::to_string(top) + " has the reactions '" +
                 reactions + "', elsewhere '" + known->second + "'");
        if (row.sender.str() != message.sender ||
            (!waits && (row.body != message.body || row.deleted != message.deleted ||
                        (row.edited != message.edited && !row.deleted))))
            fail("g: " + where + "message " + std::to_string(top) + " differs: '" + row.body +
                 "', on the server '" + message.body + "'" + (message.deleted ? " deleted" : ""));
    }
    for (const auto& row : rows) {
        const auto found = truth.messages.find(row.seq.value());
        if (!waits && row.type == MessageRow::Type::Message && found != truth.messages.end() &&
            !isOld(row.seq.value()) && row.pinned != found->second.pinned)
            fail("g: " + where + "message " + std::to_string(row.seq.value()) +
                 (row.pinned ? " is pinned here only" : " is pinned on the server only"));
    }
    if (atOldest && !truth.messages.empty() && truth.messages.begin()->first < upper)
        fail("c: " + where + "says that nothing is older than " + std::to_string(upper));
}

void Checker::checkSpans(ClientNode& client, const std::map<RoomId, RoomTruth>& truth)
{
    query(client.look(),
          "SELECT r.server_id, r.id, s.lo, s.hi FROM spans s JOIN rooms r ON r.id = s.room "
          "WHERE r.member = 1",
          [&](sqlite3_stmt* span) {
              const RoomId room(text(span, 0));
              const std::int64_t key = sqlite3_column_int64(span, 1) << 40;
              const std::int64_t lo = sqlite3_column_int64(span, 2);
              const std::int64_t hi = sqlite3_column_int64(span, 3);
              const auto one = truth.find(room);
              if (one == truth.end())
                  return;
              if (hi > one->second.head)
                  fail("c: " + client.label() + " claims " + room.str() + " up to " +
                       std::to_string(hi) + ", which is not written yet");
              std::set<std::int64_t> held;
              query(client.look(),
                    "SELECT id FROM messages WHERE id BETWEEN " + std::to_string(key + lo) +
                        " AND " + std::to_string(key + hi),
                    [&](sqlite3_stmt* row) { held.insert(sqlite3_column_int64(row, 0) - key); });
              const auto& messages = one->second.messages;
              for (auto it = messages.lower_bound(lo); it != messages.end() && it->first <= hi;
                   ++it) {
                  if (!held.contains(it->first))
                      fail("c: " + client.label() + " claims " + room.str() + " from " +
                           std::to_string(lo) + " to " + std::to_string(hi) + " and lacks " +
                           std::to_string(it->first));
              }
          });
}

void Checker::checkWritten(const std::vector<std::unique_ptr<ClientNode>>& clients,
                           const std::map<RoomId, RoomTruth>& truth)
{
    std::map<std::string, std::pair<RoomId, const Truth*>> logged;
    for (const auto& [room, one] : truth) {
        for (const auto& [seq, message] : one.messages)
            logged[message.temp] = {room, &message};
    }
    std::map<int, std::map<std::string, bool>> kept; // → states an error
    for (const auto& client : clients) {
        if (client->wiped())
            continue;
        query(client->look(), "SELECT temp_id, failed FROM outbox", [&](sqlite3_stmt* row) {
            kept[client->index()][text(row, 0)] = sqlite3_column_type(row, 1) != SQLITE_NULL;
        });
    }
    for (const auto& [temp, message] : m_written) {
        const auto found = logged.find(packed(temp));
        const auto entry = kept[message.client].find(temp);
        const bool waits = entry != kept[message.client].end();
        if (found == logged.end() && !waits && !message.discarded)
            fail("h: " + temp + " '" + message.body + "' of c" + std::to_string(message.client) +
                 " is neither in the server's log nor in the outbox");
        if (found != logged.end() && waits)
            fail("d: " + temp + " is in the server's log and still in the outbox");
        if (found == logged.end())
            continue;
        if (found->second.first != message.room)
            fail("a: " + temp + " went to another room");
        const Truth& one = *found->second.second;
        if (!message.rewritten && !one.edited && !one.deleted && one.body != message.body)
            fail("a: " + temp + " says '" + one.body + "', written was '" + message.body + "'");
    }
}

} // namespace skein::sim
