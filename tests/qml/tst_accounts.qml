import QtQuick
import QtTest
import Skein
import Skein.App
import Skein.Fakes

// The switcher of the accounts, over real clients and a server that takes everybody.
Item {
    id: root

    width: 640
    height: 560

    FakeAccounts {
        id: fake
    }
    AccountHead {
        id: head
        width: 300
        client: fake.list.current
        onClicked: menu.openAt(head)
    }
    AccountMenu {
        id: menu
        parent: root
        accounts: fake.list
    }
    Component {
        id: rows
        AccountRow {
            width: 300
            index: 0
            userName: "ann"
            displayName: "Ann"
            serverText: "chat.example"
            initials: "A"
            colorIndex: 1
            stateText: "Connected"
            online: true
            signInNeeded: false
            unread: 0
            unreadText: ""
            shown: false
        }
    }
    Component {
        id: pages
        SignInPage {
            anchors.fill: parent
            client: fake.list.current
        }
    }
    SignalSpy {
        id: wanted
        target: menu
        signalName: "accountWanted"
    }
    SignalSpy {
        id: addWanted
        target: menu
        signalName: "addWanted"
    }
    SignalSpy {
        id: outWanted
        target: menu
        signalName: "signOutWanted"
    }
    SignalSpy {
        id: cancelled
        signalName: "cancelled"
    }

    TestCase {
        name: "Accounts"
        when: windowShown

        function account(name) {
            return findChild(menu.content, "account:" + name);
        }
        function focused() {
            return root.Window.window.activeFocusItem.objectName;
        }
        function signIn(name, shownAs) {
            const before = fake.list.count;
            fake.signIn(name, shownAs || "");
            tryCompare(fake.list, "count", before + 1);
        }
        function openMenu() {
            head.forceActiveFocus(Qt.TabFocusReason);
            keyClick(Qt.Key_Return);
            tryCompare(menu, "opened", true);
        }
        function initTestCase() {
            signIn("ann", "Ann");
            signIn("ben", "Ben <img src='http://127.0.0.1:9/a.png'>");
            signIn("cleo", "");
            fake.list.show(1);
        }
        function init() {
            root.width = 640;
            root.height = 560;
            wanted.clear();
            addWanted.clear();
            outWanted.clear();
            head.unreadElsewhere = 0;
        }
        function cleanup() {
            menu.close();
            tryCompare(menu, "opened", false);
        }

        function test_everyAccountIsListedAndTheOneThatIsShownIsMarked() {
            openMenu();
            for (const name of ["ann", "ben", "cleo"])
                compare(account(name).shown, name === "ben", name);
            compare(account("ann").where, "ann · " + fake.host);
            verify(account("ann").Accessible.name.startsWith("Ann, ann · "));
            verify(account("cleo").Accessible.name.startsWith("Name of cleo, "));
            compare(account("ben").Accessible.checked, true);
            compare(account("ann").Accessible.checked, false);
            verify(account("ann").y < account("ben").y && account("ben").y < account("cleo").y);
            compare(Fixture.requests(), 0);
        }
        function test_theKeyboardGoesThroughAllOfItAndBack() {
            openMenu();
            compare(focused(), "account:ben", "the one that is shown comes first");
            const down = [];
            for (let i = 0; i < 5; ++i) {
                keyClick(Qt.Key_Down);
                down.push(focused());
            }
            compare(down.join(), "account:cleo,menu:addAccount,menu:signOut,account:ann,account:ben");
            keyClick(Qt.Key_Up);
            compare(focused(), "account:ann");
            verify(account("ann").visualFocus);
            keyClick(Qt.Key_Escape);
            tryCompare(menu, "opened", false);
            tryCompare(head, "activeFocus", true);
            compare(wanted.count + addWanted.count + outWanted.count, 0);
        }
        function test_returnAndSpaceAndTheMouseChoose() {
            openMenu();
            keyClick(Qt.Key_Up);
            keyClick(Qt.Key_Return);
            tryCompare(menu, "opened", false);
            compare(wanted.count, 1);
            compare(wanted.signalArguments[0][0], 0);
            openMenu();
            mouseClick(account("cleo"));
            compare(wanted.signalArguments[1][0], 2);
            tryCompare(menu, "opened", false);
            openMenu();
            keyClick(Qt.Key_Down);
            keyClick(Qt.Key_Down);
            keyClick(Qt.Key_Space);
            compare(addWanted.count, 1);
            tryCompare(menu, "opened", false);
            openMenu();
            mouseClick(findChild(menu.content, "menu:signOut"));
            compare(outWanted.count, 1);
            compare(wanted.count, 2);
        }
        function test_signingOutNamesTheOneThatIsShown() {
            openMenu();
            verify(findChild(menu.content, "menu:signOut").label.includes("Ben"));
            fake.list.show(0);
            verify(findChild(menu.content, "menu:signOut").label.includes("Ann"));
            compare(account("ann").shown, true);
            compare(account("ben").shown, false);
            fake.list.show(1);
        }
        function test_theHeadSaysWhoAndWhetherAnotherAccountHasSomethingUnread() {
            const dot = findChild(head, "unreadElsewhere");
            compare(dot.visible, false);
            verify(head.Accessible.name.includes("Ben"));
            verify(!head.Accessible.name.includes("unread"));
            head.unreadElsewhere = 3;
            compare(dot.visible, true);
            verify(head.Accessible.name.includes("3 unread in other accounts"));
            fake.list.show(2);
            verify(head.Accessible.name.includes("Name of cleo"));
            fake.list.show(1);
        }
        function test_aRowSaysWhatIsUnreadAndWhatIsWrong_data() {
            return [
                {
                    "tag": "nothing",
                    "set": {},
                    "line": "ann · chat.example",
                    "says": "Ann, ann · chat.example",
                    "badge": ""
                },
                {
                    "tag": "unread",
                    "set": {
                        "unread": 120,
                        "unreadText": "99+"
                    },
                    "line": "ann · chat.example",
                    "says": "Ann, ann · chat.example, 120 unread",
                    "badge": "99+"
                },
                {
                    "tag": "waiting",
                    "set": {
                        "online": false,
                        "stateText": "No network"
                    },
                    "line": "No network",
                    "says": "Ann, ann · chat.example, No network",
                    "badge": ""
                },
                {
                    "tag": "not opened yet",
                    "set": {
                        "online": false,
                        "stateText": ""
                    },
                    "line": "ann · chat.example",
                    "says": "Ann, ann · chat.example",
                    "badge": ""
                },
                {
                    "tag": "no token",
                    "set": {
                        "online": false,
                        "signInNeeded": true,
                        "stateText": "Disconnected"
                    },
                    "line": "Sign in again",
                    "says": "Ann, ann · chat.example, Sign in again",
                    "badge": ""
                }
            ];
        }
        function test_aRowSaysWhatIsUnreadAndWhatIsWrong(data) {
            const row = createTemporaryObject(rows, root, data.set);
            compare(row.line, data.line);
            compare(row.Accessible.name, data.says);
            compare(row.report, "Ann|" + data.line + "|" + data.badge + "|");
        }
        function test_addingHasAWayBackAndTheFirstSignInHasNone() {
            const first = createTemporaryObject(pages, root);
            compare(findChild(first, "cancelAdding").visible, false);
            first.destroy();
            const page = createTemporaryObject(pages, root, {
                "adding": true
            });
            cancelled.target = page;
            cancelled.clear();
            const back = findChild(page, "cancelAdding");
            verify(back.visible);
            compare(findChild(page, "name").text, "", "it is another one than the last");
            mouseClick(back);
            compare(cancelled.count, 1);
        }
        // The last one: it fills the list.
        function test_zFullAndInALowNarrowWindowAllCanBeReached() {
            for (let i = fake.list.count; !fake.list.full; ++i)
                signIn("user" + i);
            fake.list.show(fake.list.count - 1);
            root.width = 320;
            root.height = 300;
            openMenu();
            verify(menu.x >= 0 && menu.x + menu.width <= root.width);
            compare([menu.y >= 0, menu.y + menu.height <= root.height].join(), "true,true", [menu.y, menu.height, root.height, menu.content.implicitHeight].join());
            const add = findChild(menu.content, "menu:addAccount");
            compare(add.enabled, false);
            const inView = item => {
                const top = item.mapToItem(root, 0, 0).y;
                return top >= menu.y && top + item.height <= menu.y + menu.height;
            };
            verify(inView(account("user" + (fake.list.count - 1))), "the one that is shown");
            verify(inView(findChild(menu.content, "menu:signOut")));
            keyClick(Qt.Key_Down);
            compare(focused(), "menu:signOut", "what cannot be done is not in the way");
            keyClick(Qt.Key_Down);
            compare(focused(), "account:ann");
            verify(inView(account("ann")));
        }
    }
}
