import QtQuick
import Skein.Controls
import Skein.Theme

// The day, in a pill above the first message of it.
Item {
    property alias label: words.text

    height: Theme.dayLine
    Rectangle {
        anchors.centerIn: parent
        anchors.verticalCenterOffset: 3
        width: words.implicitWidth + 24
        height: 26
        radius: 13
        color: Theme.field
        PlainLabel {
            id: words
            anchors.centerIn: parent
            color: Theme.textSoft
            font.pixelSize: Theme.sizeSmall
            font.weight: Font.DemiBold
        }
    }
}
