import QtQuick
import Skein.Controls
import Skein.Theme

// Where the unread messages begin.
Item {
    height: Theme.unreadLine
    Rectangle {
        x: Theme.gapLarge
        width: parent.width - 2 * Theme.gapLarge
        height: 1
        y: 20
        color: Theme.accent
        opacity: 0.4
    }
    Rectangle {
        anchors.horizontalCenter: parent.horizontalCenter
        y: 8
        width: words.implicitWidth + 24
        height: 24
        radius: 12
        color: Theme.canvas
        border.color: Theme.accent
        PlainLabel {
            id: words
            anchors.centerIn: parent
            text: qsTr("New messages")
            color: Theme.accent
            font.pixelSize: Theme.sizeSmall
            font.weight: Font.DemiBold
        }
    }
}
