// The queue of a connection: order, accounting, and the backpressure rules of docs/protocol.md.
#include "server/net/outqueue.h"

#include "protocol/limits.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <string>

using namespace skein;
using namespace skein::server;

namespace
{

using Outcome = OutQueue::Outcome;

FramePtr frame(std::size_t size, char fill = 'x')
{
    return std::make_shared<const OutFrame>(OutFrame::Prepared{std::string(size, fill)});
}
FramePtr frame(std::string text)
{
    return std::make_shared<const OutFrame>(OutFrame::Prepared{std::move(text)});
}
RoomRef room(const char* name)
{
    return std::make_shared<const RoomId>(name);
}

// Takes at most `bytes` from the front, as a kernel would.
std::string drain(OutQueue& queue, std::size_t bytes, MonoTime now = {})
{
    std::string text;
    while (!queue.empty() && bytes > 0) {
        iovec parts[kIovecsPerWriteMax];
        const std::size_t count = queue.gather(parts);
        std::size_t took = 0;
        for (std::size_t i = 0; i < count && took < bytes; ++i) {
            const std::size_t size = std::min(parts[i].iov_len, bytes - took);
            text.append(static_cast<const char*>(parts[i].iov_base), size);
            took += size;
        }
        bytes -= took;
        queue.consumed(took, now);
    }
    return text;
}

constexpr std::size_t kPart = 1000;
constexpr std::size_t kCost = kPart + kFrameOverheadBytes;

} // namespace

TEST(OutQueue, keepsTheOrderAcrossLanes)
{
    OutQueue queue;
    EXPECT_EQ(queue.push(frame("one "), Lane::Durable, room("r"), {}), Outcome::Queued);
    EXPECT_EQ(queue.push(frame("two "), Lane::Control, nullptr, {}), Outcome::Queued);
    EXPECT_EQ(queue.push(frame("three "), Lane::Ephemeral, nullptr, {}), Outcome::Queued);
    EXPECT_EQ(queue.push(frame("four"), Lane::Durable, room("r"), {}), Outcome::Queued);
    EXPECT_EQ(drain(queue, 1'000'000), "one two three four");
    EXPECT_TRUE(queue.empty());
    EXPECT_EQ(queue.bytes(), 0u);
}

TEST(OutQueue, oneGatherTakesAtMost64Frames)
{
    OutQueue queue;
    for (int i = 0; i < 100; ++i)
        (void)queue.push(frame(1), Lane::Control, nullptr, {});
    iovec parts[kIovecsPerWriteMax];
    EXPECT_EQ(queue.gather(parts), 64u);
    queue.consumed(64, {});
    EXPECT_EQ(queue.gather(parts), 36u);
}

TEST(OutQueue, ephemeralFramesAreShedAbove64KbQueued)
{
    OutQueue queue;
    for (std::size_t i = 0; i < protocol::kEphemeralQueueBytesMax / kCost; ++i)
        EXPECT_EQ(queue.push(frame(kPart), Lane::Ephemeral, nullptr, {}), Outcome::Queued);
    EXPECT_EQ(queue.push(frame(kPart), Lane::Ephemeral, nullptr, {}), Outcome::Shed);
    EXPECT_EQ(queue.push(frame(kPart), Lane::Durable, room("r"), {}), Outcome::Queued);
    (void)drain(queue, 10 * kPart);
    EXPECT_EQ(queue.push(frame(kPart), Lane::Ephemeral, nullptr, {}), Outcome::Queued);
}

TEST(OutQueue, durableOverflowCollapsesToTheRoomsOnce)
{
    OutQueue queue;
    std::size_t queued = 0;
    Outcome outcome = Outcome::Queued;
    while (outcome == Outcome::Queued && queued < 10'000)
        outcome = queue.push(frame(kPart), Lane::Durable, room(++queued % 2 ? "a" : "b"), {});
    EXPECT_EQ(outcome, Outcome::Collapsed);
    EXPECT_EQ(queued, protocol::kDurableQueueBytesMax / kCost + 1);
    EXPECT_TRUE(queue.empty());
    EXPECT_EQ(queue.bytes(), 0u);
    // Until the service has heard of it, what follows joins the collapse.
    EXPECT_EQ(queue.push(frame(kPart), Lane::Durable, room("c"), {}), Outcome::Collapsed);
    EXPECT_EQ(queue.takeCollapsed(), (std::vector<RoomId>{RoomId("a"), RoomId("b"), RoomId("c")}));
    EXPECT_TRUE(queue.takeCollapsed().empty());
    EXPECT_EQ(queue.push(frame(kPart), Lane::Durable, room("a"), {}), Outcome::Queued);
}

TEST(OutQueue, collapseKeepsRepliesAndTheHalfSentFrame)
{
    OutQueue queue;
    (void)queue.push(frame(std::string("HALFSENT")), Lane::Durable, room("r"), {});
    (void)queue.push(frame(std::string("reply")), Lane::Control, nullptr, {});
    EXPECT_EQ(drain(queue, 4), "HALF");
    EXPECT_TRUE(queue.midFrame());
    while (queue.push(frame(kPart), Lane::Durable, room("r"), {}) == Outcome::Queued) {
    }
    EXPECT_EQ(drain(queue, 1'000'000), "SENTreply");
    EXPECT_EQ(queue.takeCollapsed(), std::vector<RoomId>{RoomId("r")});
}

// Pages of a catch-up on a line slower than the server are no sign of a peer that does not listen.
TEST(OutQueue, repliesTakeNoRoomFromWhatIsTold)
{
    OutQueue queue;
    for (int i = 0; i < 4; ++i)
        EXPECT_EQ(queue.push(frame(200'000), Lane::Control, nullptr, {}), Outcome::Queued);
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(queue.push(frame(kPart), Lane::Durable, room("r"), {}), Outcome::Queued);
    EXPECT_FALSE(queue.hasCollapsed());
}

TEST(OutQueue, aSecondOverflowWithoutDrainingEndsTheConnection)
{
    OutQueue queue;
    (void)queue.push(frame(std::string("x")), Lane::Control, nullptr, {});
    while (queue.push(frame(kPart), Lane::Durable, room("r"), {}) == Outcome::Queued) {
    }
    (void)queue.takeCollapsed();
    Outcome outcome = Outcome::Queued;
    while (outcome == Outcome::Queued)
        outcome = queue.push(frame(kPart), Lane::Durable, room("r"), {});
    EXPECT_EQ(outcome, Outcome::Overflow);
}

TEST(OutQueue, drainingForgivesACollapse)
{
    OutQueue queue;
    (void)queue.push(frame(std::string("x")), Lane::Control, nullptr, {});
    for (int round = 0; round < 3; ++round) {
        Outcome outcome = Outcome::Queued;
        while (outcome == Outcome::Queued)
            outcome = queue.push(frame(kPart), Lane::Durable, room("r"), {});
        EXPECT_EQ(outcome, Outcome::Collapsed) << round;
        (void)queue.takeCollapsed();
        (void)queue.push(frame(std::string("x")), Lane::Control, nullptr, {});
        (void)drain(queue, 1'000'000);
    }
}

TEST(OutQueue, noProgressForTenSecondsCountsAsOverflow)
{
    OutQueue queue;
    const MonoTime start{1'000};
    (void)queue.push(frame(std::string("entry")), Lane::Durable, room("r"), start);
    EXPECT_EQ(queue.checkProgress(start + Milliseconds(protocol::kNoProgressMs - 1)),
              Outcome::Queued);
    EXPECT_EQ(drain(queue, 2, start + Milliseconds(5'000)), "en");
    EXPECT_EQ(queue.checkProgress(start + Milliseconds(protocol::kNoProgressMs)), Outcome::Queued);
    EXPECT_EQ(queue.checkProgress(start + Milliseconds(15'000)), Outcome::Collapsed);
    EXPECT_EQ(queue.checkProgress(start + Milliseconds(24'999)), Outcome::Queued);
    EXPECT_EQ(queue.checkProgress(start + Milliseconds(25'000)), Outcome::Overflow);
}

TEST(OutQueue, anEmptyQueueNeverStalls)
{
    OutQueue queue;
    EXPECT_EQ(queue.checkProgress(MonoTime{1'000'000}), Outcome::Queued);
    (void)queue.push(frame(std::string("x")), Lane::Control, nullptr, MonoTime{2'000'000});
    EXPECT_EQ(queue.checkProgress(MonoTime{2'000'001}), Outcome::Queued);
}

TEST(OutQueue, repliesWithoutABoundEndTheConnection)
{
    OutQueue queue;
    std::size_t count = 0;
    while (queue.push(frame(100'000), Lane::Control, nullptr, {}) == Outcome::Queued)
        ++count;
    EXPECT_EQ(count, kControlQueueBytesMax / (100'000 + kFrameOverheadBytes));
}

RC_GTEST_PROP(OutQueueProperty, whatIsQueuedComesOutInOrderAndIsCountedRight, ())
{
    OutQueue queue;
    std::string in, out;
    const auto steps = *rc::gen::container<std::vector<std::pair<bool, std::uint8_t>>>(
        rc::gen::pair(rc::gen::arbitrary<bool>(), rc::gen::arbitrary<std::uint8_t>()));
    for (const auto& [push, size] : steps) {
        if (push) {
            const std::string text(size + 1u, static_cast<char>('a' + size % 26));
            if (queue.push(frame(text), size % 3 ? Lane::Control : Lane::Durable, room("r"), {}) ==
                Outcome::Queued)
                in += text;
        } else {
            out += drain(queue, size);
        }
    }
    out += drain(queue, 10'000'000);
    RC_ASSERT(in == out);
    RC_ASSERT(queue.bytes() == 0u);
}
