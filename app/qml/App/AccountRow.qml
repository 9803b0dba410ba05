import QtQuick
import QtQuick.Templates as T
import Skein.Controls
import Skein.Theme

// One account in the menu: who, where or what is wrong, what is unread, and whether it is shown.
T.AbstractButton {
    id: row

    required property int index
    required property string userName
    required property string displayName
    required property string serverText
    required property string initials
    required property int colorIndex
    required property string stateText
    required property bool online
    required property bool signInNeeded
    required property int unread
    required property string unreadText
    required property bool shown
    readonly property string where: row.userName + " · " + row.serverText
    readonly property string line: row.signInNeeded ? qsTr("Sign in again") : row.online || row.stateText === "" ? row.where : row.stateText
    // For tests: what is seen of it.
    readonly property string report: row.displayName + "|" + row.line + "|" + row.unreadText + "|" + (row.shown ? "shown" : "")

    objectName: "account:" + row.userName
    focusPolicy: Qt.StrongFocus
    hoverEnabled: true
    Accessible.role: Accessible.MenuItem
    Accessible.name: row.displayName + ", " + row.where + (row.line !== row.where ? ", " + row.line : "") + (row.unread > 0 ? ", " + qsTr("%n unread", "", row.unread) : "")
    Accessible.checkable: true
    Accessible.checked: row.shown
    Keys.onReturnPressed: row.clicked()
    Keys.onEnterPressed: row.clicked()

    // Not written into contentItem itself: an id below it would undo its deferred creation.
    readonly property Item content: Item {
        Avatar {
            x: 8
            anchors.verticalCenter: parent.verticalCenter
            size: 36
            initials: row.initials
            colorIndex: row.colorIndex
            online: row.online
            ringColor: Theme.raised
        }
        PlainLabel {
            x: 56
            y: 8
            width: right.x - x - 8
            text: row.displayName
            font.weight: row.shown ? Font.Bold : Font.DemiBold
        }
        PlainLabel {
            x: 56
            y: 29
            width: right.x - x - 8
            text: row.line
            color: row.signInNeeded ? Theme.warning : Theme.textSoft
            font.pixelSize: Theme.sizeSmall
        }
        Row {
            id: right
            x: parent.width - width - 8
            anchors.verticalCenter: parent.verticalCenter
            spacing: 8
            Badge {
                anchors.verticalCenter: parent.verticalCenter
                label: row.unreadText
            }
            Icon {
                anchors.verticalCenter: parent.verticalCenter
                visible: row.shown
                name: "check"
                size: 20
                color: Theme.accent
            }
        }
    }
    contentItem: row.content
    background: Rectangle {
        radius: Theme.radiusSmall
        color: row.down ? Theme.pressed : row.hovered || row.activeFocus ? Theme.hover : "transparent"
        FocusRing {
            shown: row.visualFocus
            inset: 0
            radius: Theme.radiusSmall
        }
    }
}
