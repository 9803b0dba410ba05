import QtQuick
import QtQuick.Templates as T
import Skein.Controls
import Skein.Theme

// Back to the newest message, with the number of unread ones below.
T.AbstractButton {
    id: control

    property bool shown: false
    property int unread: 0
    readonly property string label: control.unread > 0 ? qsTr("Jump to the newest message, %n unread", "", control.unread) : qsTr("Jump to the newest message")

    objectName: "jumpToNewest"
    implicitWidth: 46
    implicitHeight: 46
    opacity: control.shown ? 1 : 0
    visible: opacity > 0
    enabled: control.shown
    hoverEnabled: true
    focusPolicy: Qt.StrongFocus
    Accessible.role: Accessible.Button
    Accessible.name: control.label
    Keys.onReturnPressed: control.clicked()
    onHoveredChanged: control.hovered ? Tips.show(control, control.label) : Tips.hide(control)
    Behavior on opacity {
        NumberAnimation {
            duration: Theme.normal
        }
    }

    contentItem: Item {
        Icon {
            anchors.centerIn: parent
            name: "down"
            size: 22
            color: Theme.textSoft
        }
    }
    background: Rectangle {
        radius: height / 2
        color: control.down ? Theme.pressed : control.hovered ? Theme.hover : Theme.raised
        border.color: Theme.line
        FocusRing {
            shown: control.visualFocus
            radius: height / 2
        }
    }
    Badge {
        anchors.horizontalCenter: parent.horizontalCenter
        y: -8
        label: control.unread > 99 ? "99+" : control.unread > 0 ? String(control.unread) : ""
    }
}
