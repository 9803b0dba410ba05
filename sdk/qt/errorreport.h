// What Client tells the embedding program's own error reporting (requirements T7, E5). Plain value.
#pragma once

#include <QString>

#include <functional>

namespace Skein
{

struct ErrorReport {
    /// `sign_in`, `connection`, `store`, `message` (refused for good, kept for the user) or
    /// `command` (refused for good, taken back).
    QString area;
    QString code;   ///< a stable word (core/error.h)
    QString detail; ///< English, for developers; may be empty. Holds no bodies, tokens or passwords
    QString tempId; ///< of `message` and `command`, where known: Client::readStory() tells the rest
    bool final = false; ///< it does not go away by itself
};

/// Called on the GUI thread, after the signals that tell the same. Must not call back into the
/// Client.
using ErrorReporter = std::function<void(const ErrorReport& report)>;

} // namespace Skein
