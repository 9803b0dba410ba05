// What a field may hold. One rule drives decoding, encoding, the AsyncAPI schema and the tests of
// the limits.
#pragma once

#include "protocol/limits.h"

#include <concepts>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace skein::protocol::detail
{

enum class Unit { Bytes, Characters };
enum class Form {
    Any,
    Identifier, ///< no control characters
    UuidV7,
};

struct TextRule {
    std::size_t min = 0;
    std::size_t max = 0;
    Unit unit = Unit::Bytes;
    Form form = Form::Any;
    bool clip =
        false; ///< encoding cuts to `max`: free text for developers, not worth a refused frame
};
struct IntRule {
    std::int64_t min = 0;
    std::int64_t max = kIntegerMax;
};
template <class Item>
struct ListRule {
    std::size_t max = 0;
    Item item{};
    std::size_t min = 0;
};
/// Booleans, names of an enum and nested objects: the type says it all.
struct Plain {
};

inline constexpr TextRule kId{1, kIdBytesMax, Unit::Bytes, Form::Identifier};
inline constexpr TextRule kTempId{36, 36, Unit::Bytes, Form::UuidV7};
inline constexpr TextRule kToken{1, kTokenBytesMax, Unit::Bytes, Form::Identifier};
inline constexpr TextRule kBody{0, kBodyCharactersMax, Unit::Characters};
inline constexpr TextRule kName{0, kNameCharactersMax, Unit::Characters};
inline constexpr TextRule kTopic{0, kTopicCharactersMax, Unit::Characters};
inline constexpr TextRule kPreviewText{0, kPreviewCharactersMax, Unit::Characters};
inline constexpr TextRule kDetail{0, kDetailCharactersMax, Unit::Characters, Form::Any, true};
inline constexpr TextRule kReactionKey{1, kReactionKeyBytesMax, Unit::Bytes};
inline constexpr TextRule kCursor{1, kCursorBytesMax, Unit::Bytes, Form::Identifier};

/// Counts, times in ms since 1970 UTC, durations in ms, sizes: 0 … 2^53 − 1.
inline constexpr IntRule kCount{0, kIntegerMax};
/// A position that exists: 1 … 2^53 − 1.
inline constexpr IntRule kPosition{1, kIntegerMax};
/// A foreign clock: any exact integer.
inline constexpr IntRule kAnyInt{-kIntegerMax, kIntegerMax};
inline constexpr Plain kPlain{};

template <class F, class T>
concept Of = std::same_as<std::remove_const_t<F>, T>;

} // namespace skein::protocol::detail
