// Changes of a room that wait for the next turn, by row; the last state wins. Internal to sdk/qt/.
// Thread: GUI.
#pragma once

#include "sdk/engine/engine.h"
#include "sdk/qt/timelinewindow.h"

#include <cstddef>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace Skein
{

class ChangeBuffer
{
public:
    void add(const skein::engine::TimelineChange& change);
    void add(const ChangeBuffer& later);
    [[nodiscard]] bool empty() const { return m_removed.empty() && m_upserts.empty() && !m_reset; }
    [[nodiscard]] bool reset() const { return m_reset; }
    [[nodiscard]] bool removes(skein::offline::RowId id) const { return m_removed.count(id) != 0; }
    [[nodiscard]] std::size_t size() const { return m_upserts.size(); }
    void clear();
    /// Empties the buffer.
    void take(std::vector<skein::offline::RowId>& removed, TimelineWindow::Rows& upserts,
              bool& reset);
    void put(skein::offline::MessageRow row);

private:
    std::unordered_set<skein::offline::RowId> m_removed;
    TimelineWindow::Rows m_upserts;
    std::unordered_map<skein::offline::RowId, std::size_t> m_index;
    bool m_reset = false;
};

} // namespace Skein
