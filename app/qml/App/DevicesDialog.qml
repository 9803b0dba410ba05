pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Templates as T
import Skein
import Skein.Controls
import Skein.Theme

// The devices that are signed in with this account; others can be signed out from here.
T.Popup {
    id: dialog

    required property Client client
    property var devices: []
    property string problem
    property bool loading: false
    signal askWanted(title: string, body: string, yes: string, danger: bool, action: var)

    function load() {
        dialog.problem = "";
        dialog.loading = true;
        dialog.client.loadSessions();
    }
    function revoke(device: var) {
        dialog.askWanted(qsTr("Sign out this device?"), qsTr("%1 is signed out and deletes its data as soon as it is online. What was not sent from there is lost.").arg(device.deviceName), qsTr("Sign out"), true, () => {
            dialog.loading = true;
            dialog.client.revokeSession(device.id);
        });
    }

    parent: T.Overlay.overlay
    anchors.centerIn: parent
    width: Math.min(460, parent ? parent.width - 24 : 460)
    height: Math.min(dialog.content.implicitHeight + 2 * padding, parent ? parent.height - 24 : 600)
    padding: Theme.gapHuge
    modal: true
    focus: true
    closePolicy: T.Popup.CloseOnEscape | T.Popup.CloseOnPressOutside
    onOpened: {
        dialog.devices = dialog.client.sessions();
        dialog.load();
        close.forceActiveFocus(Qt.TabFocusReason);
    }

    Connections {
        target: dialog.client
        function onSessionsChanged() {
            dialog.loading = false;
            dialog.devices = dialog.client.sessions();
        }
        function onSessionsFailed(code: string, text: string) {
            dialog.loading = false;
            dialog.problem = text;
        }
    }

    T.Overlay.modal: Rectangle {
        color: Theme.scrim
    }
    background: Rectangle {
        color: Theme.raised
        radius: Theme.radiusBubble
        border.color: Theme.line
    }
    contentItem: dialog.content
    readonly property Item content: Item {
        implicitHeight: title.height + list.contentHeight + bottom.height + 2 * Theme.gap
        Accessible.role: Accessible.Dialog
        Accessible.name: qsTr("Devices")

        PlainLabel {
            id: title
            width: parent.width
            text: qsTr("Devices")
            font.pixelSize: Theme.sizeTitle + 2
            font.weight: Font.Bold
        }
        ListView {
            id: list
            objectName: "devices"
            anchors.top: title.bottom
            anchors.topMargin: Theme.gap
            anchors.bottom: bottom.top
            anchors.bottomMargin: Theme.gap
            width: parent.width
            clip: true
            boundsBehavior: Flickable.StopAtBounds
            model: dialog.devices
            Accessible.role: Accessible.List
            Accessible.name: qsTr("Devices")
            delegate: Item {
                id: row
                required property int index
                required property var modelData
                width: ListView.view.width
                height: 56
                Accessible.role: Accessible.ListItem
                Accessible.name: name.text + ", " + seen.text
                PlainLabel {
                    id: name
                    y: 8
                    width: (revoke.visible ? revoke.x : parent.width) - Theme.gapSmall
                    text: row.modelData.deviceName !== "" ? row.modelData.deviceName : qsTr("Unnamed device")
                    font.weight: Font.DemiBold
                }
                PlainLabel {
                    id: seen
                    y: 30
                    width: name.width
                    text: row.modelData.current ? qsTr("This device") : qsTr("Last seen %1").arg(row.modelData.lastSeenText)
                    color: Theme.textSoft
                    font.pixelSize: Theme.sizeSmall
                }
                ActionButton {
                    id: revoke
                    objectName: "revoke"
                    anchors.right: parent.right
                    anchors.verticalCenter: parent.verticalCenter
                    visible: !row.modelData.current
                    kind: "danger"
                    label: qsTr("Sign out")
                    Accessible.name: qsTr("Sign out %1").arg(name.text)
                    onActiveFocusChanged: if (activeFocus)
                        list.positionViewAtIndex(row.index, ListView.Contain)
                    onClicked: dialog.revoke(row.modelData)
                }
            }
        }
        Item {
            id: bottom
            anchors.bottom: parent.bottom
            width: parent.width
            height: close.height
            Spinner {
                anchors.verticalCenter: parent.verticalCenter
                visible: dialog.loading
            }
            PlainLabel {
                anchors.verticalCenter: parent.verticalCenter
                width: close.x - Theme.gapSmall
                visible: !dialog.loading
                text: dialog.problem
                color: Theme.danger
                font.pixelSize: Theme.sizeSmall
            }
            ActionButton {
                id: close
                objectName: "closeDevices"
                anchors.right: parent.right
                label: qsTr("Close")
                onClicked: dialog.close()
            }
        }
    }
}
