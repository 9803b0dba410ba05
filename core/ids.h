// Identifiers as types, so that a room cannot be passed for a user. Values, cheap to move,
// hashable, ordered.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

namespace skein
{

/// An opaque string identifier. Empty means "none". Never parsed by whoever did not make it.
template <class Tag>
class Id
{
public:
    Id() = default;
    explicit Id(std::string value)
        : m_value(std::move(value))
    {
    }
    explicit Id(std::string_view value)
        : m_value(value)
    {
    }
    explicit Id(const char* value)
        : m_value(value)
    {
    }
    [[nodiscard]] const std::string& str() const noexcept { return m_value; }
    [[nodiscard]] bool empty() const noexcept { return m_value.empty(); }
    explicit operator bool() const noexcept { return !m_value.empty(); }
    friend auto operator<=>(const Id&, const Id&) = default;
    friend bool operator==(const Id&, const Id&) = default;
    friend std::ostream& operator<<(std::ostream& out, const Id& id) { return out << id.m_value; }

private:
    std::string m_value;
};

/// A non-negative integer below 2^53 that counts something (exact in JSON and in QML). Zero means
/// "before the first".
template <class Tag>
class Count
{
public:
    constexpr Count() = default;
    constexpr explicit Count(std::int64_t value) noexcept
        : m_value(value)
    {
    }
    [[nodiscard]] constexpr std::int64_t value() const noexcept { return m_value; }
    [[nodiscard]] constexpr Count next() const noexcept { return Count(m_value + 1); }
    [[nodiscard]] constexpr Count previous() const noexcept { return Count(m_value - 1); }
    constexpr explicit operator bool() const noexcept { return m_value != 0; }
    friend constexpr std::int64_t operator-(Count a, Count b) noexcept
    {
        return a.m_value - b.m_value;
    }
    friend constexpr auto operator<=>(const Count&, const Count&) = default;
    friend constexpr bool operator==(const Count&, const Count&) = default;
    friend std::ostream& operator<<(std::ostream& out, Count count) { return out << count.m_value; }

private:
    std::int64_t m_value = 0;
};

using RoomId = Id<struct RoomTag>;
using UserId = Id<struct UserTag>;
using DeviceId = Id<struct DeviceTag>;
using EventId = Id<struct EventTag>;
/// UUID version 7 made by the sender; with the device id it is the idempotency key of an operation,
/// unique for ever.
using TempId = Id<struct TempTag>;
using SessionId = Id<struct SessionTag>;
/// Correlates a reply with its request on one connection.
using RequestId = Id<struct RequestTag>;
/// One run of a server's process.
using BootId = Id<struct BootTag>;
/// Opaque: which rooms may have changed since.
using SyncToken = Id<struct SyncTokenTag>;

/// Position in a room's log: 1, 2, 3 … without gaps.
using Seq = Count<struct SeqTag>;
/// Number of unread-countable messages in the room up to and including an event.
using Ord = Count<struct OrdTag>;
/// `seq` of the event that last changed a message.
using Rev = Count<struct RevTag>;
/// Generation of a room's log; changes when a server was restored from a backup.
using Epoch = Count<struct EpochTag>;

} // namespace skein

template <class Tag>
struct std::hash<skein::Id<Tag>> {
    std::size_t operator()(const skein::Id<Tag>& id) const noexcept
    {
        return std::hash<std::string>{}(id.str());
    }
};

template <class Tag>
struct std::hash<skein::Count<Tag>> {
    std::size_t operator()(skein::Count<Tag> count) const noexcept
    {
        return std::hash<std::int64_t>{}(count.value());
    }
};
