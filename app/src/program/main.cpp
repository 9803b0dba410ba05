// `skein`: the chat app.

#include "app/src/nativemodule.h"
#include "app/src/program/display.h"
#include "app/src/program/options.h"
#include "app/src/program/probes.h"
#include "app/src/uireport.h"
#include "sdk/qt/accountlist.h"
#include "sdk/qt/qmlmodule.h"

#include <QFont>
#include <QGuiApplication>
#include <QIcon>
#include <QLocale>
#include <QQmlApplicationEngine>
#include <QQuickStyle>
#include <QQuickWindow>
#include <QTranslator>

#include <cstdio>

namespace
{

constexpr char kServerDefault[] = "http://127.0.0.1:7878";

/// Exit codes, also in docs/troubleshooting.md.
enum Exit { kOk = 0, kFailed = 1, kUsage = 2, kNoDisplay = 3 };

QStringList argumentsOf(int argc, char** argv)
{
    QStringList result;
    for (int i = 0; i < argc; ++i)
        result.append(QString::fromLocal8Bit(argv[i]));
    return result;
}

void say(const QString& text, std::FILE* out = stderr)
{
    std::fputs(qUtf8Printable(text), out);
    std::fputc('\n', out);
    std::fflush(out);
}

void saveScreenshot(QQuickWindow& window, const Skein::Options& options)
{
    if (!window.grabWindow().save(options.screenshot)) {
        say(QStringLiteral("skein: cannot write %1").arg(options.screenshot));
        QCoreApplication::exit(kFailed);
    } else if (options.quitAfterScreenshot) {
        QCoreApplication::quit();
    }
}

/// All accounts of this device; shown is the one that was asked for. Where that is not here, it is
/// signed in, or the sign-in page asks for it, beside the others.
void openAccounts(Skein::AccountList& accounts, const Skein::Options& options)
{
    accounts.setServerUrl(options.server.isEmpty() ? QUrl(QString::fromLatin1(kServerDefault))
                                                   : options.server);
    if (!options.dataDir.isEmpty())
        accounts.setDataDir(options.dataDir);
    if (options.demo)
        accounts.setAllowPlainTokenFile(true);
    if (options.demo)
        QObject::connect(
            &accounts, &Skein::AccountList::clientMade, &accounts, [](const Skein::Client* client) {
                QObject::connect(client, &Skein::Client::signInFailed, client,
                                 [](const QString&, const QString& text) {
                                     say(QStringLiteral("skein: signing in failed: %1").arg(text));
                                 });
            });
    if (accounts.resume(options.user, options.server))
        return;
    Skein::Client* const client = accounts.add();
    if (!client) {
        say(QStringLiteral("skein: there is no room for another account; sign out of one"));
        return;
    }
    if (!options.server.isEmpty())
        client->setServerUrl(options.server);
    if (options.demo && !options.user.isEmpty())
        client->signIn(options.user, qEnvironmentVariable("SKEIN_PASSWORD"));
}

} // namespace

int main(int argc, char** argv)
{
    const auto parsed = Skein::parseOptions(argumentsOf(argc, argv));
    if (!parsed.answer.isEmpty()) {
        say(parsed.answer, stdout);
        return kOk;
    }
    if (!parsed.error.isEmpty()) {
        say(QStringLiteral("skein: %1\nTry skein --help.").arg(parsed.error));
        return kUsage;
    }
    auto display = Skein::prepareDisplay();
    if (!display.problem.isEmpty()) {
        say(QStringLiteral("skein: %1. For a terminal, use skein-cli.").arg(display.problem));
        return kNoDisplay;
    }
    const Skein::Options& options = parsed.options;

    QGuiApplication::setApplicationName(QStringLiteral("skein"));
    QGuiApplication::setApplicationDisplayName(QStringLiteral("Skein"));
    QGuiApplication::setApplicationVersion(QStringLiteral(SKEIN_VERSION));
    QGuiApplication::setDesktopFileName(QStringLiteral("org.skein.Skein"));
    QGuiApplication app(argc, argv);
    display.x11.reset();
    QQuickStyle::setStyle(QStringLiteral("Basic"));
    // Noto where it is installed, in an order that gives each script its own face and emoji their
    // colours; what is missing falls back to the system's choice.
    QFont font;
    QStringList families;
    for (const char* name :
         {"Noto Sans", "Noto Sans Georgian", "Noto Sans Arabic", "Noto Sans Devanagari",
          "Noto Sans Thai", "Noto Sans CJK JP", "Noto Color Emoji"})
        families.append(QString::fromLatin1(name));
    font.setFamilies(families);
    QGuiApplication::setFont(font);

    // Without a locale Qt writes times with seconds and dates like a log file.
    if (QLocale().language() == QLocale::C)
        QLocale::setDefault(QLocale(QLocale::English, QLocale::UnitedKingdom));
    // The only place that installs a translation. English has one too: it holds the plurals.
    QTranslator english;
    if (english.load(QStringLiteral(":/i18n/skein_en.qm")))
        QCoreApplication::installTranslator(&english);
    QTranslator translator;
    if (translator.load(QLocale(), QStringLiteral("skein"), QStringLiteral("_"),
                        QStringLiteral(":/i18n")))
        QCoreApplication::installTranslator(&translator);

    Skein::AccountList accounts;
    openAccounts(accounts, options);

    Skein::registerQmlModule();
    Skein::registerNativeModule();
    QQmlApplicationEngine engine;
    Skein::prepareEngine(engine);
    QVariantMap properties{{QStringLiteral("accounts"), QVariant::fromValue(&accounts)},
                           {QStringLiteral("theme"), options.theme},
                           {QStringLiteral("wantedRoom"), options.room},
                           {QStringLiteral("compact"), options.compact},
                           {QStringLiteral("demo"), options.demo}};
    if (options.size) {
        properties.insert(QStringLiteral("width"), options.size->width());
        properties.insert(QStringLiteral("height"), options.size->height());
    }
    engine.setInitialProperties(properties);
    engine.load(QUrl(QStringLiteral("qrc:/qt/qml/Skein/App/Main.qml")));
    auto* window = engine.rootObjects().isEmpty()
                       ? nullptr
                       : qobject_cast<QQuickWindow*>(engine.rootObjects().constFirst());
    if (!window) {
        say(QStringLiteral("skein: the window could not be made"));
        return kFailed;
    }
    if (options.report)
        new Skein::UiReport(window, window);
    if (!options.screenshot.isEmpty() || options.firstPaintReport) {
        auto* probe = new Skein::SettleProbe(window, window);
        if (options.firstPaintReport)
            QObject::connect(probe, &Skein::SettleProbe::painted, window, [](qint64 ageMs) {
                say(QStringLiteral("{\"first_paint_ms\": %1, \"cpu_ms\": %2, \"rss_kib\": %3}")
                        .arg(ageMs)
                        .arg(Skein::processCpuMs(), 0, 'f', 1)
                        .arg(Skein::residentKiB()),
                    stdout);
            });
        QObject::connect(probe, &Skein::SettleProbe::settled, window, [window, &options] {
            if (!options.screenshot.isEmpty())
                saveScreenshot(*window, options);
            else
                QCoreApplication::quit();
        });
    }
    return QGuiApplication::exec();
}
