#include "offline/timeline.h"

#include "protocol/codec.h"

#include <algorithm>
#include <variant>

namespace skein::offline
{
namespace
{

constexpr std::int64_t kTidUnit = 1024; // tids for each millisecond before they spill into the next
constexpr std::int64_t kTidRoomStep = 211; // prime, so that neighbouring rooms spread over the unit
constexpr std::int64_t kTidProbesMax =
    4096; // beyond this the row fails rather than the process hangs

#define STORED_COLUMNS                                                                             \
    "id, tid, temp_id, event_id, sender, kind, body, ts, ord, snap_rev, body_rev, react_rev, "     \
    "pin_rev, flags, reply_to, thread, failed, extra, base, sent_by"

/// NULL rather than an empty text.
std::optional<std::string_view> orNull(std::string_view text)
{
    return text.empty() ? std::nullopt : std::optional(text);
}

} // namespace

struct Timeline::Stored {
    std::int64_t key = 0;
    RowId tid = 0;
    TempId tempId;
    EventId id;
    std::int64_t sender = 0;
    protocol::Kind kind = protocol::Kind::Text;
    std::int64_t ts = 0;
    Ord ord;
    Rev snapRev, bodyRev, reactRev, pinRev;
    std::int64_t replyTo = 0, thread = 0;
    bool mentionsMe = false;
    bool sentHere = false;
    std::int64_t sentBy = 0; ///< outbox entry; 0: unknown, or another device's
    std::optional<ErrorCode> failed;
    Content shown;
    std::optional<Content> base; ///< the server's state while `shown` has changes over it

    [[nodiscard]] Content& server() { return base ? *base : shown; }
    [[nodiscard]] Rev knownBody() const { return std::max(snapRev, bodyRev); }
    [[nodiscard]] Rev knownReactions() const { return std::max(snapRev, reactRev); }
    [[nodiscard]] Rev knownPin() const { return std::max(snapRev, pinRev); }
    [[nodiscard]] std::int64_t flags() const
    {
        return (shown.edited ? kFlagEdited : 0) | (shown.deleted ? kFlagDeleted : 0) |
               (shown.pinned ? kFlagPinned : 0) | (mentionsMe ? kFlagMentionsMe : 0) |
               (sentHere ? kFlagSentHere : 0);
    }
};

void Timeline::setSelf(const UserId& self)
{
    m_self = self;
    m_builder.setSelf(self);
}

std::optional<Timeline::Stored> Timeline::load(const char* sql, std::int64_t value)
{
    Query q = m_db.query(sql);
    if (!q.bind(value).step())
        return std::nullopt;
    Stored row;
    row.key = q.integer(0);
    row.tid = q.integer(1);
    row.tempId = TempId(q.view(2));
    row.id = EventId(q.view(3));
    row.sender = q.integer(4);
    row.kind = static_cast<protocol::Kind>(q.integer(5));
    row.shown.body = q.text(6);
    row.ts = q.integer(7);
    row.ord = Ord(q.integer(8));
    row.snapRev = Rev(q.integer(9));
    row.bodyRev = Rev(q.integer(10));
    row.reactRev = Rev(q.integer(11));
    row.pinRev = Rev(q.integer(12));
    const std::int64_t flags = q.integer(13);
    row.shown.edited = (flags & kFlagEdited) != 0;
    row.shown.deleted = (flags & kFlagDeleted) != 0;
    row.shown.pinned = (flags & kFlagPinned) != 0;
    row.mentionsMe = (flags & kFlagMentionsMe) != 0;
    row.sentHere = (flags & kFlagSentHere) != 0;
    row.replyTo = q.integer(14);
    row.thread = q.integer(15);
    if (!q.isNull(16))
        row.failed = static_cast<ErrorCode>(q.integer(16));
    decodeExtra(q.view(17), row.shown);
    if (!q.isNull(18))
        row.base = decodeBase(q.view(18));
    row.sentBy = isPendingPlace(placeOf(row.key)) ? placeOf(row.key) & ~kPendingBit : q.integer(19);
    return row;
}

void Timeline::write(const Stored& row)
{
    m_db.query("UPDATE messages SET id = ?, temp_id = ?, event_id = ?, sender = ?, kind = ?, body "
               "= ?, ts = ?,"
               " ord = ?, snap_rev = ?, body_rev = ?, react_rev = ?, pin_rev = ?, flags = ?, "
               "reply_to = ?,"
               " thread = ?, failed = ?, extra = ?, base = ?, sent_by = ? WHERE tid = ?")
        .bind(row.key, orNull(row.tempId.str()), orNull(row.id.str()), row.sender, row.kind,
              row.shown.body, row.ts, row.ord, row.snapRev, row.bodyRev, row.reactRev, row.pinRev,
              row.flags(), row.replyTo, row.thread, row.failed, orNull(encodeExtra(row.shown)),
              row.base ? std::optional(encodeBase(*row.base)) : std::nullopt,
              row.sentBy != 0 ? std::optional(row.sentBy) : std::nullopt, row.tid)
        .run();
}

RowId Timeline::insertRow(Stored& row, bool* keyTaken)
{
    // Rows of one millisecond take neighbouring tids. A run that is known to be taken is stepped
    // over at once: a bulk of messages with one timestamp would else probe it from the start each
    // time.
    const RowId wanted = row.tid;
    const std::string extra = encodeExtra(row.shown);
    for (std::int64_t probe = 0; probe < kTidProbesMax && m_db.ok(); ++probe) {
        if (row.tid >= m_denseLo && row.tid <= m_denseHi)
            row.tid = m_denseHi + 1;
        // Not by a SELECT with NOT EXISTS: SQLite would make a temporary table for each row.
        m_db.query("INSERT INTO messages(id, tid, temp_id, event_id, sender, kind, body, ts, ord, "
                   "snap_rev,"
                   " flags, reply_to, thread, extra) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
                   " ON CONFLICT DO NOTHING")
            .bindInPlace(row.key, row.tid, orNull(row.tempId.str()), orNull(row.id.str()),
                         row.sender, row.kind, row.shown.body, row.ts, row.ord, row.snapRev,
                         row.flags(), row.replyTo, row.thread, orNull(extra))
            .run();
        if (!m_db.ok())
            return 0;
        if (m_db.changes() == 1) {
            if (row.tid == m_denseHi + 1 && m_denseHi != 0) {
                m_denseHi = row.tid;
            } else if (row.tid != wanted) {
                m_denseLo = wanted;
                m_denseHi = row.tid;
            }
            return row.tid;
        }
        // Which of the two is taken is asked once; the place of a message does not become so later.
        if (probe == 0 && has(row.key)) {
            if (keyTaken)
                *keyTaken = true;
            return 0;
        }
        ++row.tid;
    }
    return 0;
}

bool Timeline::has(std::int64_t key)
{
    Query q = m_db.query("SELECT 1 FROM messages WHERE id = ?");
    return q.bind(key).step();
}

// The server's state of a message, in full. Each part moves forward only.
bool Timeline::mergeServerState(Stored& row, const protocol::Event& event)
{
    const Rev rev = std::max(event.rev, Rev(event.seq.value()));
    bool changed = row.id != event.id && !event.id.empty();
    if (changed)
        row.id = event.id;
    Content& server = row.server();
    if (rev > row.knownBody()) {
        server.body = event.body;
        server.edited = event.edited;
        server.deleted = event.deleted;
        server.attachments = event.attachments;
        server.mentions = event.mentions;
        changed = true;
    }
    if (rev > row.knownReactions()) {
        server.reactions = event.reactions;
        changed = true;
    }
    if (rev > row.knownPin()) {
        server.pinned = event.pinned;
        changed = true;
    }
    row.snapRev = std::max(row.snapRev, rev);
    return changed;
}

// Lays the outbox's changes over the server's state.
void Timeline::showOver(Stored& row)
{
    const std::vector<OutboxEntry> changes = m_outbox.changesOf(row.tid);
    if (changes.empty()) {
        if (row.base)
            row.shown = *std::exchange(row.base, std::nullopt);
        return;
    }
    if (!row.base)
        row.base = row.shown;
    row.shown = *row.base;
    for (const OutboxEntry& change : changes) {
        const auto frame = protocol::decodeClientFrame(change.payload);
        if (!frame)
            continue;
        if (const auto* edit = std::get_if<protocol::MessageEdit>(&*frame)) {
            row.shown.body = edit->body;
            row.shown.edited = true;
        } else if (std::holds_alternative<protocol::MessageDelete>(*frame)) {
            makeTombstone(row.shown);
        } else if (const auto* reaction = std::get_if<protocol::ReactionSet>(&*frame)) {
            react(row.shown, m_self, reaction->key, reaction->on);
        } else if (const auto* pin = std::get_if<protocol::PinSet>(&*frame)) {
            row.shown.pinned = pin->on;
        }
    }
}

// In a room by seq; rooms that were written in one millisecond start apart, or each row would have
// to be tried at the place of every other room's first.
RowId Timeline::wantedTid(RoomKey room, const protocol::Event& event)
{
    return event.ts * kTidUnit + (event.seq.value() + room * kTidRoomStep) % kTidUnit;
}

RowId Timeline::insertMessage(RoomKey room, const protocol::Event& event, bool* known)
{
    Stored row;
    row.key = packedKey(room, event.seq.value());
    row.tid = wantedTid(room, event);
    row.tempId = event.tempId;
    row.id = event.id;
    row.sender = m_users.key(event.sender);
    row.kind = event.kind;
    row.ts = event.ts;
    row.ord = event.ord;
    row.snapRev = std::max(event.rev, Rev(event.seq.value()));
    row.replyTo = event.replyTo.value_or(Seq()).value();
    row.thread = event.thread.value_or(Seq()).value();
    row.shown = {event.body,      event.edited,      event.deleted, event.pinned,
                 event.reactions, event.attachments, event.mentions};
    row.mentionsMe =
        std::find(event.mentions.begin(), event.mentions.end(), m_self) != event.mentions.end();
    return insertRow(row, known);
}

RowEffect Timeline::applyMessage(RoomKey room, const protocol::Event& event)
{
    RowEffect effect;
    const std::int64_t key = packedKey(room, event.seq.value());
    const auto stored = [&] {
        return load("SELECT " STORED_COLUMNS " FROM messages WHERE id = ?", key);
    };
    std::optional<Stored> atKey;
    if (event.tempId.empty()) {
        // Another's: nearly always new, so it is tried as that first.
        bool known = false;
        effect.changed = insertMessage(room, event, &known);
        if (!known)
            return effect;
        atKey = stored();
    } else {
        atKey = stored();
        std::int64_t unsentKey = 0;
        {
            Query q = m_db.query("SELECT id FROM messages WHERE temp_id = ? LIMIT 2");
            q.bind(event.tempId);
            while (q.step()) {
                if (isPendingPlace(placeOf(q.integer(0))) && roomOf(q.integer(0)) == room)
                    unsentKey = q.integer(0);
            }
        }
        std::optional<Stored> unsent =
            unsentKey != 0 ? load("SELECT " STORED_COLUMNS " FROM messages WHERE id = ?", unsentKey)
                           : std::nullopt;
        if (unsent) {
            // The user's row keeps its identity; a copy that came another way gives way to it.
            if (atKey) {
                effect.removed = atKey->tid;
                erase(atKey->tid);
                unsent->snapRev = atKey->snapRev;
                unsent->bodyRev = atKey->bodyRev;
                unsent->reactRev = atKey->reactRev;
                unsent->pinRev = atKey->pinRev;
                unsent->server() = atKey->server();
                unsent->id = atKey->id;
            }
            unsent->key = key;
            unsent->ts = event.ts;
            unsent->ord = event.ord;
            unsent->failed.reset();
            mergeServerState(*unsent, event);
            showOver(*unsent);
            write(*unsent);
            effect.changed = unsent->tid;
            return effect;
        }
    }
    if (atKey) {
        if (mergeServerState(*atKey, event)) {
            showOver(*atKey);
            write(*atKey);
            effect.changed = atKey->tid;
        }
        return effect;
    }
    effect.changed = insertMessage(room, event);
    return effect;
}

std::vector<RowId> Timeline::insertMessages(RoomKey room, const protocol::Event* begin,
                                            const protocol::Event* end)
{
    std::vector<RowId> stored;
    const auto count = static_cast<std::size_t>(end - begin);
    if (count < kRowsAtOnce)
        return stored;
    stored.resize(count);
    std::array<std::size_t, kRowsAtOnce> group{};
    std::size_t taken = 0;
    for (std::size_t i = 0; i < count && m_db.ok(); ++i) {
        const protocol::Event& event = begin[i];
        const RowId tid = wantedTid(room, event);
        if (!protocol::isMessage(event.kind) || !event.tempId.empty() ||
            (tid >= m_denseLo && tid <= m_denseHi))
            continue;
        group[taken++] = i;
        if (taken < kRowsAtOnce)
            continue;
        taken = 0;
        if (insertGroup(room, begin, group)) {
            for (const std::size_t at : group)
                stored[at] = wantedTid(room, begin[at]);
            continue;
        }
        // One of them is known, or its place taken; which, nobody says. Each by itself: what the
        // statement did store is then found as it is, and told all the same.
        for (const std::size_t at : group) {
            stored[at] = applyMessage(room, begin[at]).changed;
            if (stored[at] != 0)
                continue;
            Query q = m_db.query("SELECT tid FROM messages WHERE id = ?");
            if (q.bind(packedKey(room, begin[at].seq.value())).step())
                stored[at] = q.integer(0);
        }
    }
    return stored;
}

// False: not all of them. OR IGNORE, not ON CONFLICT: that may still abort for a NULL, for which
// SQLite keeps a journal of each statement of several rows; it cost what the statements saved.
bool Timeline::insertGroup(RoomKey room, const protocol::Event* begin,
                           const std::array<std::size_t, kRowsAtOnce>& group)
{
#define ROW_VALUES "(?,?,?,?,?,?,?,?,?,?,?,?,?)"
    static_assert(kRowsAtOnce == 8);
    Query q = m_db.query(
        "INSERT OR IGNORE INTO messages(id, tid, event_id, sender, kind, body, ts, ord, "
        "snap_rev, flags, reply_to, thread, extra) VALUES" ROW_VALUES "," ROW_VALUES "," ROW_VALUES
        "," ROW_VALUES "," ROW_VALUES "," ROW_VALUES "," ROW_VALUES "," ROW_VALUES);
#undef ROW_VALUES
    constexpr int kColumns = 13;
    std::array<std::string, kRowsAtOnce> extras;
    int index = 0;
    for (std::size_t i = 0; i < kRowsAtOnce; ++i, index += kColumns) {
        const protocol::Event& event = begin[group[i]];
        if (!event.reactions.empty() || !event.attachments.empty() || !event.mentions.empty()) {
            Content content;
            content.reactions = event.reactions;
            content.attachments = event.attachments;
            content.mentions = event.mentions;
            extras[i] = encodeExtra(content);
        }
        const bool mentionsMe =
            std::find(event.mentions.begin(), event.mentions.end(), m_self) != event.mentions.end();
        const std::int64_t flags =
            (event.edited ? kFlagEdited : 0) | (event.deleted ? kFlagDeleted : 0) |
            (event.pinned ? kFlagPinned : 0) | (mentionsMe ? kFlagMentionsMe : 0);
        q.bindInPlaceAfter(
            index, packedKey(room, event.seq.value()), wantedTid(room, event),
            orNull(event.id.str()), m_users.key(event.sender), event.kind, event.body, event.ts,
            event.ord, std::max(event.rev, Rev(event.seq.value())), flags,
            event.replyTo.value_or(Seq()), event.thread.value_or(Seq()), orNull(extras[i]));
    }
    q.run();
    return m_db.ok() && m_db.changes() == static_cast<int>(kRowsAtOnce);
}

RowEffect Timeline::applyMutation(RoomKey room, const protocol::Event& event)
{
    RowEffect effect;
    if (!event.target)
        return effect;
    std::optional<Stored> row = load("SELECT " STORED_COLUMNS " FROM messages WHERE id = ?",
                                     packedKey(room, event.target->value()));
    if (!row)
        return effect;
    const Rev rev(event.seq.value());
    Content& server = row->server();
    switch (event.kind) {
    case protocol::Kind::Edit:
        if (rev <= row->knownBody() || server.deleted)
            break;
        server.body = event.body;
        server.edited = true;
        row->bodyRev = rev;
        effect.changed = row->tid;
        break;
    case protocol::Kind::Delete:
        if (rev <= row->knownBody())
            break;
        makeTombstone(server);
        row->bodyRev = row->reactRev = row->pinRev = rev;
        effect.changed = row->tid;
        break;
    case protocol::Kind::Reaction:
        if (rev <= row->knownReactions())
            break;
        server.reactions = event.reactions;
        row->reactRev = rev;
        effect.changed = row->tid;
        break;
    case protocol::Kind::Pin:
        if (rev <= row->knownPin())
            break;
        server.pinned = event.pinned;
        row->pinRev = rev;
        effect.changed = row->tid;
        break;
    default:
        break;
    }
    if (effect.changed != 0) {
        showOver(*row);
        write(*row);
    }
    return effect;
}

RowEffect Timeline::confirm(RowId tid, RoomKey room, const protocol::MessageConfirmed& confirmed,
                            Confirmed* now)
{
    RowEffect effect;
    std::optional<Stored> row = load("SELECT " STORED_COLUMNS " FROM messages WHERE tid = ?", tid);
    const auto tell = [&] {
        if (now && row)
            *now = {row->kind, row->shown.body, row->shown.deleted};
    };
    if (!row || !isPendingPlace(placeOf(row->key))) {
        tell();
        return effect;
    }
    const std::int64_t key = packedKey(room, confirmed.seq.value());
    if (std::optional<Stored> atKey =
            load("SELECT " STORED_COLUMNS " FROM messages WHERE id = ?", key)) {
        effect.removed = atKey->tid;
        erase(atKey->tid);
        row->snapRev = atKey->snapRev;
        row->bodyRev = atKey->bodyRev;
        row->reactRev = atKey->reactRev;
        row->pinRev = atKey->pinRev;
        row->server() = atKey->server();
    }
    row->key = key;
    row->id = confirmed.id;
    row->ts = confirmed.ts;
    row->ord = confirmed.ord;
    row->failed.reset();
    // What a repeat says by now only the log can tell.
    const Seq known = confirmed.dup ? confirmed.seq.previous() : confirmed.seq;
    row->snapRev = std::max(row->snapRev, Rev(known.value()));
    showOver(*row);
    write(*row);
    tell();
    effect.changed = row->tid;
    return effect;
}

RowId Timeline::insertUnsent(RoomKey room, std::int64_t outboxId, const protocol::MessageSend& send,
                             std::int64_t nowMs)
{
    Stored row;
    row.key = packedKey(room, kPendingBit | outboxId);
    row.tid = nowMs * kTidUnit;
    row.tempId = send.tempId;
    row.sender = m_users.key(m_self);
    row.kind = send.kind;
    row.ts = nowMs;
    row.replyTo = send.replyTo.value_or(Seq()).value();
    row.thread = send.thread.value_or(Seq()).value();
    row.shown.body = send.body;
    row.shown.attachments = send.attachments;
    row.shown.mentions = send.mentions;
    row.sentHere = true;
    return insertRow(row);
}

void Timeline::rewriteUnsent(RowId tid, const protocol::MessageSend& send)
{
    std::optional<Stored> row = load("SELECT " STORED_COLUMNS " FROM messages WHERE tid = ?", tid);
    if (!row)
        return;
    row->server().body = send.body;
    row->server().attachments = send.attachments;
    row->server().mentions = send.mentions;
    showOver(*row);
    write(*row);
}

void Timeline::setFailed(RowId tid, std::optional<ErrorCode> code)
{
    m_db.query("UPDATE messages SET failed = ? WHERE tid = ?").bind(code, tid).run();
}

std::vector<Timeline::Sent> Timeline::sentHere(RoomKey room, Seq after, std::size_t limit)
{
    std::vector<std::int64_t> keys;
    {
        Query q = m_db.query("SELECT id FROM messages WHERE id > ? AND id < ? AND flags & 16 <> 0"
                             " AND flags & 2 = 0 ORDER BY id DESC LIMIT ?");
        q.bind(packedKey(room, after.value()), packedKey(room, kPendingBit), limit);
        while (q.step())
            keys.push_back(q.integer(0));
    }
    std::vector<Sent> sent;
    for (auto key = keys.rbegin(); key != keys.rend(); ++key) {
        std::optional<Stored> row =
            load("SELECT " STORED_COLUMNS " FROM messages WHERE id = ?", *key);
        if (!row || row->tempId.empty())
            continue;
        const Content& content = row->server();
        Sent& one = sent.emplace_back();
        one.tid = row->tid;
        one.sentBy = row->sentBy;
        one.ts = row->ts;
        one.frame.tempId = row->tempId;
        one.frame.kind = row->kind;
        one.frame.body = content.body;
        if (row->replyTo != 0)
            one.frame.replyTo = Seq(row->replyTo);
        if (row->thread != 0)
            one.frame.thread = Seq(row->thread);
        one.frame.mentions = content.mentions;
        one.frame.attachments = content.attachments;
        one.frame.clientTs = std::max<std::int64_t>(row->ts, 0);
    }
    return sent;
}

void Timeline::makeUnsent(RowId tid, RoomKey room, std::int64_t outboxId)
{
    std::optional<Stored> row = load("SELECT " STORED_COLUMNS " FROM messages WHERE tid = ?", tid);
    if (!row)
        return;
    row->key = packedKey(room, kPendingBit | outboxId);
    row->id = EventId();
    row->ord = Ord();
    row->snapRev = row->bodyRev = row->reactRev = row->pinRev = Rev();
    Content& content = row->server();
    content.edited = content.pinned = false;
    content.reactions.clear();
    showOver(*row);
    write(*row);
}

std::vector<std::int64_t> Timeline::cutReferences(RoomKey room, Seq after)
{
    std::vector<std::int64_t> entries;
    Query q = m_db.query("UPDATE messages SET reply_to = iif(reply_to > ?1, 0, reply_to),"
                         " thread = iif(thread > ?1, 0, thread)"
                         " WHERE id >= ?2 AND id <= ?3 AND (reply_to > ?1 OR thread > ?1)"
                         " RETURNING id");
    q.bind(after, packedKey(room, kPendingBit), packedKey(room, kPlaceMask));
    while (q.step())
        entries.push_back(placeOf(q.integer(0)) & ~kPendingBit);
    return entries;
}

void Timeline::refresh(RowId tid)
{
    std::optional<Stored> row = load("SELECT " STORED_COLUMNS " FROM messages WHERE tid = ?", tid);
    if (!row)
        return;
    showOver(*row);
    write(*row);
}

void Timeline::erase(RowId tid)
{
    m_db.query("DELETE FROM messages WHERE tid = ?").bind(tid).run();
}

} // namespace skein::offline
