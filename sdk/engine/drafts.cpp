// What stands in the composers, the same on all devices of the user. First on the disk, then told;
// one on its way for each room, the newest text wins. Rules: docs/adr/0012-drafts.md.
#include "sdk/engine/engineimpl.h"

#include <algorithm>

namespace skein::engine
{
namespace
{

constexpr std::int64_t kDraftSettleMs = 1'000;   ///< between two of one room
constexpr std::int64_t kDraftTimeoutMs = 10'000; ///< no answer on a living connection: again
constexpr std::int64_t kDraftRetryMs = 1'000;
constexpr int kDraftDoublingsMax = 5;

/// As the epoch for which drafts were told anew: no room has named it yet.
constexpr char kEpochUnheard[] = "?";

/// The draft and what stands beside it, as one.
std::string bothTexts(const offline::DraftRecord& draft)
{
    return draft.text.empty() ? draft.other : draft.text + "\n\n" + draft.other;
}

} // namespace

void Engine::Impl::loadDrafts()
{
    m_draftsRev = Rev(std::atoll(m_store.fact(offline::Store::kDrafts).c_str()));
    for (offline::DraftRecord& draft : m_store.drafts().load()) {
        Room* room = roomByKey(draft.room);
        if (!room)
            continue;
        if (!draft.told)
            m_draftRooms.insert(room->rec.row.room);
        room->draft = std::move(draft);
    }
}

// The user's own change. What is not told yet stays on the base that it was begun on: what another
// device wrote since has not been seen by whoever typed this.
offline::DraftRecord Engine::Impl::changedDraft(const Room& room, std::string text, Seq replyTo,
                                                std::optional<Rev> base)
{
    offline::DraftRecord next = room.draft;
    next.room = room.rec.key;
    if (next.told)
        next.base = std::min(base.value_or(next.rev), next.rev);
    next.text = std::move(text);
    next.replyTo = replyTo;
    next.told = false;
    next.tempId = makeTempId(m_host.clock.wallNow(), m_host.random);
    next.changedMs = m_host.clock.wallNow().ms;
    return next;
}

// The draft as it is told to a server that has forgotten it. What stood beside it can only be told
// as part of it.
offline::DraftRecord Engine::Impl::forgottenDraft(offline::DraftRecord draft)
{
    draft.rev = draft.base = Rev();
    bool tell = draft.told && !draft.text.empty();
    if (!draft.other.empty()) {
        if (std::string both = bothTexts(draft); checkBody(both)) {
            draft.text = std::move(both);
            draft.other.clear();
            tell = true;
        }
    }
    if (tell) {
        draft.told = false;
        draft.tempId = makeTempId(m_host.clock.wallNow(), m_host.random);
    }
    return draft;
}

// After the commit.
void Engine::Impl::showDraft(Room& room, offline::DraftRecord draft)
{
    room.draft = std::move(draft);
    offline::RoomRow& row = room.rec.row;
    row.draft = room.draft.text;
    row.draftReplyTo = room.draft.replyTo;
    row.draftOther = room.draft.other;
    row.draftBase = room.draft.told ? room.draft.rev : room.draft.base;
    if (room.draft.told)
        m_draftRooms.erase(row.room);
    else
        m_draftRooms.insert(row.room);
    roomChanged(room);
}

Result<void> Engine::Impl::setDraft(const RoomId& id, std::string text, Seq replyTo,
                                    std::optional<Rev> base)
{
    Room* room = findRoom(id);
    if (!room)
        return fail(ErrorCode::NotFound, "room");
    if (!protocol::isValidUtf8(text))
        return fail(ErrorCode::InvalidArgument, "draft is not UTF-8");
    if (text.empty())
        replyTo = Seq();
    if (text == room->draft.text && replyTo == room->draft.replyTo)
        return {};
    offline::DraftRecord next = changedDraft(*room, std::move(text), replyTo, base);
    auto done = transact(offline::Durability::User, [&] { m_store.drafts().save(next); });
    if (!done)
        return done;
    room->draftRefused = false;
    showDraft(*room, std::move(next));
    pumpDrafts(now());
    emitChanges();
    tellOutbox();
    return {};
}

Result<void> Engine::Impl::settleOtherDraft(const RoomId& id, bool keep)
{
    Room* room = findRoom(id);
    if (!room || room->draft.other.empty())
        return fail(ErrorCode::NotFound, "draft");
    std::string text = keep ? bothTexts(room->draft) : room->draft.text;
    if (auto ok = keep ? checkBody(text) : Result<void>(); !ok)
        return ok;
    offline::DraftRecord next =
        changedDraft(*room, std::move(text), room->draft.replyTo, std::nullopt);
    next.other.clear();
    next.dropOther = true;
    auto done = transact(offline::Durability::User, [&] { m_store.drafts().save(next); });
    if (!done)
        return done;
    showDraft(*room, std::move(next));
    pumpDrafts(now());
    emitChanges();
    tellOutbox();
    return {};
}

// Inside a transaction. A large account's rooms tell of one restoration over many answers and
// connections: what this device had is told once, or what was replaced since would come back.
void Engine::Impl::forgottenIn(Epoch epoch)
{
    const std::string is = std::to_string(epoch.value());
    const std::string told = m_store.fact(offline::Store::kDraftsToldAnew);
    if (told == is)
        return;
    const bool known = m_draftsToldHere || told == kEpochUnheard;
    m_store.setFact(known ? offline::Store::kDraftsToldAnew : offline::Store::kDraftsForgotten, is);
}

void Engine::Impl::draftsAfterWelcome(std::optional<Rev> serverHas)
{
    m_draftsSynced = serverHas.has_value();
    m_draftsPage = Rev();
    m_draftsPlaceless = m_draftsRoomCame = false;
    if (!m_draftsSynced)
        return;
    // The numbers of another generation may have grown past ours and mean other drafts.
    const std::string forgotten = m_store.fact(offline::Store::kDraftsForgotten);
    if (*serverHas < m_draftsRev || m_draftsUntold || !forgotten.empty()) {
        // Restored from a backup: what it forgot, this device still has, and tells as its own.
        std::vector<std::pair<Room*, offline::DraftRecord>> again;
        for (auto& [id, room] : m_rooms) {
            if (room.draft.rev == Rev() && room.draft.told)
                continue;
            again.emplace_back(&room, forgottenDraft(room.draft));
        }
        const auto done = transact(offline::Durability::Cache, [&] {
            for (const auto& [room, next] : again)
                m_store.drafts().save(next);
            m_store.setFact(offline::Store::kDrafts, "0");
            m_store.setFact(offline::Store::kDraftsForgotten, "");
            m_store.setFact(offline::Store::kDraftsToldAnew,
                            forgotten.empty() ? kEpochUnheard : forgotten);
        });
        if (!done) {
            // On the next connection, by when its numbers may have grown past ours. Until then
            // nothing is in step with what it has.
            m_draftsUntold = true;
            m_draftsSynced = false;
            return;
        }
        m_draftsUntold = false;
        m_draftsToldHere = true;
        m_draftsRev = Rev();
        for (auto& [room, next] : again)
            showDraft(*room, std::move(next));
        emitChanges();
    }
    m_draftsBehind = *serverHas > m_draftsRev;
    askDrafts();
}

void Engine::Impl::draftsMayBeBehind()
{
    m_draftsBehind = true;
    if (asked(Ask::Drafts, {}))
        m_draftsPlaceless = true; // the answer on its way may be older
}

// Once the rooms are known: a draft of an unknown room has no place.
void Engine::Impl::askDrafts()
{
    if (!m_draftsSynced || !m_draftsBehind || !m_roomsWalked || !live())
        return;
    if (asked(Ask::Drafts, {})) {
        m_draftsRoomCame = true;
        return;
    }
    ask(Ask::Drafts, protocol::DraftsRequest{{}, std::max(m_draftsRev, m_draftsPage), 100}, {});
}

// What the room's draft becomes by the server's word; nullopt: nothing new.
std::optional<offline::DraftRecord>
Engine::Impl::heardDraft(const Room& room, const protocol::DraftInfo& told, const TempId& answerTo)
{
    const offline::DraftRecord& now = room.draft;
    const bool answer = !now.told && !answerTo.empty() && answerTo == now.tempId;
    if (told.rev < now.rev || (told.rev == now.rev && !answer && now.rev != Rev()))
        return std::nullopt;
    offline::DraftRecord next = now;
    next.room = room.rec.key;
    next.rev = told.rev;
    // A text that is not told yet was typed without this one: the server will keep both.
    if (answer || now.told) {
        next.text = told.text;
        next.replyTo = told.replyTo.value_or(Seq());
        next.base = told.rev;
        next.told = true;
        next.dropOther = false;
        next.changedMs = told.ts;
    }
    if (!next.dropOther)
        next.other = told.other;
    return next;
}

void Engine::Impl::onDraft(const protocol::DraftChanged& frame)
{
    Room* room = findRoom(frame.draft.room);
    if (!room || !room->rec.member) {
        draftsMayBeBehind(); // until the room comes
        return;
    }
    if (!frame.tempId.empty() && frame.tempId == room->draftSent) {
        room->draftSent = TempId();
        room->draftTries = 0;
    }
    auto next = heardDraft(*room, frame.draft, frame.tempId);
    // All that came before it on this connection has come too.
    const bool inStep = m_draftsSynced && !m_draftsBehind && frame.draft.rev > m_draftsRev;
    if (next || inStep) {
        const auto done = transact(offline::Durability::Cache, [&] {
            if (next)
                m_store.drafts().save(*next);
            if (inStep)
                m_store.setFact(offline::Store::kDrafts, std::to_string(frame.draft.rev.value()));
        });
        if (done && next)
            showDraft(*room, std::move(*next));
        if (done && inStep)
            m_draftsRev = frame.draft.rev;
        // What comes behind it must not move the position past it.
        if (!done)
            m_draftsBehind = true;
    }
    pumpDrafts(now());
    emitChanges();
    tellOutbox();
}

void Engine::Impl::onDrafts(const protocol::DraftsResponse& frame)
{
    std::vector<std::pair<Room*, offline::DraftRecord>> heard;
    bool placeless = m_draftsPlaceless;
    Rev upTo = placeless ? m_draftsRev : frame.rev;
    for (const protocol::DraftInfo& told : frame.drafts) {
        Room* room = findRoom(told.room);
        if (!room || !room->rec.member) {
            placeless = true;
            upTo = std::min(upTo, Rev(told.rev.value() - 1));
            continue;
        }
        if (auto next = heardDraft(*room, told, {}))
            heard.emplace_back(room, std::move(*next));
    }
    upTo = std::max(m_draftsRev, upTo);
    const auto done = transact(offline::Durability::Cache, [&] {
        for (const auto& [room, next] : heard)
            m_store.drafts().save(next);
        m_store.setFact(offline::Store::kDrafts, std::to_string(upTo.value()));
    });
    if (!done)
        return; // asked again on the next connection
    const bool moved = frame.rev > std::max(m_draftsRev, m_draftsPage);
    m_draftsRev = upTo;
    m_draftsPage = std::max(m_draftsPage, frame.rev);
    m_draftsPlaceless = placeless;
    for (auto& [room, next] : heard)
        showDraft(*room, std::move(next));
    m_draftsBehind = placeless || (frame.more && moved);
    bool again = frame.more && moved;
    if (placeless && !again) {
        m_draftsPage = Rev();
        m_draftsPlaceless = false;
        again = std::exchange(m_draftsRoomCame, false);
    }
    if (again)
        askDrafts();
    pumpRequests();
    emitChanges();
    tellOutbox();
}

void Engine::Impl::pumpDrafts(MonoTime at)
{
    if (!m_draftsSynced || !live())
        return;
    for (const RoomId& id : m_draftRooms) {
        Room* room = findRoom(id);
        if (!room || !room->rec.member || room->draftRefused || !room->draftSent.empty() ||
            at < room->draftAt)
            continue;
        if (!canWrite() || !m_limiter.take(FrameClass::Ephemeral, at))
            return;
        protocol::DraftSet frame;
        frame.room = id;
        if (room->draft.tempId.empty()) {
            // Of an older version, or rescued from a damaged file.
            offline::DraftRecord named = room->draft;
            named.tempId = makeTempId(m_host.clock.wallNow(), m_host.random);
            if (!transact(offline::Durability::User, [&] { m_store.drafts().save(named); }))
                return;
            room->draft = std::move(named);
        }
        frame.tempId = room->draft.tempId;
        frame.base = room->draft.base;
        frame.text = room->draft.text;
        if (room->draft.replyTo)
            frame.replyTo = room->draft.replyTo;
        frame.dropOther = room->draft.dropOther;
        // Longer than a message may be: it stays on this device until it is shorter.
        const bool tooLong = protocol::characterCount(frame.text) > protocol::kBodyCharactersMax ||
                             protocol::encode(frame).size() + kEnvelopeBytes >
                                 static_cast<std::size_t>(m_limits.frameBytes);
        if (tooLong) {
            room->draftRefused = true;
            continue;
        }
        writeFrame(frame);
        room->draftSent = frame.tempId;
        room->draftAt = at + Milliseconds(kDraftSettleMs);
        room->draftSentAt = at;
    }
}

void Engine::Impl::draftTimeouts(MonoTime at)
{
    for (const RoomId& id : m_draftRooms) {
        if (Room* room = findRoom(id);
            room && !room->draftSent.empty() && (at - room->draftSentAt).count() >= kDraftTimeoutMs)
            room->draftSent = TempId();
    }
    pumpDrafts(at);
}

std::optional<MonoTime> Engine::Impl::draftsWakeupAt(MonoTime at)
{
    std::optional<MonoTime> next;
    if (!m_draftsSynced)
        return next;
    for (const RoomId& id : m_draftRooms) {
        const Room* room = findRoom(id);
        if (!room || !room->rec.member)
            continue;
        MonoTime due = room->draftSentAt + Milliseconds(kDraftTimeoutMs);
        if (room->draftSent.empty()) {
            if (room->draftRefused)
                continue;
            due = std::max(room->draftAt, m_limiter.readyAt(FrameClass::Ephemeral, at));
            if (due <= at)
                due = at + Milliseconds(kUnsentPollMs); // the socket is full
        }
        next = next ? std::min(*next, due) : due;
    }
    return next;
}

void Engine::Impl::draftsConnectionEnded()
{
    m_draftsSynced = false;
    for (const RoomId& id : m_draftRooms) {
        if (Room* room = findRoom(id)) {
            room->draftSent = TempId();
            room->draftAt = MonoTime();
            room->draftTries = 0;
            room->draftRefused = false;
        }
    }
}

// True: it was a draft's. What is refused for good stays in the composer of this device.
bool Engine::Impl::draftFailed(const protocol::MessageFailed& frame)
{
    for (const RoomId& id : m_draftRooms) {
        Room* room = findRoom(id);
        if (!room || room->draftSent != frame.tempId)
            continue;
        room->draftSent = TempId();
        const MonoTime at = now();
        if (frame.permanent && frame.code != ErrorCode::RateLimited) {
            room->draftRefused = true;
        } else {
            const int doublings = std::min(room->draftTries++, kDraftDoublingsMax);
            const Milliseconds wait(
                std::max(frame.retryAfterMs.value_or(0), kDraftRetryMs << doublings));
            if (frame.code == ErrorCode::RateLimited)
                m_limiter.refused(FrameClass::Ephemeral, at, wait);
            room->draftAt = at + wait;
        }
        return true;
    }
    return false;
}

} // namespace skein::engine
