// A parsed JSON text as a flat list of nodes, made by Boost.JSON's push parser: no value is copied
// that stands in the text unescaped, and a usual frame costs no allocation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string_view>
#include <vector>

namespace skein::protocol::detail
{

struct Node {
    enum class Type : std::uint8_t {
        Null,
        False,
        True,
        Integer,
        OtherNumber,
        String,
        Array,
        Object
    };

    std::string_view key;     ///< of a member of an object
    std::string_view text;    ///< String: decoded
    std::int64_t integer = 0; ///< Integer
    std::uint32_t end = 0;    ///< index after the last node inside this one
    Type type = Type::Null;
};

/// Views into the text and into this object: both must outlive what is read from it.
class Document
{
public:
    Document();
    Document(const Document&) = delete;
    Document& operator=(const Document&) = delete;

    /// Parses one JSON value that is the whole of `text`. Empty when it succeeded, else why not (a
    /// string that lives for ever). Refuses invalid UTF-8, lone surrogates, depth over kDepthMax
    /// and duplicate keys.
    [[nodiscard]] std::string_view parse(std::string_view text);

    /// Node 0 is the value itself. The children of node i are i + 1, then each time the `end` of
    /// the one before, up to the `end` of i.
    [[nodiscard]] const Node& operator[](std::uint32_t index) const { return m_nodes[index]; }

private:
    friend class DocumentBuilder;
    static constexpr std::size_t kInlineBytes = 8 * 1024;
    static constexpr std::size_t kReservedNodes = 64;

    alignas(std::max_align_t) std::byte m_buffer[kInlineBytes];
    std::pmr::monotonic_buffer_resource m_arena;
    std::pmr::vector<Node> m_nodes;
};

} // namespace skein::protocol::detail
