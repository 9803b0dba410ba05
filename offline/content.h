// The changeable part of a message, and its text form in the columns `extra` and `base`. Internal
// to offline/.
#pragma once

#include "offline/rows.h"

#include <string>
#include <string_view>
#include <vector>

namespace skein::offline
{

struct Content {
    std::string body;
    bool edited = false, deleted = false, pinned = false;
    std::vector<protocol::Reaction> reactions;
    std::vector<protocol::Attachment> attachments;
    std::vector<UserId> mentions;
    friend bool operator==(const Content&, const Content&) = default;
};

/// Reactions, attachments and mentions as JSON; empty when there are none.
[[nodiscard]] std::string encodeExtra(const Content& content);
/// Fills the three lists. Text that is not ours (a damaged file) leaves them empty.
void decodeExtra(std::string_view json, Content& content);
/// The whole content as JSON, and back.
[[nodiscard]] std::string encodeBase(const Content& content);
[[nodiscard]] Content decodeBase(std::string_view json);

/// Sets or takes back one user's reaction.
void react(Content& content, const UserId& user, const std::string& key, bool on);
/// What a deleted message keeps.
void makeTombstone(Content& content);

} // namespace skein::offline
