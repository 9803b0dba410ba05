#include "offline/rowbuilder.h"

#include "offline/content.h"
#include "offline/users.h"

#include <algorithm>

namespace skein::offline
{

std::string excerpt(std::string_view text, std::size_t characters)
{
    std::size_t end = 0;
    for (std::size_t count = 0; end < text.size(); ++end) {
        const bool starts = (static_cast<unsigned char>(text[end]) & 0xc0) != 0x80;
        if (starts && count++ == characters)
            break;
    }
    std::string line(text.substr(0, end));
    std::replace_if(
        line.begin(), line.end(), [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
    return line;
}

const RowBuilder::Sender& RowBuilder::sender(std::int64_t key)
{
    if (const auto found = m_users.find(key); found != m_users.end())
        return found->second;
    if (m_users.size() >= kUserCacheMax)
        m_users.clear();
    Sender made;
    Query q = m_db.query("SELECT server_id, name FROM users WHERE id = ?");
    if (q.bind(key).step())
        made = {UserId(q.view(0)), q.text(1), false};
    made.self = made.id == m_self;
    if (!m_db.ok()) {
        m_unreadable = std::move(made);
        return m_unreadable;
    }
    return m_users.emplace(key, std::move(made)).first->second;
}

Quote RowBuilder::quote(const RoomView& view, Seq seq)
{
    Quote quote;
    quote.seq = seq;
    Query q = m_db.query("SELECT sender, flags, substr(body, 1, 141) FROM messages WHERE id = ?");
    if (q.bind(packedKey(view.key, seq.value())).step()) {
        const Sender& who = sender(q.integer(0));
        quote.sender = who.id;
        quote.senderName = who.name;
        if ((q.integer(1) & kFlagDeleted) == 0)
            quote.text = excerpt(q.view(2), kQuoteCharactersMax);
    }
    return quote;
}

void RowBuilder::build(const Query& q, const RoomView& view, MessageRow& row)
{
    row.position = placeOf(q.integer(0));
    row.rowId = q.integer(1);
    row.room = view.room;
    row.tempId = TempId(q.view(2));
    row.id = EventId(q.view(3));
    const Sender& who = sender(q.integer(4));
    row.sender = who.id;
    row.senderName = who.name;
    row.own = who.self;
    row.kind = static_cast<protocol::Kind>(q.integer(5));
    row.ts = q.integer(7);
    row.ord = Ord(q.integer(8));
    row.rev = Rev(std::max({q.integer(9), q.integer(10), q.integer(11), q.integer(12)}));
    const std::int64_t flags = q.integer(13);
    row.edited = (flags & kFlagEdited) != 0;
    row.deleted = (flags & kFlagDeleted) != 0;
    row.pinned = (flags & kFlagPinned) != 0;
    if (const std::string_view extra = q.view(17); !extra.empty()) {
        Content content;
        decodeExtra(extra, content);
        row.reactions = std::move(content.reactions);
        row.attachments = std::move(content.attachments);
        row.mentions = std::move(content.mentions);
    }
    row.body = q.view(6);
    if (isPendingPlace(row.position)) {
        row.status = Status::Queued;
        if (!q.isNull(16)) {
            row.status = Status::Failed;
            row.error = static_cast<ErrorCode>(q.integer(16));
        }
    } else {
        row.seq = Seq(row.position);
        if (row.own && row.seq <= view.othersRead)
            row.status = Status::Read;
        else if (row.own && row.seq <= view.othersDelivered)
            row.status = Status::Delivered;
    }
    if (const std::int64_t replyTo = q.integer(14); replyTo != 0)
        row.replyTo = quote(view, Seq(replyTo));
}

MessageRow RowBuilder::hole(const RoomView& view, Seq lo, Seq hi)
{
    MessageRow row;
    row.type = MessageRow::Type::Hole;
    row.rowId = holeRowId(lo);
    row.position = lo.value();
    row.seq = lo;
    row.holeHi = hi;
    row.room = view.room;
    return row;
}

} // namespace skein::offline
