// One real engine on a real file of the FaultVfs, with a small server that answers it, so that an
// operation can be run against a failing disk, looked at, and brought to its end.
#pragma once

#include "tests/fault/faultvfs.h"
#include "tests/unit/engine/world.h"

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace skein::engine::test
{

/// What the device's file holds, read by statements of its own.
struct DiskState {
    std::string integrity;
    std::vector<std::string> outbox;   ///< temporary ids, in order
    std::vector<std::string> messages; ///< "seq body", own unsent ones with seq 0
    std::vector<std::string> drafts;
    std::int64_t covered = 0; ///< highest seq of the log that is stored
    std::string invariant;    ///< empty = holds
};

inline const UserId kHim{"u_him"};

class DiskWorld : public World
{
protected:
    void SetUp() override;
    void TearDown() override;

    /// A device that knows a room with kLogSize messages, some of them its own, and is live.
    void begin();
    /// Everything that another connection would have to read again is read again.
    void chill();
    /// The process dies: nothing of it reaches the disk any more. With `power`, unsynced bytes are
    /// lost too.
    void die(bool power);
    /// The next process on the same disk.
    void comeBack();
    /// The server answers and time passes until nothing more can be expected.
    void settle(int steps = kSettleSteps);
    /// The server answers all that it was asked, once. What begins with "bad" it refuses for good.
    void serve();
    /// The server's log grows by a message of hers; true = the device is told at once.
    void sheWrites(const std::string& body, bool told);
    void sheChanges(protocol::Event event, bool told);
    void receipts(std::int64_t read, std::int64_t delivered);
    /// Another device of this user wrote a draft, `other` beside it.
    void otherDeviceWrites(const std::string& text, const std::string& other);

    [[nodiscard]] DiskState look();
    /// The room as a screen would read it: one line a row, then the room's counts.
    [[nodiscard]] std::vector<std::string> shown();
    /// The same from what the engine told the screen; holes and names excepted.
    [[nodiscard]] std::vector<std::string> told() const;
    [[nodiscard]] static std::string line(const offline::MessageRow& row);
    /// Row of a message with this text, as a screen knows it.
    [[nodiscard]] offline::RowId rowOf(const std::string& body);
    [[nodiscard]] offline::StoreOptions options() const;
    [[nodiscard]] std::string folderPath() const { return m_folder.string(); }
    /// Opens the store and makes the engine; false when the disk refused.
    bool openAll();

    static constexpr int kLogSize = 6, kPageSize = 3;
    static constexpr int kSettleSteps = 60;
    static constexpr std::int64_t kSettleStepMs = 1'500; ///< in all longer than every back-off
    skein::fault::FaultVfs failing;
    std::int64_t othersRead = 0, othersDelivered = 0, myRead = 0;
    bool member = true; ///< of kRoom, as the server sees it
    std::string roomName = "Room";
    bool heIsMember = false;         ///< a third user, in kRoom
    protocol::DraftInfo myDraft;     ///< in kRoom; rev 0: none was ever written
    std::int64_t gapMax = INT64_MAX; ///< who missed more gets the newest kPageSize and a hole
    std::vector<protocol::RoomInfo> others; ///< rooms besides kRoom

private:
    template <class F>
    void each(F&& answer);
    void commit(protocol::Event event, bool toSelf);
    void answerOneSync(const protocol::SyncRequest& request);

    std::filesystem::path m_root, m_folder, m_template;
    std::map<TempId, std::int64_t> m_stored;
    int m_opens = 0, m_serial = 0;
};

} // namespace skein::engine::test
