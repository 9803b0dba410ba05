// The visitor that fills a frame from a parsed object. See describe.h.
#pragma once

#include "core/random.h"
#include "protocol/detail/describe.h"
#include "protocol/detail/document.h"
#include "protocol/detail/names.h"
#include "protocol/detail/text.h"

#include <string>

namespace skein::protocol::detail
{

/// What one decoding shares over all nested objects.
struct ReadContext {
    const Document& document;
    /// Server frames, as a client reads them: a name of an enum that is not known here becomes the
    /// enum's fallback.
    bool isLenient = false;
    std::string path; ///< of the field at fault, once there is one
};

template <class T>
struct IsOptional : std::false_type {
};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {
};

class Reader
{
public:
    Reader(ReadContext& context, std::uint32_t object)
        : m_context(context)
        , m_object(object)
        , m_end(context.document[object].end)
        , m_next(object + 1)
    {
    }
    [[nodiscard]] bool failed() const { return m_failed; }

    template <class T, class Rule>
    void required(std::string_view name, T& value, const Rule& rule)
    {
        if (m_failed)
            return;
        const std::uint32_t node = find(name);
        if (node == 0 || !read(node, value, rule))
            fail(name);
    }
    template <class T, class Rule>
    void optional(std::string_view name, T& value, const Rule& rule)
    {
        if (m_failed)
            return;
        const std::uint32_t node = find(name);
        if (node == 0)
            return;
        if constexpr (IsOptional<T>::value) {
            if (!read(node, value.emplace(), rule))
                fail(name);
        } else if (!read(node, value, rule)) {
            fail(name);
        }
    }
    template <class T, class Rule>
    void defaulted(std::string_view name, T& value, const Rule& rule)
    {
        optional(name, value, rule);
    }
    void versions(std::string_view name, std::int64_t& min, std::int64_t& max)
    {
        std::vector<std::int64_t> pair;
        required(name, pair, ListRule<IntRule>{2, kPosition, 2});
        if (m_failed)
            return;
        if (pair[0] > pair[1])
            return fail(name);
        min = pair[0];
        max = pair[1];
    }
    void anchor(HistoryRequest::Anchor& anchor, Seq& seq)
    {
        int given = 0;
        for (const auto& [name, value] : kAnchors) {
            const std::uint32_t node = m_failed ? 0 : find(name);
            if (node == 0)
                continue;
            anchor = value;
            if (++given > 1 || !read(node, seq, kCount))
                fail(name);
        }
        if (given == 0 && !m_failed)
            fail("before");
    }
    void heads(std::string_view name, std::vector<RoomHi>& heads, std::size_t max)
    {
        const std::uint32_t node = m_failed ? 0 : find(name);
        if (node == 0)
            return;
        if (at(node).type != Node::Type::Object)
            return fail(name);
        for (std::uint32_t i = node + 1; i < at(node).end; i = at(i).end) {
            RoomHi head;
            if (heads.size() == max || !fits(at(i).key, kId) || !read(i, head.head, kCount))
                return fail(name);
            head.room = RoomId(at(i).key);
            heads.push_back(std::move(head));
        }
    }
    /// Call last: the rules between fields.
    template <class F>
    void check(const F& frame)
    {
        if constexpr (requires { fault(frame); }) {
            if (m_failed)
                return;
            const std::string_view name = fault(frame);
            if (!name.empty())
                fail(name);
        }
    }

private:
    using Type = Node::Type;
    static constexpr std::pair<std::string_view, HistoryRequest::Anchor> kAnchors[] = {
        {"before", HistoryRequest::Anchor::Before},
        {"after", HistoryRequest::Anchor::After},
        {"around", HistoryRequest::Anchor::Around}};

    const Node& at(std::uint32_t node) const { return m_context.document[node]; }

    // Our own encoder writes fields in the order of description, so the search starts where the
    // last one ended and mostly hits at once. What was passed over is looked at only when there is
    // such: most fields of most frames are absent, and each would else cost a walk over all
    // members. Each name is asked for once. 0 = not there.
    std::uint32_t find(std::string_view name)
    {
        for (std::uint32_t i = m_next; i < m_end; i = at(i).end) {
            if (at(i).key == name) {
                m_passedOver = m_passedOver || i != m_next;
                m_next = at(i).end;
                return i;
            }
        }
        if (!m_passedOver)
            return 0;
        for (std::uint32_t i = m_object + 1; i < m_next; i = at(i).end) {
            if (at(i).key == name)
                return i;
        }
        return 0;
    }

    void fail(std::string_view name)
    {
        m_failed = true;
        std::string& path = m_context.path;
        if (!path.empty() && path.front() != '[')
            path.insert(0, 1, '.');
        path.insert(0, name);
    }

    static bool fits(std::string_view text, const TextRule& rule)
    {
        if (rule.form == Form::UuidV7)
            return isUuidV7(text);
        if (rule.form == Form::Identifier && !hasNoControls(text))
            return false;
        // Bytes bound characters from above, so most texts are never counted.
        const std::size_t size = rule.unit == Unit::Characters && text.size() > rule.max
                                     ? characterCount(text)
                                     : text.size();
        return size >= rule.min && size <= rule.max;
    }

    bool read(std::uint32_t node, bool& value, const Plain&)
    {
        value = at(node).type == Type::True;
        return value || at(node).type == Type::False;
    }
    bool read(std::uint32_t node, std::int64_t& value, const IntRule& rule)
    {
        value = at(node).integer;
        return at(node).type == Type::Integer && value >= rule.min && value <= rule.max;
    }
    template <class Tag>
    bool read(std::uint32_t node, Count<Tag>& value, const IntRule& rule)
    {
        std::int64_t number = 0;
        const bool ok = read(node, number, rule);
        value = Count<Tag>(number);
        return ok;
    }
    bool read(std::uint32_t node, std::string& value, const TextRule& rule)
    {
        if (at(node).type != Type::String || !fits(at(node).text, rule))
            return false;
        value.assign(at(node).text);
        return true;
    }
    template <class Tag>
    bool read(std::uint32_t node, Id<Tag>& value, const TextRule& rule)
    {
        if (at(node).type != Type::String || !fits(at(node).text, rule))
            return false;
        value = Id<Tag>(at(node).text);
        return true;
    }
    template <HasNames E>
    bool read(std::uint32_t node, E& value, const Plain&)
    {
        if (at(node).type != Type::String)
            return false;
        const std::optional<E> known = valueOf<E>(at(node).text);
        value = known.value_or(NamedEnum<E>::kFallback);
        return known || m_context.isLenient;
    }
    bool read(std::uint32_t node, ErrorCode& value, const Plain&)
    {
        if (at(node).type != Type::String)
            return false;
        // In server frames only, and those are read leniently.
        value = errorCodeFromWire(at(node).text).value_or(ErrorCode::Internal);
        return true;
    }
    template <class T, class Rule>
    bool read(std::uint32_t node, std::vector<T>& value, const ListRule<Rule>& rule)
    {
        if (at(node).type != Type::Array)
            return false;
        const std::uint32_t end = at(node).end;
        std::size_t count = 0;
        for (std::uint32_t i = node + 1; i < end; i = at(i).end)
            ++count;
        if (count < rule.min || count > rule.max)
            return false;
        value.reserve(count);
        for (std::uint32_t i = node + 1; i < end; i = at(i).end) {
            if (!read(i, value.emplace_back(), rule.item)) {
                std::string& path = m_context.path;
                if (!path.empty()) // a list in a list there is not
                    path.insert(0, 1, '.');
                path.insert(0, '[' + std::to_string(value.size() - 1) + ']');
                return false;
            }
        }
        return true;
    }
    template <class T>
    requires requires(Reader& reader, T& value) { describe(reader, value); }
    bool read(std::uint32_t node, T& value, const Plain&)
    {
        if (at(node).type != Type::Object)
            return false;
        Reader reader(m_context, node);
        describe(reader, value);
        reader.check(value);
        return !reader.failed();
    }

    ReadContext& m_context;
    std::uint32_t m_object;
    std::uint32_t m_end;
    std::uint32_t m_next;
    bool m_passedOver = false; ///< members before m_next that nobody has asked for yet
    bool m_failed = false;
};

} // namespace skein::protocol::detail
