// Random interleavings of everything that can happen to one room's queue, against a server that
// keeps the rules of the wire: at the end the log holds every message once, in the order of
// writing.
#include "sdk/engine/sendqueue.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <deque>
#include <set>

namespace skein::engine
{
namespace
{

struct Frame {
    TempId tempId, prev;
};
enum class Answer { Confirmed, Parentless, Busy, Refused };

/// Stores once per key and refuses a child whose parent it has not got.
struct Server {
    std::vector<TempId> log;
    std::set<TempId> refusedForGood;
    Answer take(const Frame& frame, bool busy, bool refuse)
    {
        if (std::find(log.begin(), log.end(), frame.tempId) != log.end())
            return Answer::Confirmed;
        if (busy)
            return Answer::Busy;
        if (!frame.prev.empty() && std::find(log.begin(), log.end(), frame.prev) == log.end())
            return Answer::Parentless;
        if (refuse) {
            refusedForGood.insert(frame.tempId);
            return Answer::Refused;
        }
        log.push_back(frame.tempId);
        return Answer::Confirmed;
    }
};

RC_GTEST_PROP(SendQueueProperty, anyInterleavingKeepsTheOrderAndNeitherLosesNorDoubles, ())
{
    SendQueue queue;
    Server server;
    MonoTime now{1};
    std::vector<TempId> written;
    std::set<TempId> discarded;
    std::deque<Frame> wire;                     // to the server, in order
    std::deque<std::pair<TempId, Answer>> back; // to the client, in order
    const auto pump = [&] {
        while (SendEntry* entry = queue.next(8, now)) {
            wire.push_back({entry->tempId, queue.prevOf(*entry)});
            queue.sent(*entry, now, 100);
            RC_ASSERT(queue.inFlight() <= 8U);
        }
    };
    const auto serverStep = [&](bool busy, bool refuse) {
        if (wire.empty())
            return;
        back.emplace_back(wire.front().tempId, server.take(wire.front(), busy, refuse));
        wire.pop_front();
    };
    const auto clientStep = [&] {
        if (back.empty())
            return;
        const auto [tempId, answer] = back.front();
        back.pop_front();
        switch (answer) {
        case Answer::Confirmed:
            queue.remove(tempId);
            break;
        case Answer::Parentless:
        case Answer::Busy:
            queue.requeue(tempId, now);
            break;
        case Answer::Refused:
            queue.failed(tempId);
            break;
        }
    };
    const auto settleFailed = [&](bool again) {
        for (const SendEntry& entry : queue.entries()) {
            if (entry.state != SendState::Failed)
                continue;
            const TempId tempId = entry.tempId;
            if (again) {
                queue.retry(tempId);
            } else {
                queue.remove(tempId);
                discarded.insert(tempId);
            }
            return;
        }
    };
    const int steps = *rc::gen::inRange(1, 150);
    for (int i = 0; i < steps; ++i) {
        switch (*rc::gen::inRange(0, 10)) {
        case 0:
        case 1:
        case 2: {
            SendEntry entry;
            entry.id = static_cast<std::int64_t>(written.size()) + 1;
            entry.tempId = TempId("t" + std::to_string(entry.id));
            written.push_back(entry.tempId);
            queue.push(entry);
            break;
        }
        case 3:
        case 4:
            serverStep(false, false);
            break;
        case 5:
            clientStep();
            break;
        case 6: // the connection dies: what was under way is lost, whatever the server had done
            wire.clear();
            back.clear();
            (void)queue.connectionLost();
            break;
        case 7:
            serverStep(true, false);
            break;
        case 8:
            serverStep(false, true);
            break;
        case 9:
            settleFailed(*rc::gen::inRange(0, 2) == 0);
            break;
        }
        now = now + Milliseconds(1);
        pump();
        RC_ASSERT(queue.queued() + queue.inFlight() + queue.failedCount() ==
                  queue.entries().size());
    }
    // The network heals and the user retries what failed: it all drains.
    for (int i = 0; i < 10'000 && !queue.empty(); ++i) {
        settleFailed(true);
        now = now + Milliseconds(1);
        pump();
        serverStep(false, false);
        clientStep();
    }
    RC_ASSERT(queue.empty());
    std::vector<TempId> expected;
    for (const TempId& tempId : written) {
        if (!discarded.contains(tempId))
            expected.push_back(tempId);
    }
    RC_ASSERT(server.log == expected);
}

} // namespace
} // namespace skein::engine
