#include "cli.h"

#include "sdk/qt/displaytext.h"

#include <QCoreApplication>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace cli
{

using Skein::Client;
using Skein::RoomListModel;
using Skein::display::text;
using skein::offline::MessageRow;
using skein::offline::RoomRow;
using skein::offline::Status;

namespace
{

constexpr char kServerDefault[] = "http://127.0.0.1:7878";

} // namespace

// ---- standard input
// ----------------------------------------------------------------------------------------------

Lines::Lines(QObject* parent)
    : QObject(parent)
    , m_notifier(STDIN_FILENO, QSocketNotifier::Read)
{
    fcntl(STDIN_FILENO, F_SETFL, fcntl(STDIN_FILENO, F_GETFL) | O_NONBLOCK);
    connect(&m_notifier, &QSocketNotifier::activated, this, &Lines::readSome);
    // A regular file never becomes "ready" for every kind of event dispatcher: look once by
    // ourselves.
    QTimer::singleShot(0, this, &Lines::readSome);
}

void Lines::setPaused(bool paused)
{
    if (std::exchange(m_paused, paused) == paused)
        return;
    m_notifier.setEnabled(!paused && !m_ended);
    if (!paused)
        QTimer::singleShot(0, this, &Lines::readSome);
}

void Lines::readSome()
{
    char block[64 * 1024];
    while (!m_paused && !m_ended) {
        const auto n = ::read(STDIN_FILENO, block, sizeof block);
        if (n > 0) {
            m_buffer.append(block, n);
            deliver();
        } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
            m_ended = true;
            m_notifier.setEnabled(false);
        } else {
            break;
        }
    }
    deliver();
}

void Lines::deliver()
{
    if (std::exchange(m_delivering, true))
        return;
    qsizetype from = 0;
    for (qsizetype end = 0; !m_paused && (end = m_buffer.indexOf('\n', from)) >= 0; from = end + 1)
        Q_EMIT line(m_buffer.mid(from, end - from));
    m_buffer.remove(0, from);
    if (m_buffer.size() > kLineBytesMax && !m_buffer.contains('\n')) {
        m_buffer.clear();
        m_ended = true;
        m_notifier.setEnabled(false);
    }
    if (m_ended && !m_paused && !m_told) {
        m_told = true;
        if (!m_buffer.isEmpty())
            Q_EMIT line(std::exchange(m_buffer, {}));
        Q_EMIT ended();
    }
    m_delivering = false;
}

// ---- what all commands share
// -------------------------------------------------------------------------------------

Cli::Cli(Options options)
    : m_options(std::move(options))
{
    // No desktop session is assumed: the token goes into a file that only this user can read (see
    // --help).
    m_client.setUseKeychain(false);
    m_client.setAllowPlainTokenFile(true);
    m_client.setAllowInsecureServer(m_options.insecure);
    m_client.setServerUrl(serverToSignIn());
    m_client.setTransportMode(m_options.transport);
    if (!m_options.dataDir.isEmpty())
        m_client.setDataDir(m_options.dataDir);
    m_deadline.setSingleShot(true);
    m_deadline.setInterval(m_options.timeoutMs);
    connect(&m_deadline, &QTimer::timeout, this, [this] {
        finish(Unreachable,
               m_client.errorText().isEmpty() ? QStringLiteral("timed out") : m_client.errorText());
    });
    connect(&m_client, &Client::signInFailed, this,
            [this](const QString& code, const QString& sentence) {
                if (!m_triedPassword && !password().isEmpty()) {
                    signIn();
                    return;
                }
                const bool network =
                    code == QLatin1String("transport") || code == QLatin1String("timeout");
                finish(network ? Unreachable : SignInRefused, sentence);
            });
    connect(&m_client, &Client::storeFailed, this, [this](const QString&, const QString& sentence) {
        // Of a script the command that was refused has said so; it goes on, and takes
        // messages again when there is space.
        if (m_script)
            std::fprintf(stderr, "skein-cli: %s\n", qPrintable(sentence));
        else
            finish(LocalData, sentence);
    });
    connect(&m_client, &Client::deviceRevoked, this,
            [this](const QString& name, int unsent, int drafts) {
                finish(SignInRefused,
                       QStringLiteral("%1 was signed out of this device from another one; its data "
                                      "here were deleted, %2 unsent messages and %3 drafts with it")
                           .arg(name)
                           .arg(unsent)
                           .arg(drafts));
            });
    connect(&m_client, &Client::roomsLoaded, this, [this] {
        m_loaded = true;
        if (m_client.state() != Client::Stopped) // else it has been answered, or is about to be
            stateMayBeLive();
    });
    connect(&m_client, &Client::stateChanged, this, &Cli::stateMayBeLive);
}

Cli::~Cli() = default;

QString Cli::password() const
{
    if (!m_options.passwordFile.isEmpty()) {
        QFile file(m_options.passwordFile);
        if (!file.open(QIODevice::ReadOnly))
            return {};
        QByteArray bytes = file.read(4096);
        while (bytes.endsWith('\n') || bytes.endsWith('\r'))
            bytes.chop(1);
        return QString::fromUtf8(bytes);
    }
    return qEnvironmentVariable("SKEIN_PASSWORD");
}

QUrl Cli::serverToSignIn() const
{
    return m_options.server.isEmpty() ? QUrl(QString::fromLatin1(kServerDefault))
                                      : m_options.server;
}

void Cli::signIn()
{
    m_triedPassword = true;
    if (m_client.signedIn()) {
        // The stored session was refused: its account again, at its server and nowhere else.
        m_client.signIn(m_client.userName(), password());
        return;
    }
    m_client.setServerUrl(serverToSignIn());
    if (m_options.command == QLatin1String("signup"))
        m_client.signUp(m_options.user, password(), m_options.displayName);
    else
        m_client.signIn(m_options.user, password());
}

void Cli::run()
{
    if (m_options.command == QLatin1String("why")) {
        why();
        return;
    }
    m_deadline.start();
    const bool byPassword = m_options.command == QLatin1String("signup") ||
                            m_options.command == QLatin1String("signin");
    if (!byPassword && m_client.resume(m_options.user, m_options.server))
        return;
    if (m_options.user.isEmpty() || password().isEmpty()) {
        finish(Usage, QStringLiteral(
                          "no stored session: give --user, and --password-file or SKEIN_PASSWORD"));
        return;
    }
    signIn();
}

/// Starts the command once the rooms are here and the connection is live.
void Cli::stateMayBeLive()
{
    if (m_client.state() == Client::Stopped) {
        if (m_client.busy())
            return; // the sign-in that is under way decides
        if (!m_triedPassword && !password().isEmpty())
            signIn();
        else
            finish(SignInRefused, m_client.errorText());
        return;
    }
    if (m_started || !m_loaded || m_client.state() != Client::Live)
        return;
    m_started = true;
    m_deadline.stop();
    // Not from inside a signal of the client.
    QTimer::singleShot(0, this, &Cli::start);
}

void Cli::print(const QJsonObject& object)
{
    const QByteArray line = QJsonDocument(object).toJson(QJsonDocument::Compact) + '\n';
    std::fwrite(line.constData(), 1, static_cast<std::size_t>(line.size()), stdout);
    std::fflush(stdout);
}

void Cli::finish(int code, const QString& message)
{
    m_deadline.stop();
    if (!message.isEmpty())
        std::fprintf(stderr, "skein-cli: %s\n", qPrintable(message));
    QCoreApplication::exit(code);
}

QString Cli::findRoom(const QString& idOrName) const
{
    auto* rooms = m_client.rooms();
    if (idOrName.isEmpty() || rooms->find(idOrName))
        return idOrName;
    for (int row = 0; row < rooms->count(); ++row)
        if (text(rooms->find(rooms->roomAt(row))->name) == idOrName)
            return rooms->roomAt(row);
    return {};
}

QJsonObject Cli::roomObject(const RoomRow& room) const
{
    static const char* const kinds[] = {"job", "support", "general", "direct"};
    return {{QStringLiteral("room"), text(room.room.str())},
            {QStringLiteral("name"), text(room.name)},
            {QStringLiteral("kind"), QString::fromLatin1(kinds[static_cast<int>(room.kind)])},
            {QStringLiteral("members"), static_cast<qint64>(room.members)},
            {QStringLiteral("head"), static_cast<qint64>(room.head.value())},
            {QStringLiteral("read"), static_cast<qint64>(room.read.value())},
            {QStringLiteral("others_read"), static_cast<qint64>(room.othersRead.value())},
            {QStringLiteral("others_delivered"), static_cast<qint64>(room.othersDelivered.value())},
            {QStringLiteral("unread"), static_cast<qint64>(room.unread)},
            {QStringLiteral("last"), room.last ? text(room.last->text) : QString()},
            {QStringLiteral("active_ts"), static_cast<qint64>(room.activeTs)}};
}

QJsonObject Cli::messageObject(const MessageRow& row)
{
    if (row.isHole())
        return {{QStringLiteral("hole"), true},
                {QStringLiteral("from"), static_cast<qint64>(row.seq.value())},
                {QStringLiteral("to"), static_cast<qint64>(row.holeHi.value())}};
    QJsonObject object{{QStringLiteral("room"), text(row.room.str())},
                       {QStringLiteral("seq"), static_cast<qint64>(row.seq.value())},
                       {QStringLiteral("sender"), text(row.sender.str())},
                       {QStringLiteral("name"), text(row.senderName)},
                       {QStringLiteral("own"), row.own},
                       {QStringLiteral("ts"), static_cast<qint64>(row.ts)},
                       {QStringLiteral("text"), text(row.body)}};
    if (!row.tempId.empty())
        object.insert(QStringLiteral("temp_id"), text(row.tempId.str()));
    if (row.replyTo)
        object.insert(QStringLiteral("reply"), static_cast<qint64>(row.replyTo->seq.value()));
    if (row.edited)
        object.insert(QStringLiteral("edited"), true);
    if (row.deleted)
        object.insert(QStringLiteral("deleted"), true);
    return object;
}

// ---- commands
// ----------------------------------------------------------------------------------------------------

void Cli::start()
{
    const QString& command = m_options.command;
    const bool needsRoom = command == QLatin1String("history") ||
                           command == QLatin1String("send") || command == QLatin1String("read") ||
                           command == QLatin1String("typing") || isRoomChange(command) ||
                           (command == QLatin1String("tail") && !m_options.arguments.isEmpty());
    if (needsRoom) {
        m_room = findRoom(m_options.arguments.value(0));
        if (m_room.isEmpty()) {
            finish(NotFound, QStringLiteral("no such room: ") + m_options.arguments.value(0));
            return;
        }
    }
    if (command == QLatin1String("signup") || command == QLatin1String("signin")) {
        print({{QStringLiteral("user"), m_client.userId()},
               {QStringLiteral("name"), m_client.userName()},
               {QStringLiteral("display_name"), m_client.displayName()}});
        finish(Done);
    } else if (command == QLatin1String("rooms")) {
        rooms();
    } else if (command == QLatin1String("history")) {
        history();
    } else if (command == QLatin1String("send")) {
        send();
    } else if (command == QLatin1String("tail")) {
        tail();
    } else if (command == QLatin1String("create")) {
        create();
    } else if (command == QLatin1String("read")) {
        read();
    } else if (command == QLatin1String("typing")) {
        typing();
    } else if (command == QLatin1String("sessions")) {
        sessions();
    } else if (command == QLatin1String("revoke")) {
        revoke();
    } else if (change()) {
        return;
    } else if (command == QLatin1String("script")) {
        m_script = new Script(*this);
        m_script->setParent(this);
    }
}

void Cli::rooms()
{
    auto* list = m_client.rooms();
    for (int row = 0; row < list->count(); ++row) {
        const RoomRow& room = *list->find(list->roomAt(row));
        if (m_options.json)
            print(roomObject(room));
        else
            std::printf("%s\t%s\t%lld unread\t%s\n", room.room.str().c_str(), room.name.c_str(),
                        static_cast<long long>(room.unread),
                        room.last ? room.last->text.c_str() : "");
    }
    finish(Done);
}

void Cli::history()
{
    m_client.readHistory(m_room, m_options.before, m_options.limit,
                         [this](const skein::Result<skein::offline::Page>& page) {
                             if (!page) {
                                 finish(LocalData, text(skein::userText(page.error().code)));
                                 return;
                             }
                             // Oldest first, as one reads.
                             for (auto row = page->rows.rbegin(); row != page->rows.rend(); ++row) {
                                 if (m_options.json)
                                     print(messageObject(*row));
                                 else
                                     std::printf("%lld\t%s\t%s\n",
                                                 static_cast<long long>(row->seq.value()),
                                                 row->senderName.c_str(), row->body.c_str());
                             }
                             finish(Done);
                         });
}

void Cli::send()
{
    connect(&m_client, &Client::rowsChanged, this, &Cli::sendProgress);
    connect(&m_client, &Client::commandFailed, this,
            [this](const QString& key, const QString& code) {
                if (m_sending.remove(key) > 0) {
                    ++m_failed;
                    print({{QStringLiteral("event"), QStringLiteral("failed")},
                           {QStringLiteral("temp_id"), key},
                           {QStringLiteral("code"), code}});
                    maybeSent();
                }
            });
    m_deadline.start();
    const QString first = m_options.arguments.value(1);
    if (m_options.arguments.size() > 1 && first != QLatin1String("-")) {
        m_noMoreLines = true;
        sendLine(first);
        maybeSent();
        return;
    }
    m_lines = new Lines(this);
    connect(m_lines, &Lines::line, this, [this](const QByteArray& line) {
        sendLine(text(std::string_view(line.constData(), static_cast<std::size_t>(line.size()))));
        m_lines->setPaused(m_sending.size() > Script::kUnconfirmedMax);
    });
    connect(m_lines, &Lines::ended, this, [this] {
        m_noMoreLines = true;
        maybeSent();
    });
}

void Cli::sendLine(const QString& line)
{
    if (line.isEmpty())
        return;
    const QString key = m_client.sendMessage(m_room, line, m_options.reply);
    if (!key.isEmpty())
        m_sending.insert(key, line);
}

void Cli::sendProgress(const skein::engine::TimelineChange& change)
{
    for (const MessageRow& row : change.upserted) {
        const QString key = text(row.tempId.str());
        if (!m_sending.contains(key) || (!row.seq && row.status != Status::Failed))
            continue;
        m_sending.remove(key);
        m_deadline.start(); // it moves
        if (row.seq) {
            if (m_options.json)
                print({{QStringLiteral("event"), QStringLiteral("confirmed")},
                       {QStringLiteral("temp_id"), key},
                       {QStringLiteral("seq"), static_cast<qint64>(row.seq.value())}});
        } else {
            ++m_failed;
            print({{QStringLiteral("event"), QStringLiteral("failed")},
                   {QStringLiteral("temp_id"), key},
                   {QStringLiteral("code"),
                    row.error ? text(skein::wireName(*row.error)) : QString()}});
        }
    }
    if (m_lines)
        m_lines->setPaused(m_sending.size() > Script::kUnconfirmedMax);
    maybeSent();
}

void Cli::maybeSent()
{
    if (m_noMoreLines && m_sending.isEmpty())
        finish(m_failed > 0 ? MessageFailed : Done);
}

void Cli::tail()
{
    auto* list = m_client.rooms();
    if (m_room.isEmpty())
        for (int row = 0; row < list->count(); ++row)
            m_client.setWatched(list->roomAt(row), true);
    else
        m_client.setWatched(m_room, true);
    const auto heads = std::make_shared<QHash<QString, qint64>>();
    for (int row = 0; row < list->count(); ++row)
        heads->insert(list->roomAt(row), list->find(list->roomAt(row))->head.value());
    connect(&m_client, &Client::rowsChanged, this,
            [this, heads](const skein::engine::TimelineChange& change) {
                const QString room = text(change.room.str());
                if (!m_room.isEmpty() && room != m_room)
                    return;
                qint64& head = (*heads)[room];
                for (const MessageRow& row : change.upserted) {
                    if (row.type != MessageRow::Type::Message || row.seq.value() <= head)
                        continue;
                    head = row.seq.value();
                    print(messageObject(row));
                }
            });
}

void Cli::create()
{
    static const QHash<QString, Client::RoomKind> kinds{
        {QStringLiteral("job"), Client::Job},
        {QStringLiteral("support"), Client::Support},
        {QStringLiteral("general"), Client::General},
        {QStringLiteral("direct"), Client::Direct}};
    const QString kind = m_options.arguments.value(0);
    if (!kinds.contains(kind)) {
        finish(Usage, QStringLiteral("kind is job, support, general or direct"));
        return;
    }
    connect(&m_client, &Client::roomCreated, this, [this](const QString&, const QString& room) {
        print({{QStringLiteral("room"), room}});
        finish(Done);
    });
    connect(&m_client, &Client::commandFailed, this,
            [this](const QString&, const QString&, const QString& sentence) {
                finish(MessageFailed, sentence);
            });
    m_deadline.start();
    m_client.createRoom(kinds.value(kind), m_options.arguments.value(1),
                        m_options.arguments.mid(2));
}

void Cli::read()
{
    const auto* room = m_client.rooms()->find(m_room);
    if (room->unread == 0) {
        finish(Done);
        return;
    }
    connect(m_client.rooms(), &RoomListModel::roomChanged, this, [this](const QString& changed) {
        const auto* row = m_client.rooms()->find(m_room);
        if (changed == m_room && row && row->unread == 0)
            // The position is stored and travels within the throttle of the engine.
            QTimer::singleShot(1'000, this, [this] { finish(Done); });
    });
    m_deadline.start();
    m_client.markAllRead(m_room);
}

void Cli::typing()
{
    m_client.setTyping(m_room, true);
    QTimer::singleShot(500, this, [this] { finish(Done); });
}

} // namespace cli
