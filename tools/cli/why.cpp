// skein-cli why TEMP_ID: reads the account's database and nothing else, so it answers without a
// server and beside a running app.
#include "cli.h"

#include "sdk/qt/accounts.h"
#include "sdk/qt/displaytext.h"
#include "sdk/qt/storytext.h"

#include <QDateTime>
#include <QFileInfo>
#include <QJsonArray>

#include <cstdio>

namespace cli
{

using Skein::display::text;
using skein::offline::Happening;
using skein::offline::Story;
using skein::offline::StoryEvent;

namespace
{

QString name(std::string_view word)
{
    return text(word);
}

QJsonObject eventObject(const StoryEvent& event)
{
    QJsonObject object{
        {QStringLiteral("at"), static_cast<qint64>(event.atMs)},
        {QStringLiteral("time"),
         QDateTime::fromMSecsSinceEpoch(event.atMs, Qt::UTC).toString(Qt::ISODateWithMs)},
        {QStringLiteral("what"), name(nameOf(event.what))}};
    switch (event.what) {
    case Happening::Sent:
        object.insert(QStringLiteral("attempt"), static_cast<qint64>(event.n));
        break;
    case Happening::Confirmed:
    case Happening::ConfirmedAgain:
    case Happening::Echoed:
        object.insert(QStringLiteral("seq"), static_cast<qint64>(event.n));
        object.insert(QStringLiteral("dup"), event.what == Happening::ConfirmedAgain);
        break;
    case Happening::Delivered:
    case Happening::Read:
        object.insert(QStringLiteral("up_to"), static_cast<qint64>(event.n));
        break;
    case Happening::ChangeQueued:
        object.insert(QStringLiteral("op"), name(nameOf(static_cast<skein::offline::Op>(event.n))));
        object.insert(QStringLiteral("change"), text(event.change.str()));
        break;
    default:
        break;
    }
    if (event.code)
        object.insert(QStringLiteral("code"), name(skein::wireName(*event.code)));
    return object;
}

QJsonObject storyObject(const QString& tempId, const Story& story)
{
    QJsonArray events;
    for (const StoryEvent& event : story.events)
        events.append(eventObject(event));
    QJsonObject object{{QStringLiteral("temp_id"), tempId},
                       {QStringLiteral("state"), name(nameOf(story.state))},
                       {QStringLiteral("room"), text(story.room.str())},
                       {QStringLiteral("seq"), static_cast<qint64>(story.seq.value())},
                       {QStringLiteral("delivered"), story.delivered},
                       {QStringLiteral("read"), story.read},
                       {QStringLiteral("ahead"), static_cast<qint64>(story.ahead)},
                       {QStringLiteral("whole"), story.whole},
                       {QStringLiteral("skipped"), static_cast<qint64>(story.skipped)},
                       {QStringLiteral("events"), events}};
    if (story.op)
        object.insert(QStringLiteral("op"), name(nameOf(*story.op)));
    if (story.error)
        object.insert(QStringLiteral("error"), name(skein::wireName(*story.error)));
    if (!story.behind.empty())
        object.insert(QStringLiteral("behind"), text(story.behind.str()));
    return object;
}

void line(const QString& words)
{
    std::printf("%s\n", words.toUtf8().constData());
}

void printStory(const QString& tempId, const Story& story)
{
    using namespace Skein::display;
    line(operationText(story.op) + u' ' + tempId +
         (story.room.empty() ? QString() : QStringLiteral(" in room ") + text(story.room.str())));
    line(storyText(story));
    if (!story.behind.empty())
        line(QStringLiteral("Behind: ") + text(story.behind.str()));
    if (!story.whole)
        line(story.events.empty() ? QStringLiteral("How it came to that has been forgotten.")
                                  : QStringLiteral("The beginning has been forgotten."));
    if (story.skipped > 0)
        line(QStringLiteral("%1 lines in the middle are left out.").arg(story.skipped));
    for (const StoryEvent& event : story.events)
        line(exactTime(event.atMs) + QStringLiteral("  ") + happeningText(event));
}

} // namespace

void Cli::why()
{
    const QString tempId = m_options.arguments.value(0).trimmed();
    const Skein::Accounts accounts(m_client.dataDir());
    const bool anyAccount = m_options.user.isEmpty() && m_options.server.isEmpty();
    // Of a server alone it can only be the last one: an account's folder does not tell its server.
    const QString key =
        anyAccount || m_client.remembers(m_options.user, m_options.server) ? accounts.lastKey()
        : m_options.user.isEmpty()                                         ? QString()
                                   : Skein::Accounts::keyOf(serverToSignIn(), m_options.user);
    const QString path = accounts.storePath(key);
    if (key.isEmpty() || !QFileInfo::exists(path)) {
        finish(LocalData, QStringLiteral("no data of this account in ") + m_client.dataDir());
        return;
    }
    auto reader = skein::offline::Reader::open(Skein::display::utf8(path));
    if (!reader) {
        finish(LocalData, text(skein::userText(reader.error().code)));
        return;
    }
    const auto story = (*reader)->story(skein::TempId(Skein::display::utf8(tempId)));
    if (!story) {
        finish(LocalData, text(skein::userText(story.error().code)));
        return;
    }
    if (m_options.json)
        print(storyObject(tempId, *story));
    else if (story->state != Story::State::Unheard)
        printStory(tempId, *story);
    const bool unheard = story->state == Story::State::Unheard;
    finish(unheard ? NotFound : Done,
           unheard && !m_options.json ? Skein::display::storyText(*story) : QString());
}

} // namespace cli
