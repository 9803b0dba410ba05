pragma ComponentBehavior: Bound

import QtQuick
import Skein.Controls
import Skein.Native
import Skein.Theme

// How long something took, as a histogram: a bar for each doubling of the time.
Item {
    id: plot

    // As Diagnostics.plots: {title, count, p50Ms, p95Ms, p99Ms, bars}
    property var measured: ({})
    readonly property var bars: plot.measured.bars ?? []
    readonly property bool filled: plot.bars.length > 0
    readonly property int barsHeight: 56

    function time(ms: real): string {
        if (ms >= 10000)
            return qsTr("%1 s").arg(Desktop.number(Math.round(ms / 1000)));
        if (ms >= 10)
            return qsTr("%1 ms").arg(Desktop.number(Math.round(ms)));
        return qsTr("%1 ms").arg(Math.max(0.1, ms).toLocaleString(Qt.locale(), "f", 1));
    }

    height: 124
    Accessible.role: Accessible.Chart
    Accessible.name: plot.measured.title + ": " + (plot.filled ? summary.text : nothing.text)

    PlainLabel {
        id: heading
        width: parent.width - counted.width - Theme.gapSmall
        text: plot.measured.title ?? ""
        font.pixelSize: Theme.sizeMeta
        font.weight: Font.Medium
    }
    PlainLabel {
        id: counted
        anchors.right: parent.right
        text: plot.filled ? qsTr("%n time(s)", "", plot.measured.count) : ""
        color: Theme.textFaint
        font.pixelSize: Theme.sizeSmall
    }
    Item {
        id: area
        y: 24
        width: parent.width
        height: plot.barsHeight
        Rectangle {
            anchors.bottom: parent.bottom
            width: parent.width
            height: 1
            color: Theme.line
        }
        Repeater {
            model: plot.bars.length
            Rectangle {
                id: bar
                required property int index
                readonly property var value: plot.bars[bar.index]
                x: Math.round(bar.index * area.width / plot.bars.length) + 1
                width: Math.max(2, Math.round((bar.index + 1) * area.width / plot.bars.length) - x - 1)
                // What is there at all can be seen.
                height: bar.value.count > 0 ? Math.max(3, bar.value.share * area.height) : 0
                y: area.height - height
                radius: Math.min(3, width / 2)
                color: Theme.accent
            }
        }
        PlainLabel {
            id: nothing
            anchors.centerIn: parent
            visible: !plot.filled
            text: qsTr("Nothing measured yet")
            color: Theme.textFaint
            font.pixelSize: Theme.sizeMeta
        }
    }
    PlainLabel {
        y: area.y + area.height + 3
        visible: plot.filled
        text: plot.filled ? "≤ " + plot.time(plot.bars[0].upToMs) : ""
        color: Theme.textFaint
        font.pixelSize: Theme.sizeTiny
    }
    PlainLabel {
        y: area.y + area.height + 3
        anchors.right: parent.right
        visible: plot.filled
        text: plot.filled ? "≤ " + plot.time(plot.bars[plot.bars.length - 1].upToMs) : ""
        color: Theme.textFaint
        font.pixelSize: Theme.sizeTiny
    }
    PlainLabel {
        id: summary
        y: area.y + area.height + 20
        width: parent.width
        visible: plot.filled
        text: plot.filled ? qsTr("half %1 · 95 % %2 · 99 % %3").arg(plot.time(plot.measured.p50Ms)).arg(plot.time(plot.measured.p95Ms)).arg(plot.time(plot.measured.p99Ms)) : ""
        color: Theme.textSoft
        font.pixelSize: Theme.sizeSmall
    }
}
