import QtQuick
import Skein.Theme

// A scroll bar that knows only a position and a size between 0 and 1: what it stands for may be a
// million rows of which a few hundred are loaded. Reports where it was dragged to.
Item {
    id: bar

    property real position: 0
    property real size: 1
    property bool active: false
    readonly property bool dragging: area.pressed
    readonly property real thumbHeight: Math.max(36, bar.height * bar.size)
    readonly property real travel: Math.max(1, bar.height - bar.thumbHeight)
    signal dragged(position: real)

    width: 14
    visible: bar.size < 0.999
    Accessible.role: Accessible.ScrollBar
    Accessible.name: qsTr("Position in the conversation")

    Rectangle {
        id: thumb
        x: bar.width - width - 3
        y: bar.size >= 1 ? 0 : bar.travel * Math.min(1, bar.position / (1 - bar.size))
        width: area.containsMouse || area.pressed ? 8 : 5
        height: bar.thumbHeight
        radius: width / 2
        color: Theme.textFaint
        opacity: area.pressed ? 0.9 : area.containsMouse ? 0.7 : bar.active ? 0.45 : 0.18
        Behavior on opacity {
            NumberAnimation {
                duration: Theme.normal
            }
        }
    }
    MouseArea {
        id: area
        property real grip: 0
        anchors.fill: parent
        hoverEnabled: true
        preventStealing: true
        onPressed: mouse => {
            grip = mouse.y >= thumb.y && mouse.y < thumb.y + thumb.height ? mouse.y - thumb.y : thumb.height / 2;
            move(mouse.y);
        }
        onPositionChanged: mouse => {
            if (pressed)
                move(mouse.y);
        }
        function move(y: real) {
            const share = Math.max(0, Math.min(1, (y - grip) / bar.travel));
            bar.dragged(share * (1 - bar.size));
        }
    }
}
