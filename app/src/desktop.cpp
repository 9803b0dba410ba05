#include "app/src/desktop.h"

#include "app/src/links.h"

#include <QClipboard>
#include <QCoreApplication>
#include <QDesktopServices>
#include <QGuiApplication>
#include <QLocale>
#include <QPalette>
#include <QUrl>

namespace Skein
{

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
    return isAllowedLink(url) && QDesktopServices::openUrl(QUrl(url, QUrl::StrictMode));
}

QString Desktop::linkTarget(const QString& url) const
{
    return Skein::linkTarget(url);
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

} // namespace Skein
