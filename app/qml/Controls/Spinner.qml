pragma ComponentBehavior: Bound

import QtQuick
import Skein.Theme

// Three dots that breathe: something is on its way.
Row {
    id: spinner

    property bool running: true

    spacing: 6
    Accessible.role: Accessible.Animation
    Accessible.name: qsTr("Loading")
    Repeater {
        model: 3
        Rectangle {
            id: dot
            required property int index
            width: 8
            height: 8
            radius: 4
            color: Theme.textFaint
            SequentialAnimation on opacity {
                running: spinner.running && spinner.visible && Theme.normal > 0
                loops: Animation.Infinite
                PauseAnimation {
                    duration: dot.index * 150
                }
                NumberAnimation {
                    to: 1
                    duration: 300
                }
                NumberAnimation {
                    to: 0.35
                    duration: 300
                }
                PauseAnimation {
                    duration: (2 - dot.index) * 150
                }
            }
        }
    }
}
