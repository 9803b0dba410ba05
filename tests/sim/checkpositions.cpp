// Receipts and mentions, against the server's file and what people wrote.
#include "tests/sim/checker.h"
#include "tests/sim/query.h"

#include <algorithm>

namespace skein::sim
{
namespace
{

// The furthest of the others.
std::int64_t furthest(const std::map<std::string, std::int64_t>& positions, const std::string& but)
{
    std::int64_t most = 0;
    for (const auto& [user, position] : positions)
        most = user == but ? most : std::max(most, position);
    return most;
}

std::string differs(const std::string& what, std::int64_t here, std::int64_t there)
{
    return what + " is " + std::to_string(here) + ", on the server " + std::to_string(there);
}

} // namespace

// Who was mentioned by a message that is not deleted and that they have not read.
Checker::Mentions Checker::mentionsOf(const std::string& user, const RoomTruth& truth)
{
    Mentions count;
    for (auto it = truth.messages.upper_bound(truth.read.at(user)); it != truth.messages.end();
         ++it) {
        const Truth& message = it->second;
        const auto written = m_mentioning.find(message.temp);
        if (message.deleted || message.sender == user)
            continue;
        if (written == m_mentioning.end())
            ++count.unsure;
        else if (written->second->mentions.contains(user))
            ++count.known;
    }
    return count;
}

std::string Checker::membersWrong(ClientNode& client, const RoomId& room, const RoomTruth& truth)
{
    std::map<std::string, std::pair<std::int64_t, std::int64_t>> here, there;
    query(client.look(),
          "SELECT u.server_id, p.read, p.delivered FROM positions p JOIN users u ON u.id = p.user "
          "JOIN rooms r ON r.id = p.room WHERE r.server_id = '" +
              room.str() + "'",
          [&](sqlite3_stmt* row) {
              here[text(row, 0)] = {sqlite3_column_int64(row, 1), sqlite3_column_int64(row, 2)};
          });
    for (const auto& [user, read] : truth.read) {
        if (user != client.user().str())
            there[user] = {read, truth.delivered.at(user)};
    }
    if (here == there)
        return {};
    std::string list = room.str() + " has the members' positions";
    for (const auto* side : {&here, &there}) {
        for (const auto& [user, at] : *side)
            list += " " + user + ":" + std::to_string(at.first) + "/" + std::to_string(at.second);
        list += side == &here ? ", the server" : "";
    }
    return list;
}

std::string Checker::positionsWrong(ClientNode& client, const std::map<RoomId, RoomTruth>& truth)
{
    const std::string& self = client.user().str();
    // The newest message of somebody else that is here and not in a hole, and delivered_told.
    std::map<RoomId, std::pair<std::int64_t, std::int64_t>> own;
    query(client.look(),
          "SELECT r.server_id, r.delivered_told, (SELECT max(m.id & 1099511627775) FROM messages m "
          "JOIN users u ON u.id = m.sender WHERE m.id >> 40 = r.id AND m.id & 549755813888 = 0 "
          "AND u.server_id <> '" +
              self + "') FROM rooms r WHERE member = 1",
          [&](sqlite3_stmt* row) {
              own[RoomId(text(row, 0))] = {sqlite3_column_int64(row, 2),
                                           sqlite3_column_int64(row, 1)};
          });
    const auto listed = client.reader().rooms(0, 10'000);
    if (!listed)
        return toString(listed.error());
    for (const offline::RoomRow& row : *listed) {
        const auto found = truth.find(row.room);
        if (found == truth.end() || !found->second.read.contains(self))
            continue; // told by converged()
        const RoomTruth& one = found->second;
        const std::string where = row.room.str() + ": ";
        std::int64_t wrote = 0;
        const auto [foreign, told] = own[row.room];
        for (const auto& [seq, message] : one.messages)
            wrote = message.sender == self ? seq : wrote;
        // What is here is told as delivered, and nothing that is not.
        if (one.delivered.at(self) < foreign)
            return differs(where + "what is stored up to", foreign, one.delivered.at(self)) +
                   " as delivered";
        if (told > one.delivered.at(self))
            return differs(where + "told as delivered", told, one.delivered.at(self));
        const Mentions mentions = mentionsOf(self, one);
        if (row.mentions < mentions.known || row.mentions > mentions.known + mentions.unsure)
            return differs(where + "mentions against a recount", row.mentions, mentions.known);
        const std::pair<std::int64_t, std::int64_t> ticks[] = {
            {row.othersRead.value(), furthest(one.read, self)},
            {row.othersDelivered.value(), furthest(one.delivered, self)}};
        for (const auto& [here, there] : ticks) {
            // Where no own message is, no tick is; a device of the version before hears of closed
            // rooms by their members only.
            if (!client.older && std::min(here, wrote) < std::min(there, wrote))
                return differs(where + "the furthest of the others", here, there);
            // Who has left has read what they have read.
            if (here > there && !one.membersChanged)
                return differs(where + "the furthest of the others", here, there);
        }
        if (client.opened().contains(row.room) &&
            row.members != static_cast<std::int64_t>(one.read.size()))
            return differs(where + "the number of members", row.members,
                           static_cast<std::int64_t>(one.read.size()));
        // Which of them are in full, where fewer are than are open, only the two sides know.
        const auto open = static_cast<std::int64_t>(client.opened().size());
        if (client.opened().contains(row.room) && open <= m_server.limits.fullSubscriptions) {
            if (std::string wrong = membersWrong(client, row.room, one); !wrong.empty())
                return wrong;
        }
    }
    return {};
}

} // namespace skein::sim
