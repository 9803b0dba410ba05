import QtQuick
import QtQuick.Templates as T
import Skein
import Skein.Controls
import Skein.Theme

// A direct conversation with one person, or a named room with several.
T.Popup {
    id: dialog

    required property Client client
    property bool group: false
    readonly property var people: peopleBox.text.toLowerCase().split(/[\s,;]+/).filter(name => name !== "")
    readonly property bool complete: dialog.group ? nameBox.text.trim() !== "" : dialog.people.length === 1
    signal wanted(key: string)

    function submit() {
        if (!dialog.complete)
            return;
        const key = dialog.group ? dialog.client.createRoom(Client.General, nameBox.text.trim(), dialog.people) : dialog.client.openDirect(dialog.people[0]);
        dialog.close();
        dialog.wanted(key);
    }

    parent: T.Overlay.overlay
    anchors.centerIn: parent
    width: Math.min(420, parent ? parent.width - 24 : 420)
    implicitHeight: dialog.content.implicitHeight + 2 * padding
    padding: Theme.gapHuge
    modal: true
    focus: true
    closePolicy: T.Popup.CloseOnEscape | T.Popup.CloseOnPressOutside
    onOpened: {
        peopleBox.clear();
        nameBox.clear();
        (dialog.group ? nameBox : peopleBox).forceActiveFocus(Qt.TabFocusReason);
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
    readonly property Item content: Column {
        spacing: Theme.gap
        Accessible.role: Accessible.Dialog
        Accessible.name: qsTr("New conversation")
        PlainLabel {
            width: parent.width
            text: qsTr("New conversation")
            font.pixelSize: Theme.sizeTitle + 2
            font.weight: Font.Bold
        }
        Row {
            spacing: Theme.gapSmall
            ActionButton {
                objectName: "directMode"
                kind: dialog.group ? "plain" : "primary"
                label: qsTr("One person")
                iconName: "person"
                onClicked: dialog.group = false
            }
            ActionButton {
                objectName: "groupMode"
                kind: dialog.group ? "primary" : "plain"
                label: qsTr("Several people")
                iconName: "people"
                onClicked: dialog.group = true
            }
        }
        TextBox {
            id: nameBox
            objectName: "newRoomName"
            visible: dialog.group
            width: parent.width
            label: qsTr("Name of the conversation")
            hint: qsTr("Name of the conversation")
            iconName: "chat"
            maximumLength: 80
            onAccepted: peopleBox.forceActiveFocus(Qt.TabFocusReason)
        }
        TextBox {
            id: peopleBox
            objectName: "newRoomPeople"
            width: parent.width
            label: dialog.group ? qsTr("Names of the others, with spaces between them") : qsTr("Name of the other person")
            hint: dialog.group ? qsTr("ann ben …") : qsTr("Name of the other person")
            iconName: "people"
            onAccepted: dialog.submit()
        }
        Row {
            anchors.right: parent.right
            topPadding: Theme.gapSmall
            spacing: Theme.gapSmall
            ActionButton {
                kind: "plain"
                label: qsTr("Cancel")
                onClicked: dialog.close()
            }
            ActionButton {
                objectName: "createRoom"
                enabled: dialog.complete
                label: qsTr("Start")
                onClicked: dialog.submit()
            }
        }
    }
}
