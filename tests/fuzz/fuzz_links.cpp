// Fuzz target of the links in other people's text: any bytes in; what comes out may be shown and
// opened, and stands in the text as it is.
#include "app/src/links.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace
{

void require(bool claim, const char* what)
{
    if (claim)
        return;
    std::fprintf(stderr, "fuzz_links: %s\n", what);
    std::abort();
}

/// Would hide, or turn around, a part of the address.
bool deceives(QChar c)
{
    const char16_t code = c.unicode();
    return c.isSpace() || code < 0x20 || code == 0x200e || code == 0x200f ||
           (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const QString text =
        QString::fromUtf8(reinterpret_cast<const char*>(data), static_cast<qsizetype>(size));
    const QStringList links = Skein::linksIn(text);
    require(links.size() <= Skein::kLinksMax, "more links than a text may show");
    for (const QString& link : links) {
        require(text.contains(link), "a link that does not stand in the text");
        require(Skein::isAllowedLink(link), "a link that may not be opened");
        require(links.count(link) == 1, "a link twice");
        for (const QChar c : link)
            require(!deceives(c), "a link with a character that deceives");
    }
    // Also what never came out of linksIn(): a link that is pasted, or the target of one.
    if (!Skein::isAllowedLink(text))
        return 0;
    const QString target = Skein::linkTarget(text);
    require(!target.isEmpty(), "an allowed link to nobody");
    const QString lower = text.toLower();
    const bool mail = lower.startsWith(QLatin1String("mailto:"));
    require(mail || lower.startsWith(QLatin1String("http://")) ||
                lower.startsWith(QLatin1String("https://")),
            "an allowed link of another scheme");
    if (!mail) {
        for (const QChar c : target)
            require(c.unicode() > 0x20 && c.unicode() < 0x7f, "a host that is not shown encoded");
    }
    return 0;
}
