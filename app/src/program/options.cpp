#include "app/src/program/options.h"

#include <QCommandLineParser>
#include <QRegularExpression>

namespace Skein
{

ParsedOptions parseOptions(const QStringList& arguments)
{
    QCommandLineParser parser;
    parser.setApplicationDescription(
        QStringLiteral("Skein, a chat client.\nEnvironment: SKEIN_PASSWORD (with --demo), "
                       "SKEIN_REDUCED_MOTION=1."));
    const auto help = parser.addHelpOption();
    const auto version = parser.addVersionOption();
    const auto option = [&](const char* name, const char* text, const char* value = nullptr) {
        QCommandLineOption result(QString::fromLatin1(name), QString::fromLatin1(text),
                                  QString::fromLatin1(value));
        parser.addOption(result);
        return result;
    };
    const auto server = option(
        "server",
        "Server, http(s)://host[:port]; without it that of the account that was open last.", "URL");
    const auto user = option("user", "Name to sign in with.", "NAME");
    const auto data = option("data", "Folder for this device's data.", "DIR");
    const auto demo =
        option("demo", "Sign in by itself with SKEIN_PASSWORD; keep the token in a plain file.");
    const auto theme = option("theme", "dark, light or system.", "THEME");
    const auto size = option("size", "Size of the window, WxH.", "WxH");
    const auto room = option("room", "Open this room.", "NAME");
    const auto compact = option("compact", "One narrow pane.");
    const auto screenshot = option("screenshot", "Save a picture of the window.", "FILE");
    const auto quit = option("quit-after-screenshot", "Exit when the picture is saved.");
    const auto paint = option("first-paint-report",
                              "Print the time to the first painted message and the memory, exit.");
    const auto report = option("report", "Print what the window shows as JSON lines (for tests).");

    ParsedOptions result;
    if (!parser.parse(arguments)) {
        result.error = parser.errorText();
        return result;
    }
    if (parser.isSet(help)) {
        result.answer = parser.helpText();
        return result;
    }
    if (parser.isSet(version)) {
        result.answer = QStringLiteral("skein " SKEIN_VERSION "\n");
        return result;
    }
    if (!parser.positionalArguments().isEmpty()) {
        result.error = QStringLiteral("Unexpected argument: %1")
                           .arg(parser.positionalArguments().constFirst());
        return result;
    }
    Options& o = result.options;
    if (parser.isSet(server)) {
        o.server = QUrl(parser.value(server), QUrl::StrictMode);
        const QString scheme = o.server.scheme();
        if (!o.server.isValid() || o.server.host().isEmpty() ||
            (scheme != QLatin1String("http") && scheme != QLatin1String("https")))
            result.error = QStringLiteral("--server wants http(s)://host[:port], not %1")
                               .arg(parser.value(server));
    }
    o.user = parser.value(user);
    o.dataDir = parser.value(data);
    o.demo = parser.isSet(demo);
    if (parser.isSet(theme)) {
        o.theme = parser.value(theme);
        if (!QStringList{QStringLiteral("dark"), QStringLiteral("light"), QStringLiteral("system")}
                 .contains(o.theme))
            result.error =
                QStringLiteral("--theme wants dark, light or system, not %1").arg(o.theme);
    }
    if (parser.isSet(size)) {
        static const QRegularExpression pattern(QStringLiteral("^([0-9]{3,4})x([0-9]{3,4})$"));
        const auto match = pattern.match(parser.value(size));
        if (match.hasMatch())
            o.size = QSize(match.captured(1).toInt(), match.captured(2).toInt());
        else
            result.error =
                QStringLiteral("--size wants WxH, as 1280x800, not %1").arg(parser.value(size));
    }
    o.room = parser.value(room);
    o.compact = parser.isSet(compact);
    o.screenshot = parser.value(screenshot);
    o.quitAfterScreenshot = parser.isSet(quit);
    o.firstPaintReport = parser.isSet(paint);
    o.report = parser.isSet(report);
    return result;
}

} // namespace Skein
