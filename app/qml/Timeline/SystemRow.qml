import QtQuick
import Skein.Controls
import Skein.Theme

// What happened in the room: somebody joined, a job changed its state.
Item {
    id: row

    required property string rowId
    required property string body
    required property string dayText
    required property bool unreadDivider

    readonly property int topPart: (row.dayText !== "" ? Theme.dayLine : 0) + (row.unreadDivider ? Theme.unreadLine : 0)

    height: row.topPart + Math.ceil(words.contentHeight) + 16
    Accessible.role: Accessible.ListItem
    Accessible.name: words.text
    // Qt 6.4 cannot instantiate bound components in a Loader: hence no ComponentBehavior here.
    // qmllint disable unqualified
    Loader {
        active: row.dayText !== ""
        width: row.width
        sourceComponent: DayLine {
            label: row.dayText
        }
    }
    Loader {
        active: row.unreadDivider
        y: row.dayText !== "" ? Theme.dayLine : 0
        width: row.width
        sourceComponent: UnreadLine {}
    }
    PlainLabel {
        id: words
        x: Math.round((row.width - width) / 2)
        y: row.topPart + 8
        width: Math.max(80, Math.min(row.width - 48, Theme.bubbleMax))
        horizontalAlignment: Text.AlignHCenter
        wrapMode: Text.Wrap
        elide: Text.ElideNone
        text: row.body
        color: Theme.textFaint
        font.pixelSize: Theme.sizeMeta
    }
}
