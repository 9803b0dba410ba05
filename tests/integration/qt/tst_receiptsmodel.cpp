// Who has read a message, by name, at the real server. // M9
#include "sdk/qt/receiptsmodel.h"
#include "tests/integration/qt/chatfixture.h"

#include <QAbstractItemModelTester>
#include <QCoreApplication>
#include <QJsonDocument>
#include <QJsonObject>
#include <QNetworkAccessManager>
#include <QNetworkReply>
#include <QSignalSpy>

using namespace chat;
using Skein::ReceiptsModel;

namespace
{

struct ReceiptsTest : ChatTest {
    ReceiptsModel model;

    QString roomOf(Client& owner, const QStringList& members)
    {
        QString id;
        QObject context;
        QObject::connect(&owner, &Client::roomCreated, &context,
                         [&id](const QString&, const QString& made) { id = made; });
        owner.createRoom(Client::General, QStringLiteral("Tea"), members);
        EXPECT_TRUE(until([&] { return !id.isEmpty() && owner.rooms()->find(id); }));
        return id;
    }
    static qint64 say(Client& client, const QString& room, const QString& text)
    {
        TimelineModel* timeline = client.timeline(room);
        timeline->setActive(true);
        EXPECT_TRUE(until([&] { return timeline->ready(); }));
        timeline->send(text);
        qint64 seq = 0;
        EXPECT_TRUE(until([&] {
            const QModelIndex newest = timeline->index(0);
            seq = newest.data(TimelineModel::SeqRole).toLongLong();
            return newest.data(TimelineModel::BodyRole) == text && seq > 0;
        }));
        return seq;
    }
    void show(Client* client, const QString& room, qint64 seq)
    {
        model.setClient(client);
        model.setRoomId(room);
        model.setSeq(seq);
    }
    /// "BEN:2 CLEO:1": names and states, in the order of the rows.
    [[nodiscard]] QString rows() const
    {
        QStringList list;
        for (int row = 0; row < model.rowCount(); ++row)
            list << QStringLiteral("%1:%2")
                        .arg(model.index(row).data(ReceiptsModel::NameRole).toString())
                        .arg(model.index(row).data(ReceiptsModel::StateRole).toInt());
        return list.join(u' ');
    }
    bool comesTo(const QString& want)
    {
        return until([&] { return rows() == want; });
    }
};

} // namespace

TEST_F(ReceiptsTest, whoReadsMovesUpLiveAndStaysKnownWithoutAServer)
{
    const QAbstractItemModelTester tester(&model,
                                          QAbstractItemModelTester::FailureReportingMode::Fatal);
    const auto ann = signUp(QStringLiteral("ann"));
    const auto cleo = signUp(QStringLiteral("cleo"));
    const auto dan = signUp(QStringLiteral("dan"));
    {
        const auto ben = signUp(QStringLiteral("ben"));
    }
    const QString id =
        roomOf(*ann, {QStringLiteral("ben"), QStringLiteral("cleo"), QStringLiteral("dan")});
    ASSERT_TRUE(until([&] { return cleo->rooms()->find(id) && dan->rooms()->find(id); }));
    const qint64 seq = say(*ann, id, QStringLiteral("tea at four"));

    QSignalSpy counted(&model, &ReceiptsModel::countsChanged);
    show(ann.get(), id, seq);
    EXPECT_TRUE(model.loading());
    // Who is connected has got it, though the room is open at nobody; ben is away.
    ASSERT_TRUE(comesTo(QStringLiteral("CLEO:1 DAN:1 BEN:0"))) << qPrintable(rows());
    EXPECT_FALSE(model.loading());
    EXPECT_EQ(model.others(), 3);
    EXPECT_EQ(model.deliveredCount(), 2);
    EXPECT_EQ(model.readCount(), 0);

    QSignalSpy moved(&model, &QAbstractItemModel::rowsMoved);
    QSignalSpy reset(&model, &QAbstractItemModel::modelReset);
    counted.clear();
    dan->markAllRead(id);
    ASSERT_TRUE(comesTo(QStringLiteral("DAN:2 CLEO:1 BEN:0"))) << qPrintable(rows());
    EXPECT_EQ(moved.count(), 1) << "a view keeps its place";
    EXPECT_EQ(reset.count(), 0);
    EXPECT_EQ(model.readCount(), 1);
    EXPECT_EQ(model.deliveredCount(), 2) << "who has read it has got it";
    EXPECT_GE(counted.count(), 1);

    // Of somebody else's message its sender is no reader, and the one who asks neither.
    const qint64 answer = say(*cleo, id, QStringLiteral("with milk"));
    model.setSeq(answer);
    EXPECT_EQ(model.rowCount(), 0) << "nothing of the last message is shown with another";
    ASSERT_TRUE(comesTo(QStringLiteral("DAN:1 BEN:0"))) << qPrintable(rows());
    model.setSeq(0);
    EXPECT_EQ(model.rowCount(), 0);
    EXPECT_FALSE(model.loading());
    EXPECT_EQ(model.others(), 0);

    server.kill();
    ASSERT_TRUE(until([&] { return !ann->online(); }));
    model.setSeq(seq);
    EXPECT_TRUE(comesTo(QStringLiteral("DAN:2 CLEO:1 BEN:0"))) << qPrintable(rows());
}

// Without the tester, which fetches everything by itself.
TEST_F(ReceiptsTest, aLongListComesInPagesAndItsCountsAreOfAllOfIt)
{
    QStringList names;
    QNetworkAccessManager net;
    for (int n = 100; n < 204; ++n) {
        names << QStringLiteral("m%1").arg(n);
        QNetworkRequest request(server.url().resolved(QUrl(QStringLiteral("/v1/signup"))));
        request.setHeader(QNetworkRequest::ContentTypeHeader, QStringLiteral("application/json"));
        const QJsonObject who{{QStringLiteral("name"), names.back()},
                              {QStringLiteral("password"), QStringLiteral("a long password")},
                              {QStringLiteral("device_id"), QStringLiteral("d-") + names.back()}};
        const std::unique_ptr<QNetworkReply> reply(net.post(request, QJsonDocument(who).toJson()));
        ASSERT_TRUE(until([&] { return reply->isFinished(); }));
        ASSERT_EQ(reply->error(), QNetworkReply::NoError) << reply->readAll().constData();
    }
    const auto ann = signUp(QStringLiteral("ann"));
    const QString id = roomOf(*ann, names.mid(0, 100));
    for (const QString& name : names.mid(100))
        ann->inviteMember(id, name);
    const qint64 seq = say(*ann, id, QStringLiteral("all of you"));
    show(ann.get(), id, seq);
    ASSERT_TRUE(until([&] { return model.others() == 104; })) << model.others();
    EXPECT_EQ(model.rowCount(), ReceiptsModel::kPageRows);
    EXPECT_EQ(model.readCount(), 0);
    ASSERT_TRUE(model.canFetchMore({}));
    model.fetchMore({});
    ASSERT_TRUE(until([&] { return model.rowCount() == 104; })) << model.rowCount();
    EXPECT_FALSE(model.canFetchMore({}));
    QStringList shown;
    for (int row = 0; row < model.rowCount(); ++row)
        shown << model.index(row).data(ReceiptsModel::NameRole).toString();
    EXPECT_EQ(shown, names) << "by name, each once";
}

int main(int argc, char** argv)
{
    const QCoreApplication app(argc, argv);
    testing::InitGoogleTest(&argc, argv);
    return RUN_ALL_TESTS();
}
