// How docs/protocol.md words a rule, so that a test can hold it to the codec.
#pragma once

#include "protocol/detail/spec.h"

#include <string>

namespace skein::protocol::test
{

/// 20000 → "20,000"; 2^53 − 1 by its name.
inline std::string figure(std::int64_t value)
{
    if (value == kIntegerMax)
        return "2^53 − 1";
    std::string digits = std::to_string(value);
    for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3)
        digits.insert(static_cast<std::size_t>(at), 1, ',');
    return digits;
}

inline std::string typeText(const detail::FieldSpec& field)
{
    using Type = detail::FieldSpec::Type;
    switch (field.type) {
    case Type::Text: {
        if (field.text.form == detail::Form::UuidV7)
            return "UUID v7";
        const std::string unit = field.text.unit == detail::Unit::Bytes ? " bytes" : " characters";
        const std::string range = std::to_string(field.text.min) + "–" +
                                  figure(static_cast<std::int64_t>(field.text.max)) + unit;
        return (field.text.form == detail::Form::Identifier ? "id, " : "text, ") + range;
    }
    case Type::Integer:
        if (field.integer.min < 0)
            return "integer";
        if (field.integer.max == kIntegerMax)
            return "integer ≥ " + std::to_string(field.integer.min);
        return "integer " + figure(field.integer.min) + "–" + figure(field.integer.max);
    case Type::Boolean:
        return "true/false";
    case Type::Name:
        return "name";
    case Type::List:
        return "list of " + (field.min > 0 ? std::to_string(field.min) + "–" : std::string("≤ ")) +
               figure(static_cast<std::int64_t>(field.max)) + ": " + typeText(field.item.front());
    case Type::Object:
        return "[" + field.part + "](#part-" + field.part + ")";
    case Type::Versions:
        return "[min, max], integers ≥ 1";
    case Type::Heads:
        return "object of ≤ " + figure(static_cast<std::int64_t>(field.max)) +
               ": room id → integer ≥ 0";
    }
    return {};
}

inline std::string needText(const detail::FieldSpec& field)
{
    switch (field.need) {
    case detail::FieldSpec::Need::Required:
        return "yes";
    case detail::FieldSpec::Need::Optional:
        return "no";
    case detail::FieldSpec::Need::OneOf:
        return "one of the three";
    case detail::FieldSpec::Need::Defaulted:
        return field.type == detail::FieldSpec::Type::Object ? "no"
                                                             : "no: `" + field.byDefault + "`";
    }
    return {};
}

/// How the field's row starts; its meaning follows.
inline std::string rowText(const detail::FieldSpec& field)
{
    return "| `" + field.name + "` | " + typeText(field) + " | " + needText(field) + " | ";
}

} // namespace skein::protocol::test
