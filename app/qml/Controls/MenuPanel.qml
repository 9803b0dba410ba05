pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Templates as T
import Skein.Theme

// A small floating menu: rows of {key, label, icon, danger}. One instance serves a whole view.
T.Popup {
    id: menu

    property var rows: []
    property Item from: null
    signal chosen(key: string)

    function openAt(item: Item, px: real, py: real, entries: var) {
        menu.rows = entries;
        menu.from = item;
        const at = item.mapToItem(menu.parent, px, py);
        menu.x = Math.max(8, Math.min(menu.parent.width - menu.width - 8, at.x));
        menu.y = Math.max(8, Math.min(menu.parent.height - menu.implicitHeight - 8, at.y));
        menu.open();
        list.currentIndex = 0;
        list.forceActiveFocus();
    }

    // As wide as the longest entry needs, in any language.
    readonly property FontMetrics letters: FontMetrics {
        font.pixelSize: Theme.sizeBody - 1
    }
    readonly property int widest: menu.rows.reduce((most, row) => Math.max(most, menu.letters.advanceWidth(row.label)), 0)

    implicitWidth: Math.min(Math.max(216, menu.widest + 64), menu.parent ? menu.parent.width - 16 : 216)
    implicitHeight: list.contentHeight + 12
    height: implicitHeight
    padding: 6
    modal: false
    focus: true
    closePolicy: T.Popup.CloseOnEscape | T.Popup.CloseOnPressOutside

    background: Rectangle {
        color: Theme.raised
        radius: Theme.radius
        border.color: Theme.line
    }
    // Not written into contentItem itself: an id below it would undo its deferred creation.
    readonly property ListView content: ListView {
        id: list
        objectName: "menu"
        implicitHeight: contentHeight
        model: menu.rows
        interactive: false
        keyNavigationWraps: true
        Accessible.role: Accessible.PopupMenu
        Accessible.name: qsTr("Actions")
        Keys.onReturnPressed: menu.pick(currentIndex)
        Keys.onEnterPressed: menu.pick(currentIndex)
        Keys.onSpacePressed: menu.pick(currentIndex)
        delegate: Rectangle {
            id: entry
            required property int index
            required property var modelData
            readonly property bool danger: entry.modelData.danger === true
            objectName: "menu:" + entry.modelData.key
            width: ListView.view.width
            height: 38
            radius: Theme.radiusSmall
            color: area.pressed ? Theme.pressed : ListView.isCurrentItem || area.containsMouse ? Theme.hover : "transparent"
            Accessible.role: Accessible.MenuItem
            Accessible.name: entry.modelData.label
            Icon {
                x: 10
                anchors.verticalCenter: parent.verticalCenter
                name: entry.modelData.icon
                size: 18
                color: entry.danger ? Theme.danger : Theme.textSoft
            }
            PlainLabel {
                x: 38
                width: parent.width - 48
                anchors.verticalCenter: parent.verticalCenter
                text: entry.modelData.label
                color: entry.danger ? Theme.danger : Theme.text
                font.pixelSize: Theme.sizeBody - 1
            }
            MouseArea {
                id: area
                anchors.fill: parent
                hoverEnabled: true
                onEntered: list.currentIndex = entry.index
                onClicked: menu.pick(entry.index)
            }
        }
    }
    contentItem: menu.content
    enter: Transition {
        NumberAnimation {
            property: "opacity"
            from: 0
            to: 1
            duration: Theme.fast
        }
    }

    function pick(index: int) {
        const row = menu.rows[index];
        menu.close();
        if (row)
            menu.chosen(row.key);
    }
    onClosed: if (menu.from)
        menu.from.forceActiveFocus()
}
