#include "protocol/detail/document.h"

#include "protocol/limits.h"

#include <boost/json/basic_parser_impl.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <string>

namespace skein::protocol::detail
{
namespace
{

namespace json = boost::json;

} // namespace

/// The handler of Boost.JSON's push parser.
class DocumentBuilder
{
public:
    static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
    static constexpr std::size_t max_array_size = std::numeric_limits<std::size_t>::max();
    static constexpr std::size_t max_key_size = std::numeric_limits<std::size_t>::max();
    static constexpr std::size_t max_string_size = std::numeric_limits<std::size_t>::max();

    DocumentBuilder(Document& document, std::string_view input)
        : m_nodes(document.m_nodes)
        , m_arena(document.m_arena)
        , m_input(input)
        , m_parts(&document.m_arena)
    {
    }

    [[nodiscard]] bool foundDuplicate() const { return m_duplicate; }

    bool on_document_begin(json::error_code&) { return true; }
    bool on_document_end(json::error_code&) { return true; }
    bool on_object_begin(json::error_code&) { return open(Node::Type::Object); }
    bool on_object_end(std::size_t members, json::error_code& ec)
    {
        if (hasDuplicate(m_open[m_depth - 1], members)) {
            m_duplicate = true;
            ec = json::error::not_object; // any will do: it only has to stop the parser
            return false;
        }
        return close();
    }
    bool on_array_begin(json::error_code&) { return open(Node::Type::Array); }
    bool on_array_end(std::size_t, json::error_code&) { return close(); }
    bool on_key_part(json::string_view part, std::size_t, json::error_code&)
    {
        return append(part);
    }
    bool on_key(json::string_view last, std::size_t, json::error_code&)
    {
        m_key = complete(last);
        return true;
    }
    bool on_string_part(json::string_view part, std::size_t, json::error_code&)
    {
        return append(part);
    }
    bool on_string(json::string_view last, std::size_t, json::error_code&)
    {
        add(Node::Type::String).text = complete(last);
        return true;
    }
    bool on_number_part(json::string_view, json::error_code&) { return true; }
    bool on_int64(std::int64_t value, json::string_view, json::error_code&)
    {
        add(Node::Type::Integer).integer = value;
        return true;
    }
    bool on_uint64(std::uint64_t, json::string_view, json::error_code&)
    {
        add(Node::Type::OtherNumber); // over 2^63: no field holds such
        return true;
    }
    bool on_double(double, json::string_view, json::error_code&)
    {
        add(Node::Type::OtherNumber);
        return true;
    }
    bool on_bool(bool value, json::error_code&)
    {
        add(value ? Node::Type::True : Node::Type::False);
        return true;
    }
    bool on_null(json::error_code&)
    {
        add(Node::Type::Null);
        return true;
    }
    bool on_comment_part(json::string_view, json::error_code&) { return true; }
    bool on_comment(json::string_view, json::error_code&) { return true; }

private:
    Node& add(Node::Type type)
    {
        Node& node = m_nodes.emplace_back();
        node.key = m_key;
        node.type = type;
        node.end = static_cast<std::uint32_t>(m_nodes.size());
        m_key = {};
        return node;
    }
    bool open(Node::Type type)
    {
        m_open[m_depth++] = static_cast<std::uint32_t>(m_nodes.size());
        add(type);
        return true;
    }
    bool close()
    {
        m_nodes[m_open[--m_depth]].end = static_cast<std::uint32_t>(m_nodes.size());
        return true;
    }
    bool append(json::string_view part)
    {
        m_parts.append(part.data(), part.size());
        return true;
    }
    // A view into the input where the string has no escapes, else into the arena.
    std::string_view complete(json::string_view last)
    {
        const auto* const begin = m_input.data();
        if (m_parts.empty() && !std::less<>{}(last.data(), begin) &&
            !std::less<>{}(begin + m_input.size(), last.data() + last.size())) {
            return {last.data(), last.size()};
        }
        append(last);
        const std::size_t size = m_parts.size();
        auto* const copy = static_cast<char*>(m_arena.allocate(size, 1));
        std::memcpy(copy, m_parts.data(), size);
        m_parts.clear();
        return {copy, size};
    }
    bool hasDuplicate(std::uint32_t object, std::size_t members)
    {
        constexpr std::size_t kFewMembers = 24;
        const auto end = static_cast<std::uint32_t>(m_nodes.size());
        if (members <= kFewMembers) {
            std::array<std::string_view, kFewMembers> keys;
            std::size_t count = 0;
            for (std::uint32_t i = object + 1; i < end; i = m_nodes[i].end) {
                const std::string_view key = m_nodes[i].key;
                for (std::size_t k = 0; k < count; ++k) {
                    if (keys[k] == key)
                        return true;
                }
                keys[count++] = key;
            }
            return false;
        }
        std::pmr::vector<std::string_view> keys(&m_arena);
        keys.reserve(members);
        for (std::uint32_t i = object + 1; i < end; i = m_nodes[i].end)
            keys.push_back(m_nodes[i].key);
        std::sort(keys.begin(), keys.end());
        return std::adjacent_find(keys.begin(), keys.end()) != keys.end();
    }

    std::pmr::vector<Node>& m_nodes;
    std::pmr::monotonic_buffer_resource& m_arena;
    std::string_view m_input;
    std::pmr::string m_parts;
    std::string_view m_key;
    std::array<std::uint32_t, kDepthMax + 1> m_open{};
    std::size_t m_depth = 0;
    bool m_duplicate = false;
};

Document::Document()
    : m_arena(m_buffer, sizeof m_buffer)
    , m_nodes(&m_arena)
{
    m_nodes.reserve(kReservedNodes);
}

std::string_view Document::parse(std::string_view text)
{
    json::parse_options options; // strict by default: no comments, no trailing commas, valid UTF-8
    options.max_depth = kDepthMax;
    json::basic_parser<DocumentBuilder> parser(options, *this, text);
    json::error_code ec;
    const std::size_t used = parser.write_some(false, text.data(), text.size(), ec);
    if (parser.handler().foundDuplicate())
        return "duplicate key";
    if (ec == json::error::too_deep)
        return "too deep";
    if (ec)
        return "not valid JSON";
    if (used != text.size())
        return "more than one JSON value";
    return {};
}

} // namespace skein::protocol::detail
