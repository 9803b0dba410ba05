#include "sdk/qt/changebuffer.h"

#include <algorithm>

namespace Skein
{

using skein::offline::MessageRow;
using skein::offline::RowId;

void ChangeBuffer::put(MessageRow row)
{
    m_removed.erase(row.rowId);
    if (const auto [found, isNew] = m_index.emplace(row.rowId, m_upserts.size()); isNew)
        m_upserts.push_back(std::move(row));
    else
        m_upserts[found->second] = std::move(row);
}

void ChangeBuffer::add(const skein::engine::TimelineChange& change)
{
    m_reset = m_reset || change.reset;
    for (const RowId id : change.removed) {
        m_removed.insert(id);
        if (const auto found = m_index.find(id); found != m_index.end()) {
            const std::size_t index = found->second;
            m_index.erase(found);
            if (index + 1 != m_upserts.size()) {
                m_upserts[index] = std::move(m_upserts.back());
                m_index[m_upserts[index].rowId] = index;
            }
            m_upserts.pop_back();
        }
    }
    for (const MessageRow& row : change.upserted)
        put(row);
    // Bounded: more than this at once is a reload of the window, which costs less.
    if (m_upserts.size() > 2 * skein::engine::kTimelineChangeMax) {
        clear();
        m_reset = true;
    }
}

void ChangeBuffer::add(const ChangeBuffer& later)
{
    skein::engine::TimelineChange change;
    change.removed.assign(later.m_removed.begin(), later.m_removed.end());
    change.upserted = later.m_upserts;
    change.reset = later.m_reset;
    add(change);
}

void ChangeBuffer::clear()
{
    m_removed.clear();
    m_upserts.clear();
    m_index.clear();
    m_reset = false;
}

void ChangeBuffer::take(std::vector<RowId>& removed, TimelineWindow::Rows& upserts, bool& reset)
{
    removed.assign(m_removed.begin(), m_removed.end());
    upserts = std::move(m_upserts);
    reset = m_reset;
    clear();
    std::sort(upserts.begin(), upserts.end(),
              [](const MessageRow& a, const MessageRow& b) { return a.position < b.position; });
}

} // namespace Skein
