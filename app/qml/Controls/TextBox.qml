import QtQuick
import QtQuick.Templates as T
import Skein.Theme

// One line of input. What is typed is plain text by nature of TextField.
T.TextField {
    id: control

    property string label
    property string hint
    property string iconName

    implicitHeight: 44
    implicitWidth: 240
    leftPadding: control.iconName === "" ? 14 : 40
    rightPadding: 14
    topPadding: 0
    bottomPadding: 0
    verticalAlignment: TextInput.AlignVCenter
    color: Theme.text
    selectionColor: Theme.accentFill
    selectedTextColor: Theme.textOnAccent
    font.pixelSize: Theme.sizeBody
    selectByMouse: true
    activeFocusOnTab: true
    Accessible.role: Accessible.EditableText
    Accessible.name: control.label
    Accessible.description: control.hint

    background: Rectangle {
        radius: control.height / 2
        color: control.activeFocus ? Theme.raised : Theme.field
        border.width: control.activeFocus ? Theme.focusWidth : 0
        border.color: Theme.focus
        Icon {
            visible: control.iconName !== ""
            x: 13
            anchors.verticalCenter: parent.verticalCenter
            name: control.iconName
            size: 18
            color: Theme.textFaint
        }
    }
    PlainLabel {
        x: control.leftPadding
        width: control.width - control.leftPadding - control.rightPadding
        anchors.verticalCenter: parent.verticalCenter
        visible: control.length === 0 && control.preeditText === ""
        text: control.hint
        color: Theme.textFaint
        font.pixelSize: Theme.sizeBody
    }
}
