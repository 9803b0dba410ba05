import QtQuick
import Skein
import Skein.Controls
import Skein.Theme

// What happened to one message: pasted in by its id, or opened from the message's menu.
Card {
    id: card

    required property Diagnostics diagnostics
    readonly property alias box: box

    title: qsTr("What happened to a message?")

    Item {
        width: parent.width
        height: box.height
        TextBox {
            id: box
            objectName: "storyId"
            width: parent.width - look.width - Theme.gapSmall
            implicitHeight: 40
            iconName: "search"
            label: qsTr("Id of the message")
            hint: qsTr("Paste the id of a message")
            text: card.diagnostics.storyId
            maximumLength: 200
            onAccepted: card.diagnostics.lookUp(text)
        }
        ActionButton {
            id: look
            objectName: "storyLook"
            anchors.right: parent.right
            height: box.height
            label: qsTr("Look up")
            enabled: box.text.trim() !== ""
            onClicked: card.diagnostics.lookUp(box.text)
        }
    }
    Spinner {
        visible: card.diagnostics.storyLoading
    }
    Rectangle {
        width: parent.width
        height: answer.height + 2 * Theme.gap
        visible: card.diagnostics.storyText !== ""
        radius: Theme.radiusSmall
        color: !card.diagnostics.storyKnown ? Theme.warningSurface : card.diagnostics.storyState === "failed" || card.diagnostics.storyState === "reverted" ? Theme.dangerSurface : Theme.field
        Accessible.role: Accessible.StaticText
        Accessible.name: kind.text + " " + state.text
        Column {
            id: answer
            x: Theme.gap
            y: Theme.gap
            width: parent.width - 2 * x
            spacing: 2
            PlainLabel {
                id: kind
                width: parent.width
                visible: text !== ""
                text: card.diagnostics.storyTitle
                font.pixelSize: Theme.sizeMeta
                font.weight: Font.DemiBold
            }
            PlainLabel {
                id: state
                objectName: "storyText"
                width: parent.width
                text: card.diagnostics.storyText
                font.pixelSize: Theme.sizeMeta
                wrapMode: Text.Wrap
            }
        }
    }
    EventLines {
        objectName: "storyEvents"
        width: parent.width
        topPadding: 4
        visible: events.length > 0
        events: card.diagnostics.storyEvents
    }
}
