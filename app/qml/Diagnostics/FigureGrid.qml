pragma ComponentBehavior: Bound

import QtQuick
import Skein.Controls
import Skein.Native
import Skein.Theme

// Numbers with their names, in as many columns as fit.
Grid {
    id: grid

    // [{title, value, bad}]
    property var figures: []
    readonly property int columnWidth: Math.floor((grid.width - (grid.columns - 1) * grid.columnSpacing) / grid.columns)

    columns: grid.width >= 460 ? 4 : 2
    columnSpacing: Theme.gapSmall
    rowSpacing: Theme.gapSmall

    Repeater {
        model: grid.figures.length
        Rectangle {
            id: tile
            required property int index
            readonly property var figure: grid.figures[tile.index]
            readonly property bool bad: tile.figure.bad === true
            width: grid.columnWidth
            height: 62
            radius: Theme.radiusSmall
            color: tile.bad ? Theme.dangerSurface : Theme.field
            Accessible.role: Accessible.StaticText
            Accessible.name: tile.figure.title + ": " + number.text
            PlainLabel {
                id: number
                x: Theme.gap
                y: 7
                width: parent.width - 2 * x
                text: Desktop.number(tile.figure.value)
                color: tile.bad ? Theme.danger : Theme.text
                font.pixelSize: 20
                font.weight: Font.DemiBold
            }
            PlainLabel {
                x: Theme.gap
                y: 36
                width: parent.width - 2 * x
                text: tile.figure.title
                color: tile.bad ? Theme.danger : Theme.textSoft
                font.pixelSize: Theme.sizeSmall
            }
        }
    }
}
