import QtQuick
import QtTest
import Skein.Controls
import Skein.Fakes
import Skein.Native
import Skein.Timeline

// The table of docs/adr/0008-timeline-window.md: what the reader looks at does not move, 0 px.
Item {
    id: root

    width: 480
    height: 640

    Rectangle {
        id: pulse
        width: 1
        height: 1
    }
    Component {
        id: models
        FakeTimeline {}
    }
    SignalSpy {
        id: menu
        target: view
        signalName: "menuWanted"
    }
    TimelineView {
        id: view
        width: root.width
        height: root.height
    }

    TestCase {
        name: "Timeline"
        when: windowShown

        property var model: null

        // A frame that is drawn in any case.
        function frame() {
            pulse.color = Qt.rgba(Math.random(), Math.random(), Math.random(), 1);
            verify(waitForRendering(root));
        }
        function item(row) {
            return view.list.itemAtIndex(row);
        }
        function topOf(rowId) {
            const at = item(model.rowOf(rowId));
            verify(at, "row " + rowId + " is laid out");
            return at.mapToItem(view, 0, 0).y;
        }
        function bottomGap() {
            return item(0).mapToItem(view, 0, 0).y + item(0).height - view.height;
        }
        // The rows that are whole on screen, with their places.
        function places(exceptRow) {
            const result = [];
            for (let row = view.anchor.bottomRow; row <= view.anchor.topRow; ++row) {
                const at = item(row);
                const y = at.mapToItem(view, 0, 0).y;
                if (row !== exceptRow && y >= 0 && y + at.height <= view.height)
                    result.push({
                        "id": model.get(row).rowId,
                        "y": y
                    });
            }
            verify(result.length > 0);
            return result;
        }
        function moved(before) {
            let worst = 0;
            for (const place of before)
                worst = Math.max(worst, Math.abs(topOf(place.id) - place.y));
            return worst;
        }
        function scrollTo(row) {
            view.anchor.goToRow(row, TimelineAnchor.Center);
            frame();
            verify(!view.anchor.following);
        }

        function init() {
            root.width = 480;
            root.height = 640;
            model = createTemporaryObject(models, root);
            view.timeline = model;
            model.fill(300, 7);
            // Enough short rows in the middle that several are whole on screen.
            for (let row = 140; row < 160; ++row)
                model.change(row, "body", "short");
            frame();
        }
        function cleanup() {
            view.timeline = null;
        }

        function test_opensAtTheEnd() {
            verify(view.anchor.following);
            compare(bottomGap(), 0);
            compare(view.anchor.bottomRow, 0);
            compare(model.visibleFirst, 0);
            verify(model.visibleLast > 0);
        }
        function test_opensAtTheFirstUnread() {
            model.setFirstUnreadRow(40);
            model.opened();
            frame();
            compare(topOf(model.get(40).rowId), 0);
            verify(!view.anchor.following);
        }

        function test_olderPageLoads_data() {
            return [
                {
                    "tag": "in the middle",
                    "row": 150
                },
                {
                    "tag": "near the old edge",
                    "row": 294
                },
                {
                    "tag": "at the old edge",
                    "row": 299
                }
            ];
        }
        function test_olderPageLoads(data) {
            scrollTo(data.row);
            const before = places(-1);
            model.appendOlder(50);
            frame();
            compare(moved(before), 0);
        }
        function test_windowTrims() {
            scrollTo(150);
            const before = places(-1);
            model.trimNewest(50);
            model.appendOlder(50);
            frame();
            compare(moved(before), 0);
            model.trimOldest(50);
            frame();
            compare(moved(before), 0);
        }

        function test_newMessagesWhileReading_data() {
            const rows = [];
            for (const burst of [1, 30, 300])
                for (const row of [2, 5, 12, 150])
                    rows.push({
                        "tag": burst + " new, at row " + row,
                        "burst": burst,
                        "row": row
                    });
            return rows;
        }
        function test_newMessagesWhileReading(data) {
            view.anchor.goToRow(data.row, TimelineAnchor.Bottom);
            frame();
            verify(!view.anchor.following);
            const before = places(-1);
            model.insertNewest(data.burst);
            frame();
            compare(moved(before), 0);
        }
        function test_newMessagesAtTheEndAreFollowed_data() {
            return [
                {
                    "tag": "one",
                    "burst": 1
                },
                {
                    "tag": "thirty",
                    "burst": 30
                },
                {
                    "tag": "three hundred",
                    "burst": 300
                }
            ];
        }
        function test_newMessagesAtTheEndAreFollowed(data) {
            model.insertNewest(data.burst);
            frame();
            compare(bottomGap(), 0);
            verify(view.anchor.following);
        }
        function test_almostAtTheEndIsFollowed() {
            view.anchor.scrollBy(-50);
            frame();
            model.insertNewest(1);
            frame();
            compare(bottomGap(), 0);
        }
        function test_aTrimmedEdgeIsNotFollowed() {
            view.anchor.goToRow(60, TimelineAnchor.Center);
            frame();
            model.trimNewest(50);
            frame();
            view.anchor.goToRow(0, TimelineAnchor.Bottom);
            frame();
            verify(!view.anchor.following);
            const before = places(-1);
            model.insertNewest(10);
            frame();
            compare(moved(before), 0);
        }

        function test_rowGrows_data() {
            const rows = [];
            for (const where of ["above", "cut by the top", "in the view", "cut by the bottom", "below"])
                for (const lines of [6, 1])
                    rows.push({
                        "tag": where + ", " + lines + " lines",
                        "where": where,
                        "lines": lines
                    });
            return rows;
        }
        function test_rowGrows(data) {
            scrollTo(150);
            view.anchor.scrollBy(13);
            frame();
            let row = 0;
            if (data.where === "above")
                row = view.anchor.topRow + 1;
            else if (data.where === "cut by the top")
                row = view.anchor.topRow;
            else if (data.where === "in the view")
                row = Math.round((view.anchor.topRow + view.anchor.bottomRow) / 2);
            else if (data.where === "cut by the bottom")
                row = view.anchor.bottomRow;
            else
                row = view.anchor.bottomRow - 1;
            model.change(row, "kind", 0);
            model.change(row, "deleted", false);
            frame();
            // Rows above the growing one stay; a row in the view grows downwards.
            const height = item(row) ? item(row).height : 0;
            const before = places(row).filter(place => data.where !== "in the view" || model.rowOf(place.id) > row);
            model.grow(row, data.lines);
            frame();
            verify(height === 0 || item(row) === null || item(row).height > height, "the row grew");
            compare(moved(before), 0);
        }
        function test_rowGrowsAtTheEnd() {
            model.change(1, "kind", 0);
            model.change(1, "deleted", false);
            frame();
            model.grow(1, 6);
            frame();
            compare(bottomGap(), 0);
        }
        function test_lastRowGrowsWhileFollowed() {
            model.change(0, "kind", 0);
            model.change(0, "deleted", false);
            model.change(0, "hole", false);
            frame();
            const height = item(0).height;
            model.grow(0, 8);
            frame();
            verify(item(0).height > height);
            compare(bottomGap(), 0);
        }
        function test_rowBecomesFailedOrGetsADay() {
            scrollTo(150);
            const row = view.anchor.bottomRow + 1;
            model.change(row, "kind", 0);
            frame();
            const before = places(row).filter(place => model.rowOf(place.id) > row);
            model.change(row, "status", model.get(row).status === 7 ? 4 : 7);
            model.change(row, "dayText", model.get(row).dayText === "" ? "Today" : "");
            model.change(row, "unreadDivider", true);
            frame();
            compare(moved(before), 0);
        }
        function test_rowIsRemovedBelow() {
            scrollTo(150);
            const before = places(-1);
            model.removeRow(view.anchor.bottomRow - 3);
            model.removeRow(3);
            frame();
            compare(moved(before), 0);
        }

        function test_holeFillsWhileSeen_data() {
            const rows = [];
            for (const where of ["at the top", "in the middle", "at the bottom"])
                for (const all of [false, true])
                    for (const came of [1, 50])
                        rows.push({
                            "tag": where + ", " + came + (all ? " come, nothing is left" : " come, some are left"),
                            "where": where,
                            "all": all,
                            "came": came
                        });
            return rows;
        }
        function test_holeFillsWhileSeen(data) {
            scrollTo(150);
            const row = data.where === "at the top" ? view.anchor.topRow : data.where === "at the bottom" ? view.anchor.bottomRow : Math.round((view.anchor.topRow + view.anchor.bottomRow) / 2);
            model.makeHole(row);
            frame();
            compare(item(row).objectName, "hole:" + model.get(row).rowId);
            // What the reader reads is above the hole; with nothing whole above it, it is below.
            const all = places(row);
            const above = all.filter(place => model.rowOf(place.id) > row);
            const before = above.length > 0 ? above : all;
            model.fillHole(row, data.came, data.all);
            frame();
            compare(moved(before), 0);
        }
        function test_aHoleThatTakesTheItemOfAnotherIsNotSaidAtOnce() {
            scrollTo(150);
            const row = view.anchor.bottomRow + 2;
            model.makeHole(row);
            model.makeHole(40);
            frame();
            const hole = item(row);
            tryCompare(hole, "lasting", true);
            scrollTo(100); // nothing of either is in view
            scrollTo(40);
            compare(item(40), hole, "or this looks at nothing");
            compare(hole.lasting, false);
            tryCompare(hole, "lasting", true);
        }
        function test_holeSaysWhatIsTrue() {
            scrollTo(150);
            const row = view.anchor.bottomRow + 2;
            model.makeHole(row);
            frame();
            const hole = item(row);
            compare(hole.how, "loading");
            const loading = hole.Accessible.name;
            // What comes at once needs no word; what is wrong has it at once.
            const pill = findChild(hole, "holePill");
            tryCompare(hole, "lasting", true);
            compare(pill.visible, true);
            hole.lasting = false;
            compare(pill.visible, false);
            view.online = false;
            compare(hole.how, "offline");
            compare(pill.visible, true);
            verify(hole.Accessible.name !== loading);
            view.online = true;
            model.change(row, "holeStuck", true);
            compare(hole.how, "stuck");
            const again = findChild(hole, "holeRetry");
            verify(again.visible);
            mouseClick(again);
            compare(model.lastHoleRetried, model.get(row).rowId);
            model.lastHoleRetried = "";
            again.forceActiveFocus();
            keyClick(Qt.Key_Return);
            compare(model.lastHoleRetried, model.get(row).rowId);
        }
        function test_failedMessageIsRetriedAndDiscardedByMouseAndKey() {
            scrollTo(150);
            const row = view.anchor.bottomRow + 1;
            model.change(row, "kind", 0);
            model.change(row, "own", true);
            model.change(row, "status", 7);
            model.change(row, "errorText", "Too large");
            frame();
            const id = model.get(row).rowId;
            compare(findChild(item(row), "failedReason").text, "Too large");
            mouseClick(findChild(item(row), "failedRetry"));
            compare(model.lastRetried, id);
            model.lastRetried = "";
            findChild(item(row), "failedRetry").forceActiveFocus();
            keyClick(Qt.Key_Return);
            compare(model.lastRetried, id);
            mouseClick(findChild(item(row), "failedDiscard"));
            compare(model.lastDiscarded, id);
        }
        function test_menuOpensByTheRightButtonAndAClickTakesTheFocus() {
            scrollTo(150);
            const row = view.anchor.bottomRow + 1;
            model.change(row, "kind", 0);
            frame();
            const bubble = item(row).bubble;
            const at = bubble.mapToItem(view, bubble.width / 2, bubble.height / 2);
            menu.clear();
            root.forceActiveFocus();
            mouseClick(view, at.x, at.y, Qt.RightButton);
            compare(menu.count, 1);
            compare(menu.signalArguments[0][3], model.get(row).rowId);
            verify(!view.list.activeFocus);
            mouseClick(view, at.x, at.y, Qt.LeftButton);
            compare(menu.count, 1);
            verify(view.list.activeFocus);
        }
        function test_rowIsHeldBackAndLetGo() {
            scrollTo(150);
            const row = view.anchor.bottomRow + 1;
            model.change(row, "kind", 0);
            frame();
            const before = places(row).filter(place => model.rowOf(place.id) > row);
            const height = item(row).height;
            model.change(row, "status", 0);
            model.change(row, "statusText", "Waits behind another");
            model.change(row, "heldBack", true);
            frame();
            verify(item(row).height > height);
            compare(findChild(item(row), "heldBack").text, "Waits behind another");
            compare(moved(before), 0);
            model.change(row, "heldBack", false);
            frame();
            compare(moved(before), 0);
        }

        function test_widthChanges_data() {
            return [
                {
                    "tag": "narrower",
                    "from": 480,
                    "to": 360
                },
                {
                    "tag": "wider",
                    "from": 480,
                    "to": 900
                },
                {
                    "tag": "phone",
                    "from": 900,
                    "to": 320
                }
            ];
        }
        function test_widthChanges(data) {
            root.width = data.from;
            frame();
            scrollTo(150);
            const first = places(-1).sort((a, b) => a.y - b.y)[0];
            root.width = data.to;
            frame();
            compare(Math.abs(topOf(first.id) - first.y), 0);
        }
        function test_widthChangesAtTheEnd() {
            root.width = 360;
            frame();
            compare(bottomGap(), 0);
            root.width = 700;
            frame();
            compare(bottomGap(), 0);
        }
        function test_composerGrowsAtTheEnd() {
            root.height = 480;
            frame();
            compare(bottomGap(), 0);
            root.height = 640;
            frame();
            compare(bottomGap(), 0);
        }

        function test_goingToARowIsExact_data() {
            return [
                {
                    "tag": "top",
                    "place": TimelineAnchor.Top
                },
                {
                    "tag": "centre",
                    "place": TimelineAnchor.Center
                },
                {
                    "tag": "bottom",
                    "place": TimelineAnchor.Bottom
                }
            ];
        }
        function test_goingToARowIsExact(data) {
            model.appendOlder(300);
            let seed = 1;
            for (let i = 0; i < 100; ++i) {
                seed = (seed * 48271) % 2147483647;
                const row = 20 + seed % 560;
                view.anchor.goToRow(row, data.place);
                const at = item(row);
                verify(at);
                const y = at.mapToItem(view, 0, 0).y;
                const want = data.place === TimelineAnchor.Top ? 0 : data.place === TimelineAnchor.Bottom ? view.height - at.height : (view.height - at.height) / 2;
                verify(Math.abs(y - want) <= 0.5, "row " + row + " at " + y + ", wanted " + want);
                if (i % 10 === 0) {
                    frame();
                    compare(item(row).mapToItem(view, 0, 0).y, y);
                }
            }
        }
        function test_jumpAfterReWindow() {
            model.rewindow(400, 99);
            model.jumpReady(200);
            frame();
            const at = item(200);
            verify(at);
            verify(Math.abs(at.mapToItem(view, 0, 0).y - (view.height - at.height) / 2) <= 0.5);
            compare(model.visibleFirst, view.anchor.bottomRow);
        }
        function test_jumpToNewestFollowsAgain() {
            scrollTo(200);
            model.jumpToNewest();
            frame();
            compare(bottomGap(), 0);
            verify(view.anchor.following);
        }

        function test_keys() {
            view.list.forceActiveFocus();
            const before = view.list.contentY;
            keyClick(Qt.Key_PageUp);
            compare(view.list.contentY, before - 0.9 * view.height);
            keyClick(Qt.Key_PageDown);
            compare(view.list.contentY, before);
            keyClick(Qt.Key_Up);
            verify(view.selectedRowId !== "");
            const first = model.rowOf(view.selectedRowId);
            keyClick(Qt.Key_Up);
            compare(model.rowOf(view.selectedRowId), first + 1);
            keyClick(Qt.Key_Escape);
            compare(view.selectedRowId, "");
            scrollTo(200);
            keyClick(Qt.Key_End);
            frame();
            compare(bottomGap(), 0);
            keyClick(Qt.Key_Home);
            compare(model.lastJumpSeq, 1);
        }
        function test_thumbFollowsRowNumbers() {
            model.setRowsBefore(99700);
            frame();
            fuzzyCompare(view.anchor.thumbPosition + view.anchor.thumbSize, 1, 1e-6);
            scrollTo(299);
            verify(view.anchor.thumbPosition >= 0.996);
            view.anchor.dragThumb(0.25);
            compare(model.lastJumpSeq, 25001);
        }
    }
}
