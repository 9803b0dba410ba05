#include "server/storage/sqlite/writer.h"

#include "server/storage/sqlite/rowcodec.h"

#include <algorithm>

namespace skein::server::sqlite
{
namespace
{

using protocol::Event;
using protocol::Kind;

constexpr std::size_t kCacheMax = 65'536;

std::string pairKey(std::int64_t a, std::string_view b)
{
    std::string key = std::to_string(a);
    key += '/';
    key += b;
    return key;
}

} // namespace

std::optional<std::string> Writer::prepare()
{
    const std::string target =
        std::string("SELECT ") + kEventColumns +
        ", m.sender FROM message m JOIN user u ON u.key=m.sender WHERE m.room=? AND m.seq=?";
    struct Row {
        Stmt& stmt;
        const char* sql;
    };
    const Row rows[] = {
        {m_begin, "BEGIN IMMEDIATE"},
        {m_commit, "COMMIT"},
        {m_rollback, "ROLLBACK"},
        {m_insertOp, "INSERT INTO op(temp,device,room,seq) VALUES(?,?,?,?) ON CONFLICT DO NOTHING"},
        {m_findOp, "SELECT room,seq FROM op WHERE temp=? AND device=?"},
        {m_findEntry, "SELECT ord,ts,kind FROM message WHERE room=? AND seq=?"},
        {m_insertMessage,
         "INSERT INTO message(room,seq,ord,rev,sender,ts,kind,flags,target,temp,body,extra) "
         "VALUES(?,?,?,?,?,?,?,?,?,?,?,?)"},
        {m_updateRoom,
         "UPDATE room SET "
         "seq=?,ord=?,touch=?,last_seq=?,last_sender=?,last_kind=?,last_text=?,last_ts=? "
         "WHERE key=?"},
        {m_findTarget, target.c_str()},
        {m_updateTarget, "UPDATE message SET rev=?,flags=?,body=?,extra=? WHERE room=? AND seq=?"},
        {m_scrubEdits, "UPDATE message SET body=x'' WHERE room=? AND target=? AND kind=5"},
        {m_findDevice, "SELECT key FROM device WHERE user=? AND id=?"},
        {m_insertDevice, "INSERT INTO device(user,id) VALUES(?,?)"},
        {m_insertMention,
         "INSERT INTO mention(room,user,seq) SELECT ?1,?2,?3 WHERE EXISTS(SELECT 1 FROM member "
         "WHERE room=?1 AND user=?2) ON CONFLICT DO NOTHING"},
        {m_dropMentions, "DELETE FROM mention WHERE room=? AND user=? AND seq<=?"},
        {m_dropMessageMentions, "DELETE FROM mention WHERE room=?1 AND seq=?2 AND user IN "
                                "(SELECT user FROM member WHERE room=?1)"},
        {m_findMember, "SELECT role,read,read_ord,delivered FROM member WHERE room=? AND user=?"},
        {m_putMember, "INSERT INTO member(room,user,role,joined,touch,read,read_ord,delivered) "
                      "VALUES(?,?,?,?,?,?,?,?) "
                      "ON CONFLICT(room,user) DO UPDATE SET role=excluded.role"},
        {m_dropMember, "DELETE FROM member WHERE room=? AND user=?"},
        {m_countOwners, "SELECT count(*) FROM member WHERE room=? AND role=0"},
        {m_countMembers, "SELECT count(*) FROM member WHERE room=?"},
        {m_putDeparture, "INSERT INTO departure(user,room,touch) VALUES(?,?,?) ON CONFLICT DO "
                         "UPDATE SET touch=excluded.touch"},
        {m_dropDeparture, "DELETE FROM departure WHERE user=? AND room=?"},
        {m_dropMemberMentions, "DELETE FROM mention WHERE room=? AND user=?"},
        {m_updateRoomInfo, "UPDATE room SET name=coalesce(?,name),topic=coalesce(?,topic),"
                           "archived=coalesce(?,archived) WHERE key=?"},
        {m_insertRoom, "INSERT INTO room(id,kind,name,topic,epoch,seq,ord,touch,created) "
                       "VALUES(?,?,?,?,1,0,0,0,?)"},
        {m_insertDirect, "INSERT INTO direct(a,b,room) VALUES(?,?,?)"},
        {m_findDirect, "SELECT room FROM direct WHERE a=? AND b=?"},
        {m_readPosition,
         "SELECT read,read_ord,delivered,touch FROM member WHERE room=? AND user=?"},
        {m_ordAt, "SELECT ord FROM message WHERE room=? AND seq=?"},
        {m_putPosition,
         "UPDATE member SET read=?,read_ord=?,delivered=?,touch=? WHERE room=? AND user=?"},
        {m_findDraft, "SELECT rev,device,text,reply_to,other,ts,keys FROM draft WHERE user=? AND "
                      "room=?"},
        {m_putDraft, "INSERT INTO draft(user,room,rev,device,text,reply_to,other,ts,keys) "
                     "VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9) ON CONFLICT(user,room) DO UPDATE SET "
                     "rev=?3,device=?4,text=?5,reply_to=?6,other=?7,ts=?8,keys=?9"},
        {m_renewDraft, "UPDATE draft SET rev=? WHERE user=? AND room=?"},
        {m_touchDrafts, "UPDATE user SET draft_touch=? WHERE key=?"},
        {m_insertUser, "INSERT INTO user(id,name,display,password,created) VALUES(?,?,?,?,?) ON "
                       "CONFLICT DO NOTHING"},
        {m_findUserName, "SELECT key,id,name,display,draft_touch FROM user WHERE key=?"},
        {m_insertSession, "INSERT INTO session(id,user,device,device_name,current,created,expires,"
                          "last_seen) VALUES(?1,?2,?3,?4,?5,?6,?7,?6)"},
        {m_insertRefresh, "INSERT INTO refresh(hash,session,created) VALUES(?,?,?)"},
        {m_oldSessions,
         "SELECT id FROM session WHERE user=? AND revoked IS NULL ORDER BY created DESC, id DESC "
         "LIMIT 100 OFFSET ?"},
        {m_findRefresh,
         "SELECT s.id,s.user,s.device,s.current=r.hash,s.expires,s.revoked,s.revoked_by,"
         "s.previous=r.hash,s.rotated FROM refresh r "
         "JOIN session s ON s.id=r.session WHERE r.hash=?"},
        {m_setCurrent,
         "UPDATE session SET current=?1,expires=?2,last_seen=?4,previous=?5,rotated=?6 "
         "WHERE id=?3"},
        {m_dropRefresh, "DELETE FROM refresh WHERE session=? AND created<?"},
        {m_sessionUser, "SELECT user FROM session WHERE id=? AND revoked IS NULL AND expires>?"},
        {m_revokeDevice, "UPDATE session SET revoked=?,revoked_by=? WHERE id=? AND user=? AND "
                         "revoked IS NULL"},
        {m_revokeSession, "UPDATE session SET revoked=? WHERE id=? AND revoked IS NULL"},
    };
    for (const Row& row : rows) {
        if (!row.stmt.prepare(m_db, row.sql))
            return row.sql;
    }
    return std::nullopt;
}

Result<void> Writer::open()
{
    if (prepare())
        return fail(m_db.error());
    Stmt rooms;
    rooms.prepare(
        m_db, "SELECT key,id,epoch,seq,ord,touch,last_seq,last_sender,last_kind,last_text,last_ts "
              "FROM room");
    while (rooms.step()) {
        RoomState room;
        room.id = RoomId(rooms.view(1));
        room.epoch = Epoch(rooms.integer(2));
        room.seq = Seq(rooms.integer(3));
        room.ord = Ord(rooms.integer(4));
        room.touch = rooms.integer(5);
        room.last = {Seq(rooms.integer(6)), rooms.integer(7), static_cast<Kind>(rooms.integer(8)),
                     rooms.string(9), rooms.integer(10)};
        m_rooms.emplace(rooms.integer(0), std::move(room));
    }
    m_touch = m_db.integer("SELECT max(coalesce((SELECT max(touch) FROM room),0),"
                           "coalesce((SELECT max(touch) FROM member),0),coalesce((SELECT "
                           "max(touch) FROM departure),0),coalesce((SELECT max(draft_touch) "
                           "FROM user),0))");
    if (m_db.failed())
        return fail(m_db.error());
    return {};
}

bool Writer::begin()
{
    m_before.clear();
    m_touchBefore = m_touch;
    return m_begin.run();
}

Result<void> Writer::commit()
{
    for (auto& [key, before] : m_before) {
        RoomState& room = m_rooms.find(key)->second;
        room.dirty = false;
        room.made = false;
        m_updateRoom.bind(room.seq.value())
            .bind(room.ord.value())
            .bind(room.touch)
            .bind(room.last.seq.value());
        m_updateRoom.bind(room.last.sender)
            .bind(static_cast<std::int64_t>(room.last.kind))
            .bindBlob(room.last.text);
        m_updateRoom.bind(room.last.ts).bind(key).run();
    }
    m_commit.run();
    if (m_db.failed()) {
        Error why = m_db.error();
        rollback();
        return fail(std::move(why));
    }
    m_before.clear();
    return {};
}

void Writer::rollback()
{
    m_db.clearError();
    if (m_db.inTransaction())
        m_rollback.run();
    m_db.clearError();
    for (auto& [key, before] : m_before) {
        if (before.made)
            m_rooms.erase(key);
        else
            m_rooms[key] = std::move(before);
    }
    m_before.clear();
    m_touch = m_touchBefore;
    m_devices.clear();
    m_lastTemp.clear();
}

Writer::RoomState& Writer::touched(RoomKey key, RoomState& room)
{
    if (!room.dirty) {
        m_before.emplace_back(key, room);
        room.dirty = true;
    }
    return room;
}

std::int64_t Writer::deviceKey(UserKey user, const DeviceId& device)
{
    const std::string name = pairKey(user, device.str());
    if (const auto found = m_devices.find(name); found != m_devices.end())
        return found->second;
    std::int64_t key = 0;
    m_findDevice.bind(user).bindText(device.str());
    if (m_findDevice.step()) {
        key = m_findDevice.integer(0);
        m_findDevice.reset();
    } else if (m_insertDevice.bind(user).bindText(device.str()).run()) {
        key = m_db.lastRowId();
    }
    if (m_devices.size() >= kCacheMax)
        m_devices.clear();
    m_devices.emplace(name, key);
    return key;
}

std::optional<Logged> Writer::earlier(const std::string& temp, std::int64_t device)
{
    m_findOp.bindBlob(temp).bind(device);
    if (!m_findOp.step())
        return std::nullopt;
    Logged logged;
    logged.dup = true;
    logged.room = m_findOp.integer(0);
    const Seq seq(m_findOp.integer(1));
    m_findOp.reset();
    const RoomState& room = m_rooms[logged.room];
    logged.event.room = room.id;
    logged.event.seq = seq;
    logged.event.id = eventIdOf(logged.room, room.epoch, seq);
    m_findEntry.bind(logged.room).bind(seq.value());
    if (m_findEntry.step()) {
        logged.event.ord = Ord(m_findEntry.integer(0));
        logged.event.ts = m_findEntry.integer(1);
        logged.event.kind = static_cast<Kind>(m_findEntry.integer(2));
        m_findEntry.reset();
    }
    return logged;
}

Result<void> Writer::checkPrev(const LogOp& op, std::int64_t device)
{
    if (op.prev.empty())
        return {};
    const std::string temp = packTemp(op.prev);
    const auto last = m_lastTemp.find(pairKey(op.room, std::to_string(device)));
    if (last != m_lastTemp.end() && last->second == temp)
        return {};
    m_findOp.bindBlob(temp).bind(device);
    if (!m_findOp.step())
        return fail(ErrorCode::DependencyFailed, "prev");
    m_findOp.reset();
    return {};
}

Result<Logged> Writer::run(LogOp& op)
{
    if (op.repeatOnly) {
        if (auto logged = earlier(packTemp(op.event.tempId), deviceKey(op.sender, op.device)))
            return std::move(*logged);
        return fail(ErrorCode::NotFound);
    }
    const auto found = m_rooms.find(op.room);
    if (found == m_rooms.end())
        return fail(ErrorCode::NotFound, "room");
    const std::int64_t device = deviceKey(op.sender, op.device);
    const std::string temp = packTemp(op.event.tempId);
    // Messages, the hot path, try the insert first; mutations look first, because they check rows
    // in between.
    if (!isMessage(op.event.kind) || !op.prev.empty()) {
        if (auto logged = earlier(temp, device))
            return std::move(*logged);
    }
    if (auto ok = checkPrev(op, device); !ok)
        return fail(ok.error());

    Event& event = op.event;
    const RoomState& now = found->second;
    if (event.replyTo && *event.replyTo > now.seq)
        return fail(ErrorCode::BadField, "reply_to");
    if (event.thread && *event.thread > now.seq)
        return fail(ErrorCode::BadField, "thread");
    event.seq = now.seq.next();
    event.ord = countsAsUnread(event.kind) ? now.ord.next() : now.ord;
    event.rev = Rev(event.seq.value());
    event.id = eventIdOf(op.room, now.epoch, event.seq);
    if (!isMessage(event.kind)) {
        if (auto ok = resolve(op, now); !ok)
            return fail(ok.error());
    }

    m_insertOp.bindBlob(temp).bind(device).bind(op.room).bind(event.seq.value()).run();
    if (m_db.failed())
        return fail(m_db.error());
    if (m_db.changes() == 0) {
        if (auto logged = earlier(temp, device))
            return std::move(*logged);
        return fail(ErrorCode::StorageFailed, "idempotency key");
    }
    insertEntry(op.room, op.sender, event, temp);
    for (const UserKey user : op.mentioned)
        m_insertMention.bind(op.room).bind(user).bind(event.seq.value()).run();
    if (m_db.failed())
        return fail(m_db.error());

    RoomState& room = touched(op.room, found->second);
    room.seq = event.seq;
    room.ord = event.ord;
    room.touch = ++m_touch;
    applyToLast(room.last, event, op.sender);
    if (m_lastTemp.size() >= kCacheMax)
        m_lastTemp.clear();
    m_lastTemp[pairKey(op.room, std::to_string(device))] = temp;

    Logged logged;
    logged.room = op.room;
    logged.touch = room.touch;
    logged.event = std::move(event);
    return logged;
}

void Writer::insertEntry(RoomKey room, UserKey sender, const Event& event, std::string_view temp)
{
    const std::string extra = packExtra(event);
    m_insertMessage.bind(room)
        .bind(event.seq.value())
        .bind(event.ord.value())
        .bind(event.rev.value())
        .bind(sender);
    m_insertMessage.bind(event.ts).bind(static_cast<std::int64_t>(event.kind)).bind(flagsOf(event));
    if (event.target)
        m_insertMessage.bind(event.target->value());
    else
        m_insertMessage.bindNull();
    m_insertMessage.bindBlob(temp).bindBlob(event.body);
    if (extra.empty())
        m_insertMessage.bindNull();
    else
        m_insertMessage.bindBlob(extra);
    m_insertMessage.run();
}

Result<RoomMade> Writer::run(CreateRoomOp& op)
{
    const std::int64_t device = deviceKey(op.creator, op.device);
    const std::string temp = packTemp(op.tempId);
    RoomMade made;
    made.dup = true;
    if (const auto logged = earlier(temp, device)) {
        made.room.key = logged->room;
        return made;
    }
    const bool direct = op.kind == protocol::RoomKind::Direct;
    const UserKey other = op.members.empty() ? op.creator : op.members.front();
    const auto [low, high] = std::minmax(op.creator, other);
    if (direct) {
        m_findDirect.bind(low).bind(high);
        if (m_findDirect.step()) {
            made.room.key = m_findDirect.integer(0);
            m_findDirect.reset();
            return made;
        }
    }
    m_insertRoom.bindText(op.id.str()).bind(static_cast<std::int64_t>(op.kind)).bindText(op.name);
    m_insertRoom.bindText(op.topic).bind(op.ts).run();
    if (m_db.failed())
        return fail(m_db.error());
    const RoomKey key = m_db.lastRowId();
    if (direct)
        m_insertDirect.bind(low).bind(high).bind(key).run();

    RoomState state;
    state.id = op.id;
    state.epoch = Epoch(1);
    state.seq = Seq(1);
    state.touch = ++m_touch;
    state.made = true;
    Event event;
    event.room = op.id;
    event.seq = Seq(1);
    event.rev = Rev(1);
    event.id = eventIdOf(key, state.epoch, event.seq);
    event.sender = op.creatorId;
    event.tempId = op.tempId;
    event.ts = op.ts;
    event.kind = Kind::Room;
    if (!direct) {
        event.name = op.name;
        event.topic = op.topic;
    }
    m_insertOp.bindBlob(temp).bind(device).bind(key).bind(1).run();
    insertEntry(key, op.creator, event, temp);

    made.dup = false;
    std::vector<UserKey> users{op.creator};
    for (const UserKey user : op.members) {
        if (std::find(users.begin(), users.end(), user) == users.end())
            users.push_back(user);
    }
    for (const UserKey user : users) {
        MemberRow member;
        member.user = user;
        member.role = user == op.creator ? protocol::Role::Owner : protocol::Role::Member;
        m_putMember.bind(key)
            .bind(user)
            .bind(static_cast<std::int64_t>(member.role))
            .bind(op.ts)
            .bind(m_touch);
        m_putMember.bind(0).bind(0).bind(0).run();
        made.room.members.push_back(std::move(member));
    }
    if (m_db.failed())
        return fail(m_db.error());
    made.room.key = key;
    made.room.id = op.id;
    made.room.kind = op.kind;
    made.room.name = std::move(op.name);
    made.room.topic = std::move(op.topic);
    made.room.epoch = state.epoch;
    made.room.head = state.seq;
    made.room.touch = state.touch;
    made.room.createdTs = op.ts;
    made.event = std::move(event);
    touched(key, m_rooms.emplace(key, std::move(state)).first->second);
    return made;
}

Result<std::vector<PositionSet>> Writer::run(PositionsOp& op)
{
    std::vector<PositionSet> sets;
    sets.reserve(op.marks.size());
    for (const PositionMark& mark : op.marks) {
        const auto room = m_rooms.find(mark.room);
        if (room == m_rooms.end())
            continue;
        m_readPosition.bind(mark.room).bind(mark.user);
        if (!m_readPosition.step())
            continue;
        PositionSet now{mark.room,
                        mark.user,
                        Seq(m_readPosition.integer(0)),
                        Ord(m_readPosition.integer(1)),
                        Seq(m_readPosition.integer(2)),
                        m_readPosition.integer(3)};
        m_readPosition.reset();
        const Seq head = room->second.seq;
        const Seq read = std::max(now.read, std::min(mark.read, head));
        const Seq delivered = std::max({now.delivered, std::min(mark.delivered, head), read});
        if (read == now.read && delivered == now.delivered) {
            sets.push_back(now);
            continue;
        }
        if (read > now.read) {
            if (read == head) {
                now.readOrd = room->second.ord;
            } else {
                m_ordAt.bind(mark.room).bind(read.value());
                if (m_ordAt.step()) {
                    now.readOrd = Ord(m_ordAt.integer(0));
                    m_ordAt.reset();
                }
            }
            m_dropMentions.bind(mark.room).bind(mark.user).bind(read.value()).run();
        }
        now.read = read;
        now.delivered = delivered;
        now.touch = ++m_touch; // who wrote what was read or got now may be away, and has to hear it
        m_putPosition.bind(read.value())
            .bind(now.readOrd.value())
            .bind(delivered.value())
            .bind(now.touch);
        m_putPosition.bind(mark.room).bind(mark.user).run();
        sets.push_back(now);
    }
    if (m_db.failed())
        return fail(m_db.error());
    return sets;
}

} // namespace skein::server::sqlite
