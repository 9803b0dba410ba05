// The visitor that appends a frame as JSON text. See describe.h.
#pragma once

#include "protocol/detail/describe.h"
#include "protocol/detail/names.h"
#include "protocol/detail/text.h"

#include <charconv>
#include <string>

namespace skein::protocol::detail
{

/// Writes the members of one object; the braces are the caller's.
class Writer
{
public:
    /// `isFirst`: nothing stands in this object yet.
    Writer(std::string& out, bool isFirst)
        : m_out(out)
        , m_isFirst(isFirst)
    {
    }

    template <class T, class Rule>
    void required(std::string_view name, const T& value, const Rule& rule)
    {
        key(name);
        write(value, rule);
    }
    template <class T, class Rule>
    void defaulted(std::string_view name, const T& value, const Rule& rule)
    {
        required(name, value, rule);
    }
    template <class T, class Rule>
    void optional(std::string_view name, const std::optional<T>& value, const Rule& rule)
    {
        if (value)
            required(name, *value, rule);
    }
    void optional(std::string_view name, bool value, const Plain& rule)
    {
        if (value)
            required(name, value, rule);
    }
    template <class T, class Rule>
    requires requires(const T& value) { value.empty(); }
    void optional(std::string_view name, const T& value, const Rule& rule)
    {
        if (!value.empty())
            required(name, value, rule);
    }
    void versions(std::string_view name, std::int64_t min, std::int64_t max)
    {
        key(name);
        m_out += '[';
        write(min, kPosition);
        m_out += ',';
        write(max, kPosition);
        m_out += ']';
    }
    void anchor(HistoryRequest::Anchor anchor, Seq seq)
    {
        using Anchor = HistoryRequest::Anchor;
        required(anchor == Anchor::Before  ? "before"
                 : anchor == Anchor::After ? "after"
                                           : "around",
                 seq, kCount);
    }
    void heads(std::string_view name, const std::vector<RoomHi>& heads, std::size_t)
    {
        if (heads.empty())
            return;
        key(name);
        m_out += '{';
        bool isFirst = true;
        for (const RoomHi& head : heads) {
            if (!isFirst)
                m_out += ',';
            isFirst = false;
            appendJsonString(m_out, head.room.str());
            m_out += ':';
            write(head.head, kCount);
        }
        m_out += '}';
    }

private:
    void key(std::string_view name)
    {
        m_out += m_isFirst ? "\"" : ",\"";
        m_isFirst = false;
        m_out += name;
        m_out += "\":";
    }
    void write(bool value, const Plain&) { m_out += value ? "true" : "false"; }
    void write(std::int64_t value, const IntRule&)
    {
        char digits[24];
        const auto [end, error] = std::to_chars(digits, digits + sizeof digits, value);
        (void)error; // 20 characters are enough for any
        m_out.append(digits, end);
    }
    template <class Tag>
    void write(Count<Tag> value, const IntRule& rule)
    {
        write(value.value(), rule);
    }
    void write(std::string_view value, const TextRule& rule)
    {
        appendJsonString(m_out, rule.clip ? clipped(value, rule.max) : value);
    }
    template <class Tag>
    void write(const Id<Tag>& value, const TextRule& rule)
    {
        write(std::string_view(value.str()), rule);
    }
    template <class E>
    requires std::is_enum_v<E>
    void write(E value, const Plain&)
    {
        m_out += '"';
        m_out += nameOf(value);
        m_out += '"';
    }
    template <class T, class Rule>
    void write(const std::vector<T>& list, const ListRule<Rule>& rule)
    {
        m_out += '[';
        bool isFirst = true;
        for (const T& item : list) {
            if (!isFirst)
                m_out += ',';
            isFirst = false;
            write(item, rule.item);
        }
        m_out += ']';
    }
    template <class T>
    requires requires(Writer& writer, const T& value) { describe(writer, value); }
    void write(const T& value, const Plain&)
    {
        m_out += '{';
        Writer writer(m_out, true);
        describe(writer, value);
        m_out += '}';
    }

    std::string& m_out;
    bool m_isFirst;
};

} // namespace skein::protocol::detail
