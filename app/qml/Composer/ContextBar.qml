import QtQuick
import Skein.Controls
import Skein.Theme

// Above the field: the message that is answered or edited, and a way out.
Item {
    id: bar

    property var context: null
    signal closed

    height: bar.context !== null ? 46 : 0
    visible: height > 0
    Rectangle {
        x: 14
        y: 6
        width: 3
        height: 34
        radius: 1.5
        color: Theme.accent
    }
    Icon {
        x: 28
        anchors.verticalCenter: parent.verticalCenter
        name: bar.context !== null && bar.context.mode === "edit" ? "edit" : "reply"
        color: Theme.accent
        size: 18
    }
    PlainLabel {
        x: 56
        y: 5
        width: parent.width - 110
        text: bar.context !== null ? bar.context.sender : ""
        color: Theme.accent
        font.pixelSize: Theme.sizeMeta
        font.weight: Font.DemiBold
    }
    PlainLabel {
        x: 56
        y: 24
        width: parent.width - 110
        text: bar.context !== null ? bar.context.text : ""
        color: Theme.textSoft
        font.pixelSize: Theme.sizeMeta
    }
    IconButton {
        objectName: "leaveContext"
        anchors.right: parent.right
        anchors.rightMargin: 6
        anchors.verticalCenter: parent.verticalCenter
        implicitWidth: 34
        implicitHeight: 34
        iconName: "close"
        iconSize: 16
        label: qsTr("Cancel")
        onClicked: bar.closed()
    }
}
