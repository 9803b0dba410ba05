// Logging as a hook: a library never decides where its lines go. Bodies, tokens and passwords are
// never logged.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace skein
{

enum class LogLevel { Debug, Info, Warning, Error };

[[nodiscard]] std::string_view toString(LogLevel level) noexcept;

/// Where lines go. `area` is a short fixed word ("session", "store"). Thread: the sink is called on
/// the thread that logs and must be safe for as many threads as its owner uses.
using LogSink = std::function<void(LogLevel level, std::string_view area, std::string_view text)>;

/// A sink with an area and a threshold. A default-made Logger swallows everything. Cheap to copy.
class Logger
{
public:
    Logger() = default;
    Logger(LogSink sink, std::string area, LogLevel threshold = LogLevel::Info)
        : m_sink(std::move(sink))
        , m_area(std::move(area))
        , m_threshold(threshold)
    {
    }
    /// The same sink under another area.
    [[nodiscard]] Logger withArea(std::string area) const
    {
        return Logger(m_sink, std::move(area), m_threshold);
    }
    [[nodiscard]] bool enabled(LogLevel level) const { return m_sink && level >= m_threshold; }
    void write(LogLevel level, std::string_view text) const
    {
        if (enabled(level))
            m_sink(level, m_area, text);
    }
    void debug(std::string_view text) const { write(LogLevel::Debug, text); }
    void info(std::string_view text) const { write(LogLevel::Info, text); }
    void warning(std::string_view text) const { write(LogLevel::Warning, text); }
    void error(std::string_view text) const { write(LogLevel::Error, text); }

private:
    LogSink m_sink;
    std::string m_area;
    LogLevel m_threshold = LogLevel::Info;
};

} // namespace skein
