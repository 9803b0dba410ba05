import QtQuick
import Skein.Theme

// The visible focus mark: around its parent, only for keyboard focus.
Rectangle {
    property bool shown: false
    property int inset: -3

    anchors.fill: parent
    anchors.margins: inset
    visible: shown
    color: "transparent"
    border.color: Theme.focus
    border.width: Theme.focusWidth
}
