// Skein::Client: one signed-in account, for C++ and QML. Owns the worker thread (engine, store,
// socket), the reader thread, and the models. Everything here is used on the GUI thread and returns
// at once: no call waits for the disk, the network or another thread. Several accounts side by
// side: AccountList, which owns a Client for each.
//
//     Skein::Client client;
//     client.setServerUrl(QUrl("http://127.0.0.1:7878"));
//     if (!client.resume())
//         client.signIn("ann", "a long password");
//     Skein::TimelineModel* timeline = client.timeline(roomId);
//     timeline->send("hello");
#pragma once

#include "core/log.h"
#include "core/metrics.h"
#include "sdk/qt/errorreport.h"
#include "sdk/qt/roomlistmodel.h"
#include "sdk/qt/timelinemodel.h"

#include <QObject>
#include <QStringList>
#include <QUrl>
#include <QVariantList>
#include <QtQml/qqmlregistration.h>

#include <functional>
#include <memory>

namespace Skein
{

class Client : public QObject
{
    Q_OBJECT
    QML_ELEMENT

    // ---- settings: before signIn(), signUp() or resume() ----
    /// `http(s)://host[:port]`. Plain http is accepted for loopback only, unless
    /// allowInsecureServer.
    Q_PROPERTY(QUrl serverUrl READ serverUrl WRITE setServerUrl NOTIFY serverUrlChanged)
    /// Folder of the databases and settings. Default: the platform's folder for local application
    /// data.
    Q_PROPERTY(QString dataDir READ dataDir WRITE setDataDir NOTIFY dataDirChanged)
    /// Shown to the user's other devices. Default: the machine's host name.
    Q_PROPERTY(QString deviceName READ deviceName WRITE setDeviceName NOTIFY deviceNameChanged)
    Q_PROPERTY(bool allowInsecureServer READ allowInsecureServer WRITE setAllowInsecureServer NOTIFY
                   allowInsecureServerChanged)
    /// True: where there is no keychain, the refresh token goes into a plain file that only this
    /// user of the system can read (mode 0600). False (default): keychainUnavailable() is emitted
    /// and the session ends with the process. Setting it while signed in saves the token at once. A
    /// file that was allowed once is kept up to date in later runs too, until a keychain takes the
    /// token or the user signs out.
    Q_PROPERTY(bool allowPlainTokenFile READ allowPlainTokenFile WRITE setAllowPlainTokenFile NOTIFY
                   allowPlainTokenFileChanged)

    /// Signed in, no keychain took the token, and allowPlainTokenFile is false: the session ends
    /// with the process, unless that is allowed now. For who was not there to hear
    /// keychainUnavailable().
    Q_PROPERTY(bool tokenKeptNowhere READ tokenKeptNowhere NOTIFY tokenKeptNowhereChanged)

    /// False: the keychain is never asked (bots, tests, demonstrations). Default true.
    Q_PROPERTY(bool useKeychain READ useKeychain WRITE setUseKeychain NOTIFY useKeychainChanged)

    /// Auto (default): the socket, HTTP when no socket can be had, and back by itself. For tests
    /// and for networks that are known.
    Q_PROPERTY(TransportMode transportMode READ transportMode WRITE setTransportMode NOTIFY
                   transportModeChanged)

    // ---- who ----
    Q_PROPERTY(bool signedIn READ signedIn NOTIFY signedInChanged)
    /// signIn(), signUp() or resume() is under way.
    Q_PROPERTY(bool busy READ busy NOTIFY busyChanged)
    Q_PROPERTY(QString userId READ userId NOTIFY signedInChanged)
    Q_PROPERTY(QString userName READ userName NOTIFY signedInChanged)
    Q_PROPERTY(QString displayName READ displayName NOTIFY displayNameChanged)
    /// One or two characters, and 0…RoomListModel::kColorCount-1: for the avatar.
    Q_PROPERTY(QString initials READ initials NOTIFY displayNameChanged)
    Q_PROPERTY(int colorIndex READ colorIndex NOTIFY signedInChanged)

    // ---- the connection ----
    Q_PROPERTY(State state READ state NOTIFY stateChanged)
    /// One line for the banner: "Connected", "No network", "Waiting to reconnect" …; translated.
    Q_PROPERTY(QString stateText READ stateText NOTIFY stateChanged)
    Q_PROPERTY(bool online READ online NOTIFY stateChanged) ///< CatchingUp or Live
    /// Stopped for want of a token that the server takes: it ended, or the keychain gives none.
    /// What is on this device can be read and written to, and waits; signIn() with the name and
    /// server of the account goes on where it was.
    Q_PROPERTY(bool signInNeeded READ signInNeeded NOTIFY stateChanged)
    /// Online, and over plain HTTP because no socket can be had here (a proxy, a firewall). All
    /// works; the client looks for a socket by itself.
    Q_PROPERTY(bool viaHttp READ viaHttp NOTIFY stateChanged)
    /// Why it waits or stopped, or why signing in failed; one sentence, translated; empty = no
    /// error.
    Q_PROPERTY(QString errorText READ errorText NOTIFY errorChanged)
    /// The same as a stable word (`unauthenticated`, `transport`, …); empty = no error.
    Q_PROPERTY(QString errorCode READ errorCode NOTIFY errorChanged)
    /// Seconds until the next attempt while Waiting, counting down; else 0.
    Q_PROPERTY(int retryInSeconds READ retryInSeconds NOTIFY retryInSecondsChanged)

    // ---- content ----
    Q_PROPERTY(Skein::RoomListModel* rooms READ rooms CONSTANT)
    Q_PROPERTY(int unreadTotal READ unreadTotal NOTIFY
                   unreadTotalChanged) ///< of the rooms that are not muted
    Q_PROPERTY(
        int queuedCount READ queuedCount NOTIFY outboxChanged) ///< written and not yet confirmed
    Q_PROPERTY(
        int failedCount READ failedCount NOTIFY outboxChanged) ///< waiting for retry or discard
    /// Drafts with text that no server has yet: they are on this device only.
    Q_PROPERTY(int untoldDrafts READ untoldDrafts NOTIFY outboxChanged)
    /// Rate limited: seconds until the queue goes on, counting down; 0 = not slowed. Nothing is
    /// lost meanwhile.
    Q_PROPERTY(int slowedSeconds READ slowedSeconds NOTIFY slowedSecondsChanged)

public:
    /// As skein::engine::Link, same order.
    enum State { SignedOut, Offline, Waiting, Connecting, SigningIn, CatchingUp, Live, Stopped };
    Q_ENUM(State)
    /// As skein::engine::TransportMode, same order.
    enum TransportMode { Auto, SocketOnly, HttpOnly };
    Q_ENUM(TransportMode)
    enum RoomKind { Job, Support, General, Direct };
    Q_ENUM(RoomKind)

    explicit Client(QObject* parent = nullptr);
    /// Closes the socket and the store and ends both threads. What was written stays queued on
    /// disk.
    ~Client() override;

    [[nodiscard]] QUrl serverUrl() const;
    void setServerUrl(const QUrl& url);
    [[nodiscard]] QString dataDir() const;
    void setDataDir(const QString& dir);
    [[nodiscard]] QString deviceName() const;
    void setDeviceName(const QString& name);
    [[nodiscard]] bool allowInsecureServer() const;
    void setAllowInsecureServer(bool allow);
    [[nodiscard]] bool allowPlainTokenFile() const;
    void setAllowPlainTokenFile(bool allow);
    [[nodiscard]] bool tokenKeptNowhere() const;
    [[nodiscard]] bool useKeychain() const;
    void setUseKeychain(bool use);
    [[nodiscard]] bool signedIn() const;
    [[nodiscard]] bool busy() const;
    [[nodiscard]] QString userId() const;
    [[nodiscard]] QString userName() const;
    [[nodiscard]] QString displayName() const;
    [[nodiscard]] QString initials() const;
    [[nodiscard]] int colorIndex() const;
    [[nodiscard]] State state() const;
    [[nodiscard]] QString stateText() const;
    [[nodiscard]] bool online() const;
    [[nodiscard]] bool signInNeeded() const;
    [[nodiscard]] bool viaHttp() const;
    [[nodiscard]] TransportMode transportMode() const;
    void setTransportMode(TransportMode mode);
    [[nodiscard]] QString errorText() const;
    [[nodiscard]] QString errorCode() const;
    [[nodiscard]] int retryInSeconds() const;
    [[nodiscard]] RoomListModel* rooms() const;
    [[nodiscard]] int unreadTotal() const;
    [[nodiscard]] int queuedCount() const;
    [[nodiscard]] int failedCount() const;
    [[nodiscard]] int slowedSeconds() const;
    [[nodiscard]] int untoldDrafts() const;

    // ---- signing in and out; answered by signedInChanged() or signInFailed() ----
    /// New account, then signed in. `name`: 2–32 of [a-z0-9._-]; `password`: 8–256 bytes.
    Q_INVOKABLE void signUp(const QString& name, const QString& password,
                            const QString& displayName = {});
    /// While signInNeeded, for the same account: it stays open, and when the server refuses,
    /// nothing has changed. Else what is open is closed first.
    Q_INVOKABLE void signIn(const QString& name, const QString& password);
    /// Revokes the session at the server (as far as it can be reached, and there is a token: not
    /// while signInNeeded) and deletes this account's data from this device: database, token,
    /// settings. Unsent messages are lost: ask first when queuedCount is not 0. A keychain that
    /// cannot be reached now is asked again to forget the token by the next process that uses this
    /// data folder.
    Q_INVOKABLE void signOut();
    /// The account that was signed in last, or the one of this name at this server (empty = any),
    /// from this device's data, without the network: rooms and timelines are there at once, the
    /// connection follows. False: there is none, show the sign-in page. When the keychain holds no
    /// token any more, signInFailed(`token_invalid`) follows; when it is locked, absent or silent,
    /// signInFailed(`keychain_unavailable`). Then the local data stay and signInNeeded comes; a
    /// keychain that answers later ends that by itself.
    Q_INVOKABLE bool resume(const QString& userName = {}, const QUrl& server = {});
    /// Name of the account that resume() would open or that was open last; for the sign-in page.
    /// May be empty.
    Q_INVOKABLE QString lastUserName() const;
    /// Whether the account that resume() would open is this one, for who wants no other. An empty
    /// name, or an empty server, is any.
    Q_INVOKABLE bool remembers(const QString& userName, const QUrl& server) const;

    // ---- devices ----
    /// Asks the server for the devices that are signed in; answered by sessionsChanged() or
    /// sessionsFailed().
    Q_INVOKABLE void loadSessions();
    /// As last loaded, last seen first: [{id, deviceName, created (ms), lastSeen (ms), createdText,
    /// lastSeenText, current}].
    Q_INVOKABLE QVariantList sessions() const;
    /// Signs another device out for good. It deletes its data of this account as soon as it hears
    /// of it: at once when it is online. Answered as loadSessions(). Not for the current one:
    /// signOut().
    Q_INVOKABLE void revokeSession(const QString& sessionId);

    // ---- connection and queue ----
    Q_INVOKABLE void retryNow();
    Q_INVOKABLE void retryAllFailed();

    // ---- rooms ----
    /// Asks for a room; works offline (it is made when the connection is back). Members are sign-in
    /// names or user ids. Returns a key that comes back in roomCreated() or commandFailed(); empty
    /// when not signed in.
    Q_INVOKABLE QString createRoom(Skein::Client::RoomKind kind, const QString& name,
                                   const QStringList& members);
    /// The direct room with a user: made, or found again by the server. Answered as createRoom().
    Q_INVOKABLE QString openDirect(const QString& userName);
    // What follows works offline too and is refused, if at all, by commandFailed() with an empty or
    // unknown key; then nothing has changed. Rooms are renamed, described and archived by owners
    // and admins, never direct ones.
    Q_INVOKABLE void renameRoom(const QString& roomId, const QString& name);
    Q_INVOKABLE void setTopic(const QString& roomId, const QString& topic);
    /// An archived room takes no more messages; all of it stays readable.
    Q_INVOKABLE void archiveRoom(const QString& roomId, bool archived = true);
    /// Members change when the server has said so, not before. `user`: user id or sign-in name;
    /// for removeMember() and setMemberRole() a user id of members().
    Q_INVOKABLE void inviteMember(const QString& roomId, const QString& user);
    Q_INVOKABLE void removeMember(const QString& roomId, const QString& user);
    /// `role`: "owner", "admin" or "member"; false: none of these, nothing was asked.
    Q_INVOKABLE bool setMemberRole(const QString& roomId, const QString& user, const QString& role);
    Q_INVOKABLE void leaveRoom(const QString& roomId);
    /// The timeline of a room. Owned by the client, never deleted by QML; the same object for the
    /// same room until kTimelinesMax others were asked for more recently (one that is `active`
    /// stays). Null: empty id.
    Q_INVOKABLE Skein::TimelineModel* timeline(const QString& roomId);
    static constexpr int kTimelinesMax = 8;

    // ---- drafts, typing, presence, members ----
    /// What stands in the composer: kept on disk per room, and told to the user's other devices.
    /// Call on every pause of the typing. `replySeq`: the message that it answers.
    Q_INVOKABLE void setDraft(const QString& roomId, const QString& text, qint64 replySeq = 0);
    /// The draft, for the composer that shows it from now on. Until this is called again the next
    /// setDraft() counts as written on top of what this gave, and nothing that another device wrote
    /// since is lost.
    Q_INVOKABLE QString draft(const QString& roomId);
    Q_INVOKABLE qint64 draftReply(const QString& roomId) const; ///< 0 = none
    /// What another device wrote at the same time, kept beside the draft; empty = nothing.
    Q_INVOKABLE QString otherDraft(const QString& roomId) const;
    /// Puts it below the draft (`keep`), or drops it. draftChanged() follows.
    Q_INVOKABLE void settleOtherDraft(const QString& roomId, bool keep);
    /// The composer changed (`on`) or was emptied; throttled by the engine, call as often as you
    /// like.
    Q_INVOKABLE void setTyping(const QString& roomId, bool on);
    /// "Ann is typing…", "Ann and Ben are typing…", "3 people are typing…"; empty = nobody;
    /// translated.
    Q_INVOKABLE QString typingText(const QString& roomId) const;
    /// Marks all of a room read without showing it.
    Q_INVOKABLE void markAllRead(const QString& roomId);
    /// The window is in use (true) or in the background; tells the others "online" or "away".
    Q_INVOKABLE void setAway(bool away);
    /// Members as last heard, of a room whose timeline was opened: [{userId, name, initials,
    /// colorIndex, role
    /// ("owner", "admin", "member"), presence ("online", "away", "offline"), lastSeen (ms), own}].
    Q_INVOKABLE QVariantList members(const QString& roomId) const;
    /// Latency and counters by name: [{name, kind ("counter", "gauge", "histogram"), value, p50Ms,
    /// p95Ms, p99Ms}].
    Q_INVOKABLE QVariantList metricsSnapshot() const;

    // ---- for programs without a view (bots, tests, tools) ----
    /// Queues a message without a timeline model; its states come as rowsChanged(). Empty: not
    /// signed in.
    QString sendMessage(const QString& roomId, const QString& text, qint64 replySeq = 0);
    // Changes of a message named by its seq, fetched first when it is not on this device. What is
    // refused, or not found within a few seconds, comes back as commandFailed() with an empty key.
    void editMessage(const QString& roomId, qint64 seq, const QString& text);
    void removeMessage(const QString& roomId, qint64 seq);
    void reactToMessage(const QString& roomId, qint64 seq, const QString& key, bool on = true);
    void pinMessage(const QString& roomId, qint64 seq, bool on = true);
    /// All of a room's traffic (messages, typing, receipts), as if it were on screen, without
    /// marking it read.
    void setWatched(const QString& roomId, bool watched);
    /// Moves the read position up to a seq.
    void markReadTo(const QString& roomId, qint64 seq);
    /// Where log lines go, called on any thread. Before signing in.
    void setLogSink(skein::LogSink sink);
    /// Where errors are reported, besides the signals. Empty: nowhere.
    void setErrorReporter(ErrorReporter reporter);
    /// The newest log lines, oldest first, without bodies and tokens (sdk/qt/logring.h).
    [[nodiscard]] QStringList recentLog() const;
    /// What happened to what was sent from this device under a temporary id; also after a restart
    /// and without a connection. `done` comes later, on this thread; not at all when the account is
    /// closed before. An unknown id is Story::State::Unheard. Errors: as Reader::open().
    void readStory(const QString& tempId,
                   std::function<void(const skein::Result<skein::offline::Story>&)> done);
    /// Who has read a message and got it (offline::Reader::receipts()), of a room that was open on
    /// this device before. As readStory(). For a view: ReceiptsModel.
    void readReceipts(const QString& roomId, qint64 seq, int offset, int limit,
                      std::function<void(const skein::Result<skein::offline::Receipts>&)> done);
    /// Starts of the program, connections and their ends, newest first. As readStory().
    void readConnections(
        int limit,
        std::function<void(const skein::Result<std::vector<skein::offline::StoryEvent>>&)> done);
    [[nodiscard]] skein::Metrics& metrics();
    /// A page of history from this device, newest first; `beforeSeq` 0 = the newest. What is not
    /// stored is asked from the server first, for at most a few seconds.
    void readHistory(const QString& roomId, qint64 beforeSeq, int limit,
                     std::function<void(const skein::Result<skein::offline::Page>&)> done);

Q_SIGNALS:
    /// A row of any room was inserted or changed (also one's own: queued, confirmed, failed).
    void rowsChanged(const skein::engine::TimelineChange& change);
    /// The rooms were loaded from this device after signing in.
    void roomsLoaded();
    void serverUrlChanged();
    void dataDirChanged();
    void deviceNameChanged();
    void allowInsecureServerChanged();
    void allowPlainTokenFileChanged();
    void tokenKeptNowhereChanged();
    void useKeychainChanged();
    void transportModeChanged();
    void signedInChanged();
    /// With signedInChanged(), and when signing in again brought another one.
    void displayNameChanged();
    void busyChanged();
    void stateChanged();
    void errorChanged();
    void retryInSecondsChanged();
    void unreadTotalChanged();
    void outboxChanged();
    void slowedSecondsChanged();
    /// `code` is a stable word (core/error.h), `text` one translated sentence.
    void signInFailed(const QString& code, const QString& text);
    void sessionsChanged();
    void sessionsFailed(const QString& code, const QString& text);
    /// Another device of the user has revoked this one. Its data of the account are deleted:
    /// database, token, settings. `unsent` messages and `drafts` that no server had are lost with
    /// them; tell the user. signedInChanged() came before.
    void deviceRevoked(const QString& userName, int unsent, int drafts);
    /// No keychain took the token and a plain file was not allowed: the session ends with the
    /// process. Once, until a token was kept again or another session begins.
    void keychainUnavailable(const QString& detail);
    /// Another device changed the draft of a room whose composer was filled by draft(), or its
    /// other draft came or went. A composer with text that was not given to setDraft() yet keeps
    /// it; another takes draft() again.
    void draftChanged(const QString& roomId);
    void typingChanged(const QString& roomId);
    void membersChanged(const QString& roomId);
    /// Somebody has read or got something in a room that was open before, joined, or left: what
    /// readReceipts() gave is old.
    void receiptsChanged(const QString& roomId);
    void presenceChanged(const QString& userId, const QString& presence);
    void roomCreated(const QString& key, const QString& roomId);
    /// An edit, reaction, pin, removal or change of a room was refused for good and taken back.
    void commandFailed(const QString& key, const QString& code, const QString& text);
    /// A message of somebody else arrived, in a room that is not muted and not on screen: for
    /// notifications.
    void messageArrived(const QString& roomId, const QString& roomName, const QString& senderName,
                        const QString& text, qint64 seq);
    /// The local database failed (disk full, damaged, written by a newer version). errorText says
    /// so too. Where it cannot even be opened, stateText says so until it can: that is tried again
    /// by itself (but for a newer version), and nothing is shown or sent before; what is written
    /// meanwhile is refused, by commandFailed() and in its row.
    void storeFailed(const QString& code, const QString& text);

private:
    friend class AccountList;
    class Private;
    std::unique_ptr<Private> d;
};

} // namespace Skein
