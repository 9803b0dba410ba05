import QtQuick
import Skein
import Skein.Controls
import Skein.Theme

// The connection and the queue, now.
Card {
    id: card

    required property Client client
    readonly property bool wellOff: card.client.online
    // What holds the queue up, if anything does.
    readonly property string reason: {
        if ((card.client.state === Client.Waiting || card.client.state === Client.Offline) && card.client.retryInSeconds > 0)
            return card.client.errorText + " " + qsTr("Next attempt in %n second(s).", "", card.client.retryInSeconds);
        return card.client.errorText;
    }

    title: qsTr("Connection")

    Item {
        width: parent.width
        height: Math.max(40, words.height)
        Accessible.role: Accessible.StaticText
        Accessible.name: card.client.stateText + ". " + card.reason
        Rectangle {
            id: dot
            anchors.verticalCenter: parent.verticalCenter
            width: 36
            height: 36
            radius: 18
            color: card.wellOff ? Theme.goodSurface : card.client.state === Client.Stopped ? Theme.dangerSurface : Theme.warningSurface
            Icon {
                anchors.centerIn: parent
                name: card.wellOff ? "check" : "offline"
                color: card.wellOff ? Theme.good : card.client.state === Client.Stopped ? Theme.danger : Theme.warning
                size: 18
            }
        }
        Column {
            id: words
            anchors.left: dot.right
            anchors.leftMargin: Theme.gap
            anchors.right: again.visible ? again.left : parent.right
            anchors.verticalCenter: parent.verticalCenter
            PlainLabel {
                objectName: "diagnosticsState"
                width: parent.width
                text: card.client.stateText
                font.weight: Font.DemiBold
            }
            PlainLabel {
                width: parent.width
                visible: text !== ""
                text: card.reason
                color: Theme.textSoft
                font.pixelSize: Theme.sizeMeta
                wrapMode: Text.Wrap
            }
        }
        ActionButton {
            id: again
            objectName: "diagnosticsRetry"
            anchors.right: parent.right
            anchors.verticalCenter: parent.verticalCenter
            visible: card.client.state === Client.Waiting
            implicitHeight: 34
            kind: "plain"
            label: qsTr("Retry now")
            onClicked: card.client.retryNow()
        }
    }
    PlainLabel {
        width: parent.width
        visible: card.client.slowedSeconds > 0
        text: qsTr("Slowed down: the queue goes on in %n second(s).", "", card.client.slowedSeconds)
        color: Theme.warning
        font.pixelSize: Theme.sizeMeta
        wrapMode: Text.Wrap
    }
}
