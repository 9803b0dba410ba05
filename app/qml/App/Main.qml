import QtQuick
import QtQuick.Window
import QtQuick.Templates as T
import Skein
import Skein.Controls
import Skein.Theme

// The window: the sign-in page, or the rooms and one of them.
T.ApplicationWindow {
    id: window

    required property Client client
    // From the command line.
    property string theme: "system"
    property string wantedRoom
    property bool compact: false
    property bool demo: false
    // What was lost when this device was revoked; shown on the sign-in page.
    property string farewell
    // The room that is open is laid out and shows its first page: what --screenshot waits for.
    readonly property bool settled: window.client.signedIn ? chat.item !== null && (chat.item as ChatPage).settled : signIn.item !== null && !window.demo && !window.client.busy

    width: 1180
    height: 780
    minimumWidth: 320
    minimumHeight: 400
    visible: true
    color: Theme.window
    title: window.client.unreadTotal > 0 ? qsTr("(%1) Skein").arg(window.client.unreadTotal > 99 ? "99+" : window.client.unreadTotal) : qsTr("Skein")
    LayoutMirroring.enabled: Qt.locale().textDirection === Qt.RightToLeft
    LayoutMirroring.childrenInherit: true

    onThemeChanged: Theme.mode = window.theme
    Component.onCompleted: Theme.mode = window.theme
    onActiveChanged: window.client.setAway(!window.active)

    Connections {
        target: window.client
        function onDeviceRevoked(userName: string, unsent: int, drafts: int) {
            const messages = unsent > 0 ? qsTr("%n unsent message(s)", "", unsent) : "";
            const texts = drafts > 0 ? qsTr("%n draft(s)", "", drafts) : "";
            const lost = messages + (messages !== "" && texts !== "" ? ", " : "") + texts;
            window.farewell = qsTr("%1 was signed out of this device from another one, and its data here were deleted.").arg(userName) + (lost !== "" ? " " + qsTr("Lost with them: %1.").arg(lost) : "");
        }
        function onSignedInChanged() {
            if (window.client.signedIn)
                window.farewell = "";
        }
    }

    // Qt 6.4 cannot instantiate bound components in a Loader: hence no ComponentBehavior here.
    // qmllint disable unqualified
    Loader {
        id: signIn
        anchors.fill: parent
        active: !window.client.signedIn
        sourceComponent: SignInPage {
            client: window.client
            farewell: window.farewell
        }
    }
    Loader {
        id: chat
        anchors.fill: parent
        active: window.client.signedIn
        sourceComponent: ChatPage {
            client: window.client
            compact: window.compact
            windowActive: window.active
            wantedRoom: window.wantedRoom
        }
    }
    TipLayer {}
}
