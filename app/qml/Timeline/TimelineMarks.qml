import QtQuick
import Skein.Controls
import Skein.Theme

// What a view shows on top of single rows, one instance each: the keyboard's mark, the flash of a
// jump, the buttons under the mouse. They follow rows by id; rows come and go below them.
Item {
    id: marks

    required property var view
    property string flashedRowId
    property string hoveredRowId

    function clear() {
        marks.flashedRowId = "";
        marks.hoveredRowId = "";
        marks.follow();
    }
    function flash(row: int) {
        if (row <= 0)
            return;
        marks.flashedRowId = marks.view.timeline.get(row).rowId;
        fade.restart();
        marks.follow();
    }
    function placeOn(mark: Item, rowId: string) {
        const item = rowId === "" ? null : marks.view.rowItem(rowId);
        mark.visible = item !== null;
        if (item === null)
            return;
        const at = item.mapToItem(marks, 0, 0);
        mark.y = at.y;
        mark.height = item.height;
    }
    function follow() {
        marks.placeOn(selection, marks.view.selectedRowId);
        marks.placeOn(flashMark, marks.flashedRowId);
        const item = marks.hoveredRowId === "" ? null : marks.view.rowItem(marks.hoveredRowId);
        const bubble = item ? item.bubble : undefined;
        tools.visible = bubble !== undefined;
        if (bubble === undefined)
            return;
        const at = bubble.mapToItem(marks, 0, 0);
        tools.x = item.own ? at.x - tools.width - 6 : Math.min(at.x + bubble.width + 6, marks.width - tools.width - 16);
        tools.y = Math.max(2, at.y + bubble.height - tools.height);
    }
    function rowAt(x: real, y: real): Item {
        const list = marks.view.list;
        return list.itemAt(x + list.contentX, y + list.contentY);
    }

    clip: true

    Rectangle {
        id: flashMark
        visible: false
        width: parent.width
        color: Theme.highlight
        z: -1
        NumberAnimation on opacity {
            id: fade
            running: false
            from: 0.55
            to: 0
            duration: 1400
            onStopped: marks.flashedRowId = ""
        }
    }
    Rectangle {
        id: selection
        visible: false
        x: 6
        width: parent.width - 12
        radius: Theme.radius
        color: "transparent"
        border.color: Theme.focus
        border.width: Theme.focusWidth
    }

    HoverHandler {
        id: hover
        acceptedDevices: PointerDevice.Mouse | PointerDevice.TouchPad
        onPointChanged: {
            if (tools.visible && tools.contains(tools.mapFromItem(marks, point.position.x, point.position.y)))
                return;
            const item = marks.rowAt(point.position.x, point.position.y);
            const id = item && item.bubble ? item.rowId : "";
            if (id !== marks.hoveredRowId) {
                marks.hoveredRowId = id;
                marks.follow();
            }
        }
        onHoveredChanged: if (!hovered) {
            marks.hoveredRowId = "";
            marks.follow();
        }
    }
    // On the list's content and not on this item, which lies above it: buttons inside of rows come first.
    TapHandler {
        parent: marks.view.list.contentItem
        acceptedButtons: Qt.LeftButton | Qt.RightButton
        onTapped: (point, button) => {
            const at = marks.mapFromItem(parent, point.position.x, point.position.y);
            const item = marks.rowAt(at.x, at.y);
            if (!item || !item.bubble)
                return;
            if (button === Qt.RightButton) {
                const inRow = item.mapFromItem(marks, at.x, at.y);
                marks.view.menuWanted(item, inRow.x, inRow.y, item.rowId);
                return;
            }
            const inBubble = item.bubble.mapFromItem(marks, at.x, at.y);
            if (item.replySeq > 0 && item.bubble.contains(inBubble) && inBubble.y < item.aboveText)
                marks.view.timeline.jumpToSeq(item.replySeq);
            else
                marks.view.list.forceActiveFocus(Qt.MouseFocusReason);
        }
        onLongPressed: {
            const at = marks.mapFromItem(parent, point.position.x, point.position.y);
            const item = marks.rowAt(at.x, at.y);
            if (item && item.bubble)
                marks.view.menuWanted(item, item.width / 2, item.height / 2, item.rowId);
        }
    }

    Row {
        id: tools
        visible: false
        spacing: 0
        IconButton {
            objectName: "hoverReply"
            implicitWidth: 32
            implicitHeight: 32
            focusPolicy: Qt.NoFocus
            iconName: "reply"
            iconSize: 18
            label: qsTr("Reply")
            onClicked: marks.view.replyWanted(marks.hoveredRowId)
        }
        IconButton {
            objectName: "hoverMore"
            implicitWidth: 32
            implicitHeight: 32
            focusPolicy: Qt.NoFocus
            iconName: "more"
            iconSize: 18
            label: qsTr("More actions")
            onClicked: {
                const id = marks.hoveredRowId;
                const item = marks.view.rowItem(id);
                if (item)
                    marks.view.menuWanted(item, item.mapFromItem(tools, 0, 0).x, item.mapFromItem(tools, 0, 32).y, id);
            }
        }
    }
}
