import QtQuick
import QtTest
import Skein.App
import Skein.Theme

// Who has read a message, over a list that the test makes up.
Item {
    id: root

    width: 640
    height: 560

    component Readers: ListModel {
        property int others: 0
        property int readCount: 0
        property int deliveredCount: 0
        property bool loading: false
    }
    Component {
        id: models
        Readers {}
    }
    Component {
        id: panels
        ReadByPanel {}
    }
    SignalSpy {
        id: closed
        signalName: "closed"
    }

    TestCase {
        name: "ReadBy"
        when: windowShown

        property var panel: null
        property var readers: null

        function fill(read, got, rest) {
            readers = createTemporaryObject(models, root);
            for (let i = 0; i < read + got + rest; ++i)
                readers.append({
                    "userId": "u" + i,
                    "name": "Person " + i,
                    "initials": "P",
                    "colorIndex": i % 8,
                    "state": i < read ? 2 : i < read + got ? 1 : 0
                });
            readers.others = read + got + rest;
            readers.readCount = read;
            readers.deliveredCount = read + got;
        }
        function openPanel(sheet) {
            panel = createTemporaryObject(panels, root, {
                "receipts": readers,
                "sheet": sheet === true
            });
            panel.open();
            tryCompare(panel, "opened", true);
        }
        function cleanup() {
            if (panel)
                panel.close();
        }
        function textOf(name) {
            const label = findChild(panel.content, name);
            return label.visible ? label.text : "";
        }

        function test_theTitleCountsAndTheListSaysWho() {
            fill(2, 1, 1);
            openPanel();
            compare(textOf("readByTitle"), "Read by 2 of 4");
            compare(textOf("readBySubtitle"), "delivered to 1 more");
            const list = findChild(panel.content, "readers");
            compare(list.count, 4);
            compare(list.itemAtIndex(0).Accessible.name, "Person 0, Read");
            compare(list.itemAtIndex(2).Accessible.name, "Person 2, Delivered");
            compare(list.itemAtIndex(3).Accessible.name, "Person 3, Not delivered yet");
            verify(panel.height < 400);
        }
        function test_whatChangesWhileItIsShownIsSeen() {
            fill(1, 0, 2);
            openPanel();
            compare(textOf("readBySubtitle"), "");
            readers.setProperty(1, "state", 1);
            readers.deliveredCount = 2;
            compare(textOf("readBySubtitle"), "delivered to 1 more");
            compare(findChild(panel.content, "readers").itemAtIndex(1).Accessible.name, "Person 1, Delivered");
        }
        function test_aLargeRoomMakesNoMoreItemsThanAreSeen() {
            fill(300, 200, 500);
            openPanel();
            compare(textOf("readByTitle"), "Read by 300 of 1000");
            const list = findChild(panel.content, "readers");
            verify(panel.height <= root.height * 0.8 + 1);
            let made = 0;
            for (let i = 0; i < list.count; ++i)
                made += list.itemAtIndex(i) ? 1 : 0;
            verify(made < 60, made);
        }
        function test_theKeyboardReachesTheListAndLeavesIt() {
            fill(20, 0, 0);
            openPanel();
            const list = findChild(panel.content, "readers");
            verify(list.activeFocus);
            keyClick(Qt.Key_Down);
            compare(list.currentIndex, 1);
            closed.target = panel;
            closed.clear();
            keyClick(Qt.Key_Escape);
            tryCompare(closed, "count", 1);
        }
        function test_howItLooks_data() {
            return [
                {
                    "tag": "light",
                    "sheet": false
                },
                {
                    "tag": "dark",
                    "sheet": true
                }
            ];
        }
        // Not judged here: every row is in its place and inside of the panel, in both colours.
        function test_howItLooks(row) {
            Theme.mode = row.tag;
            fill(3, 2, 1);
            openPanel(row.sheet);
            const list = findChild(panel.content, "readers");
            for (let i = 0; i < list.count; ++i) {
                const item = list.itemAtIndex(i);
                compare(item.y, i * 48);
                compare(item.width, list.width);
            }
            Theme.mode = "system";
        }
        function test_theButtonCloses() {
            fill(1, 0, 0);
            openPanel();
            closed.target = panel;
            closed.clear();
            mouseClick(findChild(panel.content, "closeReadBy"));
            tryCompare(closed, "count", 1);
        }
        function test_onOnePaneItIsASheetAtTheBottom() {
            fill(3, 0, 0);
            openPanel(true);
            compare(panel.width, root.width);
            compare(panel.y + panel.height, root.height);
        }
        function test_whereNobodyIsKnownItSaysSo() {
            fill(0, 0, 0);
            openPanel();
            compare(textOf("readByTitle"), "Read by");
            verify(textOf("nobodyKnown") !== "");
            readers.loading = true;
            compare(textOf("nobodyKnown"), "");
        }
    }
}
