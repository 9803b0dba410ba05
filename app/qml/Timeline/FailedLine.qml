import QtQuick
import Skein.Controls
import Skein.Theme

// Below a message that could not be sent: why, and the three ways on.
Item {
    id: line

    property string reason
    signal retry
    signal edit
    signal discard

    Row {
        anchors.right: parent.right
        y: 3
        height: 28
        spacing: 2
        PlainLabel {
            anchors.verticalCenter: parent.verticalCenter
            width: Math.min(implicitWidth, line.width - 230)
            rightPadding: 6
            text: line.reason !== "" ? line.reason : qsTr("Not sent")
            color: Theme.danger
            font.pixelSize: Theme.sizeSmall
        }
        ActionButton {
            objectName: "failedRetry"
            implicitHeight: 28
            kind: "plain"
            label: qsTr("Retry")
            onClicked: line.retry()
        }
        ActionButton {
            implicitHeight: 28
            kind: "plain"
            label: qsTr("Edit")
            onClicked: line.edit()
        }
        ActionButton {
            implicitHeight: 28
            kind: "danger"
            label: qsTr("Discard")
            onClicked: line.discard()
        }
    }
}
