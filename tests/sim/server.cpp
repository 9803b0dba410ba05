#include "tests/sim/server.h"

#include <sqlite3.h>

namespace skein::sim
{

using namespace server;

namespace
{
constexpr std::uint64_t kReadStallMs = 2'000;
constexpr std::int64_t kBusyMs = 100;
} // namespace

// Passes everything through and writes down who became a member and who stopped being one.
class ServerNode::Observed final : public Storage
{
public:
    Observed(Storage& real, Membership& membership, const std::vector<SessionId>& revoked,
             const std::int64_t& gapMax, std::function<void(std::function<void()>)> later,
             std::function<bool()> refuses)
        : m_real(real)
        , m_membership(membership)
        , m_revoked(revoked)
        , m_gapMax(gapMax)
        , m_later(std::move(later))
        , m_refuses(std::move(refuses))
    {
    }

    Result<Snapshot> load() override
    {
        auto snapshot = m_real.load();
        if (snapshot) {
            for (const UserRow& row : snapshot->users)
                m_users[row.key] = row.id;
            m_membership.clear();
            for (const server::RoomRow& room : snapshot->rooms)
                learn(room);
            for (const SessionId& session : m_revoked)
                snapshot->revoked.push_back({session, 0, true});
        }
        return snapshot;
    }
    void setUserObserver(std::function<void(const UserRow&)> observer) override
    {
        m_real.setUserObserver([this, observer = std::move(observer)](const UserRow& row) {
            m_users[row.key] = row.id;
            observer(row);
        });
    }
    void append(LogOp op, Done<Logged> done) override
    {
        m_real.append(std::move(op), [this, done = std::move(done)](Result<Logged> result) {
            if (result && !result->dup && result->event.kind == protocol::Kind::Member) {
                auto& members = m_membership[result->event.room];
                if (result->event.role)
                    members.insert(*result->event.member);
                else
                    members.erase(*result->event.member);
            }
            done(std::move(result));
        });
    }
    void createRoom(CreateRoomOp op, Done<RoomMade> done) override
    {
        m_real.createRoom(std::move(op), [this, done = std::move(done)](Result<RoomMade> result) {
            if (result && !result->dup)
                learn(result->room);
            done(std::move(result));
        });
    }
    void setPositions(PositionsOp op, Done<std::vector<PositionSet>> done) override
    {
        m_real.setPositions(std::move(op), std::move(done));
    }
    void setDraft(DraftOp op, Done<DraftStored> done) override
    {
        m_real.setDraft(std::move(op), std::move(done));
    }
    void readDrafts(DraftsQuery query, std::size_t bytesMax, Done<DraftsPage> done) override
    {
        m_real.readDrafts(query, bytesMax, std::move(done));
    }
    void revokeDevice(RevokeDeviceOp op, Done<bool> done) override
    {
        m_real.revokeDevice(std::move(op), std::move(done));
    }
    void listSessions(SessionId of, std::int64_t now, Done<std::vector<SessionRow>> done) override
    {
        m_real.listSessions(std::move(of), now, std::move(done));
    }
    void createUser(CreateUserOp op, Done<UserRow> done) override
    {
        m_real.createUser(std::move(op), std::move(done));
    }
    void createSession(CreateSessionOp op, Done<SessionMade> done) override
    {
        m_real.createSession(std::move(op), std::move(done));
    }
    void rotateSession(RotateSessionOp op, Done<Rotated> done) override
    {
        m_real.rotateSession(std::move(op), std::move(done));
    }
    void revokeSession(SessionId session, std::int64_t ts, Done<bool> done) override
    {
        m_real.revokeSession(std::move(session), ts, std::move(done));
    }
    void readLog(std::vector<LogRange> ranges, std::size_t bytesMax,
                 Done<std::vector<LogPage>> done) override
    {
        for (LogRange& range : ranges) {
            range.gapMax = std::min(range.gapMax, m_gapMax);
            range.limit = std::min(range.limit, std::max<std::int64_t>(m_gapMax / 2, 1));
        }
        m_real.readLog(std::move(ranges), bytesMax, late(std::move(done)));
    }
    void readHistory(HistoryQuery query, std::size_t bytesMax, Done<HistoryPage> done) override
    {
        m_real.readHistory(query, bytesMax, late(std::move(done)));
    }
    void revalidate(RevalidateQuery query, std::size_t bytesMax, Done<HistoryPage> done) override
    {
        m_real.revalidate(query, bytesMax, late(std::move(done)));
    }
    void findCredentials(std::string name, Done<std::optional<Credentials>> done) override
    {
        m_real.findCredentials(std::move(name), std::move(done));
    }

    [[nodiscard]] UserKey keyOf(const UserId& user) const
    {
        for (const auto& [key, id] : m_users) {
            if (id == user)
                return key;
        }
        return 0;
    }

private:
    /// Readers have a thread of their own: what they read may be old when it is told.
    template <class T>
    Done<T> late(Done<T> done)
    {
        return [this, done = std::move(done)](Result<T> result) {
            if (m_refuses()) {
                Error busy = makeError(ErrorCode::ServerBusy);
                busy.retryAfter = Milliseconds(kBusyMs);
                result = fail(std::move(busy));
            }
            m_later([done, result = std::move(result)]() mutable { done(std::move(result)); });
        };
    }
    void learn(const server::RoomRow& room)
    {
        auto& members = m_membership[room.id];
        for (const MemberRow& member : room.members)
            members.insert(m_users[member.user]);
    }
    Storage& m_real;
    Membership& m_membership;
    const std::vector<SessionId>& m_revoked;
    const std::int64_t& m_gapMax;
    std::function<void(std::function<void()>)> m_later;
    std::function<bool()> m_refuses;
    std::map<UserKey, UserId> m_users;
};

ServerNode::ServerNode(Loop& loop, Trace& trace, Random& random, Outbound& outbound)
    : m_loop(loop)
    , m_trace(trace)
    , m_random(random)
    , m_outbound(outbound)
    , m_clock(loop)
    , m_tokens([] {
        Tokens::Secret secret;
        secret.fill(7);
        return secret;
    }())
    , m_own(random.next())
{
    m_disk.random = &m_own;
    m_disk.effect = [this] { return spend(); };
}

ServerNode::~ServerNode()
{
    kill();
}

bool ServerNode::spend()
{
    if (m_disk.frozen())
        return false;
    if (m_effectsLeft < 0 || m_effectsLeft-- > 0)
        return true;
    m_effectsLeft = -1;
    m_disk.freeze();
    m_trace.note(m_loop.now(), "server", "dies");
    m_loop.after(0, [this, life = m_life] {
        if (life == m_life && died)
            died();
    });
    return false;
}

void ServerNode::start()
{
    const std::uint64_t life = ++m_life;
    SqliteOptions options;
    options.uri = uri();
    if (m_restored)
        options.newGeneration = m_clock.wallNow().ms;
    options.threading = SqliteOptions::Threading::Inline;
    options.post = [this, life](std::function<void()> answer) {
        m_loop.after(1, [this, life, answer = std::move(answer)] {
            if (life != m_life)
                return; // committed, and the process died before it could say so
            if (m_disk.frozen())
                return;
            answer();
            touched();
        });
    };
    auto opened = SqliteStorage::open(std::move(options));
    if (!opened) {
        if (m_disk.frozen())
            return; // it died again, and died() follows
        if (m_disk.full || m_disk.failures > 0) {
            m_trace.note(m_loop.now(), "server", "does not start", toString(opened.error()));
            m_loop.after(1'000, [this, life] {
                if (life == m_life && !m_service)
                    start();
            });
            return;
        }
        m_trace.fail(m_loop.now(), "server does not start: " + toString(opened.error()));
        return;
    }
    m_restored = false;
    m_storage = std::move(*opened);
    m_storage->setCommitFault([this]() -> std::optional<ErrorCode> {
        if (!m_random.chance(commitFails))
            return std::nullopt;
        return m_random.chance(0.5) ? ErrorCode::StorageFull : ErrorCode::StorageFailed;
    });
    m_observed = std::make_unique<Observed>(
        *m_storage, m_membership, m_revoked, gapMax,
        [this](std::function<void()> answer) { answerRead(std::move(answer)); },
        [this] { return readsRefused > 0 && m_random.chance(readsRefused); });
    ServiceConfig config;
    config.limits = limits;
    m_service = std::make_unique<Service>(*m_observed, m_tokens, m_outbound, m_clock, m_own,
                                          m_metrics, Logger(), config);
    m_trace.note(m_loop.now(), "server", "started");
    if (started)
        started();
    m_pumping = false;
    m_tickAt = MonoTime{INT64_MAX};
    touched();
}

void ServerNode::kill(bool powerCut)
{
    ++m_life;
    m_effectsLeft = -1;
    m_disk.freeze();
    if (m_service)
        m_trace.note(m_loop.now(), "server", powerCut ? "power cut" : "killed");
    m_service.reset();
    m_observed.reset();
    m_storage.reset();
    if (powerCut)
        m_disk.powerCut(m_own);
    m_disk.thaw();
}

void ServerNode::backUp()
{
    m_trace.note(m_loop.now(), "server", "backup");
    m_backup = m_disk.image();
}

void ServerNode::restoreBackup()
{
    kill();
    m_trace.note(m_loop.now(), "server", "restored");
    m_disk.restore(m_backup);
    m_restored = true;
}

std::string ServerNode::integrity()
{
    sqlite3* db = nullptr;
    sqlite3_stmt* check = nullptr;
    std::string said;
    sqlite3_open_v2(uri().c_str(), &db,
                    SQLITE_OPEN_READWRITE | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, nullptr);
    sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &check, nullptr);
    if (check && sqlite3_step(check) == SQLITE_ROW)
        said = reinterpret_cast<const char*>(sqlite3_column_text(check, 0));
    sqlite3_finalize(check);
    sqlite3_close(db);
    return said;
}

void ServerNode::drain(std::int64_t windowMs)
{
    if (service()) {
        m_service->drain(windowMs);
        touched();
    }
}

void ServerNode::revoke(const SessionId& session)
{
    m_revoked.push_back(session);
    if (service()) {
        m_service->sessionEnded(session, SessionEnd::Revoked);
        touched();
    }
}

// In the order of the reads, as one thread gives them.
void ServerNode::answerRead(std::function<void()> answer)
{
    const MonoTime now = m_loop.now();
    const std::int64_t stall =
        m_random.chance(readStalls) ? static_cast<std::int64_t>(m_random.below(kReadStallMs)) : 0;
    m_readsAt = std::max(m_readsAt, now + Milliseconds(stall));
    if (m_readsAt <= now)
        return answer();
    m_loop.at(m_readsAt, [this, life = m_life, answer = std::move(answer)] {
        if (life != m_life || !service())
            return;
        answer();
        touched();
    });
}

void ServerNode::pump()
{
    m_pumping = false;
    if (!service())
        return;
    m_storage->pump();
    touched();
}

void ServerNode::touched()
{
    if (!service())
        return;
    if (!m_pumping && m_storage->pending() > 0) {
        m_pumping = true;
        const auto slow = m_random.chance(commitStalls) ? 400 : 0;
        m_loop.after(commitMs + slow, [this, life = m_life] {
            if (life == m_life)
                pump();
        });
    }
    const MonoTime next = std::max(m_service->nextTickAt(), m_loop.now());
    if (next < m_tickAt || m_tickAt < m_loop.now()) {
        m_tickAt = next;
        if (next.ms == INT64_MAX)
            return;
        m_loop.at(next, [this, life = m_life, next] {
            if (life != m_life || m_tickAt != next)
                return;
            m_tickAt = MonoTime{INT64_MAX};
            if (!service())
                return;
            m_service->tick();
            touched();
        });
    }
}

void ServerNode::addUser(const UserId& id, const std::string& name)
{
    m_storage->createUser({id, name, name, "hash", m_clock.wallNow().ms}, [](auto) {});
    touched();
}

void ServerNode::pumpAll()
{
    while (m_storage->pump()) {
    }
    m_loop.run(m_loop.now() + Milliseconds(10));
}

RoomKey ServerNode::makeRoom(const RoomId& id, const std::vector<UserId>& members)
{
    CreateRoomOp room;
    room.id = id;
    room.creatorId = members.front();
    room.creator = m_observed->keyOf(members.front());
    room.device = DeviceId("import");
    room.ts = m_clock.wallNow().ms;
    room.tempId = makeTempId({room.ts}, m_own);
    room.name = id.str();
    for (std::size_t i = 1; i < members.size(); ++i)
        room.members.push_back(m_observed->keyOf(members[i]));
    RoomKey made = 0;
    m_observed->createRoom(std::move(room), [&made](Result<RoomMade> result) {
        made = result ? result->room.key : 0;
    });
    pumpAll();
    return made;
}

void ServerNode::addOldRoom(const RoomId& id, const std::vector<UserId>& members,
                            std::int64_t messages)
{
    const RoomKey made = makeRoom(id, members);
    const std::int64_t ts = m_clock.wallNow().ms;
    for (std::int64_t i = 0; i < messages; ++i) {
        LogOp op;
        op.room = made;
        op.event.sender = members[m_own.below(members.size())];
        op.sender = m_observed->keyOf(op.event.sender);
        op.device = DeviceId("import");
        op.event.room = id;
        op.event.tempId = makeTempId({ts}, m_own);
        op.event.ts = ts;
        op.event.kind = i % 37 == 0 ? protocol::Kind::Image : protocol::Kind::Text;
        op.event.body = "old " + std::to_string(i);
        m_observed->append(std::move(op), [](auto) {});
    }
    pumpAll();
    // The service learns of it as after any restart.
    kill();
    start();
}

void ServerNode::addManyRooms(const std::vector<UserId>& members, std::int64_t count)
{
    const std::int64_t ts = m_clock.wallNow().ms;
    std::vector<UserKey> keys;
    for (const UserId& user : members)
        keys.push_back(m_observed->keyOf(user));
    for (std::int64_t i = 0; i < count; ++i) {
        CreateRoomOp room;
        room.id = RoomId("many-" + std::to_string(i));
        room.creatorId = members.front();
        room.creator = keys.front();
        room.device = DeviceId("import");
        room.ts = ts + i;
        room.tempId = makeTempId({ts}, m_own);
        room.name = room.id.str();
        room.members.assign(keys.begin() + 1, keys.end());
        m_observed->createRoom(std::move(room), [](auto) {});
    }
    pumpAll();
    kill();
    start();
}

} // namespace skein::sim
