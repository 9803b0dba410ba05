#include "protocol/detail/names.h"

namespace skein::protocol
{

std::string_view wireName(Kind kind) noexcept
{
    return detail::nameOf(kind);
}
std::string_view wireName(RoomKind kind) noexcept
{
    return detail::nameOf(kind);
}
std::string_view wireName(Role role) noexcept
{
    return detail::nameOf(role);
}
std::string_view wireName(PresenceStatus status) noexcept
{
    return detail::nameOf(status);
}
std::optional<Kind> kindFromWire(std::string_view name) noexcept
{
    return detail::valueOf<Kind>(name);
}
std::optional<RoomKind> roomKindFromWire(std::string_view name) noexcept
{
    return detail::valueOf<RoomKind>(name);
}
std::optional<Role> roleFromWire(std::string_view name) noexcept
{
    return detail::valueOf<Role>(name);
}

} // namespace skein::protocol
