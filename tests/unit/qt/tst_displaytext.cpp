#include "sdk/qt/displaytext.h"
#include "sdk/qt/roomlistmodel.h"

#include <gtest/gtest.h>

#include <set>

using namespace Skein;

TEST(DisplayText, initialsAreOfTheFirstAndTheLastWord)
{
    EXPECT_EQ(display::initials(QStringLiteral("Ann Maria Bell")), QStringLiteral("AB"));
    EXPECT_EQ(display::initials(QStringLiteral("ann")), QStringLiteral("A"));
    EXPECT_EQ(display::initials(QStringLiteral("  ")), QStringLiteral("?"));
    EXPECT_EQ(display::initials(QStringLiteral("გიორგი მაისურაძე")).size(), 2);
    EXPECT_EQ(display::initials(QStringLiteral("👩‍👩‍👧")),
              QStringLiteral("👩‍👩‍👧"))
        << "a grapheme is not cut";
}

TEST(DisplayText, initialsAreLettersAndTwoOnlyWhereTheyStandAlone)
{
    EXPECT_EQ(display::initials(QStringLiteral("『世界人権宣言』")), QStringLiteral("世"));
    EXPECT_EQ(display::initials(QStringLiteral("\"Ann\" (Bell)")), QStringLiteral("AB"));
    EXPECT_EQ(display::initials(QStringLiteral("Ann & 👩‍👩‍👧")), QStringLiteral("A"));
    EXPECT_EQ(display::initials(QStringLiteral("Room 7")), QStringLiteral("R7"));
    EXPECT_EQ(display::initials(QStringLiteral("الإعلان العالمي")), QStringLiteral("ا"));
    EXPECT_EQ(display::initials(QStringLiteral("मानव अधिकारों की घोषणा")), QStringLiteral("मा"));
    EXPECT_EQ(display::initials(QStringLiteral("世界 宣言")), QStringLiteral("世"));
}

TEST(DisplayText, badgeStopsAtNinetyNine)
{
    EXPECT_EQ(display::badge(0), QString());
    EXPECT_EQ(display::badge(99), QStringLiteral("99"));
    EXPECT_EQ(display::badge(100), QStringLiteral("99+"));
}

TEST(DisplayText, typingSentenceIsNotConfusedByNamesWithPlaceholders)
{
    EXPECT_EQ(display::typingSentence({}), QString());
    EXPECT_EQ(display::typingSentence({QStringLiteral("%2"), QStringLiteral("Ben")}),
              QStringLiteral("%2 and Ben are typing…"));
}

TEST(DisplayText, everyStatusAndErrorHasAText)
{
    std::set<QString> texts;
    for (int s = 0; s <= static_cast<int>(skein::offline::Status::Failed); ++s)
        texts.insert(display::statusText(static_cast<skein::offline::Status>(s)));
    EXPECT_EQ(texts.size(), 8U);
    EXPECT_EQ(texts.count(QString()), 0U);
    for (const skein::ErrorCode code : skein::allErrorCodes())
        EXPECT_FALSE(display::errorSentence(code).isEmpty());
}

TEST(DisplayText, colourIsStableAndInRange)
{
    EXPECT_EQ(display::colorIndex("user-1"), display::colorIndex("user-1"));
    for (const char* id : {"", "a", "room-x", "ყ"}) {
        EXPECT_GE(display::colorIndex(id), 0);
        EXPECT_LT(display::colorIndex(id), RoomListModel::kColorCount);
    }
}

TEST(DisplayText, utf8SurvivesBothWays)
{
    const std::string bytes("a\0\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x9a\x80 \xe1\x83\xa7", 17);
    EXPECT_EQ(display::utf8(display::text(bytes)), bytes);
    // Qt drops these at the beginning.
    for (const std::string marks : {"\xEF\xBB\xBF", "\xEF\xBB\xBF\xEF\xBB\xBFz", "\xEF\xBB\xBF "})
        EXPECT_EQ(display::utf8(display::text(marks)), marks);
}
