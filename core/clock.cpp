#include "core/clock.h"

namespace skein
{

MonoTime SystemClock::now() const
{
    using namespace std::chrono;
    return {duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count()};
}

WallTime SystemClock::wallNow() const
{
    using namespace std::chrono;
    return {duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count()};
}

} // namespace skein
