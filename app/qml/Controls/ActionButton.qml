import QtQuick
import QtQuick.Templates as T
import Skein.Theme

// A button with words. `kind`: "primary", "plain" or "danger".
T.AbstractButton {
    id: control

    property string label
    property string kind: "primary"
    property string iconName
    readonly property bool filled: control.kind === "primary"
    readonly property color ink: control.filled ? Theme.textOnAccent : control.kind === "danger" ? Theme.danger : Theme.accent

    implicitHeight: Theme.control
    implicitWidth: control.content.implicitWidth + 2 * Theme.gapLarge
    opacity: control.enabled ? 1 : 0.45
    focusPolicy: Qt.StrongFocus
    hoverEnabled: true
    Accessible.role: Accessible.Button
    Accessible.name: control.label
    Keys.onReturnPressed: control.clicked()
    Keys.onEnterPressed: control.clicked()

    readonly property Item content: Item {
        implicitWidth: words.implicitWidth + (control.iconName !== "" ? 18 + Theme.gapSmall : 0)
        Row {
            anchors.centerIn: parent
            spacing: Theme.gapSmall
            Icon {
                visible: control.iconName !== ""
                anchors.verticalCenter: parent.verticalCenter
                name: control.iconName
                color: control.ink
                size: 18
            }
            PlainLabel {
                id: words
                anchors.verticalCenter: parent.verticalCenter
                text: control.label
                color: control.ink
                font.pixelSize: Theme.sizeBody
                font.weight: Font.DemiBold
            }
        }
    }
    contentItem: control.content
    background: Rectangle {
        radius: height / 2
        color: control.filled ? (control.down ? Theme.accentPressed : control.hovered ? Theme.accentHover : Theme.accentFill) : (control.down ? Theme.pressed : control.hovered ? Theme.hover : "transparent")
        FocusRing {
            shown: control.visualFocus
            radius: height / 2
        }
    }
}
