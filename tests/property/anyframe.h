// Arbitrary frames within the rules: another visitor of the description that the codec runs on.
#pragma once

#include "core/random.h"
#include "protocol/codec.h"
#include "protocol/detail/spec.h"

#include <rapidcheck.h>

#include <string>
#include <vector>

namespace skein::protocol::test
{

inline void appendUtf8(std::string& out, char32_t c)
{
    if (c < 0x80) {
        out += static_cast<char>(c);
    } else if (c < 0x800) {
        out += static_cast<char>(0xC0 | (c >> 6));
        out += static_cast<char>(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        out += static_cast<char>(0xE0 | (c >> 12));
        out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
        out += static_cast<char>(0x80 | (c & 0x3F));
    } else {
        out += static_cast<char>(0xF0 | (c >> 18));
        out += static_cast<char>(0x80 | ((c >> 12) & 0x3F));
        out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
        out += static_cast<char>(0x80 | (c & 0x3F));
    }
}

/// Any code point that is not a surrogate, often one that JSON or a renderer trips over.
inline rc::Gen<char32_t> anyCharacter()
{
    using rc::gen::cast;
    using rc::gen::inRange;
    return rc::gen::weightedOneOf<char32_t>({
        {8, cast<char32_t>(inRange(0x20, 0x7f))},
        {2, cast<char32_t>(inRange(0x00, 0x20))},
        {3, rc::gen::element<char32_t>('"', '\\', '/', '\n', 0x7f, 0x2028, 0x202e, 0xfeff, 0xfffd,
                                       0xfffe, 0x200d, 0x10ffff)},
        {3, cast<char32_t>(inRange(0x80, 0x800))},
        {4, cast<char32_t>(inRange(0x800, 0xd800))},
        {1, cast<char32_t>(inRange(0xe000, 0x10000))},
        {2, cast<char32_t>(inRange(0x10000, 0x110000))},
    });
}

class AnyFields
{
public:
    template <class T, class Rule>
    void required(std::string_view, T& value, const Rule& rule)
    {
        fill(value, rule);
    }
    template <class T, class Rule>
    void optional(std::string_view, T& value, const Rule& rule)
    {
        if (!*rc::gen::arbitrary<bool>())
            return;
        if constexpr (requires { value.emplace(); })
            fill(value.emplace(), rule);
        else
            fill(value, rule);
    }
    template <class T, class Rule>
    void defaulted(std::string_view, T& value, const Rule& rule)
    {
        fill(value, rule);
    }
    void versions(std::string_view, std::int64_t& min, std::int64_t& max)
    {
        fill(min, detail::IntRule{1, 1'000});
        fill(max, detail::IntRule{min, kIntegerMax});
    }
    void anchor(HistoryRequest::Anchor& anchor, Seq& seq)
    {
        anchor = static_cast<HistoryRequest::Anchor>(*rc::gen::inRange(0, 3));
        fill(seq, detail::kCount);
    }
    void heads(std::string_view, std::vector<RoomHi>& heads, std::size_t)
    {
        const int count = *rc::gen::inRange(0, 4);
        for (int i = 0; i < count; ++i) {
            RoomHi head;
            fill(head.head, detail::kCount);
            head.room = RoomId("room " + std::to_string(i)); // keys differ
            heads.push_back(head);
        }
    }

private:
    static void fill(bool& value, const detail::Plain&) { value = *rc::gen::arbitrary<bool>(); }
    static void fill(std::int64_t& value, const detail::IntRule& rule)
    {
        const bool isEdge = *rc::gen::inRange(0, 4) == 0;
        value = isEdge ? *rc::gen::element(rule.min, rule.max)
                       : *rc::gen::inRange(rule.min, std::min(rule.max, rule.min + 1'000) + 1);
    }
    template <class Tag>
    static void fill(Count<Tag>& value, const detail::IntRule& rule)
    {
        std::int64_t number = 0;
        fill(number, rule);
        value = Count<Tag>(number);
    }
    static void fill(std::string& value, const detail::TextRule& rule)
    {
        if (rule.form == detail::Form::UuidV7) {
            SeededRandom random(*rc::gen::arbitrary<std::uint64_t>());
            value = makeUuidV7({*rc::gen::inRange<std::int64_t>(0, 4'000'000'000'000)}, random);
            return;
        }
        value.clear();
        for (const char32_t c : *rc::gen::container<std::vector<char32_t>>(anyCharacter())) {
            std::string next;
            appendUtf8(next, c);
            const bool isControl = c < 0x20 || c == 0x7f;
            if (rule.form == detail::Form::Identifier && isControl)
                continue;
            const bool fits = rule.unit == detail::Unit::Bytes
                                  ? value.size() + next.size() <= rule.max
                                  : characterCount(value) < rule.max;
            if (!fits)
                break;
            value += next;
        }
        while (value.size() < rule.min)
            value += 'x';
    }
    template <class Tag>
    static void fill(Id<Tag>& value, const detail::TextRule& rule)
    {
        std::string text;
        fill(text, rule);
        value = Id<Tag>(std::move(text));
    }
    template <class T, class Rule>
    static void fill(std::vector<T>& value, const detail::ListRule<Rule>& rule)
    {
        const auto few = static_cast<int>(std::min<std::size_t>(rule.max, rule.min + 3));
        const int count = *rc::gen::inRange(static_cast<int>(rule.min), few + 1);
        for (int i = 0; i < count; ++i)
            fill(value.emplace_back(), rule.item);
    }
    template <detail::HasNames E>
    static void fill(E& value, const detail::Plain&)
    {
        value = static_cast<E>(
            *rc::gen::inRange(0, static_cast<int>(detail::NamedEnum<E>::kNames.size())));
    }
    static void fill(ErrorCode& value, const detail::Plain&)
    {
        value = static_cast<ErrorCode>(*rc::gen::inRange(0, static_cast<int>(kErrorCodeCount)));
    }
    template <class T>
    requires requires(AnyFields& fields, T& value) { detail::describe(fields, value); }
    static void fill(T& value, const detail::Plain&)
    {
        AnyFields fields;
        detail::describe(fields, value);
        settle(value);
    }

public:
    /// Makes the rules between fields hold.
    template <class T>
    static void settle(T& value)
    {
        if constexpr (std::same_as<T, Event>) {
            if (!value.target && detail::fault(value) == "target")
                value.target = Seq(1);
            if (!value.member && detail::fault(value) == "member")
                value.member = UserId("u");
        } else if constexpr (std::same_as<T, LogEntry>) {
            settle(value.event);
        } else if constexpr (std::same_as<T, MessageSend>) {
            if (!isMessage(value.kind))
                value.kind = Kind::Text;
        } else if constexpr (std::same_as<T, Revalidate>) {
            if (value.hi < value.lo)
                std::swap(value.lo, value.hi);
        } else if constexpr (std::same_as<T, UnknownFrame>) {
            value.type = "of_next_year";
        }
    }
};

template <class Frame, std::size_t I = 0>
Frame anyOf(std::size_t index)
{
    if constexpr (I + 1 < std::variant_size_v<Frame>) {
        if (index != I)
            return anyOf<Frame, I + 1>(index);
    }
    std::variant_alternative_t<I, Frame> value;
    AnyFields fields;
    detail::describe(fields, value);
    AnyFields::settle(value);
    return value;
}

/// Every alternative as often as any other.
template <class Frame>
rc::Gen<Frame> anyFrame()
{
    return rc::gen::exec([] {
        return anyOf<Frame>(static_cast<std::size_t>(
            *rc::gen::inRange(0, static_cast<int>(std::variant_size_v<Frame>))));
    });
}

inline rc::Gen<Event> anyEvent()
{
    return rc::gen::exec([] {
        Event event;
        AnyFields fields;
        detail::describe(fields, event);
        AnyFields::settle(event);
        return event;
    });
}

} // namespace skein::protocol::test
