import QtQuick
import Skein.Controls
import Skein.Native
import Skein.Theme

// Where messages are written. Knows nothing of the client: what it wants is in its signals.
Rectangle {
    id: composer

    property bool narrow: false
    property int slowedSeconds: 0
    property string roomName
    // What is being answered or changed: {mode: "reply" | "edit", rowId, seq, sender, text}.
    property var context: null
    // What stood here before an edit began.
    property string keptDraft
    property var keptContext: null
    // Typed and not handed over by draftPaused() yet.
    readonly property bool dirty: pause.running
    // What the draft is and which message it answers (0 = none), also while an edit is over it.
    readonly property string draftText: composer.editing ? composer.keptDraft : input.text
    readonly property double draftReplySeq: composer.seqOf(composer.editing ? composer.keptContext : composer.context)
    readonly property bool editing: composer.context !== null && composer.context.mode === "edit"
    readonly property int letters: Desktop.length(input.text)
    readonly property int lettersMax: 20000
    readonly property bool sendable: input.text.trim() !== "" && composer.letters <= composer.lettersMax
    property alias text: input.text
    property alias input: input
    signal sent(text: string, replySeq: double)
    signal edited(rowId: string, text: string)
    signal draftPaused(text: string, replySeq: double)
    signal typing(on: bool)
    signal editLastWanted
    signal timelineWanted

    function seqOf(about: var): double {
        return about !== null && about.mode === "reply" ? about.seq : 0;
    }
    // A draft and what it answers: answer() or null.
    function load(draft: string, about: var) {
        composer.keptContext = null;
        composer.context = about ? about : null;
        input.text = draft;
        input.cursorPosition = input.length;
        pause.stop();
    }
    // Another device changed the draft.
    function take(draft: string, about: var) {
        if (composer.editing) {
            composer.keptDraft = draft;
            composer.keptContext = about ? about : null;
            return;
        }
        composer.context = about ? about : null;
        if (input.text === draft)
            return;
        input.text = draft;
        input.cursorPosition = input.length;
        pause.stop();
    }
    function saveDraft() {
        pause.stop();
        if (!composer.editing)
            composer.draftPaused(input.text, composer.draftReplySeq);
    }
    // The context of a reply to message `seq`. Without its row, which may not be loaded yet, it says
    // only that it is one.
    function answer(seq: double, row: var): var {
        return {
            "mode": "reply",
            "rowId": row ? row.rowId : "",
            "seq": seq,
            "sender": !row ? qsTr("Reply to an earlier message") : row.own ? qsTr("You") : row.senderName,
            "text": row ? row.body : ""
        };
    }
    function reply(row: var) {
        composer.leaveContext();
        composer.context = composer.answer(row.seq, row);
        pause.restart();
        input.forceActiveFocus();
    }
    function edit(row: var) {
        if (composer.editing)
            composer.leaveContext();
        composer.keptDraft = input.text;
        composer.keptContext = composer.context;
        composer.context = {
            "mode": "edit",
            "rowId": row.rowId,
            "seq": row.seq,
            "sender": qsTr("Edit message"),
            "text": row.body
        };
        input.text = row.body;
        input.cursorPosition = input.length;
        input.forceActiveFocus();
    }
    function leaveContext() {
        const wasEditing = composer.editing;
        composer.context = wasEditing ? composer.keptContext : null;
        composer.keptContext = null;
        if (wasEditing)
            input.text = composer.keptDraft;
        else
            pause.restart();
    }
    function submit() {
        if (!composer.sendable)
            return;
        const words = input.text;
        const about = composer.context;
        composer.context = composer.keptContext;
        composer.keptContext = null;
        pause.stop();
        if (about !== null && about.mode === "edit") {
            input.text = composer.keptDraft;
            composer.edited(about.rowId, words);
        } else {
            input.clear();
            composer.typing(false);
            // The message is stored, and the draft ends with it; never the other way round.
            composer.sent(words, about !== null ? about.seq : 0);
            composer.draftPaused("", 0);
        }
    }

    implicitHeight: contextBar.height + field.height + 2 * Theme.gapSmall + (slowed.visible ? slowed.height : 0)
    color: Theme.canvas

    Timer {
        id: pause
        interval: 400
        onTriggered: composer.saveDraft()
    }

    ContextBar {
        id: contextBar
        width: field.width
        x: field.x
        y: 4
        context: composer.context
        onClosed: composer.leaveContext()
    }

    Rectangle {
        id: field
        width: Math.min(parent.width - 2 * (composer.narrow ? 8 : Theme.gapLarge), Theme.columnMax - 40)
        x: Math.round((parent.width - width) / 2)
        y: contextBar.height + Theme.gapSmall
        height: Math.max(46, Math.min(flick.contentHeight, 168) + 2)
        radius: 23
        color: Theme.field
        border.width: input.activeFocus ? Theme.focusWidth : 0
        border.color: Theme.focus

        Flickable {
            id: flick
            x: 18
            y: 1
            width: parent.width - 18 - 54
            height: parent.height - 2
            contentWidth: width
            contentHeight: input.implicitHeight
            clip: true
            boundsBehavior: Flickable.StopAtBounds
            flickableDirection: Flickable.VerticalFlick
            function show(r: rect) {
                if (contentY > r.y - 12)
                    contentY = Math.max(0, r.y - 12);
                else if (contentY + height < r.y + r.height + 12)
                    contentY = Math.max(0, r.y + r.height + 12 - height);
            }
            TextEdit {
                id: input
                objectName: "composer"
                width: flick.width
                height: Math.max(implicitHeight, flick.height)
                topPadding: 12
                bottomPadding: 12
                textFormat: TextEdit.PlainText
                wrapMode: TextEdit.Wrap
                color: Theme.text
                selectionColor: Theme.accentFill
                selectedTextColor: Theme.textOnAccent
                font.pixelSize: Theme.sizeBody
                selectByMouse: true
                activeFocusOnTab: true
                Accessible.role: Accessible.EditableText
                Accessible.name: qsTr("Message")
                Accessible.multiLine: true
                onCursorRectangleChanged: flick.show(cursorRectangle)
                onTextChanged: {
                    pause.restart();
                    if (activeFocus)
                        composer.typing(text !== "");
                }
                Keys.onPressed: event => {
                    const enter = event.key === Qt.Key_Return || event.key === Qt.Key_Enter;
                    if (enter && !(event.modifiers & Qt.ShiftModifier)) {
                        composer.submit();
                        event.accepted = true;
                    } else if (event.key === Qt.Key_Up && input.text === "" && event.modifiers === Qt.NoModifier) {
                        composer.editLastWanted();
                        event.accepted = true;
                    } else if (event.key === Qt.Key_Escape && composer.context !== null) {
                        composer.leaveContext();
                        event.accepted = true;
                    } else if (event.key === Qt.Key_PageUp || event.key === Qt.Key_PageDown) {
                        composer.timelineWanted();
                        event.accepted = true;
                    } else if (event.key === Qt.Key_Tab || event.key === Qt.Key_Backtab) {
                        const next = input.nextItemInFocusChain(event.key === Qt.Key_Tab);
                        if (next)
                            next.forceActiveFocus(event.key === Qt.Key_Tab ? Qt.TabFocusReason : Qt.BacktabFocusReason);
                        event.accepted = true;
                    }
                }
            }
        }
        PlainLabel {
            x: flick.x
            width: flick.width
            y: 13
            visible: input.length === 0 && input.preeditText === ""
            text: qsTr("Write a message")
            color: Theme.textFaint
        }
        PlainLabel {
            objectName: "letters"
            visible: composer.letters > composer.lettersMax - 500
            anchors.right: parent.right
            anchors.rightMargin: 14
            y: 6
            text: Desktop.number(composer.lettersMax - composer.letters)
            color: composer.letters > composer.lettersMax ? Theme.danger : Theme.textFaint
            font.pixelSize: Theme.sizeTiny
        }
        IconButton {
            objectName: "send"
            anchors.right: parent.right
            anchors.bottom: parent.bottom
            anchors.margins: 4
            implicitWidth: 38
            implicitHeight: 38
            enabled: composer.sendable
            filled: composer.sendable
            iconName: composer.editing ? "check" : "send"
            iconSize: composer.editing ? 20 : 18
            label: composer.editing ? qsTr("Save") : qsTr("Send")
            onClicked: {
                composer.submit();
                input.forceActiveFocus();
            }
        }
    }
    PlainLabel {
        id: slowed
        objectName: "slowed"
        visible: composer.slowedSeconds > 0
        x: field.x + 18
        y: field.y + field.height + 4
        height: visible ? 20 : 0
        width: field.width - 36
        text: qsTr("Slowed down by the server. Your messages go on in %n second(s).", "", composer.slowedSeconds)
        color: Theme.warning
        font.pixelSize: Theme.sizeSmall
        Accessible.ignored: !visible
        Accessible.role: Accessible.AlertMessage
        Accessible.name: text
    }
}
