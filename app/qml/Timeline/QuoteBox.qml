import QtQuick
import Skein.Controls
import Skein.Theme

// What a message replies to: two lines, fixed height.
Rectangle {
    id: quote

    property string sender
    property string words
    property bool accented: false

    radius: Theme.radiusSmall
    color: quote.accented ? "#26ffffff" : Theme.dark ? "#1affffff" : "#125b55d6"
    Rectangle {
        width: 3
        height: parent.height - 12
        x: 6
        y: 6
        radius: 1.5
        color: quote.accented ? "#ffffff" : Theme.accent
    }
    PlainLabel {
        x: 16
        y: 4
        width: parent.width - 22
        text: quote.sender
        color: quote.accented ? "#ffffff" : Theme.accent
        font.pixelSize: Theme.sizeSmall
        font.weight: Font.DemiBold
    }
    PlainLabel {
        x: 16
        y: 21
        width: parent.width - 22
        text: quote.words !== "" ? quote.words : qsTr("Message not available")
        color: quote.accented ? Theme.ownBubbleSoft : Theme.textSoft
        font.pixelSize: Theme.sizeSmall
    }
}
