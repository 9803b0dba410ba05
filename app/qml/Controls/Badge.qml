import QtQuick
import Skein.Theme

// A count in a pill: "1" … "99+".
Rectangle {
    property alias label: words.text
    property bool quiet: false

    visible: words.text !== ""
    height: 20
    width: Math.max(height, words.implicitWidth + 12)
    radius: height / 2
    color: quiet ? Theme.textFaint : Theme.accentFill
    PlainLabel {
        id: words
        anchors.centerIn: parent
        color: "#ffffff"
        font.pixelSize: Theme.sizeSmall
        font.weight: Font.DemiBold
    }
}
