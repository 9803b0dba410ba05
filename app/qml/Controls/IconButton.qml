import QtQuick
import QtQuick.Templates as T
import Skein.Theme

// A round button with an icon; `label` is its name for screen readers and its tooltip.
T.AbstractButton {
    id: control

    property string label
    property string iconName
    property color iconColor: Theme.textSoft
    property int iconSize: 20
    property bool filled: false

    implicitWidth: Theme.control
    implicitHeight: Theme.control
    opacity: control.enabled ? 1 : 0.4
    focusPolicy: Qt.StrongFocus
    hoverEnabled: true
    Accessible.role: Accessible.Button
    Accessible.name: control.label
    Keys.onReturnPressed: control.clicked()
    Keys.onEnterPressed: control.clicked()
    onHoveredChanged: control.hovered ? Tips.show(control, control.label) : Tips.hide(control)
    onPressed: Tips.hide(control)

    contentItem: Item {
        Icon {
            anchors.centerIn: parent
            name: control.iconName
            size: control.iconSize
            color: control.filled ? Theme.textOnAccent : control.iconColor
        }
    }
    background: Rectangle {
        radius: height / 2
        color: control.filled ? (control.down ? Theme.accentPressed : control.hovered ? Theme.accentHover : Theme.accentFill) : (control.down ? Theme.pressed : control.hovered ? Theme.hover : "transparent")
        FocusRing {
            shown: control.visualFocus
            inset: control.filled ? -3 : 0
            radius: height / 2
        }
    }
}
