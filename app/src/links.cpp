#include "app/src/links.h"

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

QStringList linksIn(const QString& text)
{
    // Cheap way out for nearly every message.
    if (!text.contains(QLatin1String("://")) && !text.contains(QLatin1String("mailto:")))
        return {};
    static const QRegularExpression pattern(
        QStringLiteral(
            R"((?:https?://|mailto:)[^\s\p{Z}\p{Cc}<>"'`\x{200e}\x{200f}\x{202a}-\x{202e}\x{2066}-\x{2069}]+)"),
        QRegularExpression::CaseInsensitiveOption);
    QStringList result;
    auto matches = pattern.globalMatch(text);
    while (matches.hasNext() && result.size() < kLinksMax) {
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

QString linkTarget(const QString& url)
{
    const QUrl link = parsed(url);
    if (link.scheme().compare(QLatin1String("mailto"), Qt::CaseInsensitive) == 0)
        return link.path();
    return link.host(QUrl::FullyEncoded);
}

} // namespace Skein
