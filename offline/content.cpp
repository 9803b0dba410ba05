#include "offline/content.h"

#include <boost/json.hpp>

#include <algorithm>

namespace skein::offline
{
namespace
{

namespace json = boost::json;

json::object extraOf(const Content& content)
{
    json::object object;
    if (!content.reactions.empty()) {
        json::array list;
        for (const protocol::Reaction& reaction : content.reactions) {
            json::array users;
            for (const UserId& user : reaction.users)
                users.emplace_back(user.str());
            list.push_back({{"k", reaction.key}, {"u", std::move(users)}});
        }
        object["r"] = std::move(list);
    }
    if (!content.attachments.empty()) {
        json::array list;
        for (const protocol::Attachment& file : content.attachments) {
            json::object entry{
                {"id", file.id}, {"n", file.name}, {"t", file.mime}, {"s", file.size}};
            if (file.width)
                entry["w"] = *file.width;
            if (file.height)
                entry["h"] = *file.height;
            list.push_back(std::move(entry));
        }
        object["a"] = std::move(list);
    }
    if (!content.mentions.empty()) {
        json::array list;
        for (const UserId& user : content.mentions)
            list.emplace_back(user.str());
        object["m"] = std::move(list);
    }
    return object;
}

std::string textOf(const json::object& object, std::string_view key)
{
    const json::value* value = object.if_contains(key);
    const json::string* text = value ? value->if_string() : nullptr;
    return text ? std::string(*text) : std::string();
}

std::optional<std::int64_t> integerOf(const json::object& object, std::string_view key)
{
    const json::value* value = object.if_contains(key);
    const std::int64_t* number = value ? value->if_int64() : nullptr;
    return number ? std::optional(*number) : std::nullopt;
}

bool flagOf(const json::object& object, std::string_view key)
{
    const json::value* value = object.if_contains(key);
    const bool* flag = value ? value->if_bool() : nullptr;
    return flag && *flag;
}

template <class F>
void each(const json::object& object, std::string_view key, F&& visit)
{
    const json::value* value = object.if_contains(key);
    const json::array* list = value ? value->if_array() : nullptr;
    if (!list)
        return;
    for (const json::value& entry : *list)
        visit(entry);
}

std::vector<UserId> usersOf(const json::object& object, std::string_view key)
{
    std::vector<UserId> users;
    each(object, key, [&users](const json::value& value) {
        if (const json::string* id = value.if_string())
            users.emplace_back(std::string_view(id->data(), id->size()));
    });
    return users;
}

void readExtra(const json::object& object, Content& content)
{
    each(object, "r", [&content](const json::value& value) {
        if (const json::object* entry = value.if_object())
            content.reactions.push_back({textOf(*entry, "k"), usersOf(*entry, "u")});
    });
    each(object, "a", [&content](const json::value& value) {
        const json::object* entry = value.if_object();
        if (!entry)
            return;
        protocol::Attachment file{
            textOf(*entry, "id"), textOf(*entry, "n"), textOf(*entry, "t"), 0, {}, {}};
        file.size = integerOf(*entry, "s").value_or(0);
        file.width = integerOf(*entry, "w");
        file.height = integerOf(*entry, "h");
        content.attachments.push_back(std::move(file));
    });
    content.mentions = usersOf(object, "m");
}

json::value parse(std::string_view text)
{
    boost::system::error_code failed;
    json::value value = json::parse(text, failed);
    return failed ? json::value(nullptr) : value;
}

} // namespace

std::string encodeExtra(const Content& content)
{
    const json::object object = extraOf(content);
    return object.empty() ? std::string() : json::serialize(object);
}

void decodeExtra(std::string_view text, Content& content)
{
    if (text.empty())
        return;
    const json::value value = parse(text);
    if (const json::object* object = value.if_object())
        readExtra(*object, content);
}

std::string encodeBase(const Content& content)
{
    json::object object = extraOf(content);
    object["b"] = content.body;
    object["e"] = content.edited;
    object["d"] = content.deleted;
    object["p"] = content.pinned;
    return json::serialize(object);
}

Content decodeBase(std::string_view text)
{
    Content content;
    const json::value value = parse(text);
    if (const json::object* object = value.if_object()) {
        readExtra(*object, content);
        content.body = textOf(*object, "b");
        content.edited = flagOf(*object, "e");
        content.deleted = flagOf(*object, "d");
        content.pinned = flagOf(*object, "p");
    }
    return content;
}

void react(Content& content, const UserId& user, const std::string& key, bool on)
{
    const auto found =
        std::find_if(content.reactions.begin(), content.reactions.end(),
                     [&key](const protocol::Reaction& reaction) { return reaction.key == key; });
    if (on) {
        if (found == content.reactions.end())
            content.reactions.push_back({key, {user}});
        else if (std::find(found->users.begin(), found->users.end(), user) == found->users.end())
            found->users.push_back(user);
        return;
    }
    if (found == content.reactions.end())
        return;
    std::erase(found->users, user);
    if (found->users.empty())
        content.reactions.erase(found);
}

void makeTombstone(Content& content)
{
    content = Content{};
    content.deleted = true;
}

} // namespace skein::offline
