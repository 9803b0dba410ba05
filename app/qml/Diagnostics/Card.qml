import QtQuick
import Skein.Controls
import Skein.Theme

// One subject of the page: a heading, and whatever stands below it.
Rectangle {
    id: card

    property string title
    default property alias content: body.data

    implicitHeight: body.y + body.height + Theme.gapLarge
    height: implicitHeight
    radius: Theme.radius
    color: Theme.side
    border.color: Theme.line
    Accessible.role: Accessible.Grouping
    Accessible.name: card.title

    PlainLabel {
        x: Theme.gapLarge
        y: Theme.gap
        width: parent.width - 2 * x
        text: card.title
        font.pixelSize: Theme.sizeBody
        font.weight: Font.DemiBold
        Accessible.ignored: false
        Accessible.role: Accessible.Heading
        Accessible.name: text
    }
    Column {
        id: body
        x: Theme.gapLarge
        y: 42
        width: parent.width - 2 * x
        spacing: Theme.gapSmall
    }
}
