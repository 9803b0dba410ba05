// Inside of Client: the session's threads, the auth flow, what the GUI thread remembers. Not for
// users of the SDK.
#pragma once

#include "sdk/qt/accounts.h"
#include "sdk/qt/authclient.h"
#include "sdk/qt/client.h"
#include "sdk/qt/engineworker.h"
#include "sdk/qt/logring.h"
#include "sdk/qt/readerworker.h"
#include "sdk/qt/timelineport.h"
#include "sdk/qt/tokenvault.h"

#include <QDate>
#include <QThread>
#include <QTimer>

#include <list>
#include <unordered_map>
#include <unordered_set>

namespace Skein
{

class Client::Private final : public QObject, public TimelinePort
{
public:
    explicit Private(Client& owner);
    ~Private() override;

    // TimelinePort
    void requestPage(const PageRequest& request) override;
    [[nodiscard]] skein::TempId newTempId() override;
    [[nodiscard]] std::int64_t wallNowMs() override;
    void send(const skein::RoomId& room, const skein::TempId& tempId, std::string text,
              std::optional<skein::Seq> replyTo) override;
    void edit(const skein::RoomId& room, skein::offline::RowId row, std::string text) override;
    void remove(const skein::RoomId& room, skein::offline::RowId row) override;
    void react(const skein::RoomId& room, skein::offline::RowId row, std::string key,
               bool on) override;
    void pin(const skein::RoomId& room, skein::offline::RowId row, bool on) override;
    void retry(const skein::TempId& tempId) override;
    void discard(const skein::TempId& tempId) override;
    void setRoomOpen(const skein::RoomId& room, bool open) override;
    void markRead(const skein::RoomId& room, skein::Seq seq) override;
    void wantHistory(const skein::RoomId& room, skein::Seq before) override;
    void wantAround(const skein::RoomId& room, skein::Seq seq) override;

    // Session (clientsession.cpp).
    [[nodiscard]] bool checkServer();
    /// As Client::resume(), of this account.
    bool resume(const QString& key);
    void enter(const QString& path, const QString& name, const QString& password,
               const QString& displayName);
    void entered(const QString& key, const QUrl& server, const Tokens& tokens);
    void enterFailed(const skein::Error& error);
    void begin(const QString& key, const Account& account);
    void end();
    void saveToken();
    void setKeptNowhere(bool nowhere);
    void loadToken();
    void tokenFound(const QString& token, const QString& detail);
    void forgetToken(const QString& key, const QString& file);
    void tidyUp();
    void tokenWanted(bool rejected);
    /// `unasked`: a fresh one for a connection that lives.
    void giveToken(skein::Result<std::string> token, bool unasked = false);
    void refreshNow();
    void refreshed(const skein::Result<Tokens>& result);
    void withAccessToken(std::function<void(const QString&)> call);
    void callWaiting(const skein::Result<std::string>& token);
    void sessionsFailed(const skein::Error& failure);
    void sessionsAnswered(const skein::Result<QList<AuthClient::Session>>& list);
    void revoked();
    void tokensCame(const Tokens& fresh);
    void applicationActive(bool active);
    void watchNetwork();
    void setBusy(bool value);
    void setError(const std::optional<skein::Error>& error);
    [[nodiscard]] Accounts accounts() const { return Accounts(dataDir); }

    // From the threads (clientevents.cpp).
    void connectWorker();
    void linkTold(const skein::engine::LinkState& state);
    void roomsTold(const std::vector<skein::offline::RoomRow>& changed,
                   const std::vector<skein::RoomId>& removed);
    void roomsLoaded(const std::vector<skein::offline::RoomRow>& rows, bool last);
    void timelineTold(const skein::engine::TimelineChange& change);
    void typingTold(const skein::RoomId& room, const EngineWorker::TypingUsers& users);
    void presenceTold(const std::vector<skein::protocol::PresenceInfo>& users);
    void membersTold(const skein::RoomId& room,
                     const std::vector<skein::protocol::MemberInfo>& members);
    void outboxTold(const skein::engine::OutboxState& state);
    void pageReady(const PageReply& reply);
    void storeTrouble(const skein::Error& error);
    void countDown();
    void unreadMayHaveChanged();
    void announce(const skein::engine::TimelineChange& change);

    // Telling about itself (clientdiagnostics.cpp).
    [[nodiscard]] skein::LogSink sink();
    void noteLink(const skein::engine::LinkState& state);
    void report(const QString& area, const skein::Error& failure, const QString& tempId,
                bool final);
    void reportFailures(const skein::engine::TimelineChange& change);
    template <class Read, class Done>
    void look(Read read, Done done);

    void post(EngineWorker::Command command);
    /// Runs `call(engine)` and tells commandFailed() when it gives an error.
    template <class Call>
    void command(Call call)
    {
        post([target = worker, call = std::move(call)](skein::engine::Engine& engine) {
            if (const auto result = call(engine); !result)
                Q_EMIT target->commandRefused({}, result.error());
        });
    }
    [[nodiscard]] static skein::RoomId roomIdOf(const QString& text);
    /// Calls with the row of a seq once it is on this device; tells commandFailed() when it is not
    /// to be had.
    void withRow(const QString& roomId, qint64 seq,
                 std::function<void(const skein::RoomId&, skein::offline::RowId)> call);
    void updateRoom(const QString& roomId, skein::engine::RoomEdit edit);
    void setMember(const QString& roomId, const QString& user,
                   std::optional<skein::protocol::Role> role);
    void draftMayHaveChanged(const QString& roomId);
    void draftStored(const skein::RoomId& room);
    void history(const skein::RoomId& room, qint64 beforeSeq, int limit, int triesLeft,
                 std::function<void(const skein::Result<skein::offline::Page>&)> done);
    [[nodiscard]] TimelineModel* findTimeline(const QString& roomId) const;
    void dropTimelines();

    Client& q;
    skein::SystemClock clock;
    skein::SystemRandom random;
    skein::Metrics metrics;
    skein::LogSink logSink;
    LogRing logRing;
    ErrorReporter errorReporter;
    std::unordered_set<skein::TempId> failuresReported; ///< and not answered by the user yet
    static constexpr std::size_t kFailuresReportedMax = 1'000;

    QUrl serverUrl;
    QString dataDir, deviceName;
    QString tidied; ///< the data folder where tidyUp() has been
    skein::engine::TransportMode transports = skein::engine::TransportMode::Auto;
    bool allowInsecure = false, allowPlainFile = false, useKeychain = true;

    /// What the composer of a room shows, as far as this object knows.
    struct LocalDraft {
        QString text, other;
        qint64 replySeq = 0;
        std::optional<skein::Rev> base; ///< of what was shown when the typing began
        int outstanding = 0;            ///< changes that the worker has not stored yet
    };

    AuthClient auth{clock, random, metrics};
    TokenVault vault;
    bool busy = false, signedIn = false;
    QString accountKey;
    Account account;
    std::optional<Tokens> tokens;
    skein::MonoTime tokenGoodUntil; ///< of tokens; on the clock that nobody can set
    QTimer tokenTimer;              ///< refreshes before the token ends
    QString refreshToken;
    bool tokenLoaded = true;             ///< the vault has answered
    std::optional<skein::Error> noToken; ///< why there is no refresh token
    bool keptNowhere = false;            ///< no keychain takes the token
    bool refreshing = false;
    bool tokenAsked = false; ///< the engine waits for a token
    bool tokenRejected = false;
    std::vector<std::function<void(const QString&)>> waitingForToken;
    /// Whether another Client of this process has the account with this key: two cannot. Empty:
    /// there is no other. `show`: it is shown instead.
    std::function<bool(const QString& key, bool show)> elsewhere;
    int entry = 0; ///< generation of sign-in attempts and sessions: late answers are dropped

    QThread workerThread, readerThread;
    EngineWorker* worker = nullptr;
    ReaderWorker* reader = nullptr;

    skein::engine::LinkState link;
    std::optional<skein::Error> error;
    skein::engine::OutboxState outbox;
    bool storeOpen = false;                  ///< the worker has it
    std::optional<skein::Error> storeClosed; ///< why the disk does not let it be opened
    int retryInSeconds = 0, slowedSeconds = 0, unreadTotal = 0;
    QTimer countTimer;                            ///< of countDown()
    std::optional<skein::MonoTime> inactiveSince; ///< the application is in the background
    QDate today;

    RoomListModel* rooms = nullptr;
    bool roomsLoading = false;
    std::unordered_set<skein::RoomId> changedWhileLoading;
    std::list<TimelineModel*> timelines; ///< used last in front
    struct Asked {
        TimelineModel* model = nullptr;
        quint64 ticket = 0;
        std::function<void(const skein::Result<skein::offline::Page>&)> done;
    };
    std::unordered_map<quint64, Asked> pages; ///< requests under way, by a ticket of our own
    quint64 nextPage = 1;
    QHash<QString, LocalDraft> drafts;
    QVariantList sessions;
    QHash<QString, QStringList> typing;
    QHash<QString, QVariantList> members;
    QHash<QString, QString> presence;
    std::unordered_map<skein::RoomId, skein::Seq> announced;
    static constexpr qsizetype kPresenceMax = 5'000;
    static constexpr qsizetype kMemberListsMax = 64;
};

} // namespace Skein
