#include "server/storage/sqlite/rowcodec.h"

#include <gtest/gtest.h>

#include <set>

namespace skein::server::sqlite
{
namespace
{

using protocol::Event;

Event everything()
{
    Event event;
    event.replyTo = Seq(1);
    event.thread = Seq(std::int64_t{1} << 50);
    event.mentions = {UserId("u1"), UserId("u2")};
    event.attachments = {{"f1", "ფოტო.png", "image/png", std::int64_t{1} << 33, 640, 0},
                         {"f2", "", "application/pdf", 0, std::nullopt, std::nullopt}};
    event.reactions = {{"👍", {UserId("u1"), UserId("u2")}}, {"🎉", {}}};
    event.member = UserId("u3");
    event.role = protocol::Role::Admin;
    event.name = "";
    event.topic = std::string("a\0b", 3);
    event.archived = false;
    return event;
}

TEST(RowCodec, everyFieldComesBack)
{
    Event back;
    ASSERT_TRUE(unpackExtra(packExtra(everything()), back));
    EXPECT_EQ(back, everything());
}

TEST(RowCodec, aPlainTextHasNoExtra)
{
    EXPECT_EQ(packExtra(Event()), "");
    Event back;
    EXPECT_TRUE(unpackExtra("", back));
    EXPECT_EQ(back, Event());
}

TEST(RowCodec, whatIsCutAnywhereIsDamagedOrEndsBetweenTwoFields)
{
    const std::string whole = packExtra(everything());
    std::size_t damaged = 0;
    for (std::size_t length = 0; length < whole.size(); ++length) {
        Event back;
        if (unpackExtra(std::string_view(whole).substr(0, length), back)) {
            // What is left must be whole fields: packed again it is the same bytes.
            EXPECT_EQ(packExtra(back), whole.substr(0, length)) << length;
        } else {
            ++damaged;
        }
    }
    EXPECT_GT(damaged, whole.size() / 2);
}

TEST(RowCodec, damageInsideAFieldIsSaidAndTheFieldLeftOut)
{
    Event event;
    event.attachments = everything().attachments;
    std::string bytes = packExtra(event);
    // tag, length of the attachment, length of its id: claim a longer id than there are bytes.
    bytes[2] = '\x7f';
    Event back;
    EXPECT_FALSE(unpackExtra(bytes, back));
    EXPECT_TRUE(back.attachments.empty());

    Event reacted;
    reacted.reactions = {{"👍", {UserId("u1")}}};
    bytes = packExtra(reacted);
    bytes[bytes.size() - 3] = '\x7f'; // the length of the user's id
    Event again;
    EXPECT_FALSE(unpackExtra(bytes, again));
    EXPECT_TRUE(again.reactions.empty());
}

TEST(RowCodec, aNumberWithoutAnEndIsDamage)
{
    Event back;
    EXPECT_FALSE(unpackExtra(std::string("\x01") + std::string(12, '\xff'), back));
    EXPECT_FALSE(unpackExtra(std::string("\x01\x0a") + std::string(10, '\xff'), back));
    EXPECT_FALSE(back.replyTo);
}

TEST(RowCodec, aTagOfALaterVersionIsSkipped)
{
    Event event;
    event.name = "room";
    Event back;
    EXPECT_TRUE(unpackExtra(std::string("\x7f\x03xyz") + packExtra(event), back));
    EXPECT_EQ(back, event);
}

TEST(RowCodec, aRoleOfALaterVersionIsTheLeast)
{
    Event back;
    EXPECT_TRUE(unpackExtra(std::string("\x07\x01\x09"), back)); // tag 7: role
    EXPECT_EQ(back.role, protocol::Role::Member);
}

TEST(RowCodec, keysComeBackAndNeverMeet)
{
    const TempId uuid("01890a5d-ac96-774b-bcce-b302099a8057");
    const std::string packed = packTemp(uuid);
    EXPECT_EQ(packed.size(), 16U);
    EXPECT_EQ(unpackTemp(packed), uuid);
    // Another text, even one that is those 16 bytes, lies elsewhere.
    for (const TempId& other : {TempId("short"), TempId(packed), TempId(std::string(16, '\0')),
                                TempId("01890A5D-AC96-774B-BCCE-B302099A8057")}) {
        EXPECT_NE(packTemp(other), packed);
        EXPECT_EQ(unpackTemp(packTemp(other)), other);
    }
    EXPECT_EQ(unpackTemp(""), TempId());
}

TEST(RowCodec, flagsComeBack)
{
    for (std::int64_t flags = 0; flags < 8; ++flags) {
        Event event;
        setFlags(event, flags);
        EXPECT_EQ(flagsOf(event), flags);
    }
}

TEST(RowCodec, anEventIdIsOfOneRoomOneGenerationAndOneSeq)
{
    std::set<EventId> ids;
    for (std::int64_t room : {1, 17})
        for (std::int64_t epoch : {1, 17})
            for (std::int64_t seq : {1, 17, 1 << 30})
                ids.insert(eventIdOf(room, Epoch(epoch), Seq(seq)));
    EXPECT_EQ(ids.size(), 12U);
}

} // namespace
} // namespace skein::server::sqlite
