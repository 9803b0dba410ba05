// What the timeline does with its position after a layout: a plain decision without Qt Quick, so
// that the table of docs/adr/0008-timeline-window.md is tested row by row.
#pragma once

namespace Skein
{

/// Nearer to the end than this, the reader follows new messages.
inline constexpr double kFollowDistancePx = 60.0;
/// Smaller shifts are rounding, not movement.
inline constexpr double kShiftTolerancePx = 0.01;

enum class TimelineAction {
    Nothing,    ///< leave contentY alone
    GoToRow,    ///< a jump waits: place its row
    StickToEnd, ///< bring the bottom of row 0 back to the bottom of the view
    KeepAnchor, ///< move contentY by the anchor's displacement
};

struct TimelineSituation {
    bool hasRows = false;      ///< something is laid out
    bool jumpWaiting = false;  ///< opened, jumped to, or a new room
    bool userMoving = false;   ///< finger, flick or scroll bar: their contentY must not be written
    bool following = false;    ///< the reader was at the end before the layout, see followsEnd()
    bool atNewest = false;     ///< row 0 is the newest message there is
    double gapToEndPx = 0;     ///< from the bottom of the view down to the bottom of row 0
    bool anchorAlive = false;  ///< a row that was visible before is still laid out
    double displacementPx = 0; ///< how far the layout moved that row on screen
};

/// A jump beats following, following beats the anchor; nothing is written under a moving finger.
[[nodiscard]] TimelineAction decide(const TimelineSituation& now);

/// Whether the reader counts as being at the end. A window trimmed at its newest side never
/// follows: its last row is not the end of the room.
[[nodiscard]] bool followsEnd(bool atNewest, double gapToEndPx);

struct ThumbGeometry {
    double position = 0; ///< 0…1 - size, from the top
    double size = 1;     ///< 0…1; 1 = everything is visible, no thumb
};

/// Scroll bar from row numbers, never from contentHeight. Rows count from the newest (0).
/// `topRow` may have a fraction: the part of the row that is scrolled out above.
[[nodiscard]] ThumbGeometry thumbGeometry(double topRow, double bottomRow, long long rowsBefore,
                                          int count, long long totalRows);

/// Row number counted from the oldest of the room (0-based) for a thumb dragged to `position`.
[[nodiscard]] long long rowForThumb(double position, long long totalRows);

} // namespace Skein
