import QtQuick
import Skein
import Skein.Controls
import Skein.Theme

// Sign in, or make an account: one form, switched by a link below it.
Rectangle {
    id: page

    required property Client client
    property bool creating: false
    // Beside accounts that are here already.
    property bool adding: false
    signal cancelled
    property string problem
    property string farewell
    readonly property bool complete: nameBox.text.trim().length >= 2 && passwordBox.text.length >= (page.creating ? 8 : 1) && serverBox.text.trim() !== ""

    function submit() {
        if (!page.complete || page.client.busy)
            return;
        page.problem = "";
        page.client.serverUrl = serverBox.text.trim();
        if (page.creating)
            page.client.signUp(nameBox.text.trim().toLowerCase(), passwordBox.text, displayBox.text.trim());
        else
            page.client.signIn(nameBox.text.trim().toLowerCase(), passwordBox.text);
    }

    objectName: "signInPage"
    color: Theme.side
    Component.onCompleted: {
        nameBox.text = page.adding ? "" : page.client.lastUserName();
        (nameBox.text === "" ? nameBox : passwordBox).forceActiveFocus();
    }

    Connections {
        target: page.client
        function onSignInFailed(code: string, text: string) {
            page.problem = text;
            passwordBox.forceActiveFocus();
            passwordBox.selectAll();
        }
    }

    Flickable {
        anchors.fill: parent
        contentHeight: Math.max(height, card.height + 48)
        boundsBehavior: Flickable.StopAtBounds
        Rectangle {
            id: card
            width: Math.min(420, parent.width - 24)
            height: column.height + 2 * 36
            anchors.horizontalCenter: parent.horizontalCenter
            y: Math.max(12, (page.height - height) / 2)
            radius: 24
            color: Theme.window
            border.color: Theme.line

            Column {
                id: column
                x: parent.width < 380 ? 20 : 36
                y: 36
                width: parent.width - 2 * x
                spacing: Theme.gap

                Mark {
                    anchors.horizontalCenter: parent.horizontalCenter
                    width: 64
                    height: 64
                }
                PlainLabel {
                    width: parent.width
                    topPadding: 4
                    horizontalAlignment: Text.AlignHCenter
                    text: page.creating ? qsTr("Create your account") : page.adding ? qsTr("Add an account") : qsTr("Welcome back")
                    font.pixelSize: Theme.sizeHero
                    font.weight: Font.Bold
                }
                PlainLabel {
                    width: parent.width
                    bottomPadding: 8
                    horizontalAlignment: Text.AlignHCenter
                    wrapMode: Text.Wrap
                    text: page.creating ? qsTr("Choose a name and a password of at least 8 characters.") : page.adding ? qsTr("The accounts that are here stay as they are.") : qsTr("Sign in to go on where you left off.")
                    color: Theme.textSoft
                }
                PlainLabel {
                    objectName: "farewell"
                    width: parent.width
                    visible: page.farewell !== ""
                    text: page.farewell
                    color: Theme.warning
                    font.pixelSize: Theme.sizeMeta
                    wrapMode: Text.Wrap
                    Accessible.ignored: false
                    Accessible.role: Accessible.AlertMessage
                    Accessible.name: text
                }
                TextBox {
                    id: nameBox
                    objectName: "name"
                    width: parent.width
                    label: qsTr("Name")
                    hint: qsTr("Name")
                    iconName: "person"
                    maximumLength: 32
                    inputMethodHints: Qt.ImhLowercaseOnly | Qt.ImhNoPredictiveText
                    onAccepted: passwordBox.forceActiveFocus(Qt.TabFocusReason)
                }
                TextBox {
                    id: displayBox
                    objectName: "displayName"
                    visible: page.creating
                    width: parent.width
                    label: qsTr("Name shown to others")
                    hint: qsTr("Name shown to others (optional)")
                    iconName: "chat"
                    maximumLength: 64
                    onAccepted: passwordBox.forceActiveFocus(Qt.TabFocusReason)
                }
                TextBox {
                    id: passwordBox
                    objectName: "password"
                    width: parent.width
                    label: qsTr("Password")
                    hint: qsTr("Password")
                    iconName: "lock"
                    maximumLength: 256
                    echoMode: TextInput.Password
                    onAccepted: page.submit()
                }
                TextBox {
                    id: serverBox
                    objectName: "server"
                    width: parent.width
                    label: qsTr("Server")
                    hint: qsTr("Server")
                    iconName: "link"
                    inputMethodHints: Qt.ImhUrlCharactersOnly
                    Component.onCompleted: text = String(page.client.serverUrl)
                    onAccepted: page.submit()
                }
                PlainLabel {
                    objectName: "problem"
                    width: parent.width
                    visible: text !== ""
                    text: page.problem
                    color: Theme.danger
                    font.pixelSize: Theme.sizeMeta
                    wrapMode: Text.Wrap
                    Accessible.ignored: false
                    Accessible.role: Accessible.AlertMessage
                    Accessible.name: text
                }
                ActionButton {
                    objectName: "submit"
                    width: parent.width
                    implicitHeight: 46
                    enabled: page.complete && !page.client.busy
                    label: page.client.busy ? qsTr("One moment…") : page.creating ? qsTr("Create account") : qsTr("Sign in")
                    onClicked: page.submit()
                }
                ActionButton {
                    objectName: "switchMode"
                    width: parent.width
                    kind: "plain"
                    label: page.creating ? qsTr("I have an account") : qsTr("Create an account")
                    onClicked: {
                        page.creating = !page.creating;
                        page.problem = "";
                        nameBox.forceActiveFocus();
                    }
                }
                ActionButton {
                    objectName: "cancelAdding"
                    visible: page.adding
                    width: parent.width
                    kind: "plain"
                    label: qsTr("Cancel")
                    onClicked: page.cancelled()
                }
            }
        }
    }
    Shortcut {
        sequences: ["Esc", "Back"]
        enabled: page.adding
        onActivated: page.cancelled()
    }
}
