// Links in the text of other people: which are shown as such, and which may be opened. QtCore
// alone, so that a fuzzer runs it (tests/fuzz/fuzz_links.cpp).
#pragma once

#include <QString>
#include <QStringList>

namespace Skein
{

inline constexpr int kLinksMax = 5; ///< of one text

/// The http, https and mailto links in a text, in order, each once, at most kLinksMax. Each is an
/// allowed one.
[[nodiscard]] QStringList linksIn(const QString& text);
/// True for http and https with a host and without a user, and for mailto with an address.
[[nodiscard]] bool isAllowedLink(const QString& url);
/// Who gets the visit: the real host (punycode where the letters are not Latin), or the mail
/// address.
[[nodiscard]] QString linkTarget(const QString& url);

} // namespace Skein
