#include "tests/sim/olderwire.h"

#include "tests/sim/network.h"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <string_view>

namespace skein::sim
{
namespace
{

// Since the first version of the wire.
constexpr std::array<std::string_view, 4> kNewFields{"base", "others_read", "others_delivered",
                                                     "boot"};
constexpr std::array<std::string_view, 0> kNewServerFrames{};

void strip(boost::json::value& value)
{
    if (value.is_array()) {
        for (boost::json::value& item : value.get_array())
            strip(item);
    } else if (value.is_object()) {
        boost::json::object& object = value.get_object();
        for (const std::string_view key : kNewFields)
            object.erase(key);
        for (auto& member : object)
            strip(member.value());
    }
}

} // namespace

std::string olderClientFrame(const std::string& text)
{
    if (typeOf(text) != "hello")
        return text;
    auto value = boost::json::parse(text);
    value.get_object().erase("caps");
    return boost::json::serialize(value);
}

std::optional<std::string> olderServerFrame(const std::string& text)
{
    const std::string_view type = typeOf(text);
    if (std::find(kNewServerFrames.begin(), kNewServerFrames.end(), type) != kNewServerFrames.end())
        return std::nullopt;
    auto value = boost::json::parse(text);
    strip(value);
    if (type == "read_state")
        value.get_object().erase("ord");
    return boost::json::serialize(value);
}

} // namespace skein::sim
