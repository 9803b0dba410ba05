pragma ComponentBehavior: Bound

import QtQuick
import Skein.Theme

// The app's sign: a ball of yarn that is a speech bubble.
Rectangle {
    id: mark

    radius: width * 0.3
    color: Theme.accentFill
    Repeater {
        model: 3
        Rectangle {
            required property int index
            anchors.centerIn: parent
            width: mark.width * (0.64 - index * 0.19)
            height: width
            radius: width / 2
            color: "transparent"
            border.color: index === 2 ? "#ffffff" : "#e8e6ff"
            border.width: Math.max(2, mark.width * 0.055)
            anchors.horizontalCenterOffset: index * mark.width * 0.055
            anchors.verticalCenterOffset: index * mark.width * 0.03
        }
    }
}
