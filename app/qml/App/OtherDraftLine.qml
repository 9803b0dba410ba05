import QtQuick
import Skein.Controls
import Skein.Theme

// Something else was written on another device at the same time: it is kept until the user says.
Item {
    id: line

    property string text
    signal settled(keep: bool)

    implicitHeight: 36
    Accessible.role: Accessible.StaticText
    Accessible.name: qsTr("Draft from another device: %1").arg(line.text)

    PlainLabel {
        id: label
        anchors.verticalCenter: parent.verticalCenter
        x: Theme.gapLarge
        width: Math.max(0, keep.x - x - Theme.gapSmall)
        elide: Text.ElideRight
        maximumLineCount: 1
        text: qsTr("Draft from another device: %1").arg(line.text)
        color: Theme.textSoft
        font.pixelSize: Theme.sizeSmall
    }
    ActionButton {
        id: keep
        objectName: "keepOtherDraft"
        anchors.verticalCenter: parent.verticalCenter
        anchors.right: drop.left
        anchors.rightMargin: Theme.gapSmall
        kind: "plain"
        label: qsTr("Add it")
        onClicked: line.settled(true)
    }
    ActionButton {
        id: drop
        objectName: "dropOtherDraft"
        anchors.verticalCenter: parent.verticalCenter
        anchors.right: parent.right
        anchors.rightMargin: Theme.gapLarge
        kind: "plain"
        label: qsTr("Discard")
        onClicked: line.settled(false)
    }
}
