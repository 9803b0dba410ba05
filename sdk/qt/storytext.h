// What happened to a message, in words (offline/journal.h). Translated. Thread: any.
#pragma once

#include "offline/journal.h"

#include <QString>

namespace Skein::display
{

/// What it was: "Message", "Edit", "Reaction", …
[[nodiscard]] QString operationText(std::optional<skein::offline::Op> op);
/// One or two sentences: where it is now and, when it waits, for what.
[[nodiscard]] QString storyText(const skein::offline::Story& story);
/// One line: "Sent", "The connection ended before an answer came", …
[[nodiscard]] QString happeningText(const skein::offline::StoryEvent& event);
/// "2026-11-27 09:08:54.123" in local time: the same in every language, to be sorted and compared.
[[nodiscard]] QString exactTime(qint64 ms);

} // namespace Skein::display
