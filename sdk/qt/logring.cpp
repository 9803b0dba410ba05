#include "sdk/qt/logring.h"

#include "sdk/qt/displaytext.h"
#include "sdk/qt/storytext.h"

namespace Skein
{
namespace
{

bool isSecretCharacter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || c == '+' || c == '=';
}

} // namespace

std::string redacted(std::string_view text)
{
    std::string result;
    result.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
        std::size_t end = i;
        while (end < text.size() && isSecretCharacter(text[end]))
            ++end;
        if (end - i >= kSecretRunMin)
            result += "…";
        else
            result += text.substr(i, end - i);
        i = end;
        if (i < text.size())
            result += text[i++];
    }
    return result;
}

void LogRing::add(std::int64_t wallMs, skein::LogLevel level, std::string_view area,
                  std::string_view text)
{
    Line line{wallMs, level, std::string(area) + ": "};
    // Cut after blotting out: half a token is no better than a whole one.
    std::string words = redacted(text);
    if (words.size() > kLineBytesMax) {
        std::size_t cut = kLineBytesMax;
        while (cut > 0 && (static_cast<unsigned char>(words[cut]) & 0xc0U) == 0x80U)
            --cut; // between two characters
        words.resize(cut);
        words += "…";
    }
    for (char& c : words)
        if (c == '\n' || c == '\r')
            c = ' ';
    line.words += words;
    const std::lock_guard lock(m_mutex);
    m_lines.push_back(std::move(line));
    if (m_lines.size() > kLinesMax)
        m_lines.pop_front();
    ++m_added;
}

QStringList LogRing::lines() const
{
    const std::lock_guard lock(m_mutex);
    QStringList result;
    for (const Line& line : m_lines)
        result << display::exactTime(line.wallMs) + u' ' +
                      display::text(skein::toString(line.level)) + u' ' + display::text(line.words);
    return result;
}

std::uint64_t LogRing::added() const
{
    const std::lock_guard lock(m_mutex);
    return m_added;
}

} // namespace Skein
