#include "offline/content.h"

#include <gtest/gtest.h>

namespace skein::offline
{
namespace
{

TEST(Content, textFormGivesTheSameBack)
{
    Content content;
    content.body = "ა\n\"\\ 👩‍👩‍👧";
    content.edited = content.pinned = true;
    content.reactions = {{"👍", {UserId("a"), UserId("b")}}, {"x", {UserId("c")}}};
    content.attachments = {{"id", "name.png", "image/png", 12, 3, 4},
                           {"id2", "f", "t/x", 0, {}, {}}};
    content.mentions = {UserId("a")};
    EXPECT_EQ(decodeBase(encodeBase(content)), content);
    Content lists;
    decodeExtra(encodeExtra(content), lists);
    EXPECT_EQ(lists.reactions, content.reactions);
    EXPECT_EQ(lists.attachments, content.attachments);
    EXPECT_EQ(lists.mentions, content.mentions);
    EXPECT_EQ(encodeExtra(Content{}), "");
}

TEST(Content, foreignTextIsTolerated)
{
    for (const char* bad :
         {"", "{", "[]", "null", R"({"r":1,"a":[1],"m":[{}]})", R"({"r":[{"k":1,"u":2}]})"}) {
        Content content;
        decodeExtra(bad, content);
        EXPECT_TRUE(content.attachments.empty()) << bad;
        EXPECT_TRUE(content.mentions.empty()) << bad;
        EXPECT_EQ(decodeBase(bad).body, "") << bad;
    }
}

TEST(Content, reactionIsOncePerUser)
{
    Content content;
    const UserId me("me");
    react(content, me, "👍", true);
    react(content, me, "👍", true);
    ASSERT_EQ(content.reactions.size(), 1U);
    EXPECT_EQ(content.reactions[0].users.size(), 1U);
    react(content, UserId("her"), "👍", true);
    EXPECT_EQ(content.reactions[0].users, (std::vector<UserId>{me, UserId("her")}));
    react(content, me, "x", false);
    react(content, me, "👍", false);
    ASSERT_EQ(content.reactions.size(), 1U) << "hers stays";
    react(content, UserId("her"), "👍", false);
    EXPECT_TRUE(content.reactions.empty());
}

} // namespace
} // namespace skein::offline
