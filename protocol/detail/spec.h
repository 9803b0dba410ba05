// The visitor that reads the description itself: every frame as a list of fields with their rules.
// What the AsyncAPI file, the tables of docs/protocol.md and the tests of the limits are made from
// or checked against. See describe.h.
#pragma once

#include "protocol/detail/describe.h"
#include "protocol/detail/writer.h"

#include <string>
#include <utility>
#include <vector>

namespace skein::protocol::detail
{

struct FieldSpec {
    enum class Need { Required, Optional, Defaulted, OneOf };
    enum class Type { Text, Integer, Boolean, Name, List, Object, Versions, Heads };

    std::string name;
    Need need = Need::Required;
    Type type = Type::Boolean;
    TextRule text;                  ///< Text
    IntRule integer;                ///< Integer
    std::vector<std::string> names; ///< Name: all that are known
    std::size_t min = 0, max = 0;   ///< List, Heads: entries
    std::vector<FieldSpec> item;    ///< List: one, its entries
    std::string part;               ///< Object: name of the part, "event"
    std::vector<FieldSpec> fields;  ///< Object
    std::string byDefault;          ///< Defaulted: JSON text
};

struct FrameSpec {
    std::string type;
    bool isFromClient = false;
    std::vector<FieldSpec> fields; ///< without `type`
};

template <class T>
inline constexpr std::string_view kPartName{};
template <>
inline constexpr std::string_view kPartName<Attachment> = "attachment";
template <>
inline constexpr std::string_view kPartName<Reaction> = "reaction";
template <>
inline constexpr std::string_view kPartName<Event> = "log_event";
template <>
inline constexpr std::string_view kPartName<RoomCursor> = "room_cursor";
template <>
inline constexpr std::string_view kPartName<RoomHead> = "room_head";
template <>
inline constexpr std::string_view kPartName<Preview> = "preview";
template <>
inline constexpr std::string_view kPartName<RoomInfo> = "room_info";
template <>
inline constexpr std::string_view kPartName<MemberInfo> = "member_info";
template <>
inline constexpr std::string_view kPartName<DraftInfo> = "draft_info";
template <>
inline constexpr std::string_view kPartName<Position> = "position";
template <>
inline constexpr std::string_view kPartName<Bucket> = "bucket";
template <>
inline constexpr std::string_view kPartName<Limits> = "limits";
template <>
inline constexpr std::string_view kPartName<SyncCursor> = "sync_cursor";
template <>
inline constexpr std::string_view kPartName<RoomSeq> = "room_seq";
template <>
inline constexpr std::string_view kPartName<SyncRoom> = "sync_room";
template <>
inline constexpr std::string_view kPartName<PresenceInfo> = "presence_info";

template <class T>
struct Unwrapped {
    using Type = T;
};
template <class T>
struct Unwrapped<std::optional<T>> {
    using Type = T;
};

class SpecCollector
{
public:
    using Need = FieldSpec::Need;
    using Type = FieldSpec::Type;

    template <class T, class Rule>
    void required(std::string_view name, const T&, const Rule& rule)
    {
        add<T>(name, Need::Required, rule);
    }
    template <class T, class Rule>
    void optional(std::string_view name, const T&, const Rule& rule)
    {
        add<typename Unwrapped<T>::Type>(name, Need::Optional, rule);
    }
    template <class T, class Rule>
    void defaulted(std::string_view name, const T& value, const Rule& rule)
    {
        FieldSpec& field = add<T>(name, Need::Defaulted, rule);
        Buffer out;
        Writer(out, true).required(name, value, rule);
        field.byDefault = out.str().substr(name.size() + 3); // without "name":
    }
    void versions(std::string_view name, std::int64_t, std::int64_t)
    {
        add(name, Need::Required, Type::Versions);
    }
    void anchor(HistoryRequest::Anchor, Seq)
    {
        for (const std::string_view name : {"before", "after", "around"})
            fill<Seq>(add(name, Need::OneOf, Type::Integer), kCount);
    }
    void heads(std::string_view name, const std::vector<RoomHi>&, std::size_t max)
    {
        add(name, Need::Optional, Type::Heads).max = max;
    }
    [[nodiscard]] std::vector<FieldSpec> take() { return std::move(m_fields); }

private:
    FieldSpec& add(std::string_view name, Need need, Type type)
    {
        FieldSpec& field = m_fields.emplace_back();
        field.name = name;
        field.need = need;
        field.type = type;
        return field;
    }
    template <class T, class Rule>
    FieldSpec& add(std::string_view name, Need need, const Rule& rule)
    {
        FieldSpec& field = add(name, need, Type::Boolean);
        fill<T>(field, rule);
        return field;
    }
    template <class T>
    static void fill(FieldSpec& field, const TextRule& rule)
    {
        field.type = Type::Text;
        field.text = rule;
    }
    template <class T>
    static void fill(FieldSpec& field, const IntRule& rule)
    {
        field.type = Type::Integer;
        field.integer = rule;
    }
    template <class T, class Rule>
    static void fill(FieldSpec& field, const ListRule<Rule>& rule)
    {
        field.type = Type::List;
        field.min = rule.min;
        field.max = rule.max;
        fill<typename T::value_type>(field.item.emplace_back(), rule.item);
    }
    template <class T>
    static void fill(FieldSpec& field, const Plain&)
    {
        if constexpr (std::same_as<T, bool>) {
            field.type = Type::Boolean;
        } else if constexpr (std::same_as<T, ErrorCode>) {
            field.type = Type::Name;
            for (const ErrorCode code : allErrorCodes())
                field.names.emplace_back(skein::wireName(code));
        } else if constexpr (HasNames<T>) {
            field.type = Type::Name;
            for (const std::string_view name : NamedEnum<T>::kNames)
                field.names.emplace_back(name);
        } else {
            field.type = Type::Object;
            field.part = kPartName<T>;
            SpecCollector collector;
            const T part;
            describe(collector, part);
            field.fields = collector.take();
        }
    }

    std::vector<FieldSpec> m_fields;
};

template <class F>
void appendSpec(std::vector<FrameSpec>& specs, bool isFromClient)
{
    if constexpr (!std::same_as<F, UnknownFrame>) {
        SpecCollector collector;
        const F frame;
        describe(collector, frame);
        FrameSpec spec{std::string(kTypeName<F>), isFromClient, collector.take()};
        if constexpr (std::same_as<F, LogEntry>) {
            spec.type = kMessageNew;
            specs.push_back(spec);
            spec.type = kEvent;
        }
        specs.push_back(std::move(spec));
    }
}
template <class Frame>
struct SpecsOf;
template <class... F>
struct SpecsOf<std::variant<F...>> {
    static void append(std::vector<FrameSpec>& specs, bool isFromClient)
    {
        (appendSpec<F>(specs, isFromClient), ...);
    }
};

/// Every frame type of both directions: client frames first, in the order of the variants.
[[nodiscard]] inline std::vector<FrameSpec> allFrameSpecs()
{
    std::vector<FrameSpec> specs;
    SpecsOf<ClientFrame>::append(specs, true);
    SpecsOf<ServerFrame>::append(specs, false);
    return specs;
}

} // namespace skein::protocol::detail
