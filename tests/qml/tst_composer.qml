import QtQuick
import QtTest
import Skein.Composer

Item {
    id: root

    width: 480
    height: 400

    Composer {
        id: composer
        width: 480
        anchors.bottom: parent.bottom
    }
    SignalSpy {
        id: sent
        target: composer
        signalName: "sent"
    }
    SignalSpy {
        id: edited
        target: composer
        signalName: "edited"
    }
    SignalSpy {
        id: drafts
        target: composer
        signalName: "draftPaused"
    }
    SignalSpy {
        id: lastWanted
        target: composer
        signalName: "editLastWanted"
    }

    TestCase {
        name: "Composer"
        when: windowShown

        function type(words) {
            for (const letter of words)
                keyClick(letter);
        }
        function init() {
            composer.load("");
            composer.input.forceActiveFocus();
            for (const spy of [sent, edited, drafts, lastWanted])
                spy.clear();
        }

        function test_theCountdownOfASlowedQueueIsShownAndSaid() {
            const slowed = findChild(composer, "slowed");
            verify(!slowed.visible);
            const height = composer.implicitHeight;
            composer.slowedSeconds = 7;
            verify(slowed.visible);
            verify(slowed.text.indexOf("7") >= 0, slowed.text);
            verify(composer.implicitHeight > height, "it has a place of its own");
            compare(slowed.Accessible.role, Accessible.AlertMessage);
            compare(slowed.Accessible.name, slowed.text);
            composer.slowedSeconds = 6;
            verify(slowed.text.indexOf("6") >= 0, slowed.text);
            // It hinders nobody from writing on.
            type("ab");
            keyClick(Qt.Key_Return);
            compare(sent.count, 1);
            composer.slowedSeconds = 0;
            verify(!slowed.visible);
            compare(composer.implicitHeight, height);
        }
        function test_enterSendsAndShiftEnterBreaksTheLine() {
            type("ab");
            keyClick(Qt.Key_Return, Qt.ShiftModifier);
            type("c");
            compare(sent.count, 0);
            keyClick(Qt.Key_Return);
            compare(sent.count, 1);
            compare(sent.signalArguments[0][0], "ab\nc");
            compare(composer.text, "");
        }
        function test_nothingButSpacesIsNotSent() {
            type("   ");
            keyClick(Qt.Key_Return);
            compare(sent.count, 0);
        }
        function test_tooMuchIsNotSent() {
            composer.text = "ა".repeat(20001);
            keyClick(Qt.Key_Return);
            compare(sent.count, 0);
            composer.text = "ა".repeat(20000);
            keyClick(Qt.Key_Return);
            compare(sent.count, 1);
        }
        function test_aPauseSavesTheDraft() {
            type("half");
            tryVerify(() => drafts.count > 0);
            compare(drafts.signalArguments[drafts.count - 1][0], "half");
        }
        function test_sendingEmptiesTheDraft() {
            type("x");
            keyClick(Qt.Key_Return);
            compare(drafts.signalArguments[drafts.count - 1][0], "");
        }
        function test_upInAnEmptyFieldEditsTheLast() {
            keyClick(Qt.Key_Up);
            compare(lastWanted.count, 1);
            type("a");
            keyClick(Qt.Key_Up);
            compare(lastWanted.count, 1);
        }
        function test_anEditKeepsWhatWasBeingWritten() {
            type("mine");
            composer.edit({
                "rowId": "7",
                "seq": 7,
                "own": true,
                "senderName": "Me",
                "body": "old"
            });
            compare(composer.text, "old");
            type("er");
            keyClick(Qt.Key_Return);
            compare(edited.count, 1);
            compare(edited.signalArguments[0][0], "7");
            compare(edited.signalArguments[0][1], "older");
            compare(composer.text, "mine");
            compare(sent.count, 0);
        }
        function test_escapeLeavesTheEdit() {
            type("mine");
            composer.edit({
                "rowId": "7",
                "seq": 7,
                "own": true,
                "senderName": "Me",
                "body": "old"
            });
            keyClick(Qt.Key_Escape);
            compare(composer.text, "mine");
            verify(!composer.editing);
        }
        function test_aReplyCarriesItsTarget() {
            composer.reply({
                "rowId": "9",
                "seq": 9,
                "own": false,
                "senderName": "Nino",
                "body": "hello"
            });
            type("yes");
            keyClick(Qt.Key_Return);
            compare(sent.signalArguments[0][1], 9);
            verify(composer.context === null);
        }
        function test_aDraftKeepsWhatItAnswers() {
            composer.reply({
                "rowId": "9",
                "seq": 9,
                "own": false,
                "senderName": "Nino",
                "body": "hello"
            });
            type("ye");
            tryVerify(() => drafts.count > 0);
            compare(drafts.signalArguments[drafts.count - 1][0], "ye");
            compare(drafts.signalArguments[drafts.count - 1][1], 9);
            // Not answering any more is a change of the draft, too.
            drafts.clear();
            keyClick(Qt.Key_Escape);
            verify(composer.context === null);
            tryVerify(() => drafts.count > 0);
            compare(drafts.signalArguments[0][1], 0);
        }
        function test_aLoadedDraftShowsWhatItAnswersAndSendsIt() {
            composer.load("yes", composer.answer(9, {
                "rowId": "9",
                "seq": 9,
                "own": false,
                "senderName": "Nino",
                "body": "hello"
            }));
            compare(composer.context.sender, "Nino");
            verify(findChild(composer, "leaveContext").visible);
            verify(!composer.dirty);
            keyClick(Qt.Key_Return);
            compare(sent.signalArguments[0][1], 9);
            composer.load("later", composer.answer(7, null));
            compare(composer.context.text, "");
            verify(composer.context.sender !== "", "it says that it is a reply");
            compare(composer.draftReplySeq, 7);
            composer.load("other");
            verify(composer.context === null);
        }
        function test_anEditLeavesTheReplyOfTheDraftAlone() {
            composer.load("mine", composer.answer(9, null));
            const row = {
                "rowId": "7",
                "seq": 7,
                "own": true,
                "senderName": "Me",
                "body": "old"
            };
            composer.edit(row);
            compare(composer.draftText, "mine");
            compare(composer.draftReplySeq, 9);
            keyClick(Qt.Key_Escape);
            compare(composer.text, "mine");
            compare(composer.context.seq, 9);
            composer.edit(row);
            composer.take("mine, and more", composer.answer(8, null));
            compare(composer.text, "old", "another device does not end an edit");
            keyClick(Qt.Key_Return);
            compare(edited.count, 1);
            compare(composer.text, "mine, and more");
            compare(composer.context.seq, 8);
            compare(sent.count, 0);
        }
        function test_growsWithTheTextUpToABound() {
            const small = composer.implicitHeight;
            composer.text = "a\nb\nc\nd";
            verify(composer.implicitHeight > small);
            composer.text = "a\n".repeat(200);
            verify(composer.implicitHeight < 260);
        }
    }
}
