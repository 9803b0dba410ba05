// How values look to a person: initials, colours, times, counts. Translated where they are words.
// Thread: any.
#pragma once

#include "core/error.h"
#include "offline/rows.h"

#include <QDate>
#include <QString>

#include <string_view>

namespace Skein::display
{

/// UTF-8 to QString and back; nothing else is changed.
[[nodiscard]] QString text(std::string_view utf8);
[[nodiscard]] std::string utf8(const QString& text);

/// First letters (grapheme clusters) of the first and the last word that have one; one where there
/// is one such word, or where the script's letters do not stand alone (Arabic, Devanagari, Thai,
/// Chinese, …); without any letter the first character; "?" for nothing.
[[nodiscard]] QString initials(const QString& name);
/// 0…RoomListModel::kColorCount-1, the same on every device and in every run.
[[nodiscard]] int colorIndex(std::string_view id) noexcept;
/// "", "1" … "99", "99+".
[[nodiscard]] QString badge(qint64 count);
/// "14:05" in the user's locale.
[[nodiscard]] QString clockTime(qint64 ms);
/// Time for a list: of today the time, of the last six days the weekday, else the date.
[[nodiscard]] QString listTime(qint64 ms, const QDate& today);
/// "Today", "Yesterday", "Monday, 3 November" (with the year when it is another).
[[nodiscard]] QString dayTitle(qint64 ms, const QDate& today);
/// Days since an arbitrary one, in local time: equal = same day on this screen.
[[nodiscard]] int localDay(qint64 ms);
/// First line, spaces collapsed, at most `charactersMax` characters and then an ellipsis.
[[nodiscard]] QString oneLine(const QString& text, int charactersMax);
[[nodiscard]] QString statusText(skein::offline::Status status);
/// Of an unsent message behind one that failed.
[[nodiscard]] QString heldBackText();
/// One sentence for a person.
[[nodiscard]] QString errorSentence(skein::ErrorCode code);
/// "Ann is typing…" and so on; empty for nobody.
[[nodiscard]] QString typingSentence(const QStringList& names);

} // namespace Skein::display
