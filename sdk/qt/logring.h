// The newest log lines in memory, for the diagnostics page and its "copy log". A log line never
// holds bodies or tokens (core/log.h); what looks like a token all the same is blotted out here.
//
// Thread: any.
#pragma once

#include "core/log.h"

#include <QString>
#include <QStringList>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>

namespace Skein
{

class LogRing
{
public:
    static constexpr std::size_t kLinesMax = 500;
    static constexpr std::size_t kLineBytesMax = 400; ///< the rest of a longer line is cut off

    void add(std::int64_t wallMs, skein::LogLevel level, std::string_view area,
             std::string_view text);
    /// Oldest first, each "2026-11-27 09:08:54.123 warning engine: …" in local time.
    [[nodiscard]] QStringList lines() const;
    /// Counts every line ever added: changes when there is something new.
    [[nodiscard]] std::uint64_t added() const;

private:
    struct Line {
        std::int64_t wallMs = 0;
        skein::LogLevel level = skein::LogLevel::Info;
        std::string words;
    };
    mutable std::mutex m_mutex;
    std::deque<Line> m_lines;
    std::uint64_t m_added = 0;
};

/// `text` with every unbroken run of kSecretRunMin or more characters of base64url or hex (dots
/// included, as in a JWT) replaced by "…". Ids of ours are shorter.
[[nodiscard]] std::string redacted(std::string_view text);
inline constexpr std::size_t kSecretRunMin = 40;

} // namespace Skein
