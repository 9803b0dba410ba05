// Puts together what the tables say about one temporary id now, and what the journal says about how
// it came to that.
#include "offline/journal.h"
#include "offline/sqlite.h"

#include <algorithm>
#include <limits>

namespace skein::offline
{
namespace
{

constexpr std::size_t kStoryHeadEvents = 50; ///< kept at the front when there are too many

struct Noted {
    std::int64_t id = 0;
    StoryEvent event;
};

StoryEvent eventOf(const Query& q)
{
    StoryEvent event;
    event.atMs = q.integer(1);
    event.what = static_cast<Happening>(q.integer(2));
    event.n = q.integer(3);
    if (!q.isNull(4))
        event.code = errorCodeFromWire(q.view(4));
    return event;
}

bool confirms(Happening what)
{
    return what == Happening::Confirmed || what == Happening::ConfirmedAgain ||
           what == Happening::Echoed;
}

bool ends(Happening what)
{
    return confirms(what) || what == Happening::Discarded || what == Happening::Folded;
}

// What waits, or was refused. False: the outbox does not have it.
bool fromOutbox(Db& db, const TempId& tempId, Story& story, RoomKey& room)
{
    Query q = db.query("SELECT id, room, op, failed, acked FROM outbox WHERE temp_id = ?");
    if (!q.bind(tempId).step())
        return false;
    const std::int64_t id = q.integer(0);
    room = q.integer(1);
    story.op = static_cast<Op>(q.integer(2));
    if (!q.isNull(3)) {
        story.state = Story::State::Failed;
        story.error = static_cast<ErrorCode>(q.integer(3));
        return true;
    }
    if (q.integer(4) != 0) {
        story.state = Story::State::Confirmed;
        story.seq = Seq(q.integer(4));
        return true;
    }
    story.state = Story::State::Waiting;
    Query ahead = db.query("SELECT count(*) FROM outbox WHERE room = ? AND id < ? AND acked = 0");
    if (ahead.bind(room, id).step())
        story.ahead = ahead.integer(0);
    if (story.op == Op::Member || story.op == Op::RoomUpdate)
        return true; // these wait for no message
    Query failed = db.query("SELECT temp_id FROM outbox WHERE room = ? AND id < ? AND op = 0"
                            " AND failed IS NOT NULL ORDER BY id LIMIT 1");
    if (failed.bind(room, id).step()) {
        story.state = Story::State::HeldBack;
        story.behind = TempId(failed.view(0));
    }
    return true;
}

// A message that has its place in the room.
bool fromMessages(Db& db, const TempId& tempId, Story& story, RoomKey& room)
{
    Query q = db.query("SELECT id FROM messages WHERE temp_id = ?");
    if (!q.bind(tempId).step() || isPendingPlace(placeOf(q.integer(0))))
        return false;
    room = roomOf(q.integer(0));
    story.op = Op::Send;
    story.state = Story::State::Confirmed;
    story.seq = Seq(placeOf(q.integer(0)));
    return true;
}

// Gone from the tables: its traces.
void fromTraces(const std::vector<Noted>& own, Story& story)
{
    story.state = own.empty() ? Story::State::Unheard : Story::State::Forgotten;
    for (const Noted& noted : own) {
        const StoryEvent& event = noted.event;
        if (confirms(event.what)) {
            story.state = Story::State::Confirmed;
            story.seq = Seq(event.n);
        } else if (event.what == Happening::Discarded) {
            story.state = Story::State::Discarded;
        } else if (event.what == Happening::Folded) {
            story.state = Story::State::Folded;
        } else if (event.what == Happening::Failed) {
            story.state = Story::State::Reverted;
            story.error = event.code;
        }
    }
}

// The id of the change that entry `id` tells of.
TempId changeAfter(Db& db, std::int64_t id)
{
    Query q = db.query("SELECT temp_id FROM journal WHERE id = ? AND what = ?");
    if (!q.bind(id + 1, Happening::Queued).step() || q.isNull(0))
        return {};
    return TempId(q.view(0));
}

std::vector<Noted> ownEvents(Db& db, const TempId& tempId, RoomKey& room, Story& story)
{
    std::vector<Noted> own;
    std::int64_t sent = 0;
    Query q = db.query("SELECT id, at_ms, what, n, code, room FROM journal WHERE temp_id = ?"
                       " ORDER BY id");
    q.bind(tempId);
    while (q.step()) {
        Noted noted{q.integer(0), eventOf(q)};
        room = q.integer(5);
        if (noted.event.what == Happening::Queued)
            story.op = static_cast<Op>(noted.event.n);
        if (noted.event.what == Happening::Sent)
            noted.event.n = ++sent;
        own.push_back(noted);
    }
    for (Noted& noted : own) {
        if (noted.event.what == Happening::ChangeQueued)
            noted.event.change = changeAfter(db, noted.id);
    }
    return own;
}

// The program's starts and the connections between the beginning and the end of it.
void addDevice(Db& db, std::int64_t from, std::int64_t to, std::vector<Noted>& all)
{
    Query q = db.query("SELECT id, at_ms, what, n, code FROM journal WHERE id > ? AND id < ?"
                       " AND what <= 2 AND temp_id IS NULL ORDER BY id");
    q.bind(from, to);
    while (q.step())
        all.push_back({q.integer(0), eventOf(q)});
}

void addReceipt(Db& db, std::int64_t from, RoomKey room, Seq seq, Happening what,
                std::vector<Noted>& all)
{
    Query q = db.query("SELECT id, at_ms, what, n, code FROM journal WHERE id > ? AND room = ?"
                       " AND what = ? AND temp_id IS NULL AND n >= ? ORDER BY id LIMIT 1");
    if (q.bind(from, room, what, seq).step())
        all.push_back({q.integer(0), eventOf(q)});
}

} // namespace

Story readStory(Db& db, const TempId& tempId)
{
    Story story;
    RoomKey room = 0;
    const std::vector<Noted> own = ownEvents(db, tempId, room, story);
    if (!fromOutbox(db, tempId, story, room) && !fromMessages(db, tempId, story, room))
        fromTraces(own, story);
    if (story.state == Story::State::Unheard)
        return story;
    if (room != 0) {
        Query q =
            db.query("SELECT server_id, others_delivered, others_read FROM rooms WHERE id = ?");
        if (q.bind(room).step()) {
            story.room = RoomId(q.view(0));
            const bool message = story.op == Op::Send && story.seq;
            story.delivered = message && Seq(q.integer(1)) >= story.seq;
            story.read = message && Seq(q.integer(2)) >= story.seq;
        }
    }
    story.whole = !own.empty() && own.front().event.what == Happening::Queued;
    if (own.empty())
        return story;

    std::vector<Noted> all = own;
    // Its own way, not that of its changes.
    const auto last = std::find_if(own.rbegin(), own.rend(), [](const Noted& noted) {
        return noted.event.what != Happening::ChangeQueued;
    });
    const bool over = last != own.rend() && ends(last->event.what);
    addDevice(db, own.front().id, over ? last->id : std::numeric_limits<std::int64_t>::max(), all);
    if (story.op == Op::Send && story.seq) {
        // Others may have it before its confirmation is here.
        const std::int64_t since = own.front().id;
        addReceipt(db, since, room, story.seq, Happening::Delivered, all);
        addReceipt(db, since, room, story.seq, Happening::Read, all);
    }
    std::sort(all.begin(), all.end(), [](const Noted& a, const Noted& b) { return a.id < b.id; });
    for (const Noted& noted : all)
        story.events.push_back(noted.event);
    if (story.events.size() > kStoryEventsMax) {
        const std::size_t tooMany = story.events.size() - kStoryEventsMax;
        const auto from = story.events.begin() + static_cast<std::ptrdiff_t>(kStoryHeadEvents);
        story.events.erase(from, from + static_cast<std::ptrdiff_t>(tooMany));
        story.skipped = static_cast<std::int64_t>(tooMany);
    }
    return story;
}

std::vector<StoryEvent> readConnections(Db& db, std::size_t limit)
{
    std::vector<StoryEvent> events;
    Query q = db.query("SELECT id, at_ms, what, n, code FROM journal WHERE what <= 2"
                       " AND temp_id IS NULL ORDER BY id DESC LIMIT ?");
    q.bind(static_cast<std::int64_t>(limit));
    while (q.step())
        events.push_back(eventOf(q));
    return events;
}

} // namespace skein::offline
