// Mutations: the row that an edit, deletion, reaction or pin is about is read, checked and
// rewritten in the same transaction that takes the entry's seq; the entry carries the resulting
// state.
#include "server/storage/sqlite/rowcodec.h"
#include "server/storage/sqlite/writer.h"

#include <algorithm>

namespace skein::server::sqlite
{

using protocol::Kind;

Result<Writer::Target> Writer::target(const LogOp& op, const RoomState& room)
{
    if (!op.event.target)
        return fail(ErrorCode::BadField, "target");
    Target target;
    m_findTarget.bind(op.room).bind(op.event.target->value());
    if (!m_findTarget.step()) {
        if (m_db.failed())
            return fail(m_db.error());
        return fail(ErrorCode::NotFound, "target");
    }
    target.event = readEvent(m_findTarget, op.room, room.id, room.epoch);
    target.sender = m_findTarget.integer(11);
    m_findTarget.reset();
    if (!isMessage(target.event.kind) || target.event.deleted)
        return fail(ErrorCode::NotFound, "target");
    if (op.ifRev && *op.ifRev != target.event.rev)
        return fail(ErrorCode::Conflict, "if_rev");
    return target;
}

Result<void> Writer::resolve(LogOp& op, const RoomState& room)
{
    if (op.event.kind == Kind::Member)
        return applyMember(op);
    if (op.event.kind == Kind::Room)
        return applyRoom(op);
    auto found = target(op, room);
    if (!found)
        return fail(found.error());
    const bool own = found->sender == op.sender;
    protocol::Event& message = found->event;
    switch (op.event.kind) {
    case Kind::Edit:
        if (!own || message.kind == Kind::System)
            return fail(ErrorCode::Forbidden, "target");
        message.body = op.event.body;
        message.edited = true;
        op.event.edited = true;
        break;
    case Kind::Delete:
        if (!own && !op.moderator)
            return fail(ErrorCode::Forbidden, "target");
        message.body.clear();
        message.deleted = true;
        message.pinned = false;
        message.attachments.clear();
        message.mentions.clear();
        message.reactions.clear();
        op.event.deleted = true;
        // What was deleted must not stay readable in the log.
        m_scrubEdits.bind(op.room).bind(op.event.target->value()).run();
        m_dropMessageMentions.bind(op.room).bind(op.event.target->value()).run();
        break;
    case Kind::Reaction:
        if (auto ok = applyReaction(op, *found); !ok)
            return ok;
        break;
    case Kind::Pin:
        message.pinned = op.on;
        op.event.pinned = op.on;
        break;
    default:
        return fail(ErrorCode::BadField, "kind");
    }
    saveTarget(op, *found, op.event.rev);
    if (m_db.failed())
        return fail(m_db.error());
    return {};
}

Result<void> Writer::applyReaction(LogOp& op, Target& target)
{
    auto& all = target.event.reactions;
    const auto entry = std::find_if(all.begin(), all.end(),
                                    [&](const auto& r) { return r.key == op.reactionKey; });
    if (op.on) {
        std::size_t users = 0;
        for (const auto& reaction : all)
            users += reaction.users.size();
        if (users >= kReactionUsersMax ||
            (entry == all.end() && all.size() >= protocol::kReactionKeysMax))
            return fail(ErrorCode::Conflict, "reactions");
        if (entry == all.end())
            all.push_back({op.reactionKey, {op.event.sender}});
        else if (std::find(entry->users.begin(), entry->users.end(), op.event.sender) ==
                 entry->users.end())
            entry->users.push_back(op.event.sender);
    } else if (entry != all.end()) {
        std::erase(entry->users, op.event.sender);
        if (entry->users.empty())
            all.erase(entry);
    }
    op.event.reactions = all;
    return {};
}

void Writer::saveTarget(const LogOp& op, const Target& target, Rev rev)
{
    const std::string extra = packExtra(target.event);
    m_updateTarget.bind(rev.value()).bind(flagsOf(target.event)).bindBlob(target.event.body);
    if (extra.empty())
        m_updateTarget.bindNull();
    else
        m_updateTarget.bindBlob(extra);
    m_updateTarget.bind(op.room).bind(op.event.target->value()).run();
}

Result<void> Writer::applyMember(LogOp& op)
{
    m_findMember.bind(op.room).bind(op.member);
    std::optional<protocol::Role> before;
    if (m_findMember.step()) {
        before = static_cast<protocol::Role>(m_findMember.integer(0));
        m_findMember.reset();
    }
    if (!before && !op.event.role)
        return fail(ErrorCode::NotFound, "user");
    if (before == protocol::Role::Owner && op.event.role != protocol::Role::Owner) {
        // A room never loses its last owner while others are in it.
        m_countOwners.bind(op.room);
        const std::int64_t owners = m_countOwners.step() ? m_countOwners.integer(0) : 0;
        m_countOwners.reset();
        m_countMembers.bind(op.room);
        const std::int64_t members = m_countMembers.step() ? m_countMembers.integer(0) : 0;
        m_countMembers.reset();
        if (owners <= 1 && (members > 1 || op.event.role))
            return fail(ErrorCode::Forbidden, "last owner");
    }
    if (!op.event.role) {
        m_dropMember.bind(op.room).bind(op.member).run();
        m_dropMemberMentions.bind(op.room).bind(op.member).run();
        m_putDeparture.bind(op.member).bind(op.room).bind(m_touch + 1).run();
    } else {
        if (!before) {
            m_countMembers.bind(op.room);
            const std::int64_t members = m_countMembers.step() ? m_countMembers.integer(0) : 0;
            m_countMembers.reset();
            if (members >= static_cast<std::int64_t>(kMembersPerRoomMax))
                return fail(ErrorCode::Conflict, "members");
            m_dropDeparture.bind(op.member).bind(op.room).run();
            // The draft of an earlier membership is still there. Nobody was told of it meanwhile:
            // it is news to whoever has read past it.
            m_renewDraft.bind(m_touch + 1).bind(op.member).bind(op.room).run();
            m_touchDrafts.bind(m_touch + 1).bind(op.member).run();
        }
        // Who joins starts with nothing unread: the history before is there, but it was not
        // addressed to them.
        m_putMember.bind(op.room)
            .bind(op.member)
            .bind(static_cast<std::int64_t>(*op.event.role))
            .bind(op.event.ts);
        m_putMember.bind(m_touch + 1).bind(op.event.seq.value()).bind(op.event.ord.value());
        m_putMember.bind(op.event.seq.value()).run();
    }
    if (m_db.failed())
        return fail(m_db.error());
    return {};
}

Result<void> Writer::applyRoom(LogOp& op)
{
    const auto bindText = [this](const std::optional<std::string>& text) {
        if (text)
            m_updateRoomInfo.bindText(*text);
        else
            m_updateRoomInfo.bindNull();
    };
    bindText(op.event.name);
    bindText(op.event.topic);
    if (op.event.archived)
        m_updateRoomInfo.bind(*op.event.archived ? 1 : 0);
    else
        m_updateRoomInfo.bindNull();
    m_updateRoomInfo.bind(op.room).run();
    if (m_db.failed())
        return fail(m_db.error());
    return {};
}

} // namespace skein::server::sqlite
