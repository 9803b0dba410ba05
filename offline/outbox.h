// What waits to be confirmed by the server, in the order it was written. Only the user, or the
// server's word on an entry, removes anything here: no sync, gap, epoch change or cache reset does
// (docs/adr/0004-outbox-rules.md).
//
// Thread: the store's. Failures stick to the transaction (store.h).
#pragma once

#include "core/error.h"
#include "offline/keys.h"
#include "protocol/limits.h"

#include <optional>
#include <string>
#include <vector>

namespace skein::offline
{

class Db;

enum class Op { Send, Edit, Delete, Reaction, Pin, Member, RoomUpdate, RoomCreate };

/// Target of an operation on a message that has no seq yet; replaced when it is sent.
inline constexpr Seq kTargetUnknown{protocol::kIntegerMax};

struct OutboxEntry {
    std::int64_t id = 0; ///< order of sending; never reused
    TempId tempId;
    RoomKey room = 0; ///< 0: of no room (RoomCreate)
    Op op = Op::Send;
    RowId tid = 0; ///< Send: its own row. Edit, Delete, Reaction, Pin: the row it changes. Else 0
    std::string payload; ///< the frame, as protocol::encode() gives it; empty in lists
    std::optional<ErrorCode> failed;
    Seq acked; ///< confirmed, its event not here yet: shown, not sent
    std::int64_t createdMs = 0;
};

class Outbox
{
public:
    explicit Outbox(Db& db)
        : m_db(db)
    {
    }

    /// Appends; gives the entry's id.
    std::int64_t add(const OutboxEntry& entry);
    /// All entries by id, without their payload.
    [[nodiscard]] std::vector<OutboxEntry> list();
    /// With payload; nullopt when there is none.
    [[nodiscard]] std::optional<OutboxEntry> find(const TempId& tempId);
    [[nodiscard]] std::string payload(std::int64_t id);
    /// Operations that change row `tid` (not its own Send), in order, with payload.
    [[nodiscard]] std::vector<OutboxEntry> changesOf(RowId tid);
    /// Operations of one kind in a room, in order, with payload; not the failed ones.
    [[nodiscard]] std::vector<OutboxEntry> ofRoom(RoomKey room, Op op);
    void setPayload(std::int64_t id, const std::string& payload);
    void setRow(std::int64_t id, RowId tid);
    void setFailed(std::int64_t id, std::optional<ErrorCode> code);
    void setAcked(std::int64_t id, Seq seq);
    void erase(std::int64_t id);
    [[nodiscard]] bool usesRoom(RoomKey room);

private:
    Db& m_db;
};

} // namespace skein::offline
