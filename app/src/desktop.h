// What QML needs from the system and from C++: clipboard, links, dates, preferences.
// A QML singleton; stateless but for the preferences. Thread: GUI.
#pragma once

#include <QColor>
#include <QDateTime>
#include <QObject>
#include <QQmlEngine>
#include <QStringList>

namespace Skein
{

class Desktop : public QObject
{
    Q_OBJECT
    QML_ELEMENT
    QML_SINGLETON

    /// The system asks for a dark interface.
    Q_PROPERTY(bool systemDark READ systemDark CONSTANT)
    /// Animations are off: SKEIN_REDUCED_MOTION=1 or the desktop's setting.
    Q_PROPERTY(bool reducedMotion READ reducedMotion CONSTANT)

public:
    explicit Desktop(QObject* parent = nullptr);

    [[nodiscard]] bool systemDark() const;
    [[nodiscard]] bool reducedMotion() const;

    Q_INVOKABLE void copy(const QString& text) const;
    /// Opens an http, https or mailto link in the system's program; anything else is refused
    /// (false).
    Q_INVOKABLE bool openLink(const QString& url) const;
    /// Who gets the visit: the real host (punycode where the letters are not Latin), or the mail
    /// address.
    Q_INVOKABLE QString linkTarget(const QString& url) const;
    /// Links in a text, in order, at most kLinksMax (app/src/links.h).
    Q_INVOKABLE QStringList links(const QString& text) const;
    /// "Today", "Yesterday", "Monday, 3 November" in the user's language.
    Q_INVOKABLE QString dayText(const QDateTime& when) const;
    /// "1,234" in the user's language.
    Q_INVOKABLE QString number(qint64 value) const;
    /// Letters as a person counts them (grapheme clusters are not split by the server, code points
    /// are counted).
    Q_INVOKABLE int length(const QString& text) const;
};

} // namespace Skein
