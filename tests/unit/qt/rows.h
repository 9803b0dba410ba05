// Rows to test with.
#pragma once

#include "offline/reader.h"

#include <string>
#include <vector>

namespace testrows
{

using skein::Seq;
using skein::offline::MessageRow;

inline constexpr std::int64_t kNoon = 1'700'000'000'000;

inline MessageRow message(std::int64_t seq, const char* sender = "ann", std::int64_t ts = 0)
{
    MessageRow row;
    row.rowId = 1'000'000 + seq;
    row.position = seq;
    row.seq = Seq(seq);
    row.room = skein::RoomId("room");
    row.sender = skein::UserId(sender);
    row.senderName = sender;
    row.own = row.senderName == "me";
    row.body = "message " + std::to_string(seq);
    row.ts = ts != 0 ? ts : kNoon + seq * 1000;
    row.rev = skein::Rev(seq);
    return row;
}

/// Seqs `from` down to `to`.
inline std::vector<MessageRow> messages(std::int64_t from, std::int64_t to)
{
    std::vector<MessageRow> rows;
    for (std::int64_t seq = from; seq >= to; --seq)
        rows.push_back(message(seq));
    return rows;
}

inline MessageRow unsent(std::int64_t n, const char* tempId)
{
    MessageRow row = message(0, "me", kNoon + 10'000'000 + n);
    row.rowId = 9'000'000 + n;
    row.position = skein::offline::kPendingBit | n;
    row.seq = Seq();
    row.tempId = skein::TempId(tempId);
    row.status = skein::offline::Status::Queued;
    row.rev = skein::Rev();
    return row;
}

inline MessageRow hole(std::int64_t lo, std::int64_t hi)
{
    MessageRow row;
    row.type = MessageRow::Type::Hole;
    row.rowId = -lo;
    row.position = lo;
    row.seq = Seq(lo);
    row.holeHi = Seq(hi);
    row.room = skein::RoomId("room");
    return row;
}

} // namespace testrows
