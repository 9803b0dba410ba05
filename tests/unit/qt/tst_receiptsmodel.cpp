#include "offline/store.h"
#include "sdk/qt/accounts.h"
#include "sdk/qt/client.h"
#include "sdk/qt/receiptsmodel.h"
#include "tests/unit/qt/wait.h"

#include <QSignalSpy>
#include <QTemporaryDir>

#include <gtest/gtest.h>

#include <memory>

using namespace Skein;
using skein::Seq;
using skein::UserId;
using skein::offline::Store;
using test::until;

namespace
{

/// A client whose store another process has: it reads what that one writes, and hears of nothing.
struct ReceiptsModelTest : testing::Test {
    QTemporaryDir dir;
    std::unique_ptr<Store> store;
    skein::offline::RoomKey room{};
    Client client;
    ReceiptsModel model;

    void SetUp() override
    {
        const Accounts accounts(dir.path());
        Account ann;
        ann.server = QUrl(QStringLiteral("http://127.0.0.1:1"));
        ann.userName = QStringLiteral("ann");
        ann.userId = QStringLiteral("u_ann");
        ann.deviceId = QStringLiteral("d");
        const QString key = Accounts::keyOf(ann.server, ann.userName);
        ASSERT_TRUE(accounts.write(key, ann));
        skein::offline::StoreOptions options;
        options.path = accounts.storePath(key).toStdString();
        auto opened = Store::open(options);
        ASSERT_TRUE(opened);
        store = std::move(*opened);
        store->setSelf(UserId("u_ann"));
        skein::offline::RoomRecord record;
        record.row.room = skein::RoomId("room1");
        store->rooms().insert(record);
        room = record.key;
        client.setDataDir(dir.path());
        client.setUseKeychain(false);
        ASSERT_TRUE(client.resume(ann.userName, ann.server));
        model.setClient(&client);
        model.setRoomId(QStringLiteral("room1"));
    }
    void reads(int user, std::int64_t seq)
    {
        const std::string id = "u_" + std::to_string(user);
        store->positions().merge(room, store->users().key(UserId(id)), Seq(seq), Seq(seq));
    }
};

} // namespace

TEST_F(ReceiptsModelTest, aListThatIsAskedForTwiceIsReadOnce)
{
    for (int user = 0; user < 250; ++user)
        reads(user, 1);
    model.setSeq(5);
    ASSERT_TRUE(until([&] { return model.rowCount() == ReceiptsModel::kPageRows; }));
    ASSERT_EQ(model.others(), 250);
    // What is written when the answer is there is seen only by who reads again.
    QObject::connect(&model, &ReceiptsModel::rowsInserted, &model, [&] {
        reads(0, 5);
        if (model.rowCount() < 2 * ReceiptsModel::kPageRows)
            model.fetchMore({}); // a view does so at each row that comes
    });
    model.fetchMore({});
    model.fetchMore({}); // and while it waits
    ASSERT_TRUE(until([&] { return model.rowCount() == 2 * ReceiptsModel::kPageRows; }));
    bool later = false; // behind a second reading, had there been one
    client.readReceipts(QStringLiteral("room1"), 5, 0, 1,
                        [&](const auto& receipts) { later = receipts && receipts->read == 1; });
    ASSERT_TRUE(until([&] { return later; }));
    EXPECT_EQ(model.readCount(), 0);

    model.fetchMore({});
    EXPECT_TRUE(until([&] { return model.rowCount() == 250; }));
    EXPECT_EQ(model.readCount(), 1);
}

TEST_F(ReceiptsModelTest, whatChangesWhileAnAnswerIsOnItsWayIsReadAfterIt)
{
    reads(0, 1);
    model.setSeq(5);
    ASSERT_TRUE(until([&] { return model.rowCount() == 1; }));
    Q_EMIT client.receiptsChanged(QStringLiteral("room1"));
    QSignalSpy counted(&model, &ReceiptsModel::countsChanged);
    bool written = false;
    client.readReceipts(QStringLiteral("room1"), 5, 0, 1, [&](const auto&) {
        // The first answer is in; the second question was asked with it.
        reads(0, 5);
        written = true;
        Q_EMIT client.receiptsChanged(QStringLiteral("room1"));
        Q_EMIT client.receiptsChanged(QStringLiteral("room1"));
    });
    EXPECT_TRUE(until([&] { return written && model.readCount() == 1; }));
    EXPECT_EQ(model.index(0).data(ReceiptsModel::StateRole).toInt(), ReceiptsModel::Read);
    EXPECT_EQ(counted.size(), 1);
}
