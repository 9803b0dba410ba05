#include "server/net/serverlog.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <string>

namespace skein::server
{
namespace
{

spdlog::level::level_enum levelOf(LogLevel level)
{
    switch (level) {
    case LogLevel::Debug:
        return spdlog::level::debug;
    case LogLevel::Info:
        return spdlog::level::info;
    case LogLevel::Warning:
        return spdlog::level::warn;
    case LogLevel::Error:
        break;
    }
    return spdlog::level::err;
}

} // namespace

Logger makeServerLogger(LogLevel threshold)
{
    // Shared by every copy of the logger.
    auto out = std::make_shared<spdlog::logger>("skein-server",
                                                std::make_shared<spdlog::sinks::stderr_sink_mt>());
    out->set_formatter(std::make_unique<spdlog::pattern_formatter>("%Y-%m-%dT%H:%M:%S.%eZ %l %v",
                                                                   spdlog::pattern_time_type::utc));
    out->set_level(levelOf(threshold));
    out->flush_on(spdlog::level::debug);
    return Logger(
        [out](LogLevel level, std::string_view area, std::string_view text) {
            std::string line(area);
            line += ' ';
            for (const char c : text)
                line += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
            out->log(levelOf(level), line);
        },
        "server", threshold);
}

} // namespace skein::server
