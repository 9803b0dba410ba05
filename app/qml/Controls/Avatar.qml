import QtQuick
import Skein.Theme

// A round picture made of initials and a colour that stays with the person or room.
Rectangle {
    id: avatar

    property string initials
    property int colorIndex: 0
    property int size: Theme.avatar
    property bool online: false
    property color ringColor: Theme.side

    width: size
    height: size
    radius: size / 2
    color: Theme.avatarColor(avatar.colorIndex)
    PlainLabel {
        anchors.centerIn: parent
        width: Math.min(implicitWidth, parent.width - 4)
        text: avatar.initials
        color: "#ffffff"
        font.pixelSize: Math.round(avatar.size * 0.38)
        font.weight: Font.DemiBold
        horizontalAlignment: Text.AlignHCenter
    }
    Rectangle {
        visible: avatar.online
        width: 13
        height: 13
        radius: 6.5
        x: avatar.width - width + 1
        y: avatar.height - height + 1
        color: Theme.good
        border.color: avatar.ringColor
        border.width: 2
    }
}
