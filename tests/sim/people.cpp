// What the users of a run do: write, change, read, scroll, open and close rooms.
#include "tests/sim/simulation.h"

#include <set>

namespace skein::sim
{

using offline::MessageRow;

void Simulation::scheduleWork()
{
    m_loop.after(between(0, m_pace * 2), [this] {
        if (m_healing)
            return;
        ClientNode& client = anyClient();
        if (client.running()) {
            act(client);
            client.touched();
        }
        scheduleWork();
    });
}

// From now on the text may stand on any device of this user.
void Simulation::draftTried(const ClientNode& client, const RoomId& room, const std::string& text)
{
    for (const auto& one : m_clients) {
        if (one->user() == client.user())
            one->draftTold(room, text);
    }
}

void Simulation::write(ClientNode& client, const RoomId& room)
{
    const auto burst = m_random.chance(0.1) ? between(2, 20) : 1;
    for (std::int64_t i = 0; i < burst && m_written < m_options.messages; ++i) {
        engine::Draft draft;
        draft.body = "m" + std::to_string(m_written) + " from " + client.label();
        draft.endsDraft = m_random.chance(0.3);
        if (draft.endsDraft)
            draftTried(client, room, "");
        if (m_random.chance(0.04))
            draft.kind = protocol::Kind::Image;
        while (m_random.chance(0.15) && draft.mentions.size() < 3)
            draft.mentions.push_back(m_users[m_random.below(m_users.size())]);
        auto sent = client.engine().send(room, draft);
        if (!sent) {
            m_trace.note(m_loop.now(), client.label(), "not written", toString(sent.error()));
            return;
        }
        ++m_written;
        m_trace.note(m_loop.now(), client.label(), "write", sent->str() + " " + draft.body);
        m_checker.wrote(client.index(), *sent, room, draft.body, draft.mentions);
        if (client.dying())
            return;
    }
}

// Half of what is said last is lost to each who should hear it, and nothing comes after it that
// would show that.
void Simulation::lastWords()
{
    m_network.weather.drops = 0;
    m_network.weather.dropsDown = 0.5;
    std::set<RoomId> said;
    for (const auto& client : m_clients) {
        if (!client->running())
            continue;
        for (const offline::RoomRow& row : rooms(*client)) {
            if (said.contains(row.room))
                continue;
            engine::Draft draft;
            draft.body = "last words of " + client->label();
            if (const auto sent = client->engine().send(row.room, draft)) {
                said.insert(row.room); // not one of the messages that the run was to write
                m_trace.note(m_loop.now(), client->label(), "write",
                             sent->str() + " " + draft.body);
                m_checker.wrote(client->index(), *sent, row.room, draft.body);
            }
            if (client->dying())
                break;
        }
        client->touched();
    }
    m_loop.run(m_loop.now() + Milliseconds(2'000 + m_network.weather.delayMax));
}

void Simulation::change(ClientNode& client, const RoomId& room)
{
    auto page = client.reader().newest(room, 30);
    if (!page || page->rows.empty())
        return;
    const MessageRow& row = page->rows[m_random.below(page->rows.size())];
    if (row.isHole()) {
        client.engine().wantHistory(room, row.holeHi.next());
        return;
    }
    const auto what = m_random.below(12);
    Result<TempId> done = TempId();
    if (what >= 10) {
        done = client.engine().pin(room, row.rowId, m_random.chance(0.7));
    } else if (what < 5) {
        done = client.engine().react(room, row.rowId, m_random.chance(0.5) ? "+1" : "heart",
                                     m_random.chance(0.7));
    } else if (row.own && what < 8 && !row.deleted) {
        const std::string body = row.body + "!";
        // Also when it fails: then the disk knows whether it did.
        if (!row.tempId.empty())
            m_checker.rewrote(row.tempId, body);
        done = client.engine().edit(room, row.rowId, body);
    } else if (row.own && !row.deleted) {
        done = client.engine().remove(room, row.rowId);
        if (done)
            m_checker.discarded(row.tempId);
        else
            settled(client, row.tempId, done.error());
    }
    m_trace.note(m_loop.now(), client.label(), "change",
                 std::to_string(what) + " " + row.body + (done ? "" : toString(done.error())));
}

void Simulation::manage(ClientNode& client, const offline::RoomRow& row)
{
    const RoomId& room = row.room;
    // An archived room comes back soon, or nothing would be written in this run any more; members
    // who do not know yet go on writing in between.
    if (m_random.chance(row.archived ? 0.6 : 0.15)) {
        auto done = client.engine().updateRoom(room, {{}, {}, !row.archived});
        m_trace.note(m_loop.now(), client.label(), row.archived ? "unarchive" : "archive",
                     room.str() + (done ? "" : " " + toString(done.error())));
        return;
    }
    if (m_random.chance(0.3)) {
        const std::string name = "name " + std::to_string(between(1, 999));
        auto done = m_random.chance(0.7) ? client.engine().updateRoom(room, {name, {}, {}})
                                         : client.engine().updateRoom(room, {{}, name, {}});
        m_trace.note(m_loop.now(), client.label(), "rename",
                     room.str() + " " + name + (done ? "" : " " + toString(done.error())));
        return;
    }
    const UserId& user = m_users[m_random.below(m_users.size())];
    std::optional<protocol::Role> role;
    if (m_random.chance(0.6))
        role = protocol::Role::Member;
    auto done = client.engine().setMember(room, user, role);
    m_trace.note(m_loop.now(), client.label(), role ? "add" : "remove",
                 user.str() + " " + room.str() + (done ? "" : " " + toString(done.error())));
}

// An error of the disk leaves open whether what was asked for is done: only the next start tells.
void Simulation::settled(ClientNode& client, const TempId& temp, const Error& error)
{
    if (client.dying() || error.code == ErrorCode::StorageFailed ||
        error.code == ErrorCode::StorageFull)
        m_checker.discarded(temp);
}

void Simulation::settleFailed(ClientNode& client, const RoomId& room)
{
    auto page = client.reader().newest(room, 30);
    if (!page)
        return;
    for (const MessageRow& row : page->rows) {
        if (row.status != offline::Status::Failed)
            continue;
        const bool again = m_random.chance(0.3);
        auto done = again ? client.engine().retry(row.tempId) : client.engine().discard(row.tempId);
        if (!again && done)
            m_checker.discarded(row.tempId);
        else if (!again)
            settled(client, row.tempId, done.error());
        m_trace.note(m_loop.now(), client.label(), again ? "retry" : "discard", row.tempId.str());
        return;
    }
}

void Simulation::act(ClientNode& client)
{
    const auto listed = rooms(client);
    if (listed.empty())
        return;
    const offline::RoomRow& row = listed[m_random.below(listed.size())];
    const RoomId room = row.room;
    const auto what = m_random.below(100);
    engine::Engine& engine = client.engine();
    if (what < 50) {
        write(client, room);
    } else if (what < 62) {
        change(client, room);
    } else if (what < 72) {
        if (row.head)
            engine.markRead(room, Seq(between(1, row.head.value())));
    } else if (what < 75) {
        engine.typing(room, m_random.chance(0.7));
    } else if (what < 85) {
        if (client.opened().contains(room) && m_random.chance(0.5))
            client.closeRoom(room);
        else if (!client.opened().contains(room))
            client.openRoom(room);
    } else if (what < 89) {
        engine.wantHistory(room, Seq(between(0, row.head.value())));
    } else if (what < 90) {
        const Seq before(between(0, row.head.value()));
        engine.wantFiltered(room, protocol::kFilterMedia, before);
        if (before)
            client.filteredFrom[room].insert(before.value());
    } else if (what < 91) {
        engine.wantAround(room, Seq(between(1, row.head.value() + 1)));
    } else if (what < 95) {
        const std::string text =
            m_random.chance(0.3) ? "" : "draft " + std::to_string(between(1, 999));
        const bool settles = !row.draftOther.empty() && m_random.chance(0.3);
        bool kept = false;
        if (settles) {
            client.draftUnsure(room);
            kept = engine.settleOtherDraft(room, m_random.chance(0.5)).has_value();
        } else {
            draftTried(client, room, text);
            kept = engine.setDraft(room, text).has_value();
            if (kept && !client.dying())
                client.draftKept(room, row.draft, text);
        }
        if (!kept)
            client.forgetDraft(room); // the disk failed: the next start tells which one it is
    } else if (what < 98) {
        settleFailed(client, room);
    } else if (m_manages) {
        manage(client, row);
    }
}

} // namespace skein::sim
