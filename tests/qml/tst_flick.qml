import QtQuick
import QtTest
import Skein.Fakes
import Skein.Native
import Skein.Timeline

// Far flicks and fingers: while the list moves, rows move with it and by nothing else, 0 px, whatever
// comes and goes meanwhile.
Item {
    id: root

    width: 420
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
    TimelineView {
        id: view
        width: root.width
        height: root.height
    }

    TestCase {
        name: "Flick"
        when: windowShown

        readonly property int framesMax: 900
        property var model: null

        function frame() {
            pulse.color = Qt.rgba(Math.random(), Math.random(), Math.random(), 1);
            verify(waitForRendering(root));
        }
        function item(row) {
            return view.list.itemAtIndex(row);
        }
        // Places of the visible rows against the content: a flick moves the content, nothing else.
        function look() {
            const result = {};
            for (let row = view.anchor.bottomRow; row <= view.anchor.topRow; ++row)
                if (item(row))
                    result[model.get(row).rowId] = item(row).mapToItem(view, 0, 0).y + view.list.contentY;
            return result;
        }
        // The worst shift of any row that is there before and after.
        function shift(before, after) {
            let worst = 0;
            let seen = 0;
            for (const id in before)
                if (id in after) {
                    worst = Math.max(worst, Math.abs(after[id] - before[id]));
                    ++seen;
                }
            return seen > 0 ? worst : 0;
        }

        function init() {
            model = createTemporaryObject(models, root);
            view.timeline = model;
            model.fill(400, 11);
            frame();
        }
        function cleanup() {
            view.list.cancelFlick();
            view.timeline = null;
        }

        function test_farFlickTowardsThePast_data() {
            return [
                {
                    "tag": "nothing else happens",
                    "change": ""
                },
                {
                    "tag": "older pages load",
                    "change": "older"
                },
                {
                    "tag": "rows below the view change their height",
                    "change": "grow"
                },
                {
                    "tag": "the new end is trimmed",
                    "change": "trim"
                }
            ];
        }
        function test_farFlickTowardsThePast(data) {
            view.anchor.goToRow(200, TimelineAnchor.Center);
            frame();
            const start = view.anchor.topRow;
            view.list.maximumFlickVelocity = 7000;
            view.list.flick(0, 7000);
            verify(view.list.flicking);
            let frames = 0;
            let changes = 0;
            let far = 0;
            let trimmed = 0;
            let before = look();
            while (view.list.moving && frames < framesMax) {
                if (data.change === "older" && model.count - view.anchor.topRow < 160) {
                    model.appendOlder(50);
                    ++changes;
                } else if (data.change === "grow" && frames % 5 === 2 && view.anchor.bottomRow > 40) {
                    model.grow(1, 2);
                    ++changes;
                } else if (data.change === "trim" && frames % 12 === 5 && view.anchor.bottomRow > 120) {
                    model.trimNewest(20);
                    trimmed += 20;
                    ++changes;
                }
                frame();
                const after = look();
                compare(shift(before, after), 0, "frame " + frames);
                before = after;
                far = Math.max(far, view.anchor.topRow + trimmed);
                ++frames;
            }
            verify(frames > 5, "it flew: " + frames + " frames");
            verify(frames < framesMax, "it came to rest");
            verify(far - start > 60, "it went far: from row " + start + " to " + far);
            if (data.change !== "")
                verify(changes > 0, "something changed on the way");
            // At rest again: what arrives moves nothing.
            before = look();
            const y = {};
            for (let row = view.anchor.bottomRow; row <= view.anchor.topRow; ++row)
                y[model.get(row).rowId] = item(row).mapToItem(view, 0, 0).y;
            model.insertNewest(30);
            frame();
            for (const id in y) {
                const at = item(model.rowOf(id));
                if (at)
                    compare(at.mapToItem(view, 0, 0).y, y[id]);
            }
        }
        function test_flickIsNotEndedByWhatArrives() {
            view.list.flick(0, 9000);
            frame();
            frame();
            verify(view.list.flicking);
            verify(model.holdNewest, "new rows wait");
            model.appendOlder(50);
            frame();
            verify(view.list.flicking, "it flies on");
        }

        // ---- a finger ----
        function drag(touch, y) {
            touch.move(0, view, 200, y).commit();
            frame();
        }
        function test_fingerHoldsItsRow_data() {
            return [
                {
                    "tag": "older pages load",
                    "change": "older"
                },
                {
                    "tag": "messages arrive",
                    "change": "newest"
                },
                {
                    "tag": "a row below goes",
                    "change": "remove"
                }
            ];
        }
        function test_fingerHoldsItsRow(data) {
            view.anchor.scrollBy(-4000);
            frame();
            const touch = touchEvent(view);
            touch.press(0, view, 200, 200).commit();
            frame();
            for (let y = 200; y <= 300; y += 10)
                drag(touch, y);
            verify(view.list.dragging, "the finger has it");
            const row = Math.round((view.anchor.topRow + view.anchor.bottomRow) / 2);
            const id = model.get(row).rowId;
            const y0 = item(row).mapToItem(view, 0, 0).y;
            drag(touch, 320);
            compare(item(model.rowOf(id)).mapToItem(view, 0, 0).y - y0, 20);
            if (data.change === "older")
                model.appendOlder(50);
            else if (data.change === "newest")
                model.insertNewest(10);
            else
                model.removeRow(view.anchor.bottomRow - 2);
            frame();
            compare(item(model.rowOf(id)).mapToItem(view, 0, 0).y - y0, 20, "it does not slip from under the finger");
            touch.release(0, view, 200, 320).commit();
            frame();
            view.list.cancelFlick();
        }
    }
}
