// Names of enumerators on the wire.
#pragma once

#include "protocol/codec.h"

#include <array>
#include <string_view>

namespace skein::protocol::detail
{

template <class E>
struct NamedEnum; ///< kNames: in the order of the enumerators; kFallback: what a client takes an
                  ///< unknown name for

template <>
struct NamedEnum<Kind> {
    static constexpr std::array<std::string_view, 12> kNames{
        "text",   "image",    "file", "system", "job_update", "edit",
        "delete", "reaction", "pin",  "member", "room",       "unknown"};
    static constexpr Kind kFallback = Kind::Unknown;
};
template <>
struct NamedEnum<RoomKind> {
    static constexpr std::array<std::string_view, 4> kNames{"job", "support", "general", "direct"};
    static constexpr RoomKind kFallback = RoomKind::General;
};
template <>
struct NamedEnum<Role> {
    static constexpr std::array<std::string_view, 3> kNames{"owner", "admin", "member"};
    static constexpr Role kFallback = Role::Member;
};
template <>
struct NamedEnum<SubscribeMode> {
    static constexpr std::array<std::string_view, 2> kNames{"full", "summary"};
    static constexpr SubscribeMode kFallback = SubscribeMode::Full;
};
template <>
struct NamedEnum<PresenceStatus> {
    static constexpr std::array<std::string_view, 3> kNames{"online", "away", "offline"};
    static constexpr PresenceStatus kFallback = PresenceStatus::Offline;
};

template <class E>
concept HasNames = requires
{
    NamedEnum<E>::kNames;
};

template <HasNames E>
[[nodiscard]] constexpr std::string_view nameOf(E value) noexcept
{
    const auto index = static_cast<std::size_t>(value);
    return index < NamedEnum<E>::kNames.size() ? NamedEnum<E>::kNames[index]
                                               : nameOf(NamedEnum<E>::kFallback);
}
template <HasNames E>
[[nodiscard]] constexpr std::optional<E> valueOf(std::string_view name) noexcept
{
    const auto& names = NamedEnum<E>::kNames;
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (names[i] == name)
            return static_cast<E>(i);
    }
    return std::nullopt;
}

[[nodiscard]] inline std::string_view nameOf(ErrorCode code) noexcept
{
    return skein::wireName(code);
}

} // namespace skein::protocol::detail
