// The visitor that appends a frame as JSON text. See describe.h.
#pragma once

#include "protocol/detail/buffer.h"
#include "protocol/detail/describe.h"
#include "protocol/detail/names.h"
#include "protocol/detail/text.h"

#include <charconv>

namespace skein::protocol::detail
{

/// Writes the members of one object; the braces are the caller's.
class Writer
{
public:
    /// `isFirst`: nothing stands in this object yet.
    Writer(Buffer& out, bool isFirst)
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
        m_out.append('[');
        write(min, kPosition);
        m_out.append(',');
        write(max, kPosition);
        m_out.append(']');
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
        m_out.append('{');
        bool isFirst = true;
        for (const RoomHi& head : heads) {
            if (!isFirst)
                m_out.append(',');
            isFirst = false;
            appendJsonString(m_out, head.room.str());
            m_out.append(':');
            write(head.head, kCount);
        }
        m_out.append('}');
    }

private:
    void key(std::string_view name)
    {
        char* at = m_out.room(name.size() + 4);
        if (!m_isFirst)
            *at++ = ',';
        *at++ = '"';
        std::memcpy(at, name.data(), name.size());
        at += name.size();
        *at++ = '"';
        *at = ':';
        m_out.advance(name.size() + (m_isFirst ? 3 : 4));
        m_isFirst = false;
    }
    void write(bool value, const Plain&)
    {
        m_out.append(value ? std::string_view("true") : std::string_view("false"));
    }
    void write(std::int64_t value, const IntRule&)
    {
        constexpr std::size_t kDigitsMax = 20; // with the sign
        char* const at = m_out.room(kDigitsMax);
        const auto [end, error] = std::to_chars(at, at + kDigitsMax, value);
        (void)error; // it fits
        m_out.advance(static_cast<std::size_t>(end - at));
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
        m_out.append('"');
        m_out.append(nameOf(value));
        m_out.append('"');
    }
    template <class T, class Rule>
    void write(const std::vector<T>& list, const ListRule<Rule>& rule)
    {
        m_out.append('[');
        bool isFirst = true;
        for (const T& item : list) {
            if (!isFirst)
                m_out.append(',');
            isFirst = false;
            write(item, rule.item);
        }
        m_out.append(']');
    }
    template <class T>
    requires requires(Writer& writer, const T& value) { describe(writer, value); }
    void write(const T& value, const Plain&)
    {
        m_out.append('{');
        Writer writer(m_out, true);
        describe(writer, value);
        m_out.append('}');
    }

    Buffer& m_out;
    bool m_isFirst;
};

} // namespace skein::protocol::detail
