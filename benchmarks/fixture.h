// Stores with a long history, made through the store's own interface, deterministic by seed.
// Synthetic text: 135 bytes on average, a tenth Georgian.
#pragma once

#include "core/random.h"
#include "core/result.h"
#include "offline/store.h"

#include <string>
#include <vector>

namespace skein::bench
{

/// A body of 1 to about 40 words.
[[nodiscard]] std::string sampleBody(Random& random);

/// Adds a room with `messages` confirmed messages from `senders` people, fully covered, read to the
/// end. Commits in batches of `batch` rows; gives the time spent in µs, the making of the texts not
/// counted.
[[nodiscard]] Result<double> addRoom(offline::Store& store, const RoomId& room,
                                     std::int64_t messages, int senders, std::int64_t batch,
                                     Random& random);

/// Appends `messages` confirmed messages to a room that is there and covered to its head.
[[nodiscard]] Result<double> appendMessages(offline::Store& store, offline::RoomRecord& record,
                                            std::int64_t messages, int senders, std::int64_t batch,
                                            Random& random);

/// `path` as a store with one room ("r_deep") of `deep` messages and `rooms` rooms of `each`. Made
/// once: later calls find the mark of a finished store.
[[nodiscard]] Result<void> makeStore(const std::string& path, std::int64_t deep, std::int64_t rooms,
                                     std::int64_t each);

} // namespace skein::bench
