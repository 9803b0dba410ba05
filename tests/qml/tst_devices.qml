import QtQuick
import QtTest
import Skein
import Skein.App
import Skein.Fakes

// The dialog of the signed-in devices, over a real client and a server that knows three of them.
Item {
    id: root

    width: 640
    height: 560

    FakeAccount {
        id: account
    }
    Component {
        id: dialogs
        DevicesDialog {
            client: account.client
        }
    }
    SignalSpy {
        id: asked
        signalName: "askWanted"
    }

    TestCase {
        name: "Devices"
        when: windowShown

        property var dialog: null

        function device(id, name, current) {
            return {
                "id": id,
                "device_name": name,
                "created": 1700000000000,
                "last_seen": 1700000100000,
                "current": current
            };
        }
        function all(item, accept, found) {
            found = found || [];
            if (!item.visible)
                return found;
            if (accept(item))
                found.push(item);
            for (let i = 0; i < item.children.length; ++i)
                all(item.children[i], accept, found);
            return found;
        }
        function rows() {
            return all(findChild(dialog.content, "devices"), item => item.Accessible.role === Accessible.ListItem);
        }
        function buttonOf(row) {
            return all(row, item => item.objectName === "revoke");
        }
        function initTestCase() {
            account.signIn();
            tryVerify(() => account.client.signedIn);
        }
        function init() {
            account.devices = [device("here", "Desk", true), device("phone", "Phone", false), device("old", "", false)];
            account.failing = false;
            account.revoked = [];
            dialog = createTemporaryObject(dialogs, root);
            verify(dialog);
            asked.target = dialog;
            asked.clear();
            dialog.open();
            tryCompare(dialog, "opened", true);
            tryVerify(() => rows().length === 3);
            tryVerify(() => !dialog.loading);
        }
        function cleanup() {
            dialog.close();
            tryCompare(dialog, "opened", false);
        }

        function test_everyDeviceIsListedAndTheOwnOneIsMarkedAndCannotBeSignedOut() {
            const list = rows();
            verify(list[0].Accessible.name.startsWith("Desk"));
            verify(list[0].Accessible.name.includes("This device"));
            compare(buttonOf(list[0]).length, 0);
            verify(list[1].Accessible.name.startsWith("Phone"));
            verify(!list[1].Accessible.name.includes("This device"));
            compare(buttonOf(list[1]).length, 1);
            compare(buttonOf(list[1])[0].Accessible.name, "Sign out Phone");
            verify(list[2].Accessible.name.startsWith("Unnamed device"));
            compare(buttonOf(list[2]).length, 1);
        }
        function test_aDeviceIsSignedOutAfterTheQuestionAndLeavesTheList() {
            mouseClick(buttonOf(rows()[1])[0]);
            compare(asked.count, 1);
            verify(asked.signalArguments[0][1].includes("Phone"));
            compare(asked.signalArguments[0][3], true);
            compare(account.revoked.length, 0, "nothing happens before the answer");
            asked.signalArguments[0][4]();
            tryVerify(() => rows().length === 2);
            compare(account.revoked.join(), "phone");
            verify(rows().every(row => !row.Accessible.name.startsWith("Phone")));
            tryVerify(() => !dialog.loading);
        }
        function test_theKeyboardReachesEachButtonAndTheWayOut() {
            tryCompare(findChild(dialog.content, "closeDevices"), "activeFocus", true);
            const reached = [];
            for (let i = 0; i < 6; ++i) {
                keyClick(Qt.Key_Tab);
                const item = dialog.contentItem.Window.window.activeFocusItem;
                if (item.objectName === "revoke")
                    reached.push(item.Accessible.name);
            }
            verify(reached.includes("Sign out Phone"));
            verify(reached.includes("Sign out Unnamed device"));
            keyClick(Qt.Key_Escape);
            tryCompare(dialog, "opened", false);
            compare(asked.count, 0);
        }
        function test_aListThatCannotBeHadIsSaidAndTheLastOneStays() {
            account.failing = true;
            dialog.load();
            tryVerify(() => dialog.problem !== "");
            verify(!dialog.loading);
            compare(rows().length, 3);
        }
    }
}
