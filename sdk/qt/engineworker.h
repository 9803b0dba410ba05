// The worker thread's inhabitant: engine, store writer and both transports. The GUI thread posts
// commands and gets signals with values; nothing is shared but the metrics, which are safe for
// that. Thread: the worker's, except post().
#pragma once

#ifndef Q_MOC_RUN // moc 6.4 stumbles over a standard header below these
#include "core/clock.h"
#include "core/metrics.h"
#include "core/random.h"
#include "sdk/engine/engine.h"
#include "sdk/engine/suspendwatch.h"
#endif
#include "sdk/qt/httptransport.h"
#include "sdk/qt/sockettransport.h"

#include <QHash>
#include <QObject>
#include <QTimer>
#include <QUrl>

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>

namespace Skein
{

class EngineWorker : public QObject,
                     private skein::engine::Listener,
                     private skein::engine::TokenSource
{
    Q_OBJECT

public:
    struct Setup {
        QString storePath;
        QUrl socketUrl;
        QUrl framesUrl; ///< of the fallback over HTTP
        skein::engine::Config config;
        skein::LogSink logSink;
    };
    using Command = std::function<void(skein::engine::Engine&)>;
    using TypingUsers = std::vector<std::pair<skein::UserId, std::string>>;

    EngineWorker(Setup setup, skein::Metrics& metrics);
    ~EngineWorker() override;

    /// Opens the store and starts: opened(). A disk that refuses is told by storeFailed() and tried
    /// again by itself after kOpenAgainMs, until shutDown(); a file of a newer version is not.
    void open();
    /// Waits between tries to open the store, the last one for ever.
    static constexpr std::array<int, 6> kOpenAgainMs{1'000, 2'000, 4'000, 8'000, 16'000, 30'000};
    /// Ends everything; the store is closed when it returns.
    void shutDown();
    /// Runs a command on the worker thread, in order, before the next slice of background work.
    /// Dropped while there is no engine: opened() says that there is one. Thread: any.
    void post(Command command);
    /// As post(); `key` comes back with the answer, an error while the store is not open. Thread:
    /// any.
    void createRoom(const QString& key, skein::protocol::RoomKind kind, std::string name,
                    std::vector<std::string> members);
    /// Stores what stands in a composer; answered by draftStored(), whatever came of it. What came
    /// while the store was not open is kept and stored then. Thread: any.
    void setDraft(const skein::RoomId& room, std::string text, skein::Seq replyTo,
                  std::optional<skein::Rev> base);
    /// Stores a message; its failure comes back as enqueueFailed(), also while the store is not
    /// open. Thread: any.
    void sendMessage(const skein::RoomId& room, skein::engine::Draft draft);

Q_SIGNALS:
    void opened();
    /// Once for each reason, not for each try.
    void storeFailed(const skein::Error& error);
    void tokenWanted(bool rejected);
    void linkTold(const skein::engine::LinkState& state);
    void roomsTold(const std::vector<skein::offline::RoomRow>& changed,
                   const std::vector<skein::RoomId>& removed);
    void timelineTold(const skein::engine::TimelineChange& change);
    void typingTold(const skein::RoomId& room, const Skein::EngineWorker::TypingUsers& users);
    void presenceTold(const std::vector<skein::protocol::PresenceInfo>& users);
    void outboxTold(const skein::engine::OutboxState& state);
    void roomMade(const QString& key, const skein::RoomId& room);
    void commandRefused(const QString& key, const skein::Error& error);
    void membersTold(const skein::RoomId& room,
                     const std::vector<skein::protocol::MemberInfo>& members);
    void receiptsTold(const skein::RoomId& room);
    void draftStored(const skein::RoomId& room);
    void enqueueFailed(const skein::RoomId& room, const QString& tempId, const skein::Error& error);

private:
    void linkChanged(const skein::engine::LinkState& state) override;
    void roomsChanged(const std::vector<skein::offline::RoomRow>& changed,
                      const std::vector<skein::RoomId>& removed) override;
    void timelineChanged(const skein::engine::TimelineChange& change) override;
    void typingChanged(const skein::RoomId& room, const TypingUsers& users) override;
    void presenceChanged(const std::vector<skein::protocol::PresenceInfo>& users) override;
    void outboxChanged(const skein::engine::OutboxState& state) override;
    void roomCreated(const skein::TempId& tempId, const skein::RoomId& room) override;
    void commandFailed(const skein::TempId& tempId, const skein::Error& error) override;
    void membersLoaded(const skein::RoomId& room,
                       const std::vector<skein::protocol::MemberInfo>& members) override;
    void receiptsChanged(const skein::RoomId& room) override;
    void requestToken(bool rejected) override;

    void run(const Command& command);
    void runOr(Command command, std::function<void(const skein::Error&)> refused);
    void storeNotOpened(const skein::Error& error);
    void connectTransports();
    void wakeUp();
    void schedule();
    void workSlice();
    [[nodiscard]] QString keyOf(const skein::TempId& tempId);

    Setup m_setup;
    skein::Metrics& m_metrics;
    skein::SystemClock m_clock;
    skein::SystemRandom m_random;
    std::unique_ptr<skein::offline::Store> m_store;
    std::unique_ptr<SocketTransport> m_transport;
    std::unique_ptr<HttpTransport> m_http;
    skein::engine::SuspendWatch m_sleep;
    skein::MonoTime m_wakeupPlanned{INT64_MAX};
    std::unique_ptr<skein::engine::Engine> m_engine;
    QTimer m_wakeup, m_work, m_openAgain;
    std::size_t m_openTries = 0;
    std::optional<skein::Error> m_notOpen; ///< why the store is not open
    struct EarlyDraft {
        std::string text;
        skein::Seq replyTo;
        std::optional<skein::Rev> base;
    };
    std::map<skein::RoomId, EarlyDraft> m_earlyDrafts; ///< of before the store was open
    QHash<QString, QString> m_keys; ///< of createRoom() by temporary id, until answered
};

} // namespace Skein
