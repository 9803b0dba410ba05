// skein-cli: a client for scripts and bots, over the same SDK as the app.
#pragma once

#include "sdk/qt/client.h"

#include <QHash>
#include <QJsonObject>
#include <QObject>
#include <QSocketNotifier>
#include <QStringList>
#include <QTimer>

namespace cli
{

/// Exit codes; --help lists them.
enum Exit {
    Done = 0,
    Other = 1,
    Usage = 2,
    SignInRefused = 3,
    Unreachable = 4,
    NotFound = 5,
    MessageFailed = 6,
    LocalData = 7
};

struct Options {
    QUrl server; ///< empty: that of the stored session, else this machine's
    QString dataDir, user, displayName, passwordFile;
    bool json = false;
    bool insecure = false;
    Skein::Client::TransportMode transport = Skein::Client::Auto;
    int timeoutMs = 30'000;
    QString command;
    QStringList arguments;
    qint64 before = 0;
    int limit = 50;
    qint64 reply = 0;
};

/// A command that changes a message or a room, or lists its members: ROOM is its first argument.
[[nodiscard]] bool isRoomChange(const QString& command);

/// Reads lines from standard input without blocking; a line over kLineBytesMax ends the input.
class Lines : public QObject
{
    Q_OBJECT

public:
    static constexpr qsizetype kLineBytesMax = 256 * 1024;
    explicit Lines(QObject* parent = nullptr);
    /// While paused nothing is read: the writer at the other end of the pipe waits.
    void setPaused(bool paused);

Q_SIGNALS:
    void line(const QByteArray& text);
    void ended();

private:
    void readSome();
    void deliver();

    QSocketNotifier m_notifier;
    QByteArray m_buffer;
    bool m_paused = false, m_ended = false, m_delivering = false, m_told = false;
};

class Script;

class Cli : public QObject
{
    Q_OBJECT

public:
    explicit Cli(Options options);
    ~Cli() override;

    void run();
    [[nodiscard]] Skein::Client& client() { return m_client; }
    /// One JSON object on a line of standard output.
    void print(const QJsonObject& object);
    void finish(int code, const QString& message = {});
    /// Id of a room named by id or by its exact name; empty = none.
    [[nodiscard]] QString findRoom(const QString& idOrName) const;
    [[nodiscard]] QJsonObject roomObject(const skein::offline::RoomRow& room) const;
    [[nodiscard]] static QJsonObject messageObject(const skein::offline::MessageRow& row);

private:
    [[nodiscard]] QString password() const;
    [[nodiscard]] QUrl serverToSignIn() const;
    void signIn();
    void stateMayBeLive();
    void start();
    void rooms();
    void history();
    void send();
    void tail();
    void create();
    void read();
    void typing();
    // changes.cpp
    [[nodiscard]] bool change();
    void members();
    void sessions();
    void setDraft(const QString& text);
    void revoke();
    void untilConfirmed();
    void why(); ///< why.cpp; needs no server
    void sendLine(const QString& text);
    void sendProgress(const skein::engine::TimelineChange& change);
    void maybeSent();

    Options m_options;
    Skein::Client m_client;
    QTimer m_deadline;
    bool m_started = false, m_triedPassword = false, m_loaded = false;
    QString m_room;
    QHash<QString, QString> m_sending; ///< temporary id → text
    bool m_noMoreLines = false;
    int m_failed = 0;
    bool m_asked = false; ///< the change is in the queue
    Lines* m_lines = nullptr;
    Script* m_script = nullptr;
};

/// `skein-cli script`: commands in, events out, one JSON object a line.
class Script : public QObject
{
    Q_OBJECT

public:
    /// Unconfirmed messages before the input is paused.
    static constexpr int kUnconfirmedMax = 2'000;
    explicit Script(Cli& cli);

private:
    void command(const QByteArray& line);
    [[nodiscard]] bool changeCommand(const QString& name, const QString& room,
                                     const QJsonObject& object);
    void changed(const skein::engine::TimelineChange& change);
    void roomChanged(const QString& roomId);
    void refuse(const QJsonValue& id, const QString& code, const QString& detail);
    void flow();
    void ended();

    struct Sent {
        QJsonValue id;
        QString room;
    };
    struct Seen {
        qint64 head = 0, read = 0, delivered = 0, unread = -1, ownRead = -1;
    };
    Cli& m_cli;
    Lines m_lines;
    QHash<QString, Sent> m_sent;           ///< by temporary id, until confirmed or failed
    QHash<QString, QJsonValue> m_creating; ///< by key of createRoom()
    QHash<QString, Seen> m_seen;
    QList<QJsonValue> m_waitingDrained;
    bool m_quitWhenDrained = false;
};

} // namespace cli
