import QtQuick
import Skein.Controls
import Skein.Theme

// One message. Flat, one text layout at a fixed wrap width, and a height that is plain arithmetic
// over figures known at creation: the list never moves because of a late polish
// (docs/adr/0008-timeline-window.md). Rare parts are Loaders whose height is known without them.
Item {
    id: row

    required property string rowId
    required property bool own
    required property string senderName
    required property string senderInitials
    required property int senderColor
    required property string body
    required property string timeText
    required property string dayText
    required property bool unreadDivider
    required property bool groupStart
    required property bool groupEnd
    required property int status
    required property string statusText
    required property bool edited
    required property bool deleted
    required property int replySeq
    required property string replySender
    required property string replyText
    required property string errorText
    required property bool heldBack

    // From the view.
    property bool showSender: true
    property bool narrow: false
    signal retryWanted(rowId: string)
    signal editWanted(rowId: string)
    signal discardWanted(rowId: string)

    readonly property bool failed: row.status === 7
    // The line below the bubble: what to do about a failed one, or what an unsent one waits for.
    readonly property int belowPart: row.failed ? (row.narrow ? 52 : 32) : row.heldBack ? 22 : 0
    // What nobody knows at the moment is said in words, not by a symbol alone.
    readonly property string stamp: row.own && row.status === 3 && !row.heldBack ? qsTr("checking…") : row.edited && !row.deleted ? qsTr("edited %1").arg(row.timeText) : row.timeText
    readonly property bool named: row.showSender && !row.own && row.groupStart
    readonly property int margin: row.narrow ? 10 : 20
    readonly property int columnWidth: Math.min(row.width, Theme.columnMax)
    readonly property int columnX: Math.round((row.width - row.columnWidth) / 2)
    readonly property int avatarRoom: row.showSender && !row.own ? Theme.avatarSmall + 8 : 0
    readonly property int wrapWidth: Math.max(80, Math.min(Theme.bubbleMax, row.columnWidth - 2 * row.margin - row.avatarRoom - (row.narrow ? 36 : 72)) - 28)
    readonly property int metaWidth: meta.implicitWidth + (row.own ? 20 : 0)
    readonly property bool metaInline: words.lastLine + 12 + row.metaWidth <= row.wrapWidth
    readonly property int innerWidth: Math.ceil(Math.min(row.wrapWidth, Math.max(words.contentWidth, row.metaInline ? words.lastLine + 12 + row.metaWidth : row.metaWidth, row.named ? nameLabel.implicitWidth : 0, row.replySeq > 0 ? Math.min(row.wrapWidth, 240) : 0)))
    readonly property int aboveText: 8 + (row.named ? 20 : 0) + (row.replySeq > 0 ? 50 : 0)
    readonly property int topPart: (row.dayText !== "" ? Theme.dayLine : 0) + (row.unreadDivider ? Theme.unreadLine : 0) + (row.groupStart ? 10 : 2)
    readonly property int bubbleHeight: row.aboveText + Math.ceil(words.contentHeight) + (row.metaInline ? 0 : 16) + 8
    readonly property bool mirroredText: words.effectiveHorizontalAlignment === Text.AlignRight
    readonly property alias bubble: bubbleItem
    readonly property string report: row.body + "|" + row.statusText

    objectName: "row:" + row.rowId
    height: row.topPart + row.bubbleHeight + row.belowPart
    Accessible.role: Accessible.ListItem
    Accessible.name: (row.own ? qsTr("You") : row.senderName) + ": " + words.text + ", " + row.timeText + (row.own ? ", " + row.statusText : "")

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
    Loader {
        active: row.showSender && !row.own && row.groupEnd
        x: row.columnX + row.margin
        y: bubbleItem.y + bubbleItem.height - Theme.avatarSmall
        sourceComponent: Avatar {
            size: Theme.avatarSmall
            initials: row.senderInitials
            colorIndex: row.senderColor
        }
    }

    Rectangle {
        id: bubbleItem
        x: row.own ? row.columnX + row.columnWidth - row.margin - width : row.columnX + row.margin + row.avatarRoom
        y: row.topPart
        width: row.innerWidth + 28
        height: row.bubbleHeight
        radius: Theme.radiusBubble
        color: !row.own ? Theme.bubble : row.failed ? Theme.ownBubbleFailed : Theme.ownBubble

        // The corner that points at the sender.
        Rectangle {
            visible: row.groupEnd
            // So much larger that its own corners lie on straight edges of the bubble.
            width: Theme.radiusBubble + Theme.radiusTail
            height: width
            x: row.own ? parent.width - width : 0
            y: parent.height - height
            radius: Theme.radiusTail
            color: parent.color
        }
        PlainLabel {
            id: nameLabel
            visible: row.named
            x: 14
            y: 7
            width: row.innerWidth
            text: row.senderName
            color: Theme.nameColor(row.senderColor)
            font.pixelSize: Theme.sizeMeta
            font.weight: Font.DemiBold
        }
        Loader {
            active: row.replySeq > 0
            x: 14
            y: 9 + (row.named ? 20 : 0)
            width: row.innerWidth
            height: 42
            sourceComponent: QuoteBox {
                sender: row.replySender
                words: row.replyText
                accented: row.own
            }
        }
        PlainLabel {
            id: words
            property real lastLine: 0
            x: 14 - (row.mirroredText ? width - row.innerWidth : 0)
            y: row.aboveText
            width: row.wrapWidth
            wrapMode: Text.Wrap
            elide: Text.ElideNone
            text: row.deleted ? qsTr("Message deleted") : row.body
            font.italic: row.deleted
            color: row.own ? (row.deleted ? Theme.ownBubbleSoft : Theme.ownBubbleText) : row.deleted ? Theme.bubbleSoft : Theme.bubbleText
            onLineLaidOut: line => {
                if (line.isLast)
                    words.lastLine = line.implicitWidth;
            }
        }
        PlainLabel {
            id: meta
            x: row.mirroredText ? 14 + (row.own ? 20 : 0) : bubbleItem.width - 14 - row.metaWidth
            y: bubbleItem.height - 8 - 15
            text: row.stamp
            color: row.own ? Theme.ownBubbleSoft : Theme.bubbleSoft
            font.pixelSize: Theme.sizeTiny
        }
        Icon {
            visible: row.own
            x: row.mirroredText ? 12 : bubbleItem.width - 12 - width
            y: bubbleItem.height - 8 - 16
            size: 16
            name: !row.own ? "" : row.failed ? "alert" : row.status <= 3 ? "clock" : row.status === 4 ? "check" : "checks"
            color: row.failed ? "#ffd0d0" : row.status === 6 ? "#8ff5c8" : Theme.ownBubbleSoft
        }
    }

    Loader {
        active: row.failed
        x: row.columnX + row.margin
        y: bubbleItem.y + bubbleItem.height
        width: row.columnWidth - 2 * row.margin
        height: row.belowPart
        sourceComponent: FailedLine {
            reason: row.errorText
            narrow: row.narrow
            onRetry: row.retryWanted(row.rowId)
            onEdit: row.editWanted(row.rowId)
            onDiscard: row.discardWanted(row.rowId)
        }
    }
    Loader {
        active: row.heldBack && !row.failed
        x: row.columnX + row.margin
        y: bubbleItem.y + bubbleItem.height
        width: row.columnWidth - 2 * row.margin
        height: row.belowPart
        sourceComponent: PlainLabel {
            objectName: "heldBack"
            topPadding: 4
            rightPadding: 6
            text: row.statusText
            color: Theme.textSoft
            font.pixelSize: Theme.sizeSmall
            horizontalAlignment: Text.AlignRight
        }
    }
}
