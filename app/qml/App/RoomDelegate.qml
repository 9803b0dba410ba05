import QtQuick
import Skein.Controls
import Skein.Theme

// One room in the list.
Item {
    id: row

    required property string roomId
    required property string name
    required property string initials
    required property int colorIndex
    required property string lastText
    required property string lastSender
    required property bool lastOwn
    required property int lastStatus
    required property int kind
    required property string timeText
    required property int unread
    required property string unreadText
    required property string draft
    required property string typingText
    required property bool muted
    required property int failed

    property bool current: false
    property bool marked: false
    readonly property bool hasDraft: row.draft !== "" && !row.current
    readonly property string prefix: row.typingText !== "" ? "" : row.hasDraft ? qsTr("Draft:") : row.lastText === "" ? "" : row.lastOwn ? qsTr("You:") : row.kind !== 3 && row.lastSender !== "" ? row.lastSender + ":" : ""
    readonly property string line: row.typingText !== "" ? row.typingText : row.hasDraft ? row.draft : row.lastText !== "" ? row.lastText : qsTr("No messages yet")
    readonly property string report: row.name + "|" + row.line + "|" + row.unreadText
    signal opened

    objectName: "room:" + row.name
    height: Theme.roomRow
    Accessible.role: Accessible.ListItem
    Accessible.name: row.name + (row.unread > 0 ? ", " + qsTr("%n unread", "", row.unread) : "") + ", " + row.prefix + " " + row.line
    Accessible.selected: row.current
    Accessible.onPressAction: row.opened()

    Rectangle {
        anchors.fill: parent
        anchors.leftMargin: 8
        anchors.rightMargin: 8
        anchors.topMargin: 1
        anchors.bottomMargin: 1
        radius: Theme.radius
        color: row.current ? Theme.selected : area.pressed ? Theme.pressed : area.containsMouse ? Theme.hover : "transparent"
        FocusRing {
            shown: row.marked
            inset: 0
            radius: Theme.radius
        }
    }
    Avatar {
        x: 18
        anchors.verticalCenter: parent.verticalCenter
        initials: row.initials
        colorIndex: row.colorIndex
    }
    PlainLabel {
        id: nameLabel
        x: 76
        // On one line with what stands beside it, whatever script either is in: each has an ascent of its own.
        y: 30 - baselineOffset
        horizontalAlignment: Text.AlignLeft
        width: time.x - x - 8
        text: row.name
        font.pixelSize: Theme.sizeBody
        font.weight: row.unread > 0 ? Font.Bold : Font.DemiBold
    }
    PlainLabel {
        id: time
        x: row.width - 20 - width
        y: 30 - baselineOffset
        text: row.timeText
        color: row.unread > 0 && !row.muted ? Theme.accent : Theme.textFaint
        font.pixelSize: Theme.sizeSmall
    }
    PlainLabel {
        id: prefixLabel
        x: 76
        y: 53 - baselineOffset
        width: Math.min(implicitWidth, 110)
        visible: row.prefix !== ""
        text: row.prefix
        color: row.hasDraft ? Theme.danger : Theme.textSoft
        font.pixelSize: Theme.sizeBody - 1
    }
    PlainLabel {
        x: prefixLabel.visible ? prefixLabel.x + prefixLabel.width + 4 : 76
        y: 53 - baselineOffset
        width: badges.x - x - 8
        horizontalAlignment: Text.AlignLeft // one sentence with the name before it
        text: row.line
        color: row.typingText !== "" ? Theme.accent : Theme.textSoft
        font.pixelSize: Theme.sizeBody - 1
        font.italic: row.lastText === "" && row.typingText === "" && !row.hasDraft
    }
    Row {
        id: badges
        x: row.width - 20 - width
        y: 39
        spacing: 6
        Icon {
            visible: row.muted
            anchors.verticalCenter: parent.verticalCenter
            name: "muted"
            size: 16
            color: Theme.textFaint
        }
        Icon {
            visible: row.failed > 0
            anchors.verticalCenter: parent.verticalCenter
            name: "alert"
            size: 18
            color: Theme.danger
        }
        Icon {
            visible: row.failed === 0 && row.unread === 0 && row.lastOwn && row.lastText !== "" && !row.hasDraft
            anchors.verticalCenter: parent.verticalCenter
            name: row.lastStatus <= 3 ? "clock" : row.lastStatus === 4 ? "check" : "checks"
            size: 16
            color: row.lastStatus === 6 ? Theme.accent : Theme.textFaint
        }
        Badge {
            label: row.unreadText
            quiet: row.muted
        }
    }
    MouseArea {
        id: area
        anchors.fill: parent
        hoverEnabled: true
        onClicked: row.opened()
    }
}
