import QtQuick
import QtQuick.Window
import QtQuick.Templates as T
import Skein
import Skein.Controls
import Skein.Theme

// The window: the rooms of the account that is shown and one of them, or the sign-in page.
T.ApplicationWindow {
    id: window

    required property AccountList accounts
    // From the command line.
    property string theme: "system"
    property string wantedRoom
    property bool compact: false
    property bool demo: false
    // What was lost when this device was revoked; shown on the sign-in page.
    property string farewell
    // The room that is open in each account, by its id, and whether the user was asked to keep its sign-in.
    property var openRooms: ({})
    property var askedToKeep: ({})
    property ChatPage page: null
    readonly property bool entering: window.accounts.newcomer !== null || window.accounts.currentRow < 0
    readonly property Client shown: window.entering ? null : window.accounts.current
    readonly property int unread: window.accounts.unreadTotal
    // The room that is open is laid out and shows its first page: what --screenshot waits for.
    readonly property bool settled: window.page !== null ? window.page.settled : signIn.item !== null && !window.demo && !(signIn.item as SignInPage).client.busy

    function pageCame(page: ChatPage) {
        page.accountId = window.accounts.currentId;
        page.wantedRoom = window.openRooms[page.accountId] ?? window.wantedRoom;
        window.wantedRoom = "";
        window.page = page;
        page.openWanted();
        page.askedToKeep = window.askedToKeep[page.accountId] ?? false;
        page.askToKeep();
    }
    function pageGoes(page: ChatPage) {
        // As a new value: the compiled code of Qt 6.4 writes into a copy of the old one.
        window.openRooms = Object.assign({}, window.openRooms, {
            [page.accountId]: page.roomId
        });
        window.askedToKeep = Object.assign({}, window.askedToKeep, {
            [page.accountId]: page.askedToKeep
        });
        window.compact = page.compact;
        window.page = null;
        page.leave();
    }

    width: 1180
    height: 780
    minimumWidth: 320
    minimumHeight: 400
    visible: true
    color: Theme.window
    title: window.unread > 0 ? qsTr("(%1) Skein").arg(window.unread > 99 ? "99+" : window.unread) : qsTr("Skein")
    LayoutMirroring.enabled: Qt.locale().textDirection === Qt.RightToLeft
    LayoutMirroring.childrenInherit: true

    onThemeChanged: Theme.mode = window.theme
    Component.onCompleted: Theme.mode = window.theme
    onActiveChanged: window.accounts.away = !window.active

    Connections {
        target: window.accounts
        function onDeviceRevoked(userName: string, unsent: int, drafts: int) {
            const messages = unsent > 0 ? qsTr("%n unsent message(s)", "", unsent) : "";
            const texts = drafts > 0 ? qsTr("%n draft(s)", "", drafts) : "";
            const lost = messages + (messages !== "" && texts !== "" ? ", " : "") + texts;
            const words = qsTr("%1 was signed out of this device from another one, and its data here were deleted.").arg(userName) + (lost !== "" ? " " + qsTr("Lost with them: %1.").arg(lost) : "");
            if (window.page !== null)
                window.page.notice = words;
            else
                window.farewell = words;
        }
    }
    onShownChanged: if (window.shown !== null)
        window.farewell = ""

    // Qt 6.4 cannot instantiate bound components in a Loader: hence no ComponentBehavior here.
    // qmllint disable unqualified
    Loader {
        id: signIn
        anchors.fill: parent
        active: window.entering
        sourceComponent: SignInPage {
            client: window.accounts.newcomer !== null ? window.accounts.newcomer : window.accounts.current
            adding: window.accounts.newcomer !== null
            farewell: window.farewell
            onCancelled: window.accounts.cancelAdding()
        }
    }
    // A page of its own for each account that is shown, so that nothing of one is left in another's.
    Repeater {
        model: window.shown !== null ? [window.shown] : []
        delegate: ChatPage {
            required property Client modelData
            anchors.fill: parent
            client: modelData
            accounts: window.accounts
            compact: window.compact
            windowActive: window.active
        }
        onItemAdded: (index, item) => window.pageCame(item as ChatPage)
        onItemRemoved: (index, item) => window.pageGoes(item as ChatPage)
    }
    Instantiator {
        model: window.accounts.count
        delegate: Shortcut {
            required property int index
            sequence: "Ctrl+" + (index + 1)
            onActivated: window.accounts.show(index)
        }
    }
    TipLayer {}
}
