import QtQuick
import Skein
import Skein.Controls
import Skein.Diagnostics
import Skein.Native
import Skein.Theme

// Rooms and one of them: side by side where there is room, one at a time where there is not.
Item {
    id: page

    required property Client client
    required property AccountList accounts
    // Of the account, by accounts.currentId: whoever made this page gives it.
    property string accountId
    property string wantedRoom
    property bool compact: false
    property bool windowActive: true
    property string roomId
    property string notice
    property string createdKey
    property bool diagnosing: false
    property string wantedStory
    // The user was asked where to keep the sign-in that no keychain takes, and it is kept nowhere still.
    property bool askedToKeep: false
    readonly property bool twoPanes: !page.compact && page.width >= Theme.twoPanesFrom
    readonly property bool settled: page.roomId !== "" ? room.settled : page.wantedRoom === "" && !page.client.rooms.loading

    function open(roomId: string) {
        if (roomId === "" && page.twoPanes)
            return;
        page.roomId = roomId;
        if (roomId !== "")
            room.focusComposer();
    }
    function step(by: int, unreadOnly: bool) {
        const next = page.client.rooms.nextRow(page.client.rooms.rowOf(page.roomId), by, unreadOnly);
        if (next >= 0)
            page.open(page.client.rooms.roomAt(next));
    }
    function diagnose(tempId: string) {
        page.diagnosing = false;
        page.wantedStory = tempId;
        page.diagnosing = true;
    }
    function leaveDiagnostics() {
        page.diagnosing = false;
        if (page.roomId !== "")
            room.focusComposer();
        else
            panel.focusFilter();
    }
    // Also of what was found while nobody looked at the account.
    function askToKeep() {
        const nowhere = page.client.tokenKeptNowhere;
        if (nowhere && !page.askedToKeep)
            ask.ask(qsTr("No keychain"), qsTr("No keychain of this system keeps the sign-in: there is none, or it is locked. Keep it in a file that only you can read? Otherwise it ends with the program."), qsTr("Keep in a file"), false, () => page.client.allowPlainTokenFile = true);
        page.askedToKeep = nowhere;
    }
    // Another page takes its place: what is typed is kept, and nothing is read here any more.
    function leave() {
        page.roomId = "";
        page.visible = false;
    }
    // --room NAME, as soon as the list has it.
    function openWanted() {
        if (page.wantedRoom === "")
            return;
        for (let row = 0; row < page.client.rooms.count; ++row) {
            const id = page.client.rooms.roomAt(row);
            if (id === page.wantedRoom || page.client.rooms.room(id).name === page.wantedRoom) {
                page.wantedRoom = "";
                page.open(id);
                return;
            }
        }
    }

    Component.onCompleted: page.openWanted()
    Connections {
        target: page.client.rooms
        function onCountChanged() {
            page.openWanted();
        }
        function onLoadingChanged() {
            page.openWanted();
        }
    }
    Connections {
        target: page.client
        function onRoomCreated(key: string, roomId: string) {
            if (key === page.createdKey)
                page.open(roomId);
        }
        function onCommandFailed(key: string, code: string, text: string) {
            page.notice = text;
        }
        function onStoreFailed(code: string, text: string) {
            page.notice = text;
        }
        function onTokenKeptNowhereChanged() {
            page.askToKeep();
        }
    }
    Connections {
        target: room.timeline
        ignoreUnknownSignals: true
        function onCommandRefused(code: string, text: string) {
            page.notice = text;
        }
        function onJumpFailed() {
            page.notice = qsTr("That message is not available.");
        }
    }

    Column {
        id: banners
        width: parent.width
        visible: !page.diagnosing
        ConnectionBanner {
            width: parent.width
            client: page.client
            onSignInWanted: signInAgain.open()
        }
        Banner {
            objectName: "notice"
            width: parent.width
            shown: page.notice !== ""
            tone: "danger"
            iconName: "alert"
            message: page.notice
            actionLabel: qsTr("Close")
            onActed: page.notice = ""
        }
    }
    Item {
        anchors.fill: parent
        anchors.topMargin: banners.height
        visible: !page.diagnosing
        RoomPanel {
            id: panel
            client: page.client
            width: page.twoPanes ? Math.min(Theme.sideWidth, page.width * 0.38) : parent.width
            height: parent.height
            visible: page.twoPanes || page.roomId === ""
            currentRoomId: page.roomId
            onRoomWanted: id => page.open(id)
            onNewRoomWanted: newRoom.open()
            unreadElsewhere: page.accounts.unreadElsewhere
            onMenuWanted: item => more.openBelow(item)
            onAccountsWanted: item => accountMenu.openAt(item)
        }
        RoomView {
            id: room
            client: page.client
            x: page.twoPanes ? panel.width : 0
            width: parent.width - x
            height: parent.height
            visible: page.twoPanes || page.roomId !== ""
            onePane: !page.twoPanes
            windowActive: page.windowActive
            roomId: page.roomId
            onBackWanted: {
                page.roomId = "";
                panel.focusFilter();
            }
            onAskWanted: (title, body, yes, danger, action) => ask.ask(title, body, yes, danger, action)
            onStoryWanted: tempId => page.diagnose(tempId)
            onLinkWanted: url => ask.ask(qsTr("Open this link?"), qsTr("It leads to %1.").arg(Desktop.linkTarget(url)) + "\n" + url, qsTr("Open"), false, () => Desktop.openLink(url))
        }
    }

    // Qt 6.4 cannot instantiate bound components in a Loader: hence no ComponentBehavior here.
    // qmllint disable unqualified
    Loader {
        objectName: "diagnosticsLoader"
        anchors.fill: parent
        active: page.diagnosing
        focus: page.diagnosing
        sourceComponent: DiagnosticsPage {
            client: page.client
            wantedStory: page.wantedStory
            onClosed: page.leaveDiagnostics()
        }
    }
    // qmllint enable unqualified
    MoreMenu {
        id: more
        parent: page
        compact: page.compact
        onCompactWanted: on => page.compact = on
        onDevicesWanted: devices.open()
        onDiagnosticsWanted: page.diagnose("")
    }
    AccountMenu {
        id: accountMenu
        parent: page
        accounts: page.accounts
        onAccountWanted: row => page.accounts.show(row)
        onAddWanted: page.accounts.add()
        onSignOutWanted: ask.ask(qsTr("Sign out?"), page.client.queuedCount > 0 ? qsTr("%n message(s) are not sent yet and would be lost.", "", page.client.queuedCount) : qsTr("This device forgets your conversations. They stay on the server."), qsTr("Sign out"), true, () => page.client.signOut())
    }
    NewRoomDialog {
        id: newRoom
        client: page.client
        onWanted: key => page.createdKey = key
    }
    DevicesDialog {
        id: devices
        client: page.client
        onAskWanted: (title, body, yes, danger, action) => ask.ask(title, body, yes, danger, action)
    }
    SignInAgainDialog {
        id: signInAgain
        client: page.client
    }
    AskDialog {
        id: ask
    }

    Shortcut {
        sequence: "Ctrl+K"
        enabled: !page.diagnosing
        onActivated: {
            if (!page.twoPanes)
                page.roomId = "";
            panel.focusFilter();
        }
    }
    Shortcut {
        sequence: "Ctrl+Shift+D"
        onActivated: page.diagnosing ? page.leaveDiagnostics() : page.diagnose("")
    }
    Shortcut {
        sequence: "Ctrl+N"
        enabled: !page.diagnosing
        onActivated: newRoom.open()
    }
    Shortcut {
        sequence: "Alt+Down"
        enabled: !page.diagnosing
        onActivated: page.step(1, false)
    }
    Shortcut {
        sequence: "Alt+Up"
        enabled: !page.diagnosing
        onActivated: page.step(-1, false)
    }
    Shortcut {
        sequence: "Alt+Shift+Down"
        enabled: !page.diagnosing
        onActivated: page.step(1, true)
    }
    Shortcut {
        sequence: "Alt+Shift+Up"
        enabled: !page.diagnosing
        onActivated: page.step(-1, true)
    }
    Shortcut {
        sequences: ["Esc", "Back"]
        enabled: !page.diagnosing && !page.twoPanes && page.roomId !== "" && room.composer.context === null
        onActivated: {
            page.roomId = "";
            panel.focusFilter();
        }
    }
}
