#include "sdk/qt/roomlistmodel.h"
#include "sdk/qt/timelinemodel.h"

#include <QAbstractItemModelTester>
#include <QSignalSpy>

#include <gtest/gtest.h>

using namespace Skein;
using skein::RoomId;
using skein::Seq;
using skein::offline::RoomRow;

namespace
{

RoomRow room(const char* id, std::int64_t activeTs, const char* name = nullptr)
{
    RoomRow row;
    row.room = RoomId(id);
    row.name = name ? name : id;
    row.activeTs = activeTs;
    return row;
}

struct RoomListTest : testing::Test {
    RoomListModel model;
    QAbstractItemModelTester tester{&model, QAbstractItemModelTester::FailureReportingMode::Fatal};
    [[nodiscard]] QString order() const
    {
        QString out;
        for (int i = 0; i < model.count(); ++i)
            out += model.roomAt(i);
        return out;
    }
};

} // namespace

TEST_F(RoomListTest, activityMovesARoomUpWithoutAReset)
{
    model.apply({room("a", 30), room("b", 20), room("c", 10)}, {});
    QSignalSpy moves(&model, &QAbstractItemModel::rowsMoved);
    QSignalSpy resets(&model, &QAbstractItemModel::modelReset);
    model.apply({room("c", 40)}, {});
    EXPECT_EQ(order(), QStringLiteral("cab"));
    EXPECT_EQ(moves.count(), 1);
    EXPECT_EQ(resets.count(), 0);
}

TEST_F(RoomListTest, onlyTheRolesThatChangedAreTold)
{
    model.apply({room("a", 30)}, {});
    QSignalSpy changes(&model, &QAbstractItemModel::dataChanged);
    RoomRow row = room("a", 30);
    row.unread = 120;
    model.apply({row}, {});
    ASSERT_EQ(changes.count(), 1);
    EXPECT_EQ(changes[0][2].value<QList<int>>(),
              (QList<int>{RoomListModel::UnreadRole, RoomListModel::UnreadTextRole}));
    EXPECT_EQ(model.room(QStringLiteral("a")).value(QStringLiteral("unreadText")).toString(),
              QStringLiteral("99+"));
    EXPECT_EQ(model.unreadTotal(), 120);
    model.apply({row}, {});
    EXPECT_EQ(changes.count(), 1) << "the same again says nothing";
}

TEST_F(RoomListTest, filterTakesRoomsOutAndBringsThemBackInOrder)
{
    model.apply({room("a", 30, "Alpha job"), room("b", 20, "Beta"), room("c", 10, "Gamma job")},
                {});
    model.setFilter(QStringLiteral("JOB"));
    EXPECT_EQ(order(), QStringLiteral("ac"));
    EXPECT_EQ(model.total(), 3);
    model.apply({room("b", 50, "Beta job")}, {}); // begins to match
    EXPECT_EQ(order(), QStringLiteral("bac"));
    model.setFilter(QString());
    EXPECT_EQ(order(), QStringLiteral("bac"));
}

TEST_F(RoomListTest, archivedRoomsAreShownOnRequest)
{
    RoomRow archived = room("b", 20);
    archived.archived = true;
    model.apply({room("a", 30), archived}, {});
    EXPECT_EQ(order(), QStringLiteral("a"));
    model.setShowArchived(true);
    EXPECT_EQ(order(), QStringLiteral("ab"));
}

TEST_F(RoomListTest, removedRoomsAreGone)
{
    model.apply({room("a", 30), room("b", 20)}, {});
    model.apply({}, {RoomId("a"), RoomId("never there")});
    EXPECT_EQ(order(), QStringLiteral("b"));
    EXPECT_EQ(model.rowOf(QStringLiteral("a")), -1);
}

TEST_F(RoomListTest, ticksOfTheLastOwnMessageFollowTheOthers)
{
    model.setOwnUser(QStringLiteral("me"));
    RoomRow row = room("a", 30);
    row.last = skein::protocol::Preview{
        Seq(5), skein::UserId("me"), "Me", skein::protocol::Kind::Text, "hi", 30};
    model.apply({row}, {});
    const auto status = [this] {
        return model.data(model.index(0), RoomListModel::LastStatusRole).toInt();
    };
    EXPECT_EQ(status(), TimelineModel::Sent);
    row.othersDelivered = Seq(5);
    model.apply({row}, {});
    EXPECT_EQ(status(), TimelineModel::Delivered);
    row.othersRead = Seq(5);
    model.apply({row}, {});
    EXPECT_EQ(status(), TimelineModel::Read);
}

TEST_F(RoomListTest, manyRoomsAtFirstAreOneReset)
{
    std::vector<RoomRow> rows;
    for (int i = 0; i < 5000; ++i)
        rows.push_back(room(("r" + std::to_string(i)).c_str(), i + 1));
    QSignalSpy resets(&model, &QAbstractItemModel::modelReset);
    model.apply(rows, {});
    EXPECT_EQ(resets.count(), 1);
    EXPECT_EQ(model.count(), 5000);
    EXPECT_EQ(model.roomAt(0), QStringLiteral("r4999"));
    EXPECT_EQ(model.nextRow(0, 1), 1);
    EXPECT_EQ(model.nextRow(0, 1, true), -1);
}

TEST_F(RoomListTest, typingIsARoleOfItsOwn)
{
    model.apply({room("a", 30)}, {});
    QSignalSpy changes(&model, &QAbstractItemModel::dataChanged);
    model.setTypingText(QStringLiteral("a"), QStringLiteral("Ann is typing…"));
    ASSERT_EQ(changes.count(), 1);
    EXPECT_EQ(model.data(model.index(0), RoomListModel::TypingTextRole).toString(),
              QStringLiteral("Ann is typing…"));
}
