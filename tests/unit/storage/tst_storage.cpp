// The pure helpers of storage.h.
#include "server/storage/storage.h"

#include "protocol/codec.h"

#include <gtest/gtest.h>

using namespace skein;
using namespace skein::server;
using protocol::Event;
using protocol::Kind;

TEST(PreviewText, isOneLineOfAtMost140Characters)
{
    EXPECT_EQ(previewText("  a\n\nb\tc  "), "a b c");
    EXPECT_EQ(previewText(""), "");
    std::string georgian;
    for (int i = 0; i < 300; ++i)
        georgian += "ა";
    EXPECT_EQ(protocol::characterCount(previewText(georgian)), 140u);
    EXPECT_TRUE(protocol::isValidUtf8(previewText(georgian)));
    // A blank in front of the last one that fits counts too.
    EXPECT_EQ(previewText(std::string(139, 'a') + " b"), std::string(139, 'a'));
    EXPECT_EQ(previewText(std::string(138, 'a') + " b"), std::string(138, 'a') + " b");
    EXPECT_EQ(previewText("\xF0\x9F"), "\xF0\x9F"); // cut short: no read beyond the end
}

TEST(LastMessage, isReplacedByNewerMessagesAndFollowsItsMutations)
{
    LastMessage last;
    Event event;
    event.kind = Kind::Text;
    event.seq = Seq(5);
    event.body = "five";
    EXPECT_TRUE(applyToLast(last, event, 1));
    event.seq = Seq(4);
    event.body = "four";
    EXPECT_FALSE(applyToLast(last, event, 1));
    EXPECT_EQ(last.text, "five");
    Event edit;
    edit.kind = Kind::Edit;
    edit.seq = Seq(6);
    edit.target = Seq(4);
    edit.body = "not the newest";
    EXPECT_FALSE(applyToLast(last, edit, 1));
    edit.target = Seq(5);
    edit.body = "edited";
    EXPECT_TRUE(applyToLast(last, edit, 1));
    EXPECT_EQ(last.text, "edited");
    edit.kind = Kind::Reaction;
    EXPECT_FALSE(applyToLast(last, edit, 1));
    edit.kind = Kind::Delete;
    EXPECT_TRUE(applyToLast(last, edit, 1));
    EXPECT_EQ(last.text, "");
}

TEST(WireBytes, isNeverLessThanWhatTheCodecWrites)
{
    std::vector<Event> events(1);
    Event full;
    full.room = RoomId(std::string(36, 'r'));
    full.seq = Seq(protocol::kIntegerMax);
    full.ord = Ord(protocol::kIntegerMax);
    full.rev = Rev(protocol::kIntegerMax);
    full.id = EventId(std::string(40, 'e'));
    full.sender = UserId(std::string(38, 'u'));
    full.tempId = TempId("0190a0a0-0000-7000-8000-000000000000");
    full.ts = protocol::kIntegerMax;
    full.edited = full.pinned = true;
    full.replyTo = full.thread = Seq(protocol::kIntegerMax);
    events.push_back(full);
    for (const char* body :
         {"plain", "\x01\x02\x1f", "\"\\\"\\", "ქართული 🙂", "line\nbreak\ttab"}) {
        Event event = full;
        for (int i = 0; i < 200; ++i)
            event.body += body;
        event.mentions.assign(50, UserId(std::string(38, 'm')));
        event.attachments.push_back(
            {"id", "na\"me", "image/png", protocol::kIntegerMax, 10'000, 10'000});
        event.reactions.push_back({"👍", std::vector<UserId>(100, UserId(std::string(38, 'm')))});
        events.push_back(event);
    }
    for (const Event& event : events)
        EXPECT_GE(wireBytes(event), protocol::encodeEvent(event).size())
            << protocol::encodeEvent(event).substr(0, 300);
}
