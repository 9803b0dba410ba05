// Virtual time: one queue of events, ordered by time and then by the order in which they were made,
// so that a run depends on its seed alone. Thread: one.
#pragma once

#include "core/clock.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <vector>

namespace skein::sim
{

class Loop
{
public:
    [[nodiscard]] MonoTime now() const { return m_clock.now(); }
    [[nodiscard]] ManualClock& clock() { return m_clock; }
    [[nodiscard]] std::uint64_t events() const { return m_events; }

    void at(MonoTime when, std::function<void()> action)
    {
        m_heap.push_back({std::max(when, now()).ms, m_serial++, std::move(action)});
        std::push_heap(m_heap.begin(), m_heap.end(), later);
    }
    void after(std::int64_t ms, std::function<void()> action)
    {
        at(now() + Milliseconds(ms), std::move(action));
    }
    /// Runs what is due until `end`; the clock stands there afterwards. `again` false stops early.
    void run(MonoTime end, const std::function<bool()>& again = nullptr)
    {
        while (!m_heap.empty() && m_heap.front().ms <= end.ms) {
            if (again && !again())
                return;
            std::pop_heap(m_heap.begin(), m_heap.end(), later);
            Event event = std::move(m_heap.back());
            m_heap.pop_back();
            if (event.ms > now().ms)
                m_clock.advance(Milliseconds(event.ms - now().ms));
            ++m_events;
            event.action();
        }
        if (end > now())
            m_clock.advance(end - now());
    }

private:
    struct Event {
        std::int64_t ms;
        std::uint64_t serial;
        std::function<void()> action;
    };
    static bool later(const Event& a, const Event& b)
    {
        return a.ms != b.ms ? a.ms > b.ms : a.serial > b.serial;
    }
    ManualClock m_clock;
    std::vector<Event> m_heap;
    std::uint64_t m_serial = 0, m_events = 0;
};

} // namespace skein::sim
