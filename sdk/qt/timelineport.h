// What a TimelineModel needs from the outside: pages from the reader, commands to the engine.
// Client implements it over its threads, tests over a fake. Thread: GUI; nothing blocks, nothing
// answers from inside the call.
#pragma once

#include "core/ids.h"
#include "offline/rows.h"

#include <QString>

#include <cstdint>
#include <optional>
#include <string>

namespace Skein
{

struct PageRequest {
    enum class Kind { Opening, Newest, Before, After, Around };
    quint64 ticket = 0;
    skein::RoomId room;
    Kind kind = Kind::Newest; ///< Opening: around the first unread message, or the newest when
                              ///< there is none
    skein::offline::Position position = 0; ///< Before, After
    skein::Seq seq;                        ///< Around
    std::size_t limit = 0;
};

class TimelinePort
{
public:
    virtual ~TimelinePort() = default;
    /// Answered by TimelineModel::pageLoaded() with the request's ticket, always.
    virtual void requestPage(const PageRequest& request) = 0;
    /// A key for a new own message, and the row's provisional place in time.
    [[nodiscard]] virtual skein::TempId newTempId() = 0;
    [[nodiscard]] virtual std::int64_t wallNowMs() = 0;
    /// Stores and queues; a failure comes back as TimelineModel::enqueueFailed().
    virtual void send(const skein::RoomId& room, const skein::TempId& tempId, std::string text,
                      std::optional<skein::Seq> replyTo) = 0;
    virtual void edit(const skein::RoomId& room, skein::offline::RowId row, std::string text) = 0;
    virtual void remove(const skein::RoomId& room, skein::offline::RowId row) = 0;
    virtual void react(const skein::RoomId& room, skein::offline::RowId row, std::string key,
                       bool on) = 0;
    virtual void pin(const skein::RoomId& room, skein::offline::RowId row, bool on) = 0;
    virtual void retry(const skein::TempId& tempId) = 0;
    virtual void discard(const skein::TempId& tempId) = 0;
    virtual void setRoomOpen(const skein::RoomId& room, bool open) = 0;
    virtual void markRead(const skein::RoomId& room, skein::Seq seq) = 0;
    virtual void wantHistory(const skein::RoomId& room, skein::Seq before) = 0;
    virtual void wantAround(const skein::RoomId& room, skein::Seq seq) = 0;
};

} // namespace Skein
