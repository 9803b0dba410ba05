import QtQuick
import QtTest
import Skein
import Skein.Controls
import Skein.Diagnostics
import Skein.Theme

// The diagnostics page over a client without a session: everything stands, says what it is to a
// screen reader, is reached by the keyboard, and fits a desktop and a phone.
Item {
    id: root

    width: 1000
    height: 720

    Client {
        id: account
        useKeychain: false
    }
    Component {
        id: pages
        DiagnosticsPage {
            anchors.fill: parent
            client: account
        }
    }
    Component {
        id: plots
        LatencyPlot {
            width: 300
        }
    }
    Component {
        id: threads
        EventLines {
            width: 300
        }
    }
    SignalSpy {
        id: closed
        signalName: "closed"
    }

    TestCase {
        name: "Diagnostics"
        when: windowShown

        property var page: null

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
        function init() {
            root.width = 1000;
            root.height = 720;
            page = createTemporaryObject(pages, root);
            verify(page);
            closed.target = page;
            closed.clear();
            page.forceActiveFocus();
            findChild(page, "diagnosticsBack").forceActiveFocus();
            waitForRendering(root);
        }

        function test_escAndTheButtonLeadBack() {
            keyClick(Qt.Key_Escape);
            compare(closed.count, 1);
            mouseClick(findChild(page, "diagnosticsBack"));
            compare(closed.count, 2);
            findChild(page, "diagnosticsBack").forceActiveFocus();
            keyClick(Qt.Key_Return);
            compare(closed.count, 3);
        }
        function test_tabReachesEveryControlAndBringsItOnScreen() {
            root.height = 420;
            waitForRendering(root);
            findChild(page, "storyId").text = "x"; // so that its button is enabled
            const wanted = ["diagnosticsBack", "copyReport", "storyId", "storyLook", "copyLog"];
            const seen = {};
            for (let i = 0; i < 12; ++i) {
                const item = page.Window.window.activeFocusItem;
                seen[item.objectName] = true;
                const y = item.mapToItem(page, 0, 0).y;
                verify(y >= 0 && y + item.height <= page.height, item.objectName + " is on screen, at " + y);
                keyClick(Qt.Key_Tab);
            }
            for (const name of wanted)
                verify(seen[name], name + " is reached by Tab");
        }
        function test_everythingHasANameForAScreenReader() {
            const controls = all(page, item => item.activeFocusOnTab === true || item.focusPolicy !== undefined);
            verify(controls.length >= 5, "found " + controls.length);
            for (const control of controls)
                verify(control.Accessible.name !== "", control.objectName + " has a name");
            const charts = all(page, item => item.Accessible.role === Accessible.Chart);
            compare(charts.length, 4);
            for (const chart of charts)
                verify(chart.Accessible.name.length > 5);
        }
        function test_pageScrollsByKeyAndFitsAPhone() {
            root.width = 360;
            root.height = 640;
            waitForRendering(root);
            verify(!page.wide);
            const flick = findChild(page, "diagnosticsFlick");
            verify(flick.contentHeight > flick.height);
            keyClick(Qt.Key_PageDown);
            verify(flick.contentY > 0.8 * flick.height);
            keyClick(Qt.Key_PageUp);
            compare(flick.contentY, 0);
            for (const label of all(page, item => item instanceof PlainLabel)) {
                const x = label.mapToItem(page, 0, 0).x;
                verify(x >= 0 && x + label.width <= root.width + 0.5, "in the page: " + label.text);
            }
        }
        function test_wideShowsTwoColumns() {
            verify(page.wide);
            const log = findChild(page, "log").mapToItem(page, 0, 0);
            verify(log.x > page.width / 2);
        }
        function test_lookingUpSaysWhatItKnows() {
            const box = findChild(page, "storyId");
            const look = findChild(page, "storyLook");
            verify(!look.enabled);
            mouseClick(box);
            keyClick(Qt.Key_A);
            verify(look.enabled);
            keyClick(Qt.Key_Return);
            compare(page.diagnostics.storyId, "a");
            tryVerify(() => !page.diagnostics.storyLoading);
            verify(findChild(page, "storyText").text !== "");
            verify(findChild(page, "storyText").visible);
        }
        function test_copyingIsSaid() {
            const copy = findChild(page, "copyReport");
            const before = copy.label;
            mouseClick(copy);
            verify(copy.label !== before);
            verify(page.diagnostics.report().indexOf("log:") > 0);
        }

        function test_plotShowsEveryTimeThatWasMeasured() {
            const plot = createTemporaryObject(plots, root, {
                    "measured": {
                        "title": "Send to confirmed",
                        "count": 31,
                        "p50Ms": 4.2,
                        "p95Ms": 30,
                        "p99Ms": 12000,
                        "bars": [
                            {
                                "upToMs": 4,
                                "count": 30,
                                "share": 1
                            },
                            {
                                "upToMs": 8,
                                "count": 0,
                                "share": 0
                            },
                            {
                                "upToMs": 16,
                                "count": 1,
                                "share": 0.01
                            }
                        ]
                    }
                });
            const bars = all(plot, item => item.value !== undefined && item.value.upToMs !== undefined);
            compare(bars.length, 3);
            compare(bars[0].height, plot.barsHeight);
            compare(bars[1].height, 0);
            verify(bars[2].height >= 3, "what is rare can still be seen");
            verify(plot.Accessible.name.indexOf("Send to confirmed") === 0);
            compare(plot.time(12000), "12 s");
            verify(plot.time(0.5).indexOf("ms") > 0);
        }
        function test_eventsAreLinesWithATone() {
            const lines = createTemporaryObject(threads, root, {
                    "events": [
                        {
                            "time": "2026-03-02 14:05:00.000",
                            "text": "<img src='http://127.0.0.1:9/a.png'>",
                            "kind": "queued"
                        },
                        {
                            "time": "2026-03-02 14:05:01.000",
                            "text": "refused",
                            "kind": "failed"
                        }
                    ]
                });
            const items = all(lines, item => item.Accessible.role === Accessible.ListItem);
            compare(items.length, 2);
            verify(items[1].Accessible.name.indexOf("refused") > 0);
            verify(Qt.colorEqual(lines.tone("failed"), Theme.danger));
            verify(Qt.colorEqual(lines.tone("confirmed"), Theme.good));
            lines.limit = 1;
            compare(all(lines, item => item.Accessible.role === Accessible.ListItem).length, 1);
        }
    }
}
