// The breaker against random calls: never more than the rule allows, and never shut for ever.
#include "core/breaker.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

using namespace skein;

RC_GTEST_PROP(Breaker, aDeadBackendIsNotHammeredAndAHealedOneIsFound, ())
{
    const Breaker::Rule rule{*rc::gen::inRange(1, 6), *rc::gen::inRange<std::int64_t>(1, 5'000),
                             *rc::gen::inRange<std::int64_t>(5'000, 60'000)};
    SeededRandom random(*rc::gen::arbitrary<std::uint64_t>());
    Breaker breaker(rule);
    MonoTime now{1};
    // A caller that asks every 10 ms of an hour in which nothing works.
    int calls = 0;
    for (int i = 0; i < 360'000; ++i) {
        if (breaker.allow(now)) {
            ++calls;
            breaker.failed(now, random);
        }
        now = now + Milliseconds(10);
    }
    // The waits double from half of openMs to half of openMaxMs at least.
    double waits = 0;
    int most = rule.failuresToOpen;
    for (std::int64_t wait = rule.openMs; waits < 3'600'000;
         wait = std::min(wait * 2, rule.openMaxMs)) {
        waits += static_cast<double>(wait) / 2;
        ++most;
    }
    RC_ASSERT(calls <= most + 1);
    RC_ASSERT(calls >= 3'600'000 / (rule.openMaxMs + 20));
    // It works again: found within the longest wait, and then nothing is in the way.
    const MonoTime healed = now;
    while (!breaker.allow(now))
        now = now + Milliseconds(10);
    RC_ASSERT((now - healed).count() <= rule.openMaxMs + 10);
    breaker.succeeded();
    for (int i = 0; i < 100; ++i)
        RC_ASSERT(breaker.allow(now));
}

RC_GTEST_PROP(Breaker, anyOrderOfReportsLeavesAStateThatLetsSomethingThroughInBoundedTime, ())
{
    SeededRandom random(*rc::gen::arbitrary<std::uint64_t>());
    Breaker breaker({2, 100, 5'000});
    MonoTime now{1};
    const auto steps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 7));
    for (const int step : steps) {
        switch (step) {
        case 0:
            (void)breaker.allow(now);
            break;
        case 1:
            breaker.succeeded();
            break;
        case 2:
            breaker.failed(now, random);
            break;
        case 3:
            breaker.failed(now, random,
                           Milliseconds(static_cast<std::int64_t>(random.below(20'000))));
            break;
        case 4:
            breaker.abandoned(now);
            break;
        case 5:
            breaker.trip(now, random);
            break;
        default:
            now = now + Milliseconds(static_cast<std::int64_t>(random.below(3'000)));
        }
    }
    const MonoTime before = now;
    while (!breaker.allow(now))
        now = now + Milliseconds(50);
    RC_ASSERT((now - before).count() <= Breaker::kTrialMaxMs + 50);
}
