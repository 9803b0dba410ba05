#include "sdk/qt/roomorder.h"

#include <algorithm>
#include <utility>

namespace Skein
{

using skein::RoomId;

std::uint32_t differingFields(const skein::offline::RoomRow& a, const skein::offline::RoomRow& b)
{
    std::uint32_t fields = 0;
    const auto mark = [&fields](bool differs, std::uint32_t field) {
        if (differs)
            fields |= field;
    };
    mark(a.name != b.name, kRoomName);
    mark(a.topic != b.topic, kRoomTopic);
    mark(a.kind != b.kind, kRoomKind);
    mark(a.last != b.last, kRoomLast);
    mark(a.othersRead != b.othersRead || a.othersDelivered != b.othersDelivered, kRoomTicks);
    mark(a.activeTs != b.activeTs, kRoomActive);
    mark(a.unread != b.unread, kRoomUnread);
    mark(a.mentions != b.mentions, kRoomMentions);
    mark(a.draft != b.draft, kRoomDraft);
    mark(a.muted != b.muted, kRoomMuted);
    mark(a.archived != b.archived, kRoomArchived);
    mark(a.members != b.members, kRoomMembers);
    mark(a.queued != b.queued, kRoomQueued);
    mark(a.failed != b.failed, kRoomFailed);
    return fields;
}

bool RoomOrder::before(const Row& a, const Row& b)
{
    return a.activeTs != b.activeTs ? a.activeTs > b.activeTs : a.room < b.room;
}

std::size_t RoomOrder::placeOf(const Row& row) const
{
    const auto it =
        std::partition_point(m_shown.begin(), m_shown.end(),
                             [&row](const Entry* entry) { return before(entry->row, row); });
    return static_cast<std::size_t>(it - m_shown.begin());
}

const RoomOrder::Row* RoomOrder::find(const RoomId& room) const
{
    const auto found = m_rooms.find(room);
    return found == m_rooms.end() ? nullptr : &found->second->row;
}

int RoomOrder::rowOf(const RoomId& room) const
{
    const auto found = m_rooms.find(room);
    if (found == m_rooms.end() || !found->second->shown)
        return -1;
    return static_cast<int>(placeOf(found->second->row));
}

void RoomOrder::forEach(const std::function<void(const Row&)>& visit) const
{
    for (const auto& [id, entry] : m_rooms)
        visit(entry->row);
}

void RoomOrder::insert(Entry& entry)
{
    const std::size_t index = placeOf(entry.row);
    m_observer.aboutToInsert(static_cast<int>(index), static_cast<int>(index));
    m_shown.insert(m_shown.begin() + static_cast<std::ptrdiff_t>(index), &entry);
    entry.shown = true;
    m_observer.inserted();
}

void RoomOrder::remove(std::size_t index)
{
    m_observer.aboutToRemove(static_cast<int>(index), static_cast<int>(index));
    m_shown[index]->shown = false;
    m_shown.erase(m_shown.begin() + static_cast<std::ptrdiff_t>(index));
    m_observer.removed();
}

void RoomOrder::applyOne(const Row& row)
{
    std::unique_ptr<Entry>& slot = m_rooms[row.room];
    if (!slot) {
        slot = std::make_unique<Entry>();
        slot->row = row;
        if (accepts(row))
            insert(*slot);
        return;
    }
    Entry& entry = *slot;
    const std::uint32_t fields = differingFields(entry.row, row);
    const bool shows = accepts(row);
    if (!entry.shown || !shows) {
        if (entry.shown)
            remove(placeOf(entry.row));
        entry.row = row;
        if (shows)
            insert(entry);
        return;
    }
    const std::size_t from = placeOf(entry.row);
    std::size_t to = placeOf(row);
    if (to > from)
        --to; // the row itself leaves a gap above
    if (to != from) {
        m_observer.aboutToMove(static_cast<int>(from), static_cast<int>(to));
        const auto begin = m_shown.begin();
        const auto f = static_cast<std::ptrdiff_t>(from);
        const auto t = static_cast<std::ptrdiff_t>(to);
        if (from < to)
            std::rotate(begin + f, begin + f + 1, begin + t + 1);
        else
            std::rotate(begin + t, begin + f, begin + f + 1);
        entry.row = row;
        m_observer.moved();
    } else {
        entry.row = row;
    }
    if (fields != 0)
        m_observer.rowChanged(static_cast<int>(to), fields);
}

void RoomOrder::apply(const std::vector<Row>& changed, const std::vector<RoomId>& removed)
{
    for (const RoomId& room : removed) {
        const auto found = m_rooms.find(room);
        if (found == m_rooms.end())
            continue;
        if (found->second->shown)
            remove(placeOf(found->second->row));
        m_rooms.erase(found);
    }
    if (m_rooms.empty() && changed.size() > kResetRows) {
        m_observer.aboutToReset();
        for (const Row& row : changed) {
            std::unique_ptr<Entry>& slot = m_rooms[row.room];
            if (!slot)
                slot = std::make_unique<Entry>();
            slot->row = row;
        }
        for (const auto& [id, entry] : m_rooms)
            if ((entry->shown = accepts(entry->row)))
                m_shown.push_back(entry.get());
        std::sort(m_shown.begin(), m_shown.end(),
                  [](const Entry* a, const Entry* b) { return before(a->row, b->row); });
        m_observer.wasReset();
        return;
    }
    for (const Row& row : changed)
        applyOne(row);
}

void RoomOrder::setFilter(Accepts accept)
{
    m_accepts = std::move(accept);
    // From the end, neighbours in one step.
    for (std::size_t end = m_shown.size(); end > 0;) {
        if (accepts(m_shown[end - 1]->row)) {
            --end;
            continue;
        }
        std::size_t begin = end - 1;
        while (begin > 0 && !accepts(m_shown[begin - 1]->row))
            --begin;
        m_observer.aboutToRemove(static_cast<int>(begin), static_cast<int>(end - 1));
        for (std::size_t i = begin; i < end; ++i)
            m_shown[i]->shown = false;
        m_shown.erase(m_shown.begin() + static_cast<std::ptrdiff_t>(begin),
                      m_shown.begin() + static_cast<std::ptrdiff_t>(end));
        m_observer.removed();
        end = begin;
    }
    std::vector<Entry*> coming;
    for (const auto& [id, entry] : m_rooms)
        if (!entry->shown && accepts(entry->row))
            coming.push_back(entry.get());
    std::sort(coming.begin(), coming.end(),
              [](const Entry* a, const Entry* b) { return before(a->row, b->row); });
    for (std::size_t i = 0; i < coming.size();) {
        const std::size_t place = placeOf(coming[i]->row);
        std::size_t end = i + 1;
        while (end < coming.size() && placeOf(coming[end]->row) == place)
            ++end;
        m_observer.aboutToInsert(static_cast<int>(place), static_cast<int>(place + (end - i) - 1));
        m_shown.insert(m_shown.begin() + static_cast<std::ptrdiff_t>(place),
                       coming.begin() + static_cast<std::ptrdiff_t>(i),
                       coming.begin() + static_cast<std::ptrdiff_t>(end));
        for (std::size_t k = i; k < end; ++k)
            coming[k]->shown = true;
        m_observer.inserted();
        i = end;
    }
}

void RoomOrder::touch(const RoomId& room, std::uint32_t fields)
{
    if (const int row = rowOf(room); row >= 0)
        m_observer.rowChanged(row, fields);
}

void RoomOrder::clear()
{
    m_observer.aboutToReset();
    m_shown.clear();
    m_rooms.clear();
    m_observer.wasReset();
}

} // namespace Skein
