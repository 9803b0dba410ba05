#include "app/src/desktop.h"

#include <QClipboard>
#include <QCoreApplication>
#include <QDesktopServices>
#include <QGuiApplication>
#include <QLocale>
#include <QPalette>
#include <QRegularExpression>
#include <QUrl>

namespace Skein
{

namespace
{

QUrl parsed(const QString& url)
{
    return QUrl(url, QUrl::StrictMode);
}

} // namespace

Desktop::Desktop(QObject* parent)
    : QObject(parent)
{
}

bool Desktop::systemDark() const
{
    const QPalette palette = QGuiApplication::palette();
    return palette.color(QPalette::WindowText).lightness() >
           palette.color(QPalette::Window).lightness();
}

bool Desktop::reducedMotion() const
{
    return qEnvironmentVariableIntValue("SKEIN_REDUCED_MOTION") != 0;
}

void Desktop::copy(const QString& text) const
{
    QGuiApplication::clipboard()->setText(text);
}

bool Desktop::openLink(const QString& url) const
{
    return isAllowedLink(url) && QDesktopServices::openUrl(parsed(url));
}

QString Desktop::linkTarget(const QString& url) const
{
    const QUrl link = parsed(url);
    if (link.scheme().compare(QLatin1String("mailto"), Qt::CaseInsensitive) == 0)
        return link.path();
    return link.host(QUrl::FullyEncoded);
}

QStringList Desktop::links(const QString& text) const
{
    return linksIn(text);
}

QString Desktop::dayText(const QDateTime& when) const
{
    if (!when.isValid())
        return {};
    const QDate day = when.toLocalTime().date();
    const QDate today = QDate::currentDate();
    if (day == today)
        return QCoreApplication::translate("Desktop", "Today");
    if (day == today.addDays(-1))
        return QCoreApplication::translate("Desktop", "Yesterday");
    const QLocale locale;
    if (day.year() == today.year())
        return locale.toString(day, QStringLiteral("d MMMM"));
    return locale.toString(day, QStringLiteral("d MMMM yyyy"));
}

QString Desktop::number(qint64 value) const
{
    return QLocale().toString(value);
}

int Desktop::length(const QString& text) const
{
    qsizetype count = 0;
    for (const QChar c : text)
        count += c.isLowSurrogate() ? 0 : 1;
    return static_cast<int>(count);
}

QStringList linksIn(const QString& text)
{
    // Cheap way out for nearly every message.
    if (!text.contains(QLatin1String("://")) && !text.contains(QLatin1String("mailto:")))
        return {};
    static const QRegularExpression pattern(
        QStringLiteral(
            R"((?:https?://|mailto:)[^\s<>"'`\x{200e}\x{200f}\x{202a}-\x{202e}\x{2066}-\x{2069}]+)"),
        QRegularExpression::CaseInsensitiveOption);
    QStringList result;
    auto matches = pattern.globalMatch(text);
    while (matches.hasNext() && result.size() < Desktop::kLinksMax) {
        QString url = matches.next().captured();
        // Punctuation that ends the sentence, not the address.
        while (!url.isEmpty() && QStringLiteral(".,;:!?)]}").contains(url.back()) &&
               !(url.back() == QLatin1Char(')') && url.contains(QLatin1Char('('))))
            url.chop(1);
        if (isAllowedLink(url) && !result.contains(url))
            result.append(url);
    }
    return result;
}

bool isAllowedLink(const QString& url)
{
    const QUrl link = parsed(url);
    if (!link.isValid())
        return false;
    const QString scheme = link.scheme().toLower();
    if (scheme == QLatin1String("http") || scheme == QLatin1String("https"))
        return !link.host().isEmpty() && link.userInfo().isEmpty();
    return scheme == QLatin1String("mailto") && link.path().contains(QLatin1Char('@'));
}

} // namespace Skein
