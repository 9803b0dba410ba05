import QtQuick
import Skein
import Skein.Composer
import Skein.Controls
import Skein.Native
import Skein.Theme
import Skein.Timeline

// The open room: header, messages, typing line, composer.
Rectangle {
    id: room

    required property Client client
    property string roomId
    property bool onePane: false
    property bool windowActive: true
    readonly property TimelineModel timeline: room.roomId !== "" ? room.client.timeline(room.roomId) : null
    readonly property bool onItsWay: room.client.state === Client.Connecting || room.client.state === Client.SigningIn || room.client.state === Client.CatchingUp
    readonly property bool settled: room.timeline !== null && room.timeline.ready && !room.onItsWay && (messages.empty || messages.anchor.topRow >= 0)
    readonly property alias composer: composer
    readonly property alias messages: messages
    property string shownRoomId
    signal backWanted
    signal askWanted(title: string, body: string, yes: string, danger: bool, action: var)
    signal linkWanted(url: string)
    signal storyWanted(tempId: string)

    function focusComposer() {
        composer.input.forceActiveFocus();
    }
    function rowActions(rowId: string): var {
        const row = room.timeline.get(room.timeline.rowOf(rowId));
        const entries = [];
        const add = (key, label, icon, danger) => entries.push({
                "key": key,
                "label": label,
                "icon": icon,
                "danger": danger === true
            });
        if (row.canRetry)
            add("retry", qsTr("Send again"), "retry");
        if (row.seq > 0 && !row.deleted)
            add("reply", qsTr("Reply"), "reply");
        if (!row.deleted)
            add("copy", qsTr("Copy text"), "copy");
        const links = Desktop.links(row.body);
        for (let i = 0; i < links.length; ++i)
            add("link:" + links[i], qsTr("Open %1").arg(Desktop.linkTarget(links[i])), "link");
        if (row.own && !row.deleted)
            add("edit", qsTr("Edit"), "edit");
        if (row.own && !row.deleted && row.seq > 0 && room.timeline.kind !== Client.Direct)
            add("readby", qsTr("Read by"), "checks");
        if (row.journalId)
            add("why", qsTr("What happened to this message?"), "pulse");
        if (row.canRetry)
            add("discard", qsTr("Discard"), "trash", true);
        else if (row.own && !row.deleted && row.seq > 0)
            add("delete", qsTr("Delete"), "trash", true);
        return entries;
    }
    // The message that the draft of the open room answers.
    function answered(): var {
        const seq = room.roomId === "" ? 0 : room.client.draftReply(room.roomId);
        if (seq <= 0)
            return null;
        const at = room.timeline.rowOfSeq(seq);
        return composer.answer(seq, at < 0 ? null : room.timeline.get(at));
    }
    function field(row: var, name: string): string {
        return row[name];
    }
    function act(key: string, rowId: string) {
        const row = room.timeline.get(room.timeline.rowOf(rowId));
        if (key === "retry")
            room.timeline.retry(rowId);
        else if (key === "discard")
            room.timeline.discard(rowId);
        else if (key === "reply")
            composer.reply(row);
        else if (key === "edit")
            composer.edit(row);
        else if (key === "readby") {
            receipts.seq = row.seq;
            readBy.open();
        } else if (key === "why")
            room.storyWanted(room.field(row, "journalId"));
        else if (key === "copy")
            Desktop.copy(Object.entries(row).find(entry => entry[0] === "body")[1]);
        else if (key === "delete")
            room.askWanted(qsTr("Delete this message?"), qsTr("It disappears for everybody in this conversation."), qsTr("Delete"), true, () => room.timeline.remove(rowId));
        else if (key.startsWith("link:"))
            room.linkWanted(key.substring(5));
    }

    color: Theme.canvas
    onRoomIdChanged: {
        if (room.shownRoomId !== "")
            room.client.setDraft(room.shownRoomId, composer.draftText, composer.draftReplySeq);
        room.shownRoomId = room.roomId;
        composer.load(room.roomId === "" ? "" : room.client.draft(room.roomId), room.answered());
        otherDraft.text = room.roomId === "" ? "" : room.client.otherDraft(room.roomId);
        if (room.roomId !== "")
            room.focusComposer();
    }

    Connections {
        target: room.client
        function onDraftChanged(roomId: string) {
            if (roomId !== room.shownRoomId)
                return;
            otherDraft.text = room.client.otherDraft(roomId);
            // What is being typed stays; the other device's text is kept beside it.
            if (!composer.dirty)
                composer.take(room.client.draft(roomId), room.answered());
        }
    }
    Connections {
        target: room.timeline
        // The answered message was not loaded when its draft came.
        function onCountChanged() {
            if (composer.draftReplySeq <= 0 || composer.editing || composer.context.rowId !== "")
                return;
            const at = room.timeline.rowOfSeq(composer.draftReplySeq);
            if (at >= 0)
                composer.context = composer.answer(composer.draftReplySeq, room.timeline.get(at));
        }
    }
    Binding {
        target: room.timeline
        when: room.timeline !== null
        property: "shown"
        value: room.visible
        restoreMode: Binding.RestoreBindingOrValue
    }
    Binding {
        target: room.timeline
        when: room.timeline !== null
        property: "active"
        value: room.visible && room.windowActive
        restoreMode: Binding.RestoreBindingOrValue
    }

    RoomHeader {
        id: header
        width: parent.width
        timeline: room.timeline
        onePane: room.onePane
        visible: room.timeline !== null
        onBackWanted: room.backWanted()
    }
    TimelineView {
        id: messages
        visible: room.timeline !== null
        anchors.top: header.bottom
        anchors.bottom: typing.top
        width: parent.width
        timeline: room.timeline
        showSender: room.timeline !== null && room.timeline.kind !== 3
        online: room.client.online
        onReplyWanted: id => room.act("reply", id)
        onEditWanted: id => room.act("edit", id)
        onMenuWanted: (item, x, y, id) => {
            menu.rowId = id;
            menu.openAt(item, x, y, room.rowActions(id));
        }
        onLeaveWanted: room.focusComposer()
        onTyped: text => {
            composer.input.insert(composer.input.cursorPosition, text);
            room.focusComposer();
        }
    }
    PlainLabel {
        id: typing
        objectName: "typing"
        anchors.bottom: otherDraft.top
        x: composer.x + (room.width - Math.min(room.width - 32, Theme.columnMax - 40)) / 2 + 18
        width: room.width - 2 * x
        height: 22
        visible: room.timeline !== null
        text: room.timeline !== null ? room.timeline.typingText : ""
        color: Theme.accent
        font.pixelSize: Theme.sizeSmall
        verticalAlignment: Text.AlignVCenter
    }
    OtherDraftLine {
        id: otherDraft
        anchors.bottom: composer.top
        width: parent.width
        height: visible ? implicitHeight : 0
        visible: composer.visible && text !== ""
        onSettled: keep => room.client.settleOtherDraft(room.shownRoomId, keep)
    }
    Composer {
        id: composer
        visible: room.timeline !== null && !room.timeline.archived
        anchors.bottom: parent.bottom
        width: parent.width
        height: implicitHeight
        narrow: room.width < 560
        slowedSeconds: room.client.slowedSeconds
        roomName: room.timeline !== null ? room.timeline.roomName : ""
        onSent: (text, replySeq) => {
            room.timeline.send(text, replySeq);
            room.timeline.jumpToNewest();
        }
        onEdited: (rowId, text) => room.timeline.edit(rowId, text)
        onDraftPaused: (text, replySeq) => {
            if (room.shownRoomId !== "")
                room.client.setDraft(room.shownRoomId, text, replySeq);
        }
        onTyping: on => {
            if (room.shownRoomId !== "")
                room.client.setTyping(room.shownRoomId, on);
        }
        onEditLastWanted: {
            const id = room.timeline.lastOwnRowId();
            if (id !== "")
                room.act("edit", id);
        }
        onTimelineWanted: messages.list.forceActiveFocus(Qt.TabFocusReason)
    }
    ReceiptsModel {
        id: receipts
        client: room.client
        roomId: room.roomId
    }
    ReadByPanel {
        id: readBy
        objectName: "readBy"
        receipts: receipts
        sheet: room.onePane
        onClosed: {
            receipts.seq = 0; // nothing is kept up to date that nobody sees
            messages.list.forceActiveFocus(Qt.PopupFocusReason);
        }
    }
    MenuPanel {
        id: menu
        property string rowId
        parent: room
        onChosen: key => room.act(key, menu.rowId)
    }

    // ---- nothing open ----
    Column {
        anchors.centerIn: parent
        visible: room.timeline === null
        spacing: Theme.gap
        Mark {
            anchors.horizontalCenter: parent.horizontalCenter
            width: 72
            height: 72
            opacity: 0.9
        }
        PlainLabel {
            anchors.horizontalCenter: parent.horizontalCenter
            text: qsTr("Choose a conversation")
            font.pixelSize: Theme.sizeTitle
            font.weight: Font.DemiBold
        }
        PlainLabel {
            anchors.horizontalCenter: parent.horizontalCenter
            text: qsTr("Ctrl+K finds one by its name")
            color: Theme.textSoft
            font.pixelSize: Theme.sizeMeta
        }
    }
}
