// The messages of the rooms: what the server told, what is unsent, and the changes of ours that are
// not confirmed yet.
//
// A row shows the server's state with the user's unconfirmed changes (edit, delete, reaction, pin)
// applied over it; while there are any, the server's own state is kept in `base`, so a failed
// change can be taken back and a change by somebody else is not lost under it.
//
// Thread: the store's. Failures stick to the transaction (store.h).
#pragma once

#include "offline/content.h"
#include "offline/outbox.h"
#include "offline/rooms.h"
#include "offline/rowbuilder.h"
#include "offline/spans.h"
#include "offline/users.h"

#include <array>
#include <optional>
#include <unordered_map>
#include <vector>

namespace skein::offline
{

/// What one operation did to the rows that a screen may hold.
struct RowEffect {
    RowId changed = 0; ///< inserted, altered or moved; 0 = nothing
    RowId removed = 0; ///< a second row of the same message, merged away; 0 = none
};

class Timeline
{
public:
    Timeline(Db& db, Users& users, Outbox& outbox)
        : m_db(db)
        , m_users(users)
        , m_outbox(outbox)
        , m_builder(db)
    {
    }
    void setSelf(const UserId& self);

    // ---- what the server told ----
    /// A message of the log, in its current state. Merges with the row at its seq and with the
    /// unsent row of its tempId; only what is newer by rev changes anything.
    RowEffect applyMessage(RoomKey room, const protocol::Event& event);
    /// Of consecutive entries of the log, most of them new here, as a catch-up brings them: stores
    /// messages of others with one statement for several. Gives the row of each entry that was
    /// stored so; 0 = not looked at, to be applied by itself. Empty: all of them are.
    [[nodiscard]] std::vector<RowId> insertMessages(RoomKey room, const protocol::Event* begin,
                                                    const protocol::Event* end);
    /// A mutation. Applies per part (text, reactions, pin) only if event.seq is above what that
    /// part is known as of; a target that is not stored is nothing (its fetch will bring the
    /// resulting state).
    RowEffect applyMutation(RoomKey room, const protocol::Event& event);
    struct Confirmed {
        protocol::Kind kind = protocol::Kind::Text;
        std::string body;
        bool deleted = false;
    };
    /// The unsent row `tid` was committed as `seq`: same row, new place. `ord` and `ts` are the
    /// server's. `now`: what its row shows from now on; left as it was when there is no such row.
    RowEffect confirm(RowId tid, RoomKey room, const protocol::MessageConfirmed& confirmed,
                      Confirmed* now = nullptr);

    // ---- what the user wrote ----
    /// The row of an unsent message; its place follows from the outbox entry. Gives its tid.
    RowId insertUnsent(RoomKey room, std::int64_t outboxId, const protocol::MessageSend& send,
                       std::int64_t nowMs);
    /// A queued message was rewritten.
    void rewriteUnsent(RowId tid, const protocol::MessageSend& send);
    void setFailed(RowId tid, std::optional<ErrorCode> code);
    /// Confirmed messages with seq > `after` that this device sent, oldest first, as they would be
    /// sent again; at most the newest `limit`. Deleted ones are none.
    struct Sent {
        RowId tid = 0;
        std::int64_t sentBy = 0; ///< id of the outbox entry that it was; 0 = an older version's
        std::int64_t ts = 0;
        protocol::MessageSend frame; ///< room empty
    };
    [[nodiscard]] std::vector<Sent> sentHere(RoomKey room, Seq after, std::size_t limit);
    /// The row is unsent (again), at the place that follows from the outbox entry. Its server state
    /// is forgotten.
    void makeUnsent(RowId tid, RoomKey room, std::int64_t outboxId);
    /// Unsent messages of a room answer, and belong to, nothing with seq > `after` any more. Gives
    /// the outbox entries whose rows that changed.
    [[nodiscard]] std::vector<std::int64_t> cutReferences(RoomKey room, Seq after);
    /// Shows the server's state with the outbox's changes of this row over it. Call after either
    /// changed.
    void refresh(RowId tid);
    void erase(RowId tid);

    // ---- coverage ----
    [[nodiscard]] const SpanSet& spans(RoomKey room);
    void setSpans(RoomKey room, const SpanSet& spans);
    /// Drops every confirmed message and all coverage of a room. Unsent rows stay.
    void clearRoom(RoomKey room);

    // ---- looking ----
    struct Place {
        std::int64_t key = 0;
        RowId tid = 0;
        UserId sender;
        protocol::Kind kind = protocol::Kind::Text;
        TempId tempId; ///< that it was sent under; empty = by somebody else
        [[nodiscard]] RoomKey room() const { return roomOf(key); }
        [[nodiscard]] bool unsent() const { return isPendingPlace(placeOf(key)); }
        [[nodiscard]] Seq seq() const { return unsent() ? Seq() : Seq(placeOf(key)); }
    };
    [[nodiscard]] std::optional<Place> place(RowId tid);
    [[nodiscard]] std::optional<MessageRow> row(RowId tid, const RoomView& view);
    /// Own confirmed rows in (from, to], newest first: whose ticks change. At most `limit`.
    [[nodiscard]] std::vector<MessageRow> ownRows(const RoomView& view, Seq from, Seq to,
                                                  std::size_t limit);
    /// ord of the newest stored message at or below `seq`; nullopt when coverage does not prove it.
    [[nodiscard]] std::optional<Ord> ordAt(RoomKey room, Seq seq);

    /// True when some message here was sent under this key.
    [[nodiscard]] bool knows(const TempId& tempId);

    /// Display names have changed.
    void forgetNames() { m_builder.forgetUsers(); }
    /// After a rollback nothing that was remembered counts.
    void forget();

private:
    struct Stored;
    [[nodiscard]] std::optional<Stored> load(const char* sql, std::int64_t value);
    void write(const Stored& stored);
    [[nodiscard]] static RowId wantedTid(RoomKey room, const protocol::Event& event);
    static constexpr std::size_t kRowsAtOnce = 8;
    [[nodiscard]] bool insertGroup(RoomKey room, const protocol::Event* begin,
                                   const std::array<std::size_t, kRowsAtOnce>& group);
    RowId insertMessage(RoomKey room, const protocol::Event& event, bool* known = nullptr);
    /// 0: failed, or there is a row of this key (`keyTaken`).
    RowId insertRow(Stored& stored, bool* keyTaken = nullptr);
    [[nodiscard]] bool has(std::int64_t key);
    bool mergeServerState(Stored& stored, const protocol::Event& event);
    void showOver(Stored& stored);

    Db& m_db;
    Users& m_users;
    Outbox& m_outbox;
    RowBuilder m_builder;
    UserId m_self;
    std::unordered_map<RoomKey, SpanSet> m_spans; ///< of the rooms touched since the last forget()
    SpanSet m_unreadable;                         ///< what spans() gave when the disk failed
    RowId m_denseLo = 0, m_denseHi = 0;           ///< a run of tids known to be taken
};

} // namespace skein::offline
