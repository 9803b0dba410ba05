// Accounts, sessions and refresh tokens, and the start-up read of everything that the service keeps
// in memory.
#include "server/storage/sqlite/writer.h"

#include <cstdlib>

namespace skein::server::sqlite
{
namespace
{

constexpr std::int64_t kRevokedLoaded = 10'000;
/// How long a used refresh token is remembered, so that its reuse is noticed.
constexpr std::int64_t kUsedRefreshKeptMs = 60LL * 24 * 3'600 * 1'000;

UserRow userFrom(const Stmt& row)
{
    return {row.integer(0), UserId(row.view(1)), row.string(2), row.string(3), row.integer(4)};
}

} // namespace

Result<UserRow> Writer::run(CreateUserOp& op)
{
    m_insertUser.bindText(op.id.str())
        .bindText(op.name)
        .bindText(op.displayName)
        .bindText(op.passwordHash);
    m_insertUser.bind(op.ts).run();
    if (m_db.failed())
        return fail(m_db.error());
    if (m_db.changes() == 0)
        return fail(ErrorCode::Conflict, "name");
    return UserRow{m_db.lastRowId(), op.id, op.name, op.displayName, 0};
}

Result<SessionMade> Writer::run(CreateSessionOp& op)
{
    SessionMade made;
    m_oldSessions.bind(op.user).bind(static_cast<std::int64_t>(kSessionsPerUserMax) - 1);
    while (m_oldSessions.step())
        made.revoked.emplace_back(m_oldSessions.view(0));
    for (const SessionId& session : made.revoked)
        m_revokeSession.bind(op.ts).bindText(session.str()).run();
    m_insertSession.bindText(op.session.str())
        .bind(op.user)
        .bindText(op.device.str())
        .bindText(op.deviceName);
    m_insertSession.bindBlob(op.refreshHash).bind(op.ts).bind(op.expiresTs).run();
    m_insertRefresh.bindBlob(op.refreshHash).bindText(op.session.str()).bind(op.ts).run();
    if (m_db.failed())
        return fail(m_db.error());
    return made;
}

Result<Rotated> Writer::run(RotateSessionOp& op)
{
    Rotated rotated;
    m_findRefresh.bindBlob(op.oldHash);
    if (!m_findRefresh.step()) {
        if (m_db.failed())
            return fail(m_db.error());
        return rotated;
    }
    rotated.session = SessionId(m_findRefresh.view(0));
    const UserKey user = m_findRefresh.integer(1);
    rotated.device = DeviceId(m_findRefresh.view(2));
    const bool current = m_findRefresh.integer(3) != 0;
    const bool alive = m_findRefresh.integer(4) > op.ts && m_findRefresh.isNull(5);
    const bool asDevice = !m_findRefresh.isNull(6);
    // Used just before, and its successor by nobody: the answer was lost. Its time counts from the
    // first use, on a clock that somebody may have set.
    const std::int64_t rotatedTs = m_findRefresh.integer(8);
    const bool again =
        !current && m_findRefresh.integer(7) != 0 && std::abs(op.ts - rotatedTs) < op.overlapMs;
    m_findRefresh.reset();
    if (!alive) {
        rotated.asDevice = asDevice;
        return rotated;
    }
    if (!current && !again) {
        rotated.reused = true;
        m_revokeSession.bind(op.ts).bindText(rotated.session.str()).run();
    } else {
        rotated.valid = true;
        m_insertRefresh.bindBlob(op.newHash).bindText(rotated.session.str()).bind(op.ts).run();
        m_setCurrent.bindBlob(op.newHash).bind(op.expiresTs).bindText(rotated.session.str());
        m_setCurrent.bind(op.ts).bindBlob(op.oldHash).bind(again ? rotatedTs : op.ts).run();
        m_dropRefresh.bindText(rotated.session.str()).bind(op.ts - kUsedRefreshKeptMs).run();
        m_findUserName.bind(user);
        if (m_findUserName.step()) {
            rotated.user = userFrom(m_findUserName);
            m_findUserName.reset();
        }
    }
    if (m_db.failed())
        return fail(m_db.error());
    return rotated;
}

Result<bool> Writer::revoke(const SessionId& session, std::int64_t ts)
{
    m_revokeSession.bind(ts).bindText(session.str()).run();
    if (m_db.failed())
        return fail(m_db.error());
    return m_db.changes() > 0;
}

Result<bool> Writer::run(RevokeDeviceOp& op)
{
    m_sessionUser.bindText(op.by.str()).bind(op.ts);
    if (!m_sessionUser.step()) {
        if (m_db.failed())
            return fail(m_db.error());
        return fail(ErrorCode::TokenInvalid, "session");
    }
    const UserKey user = m_sessionUser.integer(0);
    m_sessionUser.reset();
    m_revokeDevice.bind(op.ts);
    // Whoever revokes the own session signs out, and sees to its data itself.
    if (op.by == op.target)
        m_revokeDevice.bindNull();
    else
        m_revokeDevice.bindText(op.by.str());
    m_revokeDevice.bindText(op.target.str()).bind(user).run();
    if (m_db.failed())
        return fail(m_db.error());
    if (m_db.changes() == 0)
        return fail(ErrorCode::NotFound, "session");
    return true;
}

Result<Snapshot> Writer::load()
{
    Snapshot all;
    Stmt row;
    row.prepare(m_db, "SELECT key,id,name,display,draft_touch FROM user");
    while (row.step())
        all.users.push_back(userFrom(row));

    std::unordered_map<RoomKey, std::size_t> index;
    row.prepare(m_db, "SELECT "
                      "key,id,kind,name,topic,archived,epoch,seq,ord,touch,created,last_seq,last_"
                      "sender,last_kind,"
                      "last_text,last_ts,base FROM room");
    while (row.step()) {
        RoomRow room;
        room.key = row.integer(0);
        room.id = RoomId(row.view(1));
        room.kind = static_cast<protocol::RoomKind>(row.integer(2));
        room.name = row.string(3);
        room.topic = row.string(4);
        room.archived = row.integer(5) != 0;
        room.epoch = Epoch(row.integer(6));
        room.head = Seq(row.integer(7));
        room.ord = Ord(row.integer(8));
        room.touch = row.integer(9);
        room.createdTs = row.integer(10);
        room.last = {Seq(row.integer(11)), row.integer(12),
                     static_cast<protocol::Kind>(row.integer(13)), row.string(14), row.integer(15)};
        room.base = Seq(row.integer(16));
        index.emplace(room.key, all.rooms.size());
        all.rooms.push_back(std::move(room));
    }
    row.prepare(
        m_db, "SELECT room,user,role,read,read_ord,delivered,touch FROM member ORDER BY room,user");
    while (row.step()) {
        const auto room = index.find(row.integer(0));
        if (room == index.end())
            continue;
        MemberRow member;
        member.user = row.integer(1);
        member.role = static_cast<protocol::Role>(row.integer(2));
        member.read = Seq(row.integer(3));
        member.readOrd = Ord(row.integer(4));
        member.delivered = Seq(row.integer(5));
        member.touch = row.integer(6);
        all.rooms[room->second].members.push_back(std::move(member));
    }
    row.prepare(m_db, "SELECT room,user,seq FROM mention ORDER BY room,user,seq");
    while (row.step()) {
        const auto room = index.find(row.integer(0));
        if (room == index.end())
            continue;
        // Members stand sorted by user, as read above.
        auto& members = all.rooms[room->second].members;
        const UserKey user = row.integer(1);
        const auto member =
            std::lower_bound(members.begin(), members.end(), user,
                             [](const MemberRow& m, UserKey key) { return m.user < key; });
        if (member != members.end() && member->user == user && Seq(row.integer(2)) > member->read &&
            member->mentions.size() < kMentionsCountedMax)
            member->mentions.emplace_back(row.integer(2));
    }
    row.prepare(m_db,
                "SELECT d.user,d.room,r.id,d.touch FROM departure d JOIN room r ON r.key=d.room");
    while (row.step())
        all.departures.push_back(
            {row.integer(0), row.integer(1), RoomId(row.view(2)), row.integer(3)});
    row.prepare(m_db, "SELECT id,revoked,revoked_by IS NOT NULL FROM session WHERE revoked IS NOT "
                      "NULL ORDER BY revoked DESC LIMIT ?");
    row.bind(kRevokedLoaded);
    while (row.step())
        all.revoked.push_back({SessionId(row.view(0)), row.integer(1), row.integer(2) != 0});
    // Sessions made before they had a last_seen count from when they were made.
    row.prepare(m_db, "SELECT user,max(max(created,last_seen)) FROM session GROUP BY user");
    while (row.step())
        all.lastSeen.emplace_back(row.integer(0), row.integer(1));
    all.touch = m_touch;
    if (m_db.failed())
        return fail(m_db.error());
    return all;
}

} // namespace skein::server::sqlite
