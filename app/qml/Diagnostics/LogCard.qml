import QtQuick
import Skein.Controls
import Skein.Theme

// The newest lines of the log. They hold no texts of messages and no passwords.
Card {
    id: card

    property var lines: []
    readonly property int linesMax: 30
    signal copyWanted

    title: qsTr("Log")

    PlainLabel {
        width: parent.width
        text: qsTr("Without the texts of messages, without names and passwords.")
        color: Theme.textSoft
        font.pixelSize: Theme.sizeMeta
        wrapMode: Text.Wrap
    }
    Rectangle {
        width: parent.width
        height: Math.max(48, words.implicitHeight + 2 * Theme.gap)
        radius: Theme.radiusSmall
        color: Theme.field
        PlainLabel {
            id: words
            objectName: "log"
            x: Theme.gap
            y: Theme.gap
            width: parent.width - 2 * x
            text: card.lines.length > 0 ? card.lines.slice(-card.linesMax).join("\n") : qsTr("Nothing was logged yet.")
            color: Theme.textSoft
            font.pixelSize: Theme.sizeTiny
            font.family: "monospace"
            wrapMode: Text.WrapAnywhere
            Accessible.ignored: false
            Accessible.role: Accessible.StaticText
            Accessible.name: text
        }
    }
    ActionButton {
        objectName: "copyLog"
        implicitHeight: 36
        kind: "plain"
        iconName: "copy"
        label: qsTr("Copy log and figures")
        onClicked: card.copyWanted()
    }
}
