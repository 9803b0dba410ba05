// What happened, as a hash (always) and as lines (when asked), and what went wrong. Thread: one.
#pragma once

#include "core/clock.h"

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace skein::sim
{

inline constexpr std::size_t kLineMax = 600;    ///< characters of a frame that are printed
inline constexpr std::size_t kFailuresMax = 20; ///< of one run; the first is the one that matters

class Trace
{
public:
    explicit Trace(bool print)
        : m_print(print)
    {
    }

    void note(MonoTime now, std::string_view who, std::string_view what, std::string_view text = {})
    {
        mix(std::to_string(now.ms));
        mix(who);
        mix(what);
        mix(text);
        if (m_print) {
            std::string line(who);
            line.append(" ").append(what).append(" ").append(text.substr(0, kLineMax));
            std::printf("%9.3f %s\n", static_cast<double>(now.ms) / 1000.0, line.c_str());
        }
    }
    void fail(MonoTime now, const std::string& why)
    {
        note(now, "FAILED", why);
        if (m_failures.size() < kFailuresMax)
            m_failures.push_back(why);
    }
    [[nodiscard]] std::uint64_t hash() const { return m_hash; }
    [[nodiscard]] const std::vector<std::string>& failures() const { return m_failures; }

private:
    void mix(std::string_view text) // FNV-1a, with a mark between the fields
    {
        for (const char c : text)
            m_hash = (m_hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
        m_hash = (m_hash ^ 0xffU) * 1099511628211U;
    }
    bool m_print;
    std::uint64_t m_hash = 14695981039346656037U;
    std::vector<std::string> m_failures;
};

} // namespace skein::sim
