import QtQuick
import Skein.Controls
import Skein.Theme

// Messages that exist and are not on this device yet; the model fetches them when this is seen.
Item {
    id: hole

    required property string rowId
    required property double holeCount

    height: 64
    Accessible.role: Accessible.ListItem
    Accessible.name: words.text
    Rectangle {
        anchors.centerIn: parent
        width: content.width + 2 * Theme.gapLarge
        height: 36
        radius: 18
        color: Theme.field
        Row {
            id: content
            anchors.centerIn: parent
            spacing: Theme.gapSmall
            Spinner {
                anchors.verticalCenter: parent.verticalCenter
            }
            PlainLabel {
                id: words
                text: qsTr("Loading %n message(s)", "", hole.holeCount)
                color: Theme.textSoft
                font.pixelSize: Theme.sizeMeta
            }
        }
    }
}
