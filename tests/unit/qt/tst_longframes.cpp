// What is taken apart beside the thread comes out in the order in which it went in.
#include "sdk/qt/longframes.h"

#include "core/random.h"
#include "protocol/compression.h"
#include "tests/unit/qt/wait.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

using namespace Skein;
using test::until;

namespace
{

namespace protocol = skein::protocol;

QByteArray bytesOf(const std::string& text)
{
    return QByteArray::fromStdString(text);
}

/// A page whose text is at least `bytes` long and shrinks to a half at most.
std::string page(const std::string& name, std::size_t bytes)
{
    protocol::SyncResponse response;
    response.req = skein::RequestId(name);
    protocol::SyncRoom& room = response.rooms.emplace_back();
    room.room = skein::RoomId("r_1");
    room.epoch = skein::Epoch(1);
    std::int64_t seq = 0;
    skein::SeededRandom random{bytes};
    for (std::size_t size = 0; size < bytes; size += 1'000) {
        protocol::Event& event = room.events.emplace_back();
        event.seq = skein::Seq(++seq);
        event.kind = protocol::Kind::Text;
        event.room = room.room;
        event.id = skein::EventId("e_" + std::to_string(seq));
        event.sender = skein::UserId("u_1");
        while (event.body.size() < 1'000)
            event.body += std::to_string(random.below(1'000'000'000));
    }
    room.lo = skein::Seq(1);
    room.hi = room.head = skein::Seq(seq);
    return protocol::encode(protocol::ServerFrame(std::move(response)));
}

class LongFramesTest : public testing::Test
{
protected:
    LongFramesTest()
    {
        QObject::connect(&frames, &LongFrames::received,
                         [this](const QByteArray& text) { out.push_back(text.toStdString()); });
        QObject::connect(
            &frames, &LongFrames::decoded, [this](const std::shared_ptr<DecodedFrame>& decoded) {
                out.push_back(decoded->frame
                                  ? std::get<protocol::SyncResponse>(*decoded->frame).req.str()
                                  : "not a frame");
            });
        QObject::connect(&frames, &LongFrames::spoilt,
                         [this](const QByteArray&) { out.push_back("spoilt"); });
        QObject::connect(&frames, &LongFrames::closed, [this](int code, const QByteArray& reason) {
            out.push_back(std::to_string(code) + ' ' + reason.toStdString());
        });
    }
    std::string deflated(const std::string& text) { return deflater.deflated(text); }

    protocol::Deflater deflater;
    LongFrames frames;
    std::vector<std::string> out;
    using Out = std::vector<std::string>;
};

TEST_F(LongFramesTest, shortOnesComeOutAtOnceAndAsText)
{
    const std::string text = page("a", 2'000);
    const std::string small = deflated(text);
    ASSERT_FALSE(small.empty());
    frames.text(bytesOf("{}"));
    frames.compressed(bytesOf(small));
    frames.close(1000, "bye");
    EXPECT_EQ(out, (Out{"{}", text, "1000 bye"}));
}

TEST_F(LongFramesTest, everythingWaitsForALongOneBeforeIt)
{
    const std::string compressed = deflated(page("b", 200'000));
    ASSERT_GE(static_cast<qsizetype>(compressed.size()), LongFrames::kCompressedBytesMin);
    frames.text(bytesOf("1"));
    frames.compressed(bytesOf(compressed));
    frames.text(bytesOf("2"));
    frames.text(bytesOf(page("c", 200'000)));
    frames.compressed(bytesOf(deflated(page("a", 2'000))));
    frames.close(4001, "gone");
    EXPECT_EQ(out, Out{"1"}) << "the thread's answer cannot be here without the event loop";
    ASSERT_TRUE(until([&] { return out.size() == 6; }));
    EXPECT_EQ(out, (Out{"1", "b", "2", "c", page("a", 2'000), "4001 gone"}));
}

TEST_F(LongFramesTest, whatIsForgottenDoesNotComeOut)
{
    frames.text(bytesOf(page("old", 200'000)));
    frames.text(bytesOf("old"));
    frames.close(1006, {});
    frames.forget();
    frames.text(bytesOf("1"));
    frames.text(bytesOf(page("new", 20'000)));
    ASSERT_TRUE(until([&] { return out.size() == 2; }));
    EXPECT_EQ(out, (Out{"1", "new"}));
}

TEST_F(LongFramesTest, forgettingWhileSomethingIsToldEndsTheRest)
{
    QObject::connect(&frames, &LongFrames::decoded, [this] { frames.forget(); });
    frames.text(bytesOf(page("a", 20'000)));
    frames.text(bytesOf("never"));
    ASSERT_TRUE(until([&] { return !out.empty(); }));
    frames.text(bytesOf("2"));
    EXPECT_EQ(out, (Out{"a", "2"}));
}

TEST_F(LongFramesTest, whatCannotBeInflatedOrIsNoFrameIsSaid)
{
    frames.compressed(QByteArray(5'000, '\xff'));
    frames.compressed(QByteArray(10, '\xff'));
    frames.text(QByteArray(20'000, '{'));
    ASSERT_TRUE(until([&] { return out.size() == 3; }));
    EXPECT_EQ(out, (Out{"spoilt", "spoilt", "not a frame"}));
}

// A server that sends without end, to a client whose loop does not turn.
TEST_F(LongFramesTest, notMoreThanABoundedNumberWaits)
{
    const QByteArray text = bytesOf(page("a", 20'000));
    for (int i = 0; i < 100; ++i) {
        frames.text(text);
        EXPECT_GE(static_cast<int>(out.size()), i + 1 - LongFrames::kUnderWayMax);
    }
    for (int i = 0; i < 3'000; ++i)
        frames.text(bytesOf("s"));
    EXPECT_GE(out.size(), 3'100 - LongFrames::kLineMax);
    ASSERT_TRUE(until([&] { return out.size() == 3'100; }));
}

// Forgotten while the ninth waits for the thread.
TEST_F(LongFramesTest, whatWaitedForRoomIsForgottenToo)
{
    QObject::connect(&frames, &LongFrames::decoded, [this] { frames.forget(); });
    const QByteArray text = bytesOf(page("a", 20'000));
    for (int i = 0; i < LongFrames::kUnderWayMax; ++i)
        frames.text(text);
    frames.text(text);
    EXPECT_EQ(out, Out{"a"});
    for (int i = 0; i < LongFrames::kUnderWayMax; ++i)
        frames.text(text);
    frames.close(1006, {});
    EXPECT_EQ(out, (Out{"a", "a"}));
    frames.text(bytesOf("2"));
    ASSERT_TRUE(until([&] { return out.back() == "2"; }));
    EXPECT_EQ(out, (Out{"a", "a", "2"}));
}

TEST_F(LongFramesTest, goingWhileTheThreadIsBusyIsSafe)
{
    auto going = std::make_unique<LongFrames>();
    int told = 0;
    QObject::connect(going.get(), &LongFrames::decoded, [&] { ++told; });
    const QByteArray text = bytesOf(page("a", 200'000));
    for (int i = 0; i < LongFrames::kUnderWayMax; ++i)
        going->text(text);
    going.reset();
    QCoreApplication::processEvents();
    EXPECT_EQ(told, 0);
}

} // namespace
