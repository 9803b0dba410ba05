import QtQuick
import QtTest
import Skein
import Skein.App
import Skein.Fakes

// What stood in the composer, when one comes back to a room; and what another device wrote meanwhile.
Item {
    id: root

    width: 640
    height: 560

    FakeAccount {
        id: account
    }
    RoomView {
        id: view
        anchors.fill: parent
        client: account.client
    }
    OtherDraftLine {
        id: line
        width: 400
    }
    SignalSpy {
        id: settled
        target: line
        signalName: "settled"
    }

    TestCase {
        name: "Drafts"
        when: windowShown

        function initTestCase() {
            account.signIn();
            tryVerify(() => account.client.signedIn);
        }
        function init() {
            settled.clear();
            line.text = "written on the phone";
            line.visible = true;
        }

        function test_aDraftComesBackWithWhatItAnswers() {
            view.roomId = "r1";
            verify(view.composer.context === null);
            view.composer.reply({
                "rowId": "5",
                "seq": 5,
                "own": false,
                "senderName": "Nino",
                "body": "tea?"
            });
            view.composer.text = "yes, at";
            view.roomId = "r2";
            compare(view.composer.text, "");
            verify(view.composer.context === null, "another room answers nothing");
            compare(account.client.draftReply("r1"), 5);
            view.roomId = "r1";
            compare(view.composer.text, "yes, at");
            verify(view.composer.context !== null);
            compare(view.composer.context.mode, "reply");
            compare(view.composer.context.seq, 5);
            verify(findChild(view.composer, "leaveContext").visible);
            // Saved by the pause, and not only by leaving the room.
            view.composer.leaveContext();
            tryVerify(() => account.client.draftReply("r1") === 0);
            compare(account.client.draft("r1"), "yes, at");
        }
        function test_theOtherDevicesDraftIsAddedOrDiscardedAndSaysWhatItIs() {
            verify(line.Accessible.name.includes("written on the phone"));
            mouseClick(findChild(line, "keepOtherDraft"));
            compare(settled.count, 1);
            compare(settled.signalArguments[0][0], true);
            mouseClick(findChild(line, "dropOtherDraft"));
            compare(settled.count, 2);
            compare(settled.signalArguments[1][0], false);
            findChild(line, "keepOtherDraft").forceActiveFocus(Qt.TabFocusReason);
            keyClick(Qt.Key_Return);
            compare(settled.signalArguments[2][0], true);
            keyClick(Qt.Key_Tab);
            verify(findChild(line, "dropOtherDraft").activeFocus);
            keyClick(Qt.Key_Return);
            compare(settled.signalArguments[3][0], false);
        }
        function test_aLongDraftOfAnotherDeviceLeavesTheButtonsTheirPlace() {
            line.text = "long ".repeat(500);
            compare(line.height, line.implicitHeight);
            const keep = findChild(line, "keepOtherDraft");
            const drop = findChild(line, "dropOtherDraft");
            verify(keep.x >= 0 && keep.x + keep.width <= drop.x);
            verify(drop.x + drop.width <= line.width);
        }
    }
}
