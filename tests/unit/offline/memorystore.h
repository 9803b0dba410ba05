// A migrated store in memory, gone with the test, and words for what a server says.
#pragma once

#include "offline/store.h"
#include "protocol/codec.h"

#include <gtest/gtest.h>

namespace skein::offline::test
{

inline const UserId kSelf{"u_me"};
inline const UserId kPeer{"u_her"};
inline constexpr std::int64_t kNowMs = 1'700'000'000'000;

class MemoryStore : public testing::Test
{
protected:
    void SetUp() override
    {
        static int serial = 0;
        auto opened = Store::open(
            {"file:/memory" + std::to_string(++serial) + "?vfs=memdb", {}, false, false, 0});
        ASSERT_TRUE(opened) << toString(opened.error());
        store = std::move(*opened);
        store->setSelf(kSelf);
        room = addRoom("room1");
    }

    RoomKey addRoom(const char* id)
    {
        RoomRecord record;
        record.row.room = RoomId(id);
        store->rooms().insert(record);
        return record.key;
    }
    [[nodiscard]] RoomView view() const { return {room, RoomId("room1"), Seq(), Seq()}; }

    static protocol::Event message(std::int64_t seq, const std::string& body,
                                   const UserId& sender = kPeer)
    {
        protocol::Event event;
        event.room = RoomId("room1");
        event.seq = Seq(seq);
        event.ord = Ord(seq);
        event.id = EventId("e" + std::to_string(seq));
        event.sender = sender;
        event.ts = kNowMs + seq;
        event.rev = Rev(seq);
        event.body = body;
        return event;
    }
    static protocol::Event mutation(std::int64_t seq, protocol::Kind kind, std::int64_t target)
    {
        protocol::Event event = message(seq, "");
        event.kind = kind;
        event.target = Seq(target);
        return event;
    }

    /// A message of ours in the outbox, with its row. Gives the row's tid.
    RowId enqueue(const std::string& body, const TempId& tempId)
    {
        protocol::MessageSend send;
        send.room = RoomId("room1");
        send.tempId = tempId;
        send.body = body;
        OutboxEntry entry;
        entry.tempId = tempId;
        entry.room = room;
        entry.payload = protocol::encode(protocol::ClientFrame(send));
        entry.createdMs = kNowMs;
        const std::int64_t id = store->outbox().add(entry);
        const RowId tid = store->timeline().insertUnsent(room, id, send, kNowMs);
        store->outbox().setRow(id, tid);
        return tid;
    }
    /// A change of row `tid` in the outbox, shown over it. Gives the entry's id.
    template <class Frame>
    std::int64_t change(RowId tid, Op op, Frame frame, const TempId& tempId)
    {
        frame.room = RoomId("room1");
        frame.tempId = tempId;
        OutboxEntry entry;
        entry.tempId = tempId;
        entry.room = room;
        entry.op = op;
        entry.tid = tid;
        entry.payload = protocol::encode(protocol::ClientFrame(frame));
        entry.createdMs = kNowMs;
        const std::int64_t id = store->outbox().add(entry);
        store->timeline().refresh(tid);
        return id;
    }
    [[nodiscard]] MessageRow row(RowId tid)
    {
        auto found = store->timeline().row(tid, view());
        EXPECT_TRUE(found) << "no row " << tid;
        return found.value_or(MessageRow());
    }

    std::unique_ptr<Store> store;
    RoomKey room = 0;
};

inline TempId tempId(int number)
{
    std::string digits = std::to_string(number);
    return TempId("00000000-0000-7000-8000-" + std::string(12 - digits.size(), '0') + digits);
}

} // namespace skein::offline::test
