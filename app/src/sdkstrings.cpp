// Strings that the SDK translates at run time by context and source text (sdk/qt/displaytext.cpp,
// core/error.cpp): listed here so that lupdate finds them. tests/qml/tst_translations.cpp checks
// that none is missing.

#include <QtGlobal>

namespace
{

// clang-format off
[[maybe_unused]] const char* const kSdkStrings[] = {
    QT_TRANSLATE_NOOP("Skein", "Signed out"),
    QT_TRANSLATE_NOOP("Skein", "No network"),
    QT_TRANSLATE_NOOP("Skein", "Waiting to reconnect"),
    QT_TRANSLATE_NOOP("Skein", "Connecting…"),
    QT_TRANSLATE_NOOP("Skein", "Signing in…"),
    QT_TRANSLATE_NOOP("Skein", "Catching up…"),
    QT_TRANSLATE_NOOP("Skein", "Connected"),
    QT_TRANSLATE_NOOP("Skein", "Disconnected"),
    QT_TRANSLATE_NOOP("Skein", "Today"),
    QT_TRANSLATE_NOOP("Skein", "Yesterday"),
    QT_TRANSLATE_NOOP("Skein", "dddd, d MMMM"),
    QT_TRANSLATE_NOOP("Skein", "d MMMM yyyy"),
    QT_TRANSLATE_NOOP("Skein", "Waiting to be sent"),
    QT_TRANSLATE_NOOP("Skein", "Sending"),
    QT_TRANSLATE_NOOP("Skein", "The server is saving it"),
    QT_TRANSLATE_NOOP("Skein", "Checking whether it arrived"),
    QT_TRANSLATE_NOOP("Skein", "Waits behind a message that was not sent"),
    QT_TRANSLATE_NOOP("Skein", "Sent"),
    QT_TRANSLATE_NOOP("Skein", "Delivered"),
    QT_TRANSLATE_NOOP("Skein", "Read"),
    QT_TRANSLATE_NOOP("Skein", "Not sent"),
    QT_TRANSLATE_NOOP("Skein", "%1 is typing…"),
    QT_TRANSLATE_NOOP("Skein", "%1 and %2 are typing…"),
};

[[maybe_unused]] const struct { const char* source; const char* comment; } kSdkPlurals[] = {
    QT_TRANSLATE_N_NOOP3("Skein", "%n people are typing…", ""),
};

[[maybe_unused]] const char* const kErrorStrings[] = {
    QT_TRANSLATE_NOOP("SkeinErrors", "The message could not be understood."),
    QT_TRANSLATE_NOOP("SkeinErrors", "This is too large to send."),
    QT_TRANSLATE_NOOP("SkeinErrors", "The other side does not know this feature yet."),
    QT_TRANSLATE_NOOP("SkeinErrors", "Part of this message is not valid."),
    QT_TRANSLATE_NOOP("SkeinErrors", "The connection lost step. It is being set up again."),
    QT_TRANSLATE_NOOP("SkeinErrors", "This version is too old for the server. Please update."),
    QT_TRANSLATE_NOOP("SkeinErrors", "Wrong name or password."),
    QT_TRANSLATE_NOOP("SkeinErrors", "The sign-in has expired and is being renewed."),
    QT_TRANSLATE_NOOP("SkeinErrors", "The sign-in is no longer valid. Please sign in again."),
    QT_TRANSLATE_NOOP("SkeinErrors", "You are not allowed to do this here."),
    QT_TRANSLATE_NOOP("SkeinErrors", "This does not exist, or you have no access to it."),
    QT_TRANSLATE_NOOP("SkeinErrors", "Somebody else changed this first."),
    QT_TRANSLATE_NOOP("SkeinErrors", "This device was signed out."),
    QT_TRANSLATE_NOOP("SkeinErrors", "This account is blocked."),
    QT_TRANSLATE_NOOP("SkeinErrors", "Slowed down for a moment. Nothing is lost."),
    QT_TRANSLATE_NOOP("SkeinErrors", "Too many devices are connected at once."),
    QT_TRANSLATE_NOOP("SkeinErrors", "This message is too long."),
    QT_TRANSLATE_NOOP("SkeinErrors", "The connection was too slow and is being set up again."),
    QT_TRANSLATE_NOOP("SkeinErrors", "The server is busy. Trying again."),
    QT_TRANSLATE_NOOP("SkeinErrors", "Waiting for the message before it."),
    QT_TRANSLATE_NOOP("SkeinErrors", "The server was reset. Catching up."),
    QT_TRANSLATE_NOOP("SkeinErrors", "The disk is full."),
    QT_TRANSLATE_NOOP("SkeinErrors", "The local storage does not work."),
    QT_TRANSLATE_NOOP("SkeinErrors", "The local storage is damaged."),
    QT_TRANSLATE_NOOP("SkeinErrors", "The data was written by a newer version. Please update."),
    QT_TRANSLATE_NOOP("SkeinErrors", "Another program is using this data."),
    QT_TRANSLATE_NOOP("SkeinErrors", "There is no network."),
    QT_TRANSLATE_NOOP("SkeinErrors", "The connection was lost."),
    QT_TRANSLATE_NOOP("SkeinErrors", "The server did not answer in time."),
    QT_TRANSLATE_NOOP("SkeinErrors", "The server is restarting."),
    QT_TRANSLATE_NOOP("SkeinErrors", "The address is used by another program."),
    QT_TRANSLATE_NOOP("SkeinErrors", "The system keychain is not available."),
    QT_TRANSLATE_NOOP("SkeinErrors", "Cancelled."),
    QT_TRANSLATE_NOOP("SkeinErrors", "This is not possible here."),
    QT_TRANSLATE_NOOP("SkeinErrors", "Something went wrong inside."),
};
// clang-format on

} // namespace
