pragma ComponentBehavior: Bound

import QtQuick
import Skein
import Skein.Controls
import Skein.Theme

// The left pane: who is signed in, the filter, the rooms.
Rectangle {
    id: panel

    required property Client client
    property string currentRoomId
    // In the accounts that are not shown.
    property int unreadElsewhere: 0
    readonly property alias filterBox: filter
    signal roomWanted(roomId: string)
    signal newRoomWanted
    signal menuWanted(item: Item)
    signal accountsWanted(item: Item)

    function focusFilter() {
        filter.forceActiveFocus(Qt.ShortcutFocusReason);
        filter.selectAll();
    }
    function openMarked() {
        const id = panel.client.rooms.roomAt(Math.max(0, list.currentIndex));
        if (id === "")
            return;
        filter.clear();
        panel.roomWanted(id);
    }

    color: Theme.side

    Item {
        id: header
        width: parent.width
        height: Theme.header
        AccountHead {
            id: head
            x: 8
            anchors.verticalCenter: parent.verticalCenter
            width: buttons.x - x - 4
            client: panel.client
            unreadElsewhere: panel.unreadElsewhere
            onClicked: panel.accountsWanted(head)
        }
        Row {
            id: buttons
            anchors.right: parent.right
            anchors.rightMargin: 8
            anchors.verticalCenter: parent.verticalCenter
            IconButton {
                objectName: "newRoom"
                iconName: "compose"
                label: qsTr("New conversation")
                onClicked: panel.newRoomWanted()
            }
            IconButton {
                id: more
                objectName: "accountMenu"
                iconName: "more"
                label: qsTr("Menu")
                onClicked: panel.menuWanted(more)
            }
        }
    }
    TextBox {
        id: filter
        objectName: "filter"
        x: 12
        y: header.height
        width: parent.width - 24
        implicitHeight: 40
        iconName: "search"
        label: qsTr("Find a conversation")
        hint: qsTr("Find a conversation")
        onTextChanged: {
            panel.client.rooms.filter = text;
            list.currentIndex = text === "" ? -1 : 0;
        }
        onAccepted: panel.openMarked()
        Keys.onDownPressed: list.currentIndex = Math.min(list.count - 1, list.currentIndex + 1)
        Keys.onUpPressed: list.currentIndex = Math.max(0, list.currentIndex - 1)
        Keys.onEscapePressed: {
            clear();
            panel.roomWanted(panel.currentRoomId);
        }
    }
    ListView {
        id: list
        objectName: "rooms"
        anchors.fill: parent
        anchors.topMargin: filter.y + filter.height + 8
        clip: true
        model: panel.client.rooms
        boundsBehavior: Flickable.StopAtBounds
        reuseItems: true
        currentIndex: -1
        highlightFollowsCurrentItem: true
        highlightMoveDuration: 0
        activeFocusOnTab: true
        Accessible.role: Accessible.List
        Accessible.name: qsTr("Conversations")
        onActiveFocusChanged: if (activeFocus && currentIndex < 0)
            currentIndex = Math.max(0, panel.client.rooms.rowOf(panel.currentRoomId))
        Keys.onReturnPressed: panel.openMarked()
        Keys.onEnterPressed: panel.openMarked()
        Keys.onSpacePressed: panel.openMarked()
        delegate: RoomDelegate {
            id: roomRow
            width: ListView.view.width
            current: roomRow.roomId === panel.currentRoomId
            marked: ListView.isCurrentItem && (list.activeFocus || filter.activeFocus)
            onOpened: {
                filter.clear();
                panel.roomWanted(roomRow.roomId);
            }
        }
    }
    Spinner {
        anchors.centerIn: list
        visible: panel.client.rooms.loading && list.count === 0
    }
    Column {
        anchors.centerIn: list
        width: parent.width - 64
        spacing: Theme.gapSmall
        visible: !panel.client.rooms.loading && list.count === 0
        PlainLabel {
            width: parent.width
            horizontalAlignment: Text.AlignHCenter
            text: filter.text === "" ? qsTr("No conversations yet") : qsTr("Nothing found")
            font.weight: Font.DemiBold
        }
        PlainLabel {
            width: parent.width
            horizontalAlignment: Text.AlignHCenter
            wrapMode: Text.Wrap
            text: filter.text === "" ? qsTr("Start one with the pencil above.") : qsTr("No conversation has all of these words in its name.")
            color: Theme.textSoft
            font.pixelSize: Theme.sizeMeta
        }
        ActionButton {
            anchors.horizontalCenter: parent.horizontalCenter
            visible: filter.text === ""
            objectName: "firstRoom"
            label: qsTr("New conversation")
            iconName: "plus"
            onClicked: panel.newRoomWanted()
        }
    }
    Rectangle {
        anchors.right: parent.right
        width: 1
        height: parent.height
        color: Theme.line
    }
}
