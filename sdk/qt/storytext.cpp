#include "sdk/qt/storytext.h"

#include "sdk/qt/displaytext.h"

#include <QCoreApplication>
#include <QDateTime>

namespace Skein::display
{

using skein::offline::Happening;
using skein::offline::Op;
using skein::offline::Story;
using skein::offline::StoryEvent;

// Texts are looked for by lupdate in this file: translate() with literals only.
QString operationText(std::optional<Op> op)
{
    if (!op)
        return QCoreApplication::translate("SkeinStory", "Something that was sent");
    switch (*op) {
    case Op::Send:
        return QCoreApplication::translate("SkeinStory", "Message");
    case Op::Edit:
        return QCoreApplication::translate("SkeinStory", "Edit of a message");
    case Op::Delete:
        return QCoreApplication::translate("SkeinStory", "Deletion of a message");
    case Op::Reaction:
        return QCoreApplication::translate("SkeinStory", "Reaction");
    case Op::Pin:
        return QCoreApplication::translate("SkeinStory", "Pin");
    case Op::Member:
        return QCoreApplication::translate("SkeinStory", "Change of a member");
    case Op::RoomUpdate:
        return QCoreApplication::translate("SkeinStory", "Change of a conversation");
    case Op::RoomCreate:
        return QCoreApplication::translate("SkeinStory", "New conversation");
    }
    return QCoreApplication::translate("SkeinStory", "Something that was sent");
}

QString storyText(const Story& story)
{
    const QString why = story.error ? QStringLiteral(" ") + errorSentence(*story.error) : QString();
    switch (story.state) {
    case Story::State::Unheard:
        return QCoreApplication::translate(
            "SkeinStory", "This device knows nothing of this id. Only what was written on this "
                          "device, with this account, has a history here.");
    case Story::State::Waiting:
        if (story.ahead > 0)
            return QCoreApplication::translate("SkeinStory",
                                               "Kept on this device and waiting. Before it go: %1.")
                .arg(story.ahead);
        return QCoreApplication::translate("SkeinStory",
                                           "Kept on this device, next to be sent or on its way.");
    case Story::State::HeldBack:
        return QCoreApplication::translate(
            "SkeinStory", "Kept on this device. It waits behind a message that could not be sent: "
                          "retry or discard that one.");
    case Story::State::Failed:
        return QCoreApplication::translate("SkeinStory",
                                           "Not sent. It waits for you to retry or discard it.") +
               why;
    case Story::State::Reverted:
        return QCoreApplication::translate("SkeinStory", "Refused and taken back.") + why;
    case Story::State::Confirmed:
        if (story.read)
            return QCoreApplication::translate("SkeinStory",
                                               "Stored at the server and read by somebody.");
        if (story.delivered)
            return QCoreApplication::translate("SkeinStory",
                                               "Stored at the server and delivered to somebody.");
        return QCoreApplication::translate("SkeinStory", "Stored at the server.");
    case Story::State::Discarded:
        return QCoreApplication::translate("SkeinStory", "Discarded on this device.");
    case Story::State::Folded:
        return QCoreApplication::translate("SkeinStory",
                                           "Became part of its message before that was sent.");
    case Story::State::Forgotten:
        return QCoreApplication::translate(
            "SkeinStory", "It was here once and is gone: its conversation was left or reset.");
    }
    return {};
}

QString happeningText(const StoryEvent& event)
{
    const QString why = event.code ? QStringLiteral(": ") + errorSentence(*event.code) : QString();
    switch (event.what) {
    case Happening::Started:
        return QCoreApplication::translate("SkeinStory", "The program was started");
    case Happening::Connected:
        return QCoreApplication::translate("SkeinStory", "Connected");
    case Happening::Disconnected:
        return QCoreApplication::translate("SkeinStory", "Disconnected") + why;
    case Happening::Queued:
        return QCoreApplication::translate("SkeinStory", "Written and kept on this device");
    case Happening::Sent:
        if (event.n > 1)
            return QCoreApplication::translate("SkeinStory", "Sent again (%1)").arg(event.n);
        return QCoreApplication::translate("SkeinStory", "Sent");
    case Happening::ConnectionLost:
        return QCoreApplication::translate(
            "SkeinStory", "The connection ended before an answer came: the server may have it");
    case Happening::TimedOut:
        return QCoreApplication::translate("SkeinStory",
                                           "No answer came in time: the server may have it");
    case Happening::Pending:
        return QCoreApplication::translate("SkeinStory", "The server is saving it");
    case Happening::Refused:
        return QCoreApplication::translate("SkeinStory", "Not accepted now, goes again by itself") +
               why;
    case Happening::Confirmed:
        if (event.n == 0)
            return QCoreApplication::translate("SkeinStory", "Confirmed by the server");
        return QCoreApplication::translate("SkeinStory", "Confirmed by the server as number %1")
            .arg(event.n);
    case Happening::ConfirmedAgain:
        return QCoreApplication::translate(
                   "SkeinStory",
                   "Confirmed by the server as number %1, which had it already: stored once")
            .arg(event.n);
    case Happening::Echoed:
        return QCoreApplication::translate("SkeinStory",
                                           "Came back in the conversation as number %1")
            .arg(event.n);
    case Happening::Failed:
        return QCoreApplication::translate("SkeinStory", "Refused for good") + why;
    case Happening::Retried:
        return QCoreApplication::translate("SkeinStory", "Retried by you");
    case Happening::Edited:
        return QCoreApplication::translate("SkeinStory", "Edited by you before it was sent");
    case Happening::Discarded:
        return QCoreApplication::translate("SkeinStory", "Discarded");
    case Happening::Folded:
        return QCoreApplication::translate("SkeinStory", "Became part of its message");
    case Happening::Delivered:
        return QCoreApplication::translate("SkeinStory", "Delivered to somebody");
    case Happening::Read:
        return QCoreApplication::translate("SkeinStory", "Read by somebody");
    case Happening::ChangeQueued:
        return QCoreApplication::translate("SkeinStory", "%1, with a history of its own: %2")
            .arg(operationText(static_cast<Op>(event.n)), text(event.change.str()));
    }
    return {};
}

QString exactTime(qint64 ms)
{
    return QDateTime::fromMSecsSinceEpoch(ms).toString(QStringLiteral("yyyy-MM-dd HH:mm:ss.zzz"));
}

} // namespace Skein::display
