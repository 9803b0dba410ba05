// The log ring, the words for a story, and the diagnostics object over a client without a session.
#include "sdk/qt/diagnostics.h"
#include "sdk/qt/logring.h"
#include "sdk/qt/storytext.h"

#include <QSet>
#include <QSignalSpy>

#include <gtest/gtest.h>

using namespace Skein;
using skein::offline::Happening;
using skein::offline::Story;
using skein::offline::StoryEvent;

TEST(LogRing, holdsTheNewestLinesAndCutsLongOnes)
{
    LogRing ring;
    for (std::size_t i = 0; i < LogRing::kLinesMax + 10; ++i)
        ring.add(static_cast<std::int64_t>(i), skein::LogLevel::Info, "engine",
                 "line " + std::to_string(i));
    const QStringList lines = ring.lines();
    ASSERT_EQ(lines.size(), static_cast<qsizetype>(LogRing::kLinesMax));
    EXPECT_TRUE(lines.front().endsWith(QStringLiteral("info engine: line 10")))
        << lines.front().toStdString();
    EXPECT_EQ(ring.added(), LogRing::kLinesMax + 10);
    std::string georgian;
    for (int i = 0; i < 300; ++i)
        georgian += "ა ";
    ring.add(0, skein::LogLevel::Warning, "x", georgian + "\nsecond");
    const QString last = ring.lines().back();
    EXPECT_FALSE(last.contains(u'\n'));
    EXPECT_FALSE(last.contains(QChar::ReplacementCharacter)) << "cut between two characters";
    EXPECT_LT(last.toUtf8().size(), static_cast<qsizetype>(LogRing::kLineBytesMax) + 60);
}

TEST(LogRing, blotsOutWhatLooksLikeAToken)
{
    const std::string jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1XzEifQ.c2lnbmF0dXJlc2lnbmF0dXJl";
    EXPECT_EQ(redacted("token " + jwt + " refused"), "token … refused");
    EXPECT_EQ(redacted("id 0190f7a2-0000-7000-8000-000000000001: sent"),
              "id 0190f7a2-0000-7000-8000-000000000001: sent");
    EXPECT_EQ(redacted(std::string(kSecretRunMin - 1, 'a')), std::string(kSecretRunMin - 1, 'a'));
    EXPECT_EQ(redacted(std::string(kSecretRunMin, 'a')), "…");
    LogRing ring;
    ring.add(0, skein::LogLevel::Info, "auth", std::string(390, '#') + jwt);
    EXPECT_FALSE(ring.lines().back().contains(QStringLiteral("eyJ"))) << "not half a token either";
}

TEST(StoryText, everyHappeningAndEveryStateHasWordsOfItsOwn)
{
    QSet<QString> words;
    for (int i = 0; i < skein::offline::kHappeningCount; ++i) {
        StoryEvent event;
        event.what = static_cast<Happening>(i);
        event.n = 1;
        words << display::happeningText(event);
    }
    EXPECT_EQ(words.size(), skein::offline::kHappeningCount);
    EXPECT_FALSE(words.contains(QString()));
    StoryEvent again;
    again.what = Happening::Sent;
    again.n = 3;
    EXPECT_TRUE(display::happeningText(again).contains(u'3'));

    words.clear();
    for (int i = 0; i <= static_cast<int>(Story::State::Forgotten); ++i) {
        Story story;
        story.state = static_cast<Story::State>(i);
        words << display::storyText(story);
    }
    EXPECT_EQ(words.size(), static_cast<int>(Story::State::Forgotten) + 1);
    EXPECT_FALSE(words.contains(QString()));
}

TEST(StoryText, failureNamesItsReason)
{
    Story story;
    story.state = Story::State::Failed;
    const QString without = display::storyText(story);
    story.error = skein::ErrorCode::BodyTooLarge;
    EXPECT_NE(display::storyText(story), without);
    EXPECT_TRUE(display::storyText(story).startsWith(without));
}

TEST(Diagnostics, plotsShowWhatWasMeasuredInBarsOfDoubledTimes)
{
    Client client;
    Diagnostics diagnostics;
    diagnostics.setClient(&client);
    ASSERT_EQ(diagnostics.plots().size(), 4);
    EXPECT_TRUE(diagnostics.plots()[0].toMap()[QStringLiteral("bars")].toList().isEmpty());

    auto& histogram = client.metrics().histogram("send_confirmed");
    for (int i = 0; i < 30; ++i)
        histogram.record(20'000);
    for (int i = 0; i < 10; ++i)
        histogram.record(900'000);
    QSignalSpy refreshed(&diagnostics, &Diagnostics::refreshed);
    diagnostics.refresh();
    EXPECT_EQ(refreshed.count(), 1);
    diagnostics.refresh();
    EXPECT_EQ(refreshed.count(), 1) << "nothing new, nothing told";
    const QVariantMap plot = diagnostics.plots()[0].toMap();
    EXPECT_EQ(plot[QStringLiteral("name")].toString(), QStringLiteral("send_confirmed"));
    EXPECT_EQ(plot[QStringLiteral("count")].toInt(), 40);
    const QVariantList bars = plot[QStringLiteral("bars")].toList();
    ASSERT_GE(bars.size(), 8);
    qint64 counted = 0;
    double before = 0;
    int full = 0;
    for (const QVariant& item : bars) {
        const QVariantMap bar = item.toMap();
        counted += bar[QStringLiteral("count")].toLongLong();
        const double upTo = bar[QStringLiteral("upToMs")].toDouble();
        if (before > 0) {
            EXPECT_NEAR(upTo / before, 2.0, 0.05);
        }
        before = upTo;
        full += bar[QStringLiteral("share")].toDouble() == 1.0 ? 1 : 0;
        if (bar[QStringLiteral("count")].toInt() == 30) {
            EXPECT_GE(upTo, 20.0);
            EXPECT_LE(upTo, 41.0);
        }
    }
    EXPECT_EQ(counted, 40);
    EXPECT_EQ(full, 1);
}

TEST(Diagnostics, reportHoldsFiguresAndLogForTheClipboard)
{
    Client client;
    client.metrics().counter("reconnects").add(3);
    Diagnostics diagnostics;
    diagnostics.setClient(&client);
    const QString report = diagnostics.report();
    EXPECT_TRUE(report.contains(QStringLiteral("reconnects: 3")));
    EXPECT_TRUE(report.contains(QStringLiteral("send_confirmed: ")) ||
                report.contains(QStringLiteral("store_enqueue: ")));
    EXPECT_TRUE(report.contains(QStringLiteral("log:")));
}

TEST(Client, refusedSignInReachesTheErrorReporter)
{
    Client client;
    std::vector<ErrorReport> reports;
    client.setErrorReporter([&reports](const ErrorReport& report) { reports.push_back(report); });
    client.setServerUrl(QUrl(QStringLiteral("ftp://127.0.0.1")));
    client.signIn(QStringLiteral("ann"), QStringLiteral("a long password"));
    ASSERT_EQ(reports.size(), 1U);
    EXPECT_EQ(reports[0].area, QStringLiteral("sign_in"));
    EXPECT_EQ(reports[0].code, QStringLiteral("invalid_argument"));
    EXPECT_FALSE(reports[0].detail.contains(QStringLiteral("password")));
}
