#include "cli.h"

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QHash>

#include <algorithm>
#include <cstdio>

namespace
{

constexpr char kDescription[] =
    "A client for scripts and bots.\n\n"
    "Commands:\n"
    "  signup                       make the account --user and sign in (--display-name)\n"
    "  signin                       sign in; the session is kept in --data for the other commands\n"
    "  rooms                        the room list\n"
    "  history ROOM                 messages, oldest first (--before SEQ, --limit N)\n"
    "  send ROOM [TEXT|-]           one message, or one for each line of standard input (--reply "
    "SEQ)\n"
    "  tail [ROOM]                  messages as they come, one JSON object a line\n"
    "  create KIND NAME MEMBER...   KIND: job, support, general, direct; MEMBER: sign-in names\n"
    "  read ROOM                    mark all read\n"
    "  typing ROOM                  show that one types\n"
    "  edit ROOM SEQ TEXT           delete ROOM SEQ          react ROOM SEQ EMOJI [off]\n"
    "  pin ROOM SEQ [off]           rename ROOM NAME         topic ROOM TEXT\n"
    "  archive ROOM [off]           invite ROOM USER         remove ROOM USER_ID\n"
    "  leave ROOM                   members ROOM             draft ROOM [TEXT]\n"
    "  sessions                     the devices that are signed in; revoke SESSION signs one out, "
    "which then wipes itself\n"
    "  why TEMP_ID                  what happened to a message that was written here: queued, "
    "sent, "
    "lost, resent,\n"
    "                               confirmed, with times; needs no server, works beside a running "
    "app (--user, --json)\n"
    "  script                       JSON commands from standard input, JSON events to standard "
    "output, one a line.\n"
    "      {\"cmd\":\"send\",\"room\":R,\"text\":T,\"id\":I,\"reply\":SEQ} "
    "{\"cmd\":\"create\",\"kind\":K,\"name\":N,\"members\":[..],\"id\":I}\n"
    "      {\"cmd\":\"read\",\"room\":R,\"seq\":S} {\"cmd\":\"typing\",\"room\":R,\"on\":true} "
    "{\"cmd\":\"watch\",\"room\":R}\n"
    "      {\"cmd\":\"rooms\",\"id\":I} "
    "{\"cmd\":\"history\",\"room\":R,\"before\":S,\"limit\":N,\"id\":I} {\"cmd\":\"retry-all\"}\n"
    "      edit, delete, react, pin, rename, topic, archive, invite, remove, leave, draft with "
    "room, seq, "
    "text, key, on, name, topic, user\n"
    "      {\"cmd\":\"draft\",\"room\":R,\"text\":T}\n"
    "      {\"cmd\":\"wait-drained\",\"id\":I} {\"cmd\":\"quit\"}; the end of the input quits when "
    "all is sent.\n"
    "      Events: ready queued confirmed failed message typing receipt unread room created rooms "
    "history drained\n"
    "      link error. `watch` without a room watches all: messages, typing and receipts come from "
    "watched rooms.\n\n"
    "ROOM is an id or an exact name. The password comes from --password-file or SKEIN_PASSWORD, "
    "never from the command\n"
    "line. The session is kept in a file in --data that only this user of the system can read.\n\n"
    "Exit codes: 0 done; 1 other error; 2 usage; 3 sign-in refused; 4 server not reached in time; "
    "5 no such room or id;\n"
    "6 a message or command was refused; 7 the local data cannot be used.";

/// Fewest and most arguments after the command.
struct Arity {
    int least, most;
};
const QHash<QString, Arity>& commands()
{
    static const QHash<QString, Arity> known{
        {QStringLiteral("signup"), {0, 0}},   {QStringLiteral("signin"), {0, 0}},
        {QStringLiteral("rooms"), {0, 0}},    {QStringLiteral("history"), {1, 1}},
        {QStringLiteral("send"), {1, 2}},     {QStringLiteral("tail"), {0, 1}},
        {QStringLiteral("create"), {2, 102}}, {QStringLiteral("read"), {1, 1}},
        {QStringLiteral("typing"), {1, 1}},   {QStringLiteral("script"), {0, 0}},
        {QStringLiteral("edit"), {3, 3}},     {QStringLiteral("delete"), {2, 2}},
        {QStringLiteral("react"), {3, 4}},    {QStringLiteral("pin"), {2, 3}},
        {QStringLiteral("rename"), {2, 2}},   {QStringLiteral("topic"), {2, 2}},
        {QStringLiteral("archive"), {1, 2}},  {QStringLiteral("invite"), {2, 2}},
        {QStringLiteral("remove"), {2, 2}},   {QStringLiteral("leave"), {1, 1}},
        {QStringLiteral("members"), {1, 1}},  {QStringLiteral("draft"), {1, 2}},
        {QStringLiteral("sessions"), {0, 0}}, {QStringLiteral("revoke"), {1, 1}},
        {QStringLiteral("why"), {1, 1}}};
    return known;
}

} // namespace

int main(int argc, char** argv)
{
    QCoreApplication app(argc, argv);
    QCoreApplication::setApplicationName(QStringLiteral("skein-cli"));
    QCoreApplication::setApplicationVersion(QStringLiteral("0.1.0"));

    QCommandLineParser parser;
    parser.setApplicationDescription(QString::fromLatin1(kDescription));
    parser.addHelpOption();
    parser.addVersionOption();
    const auto option = [&parser](const char* name, const char* description, const char* value) {
        parser.addOption({QString::fromLatin1(name), QString::fromLatin1(description),
                          QString::fromLatin1(value)});
    };
    option("server",
           "Address of the server (that of the stored session, else http://127.0.0.1:7878).",
           "URL");
    option("data", "Folder for the local data.", "DIR");
    option("user", "Sign-in name.", "NAME");
    option("display-name", "Name shown to others (signup).", "TEXT");
    option("password-file", "File that holds the password.", "FILE");
    option("before", "history: messages before this seq.", "SEQ");
    option("limit", "history: how many (50).", "N");
    option("reply", "send: answer to this seq.", "SEQ");
    option("transport", "socket, http or auto (auto: the socket, HTTP when there is none).",
           "WHICH");
    option("timeout", "Seconds to wait for the server (30).", "SECONDS");
    parser.addOption({QStringLiteral("json"), QStringLiteral("Machine-readable output.")});
    parser.addOption(
        {QStringLiteral("insecure"), QStringLiteral("Allow plain http beyond this machine.")});
    parser.addPositionalArgument(QStringLiteral("command"), QStringLiteral("See above."));
    if (!parser.parse(app.arguments())) {
        std::fprintf(stderr, "skein-cli: %s\n", qPrintable(parser.errorText()));
        return cli::Usage;
    }
    if (parser.isSet(QStringLiteral("help")))
        parser.showHelp(cli::Done);
    if (parser.isSet(QStringLiteral("version")))
        parser.showVersion();

    cli::Options options;
    options.arguments = parser.positionalArguments();
    if (!options.arguments.isEmpty())
        options.command = options.arguments.takeFirst();
    const auto known = commands().constFind(options.command);
    if (known == commands().constEnd() || options.arguments.size() < known->least ||
        options.arguments.size() > known->most) {
        std::fprintf(stderr, "skein-cli: unknown command or wrong arguments; see --help\n");
        return cli::Usage;
    }
    if (parser.isSet(QStringLiteral("server")))
        options.server = QUrl(parser.value(QStringLiteral("server")));
    options.dataDir = parser.value(QStringLiteral("data"));
    options.user = parser.value(QStringLiteral("user"));
    options.displayName = parser.value(QStringLiteral("display-name"));
    options.passwordFile = parser.value(QStringLiteral("password-file"));
    options.before = parser.value(QStringLiteral("before")).toLongLong();
    options.reply = parser.value(QStringLiteral("reply")).toLongLong();
    if (parser.isSet(QStringLiteral("limit")))
        options.limit = parser.value(QStringLiteral("limit")).toInt();
    if (parser.isSet(QStringLiteral("timeout")))
        options.timeoutMs = std::max(parser.value(QStringLiteral("timeout")).toInt(), 1) * 1000;
    const QString transport = parser.value(QStringLiteral("transport"));
    if (transport == QLatin1String("socket")) {
        options.transport = Skein::Client::SocketOnly;
    } else if (transport == QLatin1String("http")) {
        options.transport = Skein::Client::HttpOnly;
    } else if (!transport.isEmpty() && transport != QLatin1String("auto")) {
        std::fprintf(stderr, "skein-cli: --transport is socket, http or auto\n");
        return cli::Usage;
    }
    options.json = parser.isSet(QStringLiteral("json"));
    options.insecure = parser.isSet(QStringLiteral("insecure"));

    cli::Cli program(options);
    QTimer::singleShot(0, &program, &cli::Cli::run);
    return QCoreApplication::exec();
}
