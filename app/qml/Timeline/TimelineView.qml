pragma ComponentBehavior: Bound

import QtQuick
import Qt.labs.qmlmodels
import Skein.Controls
import Skein.Native
import Skein.Theme

// A room's messages. `timeline` is a Skein.TimelineModel or anything with its roles and signals.
Item {
    id: view

    property var timeline: null
    property bool showSender: true
    property bool online: true
    property bool narrow: view.width < 560
    property string selectedRowId
    readonly property alias list: list
    readonly property alias anchor: anchor
    readonly property bool ready: view.timeline !== null && view.timeline.ready
    // Known to hold nothing, as opposed to nothing fetched yet.
    readonly property bool empty: view.ready && list.count === 0 && view.timeline.atOldest
    signal menuWanted(item: Item, x: real, y: real, rowId: string)
    signal replyWanted(rowId: string)
    signal editWanted(rowId: string)
    signal leaveWanted
    signal typed(text: string)

    function rowItem(rowId: string): Item {
        const index = view.timeline ? view.timeline.rowOf(rowId) : -1;
        return index >= 0 ? list.itemAtIndex(index) : null;
    }
    function select(rowId: string) {
        view.selectedRowId = rowId;
        const index = rowId === "" ? -1 : view.timeline.rowOf(rowId);
        if (index >= 0 && (index > anchor.topRow - 1 || index < anchor.bottomRow + 1))
            anchor.goToRow(index, index > anchor.topRow - 1 ? TimelineAnchor.Top : TimelineAnchor.Bottom);
        marks.follow();
    }
    function move(step: int) {
        const now = view.selectedRowId === "" ? -1 : view.timeline.rowOf(view.selectedRowId);
        const next = now < 0 ? anchor.bottomRow : Math.max(0, Math.min(list.count - 1, now + step));
        if (next >= 0)
            view.select(view.timeline.get(next).rowId);
    }

    onTimelineChanged: {
        view.selectedRowId = "";
        marks.clear();
    }

    ListView {
        id: list

        objectName: "timeline"
        anchors.fill: parent
        model: view.timeline
        clip: true
        verticalLayoutDirection: ListView.BottomToTop
        boundsBehavior: Flickable.StopAtBounds
        reuseItems: true
        cacheBuffer: Math.max(320, Math.round(height))
        spacing: 0
        currentIndex: -1
        highlightFollowsCurrentItem: false
        keyNavigationEnabled: false
        activeFocusOnTab: true
        Accessible.role: Accessible.List
        Accessible.name: qsTr("Messages")

        delegate: DelegateChooser {
            role: "hole"
            DelegateChoice {
                roleValue: true
                HoleRow {
                    width: list.width
                    online: view.online
                    onRetryWanted: id => view.timeline.retryHole(id)
                }
            }
            DelegateChoice {
                DelegateChooser {
                    role: "kind"
                    DelegateChoice {
                        roleValue: 3
                        SystemRow {
                            width: list.width
                        }
                    }
                    DelegateChoice {
                        MessageRow {
                            width: list.width
                            showSender: view.showSender
                            narrow: view.narrow
                            onRetryWanted: id => view.timeline.retry(id)
                            onEditWanted: id => view.editWanted(id)
                            onDiscardWanted: id => view.timeline.discard(id)
                        }
                    }
                }
            }
        }

        Keys.onPressed: event => {
            event.accepted = true;
            if (event.key === Qt.Key_PageUp)
                anchor.scrollBy(-0.9 * list.height);
            else if (event.key === Qt.Key_PageDown)
                anchor.scrollBy(0.9 * list.height);
            else if (event.key === Qt.Key_Home)
                view.timeline.jumpToSeq(1);
            else if (event.key === Qt.Key_End)
                view.timeline.jumpToNewest();
            else if (event.key === Qt.Key_Up)
                view.move(1);
            else if (event.key === Qt.Key_Down)
                view.move(-1);
            else if (event.key === Qt.Key_Escape) {
                view.select("");
                view.leaveWanted();
            } else if ((event.key === Qt.Key_Return || event.key === Qt.Key_Enter || event.key === Qt.Key_Menu) && view.selectedRowId !== "") {
                const item = view.rowItem(view.selectedRowId);
                if (item)
                    view.menuWanted(item, item.width / 2, item.height, view.selectedRowId);
            } else if (event.text.length === 1 && event.text >= " " && !(event.modifiers & (Qt.ControlModifier | Qt.AltModifier)))
                view.typed(event.text);
            else
                event.accepted = false;
        }
    }

    TimelineAnchor {
        id: anchor
        view: list
        timeline: view.timeline
        onPlaceChanged: marks.follow()
        onArrived: row => marks.flash(row)
    }
    // Writing contentY would end a flick: what arrives meanwhile waits.
    Binding {
        target: view.timeline
        when: view.timeline !== null
        property: "holdNewest"
        value: list.moving && !anchor.following
        restoreMode: Binding.RestoreNone
    }

    TimelineMarks {
        id: marks
        view: view
        anchors.fill: parent
    }

    FocusRing {
        shown: list.activeFocus && view.selectedRowId === ""
        inset: 2
        radius: Theme.radiusSmall
    }

    // ---- floating date ----
    Rectangle {
        id: floatingDate
        readonly property var topTime: anchor.topRow >= 0 && view.timeline ? view.timeline.get(anchor.topRow).timestamp : undefined
        anchors.horizontalCenter: parent.horizontalCenter
        y: 8
        width: dateLabel.implicitWidth + 24
        height: 26
        radius: 13
        color: Theme.raised
        border.color: Theme.line
        opacity: (list.moving || bar.dragging || dateHold.running) && dateLabel.text !== "" ? 1 : 0
        visible: opacity > 0
        Behavior on opacity {
            NumberAnimation {
                duration: Theme.normal
            }
        }
        PlainLabel {
            id: dateLabel
            anchors.centerIn: parent
            text: floatingDate.topTime ? Desktop.dayText(floatingDate.topTime) : ""
            color: Theme.textSoft
            font.pixelSize: Theme.sizeSmall
            font.weight: Font.DemiBold
        }
        Timer {
            id: dateHold
            interval: 900
        }
        Connections {
            target: list
            function onMovingChanged() {
                dateHold.restart();
            }
        }
    }

    JumpButton {
        anchors.right: parent.right
        anchors.bottom: parent.bottom
        anchors.margins: 18
        shown: view.ready && list.count > 0 && !anchor.following
        unread: view.timeline ? view.timeline.unreadBelow : 0
        onClicked: view.timeline.jumpToNewest()
    }
    ScrollThumb {
        id: bar
        anchors.right: parent.right
        height: parent.height
        position: anchor.thumbPosition
        size: anchor.thumbSize
        active: list.moving
        onDragged: position => anchor.dragThumb(position)
    }
    Spinner {
        anchors.centerIn: parent
        visible: view.timeline !== null && list.count === 0 && !view.empty
    }
    Column {
        objectName: "emptyRoom"
        anchors.centerIn: parent
        width: Math.min(320, parent.width - 48)
        spacing: Theme.gapSmall
        visible: view.empty
        Icon {
            anchors.horizontalCenter: parent.horizontalCenter
            name: "chat"
            size: 44
            color: Theme.textFaint
        }
        PlainLabel {
            width: parent.width
            text: qsTr("No messages yet")
            font.pixelSize: Theme.sizeTitle
            font.weight: Font.DemiBold
            horizontalAlignment: Text.AlignHCenter
        }
        PlainLabel {
            width: parent.width
            text: qsTr("Say hello: what you write is kept and sent even while you are offline.")
            color: Theme.textSoft
            wrapMode: Text.Wrap
            horizontalAlignment: Text.AlignHCenter
        }
    }
}
