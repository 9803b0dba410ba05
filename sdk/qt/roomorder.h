// The rooms of a list in order, and which of them a filter lets through: plain C++ without Qt.
// Changes are told to an observer in the begin/end pairs that an item model needs. Thread: one.
#pragma once

#include "offline/rows.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

namespace Skein
{

enum RoomField : std::uint32_t {
    kRoomName = 1U << 0,
    kRoomTopic = 1U << 1,
    kRoomKind = 1U << 2,
    kRoomLast = 1U << 3,
    kRoomTicks = 1U << 4, ///< what decides the status of the last message
    kRoomActive = 1U << 5,
    kRoomUnread = 1U << 6,
    kRoomMentions = 1U << 7,
    kRoomDraft = 1U << 8,
    kRoomTyping = 1U << 9,
    kRoomMuted = 1U << 10,
    kRoomArchived = 1U << 11,
    kRoomMembers = 1U << 12,
    kRoomQueued = 1U << 13,
    kRoomFailed = 1U << 14,
};

class RoomObserver
{
public:
    virtual ~RoomObserver() = default;
    virtual void aboutToInsert(int first, int last) = 0;
    virtual void inserted() = 0;
    virtual void aboutToRemove(int first, int last) = 0;
    virtual void removed() = 0;
    /// `to`: the row's index after the move.
    virtual void aboutToMove(int from, int to) = 0;
    virtual void moved() = 0;
    virtual void rowChanged(int row, std::uint32_t fields) = 0;
    virtual void aboutToReset() = 0;
    virtual void wasReset() = 0;
};

class RoomOrder
{
public:
    using Row = skein::offline::RoomRow;
    using Accepts = std::function<bool(const Row&)>;

    /// More new rooms than this at once, into an empty list: one reset. The observer outlives the
    /// order.
    static constexpr std::size_t kResetRows = 16;

    explicit RoomOrder(RoomObserver& observer)
        : m_observer(observer)
    {
    }

    [[nodiscard]] int size() const noexcept { return static_cast<int>(m_shown.size()); }
    [[nodiscard]] int total() const noexcept { return static_cast<int>(m_rooms.size()); }
    [[nodiscard]] const Row& at(int row) const
    {
        return m_shown[static_cast<std::size_t>(row)]->row;
    }
    [[nodiscard]] const Row* find(const skein::RoomId& room) const;
    /// -1 = unknown or not shown.
    [[nodiscard]] int rowOf(const skein::RoomId& room) const;
    void forEach(const std::function<void(const Row&)>& visit) const;

    void apply(const std::vector<Row>& changed, const std::vector<skein::RoomId>& removed);
    /// Another filter: rows leave and come, those that stay are not touched.
    void setFilter(Accepts accepts);
    /// Announces fields that live outside of the row (typing, times).
    void touch(const skein::RoomId& room, std::uint32_t fields);
    void clear();

private:
    struct Entry {
        Row row;
        bool shown = false;
    };
    [[nodiscard]] static bool before(const Row& a, const Row& b);
    [[nodiscard]] std::size_t placeOf(const Row& row) const;
    [[nodiscard]] bool accepts(const Row& row) const { return !m_accepts || m_accepts(row); }
    void applyOne(const Row& row);
    void insert(Entry& entry);
    void remove(std::size_t index);

    RoomObserver& m_observer;
    Accepts m_accepts;
    std::unordered_map<skein::RoomId, std::unique_ptr<Entry>> m_rooms;
    std::vector<Entry*> m_shown;
};

[[nodiscard]] std::uint32_t differingFields(const skein::offline::RoomRow& a,
                                            const skein::offline::RoomRow& b);

} // namespace Skein
