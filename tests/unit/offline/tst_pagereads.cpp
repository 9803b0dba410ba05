// What opening a room costs a disk, in pages: the figure that decides on a slow one, and that no
// noise disturbs.
#include "offline/reader.h"
#include "offline/store.h"
#include "tests/unit/offline/countingvfs.h"

#include <filesystem>

#include <gtest/gtest.h>

#include <unistd.h>

namespace skein::offline
{
namespace
{

constexpr std::int64_t kPageReadsMax = 10; // docs/performance.md, store.open_room

class PageReads : public testing::Test
{
protected:
    void SetUp() override
    {
        m_dir = std::filesystem::path(testing::TempDir()) /
                ("skein-pagereads-" + std::to_string(::getpid()));
        std::filesystem::remove_all(m_dir);
        std::filesystem::create_directories(m_dir);
        m_path = (m_dir / "store.db").string();
        auto store = std::move(*Store::open({m_path, {}, false, false, 0}));
        store->setSelf(UserId("u_0"));
        // Rooms in turn, so that what belongs together was not written together.
        std::vector<RoomRecord> rooms(kRooms);
        for (std::size_t i = 0; i < kRooms; ++i) {
            auto transaction = store->begin(Durability::Cache);
            rooms[i].row.room = roomId(i);
            rooms[i].row.name = "Room " + std::to_string(i);
            store->rooms().insert(rooms[i]);
            ASSERT_TRUE(transaction.commit());
        }
        for (int round = 0; round < 10; ++round) {
            for (std::size_t i = 0; i < kRooms; ++i)
                put(*store, rooms[i], i == kLong ? 1'000 : 10);
        }
    } // closed: everything is in the file, nothing in the WAL
    void TearDown() override { std::filesystem::remove_all(m_dir); }

    static RoomId roomId(std::size_t i) { return RoomId("r_" + std::to_string(i)); }

    void put(Store& store, RoomRecord& room, int count)
    {
        auto transaction = store.begin(Durability::Cache);
        const Seq before = room.row.head;
        for (int i = 0; i < count; ++i) {
            room.row.head = room.row.head.next();
            protocol::Event event;
            event.room = room.row.room;
            event.seq = room.row.head;
            event.ord = Ord(event.seq.value());
            event.rev = Rev(event.seq.value());
            event.id = EventId("e_" + std::to_string(m_ts));
            event.sender = UserId("u_" + std::to_string(event.seq.value() % 8));
            event.ts = ++m_ts;
            event.body = std::string(135, 'x');
            if (event.seq.value() % 8 == 0)
                event.replyTo = Seq(event.seq.value() - 3);
            store.timeline().applyMessage(room.key, event);
        }
        SpanSet spans = store.timeline().spans(room.key);
        spans.add({before.next(), room.row.head, room.row.head});
        spans.advance(before, room.row.head);
        store.timeline().setSpans(room.key, spans);
        room.row.read = room.row.head;
        room.row.activeTs = m_ts;
        store.rooms().save(room);
        ASSERT_TRUE(transaction.commit());
    }
    /// Pages read to show a room on a connection that has read the room list, as the app does.
    std::int64_t coldReads(const RoomId& room)
    {
        CountingVfs vfs;
        auto reader = std::move(*Reader::open(CountingVfs::uri(m_path)));
        EXPECT_EQ(reader->rooms(0, 30)->size(), 30U);
        EXPECT_GT(vfs.pageReads(), 0) << "nothing was counted";
        vfs.reset();
        EXPECT_TRUE(reader->counts(room));
        EXPECT_EQ(reader->newest(room, 50)->rows.size(), 50U);
        EXPECT_TRUE(reader->draft(room));
        return vfs.pageReads();
    }

    static constexpr std::size_t kRooms = 60, kLong = 7;

private:
    std::filesystem::path m_dir;
    std::string m_path;
    std::int64_t m_ts = 1'700'000'000'000;
};

TEST_F(PageReads, aRoomOpensColdWithAtMostTenPages)
{
    const std::int64_t reads = coldReads(roomId(kLong));
    RecordProperty("reads", static_cast<int>(reads));
    EXPECT_LE(reads, kPageReadsMax);
    EXPECT_GE(reads, 3); // fifty messages of this size do not fit into less
}

TEST_F(PageReads, aLongRoomReadsAtMostOnePageMoreThanAShortOne)
{
    EXPECT_LE(coldReads(roomId(kLong)), coldReads(roomId(3)) + 1);
}

} // namespace
} // namespace skein::offline
