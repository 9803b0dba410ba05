// The rows of a timeline model and where they stand: a sorted window with identity, plain C++
// without Qt. Every change is told to an observer in the begin/end pairs that an item model needs,
// exact and in order.
//
// Rows stand newest first: position strictly descending, row 0 the newest. Thread: one.
#pragma once

#include "offline/reader.h"
#include "offline/rows.h"

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace Skein
{

/// Which parts of a row changed; the model maps them to roles.
enum RowField : std::uint32_t {
    kFieldSeq = 1U << 0,
    kFieldTempId = 1U << 1,
    kFieldSender = 1U << 2,
    kFieldKind = 1U << 3,
    kFieldBody = 1U << 4,
    kFieldTime = 1U << 5,
    kFieldDay = 1U << 6,
    kFieldDivider = 1U << 7,
    kFieldGroupStart = 1U << 8,
    kFieldGroupEnd = 1U << 9,
    kFieldStatus = 1U << 10,
    kFieldEdited = 1U << 11,
    kFieldDeleted = 1U << 12,
    kFieldPinned = 1U << 13,
    kFieldReply = 1U << 14,
    kFieldReactions = 1U << 15,
    kFieldAttachments = 1U << 16,
    kFieldHole = 1U << 17,
};

struct WindowRow {
    skein::offline::MessageRow row;
    /// What the view knows the row by: its rowId, or that of the optimistic row it began as.
    skein::offline::RowId shownId = 0;
    int day = 0;
    bool dayStart = false, divider = false, groupStart = true, groupEnd = true;
    bool heldBack = false; ///< unsent, behind a message that failed
    bool fresh = true;     ///< inserted in the batch that is being applied
};

class WindowObserver
{
public:
    virtual ~WindowObserver() = default;
    virtual void aboutToInsert(int first, int last) = 0;
    virtual void inserted(int first, int last) = 0;
    virtual void aboutToRemove(int first, int last) = 0;
    virtual void removed() = 0;
    /// `to`: the row's index after the move.
    virtual void aboutToMove(int from, int to) = 0;
    virtual void moved() = 0;
    virtual void rowsChanged(int first, int last, std::uint32_t fields) = 0;
    virtual void aboutToReset() = 0;
    virtual void wasReset() = 0;
};

class TimelineWindow
{
public:
    using Rows = std::vector<skein::offline::MessageRow>;
    using DayOf = int (*)(std::int64_t ms);

    /// `groupGapMs`: rows of one sender closer than this are one group. The observer outlives the
    /// window.
    TimelineWindow(WindowObserver& observer, DayOf dayOf, std::int64_t groupGapMs);

    [[nodiscard]] int size() const noexcept { return static_cast<int>(m_rows.size()); }
    [[nodiscard]] const WindowRow& at(int row) const
    {
        return *m_rows[static_cast<std::size_t>(row)];
    }
    [[nodiscard]] bool atNewest() const noexcept { return m_atNewest; }
    [[nodiscard]] bool atOldest() const noexcept { return m_atOldest; }

    /// -1 = not loaded.
    [[nodiscard]] int rowOfShown(skein::offline::RowId shownId) const;
    [[nodiscard]] int rowOfId(skein::offline::RowId rowId) const;
    [[nodiscard]] int rowOfTemp(const skein::TempId& tempId) const;
    /// The message with this seq, or the hole that covers it.
    [[nodiscard]] int rowOfSeq(skein::Seq seq) const;
    [[nodiscard]] bool holds(skein::offline::RowId rowId) const { return m_byId.count(rowId) != 0; }

    /// Everything anew, as one reset.
    void replace(Rows rows, bool atNewest, bool atOldest);
    /// Everything anew, as the smallest set of removes, moves, changes and inserts: the view keeps
    /// its rows.
    void become(Rows rows, bool atNewest, bool atOldest);
    /// A page next to an edge.
    void addOlder(Rows rows, bool atOldest);
    void addNewer(Rows rows, bool atNewest);
    /// Removals, then upserts. Rows outside of the window are left out, unless they continue an
    /// edge that is the end. Updates that are older than what is here (by rev, or unconfirmed after
    /// confirmed) change nothing.
    void apply(const std::vector<skein::offline::RowId>& removed, Rows upserts);
    /// A row that is not in the store yet. Only with atNewest().
    void addOptimistic(skein::offline::MessageRow row);
    /// Changes one row in place, whatever its rev.
    void update(int row, skein::offline::MessageRow value);
    void remove(int row);
    /// Drops `n` rows from an end, which is then no longer the end.
    void trimNewest(int n);
    void trimOldest(int n);
    void setAtNewest(bool atNewest) { m_atNewest = atNewest; }
    void setAtOldest(bool atOldest);
    /// The divider stands above the first row at or after `seq`; 0 = none.
    void setDivider(skein::Seq seq);
    [[nodiscard]] skein::Seq divider() const noexcept { return m_divider; }
    [[nodiscard]] int dividerRow() const;
    /// Status of own confirmed rows from the other members' positions: only ever forward.
    void applyReceipts(skein::Seq othersDelivered, skein::Seq othersRead);

private:
    using Entry = std::unique_ptr<WindowRow>;
    [[nodiscard]] std::size_t lowerBound(skein::offline::Position position) const;
    [[nodiscard]] int indexOf(const WindowRow& entry) const;
    [[nodiscard]] WindowRow* known(const skein::offline::MessageRow& row) const;
    [[nodiscard]] bool inside(skein::offline::Position position) const;
    void assign(WindowRow& entry, skein::offline::MessageRow row);
    void vacate(skein::offline::Position place, const WindowRow* except);
    void upsert(Rows rows);
    void insertRun(std::vector<Entry> run);
    void removeRange(int first, int last);
    void removeIds(const std::vector<skein::offline::RowId>& ids);
    void forget(const WindowRow& entry);
    void learn(WindowRow& entry);
    void derive(int first, int last);
    void deriveHeldBack();
    void finish();
    void note(const WindowRow& entry, std::uint32_t fields);
    [[nodiscard]] Entry make(skein::offline::MessageRow row) const;

    WindowObserver& m_observer;
    DayOf m_dayOf;
    std::int64_t m_groupGapMs;
    std::vector<Entry> m_rows;
    std::unordered_map<skein::offline::RowId, WindowRow*> m_byId;
    std::unordered_map<skein::offline::RowId, WindowRow*> m_byShown;
    std::unordered_map<skein::TempId, WindowRow*> m_byTemp;
    std::unordered_map<const WindowRow*, std::uint32_t>
        m_notes; ///< fields to announce at the end of the batch
    bool m_atNewest = false, m_atOldest = false;
    skein::Seq m_divider;
};

/// The fields in which two states of a row differ.
[[nodiscard]] std::uint32_t differingFields(const skein::offline::MessageRow& a,
                                            const skein::offline::MessageRow& b);

} // namespace Skein
