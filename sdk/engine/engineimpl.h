// The engine's state, and which file does what with it. Internal to sdk/engine/.
//
//   session.cpp   connecting, hello/welcome, token, closing
//   wakeups.cpp   what is due when: heartbeat, probe, time-outs
//   transports.cpp  socket or HTTP, climbing back, waking up
//   dispatch.cpp  frames in, the work queue, frames out
//   sender.cpp    the outbox on the wire      commands.cpp  what the user asks
//   sync.cpp      the log: live path, gaps, catch-up   history.cpp  pages, holes, revalidation
//   roomlist.cpp  rooms, subscriptions, epochs          receipts.cpp positions, unread
//   drafts.cpp    what stands in the composers
//   signals.cpp   typing and presence         changes.cpp   transactions, and telling the host
//   journal.cpp   what happened to what was sent
#pragma once

#include "offline/store.h"
#include "protocol/codec.h"
#include "protocol/limits.h"
#include "sdk/engine/engine.h"
#include "sdk/engine/journal.h"
#include "sdk/engine/ladder.h"
#include "sdk/engine/logtracker.h"
#include "sdk/engine/ratelimiter.h"
#include "sdk/engine/reconnect.h"
#include "sdk/engine/sendqueue.h"
#include "sdk/engine/tuning.h"

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>

namespace skein::engine
{

class Engine::Impl
{
public:
    Impl(offline::Store& store, Host host, Config config);

    // ---- session.cpp ----
    void start();
    void stop();
    void networkReachable(bool reachable);
    void retryNow();
    void transportOpened(Via via);
    void transportClosed(std::uint16_t closeCode, std::string_view reason, Via via,
                         std::optional<Milliseconds> retryAfter);
    void tokenReady(Result<std::string> token);
    void onWelcome(const protocol::Welcome& frame);
    void onGoodbye(const protocol::Goodbye& frame);
    void onPing(const protocol::Ping& frame);
    void onPong(const protocol::Pong& frame);

    // ---- transports.cpp ----
    void resumed();

    // ---- wakeups.cpp ----
    void tick();
    [[nodiscard]] MonoTime nextWakeupAt();

    // ---- dispatch.cpp ----
    void frameDecoded(Result<protocol::ServerFrame> frame, Via via);
    void partReceived(Via via);
    [[nodiscard]] bool hasWork() const
    {
        return !m_inbox.empty() || !m_confirms.empty() || m_store.checkpointDue();
    }
    void work();
    /// Settles the confirmations that wait, all in one transaction. Before anything that looks at
    /// the outbox.
    void settleConfirms(bool andSend = true);

    // ---- commands.cpp ----
    Result<TempId> send(const RoomId& room, const Draft& draft);
    Result<TempId> edit(const RoomId& room, offline::RowId row, std::string body);
    Result<TempId> remove(const RoomId& room, offline::RowId row);
    Result<TempId> react(const RoomId& room, offline::RowId row, std::string key, bool on);
    Result<TempId> pin(const RoomId& room, offline::RowId row, bool on);
    Result<TempId> updateRoom(const RoomId& room, const RoomEdit& edit);
    Result<void> retry(const TempId& tempId);
    Result<void> retryAll();
    Result<void> discard(const TempId& tempId);
    Result<void> setDraft(const RoomId& room, std::string text, Seq replyTo,
                          std::optional<Rev> base);
    Result<void> settleOtherDraft(const RoomId& room, bool keep);
    Result<TempId> createRoom(protocol::RoomKind kind, std::string name,
                              std::vector<std::string> members);
    Result<TempId> setMember(const RoomId& room, const UserId& user,
                             std::optional<protocol::Role> role);

    // ---- roomlist.cpp, history.cpp, receipts.cpp, signals.cpp ----
    void openRoom(const RoomId& id);
    void closeRoom(const RoomId& id);
    void markRead(const RoomId& id, Seq seq);
    void wantHistory(const RoomId& id, Seq before);
    void wantAround(const RoomId& id, Seq seq);
    void wantFiltered(const RoomId& id, const std::string& filter, Seq before);
    void typing(const RoomId& id, bool on);
    void setPresence(protocol::PresenceStatus status);

    [[nodiscard]] const LinkState& link() const { return m_link; }
    [[nodiscard]] OutboxState outbox();

private:
    enum class SyncPhase { None, Wanted, InFlight };

    struct Room {
        offline::RoomRecord rec;
        LogTracker log;
        SendQueue queue;
        bool open = false;         ///< on screen
        bool full = false;         ///< subscribed in full on this connection
        bool membersAsked = false; ///< on this connection
        Seq membersAsOf;           ///< log entry up to which their number is known
        bool tracked = false;      ///< was opened once: each member's positions are kept
        /// Who was named by the pages of the member list that is coming in; nullopt: none is, or
        /// somebody joined meanwhile, who may be on none of them.
        std::optional<std::set<std::int64_t>> listed;
        SyncPhase sync = SyncPhase::None;
        Seq fetched;              ///< of the log, received and on its way to the store; 0 = nothing
        std::size_t syncJobs = 0; ///< frames with pages of it that wait to be stored
        Seq deliverTo;            ///< to be told by mark_delivered
        Seq readTo;               ///< to be told by mark_read
        Seq deliverSent;          ///< told on this connection, and not known to have arrived
        MonoTime deliverSentAt;
        std::int64_t revalidateBudget = 0;
        offline::DraftRecord draft;
        TempId draftSent;          ///< on the wire and not answered; empty = none
        MonoTime draftSentAt;      ///< of that
        MonoTime draftAt;          ///< not to be told before
        int draftTries = 0;        ///< refused for now, since the last that was not
        bool draftRefused = false; ///< for good: on this connection not told again
        [[nodiscard]] offline::RoomView view() const
        {
            return {rec.key, rec.row.room, rec.row.othersRead, rec.row.othersDelivered};
        }
    };

    enum class Ask {
        Sync,
        History,
        Filtered,
        Revalidate,
        Rooms,
        RoomsWalk,
        RoomsAnew,
        Members,
        Drafts,
        Subscribe,
        Unsubscribe
    };
    struct Request {
        Ask ask = Ask::Sync;
        protocol::ClientFrame frame;
        RequestId id;
        RoomId room; ///< empty for Sync and Rooms
        MonoTime sentAt;
        int tries = 0;
    };

    struct Job {
        protocol::ServerFrame frame;
        std::size_t room = 0, row = 0; ///< how far it is done
        Seq done;                      ///< coverage claimed so far
        bool accepted = false;         ///< it answers a request of this connection
        std::string filter;            ///< that was asked for; empty = none
        std::size_t ahead = 0;         ///< its share of m_syncAhead
    };

    struct RoomChange {
        std::set<offline::RowId> changed, removed;
        std::vector<offline::RowId> fresh; ///< messages of others, new, of a room that is not open
        std::optional<std::vector<offline::Gap>> holesBefore;
        bool reset = false;
    };

    // ---- session.cpp ----
    void setLink(Link link, std::optional<Error> error = {}, MonoTime retryAt = {});
    void connectNow();
    /// Closes the transport and forgets what belonged to the connection; `why` for the ladder.
    void dropConnection(Ladder::End why = Ladder::End::Dropped);
    void connectionEnded(); ///< bookkeeping after the transport is gone
    /// `silence`: nothing was heard any more, which speaks for the network.
    void reconnectLater(Error why, bool silence = false);
    void stopFor(Error why);
    [[nodiscard]] protocol::Hello makeHello(const std::string& token, const Transport& over);
    void sendHello(const std::string& token);
    void heardClock(std::int64_t serverNowMs);
    void checkLive();
    /// A frame, or a part of one, behind which an answer may be.
    void heard(bool part);
    void answerHeard();
    void keepSyncToken();
    void keepToken(const std::optional<SyncToken>& token);
    [[nodiscard]] MonoTime connectDeadline() const;
    void heartbeat(MonoTime now);
    [[nodiscard]] bool live() const
    {
        return m_link.link == Link::Live || m_link.link == Link::CatchingUp;
    }
    [[nodiscard]] bool anythingAwaited() const;
    struct Awaited {
        MonoTime since{INT64_MAX}; ///< when the oldest of it was sent
        std::size_t bytes = 0;     ///< of messages and changes in flight
    };
    /// What has been sent and not answered; nullopt: nothing.
    [[nodiscard]] std::optional<Awaited> awaited() const;

    // ---- transports.cpp ----
    [[nodiscard]] Transport& wire() const
    {
        return m_via == Via::Http ? *m_host.http : m_host.transport;
    }
    /// Asks a live connection for a sign of life; without one soon, it is over.
    void probe();
    void climb(MonoTime now);
    void climbOpened();
    void climbFrame(const Result<protocol::ServerFrame>& frame);
    void climbFailed(Ladder::End why);
    void endClimb(); ///< gives the try up, without a verdict
    void finishClimb(const protocol::Welcome& frame);
    void promoteClimb(); ///< HTTP is gone while the socket was tried: it is the connection now
    void tellBreakers();

    // ---- dispatch.cpp ----
    void handle(protocol::ServerFrame& frame);
    bool workOn(Job& job); ///< one slice; true when the job is done
    /// Gives the bytes of the frame; 0 when there is no connection.
    std::size_t writeFrame(const protocol::ClientFrame& frame);
    [[nodiscard]] bool canWrite() const;
    void ask(Ask what, protocol::ClientFrame frame, const RoomId& room);
    [[nodiscard]] bool asked(Ask what, const RoomId& room) const;
    /// Nothing else brings what these ask for while the connection lives; a page a view asks for
    /// again.
    [[nodiscard]] static bool mustBeAnswered(Ask what)
    {
        return what != Ask::History && what != Ask::Filtered;
    }
    void pumpRequests();
    [[nodiscard]] MonoTime requestDeadline(const Request& request) const;
    void requestTimeouts(MonoTime now);
    std::optional<Request> answered(const RequestId& id);
    void onError(const protocol::ErrorFrame& frame);
    bool subscriptionRefused(const protocol::ErrorFrame& frame, Milliseconds wait);

    // ---- sender.cpp ----
    void loadOutbox();
    [[nodiscard]] SendQueue* queueOf(const TempId& tempId);
    [[nodiscard]] SendQueue& queueOf(Room* room) { return room ? room->queue : m_roomless; }
    [[nodiscard]] Room* roomByKey(offline::RoomKey key);
    void pump();
    bool sendOne(Room* room, SendQueue& queue, bool& blocked);
    void onPending(const protocol::MessagePending& frame);
    void confirmed(Room& room, const SendEntry& entry, const protocol::MessageConfirmed& frame);
    void onFailed(const protocol::MessageFailed& frame);
    void failForGood(Room* room, SendQueue& queue, SendEntry entry, ErrorCode code);
    void forgetEntry(const TempId& tempId);
    void ownEchoed(Room& room, const TempId& tempId);
    void ownEchoed(Room& room, const protocol::Event& event);
    void finishAcked(Room& room);
    void onRoomCreated(const protocol::RoomCreated& frame);
    void takeBack(Room* room, const SendEntry& entry);
    void countRoom(Room& room);
    void tellOutbox();
    void showStates(Room& room, const std::vector<TempId>& tempIds);
    [[nodiscard]] bool foldChildren(Room& room, const SendEntry& failed,
                                    std::vector<TempId>& folded);

    // ---- commands.cpp ----
    [[nodiscard]] Result<void> checkBody(const std::string& body) const;
    template <class F>
    Result<TempId> enqueue(Room* room, offline::Op op, offline::RowId tid, const TempId& tempId,
                           const protocol::ClientFrame& frame, F&& show);
    Result<TempId> change(Room& room, offline::Op op, offline::RowId tid, const TempId& tempId,
                          const protocol::ClientFrame& frame);
    [[nodiscard]] SendEntry* entryOfRow(Room& room, offline::RowId tid);
    [[nodiscard]] Result<offline::Timeline::Place> placeIn(Room* room, offline::RowId row);
    Result<void> retryEntries(const std::vector<TempId>& tempIds);

    // ---- sync.cpp ----
    void onLogEntries(); ///< those at the front of the inbox, in one transaction
    [[nodiscard]] static bool isNews(Room& room, const protocol::Event& event);
    void applyLive(Room& room, const protocol::Event& event);
    void syncArrived(Job& job);
    bool onSyncSlice(Job& job, const protocol::SyncResponse& frame);
    void applyLog(Room& room, Seq lo, Seq hi, const protocol::Event* begin,
                  const protocol::Event* end);
    void applyEvent(Room& room, const protocol::Event& event);
    void applyMetadata(Room& room, const protocol::Event& event);
    void noteOwnOrForeign(Room& room, const protocol::Event& event);
    void wantSync(Room& room);
    void pumpSync();
    void headHeard(Room& room, Seq head);

    // ---- history.cpp ----
    bool onHistorySlice(Job& job, const protocol::HistoryResponse& frame);
    bool onRevalidateSlice(Job& job, const protocol::RevalidateResponse& frame);
    void revalidate(Room& room);
    bool storePage(Room& room, Job& job, const std::vector<protocol::Event>& messages, Seq lo,
                   Seq hi, Seq asOf);

    // ---- roomlist.cpp ----
    [[nodiscard]] Room* findRoom(const RoomId& id);
    Room& makeRoom(const RoomId& id);
    void applyHead(Room& room, const protocol::RoomHead& head);
    void applyInfo(const protocol::RoomInfo& info);
    void showInfo(Room& room, offline::RoomRecord::Info serverSays);
    void onRooms(const protocol::RoomsResponse& frame, const Request& request);
    void applyDirty(Room& room, const protocol::RoomDirty& frame);
    void askUnknown();
    void wantInitialSync(Room& room);
    void onRoomAdded(const protocol::RoomInfo& info);
    void onMembers(const protocol::MembersResponse& frame, const Request& request);
    void removeRoom(const RoomId& id);
    void resetEpoch(Room& room, Epoch epoch, std::optional<Seq> base);
    void reviveLost(Room& room, std::optional<Seq> base);
    void epochLost(Room& room, Epoch epoch, std::optional<Seq> base);
    void subscribe(Room& room);
    void askMembers(Room& room);
    void askInfo(Room& room);
    void askInfos(MonoTime at);
    [[nodiscard]] std::vector<protocol::RoomCursor> fullRooms();
    void fullGranted();
    void placeFree();
    [[nodiscard]] std::size_t fullCount() const;

    // ---- receipts.cpp ----
    void readIsToBeTold(Room& room, Seq seq);
    void onPositions(); ///< those at the front of the inbox, in one transaction
    [[nodiscard]] static bool tellsPosition(const protocol::ServerFrame& frame);
    void applyReadState(const protocol::ReadState& frame);
    std::size_t applyReceipts(const protocol::Receipts& frame);
    std::size_t othersMoved(Room& room, Seq read, Seq delivered);
    void memberMoved(Room& room, const UserId& user, Seq read, Seq delivered);
    void membersStale(Room& room);
    void readUpTo(Room& room, Seq seq, std::optional<std::int64_t> unread,
                  std::optional<Ord> countedAt = std::nullopt);
    void countRead(Room& room, Seq lo, Seq hi);
    void flushReceipts(MonoTime now);
    void syncReads(MonoTime now);
    void deliveriesProved(MonoTime pingSentAt);
    void deliveriesUnproved();
    void tellAnotherBoot(const BootId& boot);

    // ---- drafts.cpp ----
    void loadDrafts();
    [[nodiscard]] offline::DraftRecord changedDraft(const Room& room, std::string text, Seq replyTo,
                                                    std::optional<Rev> base);
    [[nodiscard]] offline::DraftRecord forgottenDraft(offline::DraftRecord draft);
    void showDraft(Room& room, offline::DraftRecord draft);
    void draftsAfterWelcome(std::optional<Rev> serverHas);
    void askDrafts();
    void draftsMayBeBehind();
    void forgottenIn(Epoch epoch);
    void pumpDrafts(MonoTime now);
    void draftTimeouts(MonoTime now);
    [[nodiscard]] std::optional<MonoTime> draftsWakeupAt(MonoTime now);
    void draftsConnectionEnded();
    void onDraft(const protocol::DraftChanged& frame);
    void onDrafts(const protocol::DraftsResponse& frame);
    [[nodiscard]] std::optional<offline::DraftRecord>
    heardDraft(const Room& room, const protocol::DraftInfo& told, const TempId& answerTo);
    bool draftFailed(const protocol::MessageFailed& frame);

    // ---- signals.cpp ----
    void onTyping(const protocol::TypingUsers& frame);
    void onPresence(const protocol::PresenceUsers& frame);
    void expireTyping(MonoTime now);
    void tellTyping(const RoomId& id);

    // ---- changes.cpp ----
    /// Runs `change` in one transaction; on failure the rooms it touched are as before and nothing
    /// is told.
    template <class F>
    Result<void> transact(offline::Durability durability, F&& change)
    {
        auto transaction = m_store.begin(durability);
        m_journal.begin();
        change();
        saveTouched();
        m_journal.write(m_store.journal());
        auto done = transaction.commit();
        // What the server told and the disk refused is told again on the next connection.
        if (!done && durability == offline::Durability::Cache)
            m_storeMissed = done.error();
        finish(done);
        return done;
    }
    // ---- journal.cpp ----
    void note(offline::Happening what, const TempId& tempId, std::int64_t n = 0,
              std::optional<ErrorCode> code = {});
    void note(offline::Happening what, const std::vector<TempId>& tempIds);
    void noteRoom(offline::Happening what, const Room& room, Seq upTo);
    void noteLink(const LinkState& next);
    void flushJournal(MonoTime now);

    Room& touch(Room& room); ///< before changing rec or log inside a transaction
    void saveTouched();
    void finish(const Result<void>& done);
    void rowChanged(Room& room, const offline::RowEffect& effect);
    void holesMayChange(Room& room);
    void emitChanges();
    void decorate(Room& room, offline::MessageRow& row);
    void roomChanged(Room& room) { m_roomsToTell.insert(room.rec.row.room); }

    [[nodiscard]] MonoTime now() const { return m_host.clock.now(); }

    offline::Store& m_store;
    Host m_host;
    Config m_config;

    // session
    LinkState m_link;
    Reconnect m_reconnect;
    bool m_started = false, m_reachable = true;
    bool m_transportOpen = false,
         m_transportBusy = false; ///< busy: open() was called and has not ended
    bool m_tokenAsked = false, m_tokenRejected = false;
    std::optional<std::string> m_token;
    Via m_via = Via::Socket; ///< of the present connection, or of the last one
    Ladder m_ladder;
    /// A socket that is tried while HTTP carries the session. Both are connections to the server
    /// until the welcome; the old one is dropped after it, so nothing is ever without a connection.
    struct Climb {
        MonoTime since;
        bool open = false, hello = false;
        bool asked = false; ///< for the token that is on its way
    };
    std::optional<Climb> m_climb;
    std::int64_t m_clockOffsetMs = 0;
    MonoTime m_connectStarted, m_lastHeard, m_lastPing;
    MonoTime m_probedAt;   ///< for the deadline of the probe
    MonoTime m_lastAnswer; ///< to something that this side has sent
    /// The first frame after the last answer. Also one that has no answer (a mark,
    /// typing): when it does not get through, neither will the next message to this device, and
    /// nobody here would notice.
    std::optional<MonoTime> m_wroteAt;
    std::size_t m_unansweredBytes = 0; ///< written since the last answer
    MonoTime m_lastPart;               ///< of a frame that is still coming in
    std::optional<MonoTime> m_probeDeadline;
    std::optional<MonoTime> m_reconnectAt;
    bool m_serverChose = false; ///< m_reconnectAt is the server's word
    std::optional<protocol::Goodbye> m_goodbye;
    std::optional<MonoTime> m_catchUpSince;
    std::int64_t m_heartbeatMs = protocol::kHeartbeatMs;
    protocol::Limits m_limits;
    bool m_roomsWalked = false, m_storeWasEmpty = false;
    std::set<RoomId> m_walkKnown; ///< rooms known when the list was asked for
    std::size_t m_walked = 0;
    bool m_draftsToldHere = false;   ///< anew, to a restored server, on this connection
    bool m_draftsUntold = false;     ///< … they were to be, and the disk refused it
    std::size_t m_initialSyncs = 0;  ///< never-seen rooms that were fetched unasked
    std::set<RoomId> m_unknownRooms; ///< told of and not introduced; bounded by the account
    std::optional<SyncToken>
        m_tokenDue;             ///< of the welcome, to be kept when what follows it has come
    bool m_tokenProved = false; ///< it has come, but may not be worked off
    std::optional<SyncToken> m_walkToken; ///< to be kept when the whole list was walked
    int m_earlyTokenExpiries = 0;

    // frames
    RateLimiter m_limiter;
    std::deque<Job> m_inbox;
    bool m_syncFast = false;     ///< the last answer to a catch-up request came soon
    std::size_t m_syncAhead = 0; ///< log entries in sync responses of the inbox
    std::vector<protocol::MessageConfirmed> m_confirms;
    std::deque<Request> m_waiting;
    std::map<RequestId, Request> m_asked;
    std::uint64_t m_nextRequest = 0;
    std::optional<MonoTime> m_syncPausedUntil;
    std::optional<Error> m_storeMissed; ///< the disk refused something that this connection told

    // rooms
    std::map<RoomId, Room> m_rooms;
    std::unordered_map<offline::RoomKey, Room*> m_byKey; ///< into m_rooms
    std::set<RoomId> m_wantSync;
    std::map<RoomId, MonoTime> m_gaps; ///< rooms whose head is ahead of the log, since when
    std::set<RoomId> m_openRooms;
    std::vector<RoomId> m_askedFull; ///< by the hello that waits for its welcome
    /// The last subscriptions on this connection, which only a refusal answers.
    std::deque<std::pair<RequestId, RoomId>> m_subscribed;
    std::optional<MonoTime> m_infosAt; ///< an answer was older than what the log told since

    // outbox
    SendQueue m_roomless; ///< room_create
    std::unordered_map<TempId, offline::RoomKey> m_sendRooms;
    std::set<offline::RoomKey> m_sendable; ///< rooms whose queue is not empty; 0 = roomless
    offline::RoomKey m_pumpedLast = -1;
    std::vector<TempId> m_forgetOnCommit; ///< entries that the current transaction settles
    std::vector<std::pair<TempId, Seq>> m_ackOnCommit;
    std::map<RoomId, std::vector<SendEntry>> m_requeueOnCommit; ///< the whole queue of a room, anew
    std::vector<TempId> m_failOnCommit;                         ///< changes whose target is lost
    std::map<RoomId, offline::DraftRecord> m_draftsOnCommit;    ///< what answered a lost message
    bool m_hold = false; ///< changes are collected, not told yet
    OutboxState m_outboxTold;
    std::optional<MonoTime> m_slowedUntil;

    Journal m_journal;

    // drafts
    std::set<RoomId> m_draftRooms; ///< whose draft the server does not have
    bool m_draftsSynced = false;   ///< this server keeps drafts
    bool m_draftsBehind = false;   ///< it has newer ones than were fetched
    Rev m_draftsRev;               ///< everything up to here was fetched and has its room
    // A draft may be told before its room is (the room's introduction was lost, or is on its way).
    // It is passed over, the others are taken, and all from there on are asked for again when a
    // room has come.
    Rev m_draftsPage;               ///< how far the walk has come that is going on
    bool m_draftsPlaceless = false; ///< that walk passed one over
    bool m_draftsRoomCame = false;  ///< while an answer was on its way

    // receipts
    std::set<RoomId> m_receiptRooms;
    std::optional<MonoTime> m_receiptsAt;
    std::set<RoomId> m_deliveriesSent; ///< rooms with `deliverSent`
    std::set<RoomId> m_readsGuessed;   ///< whose count the server did not say exactly
    std::set<RoomId> m_readsUnsynced;  ///< whose read position a power cut could take back
    std::map<RoomId, Seq>
        m_readsRefused; ///< read positions that the disk did not take; tried again
    std::optional<MonoTime> m_readsSyncAt;

    // typing and presence
    struct Typist {
        UserId user;
        MonoTime until;
    };
    std::map<RoomId, std::vector<Typist>> m_typing;
    std::map<RoomId, MonoTime> m_typingSent;
    std::optional<protocol::PresenceStatus> m_presence;
    bool m_presenceTold = true;

    // changes of the current transaction
    struct Before {
        offline::RoomRecord rec;
        LogTracker log;
        Seq deliverTo, readTo; ///< never tell as stored what was not
        Seq membersAsOf;
    };
    std::map<RoomId, Before> m_touched;
    std::map<RoomId, RoomChange> m_changes;
    std::set<RoomId> m_roomsToTell;
    std::vector<RoomId> m_roomsRemoved;
    std::vector<RoomId> m_roomsMade;  ///< in the current transaction
    std::set<RoomId> m_receiptsMoved; ///< members' positions that are kept

    // metrics
    Histogram &m_sendConfirmed, &m_connectTime, &m_catchUp, &m_enqueueTime;
    Counter &m_reconnects, &m_badFrames, &m_storeErrors, &m_queuedGauge, &m_inFlightGauge,
        &m_failedGauge, &m_climbs, &m_climbsFailed, &m_httpSessions, &m_socketBreaker,
        &m_httpBreaker;
};

} // namespace skein::engine
