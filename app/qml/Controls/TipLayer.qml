import QtQuick
import Skein.Theme

// The one tooltip of a window, above everything else.
Item {
    id: layer

    anchors.fill: parent

    Timer {
        id: delay
        interval: 600
        running: Tips.owner !== null
        onTriggered: tip.show()
    }
    Connections {
        target: Tips
        function onOwnerChanged() {
            tip.visible = false;
        }
    }
    Rectangle {
        id: tip

        function show() {
            if (Tips.owner === null || Tips.text === "")
                return;
            const at = Tips.owner.mapToItem(layer, Tips.owner.width / 2, Tips.owner.height + 6);
            x = Math.max(6, Math.min(layer.width - width - 6, at.x - width / 2));
            y = at.y + height > layer.height - 6 ? at.y - Tips.owner.height - 12 - height : at.y;
            visible = true;
        }

        visible: false
        width: words.width + 2 * Theme.gapSmall
        height: words.height + Theme.gapSmall
        radius: Theme.radiusSmall
        color: Theme.dark ? "#3a3a4a" : "#2a2a38"
        PlainLabel {
            id: words
            anchors.centerIn: parent
            text: Tips.text
            color: "#ffffff"
            font.pixelSize: Theme.sizeSmall
        }
    }
}
