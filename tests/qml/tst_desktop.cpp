#include "app/src/desktop.h"
#include "app/src/links.h"

#include <gtest/gtest.h>

using namespace Skein;

TEST(Desktop, onlyWebAndMailAddressesAreLinks)
{
    for (const char* good : {"https://example.org", "http://example.org:8080/a?b=c#d",
                             "mailto:ann@example.org", "HTTPS://EXAMPLE.ORG/"})
        EXPECT_TRUE(isAllowedLink(QString::fromLatin1(good))) << good;
    for (const char* bad : {"javascript:alert(1)", "file:///etc/passwd", "ftp://example.org",
                            "https://", "mailto:", "data:text/html,x",
                            "https://user:secret@example.org/", "skein:room", "", "example.org"})
        EXPECT_FALSE(isAllowedLink(QString::fromLatin1(bad))) << bad;
}

TEST(Desktop, linksAreFoundWithoutTheSentenceAroundThem)
{
    EXPECT_EQ(linksIn(QStringLiteral("see https://example.org/a, and (http://example.com/b).")),
              (QStringList{"https://example.org/a", "http://example.com/b"}));
    EXPECT_EQ(linksIn(QStringLiteral("https://example.org/a_(b)")),
              QStringList{"https://example.org/a_(b)"});
    EXPECT_TRUE(linksIn(QStringLiteral("no links, file:///etc/passwd")).isEmpty());
    // An override character would show another address than the one that opens.
    EXPECT_EQ(linksIn(QStringLiteral("https://example.org/\u202egnp.exe")),
              QStringList{"https://example.org/"});
    // Nor is an address what a blank of any kind has ended, or a control character.
    for (const QChar end : {QChar(0xa0), QChar(0x2003), QChar(0x3000), QChar(0x2028), QChar(0x01)})
        EXPECT_EQ(linksIn(QStringLiteral("https://example.org/") + end + QStringLiteral("b")),
                  QStringList{"https://example.org/"})
            << int{end.unicode()};
}

TEST(Desktop, theTargetIsTheRealHost)
{
    const Desktop desktop;
    EXPECT_EQ(desktop.linkTarget("https://example.org/example.com"), "example.org");
    // Cyrillic letters that look Latin show as what they are.
    EXPECT_EQ(
        desktop.linkTarget(QStringLiteral("https://\u0440\u0430\u0443\u0440\u0430l.com/")).left(4),
        "xn--");
    EXPECT_EQ(desktop.linkTarget("mailto:ann@example.org"), "ann@example.org");
}

TEST(Desktop, lettersAreCodePoints)
{
    const Desktop desktop;
    EXPECT_EQ(desktop.length("abc"), 3);
    EXPECT_EQ(desktop.length(QStringLiteral("დილა")), 4);
    EXPECT_EQ(desktop.length(QStringLiteral("🙂🙂")), 2);
}
