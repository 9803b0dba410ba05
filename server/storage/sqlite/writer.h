// Executes operations inside the writer's transaction. Knows the counters of every room in memory,
// so that a message costs two inserts; one update a room and commit writes them back. Thread: the
// writer's.
#pragma once

#include "server/storage/sqlite/db.h"
#include "server/storage/storage.h"

#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace skein::server::sqlite
{

class Writer
{
public:
    explicit Writer(Db& db)
        : m_db(db)
    {
    }

    /// Prepares the statements and reads the rooms' counters.
    [[nodiscard]] Result<void> open();
    /// Room counters, users, members, positions, for the service's memory.
    [[nodiscard]] Result<Snapshot> load();

    /// Starts a transaction; false when that failed.
    bool begin();
    /// Writes the counters and commits. On an error everything since begin() is undone, in the file
    /// and in memory.
    [[nodiscard]] Result<void> commit();
    void rollback();

    [[nodiscard]] Result<Logged> run(LogOp& op);
    [[nodiscard]] Result<RoomMade> run(CreateRoomOp& op);
    [[nodiscard]] Result<std::vector<PositionSet>> run(PositionsOp& op);
    [[nodiscard]] Result<DraftStored> run(DraftOp& op);
    [[nodiscard]] Result<UserRow> run(CreateUserOp& op);
    [[nodiscard]] Result<SessionMade> run(CreateSessionOp& op);
    [[nodiscard]] Result<Rotated> run(RotateSessionOp& op);
    [[nodiscard]] Result<bool> run(RevokeDeviceOp& op);
    [[nodiscard]] Result<bool> revoke(const SessionId& session, std::int64_t ts);

private:
    struct RoomState {
        RoomId id;
        Epoch epoch;
        Seq seq;
        Ord ord;
        Touch touch = 0;
        LastMessage last;
        bool dirty = false;
        bool made = false; ///< in this transaction
    };
    struct DeviceEntry {
        std::int64_t key = 0;
    };
    struct Target {
        UserKey sender = 0;
        protocol::Event event;
    };

    RoomState& touched(RoomKey key, RoomState& room);
    [[nodiscard]] std::int64_t deviceKey(UserKey user, const DeviceId& device);
    [[nodiscard]] std::optional<Logged> earlier(const std::string& temp, std::int64_t device);
    [[nodiscard]] Result<void> checkPrev(const LogOp& op, std::int64_t device);
    [[nodiscard]] Result<Target> target(const LogOp& op, const RoomState& room);
    [[nodiscard]] Result<void> resolve(LogOp& op, const RoomState& room);
    [[nodiscard]] Result<void> applyReaction(LogOp& op, Target& target);
    [[nodiscard]] Result<void> applyMember(LogOp& op);
    [[nodiscard]] Result<void> applyRoom(LogOp& op);
    void saveTarget(const LogOp& op, const Target& target, Rev rev);
    void insertEntry(RoomKey room, UserKey sender, const protocol::Event& event,
                     std::string_view temp);
    [[nodiscard]] std::optional<std::string> prepare();

    Db& m_db;
    Touch m_touch = 0;
    std::unordered_map<RoomKey, RoomState> m_rooms;
    /// Rooms changed in this transaction, as they were before it.
    std::vector<std::pair<RoomKey, RoomState>> m_before;
    Touch m_touchBefore = 0;
    std::unordered_map<std::string, std::int64_t>
        m_devices; ///< "user/device" → key; emptied at kCacheMax
    /// Last stored key of each device and room: the usual `prev`, found without a look into the
    /// file.
    std::unordered_map<std::string, std::string> m_lastTemp;

    Stmt m_begin, m_commit, m_rollback;
    Stmt m_insertOp, m_findOp, m_findEntry, m_insertMessage, m_updateRoom;
    Stmt m_findTarget, m_updateTarget, m_scrubEdits;
    Stmt m_findDevice, m_insertDevice;
    Stmt m_insertMention, m_dropMentions, m_dropMessageMentions;
    Stmt m_findMember, m_putMember, m_dropMember, m_countOwners, m_countMembers, m_putDeparture,
        m_dropDeparture, m_dropMemberMentions;
    Stmt m_updateRoomInfo, m_insertRoom, m_insertDirect, m_findDirect;
    Stmt m_readPosition, m_ordAt, m_putPosition;
    Stmt m_findDraft, m_putDraft, m_renewDraft, m_touchDrafts;
    Stmt m_insertUser, m_findUserName, m_insertSession, m_insertRefresh, m_oldSessions,
        m_findRefresh, m_setCurrent, m_dropRefresh, m_revokeSession, m_sessionUser, m_revokeDevice;
};

} // namespace skein::server::sqlite
