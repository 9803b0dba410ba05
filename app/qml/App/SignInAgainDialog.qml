import QtQuick
import QtQuick.Templates as T
import Skein
import Skein.Controls
import Skein.Theme

// The password of the account that is open, when its sign-in is no longer there: the conversations
// stay where they are, and what was written meanwhile goes out.
T.Popup {
    id: dialog

    required property Client client
    property string problem

    function submit() {
        if (passwordBox.text === "" || dialog.client.busy)
            return;
        dialog.problem = "";
        dialog.client.signIn(dialog.client.userName, passwordBox.text);
    }

    parent: T.Overlay.overlay
    anchors.centerIn: parent
    width: Math.min(400, parent ? parent.width - 32 : 400)
    implicitHeight: dialog.content.implicitHeight + 2 * padding
    padding: Theme.gapHuge
    modal: true
    focus: true
    closePolicy: T.Popup.CloseOnEscape | T.Popup.CloseOnPressOutside
    onOpened: passwordBox.forceActiveFocus(Qt.TabFocusReason)
    onClosed: {
        passwordBox.clear();
        dialog.problem = "";
    }

    Connections {
        target: dialog.client
        enabled: dialog.opened
        function onSignInFailed(code: string, text: string) {
            dialog.problem = text;
            passwordBox.forceActiveFocus();
            passwordBox.selectAll();
        }
        // By the password, or because the keychain has answered after all.
        function onStateChanged() {
            if (!dialog.client.signInNeeded)
                dialog.close();
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
    readonly property Item content: Column {
        spacing: Theme.gap
        Accessible.role: Accessible.Dialog
        Accessible.name: qsTr("Sign in again")
        PlainLabel {
            width: parent.width
            text: qsTr("Sign in again")
            font.pixelSize: Theme.sizeTitle
            font.weight: Font.DemiBold
        }
        PlainLabel {
            width: parent.width
            text: qsTr("Your conversations and what is not sent yet stay on this device.")
            color: Theme.textSoft
            wrapMode: Text.Wrap
        }
        TextBox {
            id: passwordBox
            objectName: "passwordAgain"
            width: parent.width
            label: qsTr("Password of %1").arg(dialog.client.userName)
            hint: label
            iconName: "lock"
            maximumLength: 256
            echoMode: TextInput.Password
            onAccepted: dialog.submit()
        }
        PlainLabel {
            objectName: "problemAgain"
            width: parent.width
            visible: text !== ""
            text: dialog.problem
            color: Theme.danger
            font.pixelSize: Theme.sizeMeta
            wrapMode: Text.Wrap
            Accessible.ignored: false
            Accessible.role: Accessible.AlertMessage
            Accessible.name: text
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
                objectName: "submitAgain"
                enabled: passwordBox.text !== "" && !dialog.client.busy
                label: dialog.client.busy ? qsTr("One moment…") : qsTr("Sign in")
                onClicked: dialog.submit()
            }
        }
    }
}
