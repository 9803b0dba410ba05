pragma ComponentBehavior: Bound

import QtQuick
import Skein.Controls
import Skein.Theme

// What happened, one line below the other, along a thread.
Column {
    id: lines

    // [{time, text, kind}]
    property var events: []
    property int limit: 200
    readonly property int shown: Math.min(lines.events.length, lines.limit)

    function tone(kind: string): color {
        switch (kind) {
        case "confirmed":
        case "confirmed_again":
        case "echoed":
        case "delivered":
        case "read":
        case "connected":
            return Theme.good;
        case "failed":
        case "discarded":
            return Theme.danger;
        case "connection_lost":
        case "timed_out":
        case "refused":
        case "disconnected":
            return Theme.warning;
        }
        return Theme.textFaint;
    }

    Accessible.role: Accessible.List
    Accessible.name: qsTr("What happened")
    Repeater {
        model: lines.shown
        Item {
            id: line
            required property int index
            readonly property var event: lines.events[line.index]
            width: lines.width
            height: words.y + words.height + Theme.gapSmall
            Accessible.role: Accessible.ListItem
            Accessible.name: line.event.time + ": " + line.event.text
            Rectangle {
                x: 5
                y: line.index === 0 ? 10 : 0
                width: 2
                height: line.index === lines.shown - 1 ? 10 - y : parent.height - y
                visible: lines.shown > 1
                color: Theme.line
            }
            Rectangle {
                x: 1
                y: 5
                width: 10
                height: 10
                radius: 5
                color: lines.tone(line.event.kind)
            }
            PlainLabel {
                id: when
                x: 22
                width: parent.width - x
                text: line.event.time
                color: Theme.textFaint
                font.pixelSize: Theme.sizeSmall
            }
            PlainLabel {
                id: words
                x: 22
                y: 16
                width: parent.width - x
                text: line.event.text
                font.pixelSize: Theme.sizeMeta
                wrapMode: Text.Wrap
            }
        }
    }
}
