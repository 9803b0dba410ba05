// Several accounts side by side on one device, at the real server. // T4, A6
#include "sdk/qt/accountlist.h"
#include "sdk/qt/accounts.h"
#include "tests/integration/qt/chatfixture.h"

#include <QAbstractItemModelTester>
#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>
#include <QSignalSpy>

#include <gtest/gtest.h>

using namespace chat;
using Skein::AccountList;
using Skein::Accounts;

namespace
{

const QString kPassword = QStringLiteral("a long password");

struct AccountsTest : ChatTest {
    std::unique_ptr<AccountList> deskOf(const QString& folder = QStringLiteral("desk"))
    {
        auto list = std::make_unique<AccountList>();
        list->setUseKeychain(false);
        list->setAllowPlainTokenFile(true);
        list->setDataDir(dir.filePath(folder));
        list->setServerUrl(server.url());
        return list;
    }
    /// A new account in the list, live and shown.
    static void join(AccountList& list, const QString& name)
    {
        Client* const client = list.add();
        ASSERT_TRUE(client);
        client->signUp(name, kPassword, name.toUpper());
        ASSERT_TRUE(until([&] { return client->state() == Client::Live; }))
            << qPrintable(client->errorText());
        ASSERT_EQ(list.current(), client);
    }
    static QVariant at(const AccountList& list, int row, AccountList::Role role)
    {
        return list.index(row).data(role);
    }
    [[nodiscard]] QString key(const QString& name) const
    {
        return Accounts::keyOf(server.url(), name);
    }
    [[nodiscard]] QDir folder(const QString& name) const
    {
        return QDir(dir.filePath(QStringLiteral("desk/accounts/")) + key(name));
    }
};

} // namespace

TEST_F(AccountsTest, allAccountsAreLiveAndTheBadgeOfEachIsRight)
{
    const auto ben = signUp(QStringLiteral("ben"));
    const auto list = deskOf();
    const QAbstractItemModelTester tester(list.get(),
                                          QAbstractItemModelTester::FailureReportingMode::Fatal);
    EXPECT_FALSE(list->resume());
    EXPECT_EQ(list->count(), 0);
    EXPECT_FALSE(list->current()->signedIn());
    join(*list, QStringLiteral("ann"));
    Client* const ann = list->current();
    join(*list, QStringLiteral("cleo"));
    Client* const cleo = list->current();
    ASSERT_NE(ann, cleo);
    EXPECT_EQ(list->newcomer(), nullptr);
    EXPECT_EQ(list->count(), 2);
    EXPECT_EQ(ann->state(), Client::Live) << "adding one does not touch the other";

    const QString ofAnn = room(*ben, *ann);
    const QString ofCleo = room(*ben, *cleo);
    for (const QString& body : numbered("to ann", 3))
        ben->sendMessage(ofAnn, body);
    ben->sendMessage(ofCleo, QStringLiteral("to cleo"));
    ASSERT_TRUE(until([&] { return ann->unreadTotal() == 3 && cleo->unreadTotal() == 1; }));
    EXPECT_EQ(list->unreadTotal(), 4);
    EXPECT_EQ(list->unreadElsewhere(), 3) << "cleo is shown";
    EXPECT_EQ(at(*list, 0, AccountList::UnreadTextRole), QStringLiteral("3"));
    EXPECT_EQ(at(*list, 0, AccountList::DisplayNameRole), QStringLiteral("ANN"));
    EXPECT_EQ(at(*list, 0, AccountList::ServerTextRole), server.url().authority());
    EXPECT_TRUE(at(*list, 0, AccountList::OnlineRole).toBool());
    EXPECT_FALSE(at(*list, 0, AccountList::ShownRole).toBool());
    EXPECT_TRUE(at(*list, 1, AccountList::ShownRole).toBool());

    // Read in one: the badges of the others stay.
    ann->markAllRead(ofAnn);
    EXPECT_TRUE(until([&] { return list->unreadElsewhere() == 0; }));
    EXPECT_EQ(list->unreadTotal(), 1);
}

TEST_F(AccountsTest, switchingReconnectsAndSignsInNothing)
{
    const auto ben = signUp(QStringLiteral("ben"));
    const auto list = deskOf();
    join(*list, QStringLiteral("ann"));
    join(*list, QStringLiteral("cleo"));
    Client* const ann = list->client(0);
    Client* const cleo = list->client(1);
    ASSERT_TRUE(ann && cleo && ann->state() == Client::Live);
    const QString id = room(*ben, *ann);
    QSignalSpy annMoved(ann, &Client::stateChanged), cleoMoved(cleo, &Client::stateChanged);
    QSignalSpy annEntered(ann, &Client::busyChanged),
        shown(list.get(), &AccountList::currentChanged);
    const auto connections = [](Client& client) {
        std::optional<std::size_t> count;
        client.readConnections(100, [&](const auto& lines) { count = lines ? lines->size() : 0; });
        EXPECT_TRUE(until([&] { return count.has_value(); }));
        return count.value_or(0);
    };
    const std::size_t before = connections(*ann) + connections(*cleo);

    list->show(0);
    EXPECT_EQ(list->current(), ann);
    EXPECT_EQ(list->currentRow(), 0);
    EXPECT_EQ(list->currentId(), key(QStringLiteral("ann")));
    EXPECT_EQ(shown.size(), 1);
    ann->setDraft(id, QStringLiteral("half a thought"));
    for (const int row : {1, 0, 1, 0, 7, -1})
        list->show(row);
    EXPECT_EQ(list->current(), ann) << "rows that there are not change nothing";
    ben->sendMessage(id, QStringLiteral("hello"));
    ASSERT_TRUE(until([&] { return ann->unreadTotal() == 1; }));
    EXPECT_EQ(ann->draft(id), QStringLiteral("half a thought"));
    EXPECT_EQ(annMoved.size() + cleoMoved.size() + annEntered.size(), 0);
    EXPECT_EQ(connections(*ann) + connections(*cleo), before);
}

TEST_F(AccountsTest, theOneThatIsNotShownIsAway)
{
    const auto ben = signUp(QStringLiteral("ben"));
    const auto list = deskOf();
    join(*list, QStringLiteral("ann"));
    Client* const ann = list->current();
    const QString id = room(*ben, *ann);
    ben->timeline(id)->setActive(true);
    const auto presence = [&] {
        for (const QVariant& member : ben->members(id))
            if (member.toMap().value(QStringLiteral("userId")) == ann->userId())
                return member.toMap().value(QStringLiteral("presence")).toString();
        return QString();
    };
    ASSERT_TRUE(until([&] { return presence() == QLatin1String("online"); }));
    join(*list, QStringLiteral("cleo"));
    EXPECT_TRUE(until([&] { return presence() == QLatin1String("away"); }))
        << qPrintable(presence());
    list->show(0);
    EXPECT_TRUE(until([&] { return presence() == QLatin1String("online"); }));
    list->setAway(true);
    EXPECT_TRUE(until([&] { return presence() == QLatin1String("away"); }));
}

TEST_F(AccountsTest, allResumeAtStartAndTheOneThatWasShownIsShown)
{
    {
        const auto list = deskOf();
        for (const char* name : {"ann", "cleo", "dora"})
            join(*list, QString::fromLatin1(name));
        list->show(1);
    }
    const auto list = deskOf();
    EXPECT_TRUE(list->resume());
    ASSERT_EQ(list->count(), 3) << "known before any is open";
    EXPECT_EQ(at(*list, 0, AccountList::DisplayNameRole), QStringLiteral("ANN"));
    EXPECT_EQ(at(*list, 2, AccountList::DisplayNameRole), QStringLiteral("DORA"));
    EXPECT_EQ(list->current()->userName(), QStringLiteral("cleo"));
    EXPECT_TRUE(list->current()->signedIn());
    int opened = 0;
    for (const int row : {0, 2})
        opened += at(*list, row, AccountList::ClientRole).value<Client*>()->signedIn() ? 1 : 0;
    EXPECT_EQ(opened, 0) << "the one that is shown goes first";
    const auto live = [&] {
        int n = 0;
        for (int row = 0; row < list->count(); ++row)
            n += at(*list, row, AccountList::ClientRole).value<Client*>()->state() == Client::Live;
        return n;
    };
    EXPECT_TRUE(until([&] { return live() == 3; })) << live();
    EXPECT_EQ(list->currentRow(), 1);

    // The command line names another one; one that is not here is not found.
    const auto ask = [&](const char* name, const QUrl& at) {
        const auto another = deskOf();
        const bool found = another->resume(QString::fromLatin1(name), at);
        return std::pair(found, another->current()->userName());
    };
    QUrl elsewhere = server.url();
    elsewhere.setPort(1);
    EXPECT_EQ(ask("dora", {}), std::pair(true, QStringLiteral("dora")));
    EXPECT_EQ(ask("", server.url()), std::pair(true, QStringLiteral("dora")))
        << "the one that was shown last is shown again";
    EXPECT_EQ(ask("ann", elsewhere), std::pair(false, QStringLiteral("dora")));
    EXPECT_EQ(ask("nobody", {}), std::pair(false, QStringLiteral("dora")));
}

TEST_F(AccountsTest, aClientOfItsOwnResumesTheOneThatIsNamed)
{
    {
        const auto list = deskOf();
        join(*list, QStringLiteral("ann"));
        join(*list, QStringLiteral("cleo"));
    }
    const auto alone = device(QStringLiteral("desk"));
    EXPECT_FALSE(alone->resume(QStringLiteral("dora")));
    ASSERT_TRUE(alone->resume(QStringLiteral("ann")));
    EXPECT_TRUE(until([&] { return alone->state() == Client::Live; }));
    EXPECT_EQ(alone->userName(), QStringLiteral("ann"));
}

TEST_F(AccountsTest, oneThatIsShownBeforeItsTurnIsOpenedAtOnce)
{
    {
        const auto list = deskOf();
        join(*list, QStringLiteral("ann"));
        join(*list, QStringLiteral("cleo"));
    }
    const auto list = deskOf();
    ASSERT_TRUE(list->resume());
    list->show(0);
    EXPECT_TRUE(list->current()->signedIn());
    EXPECT_EQ(list->current()->userName(), QStringLiteral("ann"));
    EXPECT_TRUE(until([&] { return list->client(0)->state() == Client::Live; }));
    EXPECT_TRUE(until([&] { return list->client(1)->state() == Client::Live; }));
    EXPECT_EQ(list->count(), 2);
}

TEST_F(AccountsTest, whoSignsInAsAnotherWithOneThatWaitsForItsTurnTakesNobodysRow)
{
    {
        const auto before = deskOf();
        join(*before, QStringLiteral("ann"));
        join(*before, QStringLiteral("cleo"));
    }
    {
        const auto zoe = signUp(QStringLiteral("zoe"));
    }
    const auto list = deskOf();
    (void)list->resume();
    ASSERT_EQ(list->count(), 2);
    auto* waits = at(*list, 0, AccountList::ClientRole).value<Client*>();
    if (waits->signedIn())
        waits = at(*list, 1, AccountList::ClientRole).value<Client*>();
    ASSERT_FALSE(waits->signedIn());
    waits->signIn(QStringLiteral("zoe"), kPassword);
    ASSERT_TRUE(until([&] { return list->count() == 3; }));
    QStringList names;
    for (int row = 0; row < 3; ++row) {
        EXPECT_TRUE(until([&] { return list->client(row)->state() == Client::Live; })) << row;
        names << list->client(row)->userName();
    }
    names.sort();
    EXPECT_EQ(names, (QStringList{"ann", "cleo", "zoe"}));
}

TEST_F(AccountsTest, signingOneOutDeletesItsDataAndNothingElse)
{
    const auto list = deskOf();
    join(*list, QStringLiteral("ann"));
    join(*list, QStringLiteral("cleo"));
    join(*list, QStringLiteral("dora"));
    list->show(1);
    Client* const ann = list->client(0);
    QSignalSpy annMoved(ann, &Client::stateChanged);
    for (const char* name : {"ann", "cleo", "dora"})
        ASSERT_TRUE(until([&] {
            return QFileInfo::exists(
                folder(QString::fromLatin1(name)).filePath(QStringLiteral("token")));
        }));
    const auto elsewhere = device(QStringLiteral("elsewhere"));
    elsewhere->signIn(QStringLiteral("cleo"), kPassword);
    ASSERT_TRUE(until([&] { return elsewhere->state() == Client::Live; }));

    list->current()->signOut();
    EXPECT_EQ(list->count(), 2);
    EXPECT_EQ(list->current()->userName(), QStringLiteral("dora")) << "its neighbour is shown";
    EXPECT_EQ(list->current()->state(), Client::Live);
    EXPECT_FALSE(folder(QStringLiteral("cleo")).exists());
    for (const char* name : {"ann", "dora"}) {
        const QDir kept = folder(QString::fromLatin1(name));
        for (const char* file : {"token", "account.json", "store.db"})
            EXPECT_TRUE(kept.exists(QString::fromLatin1(file))) << name << ' ' << file;
    }
    EXPECT_EQ(QDir(dir.filePath(QStringLiteral("desk/accounts")))
                  .entryList(QDir::AllEntries | QDir::NoDotAndDotDot | QDir::Hidden)
                  .size(),
              2);
    // And the server has heard of it, although another one is shown by now.
    EXPECT_TRUE(until([&] {
        elsewhere->loadSessions();
        return elsewhere->sessions().size() == 1;
    }));
    EXPECT_EQ(annMoved.size(), 0);

    // The last one: what is left is a client that can sign in again.
    list->current()->signOut();
    EXPECT_EQ(list->current(), ann);
    ann->signOut();
    EXPECT_EQ(list->count(), 0);
    EXPECT_EQ(list->current(), ann);
    EXPECT_EQ(list->currentRow(), -1);
    EXPECT_EQ(list->currentId(), QString());
    EXPECT_FALSE(QFileInfo::exists(dir.filePath(QStringLiteral("desk/last.json"))));
    ann->signIn(QStringLiteral("ann"), kPassword);
    EXPECT_TRUE(until([&] { return ann->state() == Client::Live && list->count() == 1; }));
}

TEST_F(AccountsTest, whenTheNeighbourOfOneThatLeavesIsGoneTheNextOneIsShown)
{
    {
        const auto list = deskOf();
        for (const char* name : {"ann", "cleo", "dora"})
            join(*list, QString::fromLatin1(name));
        list->show(0);
    }
    const auto list = deskOf();
    ASSERT_TRUE(list->resume());
    ASSERT_TRUE(QFile::remove(folder(QStringLiteral("cleo")).filePath("account.json")));
    list->current()->signOut(); // before the others have had their turn
    EXPECT_EQ(list->count(), 1);
    EXPECT_EQ(list->currentRow(), 0);
    EXPECT_EQ(list->current()->userName(), QStringLiteral("dora"));
}

TEST_F(AccountsTest, theLastOneThatLeavesIsNotShownAsOneThatIsHereWhereItsNeighbourIsGone)
{
    {
        const auto list = deskOf();
        join(*list, QStringLiteral("ann"));
        join(*list, QStringLiteral("cleo"));
        list->show(0);
    }
    const auto list = deskOf();
    ASSERT_TRUE(list->resume());
    Client* const ann = list->current();
    ASSERT_TRUE(QFile::remove(folder(QStringLiteral("cleo")).filePath("account.json")));
    ann->signOut();
    EXPECT_EQ(list->count(), 0);
    EXPECT_EQ(list->current(), ann);
    QSignalSpy shown(list.get(), &AccountList::currentChanged);
    ann->signIn(QStringLiteral("ann"), kPassword);
    EXPECT_TRUE(until([&] { return ann->state() == Client::Live; }));
    EXPECT_EQ(list->currentRow(), 0);
    EXPECT_GE(shown.size(), 1) << "or the app stays on the sign-in page";
}

TEST_F(AccountsTest, oneThatSignsInWhenItsTurnToResumeComesKeepsItsRow)
{
    {
        const auto list = deskOf();
        join(*list, QStringLiteral("ann"));
        join(*list, QStringLiteral("cleo"));
        list->show(0);
    }
    const auto list = deskOf();
    const QAbstractItemModelTester tester(list.get(),
                                          QAbstractItemModelTester::FailureReportingMode::Fatal);
    ASSERT_TRUE(list->resume());
    auto* const cleo = at(*list, 1, AccountList::ClientRole).value<Client*>();
    cleo->signIn(QStringLiteral("cleo"), kPassword);
    ASSERT_TRUE(cleo->busy());
    EXPECT_EQ(list->client(1), nullptr) << "not open yet";
    EXPECT_EQ(list->count(), 2);
    EXPECT_TRUE(until([&] { return cleo->state() == Client::Live; }));
    EXPECT_EQ(list->count(), 2);
    EXPECT_EQ(list->client(1), cleo);
    EXPECT_EQ(list->currentRow(), 0);
}

TEST_F(AccountsTest, oneThatIsRevokedIsWipedAndTheOthersGoOn)
{
    const auto list = deskOf();
    join(*list, QStringLiteral("ann"));
    join(*list, QStringLiteral("cleo"));
    list->show(0);
    const auto phone = device(QStringLiteral("phone"));
    phone->signIn(QStringLiteral("cleo"), kPassword);
    ASSERT_TRUE(until([&] { return phone->state() == Client::Live; }));
    phone->loadSessions();
    ASSERT_TRUE(until([&] { return phone->sessions().size() == 2; }));
    QSignalSpy told(list.get(), &AccountList::deviceRevoked);
    QSignalSpy moved(list->current(), &Client::stateChanged);
    for (const QVariant& session : phone->sessions())
        if (!session.toMap().value(QStringLiteral("current")).toBool())
            phone->revokeSession(session.toMap().value(QStringLiteral("id")).toString());
    ASSERT_TRUE(until([&] { return told.size() == 1; }));
    EXPECT_EQ(told.front().front(), QStringLiteral("CLEO"));
    EXPECT_EQ(list->count(), 1);
    EXPECT_EQ(list->current()->userName(), QStringLiteral("ann"));
    EXPECT_EQ(list->current()->state(), Client::Live);
    EXPECT_EQ(moved.size(), 0);
    EXPECT_FALSE(folder(QStringLiteral("cleo")).exists());
    EXPECT_TRUE(folder(QStringLiteral("ann")).exists(QStringLiteral("store.db")));
}

TEST_F(AccountsTest, theSameUserOfTheSameServerIsOneAccount)
{
    const auto list = deskOf();
    join(*list, QStringLiteral("ann"));
    join(*list, QStringLiteral("cleo"));
    Client* const ann = list->client(0);
    QSignalSpy moved(ann, &Client::stateChanged);
    for (const char* name : {"ann", "ANN"}) {
        list->show(1);
        Client* const again = list->add();
        ASSERT_TRUE(again);
        QSignalSpy refused(again, &Client::signInFailed);
        again->setServerUrl(QUrl(server.url().toString() + u'/'));
        again->signIn(QString::fromLatin1(name), kPassword);
        EXPECT_EQ(list->current(), ann) << name;
        EXPECT_EQ(list->newcomer(), nullptr);
        EXPECT_EQ(refused.size(), 0);
    }
    Client* const third = list->add();
    QSignalSpy refused(third, &Client::signInFailed);
    third->signUp(QStringLiteral("ann"), kPassword);
    ASSERT_EQ(refused.size(), 1);
    EXPECT_EQ(refused.front().front(), QStringLiteral("conflict"));
    EXPECT_EQ(list->newcomer(), third);
    EXPECT_EQ(list->count(), 2);
    EXPECT_EQ(moved.size(), 0);
    EXPECT_EQ(ann->state(), Client::Live);
}

TEST_F(AccountsTest, resumingOneThatIsOpenShowsItAndOpensNoSecondOne)
{
    const auto list = deskOf();
    join(*list, QStringLiteral("ann"));
    join(*list, QStringLiteral("cleo"));
    Client* const cleo = list->current();
    for (const char* name : {"cleo", ""}) { // by its name, or as the one that was shown last
        list->show(*name ? 0 : 1);
        Client* const again = list->add();
        ASSERT_TRUE(again);
        EXPECT_FALSE(again->resume(QString::fromLatin1(name))) << name;
        EXPECT_FALSE(again->signedIn());
        EXPECT_EQ(list->current(), cleo);
        EXPECT_EQ(list->newcomer(), nullptr);
        EXPECT_EQ(list->count(), 2);
    }
    EXPECT_EQ(cleo->state(), Client::Live);
}

TEST_F(AccountsTest, aRefusedNewcomerChangesNothing)
{
    const auto list = deskOf();
    EXPECT_EQ(list->add(), list->current()) << "where there is no account, it is no other one";
    join(*list, QStringLiteral("ann"));
    Client* const ann = list->current();
    QSignalSpy moved(ann, &Client::stateChanged);
    Client* const wrong = list->add();
    ASSERT_TRUE(wrong);
    EXPECT_EQ(list->add(), wrong);
    EXPECT_EQ(wrong->serverUrl(), server.url());
    QSignalSpy refused(wrong, &Client::signInFailed);
    wrong->signIn(QStringLiteral("ben"), QStringLiteral("not the password"));
    ASSERT_TRUE(until([&] { return refused.size() == 1; }));
    EXPECT_EQ(list->current(), ann);
    EXPECT_EQ(list->count(), 1);

    // A sign-in that is under way when the user leaves comes to nothing.
    (void)signUp(QStringLiteral("ben"));
    wrong->signIn(QStringLiteral("ben"), kPassword);
    EXPECT_TRUE(wrong->busy());
    list->cancelAdding();
    EXPECT_EQ(list->newcomer(), nullptr);
    join(*list, QStringLiteral("cleo")); // its answer is later than the one that was left
    EXPECT_EQ(list->count(), 2);
    EXPECT_FALSE(wrong->signedIn());
    EXPECT_EQ(moved.size(), 0);
    EXPECT_FALSE(folder(QStringLiteral("ben")).exists());
}

TEST_F(AccountsTest, thereAreAtMostSoManyAndTheLastOneIsAmongThem)
{
    const auto list = deskOf();
    for (int i = 0; i < AccountList::kAccountsMax; ++i)
        join(*list, QStringLiteral("user%1").arg(i));
    EXPECT_TRUE(list->full());
    EXPECT_EQ(list->add(), nullptr);
    EXPECT_EQ(list->newcomer(), nullptr);
    list->current()->signOut();
    EXPECT_FALSE(list->full());
    join(*list, QStringLiteral("another"));
    EXPECT_TRUE(list->full());

    // More on the disk than that: left there, and the one that was shown last is opened.
    const Accounts files(dir.filePath(QStringLiteral("desk")));
    Skein::Account made;
    made.server = server.url();
    made.userName = made.userId = QStringLiteral("late");
    made.deviceId = QStringLiteral("d");
    made.addedMs = std::numeric_limits<qint64>::max();
    ASSERT_TRUE(files.write(key(made.userName), made));
    files.setLastKey(key(made.userName));
    const auto later = deskOf();
    EXPECT_TRUE(later->resume());
    EXPECT_EQ(later->count(), AccountList::kAccountsMax);
    EXPECT_EQ(later->currentId(), key(made.userName));
    EXPECT_TRUE(folder(QStringLiteral("another")).exists());
}

TEST_F(AccountsTest, aSecondProcessWaitsForTheStoresAndTakesNoToken)
{
    auto first = deskOf();
    join(*first, QStringLiteral("ann"));
    join(*first, QStringLiteral("cleo"));
    QSignalSpy moved(first->client(0), &Client::stateChanged);
    const auto second = deskOf();
    ASSERT_TRUE(second->resume());
    const auto locked = [](Client* client) {
        return client && client->errorCode() == QLatin1String("storage_locked");
    };
    ASSERT_TRUE(until([&] { return locked(second->client(0)) && locked(second->client(1)); }));
    QSignalSpy noDevices(second->client(0), &Client::sessionsFailed);
    second->client(0)->loadSessions();
    EXPECT_TRUE(until([&] { return noDevices.size() == 1; }));
    EXPECT_EQ(noDevices.value(0).value(0), QStringLiteral("storage_locked"));
    EXPECT_FALSE(second->client(0)->online());
    EXPECT_EQ(first->client(0)->state(), Client::Live);
    EXPECT_EQ(first->client(1)->state(), Client::Live);
    EXPECT_EQ(moved.size(), 0);
    first.reset();
    EXPECT_TRUE(until([&] {
        return second->client(0)->state() == Client::Live &&
               second->client(1)->state() == Client::Live;
    })) << qPrintable(second->client(0)->errorText());
}

TEST_F(AccountsTest, anAccountThatHearsOfNothingWakesNobody)
{
    struct Wakes : QObject {
        int count = 0;
        bool eventFilter(QObject* of, QEvent* event) override
        {
            count += event->type() == QEvent::Timer && qobject_cast<QTimer*>(of) ? 1 : 0;
            return false;
        }
    } wakes;
    const auto list = deskOf();
    join(*list, QStringLiteral("ann"));
    qApp->installEventFilter(&wakes);
    QEventLoop aWhile;
    QTimer::singleShot(1'000, &aWhile, &QEventLoop::quit); // is none of the timers that count
    aWhile.exec();
    EXPECT_EQ(wakes.count, 0);

    // A countdown goes on by itself.
    QList<int> told;
    QObject::connect(list->current(), &Client::retryInSecondsChanged, list->current(),
                     [&] { told << list->current()->retryInSeconds(); });
    server.kill();
    EXPECT_TRUE(until([&] { return told.size() > 3; }));
    EXPECT_GT(wakes.count, 0);
}

int main(int argc, char** argv)
{
    QCoreApplication app(argc, argv);
    testing::InitGoogleTest(&argc, argv);
    return RUN_ALL_TESTS();
}
