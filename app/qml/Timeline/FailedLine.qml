import QtQuick
import Skein.Controls
import Skein.Theme

// Below a message that could not be sent: why, and the three ways on. Beside each other where there
// is room, the reason above the buttons where there is not: nobody must guess at half a reason.
Item {
    id: line

    property string reason
    property bool narrow: false
    signal retry
    signal edit
    signal discard

    Accessible.role: Accessible.Grouping
    Accessible.name: why.text
    PlainLabel {
        id: why
        objectName: "failedReason"
        anchors.right: line.narrow ? parent.right : buttons.left
        anchors.rightMargin: 6
        y: line.narrow ? 3 : 9
        width: Math.min(implicitWidth, line.narrow ? line.width - 6 : line.width - buttons.width - 6)
        text: line.reason !== "" ? line.reason : qsTr("Not sent")
        color: Theme.danger
        font.pixelSize: Theme.sizeSmall
    }
    Row {
        id: buttons
        anchors.right: parent.right
        y: line.narrow ? 21 : 3
        height: 28
        spacing: 2
        ActionButton {
            objectName: "failedRetry"
            implicitHeight: 28
            kind: "plain"
            label: qsTr("Retry")
            onClicked: line.retry()
        }
        ActionButton {
            objectName: "failedEdit"
            implicitHeight: 28
            kind: "plain"
            label: qsTr("Edit")
            onClicked: line.edit()
        }
        ActionButton {
            objectName: "failedDiscard"
            implicitHeight: 28
            kind: "danger"
            label: qsTr("Discard")
            onClicked: line.discard()
        }
    }
}
