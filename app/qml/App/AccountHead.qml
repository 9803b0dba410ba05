import QtQuick
import QtQuick.Templates as T
import Skein
import Skein.Controls
import Skein.Theme

// Who is signed in, at the head of the rooms: opens the menu of the accounts. A dot says that another
// account has something unread.
T.AbstractButton {
    id: head

    required property Client client
    property int unreadElsewhere: 0
    readonly property string name: head.client.displayName !== "" ? head.client.displayName : head.client.userName
    readonly property string elsewhere: head.unreadElsewhere > 0 ? qsTr("%n unread in other accounts", "", head.unreadElsewhere) : ""
    // For tests: what is seen of it.
    readonly property string report: head.name + "|" + head.unreadElsewhere

    objectName: "accountHead"
    implicitHeight: Theme.header - 8
    focusPolicy: Qt.StrongFocus
    hoverEnabled: true
    Accessible.role: Accessible.ButtonMenu
    Accessible.name: qsTr("Accounts: %1").arg(head.name) + ", " + head.client.stateText + (head.elsewhere !== "" ? ", " + head.elsewhere : "")
    Keys.onReturnPressed: head.clicked()
    Keys.onEnterPressed: head.clicked()
    Keys.onDownPressed: head.clicked()
    onHoveredChanged: head.hovered && head.elsewhere !== "" ? Tips.show(head, head.elsewhere) : Tips.hide(head)
    onPressed: Tips.hide(head)

    // Not written into contentItem itself: an id below it would undo its deferred creation.
    readonly property Item content: Item {
        Avatar {
            id: avatar
            x: 8
            anchors.verticalCenter: parent.verticalCenter
            size: 38
            initials: head.client.initials
            colorIndex: head.client.colorIndex
            online: head.client.online
            Rectangle {
                objectName: "unreadElsewhere"
                visible: head.unreadElsewhere > 0
                x: avatar.width - width + 2
                y: -2
                width: 14
                height: 14
                radius: 7
                color: Theme.accentFill
                border.color: Theme.side
                border.width: 2
            }
        }
        PlainLabel {
            id: label
            x: 58
            y: 9
            width: Math.min(implicitWidth, parent.width - x - 30)
            text: head.name
            font.pixelSize: Theme.sizeTitle - 1
            font.weight: Font.DemiBold
        }
        Icon {
            x: label.x + label.width + 4
            anchors.verticalCenter: label.verticalCenter
            name: "down"
            size: 16
            color: head.hovered || head.activeFocus ? Theme.text : Theme.textSoft
        }
        PlainLabel {
            objectName: "stateText"
            x: 58
            y: 31
            width: parent.width - x - 8
            text: head.client.stateText
            color: Theme.textSoft
            font.pixelSize: Theme.sizeSmall
        }
    }
    contentItem: head.content
    background: Rectangle {
        radius: Theme.radius
        color: head.down ? Theme.pressed : head.hovered ? Theme.hover : "transparent"
        FocusRing {
            shown: head.visualFocus
            inset: 0
            radius: Theme.radius
        }
    }
}
