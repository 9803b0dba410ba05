#include "sdk/qt/accounts.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>

#include <gtest/gtest.h>

using Skein::Account;
using Skein::Accounts;

namespace
{

QString key(const char* server, const char* name)
{
    return Accounts::keyOf(QUrl(QString::fromLatin1(server)), QString::fromLatin1(name));
}

struct AccountsFiles : testing::Test {
    QTemporaryDir dir;
    Accounts accounts{dir.path()};

    QString add(const char* name, qint64 addedMs)
    {
        Account account;
        account.server = QUrl(QStringLiteral("https://chat.example"));
        account.userName = account.userId = account.deviceId = QString::fromLatin1(name);
        account.addedMs = addedMs;
        const QString made = Accounts::keyOf(account.server, account.userName);
        EXPECT_TRUE(accounts.write(made, account));
        EXPECT_EQ(accounts.read(made), account);
        return made;
    }
};

} // namespace

TEST(AccountKey, isTheSameHoweverServerAndNameAreWritten)
{
    const QString plain = key("https://chat.example", "ann");
    EXPECT_EQ(key("https://chat.example/", "ann"), plain);
    EXPECT_EQ(key("https://chat.example:443", "ann"), plain);
    EXPECT_EQ(key("HTTPS://Chat.Example", "Ann"), plain);
    EXPECT_EQ(key("https://somebody@chat.example", "ANN"), plain);
    EXPECT_EQ(key("http://chat.example:80/", "ann"), key("http://chat.example", "ann"));
}

TEST(AccountKey, tellsServersPortsAndUsersApart)
{
    const QString plain = key("https://chat.example", "ann");
    EXPECT_NE(key("http://chat.example", "ann"), plain);
    EXPECT_NE(key("https://chat.example:80", "ann"), plain);
    EXPECT_NE(key("https://chat.example:8443", "ann"), plain);
    EXPECT_NE(key("https://chat.example/team", "ann"), plain);
    EXPECT_NE(key("https://chat.exampl", "ann"), plain);
    EXPECT_NE(key("https://chat.example", "anna"), plain);
}

TEST_F(AccountsFiles, areKnownInTheOrderInWhichTheyCame)
{
    EXPECT_TRUE(accounts.known(8).isEmpty());
    const QString third = add("ann", 300), first = add("ben", 0), second = add("cleo", 20);
    EXPECT_EQ(accounts.known(8), (QStringList{first, second, third}));
    EXPECT_EQ(accounts.known(2), (QStringList{first, second}));
    accounts.wipe(second);
    EXPECT_EQ(accounts.known(8), (QStringList{first, third}));
}

TEST_F(AccountsFiles, areFoundByNameAndServerTheOneThatWasUsedLastFirst)
{
    const QUrl here(QStringLiteral("https://chat.example/")),
        other(QStringLiteral("https://other"));
    const QString ann = QStringLiteral("ann"), nobody = QStringLiteral("nobody");
    EXPECT_EQ(accounts.find({}, {}), QString());
    const QString first = add("ann", 1), second = add("ben", 2);
    EXPECT_EQ(accounts.find({}, {}), first);
    accounts.setLastKey(second);
    EXPECT_EQ(accounts.find({}, {}), second);
    EXPECT_EQ(accounts.find({}, here), second);
    EXPECT_EQ(accounts.find(ann, {}), first);
    EXPECT_EQ(accounts.find(QStringLiteral("Ann"), here), first);
    EXPECT_EQ(accounts.find(ann, other), QString());
    EXPECT_EQ(accounts.find({}, other), QString());
    EXPECT_EQ(accounts.find(nobody, {}), QString());
}

TEST_F(AccountsFiles, thatAreHalfDeletedOrHalfWrittenAreNotKnown)
{
    const QString whole = add("ann", 1), gone = add("ben", 2), broken = add("cleo", 3);
    const QDir all(dir.filePath(QStringLiteral("accounts")));
    ASSERT_TRUE(
        QDir().rename(accounts.folder(gone), accounts.folder(gone) + QStringLiteral(".wiped")));
    QFile file(accounts.folder(broken) + QStringLiteral("/account.json"));
    ASSERT_TRUE(file.open(QIODevice::WriteOnly | QIODevice::Truncate));
    file.close();
    EXPECT_EQ(accounts.known(8), QStringList{whole});
    accounts.sweep();
    EXPECT_EQ(all.entryList(QDir::Dirs | QDir::NoDotAndDotDot).size(), 2);
}

TEST_F(AccountsFiles, wipingOneForgetsThatItWasTheLastAndLeavesTheOthers)
{
    const QString ann = add("ann", 1), ben = add("ben", 2);
    accounts.setLastKey(ann);
    accounts.wipe(ben);
    EXPECT_EQ(accounts.lastKey(), ann);
    EXPECT_TRUE(accounts.read(ann));
    accounts.wipe(ann);
    EXPECT_EQ(accounts.lastKey(), QString());
    EXPECT_FALSE(QDir(accounts.folder(ann)).exists());
}
