import QtQuick
import Skein
import Skein.Controls
import Skein.Theme

// Who one is talking to.
Rectangle {
    id: header

    property TimelineModel timeline: null
    property bool onePane: false
    readonly property int startX: header.onePane ? 52 : 20
    signal backWanted

    height: Theme.header
    color: Theme.window

    IconButton {
        objectName: "back"
        x: 6
        anchors.verticalCenter: parent.verticalCenter
        visible: header.onePane
        iconName: "back"
        iconColor: Theme.accent
        iconSize: 24
        label: qsTr("Back")
        onClicked: header.backWanted()
    }
    Avatar {
        x: header.startX
        anchors.verticalCenter: parent.verticalCenter
        size: 40
        initials: header.timeline !== null ? header.timeline.initials : ""
        colorIndex: header.timeline !== null ? header.timeline.colorIndex : 0
    }
    PlainLabel {
        objectName: "roomName"
        x: header.startX + 52
        y: 12
        width: header.width - x - Theme.gapLarge
        text: header.timeline !== null ? header.timeline.roomName : ""
        font.pixelSize: Theme.sizeTitle
        font.weight: Font.DemiBold
        Accessible.ignored: false
        Accessible.role: Accessible.Heading
        Accessible.name: text
    }
    PlainLabel {
        x: header.startX + 52
        y: 36
        width: header.width - x - Theme.gapLarge
        text: header.timeline === null ? "" : header.timeline.topic !== "" ? header.timeline.topic : header.timeline.kind === 3 ? qsTr("Direct conversation") : qsTr("%n member(s)", "", header.timeline.memberCount)
        color: Theme.textSoft
        font.pixelSize: Theme.sizeMeta
    }
    Rectangle {
        anchors.bottom: parent.bottom
        width: parent.width
        height: 1
        color: Theme.line
    }
}
