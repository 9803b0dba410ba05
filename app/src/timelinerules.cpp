#include "app/src/timelinerules.h"

#include <algorithm>
#include <cmath>

namespace Skein
{

TimelineAction decide(const TimelineSituation& now)
{
    if (!now.hasRows)
        return TimelineAction::Nothing;
    if (now.jumpWaiting)
        return TimelineAction::GoToRow;
    if (now.userMoving)
        return TimelineAction::Nothing;
    if (now.following && now.atNewest)
        return std::abs(now.gapToEndPx) > kShiftTolerancePx ? TimelineAction::StickToEnd
                                                            : TimelineAction::Nothing;
    if (now.anchorAlive && std::abs(now.displacementPx) > kShiftTolerancePx)
        return TimelineAction::KeepAnchor;
    return TimelineAction::Nothing;
}

bool followsEnd(bool atNewest, double gapToEndPx)
{
    return atNewest && gapToEndPx <= kFollowDistancePx;
}

ThumbGeometry thumbGeometry(double topRow, double bottomRow, long long rowsBefore, int count,
                            long long totalRows)
{
    const double total = static_cast<double>(std::max<long long>(totalRows, count));
    if (total <= 0 || topRow < bottomRow)
        return {};
    const double size = std::clamp((topRow - bottomRow + 1) / total, 0.0, 1.0);
    const double above =
        static_cast<double>(std::max<long long>(rowsBefore, 0)) + count - 1 - topRow;
    return {std::clamp(above / total, 0.0, 1.0 - size), size};
}

long long rowForThumb(double position, long long totalRows)
{
    if (totalRows <= 0)
        return 0;
    const auto row = static_cast<long long>(
        std::floor(std::clamp(position, 0.0, 1.0) * static_cast<double>(totalRows)));
    return std::clamp<long long>(row, 0, totalRows - 1);
}

} // namespace Skein
