pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Templates as T
import Skein.Controls
import Skein.Theme

// Who has read a message: a small dialog, or a sheet at the bottom where there is one pane only. `receipts` is a
// Skein.ReceiptsModel or anything with its roles and counts.
T.Popup {
    id: panel

    property var receipts: null
    property bool sheet: false
    readonly property int readCount: panel.receipts ? panel.receipts.readCount : 0
    readonly property int others: panel.receipts ? panel.receipts.others : 0
    // Who has got it and not read it.
    readonly property int gotCount: panel.receipts ? panel.receipts.deliveredCount - panel.readCount : 0
    readonly property string title: panel.others > 0 ? qsTr("Read by %1 of %2").arg(panel.readCount).arg(panel.others) : qsTr("Read by")
    readonly property string subtitle: panel.gotCount > 0 ? qsTr("delivered to %n more", "", panel.gotCount) : ""

    function stateText(state: int): string {
        return state === 2 ? qsTr("Read") : state === 1 ? qsTr("Delivered") : qsTr("Not delivered yet");
    }

    parent: T.Overlay.overlay
    x: parent ? Math.round((parent.width - width) / 2) : 0
    y: parent ? (panel.sheet ? parent.height - height : Math.round((parent.height - height) / 2)) : 0
    width: parent ? (panel.sheet ? parent.width : Math.min(380, parent.width - 24)) : 380
    height: Math.min(panel.content.implicitHeight + topPadding + bottomPadding, parent ? (panel.sheet ? 0.75 : 0.8) * parent.height : 480)
    padding: Theme.gapLarge
    bottomPadding: Theme.gap
    modal: true
    focus: true
    closePolicy: T.Popup.CloseOnEscape | T.Popup.CloseOnPressOutside
    onOpened: {
        list.currentIndex = list.count > 0 ? 0 : -1;
        list.positionViewAtBeginning();
        list.forceActiveFocus(Qt.TabFocusReason);
    }

    T.Overlay.modal: Rectangle {
        color: Theme.scrim
    }
    background: Item {
        Rectangle {
            // The sheet's lower corners lie below the window.
            width: parent.width
            height: parent.height + (panel.sheet ? radius : 0)
            color: Theme.raised
            radius: Theme.radiusBubble
            border.color: Theme.line
        }
    }
    enter: Transition {
        NumberAnimation {
            property: "opacity"
            from: 0
            to: 1
            duration: Theme.fast
        }
    }
    contentItem: panel.content
    readonly property Item content: FocusScope {
        implicitHeight: head.height + Theme.gapSmall + Math.max(list.contentHeight, nobody.visible ? 64 : 0)
        Accessible.role: Accessible.Dialog
        Accessible.name: panel.title

        Item {
            id: head
            width: parent.width
            height: Theme.control + 4
            Icon {
                id: ticks
                anchors.verticalCenter: parent.verticalCenter
                name: "checks"
                size: 22
                color: panel.readCount > 0 ? Theme.accent : Theme.textFaint
            }
            PlainLabel {
                id: titleLabel
                objectName: "readByTitle"
                x: 34
                y: subtitleLabel.visible ? 1 : (parent.height - height) / 2
                width: close.x - x - Theme.gapSmall
                text: panel.title
                font.pixelSize: Theme.sizeTitle
                font.weight: Font.DemiBold
                Accessible.ignored: false
                Accessible.role: Accessible.Heading
                Accessible.name: text
            }
            PlainLabel {
                id: subtitleLabel
                objectName: "readBySubtitle"
                x: titleLabel.x
                anchors.top: titleLabel.bottom
                anchors.topMargin: 1
                width: titleLabel.width
                visible: text !== ""
                text: panel.subtitle
                color: Theme.textSoft
                font.pixelSize: Theme.sizeSmall
            }
            IconButton {
                id: close
                objectName: "closeReadBy"
                anchors.right: parent.right
                anchors.rightMargin: -6
                anchors.verticalCenter: parent.verticalCenter
                iconName: "close"
                label: qsTr("Close")
                onClicked: panel.close()
            }
        }
        ListView {
            id: list
            objectName: "readers"
            anchors.top: head.bottom
            anchors.topMargin: Theme.gapSmall
            anchors.bottom: parent.bottom
            width: parent.width
            clip: true
            focus: true
            activeFocusOnTab: true
            reuseItems: true
            boundsBehavior: Flickable.StopAtBounds
            model: panel.receipts
            Accessible.role: Accessible.List
            Accessible.name: panel.title
            delegate: Rectangle {
                id: reader
                required property string name
                required property string initials
                required property int colorIndex
                required property int state
                objectName: "reader"
                width: ListView.view.width
                height: 48
                radius: Theme.radiusSmall
                color: ListView.isCurrentItem && list.activeFocus ? Theme.selected : "transparent"
                Accessible.role: Accessible.ListItem
                Accessible.name: label.text + ", " + how.text
                Avatar {
                    x: 6
                    anchors.verticalCenter: parent.verticalCenter
                    size: Theme.avatarSmall
                    initials: reader.initials
                    colorIndex: reader.colorIndex
                }
                PlainLabel {
                    id: label
                    x: 52
                    width: how.x - x - Theme.gapSmall
                    anchors.verticalCenter: parent.verticalCenter
                    text: reader.name !== "" ? reader.name : qsTr("Somebody")
                }
                PlainLabel {
                    id: how
                    anchors.right: mark.left
                    anchors.rightMargin: Theme.gapSmall
                    anchors.verticalCenter: parent.verticalCenter
                    text: panel.stateText(reader.state)
                    color: reader.state === 2 ? Theme.accent : Theme.textSoft
                    font.pixelSize: Theme.sizeSmall
                }
                Icon {
                    id: mark
                    anchors.right: parent.right
                    anchors.rightMargin: Theme.gap
                    anchors.verticalCenter: parent.verticalCenter
                    name: reader.state === 2 ? "checks" : reader.state === 1 ? "check" : "clock"
                    size: 18
                    color: reader.state === 2 ? Theme.accent : Theme.textFaint
                }
            }
        }
        PlainLabel {
            id: nobody
            objectName: "nobodyKnown"
            anchors.top: head.bottom
            anchors.topMargin: Theme.gap
            width: parent.width
            visible: list.count === 0 && panel.receipts !== null && !panel.receipts.loading
            text: qsTr("Nobody else is known in this conversation yet.")
            color: Theme.textSoft
            wrapMode: Text.Wrap
        }
    }
}
