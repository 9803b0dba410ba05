#include "sdk/qt/displaytext.h"

#include "sdk/qt/roomlistmodel.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QLocale>
#include <QStringList>
#include <QTextBoundaryFinder>

namespace Skein::display
{
namespace
{

QString tr(const char* source)
{
    return QCoreApplication::translate("Skein", source);
}

QString firstCharacter(const QString& word)
{
    QTextBoundaryFinder finder(QTextBoundaryFinder::Grapheme, word);
    const auto end = finder.toNextBoundary();
    return end > 0 ? word.left(end).toUpper() : QString();
}

/// From its first letter or digit on: a quotation mark says nothing of a name. Empty: has none.
QString fromFirstLetter(const QString& word)
{
    for (qsizetype at = 0; at < word.size();) {
        const bool pair = word[at].isHighSurrogate() && at + 1 < word.size();
        const char32_t point =
            pair ? QChar::surrogateToUcs4(word[at], word[at + 1]) : char32_t(word[at].unicode());
        if (QChar::isLetterOrNumber(point))
            return word.mid(at);
        at += pair ? 2 : 1;
    }
    return {};
}

/// Letters that stand alone: two of them read as initials. Two of a script that joins them, or
/// builds syllables of several signs, read as a word, or are too wide for their place.
bool standsAlone(const QString& letter)
{
    const auto points = letter.toUcs4();
    switch (points.isEmpty() ? QChar::Script_Unknown : QChar::script(points.front())) {
    case QChar::Script_Common: // digits
    case QChar::Script_Latin:
    case QChar::Script_Greek:
    case QChar::Script_Cyrillic:
    case QChar::Script_Georgian:
    case QChar::Script_Armenian:
    case QChar::Script_Hebrew:
        return true;
    default:
        return false;
    }
}

} // namespace

QString text(std::string_view utf8)
{
    // Qt takes U+FEFF at the beginning for the mark of an encoding, and drops it. In a message it
    // is a character that somebody wrote.
    static constexpr std::string_view kMark = "\xEF\xBB\xBF";
    if (utf8.substr(0, kMark.size()) != kMark)
        return QString::fromUtf8(utf8.data(), static_cast<qsizetype>(utf8.size()));
    QString result;
    while (utf8.substr(0, kMark.size()) == kMark) {
        result += QChar(QChar::ByteOrderMark);
        utf8.remove_prefix(kMark.size());
    }
    return result + QString::fromUtf8(utf8.data(), static_cast<qsizetype>(utf8.size()));
}

std::string utf8(const QString& text)
{
    const QByteArray bytes = text.toUtf8();
    return std::string(bytes.constData(), static_cast<std::size_t>(bytes.size()));
}

QString initials(const QString& name)
{
    // Enough of a name to find two words in; names come from other people and may be long.
    static constexpr int kNameLookMax = 200;
    const QStringList words = name.left(kNameLookMax).simplified().split(u' ', Qt::SkipEmptyParts);
    QStringList letters;
    for (const QString& word : words)
        if (const QString rest = fromFirstLetter(word); !rest.isEmpty())
            letters << firstCharacter(rest);
    if (letters.isEmpty())
        return words.isEmpty() ? QStringLiteral("?") : firstCharacter(words.front());
    if (letters.size() > 1 && standsAlone(letters.front()) && standsAlone(letters.back()))
        return letters.front() + letters.back();
    return letters.front();
}

int colorIndex(std::string_view id) noexcept
{
    // FNV-1a: stable across devices and versions, unlike qHash.
    std::uint32_t hash = 2166136261U;
    for (const char c : id)
        hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
    return static_cast<int>((hash ^ (hash >> 16)) % RoomListModel::kColorCount);
}

QString badge(qint64 count)
{
    if (count <= 0)
        return {};
    return count > 99 ? QStringLiteral("99+") : QString::number(count);
}

QString clockTime(qint64 ms)
{
    return QLocale().toString(QDateTime::fromMSecsSinceEpoch(ms).time(), QLocale::ShortFormat);
}

QString listTime(qint64 ms, const QDate& today)
{
    if (ms <= 0)
        return {};
    const QDate date = QDateTime::fromMSecsSinceEpoch(ms).date();
    const qint64 days = date.daysTo(today);
    if (days <= 0)
        return clockTime(ms);
    if (days == 1)
        return tr("Yesterday");
    if (days < 7)
        return QLocale().dayName(date.dayOfWeek(), QLocale::ShortFormat);
    return QLocale().toString(date, QLocale::ShortFormat);
}

QString dayTitle(qint64 ms, const QDate& today)
{
    const QDate date = QDateTime::fromMSecsSinceEpoch(ms).date();
    const qint64 days = date.daysTo(today);
    if (days == 0)
        return tr("Today");
    if (days == 1)
        return tr("Yesterday");
    const QString format = date.year() == today.year() ? tr("dddd, d MMMM") : tr("d MMMM yyyy");
    return QLocale().toString(date, format);
}

int localDay(qint64 ms)
{
    return static_cast<int>(QDateTime::fromMSecsSinceEpoch(ms).date().toJulianDay());
}

QString oneLine(const QString& text, int charactersMax)
{
    const QString line = text.left(charactersMax * 4).simplified();
    if (line.size() <= charactersMax)
        return line;
    QTextBoundaryFinder finder(QTextBoundaryFinder::Grapheme, line);
    finder.setPosition(charactersMax);
    auto cut = finder.isAtBoundary() ? charactersMax : finder.toPreviousBoundary();
    return line.left(std::max<qsizetype>(cut, 0)) + QChar(0x2026);
}

QString statusText(skein::offline::Status status)
{
    using skein::offline::Status;
    switch (status) {
    case Status::Queued:
        return tr("Waiting to be sent");
    case Status::Sending:
        return tr("Sending");
    case Status::Pending:
        return tr("The server is saving it");
    case Status::Unknown:
        return tr("Checking whether it arrived");
    case Status::Sent:
        return tr("Sent");
    case Status::Delivered:
        return tr("Delivered");
    case Status::Read:
        return tr("Read");
    case Status::Failed:
        return tr("Not sent");
    }
    return {};
}

QString heldBackText()
{
    return tr("Waits behind a message that was not sent");
}

QString errorSentence(skein::ErrorCode code)
{
    const std::string_view source = skein::userText(code);
    return QCoreApplication::translate("SkeinErrors", std::string(source).c_str());
}

QString typingSentence(const QStringList& names)
{
    switch (names.size()) {
    case 0:
        return {};
    case 1:
        return tr("%1 is typing…").arg(names.front());
    case 2:
        // One call: a name may hold "%2".
        return tr("%1 and %2 are typing…").arg(names.at(0), names.at(1));
    default:
        return QCoreApplication::translate("Skein", "%n people are typing…", nullptr,
                                           static_cast<int>(names.size()))
            .replace(QStringLiteral("%n"), QString::number(names.size()));
    }
}

} // namespace Skein::display
