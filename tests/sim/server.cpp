#include "tests/sim/server.h"

namespace skein::sim
{

using namespace server;

// Passes everything through and writes down who became a member and who stopped being one.
class ServerNode::Observed final : public Storage
{
public:
    Observed(Storage& real, Membership& membership)
        : m_real(real)
        , m_membership(membership)
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
        m_real.readLog(std::move(ranges), bytesMax, std::move(done));
    }
    void readHistory(HistoryQuery query, std::size_t bytesMax, Done<HistoryPage> done) override
    {
        m_real.readHistory(query, bytesMax, std::move(done));
    }
    void revalidate(RevalidateQuery query, std::size_t bytesMax, Done<HistoryPage> done) override
    {
        m_real.revalidate(query, bytesMax, std::move(done));
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
    void learn(const server::RoomRow& room)
    {
        auto& members = m_membership[room.id];
        for (const MemberRow& member : room.members)
            members.insert(m_users[member.user]);
    }
    Storage& m_real;
    Membership& m_membership;
    std::map<UserKey, UserId> m_users;
};

ServerNode::ServerNode(Loop& loop, Trace& trace, Random& random, Outbound& outbound)
    : m_loop(loop)
    , m_trace(trace)
    , m_random(random)
    , m_outbound(outbound)
    , m_tokens([] {
        Tokens::Secret secret;
        secret.fill(7);
        return secret;
    }())
    , m_own(random.next())
{
}

ServerNode::~ServerNode()
{
    kill();
}

void ServerNode::start()
{
    const std::uint64_t life = ++m_life;
    SqliteOptions options;
    options.disk = &m_disk;
    options.threading = SqliteOptions::Threading::Inline;
    options.post = [this, life](std::function<void()> answer) {
        m_loop.after(1, [this, life, answer = std::move(answer)] {
            if (life != m_life)
                return; // committed, and the process died before it could say so
            answer();
            touched();
        });
    };
    auto opened = SqliteStorage::open(std::move(options));
    if (!opened) {
        m_trace.fail(m_loop.now(), "server does not start: " + toString(opened.error()));
        return;
    }
    m_storage = std::move(*opened);
    m_storage->setCommitFault([this]() -> std::optional<ErrorCode> {
        if (!m_random.chance(commitFails))
            return std::nullopt;
        return m_random.chance(0.5) ? ErrorCode::StorageFull : ErrorCode::StorageFailed;
    });
    m_observed = std::make_unique<Observed>(*m_storage, m_membership);
    m_service = std::make_unique<Service>(*m_observed, m_tokens, m_outbound, m_loop.clock(), m_own,
                                          m_metrics, Logger(), ServiceConfig());
    m_trace.note(m_loop.now(), "server", "started");
    m_pumping = false;
    m_tickAt = MonoTime{INT64_MAX};
    touched();
}

void ServerNode::kill()
{
    if (!m_service)
        return;
    ++m_life;
    m_service.reset();
    m_observed.reset();
    m_storage.reset();
    m_trace.note(m_loop.now(), "server", "killed");
}

void ServerNode::drain(std::int64_t windowMs)
{
    if (m_service) {
        m_service->drain(windowMs);
        touched();
    }
}

void ServerNode::pump()
{
    m_pumping = false;
    m_storage->pump();
    touched();
}

void ServerNode::touched()
{
    if (!m_service)
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
            m_service->tick();
            touched();
        });
    }
}

void ServerNode::addUser(const UserId& id, const std::string& name)
{
    m_storage->createUser({id, name, name, "hash", m_loop.clock().wallNow().ms}, [](auto) {});
    touched();
}

void ServerNode::addOldRoom(const RoomId& id, const std::vector<UserId>& members,
                            std::int64_t messages)
{
    const auto key = [this](const UserId& user) { return m_observed->keyOf(user); };
    const std::int64_t ts = m_loop.clock().wallNow().ms;
    CreateRoomOp room;
    room.id = id;
    room.creatorId = members.front();
    room.creator = key(members.front());
    room.device = DeviceId("import");
    room.tempId = makeTempId({ts}, m_own);
    room.name = "old";
    for (std::size_t i = 1; i < members.size(); ++i)
        room.members.push_back(key(members[i]));
    room.ts = ts;
    RoomKey made = 0;
    m_observed->createRoom(std::move(room), [&made](Result<RoomMade> result) {
        made = result ? result->room.key : 0;
    });
    while (m_storage->pump()) {
    }
    m_loop.run(m_loop.now() + Milliseconds(10));
    for (std::int64_t i = 0; i < messages; ++i) {
        LogOp op;
        op.room = made;
        op.sender = key(members[m_own.below(members.size())]);
        op.device = DeviceId("import");
        op.event.room = id;
        op.event.tempId = makeTempId({ts}, m_own);
        op.event.ts = ts;
        op.event.body = "old " + std::to_string(i);
        m_observed->append(std::move(op), [](auto) {});
    }
    while (m_storage->pump()) {
    }
    m_loop.run(m_loop.now() + Milliseconds(10));
    // The service learns of it as after any restart.
    kill();
    start();
}

} // namespace skein::sim
